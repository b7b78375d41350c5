//! The `Authorization` header: comma-separated pairs of a scheme and an opaque value, in any order
//! (docs/platform.md#authorization).

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Authorization {
    pub(super) user: Option<String>,
    pub(super) organization: Option<String>,
    pub(super) element: Option<String>,
}

impl Authorization {
    /// Ignores unknown schemes and malformed pairs.
    pub(super) fn parse(header: &str) -> Self {
        let mut authorization = Self::default();
        for pair in header.split(',') {
            // Values may contain `=` and `/`, but neither comma nor space.
            let Some((scheme, value)) = pair.trim().split_once(' ') else {
                continue;
            };
            let value = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
            match scheme.to_ascii_lowercase().as_str() {
                "user" => authorization.user = value,
                "organization" => authorization.organization = value,
                "element" => authorization.element = value,
                _ => {}
            }
        }
        authorization
    }
}

#[cfg(test)]
mod tests {
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
}
