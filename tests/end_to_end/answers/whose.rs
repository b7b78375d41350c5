//! Whose the instance is that a `POST` was answered with.

use serde_json::json;

use super::{Instances, MARKER, declare, item, ok, platform, recorded, with, without};
use crate::support::{Bench, Ran, Sandbox};

/// An apply whose settle window ends at once.
fn apply(bench: &Bench) -> Ran {
    bench.apply_with(&["--settle", "0s", "--parallelism", "1"])
}

/// Answers every create with this instance, which is not ours: it is neither recorded nor changed, and the
/// create is sent again once the window has passed.
fn assert_not_ours(what: &str, answered: serde_json::Value, instances: &Instances) {
    let (server, bench) = platform(instances, move |_, _| ok(&answered));
    let ran = apply(&bench);
    assert_eq!(ran.code, 1, "{what}: {}", ran.all());
    ran.stdout_has("nothing was created after 2 attempts");
    assert_eq!(recorded(&bench, "k1"), None, "{what}");
    assert_eq!(server.count("POST /instances"), 2, "{what}");
    assert_eq!(server.count("PATCH") + server.count("DELETE"), 0, "{what}");
}

#[test]
fn somebody_elses_instance_is_not_recorded() {
    for (what, theirs) in [
        ("older than the list", item(7, &["theirs"])),
        (
            "older, no tags in the answer",
            without(item(7, &[]), "tags"),
        ),
        (
            "another element and name",
            with(item(7, &["theirs"]), "element", json!({"key": "closeio"})),
        ),
        (
            "the marker of another key",
            item(7, &["connectorctl:acme:k2"]),
        ),
        (
            "the marker of another inventory",
            item(7, &["connectorctl:other:k1"]),
        ),
    ] {
        let instances = Instances::default();
        instances.add(&theirs);
        instances.add(&item(9, &["theirs"]));
        assert_not_ours(what, theirs, &instances);
    }
}

/// The same, where the list could not know the instance yet.
#[test]
fn a_new_instance_is_ours_only_with_our_element_and_without_another_marker() {
    for (what, theirs) in [
        (
            "another element",
            with(item(99, &[]), "element", json!({"key": "closeio", "id": 5})),
        ),
        (
            "the marker of another key",
            item(99, &["connectorctl:acme:k2"]),
        ),
        (
            "our marker in another case, and another key",
            item(99, &["connectorctl:acme:K1", "connectorctl:acme:k2"]),
        ),
    ] {
        let instances = Instances::default();
        let (server, bench) = platform(&instances, move |instances, asked| {
            if asked.nth == 1 {
                instances.add(&theirs);
            }
            ok(&theirs)
        });
        declare(&bench, &["k1"]);
        let ran = apply(&bench);
        assert_eq!(ran.code, 1, "{what}: {}", ran.all());
        assert_eq!(recorded(&bench, "k1"), None, "{what}");
        assert_eq!(server.count("PATCH") + server.count("DELETE"), 0, "{what}");
    }
}

#[test]
fn an_id_that_no_read_shows_is_not_recorded() {
    assert_not_ours("404", item(99, &[]), &Instances::default());
}

