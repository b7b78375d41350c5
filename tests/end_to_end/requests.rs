//! How many requests a plan and an apply take, so that proving absence stays cheap.

use std::fmt::Write as _;

use serde_json::json;

use crate::support::{Bench, Sandbox};

/// The requests of a plan, and of an apply besides its creates, of so many creates in a tenant of so many
/// instances.
fn requests(creates: usize, tenant: usize) -> (u64, u64) {
    let sandbox = Sandbox::start(&[]);
    let foreign = json!({
        "element": {"key": "jira"}, "name": "theirs", "tags": ["theirs"],
        "configuration": {"username": "u", "password": "p"},
    });
    for _ in 0..tenant {
        let made = sandbox.call("POST", "/instances", Some(&foreign));
        let _ = made.expect(200);
    }
    let mut manifest = "version: 1\ninventory: acme\ninstances:\n".to_owned();
    for number in 0..creates {
        let _ = writeln!(
            manifest,
            "  k{number}: {{ element: jira, configuration: {{ username: u, password: p }} }}"
        );
    }
    let bench = Bench::on(&sandbox).with_manifest(&manifest);
    let counted = |command: &[&str]| {
        let before = sandbox.count("requests");
        let _ = bench.run(command).expect_code(0);
        sandbox.count("requests") - before
    };
    let planned = counted(&["plan"]);
    let applied = counted(&["apply", "--yes"]);
    assert_eq!(sandbox.count("creates"), (tenant + creates) as u64);
    (planned, applied - creates as u64)
}

/// The organization, and one list or so many pages; then a search each, with one that shows that searches
/// work, or the list once more, whichever is less.
#[test]
fn proving_absence_takes_few_requests() {
    for (creates, tenant, planned, applied) in [
        (1, 0, 1 + 1, 1 + 1 + 1),
        (20, 0, 1 + 1, 1 + 1 + 1),
        (1, 20, 1 + 1, 1 + 1 + 1),
        // Two pages, which prove nothing when they are read once.
        (1, 250, 1 + 2 + 2, 1 + 2 + 2 + 2),
        (20, 250, 1 + 2 + 2, 1 + 2 + 2 + 2),
        // A tag that all have is no cheap control.
        (1, 1_001, 1 + 6 + 6, 1 + 6 + 6 + 6),
    ] {
        let counted = requests(creates, tenant);
        assert_eq!(
            counted,
            (planned, applied),
            "{creates} creates, tenant of {tenant}"
        );
    }
}

#[test]
#[ignore = "prints what docs/verification.md says, and takes minutes"]
fn requests_of_large_plans() {
    for tenant in [0, 100, 5_000] {
        for creates in [1, 100, 5_000] {
            let (planned, applied) = requests(creates, tenant);
            println!(
                "{creates} creates, tenant of {tenant}: plan {planned}, apply {applied} besides the creates"
            );
        }
    }
}
