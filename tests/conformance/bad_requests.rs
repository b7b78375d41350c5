//! Every kind of bad request gets the platform's error body: never a panic, never a hang.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::{create, jira, path_of};
use crate::support::Sandbox;

fn in_shape(answer: &crate::support::Answer, what: &str) {
    assert!(
        (400..=429).contains(&answer.status),
        "{what}: {} {}",
        answer.status,
        answer.body
    );
    assert!(
        answer.body["message"].is_string(),
        "{what}: {}",
        answer.body
    );
    assert_eq!(
        answer.body["requestId"].as_str().map(str::len),
        Some(24),
        "{what}: {}",
        answer.body
    );
}

#[test]
fn bodies_of_wrong_types() {
    let sandbox = Sandbox::start(&[]);
    let path = path_of(&create(&sandbox, &jira("a")));
    let wrong = [
        json!(null),
        json!(1),
        json!("x"),
        json!([]),
        json!({"a": 1}),
        json!(true),
    ];
    for member in [
        "element",
        "name",
        "tags",
        "configuration",
        "providerData",
        "externalAuthentication",
    ] {
        for value in &wrong {
            let mut body = jira("b");
            body[member] = value.clone();
            let answer = sandbox.call("POST", "/instances", Some(&body));
            assert!(
                matches!(answer.status, 200 | 400 | 404),
                "{member}: {value}"
            );
            let answer = sandbox.call("PATCH", &path, Some(&json!({member: value})));
            assert!(
                matches!(answer.status, 200 | 400 | 404),
                "{member}: {value}"
            );
        }
    }
    for body in wrong {
        if !body.is_object() {
            in_shape(
                &sandbox.call("POST", "/instances", Some(&body)),
                "not an object",
            );
        }
    }
}

#[test]
fn broken_huge_and_deep_bodies() {
    let sandbox = Sandbox::start(&[]);
    for text in ["{", "nonsense", "", "{\"a\":", "\u{feff}{}"] {
        in_shape(
            &sandbox.http.raw(
                "POST",
                "/elements/api-v2/instances",
                text.as_bytes().to_vec(),
            ),
            text,
        );
    }
    in_shape(
        &sandbox
            .http
            .raw("POST", "/elements/api-v2/instances", vec![0xff, 0xfe, 0]),
        "not text",
    );
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    in_shape(
        &sandbox
            .http
            .raw("POST", "/elements/api-v2/instances", deep.into_bytes()),
        "deep",
    );
    let huge = vec![b' '; 9 * 1024 * 1024];
    let answer = sandbox.http.raw("POST", "/elements/api-v2/instances", huge);
    in_shape(&answer, "huge");
    assert_eq!(answer.status, 429);
    let mut body = jira("many tags");
    body["tags"] = (0..10_000)
        .map(|number| json!(format!("tag-{number}")))
        .collect::<Value>();
    assert_eq!(
        create(&sandbox, &body)["tags"].as_array().map(Vec::len),
        Some(10_000)
    );
}

#[test]
fn unknown_paths() {
    let sandbox = Sandbox::start(&[]);
    for path in [
        "/nothing",
        "/instances/../../etc/passwd",
        "/instances/%2e%2e%2fetc",
        "/instances/abc",
        "/instances/-1",
        "/instances/99999999999999999999999",
        "/instances/1/nothing",
        "/instances/%00",
        "/instances/%ff%fe",
        "/elements/%3Cscript%3E",
        "/instances/%F0%9F%A6%80",
    ] {
        let answer = sandbox.call("GET", path, None);
        in_shape(&answer, path);
        assert!(!answer.body.to_string().contains("<script>"));
    }
    in_shape(
        &sandbox.http.raw("GET", "/elsewhere", Vec::new()),
        "outside the base",
    );
    for query in [
        "pageSize=0",
        "pageSize=x",
        "pageSize=-1",
        "nextPage=nonsense",
        "nextPage=%00",
    ] {
        in_shape(
            &sandbox.call("GET", &format!("/instances?{query}"), None),
            query,
        );
    }
    in_shape(
        &sandbox.call("TRACE", "/instances", None),
        "an unknown method",
    );
}

#[test]
fn malformed_http() {
    let sandbox = Sandbox::start(&[]);
    let address = sandbox.url.trim_start_matches("http://").to_owned();
    for text in [
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        "nonsense\r\n\r\n".to_owned(),
        "\0\0\0\0\r\n\r\n".to_owned(),
        format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(1_000_000)),
        "POST /elements/api-v2/instances HTTP/1.1\r\ncontent-length: -5\r\n\r\n".to_owned(),
        "POST /elements/api-v2/instances HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_owned(),
    ] {
        let mut stream = TcpStream::connect(&address).expect("a connection");
        // The server may close the connection before everything is written.
        let _ = stream.write_all(text.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    sandbox.call("GET", "/elements/keys", None).expect(200);
}
