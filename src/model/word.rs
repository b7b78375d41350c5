//! The fixed words of plans: why a step is there, what was noted, what was refused. Each list is the
//! one place where its words stand; `docs/reference.md` has them for people.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$type_doc:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$type_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every one, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word used in JSON and in text.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
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

words! {
    /// Why a step is in the plan; for people only.
    Reason {
        /// Nothing exists for this key yet.
        Missing = "missing",
        /// The recorded instance is gone from the platform.
        Vanished = "vanished",
        /// An instance carries the marker of this key and is not in the lock file.
        MarkerFound = "marker-found",
        /// The manifest asks for another value than was applied last.
        ConfigurationChanged = "configuration-changed",
        /// The platform has another value than was applied last.
        Drifted = "drifted",
        /// The manifest's secret is another than was sent last.
        SecretChanged = "secret-changed",
        /// This tool never sent the secret itself, so it is sent once.
        SecretUnverified = "secret-unverified",
        /// The caller asked for secrets to be sent again.
        SecretResent = "secret-resent",
        /// The connector is another, which only a replace can do.
        ElementChanged = "element-changed",
        /// The caller asked for a replace.
        ReplaceRequested = "replace-requested",
        /// The key was renamed.
        Moved = "moved",
        /// The marker is missing on the platform.
        MarkerMissing = "marker-missing",
        /// It left the manifest.
        Removed = "removed",
        /// It is deleted because the caller asked to prune.
        Pruned = "pruned",
        /// Only the lock file changes.
        LockOnly = "lock-only",
        /// A replace of an earlier run is finished.
        ReplaceUnfinished = "replace-unfinished",
        /// A second instance with the marker of one key.
        Duplicate = "duplicate",
        /// The platform says its credentials do not work.
        Invalid = "invalid",
    }
}

words! {
    /// What was seen and not acted on.
    NoteCode {
        /// Several live instances carry the marker of one key.
        Duplicate = "duplicate",
        /// An instance left the manifest and stays.
        Kept = "kept",
        /// Ours by marker, in neither manifest nor lock file.
        Orphan = "orphan",
        /// A look-alike without marker exists; how to import it.
        LookAlike = "look-alike",
        /// A key of the configuration left the manifest and is no longer managed.
        Released = "released",
        /// Secrets could not be compared.
        NotCompared = "not-compared",
        /// The organization secret was rotated: fingerprints cannot be compared.
        FingerprintsRotated = "fingerprints-rotated",
        /// The platform says the instance is not valid.
        Invalid = "invalid",
        /// Needs a person's sign-in.
        NeedsSignIn = "needs-sign-in",
        /// An intent of an earlier run has no known outcome yet.
        Unsettled = "unsettled",
        /// Instances that are not ours, counted.
        Foreign = "foreign",
        /// A replace of an earlier run is not finished.
        Retired = "retired",
        /// The credentials are not those the lock file was written with.
        OtherUser = "other-user",
        /// Differs, but is listed under `ignoreChanges`.
        Ignored = "ignored",
        /// Was to be accepted as it is, and visibly is another than the manifest's.
        NotAccepted = "not-accepted",
    }
}

words! {
    /// A guard or a protection that says no.
    RefusalCode {
        /// What is protected would be deleted or replaced.
        Protected = "protected",
        /// More deletes and replaces than are allowed.
        TooManyDeletes = "too-many-deletes",
        /// More changes than are allowed.
        TooManyChanges = "too-many-changes",
        /// So much is gone that other credentials are likelier.
        ManyVanished = "many-vanished",
        /// An instance of ours carries the marker of another inventory or key.
        ForeignMarker = "foreign-marker",
        /// An instance could not be read, which does not make it absent.
        Unreadable = "unreadable",
        /// The lock file belongs to another inventory than the manifest.
        InventoryChanged = "inventory-changed",
        /// The lock file records one instance under two keys.
        RecordedTwice = "recorded-twice",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_the_same_in_json_and_in_text() {
        for reason in Reason::ALL {
            let json = serde_json::to_string(reason).expect("JSON");
            assert_eq!(json, format!("\"{reason}\""));
        }
    }
}
