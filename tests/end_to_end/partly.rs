//! A step that fails after it has changed something: exit 3 and never 1, which says that nothing was changed.

use crate::support::{Bench, Sandbox};

const MANIFEST: &str = "\
version: 1
inventory: acme
instances:
  k:
    element: freshdeskv2
    name: before
    configuration:
      subdomain: acme
      username: invented-key
";

/// The exit code of an apply of an edit, during which one request fails.
fn exit_code(from: &str, to: &str, fault: &str) -> (i32, bool) {
    let sandbox = Sandbox::start(&[]);
    let bench = Bench::on(&sandbox).with_manifest(MANIFEST);
    let _ = bench.apply();
    bench.edit_manifest(from, to);
    sandbox.set_faults(&[fault]);
    let ran = bench.apply_with(&["--report", "report.json"]);
    let outcome = bench.read_json("report.json")["outcomes"][0].clone();
    assert_eq!(outcome["outcome"], "failed", "{}", ran.all());
    (ran.code, outcome["changed"] == true)
}

#[test]
fn a_step_that_fails_half_way_is_3() {
    let rename = ("name: before", "name: after\n    enabled: false");
    let replace = ("freshdeskv2", "closeio");
    for ((from, to), fault, changed) in [
        // The instance is renamed, and not disabled.
        (rename, "DELETE */enabled kind=status status=400", true),
        (rename, "PATCH * kind=status status=400", false),
        // The old instance is retired, and there is no new one.
        (replace, "POST /instances kind=vendor-400", true),
        // There is a new one, and the old one is still there.
        (replace, "DELETE * kind=status status=400", true),
        (replace, "PATCH * kind=status status=400", false),
    ] {
        let expected = (if changed { 3 } else { 1 }, changed);
        assert_eq!(exit_code(from, to, fault), expected, "{to}: {fault}");
    }
}
