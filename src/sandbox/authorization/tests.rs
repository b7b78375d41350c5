//! Tests of `authorization`.

use super::*;

#[test]
fn pairs_come_in_any_order_and_values_are_opaque() {
    let some = |text: &str| Some(text.to_owned());
    let whole = Authorization {
        user: some("a/b+c="),
        organization: some("0f"),
        element: some("t=="),
    };
    for header in [
        "User a/b+c=, Organization 0f, Element t==",
        "Element t==,User a/b+c=,Organization 0f",
        "organization 0f , element t==, user a/b+c=",
    ] {
        assert_eq!(Authorization::parse(header), whole, "{header}");
    }
    for header in ["", "User", "User ", ",,,", "Bearer x", "User=x"] {
        assert_eq!(
            Authorization::parse(header),
            Authorization::default(),
            "{header}"
        );
    }
}
