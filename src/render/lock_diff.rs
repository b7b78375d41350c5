//! A lock file, or what differs between two, as a person reviews it.
//!
//! Must not: show a token, a ciphertext, a salt or a fingerprint.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::one_line;
use crate::model::{
    Conflicts, Fingerprint, InstanceId, InstanceKey, Lock, LockedInstance, LockedToken,
};

/// Each line of an instance, by what it is about.
type Lines = BTreeMap<String, String>;

/// The content of one lock file.
///
/// # Errors
/// Where it cannot be written.
pub fn content(lock: &Lock, conflicts: &Conflicts, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "inventory {}", lock.header.inventory)?;
    for (key, entry) in &lock.instances {
        writeln!(out, "\n{key}")?;
        for (what, value) in lines(entry) {
            writeln!(out, "  {what}: {value}")?;
        }
        for (path, secret) in &entry.secrets {
            writeln!(out, "  secret {}: {}", one_line(path), sent(secret))?;
        }
        let token = match &entry.token {
            None => "unknown",
            Some(LockedToken::Plain(_)) => "plain text",
            Some(LockedToken::Sealed(_)) => "sealed",
        };
        writeln!(out, "  token: {token}")?;
    }
    for (key, conflict) in conflicts {
        writeln!(out, "\n{key}\n  conflict: {}", conflict.what())?;
    }
    Ok(())
}

/// What differs, by key. A renamed instance is found by its id.
///
/// # Errors
/// Where it cannot be written.
pub fn changes(old: &Lock, new: &Lock, out: &mut dyn Write) -> io::Result<()> {
    let places = |lock: &Lock| -> BTreeMap<InstanceId, InstanceKey> {
        let entries = lock.instances.iter();
        entries
            .map(|(key, entry)| (entry.id, key.clone()))
            .collect()
    };
    let (before, after) = (places(old), places(new));
    let (one, other) = (&old.header.inventory, &new.header.inventory);
    if one != other {
        writeln!(out, "inventory: {one} -> {other}")?;
    }
    let keys: BTreeSet<&InstanceKey> = old.instances.keys().chain(new.instances.keys()).collect();
    for key in keys {
        if let Some(gone) = old.instances.get(key)
            && !after.contains_key(&gone.id)
        {
            writeln!(out, "- {key}: removed, id {}", gone.id)?;
        }
        let Some(entry) = new.instances.get(key) else {
            continue;
        };
        let Some(was) = before.get(&entry.id) else {
            let element = &entry.element.key;
            writeln!(out, "+ {key}: added, id {}, element {element}", entry.id)?;
            continue;
        };
        let mut found = differences(&old.instances[was], entry);
        if was != key {
            found.insert(0, format!("renamed from {was}"));
        }
        for what in found {
            writeln!(out, "~ {key}: {what}")?;
        }
    }
    Ok(())
}

fn differences(old: &LockedInstance, new: &LockedInstance) -> Vec<String> {
    let (before, after) = (lines(old), lines(new));
    let whats: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut found: Vec<String> = Vec::new();
    for what in whats {
        let values = [before.get(what), after.get(what)].map(|it| it.map_or("(none)", |it| it));
        if values[0] != values[1] {
            found.push(format!("{what}: {} -> {}", values[0], values[1]));
        }
    }
    let paths: BTreeSet<&String> = old.secrets.keys().chain(new.secrets.keys()).collect();
    for path in paths {
        let what = match (old.secrets.get(path), new.secrets.get(path)) {
            (None, _) => "added",
            (_, None) => "removed",
            (Some(old), Some(new)) if old != new => match new {
                Some(_) => "changed",
                None => "unverified",
            },
            _ => continue,
        };
        found.push(format!("secret {} {what}", one_line(path)));
    }
    found.extend(token(old, new).map(str::to_owned));
    found
}

fn token(old: &LockedInstance, new: &LockedInstance) -> Option<&'static str> {
    match (&old.token, &new.token) {
        (Some(before), Some(after)) if before == after => None,
        (Some(before), Some(after)) if !before.is_same(after, new.id) => Some("token changed"),
        (Some(LockedToken::Plain(_)), Some(LockedToken::Sealed(_))) => Some("token sealed"),
        (Some(_), Some(LockedToken::Plain(_))) => Some("token is plain text now"),
        (Some(_), Some(_)) => Some("token sealed again"),
        (None, Some(_)) => Some("token recorded"),
        (Some(_), None) => Some("token removed"),
        (None, None) => None,
    }
}

fn sent(secret: &Option<Fingerprint>) -> String {
    match secret {
        None => "unverified".to_owned(),
        Some(Fingerprint {
            version: Some(version),
            ..
        }) => format!("sent, version {}", one_line(version)),
        Some(_) => "sent".to_owned(),
    }
}

/// Everything but secrets and the token.
fn lines(entry: &LockedInstance) -> Lines {
    let LockedInstance {
        id,
        token: _,
        element,
        name,
        tags,
        configuration,
        secrets: _,
        read_back,
        enabled,
        valid,
        created_date,
        lifecycle,
    } = entry;
    let mut lines = Lines::from([
        ("id".to_owned(), id.to_string()),
        ("element".to_owned(), element.key.to_string()),
        ("name".to_owned(), one_line(name).to_string()),
        ("enabled".to_owned(), enabled.to_string()),
        ("valid".to_owned(), valid.to_string()),
        ("protected".to_owned(), lifecycle.protect.to_string()),
    ]);
    if let Some(tags) = tags {
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        lines.insert("tags".to_owned(), one_line(&tags.join(", ")).to_string());
    }
    if let Some(date) = created_date {
        lines.insert("created".to_owned(), one_line(date).to_string());
    }
    for (path, value) in configuration {
        let what = format!("configuration {}", one_line(path));
        lines.insert(what, one_line(value).to_string());
    }
    for (path, kept) in read_back {
        let value = match kept.shown() {
            Some(value) => one_line(&value.to_string()).to_string(),
            None => "(secret)".to_owned(),
        };
        lines.insert(format!("read back {}", one_line(path)), value);
    }
    lines
}
