//! Tests of `wire`.

use super::*;

#[test]
fn a_body_that_outgrows_its_buffer_is_whole() {
    let body: Vec<String> = (0..500).map(|number| format!("value-{number}")).collect();
    let plain = serde_json::to_vec(&body).expect("JSON");
    assert_eq!(json(&body).expect("JSON"), plain);
}

/// A platform that cuts or drops tags is likeliest to keep the first.
#[test]
fn the_marker_is_the_first_tag_of_a_patch() {
    let tags = ["a tag", "connectorctl:acme:k", "z"]
        .map(str::to_owned)
        .into();
    let body = PatchBody {
        tags: Some(&tags),
        ..PatchBody::default()
    };
    let sent = patch(&body).expect("a body");
    assert_eq!(sent, r#"{"tags":["connectorctl:acme:k","a tag","z"]}"#);
}
