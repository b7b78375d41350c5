//! `connectorctl lock verify` and `lock rebuild`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::gather::{self, Identity, Manifest};
use super::platform::{self, Purpose};
use super::validate::output_failed;
use super::{Context, SystemClock, guards, observe};
use crate::error::{CliError, Exit};
use crate::lockfile::{Holder, LockStore, LockView};
use crate::model::{
    DesiredInstance, DesiredValue, InstanceKey, Lock, LockedInstance, Marker, Observed,
    ObservedInstance, ResolvedSecrets, Secret,
};
use crate::ports::{Clock as _, ReadRemote};
use crate::reconcile::Policy;
use crate::remote::Settings;

/// Compares the lock file with the platform and writes nothing.
pub(super) async fn verify(context: &Context) -> Result<Exit, CliError> {
    let paths = gather::paths(context);
    let manifest = gather::manifest(context)?;
    let view = LockView::read(&paths, &manifest.desired.inventory)?;
    let Some(lock) = view.lock else {
        return Err(CliError::new(Exit::Failed, format!("there is no lock file {}", paths.lock.display()))
            .hint("`connectorctl apply` writes one, `connectorctl lock rebuild` makes it from the platform"));
    };
    guards::same_inventory(Some(&lock), &manifest.desired.inventory)?;
    let connection = platform::connect(
        context,
        &manifest.desired,
        &paths,
        Purpose::Read,
        Settings::default(),
    )
    .await?;
    guards::same_url(Some(&lock), &connection.url)?;
    let tenant = connection.reader.tenant().await?;
    guards::same_tenant(
        Some(&lock),
        &manifest.desired,
        &tenant,
        connection.is_sandbox,
    )?;
    let observed = observe::observe(&connection.reader, &lock, &view.retired).await?;
    let differences = differences(&lock, &observed);
    let mut out = context.ui.stdout();
    let written = differences
        .iter()
        .try_for_each(|line| writeln!(out, "{line}"))
        .and_then(|()| match differences.len() {
            0 => writeln!(
                out,
                "The lock file agrees with the platform: {} instances.",
                lock.instances.len()
            ),
            1 => writeln!(out, "1 difference."),
            many => writeln!(out, "{many} differences."),
        })
        .and_then(|()| out.flush());
    written.map_err(|error| output_failed(&error))?;
    for key in view.intents.keys() {
        context.ui.warn(&format!(
            "{key}: the outcome of a create is unknown; `connectorctl apply` settles it"
        ));
    }
    Ok(if differences.is_empty() {
        Exit::Success
    } else {
        Exit::Changes
    })
}

/// A line for each difference, in order of key; no line shows a value of configuration or a token.
fn differences(lock: &Lock, observed: &Observed) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, entry) in &lock.instances {
        let mut differs = |what: String| lines.push(format!("{key}: {what}"));
        let Some(seen) = observed.instances.get(&entry.id) else {
            differs(format!("instance {} is gone from the platform", entry.id));
            continue;
        };
        if seen
            .token
            .as_ref()
            .is_some_and(|token| *token != entry.token)
        {
            differs("the token is another".to_owned());
        }
        if seen.element.key != entry.element.key {
            differs(format!(
                "the element is {}, not {}",
                seen.element.key, entry.element.key
            ));
        }
        if seen.name != entry.name {
            differs(format!("the name is {:?}, not {:?}", seen.name, entry.name));
        }
        if seen.enabled != entry.enabled {
            let word = if seen.enabled { "enabled" } else { "disabled" };
            differs(format!("the instance is {word}"));
        }
        let marker = Marker::live(&lock.header.inventory, key);
        if !seen.carries(&marker) {
            differs(format!("the marker `{marker}` is missing"));
        }
        if entry
            .tags
            .as_ref()
            .is_some_and(|declared| *declared != seen.own_tags())
        {
            differs("the tags are others".to_owned());
        }
        for (name, value) in &entry.configuration {
            let same = seen.value(name).map_or(value.is_empty(), |shown| {
                let shown = shown.expose();
                shown == crate::model::observed::MASK
                    || crate::model::value::canonical_text(shown) == *value
                    || shown.eq_ignore_ascii_case(value)
            });
            if !same && !crate::catalog::is_platform_owned(name) {
                differs(format!("configuration.{name} is another"));
            }
        }
        let others = observed
            .instances
            .values()
            .filter(|other| other.id != entry.id)
            .filter(|other| other.carries(&marker));
        for other in others {
            differs(format!("instance {} carries the same marker", other.id));
        }
    }
    lines
}

