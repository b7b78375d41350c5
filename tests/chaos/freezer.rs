//! A process that is frozen for a while, as a suspended runner is: it does nothing, its connections stay
//! open, and time goes on.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::world::World;

/// Runs the work of a process, but not while it is frozen.
pub(crate) struct Freezer<'w, F> {
    world: &'w World,
    work: Pin<Box<F>>,
    frozen: Option<(Instant, Instant)>,
    thaw: Option<Pin<Box<Sleep>>>,
}

impl<'w, F: Future> Freezer<'w, F> {
    /// Frozen from the first time on until the second, both from now.
    pub(crate) fn new(world: &'w World, frozen: Option<(Duration, Duration)>, work: F) -> Self {
        let now = Instant::now();
        Self {
            world,
            work: Box::pin(work),
            frozen: frozen.map(|(from, until)| (now + from, now + until)),
            thaw: None,
        }
    }
}

impl<F: Future> Future for Freezer<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        if let Some((from, until)) = this.frozen {
            let now = Instant::now();
            // Simulated time stands still while a disk works, so nobody is frozen in the middle of that.
            let disk_works = this.world.disk.try_lock().is_err();
            if now >= from && now < until && !disk_works {
                let thaw = this
                    .thaw
                    .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
                if thaw.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
            }
        }
        this.work.as_mut().poll(context)
    }
}
