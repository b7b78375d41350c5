//! A list proves that an instance is absent only if it is complete: lists that end early, change while
//! they are read, or leave tags out, byte by byte over real HTTP.

use serde_json::{Value, json};

use crate::support::scripted::{Asked, Scripted, answer, not_found};
use crate::support::{Bench, Ran, Sandbox};

pub(super) const HEAD: &str = "version: 1\ninventory: acme\ninstances:\n";
pub(super) const MANIFEST_LINE: &str =
    "  KEY: { element: jira, configuration: { username: u, password: p } }\n";
pub(super) const MARKER: &str = "connectorctl:acme:k1";

pub(super) fn item(id: u64, tags: &Value) -> Value {
    json!({
        "id": id, "name": format!("n{id}"), "element": {"key": "jira", "id": 12}, "tags": tags,
        "configuration": {"username": "u", "password": "********"}, "token": "invented-token",
        "valid": true, "disabled": false,
    })
}

/// An instance of somebody else.
pub(super) fn other(id: u64) -> Value {
    item(id, &json!(["theirs"]))
}

/// The instance of `k1`.
pub(super) fn ours() -> Value {
    item(7, &json!([MARKER]))
}

/// A page of a list.
pub(super) fn page(items: &[Value], total: Option<&str>, next: Option<&str>) -> Vec<u8> {
    let total = total.map(|total| ("elements-total-count", total.as_bytes()));
    let next = next.map(|next| ("elements-next-page-token", next.as_bytes()));
    let headers: Vec<(&str, &[u8])> = total.into_iter().chain(next).collect();
    answer(200, &headers, &Value::from(items.to_vec()))
}

