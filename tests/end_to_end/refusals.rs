//! Every refusal, provoked: it names the key, the reason and what allows it, and that way out works.

use std::collections::BTreeSet;

use connectorctl::model::RefusalCode;
use connectorctl::sealing::NewIdentity;
use serde_json::{Value, json};

use crate::support::{Bench, Sandbox};

/// One refusal, of an applied manifest with the keys `a`, `b` and `c`.
struct Case {
    code: RefusalCode,
    /// Leads to it; answers the options of the plan.
    provoke: fn(&Bench, &Sandbox) -> &'static [&'static str],
    /// What message and hint have to name.
    named: &'static [&'static str],
    /// Does what the hint says; answers the options of the apply.
    way_out: fn(&Bench, &Sandbox) -> &'static [&'static str],
}

const PROTECTED: &str = "lifecycle: { protect: true }";
const OPEN: &str = "lifecycle: { protect: false }";

fn id(bench: &Bench, key: &str) -> u64 {
    bench.lock()["instances"][key]["id"]
        .as_u64()
        .expect("an id")
}

fn tag(bench: &Bench, sandbox: &Sandbox, key: &str, tags: &[&str]) {
    sandbox.patch(id(bench, key), &json!({ "tags": tags }));
}

/// The manifest without all but the first instances.
fn keep(bench: &Bench, before: &str) {
    let text = bench.read("instances.yaml");
    let (kept, _) = text.split_once(before).expect("the key");
    bench.write("instances.yaml", kept);
}

