//! No files of a room may need one another in a circle: what one does could then not be understood,
//! or changed, without the others.

use std::collections::BTreeSet;

use super::graph::{Edges, edges_inside_rooms};
use crate::support::source::{SourceFile, product};

/// The sets of files that need one another, each sorted.
fn circles(edges: &Edges) -> Vec<Vec<String>> {
    let reachable = |start: &String| {
        let mut seen = BTreeSet::new();
        let mut open = vec![start];
        while let Some(file) = open.pop() {
            for next in edges.get(file).into_iter().flat_map(|needs| needs.keys()) {
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        seen
    };
    let circles: BTreeSet<Vec<String>> = edges
        .keys()
        .filter_map(|file| {
            let forth = reachable(file);
            forth.contains(file).then(|| {
                let members = forth.iter().filter(|other| reachable(other).contains(file));
                members.cloned().collect()
            })
        })
        .collect();
    circles.into_iter().collect()
}

/// The circle and the edges that close it, for a reader.
fn described(circle: &[String], edges: &Edges) -> String {
    let mut lines = vec![format!("circle of {} files:", circle.len())];
    for file in circle {
        for (other, item) in edges.get(file).into_iter().flatten() {
            if circle.contains(other) {
                lines.push(format!("  {file} -> {other} ({item})"));
            }
        }
    }
    lines.join("\n")
}

#[test]
fn no_files_of_a_room_need_one_another() {
    let edges = edges_inside_rooms(&product());
    let circles = circles(&edges);
    let described: Vec<String> = circles.iter().map(|one| described(one, &edges)).collect();
    assert!(described.is_empty(), "{}", described.join("\n"));
}

fn found(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let files: Vec<SourceFile> = files
        .iter()
        .map(|(below, text)| SourceFile::parse(below, text))
        .collect();
    circles(&edges_inside_rooms(&files))
}

#[test]
fn a_circle_is_found_through_a_re_export() {
    let files = [
        ("lib.rs", "mod room;"),
        ("room/mod.rs", "mod a; mod b; pub use a::A; pub use b::B;"),
        ("room/a.rs", "use super::B; pub struct A(B);"),
        ("room/b.rs", "pub struct B(Option<Box<crate::room::A>>);"),
    ];
    assert_eq!(found(&files), [["src/room/a.rs", "src/room/b.rs"]]);
}

#[test]
fn a_child_and_its_parent_can_be_a_circle() {
    let child = ("room/a.rs", "use super::Shared; pub fn run(_: Shared) {}");
    let parent = "mod a; pub struct Shared; pub fn run(s: Shared) { a::run(s) }";
    let files = [("lib.rs", "mod room;"), ("room/mod.rs", parent), child];
    assert_eq!(found(&files), [["src/room/a.rs", "src/room/mod.rs"]]);
    let parent = "mod a; pub use a::run; pub struct Shared;";
    let files = [("lib.rs", "mod room;"), ("room/mod.rs", parent), child];
    assert!(found(&files).is_empty());
}

#[test]
fn names_in_macros_attributes_aliases_and_split_impls_count() {
    let uses = [
        "fn f() { tell!(\"{}\", super::b::B) }",
        "#[serde(with = \"super::b::B\")] struct S;",
        "use super::b::{self as other}; fn f() { other::B; }",
        "use crate::room::*; fn f(b: B) {}",
        "impl A { fn f(&self) { self.made_up() } }",
        "impl A { fn f(&self) { Self::made_up(self) } }",
        "fn f(a: &mut A) { tell!(a.made_up()) }",
        "fn f() { let a = A::new(); a.made_up() }",
        "fn f() { A {}.made_up() }",
    ];
    let b = "use super::a::A; pub struct B; impl A { fn made_up(&self) {} }";
    for text in uses {
        let a = format!("pub struct A; {text}");
        let files = [
            ("lib.rs", "mod room;"),
            ("room/mod.rs", "mod a; mod b; pub use b::B;"),
            ("room/a.rs", a.as_str()),
            ("room/b.rs", b),
        ];
        assert_eq!(
            found(&files),
            [["src/room/a.rs", "src/room/b.rs"]],
            "{text}"
        );
    }
}

#[test]
fn tests_visibility_and_other_rooms_do_not_count() {
    let a = "pub(in crate::room) struct A; #[cfg(test)] mod tests { use super::super::b::B; } \
             use crate::other::C;";
    let files = [
        ("lib.rs", "mod room; mod other;"),
        ("room/mod.rs", "mod a; mod b;"),
        ("room/a.rs", a),
        ("room/b.rs", "use super::a::A; pub struct B;"),
        ("other.rs", "use crate::room::a::A; pub struct C;"),
    ];
    assert!(found(&files).is_empty());
}
