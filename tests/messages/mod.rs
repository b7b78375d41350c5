//! A listing of every message of the product, to be read from first to last: all strings of the sources
//! that look like prose, with the call, macro or attribute they stand in, and the help of the command
//! line. `cargo test --locked --test main -- --ignored --nocapture messages::` prints it.

use proc_macro2::{Group, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{
    AttrStyle, Attribute, Expr, ExprCall, ExprMethodCall, ImplItemFn, Item, ItemConst, ItemStatic,
    Lit, LitStr, Macro, Meta,
};

use crate::support::source::{SourceFile, attributes, is_test_only, product};

/// Attributes whose strings a user never reads.
const SILENT: &[&str] = &["cfg", "cfg_attr", "derive", "expect", "serde"];

/// One string: the line it begins on, what it stands in, and its text.
type Message = (usize, String, String);

#[derive(Default)]
struct Messages {
    /// Doc comments are help texts here.
    is_command_line: bool,
    context: String,
    found: Vec<Message>,
}

fn messages(file: &SourceFile) -> Vec<Message> {
    let mut messages = Messages {
        is_command_line: file.module.first().is_some_and(|room| room == "cli"),
        ..Messages::default()
    };
    messages.visit_file(&file.syntax);
    messages.found.sort();
    messages.found
}

/// Whether words are left when placeholders are taken out.
fn is_prose(text: &str) -> bool {
    let mut depth = 0_usize;
    let mut plain = String::new();
    for character in text.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(character),
            _ => {}
        }
    }
    let is_word = |word: &str| word.chars().filter(|c| c.is_alphabetic()).count() > 1;
    plain.contains(' ') && plain.split_whitespace().any(is_word)
}

impl Messages {
    fn add(&mut self, literal: &LitStr) {
        let text = literal.value();
        if is_prose(&text) {
            let line = literal.span().start().line;
            self.found
                .push((line, self.context.clone(), text.replace('\n', "\\n")));
        }
    }

    fn inside(&mut self, context: String, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.context, context);
        visit(self);
        self.context = outer;
    }

    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Literal(literal) => {
                    if let Lit::Str(text) = Lit::new(literal) {
                        self.add(&text);
                    }
                }
                TokenTree::Group(group) if !is_doc(&group) => self.tokens(group.stream()),
                TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

/// Whether this is `[doc = "…"]`, as a doc comment inside a macro call is read.
fn is_doc(group: &Group) -> bool {
    let first = group.stream().into_iter().next();
    matches!(first, Some(TokenTree::Ident(ident)) if ident == "doc")
}

fn last(path: &syn::Path) -> String {
    path.segments
        .last()
        .map(|segment| segment.ident.to_string())
        .unwrap_or_default()
}

impl<'ast> Visit<'ast> for Messages {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test_only(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, method: &'ast ImplItemFn) {
        if !is_test_only(&method.attrs) {
            visit::visit_impl_item_fn(self, method);
        }
    }

    fn visit_item_const(&mut self, item: &'ast ItemConst) {
        self.inside(item.ident.to_string(), |inner| {
            visit::visit_item_const(inner, item)
        });
    }

    fn visit_item_static(&mut self, item: &'ast ItemStatic) {
        self.inside(item.ident.to_string(), |inner| {
            visit::visit_item_static(inner, item)
        });
    }

    fn visit_lit_str(&mut self, literal: &'ast LitStr) {
        self.add(literal);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        let context = match &*call.func {
            Expr::Path(function) => last(&function.path),
            _ => String::new(),
        };
        self.inside(context, |inner| visit::visit_expr_call(inner, call));
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.visit_expr(&call.receiver);
        self.inside(call.method.to_string(), |inner| {
            for argument in &call.args {
                inner.visit_expr(argument);
            }
        });
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.inside(format!("{}!", last(&call.path)), |inner| {
            inner.tokens(call.tokens.clone())
        });
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let name = last(attribute.path());
        let is_help = self.is_command_line && matches!(attribute.style, AttrStyle::Outer);
        match &attribute.meta {
            Meta::List(list) if !SILENT.contains(&name.as_str()) => {
                self.inside(format!("#[{name}]"), |inner| {
                    inner.tokens(list.tokens.clone())
                });
            }
            Meta::NameValue(pair) if name == "doc" && is_help => {
                self.inside("help".to_owned(), |inner| inner.visit_expr(&pair.value));
            }
            Meta::Path(_) | Meta::List(_) | Meta::NameValue(_) => {}
        }
    }
}

#[test]
#[ignore = "a listing"]
fn every_message() {
    for file in product() {
        for (line, context, text) in messages(&file) {
            println!("{}:{line} [{context}] {text}", file.path);
        }
    }
}

#[test]
fn every_kind_of_message_is_listed() {
    let text = r#"
        //! Not a message.
        words! { /// Nor is this.
            Word }
        #[derive(Error)]
        #[error("a kind of {0}")]
        #[serde(rename = "not a message")]
        struct Failure;
        /// Help of the option.
        const NOTE: &str = "in a constant";
        fn f() -> String {
            say(format!("{} in a macro", 1)).hint("in a method");
            "{only} {values}"
        }
        #[cfg(test)]
        mod tests { const NOTE: &str = "in a test"; }
    "#;
    let found = messages(&SourceFile::parse("cli/made_up.rs", text));
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(_, context, text)| (context.as_str(), text.as_str()))
        .collect();
    let expected = [
        ("#[error]", "a kind of {0}"),
        ("help", " Help of the option."),
        ("NOTE", "in a constant"),
        ("format!", "{} in a macro"),
        ("hint", "in a method"),
    ];
    assert_eq!(found, expected);
}
