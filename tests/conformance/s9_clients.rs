//! Section 9: what the vendor's own suites and clients rely on.

use serde_json::{Value, json};

use super::{create, freshdesk, path_of};
use crate::support::Sandbox;

fn get(sandbox: &Sandbox, path: &str) -> Value {
    sandbox.call("GET", path, None).expect(200)
}

fn clone_of(sandbox: &Sandbox, key: &str) -> Value {
    sandbox
        .call("POST", &format!("/elements/{key}/clone"), None)
        .expect(200)
}

#[test]
fn s9_an_own_element_shadows_a_system_element_of_its_key() {
    let sandbox = Sandbox::start(&[]);
    let own = clone_of(&sandbox, "closeio");
    assert_eq!(get(&sandbox, "/elements/closeio")["id"], own["id"]);
    // Instances by key are of the own one, the system one is reached by id.
    let body = json!({"name": "a", "configuration": {"username": "u", "password": "p"}});
    let path = "/elements/closeio/instances";
    let made = sandbox.call("POST", path, Some(&body)).expect(200);
    assert_eq!(made["element"]["id"], own["id"]);
    let body = json!({"name": "b", "element": {"key": "closeio"}, "configuration": {"username": "u", "password": "p"}});
    assert_eq!(create(&sandbox, &body)["element"]["id"], own["id"]);
    assert_eq!(get(&sandbox, path).as_array().map(Vec::len), Some(2));
    assert_eq!(get(&sandbox, "/elements/146")["private"], false);
    sandbox
        .call("GET", "/elements/146/instances", None)
        .expect(404);
    // Both are listed, and a clone by key is one of the own element.
    let both = get(&sandbox, "/elements?where=key%3D'closeio'");
    assert_eq!(both.as_array().map(Vec::len), Some(2));
    let renamed = json!({"name": "Mine"});
    sandbox
        .call("PUT", "/elements/closeio", Some(&renamed))
        .expect(200);
    assert_eq!(clone_of(&sandbox, "closeio")["name"], "Mine (clone)");
    // The own ones are deleted by key, then the system one is back.
    for _ in 0..2 {
        sandbox
            .call("DELETE", "/elements/closeio", None)
            .expect(200);
    }
    assert_eq!(get(&sandbox, "/elements/closeio")["id"], 146);
    sandbox
        .call("DELETE", "/elements/closeio", None)
        .expect(403);
}

#[test]
fn s9_resources_of_a_vendor_need_a_token() {
    let sandbox = Sandbox::start(&[]);
    for path in ["/hubs/helpdesk/contacts", "/ping", "/contacts", "/objects"] {
        sandbox.call("GET", path, None).expect(401);
    }
    let instance = create(&sandbox, &freshdesk("a"));
    let token = sandbox.with_token(&instance);
    for path in ["/hubs/helpdesk/contacts", "/ping", "/contacts", "/objects"] {
        token.call("GET", path, None).expect(200);
    }
    // The platform's own, with and without a token: empty lists.
    for path in ["/formulas", "/jobs", "/usage", "/formulas/instances"] {
        sandbox.call("GET", path, None).expect(404);
        let answer = token.call("GET", path, None);
        assert!(
            answer.message().starts_with("No "),
            "{path}: {}",
            answer.body
        );
        answer.expect(404);
    }
    // With a colon it is not the scheme.
    let Sandbox {
        user, organization, ..
    } = &sandbox;
    let secret = instance["token"].as_str().expect("a token");
    for wrong in [format!("Element: {secret}"), "element: x".to_owned()] {
        let header = format!("User {user}, Organization {organization}, {wrong}");
        sandbox
            .http
            .with_authorization(&header)
            .call("GET", "/instances", None)
            .expect(401);
    }
}

#[test]
fn s9_the_sign_in_url_comes_with_its_configuration() {
    let sandbox = Sandbox::start(&[]);
    let answer = get(&sandbox, "/elements/sfdc/oauth/url/default");
    assert_eq!(answer["element"], "sfdc");
    assert!(answer["configuration"].get("secret").is_none(), "{answer}");
    let path = "/elements/sfdc/oauth/url?apiKey=k&apiSecret=s&callbackUrl=https://a.example&scope=full%20api&siteAddress=acme&requestToken=rt";
    let answer = get(&sandbox, path);
    let url = answer["oauthUrl"].as_str().expect("a URL");
    assert!(url.starts_with("https://acme."), "{url}");
    assert!(
        url.contains("scope=full+api") && url.contains("oauth_token=rt"),
        "{url}"
    );
    assert_eq!(answer["scope"], "full api");
    let body = json!({"apiKey": "k", "apiSecret": "s", "callbackUrl": "https://a.example", "siteAddress": "acme"});
    let posted = sandbox
        .call("POST", "/elements/sfdc/oauth/url", Some(&body))
        .expect(200);
    assert_eq!(posted["siteAddress"], "acme");
    let elements = get(&sandbox, "/elements?pageSize=200&where=abridged%3D'true'");
    let mut elements = elements.as_array().into_iter().flatten();
    let oauth1 = elements.find(|element| element["authentication"]["type"] == "oauth1");
    let oauth1 = oauth1.expect("an OAuth 1 element");
    let path = format!("/elements/{}/oauth/url/default", oauth1["id"]);
    assert!(get(&sandbox, &path)["configuration"]["secret"].is_string());
}

