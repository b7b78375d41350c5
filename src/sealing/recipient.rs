//! The recipients that a manifest names: who can open what is sealed from now on.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;

use age::armor::{ArmoredWriter, Format};
use age::{EncryptError, Encryptor, plugin, tag, tagpq, x25519};

use super::aead::Key;
use super::error::SealError;
use super::identity::{Callbacks, Prompt};
use crate::model::DataKey;

/// Why a text is not a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipientError {
    /// It must not be shown.
    #[error("this is an identity, which is secret, and not a recipient")]
    Identity,
    #[error("SSH keys are not supported as recipients")]
    Ssh,
    #[error("not an age recipient")]
    Invalid,
}

impl RecipientError {
    /// What the reader can do.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Identity => {
                "remove it from the file and its history, create a new identity with `age-keygen`, and \
                 write its public key, `age1…`"
            }
            Self::Ssh => {
                "create an age identity with `age-keygen`, and write its public key, `age1…`"
            }
            Self::Invalid => {
                "write the public key that `age-keygen` prints: `age1` and 58 more characters"
            }
        }
    }
}

enum Parsed {
    Native(x25519::Recipient),
    Tag(tag::Recipient),
    TagPq(Box<tagpq::Recipient>),
    Plugin(plugin::Recipient),
}

/// Checks a recipient without running its plugin.
///
/// # Errors
/// [`RecipientError`], which never shows the text.
pub fn check_recipient(text: &str) -> Result<(), RecipientError> {
    parse(text).map(|_| ())
}

fn parse(text: &str) -> Result<Parsed, RecipientError> {
    if text.to_ascii_uppercase().contains("AGE-SECRET-KEY-")
        || text.to_ascii_uppercase().contains("AGE-PLUGIN-")
    {
        return Err(RecipientError::Identity);
    }
    if text.starts_with("ssh-") {
        return Err(RecipientError::Ssh);
    }
    let native = text.parse().map(Parsed::Native);
    native
        .or_else(|_| text.parse().map(Parsed::Tag))
        .or_else(|_| text.parse().map(|parsed| Parsed::TagPq(Box::new(parsed))))
        .or_else(|_| text.parse().map(Parsed::Plugin))
        .map_err(|_| RecipientError::Invalid)
}

/// Who can open what is sealed.
#[derive(Clone)]
pub struct Recipients {
    names: BTreeSet<String>,
    prompt: Arc<dyn Prompt>,
}

impl Recipients {
    /// Of texts that [`check_recipient`] accepts. Plugins may ask through `prompt`.
    pub fn new(names: BTreeSet<String>, prompt: Arc<dyn Prompt>) -> Self {
        Self { names, prompt }
    }

    /// Encrypts a data key for all of them.
    pub(super) fn wrap(&self, key: &Key) -> Result<DataKey, SealError> {
        let mut boxed: Vec<Box<dyn age::Recipient>> = Vec::new();
        for name in &self.names {
            let parsed = parse(name).map_err(|error| failed(&error.to_string()))?;
            boxed.push(match parsed {
                Parsed::Native(native) => Box::new(native),
                Parsed::Tag(tag) => Box::new(tag),
                Parsed::TagPq(tag) => tag,
                Parsed::Plugin(recipient) => self.plugin(&recipient)?,
            });
        }
        let encryptor = Encryptor::with_recipients(boxed.iter().map(|it| &**it)).map_err(told)?;
        let failed = |error: std::io::Error| failed(&error.to_string());
        let armored = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor).map_err(failed)?;
        let mut writer = encryptor.wrap_output(armored).map_err(failed)?;
        writer.write_all(key.to_text().as_bytes()).map_err(failed)?;
        let armored = writer.finish().and_then(ArmoredWriter::finish);
        let wrap = String::from_utf8_lossy(&armored.map_err(failed)?).into_owned();
        Ok(DataKey {
            recipients: self.names.clone(),
            wrap,
        })
    }

    fn plugin(&self, recipient: &plugin::Recipient) -> Result<Box<dyn age::Recipient>, SealError> {
        let name = recipient.plugin();
        let callbacks = Callbacks::new(&self.prompt);
        let plugin =
            plugin::RecipientPluginV1::new(name, std::slice::from_ref(recipient), &[], callbacks);
        match plugin {
            Ok(plugin) => Ok(Box::new(plugin)),
            Err(_) => Err(failed(&format!(
                "the program `age-plugin-{name}` is not installed"
            ))),
        }
    }
}

fn failed(what: &str) -> SealError {
    SealError::Recipients(what.to_owned())
}

fn told(error: EncryptError) -> SealError {
    failed(&match error {
        EncryptError::IncompatibleRecipients { .. } => {
            "some of them can only be used without the others; post-quantum recipients cannot be mixed \
             with other ones"
                .to_owned()
        }
        error => error.to_string(),
    })
}
