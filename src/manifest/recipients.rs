//! The `lock` block: for whom tokens are sealed, listed in the manifest or in a file of their own.
//!
//! Must not: show an identity that somebody pasted in the place of a recipient.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::fields::Reader;
use super::members::LOCK;
use super::parse::{Kind, Node};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::files::{self, Limits};
use crate::sealing::check_recipient;

/// A larger file is no list of recipients.
const LIMITS: Limits = Limits::bytes(1024 * 1024);

const TWICE: &str = "this recipient is listed twice";

/// What a file of a manifest says about its lock file.
#[derive(Debug, Default)]
pub(super) struct LockBlock {
    pub(super) recipients: BTreeSet<String>,
    pub(super) file: Option<RecipientsFile>,
}

/// A file that is yet to be read.
#[derive(Debug)]
pub(super) struct RecipientsFile {
    path: PathBuf,
    named_at: Place,
}

impl Reader<'_, '_> {
    pub(super) fn lock(&mut self, node: &Node) -> LockBlock {
        let mut block = LockBlock::default();
        for member in self.members(node, "`lock`").unwrap_or_default() {
            let (key, value) = member;
            match key.text.as_str() {
                "recipients" => block.recipients = self.recipients(value),
                "recipientsFile" => {
                    let hint = "write the path of the file";
                    let path = self.text(value, "`lock.recipientsFile`").and_then(|path| {
                        self.without_reference(&value.span, path, "`lock.recipientsFile`", hint)
                    });
                    block.file = path.map(|path| RecipientsFile {
                        path: self.file.folder.join(path),
                        named_at: self.file.place(&value.span),
                    });
                }
                _ => self.unknown(member, "`lock`", &LOCK),
            }
        }
        block
    }

    fn recipients(&mut self, node: &Node) -> BTreeSet<String> {
        let mut found = BTreeMap::new();
        for item in self.list(node, "`lock.recipients`") {
            let Kind::Text(text) = &item.kind else {
                self.hide(item);
                self.expected(item, "a string for a recipient", "write `age1…`");
                continue;
            };
            if let Err(error) = check_recipient(text) {
                // It may be an identity, or a part of one.
                self.hide(item);
                self.error(&item.span, "bad-recipient", error.to_string(), error.hint());
            } else if let Some(first) = found.get(text) {
                let problem = Diagnostic::warning("duplicate-recipient", TWICE)
                    .also(self.file.place(first), "first listed here")
                    .hint("remove one of them");
                self.report(&item.span, problem);
            } else {
                found.insert(text.clone(), item.span.clone());
            }
        }
        found.into_keys().collect()
    }
}

impl RecipientsFile {
    /// Adds its recipients: one a line, and comments with `#`.
    pub(super) fn read(self, recipients: &mut BTreeSet<String>, out: &mut Diagnostics) {
        let Self { path, named_at } = self;
        let text = files::read(&path, LIMITS)
            .map_err(|error| error.to_string())
            .and_then(|bytes| String::from_utf8(bytes).map_err(|_| "not valid UTF-8".into()));
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                let what = format!("cannot read `{}`: {error}", path.display());
                let problem = Diagnostic::error("unreadable-file", what).at(named_at);
                return out.push(problem.hint("the path is relative to the manifest"));
            }
        };
        for (index, line) in text.lines().enumerate() {
            let recipient = line.trim();
            if recipient.is_empty() || recipient.starts_with('#') {
                continue;
            }
            let place = Place {
                line: index + 1,
                column: 1 + line.len() - line.trim_start().len(),
                length: recipient.chars().count(),
                ..Place::whole(path.display().to_string())
            };
            if let Err(error) = check_recipient(recipient) {
                let problem = Diagnostic::error("bad-recipient", error.to_string());
                out.push(problem.at(place).hint(error.hint()));
            } else if !recipients.insert(recipient.to_owned()) {
                let problem = Diagnostic::warning("duplicate-recipient", TWICE);
                out.push(problem.at(place).hint("remove one of them"));
            }
        }
    }
}
