//! Section 8: every switch has the effect it claims, at every setting.

use serde_json::{Value, json};

use super::{create, freshdesk, jira, path_of};
use crate::support::Sandbox;

fn both<T: PartialEq + std::fmt::Debug>(
    question: &str,
    act: impl Fn(&Sandbox) -> T,
    expected: &[(&str, T)],
) {
    for (answer, expected) in expected {
        let assumption = format!("{question}={answer}");
        let sandbox = Sandbox::start(&["--assume", &assumption]);
        assert_eq!(act(&sandbox), *expected, "{assumption}");
    }
}

#[test]
fn the_old_flag_and_route_still_set_assumptions() {
    let sandbox = Sandbox::start(&["--reading", "q1=empty-array"]);
    let path = "/readings";
    assert_eq!(
        sandbox.admin("GET", path, None).expect(200)["q1"],
        "empty-array"
    );
    sandbox
        .admin("PUT", path, Some(&json!({"q1": "404"})))
        .expect(200);
    sandbox.call("GET", "/instances", None).expect(404);
}

#[test]
fn q1_q18_lists() {
    both(
        "q1",
        |s| s.call("GET", "/instances", None).status,
        &[("404", 404), ("empty-array", 200)],
    );
    let token = |s: &Sandbox| {
        let _ = create(s, &jira("a"));
        s.call("GET", "/instances", None)
            .header("elements-next-page-token")
            .is_some()
    };
    both("q18", token, &[("no-token", false), ("token", true)]);
    let size = |s: &Sandbox| {
        let _ = create(s, &jira("a"));
        s.call("GET", "/instances?pageSize=500", None).status
    };
    both("q17", size, &[("clamp", 200), ("error", 400)]);
    let tags = |s: &Sandbox| {
        let _ = create(s, &jira("a"));
        s.call("GET", "/instances", None).expect(200)[0]
            .get("tags")
            .is_some()
    };
    both("q2", tags, &[("tags", true), ("no-tags", false)]);
}

#[test]
fn q3_q4_q14_tags() {
    let empty = |s: &Sandbox| {
        let mut body = jira("a");
        body["tags"] = json!([]);
        create(s, &body)["tags"].clone()
    };
    both("q3", empty, &[("none", json!([])), ("name", json!(["a"]))]);
    let filtered = |query: &'static str| {
        move |s: &Sandbox| {
            let mut body = jira("a");
            body["tags"] = json!(["x"]);
            let _ = create(s, &body);
            s.call("GET", &format!("/instances?{query}"), None).status
        }
    };
    both(
        "q4",
        filtered("tags[]=x&tags[]=y"),
        &[
            ("and", 404),
            ("or", 200),
            ("and-any-case", 404),
            ("ignored", 200),
        ],
    );
    both(
        "q4",
        filtered("tags[]=X"),
        &[
            ("and", 404),
            ("or", 404),
            ("and-any-case", 200),
            ("ignored", 200),
        ],
    );
    let long = |s: &Sandbox| {
        let mut body = jira("a");
        body["tags"] = json!(["x".repeat(65)]);
        s.call("POST", "/instances", Some(&body)).status
    };
    both("q14", long, &[("none", 200), ("limited", 400)]);
}

#[test]
fn q5_q8_q10_q19_q22_configuration() {
    let optional = |s: &Sandbox| {
        let body =
            json!({"element": {"key": "closeio"}, "name": "a", "configuration": {"username": "k"}});
        create(s, &body)["configuration"]["password"].clone()
    };
    both(
        "q5",
        optional,
        &[("null", Value::Null), ("mask", json!("********"))],
    );
    let shown = |s: &Sandbox| create(s, &jira("a"))["configuration"]["password"].clone();
    both(
        "q19",
        shown,
        &[
            ("never", json!("********")),
            ("owner", json!("invented-password")),
        ],
    );
    let masked = |s: &Sandbox| {
        let instance = create(s, &jira("a"));
        let body = json!({"configuration": {"password": "********"}});
        s.call("PATCH", &path_of(&instance), Some(&body))
            .expect(200);
        s.admin("PUT", "/assumptions", Some(&json!({"q19": "owner"})))
            .expect(200);
        s.call("GET", &path_of(&instance), None).expect(200)["configuration"]["password"].clone()
    };
    both(
        "q8",
        masked,
        &[
            ("unchanged", json!("invented-password")),
            ("store", json!("********")),
        ],
    );
    let reset = |s: &Sandbox| {
        let instance = create(s, &jira("a"));
        let body = json!({"configuration": {"event.poller.refresh_interval": null}});
        let patched = s
            .call("PATCH", &path_of(&instance), Some(&body))
            .expect(200);
        patched["configuration"]["event.poller.refresh_interval"].clone()
    };
    both(
        "q10",
        reset,
        &[("default", json!("15")), ("null", Value::Null)],
    );
    let hooks = |s: &Sandbox| {
        let mut body = jira("a");
        body["configuration"]["event.vendor.type"] = json!("webhooks");
        create(s, &body)["configuration"]["event.vendor.type"].clone()
    };
    both(
        "q22",
        hooks,
        &[
            ("both", json!("webhooks")),
            ("normalized", json!("webhook")),
        ],
    );
}

