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
            Part::Reference(reference) => with_default(reference, lookups),
        })
        .collect()
}

fn with_default(reference: &Reference, lookups: &Lookups<'_>) -> Result<String, Unresolved> {
    let (Reference::Env { default, .. }
    | Reference::File { default, .. }
    | Reference::Exec { default, .. }) = reference;
    match (look_up(reference, lookups), default) {
        (Err(reason), Some(default)) if reason.is_absent => text(default, lookups),
        (Err(_), _) if lookups.missing == MissingPolicy::StandIn => Ok(stand_in(reference)),
        (found, _) => found,
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
