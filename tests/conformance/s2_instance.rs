//! Section 2: the instance.

use serde_json::{Value, json};

use super::{create, freshdesk, jira, path_of};
use crate::support::Sandbox;

#[test]
fn s2_an_instance_has_its_required_members() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &freshdesk("a"));
    for member in [
        "id",
        "name",
        "token",
        "valid",
        "tags",
        "user",
        "createdDate",
        "element",
        "elementId",
        "configuration",
    ] {
        assert!(!instance[member].is_null(), "{member}");
    }
    for member in ["id", "emailAddress", "firstName", "lastName"] {
        assert!(!instance["user"][member].is_null(), "user.{member}");
    }
    assert_eq!(instance["element"]["id"], instance["elementId"]);
    assert_eq!(instance["element"]["authentication"]["type"], "basic");
    assert_eq!(instance["externalAuthentication"], "none");
}

#[test]
fn s2_two_creates_in_a_row_have_ids_in_a_row() {
    let sandbox = Sandbox::start(&[]);
    let first = create(&sandbox, &freshdesk("a"))["id"].as_u64();
    let second = create(&sandbox, &freshdesk("a"))["id"].as_u64();
    assert_eq!(first.map(|id| id + 1), second);
}

#[test]
fn s2_the_token_is_shown_on_create_get_and_list() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &freshdesk("a"));
    let read = sandbox.call("GET", &path_of(&instance), None).expect(200);
    let list = sandbox
        .call("GET", "/instances?hydrate=false", None)
        .expect(200);
    assert_eq!(read["token"], instance["token"]);
    assert_eq!(list[0]["token"], instance["token"]);
}

#[test]
fn s2_1_every_key_of_the_element_appears_as_text_with_defaults() {
    let sandbox = Sandbox::start(&[]);
    let mut body = freshdesk("a");
    body["configuration"]["filter.response.nulls"] = json!(true);
    body["configuration"]["event.poller.configuration"] = json!({"tickets": {"idField": "id"}});
    let configuration = create(&sandbox, &body)["configuration"].clone();
    assert_eq!(configuration["filter.response.nulls"], "true");
    assert_eq!(configuration["event.poller.refresh_interval"], "15");
    assert_eq!(configuration["event.notification.enabled"], "false");
    assert_eq!(
        configuration["event.notification.callback.url"],
        Value::Null
    );
    assert_eq!(
        configuration["event.poller.configuration"],
        "{\"tickets\":{\"idField\":\"id\"}}"
    );
}

#[test]
fn s2_1_unknown_keys_are_accepted_silently() {
    let sandbox = Sandbox::start(&[]);
    let mut body = freshdesk("a");
    body["configuration"]["no.such.key"] = json!("kept");
    assert_eq!(
        create(&sandbox, &body)["configuration"]["no.such.key"],
        "kept"
    );
}

#[test]
fn s2_2_passwords_and_oauth_secrets_are_eight_asterisks() {
    let sandbox = Sandbox::start(&[]);
    let created = create(&sandbox, &jira("a"));
    let read = sandbox.call("GET", &path_of(&created), None).expect(200);
    for instance in [&created, &read] {
        assert_eq!(instance["configuration"]["password"], "********");
        assert_eq!(instance["configuration"]["username"], "automation");
    }
    let body = json!({
        "element": {"key": "sfdc"}, "name": "s", "providerData": {"code": "c"},
        "configuration": {"oauth.api.key": "k", "oauth.api.secret": "s"},
    });
    let instance = create(&sandbox, &body);
    assert_eq!(instance["configuration"]["oauth.api.key"], "********");
    assert_eq!(instance["configuration"]["oauth.api.secret"], "********");
}

#[test]
fn s2_2_secrets_of_text_type_are_shown_in_clear_text() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &freshdesk("a"));
    assert_eq!(instance["configuration"]["username"], "invented-key");
}

#[test]
fn s2_2_a_whole_object_with_masks_can_be_put_back() {
    let sandbox = Sandbox::start(&[]);
    let mut instance = create(&sandbox, &jira("a"));
    instance["tags"] = json!(["new"]);
    let put = sandbox
        .call("PUT", &path_of(&instance), Some(&instance))
        .expect(200);
    assert_eq!(put["tags"], json!(["new"]));
    assert_eq!(put["configuration"]["password"], "********");
    sandbox
        .with_token(&instance)
        .call("GET", "/contacts", None)
        .expect(200);
}

#[test]
fn s2_3_put_and_patch_keep_the_token() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &jira("a"));
    let path = path_of(&instance);
    let patched = sandbox
        .call("PATCH", &path, Some(&json!({"name": "b"})))
        .expect(200);
    let put = sandbox
        .call("PUT", &path, Some(&json!({"name": "c"})))
        .expect(200);
    assert_eq!(patched["token"], instance["token"]);
    assert_eq!(put["token"], instance["token"]);
}