#[test]
fn q6_q7_q9_q20_updates() {
    let put = |s: &Sandbox| {
        let mut body = jira("a");
        body["configuration"]["event.metadata"] = json!("kept");
        let instance = create(s, &body);
        let body = json!({"configuration": {"username": "other"}});
        let put = s.call("PUT", &path_of(&instance), Some(&body)).expect(200);
        put["configuration"]["event.metadata"].clone()
    };
    both(
        "q7",
        put,
        &[("merge", json!("kept")), ("replace", Value::Null)],
    );
    let wrong = |s: &Sandbox| {
        let instance = create(s, &jira("a"));
        let body = json!({"configuration": {"password": "wrong"}});
        s.call("PATCH", &path_of(&instance), Some(&body)).status
    };
    both("q9", wrong, &[("validate", 400), ("ignore", 200)]);
    let disabled = |s: &Sandbox| {
        let instance = create(s, &jira("a"));
        let put = s
            .call("PUT", &path_of(&instance), Some(&json!({"disabled": true})))
            .expect(200);
        put["disabled"].clone()
    };
    both(
        "q20",
        disabled,
        &[("ignored", json!(false)), ("counts", json!(true))],
    );
    let signs_in = |s: &Sandbox| {
        let instance = create(s, &jira("a"));
        s.call("PUT", &path_of(&instance), Some(&json!({"name": "b"})))
            .expect(200);
        s.count("authentications")
    };
    both("q6", signs_in, &[("when-changed", 2), ("never", 1)]);
}

#[test]
fn q11_q12_q13_q15_q16_refusals() {
    both(
        "q11",
        |s| s.call("DELETE", "/instances/1", None).status,
        &[("404", 404), ("200", 200)],
    );
    let foreign = |s: &Sandbox| {
        let instance = create(s, &freshdesk("a"));
        let users = s.admin("GET", "/users", None).body;
        let header = format!(
            "User {}, Organization {}",
            users[2]["userSecret"].as_str().expect("a secret"),
            users[2]["organizationSecret"].as_str().expect("a secret")
        );
        s.http
            .with_authorization(&header)
            .call("GET", &path_of(&instance), None)
            .status
    };
    both("q12", foreign, &[("403", 403), ("404", 404)]);
    let nameless = |s: &Sandbox| {
        let mut body = freshdesk("a");
        body.as_object_mut().expect("an object").remove("name");
        s.call("POST", "/instances", Some(&body)).status
    };
    both("q13", nameless, &[("required", 400), ("optional", 200)]);
    let left = |s: &Sandbox| {
        let mut body = freshdesk("a");
        body["configuration"]["username"] = json!("wrong");
        s.call("POST", "/instances", Some(&body)).expect(400);
        s.instances()
            .iter()
            .filter(|instance| instance["valid"] == false)
            .count()
    };
    both("q15", left, &[("nothing", 0), ("invalid-instance", 1)]);
    let retry_after = |s: &Sandbox| {
        let fault = json!(["GET /instances kind=too-many"]);
        s.admin("PUT", "/faults", Some(&fault)).expect(200);
        let answer = s.call("GET", "/instances", None);
        assert_eq!(answer.status, 429);
        answer
            .header("retry-after")
            .map(|value| value.contains("GMT"))
    };
    both(
        "q16",
        retry_after,
        &[
            ("absent", None),
            ("seconds", Some(false)),
            ("date", Some(true)),
        ],
    );
}
