//! The sources of the product as syntax trees, for tests that read them. Tests inside `src` are left
//! out.

use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Item, Meta};

/// One file of `src`.
pub(crate) struct SourceFile {
    /// Relative to the package: `src/apply/settle.rs`.
    pub(crate) path: String,
    /// `["apply", "settle"]`; empty for `src/lib.rs`.
    pub(crate) module: Vec<String>,
    pub(crate) syntax: syn::File,
}

impl SourceFile {
    /// A file of this path below `src` and this text.
    pub(crate) fn parse(below: &str, text: &str) -> Self {
        let path = format!("src/{below}");
        let syntax = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self {
            module: module_path(below),
            path,
            syntax,
        }
    }
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files below this folder of the package, sorted.
pub(crate) fn rust_files(below: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(below), &mut found);
    found.sort();
    found
}

/// Every file of `src` that is part of the product, parsed.
pub(crate) fn product() -> Vec<SourceFile> {
    let src = root().join("src");
    rust_files("src")
        .iter()
        .map(|file| (file, file.strip_prefix(&src).expect("a file of src")))
        .filter(|(_, below)| {
            !below
                .iter()
                .any(|part| part == "tests" || part == "tests.rs")
        })
        .map(|(file, below)| {
            let text = fs::read_to_string(file).expect("a readable file");
            SourceFile::parse(&below.to_string_lossy(), &text)
        })
        .collect()
}

/// The module path of a file, given relative to `src`: `["apply", "settle"]` for `apply/settle.rs`.
pub(crate) fn module_path(below: &str) -> Vec<String> {
    let mut parts: Vec<String> = below
        .trim_end_matches(".rs")
        .split('/')
        .map(str::to_owned)
        .collect();
    if parts
        .last()
        .is_some_and(|last| last == "mod" || last == "lib")
    {
        parts.pop();
    }
    parts
}

/// Whether an item with these attributes is compiled only for tests.
pub(crate) fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => list.tokens.to_string() == "test",
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(_) | Meta::NameValue(_) => false,
    })
}

/// The attributes of an item of a module.
pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
