//! What an apply seals and leaves alone, and the way back.

use serde_json::json;

use super::{Person, bench, data_keys, manifest, opened, sealed, token};
use crate::support::Sandbox;

#[test]
fn an_apply_seals_without_an_identity_and_leaves_the_rest_readable() {
    let sandbox = Sandbox::start(&[]);
    let me = Person::new();
    let mut bench = bench(&sandbox, &manifest(&[&me], &["a", "b"]));
    bench.apply().stderr_has("Its tokens are sealed");
    bench.plan_is_empty();
    let lock = bench.read("instances.lock.json");
    for key in ["a", "b"] {
        assert!(!lock.contains(&token(&sandbox, &bench, key)));
        assert_eq!(opened(&mut bench, &me, key), token(&sandbox, &bench, key));
    }
    assert_eq!(bench.lock()["instances"]["a"]["element"]["key"], "jira");
    assert_eq!(data_keys(&bench), 1);
    let recipients = bench.lock()["dataKeys"].as_object().cloned();
    let recipients = recipients.expect("data keys").into_iter().next();
    let recipients = recipients.expect("a data key").1["recipients"].clone();
    assert_eq!(recipients, json!([me.recipient]));
}

#[test]
fn an_unchanged_token_keeps_its_ciphertext() {
    let sandbox = Sandbox::start(&[]);
    let me = Person::new();
    let mut bench = bench(&sandbox, &manifest(&[&me], &["a"]));
    let _ = bench.apply();
    let (before, whole) = (sealed(&bench, "a"), bench.read("instances.lock.json"));
    // Nothing to do, and nothing is written.
    let _ = bench.apply();
    assert_eq!(bench.read("instances.lock.json"), whole);
    // An update records the entry anew.
    bench.edit_manifest("https://a.example.com", "https://changed.example.com");
    let _ = bench.apply();
    assert_eq!(sealed(&bench, "a"), before);
    // A later create is sealed with a data key of its own run; the old one stays for the old token.
    bench.write("instances.yaml", &manifest(&[&me], &["a", "b"]));
    let _ = bench.apply();
    assert_eq!(sealed(&bench, "a"), before);
    assert_eq!(data_keys(&bench), 2);
    assert_eq!(opened(&mut bench, &me, "b"), token(&sandbox, &bench, "b"));
    // A rebuild seals nothing that is sealed already.
    let _ = bench.run(&["lock", "rebuild", "--yes"]).expect_code(0);
    assert_eq!(sealed(&bench, "a"), before);
    // What no token needs any more goes with the next write.
    let delete = ["--prune", "--max-deletes=1"];
    bench.write("instances.yaml", &manifest(&[&me], &["b"]));
    let _ = bench.apply_with(&delete).expect_code(0);
    assert_eq!(data_keys(&bench), 1);
}

#[test]
fn a_rename_seals_the_token_again_under_its_new_key() {
    let sandbox = Sandbox::start(&[]);
    let me = Person::new();
    let mut bench = bench(&sandbox, &manifest(&[&me], &["a"]));
    let _ = bench.apply();
    bench.edit_manifest("  a:\n", "  b:\n    lifecycle: { movedFrom: a }\n");
    let _ = bench.apply();
    bench.plan_is_empty();
    assert!(bench.lock()["instances"]["b"]["token"]["sealedAs"].is_null());
    assert_eq!(opened(&mut bench, &me, "b"), token(&sandbox, &bench, "b"));
}

#[test]
fn plain_tokens_are_sealed_by_the_next_apply_or_by_encrypt() {
    let sandbox = Sandbox::start(&[]);
    let me = Person::new();
    for command in [&["apply", "--yes"][..], &["lock", "encrypt"]] {
        let mut bench = bench(&sandbox, &manifest(&[], &["a"]));
        let _ = bench.apply();
        let token = token(&sandbox, &bench, "a");
        assert!(bench.read("instances.lock.json").contains(&token));
        bench.write("instances.yaml", &manifest(&[&me], &["a"]));
        let plan = bench.run(&["plan"]).expect_code(0);
        assert!(
            plan.stdout
                .starts_with("Tokens will be sealed. Recipients:\n"),
            "{}",
            plan.stdout
        );
        let _ = bench.run(command).expect_code(0);
        super::bytes::assert_clean(&bench, std::slice::from_ref(&token));
        assert_eq!(opened(&mut bench, &me, "a"), token);
        let _ = bench.run(&["lock", "encrypt"]).expect_code(0);
    }
}

