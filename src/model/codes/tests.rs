//! Tests of `codes`.

use super::*;

#[test]
fn a_code_is_the_same_in_json_and_in_text() {
    for reason in Reason::ALL {
        let json = serde_json::to_string(reason).expect("JSON");
        assert_eq!(json, format!("\"{reason}\""));
    }
}