/// Writes the lock file anew from the instances that carry our marker. Nothing is written to the
/// platform.
pub(super) async fn rebuild(
    context: &Context,
    yes: bool,
    wait: Duration,
) -> Result<Exit, CliError> {
    if !yes && !context.ui.may_ask() {
        return Err(
            CliError::usage("there is no terminal to ask on, and nothing was changed")
                .hint("pass --yes to rebuild the lock file without a question"),
        );
    }
    let now = std::time::UNIX_EPOCH + Duration::from_millis(SystemClock.now_ms());
    let holder = Holder {
        pid: std::process::id(),
        since: humantime::format_rfc3339_seconds(now).to_string(),
        run: None,
    };
    let paths = gather::paths(context);
    let mut store = LockStore::open(paths, Arc::new(SystemClock), &holder, wait).await?;
    let manifest = gather::manifest(context)?;
    let connection = platform::connect(
        context,
        &manifest.desired,
        store.paths(),
        Purpose::Read,
        Settings::default(),
    )
    .await?;
    let identity = Identity::from(&connection);
    // What the old file says of platform and secrets does not count: it is what is rebuilt.
    let nothing = LockView {
        lock: None,
        intents: BTreeMap::new(),
        retired: BTreeSet::new(),
        open_to_others: false,
    };
    let gathered = gather::live(
        &connection.reader,
        &identity,
        &manifest,
        ResolvedSecrets::default(),
        nothing,
        Policy::default(),
    )
    .await?;
    let crate::reconcile::View::Live(observed) = &gathered.input.view else {
        return Err(CliError::new(Exit::Failed, "the platform was not asked"));
    };
    let lock = Lock {
        header: gathered.header,
        instances: rebuilt(&manifest, observed),
    };
    if !yes {
        let question = format!(
            "Write {} anew with the {} instances that carry this inventory's marker?",
            store.paths().lock.display(),
            lock.instances.len()
        );
        let sure = context
            .ui
            .confirm(&question)
            .map_err(|error| CliError::new(Exit::Failed, "cannot ask").because(&error))?;
        if !sure {
            return Err(CliError::new(
                Exit::Failed,
                "not rebuilt: the answer was not `yes`",
            ));
        }
    }
    let count = lock.instances.len();
    store.replace(lock)?;
    let line = format!("{}: {count} instances.", store.paths().lock.display());
    writeln!(context.ui.stdout(), "{line}").map_err(|error| output_failed(&error))?;
    Ok(Exit::Success)
}

/// One entry for each key whose marker is there: of the oldest valid instance.
fn rebuilt(manifest: &Manifest, observed: &Observed) -> BTreeMap<InstanceKey, LockedInstance> {
    let inventory = &manifest.desired.inventory;
    let mut best: BTreeMap<InstanceKey, &ObservedInstance> = BTreeMap::new();
    for seen in observed.instances.values() {
        for tag in seen.markers() {
            let declared = manifest
                .desired
                .instances
                .keys()
                .find(|key| Marker::live(inventory, key).as_str() == tag)
                .cloned();
            let live = Marker::state_of(tag) == Some(crate::model::MarkerState::Live);
            let named = Marker::key_in(tag, inventory)
                .filter(|_| live)
                .and_then(|key| InstanceKey::new(key).ok());
            if let Some(key) = declared.or(named) {
                let kept = best.entry(key).or_insert(seen);
                if seen.rank() < kept.rank() {
                    *kept = seen;
                }
            }
        }
    }
    best.into_iter()
        .map(|(key, seen)| {
            let entry = entry(seen, manifest.desired.instances.get(&key));
            (key, entry)
        })
        .collect()
}

/// What the manifest declares counts as applied where the platform shows it so; a secret is
/// unverified, for nobody knows what was sent.
fn entry(seen: &ObservedInstance, desired: Option<&DesiredInstance>) -> LockedInstance {
    let mut configuration = BTreeMap::new();
    let mut secrets = BTreeMap::new();
    for (name, value) in desired.iter().flat_map(|desired| &desired.configuration) {
        match value {
            DesiredValue::Secret(_) => {
                secrets.insert(name.clone(), None);
            }
            DesiredValue::Plain(_) => {
                let shown = seen.value(name).map(Secret::expose);
                if let Some(shown) = shown.filter(|shown| *shown != crate::model::observed::MASK) {
                    let shown = crate::model::value::canonical_text(shown);
                    configuration.insert(name.clone(), shown);
                }
            }
        }
    }
    let declares_tags = desired.is_none_or(|desired| desired.tags.is_some());
    LockedInstance {
        id: seen.id,
        token: seen.token.clone().unwrap_or_else(|| Secret::new("")),
        element: seen.element.clone(),
        name: seen.name.clone(),
        tags: declares_tags.then(|| seen.own_tags()),
        configuration,
        secrets,
        enabled: seen.enabled,
        valid: seen.valid,
        created_date: seen.created_date.clone(),
        lifecycle: desired
            .map(|desired| crate::model::Lifecycle {
                moved_from: None,
                ..desired.lifecycle.clone()
            })
            .unwrap_or_default(),
    }
}
