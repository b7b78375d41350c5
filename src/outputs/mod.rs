//! Ids and tokens for those who call the connectors: variables, files and templates.
//!
//! Must not: read a file, or know where the text goes. This room and the lock file are the only places
//! that write a token; `render` never does.

mod error;
mod format;
mod github;
mod kubernetes;
mod template;
mod variables;

use serde::Serialize;

use crate::model::{InstanceKey, InventoryName, Lock, LockedInstance, LockedToken, Secret};

pub use error::OutputsError;
pub use format::{dotenv, json};
pub use github::{GithubFile, github, masks};
pub use kubernetes::{kubernetes, secret_name};
pub use template::Template;
pub use variables::{Prefix, Variable, variables};

/// The instances to hand out, each with a token.
#[derive(Clone, Debug)]
pub struct Outputs<'a> {
    inventory: &'a InventoryName,
    instances: Vec<Output<'a>>,
}

/// One instance and what a call through its connector needs.
#[derive(Clone, Debug)]
struct Output<'a> {
    key: &'a InstanceKey,
    entry: &'a LockedInstance,
    token: &'a Secret,
    /// The whole `Authorization` header, where the account's secrets were given.
    authorization: Option<Secret>,
}

/// The account's part of an `Authorization` header.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// The user secret.
    pub user: &'a Secret,
    /// The organization secret.
    pub organization: &'a Secret,
}

impl Account<'_> {
    /// The value of the `Authorization` header of a call through this instance
    /// (docs/platform.md#authorization).
    pub fn header(&self, token: &Secret) -> Secret {
        Secret::new(format!(
            "User {}, Organization {}, Element {}",
            self.user.expose(),
            self.organization.expose(),
            token.expose()
        ))
    }
}

impl<'a> Outputs<'a> {
    /// The instances of the lock whose keys are selected, with whole headers where `account` is known.
    ///
    /// # Errors
    /// [`OutputsError::NoToken`] for the first without a recorded token, and
    /// [`OutputsError::ControlCharacter`] for one whose token would end a line of any format.
    pub fn new(
        lock: &'a Lock,
        is_selected: impl Fn(&InstanceKey) -> bool,
        account: Option<Account<'_>>,
    ) -> Result<Self, OutputsError> {
        let mut instances = Vec::new();
        for (key, entry) in &lock.instances {
            if is_selected(key) {
                let token = token(key, entry)?;
                instances.push(Output {
                    key,
                    entry,
                    token,
                    authorization: account.map(|account| account.header(token)),
                });
            }
        }
        Ok(Self {
            inventory: &lock.header.inventory,
            instances,
        })
    }

    /// The inventory they belong to.
    pub fn inventory(&self) -> &InventoryName {
        self.inventory
    }
}

/// The token of an instance, fit for a line of its own.
///
/// # Errors
/// As for [`Outputs::new`].
pub fn token<'a>(key: &InstanceKey, entry: &'a LockedInstance) -> Result<&'a Secret, OutputsError> {
    let token = match &entry.token {
        Some(LockedToken::Plain(token)) => token,
        Some(LockedToken::Sealed(_)) => return Err(OutputsError::Sealed { key: key.clone() }),
        None => return Err(OutputsError::NoToken { key: key.clone() }),
    };
    if token.expose().contains(char::is_control) {
        return Err(OutputsError::ControlCharacter { key: key.clone() });
    }
    Ok(token)
}

/// An instance as JSON and as templates see it.
#[derive(Serialize)]
struct View<'a> {
    key: &'a InstanceKey,
    id: u64,
    token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization: Option<&'a str>,
    element: &'a str,
    name: &'a str,
    enabled: bool,
    valid: bool,
}

impl<'a> From<&'a Output<'a>> for View<'a> {
    fn from(output: &'a Output<'a>) -> Self {
        Self {
            key: output.key,
            id: output.entry.id.0,
            token: output.token.expose(),
            authorization: output.authorization.as_ref().map(Secret::expose),
            element: output.entry.element.key.as_str(),
            name: &output.entry.name,
            enabled: output.entry.enabled,
            valid: output.entry.valid,
        }
    }
}
