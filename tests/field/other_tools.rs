//! A reference of another tool was sent as a credential, without a word.

use connectorctl::diagnostic::{Diagnostic, Severity};

use super::{problems, with_username};

fn found(text: &str) -> Vec<Diagnostic> {
    problems(text, "foreign-reference")
}

#[test]
fn a_reference_of_another_tool_is_named() {
    for (value, tool, way) in [
        ("'${{ secrets.FD_KEY }}'", "GitHub Actions", "${env:NAME}"),
        ("'${{secrets.FD_KEY}}'", "GitHub Actions", "${env:NAME}"),
        ("'${vault:secret/data/fd#key}'", "Vault", "${exec:command}"),
        ("'vault:secret/data/fd#key'", "Vault", "${exec:command}"),
        (
            "'ENC[AES256_GCM,data:xyz=,iv:abc=,tag:def=,type:str]'",
            "SOPS",
            "${file:path}",
        ),
        (
            "'ENC(G6N718UuyPE5bHyWKyuLQSm02auQPUtm)'",
            "Jasypt",
            "${file:path}",
        ),
        ("'$(FdKey)'", "Azure Pipelines", "${env:NAME}"),
        ("'{{ fd_key }}'", "Helm or Jinja", "${env:NAME}"),
        (
            "'{{resolve:secretsmanager:fd}}'",
            "CloudFormation",
            "${exec:command}",
        ),
        ("'${fd_key}'", "Terraform", "${env:NAME}"),
        ("'${var.fd_key}'", "Terraform", "${env:NAME}"),
        ("'Bearer ${token}'", "Terraform", "${env:NAME}"),
        ("'op://vault/freshdesk/key'", "1Password", "${exec:command}"),
        ("'ref+awsssm://fd/key'", "vals", "${exec:command}"),
        (
            "'@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/fd/)'",
            "Azure Key Vault",
            "${exec:command}",
        ),
        (
            "\"$ANSIBLE_VAULT;1.1;AES256\\n6162\"",
            "Ansible Vault",
            "${file:path}",
        ),
    ] {
        let found = found(&with_username(value));
        let [problem] = &found[..] else {
            panic!("{value}: {found:?}");
        };
        assert_eq!(problem.severity, Severity::Warning);
        assert!(problem.message.contains(tool), "{value}: {problem:?}");
        let hint = problem.hint.as_deref().expect("a hint");
        assert!(hint.contains(way), "{value}: {hint}");
        // One thing is wrong, and it is said once.
        assert_eq!(problems(&with_username(value), "plaintext-secret"), []);
    }
}

#[test]
fn the_own_functions_of_the_platform_are_none() {
    for value in [
        "'${epoch}'",
        "'${date:yyyy}'",
        "'x${gmtDate:yyyy-MM-dd}y'",
        "'$${env:X}'",
        "'${env:X}'",
        "'${env:X:-${file:y}}'",
        "'{\"a\":{\"b\":1}}'",
        "'pa$$w(or)d{x}'",
        "'a$(b'",
        "'$1$'",
        "ENC",
    ] {
        assert_eq!(found(&with_username(value)), [], "{value}");
    }
}

#[test]
fn only_where_a_credential_is_expected() {
    let text = with_username("x").replace("subdomain: acme", "subdomain: '{{ x }}'");
    assert_eq!(found(&text), []);
    let provider_data = "version: 1\ninventory: a\ninstances:\n  k: { element: sfdc, providerData: { list: [{ code: '${{ secrets.X }}' }] } }\n";
    assert_eq!(found(provider_data).len(), 1);
}

#[test]
fn strict_makes_it_an_error() {
    let bench = crate::support::Bench::new().with_manifest(&with_username("'${{ secrets.X }}'"));
    let _ = bench.run(&["validate"]).expect_code(0);
    let ran = bench.run(&["validate", "--strict"]).expect_code(8);
    assert!(
        ran.stderr.contains("error[foreign-reference]"),
        "{}",
        ran.stderr
    );
}
