//! Which file of the product needs which other one, read from the syntax: every path a file names,
//! followed through imports and re-exports to the file that defines the item.
//!
//! A `mod` declaration or a re-export needs nothing by itself. A method whose `impl` stands apart from
//! its type counts where it is called on `self`, on a parameter of that type or on a fresh value of it;
//! other calls of methods name no path and are not seen.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, ExprMethodCall, ImplItem, ImplItemFn, Item, ItemFn, ItemImpl, ItemUse, Lit,
    Local, Macro, Meta, Pat, PatType, Type, UseTree, Visibility,
};

use crate::support::source::{SourceFile, attributes, is_test_only};

type ModulePath = Vec<String>;

/// From a file to the files it needs, each with one name it takes from there.
pub(super) type Edges = BTreeMap<String, BTreeMap<String, String>>;

/// How many imports and re-exports a name is followed through.
const MAX_IMPORTS: usize = 16;

/// What one file holds and names.
#[derive(Default)]
struct Unit {
    /// Names of the items it defines.
    items: BTreeSet<String>,
    /// Imports by the name they have here, and whether they are re-exports.
    imports: BTreeMap<String, (Vec<String>, bool)>,
    /// Modules everything is imported from.
    globs: Vec<Vec<String>>,
    /// Every path in code, as written.
    named: BTreeSet<Vec<String>>,
    /// Methods of inherent `impl` blocks, after the path of their type.
    methods: BTreeSet<(Vec<String>, String)>,
    /// Methods called on what has a known type, after the path of the type.
    calls: BTreeSet<(Vec<String>, String)>,
    /// Types of the names in scope while a function is read.
    scope: BTreeMap<String, Vec<String>>,
}

/// The edges between files of the same room; a room is a module directly below `src`.
pub(super) fn edges_inside_rooms(files: &[SourceFile]) -> Edges {
    let units: BTreeMap<ModulePath, Unit> = files
        .iter()
        .map(|file| {
            let mut unit = Unit::default();
            unit.visit_file(&file.syntax);
            (file.module.clone(), unit)
        })
        .collect();
    let names: BTreeMap<&ModulePath, &str> = files
        .iter()
        .map(|file| (&file.module, file.path.as_str()))
        .collect();
    let graph = Graph { units };
    let mut edges = Edges::new();
    for (from, unit) in &graph.units {
        for (to, item) in graph.needs(from, unit) {
            if from.first() == to.first() && *from != to {
                edges
                    .entry(names[from].to_owned())
                    .or_default()
                    .entry(names[&to].to_owned())
                    .or_insert(item);
            }
        }
    }
    edges
}

struct Graph {
    units: BTreeMap<ModulePath, Unit>,
}

impl Graph {
    fn needs(&self, module: &ModulePath, unit: &Unit) -> Vec<(ModulePath, String)> {
        let imports = unit
            .imports
            .values()
            .filter(|(_, is_re_export)| !is_re_export)
            .map(|(path, _)| path);
        let mut needs: Vec<(ModulePath, String)> = imports
            .chain(&unit.named)
            .filter_map(|path| {
                let (file, item) = self.resolved(module, path)?;
                Some((file, item?))
            })
            .collect();
        for (owner, method) in &unit.calls {
            if let Some(owner) = self.resolved(module, owner) {
                let homes = self.units.iter().filter(|(home, unit)| {
                    unit.methods.iter().any(|(path, name)| {
                        name == method && self.resolved(home, path).as_ref() == Some(&owner)
                    })
                });
                needs.extend(homes.map(|(home, _)| (home.clone(), format!("{method}()"))));
            }
        }
        needs
    }

    fn resolved(
        &self,
        module: &ModulePath,
        path: &[String],
    ) -> Option<(ModulePath, Option<String>)> {
        self.definition(&self.absolute(module, path)?, 0)
    }

