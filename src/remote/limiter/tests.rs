//! Tests of `limiter`.

use super::*;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

#[test]
fn the_limit_halves_and_recovers() {
    let limiter = Limiter::new(8);
    limiter.on_throttled(at(0), None);
    limiter.on_throttled(at(0), None);
    assert!((limiter.state().limit - 2.0).abs() < f64::EPSILON);
    for _ in 0..100 {
        limiter.on_success();
    }
    assert!((limiter.state().limit - 8.0).abs() < f64::EPSILON);
    for _ in 0..100 {
        limiter.on_throttled(at(0), None);
    }
    assert!((limiter.state().limit - 1.0).abs() < f64::EPSILON);
}

#[test]
fn the_longest_retry_after_holds_for_all() {
    let limiter = Limiter::new(8);
    limiter.on_throttled(at(1_000), Some(Duration::from_secs(5)));
    limiter.on_throttled(at(2_000), Some(Duration::from_secs(1)));
    limiter.on_throttled(at(2_000), None);
    assert_eq!(limiter.pause(at(2_000)), Duration::from_secs(4));
    assert_eq!(limiter.pause(at(6_000)), Duration::ZERO);
    assert_eq!(limiter.pause(at(9_000)), Duration::ZERO);
}
