//! Resolves all references before anything is sent: a run that lacks one secret sends none.
//!
//! Must not: show a value.

use std::collections::BTreeMap;

use serde_json::Value;

use super::source::{Lookups, MissingPolicy, Unresolved, look_up};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::{
    Desired, DesiredInstance, DesiredValue, InstanceKey, Part, Reference, ResolvedSecrets,
    SecretField, SecretJson, Template,
};

/// Resolves every template of the manifest, and warns of values that are probably not meant so;
/// fingerprints are added later.
///
/// # Errors
/// All references without a value, with their places.
pub fn resolve(
    desired: &Desired,
    places: &BTreeMap<(InstanceKey, SecretField), Place>,
    lookups: &Lookups<'_>,
) -> Result<(ResolvedSecrets, Diagnostics), Diagnostics> {
    let mut resolved = ResolvedSecrets::default();
    let mut problems = Diagnostics::default();
    for (key, instance) in &desired.instances {
        for (field, template) in templates(instance) {
            let path = match &field {
                SecretField::Configuration(name) => format!("{key}.configuration.{name}"),
                SecretField::ProviderData => format!("{key}.providerData"),
            };
            let place = places.get(&(key.clone(), field.clone()));
            let mut report = |problem: Diagnostic| {
                problems.push(match place {
                    Some(place) => problem.at(place.clone()),
                    None => problem,
                });
            };
            let mut line_breaks = Vec::new();
            match value(template, lookups, &mut line_breaks) {
                Ok(value) => {
                    let values = resolved.values.entry(key.clone()).or_default();
                    values.insert(field, SecretJson::new(value));
                }
                Err(reason) => report(
                    Diagnostic::error(
                        "unresolved-reference",
                        format!("`{path}`: {}", reason.message),
                    )
                    .hint(reason.hint),
                ),
            }
            for source in line_breaks {
                let message = format!("`{path}`: {source} ends with a line break, which is sent");
                report(
                    Diagnostic::warning("line-break", message)
                        .hint("remove the line break at the source"),
                );
            }
        }
    }
    if problems.has_errors() {
        Err(problems)
    } else {
        Ok((resolved, problems))
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

/// The value of a template; `line_breaks` gets the sources that end with one.
fn value(
    template: &Template,
    lookups: &Lookups<'_>,
    line_breaks: &mut Vec<String>,
) -> Result<Value, Unresolved> {
    match template {
        Template::Literal(value) => Ok(value.clone()),
        Template::Text(parts) => text(parts, lookups, line_breaks).map(Value::String),
        Template::List(items) => items
            .iter()
            .map(|item| value(item, lookups, line_breaks))
            .collect(),
        Template::Map(members) => members
            .iter()
            .map(|(name, item)| Ok((name.clone(), value(item, lookups, line_breaks)?)))
            .collect(),
    }
}

fn text(
    parts: &[Part],
    lookups: &Lookups<'_>,
    line_breaks: &mut Vec<String>,
) -> Result<String, Unresolved> {
    parts
        .iter()
        .map(|part| match part {
            Part::Literal(literal) => Ok(literal.clone()),
            Part::Reference(reference) => with_default(reference, lookups, line_breaks),
        })
        .collect()
}

fn with_default(
    reference: &Reference,
    lookups: &Lookups<'_>,
    line_breaks: &mut Vec<String>,
) -> Result<String, Unresolved> {
    let (Reference::Env { default, .. }
    | Reference::File { default, .. }
    | Reference::Exec { default, .. }) = reference;
    match (look_up(reference, lookups), default) {
        (Ok(found), _) => {
            if found.has_odd_line_break() {
                line_breaks.push(found.source);
            }
            Ok(found.value)
        }
        (Err(reason), Some(default)) if reason.is_absent => text(default, lookups, line_breaks),
        (Err(_), _) if lookups.missing == MissingPolicy::StandIn => Ok(stand_in(reference)),
        (Err(reason), _) => Err(reason),
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