    /// The path from the root of the crate; nothing for what is not of this crate.
    fn absolute(&self, module: &ModulePath, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let mut base = match first.as_str() {
            "crate" => Vec::new(),
            "self" => module.clone(),
            "super" => {
                let mut base = module.clone();
                base.pop()?;
                let climbs = rest.iter().take_while(|part| *part == "super").count();
                base.truncate(base.len().checked_sub(climbs)?);
                base.extend_from_slice(&rest[climbs..]);
                return Some(base);
            }
            _ => {
                let unit = &self.units[module];
                if let Some((target, _)) = unit.imports.get(first)
                    && target != path
                {
                    let mut target = self.absolute(module, target)?;
                    target.extend_from_slice(rest);
                    return Some(target);
                }
                let mut child = module.clone();
                child.push(first.clone());
                let is_item = unit.items.contains(first) || !unit.globs.is_empty();
                if !is_item && !self.units.contains_key(&child) {
                    return None;
                }
                return Some([module, path].concat());
            }
        };
        base.extend_from_slice(rest);
        Some(base)
    }

    /// The file that defines what this path ends at, and the item's name unless it ends at a module.
    fn definition(&self, path: &[String], depth: usize) -> Option<(ModulePath, Option<String>)> {
        // Two modules may import everything from each other.
        if depth > MAX_IMPORTS {
            return None;
        }
        let mut module = ModulePath::new();
        for (at, part) in path.iter().enumerate() {
            let unit = self.units.get(&module)?;
            let is_last = at + 1 == path.len();
            let is_item = unit.items.contains(part) || unit.imports.contains_key(part);
            let mut child = module.clone();
            child.push(part.clone());
            // A module and a function may share a name; the end of a path means the function.
            if self.units.contains_key(&child) && !(is_last && is_item) {
                module = child;
            } else if unit.items.contains(part) {
                return Some((module, Some(part.clone())));
            } else {
                let rest = &path[at + 1..];
                let imported = unit.imports.get(part).map(|(target, _)| target.clone());
                let globbed = unit
                    .globs
                    .iter()
                    .map(|glob| [glob, &path[at..=at]].concat());
                return imported.into_iter().chain(globbed).find_map(|target| {
                    let absolute = self.absolute(&module, &target)?;
                    self.definition(&[absolute.as_slice(), rest].concat(), depth + 1)
                });
            }
        }
        Some((module, None))
    }
}

