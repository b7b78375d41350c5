//! References of other tools, which are sent as they are because nothing here resolves them.
//!
//! Must not: take the platform's own `${epoch}`, `${date:…}` and `${gmtDate:…}` for one, or show a
//! part of the value.

/// A tool whose reference a value looks like.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) name: &'static str,
    /// How to write it here.
    pub(super) hint: &'static str,
    start: &'static str,
    end: &'static str,
    /// Whether the value may have text before and after it.
    anywhere: bool,
}

const PIPELINE: &str =
    "map the secret to a variable in the pipeline, and write `${env:NAME}` with its name";
const STORE: &str =
    "write `${env:NAME}`, or `${exec:command}` with the command that prints the secret";
const ENCRYPTED: &str =
    "decrypt it into a variable or a file, and write `${env:NAME}` or `${file:path}`";
const VARIABLE: &str = "write `${env:NAME}`";

/// The first that fits counts.
const TOOLS: [Tool; 14] = [
    inside("GitHub Actions", "${{", "}}", PIPELINE),
    inside("CloudFormation", "{{resolve:", "}}", STORE),
    inside(
        "a template engine such as Helm or Jinja",
        "{{",
        "}}",
        VARIABLE,
    ),
    inside("Vault", "${vault:", "}", STORE),
    inside("vals", "ref+", "://", STORE),
    inside("a shell, Compose or Terraform", "${", "}", VARIABLE),
    whole("Vault", "vault:", "", STORE),
    whole("SOPS", "ENC[", "]", ENCRYPTED),
    whole("Jasypt", "ENC(", ")", ENCRYPTED),
    whole("Ansible Vault", "$ANSIBLE_VAULT;", "", ENCRYPTED),
    whole("1Password", "op://", "", STORE),
    whole("AWS Secrets Manager", "arn:aws:secretsmanager:", "", STORE),
    whole("Azure Key Vault", "@Microsoft.KeyVault(", ")", STORE),
    whole("Azure Pipelines", "$(", ")", PIPELINE),
];

/// What of `${` is not foreign: the functions of the platform, and our own.
const KNOWN: [&str; 6] = [
    "${epoch}",
    "${date:",
    "${gmtDate:",
    "${env:",
    "${file:",
    "${exec:",
];

const fn inside(
    name: &'static str,
    start: &'static str,
    end: &'static str,
    hint: &'static str,
) -> Tool {
    Tool {
        name,
        hint,
        start,
        end,
        anywhere: true,
    }
}

const fn whole(
    name: &'static str,
    start: &'static str,
    end: &'static str,
    hint: &'static str,
) -> Tool {
    Tool {
        anywhere: false,
        ..inside(name, start, end, hint)
    }
}

impl Tool {
    /// The tool that a value is written for, if it looks like a reference of one.
    pub(super) fn of(text: &str) -> Option<&'static Self> {
        TOOLS.iter().find(|tool| tool.fits(text.trim()))
    }

    fn fits(&self, text: &str) -> bool {
        let found = |at: usize| {
            let rest = &text[at + self.start.len()..];
            match self.anywhere {
                true => rest.find(self.end).is_some_and(|length| length > 0),
                false => at == 0 && rest.len() > self.end.len() && rest.ends_with(self.end),
            }
        };
        text.match_indices(self.start)
            .filter(|(at, _)| !KNOWN.iter().any(|known| text[*at..].starts_with(known)))
            .any(|(at, _)| found(at))
    }
}
