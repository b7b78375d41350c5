//! Ids and tokens in a text of the user's own (docs/consumers.md#templates).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};

use super::{Outputs, OutputsError, Variable, View};

/// A parsed template.
pub struct Template<'source>(Environment<'source>);

const NAME: &str = "template";

impl<'source> Template<'source> {
    /// Parses a template in the syntax of Jinja. It can read nothing but what it is handed.
    ///
    /// # Errors
    /// [`OutputsError::Template`].
    pub fn parse(source: &'source str) -> Result<Self, OutputsError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build();
        environment.set_syntax(syntax.map_err(error)?);
        environment.add_filter("base64", |text: String| STANDARD.encode(text));
        environment.add_template(NAME, source).map_err(error)?;
        Ok(Self(environment))
    }

    /// The text, from `inventory`, `instances` and `variables`.
    ///
    /// # Errors
    /// [`OutputsError::Template`].
    pub fn render(
        &self,
        outputs: &Outputs<'_>,
        variables: &[Variable],
    ) -> Result<String, OutputsError> {
        let instances: Vec<View<'_>> = outputs.instances.iter().map(View::from).collect();
        let instances = Value::from(Serde(instances));
        let variables: Vec<Value> = variables
            .iter()
            .map(|it| context! { name => it.name.as_str(), value => it.value.expose() })
            .collect();
        let inventory = outputs.inventory.as_str();
        let template = self.0.get_template(NAME).map_err(error)?;
        template
            .render(context! { inventory, instances, variables })
            .map_err(error)
    }
}

/// The library's error without its detail, which may quote a value.
fn error(error: minijinja::Error) -> OutputsError {
    OutputsError::Template {
        what: match error.kind() {
            minijinja::ErrorKind::SyntaxError => error
                .detail()
                .map_or_else(|| "syntax error".to_owned(), str::to_owned),
            minijinja::ErrorKind::UndefinedError => "a name that is not defined is used".to_owned(),
            kind => kind.to_string(),
        },
        line: error.line(),
    }
}
