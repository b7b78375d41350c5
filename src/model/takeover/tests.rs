//! The age of a takeover, whatever became of the clocks meanwhile.

use std::time::Duration;

use super::{BootTime, Takeover};
use crate::model::Timestamp;

fn reading(wall_s: u64, boot: Option<(&str, u64)>) -> Takeover {
    Takeover {
        wall: Timestamp::from_millis(wall_s * 1_000),
        boot: boot.map(|(id, seconds)| BootTime {
            id: id.to_owned(),
            millis: seconds * 1_000,
        }),
    }
}

#[test]
fn the_age_is_the_smaller_of_both_clocks_and_unknown_where_one_went_back() {
    let taken = reading(10_000, Some(("a", 50)));
    for (wall_s, boot, age_s) in [
        (10_030, Some(("a", 80)), Some(30)),
        // The wall clock was set forward by an hour, or back by ten seconds.
        (13_630, Some(("a", 80)), Some(30)),
        (10_020, Some(("a", 80)), Some(20)),
        // It was set back before the takeover.
        (9_999, Some(("a", 80)), None),
        // A container that counts its own time and was started anew.
        (10_030, Some(("a", 40)), None),
        // The machine was started anew, or is of a kind that does not say so.
        (10_030, Some(("b", 10)), Some(30)),
        (10_030, None, Some(30)),
        (9_999, None, None),
        (10_000, Some(("a", 50)), Some(0)),
    ] {
        assert_eq!(
            taken.age(&reading(wall_s, boot)),
            age_s.map(Duration::from_secs),
            "{wall_s} {boot:?}"
        );
    }
}
