//! A schedule as a value: what is declared, what platform it is, who runs when, what goes wrong, and
//! what is edited or lost between the runs. Drawn from a seed, made smaller by proptest, printed and
//! read back as JSON.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use serde::{Deserialize, Serialize};

use connectorctl::sandbox::Assumptions;

use super::manifest::{Change, Stanza};
use super::world::User;

/// A cut request may take effect this many seconds later: the time-out of a create.
const LATEST_COMMIT_S: u8 = 180;
/// A created instance may stay out of lists this many seconds.
const LONGEST_LAG_S: u8 = 20;
/// How many smaller schedules are tried for a reproducer.
const MOST_SMALLER: u32 = 4_000;

/// A whole history, from nothing to the moment from which nothing fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Schedule {
    /// Seeds latencies, ids and tokens.
    pub(crate) pace: u16,
    pub(crate) lag_s: u8,
    /// How long lists show instances as they were before a change or a delete.
    #[serde(default)]
    pub(crate) change_lag_s: u8,
    /// Answers to open questions about the platform, as in `q4=or`; the others are the likeliest.
    pub(crate) readings: Vec<String>,
    /// Creates that the vendor refuses: which, and how.
    pub(crate) refusals: Vec<(u8, Refusal)>,
    /// Whether the second user sees the instances of the whole account.
    #[serde(default)]
    pub(crate) second_sees: bool,
    /// How many instances of others there are before the first run.
    #[serde(default)]
    foreign: u16,
    pub(crate) instances: Vec<Stanza>,
    pub(crate) rounds: Vec<Round>,
    /// Creates that are answered wrongly: which, and how.
    #[serde(default)]
    pub(crate) answers: Vec<(u8, WrongAnswer)>,
    /// Changes of the lock file during a run. What is new is drawn last, so that a seed keeps the rest.
    #[serde(default)]
    pub(crate) pulls: Vec<Pull>,
}

/// `git pull` in the checkout of a run that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pull {
    /// During which launch of all rounds, modulo their number, and how long after it.
    pub(crate) launch: u8,
    pub(crate) after_ms: u32,
    pub(crate) kind: PullKind,
}

/// What a `git pull` does to the lock file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PullKind {
    /// Adds an entry of a key that nothing here declares.
    Add,
    /// Drops this entry, modulo their number.
    Drop(u8),
    /// Puts this entry back to what it was so many states ago; with none, drops it.
    RollBack(u8, u8),
    /// Puts the whole file back to what it was so many states ago.
    RollBackAll(u8),
}

/// A success that says something else than what was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum WrongAnswer {
    /// With any other instance; whether it was done.
    Other(bool),
    /// Without a token, or with a masked one; so are this many reads after it.
    NoToken { masked: bool, reads: u8 },
}

/// Runs that overlap, and what happens once all of them have ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Round {
    pub(crate) runs: Vec<Launch>,
    pub(crate) then: Vec<Event>,
}

/// One `apply`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Launch {
    /// Whether from a second checkout, which shares nothing with the first.
    pub(crate) apart: bool,
    /// How long after the round began.
    pub(crate) after_ms: u32,
    /// `--lock-timeout 10m`, or none.
    pub(crate) waits: bool,
    pub(crate) settle_first: bool,
    /// With whose credentials.
    #[serde(default)]
    pub(crate) user: User,
    pub(crate) deadline_s: Option<u8>,
    pub(crate) ending: Ending,
    /// The wall clock is set while it runs: after so many milliseconds, by so many seconds.
    #[serde(default)]
    pub(crate) step: Option<(u32, i32)>,
    pub(crate) mishaps: Vec<Mishap>,
    /// A journal whose disk stalls once.
    pub(crate) stall: Option<Stall>,
}

/// The `nth` record of a run is durable only this many seconds after it was asked for, and those
/// behind it wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stall {
    pub(crate) nth: u8,
    pub(crate) seconds: u16,
}

