//! Random schedules of faults, deaths, lost journals, edits and overlapping runs, by the thousand, on
//! simulated time. One line says what they came to: `cargo test --test chaos -- --seeds 10000`. A
//! schedule that breaks a law is made smaller and printed, to be played again with `--replay`;
//! `--mistake` shows that the harness can fail.
//!
//! Must not: play schedules of its own kind. It is the door to the modules beside it.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "the line is what a developer runs it for"
)]

use std::process::ExitCode;

use clap::Parser;

mod answers;
mod checkout;
mod clock;
mod disk;
mod freezer;
mod manifest;
mod mistaken;
mod pulled;
mod schedule;
mod seal;
mod story;
mod tally;
mod wire;
mod world;

use checkout::Mistake;
use schedule::Schedule;

#[derive(Parser)]
struct Arguments {
    /// How many schedules.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The seed of the first.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Build a mistake into the protocol.
    #[arg(long, value_enum)]
    mistake: Option<Mistake>,
    /// Do not look for a smaller schedule that breaks a law too: with a mistake that takes long.
    #[arg(long)]
    no_shrink: bool,
    /// Play this one schedule, as it was printed.
    #[arg(long, value_parser = replayed, conflicts_with_all = ["seeds", "first"])]
    replay: Option<Schedule>,
}

fn replayed(text: &str) -> Result<Schedule, serde_json::Error> {
    serde_json::from_str(text)
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mistake = arguments.mistake.unwrap_or(Mistake::None);
    if let Some(schedule) = arguments.replay {
        let (tally, log) = story::run(&schedule, mistake);
        for line in log {
            println!("{line}");
        }
        println!("{}", tally.line());
        return ExitCode::from(u8::from(!tally.is_clean()));
    }
    let seeds = arguments.first..arguments.first.saturating_add(arguments.seeds);
    let (tally, bad) = story::run_many(seeds, mistake);
    println!("{}", tally.line());
    let Some(&seed) = bad.first() else {
        return ExitCode::SUCCESS;
    };
    println!("seeds that break a law: {bad:?}");
    if arguments.no_shrink {
        return ExitCode::FAILURE;
    }
    let schedule = story::smallest(seed, mistake);
    println!(
        "seed {seed}, made smaller:\n--replay '{}'",
        schedule.to_json()
    );
    ExitCode::FAILURE
}
