//! No token is no success: it is read again by id, and without one the instance is recorded and the step fails.

use serde_json::{Value, json};

use super::{Instances, MARKER, item, ok, platform, reasons, recorded, with, without};

/// What stands in place of a token where there is none.
fn no_tokens() -> Vec<(&'static str, Value)> {
    let ours = || item(101, &["k1", MARKER]);
    vec![
        ("absent", without(ours(), "token")),
        ("null", with(ours(), "token", Value::Null)),
        ("empty", with(ours(), "token", json!(""))),
        ("blank", with(ours(), "token", json!("  "))),
        ("masked", with(ours(), "token", json!("********"))),
        (
            "masked in part",
            with(ours(), "token", json!("ab****************yz")),
        ),
    ]
}

const TOKEN: &str = "invented-token-101";

fn token(bench: &crate::support::Bench) -> Value {
    bench.lock()["instances"]["k1"]["token"].clone()
}

#[test]
fn a_missing_token_is_read_by_id() {
    for (what, answered) in no_tokens() {
        let instances = Instances::default();
        let (server, bench) = platform(&instances, move |instances, _| {
            instances.add(&item(101, &["k1", MARKER]));
            ok(&answered)
        });
        let ran = bench.apply();
        ran.stderr_lacks("checking whether");
        assert_eq!(token(&bench), TOKEN, "{what}");
        assert_eq!(server.count("POST /instances"), 1, "{what}");
    }
}

/// The first runs fail and say so; nothing is created again; the run that sees the token records it.
#[test]
fn an_instance_without_a_token_is_recorded_and_never_made_again() {
    for (what, made) in no_tokens() {
        let instances = Instances::default();
        let (server, bench) = platform(&instances, move |instances, _| {
            instances.add(&made);
            ok(&made)
        });
        // The first run created something.
        for code in [3, 1] {
            let ran = bench.apply_with(&["--settle", "1s"]).expect_code(code);
            ran.stdout_has("returned no token");
            assert_eq!(recorded(&bench, "k1"), Some(101), "{what}");
            assert_eq!(token(&bench), Value::Null, "{what}");
            assert_eq!(server.count("POST /instances"), 1, "{what}");
        }
        assert_eq!(reasons(&bench), ["token-missing"], "{what}");
        let ran = bench.run(&["lock", "verify"]).expect_code(2);
        ran.stdout_has("no token is recorded");
        instances.set(101, "token", json!(TOKEN));
        let _ = bench.apply();
        assert_eq!(token(&bench), TOKEN, "{what}");
        assert_eq!(server.count("POST /instances"), 1, "{what}");
        bench.plan_is_empty();
    }
}

#[test]
fn an_adopted_instance_without_a_token_fails_too() {
    for (what, made) in no_tokens() {
        let instances = Instances::default();
        instances.add(&made);
        let (server, bench) = platform(&instances, |_, _| Vec::new());
        let ran = bench.apply_with(&["--accept-secrets"]);
        assert_eq!(ran.code, 1, "{what}: {}", ran.all());
        ran.stdout_has("returned no token");
        assert_eq!(recorded(&bench, "k1"), Some(101), "{what}");
        assert_eq!(token(&bench), Value::Null, "{what}");
        assert_eq!(server.count("POST /instances"), 0, "{what}");
    }
}

/// A platform whose only instance is recorded, and which lists and shows it as this one from then on.
fn recorded_then(listed: &Value) -> (crate::support::scripted::Scripted, crate::support::Bench) {
    let instances = Instances::default();
    let (server, bench) = platform(&instances, |instances, _| {
        let made = item(101, &["k1", MARKER]);
        instances.add(&made);
        ok(&made)
    });
    let _ = bench.apply();
    *instances.lock() = vec![listed.clone()];
    (server, bench)
}

