//! No secret is shown: values that must never appear, in a run that fails in every way it can.

use serde_json::json;

use crate::support::{Bench, Sandbox};

const CANARIES: [&str; 5] = [
    "canary-freshdesk-6f1d",
    "canary-jira-9b2e",
    "canary-provider-44aa",
    "canary-literal-77cd",
    "canary-file-c3d1",
];

const MANIFEST: &str = "\
version: 1
inventory: acme
instances:
  freshdesk:
    element: freshdeskv2
    configuration:
      subdomain: acme
      username: ${env:FRESHDESK_API_KEY}
  jira:
    element: jira
    configuration:
      base.url: https://jira.example.com
      username: automation
      password: prefix-${env:JIRA_PASSWORD}
  salesforce:
    element: sfdc
    configuration:
      oauth.api.key: ${file:key.txt}
      oauth.api.secret: canary-literal-77cd
    providerData:
      code: ${env:GRANT_CODE}
";

fn bench(sandbox: &Sandbox) -> Bench {
    let bench = Bench::on(sandbox)
        .with("FRESHDESK_API_KEY", CANARIES[0])
        .with("JIRA_PASSWORD", CANARIES[1])
        .with("GRANT_CODE", CANARIES[2])
        .with_manifest(MANIFEST);
    bench.write("key.txt", &format!("{}\n", CANARIES[4]));
    bench
}

fn tokens(bench: &Bench) -> Vec<String> {
    let lock: serde_json::Value = match std::fs::read_to_string(bench.path("instances.lock.json")) {
        Ok(text) => serde_json::from_str(&text).expect("a JSON lock file"),
        Err(_) => return Vec::new(),
    };
    let instances = lock["instances"].as_object().expect("instances");
    instances
        .values()
        .filter_map(|entry| entry["token"].as_str().map(str::to_owned))
        .collect()
}

fn check(bench: &Bench, sandbox: &Sandbox, text: &str) {
    let mut forbidden: Vec<String> = CANARIES.map(str::to_owned).to_vec();
    forbidden.extend(tokens(bench));
    forbidden.push(sandbox.user.clone());
    forbidden.push(sandbox.organization.clone());
    for secret in forbidden {
        assert!(!secret.is_empty());
        assert!(!text.contains(&secret), "a secret is shown:\n{text}");
    }
}

const LOUD: [&str; 4] = ["-v", "-v", "--log-format", "json"];

#[test]
fn no_output_of_any_kind_shows_a_secret() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = bench(&sandbox);
    let run = |bench: &Bench, verb: &[&str]| bench.run(&[verb, &LOUD[..]].concat());
    for verb in [
        &["validate"][..],
        &["plan"],
        &["plan", "-o", "json"],
        &["plan", "--full"],
        &["apply", "--yes", "--report", "report.json"],
        &["plan"],
        &["plan", "--offline"],
        &["apply", "--yes", "-o", "json"],
        &["lock", "verify"],
    ] {
        let ran = run(&bench, verb);
        assert!(matches!(ran.code, 0 | 2), "{verb:?}: {}", ran.all());
        check(&bench, &sandbox, &ran.all());
    }
    check(&bench, &sandbox, &bench.read("report.json"));
    bench.set("JIRA_PASSWORD", "another-canary-1b2c");
    let ran = run(&bench, &["apply", "--yes", "-o", "json"]).expect_code(0);
    check(&bench, &sandbox, &ran.all());
    assert!(!ran.all().contains("another-canary-1b2c"));
    let lock = bench.read("instances.lock.json");
    for canary in CANARIES {
        assert!(
            !lock.contains(canary),
            "a secret is stored in the lock file"
        );
    }
}

#[test]
fn a_server_that_echoes_the_request_in_its_errors_is_not_repeated() {
    for fault in [
        "POST /instances kind=status status=400 count=100",
        "POST /instances kind=vendor-400 count=100",
        "POST /instances kind=html count=100",
        "POST /instances kind=status status=500 count=100",
        "POST /instances kind=cut-mid-body count=100",
    ] {
        let sandbox = Sandbox::start(&["--fault", fault]);
        let bench = bench(&sandbox);
        let arguments = [
            "apply",
            "--yes",
            "--settle",
            "1s",
            "--report",
            "report.json",
        ];
        let ran = bench.run(&[&arguments[..], &LOUD[..]].concat());
        assert_ne!(ran.code, 8, "{fault}: {}", ran.all());
        check(&bench, &sandbox, &ran.all());
        check(&bench, &sandbox, &bench.read("report.json"));
    }
}

#[test]
fn a_broken_manifest_shows_no_secret_in_its_snippets() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    for (from, to) in [
        (
            "    configuration:\n      oauth.api.key",
            "    configuraton:\n      oauth.api.key",
        ),
        ("oauth.api.secret: canary", "oauth.api.secret: [canary"),
        (
            "oauth.api.secret: canary-literal-77cd",
            "oauth.api.secret:\n\tcanary-literal-77cd",
        ),
        (
            "oauth.api.secret: canary-literal-77cd",
            "oauth.api.secret: {x: canary-literal-77cd",
        ),
        (
            "oauth.api.secret: canary-literal-77cd",
            "oauth.api.secret: \"canary-literal-77cd",
        ),
    ] {
        assert!(MANIFEST.contains(from));
        bench.write("instances.yaml", &MANIFEST.replace(from, to));
        for verb in [&["validate"][..], &["plan"], &["plan", "-o", "json"]] {
            let ran = bench.run(verb).expect_code(8);
            check(&bench, &sandbox, &ran.all());
        }
    }
}

#[test]
fn a_panic_shows_no_secret() {
    use connectorctl::model::{Secret, SecretJson};
    use connectorctl::ports::BodyValue;

    let shown = format!(
        "{:?} {:?} {:?}",
        Secret::new(CANARIES[0]),
        SecretJson::new(json!({"a": CANARIES[1]})),
        BodyValue::Secret(&SecretJson::new(json!([CANARIES[2]]))),
    );
    for canary in CANARIES {
        assert!(!shown.contains(canary), "{shown}");
    }
}

/// An unresolved reference shows its line; what stands beside the reference may be a part of a secret.
#[test]
fn no_literal_beside_a_reference_is_shown() {
    let bench = Bench::at("http://127.0.0.1:1");
    for value in [
        "${env:HERE}canary",
        "${canary}",
        "${canary",
        "\"${canary\"",
        "${env:HERE:-canary}",
        "${env:HERE}} # canary",
        "${env:HERE} # canary",
        "\"${env:HERE}\" # canary",
        "&canary ${env:HERE}",
        "!canary ${env:HERE}",
        "${exec:vault --token=canary}",
        "${exec:vault} # canary",
        "${env:canary-x}",
        "$${env:canary}",
        "${Env:canary}",
        "[\"${env:HERE}\", \"${canary\"]",
        "{a: \"${canary\", b: \"${env:HERE}\"}",
        "|\n        ${env:HERE}\n        ${canary",
    ] {
        for name in ["username", "subdomain", "other"] {
            let manifest = format!(
                "version: 1\ninventory: acme\ninstances:\n  a:\n    element: freshdeskv2\n    \
                 configuration:\n      {name}: {value}\n      username2: ${{env:HERE}}\n"
            );
            bench.write("instances.yaml", &manifest);
            for verb in [&["validate"][..], &["plan"], &["plan", "--strict"]] {
                let ran = bench.run(verb);
                assert!(
                    !ran.all().contains("canary"),
                    "{name}: {value}\n{}",
                    ran.all()
                );
            }
        }
    }
}
