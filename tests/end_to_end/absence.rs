//! Absence is proven before anything is created: by what else the platform shows where its list proves
//! nothing, and once more after the plan was made.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::lists::{HEAD, MANIFEST_LINE, MARKER, item, other, ours, page, planned};
use crate::support::scripted::{Asked, Scripted, answer, not_found};
use crate::support::{Bench, Sandbox};

/// A search for this text.
fn searches(asked: &Asked<'_>, text: &str) -> bool {
    asked.query.contains("tags") && asked.query.ends_with(text)
}

/// A list that is another one each time it is read, and never as long as its total says.
fn changing(asked: &Asked<'_>) -> Vec<u8> {
    page(&[other(1), other(asked.nth as u64 + 20)], Some("9"), None)
}

fn nothing() -> Vec<u8> {
    not_found("No instances found", &[])
}

fn bench(server: &Scripted, keys: &[&str]) -> Bench {
    let lines: String = keys
        .iter()
        .map(|key| MANIFEST_LINE.replace("KEY", key))
        .collect();
    Bench::at(&server.url).with_manifest(&format!("{HEAD}{lines}"))
}

fn marked(id: u64, key: &str) -> Value {
    item(id, &json!([format!("connectorctl:acme:{key}")]))
}

/// A read by id, or a search, of these instances.
fn shows(asked: &Asked<'_>, instances: &[Value]) -> Option<Vec<u8>> {
    let id: u64 = asked.path.strip_prefix("/instances/")?.parse().ok()?;
    let found = instances.iter().find(|instance| instance["id"] == id);
    Some(match found {
        Some(instance) => answer(200, &[], instance),
        None => not_found("No element instance found", &[]),
    })
}

/// A search that finds nothing proves nothing until it has found something.
#[test]
fn a_search_is_no_proof_where_it_finds_nothing_that_exists() {
    for finds in [false, true] {
        let server = Scripted::start(move |asked| match asked.path {
            "/instances" if searches(asked, "theirs") && finds => {
                Some(page(&[other(1)], Some("1"), None))
            }
            "/instances" if asked.query.contains("tags") => Some(nothing()),
            "/instances" => Some(changing(asked)),
            _ => shows(asked, &[other(1)]),
        });
        let bench = bench(&server, &["k1"]);
        if finds {
            assert_eq!(planned(&bench).0, ["create"]);
        } else {
            let ran = bench.run(&["plan"]).expect_code(1);
            ran.stderr_has("does not find an instance that exists");
            ran.stderr_has(MARKER);
            ran.stderr_has("--assume-absent k1");
            let _ = bench.apply_with(&[]).expect_code(1);
            assert_eq!(server.count("POST"), 0);
        }
    }
}

/// Where one of our markers is known to exist, the control search looks for it and not for another tag.
#[test]
fn a_known_marker_is_what_a_search_has_to_find() {
    let server = Scripted::start(|asked| match asked.path {
        "/instances" if searches(asked, "theirs") => Some(page(&[other(1)], Some("1"), None)),
        "/instances" if asked.query.contains("tags") => Some(nothing()),
        "/instances" => {
            let items = [other(1), marked(8, "k2"), other(asked.nth as u64 + 20)];
            Some(page(&items, Some("9"), None))
        }
        _ => shows(asked, &[other(1), marked(8, "k2")]),
    });
    let bench = bench(&server, &["k1", "k2"]);
    bench
        .run(&["plan"])
        .expect_code(1)
        .stderr_has("does not find an instance that exists");
}

/// A person who has looked decides.
#[test]
fn a_person_may_say_that_nothing_is_there() {
    let server = Scripted::start(|asked| match asked.path {
        "/instances" if asked.query.contains("tags") => Some(nothing()),
        "/instances" => Some(changing(asked)),
        _ => shows(asked, &[other(1)]),
    });
    let bench = bench(&server, &["k1"]);
    let plan = bench.plan_json(&["--assume-absent", "k1"]);
    assert_eq!(plan["summary"]["create"], 1, "{plan}");
    bench
        .run(&["plan", "--assume-absent", "k9"])
        .expect_code(8)
        .stderr_has("matches no instance");
}

