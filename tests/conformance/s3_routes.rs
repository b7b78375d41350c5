//! Section 3: the routes of instances.

use serde_json::{Value, json};

use super::{create, freshdesk, jira, path_of};
use crate::support::Sandbox;

#[test]
fn s3_1_search_matches_name_and_element() {
    let sandbox = Sandbox::start(&[]);
    let _ = create(&sandbox, &jira("Engineering"));
    let _ = create(&sandbox, &freshdesk("Support"));
    let names = |text: &str| -> Vec<Value> {
        let list = sandbox
            .call("GET", &format!("/instances?searchText={text}"), None)
            .expect(200);
        list.as_array()
            .expect("a list")
            .iter()
            .map(|item| item["name"].clone())
            .collect()
    };
    assert_eq!(names("gineer"), [json!("Engineering")]);
    assert_eq!(names("freshdesk"), [json!("Support")]);
}

#[test]
fn s3_1_a_list_that_is_not_hydrated_has_no_configuration() {
    let sandbox = Sandbox::start(&[]);
    let _ = create(&sandbox, &jira("a"));
    let bare = sandbox.call("GET", "/instances", None).expect(200);
    assert!(bare[0].get("configuration").is_none());
    assert_eq!(bare[0]["tags"], json!(["t"]));
    let hydrated = sandbox
        .call("GET", "/instances?hydrate=true", None)
        .expect(200);
    assert_eq!(hydrated[0]["configuration"]["username"], "automation");
}

#[test]
fn s3_2_an_unknown_element_is_404_and_named() {
    let sandbox = Sandbox::start(&[]);
    let body = json!({"element": {"key": "nonsense"}, "name": "a"});
    let answer = sandbox.call("POST", "/instances", Some(&body));
    assert_eq!(answer.status, 404);
    assert_eq!(answer.message(), "No element found with key nonsense");
}

#[test]
fn s3_2_an_element_is_named_by_key_by_id_or_by_the_path() {
    let sandbox = Sandbox::start(&[]);
    let mut body = freshdesk("a");
    body["element"] = json!({"id": 491});
    assert_eq!(create(&sandbox, &body)["element"]["key"], "freshdeskv2");
    for path in ["/elements/freshdeskv2/instances", "/elements/491/instances"] {
        let made = sandbox
            .call("POST", path, Some(&freshdesk("b")))
            .expect(200);
        assert_eq!(made["elementId"], 491);
    }
}

#[test]
fn s3_2_objects_are_listed_on_request() {
    let sandbox = Sandbox::start(&[]);
    let mut body = jira("a");
    body["retrieveObjectsAfterInstantiation"] = json!(true);
    assert!(create(&sandbox, &body)["objects"].is_array());
}

#[test]
fn s3_3_and_3_4_instances_of_one_element() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &jira("a"));
    let _ = create(&sandbox, &freshdesk("b"));
    let list = sandbox
        .call("GET", "/elements/jira/instances", None)
        .expect(200);
    assert_eq!(list.as_array().map(Vec::len), Some(1));
    assert!(list[0]["createdDate"].is_string());
    let path = format!("/elements/jira{}", path_of(&instance));
    assert_eq!(sandbox.call("GET", &path, None).expect(200)["name"], "a");
    let wrong = format!("/elements/freshdeskv2{}", path_of(&instance));
    sandbox.call("GET", &wrong, None).expect(404);
}

#[test]
fn s3_4_the_count_is_by_element() {
    let sandbox = Sandbox::start(&[]);
    let _ = create(&sandbox, &jira("a"));
    let count = sandbox.call("GET", "/instances/count", None).expect(200);
    assert_eq!(count["totalInstances"], 1);
    assert!(count["elementInstances"].is_array());
    sandbox.call("GET", "/accounts/instances", None).expect(200);
}

