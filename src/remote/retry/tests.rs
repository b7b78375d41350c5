//! Tests of `retry`.

use super::*;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn headers(value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(http::header::RETRY_AFTER, value.parse().expect("a header"));
    headers
}

#[test]
fn both_forms_are_understood() {
    assert_eq!(
        retry_after(&headers("2"), at(0)),
        Some(Duration::from_secs(2))
    );
    let date = headers("Thu, 01 Jan 1970 00:00:10 GMT");
    assert_eq!(retry_after(&date, at(4_000)), Some(Duration::from_secs(6)));
    assert_eq!(retry_after(&date, at(60_000)), None);
    assert_eq!(retry_after(&headers("0"), at(0)), None);
    assert_eq!(retry_after(&headers("soon"), at(0)), None);
    assert_eq!(retry_after(&headers("99999"), at(0)), Some(MAX_RETRY_AFTER));
    assert_eq!(retry_after(&HeaderMap::new(), at(0)), None);
}

#[test]
fn the_budget_bounds_retries_and_recovers() {
    let budget = Budget::default();
    let taken = std::iter::repeat_with(|| budget.take())
        .take_while(|taken| *taken)
        .count();
    assert_eq!(taken, 200);
    for _ in 0..COST {
        budget.succeeded();
    }
    assert!(budget.take());
    assert!(!budget.take());
}
