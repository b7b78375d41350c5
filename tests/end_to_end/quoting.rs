//! A platform that quotes what it knows in every error it can make: what is sent now, what earlier runs
//! sent, what it has stored, and tokens; in every form, to every verb, into every sink.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use connectorctl::model::{InstanceKey, InventoryName, Marker};
use serde_json::{Value, json};

use crate::support::Bench;
use crate::support::scripted::{Scripted, answer, not_found};

const TOKEN: &str = "canary-Token/1f+wq8d=";
const STORED: &str = "canary-Stored&<77>";
const REFERENCE: &str = "canary-Reference 4a\\b";
const LITERAL: &str = "canary-Literal\"9c\"";
const USER: &str = "canary-User/c0de==";
const ORGANIZATION: &str = "canary-Organization-5e";
/// Of these the later runs have fingerprints only.
const EARLIER: [&str; 2] = ["canary-Earlier-b7", "canary-Earlier-Reference-e1"];

const MANIFEST: &str = r#"
version: 1
inventory: acme
instances:
  desk:
    element: freshdeskv2
    name: Service desk
    configuration:
      subdomain: acme
      username: ${env:API_KEY}
      other: prefix-${env:REFERENCE}
      x-api-key: 'canary-Literal"9c"'
"#;

/// What the platform does, besides what a platform does.
#[derive(Clone, Default)]
struct Mood {
    /// The start of the requests that are answered with an error, such as `PATCH /`.
    angry: String,
    status: u16,
    message: String,
    exists: bool,
}

fn forms(secret: &str) -> Vec<String> {
    let standard = &base64::engine::general_purpose::STANDARD;
    let url_safe = &base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let json = json!(secret).to_string();
    vec![
        secret.to_owned(),
        secret.to_uppercase(),
        json[1..json.len() - 1].to_owned(),
        secret
            .encode_utf16()
            .map(|it| format!("\\u{it:04x}"))
            .collect(),
        secret.bytes().map(|it| format!("%{it:02X}")).collect(),
        secret
            .chars()
            .map(|it| format!("&#{};", u32::from(it)))
            .collect(),
        standard.encode(secret),
        url_safe.encode(format!("u{secret}:")),
        standard.encode(format!("us{secret}")),
    ]
}

fn instance() -> Value {
    let key = InstanceKey::new("desk").expect("a key");
    let inventory = InventoryName::new("acme").expect("a name");
    json!({
        "id": 77, "name": "Service desk", "token": TOKEN, "valid": true, "disabled": false,
        "tags": [Marker::live(&inventory, &key).to_string()],
        "element": {"key": "freshdeskv2", "id": 1},
        "configuration": {
            "subdomain": "acme", "username": "********", "other": "********",
            "x-api-key": "********", "vendor.password": STORED,
        },
    })
}

fn platform(mood: &Arc<Mutex<Mood>>) -> Scripted {
    let mood = Arc::clone(mood);
    Scripted::start(move |asked| {
        let mut mood = mood.lock().expect("the mood");
        let line = format!("{} {}", asked.method, asked.path);
        if !mood.angry.is_empty() && line.starts_with(&mood.angry) {
            let host = format!("https://{ORGANIZATION}.example/x");
            let headers: [(&str, &[u8]); 2] = [
                ("elements-request-id", USER.as_bytes()),
                ("location", host.as_bytes()),
            ];
            let body = json!({
                "requestId": ORGANIZATION,
                "message": mood.message,
                "providerMessage": mood.message,
            });
            return Some(match mood.status {
                300.. if mood.status < 400 => answer(mood.status, &headers, &json!(mood.message)),
                _ => answer(mood.status, &headers, &body),
            });
        }
        match (asked.method, asked.path) {
            ("POST", "/instances") => {
                mood.exists = true;
                Some(answer(200, &[], &instance()))
            }
            ("PATCH" | "GET", "/instances/77") => Some(answer(200, &[], &instance())),
            ("DELETE", "/instances/77") => Some(answer(200, &[], &json!({}))),
            ("GET", "/instances") if mood.exists => Some(answer(200, &[], &json!([instance()]))),
            ("GET", "/organizations/me") => None,
            _ => Some(not_found("No instances found", &[])),
        }
    })
}

fn check(what: &str, text: &str) {
    let text = text.to_lowercase();
    let known = [TOKEN, STORED, REFERENCE, LITERAL, USER, ORGANIZATION];
    for form in known.iter().flat_map(|secret| forms(secret)) {
        assert!(
            !text.contains(&form.to_lowercase()),
            "{what} shows {form}:\n{text}"
        );
    }
    assert!(!text.contains("canary"), "{what}:\n{text}");
}

