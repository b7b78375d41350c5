//! Which instances are imported, and which are left and why.

use std::collections::{BTreeMap, BTreeSet};

use super::keys::Keys;
use super::select::Selectors;
use crate::model::{
    Desired, InstanceId, InstanceKey, Lock, Marker, MarkerState, Observed, ObservedInstance,
    Refusal, RefusalCode,
};

/// What the caller asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Every instance that no inventory has, as far as it is selected.
    Some(Selectors),
    /// One instance under a key.
    One(InstanceKey, InstanceId),
}

/// What is imported and what is not. Everything is in order of id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// To import.
    pub imported: Vec<Imported>,
    /// Selected and not imported.
    pub left: Vec<Left>,
    /// How many selected instances the manifest has already.
    pub managed: usize,
}

impl Choice {
    /// Leaves out the keys for which there is a reason.
    pub fn leave(&mut self, why: impl Fn(&InstanceKey) -> Option<&'static str>) {
        let imported = std::mem::take(&mut self.imported);
        for one in imported {
            match why(&one.key) {
                Some(why) => self.left.push(left(&one.seen, why.to_owned())),
                None => self.imported.push(one),
            }
        }
        self.left.sort_by_key(|left| left.id);
    }
}

/// An instance to import.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// Its key.
    pub key: InstanceKey,
    /// As a read by id shows it.
    pub seen: ObservedInstance,
    /// Whether the manifest has the key already, and no instance for it.
    pub is_declared: bool,
}

/// An instance that is not imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its id.
    pub id: InstanceId,
    /// Its name.
    pub name: String,
    /// Why, and what to do about it.
    pub why: String,
}

/// Why nothing can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum ImportError {
    /// A selector matches nothing; `known` is what there is.
    Unmatched {
        /// As it was given.
        selector: String,
        /// Its pattern.
        pattern: String,
        /// What there is instead.
        known: BTreeSet<String>,
    },
    /// No instance has the id.
    NoSuchId(InstanceId),
    /// The instance, or the key, is somebody else's.
    Refused(Refusal),
}

/// The ids to read before a choice is made: a list may show an instance without its tags, or with cut
/// ones.
pub fn to_read(
    request: &Request,
    desired: &Desired,
    lock: &Lock,
    observed: &Observed,
) -> BTreeSet<InstanceId> {
    let managed: BTreeSet<InstanceId> = lock
        .instances
        .iter()
        .filter(|(key, _)| desired.instances.contains_key(*key))
        .map(|(_, entry)| entry.id)
        .collect();
    match request {
        Request::One(_, id) => [*id].into(),
        Request::Some(selectors) => {
            let instances = observed.instances.values();
            let unread = instances.filter(|seen| {
                !managed.contains(&seen.id)
                    && !observed.read.contains(&seen.id)
                    && selectors.may_include(seen)
            });
            unread.map(|seen| seen.id).collect()
        }
    }
}

/// Chooses what to import.
///
/// # Errors
/// [`ImportError`].
pub fn choose(
    request: &Request,
    desired: &Desired,
    lock: &Lock,
    observed: &Observed,
) -> Result<Choice, ImportError> {
    let chooser = Chooser::new(desired, lock, observed);
    match request {
        Request::One(key, id) => chooser.one(key, *id),
        Request::Some(selectors) => chooser.some(selectors),
    }
}

struct Chooser<'a> {
    desired: &'a Desired,
    lock: &'a Lock,
    observed: &'a Observed,
    recorded: BTreeMap<InstanceId, &'a InstanceKey>,
    /// The keys of the manifest by their live markers: a shortened one names no key.
    by_marker: BTreeMap<String, &'a InstanceKey>,
}

/// Whose an instance is.
enum Owner<'a> {
    /// Nobody's.
    Nobody,
    /// The one of this key, which the manifest has.
    Managed(InstanceKey),
    /// Ours under this key, which the manifest does not have.
    Undeclared(InstanceKey),
    /// It must be left alone, because of this.
    Other(RefusalCode, String, &'a str),
}

const ITS_OWN: &str = "remove it there first";

impl<'a> Chooser<'a> {
    fn new(desired: &'a Desired, lock: &'a Lock, observed: &'a Observed) -> Self {
        let known = desired.instances.keys().chain(lock.instances.keys());
        let marker = |key| (Marker::live(&desired.inventory, key).to_string(), key);
        Self {
            desired,
            lock,
            observed,
            recorded: lock
                .instances
                .iter()
                .map(|(key, it)| (it.id, key))
                .collect(),
            by_marker: known.map(marker).collect(),
        }
    }

