//! Merges several files into one inventory. A different inventory or a key in two files is an error
//! that shows both places.

use std::collections::{BTreeMap, BTreeSet};

use super::document::Document;
use super::instance::ReadInstance;
use super::text::Places;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::{ApiSettings, Desired, InstanceKey, InventoryName, Marker};

/// Merges the files; `None` if no file names an inventory.
pub(super) fn unite(
    documents: Vec<Document<'_>>,
    out: &mut Diagnostics,
) -> Option<(Desired, Places)> {
    let inventory = inventory(&documents, out);
    let mut api = ApiSettings::default();
    let mut places = Places::new();
    let mut recipients = BTreeSet::new();
    let mut seen: BTreeMap<InstanceKey, ReadInstance> = BTreeMap::new();
    for document in documents {
        api.url = api.url.or(document.api.url);
        api.organization = api.organization.or(document.api.organization);
        recipients.extend(document.lock.recipients);
        for read in document.instances {
            if let Some(first) = seen.get(&read.key) {
                let message = format!("the instance `{}` is declared twice", read.key);
                out.push(
                    Diagnostic::error("duplicate-instance", message)
                        .at(read.place)
                        .also(first.place.clone(), "first declared here")
                        .hint("rename or remove one of them"),
                );
            } else {
                let of_key = read.places.iter().cloned();
                places.extend(of_key.map(|(field, place)| ((read.key.clone(), field), place)));
                seen.insert(read.key.clone(), read);
            }
        }
    }
    check_moves(&seen, out);
    let inventory = inventory?;
    check_markers(&inventory, &seen, out);
    let desired = Desired {
        inventory,
        api,
        recipients,
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
        // An invalid one has been reported.
        if documents.iter().any(|document| document.has_inventory) {
            return None;
        }
        let file = documents.first()?.file;
        out.push(
            Diagnostic::error("missing-inventory", "`inventory` is missing")
                .at(Place::whole(&file.name))
                .hint("add `inventory: <name>`; it marks every instance as owned by this manifest"),
        );
        return None;
    };
    for (other, place) in named.filter(|(other, _)| other != inventory) {
        let message = format!("the files name two inventories, `{inventory}` and `{other}`");
        out.push(
            Diagnostic::error("different-inventory", message)
                .at(place.clone())
                .also(first.clone(), "the other one")
                .hint("use the same `inventory` in all files of a run"),
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
                error(format!("`{key}` cannot be moved from itself"))
                    .hint("name the previous key, or remove the line"),
            );
        } else if let Some(declared) = seen.get(old) {
            out.push(
                error(format!(
                    "`{key}` is moved from `{old}`, which is still declared"
                ))
                .also(declared.place.clone(), "declared here")
                .hint("remove the old key from the manifest, or remove `movedFrom`"),
            );
        } else if let Some(first) = from.insert(old, place) {
            out.push(
                error(format!("two instances are moved from `{old}`"))
                    .also(first.clone(), "the other one")
                    .hint("keep `movedFrom` in only one of them"),
            );
        }
    }
}

/// A long key has a shortened marker, which another key may spell out. Each would take the instance of
/// the other for its own.
fn check_markers(
    inventory: &InventoryName,
    seen: &BTreeMap<InstanceKey, ReadInstance>,
    out: &mut Diagnostics,
) {
    let mut markers: BTreeMap<Marker, (&InstanceKey, &Place)> = BTreeMap::new();
    for (key, read) in seen {
        let moved_from = read.instance.lifecycle.moved_from.as_ref();
        let old = moved_from.zip(read.moved_from_place.as_ref());
        for (key, place) in [(key, &read.place)].into_iter().chain(old) {
            for marker in Marker::both(inventory, key) {
                let Some((other, first)) = markers.insert(marker, (key, place)) else {
                    continue;
                };
                if other == key {
                    continue;
                }
                let message = format!("`{key}` and `{other}` have the same marker");
                out.push(
                    Diagnostic::error("same-marker", message)
                        .at(place.clone())
                        .also(first.clone(), "the other key")
                        .hint("choose another key for one of them"),
                );
            }
        }
    }
}