/// The platform created ours, and answered with another: ours is found by its marker.
#[test]
fn ours_is_found_behind_the_wrong_answer() {
    let sandbox = Sandbox::start(&["--fault", "POST /instances kind=other-after-commit"]);
    let bench = Bench::on(&sandbox).with_manifest(
        "version: 1\ninventory: acme\ninstances:\n  k1: { element: jira, configuration: { username: u, password: \"${env:P}\" } }\n",
    ).with("P", "invented-password");
    let ran = bench.apply_with(&["--settle", "1s"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert_eq!(sandbox.count("posts"), 1);
    let ours = sandbox.instances();
    assert_eq!(recorded(&bench, "k1"), ours[0]["id"].as_u64());
    bench.plan_is_empty();
}

#[test]
fn a_marker_that_only_a_read_by_id_shows_counts() {
    for answered in [
        without(item(9, &[]), "tags"),
        item(9, &[]),
        item(9, &["connectorctl"]),
    ] {
        let instances = Instances::default();
        let (server, bench) = platform(&instances, move |instances, _| {
            instances.add(&item(9, &["k1", MARKER]));
            ok(&answered)
        });
        let _ = apply(&bench).expect_code(0);
        assert_eq!(recorded(&bench, "k1"), Some(9));
        assert_eq!(server.count("POST /instances"), 1);
    }
}

/// Sixteen instances came of two keys on a platform that cuts tags. One is recorded, and nothing more is sent,
/// whether or not another instance has shown that markers are kept.
#[test]
fn a_platform_that_alters_tags_gets_one_create() {
    for altered in [
        "connectorctl:acm",
        "connectorctl:acme:",
        "connectorctl:acme:k",
        "CONNECTORCTL:ACME:K1",
        "k1",
        "connectorctl_acme_k1",
    ] {
        for known in [false, true] {
            let instances = Instances::default();
            if known {
                instances.add(&item(5, &["connectorctl:acme:k3"]));
            }
            let (server, bench) = platform(&instances, move |instances, asked| {
                let made = item(100 + asked.nth as u64, &[altered]);
                instances.add(&made);
                ok(&made)
            });
            declare(&bench, &["k1", "k2", "k3"]);
            let ran = apply(&bench);
            assert_eq!(ran.code, 3, "{altered}: {}", ran.all());
            ran.stdout_has("altered its marker");
            assert_eq!(server.count("POST /instances"), 1, "{altered} {known}");
            assert_eq!(recorded(&bench, "k1"), Some(101), "{altered} {known}");
            assert_eq!(recorded(&bench, "k2"), None, "{altered} {known}");
        }
    }
}

/// Nobody can tell whether it is ours: it is not recorded, and the create is never sent again, until a person
/// gives it the marker or deletes it.
#[test]
fn where_only_the_name_differs_nothing_is_sent_again() {
    for deletes in [false, true] {
        let instances = Instances::default();
        let (server, bench) = platform(&instances, move |instances, asked| {
            let made = match asked.nth {
                1 => with(item(101, &[]), "name", json!("Other")),
                _ => item(102, &[MARKER]),
            };
            instances.add(&made);
            ok(&made)
        });
        for _ in 0..3 {
            let ran = apply(&bench).expect_code(4);
            ran.stdout_has("instance 101");
            ran.stdout_has(MARKER);
            assert_eq!(server.count("POST /instances"), 1);
            assert_eq!(recorded(&bench, "k1"), None);
        }
        if deletes {
            instances.lock().clear();
        } else {
            instances.set(101, "tags", json!([MARKER]));
            instances.set(101, "name", json!("k1"));
        }
        let _ = apply(&bench).expect_code(0);
        assert_eq!(
            recorded(&bench, "k1"),
            Some(if deletes { 102 } else { 101 })
        );
        assert_eq!(server.count("PATCH") + server.count("DELETE"), 0);
    }
}

/// It is somebody else's: nobody may delete it or give it our marker.
#[test]
fn a_person_may_say_that_an_instance_is_not_ours() {
    let instances = Instances::default();
    let (server, bench) = platform(&instances, move |instances, asked| {
        let made = match asked.nth {
            1 => with(item(101, &[]), "name", json!("Other")),
            _ => item(102, &[MARKER]),
        };
        instances.add(&made);
        ok(&made)
    });
    // Said before the request, it is no word about its answer.
    let said = ["--settle", "1s", "--assume-absent", "k1"];
    let ran = bench.apply_with(&said).expect_code(4);
    ran.stdout_has("--assume-absent k1");
    assert_eq!(server.count("POST /instances"), 1);
    let _ = apply(&bench).expect_code(4);
    let _ = bench.apply_with(&said).expect_code(0);
    assert_eq!(recorded(&bench, "k1"), Some(102));
    assert_eq!(server.count("POST /instances"), 2);
    assert_eq!(server.count("PATCH") + server.count("DELETE"), 0);
}

/// Two keys are answered with one new instance without a marker: it is recorded at most once.
#[test]
fn one_instance_is_not_recorded_under_two_keys() {
    let instances = Instances::default();
    instances.add(&item(5, &["connectorctl:acme:k3"]));
    let (_server, bench) = platform(&instances, |instances, asked| {
        let made = item(101, &[]);
        if asked.nth == 1 {
            instances.add(&made);
        }
        ok(&made)
    });
    declare(&bench, &["k1", "k2", "k3", "k4"]);
    let _ = bench.apply_with(&["--settle", "0s"]);
    let keys = ["k1", "k2", "k4"];
    let times = keys.iter().filter(|key| recorded(&bench, key) == Some(101));
    assert_eq!(times.count(), 1);
}

const OTHER_ELEMENT: &str = "but it has the element";

#[test]
fn an_answer_with_another_element_is_recorded_and_replaced_only_by_a_plan() {
    let instances = Instances::default();
    let (server, bench) = platform(&instances, |instances, asked| {
        let made = item(100 + asked.nth as u64, &["k1", MARKER]);
        let made = with(made, "element", json!({"key": "closeio", "id": 5}));
        instances.add(&made);
        ok(&made)
    });
    let ran = apply(&bench).expect_code(4);
    ran.stdout_has(OTHER_ELEMENT);
    assert_eq!(recorded(&bench, "k1"), Some(101));
    assert_eq!(server.count("POST /instances"), 1);
    assert_eq!(server.count("PATCH") + server.count("DELETE"), 0);
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["steps"][0]["action"], "replace", "{plan}");
    let ran = bench.apply_with(&["--max-deletes", "0"]).expect_code(5);
    ran.stdout_has("--max-deletes");
}

/// The create of a dead run is found, and the manifest names another element by now.
#[test]
fn a_found_instance_of_another_element_is_replaced_only_by_a_plan() {
    let sandbox = Sandbox::start(&[]);
    let text = |element: &str| {
        format!(
            "version: 1\ninventory: acme\ninstances:\n  k1: {{ element: {element}, configuration: {{ username: u, password: \"${{env:P}}\" }} }}\n"
        )
    };
    let mut bench = Bench::on(&sandbox)
        .with("P", "invented-password")
        .with_manifest(&text("jira"));
    sandbox.set_faults(&["POST /instances kind=list-lag for=2s"]);
    bench.set("CONNECTORCTL_KILL_AT", "response-received:1");
    let _ = bench.apply_with(&["--settle", "5s"]);
    bench.set("CONNECTORCTL_KILL_AT", "");
    bench.write("instances.yaml", &text("closeio"));
    let ran = bench.apply_with(&["--settle", "5s"]).expect_code(4);
    ran.stdout_has(OTHER_ELEMENT);
    let before = sandbox.instances();
    assert_eq!(before.len(), 1);
    assert_eq!(before[0]["element"]["key"], "jira");
    assert_eq!(recorded(&bench, "k1"), before[0]["id"].as_u64());
    bench.run(&["plan"]).stdout_has("replace");
    let no_faults: [&str; 0] = [];
    sandbox.set_faults(&no_faults);
    let _ = bench.apply_with(&["--settle", "5s"]).expect_code(0);
    let after = sandbox.instances();
    assert_eq!(
        (after.len(), &after[0]["element"]["key"]),
        (1, &json!("closeio"))
    );
}
