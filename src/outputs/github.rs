//! Ids and tokens for the next steps of a GitHub job, and the commands that mask them in its log.

use std::io::{self, Write};

use super::Variable;

/// Which file of the runner the variables are added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GithubFile {
    /// `$GITHUB_ENV`: environment variables of all later steps.
    Env,
    /// `$GITHUB_OUTPUT`: outputs of this step. Their names are in lower case, as outputs are.
    Output,
}

/// The lines for the runner's file. Values have no line break, so none can add a line of its own.
///
/// # Errors
/// Where it cannot be written.
pub fn github(file: GithubFile, variables: &[Variable], out: &mut dyn Write) -> io::Result<()> {
    for Variable { name, value, .. } in variables {
        match file {
            GithubFile::Env => writeln!(out, "{name}={}", value.expose())?,
            GithubFile::Output => {
                writeln!(out, "{}={}", name.to_ascii_lowercase(), value.expose())?;
            }
        }
    }
    Ok(())
}

/// The commands that mask each secret value. They have to be in the log before the value can be.
///
/// # Errors
/// Where they cannot be written.
pub fn masks(variables: &[Variable], out: &mut dyn Write) -> io::Result<()> {
    for variable in variables.iter().filter(|variable| variable.is_secret) {
        // The runner decodes `%25`, and the codes of line breaks, which a value does not have.
        let value = variable.value.expose().replace('%', "%25");
        writeln!(out, "::add-mask::{value}")?;
    }
    Ok(())
}
