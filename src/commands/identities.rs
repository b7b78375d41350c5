//! The age identities of whoever runs the program, read only if a sealed token is wanted.

use std::path::PathBuf;
use std::sync::Arc;

use super::context::Context;
use crate::error::{CliError, Exit};
use crate::files::{self, Limits};
use crate::model::Secret;
use crate::sealing::{Identities, IdentityError, Prompt};
use crate::secrets::run_command;
use crate::ui::Ui;

const OWN: &str = "CONNECTORCTL_AGE_KEY";
const OWN_FILE: &str = "CONNECTORCTL_AGE_KEY_FILE";
const OWN_COMMAND: &str = "CONNECTORCTL_AGE_KEY_CMD";
/// What users of SOPS have set already.
const SOPS: &str = "SOPS_AGE_KEY";
const SOPS_FILE: &str = "SOPS_AGE_KEY_FILE";
/// A larger file holds no identities.
const LIMITS: Limits = Limits::bytes(1024 * 1024);

/// Where identities come from, for messages, and their text.
type Source = (String, Secret);

/// A prompt on the terminal, where there is one.
pub(super) fn prompt(context: &Context) -> Arc<dyn Prompt> {
    Arc::new(TerminalPrompt(context.ui))
}

/// Every identity that is set. The default file counts only if nothing else is set.
///
/// # Errors
/// If one cannot be read or used.
pub(super) fn identities(context: &Context) -> Result<Identities, CliError> {
    let prompt = prompt(context);
    let mut identities = Identities::default();
    for (origin, text) in sources(context)? {
        identities.add(&text, &prompt).map_err(|error| {
            let exit = match error {
                IdentityError::Invalid => Exit::Usage,
                _ => Exit::Lock,
            };
            let hint = match error {
                IdentityError::NoPassphrase => {
                    "run it on a terminal, or use an identity without a passphrase"
                }
                _ => "an identity is a line that starts with `AGE-SECRET-KEY-1`, as `age-keygen` writes it",
            };
            CliError::caused_by(exit, format!("cannot use the identity of {origin}"), error)
                .hint(hint)
        })?;
    }
    Ok(identities)
}

fn sources(context: &Context) -> Result<Vec<Source>, CliError> {
    let environment = &context.environment;
    let mut sources = Vec::new();
    if let Some(text) = environment.setting(OWN)? {
        let is_variable = environment.get(OWN).is_some();
        let origin = if is_variable { OWN } else { OWN_FILE };
        sources.push((format!("`{origin}`"), Secret::new(text)));
    }
    // Whoever sets variables may run commands anyway, so that no `--allow-exec` is needed, which is about
    // commands that a manifest names.
    if let Some(command) = environment.get(OWN_COMMAND) {
        let failed =
            |error: String| CliError::new(Exit::Usage, format!("`{OWN_COMMAND}`: {error}"));
        let text = run_command(command).map_err(failed)?;
        sources.push((format!("`{OWN_COMMAND}`"), Secret::new(text)));
    }
    if let Some(text) = environment.get(SOPS) {
        sources.push((format!("`{SOPS}`"), Secret::new(text)));
    }
    if let Some(path) = environment.get(SOPS_FILE) {
        sources.push(file(&PathBuf::from(path))?);
    }
    if sources.is_empty()
        && let Some(path) = default_file(context).filter(|path| path.exists())
    {
        sources.push(file(&path)?);
    }
    Ok(sources)
}

fn file(path: &std::path::Path) -> Result<Source, CliError> {
    let text = read_identity(path)?;
    Ok((format!("`{}`", path.display()), text))
}

/// The text of an identity file.
///
/// # Errors
/// If it cannot be read.
pub(super) fn read_identity(path: &std::path::Path) -> Result<Secret, CliError> {
    let failed = |error| {
        let summary = format!("cannot read the identity file `{}`", path.display());
        CliError::caused_by(Exit::Usage, summary, error)
    };
    let bytes = files::read(path, LIMITS).map_err(failed)?;
    Ok(Secret::new(String::from_utf8_lossy(&bytes)))
}

/// Where SOPS keeps its identities, so that one file does for both.
pub(super) fn default_file(context: &Context) -> Option<PathBuf> {
    let folder = |name: &str| {
        let value = context.environment.raw(name)?;
        Some(PathBuf::from(value)).filter(|path| path.is_absolute())
    };
    let home = || folder("HOME");
    let config = folder("XDG_CONFIG_HOME").or_else(|| {
        if cfg!(windows) {
            folder("APPDATA")
        } else if cfg!(target_os = "macos") {
            Some(home()?.join("Library/Application Support"))
        } else {
            Some(home()?.join(".config"))
        }
    });
    Some(config?.join("sops").join("age").join("keys.txt"))
}

struct TerminalPrompt(Ui);

impl Prompt for TerminalPrompt {
    fn tell(&self, message: &str) {
        self.0.say(message);
    }

    fn passphrase(&self, what: &str) -> Option<Secret> {
        self.0.ask_hidden(&format!("{what}: "))
    }

    fn text(&self, what: &str) -> Option<String> {
        let answer = self.0.may_ask().then(|| self.0.ask(&format!("{what}: ")));
        answer?.ok()
    }

    fn confirm(&self, what: &str) -> Option<bool> {
        let answer = self.0.may_ask().then(|| self.0.confirm(what));
        answer?.ok()
    }
}
