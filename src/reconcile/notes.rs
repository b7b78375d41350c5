//! Notes about the whole.

use super::found::Found;
use super::index::Index;
use super::{PlanInput, View};
use crate::model::{Note, NoteCode};

pub(super) fn general(input: &PlanInput, index: &Index<'_>, found: &mut Found) {
    let mut note = |code, key: Option<&crate::model::InstanceKey>, message: String| {
        found.notes.push(Note {
            code,
            key: key.cloned(),
            message,
        });
    };
    if found.not_compared > 0 {
        let message = match input.view {
            View::Offline => format!("{} not compared: offline", secrets(found.not_compared)),
            View::Live(_) => format!("{} not compared", secrets(found.not_compared)),
        };
        note(NoteCode::NotCompared, None, message);
    }
    if found.rotated > 0 {
        let message = format!(
            "{} not compared: the organization secret is another than the lock file's fingerprints \
             were made with. `--resend-secrets` sends them all, `--accept-secrets` records that they \
             are right as they are",
            secrets(found.rotated)
        );
        note(NoteCode::FingerprintsRotated, None, message);
    }
    if input.other_user {
        let message = "the user secret is another than the lock file was written with; other \
                       credentials may see other instances"
            .to_owned();
        note(NoteCode::OtherUser, None, message);
    }
    let foreign = index.foreign(input);
    if foreign > 0 && matches!(input.view, View::Live(_)) {
        let message = match foreign {
            1 => "1 instance is not this inventory's own and is left alone".to_owned(),
            many => format!("{many} instances are not this inventory's own and are left alone"),
        };
        note(NoteCode::Foreign, None, message);
    }
    for key in input.intents.keys() {
        let message =
            "an earlier run was cut off while it created this instance; `apply` finds out \
                       what became of it before it creates anything for this key"
                .to_owned();
        note(NoteCode::Unsettled, Some(key), message);
    }
}

fn secrets(count: usize) -> String {
    match count {
        1 => "1 secret is".to_owned(),
        many => format!("{many} secrets are"),
    }
}