fn own_element() -> Value {
    json!({
        "name": "Acme CRM", "description": "Ours", "authentication": {"type": "custom"},
        "configuration": [
            {"key": "acme.account", "type": "TEXTFIELD_128", "required": true},
            {"key": "acme.pin", "type": "PASSWORD", "required": true},
            {"key": "acme.region", "type": "TEXTFIELD_32", "required": false, "defaultValue": "eu"},
        ],
    })
}

#[test]
fn s9_the_configuration_of_an_own_element_governs_its_instances() {
    let sandbox = Sandbox::start(&[]);
    let own = sandbox
        .call("POST", "/elements", Some(&own_element()))
        .expect(200);
    assert_eq!(
        (&own["key"], &own["description"]),
        (&json!("acmecrm"), &json!("Ours"))
    );
    let body = |configuration: Value| json!({"name": "a", "element": {"key": "acmecrm"}, "configuration": configuration});
    let short = sandbox.call(
        "POST",
        "/instances",
        Some(&body(json!({"acme.account": "x"}))),
    );
    assert!(short.message().contains("acme.pin"), "{}", short.body);
    short.expect(400);
    let whole = body(json!({"acme.account": "x", "acme.pin": "invented-pin"}));
    let made = create(&sandbox, &whole);
    assert_eq!(made["configuration"]["acme.pin"], "********");
    assert_eq!(made["configuration"]["acme.region"], "eu");
    // A clone has the same configuration, and one that was sent by PUT replaces it.
    let copy = clone_of(&sandbox, "acmecrm");
    assert_eq!(copy["configuration"], own["configuration"]);
    let change = json!({"description": "New", "authentication": {"type": "basic"}, "configuration": [
        {"key": "acme.account", "type": "TEXTFIELD_128", "required": false},
    ]});
    let path = format!("/elements/{}", copy["id"]);
    let changed = sandbox.call("PUT", &path, Some(&change)).expect(200);
    assert_eq!(changed["description"], "New");
    assert_eq!(changed["authentication"]["type"], "basic");
    let keys = |element: &Value| {
        let entries = element["configuration"].as_array().expect("entries");
        entries
            .iter()
            .filter(|entry| {
                entry["key"]
                    .as_str()
                    .is_some_and(|key| key.starts_with("acme"))
            })
            .count()
    };
    assert_eq!((keys(&changed), keys(&own)), (1, 3));
}

#[test]
fn s9_an_instance_outlives_its_element_and_ids_are_not_used_again() {
    let sandbox = Sandbox::start(&[]);
    let own = sandbox
        .call("POST", "/elements", Some(&own_element()))
        .expect(200);
    let body = json!({"name": "a", "element": {"id": own["id"]}, "configuration": {"acme.account": "x", "acme.pin": "p"}});
    let made = create(&sandbox, &body);
    sandbox
        .call("DELETE", &format!("/elements/{}", own["id"]), None)
        .expect(200);
    let change = json!({"name": "b", "configuration": {"acme.account": "y"}});
    let patched = sandbox
        .call("PATCH", &path_of(&made), Some(&change))
        .expect(200);
    assert_eq!(
        (&patched["name"], &patched["configuration"]["acme.account"]),
        (&json!("b"), &json!("y"))
    );
    assert_eq!(patched["element"]["deleted"], true);
    let next = sandbox
        .call("POST", "/elements", Some(&own_element()))
        .expect(200);
    assert!(next["id"].as_u64() > own["id"].as_u64(), "{next}");
}

#[test]
fn s9_shapes_that_the_vendors_schemas_ask_for() {
    let sandbox = Sandbox::start(&[]);
    let answer = sandbox.call("GET", "/elements/keys", None);
    assert_eq!(answer.header("x-frame-options"), None);
    let page = sandbox
        .http
        .call_absolute("GET", "/elements/jsp/login.jsp", None);
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    let metadata = get(&sandbox, "/elements/freshdeskv2/metadata?expand=true");
    for member in [
        "image",
        "displayOrder",
        "active",
        "beta",
        "transformations",
        "elementType",
        "churros",
        "normalizedPaging",
        "swaggerValidated",
        "cloneable",
    ] {
        assert!(metadata.get(member).is_some(), "{member}: {metadata}");
    }
    for member in [
        "customFields",
        "customObjects",
        "endpointCustomFields",
        "endpointCustomObjects",
    ] {
        assert!(metadata["discovery"].get(member).is_some(), "{member}");
    }
    assert!(metadata["usage"]["customerCount"].is_u64() && metadata["usage"]["traffic"].is_u64());
    let instance = create(&sandbox, &freshdesk("a"));
    for path in [
        "/docs?baseUrl=https://api.acme.example/x",
        "/docs/getContacts",
    ] {
        let docs = get(&sandbox, &format!("{}{path}", path_of(&instance)));
        for member in ["host", "schemes", "definitions", "tags", "paths"] {
            assert!(docs.get(member).is_some(), "{path} {member}");
        }
    }
    let token = sandbox.with_token(&instance);
    assert!(token.call("GET", "/objects", None).expect(200)[0].is_string());
    let helium = token.with_header("Elements-Version", "Helium");
    let objects = helium.call("GET", "/objects", None).expect(200);
    for member in ["name", "vendorName", "type"] {
        assert!(objects[0][member].is_string(), "{objects}");
    }
    let exported = get(&sandbox, "/elements/freshdeskv2/export");
    for member in ["configuration", "parameters", "hooks", "resources"] {
        assert!(exported[member].is_array(), "{member}");
    }
}

