//! The secrets of the account, from the environment.

use super::context::Context;
use crate::error::CliError;
use crate::model::Secret;

const USER: &str = "CONNECTORCTL_USER_SECRET";
const ORGANIZATION: &str = "CONNECTORCTL_ORGANIZATION_SECRET";
const PREVIOUS: &str = "CONNECTORCTL_ORGANIZATION_SECRET_PREVIOUS";
const FINGERPRINT_KEY: &str = "CONNECTORCTL_FINGERPRINT_KEY";

/// The secrets of the user and of the organization.
pub(super) fn account(context: &Context) -> Result<(Secret, Secret), CliError> {
    let required = |name: &'static str| {
        secret(context, name)?.ok_or_else(|| {
            CliError::usage(format!("`{name}` is not set")).hint(format!(
                "set `{name}` or `{name}_FILE`, or pass `--sandbox` to try the manifest without an account"
            ))
        })
    };
    Ok((required(USER)?, required(ORGANIZATION)?))
}

/// What the key of fingerprints is derived from instead of the organization secret.
pub(super) fn fingerprint_key(context: &Context) -> Result<Option<Secret>, CliError> {
    secret(context, FINGERPRINT_KEY)
}

/// What that key was derived from before a rotation. A pipeline passes an empty text while nothing is
/// rotated.
pub(super) fn previous(context: &Context) -> Result<Option<Secret>, CliError> {
    Ok(context.environment.setting(PREVIOUS)?.map(Secret::new))
}

fn secret(context: &Context, name: &str) -> Result<Option<Secret>, CliError> {
    let Some((secret, warning)) = context.environment.secret(name)? else {
        return Ok(None);
    };
    if let Some(warning) = warning {
        context.ui.warn(&warning);
    }
    Ok(Some(secret))
}
