//! What users of comparable tools and of this platform reported, as small manifests: one file per
//! report. Each test is named after what went wrong.

mod color;
mod empty_secrets;
mod files;
mod line_breaks;
mod lock_names;
mod networks;
mod numbers;
mod other_tools;
mod places;
mod references;
mod structure;
mod syntax;

use std::collections::BTreeMap;

use connectorctl::diagnostic::Diagnostic;
use connectorctl::manifest::{LoadOptions, Loaded, SourceFile, load};
use connectorctl::secrets::{Lookups, MissingPolicy, resolve};

/// A manifest with one instance, whose `username` is this YAML.
fn with_username(yaml: &str) -> String {
    format!(
        "version: 1\ninventory: a\ninstances:\n  k:\n    element: freshdeskv2\n    configuration:\n      subdomain: acme\n      username: {yaml}\n"
    )
}

fn loaded(text: &str) -> Loaded {
    let file = SourceFile {
        name: "m.yaml".to_owned(),
        folder: std::env::temp_dir(),
        bytes: text.as_bytes().to_vec(),
    };
    load(&[file], LoadOptions::default())
}

/// The problems with this code.
fn problems(text: &str, code: &str) -> Vec<Diagnostic> {
    let diagnostics = loaded(text).diagnostics;
    let found = diagnostics.sorted().into_iter();
    found.filter(|d| d.code == code).cloned().collect()
}

/// What is sent for `username`, or what is said instead.
fn username(yaml: &str, variables: &[(&str, &str)]) -> Result<String, String> {
    let loaded = loaded(&with_username(yaml));
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    let lookups = Lookups {
        variable: &|name| variables.get(name).map(|value| (*value).into()),
        allow_exec: true,
        missing: MissingPolicy::Refuse,
    };
    let said = |diagnostics: &connectorctl::diagnostic::Diagnostics| {
        let all = diagnostics.sorted();
        let lines = all.iter().map(|d| format!("{} ({})", d.message, d.code));
        lines.collect::<Vec<String>>().join("\n")
    };
    let Some(desired) = &loaded.desired else {
        return Err(said(&loaded.diagnostics));
    };
    let (resolved, _) =
        resolve(desired, &loaded.places, &lookups, &|_, _| true).map_err(|d| said(&d))?;
    let key = desired.instances.keys().next().expect("an instance");
    match resolved.configuration(key, "username") {
        Some(value) => Ok(value.expose().as_str().expect("a string").to_owned()),
        None => Err("plain".to_owned()),
    }
}
