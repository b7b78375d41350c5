//! Compares what the platform keeps with what it was sent, as a plan compares. Must not: talk to the
//! platform.

use crate::model::{
    Kept, ObservedInstance, ReadBack, RequestValue, ResolvedSecrets, SecretJson, SentValues,
};
use crate::ports::Comparison;
use crate::reconcile::{has, shown};
use crate::secrets::{FingerprintKeys, shown_instead};

pub(super) struct KeptValues<'a> {
    pub(super) secrets: &'a ResolvedSecrets,
    pub(super) keys: &'a FingerprintKeys,
}

impl Comparison for KeptValues<'_> {
    fn kept(
        &self,
        sent: &SentValues<'_>,
        before: Option<&ObservedInstance>,
        after: &ObservedInstance,
    ) -> Kept {
        let mut kept = Kept::default();
        if after.is_abridged() {
            return kept;
        }
        let mut add = |path: &str, value: ReadBack, is_as_before: bool| {
            let values = match is_as_before {
                true => &mut kept.unapplied,
                false => &mut kept.rewritten,
            };
            values.insert(path.to_owned(), value);
        };
        if sent.name.is_some_and(|name| name != after.name) {
            let is_as_before = before.is_some_and(|before| before.name == after.name);
            add("name", ReadBack::Text(after.name.clone()), is_as_before);
        }
        let own = after.own_tags();
        if sent.tags.is_some_and(|tags| tags.own() != own) {
            let is_as_before = before.is_some_and(|before| before.own_tags() == own);
            add("tags", ReadBack::Tags(own), is_as_before);
        }
        for (name, value) in sent.configuration {
            let path = format!("configuration.{name}");
            match value {
                RequestValue::Plain(value) if !has(after, name, value) => {
                    let now = shown(after, name).unwrap_or_default();
                    // A create begins with nothing.
                    let was = before.map_or_else(|| Some(String::new()), |it| shown(it, name));
                    let is_as_before = was.as_ref() == Some(&now);
                    add(&path, ReadBack::Text(now), is_as_before);
                }
                RequestValue::Plain(_) => {}
                RequestValue::Secret => {
                    let value = self.secrets.configuration(sent.key, name);
                    let value = value.map(SecretJson::canonical);
                    let instead = value.and_then(|value| shown_instead(after, name, &value));
                    let Some(instead) = instead else {
                        continue;
                    };
                    let is_as_before = before.is_some_and(|it| it.value(name) == after.value(name));
                    // Without a random salt it is sent again next time.
                    if let Ok(fingerprint) = self.keys.present.make(instead.expose()) {
                        add(&path, ReadBack::Secret(fingerprint), is_as_before);
                    }
                }
            }
        }
        kept
    }
}
