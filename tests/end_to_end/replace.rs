//! A replace is announced loudly, never costs the old instance before the new one works, and leaves what
//! the old one was in the report.

use connectorctl::sandbox::Assumptions;
use serde_json::{Value, json};

use crate::support::{Bench, Sandbox};

const MANIFEST: &str = "\
version: 1
inventory: acme
instances:
  a:
    element: freshdeskv2
    name: Desk
    tags: [support]
    configuration: { subdomain: acme, username: \"${env:KEY}\" }
";

fn applied(assumption: Option<&str>) -> (Sandbox, Bench) {
    let arguments: Vec<&str> = assumption
        .into_iter()
        .flat_map(|it| ["--assume", it])
        .collect();
    let sandbox = Sandbox::start(&arguments);
    let bench = Bench::on(&sandbox)
        .with("KEY", "invented-freshdesk-key")
        .with_manifest(MANIFEST);
    let _ = bench.apply();
    (sandbox, bench)
}

fn id(bench: &Bench) -> u64 {
    bench.lock()["instances"]["a"]["id"]
        .as_u64()
        .expect("an id")
}

#[test]
fn the_plan_says_that_id_and_token_change() {
    let (_sandbox, bench) = applied(None);
    let ran = bench.run(&["plan", "--replace", "a"]).expect_code(0);
    ran.stdout_has("-/+ a: replace (freshdeskv2, id 12345)");
    ran.stdout_has("    ! id and token change: whoever uses this instance needs the new ones\n");
    let plan = bench.plan_json(&["--replace", "a"]);
    assert_eq!(plan["steps"][0]["newIdAndToken"], true, "{plan}");
    bench.edit_manifest("subdomain: acme", "subdomain: eu");
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["steps"][0].get("newIdAndToken"), None, "{plan}");
    let ran = bench.run(&["plan"]).expect_code(0);
    assert!(
        !ran.stdout.contains("id and token change"),
        "{}",
        ran.stdout
    );
}

#[test]
fn what_goes_is_in_the_report_without_its_secrets() {
    for (question, _, answers) in Assumptions::QUESTIONS {
        for answer in *answers {
            let assumption = format!("{question}={answer}");
            let (sandbox, bench) = applied(Some(&assumption));
            let old = id(&bench);
            let arguments = ["--replace", "a", "--report", "report.json"];
            let ran = bench.apply_with(&arguments);
            assert_eq!(ran.code, 0, "{assumption}: {}", ran.all());
            assert_ne!(id(&bench), old);
            assert_eq!(sandbox.instances().len(), 1, "{assumption}");
            let text = bench.read("report.json");
            assert!(
                !text.contains("invented-freshdesk-key"),
                "{assumption}: {text}"
            );
            let report: Value = serde_json::from_str(&text).expect("JSON");
            let removed = &report["removed"];
            assert_eq!(
                removed.as_array().map(Vec::len),
                Some(1),
                "{assumption}: {report}"
            );
            let expected = [
                ("key", json!("a")),
                ("id", json!(old)),
                ("element", json!("freshdeskv2")),
                ("name", json!("Desk")),
                ("tags", json!(["support"])),
            ];
            for (member, value) in expected {
                assert_eq!(removed[0][member], value, "{assumption}");
            }
            assert_eq!(
                removed[0]["configuration"]["subdomain"], "acme",
                "{assumption}"
            );
            assert_eq!(
                removed[0]["configuration"].get("username"),
                None,
                "{assumption}"
            );
            bench.plan_is_empty();
        }
    }
}

/// Whatever comes of the new instance, the old one stays until it works.
#[test]
fn a_successor_that_does_not_work_never_costs_the_old_one() {
    for fault in [
        "POST /instances kind=invalid-after-commit count=1",
        "POST /instances kind=vendor-400 count=1",
        "POST /instances kind=no-token count=1",
        "POST /instances kind=status status=403 count=1",
        "POST /instances kind=cut-before-commit count=1",
    ] {
        let (sandbox, bench) = applied(None);
        let old = id(&bench);
        sandbox.set_faults(&[fault, "GET /instances/12346 kind=no-token count=2"]);
        let ran = bench.apply_with(&["--replace", "a", "--deadline", "1s"]);
        assert_ne!(ran.code, 0, "{fault}: {}", ran.all());
        let path = format!("/instances/{old}");
        assert_eq!(sandbox.call("GET", &path, None).status, 200, "{fault}");
        sandbox.set_faults(&[] as &[&str]);
        let ran = bench.apply_with(&["--settle", "1s"]);
        assert_eq!(ran.code, 0, "{fault}: {}", ran.all());
        assert_eq!(sandbox.instances().len(), 1, "{fault}: {}", ran.all());
        bench.plan_is_empty();
    }
}