/// How a run is ended from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ending {
    /// Not at all.
    Itself,
    /// Dies when it has sent this request, and hears no more of it.
    DiesAtRequest(u8),
    /// Dies at this time.
    DiesAfterMs(u32),
    /// Is asked to stop once.
    StoppedAfterMs(u32),
    /// Is asked to stop twice, a second apart.
    StoppedTwiceAfterMs(u32),
    /// Is frozen at this time, for so many seconds; its connections stay open meanwhile.
    FrozenAfterMs(u32, u16),
    /// The same, and it dies instead of going on.
    DiesFrozen(u32, u16),
}

/// What becomes of the `nth` create, or of the `nth` of all other requests, of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mishap {
    pub(crate) create: bool,
    pub(crate) nth: u8,
    pub(crate) kind: MishapKind,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MishapKind {
    /// The connection is lost, and the platform never sees the request.
    LostBefore,
    /// The connection is lost after the platform did it.
    LostAfter,
    /// The connection is lost, and the platform does it this many seconds later.
    LostLate(u8),
    /// The platform takes this many seconds, and answers.
    Slow(u8),
    /// The platform never answers, and does it this many seconds after the connection is gone: at the
    /// client's time-out, or when its sender dies.
    Held(u8),
    /// A bug: the step that sends it panics, before it is sent. Never drawn.
    Panics,
    /// 429 of the platform, nothing done.
    TooMany,
    /// 503 of the platform; whether it was done.
    Own503(bool),
    /// A gateway's page; whether it was done.
    Gateway(bool),
}

/// How a create is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Refusal {
    Vendor400,
    Vendor409,
    Vendor429,
    /// An error is answered, and an instance that is not valid stays.
    InvalidAfterCommit,
}

impl Refusal {
    /// As `sandbox --fault` has it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Vendor400 => "vendor-400",
            Self::Vendor409 => "vendor-409",
            Self::Vendor429 => "vendor-429",
            Self::InvalidAfterCommit => "invalid-after-commit",
        }
    }
}

/// What happens between two rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Event {
    /// The manifest is edited.
    Edit(u8, Change),
    /// This many seconds pass.
    Idle(u8),
    /// A fresh clone: lock file and journal are gone.
    Clone,
    /// A fresh clone, a settle window after the last run.
    CloneLater,
    /// The organization secret is rotated.
    Rotate,
    /// The lock file is lost, and the journal is there.
    LoseLock,
    /// The lock file is an older one, so many states ago, and the journal is there: a stale checkout.
    RollBack(u8),
    /// The wall clock of the runners is set, by so many seconds.
    Step(i32),
}

fn mishap_kind(create: bool) -> BoxedStrategy<MishapKind> {
    let late = 1..LATEST_COMMIT_S;
    let any = prop_oneof![
        Just(MishapKind::LostBefore),
        Just(MishapKind::LostAfter),
        late.clone().prop_map(MishapKind::LostLate),
        late.clone().prop_map(MishapKind::Slow),
        late.clone().prop_map(MishapKind::Held),
        Just(MishapKind::TooMany),
        any::<bool>().prop_map(MishapKind::Own503),
        any::<bool>().prop_map(MishapKind::Gateway),
    ];
    if create {
        // The worst of all: nobody knows yet, and it is on its way, or not even that.
        prop_oneof![
            3 => any,
            1 => late.clone().prop_map(MishapKind::LostLate),
            1 => late.prop_map(MishapKind::Held),
        ]
        .boxed()
    } else {
        any.boxed()
    }
}

