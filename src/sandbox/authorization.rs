//! The `Authorization` header: comma-separated pairs of a scheme and an opaque value, in any order
//! (docs/platform.md#authorization).

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Authorization {
    pub(super) user: Option<String>,
    pub(super) organization: Option<String>,
    pub(super) element: Option<String>,
}

impl Authorization {
    /// Ignores unknown schemes and malformed pairs. A scheme with a colon is known and has no value that fits.
    pub(super) fn parse(header: &str) -> Self {
        let mut authorization = Self::default();
        for pair in header.split(',') {
            // Values may contain `=` and `/`, but neither comma nor space.
            let Some((scheme, value)) = pair.trim().split_once(' ') else {
                continue;
            };
            let value = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
            match scheme.to_ascii_lowercase().as_str() {
                "user:" | "organization:" | "element:" => {
                    authorization.element = Some(String::new())
                }
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
mod tests;
