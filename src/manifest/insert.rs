//! Adds instances to the text of a manifest: every other byte stays, but for an empty value of
//! `instances`, which they replace.
//!
//! Must not: trust its own edit. Both texts are parsed strictly, and where the second one is not the
//! first one with the new instances at the end, there is no edit.

use super::parse::{self, Key, Kind, Node};
use super::place::{Edit, Layout, edits};
use super::source::SourceFile;
use super::spelling::Spelling;
use super::text::FileText;
use crate::diagnostic::{Diagnostics, without_bom};

const INSTANCES: &str = "instances";

/// The file with these instances; `None` if nothing can be added without a change of what is there.
pub fn insert(file: &SourceFile, instances: &dyn Spelling) -> Option<Vec<u8>> {
    let text = FileText::new(file, &mut Diagnostics::default())?;
    let before = parse::parse(&text).ok()??;
    let added = added(instances)?;
    let layout = Layout {
        text: &text.text,
        root: &before,
    };
    let is_right = |edit: &Edit| {
        let edited = edit.applied(&text.text);
        let edited = tree(&edited)?;
        is_only_added(&before, &edited, &added).then_some(())
    };
    let edit = edits(&layout, instances)
        .into_iter()
        .find(|edit| is_right(edit).is_some())?;
    let mark = file.bytes.len() - without_bom(&file.bytes).len();
    let edited = edit.applied(&text.text);
    Some([&file.bytes[..mark], edited.as_bytes()].concat())
}

fn tree(text: &str) -> Option<Node> {
    let file = SourceFile {
        name: String::new(),
        folder: std::path::PathBuf::new(),
        bytes: text.as_bytes().to_vec(),
    };
    let text = FileText::new(&file, &mut Diagnostics::default())?;
    parse::parse(&text).ok()?
}

/// What a manifest of nothing else says of the instances.
fn added(instances: &dyn Spelling) -> Option<Vec<(Key, Node)>> {
    let mut text = format!("{INSTANCES}:\n");
    for line in instances.block("  ").iter().flatten() {
        text.push_str(&format!("  {line}\n"));
    }
    let root = tree(&text)?;
    let Kind::Map(members) = root.kind else {
        return None;
    };
    match members.into_iter().next()?.1.kind {
        Kind::Map(added) => Some(added),
        _ => None,
    }
}

/// Whether a tree is another one with these instances after its own.
fn is_only_added(before: &Node, after: &Node, added: &[(Key, Node)]) -> bool {
    let (Kind::Map(before), Kind::Map(after)) = (&before.kind, &after.kind) else {
        return false;
    };
    let has_block = before.iter().any(|(key, _)| key.text == INSTANCES);
    let with_block = before.len() + usize::from(!has_block);
    after.len() == with_block
        && after.iter().enumerate().all(|(place, (key, node))| {
            let old = before.get(place);
            if key.text != INSTANCES {
                return old.is_some_and(|(old, value)| old.text == key.text && same(value, node));
            }
            let own = match old.map(|(_, value)| &value.kind) {
                Some(Kind::Map(own)) => own.as_slice(),
                Some(Kind::Null) | None => &[],
                Some(_) => return false,
            };
            let Kind::Map(all) = &node.kind else {
                return false;
            };
            let expected = own.iter().chain(added);
            old.is_none_or(|(old, _)| old.text == INSTANCES)
                && all.len() == own.len() + added.len()
                && all.iter().zip(expected).all(same_member)
        })
}

fn same_member(((key, value), (other, expected)): (&(Key, Node), &(Key, Node))) -> bool {
    key.text == other.text && same(value, expected)
}

/// Whether two values are the same, wherever they stand.
fn same(one: &Node, other: &Node) -> bool {
    match (&one.kind, &other.kind) {
        (Kind::Null, Kind::Null) => true,
        (Kind::Bool(one), Kind::Bool(other)) => one == other,
        (Kind::Number(one, written), Kind::Number(other, as_well)) => {
            one == other && written == as_well
        }
        (Kind::Text(one), Kind::Text(other)) => one == other,
        (Kind::List(one), Kind::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Kind::Map(one), Kind::Map(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(same_member)
        }
        _ => false,
    }
}
