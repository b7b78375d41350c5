//! A switch for every open question about the platform (docs/platform.md#open-questions): where public
//! sources are silent, the sandbox can be any of the platforms they leave possible.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid assumption `{given}`: {expected}")]
pub struct InvalidAssumption {
    given: String,
    expected: String,
}

macro_rules! assumptions {
    ($($question:ident: $kind:ident = $text:literal {
        $first:ident = $first_word:literal, $($other:ident = $word:literal),+ $(,)?
    })*) => {
        $(
            #[doc = $text]
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
            pub(super) enum $kind {
                #[default]
                #[serde(rename = $first_word)]
                $first,
                $(#[serde(rename = $word)] $other,)+
            }
        )*

        /// One answer to each open question; the default is the likeliest.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct Assumptions {
            $(pub(super) $question: $kind,)*
        }

        impl Assumptions {
            /// Every question, its text and its answers, the default first.
            pub const QUESTIONS: &'static [(&'static str, &'static str, &'static [&'static str])] = &[
                $((stringify!($question), $text, &[$first_word, $($word),+]),)*
            ];
        }
    };
}

impl Assumptions {
    /// Answers one question, as in `q1=empty-array`.
    ///
    /// # Errors
    /// [`InvalidAssumption`], which lists the valid ones.
    pub fn set(&mut self, assumption: &str) -> Result<(), InvalidAssumption> {
        let invalid = |expected: String| InvalidAssumption {
            given: assumption.to_owned(),
            expected,
        };
        let (question, answer) = assumption.split_once('=').ok_or_else(|| {
            invalid("expected `QUESTION=ANSWER`, such as `q1=empty-array`".to_owned())
        })?;
        let mut questions = Self::QUESTIONS.iter();
        let Some((_, _, answers)) = questions.find(|(known, ..)| *known == question) else {
            let known: Vec<&str> = Self::QUESTIONS.iter().map(|(known, ..)| *known).collect();
            let known = known.join(", ");
            return Err(invalid(format!("expected one of the questions {known}")));
        };
        if !answers.contains(&answer) {
            let answers = answers.join(", ");
            return Err(invalid(format!("expected one of {answers} for {question}")));
        }
        let mut all = self.answers();
        all[question] = answer.into();
        *self = serde_json::from_value(all).expect("each answer in the table has a variant");
        Ok(())
    }

    /// The answers by question.
    pub(super) fn answers(&self) -> Value {
        json!(self)
    }
}

assumptions! {
    q1: EmptyList = "What does an empty list of instances return?" {
        NotFound = "404", Array = "empty-array",
    }
    q2: Unhydrated = "Does a list without `hydrate` show tags?" {
        Tags = "tags", Nothing = "no-tags",
    }
    q3: EmptyTags = "What does a create with an empty list of tags store?" {
        None = "none", Name = "name",
    }
    q4: TagFilter = "How are several `tags[]` combined, and is case significant?" {
        And = "and", Or = "or", AndAnyCase = "and-any-case", Ignored = "ignored",
    }
    q5: UnsetSecret = "How is an unset secret shown?" {
        Null = "null", Mask = "mask",
    }
    q6: Reauthenticate = "Does a PUT without `reAuthenticate` sign in again?" {
        WhenChanged = "when-changed", Never = "never",
    }
    q7: Put = "Does a PUT drop configuration keys that its body leaves out?" {
        Merge = "merge", Replace = "replace",
    }
    q8: SentMask = "Does a mask in a request mean unchanged?" {
        Unchanged = "unchanged", Store = "store",
    }
    q9: PatchedSecret = "Does a PATCH of a credential validate it?" {
        Validate = "validate", Ignore = "ignore",
    }
    q10: NullValue = "What does `null` do to a configuration key?" {
        Default = "default", Null = "null",
    }
    q11: DeleteMissing = "What does a DELETE of a missing instance return?" {
        NotFound = "404", Ok = "200",
    }
    q12: Foreign = "What does a read of another user's instance return?" {
        Forbidden = "403", NotFound = "404",
    }
    q13: Name = "Is a name required?" {
        Required = "required", Optional = "optional",
    }
    q14: TagLimit = "Are tags limited to 64 characters?" {
        None = "none", Limited = "limited",
    }
    q15: FailedCreate = "Does a create that the vendor rejects leave an instance?" {
        Nothing = "nothing", Invalid = "invalid-instance",
    }
    q16: RetryAfter = "Does a 429 carry `Retry-After` if the fault does not specify it?" {
        Absent = "absent", Seconds = "seconds", Date = "date",
    }
    q17: PageSize = "What does a page size above 200 do?" {
        Clamp = "clamp", Error = "error",
    }
    q18: LastPage = "Does the last page have a next-page token?" {
        NoToken = "no-token", Token = "token",
    }
    q19: OwnSecrets = "Does the owner see secrets in clear text?" {
        Never = "never", Owner = "owner",
    }
    q20: DisabledInBody = "Does `disabled` in a body have an effect?" {
        Ignored = "ignored", Counts = "counts",
    }
    q22: VendorType = "Is `webhooks` accepted beside `webhook` in `event.vendor.type`?" {
        Both = "both", Normalized = "normalized",
    }
    q24: PageToken = "Is a page token an offset, or a cursor?" {
        Offset = "offset", Cursor = "cursor",
    }
    q25: PageCap = "How many instances does a page have at most, whatever was asked for?" {
        Max200 = "200", Max100 = "100", Max10 = "10", Max3 = "3", Max1 = "1",
    }
    q26: TotalCount = "What does `Elements-Total-Count` of a list of instances count?" {
        Matching = "matching", Absent = "absent", Everyone = "everyone",
    }
    q27: ListedTags = "Which tags does a list of instances show?" {
        All = "all", Empty = "empty", Cut = "cut",
    }
}

#[cfg(test)]
mod tests;
