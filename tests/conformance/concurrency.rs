//! Fifty clients at once: no lost update, no id assigned twice, and a state file that is valid
//! whenever the process dies.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::{create, jira, path_of};
use crate::support::Sandbox;

const CLIENTS: usize = 50;
const EACH: usize = 6;

#[test]
fn fifty_clients_lose_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state.json");
    let state = state.to_str().expect("a path");
    let sandbox = Sandbox::start(&["--state", state]);
    let ids = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (sandbox, ids) = (&sandbox, &ids);
            scope.spawn(move || {
                let http = sandbox.http.with_authorization(&format!(
                    "User {}, Organization {}",
                    sandbox.user, sandbox.organization
                ));
                for turn in 0..EACH {
                    let body = jira(&format!("{client}-{turn}"));
                    let made = http.call("POST", "/instances", Some(&body)).expect(200);
                    let patch = json!({"tags": [format!("{client}-{turn}")]});
                    http.call("PATCH", &path_of(&made), Some(&patch))
                        .expect(200);
                    http.call("GET", "/instances?pageSize=5", None).expect(200);
                    if turn % 2 == 0 {
                        http.call("DELETE", &path_of(&made), None).expect(200);
                    }
                    ids.lock()
                        .expect("the list")
                        .push(made["id"].as_u64().expect("an id"));
                }
            });
        }
    });
    let ids = ids.into_inner().expect("the list");
    let distinct: BTreeSet<u64> = ids.iter().copied().collect();
    assert_eq!(distinct.len(), CLIENTS * EACH);
    assert_eq!(
        distinct
            .last()
            .map(|last| last + 1 - distinct.first().expect("one")),
        Some(300)
    );
    let all = sandbox.admin("GET", "/state", None).body;
    let live: Vec<&Value> = all["instances"]
        .as_array()
        .expect("instances")
        .iter()
        .filter(|instance| instance["deleted"] == false)
        .collect();
    assert_eq!(live.len(), CLIENTS * EACH / 2);
    for instance in live {
        assert_eq!(
            instance["tags"],
            json!([instance["name"]]),
            "an update is lost"
        );
    }
}

#[test]
fn whatever_was_answered_survives_the_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state.json");
    let state = state.to_str().expect("a path");
    let mut answered: Vec<Value> = Vec::new();
    let mut user = None;
    for round in 0..5 {
        // Dropping a sandbox kills its process.
        let sandbox = Sandbox::start(&["--state", state]);
        assert_eq!(
            *user.get_or_insert_with(|| sandbox.user.clone()),
            sandbox.user
        );
        let live = sandbox.instances();
        for instance in &answered {
            let kept = live.iter().find(|other| other["id"] == instance["id"]);
            assert_eq!(
                kept.map(|kept| &kept["token"]),
                Some(&instance["token"]),
                "round {round}"
            );
        }
        for number in 0..7 {
            answered.push(create(&sandbox, &jira(&format!("{round}-{number}"))));
        }
    }
}

#[test]
fn only_one_process_may_use_a_state_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state.json");
    let _sandbox = Sandbox::start(&["--state", state.to_str().expect("a path")]);
    let bench = crate::support::Bench::new();
    let ran = bench
        .run(&["sandbox", "--state", state.to_str().expect("a path")])
        .expect_code(1);
    assert!(
        ran.stderr.contains("in use by another sandbox"),
        "{}",
        ran.stderr
    );
}
