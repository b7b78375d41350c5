//! Identities: the secret halves of recipients. One may be protected by a passphrase, or live in a plugin.

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use age::armor::ArmoredReader;
use age::secrecy::{ExposeSecret as _, SecretString};
use age::{DecryptError, Decryptor, IdentityFile, encrypted, x25519};

use crate::model::Secret;

/// What begins an identity file that is protected by a passphrase.
const ENCRYPTED: [&str; 2] = ["-----BEGIN AGE ENCRYPTED FILE-----", "age-encryption.org/"];
const PASSPHRASE: &str = "Passphrase of the age identity";
/// 2^20 iterations take about a second; more is no identity of a person.
const MAX_WORK: u8 = 22;

/// How a person is asked, where there is one.
pub trait Prompt: Send + Sync {
    /// Shows what a plugin says.
    fn tell(&self, message: &str);
    /// A passphrase or PIN; `None` where nobody can be asked.
    fn passphrase(&self, what: &str) -> Option<Secret>;
    /// A text that is not secret; `None` where nobody can be asked.
    fn text(&self, what: &str) -> Option<String>;
    /// Whether a person agrees; `None` where nobody can be asked.
    fn confirm(&self, what: &str) -> Option<bool>;
}

/// Asks nobody.
#[derive(Clone, Copy, Debug)]
pub struct NoPrompt;

impl Prompt for NoPrompt {
    fn tell(&self, _: &str) {}

    fn passphrase(&self, _: &str) -> Option<Secret> {
        None
    }

    fn text(&self, _: &str) -> Option<String> {
        None
    }

    fn confirm(&self, _: &str) -> Option<bool> {
        None
    }
}

#[derive(Clone)]
pub(super) struct Callbacks {
    prompt: Arc<dyn Prompt>,
    /// Whether somebody typed a passphrase.
    answered: Arc<AtomicBool>,
    /// Whether it is asked for an identity file, and not by a plugin in words of its own.
    is_of_file: bool,
}

impl Callbacks {
    pub(super) fn new(prompt: &Arc<dyn Prompt>) -> Self {
        Self {
            prompt: Arc::clone(prompt),
            answered: Arc::default(),
            is_of_file: false,
        }
    }
}

impl age::Callbacks for Callbacks {
    fn display_message(&self, message: &str) {
        self.prompt.tell(message);
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        let no = no
            .map(|no| format!("; otherwise: {no}"))
            .unwrap_or_default();
        self.prompt.confirm(&format!("{message} ({yes}{no})"))
    }

    fn request_public_string(&self, description: &str) -> Option<String> {
        self.prompt.text(description)
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        let what = if self.is_of_file {
            PASSPHRASE
        } else {
            description
        };
        let passphrase = self.prompt.passphrase(what)?;
        self.answered.store(true, Ordering::Relaxed);
        Some(SecretString::from(passphrase.expose().to_owned()))
    }
}

/// Why identities cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("not an age identity")]
    Invalid,
    #[error("the identity is protected by a passphrase, and nobody can be asked for it")]
    NoPassphrase,
    #[error("the passphrase is wrong, or the identity file is damaged")]
    WrongPassphrase,
    #[error("the program of its plugin is not installed: {0}")]
    NoPlugin(String),
}

/// Those that a run may use.
#[derive(Default)]
pub struct Identities(pub(super) Vec<Box<dyn age::Identity + Send + Sync>>);

impl Identities {
    /// Adds those of a file: lines of identities and comments, or one encrypted with a passphrase.
    ///
    /// # Errors
    /// [`IdentityError`], which never shows the text.
    pub fn add(&mut self, file: &Secret, prompt: &Arc<dyn Prompt>) -> Result<(), IdentityError> {
        let text = file.expose().trim();
        let callbacks = Callbacks::new(prompt);
        let parsed = if ENCRYPTED.iter().any(|start| text.starts_with(start)) {
            let is_of_file = true;
            let callbacks = Callbacks {
                is_of_file,
                ..callbacks
            };
            decrypted(text, callbacks)?
        } else {
            let trimmed: Vec<&str> = text.lines().map(str::trim).collect();
            let lines = Secret::new(trimmed.join("\n"));
            IdentityFile::from_buffer(Cursor::new(lines.expose().as_bytes()))
                .map_err(|_| IdentityError::Invalid)?
                .with_callbacks(callbacks)
        };
        let found = parsed.into_identities().map_err(|error| match error {
            DecryptError::PluginResolve(error) => IdentityError::NoPlugin(error.to_string()),
            _ => IdentityError::Invalid,
        })?;
        if found.is_empty() {
            return Err(IdentityError::Invalid);
        }
        self.0.extend(found);
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn decrypted(text: &str, callbacks: Callbacks) -> Result<IdentityFile<Callbacks>, IdentityError> {
    let reader = ArmoredReader::new(text.as_bytes());
    let decryptor = Decryptor::new_buffered(reader).map_err(|_| IdentityError::Invalid)?;
    let answered = Arc::clone(&callbacks.answered);
    let encrypted = encrypted::EncryptedIdentity::new(decryptor, callbacks, Some(MAX_WORK));
    let encrypted = encrypted.ok_or(IdentityError::Invalid)?;
    encrypted.decrypt(None).map_err(|error| match error {
        _ if !answered.load(Ordering::Relaxed) => IdentityError::NoPassphrase,
        DecryptError::Io(_) => IdentityError::Invalid,
        _ => IdentityError::WrongPassphrase,
    })
}

/// A new identity.
pub struct NewIdentity {
    /// The file, as `age-keygen` writes it.
    pub file: Secret,
    /// Its public half.
    pub recipient: String,
}

impl NewIdentity {
    /// Makes one. `created` is for the comment.
    pub fn generate(created: &str) -> Self {
        let identity = x25519::Identity::generate();
        let recipient = identity.to_public().to_string();
        let secret = identity.to_string();
        let secret = secret.expose_secret();
        Self {
            file: Secret::new(format!(
                "# created: {created}\n# public key: {recipient}\n{secret}\n"
            )),
            recipient,
        }
    }

    /// The public half of the first identity of a file that `age-keygen` wrote.
    pub fn recipient_of(file: &Secret) -> Option<String> {
        let lines = file.expose().lines().map(str::trim);
        let mut identities = lines.filter_map(|line| line.parse::<x25519::Identity>().ok());
        identities.next().map(|it| it.to_public().to_string())
    }
}
