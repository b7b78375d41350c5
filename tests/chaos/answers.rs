//! Successes that say something else than what was done, as a schedule asks for.

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};

use super::schedule::{Schedule, WrongAnswer};

/// What is still to be answered wrongly.
pub(crate) struct Answers {
    creates: Vec<(u8, WrongAnswer)>,
    /// How many reads show no token, and whether a mask instead.
    reads: (u8, bool),
}

impl Answers {
    pub(crate) fn of(schedule: &Schedule) -> Self {
        Self {
            creates: schedule.answers.clone(),
            reads: (0, false),
        }
    }

    /// How a request is answered wrongly; `posts`: how many creates there were before it.
    pub(crate) fn next(&mut self, request: &Request<Bytes>, posts: u64) -> Option<WrongAnswer> {
        let (left, masked) = &mut self.reads;
        if request.method() == Method::POST {
            let is_it = |(nth, _): &&(u8, WrongAnswer)| u64::from(*nth) == posts;
            let (_, wrong) = self.creates.iter().find(is_it)?;
            if let WrongAnswer::NoToken { masked, reads } = *wrong {
                self.reads = (reads, masked);
            }
            return Some(*wrong);
        }
        *left = left.checked_sub(1)?;
        Some(WrongAnswer::NoToken {
            masked: *masked,
            reads: 0,
        })
    }
}

/// The same response without tokens, or with masked ones.
pub(crate) fn without_token(response: Response<Bytes>, masked: bool) -> Response<Bytes> {
    let Ok(mut body) = serde_json::from_slice::<Value>(response.body()) else {
        return response;
    };
    let items = match &mut body {
        Value::Array(items) => items.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    for members in items.iter_mut().filter_map(Value::as_object_mut) {
        if members.remove("token").is_some() && masked {
            members.insert("token".to_owned(), json!("********"));
        }
    }
    response.map(|_| Bytes::from(body.to_string()))
}