#[test]
fn s9_conditions_of_the_catalogue_are_joined() {
    let sandbox = Sandbox::start(&[]);
    let _ = clone_of(&sandbox, "jira");
    let count = |clause: &str| {
        let clause: String = url::form_urlencoded::byte_serialize(clause.as_bytes()).collect();
        let found = get(&sandbox, &format!("/elements?where={clause}"));
        found.as_array().map(Vec::len)
    };
    for (clause, expected) in [
        ("private='true' AND abridged='true'", 1),
        (
            "private='true' AND abridged='true' AND key in ('jira','sfdc')",
            1,
        ),
        ("private = 'true' AND key in ('sfdc')", 0),
        ("private='false' AND key in ('jira', 'sfdc')", 2),
        ("extended='true' AND key = 'jira'", 0),
        ("key = 'jira'", 2),
        ("key in ('jira','sfdc')", 3),
    ] {
        assert_eq!(count(clause), Some(expected), "{clause}");
    }
}

#[test]
fn s9_account_wide_lists_head_pages_and_sub_resources() {
    let sandbox = Sandbox::start(&[]);
    for what in ["events", "analytics", "dispositions"] {
        let answer = sandbox.call("GET", &format!("/instances/{what}"), None);
        assert_eq!(answer.message(), format!("No {what} found"));
        answer.expect(404);
    }
    let head = sandbox.call("HEAD", "/elements?pageSize=3", None);
    assert_eq!(head.header("elements-returned-count"), Some("3"));
    assert_eq!(head.expect(200), json!(""));
    let instance = create(&sandbox, &freshdesk("a"));
    let token = sandbox.with_token(&instance);
    let page = token.call("GET", "/contacts?pageSize=2", None);
    let next = page
        .header("elements-next-page-token")
        .expect("a token")
        .to_owned();
    assert_eq!(page.expect(200).as_array().map(Vec::len), Some(2));
    let page = token.call(
        "GET",
        &format!("/contacts?pageSize=2&nextPage={next}"),
        None,
    );
    assert!(
        page.header("elements-next-page-token").is_some(),
        "always, on lists of a vendor"
    );
    assert_eq!(page.expect(200).as_array().map(Vec::len), Some(1));
    for path in ["resources", "hooks", "configuration/subdomain"] {
        get(&sandbox, &format!("/elements/freshdeskv2/{path}"));
    }
    for path in ["configuration/nonsense", "nonsense"] {
        sandbox
            .call("GET", &format!("/elements/freshdeskv2/{path}"), None)
            .expect(404);
    }
    sandbox
        .call("PUT", "/elements/freshdeskv2", Some(&json!({"name": "x"})))
        .expect(403);
}

#[test]
fn s9_connectors_that_poll_have_defaults_for_it() {
    let sandbox = Sandbox::start(&[]);
    let metadata = |key: &str| get(&sandbox, &format!("/elements/{key}/metadata"));
    assert_eq!(
        metadata("freshdeskv2")["events"]["polling"]["supported"],
        true
    );
    let made = create(&sandbox, &freshdesk("a"));
    for key in ["event.metadata", "event.poller.configuration"] {
        let text = made["configuration"][key]
            .as_str()
            .unwrap_or_else(|| panic!("{key}: {made}"));
        assert!(serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object()));
    }
}

#[test]
fn s9_a_wrong_path_is_not_worded_like_an_empty_list() {
    let sandbox = Sandbox::start(&[]);
    let instance = create(&sandbox, &freshdesk("a"));
    let token = sandbox.with_token(&instance);
    for path in ["/", "/elements/freshdeskv2/nonsense", "/formulas"] {
        let method = if path == "/formulas" { "POST" } else { "GET" };
        for client in [&sandbox.http, &token] {
            let answer = client.call(method, path, None);
            assert!(
                !answer.message().ends_with(" found"),
                "{path}: {}",
                answer.body
            );
            answer.expect(404);
        }
    }
    let outside = sandbox
        .http
        .call_absolute("GET", "/elements/api-v3/instances", None);
    assert!(!outside.message().ends_with(" found"));
    outside.expect(404);
}
