//! What only a shell can do in the middle of a run: show, ask, listen to signals.

use std::io;

use crate::apply::Progress;
use crate::lockfile::Finished;
use crate::model::Planned;

/// What a run asks of whoever started it.
pub trait Hooks {
    /// Other users can read the lock file, and its tokens are plain text.
    fn lock_is_readable_by_others(&mut self);

    /// A plan that is about to be applied, or is refused.
    ///
    /// # Errors
    /// Where the output is closed; nothing is applied then.
    fn show_plan(&mut self, planned: &Planned) -> io::Result<()>;

    /// Whether the plan that was shown is to be applied.
    ///
    /// # Errors
    /// Where nobody can be asked.
    fn confirm(&mut self) -> io::Result<bool>;

    /// Requests that write are about to be sent: from now on a signal must reach the run's `Stop`
    /// instead of ending the process. Called once a round.
    fn listen(&mut self);

    /// Who is told of so many steps while they are applied; dropped when they have ended.
    fn progress(&mut self, steps: usize) -> Box<dyn Progress + '_>;

    /// The results of a round are durable in the lock file.
    fn recorded(&mut self, finished: &Finished);
}
