//! References are resolved once a run: a source may give each value only once, and a failure after
//! something was sent could not be told from one before.

use super::{bench_of, check_of};
use crate::support::Sandbox;

/// A program that prints a secret the first time, and fails from then on.
const ONCE: &str = "#!/bin/sh\nmkdir used || exit 1\nprintf invented-freshdesk-key\n";

#[test]
#[cfg(unix)]
fn a_command_that_answers_only_once_is_asked_only_once() {
    use std::os::unix::fs::PermissionsExt as _;

    // An answer that is lost makes the run look for the instance and then plan a second time.
    let sandbox = Sandbox::start(&["--fault", "POST /instances kind=cut-after-commit count=1"]);
    let bench = bench_of(&sandbox, 1);
    let manifest = bench.read("instances.yaml");
    bench.write(
        "instances.yaml",
        &manifest.replace("${env:KEY}", "${exec:./once}"),
    );
    bench.write("once", ONCE);
    let mode = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(bench.path("once"), mode).expect("executable");

    let ran = bench.apply_with(&["--allow-exec", "--settle", "2s"]);
    assert!(bench.path("used").is_dir(), "{}", ran.all());
    let ran = ran.expect_code(0);
    assert!(!ran.all().contains("has no value"), "{}", ran.all());

    bench.write("instances.yaml", &manifest);
    check_of(&bench, &sandbox, "once", 1);
}
