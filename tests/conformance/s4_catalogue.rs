//! Section 4: the catalogue.

use serde_json::json;

use crate::support::Sandbox;

#[test]
fn s4_keys_elements_and_one_entry() {
    let sandbox = Sandbox::start(&[]);
    let keys = sandbox.call("GET", "/elements/keys", None).expect(200);
    assert_eq!(keys.as_array().map(Vec::len), Some(164));
    let page = sandbox.call("GET", "/elements?pageSize=3", None);
    assert!(page.header("elements-next-page-token").is_some());
    assert_eq!(page.expect(200).as_array().map(Vec::len), Some(3));
    let entry = sandbox.call("GET", "/elements/closeio", None).expect(200);
    assert_eq!(entry["id"], 146);
    assert!(entry["configuration"].is_array());
    assert_eq!(
        sandbox.call("GET", "/elements/146", None).expect(200)["key"],
        "closeio"
    );
    sandbox.call("GET", "/elements/nonsense", None).expect(404);
}

#[test]
fn s4_the_list_takes_a_where_clause() {
    let sandbox = Sandbox::start(&[]);
    let list = |clause: &str| sandbox.call("GET", &format!("/elements?where={clause}"), None);
    let found = list("key%20in%20('jira','sfdc')").expect(200);
    assert_eq!(found.as_array().map(Vec::len), Some(2));
    assert_eq!(list("key%20%3D%20'jira'").expect(200)[0]["key"], "jira");
    assert_eq!(list("private%3D'true'").expect(200), json!([]));
    assert!(
        list("abridged%3D'true'").expect(200)[0]
            .get("configuration")
            .is_none()
    );
}

#[test]
fn s4_configuration_is_an_object() {
    let sandbox = Sandbox::start(&[]);
    let answer = sandbox
        .call("GET", "/elements/bigcommerce/configuration", None)
        .expect(200);
    let rows = answer["configuration"].as_array().expect("rows");
    let variant = rows
        .iter()
        .find(|row| row["key"] == "authentication.type")
        .expect("the row");
    assert_eq!(variant["type"], "COMBO");
    assert_eq!(variant["groupControl"], true);
    assert_eq!(variant["options"][0]["value"], "basic");
    let grouped = rows
        .iter()
        .find(|row| row["key"] == "oauth.api.key")
        .expect("the row");
    assert_eq!(grouped["groupName"], "custom");
}

#[test]
fn s4_metadata_can_be_expanded() {
    let sandbox = Sandbox::start(&[]);
    let plain = sandbox
        .call("GET", "/elements/freshdeskv2/metadata", None)
        .expect(200);
    assert_eq!(plain["events"]["supported"], true);
    assert!(plain.get("usage").is_none());
    let whole = sandbox
        .call("GET", "/elements/freshdeskv2/metadata?expand=true", None)
        .expect(200);
    assert_eq!(whole["authenticationType"], "basic");
    assert_eq!(whole["usage"]["instanceCount"], 0);
    sandbox
        .call("GET", "/elements/nonsense/metadata", None)
        .expect(404);
}

#[test]
fn s4_oauth_urls_are_returned_by_get_and_post() {
    let sandbox = Sandbox::start(&[]);
    let query = "apiKey=k&apiSecret=s&callbackUrl=https%3A%2F%2Fexample.com";
    let got = sandbox
        .call("GET", &format!("/elements/sfdc/oauth/url?{query}"), None)
        .expect(200);
    assert_eq!(got["element"], "sfdc");
    assert!(
        got["oauthUrl"]
            .as_str()
            .is_some_and(|url| url.contains("state=sfdc"))
    );
    let body = json!({"apiKey": "k", "apiSecret": "s", "callbackUrl": "https://example.com", "state": "x"});
    let posted = sandbox
        .call("POST", "/elements/sfdc/oauth/url", Some(&body))
        .expect(200);
    assert!(
        posted["oauthUrl"]
            .as_str()
            .is_some_and(|url| url.contains("state=x"))
    );
    sandbox
        .call("GET", "/elements/sfdc/oauth/url", None)
        .expect(400);
    assert!(
        sandbox
            .call("GET", "/elements/etsy/oauth/token", None)
            .expect(200)["secret"]
            .is_string()
    );
    sandbox
        .call("GET", "/elements/sfdc/oauth/token", None)
        .expect(400);
}

#[test]
fn s4_own_elements_are_created_configured_switched_and_deleted() {
    let sandbox = Sandbox::start(&[]);
    let made = sandbox
        .call(
            "POST",
            "/elements",
            Some(&json!({"name": "My Own Element 12"})),
        )
        .expect(200);
    assert_eq!(made["key"], "myownelement12");
    let path = format!("/elements/{}", made["id"]);
    let row = json!({"key": "my.key", "name": "My key", "type": "TEXTFIELD_128"});
    sandbox
        .call("POST", &format!("{path}/configuration"), Some(&row))
        .expect(200);
    sandbox
        .call("POST", &format!("{path}/configuration"), Some(&row))
        .expect(409);
    let changed = sandbox
        .call(
            "PUT",
            &format!("{path}/configuration/my.key"),
            Some(&json!({"name": "n"})),
        )
        .expect(200);
    assert_eq!(
        (&changed["key"], &changed["name"]),
        (&json!("my.key"), &json!("n"))
    );
    sandbox
        .call("DELETE", &format!("{path}/configuration/my.key"), None)
        .expect(200);
    assert_eq!(
        sandbox
            .call("DELETE", &format!("{path}/active"), None)
            .expect(200)["active"],
        false
    );
    assert_eq!(
        sandbox
            .call("PUT", &format!("{path}/active"), None)
            .expect(200)["active"],
        true
    );
    let own = json!({"element": {"key": "myownelement12"}, "name": "i"});
    sandbox.call("POST", "/instances", Some(&own)).expect(200);
    sandbox
        .call("GET", &format!("{path}/export"), None)
        .expect(200);
    sandbox.call("DELETE", &path, None).expect(200);
    sandbox.call("GET", &path, None).expect(404);
    sandbox.call("DELETE", "/elements/jira", None).expect(403);
}