#[test]
fn s3_5_a_patch_changes_only_what_it_gives() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &jira("a"));
    let body = json!({"configuration": {"event.notification.callback.url": "https://example.com"}});
    let patched = sandbox
        .call("PATCH", &path_of(&instance), Some(&body))
        .expect(200);
    assert_eq!(
        patched["configuration"]["event.notification.callback.url"],
        "https://example.com"
    );
    assert_eq!(patched["configuration"]["username"], "automation");
    assert_eq!(patched["name"], "a");
    assert!(patched.get("providerData").is_none());
}

#[test]
fn s3_5_a_patch_with_a_new_code_signs_in_again() {
    let sandbox = Sandbox::start(&[]);
    let body = json!({
        "element": {"key": "sfdc"}, "name": "s", "providerData": {"code": "first"},
        "configuration": {"oauth.api.key": "k", "oauth.api.secret": "s"},
    });
    let instance = create(&sandbox, &body);
    let code = |code: &str| {
        let body = json!({"providerData": {"code": code}});
        sandbox
            .call("PATCH", &path_of(&instance), Some(&body))
            .status
    };
    assert_eq!(code("second"), 200);
    assert_eq!(code("second"), 400);
}

#[test]
fn s3_5_a_patch_moves_an_instance_to_a_clone() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &jira("a"));
    let clone = sandbox
        .call("POST", "/elements/jira/clone", None)
        .expect(200);
    let body = json!({"element": {"id": clone["id"]}});
    let moved = sandbox
        .call("PATCH", &path_of(&instance), Some(&body))
        .expect(200);
    assert_eq!(moved["elementId"], clone["id"]);
    assert_eq!(moved["id"], instance["id"]);
}

#[test]
fn s3_6_a_put_of_name_and_tags_updates() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &jira("a"));
    let body = json!({"name": "b", "tags": ["z"]});
    let put = sandbox
        .call("PUT", &path_of(&instance), Some(&body))
        .expect(200);
    assert_eq!(
        (&put["name"], &put["tags"], &put["id"]),
        (&json!("b"), &json!(["z"]), &instance["id"])
    );
    assert_eq!(put["configuration"]["username"], "automation");
}

#[test]
fn s3_6_reauthentication_is_counted() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &jira("a"));
    let count = || sandbox.count("authentications");
    let before = count();
    let path = path_of(&instance);
    sandbox
        .call(
            "PUT",
            &format!("{path}?reAuthenticate=false"),
            Some(&json!({"name": "b"})),
        )
        .expect(200);
    assert_eq!(count(), before);
    sandbox
        .call(
            "PUT",
            &format!("{path}?reAuthenticate=true"),
            Some(&json!({"name": "b"})),
        )
        .expect(200);
    assert_eq!(count(), before + 1);
}

#[test]
fn s3_by_token_the_same_routes_answer_for_the_instance() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &jira("a"));
    let client = sandbox.with_token(&instance);
    let patched = client
        .call("PATCH", "/instances", Some(&json!({"name": "b"})))
        .expect(200);
    assert_eq!(
        (&patched["id"], &patched["name"]),
        (&instance["id"], &json!("b"))
    );
    client
        .call("PUT", "/instances", Some(&json!({"tags": ["q"]})))
        .expect(200);
    client
        .call("GET", "/instances/configuration", None)
        .expect(200);
    client
        .call("DELETE", "/instances/enabled", None)
        .expect(200);
    client.call("PUT", "/instances/enabled", None).expect(200);
    client.call("GET", "/instances/docs", None).expect(200);
    sandbox
        .call("PATCH", "/instances", Some(&json!({"name": "c"})))
        .expect(401);
    client.call("DELETE", "/instances", None).expect(200);
    sandbox.call("GET", &path_of(&instance), None).expect(404);
}

