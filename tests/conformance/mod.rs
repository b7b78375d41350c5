//! The sandbox against the facts of the platform: one test for each, named after the section of
//! docs/platform.md that states it.

mod bad_requests;
mod concurrency;
mod lists;
mod s1_rules;
mod s2_instance;
mod s3_routes;
mod s4_catalogue;
mod s5_accounts;
mod s8_assumptions;
mod s9_clients;

use serde_json::{Value, json};

use crate::support::Sandbox;

/// A body that creates a Freshdesk instance of this name.
pub(super) fn freshdesk(name: &str) -> Value {
    json!({
        "element": {"key": "freshdeskv2"},
        "name": name,
        "configuration": {"subdomain": "acme", "username": "invented-key"},
    })
}

pub(super) fn jira(name: &str) -> Value {
    json!({
        "element": {"key": "jira"},
        "name": name,
        "tags": ["t"],
        "configuration": {"username": "automation", "password": "invented-password"},
    })
}

pub(super) fn create(sandbox: &Sandbox, body: &Value) -> Value {
    sandbox.call("POST", "/instances", Some(body)).expect(200)
}

pub(super) fn path_of(instance: &Value) -> String {
    format!("/instances/{}", instance["id"])
}
