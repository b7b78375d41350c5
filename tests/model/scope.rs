//! What one exploration covers: its time bounds, its budgets, the edits of the manifest, and the
//! deliberate mistake, if any.

/// A key of the manifest. Two are enough for a rename and for steps that run side by side.
pub(super) type Key = usize;

/// How many keys the model knows.
pub(super) const KEYS: usize = 2;

/// All of them.
pub(super) const ALL_KEYS: [Key; KEYS] = [0, 1];

/// What the manifest says of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Want {
    /// The element: another number needs a replace.
    pub(super) element: u8,
    /// `lifecycle.movedFrom`.
    pub(super) moved_from: Option<Key>,
}

/// One version of the manifest.
pub(super) type Manifest = [Option<Want>; KEYS];

/// A key with this element, not moved.
pub(super) const fn element(element: u8) -> Option<Want> {
    Some(Want {
        element,
        moved_from: None,
    })
}

/// A key with element 1 that was another key before.
pub(super) const fn moved_from(key: Key) -> Option<Want> {
    Some(Want {
        element: 1,
        moved_from: Some(key),
    })
}

/// A mistake built into the protocol, to prove that the model can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Mistake {
    /// Creates again as soon as one search finds nothing.
    WindowIgnored,
    /// Sends the `POST` without a `Record::Intent` before it.
    NoIntent,
    /// Never searches by marker, neither to settle nor to adopt.
    NoMarkerSearch,
    /// Sends a cut `POST` again at once.
    RetryAtOnce,
    /// Empties the journal before the lock file is durable.
    FoldFirst,
    /// The fold drops the intents that are still open.
    FoldDropsIntents,
    /// The fold keeps no checkpoint of what it wrote.
    NoCheckpoint,
    /// The checkpoint counts only where the lock file has another digest than it says.
    CheckpointByDigest,
    /// The journal is emptied, and the checkpoint written afterwards.
    CheckpointLate,
    /// The window is without the list lag.
    LagNotInWindow,
    /// The window starts at the intent or at the end of its connection, although nobody knows how long
    /// its run lived.
    NoTakeover,
    /// A takeover counts for intents that are recorded after it too.
    TakeoverCoversLater,
    /// A replace leaves the live marker on the old instance.
    RetiredSkipped,
    /// No exclusive lock is taken.
    NoLock,
    /// A retired instance gets its live marker back although an intent of its key is open.
    RestoreUnsettled,
    /// The `PATCH` that gives the live marker back has no intent of its own.
    RestoreUnjournaled,
    /// A search hit is believed, and not read again by id.
    HitNotReread,
    /// After a rename, an intent is searched for by the new key's marker only.
    OwnMarkerOnly,
    /// `Record::Answered` of an earlier `POST` still counts for the next intent.
    AnsweredSticks,
    /// An answered but unknown outcome (a 500, a 400 of Q15) closes the intent at once.
    AnsweredCloses,
    /// `--settle-first` waits only where nothing at all is seen, not to finish a replace.
    SettleFirstCreateOnly,
    /// An answer is recorded without a look at whose instance it shows.
    TrustAnyAnswer,
    /// An answer that shows another instance closes the intent.
    WrongAnswerCloses,
    /// The candidate of a dead run is recorded without a look.
    CandidateUnread,
    /// The candidate of a dead run is forgotten.
    CandidateForgotten,
    /// A retired instance is deleted although it carries the live marker again.
    DeleteUnchecked,
}

/// The bounds of one exploration.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// Ticks after which a `POST` times out at the client, and also the most it takes to commit
    /// after its connection was cut.
    pub(super) time_out: u8,
    /// Ticks until a search shows what changed.
    pub(super) lag: u8,
    /// Whether a `PATCH` that was cut may take effect later.
    pub(super) late_patch: bool,
    /// Whether searches may show the tags of before for the time of the lag.
    pub(super) stale_tags: bool,
    /// Whether there is an instance of somebody else, and a `POST` may be answered with any instance.
    pub(super) wrong_answers: bool,
    /// Whether the platform alters markers. No run dies then between a `POST` and the record of its answer:
    /// nothing would tell that the instance exists.
    pub(super) alters_tags: bool,
    /// The manifest over time.
    pub(super) manifests: &'static [Manifest],
    /// Whether the manifest is edited only after an apply that completed.
    pub(super) edit_when_clean: bool,
    /// Whether all the keys stand for one instance (a rename), so that law 3 counts them together.
    pub(super) one_family: bool,
    /// Whether what leaves the manifest is deleted.
    pub(super) prune: bool,
    /// How many runs there may be at once.
    pub(super) runs: usize,
    /// Whether each has a checkout of its own (lock file and journal), outside the conditions.
    pub(super) own_checkouts: bool,
    /// Kills and stops in the whole history.
    pub(super) crashes: u8,
    /// Lost responses, time-outs and answered errors in the whole history.
    pub(super) faults: u8,
    /// How often the journal and the lock file are lost (a fresh clone).
    pub(super) losses: u8,
    /// Whether they are lost only once a settle window has passed without a request in flight.
    pub(super) loss_after_window: bool,
    /// How often the lock file alone is lost or replaced by the one before.
    pub(super) rollbacks: u8,
    /// Whether that happens during a run too.
    pub(super) during_runs: bool,
    /// `--settle-first` on a checkout without lock file and journal.
    pub(super) settle_first: bool,
    /// The deliberate mistake.
    pub(super) mistake: Option<Mistake>,
}