#[test]
fn s3_8_disabled_the_vendor_is_403_and_metadata_still_answers() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &jira("a"));
    let client = sandbox.with_token(&instance);
    let enabled = format!("{}/enabled", path_of(&instance));
    sandbox.call("DELETE", &enabled, None).expect(200);
    client
        .call("GET", "/hubs/helpdesk/incidents", None)
        .expect(403);
    client.call("GET", "/objects", None).expect(200);
    let read = sandbox.call("GET", &path_of(&instance), None).expect(200);
    assert_eq!(read["disabled"], true);
    assert_eq!(read["configuration"]["username"], "automation");
    sandbox.call("PUT", &enabled, None).expect(200);
    client
        .call("GET", "/hubs/helpdesk/incidents", None)
        .expect(200);
}

#[test]
fn s3_9_configuration_entries_are_listed_read_and_patched() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &jira("a"));
    let base = format!("{}/configuration", path_of(&instance));
    let list = sandbox.call("GET", &base, None).expect(200);
    let find = |key: &str| {
        let entries = list.as_array().expect("a list");
        entries
            .iter()
            .find(|entry| entry["key"] == key)
            .expect("the entry")
            .clone()
    };
    assert_eq!(find("password")["propertyValue"], "********");
    let entry = find("base.url");
    let path = format!("{base}/{}", entry["id"]);
    let patched = sandbox
        .call(
            "PATCH",
            &path,
            Some(&json!({"propertyValue": "https://x.example.com"})),
        )
        .expect(200);
    assert_eq!(patched["propertyValue"], "https://x.example.com");
    assert_eq!(sandbox.call("GET", &path, None).expect(200), patched);
    sandbox
        .call(
            "PATCH",
            &format!("{base}/1"),
            Some(&json!({"propertyValue": "x"})),
        )
        .expect(404);
}

#[test]
fn s3_10_trace_logging_is_switched_with_or_without_a_duration() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &jira("a"));
    let path = format!("{}/trace-logging", path_of(&instance));
    let shown = || {
        sandbox.call("GET", &path_of(&instance), None).expect(200)["traceLoggingEnabled"].clone()
    };
    sandbox
        .call("PUT", &path, Some(&json!({"duration": 10})))
        .expect(200);
    assert_eq!(shown(), true);
    sandbox.call("DELETE", &path, None).expect(200);
    assert_eq!(shown(), false);
    sandbox.call("PUT", &path, None).expect(200);
}

#[test]
fn s3_11_and_3_12_there_are_no_events_and_docs_are_swagger() {
    let sandbox = Sandbox::start(&[]);
    let path = path_of(&create(&sandbox, &jira("a")));
    sandbox
        .call("GET", &format!("{path}/events"), None)
        .expect(404);
    let docs = sandbox
        .call("GET", &format!("{path}/docs"), None)
        .expect(200);
    assert_eq!(docs["swagger"], "2.0");
    sandbox
        .call("GET", &format!("{path}/docs/getContacts"), None)
        .expect(200);
}

#[test]
fn s3_13_the_vendor_answers_behind_the_token() {
    let sandbox = Sandbox::start(&[]);
    let mut body = jira("a");
    body["configuration"]["filter.response.nulls"] = json!(false);
    let (filtered, whole) = (create(&sandbox, &jira("b")), create(&sandbox, &body));
    let ping = sandbox.with_token(&whole).call("GET", "/ping", None);
    assert_eq!(
        ping.header("elements-element-instance-id"),
        Some(whole["id"].to_string().as_str())
    );
    assert!(ping.expect(200)["dateTime"].is_string());
    let first = |instance: &Value| {
        sandbox
            .with_token(instance)
            .call("GET", "/hubs/any/accounts", None)
            .expect(200)[0]
            .clone()
    };
    assert!(first(&filtered).get("phone").is_none());
    assert_eq!(first(&whole)["phone"], Value::Null);
    // With a token, `/accounts` is the vendor's resource.
    let accounts = sandbox
        .with_token(&whole)
        .call("GET", "/accounts", None)
        .expect(200);
    assert_eq!(accounts[0]["name"], "accounts 1");
}