fn mishap() -> impl Strategy<Value = Mishap> {
    prop_oneof![2 => Just(true), 1 => Just(false)].prop_flat_map(|create| {
        let most = if create { 4_u8 } else { 24 };
        (0..most, mishap_kind(create)).prop_map(move |(nth, kind)| Mishap { create, nth, kind })
    })
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        3 => Just(Ending::Itself),
        4 => (0..16_u8).prop_map(Ending::DiesAtRequest),
        2 => (0..400_000_u32).prop_map(Ending::DiesAfterMs),
        1 => (0..8_000_u32).prop_map(Ending::DiesAfterMs),
        1 => (0..8_000_u32).prop_map(Ending::StoppedAfterMs),
        1 => (0..8_000_u32).prop_map(Ending::StoppedTwiceAfterMs),
        1 => (0..20_000_u32, 1..700_u16).prop_map(|(ms, seconds)| Ending::FrozenAfterMs(ms, seconds)),
        1 => (0..20_000_u32, 1..700_u16).prop_map(|(ms, seconds)| Ending::DiesFrozen(ms, seconds)),
    ]
}

prop_compose! {
    fn stall()(nth in 0..10_u8, seconds in prop_oneof![1..20_u16, 1..400_u16]) -> Stall {
        Stall { nth, seconds }
    }
}

prop_compose! {
    fn launch(may_be_apart: bool)(
        apart in prop::bool::weighted(if may_be_apart { 0.4 } else { 0.0 }),
        after_ms in prop_oneof![Just(0), 0..10_000_u32, 0..300_000_u32],
        waits: bool,
        settle_first in prop::bool::weighted(0.2),
        user in prop_oneof![6 => Just(User::First), 1 => Just(User::Second)],
        deadline_s in option::weighted(0.1, 0..250_u8),
        ending in ending(),
        mishaps in vec(mishap(), 0..5),
        stall in option::weighted(0.1, stall()),
        step in option::weighted(0.05, (0..200_000_u32, step())),
    ) -> Launch {
        Launch { apart, after_ms, waits, settle_first, user, deadline_s, ending, step, mishaps, stall }
    }
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => Just(Change::Element),
        2 => Just(Change::Rename),
        2 => Just(Change::Presence),
        1 => select(vec![Change::Name, Change::Tag, Change::Setting, Change::Secret, Change::Enabled]),
    ]
}

fn step() -> impl Strategy<Value = i32> {
    prop_oneof![-300..300_i32, -90_000..90_000_i32]
}

fn event(most: u8) -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0..most, change()).prop_map(|(number, change)| Event::Edit(number, change)),
        2 => (0..250_u8).prop_map(Event::Idle),
        1 => Just(Event::Clone),
        1 => Just(Event::CloneLater),
        1 => Just(Event::Rotate),
        1 => Just(Event::LoseLock),
        1 => (1..4_u8).prop_map(Event::RollBack),
        1 => step().prop_map(Event::Step),
    ]
}

prop_compose! {
    fn round(may_be_apart: bool)(
        runs in prop_oneof![
            2 => vec(launch(may_be_apart), 1..=1),
            1 => vec(launch(may_be_apart), 2..=2),
        ],
        then in vec(event(4), 0..3),
    ) -> Round {
        Round { runs, then }
    }
}

fn readings() -> impl Strategy<Value = Vec<String>> {
    let all: Vec<String> = Assumptions::QUESTIONS
        .iter()
        .flat_map(|(question, _, answers)| {
            let others = answers.iter().skip(1);
            others.map(move |answer| format!("{question}={answer}"))
        })
        .collect();
    prop_oneof![
        1 => Just(Vec::new()),
        2 => subsequence(all, 0..=6),
    ]
}

fn refusal() -> impl Strategy<Value = Refusal> {
    select(vec![
        Refusal::Vendor400,
        Refusal::Vendor409,
        Refusal::Vendor429,
        Refusal::InvalidAfterCommit,
    ])
}

fn wrong_answer() -> impl Strategy<Value = WrongAnswer> {
    prop_oneof![
        2 => any::<bool>().prop_map(WrongAnswer::Other),
        1 => (any::<bool>(), 0..8_u8)
            .prop_map(|(masked, reads)| WrongAnswer::NoToken { masked, reads }),
    ]
}

