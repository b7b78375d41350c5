//! Section 1: cross-cutting rules.

use serde_json::json;

use super::{create, freshdesk, path_of};
use crate::support::Sandbox;

#[test]
fn s1_2_the_parts_of_the_authorization_may_come_in_any_order() {
    let sandbox = Sandbox::start(&[]);
    let (user, organization) = (&sandbox.user, &sandbox.organization);
    for header in [
        format!("Organization {organization}, User {user}"),
        format!("User {user},Organization {organization}"),
    ] {
        let client = sandbox.http.with_authorization(&header);
        client.call("GET", "/elements/keys", None).expect(200);
    }
}

#[test]
fn s1_2_missing_or_wrong_secrets_are_401_with_the_documented_message() {
    let sandbox = Sandbox::start(&[]);
    let (user, organization) = (&sandbox.user, &sandbox.organization);
    for header in [
        String::new(),
        format!("User {user}"),
        format!("Organization {organization}"),
        format!("User wrong, Organization {organization}"),
        format!("User {user}, Organization wrong"),
        format!("User {user}, Organization {organization}, Element wrong"),
        "Bearer x".to_owned(),
    ] {
        let answer = sandbox
            .http
            .with_authorization(&header)
            .call("GET", "/instances", None);
        assert_eq!(answer.status, 401, "{header}");
        assert_eq!(
            answer.message(),
            "Invalid Organization or User secret, or invalid Element token provided."
        );
    }
}

#[test]
fn s1_2_hub_calls_need_no_organization() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &freshdesk("a"));
    let token = instance["token"].as_str().expect("a token");
    let header = format!("User {}, Element {token}", sandbox.user);
    sandbox
        .http
        .with_authorization(&header)
        .call("GET", "/contacts", None)
        .expect(200);
}

#[test]
fn s1_2_secrets_and_tokens_have_the_documented_shapes() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &freshdesk("a"));
    assert_eq!(sandbox.user.len(), 44);
    assert_eq!(instance["token"].as_str().map(str::len), Some(44));
    assert_eq!(sandbox.organization.len(), 32);
    assert!(
        sandbox
            .organization
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
    );
}

#[test]
fn s1_3_a_trailing_slash_is_tolerated() {
    let sandbox = Sandbox::start(&[]);
    sandbox
        .call("POST", "/instances/", Some(&freshdesk("a")))
        .expect(200);
}

#[test]
fn s1_4_success_is_200_for_every_verb() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &freshdesk("a"));
    let path = path_of(&instance);
    sandbox.call("GET", &path, None).expect(200);
    sandbox
        .call("PATCH", &path, Some(&json!({"name": "b"})))
        .expect(200);
    sandbox
        .call("PUT", &path, Some(&json!({"name": "c"})))
        .expect(200);
    let deleted = sandbox.call("DELETE", &path, None);
    assert_eq!((deleted.status, deleted.body), (200, json!("")));
}

#[test]
fn s1_4_responses_have_the_platforms_headers() {
    let sandbox = Sandbox::start(&[]);
    let _ = create(&sandbox, &freshdesk("a"));
    let answer = sandbox.call("GET", "/instances", None);
    assert_eq!(
        answer.header("content-type"),
        Some("application/json;charset=UTF-8")
    );
    assert_eq!(answer.header("elements-request-id").map(str::len), Some(24));
    assert_eq!(answer.header("elements-returned-count"), Some("1"));
    assert_eq!(answer.header("elements-total-count"), Some("1"));
    assert_eq!(answer.header("x-frame-options"), None);
    assert_eq!(answer.header("access-control-expose-headers"), None);
}

#[test]
fn s1_4_with_an_origin_the_headers_are_exposed() {
    let sandbox = Sandbox::start(&[]);
    let answer = sandbox
        .http
        .with_header("Origin", "https://example.com")
        .call("GET", "/elements/keys", None);
    assert_eq!(
        answer.header("access-control-expose-headers"),
        Some(
            "Elements-Returned-Count, Elements-Total-Count, Elements-Request-Id, Elements-Next-Page-Token, Elements-Trace-Id, Elements-Error, Content-Disposition"
        )
    );
}

#[test]
fn s1_5_an_error_is_exactly_request_id_and_message() {
    let sandbox = Sandbox::start(&[]);
    let answer = sandbox.call("GET", "/instances/999999", None);
    assert_eq!(answer.status, 404);
    let members: Vec<&String> = answer.body.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["message", "requestId"]);
    let id = answer.body["requestId"].as_str().expect("an id");
    assert!(id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(answer.header("elements-request-id"), Some(id));
}

#[test]
fn s1_5_vendor_errors_also_have_a_provider_message() {
    let sandbox = Sandbox::start(&[]);
    let mut body = freshdesk("a");
    body["configuration"]["username"] = json!("wrong");
    let answer = sandbox.call("POST", "/instances", Some(&body));
    assert_eq!(answer.status, 400);
    assert!(
        answer.body["providerMessage"].is_string(),
        "{}",
        answer.body
    );
}

#[test]
fn s1_5_missing_configuration_is_400_and_named() {
    let sandbox = Sandbox::start(&[]);
    let body = json!({"element": {"key": "freshdeskv2"}, "name": "a", "configuration": {"subdomain": "x"}});
    let answer = sandbox.call("POST", "/instances", Some(&body));
    assert_eq!(answer.status, 400);
    assert!(
        answer.message().contains("username"),
        "{}",
        answer.message()
    );
}

#[test]
fn s1_5_the_token_of_a_deleted_instance_is_401() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &freshdesk("a"));
    let client = sandbox.with_token(&instance);
    client.call("GET", "/contacts", None).expect(200);
    sandbox
        .call("DELETE", &path_of(&instance), None)
        .expect(200);
    client.call("GET", "/contacts", None).expect(401);
    client
        .call("GET", "/instances/configuration", None)
        .expect(401);
}

#[test]
fn s1_6_every_empty_list_is_404_with_the_documented_message() {
    let sandbox = Sandbox::start(&[]);
    for path in [
        "/instances",
        "/instances?searchText=nothing",
        "/instances?tags%5B%5D=nothing",
        "/elements/jira/instances",
    ] {
        let answer = sandbox.call("GET", path, None);
        assert_eq!(answer.status, 404, "{path}");
        assert!(
            answer.message().starts_with("No ") && answer.message().ends_with(" found"),
            "{path}"
        );
    }
}

#[test]
fn s1_7_pages_are_followed_by_an_opaque_token() {
    let sandbox = Sandbox::start(&[]);
    for number in 0..5 {
        let _ = create(&sandbox, &freshdesk(&format!("n{number}")));
    }
    let mut seen = Vec::new();
    let mut path = "/instances?pageSize=2".to_owned();
    loop {
        let answer = sandbox.call("GET", &path, None);
        let next = answer.header("elements-next-page-token").map(str::to_owned);
        if answer.status == 404 {
            break;
        }
        let page = answer.expect(200);
        let page = page.as_array().expect("a list");
        seen.extend(page.iter().map(|item| item["name"].clone()));
        match next {
            Some(token) if page.len() == 2 => {
                let token = token
                    .replace('+', "%2B")
                    .replace('/', "%2F")
                    .replace('=', "%3D");
                path = format!("/instances?pageSize=2&nextPage={token}");
            }
            _ => break,
        }
    }
    assert_eq!(seen, ["n0", "n1", "n2", "n3", "n4"].map(|name| json!(name)));
}
