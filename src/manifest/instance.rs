//! One instance of the manifest: any documented `POST /instances` body, pasted under a key.

use std::collections::BTreeMap;

use super::Places;
use super::check::Seen;
use super::fields::Reader;
use super::parse::{Key, Kind, Node};
use super::value::Nature;
use crate::catalog::{Catalog, ElementEntry, is_credential};
use crate::diagnostic::Diagnostic;
use crate::model::{
    DesiredInstance, DesiredValue, ElementId, ElementKey, ElementRef, InstanceKey, Lifecycle,
    OnRemove, SecretField,
};

const KNOWN: [&str; 9] = [
    "element",
    "name",
    "tags",
    "configuration",
    "providerData",
    "externalAuthentication",
    "retrieveObjectsAfterInstantiation",
    "enabled",
    "lifecycle",
];

/// Members only answers have (docs/platform.md#the-instance); pasted along with a body, they are dropped.
const OF_ANSWERS: [&str; 22] = [
    "id",
    "token",
    "createdDate",
    "updatedDate",
    "description",
    "channelName",
    "elementId",
    "provisionInteractions",
    "valid",
    "disabled",
    "maxCacheSize",
    "cacheTimeToLive",
    "cachingEnabled",
    "eventsEnabled",
    "eventsNotificationCallbackUrl",
    "traceLoggingEnabled",
    "user",
    "transformationData",
    "objects",
    "accountId",
    "requestId",
    "hub",
];

/// How a key is mended.
const NAMES: &str = "write it in the manner of `freshdesk-support`";

/// The members as they stand, of an instance or of `defaults`; a map of them is what is merged.
pub(super) type Members<'n> = BTreeMap<&'n str, (&'n Key, &'n Node)>;

/// An instance and where its parts stand.
pub(super) struct ReadInstance {
    pub(super) key: InstanceKey,
    pub(super) instance: DesiredInstance,
    pub(super) key_span: std::ops::Range<usize>,
    pub(super) moved_from_span: Option<std::ops::Range<usize>>,
}

