//! The process environment, read once and handed down.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::clock::SystemClock;
use crate::error::{CliError, Exit};
use crate::files::{self, Limits};
use crate::lockfile::Holder;
use crate::model::Secret;
use crate::ports::Clock as _;
use crate::secrets::decode;

/// A larger file is neither a credential nor a setting.
const LIMITS: Limits = Limits::bytes(64 * 1024);

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

    /// A setting from `NAME`, or from the file that `NAME_FILE` names, without the line break at its
    /// end. One that is empty counts as not set.
    ///
    /// # Errors
    /// Both are set, the file cannot be read, or the value is not UTF-8.
    pub(crate) fn setting(&self, name: &str) -> Result<Option<String>, CliError> {
        let found = self.find(name)?;
        Ok(found
            .map(|found| found.value)
            .filter(|value| !is_blank(value)))
    }

    /// The same for a credential, with a warning where something is unusual.
    ///
    /// # Errors
    /// As for [`Environment::setting`]; or it is empty, or a header cannot carry it.
    pub(crate) fn secret(&self, name: &str) -> Result<Option<(Secret, Option<String>)>, CliError> {
        let Some(Found {
            value,
            origin,
            is_trimmed,
        }) = self.find(name)?
        else {
            return Ok(None);
        };
        let wrong =
            |what: &str, hint: &str| Err(CliError::usage(format!("{origin} {what}")).hint(hint));
        if is_blank(&value) {
            return wrong(
                "is empty",
                "set it; a pipeline passes an empty value for a secret that it does not have",
            );
        }
        if value.contains(['\n', '\r']) {
            return wrong(
                "contains a line break; only one at the end is removed",
                "store the secret on one line",
            );
        }
        if !value
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ')
        {
            return wrong(
                "contains a character that a header cannot carry",
                "copy the secret again; it consists of letters, digits and punctuation",
            );
        }
        let warning = format!("{origin} ends with a line break, which was removed");
        Ok(Some((Secret::new(value), is_trimmed.then_some(warning))))
    }

    /// This process as told to others that wait for the lock, with the pipeline run it belongs to
    /// where GitLab or GitHub names one.
    pub(super) fn holder(&self) -> Holder {
        let github = || {
            Some(format!(
                "{}/{}/actions/runs/{}",
                self.get("GITHUB_SERVER_URL")?,
                self.get("GITHUB_REPOSITORY")?,
                self.get("GITHUB_RUN_ID")?
            ))
        };
        let gitlab = self.get("CI_JOB_URL").map(str::to_owned);
        Holder {
            pid: std::process::id(),
            since: humantime::format_rfc3339_seconds(SystemClock.now().into()).to_string(),
            run: gitlab.or_else(github),
        }
    }

    fn find(&self, name: &str) -> Result<Option<Found>, CliError> {
        let file_name = format!("{name}_FILE");
        let path = self.raw(&file_name).filter(|path| !path.is_empty());
        let (bytes, origin, is_variable) = match (self.raw(name), path) {
            (Some(value), Some(_)) if !value.is_empty() => {
                return Err(
                    CliError::usage(format!("both `{name}` and `{file_name}` are set"))
                        .hint(format!("unset `{name}` or `{file_name}`")),
                );
            }
            (_, Some(path)) => {
                let path = PathBuf::from(path);
                let origin = format!("`{}` (from `{file_name}`)", path.display());
                let bytes = files::read(&path, LIMITS).map_err(|error| {
                    CliError::caused_by(Exit::Usage, format!("cannot read {origin}"), error)
                })?;
                (bytes, origin, false)
            }
            (Some(value), None) => (value.into_encoded_bytes(), format!("`{name}`"), true),
            (None, None) => return Ok(None),
        };
        let Some(value) = decode(&bytes) else {
            return Err(CliError::usage(format!("{origin} is not valid UTF-8")));
        };
        Ok(Some(Found {
            is_trimmed: is_variable && bytes.ends_with(b"\n"),
            value: value.to_owned(),
            origin,
        }))
    }
}

struct Found {
    value: String,
    /// For messages.
    origin: String,
    /// Whether a line break was removed where none is expected: at the end of a variable.
    is_trimmed: bool,
}

fn is_blank(value: &str) -> bool {
    value.trim().is_empty()
}
