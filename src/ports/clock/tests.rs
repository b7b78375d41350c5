//! A process whose wall clock is set while it runs.

use std::sync::Mutex;
use std::time::Duration;

use super::{SteadyClock, TimeSource};
use crate::model::{BootTime, Timestamp};

/// Seconds of the wall clock, and seconds that have elapsed.
struct Scripted(Mutex<(u64, u64)>);

impl TimeSource for &Scripted {
    fn wall(&self) -> Timestamp {
        Timestamp::from_millis(self.0.lock().expect("the times").0 * 1_000)
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.0.lock().expect("the times").1)
    }

    fn boot(&self) -> Option<BootTime> {
        None
    }
}

#[test]
fn a_wall_clock_that_is_set_moves_nothing_but_the_reading() {
    let source = Scripted(Mutex::new((5_000, 70)));
    let clock = SteadyClock::new(&source);
    for (wall, elapsed, now) in [(5_000, 70, 5_000), (95_010, 80, 5_010), (20, 90, 5_020)] {
        *source.0.lock().expect("the times") = (wall, elapsed);
        assert_eq!(clock.now(), Timestamp::from_millis(now * 1_000));
        assert_eq!(clock.reading().wall, Timestamp::from_millis(wall * 1_000));
    }
}
