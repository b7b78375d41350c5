//! The documented create request, and the token that its response returns.

use serde_json::json;

use crate::support::{Bench, Sandbox};

const MANIFEST: &str = "\
version: 1
inventory: acme
instances:
  freshdesk-support:
    element: { key: freshdeskv2 }
    name: Freshdesk Support
    tags: [support]
    configuration:
      subdomain: acme
      username: ${env:FRESHDESK_API_KEY}
      filter.response.nulls: true
";

#[test]
fn the_create_request_is_the_documented_one() {
    let server = crate::support::Recorder::start();
    let bench = Bench::at(&server.url)
        .with("FRESHDESK_API_KEY", "invented-freshdesk-key")
        .with_manifest(MANIFEST);
    let _ = bench.apply_unverified();

    let create = server.only("POST");
    assert_eq!(create.path, "/elements/api-v2/instances");
    assert_eq!(
        create.header("authorization"),
        "User invented-user-secret, Organization invented-organization-secret"
    );
    assert_eq!(create.header("content-type"), "application/json");
    assert_eq!(
        create.json(),
        json!({
            "element": {"key": "freshdeskv2"},
            "name": "Freshdesk Support",
            "tags": ["connectorctl:acme:freshdesk-support", "support"],
            "configuration": {
                "subdomain": "acme",
                "username": "invented-freshdesk-key",
                "filter.response.nulls": true
            }
        })
    );
}

#[test]
fn the_token_in_the_lock_file_works() {
    let sandbox = Sandbox::start(&[]);
    let bench = Bench::on(&sandbox)
        .with("FRESHDESK_API_KEY", "invented-freshdesk-key")
        .with_manifest(MANIFEST);
    let _ = bench.apply();
    let entry = &bench.lock()["instances"]["freshdesk-support"];
    let by_token = sandbox.with_token(entry);
    let answer = by_token.call("PATCH", "/instances", Some(&json!({})));
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["id"], entry["id"]);
    assert_eq!(answer.body["name"], "Freshdesk Support");
}