impl Unit {
    fn import(&mut self, tree: &UseTree, path: &mut Vec<String>, is_re_export: bool) {
        match tree {
            UseTree::Path(step) => {
                path.push(step.ident.to_string());
                self.import(&step.tree, path, is_re_export);
                path.pop();
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, path, is_re_export);
                }
            }
            UseTree::Glob(_) => self.globs.push(path.clone()),
            UseTree::Name(name) if name.ident == "self" => {
                if let Some(last) = path.last() {
                    self.imports
                        .insert(last.clone(), (path.clone(), is_re_export));
                }
            }
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                let mut target = path.clone();
                target.push(name.clone());
                self.imports.insert(name, (target, is_re_export));
            }
            UseTree::Rename(rename) => {
                let mut target = path.clone();
                if rename.ident != "self" {
                    target.push(rename.ident.to_string());
                }
                // Several traits may be imported as `_`.
                let alias = match rename.rename.to_string() {
                    alias if alias == "_" => target.join("::"),
                    alias => alias,
                };
                self.imports.insert(alias, (target, is_re_export));
            }
        }
    }

    /// Paths, and methods of `self`, in the tokens of a macro call or an attribute.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut between = String::new();
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    let ident = ident.to_string();
                    if between == "." {
                        self.call(&path, &ident);
                    }
                    if between != "::" {
                        self.name(std::mem::take(&mut path));
                    }
                    path.push(ident);
                    between.clear();
                }
                TokenTree::Punct(punct) => between.push(punct.as_char()),
                TokenTree::Group(group) => {
                    self.name(std::mem::take(&mut path));
                    self.tokens(group.stream());
                }
                TokenTree::Literal(_) => self.name(std::mem::take(&mut path)),
            }
        }
        self.name(path);
    }

    /// A method called on what this path names.
    fn call(&mut self, receiver: &[String], method: &str) {
        if let [name] = receiver
            && let Some(owner) = self.scope.get(name)
        {
            self.calls.insert((owner.clone(), method.to_owned()));
        }
    }

    /// The type of a name in scope, a struct expression or a `Type::new(…)`.
    fn type_of(&self, expression: &Expr) -> Option<Vec<String>> {
        match expression {
            Expr::Path(path) => self.scope.get(&path.path.get_ident()?.to_string()).cloned(),
            Expr::Struct(literal) => Some(segments(&literal.path)),
            Expr::Call(call) => match &*call.func {
                Expr::Path(function) => {
                    let path = segments(&function.path);
                    let (_, owner) = path.split_last()?;
                    owner
                        .last()?
                        .starts_with(char::is_uppercase)
                        .then(|| owner.to_vec())
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn name(&mut self, path: Vec<String>) {
        if !path.is_empty() {
            self.named.insert(path);
        }
    }
}

/// The path of a type, seen through references.
fn type_path(of: &Type) -> Option<Vec<String>> {
    match of {
        Type::Path(path) => Some(segments(&path.path)),
        Type::Reference(reference) => type_path(&reference.elem),
        _ => None,
    }
}

fn segments(path: &syn::Path) -> Vec<String> {
    path.segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect()
}

impl<'ast> Visit<'ast> for Unit {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_test_only(attributes(item)) {
            return;
        }
        let name = match item {
            Item::Const(item) => Some(&item.ident),
            Item::Enum(item) => Some(&item.ident),
            Item::Fn(item) => Some(&item.sig.ident),
            Item::Macro(item) => item.ident.as_ref(),
            Item::Static(item) => Some(&item.ident),
            Item::Struct(item) => Some(&item.ident),
            Item::Trait(item) => Some(&item.ident),
            Item::Type(item) => Some(&item.ident),
            _ => None,
        };
        self.items.extend(name.map(ToString::to_string));
        visit::visit_item(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_re_export = !matches!(item.vis, Visibility::Inherited);
        self.import(&item.tree, &mut Vec::new(), is_re_export);
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let owner = type_path(&item.self_ty);
        if let (None, Some(owner)) = (&item.trait_, &owner) {
            for member in &item.items {
                if let ImplItem::Fn(method) = member {
                    let name = method.sig.ident.to_string();
                    self.methods.insert((owner.clone(), name));
                }
            }
        }
        let owner = owner.map(|owner| ("self".to_owned(), owner));
        let outer = std::mem::replace(&mut self.scope, owner.into_iter().collect());
        visit::visit_item_impl(self, item);
        self.scope = outer;
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        let outer = self.scope.clone();
        visit::visit_item_fn(self, function);
        self.scope = outer;
    }

    fn visit_impl_item_fn(&mut self, method: &'ast ImplItemFn) {
        let outer = self.scope.clone();
        visit::visit_impl_item_fn(self, method);
        self.scope = outer;
    }

    fn visit_pat_type(&mut self, typed: &'ast PatType) {
        if let (Pat::Ident(name), Some(path)) = (&*typed.pat, type_path(&typed.ty)) {
            self.scope.insert(name.ident.to_string(), path);
        }
        visit::visit_pat_type(self, typed);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = segments(path);
        match names.as_slice() {
            [owner, method] if owner == "Self" => self.call(&["self".to_owned()], method),
            _ => self.name(names),
        }
        visit::visit_path(self, path);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        if let (Pat::Ident(name), Some(init)) = (&local.pat, &local.init)
            && let Some(path) = self.type_of(&init.expr)
        {
            self.scope.insert(name.ident.to_string(), path);
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if let Some(owner) = self.type_of(&call.receiver) {
            self.calls.insert((owner, call.method.to_string()));
        }
        visit::visit_expr_method_call(self, call);
    }

    /// `pub(in crate::…)` says who may see, and needs nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    /// `#[serde(with = "super::time")]` names a module in a string.
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            for token in list.tokens.clone() {
                if let TokenTree::Literal(literal) = token
                    && let Lit::Str(text) = Lit::new(literal)
                    && let Ok(path) = text.parse::<syn::Path>()
                {
                    self.name(segments(&path));
                }
            }
            self.tokens(list.tokens.clone());
        }
    }
}
