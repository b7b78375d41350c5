//! Many findings of one kind: their first lines, a count, and as many requests as there are instances.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::lists::{item, page};
use crate::support::scripted::{Scripted, answer};
use crate::support::{Bench, Ran};

/// So many declared and recorded instances that somebody else claims.
fn claimed(count: u64) -> (Scripted, Bench) {
    let seen = |id: u64| item(id, &json!(["connectorctl:other:x"]));
    let server = Scripted::start(move |asked| {
        if asked.path == "/instances" && !asked.query.contains("tags") {
            let all: Vec<Value> = (1..=count).map(seen).collect();
            return Some(page(&all, Some(&count.to_string()), None));
        }
        let id = asked.path.strip_prefix("/instances/")?.parse().ok()?;
        Some(answer(200, &[], &seen(id)))
    });
    let mut manifest = "version: 1\ninventory: acme\ninstances:\n".to_owned();
    let mut instances = serde_json::Map::new();
    for id in 1..=count {
        let key = format!("k{id:04}");
        let _ = writeln!(
            manifest,
            "  {key}: {{ element: jira, configuration: {{ username: u, password: '${{env:P}}' }} }}"
        );
        let entry = json!({
            "id": id, "token": "invented-token", "element": { "key": "jira", "id": 12 },
            "name": format!("n{id}"), "configuration": { "username": "u" },
            "secrets": { "password": null }, "enabled": true, "valid": true, "lifecycle": { "onRemove": "keep", "protect": false },
        });
        instances.insert(key, entry);
    }
    let lock = json!({ "version": 2, "inventory": "acme", "instances": instances });
    let bench = Bench::at(&server.url)
        .with("P", "invented")
        .with_manifest(&manifest);
    bench.write("instances.lock.json", &lock.to_string());
    (server, bench)
}

fn lines(ran: &Ran) -> usize {
    ran.all().lines().count()
}

#[test]
fn many_refusals_of_one_kind_are_a_few_lines_and_a_request_each() {
    let (few, many) = (claimed(118), claimed(618));
    let mut before = 0;
    for (server, bench) in [&few, &many] {
        let ran = bench.run(&["plan"]).expect_code(5);
        let requests = server.lines().len();
        assert!(lines(&ran) < 110, "{} lines", lines(&ran));
        assert!(
            before == 0 || requests - before <= 500,
            "{before} and {requests}"
        );
        before = requests;
    }
    let bench = &many.1;
    let ran = bench.run(&["apply", "--yes"]).expect_code(5);
    ran.stdout_has("598 more [foreign-marker] not shown; `--full` shows all");
    let full = few.1.run(&["apply", "--yes", "--full"]).expect_code(5);
    assert_eq!(full.stdout.matches("it carries the marker").count(), 118);
    let plan = many.1.plan_json(&[]);
    let refusals = plan["refusals"].as_array().expect("refusals");
    assert_eq!(refusals.len(), 618, "JSON has all");
}

/// Differences of the platform.
#[test]
fn many_differences_are_a_few_lines() {
    let (_server, bench) = claimed(109);
    for command in [&["lock", "verify"][..], &["drift"]] {
        let ran = bench.run(command).expect_code(2);
        ran.stdout_has("89 more [marker-missing] not shown; `--full` shows all");
        assert!(lines(&ran) < 130, "{command:?}: {} lines", lines(&ran));
        let full = bench.run(&[command, &["--full"]].concat()).expect_code(2);
        assert_eq!(full.stdout.matches(" is missing").count(), 109);
    }
}

/// Problems of the manifest, in every command that reads it.
#[test]
fn many_problems_are_a_few_lines() {
    let bench = Bench::new();
    let mut manifest = "version: 1\ninventory: acme\ninstances:\n".to_owned();
    for number in 0..300 {
        let _ = writeln!(manifest, "  k{number}: {{ elemnt: jira }}");
    }
    bench.write("instances.yaml", &manifest);
    for command in [&["validate"][..], &["plan"], &["apply", "--yes"]] {
        let ran = bench.run(command).expect_code(8);
        ran.stderr_has("280 more [unknown-field] not shown; `--full` shows all");
        let full = bench.run(&[command, &["--full"]].concat()).expect_code(8);
        let shown = full.stderr.matches("error[unknown-field]").count();
        assert_eq!(shown, 300, "{command:?}");
    }
}
