//! The death of the process at every boundary of the journal, first, middle and last.

use connectorctl::ports::kill::KillPoint;

use super::matrix::{self, KINDS};
use super::{COUNT, bench, check, recover};
use crate::support::Sandbox;

#[test]
fn death_at_every_boundary() {
    for death in deaths() {
        let sandbox = Sandbox::start(&[]);
        let mut bench = bench(&sandbox);
        bench.set("CONNECTORCTL_KILL_AT", &death);
        let ran = bench.apply_with(&["--settle", "1s", "--parallelism", "1"]);
        assert_eq!(ran.code, -1, "{death}: did not die: {}", ran.all());
        bench.set("CONNECTORCTL_KILL_AT", "");
        recover(&bench, &death);
        check(&bench, &sandbox, &death);
    }
}

/// A fault at one create, and the death of the process at one boundary, first, middle or last.
#[test]
#[ignore = "takes minutes; the gate plays it"]
fn every_fault_at_every_position_with_every_death() {
    let cases = KINDS.into_iter().flat_map(|kind| {
        (0..COUNT).flat_map(move |skip| deaths().map(move |death| (kind, skip, death)))
    });
    matrix::each(cases, |(kind, skip, death)| {
        let what = format!("{kind} at create {skip}, death at {death}");
        let sandbox = matrix::sandbox(kind, skip);
        let mut bench = bench(&sandbox);
        bench.set("CONNECTORCTL_KILL_AT", &death);
        let _ = bench.apply_with(&["--settle", "1s", "--parallelism", "1"]);
        bench.set("CONNECTORCTL_KILL_AT", "");
        recover(&bench, &what);
        check(&bench, &sandbox, &what);
    });
}

/// Every boundary at every turn a run of [`COUNT`] creates passes it: the lock file is written once.
fn deaths() -> impl Iterator<Item = String> {
    let points = KillPoint::ALL.iter().filter(|point| point.is_of_create());
    points.flat_map(|point| {
        let turns = match point {
            KillPoint::DuringFold | KillPoint::BeforeRename => 1,
            _ => COUNT,
        };
        (1..=turns).map(move |turn| format!("{}:{turn}", point.as_str()))
    })
}

#[test]
fn death_in_a_replace_and_in_a_rename() {
    for point in KillPoint::ALL {
        for (what, from, to) in [
            (
                "replace",
                "  k1:\n    element: freshdeskv2\n",
                "  k1:\n    element: closeio\n",
            ),
            (
                "rename",
                "  k1:\n    element: freshdeskv2\n",
                "  k1:\n    element: freshdeskv2\n    lifecycle: { movedFrom: old }\n",
            ),
        ] {
            let what = format!("{what} {}", point.as_str());
            let sandbox = Sandbox::start(&[]);
            let mut bench = bench(&sandbox);
            let text = bench.read("instances.yaml");
            if what.starts_with("rename") {
                bench.write("instances.yaml", &text.replace("  k1:", "  old:"));
            }
            let _ = bench.apply();
            assert!(text.contains(from));
            bench.write("instances.yaml", &text.replace(from, to));
            bench.set("CONNECTORCTL_KILL_AT", &format!("{}:1", point.as_str()));
            let _ = bench.apply_with(&["--settle", "1s", "--parallelism", "1"]);
            bench.set("CONNECTORCTL_KILL_AT", "");
            recover(&bench, &what);
            check(&bench, &sandbox, &what);
        }
    }
}

#[test]
fn death_and_the_loss_of_the_journal_a_window_later() {
    for point in KillPoint::ALL {
        let what = format!("{} and a fresh clone", point.as_str());
        let sandbox = Sandbox::start(&[]);
        let mut bench = bench(&sandbox);
        bench.set("CONNECTORCTL_KILL_AT", &format!("{}:2", point.as_str()));
        let _ = bench.apply_with(&["--settle", "1s", "--parallelism", "1"]);
        bench.set("CONNECTORCTL_KILL_AT", "");
        bench.fresh_clone();
        let settle_first = ["apply", "--yes", "--settle", "1s", "--settle-first"];
        let ran = bench.run(&settle_first);
        assert!(matches!(ran.code, 0), "{what}: {}", ran.all());
        check(&bench, &sandbox, &what);
    }
}