const MANIFEST: &str = "\
version: 1
inventory: acme
instances:
  a:
    element: freshdeskv2
    lifecycle: { protect: false }
    configuration: { subdomain: acme, username: \"${env:KEY}\" }
  b:
    element: freshdeskv2
    configuration: { subdomain: acme, username: \"${env:KEY}\" }
  c:
    element: freshdeskv2
    configuration: { subdomain: acme, username: \"${env:KEY}\" }
";

const CASES: [Case; 10] = [
    Case {
        code: RefusalCode::Protected,
        provoke: |bench, _| {
            bench.edit_manifest(OPEN, PROTECTED);
            let _ = bench.apply();
            &["--replace", "a"]
        },
        named: &["a", "must be replaced", "`protect: false`"],
        way_out: |bench, _| {
            bench.edit_manifest(PROTECTED, OPEN);
            let _ = bench.apply();
            &["--replace", "a"]
        },
    },
    Case {
        code: RefusalCode::Protected,
        provoke: |bench, _| {
            bench.edit_manifest(OPEN, PROTECTED);
            let _ = bench.apply();
            keep(bench, "  a:\n");
            bench.write(
                "instances.yaml",
                &format!("{} {{}}\n", bench.read("instances.yaml").trim_end()),
            );
            &["--prune", "--target", "a"]
        },
        named: &[
            "a",
            "is protected",
            "declare `a` again with `protect: false`",
        ],
        way_out: |bench, _| {
            bench.write("instances.yaml", MANIFEST);
            let _ = bench.apply();
            bench.edit_manifest("  a:\n    element: freshdeskv2\n    lifecycle: { protect: false }\n    configuration: { subdomain: acme, username: \"${env:KEY}\" }\n", "");
            &["--prune"]
        },
    },
    Case {
        code: RefusalCode::TooManyDeletes,
        provoke: |bench, _| {
            keep(bench, "  b:\n");
            &["--prune"]
        },
        named: &["`b`, `c`", "the limit is 1", "`--max-deletes=2`"],
        way_out: |_, _| &["--prune", "--max-deletes=2"],
    },
    Case {
        code: RefusalCode::TooManyChanges,
        provoke: |bench, _| {
            bench.edit_manifest("subdomain: acme", "subdomain: eu");
            &["--max-changes", "2"]
        },
        named: &["`a`, `b`, `c`", "the limit is 2", "`--max-changes=3`"],
        way_out: |_, _| &["--max-changes=3"],
    },
    Case {
        code: RefusalCode::ManyVanished,
        provoke: |bench, sandbox| {
            for key in ["b", "c"] {
                let path = format!("/instances/{}", id(bench, key));
                let _ = sandbox.call("DELETE", &path, None).expect(200);
            }
            &[]
        },
        named: &[
            "`b`, `c`",
            "missing on the platform",
            "`--recreate-vanished`",
        ],
        way_out: |_, _| &["--recreate-vanished"],
    },
    Case {
        code: RefusalCode::ForeignMarker,
        provoke: |bench, sandbox| {
            tag(bench, sandbox, "b", &["connectorctl:other:b"]);
            &[]
        },
        named: &["b", "`connectorctl:other:b`", "remove the marker"],
        way_out: |bench, sandbox| {
            tag(bench, sandbox, "b", &[]);
            &[]
        },
    },
    Case {
        code: RefusalCode::ForeignMarker,
        provoke: |bench, sandbox| {
            tag(
                bench,
                sandbox,
                "b",
                &["connectorctl:acme:b", "connectorctl:acme:c"],
            );
            &[]
        },
        named: &["b", "`connectorctl:acme:c`", "remove the marker"],
        way_out: |bench, sandbox| {
            tag(bench, sandbox, "b", &["connectorctl:acme:b"]);
            &[]
        },
    },
    Case {
        code: RefusalCode::InventoryChanged,
        provoke: |bench, _| {
            bench.edit_manifest("inventory: acme", "inventory: beta");
            &[]
        },
        named: &[
            "`acme`",
            "`beta`",
            "`connectorctl lock move --to beta`",
            "`--lock`",
        ],
        way_out: |bench, _| {
            let command = ["lock", "move", "--to", "beta", "--yes"];
            let _ = bench.run(&command).expect_code(0);
            &[]
        },
    },
    Case {
        code: RefusalCode::RecordedTwice,
        provoke: |bench, _| {
            let mut lock = bench.lock();
            lock["instances"]["b"] = lock["instances"]["c"].clone();
            bench.write("instances.lock.json", &lock.to_string());
            &[]
        },
        named: &[
            "`b`",
            "`c`",
            "remove the entry `b` or `c` from the lock file",
        ],
        way_out: |bench, _| {
            let mut lock = bench.lock();
            let entries = lock["instances"].as_object_mut().expect("instances");
            let _ = entries.remove("b");
            bench.write("instances.lock.json", &lock.to_string());
            &["--accept-secrets"]
        },
    },
    Case {
        code: RefusalCode::RecipientsMissing,
        provoke: |bench, _| {
            let identity = NewIdentity::generate("2026-11-30T00:00:00Z");
            seal_for(bench, &identity.recipient);
            let _ = bench.apply();
            bench.write("instances.yaml", MANIFEST);
            &[]
        },
        named: &["`lock.recipients`", "`connectorctl lock decrypt`"],
        way_out: |bench, _| {
            let keys = bench.lock()["dataKeys"].clone();
            let key = keys.as_object().and_then(|keys| keys.values().next());
            let recipient = key.and_then(|key| key["recipients"][0].as_str());
            seal_for(bench, recipient.expect("a recipient"));
            &[]
        },
    },
];

fn seal_for(bench: &Bench, recipient: &str) {
    let lock = format!("inventory: acme\nlock: {{ recipients: [{recipient}] }}\n");
    bench.edit_manifest("inventory: acme\n", &lock);
}

fn applied(sandbox: &Sandbox) -> Bench {
    let bench = Bench::on(sandbox)
        .with("KEY", "invented-freshdesk-key")
        .with_manifest(MANIFEST);
    let _ = bench.apply();
    bench
}

/// Key, message and hint of the first refusal with this code, as one text.
fn refusal(plan: &Value, code: RefusalCode) -> (String, String) {
    let mut refusals = plan["refusals"].as_array().into_iter().flatten();
    let found = refusals.find(|refusal| refusal["code"] == code.as_str());
    let found = found.unwrap_or_else(|| panic!("no {code}: {plan}"));
    let text = |member: &str| found[member].as_str().unwrap_or_default().to_owned();
    (
        format!("{}: {}", text("key"), text("message")),
        text("hint"),
    )
}

#[test]
fn each_names_key_reason_and_a_way_out_that_works() {
    for case in CASES {
        let code = case.code;
        let sandbox = Sandbox::start(&[]);
        let bench = applied(&sandbox);
        let options = (case.provoke)(&bench, &sandbox);
        let (what, hint) = refusal(&bench.plan_json(options), code);
        for part in case.named {
            assert!(
                what.contains(part) || hint.contains(part),
                "{code}: {part}: {what} ({hint})"
            );
        }
        // The same at the terminal, with the code that stands for a refusal; nothing was changed.
        let (lock, before) = (bench.lock(), sandbox.instances());
        let ran = bench.apply_with(options).expect_code(5);
        ran.stderr_has(what.trim_start_matches(": "));
        ran.stderr_has(&format!("hint: {hint}"));
        assert_eq!(
            (bench.lock(), sandbox.instances()),
            (lock, before),
            "{code}"
        );
        let options = (case.way_out)(&bench, &sandbox);
        let ran = bench.apply_with(options);
        assert_eq!(ran.code, 0, "{code}: {}", ran.all());
        bench.plan_is_empty();
    }
}

/// Those of a rename are provoked in `lock_move`, that of a forget in `importing::refused`, and `reconcile::tests::presence` provokes what no platform
/// over HTTP can lead to.
#[test]
fn every_code_is_provoked() {
    let elsewhere = [
        RefusalCode::InventoryTaken,
        RefusalCode::Unsettled,
        RefusalCode::UnknownMarker,
        RefusalCode::Declared,
        RefusalCode::Unreadable,
    ];
    let provoked = CASES.iter().map(|case| case.code).chain(elsewhere);
    let provoked: BTreeSet<RefusalCode> = provoked.collect();
    assert_eq!(provoked, RefusalCode::ALL.iter().copied().collect());
}
