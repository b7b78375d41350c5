//! Random schedules, by the thousand, on simulated time: runs that are killed, stopped and cut, that
//! overlap on one lock file or share nothing, fresh clones, edits, and every reading of the platform.
//! The real client, planner, apply and journal against the real sandbox, without a socket.

mod answers;
pub(crate) mod checkout;
mod clock;
mod disk;
mod freezer;
mod manifest;
mod mistaken;
mod pulled;
pub(crate) mod schedule;
mod seal;
pub(crate) mod story;
mod tally;
#[cfg(test)]
mod time;
mod wire;
mod world;

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::checkout::Mistake;
    use super::schedule::Schedule;
    use super::story::{run, run_many, smallest};

    #[test]
    fn two_thousand_schedules_keep_the_promise() {
        let (tally, bad) = run_many(0..2_000, Mistake::None);
        println!("{}", tally.line());
        if let Some(&seed) = bad.first() {
            let schedule = smallest(seed, Mistake::None);
            panic!(
                "{}\nseed {seed}, made smaller: cargo test --test chaos -- --replay '{}'",
                tally.line(),
                schedule.to_json()
            );
        }
        // What would show nothing if it had become rare.
        assert!(
            tally.kills > 800
                && tally.overlaps > 800
                && tally.held > 80
                && tally.faults > 1_500
                && tally.edits > 800
                && tally.rollbacks > 150
                && tally.outside > 300
                && tally.inside > 1_000,
            "{}",
            tally.line()
        );
    }

    /// A `POST` that is held for almost three minutes, a journal whose disk stalls meanwhile, and a death:
    /// the newest record is much older than the connection, and says nothing about it.
    #[test]
    fn a_disk_that_stalls_under_a_post_makes_no_duplicate() {
        for (nth, seconds) in [
            (0, 4),
            (0, 6),
            (0, 100),
            (1, 4),
            (1, 400),
            (5, 100),
            (20, 30),
        ] {
            for dies_after_s in [9, 12, 60, 120, 170, 179] {
                let text = format!(
                    r#"{{"pace":0,"lag_s":20,"readings":[],"refusals":[],
                    "instances":[{{"other":false,"renamed":false,"absent":false,"disabled":false,
                        "name":false,"tag":false,"setting":false,"secret":false}}],
                    "rounds":[{{"then":[],"runs":[{{"apart":false,"after_ms":0,"waits":false,
                        "settle_first":false,"deadline_s":null,
                        "ending":{{"DiesAfterMs":{dies_after_s}000}},
                        "mishaps":[{{"create":true,"nth":0,"kind":{{"Held":179}}}}],
                        "stall":{{"nth":{nth},"seconds":{seconds}}}}}]}}]}}"#
                );
                let schedule = serde_json::from_str(&text).expect("a schedule");
                let (tally, log) = run(&schedule, Mistake::None);
                assert!(tally.is_clean(), "{text}\n{}", log.join("\n"));
            }
        }
    }

    #[test]
    fn a_panic_in_one_step_loses_no_other() {
        let text = r#"{"pace":0,"lag_s":0,"readings":[],"refusals":[],
            "instances":[STANZA,STANZA,STANZA],
            "rounds":[{"then":[],"runs":[{"apart":false,"after_ms":0,"waits":false,
                "settle_first":false,"deadline_s":null,"ending":"Itself","stall":null,
                "mishaps":[{"create":true,"nth":1,"kind":"Panics"}]}]}]}"#;
        let stanza = r#"{"other":false,"renamed":false,"absent":false,"disabled":false,
            "name":false,"tag":false,"setting":false,"secret":false}"#;
        let schedule = serde_json::from_str(&text.replace("STANZA", stanza)).expect("a schedule");
        let (tally, log) = run(&schedule, Mistake::None);
        assert!(tally.is_clean(), "{}", log.join("\n"));
        let said = |words: &str| log.iter().filter(|line| line.contains(words)).count();
        assert_eq!(said("Unknown internal error"), 1, "{}", log.join("\n"));
        // Two at once, and the third once its window has passed.
        assert_eq!(said("create k"), 3 + 1, "{}", log.join("\n"));
        let is_post = |line: &&String| line.contains("POST") && line.ends_with("200 OK");
        assert_eq!(log.iter().filter(is_post).count(), 3);
    }

    /// Creates that take long, three at once, with a few hundred instances of others or none: before each
    /// create its absence was looked for a short time ago.
    #[test]
    fn absence_is_not_taken_from_an_old_list() {
        for foreign in [0, 420] {
            let mut schedule = Schedule::of(0);
            let text = serde_json::json!({
                "pace": 0, "lag_s": 0, "readings": [], "refusals": [], "foreign": foreign,
                "instances": vec![schedule.instances.remove(0); 12],
                "rounds": [{"then": [], "runs": [{
                    "apart": false, "after_ms": 0, "waits": false, "settle_first": false,
                    "deadline_s": null, "ending": "Itself", "stall": null,
                    "mishaps": (0..12).map(|nth| serde_json::json!(
                        {"create": true, "nth": nth, "kind": {"Slow": 70}}
                    )).collect::<Vec<_>>(),
                }]}],
            });
            let schedule = serde_json::from_value(text).expect("a schedule");
            let (tally, log) = run(&schedule, Mistake::None);
            assert!(tally.is_clean(), "{}", log.join("\n"));
            let seconds = |line: &str| -> u64 {
                let millis = line.split(' ').next().expect("a time");
                millis.parse::<u64>().expect("a number") / 1_000
            };
            let mut looked = 0;
            let mut oldest = 0;
            for line in &log {
                if line.contains("/instances?") && line.contains("GET") {
                    looked = seconds(line);
                } else if line.contains("POST") && line.contains("Slow") {
                    oldest = oldest.max(seconds(line) - looked);
                }
            }
            assert!(oldest <= 60, "{oldest} s\n{}", log.join("\n"));
        }
    }

    /// A lock file that is lost or older than its journal, soon after a create.
    #[test]
    fn a_lock_file_that_is_lost_alone_makes_no_duplicate() {
        for seed in [319, 348, 353] {
            let (tally, _) = run_many(seed..seed + 1, Mistake::None);
            assert!(
                tally.is_clean() && tally.rollbacks > 0,
                "{seed}: {}",
                tally.line()
            );
            let (tally, _) = run_many(seed..seed + 1, Mistake::NoCheckpoint);
            assert!(tally.duplicates_inside > 0, "{seed}: {}", tally.line());
        }
    }

    /// A runner that was frozen (43, 189), a wall clock that is set (114), a lock file that was rolled
    /// back (140), an older retired instance that outlived the replace of its invalid successor (1414), and
    /// an open intent of a key whose only step is a delete (3277).
    #[test]
    fn seeds_that_once_broke_a_law_are_clean() {
        for seed in [43, 114, 140, 189, 1414, 3277] {
            let (tally, _) = run_many(seed..seed + 1, Mistake::None);
            assert!(tally.is_clean(), "{seed}: {}", tally.line());
        }
    }

    /// The instance that the held create made carries the marker of the old key, and nothing but the manifest
    /// says so.
    #[test]
    fn a_rename_after_a_lost_journal_makes_no_duplicate() {
        let text = r#"{"pace":10225,"lag_s":13,"readings":[],"refusals":[[1,"Vendor400"]],
            "instances":[STANZA,STANZA,STANZA],
            "rounds":[
                {"runs":[{RUN,"settle_first":false,
                    "mishaps":[{"create":true,"nth":2,"kind":{"Held":1}}]}],"then":[]},
                {"runs":[{RUN,"settle_first":false,"mishaps":[]}],
                    "then":["Clone",{"Edit":[1,"Rename"]}]},
                {"runs":[{RUN,"settle_first":true,"mishaps":[]}],"then":[{"Idle":200}]}]}"#;
        let stanza = r#"{"other":false,"renamed":false,"absent":false,"disabled":false,
            "name":false,"tag":false,"setting":false,"secret":false}"#;
        let run_text = r#""apart":false,"after_ms":0,"waits":false,"deadline_s":null,
            "ending":"Itself","stall":null"#;
        let text = text.replace("STANZA", stanza).replace("RUN", run_text);
        let schedule = serde_json::from_str(&text).expect("a schedule");
        let (tally, log) = run(&schedule, Mistake::None);
        assert!(tally.is_clean(), "{}", log.join("\n"));
        assert_eq!((tally.inside, tally.posts), (1, 4), "{}", log.join("\n"));
    }

    /// The first schedule that shows a mistake: where to look first, since most show nothing.
    fn first_seed(mistake: Mistake) -> u64 {
        match mistake {
            Mistake::None => 0,
            Mistake::NoWindow | Mistake::NoMarkerSearch => 2,
            Mistake::TrustAnyAnswer => 8,
            Mistake::RetryAtOnce => 14,
            Mistake::NoIntent => 17,
            Mistake::FoldFirst => 32,
            Mistake::AnyToken => 35,
            Mistake::OverwritePulled => 42,
            Mistake::NoTakeover => 43,
            Mistake::NoCheckpoint => 58,
            Mistake::BelieveLists => 127,
        }
    }

    #[test]
    fn deliberate_mistakes_are_found() {
        for mistake in Mistake::value_variants().iter().copied() {
            // Few at once: with a mistake some take minutes.
            let first = first_seed(mistake);
            let mut parts = (0..100).map(|part| first + part * 2..first + (part + 1) * 2);
            let found = parts.any(|seeds| {
                let tally = run_many(seeds, mistake).0;
                let found = match mistake {
                    Mistake::AnyToken => tally.lost_tokens,
                    Mistake::OverwritePulled => tally.lost_pulls,
                    _ => tally.duplicates_inside + tally.strangers_changed,
                };
                found > 0
            });
            assert!(found, "{mistake:?} was not found from seed {first} on");
        }
    }

    #[test]
    fn a_bad_schedule_is_made_smaller_and_can_be_replayed() {
        let mistake = Mistake::RetryAtOnce;
        let (_, bad) = run_many(0..100, mistake);
        let seed = *bad.first().expect("one of a hundred");
        let schedule = smallest(seed, mistake);
        assert!(schedule.to_json().len() < Schedule::of(seed).to_json().len());
        // One cut create is all it takes.
        let mishaps: usize = schedule
            .rounds
            .iter()
            .flat_map(|round| &round.runs)
            .map(|launch| launch.mishaps.len())
            .sum();
        assert_eq!((schedule.rounds.len(), mishaps), (1, 1), "{schedule:?}");
        let read = serde_json::from_str(&schedule.to_json()).expect("a schedule");
        assert_eq!(schedule, read);
        assert!(!run(&read, mistake).0.is_clean());
        assert!(run(&read, Mistake::None).0.is_clean());
    }

    #[test]
    fn a_seed_is_the_same_schedule_and_the_same_story_every_time() {
        for seed in 0..20 {
            let schedule = Schedule::of(seed);
            assert_eq!(schedule, Schedule::of(seed));
            let stories = [0; 3].map(|_| run(&schedule, Mistake::None).1);
            for pair in stories.windows(2) {
                let differs = pair[0]
                    .iter()
                    .zip(&pair[1])
                    .find(|(one, other)| one != other);
                assert_eq!(differs, None, "{seed}");
                assert_eq!(pair[0].len(), pair[1].len(), "{seed}");
            }
        }
    }
}
