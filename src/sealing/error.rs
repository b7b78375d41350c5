//! Why a token could not be sealed or opened.

use std::collections::BTreeSet;

use crate::model::{DataKeyName, InstanceKey};

/// Nothing was sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("the system has no random numbers")]
    NoRandomness,
    /// A caller that forgot them must not write a plain token beside sealed ones.
    #[error("the tokens of this lock file are sealed, and no recipients are given")]
    NoRecipients,
    /// Such as a plugin that is not installed.
    #[error("cannot encrypt for the recipients: {0}")]
    Recipients(String),
}

impl From<getrandom::Error> for SealError {
    fn from(_: getrandom::Error) -> Self {
        Self::NoRandomness
    }
}

/// A token that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No identity was given.
    #[error("the token of `{key}` is sealed, and no age identity is set")]
    NoIdentity {
        key: InstanceKey,
        readers: BTreeSet<String>,
    },
    /// None of the given identities is one of a recipient.
    #[error("the token of `{key}` is sealed for other recipients")]
    OtherRecipients {
        key: InstanceKey,
        readers: BTreeSet<String>,
    },
    /// A plugin, a passphrase or a wrap that is no age file.
    #[error("the token of `{key}` cannot be decrypted: data key `{name}`: {what}")]
    DataKey {
        key: InstanceKey,
        name: DataKeyName,
        what: String,
    },
    /// The ciphertext does not belong here.
    #[error(
        "the token of `{key}` cannot be decrypted: it was changed, or belongs to another key, id, \
         inventory or data key"
    )]
    Damaged { key: InstanceKey },
}

impl OpenError {
    /// What the reader can do.
    pub fn hint(&self) -> String {
        match self {
            Self::NoIdentity { readers, .. } | Self::OtherRecipients { readers, .. } => {
                let readers: Vec<&str> = readers.iter().map(String::as_str).collect();
                format!(
                    "set `CONNECTORCTL_AGE_KEY`, `CONNECTORCTL_AGE_KEY_FILE` or `SOPS_AGE_KEY_FILE` \
                     to the identity of one of its recipients: {}",
                    readers.join(", ")
                )
            }
            Self::DataKey { .. } => {
                "check the identity and its plugin; if the lock file was edited, restore it from your \
                 repository"
                    .to_owned()
            }
            Self::Damaged { .. } => {
                "restore the entry and `dataKeys` from your repository, or remove its `token` and run \
                 `connectorctl apply` to read it from the platform"
                    .to_owned()
            }
        }
    }
}