#[test]
fn nothing_that_it_quotes_is_shown_anywhere() {
    let mood = Arc::new(Mutex::new(Mood::default()));
    let platform = platform(&mood);
    let mut bench = Bench::at(&platform.url)
        .with("CONNECTORCTL_USER_SECRET", USER)
        .with("CONNECTORCTL_ORGANIZATION_SECRET", ORGANIZATION)
        .with("API_KEY", EARLIER[0])
        .with("REFERENCE", EARLIER[1])
        .with_manifest(MANIFEST);
    let _ = bench.run(&["apply", "--yes"]).expect_code(0);
    bench.set("API_KEY", "canary-Reference-2");
    bench.set("REFERENCE", REFERENCE);

    let of = |secrets: &[&str], form: usize| -> String {
        let forms = secrets.iter().map(|secret| forms(secret).swap_remove(form));
        forms.collect::<Vec<_>>().join(" ")
    };
    let count = forms("").len();
    let always = (0..count).map(|form| of(&[TOKEN, LITERAL, USER, ORGANIZATION], form));
    let mut messages: Vec<String> = always.collect();
    // Only `plan` and `apply` resolve references.
    let resolved: Vec<String> = (0..count)
        .map(|form| of(&[REFERENCE, "canary-Reference-2"], form))
        .collect();
    messages.extend(resolved.iter().cloned());
    // The platform quotes its configuration; of what earlier runs sent only whole words are known.
    let quoted = format!(
        "{{\"username\": \"{}\", \"password\": \"{STORED}\"}} prefix-{} is not '{}'.",
        EARLIER[0], EARLIER[1], EARLIER[0]
    );
    // First, for a failed update leaves no fingerprints.
    messages.insert(0, quoted);
    // What is stored is known once the platform has shown it.
    messages.extend(forms(STORED));
    let requests = ["GET /organizations", "GET /instances", "PATCH /instances"];
    // Others are sent again after pauses.
    let statuses = [400, 401, 403, 302];
    let mut number = 0;
    for message in &messages {
        for angry in requests {
            if forms(STORED).contains(message) && !angry.starts_with("PATCH") {
                continue;
            }
            number += 1;
            *mood.lock().expect("the mood") = Mood {
                angry: angry.to_owned(),
                status: statuses[number % statuses.len()],
                message: message.clone(),
                exists: true,
            };
            let format = ["text", "json"][number % 2];
            let loud = ["-v", "-v", "--log-format", format];
            let verbs: [&[&str]; 4] = [
                &["plan", "-o", format, "--result-file", "plan.json"],
                &["lock", "verify"],
                &["lock", "rebuild", "--yes"],
                &["apply", "--yes", "-o", format, "--report", "report.json"],
            ];
            let is_known = |verb: &&[&str]| match verb[0] {
                "apply" => true,
                "plan" => !angry.starts_with("PATCH"),
                _ => !angry.starts_with("PATCH") && !resolved.contains(message),
            };
            let takes_turns = |(turn, _): &(usize, _)| {
                angry.starts_with("PATCH") || (number + turn).is_multiple_of(2)
            };
            let verbs = verbs.into_iter().filter(is_known).enumerate();
            for (_, verb) in verbs.filter(takes_turns) {
                let ran = bench.run(&[verb, &loud[..]].concat());
                assert_ne!(ran.code, 0, "{verb:?} {angry}\n{}", ran.all());
                check(&format!("{verb:?} {angry} {message}"), &ran.all());
            }
            for file in ["plan.json", "report.json"] {
                if bench.path(file).exists() {
                    check(file, &bench.read(file));
                }
            }
            let lock = bench.read("instances.lock.json").replace(TOKEN, "");
            check("the lock file", &lock);
            for entry in std::fs::read_dir(bench.path(".connectorctl")).expect("a folder") {
                let path = entry.expect("an entry").path();
                let journal = String::from_utf8_lossy(&std::fs::read(path).expect("a file"))
                    .replace(TOKEN, "");
                check("the journal", &journal);
            }
        }
    }
}

#[test]
fn a_create_that_is_refused_quotes_nothing_either() {
    for (status, message) in [(400, 0), (409, 3), (500, 6), (429, 7)] {
        let mood = Arc::new(Mutex::new(Mood {
            angry: "POST /instances".to_owned(),
            status,
            message: forms(REFERENCE).swap_remove(message) + " " + &forms(LITERAL)[message],
            exists: false,
        }));
        let platform = platform(&mood);
        let bench = Bench::at(&platform.url)
            .with("API_KEY", "canary-Reference-2")
            .with("REFERENCE", REFERENCE)
            .with("CONNECTORCTL_USER_SECRET", USER)
            .with("CONNECTORCTL_ORGANIZATION_SECRET", ORGANIZATION)
            .with_manifest(MANIFEST);
        let ran = bench.run(&[
            "apply",
            "--yes",
            "--settle",
            "1s",
            "--report",
            "report.json",
            "-v",
            "-v",
        ]);
        assert_ne!(ran.code, 0, "{}", ran.all());
        check("apply", &ran.all());
        check("the report", &bench.read("report.json"));
    }
}

/// Verbs that read no manifest know the account secrets, and the tokens of the lock file.
#[test]
fn verbs_without_a_manifest_show_nothing_either() {
    let mood = Arc::new(Mutex::new(Mood::default()));
    let platform = platform(&mood);
    let bench = Bench::at(&platform.url)
        .with("API_KEY", EARLIER[0])
        .with("REFERENCE", EARLIER[1])
        .with("CONNECTORCTL_USER_SECRET", USER)
        .with("CONNECTORCTL_ORGANIZATION_SECRET", ORGANIZATION)
        .with_manifest(MANIFEST);
    let _ = bench.run(&["apply", "--yes"]).expect_code(0);
    for form in 0..forms("").len() {
        let known = [TOKEN, USER, ORGANIZATION].map(|secret| forms(secret).swap_remove(form));
        for (angry, status) in [("GET /organizations", 401), ("GET /instances", 400)] {
            *mood.lock().expect("the mood") = Mood {
                angry: angry.to_owned(),
                status,
                message: known.join(" "),
                exists: true,
            };
            for verb in [&["drift"][..], &["list", "--health"]] {
                let ran = bench.run(&[verb, &["-v", "-v"]].concat());
                assert_ne!(ran.code, 0, "{verb:?}");
                check(&format!("{verb:?} {angry}"), &ran.all());
            }
        }
    }
}
