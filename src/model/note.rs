//! Things seen but not acted on. Notes never count as changes and never alter an exit code.

use serde::{Deserialize, Serialize};

use super::InstanceKey;

/// One note of a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    /// What kind of thing.
    pub code: NoteCode,
    /// Which instance, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<InstanceKey>,
    /// One sentence for a person.
    pub message: String,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)*) => {
        /// The fixed words for notes, listed in `docs/reference.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum NoteCode {
            $($(#[$doc])* $variant,)*
        }

        impl NoteCode {
            /// Every code, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word used in JSON and in text.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}

codes! {
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
}

impl std::fmt::Display for NoteCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
