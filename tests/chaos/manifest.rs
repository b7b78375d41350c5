//! What is declared in a schedule, and how it is edited.

use std::fmt::Write as _;
use std::path::PathBuf;

use connectorctl::manifest::{LoadOptions, SourceFile, load};
use connectorctl::model::{Desired, ResolvedSecrets};
use connectorctl::secrets::{Lookups, MissingPolicy, resolve};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

pub(crate) const INVENTORY: &str = "chaos";

/// What the manifest says of one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stanza {
    /// Whether it is of the other element, which takes a replace.
    other: bool,
    /// Whether its key was renamed, once and for good.
    renamed: bool,
    absent: bool,
    disabled: bool,
    /// Whether it has a name of its own, a tag, another setting, another secret.
    name: bool,
    tag: bool,
    setting: bool,
    secret: bool,
}

/// One edit of one stanza.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Change {
    Element,
    Rename,
    Presence,
    Name,
    Tag,
    Setting,
    Secret,
    Enabled,
}

impl Stanza {
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        (any::<[bool; 6]>(), prop::bool::weighted(0.1)).prop_map(
            |([other, disabled, name, tag, setting, secret], absent)| Self {
                other,
                renamed: false,
                absent,
                disabled,
                name,
                tag,
                setting,
                secret,
            },
        )
    }

    /// Answers whether anything changed.
    pub(crate) fn edit(&mut self, change: Change) -> bool {
        match change {
            Change::Element => self.other ^= true,
            Change::Rename if self.renamed => return false,
            Change::Rename => self.renamed = true,
            // `movedFrom` would go before an apply with it has ended well: condition 7.
            Change::Presence if self.renamed && !self.absent => return false,
            Change::Presence => self.absent ^= true,
            Change::Name => self.name ^= true,
            Change::Tag => self.tag ^= true,
            Change::Setting => self.setting ^= true,
            Change::Secret => self.secret ^= true,
            Change::Enabled => self.disabled ^= true,
        }
        true
    }

    fn write(self, number: usize, text: &mut String) {
        let (key, lifecycle) = if self.renamed {
            ("r", format!("    lifecycle: {{ movedFrom: k{number} }}\n"))
        } else {
            ("k", String::new())
        };
        let element = if self.other { "closeio" } else { "freshdeskv2" };
        let pick = |set: bool, line: &str| if set { line.to_owned() } else { String::new() };
        let _ = write!(
            text,
            "  {key}{number}:\n    element: {element}\n{lifecycle}{}{}{}{}    configuration:\n      subdomain: {}\n      username: ${{env:{}}}\n",
            pick(self.name, "    name: a name of its own\n"),
            pick(self.tag, "    tags: [a tag]\n"),
            pick(self.disabled, "    enabled: false\n"),
            // Every third one declares a version instead of having its value compared.
            match (number.is_multiple_of(3), self.secret) {
                (false, _) => "",
                (true, false) => "    secretVersions: { username: first }\n",
                (true, true) => "    secretVersions: { username: second }\n",
            },
            if self.setting { "acme-eu" } else { "acme" },
            if self.secret { "SECOND" } else { "FIRST" },
        );
    }
}

/// The manifest as the program reads it.
pub(crate) fn read(stanzas: &[Stanza]) -> (Desired, ResolvedSecrets) {
    let mut text = format!("version: 1\ninventory: {INVENTORY}\ninstances:\n");
    let before = text.len();
    for (number, stanza) in stanzas.iter().enumerate() {
        if !stanza.absent {
            stanza.write(number, &mut text);
        }
    }
    if text.len() == before {
        text.push_str("  {}\n");
    }
    let file = SourceFile {
        name: "chaos.yaml".to_owned(),
        folder: PathBuf::new(),
        bytes: text.into_bytes(),
    };
    let loaded = load(&[file], LoadOptions::default());
    let desired = loaded.desired.expect("a manifest");
    let lookups = Lookups {
        variable: &|name| Some(format!("invented-{name}").into()),
        allow_exec: false,
        missing: MissingPolicy::Refuse,
    };
    let (resolved, _) =
        resolve(&desired, &loaded.places, &lookups, &|_, _| true).expect("resolved");
    (desired, resolved)
}
