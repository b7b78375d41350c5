//! `connectorctl outputs`: all selected ids and tokens, for another tool.

use std::path::PathBuf;

use super::context::Context;
use super::inputs;
use super::recorded::with_outputs;
use super::results::ResultTarget;
use super::token::may_reveal;
use crate::cli::{OutputsArgs, OutputsFormat};
use crate::error::{CliError, Exit};
use crate::files::{self, Limits, Standard};
use crate::outputs::{self, GithubFile, Outputs, Template, Variable};

/// A larger file is not a template.
const TEMPLATE: Limits = Limits::bytes(1024 * 1024);

/// Options that the format would ignore.
fn fits(arguments: &OutputsArgs) -> Result<(), CliError> {
    let OutputsArgs {
        format,
        template,
        out,
        variables: _,
        secret_name,
        reveal: _,
        keys: _,
    } = arguments;
    let is_github = matches!(
        format,
        OutputsFormat::GithubEnv | OutputsFormat::GithubOutput
    );
    let unused = [
        (
            "--template",
            template.is_some() && *format != OutputsFormat::Template,
        ),
        (
            "--secret-name",
            secret_name.is_some() && *format != OutputsFormat::Kubernetes,
        ),
        ("--out", out.is_some() && is_github),
    ];
    match unused.into_iter().find(|(_, is_unused)| *is_unused) {
        Some((option, _)) => Err(CliError::usage(format!(
            "`{option}` has no effect with this `--format`"
        ))),
        None => Ok(()),
    }
}

/// Writes all selected ids and tokens.
pub(super) fn outputs(context: &Context, arguments: &OutputsArgs) -> Result<Exit, CliError> {
    fits(arguments)?;
    with_outputs(context, &arguments.keys, &arguments.variables, |outputs| {
        let variables = outputs::variables(outputs, &arguments.variables.prefix)?;
        let mut text = Vec::new();
        let written = match arguments.format {
            OutputsFormat::Dotenv => outputs::dotenv(&variables, &mut text),
            OutputsFormat::Json => outputs::json(outputs, &mut text),
            OutputsFormat::GithubEnv => {
                return github(context, GithubFile::Env, &variables);
            }
            OutputsFormat::GithubOutput => {
                return github(context, GithubFile::Output, &variables);
            }
            OutputsFormat::Kubernetes => {
                let name = arguments.secret_name.as_deref();
                let name = outputs::secret_name(name, outputs.inventory())?;
                outputs::kubernetes(&name, &variables, &mut text)
            }
            OutputsFormat::Template => {
                text.extend(templated(arguments, outputs, &variables)?.into_bytes());
                Ok(())
            }
        };
        written.map_err(CliError::output)?;
        // A path that names standard output does not keep it out of sight.
        let is_file = |path: &&PathBuf| Standard::named_by(path).is_none();
        let path = arguments.out.as_ref().filter(is_file);
        match ResultTarget::open(context, &inputs::paths(context)?, "--out", path)? {
            Some(file) => file.write(context, &text)?,
            None => {
                may_reveal(context, arguments.reveal)?;
                context.ui.hand_out(&text).map_err(CliError::output)?;
            }
        }
        Ok(Exit::Success)
    })
}

fn templated(
    arguments: &OutputsArgs,
    outputs: &Outputs<'_>,
    variables: &[Variable],
) -> Result<String, CliError> {
    let path = arguments.template.as_deref();
    let path = path.ok_or_else(|| CliError::usage("`--format template` needs `--template`"))?;
    let unreadable = || format!("cannot read the template `{}`", path.display());
    let source = files::read(path, TEMPLATE)
        .map_err(|error| CliError::caused_by(Exit::Usage, unreadable(), error))?;
    let source = String::from_utf8(source)
        .map_err(|error| CliError::caused_by(Exit::Usage, unreadable(), error))?;
    let rendered = Template::parse(&source).and_then(|it| it.render(outputs, variables));
    rendered.map_err(|error| {
        let summary = format!("invalid template `{}`", path.display());
        CliError::caused_by(Exit::Usage, summary, error)
    })
}

/// Masks the values in the log of the job, and only then hands them to its runner.
fn github(context: &Context, file: GithubFile, variables: &[Variable]) -> Result<Exit, CliError> {
    let name = match file {
        GithubFile::Env => "GITHUB_ENV",
        GithubFile::Output => "GITHUB_OUTPUT",
    };
    let path = context
        .environment
        .raw(name)
        .filter(|path| !path.is_empty());
    let path = path.map(PathBuf::from).ok_or_else(|| {
        CliError::usage(format!("`{name}` is not set"))
            .hint("run this in a step of a GitHub job, or use `--format dotenv`")
    })?;
    let mut masks = Vec::new();
    outputs::masks(variables, &mut masks).map_err(CliError::output)?;
    context.ui.hand_out(&masks).map_err(CliError::output)?;
    let mut lines = Vec::new();
    outputs::github(file, variables, &mut lines).map_err(CliError::output)?;
    files::append(&path, &lines).map_err(|error| {
        let summary = format!("cannot write `{}`", path.display());
        CliError::caused_by(Exit::Failed, summary, error)
    })?;
    Ok(Exit::Success)
}
