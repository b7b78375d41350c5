//! Notes that concern the whole plan.

use super::planner::Planner;
use crate::model::{Completeness, NoteCode};

impl Planner<'_> {
    pub(super) fn general_notes(&mut self) {
        let (not_compared, rotated) = (self.out.not_compared, self.out.rotated);
        if not_compared > 0 {
            let why = if self.input.observed.is_none() {
                ": offline"
            } else {
                ""
            };
            let message = format!("{} not compared{why}", secrets(not_compared));
            self.out.note(NoteCode::NotCompared, None, message);
        }
        if rotated > 0 {
            let message = format!(
                "{} not compared: the organization secret was rotated since they were recorded. \
                 `CONNECTORCTL_ORGANIZATION_SECRET_PREVIOUS` verifies them, `--resend-secrets` sends \
                 them again, `--accept-secrets` records those on the platform as correct",
                secrets(rotated)
            );
            self.out.note(NoteCode::FingerprintsRotated, None, message);
        }
        let verified = self.input.verified;
        if verified > 0 {
            let message = format!(
                "{} unchanged, verified with the previous organization secret or fingerprint key; \
                 `apply` records the fingerprints under the present one and sends nothing",
                secrets(verified)
            );
            self.out.note(NoteCode::FingerprintsVerified, None, message);
        }
        if self.input.other_user {
            let message = "user secret differs from the one that the lock file was written with; \
                           other credentials may see other instances";
            self.out.note(NoteCode::OtherUser, None, message);
        }
        if let Completeness::Unproven(doubt) = self.index.observed.completeness {
            let message = format!(
                "list of instances is incomplete: {doubt}. Every instance to be created was searched for by its marker"
            );
            self.out.note(NoteCode::IncompleteList, None, message);
        }
        let foreign = self.index.foreign_count();
        if foreign > 0 {
            let who = match foreign {
                1 => "1 instance does not belong to this inventory and is".to_owned(),
                many => format!("{many} instances do not belong to this inventory and are"),
            };
            self.out
                .note(NoteCode::Foreign, None, format!("{who} left alone"));
        }
        for key in self.input.intents.keys() {
            let message = "an earlier run was interrupted while creating this instance; `apply` finds \
                           out whether it exists before creating another";
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
