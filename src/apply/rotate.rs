//! What follows a request that sent secrets: whether the platform can sign in with them, and what it holds
//! if it cannot (docs/platform.md#q9). Must not: send a secret.

use std::collections::BTreeSet;

use super::outcome::StepError;
use super::step::StepRun;
use crate::model::{Lookup, ObservedInstance};
use crate::ports::{PatchBody, RemoteError, RemoteErrorKind};

/// The configuration keys of the secrets that a request sends.
pub(super) type Sent = BTreeSet<String>;

impl StepRun<'_> {
    /// Asks the platform to sign in again if it still reports credentials that do not work: a `PATCH` may
    /// store a credential without trying it.
    pub(super) async fn sign_in(
        &self,
        sent: &Sent,
        seen: &mut ObservedInstance,
    ) -> Result<(), StepError> {
        if sent.is_empty() || seen.valid {
            return Ok(());
        }
        let (name, tags) = (seen.name.clone(), seen.tags.clone());
        // No configuration: a `PUT` may drop what its body leaves out (docs/platform.md#q7).
        let body = PatchBody {
            name: Some(&name),
            tags: tags.as_ref(),
            ..PatchBody::default()
        };
        let tried = self.run.apply.remote.sign_in(seen.id, &body).await;
        let why = match tried {
            Ok(after) if after.valid => {
                seen.valid = true;
                return Ok(());
            }
            Ok(_) => "it reports that the credentials do not work".to_owned(),
            Err(error) if error.kind == RemoteErrorKind::Rejected => error.to_string(),
            Err(error) => return Err(error.into()),
        };
        Err(StepError::failed(format!(
            "the platform holds the new {}, and cannot sign in with it: {why}; correct the value and run \
             `apply` again, or send it once more with `--resend-secrets={}`",
            names(sent),
            self.key
        )))
    }

    /// What the platform holds after it rejected a request with secrets.
    pub(super) async fn rejected(
        &self,
        sent: &Sent,
        before: &ObservedInstance,
        error: RemoteError,
    ) -> StepError {
        if sent.is_empty() || error.kind != RemoteErrorKind::Rejected {
            return error.into();
        }
        let seen = self.run.apply.remote.get(before.id).await;
        let state = match seen {
            Ok(Lookup::Found(seen)) if seen.valid => {
                "the instance is valid with what the platform holds"
            }
            Ok(Lookup::Found(_)) => "the instance is not valid with what the platform holds",
            Ok(Lookup::Gone) | Err(_) => "what the platform holds is not known",
        };
        let error = StepError::from(error);
        StepError {
            message: format!(
                "{}; {state}; the next apply sends {} again",
                error.message,
                names(sent)
            ),
            ..error
        }
    }
}

fn names(sent: &Sent) -> String {
    let names: Vec<String> = sent.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
