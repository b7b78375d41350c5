//! Ids and tokens as the manifest of a Kubernetes Secret.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::{OutputsError, Variable};
use crate::model::InventoryName;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata<'a>,
    r#type: &'static str,
    string_data: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    name: &'a str,
}

/// The manifest of one Secret whose keys are the names of the variables, so that `envFrom` sets them.
///
/// # Errors
/// Where it cannot be written.
pub fn kubernetes(name: &str, variables: &[Variable], out: &mut dyn Write) -> io::Result<()> {
    let values = variables.iter();
    let manifest = Manifest {
        api_version: "v1",
        kind: "Secret",
        metadata: Metadata { name },
        r#type: "Opaque",
        string_data: values
            .map(|variable| (variable.name.as_str(), variable.value.expose()))
            .collect(),
    };
    // JSON is YAML, and quotes every value: an id stays a text, as Kubernetes wants it.
    serde_json::to_writer_pretty(&mut *out, &manifest)?;
    writeln!(out)
}

/// The name of the Secret: as given, or made of the inventory's.
///
/// # Errors
/// [`OutputsError::InvalidSecretName`], where Kubernetes would reject what was given.
pub fn secret_name(given: Option<&str>, inventory: &InventoryName) -> Result<String, OutputsError> {
    let Some(given) = given else {
        let name = inventory.as_str().to_ascii_lowercase();
        let name = format!("connectors-{}", name.replace(['_', '.'], "-"));
        return Ok(name.trim_end_matches('-').to_owned());
    };
    // A DNS subdomain, in each of whose parts a letter or digit comes first and last.
    let is_label = |label: &str| {
        let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        label.starts_with(is_end)
            && label.ends_with(is_end)
            && label.chars().all(|c| is_end(c) || c == '-')
    };
    if given.len() <= 253 && given.split('.').all(is_label) {
        Ok(given.to_owned())
    } else {
        Err(OutputsError::InvalidSecretName)
    }
}
