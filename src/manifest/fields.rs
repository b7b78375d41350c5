//! Reading the members of a mapping: unknown ones, doubled ones and wrong kinds are reported, and
//! reading goes on.

use super::parse::{Key, Kind, Node};
use super::text::FileText;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};

/// What a reader needs at hand.
pub(super) struct Reader<'t, 'd> {
    pub(super) file: &'t FileText,
    pub(super) out: &'d mut Diagnostics,
}

impl<'t> Reader<'t, '_> {
    pub(super) fn place(&self, node: &Node) -> Place {
        self.file.place(&node.span)
    }

    pub(super) fn key_place(&self, key: &Key) -> Place {
        self.file.place(&key.span)
    }

    pub(super) fn error(
        &mut self,
        place: Place,
        code: &'static str,
        message: impl Into<String>,
        hint: &str,
    ) {
        self.out
            .push(Diagnostic::error(code, message).at(place).hint(hint));
    }

    /// Keeps every scalar below a node out of snippets.
    pub(super) fn hide(&self, node: &Node) {
        match &node.kind {
            Kind::Null | Kind::Bool(_) => {}
            Kind::Number(..) | Kind::Text(_) => self.file.hide(node.span.clone()),
            Kind::List(items) => items.iter().for_each(|item| self.hide(item)),
            Kind::Map(members) => members.iter().for_each(|(_, item)| self.hide(item)),
        }
    }

    pub(super) fn expected(&mut self, node: &Node, what: &str, hint: Option<&str>) {
        let message = format!("expected {what}, found {}", node.kind.name());
        let place = self.place(node);
        let usual = || {
            let kinds = [
                (
                    "mapping",
                    "write `name: value` lines below it, indented by two spaces",
                ),
                ("list", "write [a, b]"),
                ("true or false", "write true or false, without quotes"),
                ("number", "write a number, without quotes"),
            ];
            kinds.iter().find(|(kind, _)| what.contains(kind)).map_or(
                "write a text; put it in quotes where it looks like something else",
                |(_, hint)| *hint,
            )
        };
        self.error(place, "wrong-type", message, hint.unwrap_or_else(usual));
    }

    /// The members of a mapping, each key once; nothing is an empty mapping.
    pub(super) fn members<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
    ) -> Option<Vec<&'n (Key, Node)>> {
        match &node.kind {
            Kind::Null => Some(Vec::new()),
            Kind::Map(members) => Some(self.once(members)),
            Kind::Bool(_) | Kind::Number(..) | Kind::Text(_) | Kind::List(_) => {
                self.hide(node);
                self.expected(node, &format!("a mapping for {what}"), None);
                None
            }
        }
    }

    fn once<'n>(&mut self, members: &'n [(Key, Node)]) -> Vec<&'n (Key, Node)> {
        let mut seen = std::collections::BTreeMap::new();
        let mut once = Vec::new();
        for member in members {
            let (key, value) = member;
            match seen.insert(key.text.as_str(), key) {
                None => once.push(member),
                Some(first) => {
                    seen.insert(key.text.as_str(), first);
                    self.hide(value);
                    self.file.hide_rest_of_line(key.span.end);
                    let problem = Diagnostic::error(
                        "duplicate-key",
                        format!("the key `{}` is there twice", key.text),
                    )
                    .at(self.key_place(key))
                    .also(self.key_place(first), "it is here first")
                    .hint("keep one of them; YAML would drop the other without a word");
                    self.out.push(problem);
                }
            }
        }
        once
    }

    /// Reports a member nobody knows, with the nearest known name.
    pub(super) fn unknown(&mut self, member: &(Key, Node), what: &str, known: &[&str]) {
        let (key, value) = member;
        self.hide(value);
        self.file.hide_rest_of_line(key.span.end);
        let mut problem = Diagnostic::error(
            "unknown-field",
            format!("{what} has no member `{}`", key.text),
        )
        .at(self.key_place(key));
        problem = match nearest(&key.text, known.iter().copied()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(format!("known are: {}", known.join(", "))),
        };
        self.out.push(problem);
    }

    pub(super) fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        match &node.kind {
            Kind::Text(text) => Some(text),
            Kind::Bool(_) | Kind::Number(..) => {
                self.expected(
                    node,
                    &format!("a text for {what}"),
                    Some("put it in quotes"),
                );
                None
            }
            Kind::Null | Kind::List(_) | Kind::Map(_) => {
                self.expected(node, &format!("a text for {what}"), None);
                None
            }
        }
    }

    pub(super) fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        match &node.kind {
            Kind::Bool(flag) => Some(*flag),
            Kind::Text(word) if is_old_boolean(word) => {
                self.expected(
                    node,
                    &format!("true or false for {what}"),
                    Some("since YAML 1.2, `yes`, `no`, `on` and `off` are texts: write true or false"),
                );
                None
            }
            Kind::Null | Kind::Text(_) | Kind::Number(..) | Kind::List(_) | Kind::Map(_) => {
                self.expected(node, &format!("true or false for {what}"), None);
                None
            }
        }
    }

    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        match &node.kind {
            Kind::List(items) => Some(items),
            Kind::Null => Some(&[]),
            Kind::Bool(_) | Kind::Number(..) | Kind::Text(_) | Kind::Map(_) => {
                self.expected(node, &format!("a list for {what}"), Some("write [a, b]"));
                None
            }
        }
    }
}

/// `yes`, `no`, `on`, `off` in the spellings that were booleans in YAML 1.1.
pub(super) fn is_old_boolean(word: &str) -> bool {
    ["yes", "no", "on", "off"]
        .iter()
        .any(|old| word.eq_ignore_ascii_case(old))
}

/// The known word most like this one, where one is like it at all.
pub(super) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let most = (word.chars().count() / 3).max(1);
    known
        .map(|candidate| {
            let distance = if candidate.eq_ignore_ascii_case(word) {
                0
            } else {
                strsim::damerau_levenshtein(word, candidate)
            };
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, candidate)| candidate)
}