#[test]
fn there_is_no_way_back_by_accident() {
    let sandbox = Sandbox::start(&[]);
    let me = Person::new();
    let mut bench = bench(&sandbox, &manifest(&[&me], &["a"]));
    let _ = bench.apply();
    let token = token(&sandbox, &bench, "a");
    let before = bench.read("instances.lock.json");
    bench.write("instances.yaml", &manifest(&[], &["a", "b"]));
    for command in [
        &["plan"][..],
        &["plan", "--offline"],
        &["apply", "--yes"],
        &["lock", "rebuild", "--yes"],
    ] {
        let ran = bench.run(command).expect_code(5);
        ran.stderr_has("connectorctl lock decrypt");
    }
    assert_eq!(bench.read("instances.lock.json"), before);
    assert_eq!(sandbox.instances().len(), 1);

    // Nobody's pipeline does it, and nobody without an identity.
    let _ = bench.run(&["lock", "decrypt", "--yes"]).expect_code(9);
    bench.set("CONNECTORCTL_AGE_KEY", &me.identity);
    bench.set("CI", "true");
    let ran = bench.run(&["lock", "decrypt", "--yes"]).expect_code(5);
    ran.stderr_has("--in-pipeline");
    bench.unset("CI");
    let _ = bench.run(&["lock", "decrypt"]).expect_code(8);
    assert_eq!(bench.read("instances.lock.json"), before);
    let ran = bench.run(&["lock", "decrypt", "--yes"]).expect_code(0);
    ran.stderr_has("will contain plaintext tokens");
    assert_eq!(bench.lock()["instances"]["a"]["token"], token.as_str());
    assert!(bench.lock()["dataKeys"].is_null());
    let _ = bench.apply();
}

#[test]
fn a_change_of_recipients_stands_at_the_head_of_every_plan() {
    let sandbox = Sandbox::start(&[]);
    let (me, stranger, left) = (Person::new(), Person::new(), Person::new());
    let mut bench = bench(&sandbox, &manifest(&[&me, &left], &["a"]));
    let _ = bench.apply();
    let before = bench.plan_json(&[]);
    assert!(before["recipients"].is_null(), "{before}");
    bench.write("instances.yaml", &manifest(&[&me, &stranger], &["a"]));
    for arguments in [&["plan"][..], &["plan", "--offline"]] {
        let plan = bench.run(arguments).expect_code(0);
        let head: Vec<&str> = plan.stdout.lines().take(4).collect();
        assert_eq!(
            head[0],
            "Recipients of tokens differ from those in the lock file:"
        );
        assert!(
            head[1].contains(&format!("+ {}", stranger.recipient)),
            "{head:?}"
        );
        assert!(
            head[2].contains(&format!("- {}", left.recipient)),
            "{head:?}"
        );
        assert!(head[3].contains("connectorctl lock rekey"), "{head:?}");
    }
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["recipients"]["added"], json!([stranger.recipient]));
    assert_eq!(plan["recipients"]["removed"], json!([left.recipient]));
    bench
        .run(&["lock", "verify"])
        .expect_code(0)
        .stderr_has("lock rekey");
    // An apply shows it too, and does not end it.
    bench.apply().stdout_has(&stranger.recipient);
    assert!(!bench.plan_json(&[])["recipients"].is_null());

    let _ = bench.run(&["lock", "rekey"]).expect_code(9);
    let sealed_before = sealed(&bench, "a");
    bench.set("CONNECTORCTL_AGE_KEY", &me.identity);
    let _ = bench.run(&["lock", "rekey"]).expect_code(0);
    bench.unset("CONNECTORCTL_AGE_KEY");
    assert!(bench.plan_json(&[])["recipients"].is_null());
    assert_ne!(sealed(&bench, "a"), sealed_before);
    assert_eq!(data_keys(&bench), 1);
    let token = token(&sandbox, &bench, "a");
    for reader in [&me, &stranger] {
        assert_eq!(opened(&mut bench, reader, "a"), token);
    }
    bench.set("CONNECTORCTL_AGE_KEY", &left.identity);
    let ran = bench.run(&["token", "a"]).expect_code(9);
    ran.stderr_has("is sealed for other recipients");
    assert!(!ran.all().contains(&left.identity));
}