fn pull() -> impl Strategy<Value = Pull> {
    let kind = prop_oneof![
        2 => Just(PullKind::Add),
        1 => any::<u8>().prop_map(PullKind::Drop),
        1 => (any::<u8>(), 1..4_u8).prop_map(|(number, states)| PullKind::RollBack(number, states)),
        1 => (1..4_u8).prop_map(PullKind::RollBackAll),
    ];
    // Most runs take a few seconds, and some a window.
    let after_ms = prop_oneof![3 => 0..4_000_u32, 1 => 0..300_000_u32];
    (any::<u8>(), after_ms, kind).prop_map(|(launch, after_ms, kind)| Pull {
        launch,
        after_ms,
        kind,
    })
}

fn schedule() -> impl Strategy<Value = Schedule> {
    // A third may have a second checkout: the conditions hold in the others.
    prop::bool::weighted(0.3).prop_flat_map(|may_be_apart| {
        (
            any::<u16>(),
            0..=LONGEST_LAG_S,
            readings(),
            vec((0..6_u8, refusal()), 0..3),
            prop::bool::weighted(0.8),
            prop_oneof![12 => Just(0), 4 => 1..6_u16, 1 => 180..420_u16],
            prop_oneof![16 => vec(Stanza::any(), 1..=4), 1 => vec(Stanza::any(), 5..=40)],
            vec(round(may_be_apart), 0..5),
            vec((0..6_u8, wrong_answer()), 0..3),
            prop_oneof![3 => Just(0), 1 => 1..=LONGEST_LAG_S],
            prop_oneof![Just(Vec::new()), vec(pull(), 1..8)],
        )
            .prop_map(
                |(
                    pace,
                    lag_s,
                    readings,
                    refusals,
                    second_sees,
                    foreign,
                    instances,
                    rounds,
                    answers,
                    change_lag_s,
                    pulls,
                )| {
                    Schedule {
                        pace,
                        lag_s,
                        change_lag_s,
                        readings,
                        refusals,
                        second_sees,
                        foreign,
                        instances,
                        rounds,
                        answers,
                        pulls,
                    }
                },
            )
    })
}

fn runner(seed: u64) -> TestRunner {
    TestRunner::new(Config {
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: MOST_SMALLER,
        ..Config::default()
    })
}

impl Schedule {
    /// How many instances of others there are. A list has forty pages of them at most, and where lists hide tags
    /// there are forty reads by id: without that a few schedules take as long as all the others.
    pub(crate) fn foreign(&self) -> u16 {
        const MOST: u16 = 40;
        let has = |reading: &str| self.readings.iter().any(|known| known == reading);
        let page = if has("q27=empty") || has("q27=cut") || has("q25=1") {
            1
        } else if has("q25=3") {
            3
        } else if has("q25=10") {
            10
        } else {
            100
        };
        self.foreign.min(MOST * page)
    }

    /// Whether the manifest names recipients: a third does. Drawn with the pace, so that a seed keeps the rest.
    pub(crate) fn is_sealed(&self) -> bool {
        self.pace % 3 == 1
    }

    /// The schedule of a seed, always the same one.
    pub(crate) fn of(seed: u64) -> Self {
        let tree = schedule().new_tree(&mut runner(seed));
        tree.expect("a schedule is never refused").current()
    }

    /// The smallest one found, from that of a seed, that is still bad.
    pub(crate) fn smallest(seed: u64, is_bad: impl Fn(&Self) -> bool) -> Self {
        let mut runner = runner(seed);
        let tree = schedule().new_tree(&mut runner);
        let tree = tree.expect("a schedule is never refused");
        let whole = tree.current();
        let result = runner.run_one(tree, |schedule| {
            if is_bad(&schedule) {
                return Err(TestCaseError::fail("it breaks a law"));
            }
            Ok(())
        });
        match result {
            Err(TestError::Fail(_, smallest)) => smallest,
            _ => whole,
        }
    }

    /// On one line, to be passed to `--replay`.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("nothing in it is beyond JSON")
    }
}
