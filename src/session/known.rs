//! Tells what must not be shown of the platform's texts: all secrets of a run, before the first request.

use super::scope::Session;
use crate::catalog::{Catalog, is_credential};
use crate::lockfile::LockView;
use crate::model::{
    DesiredValue, Fingerprint, InstanceId, Lock, LockedToken, Part, ResolvedSecrets, Secret,
    SecretField, SecretJson, Template, TokenFingerprint,
};
use crate::ports::Known;

impl Session<'_> {
    /// What manifest, lock file and journal know. Of what earlier runs sent there are only fingerprints.
    pub(super) fn learn_recorded(&self, lock: &Lock, view: &LockView) {
        let keys = self.identity.fingerprint_keys(&self.desired.inventory);
        let entries = || lock.instances.values();
        let recorded = entries().flat_map(|entry| entry.secrets.values());
        let recorded = recorded.filter_map(Option::as_ref);
        let sent = view.intents.values().flat_map(|it| it.secrets.values());
        let missing = view.missing.values().flat_map(|secrets| secrets.values());
        let fingerprints: Vec<Fingerprint> = recorded.chain(sent).chain(missing).cloned().collect();
        let sealed: Vec<(InstanceId, TokenFingerprint)> = entries()
            .filter_map(|entry| {
                let sealed = entry.token.as_ref()?.sealed()?;
                Some((entry.id, sealed.fingerprint.clone()))
            })
            .collect();
        self.identity.known.learn(|known| {
            for secret in self.identity.secrets() {
                known.add(secret.expose());
            }
            for entry in entries() {
                let token = entry.token.as_ref().and_then(LockedToken::plain);
                known.add(token.map_or("", Secret::expose));
                entry.secrets.keys().for_each(|name| known.add_name(name));
            }
            for (key, instance) in &self.desired.instances {
                let words = instance.tags.iter().flatten().map(String::as_str);
                let words = words.chain([key.as_str(), &instance.name]);
                words.for_each(|text| known.add_clear(text));
                for (name, value) in &instance.configuration {
                    match value {
                        DesiredValue::Plain(value) => known.add_clear(&value.canonical()),
                        DesiredValue::Secret(template) => {
                            known.add_name(name);
                            if !template.has_reference() {
                                add_literals(template, known);
                            }
                        }
                    }
                }
            }
            known.add_recognizer(Box::new(move |word| {
                fingerprints.iter().any(|it| keys.recognizes(it, word))
            }));
            known.add_recognizer(Box::new(move |word| {
                let word = Secret::new(word);
                let is_token = |(id, fingerprint): &(InstanceId, TokenFingerprint)| {
                    TokenFingerprint::of(*id, &word) == *fingerprint
                };
                sealed.iter().any(is_token)
            }));
        });
    }

    /// What the references of the manifest stand for.
    pub(super) fn learn_resolved(&self, secrets: &ResolvedSecrets) {
        self.identity.known.learn(|known| {
            for reference in &secrets.references {
                known.add(reference.expose());
            }
            for (key, values) in &secrets.values {
                let instance = self.desired.instances.get(key);
                let entry = instance.and_then(|it| Catalog::embedded().entry(&it.element));
                for (field, value) in values {
                    known.add(SecretJson::canonical(value).expose());
                    // Beside a reference, a value may have parts that are not secret.
                    let is_secret = match field {
                        SecretField::Configuration(name) => is_credential(entry, name),
                        SecretField::ProviderData => true,
                    };
                    if is_secret {
                        known.add_value(value.expose());
                    }
                }
            }
        });
    }
}

/// The texts of a credential that is written in the manifest.
fn add_literals(template: &Template, known: &mut Known) {
    match template {
        Template::Literal(value) => known.add_value(value),
        Template::Text(parts) => {
            for part in parts {
                if let Part::Literal(text) = part {
                    known.add(text);
                }
            }
        }
        Template::List(items) => items.iter().for_each(|item| add_literals(item, known)),
        Template::Map(members) => members.values().for_each(|it| add_literals(it, known)),
    }
}
