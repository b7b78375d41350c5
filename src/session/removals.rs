//! What is kept of an instance that is about to be deleted: enough to make it again by hand, and no secret.

use std::io;
use std::sync::{Mutex, PoisonError};

use super::scope::Session;
use crate::catalog::{Catalog, contains_credential, is_credential};
use crate::model::{ElementRef, InstanceKey, MASK, ObservedInstance, Removed};
use crate::ports::{Known, Removals};

/// Makes the list of what was or is about to be deleted durable. It is handed the whole list each time.
pub type Keep<'a> = dyn Fn(&[Removed]) -> io::Result<()> + Send + Sync + 'a;

/// The removals of one run.
pub(super) struct RemovalLog<'a> {
    session: Session<'a>,
    keep: &'a Keep<'a>,
    removed: Mutex<Vec<Removed>>,
}

impl<'a> RemovalLog<'a> {
    pub(super) fn new(session: Session<'a>, keep: &'a Keep<'a>) -> Self {
        Self {
            session,
            keep,
            removed: Mutex::default(),
        }
    }

    /// In order of key and id: steps run concurrently.
    pub(super) fn into_list(self) -> Vec<Removed> {
        let removed = self.removed.into_inner();
        let mut removed = removed.unwrap_or_else(PoisonError::into_inner);
        removed.sort_by(|a, b| (&a.key, a.id).cmp(&(&b.key, b.id)));
        removed
    }
}

impl Removals for RemovalLog<'_> {
    fn about_to_delete(&self, key: &InstanceKey, seen: &ObservedInstance) -> io::Result<()> {
        let known = &self.session.identity.known;
        let one = known.look(|known| removed(key, seen, known));
        let mut removed = self.removed.lock().unwrap_or_else(PoisonError::into_inner);
        if !removed.contains(&one) {
            removed.push(one);
        }
        (self.keep)(&removed)
    }
}

fn removed(key: &InstanceKey, seen: &ObservedInstance, known: &Known) -> Removed {
    let element = ElementRef::Key(seen.element.key.clone());
    let entry = Catalog::embedded().entry(&element);
    let is_readable = |name: &str, value: &str| {
        value != MASK
            && !is_credential(entry, name)
            && !contains_credential(&value.into())
            && !known.is_name(name)
            && !known.is_recorded(value)
            && !known.expose().any(|secret| value.contains(secret))
    };
    let values = seen.configuration.iter().flatten();
    let values = values.filter_map(|(name, value)| Some((name, value.as_ref()?.expose())));
    Removed {
        key: key.clone(),
        id: seen.id,
        element: seen.element.key.clone(),
        name: seen.name.clone(),
        tags: seen.own_tags(),
        configuration: values
            .filter(|(name, value)| is_readable(name, value))
            .map(|(name, value)| (name.clone(), value.to_owned()))
            .collect(),
    }
}
