//! The model speaks of the same states as the code. A variant that the code gains or loses does not
//! compile here, so that nobody forgets the model.

use connectorctl::ports::{Record as Code, UnknownClass};

use super::plan::Task;
use super::store::Record as Model;

/// What stands for a record of the code.
#[derive(Debug, PartialEq, Eq)]
enum StandsFor {
    /// A record of the model.
    Record(Model),
    /// Nothing: it tells of secrets, of the name of the inventory, or of what a list shows later; not of
    /// identity.
    Nothing,
}

fn stands_for(record: &Code) -> StandsFor {
    let key = 0;
    StandsFor::Record(match record {
        Code::Intent { key: _, secrets: _ } => Model::Intent {
            key,
            age: None,
            mine: true,
        },
        Code::Candidate {
            key: _,
            candidate: _,
        } => Model::Candidate { key, id: 1 },
        Code::Answered { key: _ } => Model::Answered { key },
        Code::NotCreated { key: _ } => Model::NotCreated { key },
        Code::Entry { key: _, entry: _ } => Model::Entry { key, id: 1 },
        Code::Removed { key: _ } => Model::Removed { key },
        Code::Renamed { from: _, to: _ } => Model::Renamed { from: key, to: 1 },
        Code::Sending {
            key: _,
            id: _,
            secrets: _,
        }
        | Code::Moving(_)
        | Code::Retired { id: _ }
        | Code::Deleted { id: _ } => return StandsFor::Nothing,
    })
}

/// What a run does next in each class of unknown outcomes.
fn follows(class: UnknownClass) -> Task {
    match class {
        UnknownClass::Refused | UnknownClass::Answered => Task::Erred,
        UnknownClass::Unanswered => Task::Settle,
    }
}

#[test]
fn every_record_of_the_code_has_its_place_in_the_model() {
    let key = connectorctl::model::InstanceKey::new("k").expect("a plain name");
    let intent = Code::Intent {
        key: key.clone(),
        secrets: std::collections::BTreeMap::new(),
    };
    assert!(matches!(
        stands_for(&intent),
        StandsFor::Record(Model::Intent { .. })
    ));
    let answered = Code::Answered { key };
    assert_eq!(
        stands_for(&answered),
        StandsFor::Record(Model::Answered { key: 0 })
    );
}

#[test]
fn an_answer_is_recorded_before_it_is_settled_and_silence_is_settled_at_once() {
    assert_eq!(follows(UnknownClass::Refused), Task::Erred);
    assert_eq!(follows(UnknownClass::Answered), Task::Erred);
    assert_eq!(follows(UnknownClass::Unanswered), Task::Settle);
}
