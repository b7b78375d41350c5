//! Everything a plan is made from, gathered.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::platform::Connection;
use super::{Context, guards, observe};
use crate::cli::SelectionArgs;
use crate::error::{CliError, Exit};
use crate::lockfile::{LockKind, LockPaths, LockView};
use crate::manifest::{self, LoadOptions, Places};
use crate::model::{
    Desired, Fingerprint, InstanceKey, Lock, LockHeader, LockedApi, ResolvedSecrets, Tenant,
    VersusLock,
};
use crate::ports::ReadRemote;
use crate::reconcile::{PlanInput, Policy, Resend, Selection, View};
use crate::render;
use crate::secrets::{FactInput, FingerprintKey, Lookups, MissingPolicy, facts, resolve};

/// A manifest that has no errors.
pub(super) struct Manifest {
    pub(super) desired: Desired,
    pub(super) places: Places,
}

/// Where the lock file is.
pub(super) fn paths(context: &Context) -> LockPaths {
    let fallback = PathBuf::from("instances.yaml");
    let first = context.global.files.first().unwrap_or(&fallback);
    LockPaths::new(
        context.global.lock.as_deref(),
        first,
        first.is_dir(),
        if context.global.sandbox {
            LockKind::Sandbox
        } else {
            LockKind::Real
        },
    )
}

/// Reads the manifest; its warnings are told, its errors are the end.
pub(super) fn manifest(context: &Context) -> Result<Manifest, CliError> {
    let stdin = Path::new("-");
    let (piped, named): (Vec<_>, Vec<_>) = context
        .global
        .files
        .iter()
        .cloned()
        .partition(|path| path == stdin);
    let mut files = manifest::read(&named).map_err(CliError::invalid)?;
    if !piped.is_empty() {
        files.push(manifest::standard_input(Path::new("")).map_err(CliError::invalid)?);
    }
    let options = LoadOptions {
        strict: context.global.strict,
    };
    let loaded = manifest::load(&files, options);
    let Some(desired) = loaded.desired else {
        return Err(CliError::invalid(loaded.diagnostics));
    };
    if !loaded.diagnostics.is_empty() && !context.global.quiet {
        // Nobody is there to be told that stderr is closed.
        let _ = render::diagnostics::human(
            &loaded.diagnostics,
            context.ui.stderr_color(),
            &mut context.ui.stderr(),
        );
    }
    Ok(Manifest {
        desired,
        places: loaded.places,
    })
}

/// The values of all references, or every one that has none.
pub(super) fn secrets(context: &Context, manifest: &Manifest) -> Result<ResolvedSecrets, CliError> {
    let variable = |name: &str| context.environment.get(name).map(str::to_owned);
    let lookups = Lookups {
        variable: &variable,
        allow_exec: context.global.allow_exec,
        missing: if context.global.sandbox {
            MissingPolicy::StandIn
        } else {
            MissingPolicy::Refuse
        },
    };
    resolve(&manifest.desired, &manifest.places, &lookups).map_err(|problems| {
        let mut error = CliError::invalid(problems);
        "a reference in the manifest has no value; nothing was sent".clone_into(&mut error.summary);
        error
    })
}

/// What a live plan is made from, and what an apply needs besides.
pub(super) struct Gathered {
    pub(super) input: PlanInput,
    pub(super) secrets: ResolvedSecrets,
    /// Inventory, platform and key check, as they are to be recorded.
    pub(super) header: LockHeader,
    pub(super) marker_seen: bool,
}

/// Reads the platform and compares the secrets. Nothing is written.
pub(super) async fn live(
    remote: &dyn ReadRemote,
    connection: &Identity,
    manifest: &Manifest,
    mut secrets: ResolvedSecrets,
    view: LockView,
    policy: Policy,
) -> Result<Gathered, CliError> {
    let desired = &manifest.desired;
    guards::same_inventory(view.lock.as_ref(), &desired.inventory)?;
    guards::same_url(view.lock.as_ref(), &connection.url)?;
    let tenant = remote.tenant().await?;
    guards::same_tenant(view.lock.as_ref(), desired, &tenant, connection.is_sandbox)?;

    let lock = view
        .lock
        .unwrap_or_else(|| Lock::empty(desired.inventory.clone()));
    let observed = observe::observe(remote, &lock, &view.retired).await?;
    let key = FingerprintKey::derive(&connection.organization);
    let random = |error: crate::secrets::NoRandomness| {
        CliError::new(Exit::Failed, "cannot make fingerprints").because(&error)
    };
    let facts = facts(
        &FactInput {
            desired,
            lock: &lock,
            observed: Some(&observed),
            intents: &view.intents,
            key: Some(&key),
        },
        &mut secrets,
    )
    .map_err(random)?;
    let rotated = lock
        .header
        .check
        .as_ref()
        .is_some_and(|check| !key.made(check));
    let recorded_user = lock.header.api.as_ref().and_then(|api| api.user.clone());
    let same_user = recorded_user
        .as_ref()
        .filter(|_| !rotated)
        .is_none_or(|user| key.matches(user, connection.user.expose()));
    let all_sent = !matches!(policy.secrets, Resend::Compare)
        || !facts
            .values()
            .flat_map(BTreeMap::values)
            .any(|fact| fact.versus_lock == VersusLock::KeyRotated);
    let check = match &lock.header.check {
        Some(check) if !rotated || !all_sent => check.clone(),
        _ => key.check().map_err(random)?,
    };
    let user = match recorded_user {
        Some(user) if same_user && !rotated => user,
        _ => key.make(connection.user.expose()).map_err(random)?,
    };
    let marker_seen = observe::marker_seen(
        &observed,
        &desired.inventory,
        known_keys(desired, &lock).iter(),
    );
    Ok(Gathered {
        header: header(desired, &lock, connection, &tenant, user, check),
        input: PlanInput {
            desired: desired.clone(),
            lock,
            view: View::Live(observed),
            secrets: facts,
            intents: view.intents,
            policy,
            other_user: !same_user,
        },
        secrets,
        marker_seen,
    })
}

