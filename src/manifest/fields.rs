//! Reads the members of a mapping. Unknown members, duplicates and wrong types are reported, and
//! reading continues.
//!
//! Must not: know which members there are.

use std::collections::{BTreeMap, BTreeSet};

use super::parse::{Key, Kind, Node, Span};
use super::text::FileText;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// The members of a mapping by name.
pub(super) type Members<'n> = BTreeMap<&'n str, (&'n Key, &'n Node)>;

pub(super) struct Reader<'t, 'd> {
    pub(super) file: &'t FileText,
    pub(super) out: &'d mut Diagnostics,
    /// Where `defaults` is.
    pub(super) defaults: Option<Span>,
    /// Where which problem was reported. A value that instances share is read for each of them.
    pub(super) reported: BTreeSet<(&'static str, usize, usize)>,
}

impl Reader<'_, '_> {
    /// Whose value a node is, for messages: one of `defaults` is of no instance.
    pub(super) fn owner<'o>(&self, instance: &'o str, node: &Node) -> &'o str {
        match &self.defaults {
            Some(defaults) if defaults.contains(&node.span.start) => "defaults",
            _ => instance,
        }
    }

    pub(super) fn report(&mut self, at: &Span, problem: Diagnostic) {
        if self.reported.insert((problem.code, at.start, at.end)) {
            self.out.push(problem.at(self.file.place(at)));
        }
    }

    pub(super) fn error(
        &mut self,
        at: &Span,
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.report(at, Diagnostic::error(code, message).hint(hint));
    }

    pub(super) fn warning(
        &mut self,
        at: &Span,
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.report(at, Diagnostic::warning(code, message).hint(hint));
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

    /// Keeps the value of a member out of snippets, and what stands around it.
    pub(super) fn hide_member(&self, key: &Key, value: &Node) {
        self.hide(value);
        self.file.hide_after_key(key.span.end, &value.span);
    }

    pub(super) fn expected(&mut self, node: &Node, what: &str, hint: &str) {
        let message = format!("expected {what}, found {}", node.kind.name());
        self.error(&node.span, "wrong-type", message, hint);
    }

    /// The members of a mapping, each key once. Null is an empty mapping.
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
                let hint = "write `name: value` lines below it, indented with two spaces";
                self.expected(node, &format!("a mapping for {what}"), hint);
                None
            }
        }
    }

    /// The members without those whose key is a duplicate, which are reported.
    pub(super) fn once<'n>(&mut self, members: &'n [(Key, Node)]) -> Vec<&'n (Key, Node)> {
        let mut seen: BTreeMap<&str, &Key> = BTreeMap::new();
        let mut once = Vec::new();
        for member in members {
            let (key, value) = member;
            if !self.file.has_colon(&key.span) {
                // Between brackets `a, b` is two keys, and the second may be half of a password.
                self.file.hide(key.span.clone());
                self.error(
                    &key.span,
                    "wrong-type",
                    "expected `name: value`, found a value without a name",
                    "add a name, or quote a value that contains a comma",
                );
                continue;
            }
            let Some(first) = seen.get(key.text.as_str()) else {
                seen.insert(&key.text, key);
                once.push(member);
                continue;
            };
            self.hide_member(key, value);
            let message = format!("duplicate key `{}`", key.text);
            let problem = Diagnostic::error("duplicate-key", message)
                .also(self.file.place(&first.span), "first defined here")
                .hint("remove one of them");
            self.report(&key.span, problem);
        }
        once
    }

    /// Reports an unknown member, with the nearest known name.
    pub(super) fn unknown(&mut self, member: &(Key, Node), what: &str, known: &[&str]) {
        let (key, value) = member;
        self.hide_member(key, value);
        let otherwise = format!("use one of `{}`", known.join("`, `"));
        let hint = did_you_mean(&key.text, known.iter().copied(), &otherwise);
        let message = format!("unknown field `{}` in {what}", key.text);
        self.error(&key.span, "unknown-field", message, hint);
    }

    /// A string; a number is one as it was written.
    pub(super) fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        let hint = match &node.kind {
            Kind::Text(text) | Kind::Number(_, text) => return Some(text),
            Kind::Bool(_) => "quote the value",
            Kind::Null | Kind::List(_) | Kind::Map(_) => {
                "write a string; quote it if it looks like another type"
            }
        };
        self.expected(node, &format!("a string for {what}"), hint);
        None
    }

    pub(super) fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        let hint = match &node.kind {
            Kind::Bool(flag) => return Some(*flag),
            Kind::Text(word) if is_old_boolean(word) => OLD_BOOLEAN,
            Kind::Null | Kind::Text(_) | Kind::Number(..) | Kind::List(_) | Kind::Map(_) => {
                "write true or false, without quotes"
            }
        };
        self.expected(node, &format!("true or false for {what}"), hint);
        None
    }

    pub(super) fn number(&mut self, node: &Node, what: &str) -> Option<u64> {
        if let Kind::Number(number, _) = &node.kind
            && let Some(number) = number.as_u64()
        {
            return Some(number);
        }
        let hint = "write a number, without quotes";
        self.expected(node, &format!("a positive number for {what}"), hint);
        None
    }

    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.kind {
            Kind::List(items) => items,
            Kind::Null => &[],
            Kind::Bool(_) | Kind::Number(..) | Kind::Text(_) | Kind::Map(_) => {
                self.expected(
                    node,
                    &format!("a list for {what}"),
                    "write a list such as `[a, b]`",
                );
                &[]
            }
        }
    }
}

/// The hint for a word that [`is_old_boolean`].
pub(super) const OLD_BOOLEAN: &str =
    "write true or false; in YAML 1.2, `yes`, `no`, `on` and `off` are strings";

/// Whether a word was a boolean in YAML 1.1: `yes`, `no`, `on` or `off`.
pub(super) fn is_old_boolean(word: &str) -> bool {
    ["yes", "no", "on", "off"]
        .iter()
        .any(|old| word.eq_ignore_ascii_case(old))
}

/// The hint for an unknown word: the known one that is closest, if any is close.
pub(super) fn did_you_mean<'k>(
    word: &str,
    known: impl Iterator<Item = &'k str>,
    otherwise: &str,
) -> String {
    nearest(word, known).map_or(otherwise.to_owned(), |near| {
        format!("did you mean `{near}`?")
    })
}

/// The known word that is closest, if any is close.
pub(crate) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let max_distance = (word.chars().count() / 3).max(1);
    let distance = |candidate: &str| match candidate.eq_ignore_ascii_case(word) {
        true => 0,
        false => strsim::damerau_levenshtein(word, candidate),
    };
    let rated = known.map(|candidate| (distance(candidate), candidate));
    let (distance, nearest) = rated.min()?;
    (distance <= max_distance).then_some(nearest)
}
