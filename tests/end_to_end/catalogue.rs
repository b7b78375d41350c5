//! Every connector of the catalogue, with every configuration key set, plans, applies and then
//! plans empty.

use std::fmt::Write as _;

use connectorctl::catalog::{
    Catalog, ConfigurationKey, ConfigurationType, ElementEntry, is_credential,
};

use crate::support::{Bench, Sandbox};

fn value(entry: &ElementEntry, row: &ConfigurationKey) -> String {
    if is_credential(Some(entry), &row.key) {
        return "${env:ANY_SECRET}".to_owned();
    }
    match row.kind {
        ConfigurationType::Boolean => "true".to_owned(),
        ConfigurationType::Combo => format!("{:?}", row.options.first().map_or("", String::as_str)),
        _ => match &row.default {
            Some(default) if !default.is_empty() => format!("{default:?}"),
            _ => format!("\"value of {}\"", row.key),
        },
    }
}

fn manifest() -> String {
    let catalog = Catalog::embedded();
    let mut text = String::from("version: 1\ninventory: everything\ninstances:\n");
    for entry in catalog.elements() {
        let _ = writeln!(
            text,
            "  {}:\n    element: {}\n    tags: [every]\n    configuration:",
            entry.key, entry.key
        );
        // Rows of one variant only; the first option chooses it.
        let variant = entry
            .configuration
            .iter()
            .find(|row| row.key == "authentication.type")
            .and_then(|row| row.options.first());
        for row in catalog.keys_of(Some(entry)) {
            let fits = match (&row.group, variant) {
                (Some(group), Some(variant)) => group.eq_ignore_ascii_case(variant),
                _ => true,
            };
            if fits {
                let _ = writeln!(text, "      {:?}: {}", row.key, value(entry, row));
            }
        }
    }
    text
}

#[test]
fn every_connector_with_every_key_applies_and_then_plans_empty() {
    let sandbox = Sandbox::start(&[]);
    let bench = Bench::on(&sandbox)
        .with("ANY_SECRET", "an-invented-secret")
        .with_manifest(&manifest());
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["summary"]["create"], 164, "{}", plan["summary"]);
    let _ = bench.apply();
    assert_eq!(sandbox.instances().len(), 164);
    bench.plan_is_empty();
}