#[test]
fn s2_4_an_oauth_element_needs_a_single_use_code_or_a_refresh_token() {
    let sandbox = Sandbox::start(&[]);
    let body = |more: Value| {
        let mut body = json!({
            "element": {"key": "sfdc"}, "name": "s",
            "configuration": {"oauth.api.key": "k", "oauth.api.secret": "s"},
        });
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        body
    };
    let post = |body: &Value| sandbox.call("POST", "/instances", Some(body)).status;
    assert_eq!(post(&body(json!({}))), 400);
    assert_eq!(post(&body(json!({"providerData": {"code": "once"}}))), 200);
    assert_eq!(post(&body(json!({"providerData": {"code": "once"}}))), 400);
    let mut headless = body(json!({"externalAuthentication": "initial"}));
    assert_eq!(post(&headless), 400);
    headless["configuration"]["oauth.user.refresh_token"] = json!("r");
    assert_eq!(post(&headless), 200);
}

#[test]
fn s2_5_without_tags_the_name_becomes_the_tag_and_a_rename_keeps_it() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &freshdesk("Karl Küma"));
    assert_eq!(instance["tags"], json!(["Karl Küma"]));
    let renamed = sandbox
        .call(
            "PATCH",
            &path_of(&instance),
            Some(&json!({"name": "Karl Kyma"})),
        )
        .expect(200);
    assert_eq!(renamed["tags"], json!(["Karl Küma"]));
}

#[test]
fn s2_5_an_update_replaces_the_whole_set_and_an_empty_one_clears_it() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &jira("a"));
    let path = path_of(&instance);
    let tags = |tags: Value| {
        sandbox
            .call("PATCH", &path, Some(&json!({"tags": tags})))
            .expect(200)["tags"]
            .clone()
    };
    assert_eq!(tags(json!(["x", "y"])), json!(["x", "y"]));
    assert_eq!(tags(json!([])), json!([]));
}

#[test]
fn s2_5_the_filter_takes_several_tags() {
    let sandbox = Sandbox::start(&[]);
    for tags in [json!(["a"]), json!(["a", "b"]), json!(["b"])] {
        let mut body = jira("x");
        body["tags"] = tags;
        let _ = create(&sandbox, &body);
    }
    let count = |query: &str| {
        let list = sandbox
            .call("GET", &format!("/instances?{query}"), None)
            .expect(200);
        list.as_array().expect("a list").len()
    };
    assert_eq!(count("tags[]=a"), 2);
    assert_eq!(count("tags%5B%5D=a&tags%5B%5D=b"), 1);
}

#[test]
fn s2_6_markup_is_removed_from_names_and_tags() {
    let sandbox = Sandbox::start(&[]);
    let mut body = jira("<a href=\"#\" onclick=\"x()\">churned</a>");
    body["tags"] = json!(["<b>bold</b>"]);
    let instance = create(&sandbox, &body);
    assert_eq!(instance["name"], "churned");
    assert_eq!(instance["tags"], json!(["bold"]));
}

#[test]
fn s2_6_names_are_not_unique() {
    let sandbox = Sandbox::start(&[]);
    let (one, two) = (
        create(&sandbox, &jira("same")),
        create(&sandbox, &jira("same")),
    );
    assert_ne!(one["id"], two["id"]);
    assert_ne!(one["token"], two["token"]);
}

#[test]
fn s2_7_a_role_decides_whether_other_users_instances_are_visible() {
    let sandbox = Sandbox::start(&[]);
    let users = sandbox.admin("GET", "/users", None).body;
    let client = |place: usize| {
        let user = &users[place];
        let header = format!(
            "User {}, Organization {}",
            user["userSecret"].as_str().expect("a secret"),
            user["organizationSecret"].as_str().expect("a secret")
        );
        sandbox.http.with_authorization(&header)
    };
    let own = create(&sandbox, &jira("of the first"));
    let (second, elsewhere) = (client(1), client(2));
    second.call("GET", "/instances", None).expect(404);
    second.call("GET", &path_of(&own), None).expect(403);
    elsewhere.call("GET", &path_of(&own), None).expect(403);
    let theirs = second
        .call("POST", "/instances", Some(&jira("of the second")))
        .expect(200);
    sandbox.call("GET", &path_of(&theirs), None).expect(200);
    assert_eq!(sandbox.instances().len(), 2);
}

#[test]
fn s2_8_a_delete_is_soft_and_final() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &jira("a"));
    let path = path_of(&instance);
    sandbox.call("DELETE", &path, None).expect(200);
    sandbox.call("GET", &path, None).expect(404);
    let kept = sandbox
        .call("GET", &format!("{path}?includeDeleted=true"), None)
        .expect(200);
    assert_eq!(kept["id"], instance["id"]);
    sandbox.call("DELETE", &path, None).expect(404);
}
