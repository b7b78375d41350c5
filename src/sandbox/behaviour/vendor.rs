//! The vendor behind a connector: it accepts every credential that does not say that it is wrong.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::elements::ResolvedElement;
use crate::catalog::{Catalog, is_credential};

/// Rejects credentials that are `wrong` or start with `invalid-`, so that a user can see what a
/// rejection looks like. The error is the vendor's message.
pub(in crate::sandbox) fn check(
    element: ResolvedElement<'_>,
    configuration: &BTreeMap<String, Option<String>>,
) -> Result<(), String> {
    let entry = Catalog::embedded().element(element.key());
    let wrong = configuration
        .iter()
        .filter(|(key, _)| is_credential(entry, key))
        .filter_map(|(key, value)| Some((key, value.as_deref()?)))
        .find(|(_, value)| *value == "wrong" || value.starts_with("invalid-"));
    match wrong {
        None => Ok(()),
        // Real vendors echo credentials, too.
        Some((key, value)) => Err(format!("401 Unauthorized: {key} '{value}' is not valid")),
    }
}

/// Whether the vendor can be signed in to (docs/platform.md#credentials). A grant code works once. The
/// error is the vendor's message.
pub(in crate::sandbox) fn signs_in(
    used_codes: &mut BTreeSet<String>,
    element: ResolvedElement<'_>,
    configuration: &BTreeMap<String, Option<String>>,
    provider_data: Option<&Map<String, Value>>,
    external: &str,
) -> Result<(), String> {
    let value = |key: &str| {
        configuration
            .get(key)
            .and_then(Option::as_deref)
            .is_some_and(|text| !text.is_empty())
    };
    if let Some(code) = provider_data
        .and_then(|data| data.get("code"))
        .and_then(Value::as_str)
        && !used_codes.insert(blake3::hash(code.as_bytes()).to_hex().to_string())
    {
        return Err("invalid_grant: the authorization code was used before".to_owned());
    }
    let method = configuration
        .get("authentication.type")
        .and_then(Option::as_deref)
        .unwrap_or_else(|| element.authentication());
    let oauth = method.to_ascii_lowercase().starts_with("oauth");
    let token = value("oauth.user.token") || value("oauth.user.refresh_token");
    if external == "initial" && oauth && !token {
        return Err(
            "externalAuthentication needs oauth.user.refresh_token or oauth.user.token".to_owned(),
        );
    }
    let given = provider_data.is_some_and(|data| !data.is_empty());
    if oauth && !given && !token {
        return Err("invalid_request: no authorization code was provided".to_owned());
    }
    Ok(())
}
