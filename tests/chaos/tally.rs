//! What schedules came to, on one line.

/// Sums over schedules; of one schedule where only one was played.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) inside: u64,
    pub(crate) outside: u64,
    pub(crate) kills: u64,
    /// Rounds in which two runs overlapped.
    pub(crate) overlaps: u64,
    /// Runs that were told who holds the lock.
    pub(crate) held: u64,
    /// Runs with the credentials of the second user.
    pub(crate) other_users: u64,
    pub(crate) rotations: u64,
    /// Those after which runs passed the secret before.
    pub(crate) previous: u64,
    /// Lock files lost or rolled back without their journal.
    pub(crate) rollbacks: u64,
    /// Lock files changed while a run held them.
    pub(crate) pulls: u64,
    /// Steps of the wall clock.
    pub(crate) steps: u64,
    pub(crate) edits: u64,
    pub(crate) faults: u64,
    pub(crate) posts: u64,
    /// Pages of lists and of searches.
    pub(crate) pages: u64,
    pub(crate) duplicates_inside: u64,
    pub(crate) unreported: u64,
    pub(crate) lost_tokens: u64,
    pub(crate) non_empty_plans: u64,
    /// Instances of others that were changed or deleted.
    pub(crate) strangers_changed: u64,
    /// Entries that were pulled during a run and that its commit did not keep.
    pub(crate) lost_pulls: u64,
    /// Schedules with recipients.
    pub(crate) sealed: u64,
    /// Files of those that had a token in clear after a round.
    pub(crate) in_clear: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.inside += other.inside;
        self.outside += other.outside;
        self.kills += other.kills;
        self.overlaps += other.overlaps;
        self.held += other.held;
        self.other_users += other.other_users;
        self.rotations += other.rotations;
        self.previous += other.previous;
        self.rollbacks += other.rollbacks;
        self.pulls += other.pulls;
        self.steps += other.steps;
        self.edits += other.edits;
        self.faults += other.faults;
        self.posts += other.posts;
        self.pages += other.pages;
        self.duplicates_inside += other.duplicates_inside;
        self.unreported += other.unreported;
        self.lost_tokens += other.lost_tokens;
        self.non_empty_plans += other.non_empty_plans;
        self.strangers_changed += other.strangers_changed;
        self.lost_pulls += other.lost_pulls;
        self.sealed += other.sealed;
        self.in_clear += other.in_clear;
    }

    /// Whether every law was kept.
    pub(crate) fn is_clean(&self) -> bool {
        self.duplicates_inside
            + self.unreported
            + self.lost_tokens
            + self.non_empty_plans
            + self.strangers_changed
            + self.lost_pulls
            + self.in_clear
            == 0
    }

    /// One line that says it all.
    pub(crate) fn line(&self) -> String {
        format!(
            "schedules {} (inside {}, outside {}), kills {}, overlaps {}, lock held {}, other users {}, rotations {} (with the secret before {}), rollbacks {}, pulls {}, clock steps {}, edits {}, faults {}, posts {}, pages {}, duplicates inside {}, unreported duplicates {}, lost tokens {}, non-empty plans {}, instances of others changed {}, lost pulls {}, sealed {}, in clear {}",
            self.inside + self.outside,
            self.inside,
            self.outside,
            self.kills,
            self.overlaps,
            self.held,
            self.other_users,
            self.rotations,
            self.previous,
            self.rollbacks,
            self.pulls,
            self.steps,
            self.edits,
            self.faults,
            self.posts,
            self.pages,
            self.duplicates_inside,
            self.unreported,
            self.lost_tokens,
            self.non_empty_plans,
            self.strangers_changed,
            self.lost_pulls,
            self.sealed,
            self.in_clear
        )
    }
}
