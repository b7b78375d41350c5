//! Tests of `wire`.

use super::*;

#[test]
fn a_body_that_outgrows_its_buffer_is_whole() {
    let body: Vec<String> = (0..500).map(|number| format!("value-{number}")).collect();
    let plain = serde_json::to_vec(&body).expect("JSON");
    assert_eq!(json(&body).expect("JSON"), plain);
}
