//! Several files are one inventory: a different head or a key in two places is an error that shows
//! both.

use std::collections::BTreeMap;

use super::document::Document;
use super::instance::ReadInstance;
use super::text::Places;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::{ApiSettings, Desired, InstanceKey, InventoryName};

/// Unites the files; `None` where no file names an inventory.
pub(super) fn unite(
    documents: Vec<Document<'_>>,
    out: &mut Diagnostics,
) -> Option<(Desired, Places)> {
    let inventory = inventory(&documents, out);
    let mut api = ApiSettings::default();
    let mut places = Places::new();
    let mut seen: BTreeMap<InstanceKey, ReadInstance> = BTreeMap::new();
    for document in documents {
        api.url = api.url.or(document.api.url);
        api.organization = api.organization.or(document.api.organization);
        places.extend(document.places);
        for read in document.instances {
            if let Some(first) = seen.get(&read.key) {
                let message = format!("the instance `{}` is declared twice", read.key);
                out.push(
                    Diagnostic::error("duplicate-instance", message)
                        .at(read.place)
                        .also(first.place.clone(), "it is here first")
                        .hint("one of the two needs another key, or is a copy to delete"),
                );
            } else {
                seen.insert(read.key.clone(), read);
            }
        }
    }
    check_moves(&seen, out);
    let desired = Desired {
        inventory: inventory?,
        api,
        instances: seen
            .into_iter()
            .map(|(key, read)| (key, read.instance))
            .collect(),
    };
    Some((desired, places))
}

fn inventory(documents: &[Document<'_>], out: &mut Diagnostics) -> Option<InventoryName> {
    let mut named = documents
        .iter()
        .filter_map(|document| document.inventory.as_ref());
    let Some((inventory, first)) = named.next() else {
        let file = documents.first()?.file;
        out.push(
            Diagnostic::error("missing-inventory", "the manifest names no `inventory`")
                .at(Place::whole(&file.name))
                .hint("add `inventory: a-name`; it marks every instance as this manifest's own"),
        );
        return None;
    };
    for (other, place) in named.filter(|(other, _)| other != inventory) {
        let message = format!("the files belong to two inventories, `{inventory}` and `{other}`");
        out.push(
            Diagnostic::error("different-inventory", message)
                .at(place.clone())
                .also(first.clone(), "the other one is here")
                .hint("the files of one run are one inventory: give them the same name"),
        );
    }
    Some(inventory.clone())
}

fn check_moves(seen: &BTreeMap<InstanceKey, ReadInstance>, out: &mut Diagnostics) {
    let mut from: BTreeMap<&InstanceKey, &Place> = BTreeMap::new();
    for (key, read) in seen {
        let (Some(old), Some(place)) =
            (&read.instance.lifecycle.moved_from, &read.moved_from_place)
        else {
            continue;
        };
        let error = |message: String| Diagnostic::error("bad-move", message).at(place.clone());
        if old == key {
            out.push(
                error(format!("`{key}` cannot have moved from itself"))
                    .hint("name the key it had before, or remove the line"),
            );
        } else if let Some(declared) = seen.get(old) {
            out.push(
                error(format!(
                    "`{key}` has moved from `{old}`, which is still declared"
                ))
                .also(declared.place.clone(), "it is declared here")
                .hint("a rename takes the old key out of the manifest"),
            );
        } else if let Some(first) = from.insert(old, place) {
            out.push(
                error(format!("two instances have moved from `{old}`"))
                    .also(first.clone(), "the other one is here")
                    .hint("only one of them can be the old one"),
            );
        }
    }
}