    fn owner(&self, seen: &ObservedInstance) -> Owner<'static> {
        let is_declared = |key: &InstanceKey| self.desired.instances.contains_key(key);
        let recorded = self.recorded.get(&seen.id).copied();
        if seen.is_abridged() {
            let what = "the platform did not return its tags and configuration";
            return Owner::Other(
                RefusalCode::Unreadable,
                what.to_owned(),
                "run the command again",
            );
        }
        let mut markers = seen.markers();
        let (first, second) = (markers.next(), markers.next());
        let marked = match (first, second) {
            (None, _) => None,
            (Some(marker), None) => match self.key_of(marker) {
                Ok(key) => Some(key),
                Err((what, hint)) => return Owner::Other(RefusalCode::ForeignMarker, what, hint),
            },
            (Some(first), Some(second)) => {
                let what = format!("it carries two markers: `{first}` and `{second}`");
                return Owner::Other(RefusalCode::ForeignMarker, what, "remove one of them");
            }
        };
        match (recorded, marked) {
            (None, None) => Owner::Nobody,
            (Some(key), marked) if marked.as_ref().is_none_or(|marked| marked == key) => {
                match is_declared(key) {
                    true => Owner::Managed(key.clone()),
                    false => Owner::Undeclared(key.clone()),
                }
            }
            (Some(key), _) => {
                let what = format!("it is recorded as `{key}` and carries another marker");
                Owner::Other(RefusalCode::ForeignMarker, what, "run `plan`")
            }
            (None, Some(key)) if is_declared(&key) => Owner::Managed(key),
            (None, Some(key)) => match self.lock.instances.get(&key) {
                Some(entry) => {
                    let what = format!("it is a duplicate of `{key}`, which is {}", entry.id);
                    Owner::Other(RefusalCode::ForeignMarker, what, "run `plan`")
                }
                None => Owner::Undeclared(key),
            },
        }
    }

    /// The key that a live marker of this inventory names.
    fn key_of(&self, marker: &str) -> Result<InstanceKey, (String, &'static str)> {
        let inventory = &self.desired.inventory;
        if let Some(key) = self.by_marker.get(marker) {
            return Ok((*key).clone());
        }
        if !Marker::belongs_to(marker, inventory) {
            return Err((
                format!("another inventory owns it: it carries `{marker}`"),
                ITS_OWN,
            ));
        }
        if Marker::state_of(marker) == Some(MarkerState::Retired) {
            let what = format!("it is being replaced: it carries `{marker}`");
            return Err((what, "run `apply` to finish the replace"));
        }
        let key = Marker::key_in(marker, inventory).and_then(|key| InstanceKey::new(key).ok());
        // A shortened marker is not that of the key it seems to name.
        key.filter(|key| Marker::live(inventory, key).as_str() == marker)
            .ok_or_else(|| {
                (
                    format!("it carries `{marker}`, which names no key"),
                    "declare its key",
                )
            })
    }

    /// Whether the manifest has a key that no instance is known for.
    fn is_vacant(&self, key: &InstanceKey) -> bool {
        let marker = Marker::live(&self.desired.inventory, key);
        let entry = self.lock.instances.get(key);
        self.desired.instances.contains_key(key)
            && entry.is_none_or(|entry| self.observed.gone.contains(&entry.id))
            && !self
                .observed
                .instances
                .values()
                .any(|seen| seen.carries(&marker))
    }

    fn some(&self, selectors: &Selectors) -> Result<Choice, ImportError> {
        if let Some(selector) = selectors.unmatched(self.observed) {
            let known = selector.known(self.observed).into_iter();
            return Err(ImportError::Unmatched {
                selector: selector.to_string(),
                pattern: selector.pattern().to_owned(),
                known: known.map(str::to_owned).collect(),
            });
        }
        let moved = self.desired.instances.values();
        let moved = moved.filter_map(|instance| instance.lifecycle.moved_from.as_ref());
        let taken = self.desired.instances.keys().chain(moved);
        let mut keys = Keys::new(taken.chain(self.lock.instances.keys()));
        let vacant: Vec<&InstanceKey> = self
            .desired
            .instances
            .keys()
            .filter(|key| self.is_vacant(key))
            .collect();
        let mut choice = Choice::default();
        let mut nobodys = Vec::new();
        let mut undeclared: BTreeMap<InstanceKey, &ObservedInstance> = BTreeMap::new();
        for seen in self.observed.instances.values() {
            if !selectors.include(seen) {
                continue;
            }
            match self.owner(seen) {
                Owner::Nobody => nobodys.push(seen),
                Owner::Managed(_) => choice.managed += 1,
                Owner::Undeclared(key) => {
                    keys.take(&key);
                    let rank =
                        |it: &ObservedInstance| (!self.recorded.contains_key(&it.id), it.rank());
                    let other = match undeclared.get(&key) {
                        Some(kept) if rank(kept) <= rank(seen) => seen,
                        _ => match undeclared.insert(key.clone(), seen) {
                            Some(other) => other,
                            None => continue,
                        },
                    };
                    choice.left.push(left(
                        other,
                        format!("another instance carries the marker of `{key}`, too"),
                    ));
                }
                Owner::Other(_, what, _) => choice.left.push(left(seen, what)),
            }
        }
        for seen in nobodys {
            let looks_like = vacant.iter().find(|key| {
                let declared = &self.desired.instances[**key];
                declared.name == seen.name && declared.element.names(&seen.element)
            });
            if let Some(key) = looks_like {
                let why = format!(
                    "it looks like `{key}`, which is declared and has no instance; if it is the same, run `import {key} {}`",
                    seen.id
                );
                choice.left.push(left(seen, why));
            } else if let Some(key) = keys.derive(seen) {
                choice.imported.push(self.import(key, seen));
            }
        }
        let undeclared = undeclared.into_iter();
        choice
            .imported
            .extend(undeclared.map(|(key, seen)| self.import(key, seen)));
        choice.imported.sort_by_key(|imported| imported.seen.id);
        choice.left.sort_by_key(|left| left.id);
        Ok(choice)
    }

    fn import(&self, key: InstanceKey, seen: &ObservedInstance) -> Imported {
        Imported {
            is_declared: self.desired.instances.contains_key(&key),
            key,
            seen: seen.clone(),
        }
    }

    fn one(&self, key: &InstanceKey, id: InstanceId) -> Result<Choice, ImportError> {
        let seen = self.observed.instances.get(&id);
        let seen = seen.ok_or(ImportError::NoSuchId(id))?;
        let refused = |code, message: String, hint: String| {
            Err(ImportError::Refused(Refusal {
                code,
                key: Some(key.clone()),
                message,
                hint,
            }))
        };
        match self.owner(seen) {
            Owner::Managed(own) if own == *key => {
                return Ok(Choice {
                    managed: 1,
                    ..Choice::default()
                });
            }
            Owner::Managed(own) => {
                return refused(
                    RefusalCode::ForeignMarker,
                    format!("instance {id} is managed as `{own}`"),
                    format!("to rename it, declare `movedFrom: {own}` under `{key}`"),
                );
            }
            Owner::Undeclared(own) if own != *key => {
                return refused(
                    RefusalCode::ForeignMarker,
                    format!("instance {id} belongs to this inventory as `{own}`"),
                    format!("run `import {own} {id}`, or `forget {own}` first"),
                );
            }
            Owner::Other(code, what, hint) => {
                return refused(
                    code,
                    format!("instance {id} cannot be imported: {what}"),
                    hint.to_owned(),
                );
            }
            Owner::Undeclared(_) | Owner::Nobody => {}
        }
        let marker = Marker::live(&self.desired.inventory, key);
        let mut instances = self.observed.instances.values();
        let marked = instances.find(|it| it.id != id && it.carries(&marker));
        let recorded = self.lock.instances.get(key);
        let recorded = recorded.filter(|it| it.id != id && !self.observed.gone.contains(&it.id));
        if let Some(other) = recorded
            .map(|entry| entry.id)
            .or(marked.map(|seen| seen.id))
        {
            return refused(
                RefusalCode::ForeignMarker,
                format!("the key has an instance already: {other}"),
                format!("choose another key, or run `forget {key}` first"),
            );
        }
        if let Some(declared) = self.desired.instances.get(key)
            && !declared.element.names(&seen.element)
        {
            return refused(
                RefusalCode::ForeignMarker,
                format!(
                    "the manifest declares element `{}`, and instance {id} has `{}`",
                    declared.element, seen.element.key
                ),
                "choose another key; an instance cannot change its element".to_owned(),
            );
        }
        Ok(Choice {
            imported: vec![self.import(key.clone(), seen)],
            ..Choice::default()
        })
    }
}

fn left(seen: &ObservedInstance, why: String) -> Left {
    Left {
        id: seen.id,
        name: seen.name.clone(),
        why,
    }
}
