//! Failures: exit codes and messages, and that nothing is lost.

use std::fs;

use crate::support::{Bench, Sandbox};

const MANIFEST: &str = "\
version: 1
inventory: acme
instances:
  freshdesk:
    element: freshdeskv2
    configuration:
      subdomain: acme
      username: ${env:FRESHDESK_API_KEY}
";

fn bench(sandbox: &Sandbox) -> Bench {
    Bench::on(sandbox)
        .with("FRESHDESK_API_KEY", "invented-freshdesk-key")
        .with_manifest(MANIFEST)
}

#[test]
fn wrong_secrets_are_7() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = bench(&sandbox);
    bench.set("CONNECTORCTL_USER_SECRET", "invented-wrong-secret");
    for verb in [&["plan"][..], &["apply", "--yes"]] {
        let ran = bench.run(verb).expect_code(7);
        ran.stderr_has("CONNECTORCTL_USER_SECRET");
    }
    assert!(sandbox.instances().is_empty());
}

#[test]
fn missing_secrets_are_reported_before_anything_is_sent() {
    let bench = Bench::new().with_manifest(MANIFEST);
    let ran = bench
        .run(&["plan", "--url", "http://127.0.0.1:9"])
        .expect_code(8);
    ran.stderr_has("CONNECTORCTL_USER_SECRET");
    let ran = bench.run(&["plan"]).expect_code(8);
    ran.stderr_has("--sandbox");
}

#[test]
fn a_wrong_host_is_1_with_the_reason() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    // A port that was free a moment ago, so nothing listens on it.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let url = format!("http://{address}");
    let ran = bench.run(&["plan", "--url", &url]).expect_code(1);
    ran.stderr_has("refused");
}

#[test]
fn a_host_that_is_not_the_platform_is_recognized() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    let url = format!(
        "{}/wrong/base",
        sandbox.url.trim_end_matches("/elements/api-v2")
    );
    let ran = bench.run(&["plan", "--url", &url]).expect_code(1);
    ran.stderr_has("base URL");
}

#[test]
fn a_damaged_lock_file_is_9_and_untouched() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    let _ = bench.apply();
    let whole = bench.read("instances.lock.json");
    for damaged in [
        &whole[..whole.len() / 2],
        "",
        "not json",
        "[]",
        &whole.replace("\"version\": 2", "\"version\": 99"),
        &whole.replace("\"id\"", "\"idd\""),
    ] {
        bench.write("instances.lock.json", damaged);
        for verb in [&["plan"][..], &["apply", "--yes"]] {
            let ran = bench.run(verb).expect_code(9);
            ran.stderr_has("instances.lock.json");
            assert_eq!(bench.read("instances.lock.json"), damaged);
        }
    }
    assert_eq!(sandbox.instances().len(), 1);
}

#[test]
fn no_terminal_and_no_yes_is_8_and_changes_nothing() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    let ran = bench.run(&["apply"]).expect_code(8);
    ran.stderr_has("--yes");
    assert!(sandbox.instances().is_empty());
    assert!(!bench.path("instances.lock.json").exists());
}

#[test]
fn an_invalid_manifest_sends_no_request() {
    let server = crate::support::Recorder::start();
    let bench = Bench::at(&server.url)
        .with_manifest("version: 1\ninventory: acme\ninstances:\n  a: { elemnt: jira }\n");
    for verb in [&["plan"][..], &["apply", "--yes"], &["validate"]] {
        let ran = bench.run(verb).expect_code(8);
        ran.stderr_has("instances.yaml:4:");
        ran.stderr_has("element");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn an_unset_reference_names_key_path_file_and_line() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = bench(&sandbox);
    bench.set("FRESHDESK_API_KEY", "");
    let ran = bench.apply_with(&[]).expect_code(8);
    for part in [
        "FRESHDESK_API_KEY",
        "freshdesk",
        "username",
        "instances.yaml:8",
    ] {
        assert!(
            ran.stderr.contains(part),
            "{part} is missing in {}",
            ran.stderr
        );
    }
    assert!(sandbox.instances().is_empty());
}

#[test]
fn a_missing_manifest_is_reported_with_a_hint() {
    let bench = Bench::new();
    let ran = bench.run(&["plan", "--sandbox"]).expect_code(8);
    ran.stderr_has("instances.yaml");
}

#[test]
fn a_lock_file_of_another_platform_is_7() {
    let sandbox = Sandbox::start(&[]);
    let other = Sandbox::start(&[]);
    let mut bench = bench(&sandbox);
    let _ = bench.apply();
    let before = bench.read("instances.lock.json");
    bench.point_at(&other);
    let _ = bench.run(&["plan"]).expect_code(7);
    let _ = bench.apply_with(&[]).expect_code(7);
    assert_eq!(bench.read("instances.lock.json"), before);
    assert!(other.instances().is_empty());
}

#[test]
fn a_changed_inventory_is_refused() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    let _ = bench.apply();
    bench.edit_manifest("inventory: acme", "inventory: other");
    let ran = bench.apply_with(&[]).expect_code(5);
    assert!(
        ran.stderr.contains("acme") && ran.stderr.contains("other"),
        "{}",
        ran.stderr
    );
    assert_eq!(sandbox.instances().len(), 1);
}

#[test]
fn the_report_is_written_even_if_the_run_fails() {
    let sandbox = Sandbox::start(&[
        "--fault",
        "POST /instances kind=status status=400 count=100",
    ]);
    let bench = bench(&sandbox);
    let ran = bench.apply_with(&["--settle", "1s", "--report", "report.json"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    let report = bench.read_json("report.json");
    assert_eq!(report["outcomes"][0]["key"], "freshdesk");
    assert_eq!(report["outcomes"][0]["outcome"], "failed");
    assert!(
        report["outcomes"][0]["error"]
            .as_str()
            .is_some_and(|error| !error.is_empty())
    );
}

#[test]
fn an_apply_with_nothing_to_do_does_not_touch_the_lock_file() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    let _ = bench.apply();
    let modified = |bench: &Bench| {
        fs::metadata(bench.path("instances.lock.json"))
            .and_then(|meta| meta.modified())
            .expect("a time")
    };
    let before = modified(&bench);
    let _ = bench.apply();
    assert_eq!(modified(&bench), before);
}
