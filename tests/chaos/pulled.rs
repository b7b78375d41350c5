//! `git pull` during a run: what it makes of the lock file, and whether a commit of that run kept it.
//!
//! Must not: know more of a lock file than that it has entries by key.

use serde_json::{Value, json};

use super::manifest::INVENTORY;
use super::schedule::{Pull, PullKind};

/// Ids that the platform never gives.
const FIRST_UNKNOWN_ID: u64 = 900_000;

/// What is pulled during one run.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pulls<'s> {
    pub(crate) all: &'s [Pull],
    /// Which launch it is, counted over all rounds, and how many there are.
    pub(crate) launch: usize,
    pub(crate) launches: usize,
    /// Every earlier state of the lock file, oldest first.
    pub(crate) history: &'s [Vec<u8>],
}

impl Pulls<'_> {
    /// Those of this launch, in order.
    pub(crate) fn in_order(&self) -> Vec<Pull> {
        let mut pulls = self.all.to_vec();
        pulls.retain(|pull| usize::from(pull.launch) % self.launches == self.launch);
        pulls.sort_by_key(|pull| pull.after_ms);
        pulls
    }

    fn back(&self, states: u8) -> Option<&Vec<u8>> {
        let place = self.history.len().checked_sub(usize::from(states));
        place.and_then(|place| self.history.get(place))
    }

    /// The lock file after a pull; `None` if that changes nothing.
    pub(crate) fn pulled(&self, now: Option<&[u8]>, pull: Pull) -> Option<Vec<u8>> {
        let mut file = now.map_or_else(empty, parsed);
        let mut data_keys = None;
        let all_keys = file.get("dataKeys").and_then(Value::as_object).cloned();
        let entries = file["instances"].as_object_mut().expect("entries");
        let nth = |number: u8| {
            let place = usize::from(number).checked_rem(entries.len())?;
            entries.keys().nth(place).cloned()
        };
        match pull.kind {
            PullKind::Add => {
                let id = FIRST_UNKNOWN_ID + u64::from(pull.after_ms);
                let entry = json!({
                    "id": id, "element": {"key": "freshdeskv2"}, "name": "pulled", "configuration": {},
                    "secrets": {}, "enabled": true, "valid": true, "lifecycle": {"onRemove": "keep"},
                });
                entries.insert(format!("p{id}"), entry);
            }
            PullKind::Drop(number) => {
                let key = nth(number)?;
                entries.remove(&key);
            }
            PullKind::RollBack(number, states) => {
                let key = nth(number)?;
                let older = parsed(self.back(states)?);
                // A merge keeps the data keys of both sides.
                if let Some(keys) = older["dataKeys"].as_object() {
                    let mut all = all_keys.unwrap_or_default();
                    all.extend(keys.clone());
                    data_keys = Some(all);
                }
                match older["instances"].get(&key) {
                    Some(entry) => entries.insert(key, entry.clone()),
                    None => entries.remove(&key),
                };
            }
            PullKind::RollBackAll(states) => return self.back(states).cloned(),
        }
        if let Some(keys) = data_keys {
            file["dataKeys"] = keys.into();
        }
        let mut bytes = serde_json::to_vec_pretty(&file).expect("JSON");
        bytes.push(b'\n');
        Some(bytes).filter(|bytes| Some(&bytes[..]) != now)
    }
}

fn empty() -> Value {
    json!({"version": 1, "inventory": INVENTORY, "instances": {}})
}

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("a lock file")
}

/// The entries, without how their tokens are sealed: a token is the same under any data key.
fn comparable(file: &Value) -> Value {
    let mut entries = file["instances"].clone();
    for (_, entry) in entries.as_object_mut().into_iter().flatten() {
        if entry["token"].is_object() {
            entry["token"] = entry["token"]["fingerprint"].clone();
        }
    }
    entries
}

/// How many entries that were pulled between the start of a run and its commit are not in the lock file
/// after it as they were pulled. `before`: as the run read it; `pulled`: right before the commit.
pub(crate) fn lost(before: Option<&[u8]>, pulled: Option<&[u8]>, after: Option<&[u8]>) -> u64 {
    if before == pulled || after == pulled {
        return 0;
    }
    let entries = |bytes: Option<&[u8]>| bytes.map(|bytes| comparable(&parsed(bytes)));
    let [before, pulled, after] = [before, pulled, after].map(entries);
    let of =
        |file: &Option<Value>, key: &str| file.as_ref().and_then(|file| file.get(key).cloned());
    let mut keys: Vec<&String> = [&before, &pulled]
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flat_map(|entries| entries.keys())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let is_lost = |key: &&String| {
        let now = of(&pulled, key);
        now != of(&before, key) && now != of(&after, key)
    };
    keys.into_iter().filter(is_lost).count() as u64
}