#[test]
fn another_token_on_the_platform_is_a_change_of_the_lock_file_alone() {
    let changed = with(
        item(101, &["k1", MARKER]),
        "token",
        json!("invented-new-token"),
    );
    let (server, bench) = recorded_then(&changed);
    let ran = bench.run(&["plan", "--detailed-exitcode"]).expect_code(2);
    ran.stdout_has("token-changed");
    assert!(!ran.all().contains("invented-new-token"), "{}", ran.all());
    assert!(!ran.all().contains(TOKEN), "{}", ran.all());
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["steps"][0]["changes"], json!([]), "{plan}");
    let ran = bench.apply();
    assert!(!ran.all().contains("invented-new-token"), "{}", ran.all());
    assert_eq!(token(&bench), "invented-new-token");
    assert_eq!(server.count("PATCH"), 0);
    bench.plan_is_empty();
}

#[test]
fn a_masked_token_does_not_differ() {
    for (what, shown) in no_tokens() {
        let (_server, bench) = recorded_then(&shown);
        bench.plan_is_empty();
        let ran = bench.run(&["lock", "verify"]);
        assert_eq!(ran.code, 0, "{what}: {}", ran.all());
        assert_eq!(token(&bench), TOKEN, "{what}");
    }
}

/// A lock file of an earlier version has the mask in place of the token.
#[test]
fn a_mask_in_the_lock_file_is_no_token() {
    let (_server, bench) = recorded_then(&item(101, &["k1", MARKER]));
    let text = bench.read("instances.lock.json");
    bench.write("instances.lock.json", &text.replace(TOKEN, "********"));
    assert_eq!(reasons(&bench), ["token-missing"]);
    let _ = bench.apply();
    assert_eq!(token(&bench), TOKEN);
}

#[test]
fn a_rebuilt_lock_file_without_a_token_is_no_success() {
    for (what, shown) in no_tokens() {
        let (_server, bench) = recorded_then(&shown);
        let ran = bench.run(&["lock", "rebuild", "--yes"]);
        assert_eq!(ran.code, 3, "{what}: {}", ran.all());
        ran.stderr_has("no token");
        assert_eq!(recorded(&bench, "k1"), Some(101), "{what}");
        assert_eq!(token(&bench), Value::Null, "{what}");
    }
}

/// The list masks the token, a read by id shows it.
#[test]
fn a_rebuild_reads_by_id_what_the_list_masks() {
    let (server, bench) = recorded_then(&item(101, &["k1", MARKER]));
    let _ = server;
    let sandbox = crate::support::Sandbox::start(&[]);
    let mut bench = bench;
    bench.point_at(&sandbox);
    bench.fresh_clone();
    let _ = bench.apply();
    let real = token(&bench);
    sandbox.set_faults(&["GET /instances kind=masked-token count=99"]);
    let _ = bench.run(&["lock", "rebuild", "--yes"]).expect_code(0);
    assert_eq!(token(&bench), real);
}

/// The new instance of a replace has no token: the old one stays until it has.
#[test]
fn a_replace_keeps_the_old_instance_until_the_new_one_has_a_token() {
    let sandbox = crate::support::Sandbox::start(&[]);
    let bench = crate::support::Bench::on(&sandbox)
        .with("P", "invented-password")
        .with_manifest("version: 1\ninventory: acme\ninstances:\n  k1: { element: jira, configuration: { username: u, password: \"${env:P}\" } }\n");
    let _ = bench.apply();
    bench.edit_manifest("jira", "closeio");
    sandbox.set_faults(&["* * kind=masked-token count=99"]);
    let ran = bench.apply_with(&[]).expect_code(3);
    ran.stdout_has("returned no token");
    assert_eq!(sandbox.instances().len(), 2);
    let faults: [&str; 0] = [];
    sandbox.set_faults(&faults);
    let _ = bench.apply();
    assert_eq!(sandbox.instances().len(), 1);
    assert_eq!(sandbox.count("posts"), 2);
    bench.plan_is_empty();
}
