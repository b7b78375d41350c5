//! Tests of `limiter`.

use super::*;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

#[test]
fn the_limit_halves_and_recovers() {
    let limiter = Limiter::new(8, Some(0));
    limiter.on_throttled(at(1), at(2), None);
    limiter.on_throttled(at(1), at(2), None);
    assert!((limiter.state().limit - 2.0).abs() < f64::EPSILON);
    for _ in 0..100 {
        limiter.on_success(at(1));
    }
    assert!((limiter.state().limit - 8.0).abs() < f64::EPSILON);
    for _ in 0..100 {
        limiter.on_throttled(at(1), at(2), None);
    }
    assert!((limiter.state().limit - 1.0).abs() < f64::EPSILON);
}

#[test]
fn the_longest_retry_after_holds_for_all() {
    let limiter = Limiter::new(8, Some(0));
    limiter.on_throttled(at(900), at(1_000), Some(Duration::from_secs(5)));
    limiter.on_throttled(at(900), at(2_000), Some(Duration::from_secs(1)));
    limiter.on_throttled(at(900), at(2_000), None);
    assert_eq!(limiter.pause(at(2_000)), Duration::from_secs(4));
    assert_eq!(limiter.pause(at(6_000)), Duration::ZERO);
    assert_eq!(limiter.pause(at(9_000)), Duration::ZERO);
}

#[test]
fn failures_of_one_moment_make_one_pause_and_pauses_grow_until_a_success() {
    let limiter = Limiter::new(8, Some(0));
    let fail = |sent: u64, now: u64| {
        limiter.on_throttled(at(sent), at(now), None);
        limiter.pause(at(now))
    };
    let first = fail(1, 10);
    assert_eq!(fail(2, 10), first, "it was in flight already");
    let pauses = [
        fail(10_000, 10_001),
        fail(20_000, 20_001),
        fail(30_000, 30_001),
    ];
    assert!(first < pauses[0] && pauses[0] < pauses[1] && pauses[1] < pauses[2]);
    limiter.on_success(at(30_000));
    assert!(
        fail(40_000, 40_001) > pauses[2],
        "that success was older than the pause"
    );
    limiter.on_success(at(50_000));
    assert_eq!(fail(60_000, 60_001), first);
}