/// One key.
pub(super) const ONE: &[Manifest] = &[[element(1), None]];
/// Two keys side by side.
pub(super) const TWO: &[Manifest] = &[[element(1), element(1)]];
/// A key whose element changes, which only a replace can do.
pub(super) const REPLACED: &[Manifest] = &[[element(1), None], [element(2), None]];
/// The same, and the manifest goes back: at once, or in the middle of the replace.
pub(super) const REPLACED_AND_BACK: &[Manifest] =
    &[[element(1), None], [element(2), None], [element(1), None]];
/// There, back, and there again.
pub(super) const TO_AND_FRO: &[Manifest] = &[
    [element(1), None],
    [element(2), None],
    [element(1), None],
    [element(2), None],
];
/// A key that is renamed.
pub(super) const RENAMED: &[Manifest] = &[[element(1), None], [None, moved_from(0)]];
/// A key that is renamed, and renamed back.
pub(super) const RENAMED_AND_BACK: &[Manifest] = &[
    [element(1), None],
    [None, moved_from(0)],
    [moved_from(1), None],
];
/// Two keys that become one, whatever became of either.
pub(super) const MERGED: &[Manifest] = &[[element(1), element(1)], [None, moved_from(0)]];
/// A key that leaves the manifest and comes again.
pub(super) const PRUNED: &[Manifest] = &[[element(1), None], [None, None], [element(1), None]];

impl Scope {
    /// One run at a time, one key, everything inside the conditions.
    pub(super) fn inside() -> Self {
        Self {
            time_out: 1,
            lag: 1,
            late_patch: false,
            stale_tags: false,
            wrong_answers: false,
            alters_tags: false,
            manifests: ONE,
            edit_when_clean: false,
            one_family: false,
            prune: false,
            runs: 1,
            own_checkouts: false,
            crashes: 2,
            faults: 1,
            losses: 0,
            loss_after_window: true,
            rollbacks: 0,
            during_runs: false,
            settle_first: false,
            mistake: None,
        }
    }

    /// The lock file alone is lost or rolled back.
    pub(super) fn rolled_back() -> Self {
        Self {
            rollbacks: 1,
            ..Self::inside().budget(1, 0)
        }
    }

    /// The same during a run, which merges.
    pub(super) fn rolled_back_during_runs() -> Self {
        Self {
            during_runs: true,
            ..Self::rolled_back().over(TWO).budget(0, 0)
        }
    }

    /// The same with a mistake.
    pub(super) fn with(mut self, mistake: Mistake) -> Self {
        self.mistake = Some(mistake);
        self
    }

    /// The same over these versions of the manifest.
    pub(super) fn over(mut self, manifests: &'static [Manifest]) -> Self {
        self.manifests = manifests;
        self
    }

    /// The same with so many kills and faults.
    pub(super) fn budget(mut self, crashes: u8, faults: u8) -> Self {
        self.crashes = crashes;
        self.faults = faults;
        self
    }

    /// Whether this mistake is built in.
    pub(super) fn makes(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    /// The settle window in ticks, from the takeover or the end of the connection.
    pub(super) fn window(&self) -> u8 {
        let unless = |mistake, ticks| if self.makes(mistake) { 0 } else { ticks };
        self.time_out + unless(Mistake::LagNotInWindow, self.lag)
    }

    /// What has to pass once the platform has answered.
    pub(super) fn answered_window(&self) -> u8 {
        self.lag
    }

    /// Beyond this many ticks nobody counts.
    pub(super) fn cap(&self) -> u8 {
        self.time_out + self.lag
    }
}
