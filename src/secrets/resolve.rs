//! Resolves all references before anything is sent: a run that lacks one secret sends none.
//!
//! Must not: show a value.

use std::collections::BTreeMap;

use serde_json::Value;

use super::source::{Lookups, MissingPolicy, Unresolved};
use crate::catalog::{Catalog, is_credential};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::{
    Desired, DesiredInstance, DesiredValue, InstanceKey, Part, Reference, ResolvedSecrets, Secret,
    SecretField, SecretJson, SecretSource, Template,
};

/// From this length on, what the platform says is searched for a secret (docs/security.md).
const MIN_CHARACTERS: usize = 4;

/// Resolves the templates of the manifest that are wanted, and warns of values that are probably not
/// meant so; fingerprints are added later.
///
/// # Errors
/// All references without a value, with their places.
pub fn resolve(
    desired: &Desired,
    places: &BTreeMap<(InstanceKey, SecretField), Place>,
    lookups: &Lookups<'_>,
    is_wanted: &dyn Fn(&InstanceKey, &SecretField) -> bool,
) -> Result<(ResolvedSecrets, Diagnostics), Diagnostics> {
    let mut resolved = ResolvedSecrets::default();
    let mut problems = Diagnostics::default();
    for (key, instance) in &desired.instances {
        for (field, template) in templates(instance) {
            if !is_wanted(key, &field) {
                continue;
            }
            let path = match &field {
                SecretField::Configuration(name) => format!("{key}.configuration.{name}"),
                SecretField::ProviderData => format!("{key}.providerData"),
            };
            let place = places.get(&(key.clone(), field.clone()));
            let mut report = |mut problem: Diagnostic| {
                problem.place = place.cloned();
                problems.push(problem);
            };
            let mut resolver = Resolver {
                lookups,
                line_breaks: Vec::new(),
                references: Vec::new(),
            };
            match resolver.value(template) {
                Ok(value) => {
                    if is_too_short(instance, &field, &value) {
                        let message =
                            format!("`{path}` has fewer than {MIN_CHARACTERS} characters");
                        report(Diagnostic::warning("short-secret", message).hint(
                            "check the value; messages of the platform are not searched for such a short secret",
                        ));
                    }
                    let values = resolved.values.entry(key.clone()).or_default();
                    values.insert(field, SecretJson::new(value));
                }
                Err(Unresolved { message, hint, .. }) => {
                    let message = format!("`{path}`: {message}");
                    report(Diagnostic::error("unresolved-reference", message).hint(hint));
                }
            }
            resolved.references.append(&mut resolver.references);
            for source in resolver.line_breaks {
                let message = format!("`{path}`: {source} ends with a line break, which is sent");
                let hint = "remove the line break at the source";
                report(Diagnostic::warning("line-break", message).hint(hint));
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
    let values = instance.configuration.iter();
    let secrets = values.filter_map(|(name, value)| match value {
        DesiredValue::Plain(_) => None,
        DesiredValue::Secret(template) => {
            Some((SecretField::Configuration(name.clone()), template))
        }
    });
    let provider_data = instance.provider_data.iter();
    secrets.chain(provider_data.map(|template| (SecretField::ProviderData, template)))
}

/// Whether a credential is so short that no text can be searched for it: nearly every text has it.
fn is_too_short(instance: &DesiredInstance, field: &SecretField, value: &Value) -> bool {
    let (SecretField::Configuration(name), Value::String(text)) = (field, value) else {
        return false;
    };
    let element = Catalog::embedded().entry(&instance.element);
    let length = text.chars().count();
    (1..MIN_CHARACTERS).contains(&length) && is_credential(element, name)
}

/// Resolves one template.
struct Resolver<'a> {
    lookups: &'a Lookups<'a>,
    /// The sources whose value ends with a line break.
    line_breaks: Vec<String>,
    /// What the references stand for.
    references: Vec<Secret>,
}

impl Resolver<'_> {
    fn value(&mut self, template: &Template) -> Result<Value, Unresolved> {
        match template {
            Template::Literal(value) => Ok(value.clone()),
            Template::Text(parts) => self.text(parts).map(Value::String),
            Template::List(items) => items.iter().map(|item| self.value(item)).collect(),
            Template::Map(members) => members
                .iter()
                .map(|(name, item)| Ok((name.clone(), self.value(item)?)))
                .collect(),
        }
    }

    fn text(&mut self, parts: &[Part]) -> Result<String, Unresolved> {
        parts
            .iter()
            .map(|part| match part {
                Part::Literal(literal) => Ok(literal.clone()),
                Part::Reference(reference) => self.with_default(reference),
            })
            .collect()
    }

    fn with_default(&mut self, reference: &Reference) -> Result<String, Unresolved> {
        let Reference { source, default } = reference;
        match (self.lookups.find(source), default) {
            (Ok(found), _) => {
                if found.has_odd_line_break() {
                    self.line_breaks.push(found.source);
                }
                self.references.push(Secret::new(found.value.as_str()));
                Ok(found.value)
            }
            (Err(reason), Some(default)) if reason.is_absent => self.text(default),
            (Err(_), _) if self.lookups.missing == MissingPolicy::StandIn => Ok(stand_in(source)),
            (Err(reason), _) => Err(reason),
        }
    }
}

/// The placeholder for a reference without a value.
fn stand_in(source: &SecretSource) -> String {
    let name = match source {
        SecretSource::Env(name) => format!("env:{name}"),
        SecretSource::File { written, .. } => format!("file:{written}"),
        SecretSource::Exec(command) => format!("exec:{command}"),
    };
    format!("sandbox-{}", &blake3::hash(name.as_bytes()).to_hex()[..12])
}
