//! What the manifest is to say of the instances of an import, and its new text.
//!
//! Must not: write anything.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::target::Target;
use crate::error::{CliError, Exit};
use crate::import::{self, Imported, Variables};
use crate::manifest::Spelling;
use crate::model::{Desired, DesiredInstance, DesiredValue, InstanceKey, Observed, Stanza};
use crate::render::stanza;
use crate::session::Manifest;

/// An import on paper.
pub(super) struct Draft {
    /// Of the instances that the manifest does not declare yet, in order of their keys.
    pub(super) stanzas: Vec<Stanza>,
    /// The text of the manifest with them.
    pub(super) bytes: Vec<u8>,
    /// What is imported, as the new text declares it, and nothing else.
    pub(super) manifest: Manifest,
}

impl Draft {
    /// Writes the manifest with those that are done, if there are any.
    ///
    /// # Errors
    /// Nothing was written then.
    pub(super) fn write(
        &self,
        context: &Context,
        target: &Target,
        done: &BTreeSet<InstanceKey>,
    ) -> Result<(), CliError> {
        let is_done = |stanza: &&Stanza| done.contains(&stanza.key);
        let stanzas: Vec<Stanza> = self.stanzas.iter().filter(is_done).cloned().collect();
        if stanzas.is_empty() {
            return Ok(());
        }
        if stanzas.len() == self.stanzas.len() {
            return target.write(&self.bytes);
        }
        target.write(&added(context, target, &stanzas)?)
    }
}

struct Spelled<'a>(&'a [Stanza]);

impl Spelling for Spelled<'_> {
    fn block(&self, step: &str) -> Vec<Vec<String>> {
        self.0.iter().map(|it| stanza::lines(it, step)).collect()
    }

    fn flow(&self) -> Vec<String> {
        self.0.iter().map(stanza::in_flow).collect()
    }

    fn json(&self, step: &str) -> Vec<Vec<String>> {
        self.0.iter().map(|it| stanza::json(it, step)).collect()
    }
}

/// Drafts the import of these instances.
///
/// # Errors
/// If they cannot be added to the manifest; then their stanzas are printed.
pub(super) fn draft(
    context: &Context,
    target: &Target,
    imported: &[Imported],
    observed: &Observed,
) -> Result<Draft, CliError> {
    let mut variables = Variables(variables(&target.desired));
    let shows_unset = import::shows_unset(observed);
    let mut sorted: Vec<&Imported> = imported.iter().collect();
    sorted.sort_by(|one, other| one.key.cmp(&other.key));
    let mut stanza = |it: &Imported| import::stanza(&it.key, &it.seen, &mut variables, shows_unset);
    let (declared, new): (Vec<&Imported>, Vec<_>) =
        sorted.into_iter().partition(|it| it.is_declared);
    let mut stanzas: Vec<Stanza> = new.iter().map(|it| stanza(it)).collect();
    let of_declared: Vec<Stanza> = declared.iter().map(|it| stanza(it)).collect();
    let (bytes, mut manifest) = match stanzas.is_empty() {
        true => (Vec::new(), target.nothing()),
        false => {
            let first = target.load(added(context, target, &stanzas)?)?;
            for (stanza, imported) in stanzas.iter_mut().zip(&new) {
                if let Some(loaded) = first.desired.instances.get(&stanza.key) {
                    import::overrule(stanza, loaded, &imported.seen);
                }
            }
            let bytes = added(context, target, &stanzas)?;
            (bytes.clone(), target.load(bytes)?)
        }
    };
    let keys: BTreeSet<&InstanceKey> = new.iter().map(|it| &it.key).collect();
    manifest
        .desired
        .instances
        .retain(|key, _| keys.contains(key));
    let declared = alone(context, target, &of_declared)?;
    manifest.desired.instances.extend(declared);
    Ok(Draft {
        stanzas,
        bytes,
        manifest,
    })
}

/// The text with these stanzas.
///
/// # Errors
/// As for [`draft`].
fn added(context: &Context, target: &Target, stanzas: &[Stanza]) -> Result<Vec<u8>, CliError> {
    let name = target.name();
    if let Some(bytes) = target.with(&Spelled(stanzas)) {
        return Ok(bytes);
    }
    let printed = context.ui.print(|out| {
        for line in stanzas.iter().flat_map(|it| stanza::lines(it, "  ")) {
            writeln!(out, "  {}", crate::render::one_line(&line))?;
        }
        Ok(())
    });
    printed.map_err(CliError::output)?;
    let summary = format!(
        "cannot add the instances to `{name}` without changing what is there; nothing was written or sent"
    );
    Err(CliError::new(Exit::Refused, summary)
        .hint(format!(
            "paste the lines on standard output below `instances:` in `{name}`, and run `connectorctl import KEY ID` \
             for each key before the next apply, which would create a second instance"
        ))
        .hint("or add them to a new file: pass `--into NEW.yaml`, and `-f` for both files from now on"))
}

/// What a manifest of nothing else declares: that of a declared key says what is to be, not what is.
fn alone(
    context: &Context,
    target: &Target,
    stanzas: &[Stanza],
) -> Result<BTreeMap<InstanceKey, DesiredInstance>, CliError> {
    if stanzas.is_empty() {
        return Ok(BTreeMap::new());
    }
    let empty = target.empty();
    let bytes = added(context, &empty, stanzas)?;
    Ok(empty.load(bytes)?.desired.instances)
}

/// The variables that a manifest refers to.
fn variables(desired: &Desired) -> BTreeSet<String> {
    let values = desired
        .instances
        .values()
        .flat_map(|instance| instance.configuration.values());
    let templates = values.filter_map(|value| match value {
        DesiredValue::Secret(template) => Some(template),
        DesiredValue::Plain(_) => None,
    });
    let names = templates.flat_map(|template| template.variables());
    names.map(str::to_owned).collect()
}