#[test]
fn a_token_that_changed_is_noticed_without_an_identity() {
    let sandbox = Sandbox::start(&[]);
    let me = Person::new();
    let mut bench = bench(&sandbox, &manifest(&[&me], &["a", "b"]));
    let _ = bench.apply();
    // The token of another instance, opened and sealed in the place of this one's.
    let before = sealed(&bench, "a");
    super::change_lock(&bench, |lock| {
        let other = lock["instances"]["b"]["token"]["fingerprint"].clone();
        lock["instances"]["a"]["token"]["fingerprint"] = other;
    });
    let ran = bench.run(&["lock", "verify"]).expect_code(2);
    ran.stdout_has("token differs");
    let plan = bench.run(&["plan"]).expect_code(0);
    plan.stdout_has("token-changed");
    let _ = bench.apply();
    assert_ne!(sealed(&bench, "a"), before);
    assert_eq!(opened(&mut bench, &me, "a"), token(&sandbox, &bench, "a"));
}

#[test]
fn a_renamed_inventory_keeps_its_sealed_tokens() {
    let sandbox = Sandbox::start(&[]);
    let me = Person::new();
    let mut bench = bench(&sandbox, &manifest(&[&me], &["a"]));
    let _ = bench.apply();
    let before = sealed(&bench, "a");
    bench.edit_manifest("inventory: acme", "inventory: acme-eu");
    let moved = ["lock", "move", "--to", "acme-eu", "--yes"];
    let _ = bench.run(&moved).expect_code(0);
    bench.plan_is_empty();
    assert_eq!(sealed(&bench, "a"), before);
    let from = json!({ "inventory": "acme", "key": "a" });
    assert_eq!(bench.lock()["instances"]["a"]["token"]["sealedAs"], from);
    let expected = token(&sandbox, &bench, "a");
    assert_eq!(opened(&mut bench, &me, "a"), expected);
    bench.set("CONNECTORCTL_AGE_KEY", &me.identity);
    let _ = bench.run(&["lock", "rekey"]).expect_code(0);
    assert!(bench.lock()["instances"]["a"]["token"]["sealedAs"].is_null());
    let ran = bench.run(&["token", "a"]).expect_code(0);
    assert_eq!(ran.stdout.trim_end(), expected);
}

/// Without any identity the platform still shows the tokens.
#[test]
fn tokens_that_nobody_opens_any_more_are_read_from_the_platform() {
    let sandbox = Sandbox::start(&[]);
    let (lost, me) = (Person::new(), Person::new());
    let mut bench = bench(&sandbox, &manifest(&[&lost], &["a", "b"]));
    let _ = bench.apply();
    bench.write("instances.yaml", &manifest(&[&me], &["a", "b"]));
    super::change_lock(&bench, |lock| {
        for (_, entry) in lock["instances"].as_object_mut().expect("entries") {
            entry.as_object_mut().expect("an entry").remove("token");
        }
    });
    bench
        .run(&["plan"])
        .expect_code(0)
        .stdout_has("token-missing");
    let _ = bench.apply();
    for key in ["a", "b"] {
        assert_eq!(opened(&mut bench, &me, key), token(&sandbox, &bench, key));
    }
    assert!(bench.plan_json(&[])["recipients"].is_null());
}

/// Then it opens with the key that it was sealed for, and `rekey` seals it under its own.
#[test]
fn a_rename_keeps_a_token_that_the_platform_does_not_show() {
    let sandbox = Sandbox::start(&[]);
    let me = Person::new();
    let mut bench = bench(&sandbox, &manifest(&[&me], &["a"]));
    let _ = bench.apply();
    let (expected, before) = (token(&sandbox, &bench, "a"), sealed(&bench, "a"));
    sandbox.set_faults(&["* * kind=no-token count=1000"]);
    bench.edit_manifest("  a:\n", "  b:\n    lifecycle: { movedFrom: a }\n");
    let _ = bench.apply_unverified();
    let recorded = bench.lock()["instances"]["b"]["token"].clone();
    let from = json!({ "inventory": "acme", "key": "a" });
    assert_eq!(recorded["sealedAs"], from);
    assert_eq!(recorded["sealed"], before.as_str());
    assert_eq!(opened(&mut bench, &me, "b"), expected);
    bench.set("CONNECTORCTL_AGE_KEY", &me.identity);
    let _ = bench.run(&["lock", "rekey"]).expect_code(0);
    assert!(bench.lock()["instances"]["b"]["token"]["sealedAs"].is_null());
    let ran = bench.run(&["token", "b"]).expect_code(0);
    assert_eq!(ran.stdout.trim_end(), expected);
}
