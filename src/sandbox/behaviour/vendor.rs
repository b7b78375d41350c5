//! The vendor behind a connector: it accepts every credential that does not say that it is wrong.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::configuration::{MASK, given};
use crate::sandbox::digest::{is_rejected, is_sealed};
use crate::sandbox::reply::ApiError;

use crate::sandbox::state::{Configuration, Element};

/// Rejects credentials that are `wrong` or start with `invalid-`, so that a user can see what a
/// rejection looks like.
pub(in crate::sandbox) fn check(
    element: &Element,
    configuration: &Configuration,
) -> Result<(), ApiError> {
    let wrong = configuration
        .iter()
        .filter(|(key, _)| element.is_credential(key))
        .filter_map(|(key, value)| Some((key, value.as_deref()?)))
        .find(|(_, value)| is_rejected(value));
    match wrong {
        None => Ok(()),
        // Real vendors echo credentials, too.
        Some((key, value)) => {
            let value = if is_sealed(value) { MASK } else { value };
            let message = format!("401 Unauthorized: {key} '{value}' is not valid");
            Err(ApiError::vendor(400, &message))
        }
    }
}

/// Whether the vendor can be signed in to (docs/platform.md#credentials). A grant code works once.
pub(in crate::sandbox) fn signs_in(
    used_codes: &mut BTreeSet<String>,
    element: &Element,
    configuration: &Configuration,
    provider_data: Option<&Map<String, Value>>,
    external: &str,
) -> Result<(), ApiError> {
    let rejected = |message| Err(ApiError::vendor(400, message));
    if let Some(code) = provider_data
        .and_then(|data| data.get("code"))
        .and_then(Value::as_str)
        && !used_codes.insert(blake3::hash(code.as_bytes()).to_hex().to_string())
    {
        return rejected("invalid_grant: the authorization code was used before");
    }
    let method = configuration
        .get("authentication.type")
        .and_then(Option::as_deref)
        .unwrap_or(&element.authentication);
    let oauth = method.to_ascii_lowercase().starts_with("oauth");
    let token = ["oauth.user.token", "oauth.user.refresh_token"]
        .into_iter()
        .any(|key| given(configuration, key).is_some());
    if external == "initial" && oauth && !token {
        return rejected(
            "externalAuthentication needs oauth.user.refresh_token or oauth.user.token",
        );
    }
    if oauth && !token && provider_data.is_none_or(Map::is_empty) {
        return rejected("invalid_request: no authorization code was provided");
    }
    Ok(())
}
