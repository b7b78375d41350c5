//! The death of the process at every boundary of the journal, first, middle and last.

use connectorctl::ports::kill::KillPoint;

use super::faults::KINDS;
use super::{COUNT, bench, check, recover};
use crate::support::Sandbox;

#[test]
fn death_at_every_boundary() {
    for point in KillPoint::ALL {
        for turn in 1..=COUNT {
            let what = format!("{}:{turn}", point.as_str());
            let sandbox = Sandbox::start(&[]);
            let mut bench = bench(&sandbox);
            bench.set("CONNECTORCTL_KILL_AT", &what);
            let ran = bench.run(&["apply", "--yes", "--settle", "1s", "--parallelism", "1"]);
            let of_the_end = matches!(point, KillPoint::DuringFold | KillPoint::BeforeRename);
            if !of_the_end || turn == 1 {
                assert_eq!(ran.code, -1, "{what}: did not die: {}", ran.all());
            }
            bench.set("CONNECTORCTL_KILL_AT", "");
            recover(&bench, &what);
            check(&bench, &sandbox, &what);
        }
    }
}

/// A fault at one create, and the death of the process at one boundary, first, middle or last.
fn fault_and_death(wanted: impl Fn(usize) -> bool) {
    let mut number = 0;
    for kind in KINDS {
        for skip in 0..COUNT {
            for point in KillPoint::ALL {
                number += 1;
                if !wanted(number) {
                    continue;
                }
                let fault = format!("POST /instances {kind} skip={skip} count=1");
                let turn = 1 + number % COUNT;
                let what = format!("{fault}, {}:{turn}", point.as_str());
                let sandbox = Sandbox::start(&["--fault", &fault]);
                let mut bench = bench(&sandbox);
                bench.set(
                    "CONNECTORCTL_KILL_AT",
                    &format!("{}:{turn}", point.as_str()),
                );
                let _ = bench.run(&["apply", "--yes", "--settle", "1s", "--parallelism", "1"]);
                bench.set("CONNECTORCTL_KILL_AT", "");
                recover(&bench, &what);
                check(&bench, &sandbox, &what);
            }
        }
    }
}

#[test]
fn faults_and_deaths_together_in_part() {
    // Coprime to the length of every loop above, so each kind, position and point has its turn.
    fault_and_death(|number| number % 11 == 0);
}

#[test]
#[ignore = "all of them take a quarter of an hour: .ci/full"]
fn every_fault_at_every_position_with_every_death() {
    fault_and_death(|_| true);
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
            let _ = bench.run(&["apply", "--yes", "--settle", "1s", "--parallelism", "1"]);
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
        let _ = bench.run(&["apply", "--yes", "--settle", "1s", "--parallelism", "1"]);
        bench.set("CONNECTORCTL_KILL_AT", "");
        bench.fresh_clone();
        let settle_first = ["apply", "--yes", "--settle", "1s", "--settle-first"];
        let ran = bench.run(&settle_first);
        assert!(matches!(ran.code, 0), "{what}: {}", ran.all());
        check(&bench, &sandbox, &what);
    }
}