/// What of a connection a plan must know.
pub(super) struct Identity {
    url: String,
    user: crate::model::Secret,
    organization: crate::model::Secret,
    is_sandbox: bool,
}

impl From<&Connection> for Identity {
    fn from(connection: &Connection) -> Self {
        Self {
            url: connection.url.clone(),
            user: connection.user.clone(),
            organization: connection.organization.clone(),
            is_sandbox: connection.is_sandbox,
        }
    }
}

fn header(
    desired: &Desired,
    lock: &Lock,
    connection: &Identity,
    tenant: &Tenant,
    user: Fingerprint,
    check: Fingerprint,
) -> LockHeader {
    let recorded = lock.header.api.as_ref().and_then(|api| api.organization);
    LockHeader {
        inventory: desired.inventory.clone(),
        api: Some(LockedApi {
            url: connection.url.clone(),
            organization: tenant.organization.or(recorded),
            user: Some(user),
        }),
        check: Some(check),
    }
}

fn known_keys(desired: &Desired, lock: &Lock) -> Vec<InstanceKey> {
    desired
        .instances
        .keys()
        .chain(lock.instances.keys())
        .cloned()
        .collect()
}

/// The plan of a manifest and a lock file alone.
pub(super) fn offline(
    manifest: &Manifest,
    view: LockView,
    policy: Policy,
) -> Result<PlanInput, CliError> {
    let desired = &manifest.desired;
    guards::same_inventory(view.lock.as_ref(), &desired.inventory)?;
    Ok(PlanInput {
        desired: desired.clone(),
        lock: view
            .lock
            .unwrap_or_else(|| Lock::empty(desired.inventory.clone())),
        view: View::Offline,
        secrets: BTreeMap::new(),
        intents: view.intents,
        policy,
        other_user: false,
    })
}

/// The selection and the guards of the command line.
pub(super) fn policy(
    arguments: &SelectionArgs,
    desired: &Desired,
    lock: Option<&Lock>,
) -> Result<Policy, CliError> {
    let SelectionArgs {
        target,
        exclude,
        replace,
        prune,
        resend_secrets,
        accept_secrets,
        recreate_vanished,
        max_changes,
        max_deletes,
    } = arguments;
    let keys = || {
        desired
            .instances
            .keys()
            .chain(lock.into_iter().flat_map(|lock| lock.instances.keys()))
    };
    let selection = Selection {
        targets: target.iter().cloned().collect(),
        excludes: exclude.iter().cloned().collect(),
    };
    for wanted in target {
        let one = Selection {
            targets: [wanted.clone()].into(),
            ..Selection::default()
        };
        if !keys().any(|key| one.includes(key.as_str())) {
            return Err(
                CliError::usage(format!("--target {wanted} matches no instance")).hint(
                    "targets are keys of the manifest or the lock file; * stands for any text",
                ),
            );
        }
    }
    let mut replaced = std::collections::BTreeSet::new();
    for wanted in replace {
        let known = keys().find(|key| key.as_str() == wanted);
        replaced.insert(
            known
                .cloned()
                .ok_or_else(|| CliError::usage(format!("--replace {wanted} names no instance")))?,
        );
    }
    let secrets = if *accept_secrets {
        Resend::Accept
    } else if resend_secrets.is_empty() {
        Resend::Compare
    } else {
        Resend::Send(resend_secrets.iter().cloned().collect())
    };
    Ok(Policy {
        selection,
        prune: prune.iter().copied().collect(),
        replace: replaced,
        secrets,
        recreate_vanished: *recreate_vanished,
        max_changes: *max_changes,
        max_deletes: max_deletes.unwrap_or_default(),
    })
}
