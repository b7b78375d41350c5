//! The real clocks.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the shell's one place that reads the clocks; everything else is handed them"
)]

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;

use crate::model::{BootTime, Takeover, Timestamp};
use crate::ports::{Clock, SteadyClock, TimeSource};

static CLOCK: LazyLock<SteadyClock<System>> =
    LazyLock::new(|| SteadyClock::new(System(Instant::now())));

/// The clock of this process, and tokio's timer. It starts with the wall clock when it is first read
/// and is steady from then on.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        CLOCK.now()
    }

    fn reading(&self) -> Takeover {
        CLOCK.reading()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The clocks of the operating system.
#[derive(Debug)]
struct System(Instant);

impl TimeSource for System {
    fn wall(&self) -> Timestamp {
        SystemTime::now().into()
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn boot(&self) -> Option<BootTime> {
        // Only Linux has these files.
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
        Some(BootTime {
            id: id.trim().to_owned(),
            millis: millis(uptime.split_whitespace().next()?)?,
        })
    }
}

/// Seconds with two decimals, as Linux writes them.
fn millis(seconds: &str) -> Option<u64> {
    let (whole, hundredths) = seconds.split_once('.')?;
    let hundredths: u64 = hundredths.parse().ok()?;
    let whole: u64 = whole.parse().ok()?;
    Some(whole.checked_mul(1_000)? + hundredths.min(99) * 10)
}

#[cfg(test)]
mod tests {
    use super::{System, millis};
    use crate::ports::TimeSource as _;

    #[test]
    fn the_uptime_of_linux_is_read() {
        assert_eq!(millis("350735.47"), Some(350_735_470));
        assert_eq!(millis("0.05"), Some(50));
        for unknown in ["", "350735", "x.47", "1.x"] {
            assert_eq!(millis(unknown), None, "{unknown}");
        }
        let system = System(std::time::Instant::now());
        assert_eq!(system.boot().is_some(), cfg!(target_os = "linux"));
    }
}
