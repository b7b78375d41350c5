//! Notes about the whole.

use super::View;
use super::planner::Planner;
use crate::model::NoteCode;

impl Planner<'_> {
    pub(super) fn general_notes(&mut self) {
        let (not_compared, rotated) = (self.out.not_compared, self.out.rotated);
        if not_compared > 0 {
            let why = match self.input.view {
                View::Offline => ": offline",
                View::Live(_) => "",
            };
            let message = format!("{} not compared{why}", secrets(not_compared));
            self.out.note(NoteCode::NotCompared, None, message);
        }
        if rotated > 0 {
            let message = format!(
                "{} not compared: the organization secret is another than the lock file's \
                 fingerprints were made with. `--resend-secrets` sends them all, `--accept-secrets` \
                 records that they are right as they are",
                secrets(rotated)
            );
            self.out.note(NoteCode::FingerprintsRotated, None, message);
        }
        if self.input.other_user {
            let message = "the user secret is another than the lock file was written with; other \
                           credentials may see other instances";
            self.out.note(NoteCode::OtherUser, None, message);
        }
        let foreign = self.index.foreign();
        if foreign > 0 && matches!(self.input.view, View::Live(_)) {
            let message = match foreign {
                1 => "1 instance is not this inventory's own and is left alone".to_owned(),
                many => format!("{many} instances are not this inventory's own and are left alone"),
            };
            self.out.note(NoteCode::Foreign, None, message);
        }
        for key in self.input.intents.keys() {
            let message = "an earlier run was cut off while it created this instance; `apply` finds \
                           out what became of it before it creates anything for this key";
            self.out.note(NoteCode::Unsettled, Some(key), message);
        }
    }
}

fn secrets(count: usize) -> String {
    match count {
        1 => "1 secret is".to_owned(),
        many => format!("{many} secrets are"),
    }
}
