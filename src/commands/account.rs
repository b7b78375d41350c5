//! The secrets of the account, from the environment.

use super::context::Context;
use crate::error::CliError;
use crate::model::Secret;

const USER: &str = "CONNECTORCTL_USER_SECRET";
const ORGANIZATION: &str = "CONNECTORCTL_ORGANIZATION_SECRET";

/// The secrets of the user and of the organization.
pub(super) fn account(context: &Context) -> Result<(Secret, Secret), CliError> {
    let secret = |name: &'static str| {
        let (secret, warning) = context.environment.secret(name)?.ok_or_else(|| {
            CliError::usage(format!("`{name}` is not set")).hint(format!(
                "set `{name}` or `{name}_FILE`, or pass `--sandbox` to try the manifest without an account"
            ))
        })?;
        if let Some(warning) = warning {
            context.ui.warn(&warning);
        }
        Ok::<_, CliError>(secret)
    };
    Ok((secret(USER)?, secret(ORGANIZATION)?))
}
