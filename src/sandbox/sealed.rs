//! Secrets in the state file: of those that every response masks, a digest is kept, which shows whether one that
//! is sent again is the same. Must not: change what a response shows.

use super::behaviour::{find_element, is_masked};
use super::digest::digest;
use super::state::{Element, PlatformState};
use crate::catalog::is_credential;

/// The state with digests in place of the secrets.
pub(super) fn sealed(state: &PlatformState) -> PlatformState {
    let mut state = state.clone();
    let (random, own) = (&state.random, &state.own_elements);
    for instance in state.instances.values_mut() {
        let gone = Element::gone(instance.element, &instance.element_key);
        let found = find_element(own, instance.element);
        let element = found.unwrap_or(&gone);
        instance.for_each_configuration(&mut |configuration| {
            for (key, value) in configuration {
                let is_secret =
                    is_masked(element, key) || (found.is_none() && is_credential(None, key));
                if let (true, Some(text)) = (is_secret, value) {
                    *text = digest(random, text);
                }
            }
        });
    }
    state
}
