//! The nouns of the product: ids and keys, the desired, locked and observed states of an instance,
//! the plan that leads from one to the other, and the report of what happened.
//!
//! Must not: do I/O, read a clock or the environment, or know any other module of this crate.

#![warn(missing_docs)]

mod clear_text;
mod codes;
mod desired;
mod drift;
mod element;
mod facts;
mod fingerprint;
mod ids;
mod kept;
mod lock;
mod marker;
mod observed;
mod pattern;
mod plan;
mod policy;
mod read_back;
mod relabel;
mod remade;
mod report;
mod sealed;
mod secret;
mod stanza;
mod takeover;
mod template;
mod timestamp;
mod unique;
mod value;
mod variable;

pub(crate) use clear_text::{MAX_NAME, clear_text_problem, is_clear_text};
pub(crate) use codes::codes;
pub use codes::{Explanation, NoteCode, Reason, RefusalCode};
pub use desired::{ApiSettings, Desired, DesiredInstance, DesiredValue, Lifecycle, OnRemove};
pub use drift::{Drift, Finding};
pub use element::{Element, ElementRef};
pub use facts::{
    ResolvedSecrets, SecretFact, SecretFacts, SecretField, VersusLock, VersusPlatform,
};
pub use fingerprint::{Algorithm, Fingerprint, KeyCheck, KeyId};
pub use ids::{
    ElementId, ElementKey, InstanceId, InstanceKey, InvalidName, InventoryName, OrganizationId,
};
pub use kept::{Kept, SentValues, Tags};
pub use lock::{Candidate, Lock, LockHeader, LockedApi, LockedInstance, LockedSecret, OpenIntent};
pub(crate) use marker::{MAX_INVENTORY, MAX_TAG};
pub use marker::{Marker, MarkerState};
pub(crate) use observed::MASK;
pub use observed::{Completeness, Doubt, Lookup, Observed, ObservedInstance, Tenant};
pub(crate) use pattern::matches_pattern;
pub use plan::{
    Action, Change, CreateRequest, DeleteRequest, FieldChange, LockEntryDraft, Note, Plan, Planned,
    RecipientsChange, Refusal, ReplaceRequest, RequestValue, SecretRecord, Shown, Standing, Step,
    UpdateRequest,
};
pub use policy::{InvalidLimit, Limit, Prune};
pub use read_back::ReadBack;
pub use relabel::{InventoryMove, Relabel};
pub use remade::Remade;
pub use report::{ApplyReport, OutcomeKind, Removed, StepOutcome};
pub use sealed::{
    DataKey, DataKeyName, DataKeys, LockedToken, SealedAs, SealedToken, TokenFingerprint,
};
pub(crate) use sealed::{data_keys, referenced};
pub use secret::{Secret, SecretJson};
pub use stanza::{Stanza, StanzaValue};
pub use takeover::{BootTime, Takeover};
pub use template::{Part, Reference, SecretSource, Template};
pub use timestamp::Timestamp;
pub(crate) use unique::unique_keys;
pub use value::PlainValue;
pub(crate) use value::canonical_text;
pub(crate) use variable::variable_name;
