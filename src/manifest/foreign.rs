//! References of other tools, which are sent as they are because nothing here resolves them.
//!
//! Must not: take the platform's own `${epoch}`, `${date:…}` and `${gmtDate:…}` for one, or show a
//! part of the value.

use Form::{Inside, Whole};

/// What a reference of another tool starts and ends with.
enum Form {
    /// The value may have text before and after it.
    Inside(&'static str, &'static str),
    Whole(&'static str, &'static str),
}

const PIPELINE: &str =
    "map the secret to a variable in the pipeline, and write `${env:NAME}` with its name";
const STORE: &str =
    "write `${env:NAME}`, or `${exec:command}` with the command that prints the secret";
const ENCRYPTED: &str =
    "decrypt it into a variable or a file, and write `${env:NAME}` or `${file:path}`";
const VARIABLE: &str = "write `${env:NAME}`";

/// Tools, and how to write their reference here. The first that fits counts.
const TOOLS: [(&str, Form, &str); 14] = [
    ("GitHub Actions", Inside("${{", "}}"), PIPELINE),
    ("CloudFormation", Inside("{{resolve:", "}}"), STORE),
    (
        "a template engine such as Helm or Jinja",
        Inside("{{", "}}"),
        VARIABLE,
    ),
    ("Vault", Inside("${vault:", "}"), STORE),
    ("vals", Inside("ref+", "://"), STORE),
    ("a shell, Compose or Terraform", Inside("${", "}"), VARIABLE),
    ("Vault", Whole("vault:", ""), STORE),
    ("SOPS", Whole("ENC[", "]"), ENCRYPTED),
    ("Jasypt", Whole("ENC(", ")"), ENCRYPTED),
    ("Ansible Vault", Whole("$ANSIBLE_VAULT;", ""), ENCRYPTED),
    ("1Password", Whole("op://", ""), STORE),
    (
        "AWS Secrets Manager",
        Whole("arn:aws:secretsmanager:", ""),
        STORE,
    ),
    ("Azure Key Vault", Whole("@Microsoft.KeyVault(", ")"), STORE),
    ("Azure Pipelines", Whole("$(", ")"), PIPELINE),
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

/// The tool that a value is written for, if it looks like a reference of one; and a hint.
pub(super) fn tool(text: &str) -> Option<(&'static str, &'static str)> {
    let found = TOOLS.iter().find(|(_, form, _)| form.fits(text.trim()));
    found.map(|(name, _, hint)| (*name, *hint))
}

impl Form {
    fn fits(&self, text: &str) -> bool {
        let (Inside(start, end) | Whole(start, end)) = self;
        let is_ours = |at: usize| KNOWN.iter().any(|known| text[at..].starts_with(known));
        let found = |at: usize| {
            let rest = &text[at + start.len()..];
            match self {
                Inside(..) => rest.find(end).is_some_and(|length| length > 0),
                Whole(..) => at == 0 && rest.len() > end.len() && rest.ends_with(end),
            }
        };
        text.match_indices(start)
            .any(|(at, _)| !is_ours(at) && found(at))
    }
}
