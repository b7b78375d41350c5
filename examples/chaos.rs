//! Random schedules of faults, deaths, lost journals and fresh clones, by the thousand, on simulated
//! time; one line says what they came to. `cargo run --release --example chaos -- --seeds 10000`.
//! The harness is that of the tests (`tests/chaos`); `--mistake` shows that it can fail.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "the line is what a developer runs it for"
)]

use std::process::ExitCode;

use clap::Parser;

#[path = "../tests/chaos/schedule.rs"]
mod schedule;
#[path = "../tests/chaos/world.rs"]
mod world;

use schedule::Mistake;

#[derive(Parser)]
struct Arguments {
    /// How many schedules.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The seed of the first: with `--seeds 1`, the schedule to look at again.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Build a mistake into the protocol.
    #[arg(long, value_enum)]
    mistake: Option<Mistake>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mistake = arguments.mistake.unwrap_or(Mistake::None);
    let seeds = arguments.first..arguments.first.saturating_add(arguments.seeds);
    let (tally, first_bad) = schedule::run_many(seeds, mistake);
    println!("{}", tally.line());
    match first_bad {
        None => ExitCode::SUCCESS,
        Some(seed) => {
            println!("the first that breaks a law: --first {seed} --seeds 1");
            ExitCode::FAILURE
        }
    }
}
