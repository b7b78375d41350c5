//! The nouns of the product: ids and keys, the desired, locked and observed states of an instance,
//! the plan that leads from one to the other, and the report of what happened.
//!
//! Must not: do I/O, read a clock or the environment, or know any other module of this crate.

#![warn(missing_docs)]

pub mod change;
pub mod desired;
pub mod facts;
pub mod ids;
pub mod lock;
pub mod marker;
pub mod note;
pub mod observed;
pub mod plan;
pub mod policy;
pub mod report;
pub mod secret;
pub mod template;
pub mod timestamp;
pub(crate) mod unique;
pub mod value;
pub mod word;

pub use change::Change;
pub use desired::{ApiSettings, Desired, DesiredInstance, DesiredValue, Lifecycle, OnRemove};
pub use facts::{
    ResolvedSecrets, SecretFact, SecretFacts, SecretField, VersusLock, VersusPlatform,
};
pub use ids::{
    ElementId, ElementKey, InstanceId, InstanceKey, InvalidName, InventoryName, OrganizationId,
};
pub use lock::{
    Element, Fingerprint, Lock, LockHeader, LockedApi, LockedInstance, LockedSecret, OpenIntent,
};
pub use marker::{Marker, MarkerState};
pub use note::Note;
pub use observed::{Lookup, Observed, ObservedInstance, Tenant};
pub use plan::{
    Action, CreateRequest, DeleteRequest, ElementRef, FieldChange, LockEntryDraft, Plan, Planned,
    Refusal, ReplaceRequest, RequestValue, SecretRecord, Shown, Step, UpdateRequest,
};
pub use policy::{InvalidLimit, Limit, Prune};
pub use report::{ApplyReport, OutcomeKind, StepOutcome};
pub use secret::{Secret, SecretJson};
pub use template::{Part, Reference, Template};
pub use timestamp::Timestamp;
pub use value::PlainValue;
pub use word::{NoteCode, Reason, RefusalCode};
