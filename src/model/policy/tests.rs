//! Tests of `policy`.

use super::*;

#[test]
fn the_default_limit_is_a_tenth_and_at_least_one() {
    assert_eq!(Limit::Default.of(0), 1);
    assert_eq!(Limit::Default.of(99), 9);
    assert_eq!(Limit::Percent(50).of(9), 4);
    assert_eq!(Limit::Number(0).of(100), 0);
}

#[test]
fn a_limit_is_a_number_or_a_percentage() {
    assert_eq!("5".parse(), Ok(Limit::Number(5)));
    assert_eq!("10%".parse(), Ok(Limit::Percent(10)));
    for text in ["", "%", "-1", "1.5", "ten", "5 %"] {
        assert_eq!(text.parse::<Limit>(), Err(InvalidLimit), "{text}");
    }
}
