//! Several files are one inventory: a different head or a key in two places is an error that shows
//! both.

use std::collections::BTreeMap;

use super::Places;
use super::document::Document;
use super::instance::ReadInstance;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::{ApiSettings, Desired, InstanceKey};

/// Unites the files; `None` where no file names an inventory.
pub(super) fn unite(
    documents: Vec<Document<'_>>,
    out: &mut Diagnostics,
) -> Option<(Desired, Places)> {
    let mut inventory: Option<(crate::model::InventoryName, Place)> = None;
    let mut api = ApiSettings::default();
    let mut places = Places::new();
    let mut seen: BTreeMap<InstanceKey, (ReadInstance, Place, Option<Place>)> = BTreeMap::new();
    for document in &documents {
        match (&inventory, &document.inventory) {
            (Some((one, first)), Some((other, place))) if one != other => out.push(
                Diagnostic::error(
                    "different-inventory",
                    format!("the files belong to two inventories, `{one}` and `{other}`"),
                )
                .at(place.clone())
                .also(first.clone(), "the other one is here")
                .hint("the files of one run are one inventory: give them the same name"),
            ),
            (None, Some(named)) => inventory = Some(named.clone()),
            _ => {}
        }
        if api.url.is_none() {
            api.url.clone_from(&document.api.url);
        }
        if api.organization.is_none() {
            api.organization = document.api.organization;
        }
    }
    let nameless = inventory.is_none();
    let first_file = documents.first().map(|document| document.file.name.clone());
    for document in documents {
        let Document {
            file,
            instances,
            places: more,
            ..
        } = document;
        places.extend(more);
        for read in instances {
            let place = file.place(&read.key_span);
            let moved = read.moved_from_span.as_ref().map(|span| file.place(span));
            match seen.get(&read.key) {
                Some((_, first, _)) => out.push(
                    Diagnostic::error(
                        "duplicate-instance",
                        format!("the instance `{}` is declared twice", read.key),
                    )
                    .at(place)
                    .also(first.clone(), "it is here first")
                    .hint("one of the two needs another key, or is a copy to delete"),
                ),
                None => {
                    seen.insert(read.key.clone(), (read, place, moved));
                }
            }
        }
    }
    check_moves(&seen, out);
    if nameless {
        if let Some(file) = first_file {
            out.push(
                Diagnostic::error("missing-inventory", "the manifest names no `inventory`")
                    .at(Place {
                        file,
                        line: 0,
                        column: 0,
                        length: 1,
                        text: None,
                    })
                    .hint(
                        "add `inventory: a-name`; it marks every instance as this manifest's own",
                    ),
            );
        }
        return None;
    }
    let (inventory, _) = inventory?;
    let instances = seen
        .into_iter()
        .map(|(key, (read, _, _))| (key, read.instance))
        .collect();
    let desired = Desired {
        inventory,
        api,
        instances,
    };
    Some((desired, places))
}

fn check_moves(
    seen: &BTreeMap<InstanceKey, (ReadInstance, Place, Option<Place>)>,
    out: &mut Diagnostics,
) {
    let mut from: BTreeMap<&InstanceKey, &Place> = BTreeMap::new();
    for (key, (read, _, moved)) in seen {
        let (Some(old), Some(place)) = (&read.instance.lifecycle.moved_from, moved) else {
            continue;
        };
        let problem = if old == key {
            Some(
                Diagnostic::error("bad-move", format!("`{key}` cannot have moved from itself"))
                    .hint("name the key it had before, or remove the line"),
            )
        } else if let Some((_, declared, _)) = seen.get(old) {
            Some(
                Diagnostic::error(
                    "bad-move",
                    format!("`{key}` has moved from `{old}`, which is still declared"),
                )
                .also(declared.clone(), "it is declared here")
                .hint("a rename takes the old key out of the manifest"),
            )
        } else {
            from.insert(old, place).map(|first| {
                Diagnostic::error("bad-move", format!("two instances have moved from `{old}`"))
                    .also(first.clone(), "the other one is here")
                    .hint("only one of them can be the old one")
            })
        };
        out.extend(problem.map_or_else(Diagnostics::default, |problem| {
            let mut one = Diagnostics::default();
            one.push(problem.at(place.clone()));
            one
        }));
    }
}
