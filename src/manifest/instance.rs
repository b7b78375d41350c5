//! One instance of the manifest: any documented body of `POST /instances`, pasted under a key.

use std::collections::BTreeSet;

use super::check::{Configuration, InstanceCheck};
use super::fields::{Members, Reader};
use super::members::{INSTANCE, RESPONSE_ONLY};
use super::parse::{Key, Kind, Node, Span};
use super::reference;
use super::versions::Versions;
use crate::catalog::{Catalog, ElementEntry, is_credential, text_contains_credential};
use crate::diagnostic::Place;
use crate::model::{
    DesiredInstance, DesiredValue, ElementRef, InstanceKey, Lifecycle, SecretField, Template,
};

pub(super) struct ReadInstance {
    pub(super) key: InstanceKey,
    pub(super) instance: DesiredInstance,
    pub(super) place: Place,
    pub(super) moved_from_place: Option<Place>,
    /// Of its values with references.
    pub(super) places: Vec<(SecretField, Place)>,
}

/// The members of an instance, or of `defaults`. One that is missing or wrong is `None` or empty.
struct Parts<'n> {
    element: Option<(ElementRef, Span)>,
    entry: Option<&'static ElementEntry>,
    name: Option<String>,
    tags: Option<BTreeSet<String>>,
    configuration: Configuration<'n>,
    secret_versions: Versions<'n>,
    provider_data: Option<Template>,
    external_authentication: Option<String>,
    retrieve_objects: Option<bool>,
    enabled: Option<bool>,
    lifecycle: Lifecycle,
    moved_from_place: Option<Place>,
    places: Vec<(SecretField, Place)>,
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
            if INSTANCE.contains(&key.text.as_str()) {
                members.insert(&key.text, (key, value));
            } else if RESPONSE_ONLY.contains(&key.text.as_str()) {
                self.hide_member(key, value);
                let message = format!("`{}` appears only in responses and is ignored", key.text);
                self.warning(&key.span, "response-member", message, "remove it");
            } else {
                self.unknown(member, what, &INSTANCE);
            }
        }
        Some(members)
    }

    /// Reads one instance on top of `defaults`. `None` if it has no usable key or element.
    ///
    /// A wrong value is reported and then missing in the result. That is safe: a manifest with an
    /// error is never used.
    pub(super) fn instance<'n>(
        &mut self,
        key: &'n Key,
        node: &'n Node,
        defaults: &Members<'n>,
    ) -> Option<ReadInstance> {
        let name = self.instance_key(&key.text, &key.span);
        if !matches!(node.kind, Kind::Map(_)) {
            self.file.hide_after_key(key.span.end, &node.span);
        }
        let own = self.instance_members(node, "an instance")?;
        let name = name?;
        let parts = self.parts(name.as_str(), &[defaults, &own]);
        let has = |member: &str| own.contains_key(member) || defaults.contains_key(member);
        if !has("element") {
            self.error(
                &key.span,
                "missing-element",
                format!("`{name}` has no `element`"),
                "add, for example, `element: freshdeskv2`",
            );
        }
        let (element, element_span) = parts.element?;
        let configuration = parts.configuration;
        self.check_versions(&name, &parts.secret_versions, &configuration);
        match parts.entry {
            None => self.unknown_element(&element_span, &element, &configuration),
            Some(entry) => self.check(&InstanceCheck {
                name: &name,
                key,
                entry,
                configuration: &configuration,
                signs_in: has("providerData") || has("externalAuthentication"),
            }),
        }
        Some(ReadInstance {
            instance: DesiredInstance {
                element,
                name: parts.name.unwrap_or_else(|| name.as_str().to_owned()),
                tags: parts.tags,
                configuration: configuration.values,
                secret_versions: parts.secret_versions.values(),
                provider_data: parts.provider_data,
                external_authentication: parts.external_authentication,
                retrieve_objects: parts.retrieve_objects,
                enabled: parts.enabled.unwrap_or(true),
                lifecycle: parts.lifecycle,
            },
            key: name,
            place: self.file.place(&key.span),
            moved_from_place: parts.moved_from_place,
            places: parts.places,
        })
    }

    /// Reports what is wrong in `defaults`, whether or not an instance uses it.
    pub(super) fn defaults(&mut self, defaults: &Members<'_>) {
        self.parts("defaults", &[defaults]);
    }

    /// The members of an instance; a later layer goes before an earlier one.
    fn parts<'n>(&mut self, owner: &str, layers: &[&Members<'n>]) -> Parts<'n> {
        let nodes = |member: &str| {
            let found = layers.iter().filter_map(|layer| layer.get(member));
            found.map(|(_, node)| *node).collect::<Vec<&'n Node>>()
        };
        let pick = |member: &str| nodes(member).pop();

        let element = pick("element").and_then(|node| self.element(node));
        let entry = element
            .as_ref()
            .and_then(|(element, _)| Catalog::embedded().entry(element));
        let mut places = Vec::new();
        let configuration = self.configuration(owner, nodes("configuration"), entry, &mut places);
        let secret_versions = self.secret_versions(nodes("secretVersions"));
        let provider_data = self.provider_data(owner, nodes("providerData"), &mut places);
        let (lifecycle, moved_from_place) = self.lifecycle(nodes("lifecycle"));
        Parts {
            element,
            entry,
            name: pick("name").and_then(|node| self.name(node)),
            tags: pick("tags").map(|node| self.tags(node)),
            configuration,
            secret_versions,
            provider_data,
            external_authentication: pick("externalAuthentication")
                .and_then(|node| self.external(node)),
            retrieve_objects: pick("retrieveObjectsAfterInstantiation")
                .and_then(|node| self.flag(node, "`retrieveObjectsAfterInstantiation`")),
            enabled: pick("enabled").and_then(|node| self.flag(node, "`enabled`")),
            lifecycle,
            moved_from_place,
            places,
        }
    }

    /// The merged layers of `configuration`.
    fn configuration<'n>(
        &mut self,
        owner: &str,
        layers: Vec<&'n Node>,
        entry: Option<&ElementEntry>,
        places: &mut Vec<(SecretField, Place)>,
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
            // Whatever the key: what starts like a reference may be a mistyped one.
            let (is_reference, is_literal) = match &node.kind {
                Kind::Text(text) => {
                    let is_literal = !text.contains("${") && !text_contains_credential(text);
                    (reference::is_bare(text), is_literal)
                }
                Kind::Null | Kind::Bool(_) | Kind::Number(..) => (false, true),
                Kind::List(_) | Kind::Map(_) => (false, false),
            };
            if is_reference {
                self.file.hide_around(key_node.span.end, &node.span);
            } else if !(known_plain && is_literal) {
                self.hide_member(key_node, node);
            }
            let Some(name) = self.value_key(key_node) else {
                continue;
            };
            let path = format!("{}.configuration.{name}", self.owner(owner, node));
            if let Some(value) = self.configuration_value(entry, &name, node, &path) {
                if matches!(value, DesiredValue::Secret(_)) {
                    let field = SecretField::Configuration(name.clone());
                    places.push((field, self.file.place(&node.span)));
                }
                configuration.values.insert(name, value);
            }
        }
        configuration
    }

    /// The merged layers of `providerData`, which need not be mappings.
    fn provider_data(
        &mut self,
        owner: &str,
        layers: Vec<&Node>,
        places: &mut Vec<(SecretField, Place)>,
    ) -> Option<Template> {
        let mut merged = None;
        for node in layers {
            self.hide(node);
            places.push((SecretField::ProviderData, self.file.place(&node.span)));
            let path = format!("{}.providerData", self.owner(owner, node));
            let own = self.template(node, &path, true)?;
            merged = Some(match (merged, own) {
                (Some(Template::Map(mut below)), Template::Map(own)) => {
                    below.extend(own);
                    Template::Map(below)
                }
                (_, own) => own,
            });
        }
        merged
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
