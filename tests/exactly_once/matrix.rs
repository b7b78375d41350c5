//! Faults of a create, of every kind and at every position. Cases run in parallel, because each mostly
//! waits for its settle window.

use std::sync::Mutex;

use connectorctl::sandbox::Fault;

use crate::support::Sandbox;

/// Every kind of fault, in each form that the table of outcomes tells apart.
pub(super) const KINDS: [&str; 32] = [
    "kind=status status=500",
    "kind=status status=503",
    "kind=status status=400",
    "kind=status status=403",
    "kind=status status=409",
    "kind=status-after-commit status=500",
    "kind=status-after-commit status=503",
    "kind=vendor-400",
    "kind=vendor-409",
    "kind=vendor-429",
    "kind=invalid-after-commit",
    "kind=cut-before-commit",
    "kind=cut-after-commit",
    "kind=cut-mid-body",
    "kind=html",
    "kind=html status=504",
    "kind=html-after-commit",
    "kind=too-many",
    "kind=too-many retry-after=1",
    "kind=refresh-fails",
    "kind=delay for=300ms",
    "kind=other-before-commit",
    "kind=other-after-commit",
    "kind=no-token",
    "kind=masked-token",
    "kind=ignored",
    "kind=list-lag for=400ms",
    "kind=change-lag for=400ms",
    "kind=page-delete",
    "kind=page-create",
    "kind=volatile",
    "kind=rewritten",
];

/// Those that affect every request.
const PERMANENT: [&str; 6] = [
    "list-lag",
    "change-lag",
    "page-delete",
    "page-create",
    "volatile",
    "rewritten",
];

/// How many cases run at once.
const WORKERS: usize = 6;

/// The faults of one request of one run. A fault that affects every request has no position, so the
/// response is lost as well.
pub(super) fn faults(request: &str, kind: &str, skip: usize) -> Vec<String> {
    let at = |kind: &str| format!("{request} {kind} skip={skip} count=1");
    let word = kind.trim_start_matches("kind=").split(' ').next();
    let is_permanent = PERMANENT.iter().any(|permanent| Some(*permanent) == word);
    let besides = is_permanent.then(|| at("kind=cut-after-commit"));
    [at(kind)].into_iter().chain(besides).collect()
}

/// A platform on which one create of one apply meets a fault.
pub(super) fn sandbox(kind: &str, skip: usize) -> Sandbox {
    let faults = faults("POST /instances", kind, skip);
    let arguments: Vec<&str> = faults.iter().flat_map(|fault| ["--fault", fault]).collect();
    Sandbox::start(&arguments)
}

/// How many requests each of the faults in force has matched.
pub(super) fn met(sandbox: &Sandbox) -> Vec<usize> {
    let faults = sandbox.admin("GET", "/faults", None).body;
    let rows = faults.as_array().into_iter().flatten();
    let counts = rows.filter_map(|row| usize::try_from(row["matched"].as_u64()?).ok());
    counts.collect()
}

/// Whether the fault has met its request; otherwise the case proves nothing.
pub(super) fn is_met(sandbox: &Sandbox, skip: usize) -> bool {
    met(sandbox).last().is_some_and(|matched| *matched > skip)
}

/// Plays each case, several at once.
pub(super) fn each<Case: Send>(
    cases: impl Iterator<Item = Case> + Send,
    play: impl Fn(Case) + Sync,
) {
    let cases = Mutex::new(cases);
    let next = || {
        cases
            .lock()
            .expect("no case panics while it is taken")
            .next()
    };
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(case) = next() {
                    play(case);
                }
            });
        }
    });
}

#[test]
fn no_kind_of_fault_is_left_out() {
    for (kind, _) in Fault::KINDS {
        let is_it = |form: &&str| form.split(' ').next() == Some(&format!("kind={kind}"));
        assert!(KINDS.iter().any(is_it), "{kind}");
    }
}
