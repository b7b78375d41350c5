//! The values of the manifest's references, as a run needs them.
//!
//! Must not: show a value.

use super::context::Context;
use super::inputs;
use crate::model::{InstanceKey, ResolvedSecrets, SecretField};
use crate::secrets::{Lookups, MissingPolicy, resolve};
use crate::session::{Manifest, SessionError, Versioned};

/// The values of all references without a version. Called once a run: a source may give each value only
/// once.
pub(super) fn unversioned(
    context: &Context,
    manifest: &Manifest,
) -> Result<ResolvedSecrets, SessionError> {
    resolved(context, manifest, &|key, field| match field {
        SecretField::Configuration(name) => {
            let instance = manifest.desired.instances.get(key);
            instance.is_none_or(|instance| !instance.secret_versions.contains_key(name))
        }
        SecretField::ProviderData => true,
    })
}

/// The values of references with a version, right before they are sent.
pub(super) fn versioned(
    context: &Context,
    manifest: &Manifest,
    sent: &Versioned,
) -> Result<ResolvedSecrets, SessionError> {
    resolved(context, manifest, &|key, field| match field {
        SecretField::Configuration(name) => sent.contains(&(key.clone(), name.clone())),
        SecretField::ProviderData => false,
    })
}

fn resolved(
    context: &Context,
    manifest: &Manifest,
    is_wanted: &dyn Fn(&InstanceKey, &SecretField) -> bool,
) -> Result<ResolvedSecrets, SessionError> {
    let variable = |name: &str| context.environment.raw(name);
    let lookups = Lookups {
        variable: &variable,
        allow_exec: context.global.allow_exec,
        missing: if context.global.connection.sandbox {
            MissingPolicy::StandIn
        } else {
            MissingPolicy::Refuse
        },
    };
    let resolved = resolve(&manifest.desired, &manifest.places, &lookups, is_wanted);
    let (secrets, mut warnings) = resolved.map_err(SessionError::Unresolved)?;
    if context.global.strict && !warnings.is_empty() {
        warnings.make_strict();
        return Err(SessionError::Warned(warnings));
    }
    inputs::print_warnings(context, &warnings);
    Ok(secrets)
}
