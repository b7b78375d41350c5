//! The names of variables that hold secrets.

use super::InstanceKey;

/// `JIRA_EU_PASSWORD` for the key `jira-eu` and `password`.
pub(crate) fn variable_name(key: &InstanceKey, configuration: &str) -> String {
    let name = format!("{key}_{configuration}");
    let name = name.chars().map(|c| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => c.to_ascii_uppercase(),
        _ => '_',
    });
    // A variable cannot start with a digit.
    let name: String = name.collect();
    match name.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("_{name}"),
        false => name,
    }
}