/// Somebody else's apply, between plan and create. With one page the list is read again; with six, one
/// search takes fewer requests.
#[test]
fn what_appears_after_the_plan_is_not_created_again() {
    for pages in [1, 6] {
        let asked_before = AtomicUsize::new(0);
        let server = Scripted::start(move |asked| match (asked.method, asked.path) {
            ("POST", _) => Some(answer(200, &[], &marked(9, "k1"))),
            (_, "/instances") if searches(asked, "theirs") => {
                Some(page(&[other(1)], Some("1"), None))
            }
            (_, "/instances") if searches(asked, MARKER) => {
                let is_late = asked_before.fetch_add(1, Ordering::SeqCst) > 0;
                Some(if is_late {
                    page(&[ours()], None, None)
                } else {
                    nothing()
                })
            }
            (_, "/instances") if asked.query.contains("tags") => Some(nothing()),
            (_, "/instances") if pages == 1 => Some(match asked.nth {
                1 => page(&[other(1)], Some("1"), None),
                _ => page(&[other(1), ours()], Some("2"), None),
            }),
            (_, "/instances") => {
                let (_, number) = asked.query.split_once("nextPage=").unwrap_or(("", "1"));
                let number: u64 = number.parse().expect("a number");
                let next = (number < pages).then(|| (number + 1).to_string());
                Some(page(&[other(number)], None, next.as_deref()))
            }
            _ => shows(asked, &[other(1), ours()]),
        });
        let bench = bench(&server, &["k1"]);
        let ran = bench.apply_with(&["--accept-secrets"]);
        let said = format!("{pages}: {}\n{:#?}", ran.all(), server.lines());
        assert_eq!(server.count("POST"), 0, "{said}");
        assert_eq!(bench.lock()["instances"]["k1"]["id"], 7, "{said}");
    }
}

/// The window has passed, and neither a search nor the list shows whether the create took effect.
#[test]
fn a_second_post_needs_the_same_proof_as_the_first() {
    let server = Scripted::start(|asked| match (asked.method, asked.path) {
        ("POST", _) if asked.nth == 1 => Some(answer(502, &[], &json!("a gateway"))),
        ("POST", _) => Some(answer(200, &[], &marked(9, "k1"))),
        (_, "/instances") if asked.query.contains("tags") => Some(nothing()),
        (_, "/instances") if asked.nth <= 2 => Some(page(&[other(1)], Some("1"), None)),
        (_, "/instances") => Some(changing(asked)),
        _ => shows(asked, &[other(1), marked(9, "k1")]),
    });
    let bench = bench(&server, &["k1"]);
    let apply = |more: &[&str]| bench.apply_with(&[&["--settle", "1s"], more].concat());
    let ran = apply(&[]).expect_code(4);
    ran.stdout_has("--assume-absent k1");
    assert_eq!(server.count("POST"), 1);
    let _ = apply(&[]).expect_code(1);
    assert_eq!(server.count("POST"), 1);
    let _ = apply(&["--assume-absent", "k1"]).expect_code(0);
    assert_eq!(server.count("POST"), 2);
}

/// Nothing has a tag, and the list is never complete: the first create is what shows whether searches work,
/// and the others wait for it.
#[test]
fn the_first_create_shows_whether_searches_work() {
    for finds in [true, false] {
        let is_created = AtomicUsize::new(0);
        let server = Scripted::start(move |asked| match (asked.method, asked.path) {
            ("POST", _) => {
                let number = is_created.fetch_add(1, Ordering::SeqCst) as u64;
                Some(answer(
                    200,
                    &[],
                    &marked(7 + number, &format!("k{}", number + 1)),
                ))
            }
            (_, "/instances") if searches(asked, MARKER) && finds => {
                let found = is_created.load(Ordering::SeqCst) > 0;
                Some(if found {
                    page(&[ours()], None, None)
                } else {
                    nothing()
                })
            }
            (_, "/instances") if asked.query.contains("tags") => Some(nothing()),
            (_, "/instances") => {
                let untagged = item(asked.nth as u64 + 20, &json!([]));
                Some(page(&[untagged], Some("9"), None))
            }
            (_, path) if path.ends_with("/7") || path.ends_with("/8") => {
                shows(asked, &[ours(), marked(8, "k2")])
            }
            (_, path) => {
                let id = path.strip_prefix("/instances/")?;
                Some(answer(200, &[], &item(id.parse().ok()?, &json!([]))))
            }
        });
        let bench = bench(&server, &["k1", "k2"]);
        let ran = bench.apply_with(&["--settle", "1s"]);
        let posts = server.count("POST");
        let said = format!("{}\n{:#?}", ran.all(), server.lines());
        if finds {
            assert_eq!((ran.code, posts), (0, 2), "{said}");
            let lines = server.lines();
            let mut last = lines.iter().rev();
            let before = last
                .position(|line| line.starts_with("POST"))
                .map(|place| lines.len() - 1 - place);
            let is_search = |line: &String| line.ends_with(MARKER);
            assert!(
                lines[..before.expect("a POST")].iter().any(is_search),
                "{said}"
            );
        } else {
            assert_eq!((ran.code, posts), (3, 1), "{said}");
            ran.stdout_has("nothing proves what does not exist");
        }
    }
}

