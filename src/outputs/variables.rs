//! The names of variables (docs/consumers.md#names-of-variables): `CONNECTOR_<KEY>_ID`, `…_TOKEN` and, with
//! the account's secrets, `…_AUTHORIZATION`.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::{Output, Outputs, OutputsError};
use crate::model::Secret;

/// What every variable's name starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix(String);

impl FromStr for Prefix {
    type Err = OutputsError;

    fn from_str(text: &str) -> Result<Self, OutputsError> {
        let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
        let is_name =
            text.starts_with(is_start) && text.chars().all(|c| is_start(c) || c.is_ascii_digit());
        if is_name {
            Ok(Self(text.to_owned()))
        } else {
            Err(OutputsError::InvalidPrefix)
        }
    }
}

/// One variable of the environment.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name, which every shell accepts.
    pub name: String,
    /// Its value. An id is not secret, but is treated alike.
    pub value: Secret,
    /// Whether logs must not show the value.
    pub is_secret: bool,
}

/// The variables of all instances, in the order of their keys.
///
/// # Errors
/// [`OutputsError::SameVariable`].
pub fn variables(outputs: &Outputs<'_>, prefix: &Prefix) -> Result<Vec<Variable>, OutputsError> {
    let mut variables = Vec::new();
    let mut stems = BTreeMap::new();
    for output in &outputs.instances {
        let stem = stem(prefix, output);
        if let Some(first) = stems.insert(stem.clone(), output.key) {
            return Err(OutputsError::SameVariable {
                first: first.clone(),
                second: output.key.clone(),
                name: format!("{stem}_ID"),
            });
        }
        let mut add = |ending: &str, value: Secret, is_secret| {
            let name = format!("{stem}_{ending}");
            variables.push(Variable {
                name,
                value,
                is_secret,
            });
        };
        add("ID", Secret::new(output.entry.id.to_string()), false);
        add("TOKEN", output.token.clone(), true);
        if let Some(header) = &output.authorization {
            add("AUTHORIZATION", header.clone(), true);
        }
    }
    Ok(variables)
}

/// The key in upper case, with `_` for what a variable's name cannot have.
fn stem(prefix: &Prefix, output: &Output<'_>) -> String {
    let key = output.key.as_str().chars().map(|c| match c {
        'A'..='Z' | 'a'..='z' | '0'..='9' => c.to_ascii_uppercase(),
        _ => '_',
    });
    prefix.0.chars().chain(key).collect()
}
