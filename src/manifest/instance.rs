//! One instance of the manifest: any documented body of `POST /instances`, pasted under a key.

use super::check::{Configuration, InstanceCheck};
use super::fields::{Members, Reader};
use super::parse::{Key, Kind, Node};
use super::reference;
use super::text::Places;
use crate::catalog::{Catalog, ElementEntry, is_credential};
use crate::diagnostic::Place;
use crate::model::{DesiredInstance, DesiredValue, InstanceKey, SecretField};

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

/// Members that only responses have (docs/platform.md#the-instance). They are ignored, so that a response can be
/// pasted.
const RESPONSE_ONLY: [&str; 22] = [
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

pub(super) struct ReadInstance {
    pub(super) key: InstanceKey,
    pub(super) instance: DesiredInstance,
    pub(super) place: Place,
    pub(super) moved_from_place: Option<Place>,
}

impl Reader<'_, '_> {
    /// The members of an instance or of `defaults`; others are reported.
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
            } else if RESPONSE_ONLY.contains(&key.text.as_str()) {
                self.hide_member(key, value);
                let message = format!("`{}` appears only in responses and is ignored", key.text);
                self.warning(&key.span, "response-member", message, "remove it");
            } else {
                self.unknown(member, what, &KNOWN);
            }
        }
        Some(members)
    }

    /// Reads one instance on top of `defaults`. `None` if it has no usable key, element or name.
    ///
    /// A wrong value is reported and then missing in the result. That is safe: a manifest with an
    /// error is never used.
    pub(super) fn instance<'n>(
        &mut self,
        key: &'n Key,
        node: &'n Node,
        defaults: &Members<'n>,
        places: &mut Places,
    ) -> Option<ReadInstance> {
        let name = self.instance_key(&key.text, &key.span);
        if !matches!(node.kind, Kind::Map(_)) {
            self.file.hide_rest_of_line(key.span.end);
        }
        let own = self.instance_members(node, "an instance")?;
        let name = name?;
        let layers = |member: &str| {
            [defaults.get(member), own.get(member)]
                .into_iter()
                .flatten()
        };
        let pick = |member: &str| layers(member).last().map(|(_, node)| *node);

        let element = match pick("element") {
            Some(node) => self.element(node),
            None => {
                self.error(
                    &key.span,
                    "missing-element",
                    format!("`{name}` has no `element`"),
                    "add, for example, `element: freshdeskv2`",
                );
                None
            }
        };
        let entry = element
            .as_ref()
            .and_then(|element| Catalog::embedded().entry(element));
        let configuration = self.configuration(
            &name,
            layers("configuration").map(|(_, node)| *node),
            entry,
            places,
        );
        let display = match pick("name") {
            Some(node) => self.name(node),
            None => Some(name.as_str().to_owned()),
        };
        let tags = pick("tags").map(|node| self.tags(node));
        let provider_data = pick("providerData").and_then(|node| {
            self.hide(node);
            let field = (name.clone(), SecretField::ProviderData);
            places.insert(field, self.file.place(&node.span));
            self.template(node, "providerData", true)
        });
        let external_authentication =
            pick("externalAuthentication").and_then(|node| self.external(node));
        let retrieve_objects = pick("retrieveObjectsAfterInstantiation")
            .and_then(|node| self.flag(node, "`retrieveObjectsAfterInstantiation`"));
        let enabled = pick("enabled").and_then(|node| self.flag(node, "`enabled`"));
        let (lifecycle, moved_from_place) =
            pick("lifecycle").map_or_else(Default::default, |node| self.lifecycle(node));

        let element = element?;
        match entry {
            None => self.unknown_element(&key.span, &element),
            Some(entry) => self.check(&InstanceCheck {
                name: &name,
                key,
                entry,
                configuration: &configuration,
                signs_in: ["providerData", "externalAuthentication"]
                    .iter()
                    .any(|member| pick(member).is_some()),
            }),
        }
        Some(ReadInstance {
            instance: DesiredInstance {
                element,
                name: display?,
                tags,
                configuration: configuration.values,
                provider_data,
                external_authentication,
                retrieve_objects,
                enabled: enabled.unwrap_or(true),
                lifecycle,
            },
            key: name,
            place: self.file.place(&key.span),
            moved_from_place,
        })
    }

    /// The merged layers of `configuration`.
    fn configuration<'n>(
        &mut self,
        key: &InstanceKey,
        layers: impl Iterator<Item = &'n Node>,
        entry: Option<&ElementEntry>,
        places: &mut Places,
    ) -> Configuration<'n> {
        let mut configuration = Configuration::default();
        for layer in layers {
            let members = self.members(layer, "`configuration`");
            configuration.is_partial |= members.is_none();
            for (name, value) in members.unwrap_or_default() {
                configuration.nodes.insert(&name.text, (name, value));
            }
        }
        for (name, (key_node, node)) in &configuration.nodes {
            let credential = is_credential(entry, name);
            let known_plain = !credential
                && entry
                    .is_some_and(|entry| Catalog::embedded().key_of(Some(entry), name).is_some());
            let only_reference = matches!(&node.kind, Kind::Text(text) if reference::is_bare(text));
            if !known_plain && !only_reference {
                self.hide_member(key_node, node);
            }
            let Some(name) = self.value_key(key_node) else {
                continue;
            };
            let path = format!("{key}.configuration.{name}");
            if let Some(value) = self.configuration_value(node, &path, credential) {
                if matches!(value, DesiredValue::Secret(_)) {
                    let field = SecretField::Configuration(name.clone());
                    places.insert((key.clone(), field), self.file.place(&node.span));
                }
                configuration.values.insert(name, value);
            }
        }
        configuration
    }

    fn external(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node, "`externalAuthentication`")?;
        if matches!(text, "none" | "initial") {
            return Some(text.to_owned());
        }
        self.error(
            &node.span,
            "wrong-type",
            "invalid value for `externalAuthentication`: expected `none` or `initial`",
            "write `initial` to sign in with a refresh token; otherwise remove the line",
        );
        None
    }
}
