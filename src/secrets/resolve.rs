//! Resolves all references before anything is sent: a run that lacks one secret sends none.
//!
//! Must not: show a value.

#![expect(
    clippy::disallowed_methods,
    reason = "this edge reads the files that the manifest names"
)]

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::exec;
use super::text::trimmed;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::{
    Desired, DesiredInstance, DesiredValue, InstanceKey, Part, Reference, ResolvedSecrets,
    SecretField, SecretJson, Template,
};

/// A larger file is not a secret.
const MAX_BYTES: u64 = 1024 * 1024;

/// What to do with a reference that has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingPolicy {
    /// Report an error.
    Refuse,
    /// Use a placeholder that is the same in every run: for the sandbox.
    StandIn,
}

pub struct Lookups<'a> {
    /// A variable that is set and not empty.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    pub allow_exec: bool,
    /// What to do with a reference that has no value.
    pub missing: MissingPolicy,
}

/// Resolves every template of the manifest; fingerprints are added later.
///
/// # Errors
/// All references without a value, with their places.
pub fn resolve(
    desired: &Desired,
    places: &BTreeMap<(InstanceKey, SecretField), Place>,
    lookups: &Lookups<'_>,
) -> Result<ResolvedSecrets, Diagnostics> {
    let mut resolved = ResolvedSecrets::default();
    let mut problems = Diagnostics::default();
    for (key, instance) in &desired.instances {
        for (field, template) in templates(instance) {
            match value(template, lookups) {
                Ok(value) => {
                    resolved
                        .values
                        .entry(key.clone())
                        .or_default()
                        .insert(field, SecretJson::new(value));
                }
                Err(reason) => {
                    let path = match &field {
                        SecretField::Configuration(name) => format!("configuration.{name}"),
                        SecretField::ProviderData => "providerData".to_owned(),
                    };
                    let mut problem = Diagnostic::error(
                        "unresolved-reference",
                        format!("`{key}.{path}`: {}", reason.message),
                    )
                    .hint(reason.hint);
                    if let Some(place) = places.get(&(key.clone(), field)) {
                        problem = problem.at(place.clone());
                    }
                    problems.push(problem);
                }
            }
        }
    }
    if problems.is_empty() {
        Ok(resolved)
    } else {
        Err(problems)
    }
}

fn templates(instance: &DesiredInstance) -> impl Iterator<Item = (SecretField, &Template)> {
    let configuration = instance
        .configuration
        .iter()
        .filter_map(|(name, value)| match value {
            DesiredValue::Plain(_) => None,
            DesiredValue::Secret(template) => {
                Some((SecretField::Configuration(name.clone()), template))
            }
        });
    let provider_data = instance
        .provider_data
        .iter()
        .map(|template| (SecretField::ProviderData, template));
    configuration.chain(provider_data)
}

struct Unresolved {
    message: String,
    hint: String,
}

fn value(template: &Template, lookups: &Lookups<'_>) -> Result<Value, Unresolved> {
    match template {
        Template::Literal(value) => Ok(value.clone()),
        Template::Text(parts) => text(parts, lookups).map(Value::String),
        Template::List(items) => items.iter().map(|item| value(item, lookups)).collect(),
        Template::Map(members) => members
            .iter()
            .map(|(name, item)| Ok((name.clone(), value(item, lookups)?)))
            .collect(),
    }
}

fn text(parts: &[Part], lookups: &Lookups<'_>) -> Result<String, Unresolved> {
    parts
        .iter()
        .map(|part| match part {
            Part::Literal(literal) => Ok(literal.clone()),
            Part::Reference(reference) => look_up(reference, lookups),
        })
        .collect()
}

fn look_up(reference: &Reference, lookups: &Lookups<'_>) -> Result<String, Unresolved> {
    let (found, default) = match reference {
        Reference::Env { name, default } => {
            let found = (lookups.variable)(name).ok_or_else(|| Unresolved {
                message: format!("variable `{name}` is not set"),
                hint: format!("set `{name}`, or add a default: `${{env:{name}:-…}}`"),
            });
            (found, default.as_ref())
        }
        Reference::File {
            written,
            path,
            default,
        } => {
            let found = read(path).map_err(|reason| Unresolved {
                message: format!("file `{written}` {reason}"),
                hint: "check the path; it is relative to the manifest".to_owned(),
            });
            (found, default.as_ref())
        }
        Reference::Exec { command, default } if lookups.allow_exec => {
            let found = exec::run(command).map_err(|message| Unresolved {
                message,
                hint: "run the command by hand; it gets no shell and no input".to_owned(),
            });
            (found, default.as_ref())
        }
        Reference::Exec { .. } => {
            let refused = Err(Unresolved {
                message: "`${exec:…}` is disabled".to_owned(),
                hint: "pass `--allow-exec` if you trust the commands in the manifest".to_owned(),
            });
            (refused, None)
        }
    };
    match (found, default, lookups.missing) {
        (Ok(value), _, _) => Ok(value),
        (Err(_), Some(default), _) => text(default, lookups),
        (Err(_), None, MissingPolicy::StandIn) => Ok(stand_in(reference)),
        (Err(reason), None, MissingPolicy::Refuse) => Err(reason),
    }
}

/// The placeholder for a reference without a value.
fn stand_in(reference: &Reference) -> String {
    let name = match reference {
        Reference::Env { name, .. } => format!("env:{name}"),
        Reference::File { written, .. } => format!("file:{written}"),
        Reference::Exec { command, .. } => format!("exec:{command}"),
    };
    format!("sandbox-{}", &blake3::hash(name.as_bytes()).to_hex()[..12])
}

fn read(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path)
        .map_err(|error| format!("cannot be read: {error}"))?
        .len();
    if size > MAX_BYTES {
        return Err(format!("is larger than {MAX_BYTES} bytes"));
    }
    let bytes = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| "is not valid UTF-8".to_owned())?;
    Ok(trimmed(&text).to_owned())
}