/// A platform whose unfiltered list answers as `list` says; a read of instance 7 shows it.
fn platform(list: impl Fn(&Asked<'_>) -> Vec<u8> + Send + Sync + 'static) -> (Scripted, Bench) {
    searched(list, |_| None)
}

/// The same, with the answers to searches for a marker. A search for what others have finds it.
fn searched(
    list: impl Fn(&Asked<'_>) -> Vec<u8> + Send + Sync + 'static,
    search: impl Fn(&Asked<'_>) -> Option<Vec<u8>> + Send + Sync + 'static,
) -> (Scripted, Bench) {
    let server = Scripted::start(move |asked| match (asked.method, asked.path) {
        ("GET", "/instances") if asked.query.ends_with("=theirs") => {
            Some(page(&[other(1)], Some("1"), None))
        }
        ("GET", "/instances") if asked.query.contains("tags") => search(asked),
        ("GET", "/instances") => Some(list(asked)),
        ("GET", "/instances/7") => Some(answer(200, &[], &ours())),
        _ => None,
    });
    let bench = bench_at(&server);
    (server, bench)
}

/// A bench with one key, `k1`.
fn bench_at(server: &Scripted) -> Bench {
    let manifest = format!("{HEAD}{}", MANIFEST_LINE.replace("KEY", "k1"));
    Bench::at(&server.url).with_manifest(&manifest)
}

/// The kinds of the steps, and the codes of the notes.
pub(super) fn planned(bench: &Bench) -> (Vec<String>, Vec<String>) {
    let plan = bench.plan_json(&[]);
    let texts = |list: &Value, member: &str| -> Vec<String> {
        let list = list.as_array().expect("a list").iter();
        let texts = list.map(|one| one[member].as_str().expect("a text").to_owned());
        texts.collect()
    };
    (
        texts(&plan["steps"], "action"),
        texts(&plan["notes"], "code"),
    )
}

fn assert_not_created(bench: &Bench) {
    let (steps, _) = planned(bench);
    assert!(
        !steps.is_empty() && !steps.iter().any(|step| step == "create"),
        "{steps:?}"
    );
}

fn plan(bench: &Bench) -> Ran {
    bench.run(&["plan"])
}

#[test]
fn a_complete_page_costs_one_request() {
    let pages = [
        (vec![other(1)], Some("1")),
        (vec![other(1)], None),
        (vec![], Some("0")),
    ];
    for (items, total) in pages {
        let (server, bench) = platform(move |_| page(&items, total, None));
        assert_eq!(planned(&bench).0, ["create"]);
        assert_eq!(server.count("GET /instances"), 1, "{total:?}");
    }
}

#[test]
fn a_short_page_with_a_token_is_not_the_last() {
    let (server, bench) = platform(|asked| match asked.query.contains("nextPage") {
        false => page(&[other(1)], Some("2"), Some("next")),
        true => page(&[ours()], Some("2"), None),
    });
    assert_not_created(&bench);
    assert_eq!(server.count("GET /instances?"), 2);
}

#[test]
fn a_token_that_is_not_text_is_an_error() {
    let (_server, bench) = platform(|_| {
        let headers: [(&str, &[u8]); 1] = [("elements-next-page-token", b"\xff\xfe")];
        answer(200, &headers, &json!([other(1)]))
    });
    plan(&bench)
        .expect_code(1)
        .stderr_has("elements-next-page-token` is not text");
}

/// Offsets: one of the first page is deleted, so the second page starts one too late.
#[test]
fn a_total_that_changes_between_two_pages_means_another_reading() {
    let first = |ids: std::ops::Range<u64>, total| {
        let items: Vec<Value> = ids.map(other).collect();
        page(&items, Some(total), Some("200"))
    };
    let (server, bench) = platform(move |asked| match asked.nth {
        1 => first(100..300, "202"),
        2 => page(&[other(301)], Some("201"), None),
        3 => first(101..301, "202"),
        _ => page(&[ours(), other(301)], Some("202"), None),
    });
    assert_not_created(&bench);
    assert_eq!(server.count("GET /instances?"), 4);
}

/// Offsets: one of the first page is deleted and another is created, so the total stays right although
/// the second page starts one too late.
#[test]
fn a_total_that_stays_right_while_the_list_moves_proves_nothing() {
    let first = |ids: std::ops::Range<u64>, last: Option<Value>| {
        let items: Vec<Value> = ids.map(other).chain(last).collect();
        page(&items, Some("202"), Some("200"))
    };
    let (server, bench) = platform(move |asked| match asked.nth {
        1 => first(100..300, None),
        2 => page(&[other(301), other(302)], Some("202"), None),
        nth if nth % 2 == 1 => first(101..300, Some(ours())),
        _ => page(&[other(301), other(302)], Some("202"), None),
    });
    assert_not_created(&bench);
    assert_eq!(server.count("GET /instances?"), 6);
}

#[test]
fn a_total_that_is_larger_than_the_list_means_another_reading() {
    let (server, bench) = platform(|asked| match asked.nth {
        1 => page(&[other(1)], Some("2"), None),
        _ => page(&[other(1), ours()], Some("2"), None),
    });
    assert_not_created(&bench);
    assert_eq!(server.count("GET /instances?"), 2);
}

/// A total may count what the caller cannot see; then it never agrees.
#[test]
fn two_equal_readings_are_complete() {
    let (server, bench) = platform(|_| page(&[other(1)], Some("9"), None));
    let (steps, notes) = planned(&bench);
    assert_eq!(steps, ["create"]);
    assert!(!notes.contains(&"incomplete-list".to_owned()), "{notes:?}");
    assert_eq!(server.count("GET /instances?"), 2);
}

#[test]
fn several_pages_without_a_total_are_read_twice() {
    let (server, bench) = platform(|asked| match asked.query.contains("nextPage") {
        false => page(&[other(1)], None, Some("next")),
        true => page(&[other(2)], None, None),
    });
    let (steps, notes) = planned(&bench);
    assert_eq!(
        (steps, notes),
        (vec!["create".to_owned()], vec!["foreign".to_owned()])
    );
    assert_eq!(server.count("GET /instances?"), 4);
}

/// Each reading shows another list, so none is proven; the search for the marker decides.
#[test]
fn a_create_without_a_complete_list_is_proven_by_a_search() {
    let changing = |asked: &Asked<'_>| page(&[other(asked.nth as u64 + 20)], Some("9"), None);
    let (server, bench) = searched(changing, |asked| {
        let hit = asked.query.contains("connectorctl:");
        hit.then(|| page(&[ours()], Some("1"), None))
    });
    assert_not_created(&bench);
    let (_, notes) = planned(&bench);
    assert!(notes.contains(&"incomplete-list".to_owned()), "{notes:?}");
    assert_eq!(
        server.count("GET /instances?hydrate=true&pageSize=200&tags"),
        6,
        "two plans, each with a control and two searches"
    );

    let (server, bench) = searched(changing, |_| None);
    let (steps, notes) = planned(&bench);
    assert_eq!(steps, ["create"]);
    assert!(notes.contains(&"incomplete-list".to_owned()), "{notes:?}");
    assert_eq!(
        server.count("GET /instances?"),
        6,
        "three readings, a control, two searches"
    );
}

#[test]
fn a_search_that_fails_fails_the_command() {
    let changing = |asked: &Asked<'_>| page(&[other(asked.nth as u64 + 20)], Some("9"), None);
    let failing = |_: &Asked<'_>| {
        Some(answer(
            400,
            &[],
            &json!({"requestId": "r", "message": "no"}),
        ))
    };
    let (_server, bench) = searched(changing, failing);
    let _ = plan(&bench).expect_code(1);
    let (server, bench) = searched(changing, move |asked| Some(changing(asked)));
    plan(&bench).expect_code(1).stderr_has("incomplete");
    let _ = bench.apply_with(&[]).expect_code(1);
    assert_eq!(server.count("POST"), 0);
}

/// Two hundred without a total: the list may have ended, or may have been cut.
#[test]
fn a_full_page_without_a_token_ends_the_list_only_if_the_total_agrees() {
    for (total, is_complete) in [(None, false), (Some("200"), true), (Some("201"), false)] {
        let items: Vec<Value> = (100..300).map(other).collect();
        let (_server, bench) = platform(move |_| page(&items, total, None));
        let (_, notes) = planned(&bench);
        let is_noted = notes.contains(&"incomplete-list".to_owned());
        assert_eq!(is_noted, !is_complete, "{total:?}");
    }
}

#[test]
fn a_token_that_comes_again_ends_the_list_only_if_the_total_agrees() {
    for (total, is_complete) in [(None, false), (Some("2"), true), (Some("3"), false)] {
        let (_server, bench) = platform(move |asked| match asked.query.contains("nextPage") {
            false => page(&[other(1)], total, Some("same")),
            true => page(&[other(2)], total, Some("same")),
        });
        let (_, notes) = planned(&bench);
        let is_noted = notes.contains(&"incomplete-list".to_owned());
        assert_eq!(is_noted, !is_complete, "{total:?}");
    }
}

#[test]
fn tags_that_a_list_leaves_out_or_cuts_are_read_by_id() {
    for shown in [json!([]), json!(null), json!(["connectorct"])] {
        let listed = item(7, &shown);
        let (server, bench) = platform(move |_| page(&[listed.clone(), other(1)], Some("2"), None));
        assert_not_created(&bench);
        assert_eq!(server.count("GET /instances/7"), 1, "{shown}");
        assert_eq!(server.count("GET /instances/1"), 0, "{shown}");
    }
}

/// Only the wording for instances, a total or the count of instances makes a 404 an empty list.
#[test]
fn a_vague_404_is_not_an_empty_list() {
    const VAGUE: &str = "No active subscription found for this organization";
    let (_server, bench) = platform(|_| not_found(VAGUE, &[]));
    plan(&bench).expect_code(1).stderr_has(VAGUE);

    let (_server, bench) = platform(|_| not_found(VAGUE, &[("elements-total-count", b"0")]));
    assert_eq!(planned(&bench).0, ["create"]);

    for (count, code) in [(0, 0), (3, 1)] {
        let server = Scripted::start(move |asked| match asked.path {
            "/instances" => Some(not_found(VAGUE, &[])),
            "/instances/count" => Some(answer(200, &[], &json!({"totalInstances": count}))),
            _ => None,
        });
        let bench = bench_at(&server);
        let _ = plan(&bench).expect_code(code);
    }
}

/// Offset pages of three, and instances of somebody else that go or come before each page.
#[test]
fn instances_that_come_and_go_between_two_pages_hide_none_of_ours() {
    for kind in ["page-delete", "page-create"] {
        let sandbox = Sandbox::start(&["--assume", "q25=3"]);
        for _ in 0..4 {
            let foreign = json!({
                "element": {"key": "jira"}, "name": "theirs", "tags": ["foreign"],
                "configuration": {"username": "u", "password": "p"},
            });
            let _ = sandbox
                .call("POST", "/instances", Some(&foreign))
                .expect(200);
        }
        let bench = Bench::on(&sandbox);
        let key = |number: u64| MANIFEST_LINE.replace("KEY", &format!("k{number}"));
        let lines: String = (0..6).map(key).collect();
        bench.write("instances.yaml", &format!("{HEAD}{lines}"));
        let _ = bench.apply();
        bench.fresh_clone();
        sandbox.set_faults(&[format!("* * kind={kind}")]);
        let _ = bench.apply_with(&["--accept-secrets"]).expect_code(0);
        assert_eq!(sandbox.count("creates"), 10, "{kind}");
    }
}
