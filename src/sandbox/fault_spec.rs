//! The syntax of a fault: `POST /instances kind=cut-after-commit count=1 skip=0 …`.

use std::time::Duration;

use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid fault `{given}`: {reason}")]
pub struct InvalidFault {
    given: String,
    reason: String,
}

/// What fails, for which requests, how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub(super) spec: String,
    /// `*` for any.
    pub(super) method: String,
    /// Below `/elements/api-v2`; `*` matches any text.
    pub(super) path: String,
    pub(super) kind: FaultKind,
    pub(super) skip: u64,
    /// How many fail after those.
    pub(super) count: u64,
    pub(super) status: u16,
    pub(super) retry_after: Option<RetryAfter>,
    pub(super) duration: Duration,
}

/// The form of `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RetryAfter {
    Seconds(u64),
    Date(u64),
}

/// What comes of a request that a fault is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Nothing,
    /// It takes effect, whatever the response is.
    Commits,
    /// None is singled out: the fault is in force from when it is added until it is cleared.
    Permanent,
}

macro_rules! kinds {
    ($($variant:ident = $word:literal, $effect:ident, $text:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
        pub(super) enum FaultKind {
            $(#[doc = $text] #[serde(rename = $word)] $variant,)*
        }

        impl Fault {
            /// Every kind and what it does.
            pub const KINDS: &'static [(&'static str, &'static str)] = &[$(($word, $text),)*];
        }

        impl FaultKind {
            pub(super) fn effect(self) -> Effect {
                match self {
                    $(Self::$variant => Effect::$effect,)*
                }
            }
        }
    };
}

kinds! {
    Status = "status", Nothing, "returns `status=` with the platform's error body; commits nothing";
    StatusAfter = "status-after-commit", Commits, "commits, then returns `status=` with the platform's error body";
    Vendor400 = "vendor-400", Nothing, "the vendor rejects the request with 400 and echoes the credentials it was given";
    Vendor409 = "vendor-409", Nothing, "the vendor rejects the request with 409";
    Vendor429 = "vendor-429", Nothing, "the vendor rejects the request with 429";
    InvalidAfter = "invalid-after-commit", Commits, "commits an invalid instance, then returns the vendor's 400";
    CutBefore = "cut-before-commit", Nothing, "closes the connection; commits nothing";
    CutAfter = "cut-after-commit", Commits, "commits, then closes the connection without a response";
    CutMidBody = "cut-mid-body", Commits, "commits, then closes the connection in the middle of the response";
    Html = "html", Nothing, "returns a gateway's HTML page with `status=` (502); commits nothing";
    HtmlAfter = "html-after-commit", Commits, "commits, then returns a gateway's HTML page";
    TooMany = "too-many", Nothing, "returns 429, with `retry-after=SECONDS` or `retry-after=date:SECONDS` if given; `for=DURATION` replaces `count=`";
    RefreshFails = "refresh-fails", Commits, "the vendor refuses to refresh the token of the newest instance; the fifth time the platform disables it";
    Delay = "delay", Commits, "responds after `for=DURATION`";
    OtherBefore = "other-before-commit", Nothing, "commits nothing, then returns an instance of another user as if it was created; only for `POST /instances`";
    OtherAfter = "other-after-commit", Commits, "commits, then returns an instance of another user as if it was created; only for `POST /instances`";
    NoToken = "no-token", Commits, "leaves out the tokens of instances";
    MaskedToken = "masked-token", Commits, "masks the tokens of instances";
    Ignored = "ignored", Commits, "responds as if it had applied name and configuration of a change, and leaves them as they were";
    ListLag = "list-lag", Permanent, "new instances appear in lists only after `for=DURATION`";
    ChangeLag = "change-lag", Permanent, "changes and deletions of instances appear in lists only after `for=DURATION`";
    PageDelete = "page-delete", Permanent, "deletes the oldest instance tagged `foreign` before every page but the first";
    PageCreate = "page-create", Permanent, "creates an instance tagged `foreign` before every page but the first";
    Volatile = "volatile", Permanent, "tokens and session values of instances change at every read";
    Rewritten = "rewritten", Permanent, "names and configuration values are stored trimmed, in lower case and without a slash at the end";
}

impl Fault {
    pub fn parse(spec: &str) -> Result<Self, InvalidFault> {
        parsed(spec).map_err(|reason| InvalidFault {
            given: spec.to_owned(),
            reason,
        })
    }
}

const EXPECTED: &str =
    "expected `METHOD PATH kind=KIND`, such as `POST /instances kind=cut-after-commit count=1`";

fn parsed(spec: &str) -> Result<Fault, String> {
    let mut words = spec.split_whitespace();
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Err(EXPECTED.to_owned());
    };
    let mut fault = Fault {
        spec: spec.to_owned(),
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        kind: FaultKind::Status,
        skip: 0,
        count: 1,
        status: 0,
        retry_after: None,
        duration: Duration::ZERO,
    };
    let mut kind = None;
    for word in words {
        let (name, value) = word
            .split_once('=')
            .ok_or("expected `name=value` after method and path")?;
        let number = |text: &str| text.parse().map_err(|_| "expected a number");
        match name {
            "kind" => {
                kind = Some(serde_json::from_value(value.into()).map_err(|_| expected_kind())?)
            }
            "skip" => fault.skip = number(value)?,
            "count" => fault.count = number(value)?,
            "status" => {
                fault.status = u16::try_from(number(value)?)
                    .ok()
                    .filter(|status| (100..=599).contains(status))
                    .ok_or("expected a status from 100 to 599")?;
            }
            "for" => {
                fault.duration = humantime::parse_duration(value)
                    .map_err(|_| "expected a duration such as `500ms` or `30s`")?;
            }
            "retry-after" => {
                fault.retry_after = Some(match value.strip_prefix("date:") {
                    Some(seconds) => RetryAfter::Date(number(seconds)?),
                    None => RetryAfter::Seconds(number(value)?),
                });
            }
            _ => return Err("expected only kind, skip, count, status, for and retry-after".into()),
        }
    }
    fault.kind = kind.ok_or("`kind=` is missing")?;
    if fault.status == 0 {
        fault.status = match fault.kind {
            FaultKind::Html | FaultKind::HtmlAfter => 502,
            _ => 500,
        };
    }
    Ok(fault)
}

fn expected_kind() -> String {
    let words: Vec<&str> = Fault::KINDS.iter().map(|(word, _)| *word).collect();
    format!("expected one of the kinds {}", words.join(", "))
}
