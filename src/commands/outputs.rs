//! `connectorctl token` and `connectorctl outputs`.

#![expect(
    clippy::disallowed_methods,
    reason = "reads the template, and adds to the files that the runner of a GitHub job names"
)]

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::recorded::{self, with_outputs};
use crate::cli::{OutputsArgs, OutputsFormat, TokenArgs};
use crate::error::{CliError, Exit};
use crate::lockfile::write_atomic;
use crate::outputs::{self, Account, GithubFile, Outputs, Template, Variable};

/// Prints one token, or the header with it.
pub(super) fn token(context: &Context, arguments: &TokenArgs) -> Result<Exit, CliError> {
    let TokenArgs {
        key,
        header,
        reveal,
    } = arguments;
    may_reveal(context, *reveal)?;
    let lock = recorded::lock(context)?;
    let (key, entry) = recorded::instance(&lock, key)?;
    let token = outputs::token(key, entry)?;
    let account = recorded::account(context, *header)?;
    let line = match &account {
        None => format!("{}\n", token.expose()),
        Some((user, organization)) => {
            let header = Account { user, organization }.header(token);
            format!("Authorization: {}\n", header.expose())
        }
    };
    let written = context.ui.hand_out(line.as_bytes());
    written.map_err(CliError::output)?;
    Ok(Exit::Success)
}

/// Whether a secret may go to standard output: not where people or a log would see it.
fn may_reveal(context: &Context, is_wanted: bool) -> Result<(), CliError> {
    let is_pipeline = context
        .environment
        .get("CI")
        .is_some_and(|ci| ci != "false");
    let place = match (context.ui.shows_stdout(), is_pipeline) {
        _ if is_wanted => return Ok(()),
        (true, _) => "on a terminal",
        (false, true) => "into the log of a pipeline",
        (false, false) => return Ok(()),
    };
    Err(
        CliError::usage(format!("tokens are not printed {place}")).hint(
            "pipe the result to where it is needed and pass `--reveal`, or use `connectorctl exec`",
        ),
    )
}

/// Writes all selected ids and tokens.
pub(super) fn outputs(context: &Context, arguments: &OutputsArgs) -> Result<Exit, CliError> {
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
        match &arguments.out {
            Some(path) => write_atomic(path, &text)?,
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
    let source = fs::read_to_string(path).map_err(|error| {
        let summary = format!("cannot read the template `{}`", path.display());
        CliError::caused_by(Exit::Usage, summary, error)
    })?;
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
    append(&path, &lines)?;
    Ok(Exit::Success)
}

fn append(path: &Path, lines: &[u8]) -> Result<(), CliError> {
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(lines))
        .map_err(|error| {
            let summary = format!("cannot write `{}`", path.display());
            CliError::caused_by(Exit::Failed, summary, error)
        })
}
