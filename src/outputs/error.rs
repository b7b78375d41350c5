//! Why ids and tokens cannot be handed out.

use crate::model::InstanceKey;

/// Why ids and tokens cannot be handed out. No variant holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum OutputsError {
    /// The platform showed no token for this instance yet.
    #[error("no token is recorded for `{key}`")]
    NoToken {
        /// The instance.
        key: InstanceKey,
    },
    /// The caller did not open it.
    #[error("the token of `{key}` is sealed")]
    Sealed {
        /// The instance.
        key: InstanceKey,
    },
    /// A token that would break out of its line.
    #[error("the token of `{key}` contains a control character")]
    ControlCharacter {
        /// The instance.
        key: InstanceKey,
    },
    /// Two keys that differ only in characters a variable cannot have.
    #[error("`{first}` and `{second}` have the same variable `{name}`")]
    SameVariable {
        /// The first of the keys.
        first: InstanceKey,
        /// The second.
        second: InstanceKey,
        /// The variable of both.
        name: String,
    },
    /// Not the start of a variable's name.
    #[error("a prefix consists of letters, digits and `_`, and starts with a letter or `_`")]
    InvalidPrefix,
    /// Not a name that Kubernetes accepts.
    #[error(
        "the name of a Secret consists of up to 253 lower-case letters, digits, `-` and `.`, and starts and ends with a letter or digit"
    )]
    InvalidSecretName,
    /// A template that cannot be rendered.
    #[error("{what}{}", line.map(|line| format!(" in line {line}")).unwrap_or_default())]
    Template {
        /// What is wrong with it.
        what: String,
        /// The line, counted from 1.
        line: Option<usize>,
    },
}
