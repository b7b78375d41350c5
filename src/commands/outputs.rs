//! `connectorctl token` and `connectorctl outputs`.

use std::path::PathBuf;

use super::context::Context;
use super::inputs;
use super::recorded::{self, with_outputs};
use super::results::ResultTarget;
use crate::cli::{OutputsArgs, OutputsFormat, TokenArgs};
use crate::error::{CliError, Exit};
use crate::files::{self, Limits, Standard};
use crate::outputs::{self, Account, GithubFile, Outputs, Template, Variable};

/// A larger file is no template.
const TEMPLATE: Limits = Limits::bytes(1024 * 1024);

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
        // Under its name standard output is no less visible.
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
