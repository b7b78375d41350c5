//! The codes of plans: why a step is in the plan, what was noted, what was refused. They are a contract
//! with programs that read plans; `docs/reference.md` lists them.

/// An enum with a stable word for each variant, the same in JSON and in text.
macro_rules! codes {
    ($(#[$type_doc:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$type_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[derive(serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $code)] $variant,)*
        }

        impl $name {
            /// All codes, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code as it is in JSON and in text.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use codes;

codes! {
    /// Why a step is in the plan; for people only.
    Reason {
        /// The key has no instance yet.
        Missing = "missing",
        /// The recorded instance is missing on the platform.
        Vanished = "vanished",
        /// An instance carries the marker of this key but is not in the lock file.
        MarkerFound = "marker-found",
        /// The manifest differs from what was last applied.
        ConfigurationChanged = "configuration-changed",
        /// The platform differs from what was last applied.
        Drifted = "drifted",
        /// The secret differs from the one that was last sent.
        SecretChanged = "secret-changed",
        /// This tool never sent the secret itself, so it is sent once.
        SecretUnverified = "secret-unverified",
        /// The caller asked for secrets to be sent again.
        SecretResent = "secret-resent",
        /// The manifest names another connector, which only a replace can change.
        ElementChanged = "element-changed",
        /// The caller asked for a replace.
        ReplaceRequested = "replace-requested",
        /// The key was renamed.
        Moved = "moved",
        /// The instance has no marker.
        MarkerMissing = "marker-missing",
        /// The instance is no longer in the manifest.
        Removed = "removed",
        /// The caller asked to prune.
        Pruned = "pruned",
        /// Only the lock file changes.
        LockOnly = "lock-only",
        /// No token is recorded.
        TokenMissing = "token-missing",
        /// The token on the platform differs from the recorded one.
        TokenChanged = "token-changed",
        /// An earlier run began a replace and did not finish it.
        ReplaceUnfinished = "replace-unfinished",
        /// Another instance with the same marker is kept.
        Duplicate = "duplicate",
        /// The platform reports the credentials of the instance as not valid.
        Invalid = "invalid",
    }
}

codes! {
    /// What was found and not acted on.
    NoteCode {
        /// Several instances carry the marker of one key.
        Duplicate = "duplicate",
        /// An instance is no longer in the manifest and is kept.
        Kept = "kept",
        /// An instance carries our marker but is in neither the manifest nor the lock file.
        Orphan = "orphan",
        /// An unmarked instance has the same name and element.
        LookAlike = "look-alike",
        /// A configuration key left the manifest and is no longer managed.
        Released = "released",
        /// Secrets could not be compared.
        NotCompared = "not-compared",
        /// The secret that fingerprints are keyed with was rotated, so recorded ones cannot be compared.
        FingerprintsRotated = "fingerprints-rotated",
        /// Recorded fingerprints are verified with the previous secret.
        FingerprintsVerified = "fingerprints-verified",
        /// The platform reports an instance as not valid.
        Invalid = "invalid",
        /// The platform disabled an instance whose token it could not refresh.
        DisabledByPlatform = "disabled-by-platform",
        /// The instance needs an interactive sign-in.
        NeedsSignIn = "needs-sign-in",
        /// The outcome of a create in an earlier run is unknown.
        Unsettled = "unsettled",
        /// The number of instances that do not belong to the inventory.
        Foreign = "foreign",
        /// The old instance of a replace is kept until the new one is valid.
        Retired = "retired",
        /// The user secret differs from the one that the lock file was written with.
        OtherUser = "other-user",
        /// A difference is listed under `ignoreChanges`.
        Ignored = "ignored",
        /// The platform keeps another value than it was sent.
        Rewritten = "rewritten",
        /// A secret was to be accepted but differs on the platform.
        NotAccepted = "not-accepted",
        /// The list of instances is not known to be complete.
        IncompleteList = "incomplete-list",
    }
}

codes! {
    /// Why a plan must not be applied.
    RefusalCode {
        /// A protected instance would be deleted or replaced.
        Protected = "protected",
        /// More deletes and replaces than allowed.
        TooManyDeletes = "too-many-deletes",
        /// More changes than allowed.
        TooManyChanges = "too-many-changes",
        /// So many instances are missing that wrong credentials are more likely.
        ManyVanished = "many-vanished",
        /// An instance carries the marker of another inventory or key.
        ForeignMarker = "foreign-marker",
        /// An instance could not be read, so its state is unknown.
        Unreadable = "unreadable",
        /// The lock file belongs to another inventory than the manifest.
        InventoryChanged = "inventory-changed",
        /// The lock file records one instance under two keys.
        RecordedTwice = "recorded-twice",
        /// The new name of an inventory is in use.
        InventoryTaken = "inventory-taken",
        /// A create or a replace has not ended, and would bring back the marker.
        Unsettled = "unsettled",
        /// A marker was shortened, and no known key has it.
        UnknownMarker = "unknown-marker",
        /// Tokens are sealed, and the manifest names no recipients.
        RecipientsMissing = "recipients-missing",
        /// A key that is to be forgotten is declared, and would be created again.
        Declared = "declared",
    }
}

/// When a refusal happens, and what allows it: for `docs/refusals.md`, which a test holds against this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What was found.
    pub when: &'static str,
    /// The edit, the command or the option that leads on.
    pub way_out: &'static str,
}

impl RefusalCode {
    /// What the documents say of it.
    pub fn explained(self) -> Explanation {
        let (when, way_out) = match self {
            Self::Protected => (
                "An instance with `lifecycle.protect` would be deleted or replaced",
                "Declare it with `protect: false` and apply that alone; then remove or replace it",
            ),
            Self::TooManyDeletes => (
                "More deletes and replaces than `--max-deletes`: 10 %, at least 1",
                "`--max-deletes` with the number that the message names",
            ),
            Self::TooManyChanges => (
                "More updates, replaces, deletes and forgets than `--max-changes`",
                "`--max-changes` with the number that the message names",
            ),
            Self::ManyVanished => (
                "So many recorded instances are missing that wrong credentials are more likely",
                "Other credentials; if they were deleted, `--recreate-vanished`",
            ),
            Self::ForeignMarker => (
                "An instance of a key carries the marker of another key or inventory, or is recorded as another key",
                "Remove the marker on the platform that the message names; `connectorctl lock rebuild` if the markers are right",
            ),
            Self::Unreadable => (
                "The platform did not show an instance, or showed too little of it to know whose it is",
                "Run the command again, or leave the key out with `--exclude`",
            ),
            Self::InventoryChanged => (
                "The manifest has another `inventory` than the lock file",
                "Restore the name, or `connectorctl lock move --to NAME`, or `--lock` with another file",
            ),
            Self::RecordedTwice => (
                "The lock file records one instance under two keys",
                "`connectorctl lock rebuild`, or remove one of the two entries from the lock file",
            ),
            Self::InventoryTaken => (
                "`lock move`: an instance or another lock file has the new name of the inventory",
                "Choose another name",
            ),
            Self::Unsettled => (
                "`lock move` or `forget`: the outcome of a create is unknown, or a replace has not ended",
                "Run `connectorctl apply`, before a rename under the old name",
            ),
            Self::UnknownMarker => (
                "`lock move`: an orphan has a shortened marker, which does not show its key",
                "Declare its key, or delete it with `--prune=orphans` before the rename",
            ),
            Self::Declared => (
                "`forget`: the manifest declares the key, or a rename from it, so the next apply would create it again",
                "Remove it from the manifest, or apply the rename first",
            ),
            Self::RecipientsMissing => (
                "Tokens are sealed, and the manifest declares no `lock.recipients`",
                "Restore `lock.recipients`, or `connectorctl lock decrypt` to record tokens as plain text",
            ),
        };
        Explanation { when, way_out }
    }
}

#[cfg(test)]
mod tests;
