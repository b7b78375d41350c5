//! Random schedules of faults, deaths, lost journals and fresh clones, by the thousand, on simulated
//! time: the real client, planner, apply and journal against the real sandbox, without a socket.

pub(crate) mod schedule;
mod world;

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::schedule::{Mistake, run_many};

    #[test]
    fn three_hundred_schedules_keep_the_promise() {
        let (tally, first_bad) = run_many(0..300, Mistake::None);
        println!("{}", tally.line());
        assert_eq!(
            first_bad,
            None,
            "reproduce with this seed: {}",
            tally.line()
        );
        assert!(
            tally.kills > 100 && tally.faults > 300 && tally.outside > 30,
            "{}",
            tally.line()
        );
    }

    #[test]
    fn deliberate_mistakes_are_found() {
        for mistake in Mistake::value_variants().iter().copied() {
            let (tally, first_bad) = run_many(0..100, mistake);
            assert!(
                first_bad.is_some(),
                "{mistake:?} was not found: {}",
                tally.line()
            );
            assert!(tally.duplicates_inside > 0, "{mistake:?}: {}", tally.line());
        }
    }
}
