//! The `where` of the catalogue: conditions that are joined by `AND` (docs/platform.md#catalogue). Must not: know
//! more of the query language than the vendor's clients use.

use crate::sandbox::state::Element;

#[derive(Debug, Default)]
pub(super) struct Where<'q> {
    /// Whether the elements are the tenant's.
    private: Option<bool>,
    /// Whether the tenant has added resources to them, which no element here has.
    extended: Option<bool>,
    /// Whether the elements are listed without their configuration.
    pub(super) abridged: bool,
    keys: Option<Vec<&'q str>>,
}

impl<'q> Where<'q> {
    pub(super) fn parse(clause: &'q str) -> Self {
        let mut parsed = Self::default();
        for condition in conditions(clause) {
            let end = condition.find(|c: char| !c.is_alphanumeric());
            let (name, rest) = condition.split_at(end.unwrap_or(condition.len()));
            let mut values = rest.split(['=', ',', '(', ')', ' ']).map(unquoted);
            let is_true = || values.clone().any(|value| value == "true");
            match name {
                "private" => parsed.private = Some(is_true()),
                "extended" => parsed.extended = Some(is_true()),
                "abridged" => parsed.abridged = is_true(),
                "key" => {
                    let keys = values.by_ref().filter(|value| !matches!(*value, "" | "in"));
                    parsed.keys = Some(keys.collect());
                }
                _ => {}
            }
        }
        parsed
    }

    pub(super) fn allows(&self, element: &Element) -> bool {
        let keys = self.keys.as_ref();
        self.private
            .is_none_or(|private| private == element.is_own())
            && self.extended != Some(true)
            && keys.is_none_or(|keys| keys.contains(&element.key.as_str()))
    }
}

fn conditions(clause: &str) -> impl Iterator<Item = &str> {
    let parts = clause.split(" AND ").flat_map(|part| part.split(" and "));
    parts.map(str::trim)
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['\'', '"'])
}
