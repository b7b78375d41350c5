//! One key, one current instance; no id and no token lost: whatever is killed or cut.

mod faults;
mod histories;
mod kills;
mod lock_file;
mod matrix;
mod moves;
mod posts;
mod pulled;
mod references;
mod runs;
mod signals;
mod unusable;
mod writes;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::support::{Bench, Sandbox};

/// How many instances a manifest of this folder has.
pub(super) const COUNT: usize = 3;

pub(super) fn bench(sandbox: &Sandbox) -> Bench {
    bench_of(sandbox, COUNT)
}

fn bench_of(sandbox: &Sandbox, count: usize) -> Bench {
    let mut text = String::from("version: 1\ninventory: acme\ninstances:\n");
    for number in 0..count {
        let _ = write!(
            text,
            "  k{number}:\n    element: freshdeskv2\n    tags: [t]\n    configuration:\n      subdomain: acme\n      username: ${{env:KEY}}\n"
        );
    }
    Bench::on(sandbox)
        .with("KEY", "invented-freshdesk-key")
        .with_manifest(&text)
}

/// The laws, after recovery: one live instance with each marker, recorded with its id and token.
pub(super) fn check(bench: &Bench, sandbox: &Sandbox, what: &str) {
    check_of(bench, sandbox, what, COUNT);
}

fn check_of(bench: &Bench, sandbox: &Sandbox, what: &str, count: usize) {
    let lock = bench.lock();
    let by_marker = by_marker(live(sandbox));
    for number in 0..count {
        let marker = format!("connectorctl:acme:k{number}");
        let live = by_marker.get(&marker).map_or(&[][..], Vec::as_slice);
        assert_eq!(live.len(), 1, "{what}: {marker}: {live:?}");
        let entry = &lock["instances"][format!("k{number}")];
        assert_eq!(entry["id"], live[0]["id"], "{what}: {marker}");
        assert_eq!(entry["token"], live[0]["token"], "{what}: {marker}");
    }
    assert_eq!(by_marker.len(), count, "{what}");
    let ran = bench.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(ran.code, 0, "{what}: the plan is not empty\n{}", ran.all());
}

/// These instances, by each marker they carry.
fn by_marker(instances: Vec<Value>) -> BTreeMap<String, Vec<Value>> {
    let mut by_marker: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for instance in instances {
        let tags = instance["tags"].as_array().cloned().unwrap_or_default();
        let markers = tags.iter().filter_map(Value::as_str);
        for marker in markers.filter(|tag| tag.starts_with("connectorctl:")) {
            let carriers = by_marker.entry(marker.to_owned()).or_default();
            carriers.push(instance.clone());
        }
    }
    by_marker
}

/// Every live instance, read by its id: lists may lag.
fn live(sandbox: &Sandbox) -> Vec<Value> {
    let state = sandbox.admin("GET", "/state", None).body;
    let rows = state["instances"].as_array().expect("instances");
    let live = rows.iter().filter(|row| row["deleted"] == false);
    live.map(|row| {
        let path = format!("/instances/{}", row["id"]);
        sandbox.call("GET", &path, None).expect(200)
    })
    .collect()
}

/// Applies again until nothing is left to do, as a pipeline would.
pub(super) fn recover(bench: &Bench, what: &str) {
    let mut last = None;
    for _ in 0..4 {
        let ran = bench.apply_with(&["--settle", "1s", "--parallelism", "1"]);
        if ran.code == 0 {
            return;
        }
        last = Some(ran);
    }
    panic!("{what}: no recovery: {last:?}");
}
