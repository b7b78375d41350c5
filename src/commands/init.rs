//! `connectorctl init`: a first manifest. It never overwrites a file.

#![expect(
    clippy::disallowed_methods,
    reason = "creates the manifest, and reads the name of the folder"
)]

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

use super::context::Context;
use super::recipients;
use crate::catalog::{Catalog, ElementEntry};
use crate::cli::InitArgs;
use crate::error::{CliError, Exit};
use crate::files;
use crate::manifest;
use crate::model::{InstanceKey, InventoryName};
use crate::render::scaffold::{self, Scaffold, Scaffolded};

pub(super) fn run(context: &Context, arguments: &InitArgs) -> Result<Exit, CliError> {
    let [path] = context.global.files.as_slice() else {
        return Err(CliError::usage("`init` writes one manifest").hint("pass `--file` once"));
    };
    if path.exists() {
        return Err(exists(path));
    }
    let connectors = match arguments.connectors.is_empty() {
        true => ask(context)?,
        false => arguments.connectors.clone(),
    };
    let inventory = inventory(arguments.inventory.as_deref())?;
    let instances = instances(&connectors)?;
    let recipients = recipients::recipients(context, arguments, path)?;
    let scaffolded = scaffold::manifest(&inventory, &recipients, &instances);
    if path == Path::new("-") {
        let printed = context.ui.print(|out| write!(out, "{}", scaffolded.text));
        printed.map_err(CliError::output)?;
    } else {
        create(path, &scaffolded.text)?;
        context.ui.say(&format!("Created {}.", path.display()));
    }
    next(context, path, &scaffolded);
    Ok(Exit::Success)
}

fn exists(path: &Path) -> CliError {
    CliError::usage(format!(
        "`{}` exists already; nothing was written",
        path.display()
    ))
    .hint("pass `--file` with another name")
}

/// Fails if the file came into being meanwhile.
fn create(path: &Path, text: &str) -> Result<(), CliError> {
    files::create_new(path, text.as_bytes()).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => exists(path),
        _ => {
            let summary = format!("cannot write `{}`", path.display());
            CliError::caused_by(Exit::Failed, summary, error)
        }
    })
}

fn ask(context: &Context) -> Result<Vec<String>, CliError> {
    let none = || {
        CliError::usage("no connector is given")
            .hint("pass `--connector`, such as `--connector freshdeskv2`")
    };
    if !context.ui.may_ask() {
        return Err(none());
    }
    let question = "Connectors, separated by blanks (such as `freshdeskv2 jira`): ";
    let answer = context.ui.ask(question).map_err(CliError::output)?;
    let connectors: Vec<String> = answer.split_whitespace().map(str::to_owned).collect();
    if connectors.is_empty() {
        Err(none())
    } else {
        Ok(connectors)
    }
}

/// The name of a new inventory: by default that of the folder.
pub(super) fn inventory(given: Option<&str>) -> Result<InventoryName, CliError> {
    let invalid = |error| CliError::caused_by(Exit::Usage, "invalid `--inventory`", error);
    if let Some(given) = given {
        return InventoryName::new(given).map_err(invalid);
    }
    let folder = std::env::current_dir().ok();
    let folder = folder.as_deref().and_then(Path::file_name);
    let name = folder.and_then(|name| InventoryName::new(name.to_str()?).ok());
    name.map_or_else(|| InventoryName::new("connectors").map_err(invalid), Ok)
}

/// The instances of `[KEY=]CONNECTOR`; a connector that comes again gets a number.
fn instances(connectors: &[String]) -> Result<Vec<Scaffold<'static>>, CliError> {
    let mut taken = BTreeSet::new();
    let mut instances = Vec::new();
    for connector in connectors {
        let (key, name) = match connector.split_once('=') {
            Some((key, name)) => (Some(key), name),
            None => (None, connector.as_str()),
        };
        let element = element(name)?;
        let key = match key {
            Some(key) => key.to_owned(),
            None => free(name, &taken),
        };
        let key = InstanceKey::new(key).map_err(|error| {
            CliError::caused_by(
                Exit::Usage,
                format!("invalid key in `--connector {connector}`"),
                error,
            )
        })?;
        if !taken.insert(key.to_string()) {
            return Err(CliError::usage(format!(
                "two instances have the key `{key}`"
            )));
        }
        instances.push(Scaffold { key, element });
    }
    Ok(instances)
}

fn free(name: &str, taken: &BTreeSet<String>) -> String {
    let mut names = (2..).map(|number| format!("{name}-{number}"));
    let first = Some(name.to_owned()).filter(|name| !taken.contains(name));
    first
        .or_else(|| names.find(|name| !taken.contains(name)))
        .unwrap_or_default()
}

fn element(name: &str) -> Result<&'static ElementEntry, CliError> {
    let catalog = Catalog::embedded();
    catalog.element(name).ok_or_else(|| {
        let known = catalog.elements().iter().map(|known| known.key.as_str());
        let hint = match manifest::nearest(name, known) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "declare your own element in the manifest by hand: `element: KEY`".to_owned(),
        };
        CliError::usage(format!("the catalogue has no connector `{name}`")).hint(hint)
    })
}

/// Says what to do next.
fn next(context: &Context, path: &Path, manifest: &Scaffolded) {
    let file = match path.to_str() {
        Some("instances.yaml") | None => String::new(),
        Some(file) => format!(" -f {file}"),
    };
    context.ui.say("");
    context.ui.say(&format!(
        "Try it without an account: connectorctl apply --sandbox{file}"
    ));
    if !manifest.variables.is_empty() {
        context.ui.say("");
        context
            .ui
            .say("For a real account, set these variables. Write a value that is not secret");
        context.ui.say("into the manifest instead, if you like:");
        for variable in &manifest.variables {
            context.ui.say(&format!("  export {variable}="));
        }
    }
}
