//! The process environment, read once and handed down.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the shell's one place that reads the environment and the files it names"
)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::error::{CliError, Exit};
use crate::model::Secret;
use crate::secrets::decode;

/// The variables of the process.
#[derive(Clone, Default)]
pub(crate) struct Environment(BTreeMap<String, OsString>);

impl Environment {
    pub(crate) fn read() -> Self {
        let vars =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self(vars.collect())
    }

    /// The value of a variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .and_then(|value| value.to_str())
            .filter(|value| !value.is_empty())
    }

    /// The value of a variable as it is.
    pub(crate) fn raw(&self, name: &str) -> Option<OsString> {
        self.0.get(name).cloned()
    }

    /// A setting from `NAME`, or from the file that `NAME_FILE` names, one trailing newline trimmed.
    ///
    /// # Errors
    /// Where both are set, or the file cannot be read.
    pub(crate) fn setting(&self, name: &str) -> Result<Option<String>, CliError> {
        let file_name = format!("{name}_FILE");
        match (self.get(name), self.get(&file_name)) {
            (Some(_), Some(_)) => Err(CliError::usage(format!(
                "both `{name}` and `{file_name}` are set"
            ))
            .hint(format!("unset `{name}` or `{file_name}`"))),
            (Some(value), None) => Ok(Some(value.to_owned())),
            (None, Some(path)) => {
                let bytes = std::fs::read(PathBuf::from(path)).map_err(|error| {
                    let summary = format!("cannot read `{path}` (from `{file_name}`)");
                    CliError::caused_by(Exit::Usage, summary, error)
                })?;
                let text = decode(&bytes).unwrap_or_default();
                Ok((!text.is_empty()).then(|| text.to_owned()))
            }
            (None, None) => Ok(None),
        }
    }

    /// The same for a credential.
    ///
    /// # Errors
    /// As for [`Environment::setting`].
    pub(crate) fn secret(&self, name: &str) -> Result<Option<Secret>, CliError> {
        Ok(self.setting(name)?.map(Secret::new))
    }
}
