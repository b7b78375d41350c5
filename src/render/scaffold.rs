//! A first manifest for connectors of the catalogue, with comments, as a person would write it.
//!
//! What an instance needs is a reference to a variable: a manifest that is not filled in yet is refused
//! before anything is sent.

use crate::catalog::{ConfigurationKey, ElementEntry};
use crate::model::{InstanceKey, InventoryName, variable_name};

use super::yaml::{comment, scalar};

/// An instance to declare.
#[derive(Clone, Debug)]
pub struct Scaffold<'a> {
    /// Its key.
    pub key: InstanceKey,
    /// Its connector.
    pub element: &'a ElementEntry,
}

/// A manifest, and the variables that it refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scaffolded {
    /// The manifest.
    pub text: String,
    /// The variables, in the order in which they occur.
    pub variables: Vec<String>,
}

/// The keys with which a sign-in is handed over (docs/platform.md#credentials).
const REFRESH_TOKEN: &str = "oauth.user.refresh_token";
const TOKEN: &str = "oauth.user.token";
const AUTHENTICATION: &str = "authentication.type";

/// A manifest of these instances.
pub fn manifest(
    inventory: &InventoryName,
    recipients: &[String],
    instances: &[Scaffold<'_>],
) -> Scaffolded {
    let mut manifest = Scaffolded::default();
    for line in [
        "# An inventory of connector instances.",
        "#",
        "# Replace a reference such as ${env:NAME} by the value where that is not secret. Secrets stay references:",
        "# ${env:NAME} reads a variable, and ${file:path} reads a file.",
        "version: 1",
    ] {
        manifest.line(0, line);
    }
    manifest.line(0, &format!("inventory: {}", scalar(inventory.as_str())));
    manifest.line(0, "");
    if !recipients.is_empty() {
        manifest.line(
            0,
            "# Who can open the tokens in the lock file. `age-keygen` makes an identity.",
        );
        manifest.line(0, "lock:");
        manifest.line(1, "recipients:");
        for recipient in recipients {
            manifest.line(2, &format!("- {}", scalar(recipient)));
        }
        manifest.line(0, "");
    }
    manifest.line(0, "instances:");
    for (number, instance) in instances.iter().enumerate() {
        if number > 0 {
            manifest.line(0, "");
        }
        manifest.instance(instance);
    }
    manifest
}

impl Scaffolded {
    fn line(&mut self, depth: usize, line: &str) {
        if !line.is_empty() {
            self.text.push_str(&"  ".repeat(depth));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    fn instance(&mut self, Scaffold { key, element }: &Scaffold<'_>) {
        let about = format!("{} ({})", element.name, element.authentication);
        self.line(1, &comment(&about));
        self.line(1, &format!("{}:", scalar(key.as_str())));
        self.line(2, &format!("element: {}", scalar(&element.key)));
        self.line(2, &format!("name: {}", scalar(&element.name)));
        let variant = variant(element);
        let is_of_variant =
            |known: &&ConfigurationKey| known.group.is_none() || known.group.as_deref() == variant;
        let keys: Vec<&ConfigurationKey> =
            element.configuration.iter().filter(is_of_variant).collect();
        let is_oauth = variant
            .unwrap_or(&element.authentication)
            .starts_with("oauth");
        let refresh = keys.iter().any(|known| known.key == REFRESH_TOKEN);
        if is_oauth {
            self.line(
                2,
                "# A person has to sign in once, elsewhere: this tool opens no browser.",
            );
        }
        if is_oauth && refresh {
            self.line(2, "externalAuthentication: initial");
        }
        let signs_in = |known: &ConfigurationKey| match refresh {
            true => known.key == REFRESH_TOKEN,
            false => known.key.starts_with(TOKEN),
        };
        let is_needed = |known: &ConfigurationKey| {
            known.required && known.default.is_none()
                || known.key == AUTHENTICATION
                || (is_oauth && signs_in(known))
        };
        let (needed, optional): (Vec<_>, Vec<_>) =
            keys.iter().copied().partition(|it| is_needed(it));
        if needed.is_empty() {
            self.line(2, "configuration: {}");
        } else {
            self.line(2, "configuration:");
        }
        for known in needed {
            self.needed(key, known, variant);
        }
        if !optional.is_empty() {
            self.line(3, "# Optional:");
        }
        for known in optional {
            let value = known.default.as_deref().unwrap_or_default();
            let value = if value.is_empty() {
                "…".to_owned()
            } else {
                scalar(value)
            };
            let choice = choice(known);
            self.line(
                3,
                &comment(&format!("{}: {value}{choice}", scalar(&known.key))),
            );
        }
    }

    fn needed(&mut self, key: &InstanceKey, known: &ConfigurationKey, variant: Option<&str>) {
        let name = scalar(&known.key);
        let line = match (known.options.first(), variant) {
            (_, Some(variant)) if known.key == AUTHENTICATION => {
                format!("{name}: {}{}", scalar(variant), choice(known))
            }
            (Some(first), _) if !known.secret => {
                format!("{name}: {}{}", scalar(first), choice(known))
            }
            _ => {
                let variable = variable_name(key, &known.key);
                let line = format!("{name}: ${{env:{variable}}}");
                self.variables.push(variable);
                line
            }
        };
        self.line(3, &line);
    }
}

/// The kind of authentication to declare, where an element has several.
fn variant(element: &ElementEntry) -> Option<&str> {
    let mut keys = element.configuration.iter();
    let known = keys.find(|known| known.key == AUTHENTICATION)?;
    let default = known.default.as_deref();
    default.or(known.options.first().map(String::as_str))
}

fn choice(known: &ConfigurationKey) -> String {
    match known.options.is_empty() {
        true => String::new(),
        false => format!("  # one of {}", known.options.join(", ")),
    }
}