impl Reader<'_, '_> {
    /// Sorts the members of an instance, reporting those it cannot have.
    pub(super) fn instance_members<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
    ) -> Option<Members<'n>> {
        let mut members = Members::new();
        for member in self.members(node, what)? {
            let (key, value) = member;
            if KNOWN.contains(&key.text.as_str()) {
                members.insert(&key.text, (key, value));
            } else if OF_ANSWERS.contains(&key.text.as_str()) {
                self.hide(value);
                self.file.hide_rest_of_line(key.span.end);
                let problem = Diagnostic::warning(
                    "response-member",
                    format!(
                        "`{}` is only in answers of the platform, and is left out",
                        key.text
                    ),
                )
                .at(self.key_place(key))
                .hint("remove the line");
                self.out.push(problem);
            } else {
                self.unknown(member, what, &KNOWN);
            }
        }
        Some(members)
    }

    /// Reads one instance; `defaults` are merged below it.
    pub(super) fn instance<'n>(
        &mut self,
        key: &'n Key,
        node: &'n Node,
        defaults: &Members<'n>,
        places: &mut Places,
    ) -> Option<ReadInstance> {
        let name = InstanceKey::new(key.text.as_str());
        if let Err(error) = &name {
            let place = self.key_place(key);
            self.error(place, "bad-key", error.to_string(), NAMES);
        }
        if !matches!(node.kind, Kind::Map(_)) {
            self.file.hide_rest_of_line(key.span.end);
        }
        let own = self.instance_members(node, "an instance")?;
        let name = name.ok()?;
        let pick = |member: &str| {
            own.get(member)
                .or_else(|| defaults.get(member))
                .map(|(_, node)| *node)
        };

        let element = match pick("element") {
            Some(node) => self.element(node),
            None => {
                let problem =
                    Diagnostic::error("missing-element", format!("`{name}` names no element"))
                        .at(self.key_place(key))
                        .hint("add `element: freshdeskv2`, say");
                self.out.push(problem);
                None
            }
        };
        let catalogue = Catalog::embedded();
        let entry = element
            .as_ref()
            .and_then(|element| catalogue.entry(element));
        let (configuration, whole) = self.configuration(
            &name,
            [defaults.get("configuration"), own.get("configuration")]
                .into_iter()
                .flatten()
                .map(|(_, node)| *node)
                .collect(),
            entry,
            places,
        );
        let display = match pick("name") {
            Some(node) => self.name(node),
            None => Some(name.as_str().to_owned()),
        };
        let tags = pick("tags").map(|node| self.tags(node));
        let provider_data = pick("providerData").map(|node| {
            self.hide(node);
            let field = (name.clone(), SecretField::ProviderData);
            places.insert(field, self.place(node));
            self.template(node, "providerData")
        });
        let external = pick("externalAuthentication").map(|node| self.external(node));
        let retrieve = pick("retrieveObjectsAfterInstantiation")
            .map(|node| self.flag(node, "`retrieveObjectsAfterInstantiation`"));
        let enabled = pick("enabled").map_or(Some(true), |node| self.flag(node, "`enabled`"));
        let lifecycle =
            pick("lifecycle").map_or_else(Default::default, |node| self.lifecycle(node));

        if let Some(element) = &element {
            let seen = Seen {
                element,
                configuration: &configuration,
                whole,
                signs_in: provider_data.is_some() || external.is_some(),
            };
            let node = own.get("configuration").map(|(_, node)| *node);
            self.check(&name, key, &seen, entry, node);
        }
        let instance = DesiredInstance {
            element: element?,
            name: display?,
            tags: transposed(tags)?,
            configuration: whole.then_some(configuration)?,
            provider_data: transposed(provider_data)?,
            external_authentication: transposed(external)?,
            retrieve_objects: transposed(retrieve)?,
            enabled: enabled?,
            lifecycle: lifecycle.0,
        };
        Some(ReadInstance {
            key: name,
            instance,
            key_span: key.span.clone(),
            moved_from_span: lifecycle.1,
        })
    }

    fn element(&mut self, node: &Node) -> Option<ElementRef> {
        let key = |text: &str| ElementRef::Key(ElementKey(text.to_owned()));
        if let Kind::Text(text) = &node.kind {
            if text.trim().is_empty() {
                let place = self.place(node);
                self.error(
                    place,
                    "missing-element",
                    "the element's key is empty",
                    "write `element: freshdeskv2`, say",
                );
                return None;
            }
            return Some(key(text));
        }
        if !matches!(node.kind, Kind::Map(_)) {
            self.expected(
                node,
                "the key of an element",
                Some("write `element: freshdeskv2`, or `element: { key: freshdeskv2 }`"),
            );
            return None;
        }
        let (mut by_key, mut by_id) = (None, None);
        let mut named = false;
        for member in self.members(node, "`element`")? {
            named |= matches!(member.0.text.as_str(), "key" | "id");
            match member.0.text.as_str() {
                "key" => by_key = self.text(&member.1, "the element's key").map(key),
                "id" => match &member.1.kind {
                    Kind::Number(number, _) if number.as_u64().is_some() => {
                        by_id = number.as_u64().map(|id| ElementRef::Id(ElementId(id)));
                    }
                    _ => self.expected(&member.1, "a positive number for the element's id", None),
                },
                // A pasted answer has the whole catalogue entry here.
                "name" | "hub" | "authentication" | "protocolType" | "active" | "deleted"
                | "typeOauth" | "parameters" | "hookName" | "description" | "image" => {}
                _ => self.unknown(member, "`element`", &["key", "id"]),
            }
        }
        // Ids differ between landscapes, so where both are given the key is what was meant.
        let element = by_key.or(by_id);
        if !named {
            let place = self.place(node);
            self.error(
                place,
                "missing-element",
                "the element has neither a key nor an id",
                "write `element: { key: freshdeskv2 }`, say",
            );
        }
        element
    }

    fn configuration(
        &mut self,
        key: &InstanceKey,
        layers: Vec<&Node>,
        entry: Option<&ElementEntry>,
        places: &mut Places,
    ) -> (BTreeMap<String, DesiredValue>, bool) {
        let mut nodes: BTreeMap<&str, (&Key, &Node)> = BTreeMap::new();
        let mut values = BTreeMap::new();
        let mut whole = true;
        for layer in layers {
            let Some(members) = self.members(layer, "`configuration`") else {
                whole = false;
                continue;
            };
            for (name, value) in members {
                nodes.insert(&name.text, (name, value));
            }
        }
        for (name, (key_node, node)) in nodes {
            let nature = if is_credential(entry, name) {
                Nature::Credential
            } else {
                Nature::Plain
            };
            let known_plain = nature == Nature::Plain
                && entry
                    .is_some_and(|entry| Catalog::embedded().key_of(Some(entry), name).is_some());
            let only_reference = matches!(&node.kind, Kind::Text(text) if text.starts_with("${") && !text.contains(":-"));
            if !known_plain && !only_reference {
                self.hide(node);
                self.file.hide_rest_of_line(key_node.span.end);
            }
            let path = format!("{key}.configuration.{name}");
            match self.configuration_value(node, &path, nature) {
                Some(value) => {
                    if matches!(value, DesiredValue::Secret(_)) {
                        let field = SecretField::Configuration(name.to_owned());
                        places.insert((key.clone(), field), self.place(node));
                    }
                    values.insert(name.to_owned(), value);
                }
                None => whole = false,
            }
        }
        (values, whole)
    }

    fn external(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node, "`externalAuthentication`")?;
        if matches!(text, "none" | "initial") {
            return Some(text.to_owned());
        }
        let place = self.place(node);
        self.error(
            place,
            "wrong-type",
            "expected `none` or `initial` for `externalAuthentication`",
            "`initial` takes an OAuth sign-in from a refresh token; leave it out otherwise",
        );
        None
    }

    /// The lifecycle, and where `movedFrom` stands.
    fn lifecycle(&mut self, node: &Node) -> (Lifecycle, Option<std::ops::Range<usize>>) {
        const KNOWN: [&str; 4] = ["protect", "onRemove", "movedFrom", "ignoreChanges"];
        let mut lifecycle = Lifecycle::default();
        let mut moved_from = None;
        for member in self.members(node, "`lifecycle`").unwrap_or_default() {
            let (key, value) = member;
            match key.text.as_str() {
                "protect" => {
                    lifecycle.protect = self.flag(value, "`protect`").unwrap_or_default();
                }
                "onRemove" => match self.text(value, "`onRemove`") {
                    Some("keep") => lifecycle.on_remove = OnRemove::Keep,
                    Some("delete") => lifecycle.on_remove = OnRemove::Delete,
                    Some(_) => {
                        let place = self.place(value);
                        self.error(
                            place,
                            "wrong-type",
                            "expected `keep` or `delete` for `onRemove`",
                            "`keep` is what happens without it",
                        );
                    }
                    None => {}
                },
                "movedFrom" => {
                    if let Some(text) = self.text(value, "`movedFrom`") {
                        match InstanceKey::new(text) {
                            Ok(from) => {
                                moved_from = Some(value.span.clone());
                                lifecycle.moved_from = Some(from);
                            }
                            Err(error) => {
                                let place = self.place(value);
                                self.error(place, "bad-key", error.to_string(), NAMES);
                            }
                        }
                    }
                }
                "ignoreChanges" => {
                    for item in self.list(value, "`ignoreChanges`").unwrap_or_default() {
                        self.ignored_path(item, &mut lifecycle);
                    }
                }
                _ => self.unknown(member, "`lifecycle`", &KNOWN),
            }
        }
        (lifecycle, moved_from)
    }

    fn ignored_path(&mut self, item: &Node, lifecycle: &mut Lifecycle) {
        let Some(path) = self.text(item, "a path of `ignoreChanges`") else {
            return;
        };
        let known = matches!(path, "name" | "tags" | "enabled")
            || path
                .strip_prefix("configuration.")
                .is_some_and(|name| !name.is_empty());
        if known {
            lifecycle.ignore_changes.insert(path.to_owned());
        } else {
            let problem =
                Diagnostic::error("bad-path", format!("`{path}` is no path of an instance"))
                    .at(self.place(item))
                    .hint("paths are `name`, `tags`, `enabled` and `configuration.<key>`");
            self.out.push(problem);
        }
    }
}

/// `None` where it is there and wrong.
fn transposed<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(Some(value)) => Some(Some(value)),
        Some(None) => None,
    }
}