/// Adopt, duplicate and "current among several" hold only as a read by id shows them.
#[test]
fn a_list_that_is_out_of_date_decides_nothing() {
    let elsewhere = || item(7, &json!(["connectorctl:acme:other"]));
    type Case<'c> = (&'c [Value], &'c [Value], &'c [&'c str], &'c [&'c str]);
    let cases: [Case<'_>; 4] = [
        // The marker was taken away.
        (
            &[ours()],
            &[item(7, &json!(["theirs"]))],
            &["create"],
            &["foreign"],
        ),
        // It was deleted.
        (&[ours()], &[], &["create"], &[]),
        // One of two belongs to another key by now, or is gone: the other is current, and no duplicate.
        (
            &[ours(), marked(8, "k1")],
            &[elsewhere(), marked(8, "k1")],
            &["adopt"],
            &["orphan"],
        ),
        (
            &[ours(), marked(8, "k1")],
            &[marked(8, "k1")],
            &["adopt"],
            &[],
        ),
    ];
    for (listed, real, steps, notes) in cases {
        let (listed, real) = (listed.to_vec(), real.to_vec());
        let server = Scripted::start(move |asked| match asked.path {
            "/instances" => Some(page(&listed, Some(&listed.len().to_string()), None)),
            _ => shows(asked, &real),
        });
        let bench = bench(&server, &["k1"]);
        let (planned_steps, mut planned_notes) = planned(&bench);
        planned_notes.retain(|note| note != "not-compared");
        assert_eq!(
            (planned_steps, planned_notes),
            (
                steps.iter().map(|step| (*step).to_owned()).collect(),
                notes.iter().map(|note| (*note).to_owned()).collect(),
            )
        );
    }
}

/// No list shows the recorded instances, and a read by id does.
#[test]
fn a_rebuild_reads_what_is_recorded_before_it_drops_it() {
    let sandbox = Sandbox::start(&["--fault", "POST /instances kind=list-lag for=1h"]);
    let lines: String = ["k1", "k2", "k3"]
        .map(|key| MANIFEST_LINE.replace("KEY", key))
        .concat();
    let bench = Bench::on(&sandbox).with_manifest(&format!("{HEAD}{lines}"));
    let _ = bench.apply();
    let before = bench.lock();
    let id = |key: &str| before["instances"][key]["id"].as_u64().expect("an id");
    // Its marker was taken away, and it is still recorded.
    sandbox.patch(id("k2"), &json!({"tags": ["theirs"]}));
    let _ = sandbox
        .call("DELETE", &format!("/instances/{}", id("k3")), None)
        .expect(200);
    let _ = bench.run(&["lock", "rebuild", "--yes"]).expect_code(0);
    let after = bench.lock();
    for key in ["k1", "k2"] {
        for member in ["id", "token"] {
            let (old, new) = (&before["instances"][key], &after["instances"][key]);
            assert_eq!(old[member], new[member], "{key} {member}");
        }
    }
    assert_eq!(
        after["instances"].as_object().map(|all| all.len()),
        Some(2),
        "{after}"
    );
}

#[test]
fn a_rebuild_changes_nothing_if_a_recorded_instance_cannot_be_read() {
    let sandbox = Sandbox::start(&["--fault", "POST /instances kind=list-lag for=1h"]);
    let bench =
        Bench::on(&sandbox).with_manifest(&format!("{HEAD}{}", MANIFEST_LINE.replace("KEY", "k1")));
    let _ = bench.apply();
    let before = bench.lock();
    sandbox.set_faults(&[
        "POST /instances kind=list-lag for=1h",
        "GET /instances/* kind=status status=403 count=9",
    ]);
    let _ = bench.run(&["lock", "rebuild", "--yes"]).expect_code(1);
    assert_eq!(bench.lock(), before);
}

#[test]
fn a_verification_reads_what_differs_in_the_list() {
    let sandbox = Sandbox::start(&["--fault", "* * kind=change-lag for=1h"]);
    let bench =
        Bench::on(&sandbox).with_manifest(&format!("{HEAD}{}", MANIFEST_LINE.replace("KEY", "k1")));
    let _ = bench.apply();
    bench.edit_manifest("{ element", "{ name: renamed, element");
    let _ = bench.apply();
    let _ = bench.run(&["lock", "verify"]).expect_code(0);
}

/// A recorded instance stays the one of its key, although an older one carries the marker, too. One with
/// the markers of two keys is not recorded twice.
#[test]
fn a_rebuild_keeps_what_is_recorded_and_records_nothing_twice() {
    let sandbox = Sandbox::start(&[]);
    let bench = Bench::on(&sandbox)
        .with("P", "p")
        .with_manifest(
            "version: 1\ninventory: acme\ninstances:\n  a: &jira\n    element: jira\n    configuration: { base.url: 'https://j.example.com', username: u, password: '${env:P}' }\n  b: *jira\n",
        );
    let _ = bench.apply_with(&["--parallelism", "1"]);
    let ids = || ["a", "b"].map(|key| bench.lock()["instances"][key]["id"].as_u64());
    let before = ids();
    let older = before[0].expect("an id");
    for tags in [
        serde_json::json!(["connectorctl:acme:a", "connectorctl:acme:b"]),
        serde_json::json!(["connectorctl:acme:b"]),
    ] {
        sandbox.patch(older, &serde_json::json!({ "tags": tags }));
        let _ = bench.run(&["lock", "rebuild", "--yes"]).expect_code(0);
        assert_eq!(ids()[1], before[1], "{tags}");
        assert!(ids()[0].is_none_or(|id| id == older), "{tags}");
    }
}

/// Reading each of 200,000 instances would take an hour, to refuse the plan in the end.
#[test]
fn many_missing_instances_cost_one_list_and_a_few_reads() {
    let sandbox = Sandbox::start(&[]);
    let mut manifest = "version: 1\ninventory: acme\ninstances:\n".to_owned();
    for number in 0..300 {
        manifest.push_str(&format!("  k{number}: {{ element: jira, configuration: {{ username: a, password: \"${{env:P}}\" }} }}\n"));
    }
    let bench = Bench::on(&sandbox)
        .with("P", "invented")
        .with_manifest(&manifest);
    let _ = bench.apply();
    let ids: Vec<u64> = bench.lock()["instances"]
        .as_object()
        .expect("instances")
        .values()
        .filter_map(|entry| entry["id"].as_u64())
        .collect();
    for id in &ids {
        let _ = sandbox.call("DELETE", &format!("/instances/{id}"), None);
    }
    let before = sandbox.count("requests");
    let ran = bench.run(&["plan"]).expect_code(5);
    ran.stderr_has("300 of 300 recorded instances are missing on the platform");
    let requests = sandbox.count("requests") - before;
    assert!(requests < 110, "{requests} requests");
    let _ = bench.apply_with(&[]).expect_code(5);
    assert_eq!(
        bench.lock()["instances"].as_object().map(|it| it.len()),
        Some(300)
    );
    for command in [&["lock", "verify"][..], &["drift"]] {
        let before = sandbox.count("requests");
        let ran = bench.run(command).expect_code(2);
        ran.stdout_has("280 more [missing] not shown; `--full` shows all");
        let requests = sandbox.count("requests") - before;
        assert!(requests < 110, "{command:?}: {requests} requests");
        assert_eq!(ran.stdout.matches("is missing on the platform").count(), 20);
        let full = bench.run(&[command, &["--full"]].concat()).expect_code(2);
        assert_eq!(
            full.stdout.matches("is missing on the platform").count(),
            300
        );
    }
    // Whoever knows that they are gone gets each of them proven.
    let before = sandbox.count("requests");
    let _ = bench.run(&["plan", "--recreate-vanished"]).expect_code(0);
    assert!(sandbox.count("requests") - before >= 300);
}
