//! Runners that are frozen, wall clocks that are set, and deadlines shorter than a window: what the random
//! schedules found, and its neighbours.

use std::time::Duration;

use super::checkout::Mistake;
use super::schedule::MishapKind;
use super::story::run;

/// The settle window, and some time to plan and search.
const ONE_WINDOW: Duration = Duration::from_secs(200 + 20);

/// One run of one instance: how it ends, when its wall clock is set, its deadline, and what
/// becomes of its first create.
#[derive(Default)]
struct OneRun<'a> {
    ending: Option<&'a str>,
    step: Option<(u32, i32)>,
    deadline_s: Option<u8>,
    create: Option<MishapKind>,
}

/// Plays one run after the other on a platform without list lag; answers what happened.
fn play(runs: &[OneRun], between: &str, mistake: Mistake) -> (bool, Vec<String>) {
    let json = |run: &OneRun| {
        let ending = run
            .ending
            .map_or_else(|| "\"Itself\"".to_owned(), str::to_owned);
        let step = serde_json::json!(run.step);
        let deadline = serde_json::json!(run.deadline_s);
        let mishaps = run
            .create
            .map(|kind| serde_json::json!({"create": true, "nth": 0, "kind": kind}).to_string());
        format!(
            r#"{{"runs":[{{"apart":false,"after_ms":0,"waits":false,"settle_first":false,
            "deadline_s":{deadline},"ending":{ending},"step":{step},
            "mishaps":[{}],"stall":null}}],"then":[{between}]}}"#,
            mishaps.unwrap_or_default()
        )
    };
    let rounds: Vec<String> = runs.iter().map(json).collect();
    let text = format!(
        r#"{{"pace":0,"lag_s":0,"readings":[],"refusals":[],
        "instances":[{{"other":false,"renamed":false,"absent":false,"disabled":false,
            "name":false,"tag":false,"setting":false,"secret":false}}],
        "rounds":[{}]}}"#,
        rounds.join(",")
    );
    let schedule = serde_json::from_str(&text).expect("a schedule");
    let (tally, log) = run(&schedule, mistake);
    assert_eq!(tally.outside, 0);
    (tally.is_clean(), log)
}

fn keeps_the_promise(runs: &[OneRun], between: &str) -> Vec<String> {
    let (is_clean, log) = play(runs, between, Mistake::None);
    assert!(is_clean, "{}", log.join("\n"));
    log
}

/// How long each run took, by a clock that nobody sets.
fn durations(log: &[String]) -> Vec<Duration> {
    let times = |what: &str| -> Vec<u64> {
        let lines = log.iter().filter_map(|line| line.split_once(' '));
        lines
            .filter(|(_, text)| text.starts_with(what))
            .map(|(millis, _)| millis.parse().expect("a time"))
            .collect()
    };
    let (starts, ends) = (times("apply: "), times("its end: "));
    assert_eq!(starts.len(), ends.len());
    let both = starts.iter().zip(&ends);
    both.map(|(start, end)| Duration::from_millis(end - start))
        .collect()
}

/// Dies while nobody knows what becomes of its create.
fn killed(create: MishapKind) -> OneRun<'static> {
    OneRun {
        ending: Some(r#"{"DiesAfterMs":9000}"#),
        create: Some(create),
        ..OneRun::default()
    }
}

#[test]
fn a_runner_that_is_frozen_during_a_create_and_then_killed() {
    for ending in [
        r#"{"DiesFrozen":[572,157]}"#,
        r#"{"DiesFrozen":[1500,179]}"#,
        r#"{"DiesFrozen":[2000,699]}"#,
        r#"{"DiesFrozen":[2500,65000]}"#,
    ] {
        for held_s in [1, 59, 179] {
            let frozen = || OneRun {
                ending: Some(ending),
                create: Some(MishapKind::Held(held_s)),
                ..OneRun::default()
            };
            keeps_the_promise(&[frozen()], "");
            keeps_the_promise(&[frozen(), frozen(), frozen()], "");
        }
    }
    // One of these moments is while the create is in flight.
    let is_found = |after_ms: u32| {
        let ending = format!(r#"{{"DiesFrozen":[{after_ms},157]}}"#);
        let frozen = OneRun {
            ending: Some(&ending),
            create: Some(MishapKind::Held(59)),
            ..OneRun::default()
        };
        !play(&[frozen], "", Mistake::NoTakeover).0
    };
    assert!((500..2_500).step_by(100).any(is_found));
}

#[test]
fn a_wall_clock_that_is_set_forward_by_hours_ends_no_window_early() {
    for step_s in [150, 3_600, 90_000] {
        // In the run that settles its own create, after the time-out of that.
        let own = OneRun {
            step: Some((190_000, step_s)),
            create: Some(MishapKind::Held(170)),
            ..OneRun::default()
        };
        keeps_the_promise(&[own], "");
        // In the one that settles another's, and between two of those.
        for ms in [5_000, 30_000, 100_000] {
            let next = OneRun {
                step: Some((ms, step_s)),
                ..OneRun::default()
            };
            keeps_the_promise(&[killed(MishapKind::Held(170)), next], "");
        }
        let set = format!(r#"{{"Step":{step_s}}}"#);
        let runs = [killed(MishapKind::Held(170)), short(30), short(30)];
        keeps_the_promise(&runs, &set);
    }
}

#[test]
fn a_wall_clock_that_is_set_back_by_hours_makes_nobody_wait_longer_than_one_window() {
    for step_s in [-150, -3_600, -90_000] {
        let set = format!(r#"{{"Step":{step_s}}}"#);
        for create in [MishapKind::Held(170), MishapKind::LostBefore] {
            for ms in [5_000, 30_000, 100_000] {
                let next = OneRun {
                    step: Some((ms, step_s)),
                    ..OneRun::default()
                };
                waits_one_window_at_most(&[killed(create), next], "");
            }
            waits_one_window_at_most(&[killed(create), short(30), short(30)], &set);
        }
    }
}

fn waits_one_window_at_most(runs: &[OneRun], between: &str) {
    let log = keeps_the_promise(runs, between);
    let longest = durations(&log).into_iter().max();
    assert!(longest <= Some(ONE_WINDOW), "{longest:?}");
}

/// Ends at its deadline, if not before.
fn short(deadline_s: u8) -> OneRun<'static> {
    OneRun {
        deadline_s: Some(deadline_s),
        ..OneRun::default()
    }
}

/// A create that never happened: every run but the last ends at its deadline.
#[test]
fn runs_with_a_short_deadline_come_to_the_end_of_a_window() {
    let killed = killed(MishapKind::LostBefore);
    let runs = [killed, short(60), short(60), short(60), short(60)];
    let log = keeps_the_promise(&runs, "");
    let ends: Vec<&str> = log
        .iter()
        .filter_map(|line| line.split_once("its end: ").map(|(_, end)| end))
        .take(runs.len())
        .collect();
    assert_eq!(
        ends,
        ["Died", "Incomplete", "Incomplete", "Incomplete", "Complete"]
    );
}
