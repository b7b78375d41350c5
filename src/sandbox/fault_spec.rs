//! How a fault is written: `POST /instances kind=cut-after-commit count=1 skip=0 …`.

use std::time::Duration;

/// A fault that nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is no fault: {why}")]
pub struct InvalidFault {
    given: String,
    why: String,
}

/// What goes wrong, for which requests, how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// As it was written.
    pub(super) spec: String,
    /// `*` for any.
    pub(super) method: String,
    /// Below `/elements/api-v2`; `*` stands for any text.
    pub(super) path: String,
    pub(super) kind: FaultKind,
    /// How many matching requests pass first.
    pub(super) skip: u64,
    /// How many fail then.
    pub(super) count: u64,
    pub(super) status: u16,
    pub(super) retry_after: Option<RetryAfter>,
    pub(super) duration: Duration,
}

/// How `Retry-After` is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RetryAfter {
    Seconds(u64),
    Date(u64),
}

macro_rules! kinds {
    ($($variant:ident = $word:literal, $text:literal;)*) => {
        /// What goes wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum FaultKind {
            $(#[doc = $text] $variant,)*
        }

        impl Fault {
            /// Every kind with what it does.
            pub const KINDS: &'static [(&'static str, &'static str)] = &[$(($word, $text),)*];
        }

        impl FaultKind {
            fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    Status = "status", "answers `status=` with the platform's error body; nothing is committed";
    StatusAfter = "status-after-commit", "commits, and answers `status=` with the platform's error body";
    Vendor400 = "vendor-400", "the vendor refuses with 400, and repeats the credentials it was given";
    Vendor409 = "vendor-409", "the vendor refuses with 409";
    Vendor429 = "vendor-429", "the vendor refuses with 429";
    InvalidAfter = "invalid-after-commit", "commits an instance that is not valid, and answers the vendor's 400";
    CutBefore = "cut-before-commit", "closes the connection; nothing is committed";
    CutAfter = "cut-after-commit", "commits, and closes the connection without an answer";
    CutMidBody = "cut-mid-body", "commits, and closes the connection in the middle of the answer";
    Html = "html", "answers a gateway's HTML page with `status=` (502); nothing is committed";
    HtmlAfter = "html-after-commit", "commits, and answers a gateway's HTML page";
    TooMany = "too-many", "answers 429 with or without `retry-after=SECONDS` or `retry-after=date:SECONDS`; with `for=DURATION` it goes on for that long, however many come";
    Delay = "delay", "answers after `for=DURATION`";
    ListLag = "list-lag", "what is created shows in lists only after `for=DURATION`";
    Volatile = "volatile", "tokens and session values of instances change by themselves at every read";
}

impl Fault {
    /// Reads a fault.
    ///
    /// # Errors
    /// [`InvalidFault`].
    pub fn parse(spec: &str) -> Result<Self, InvalidFault> {
        let invalid = |why: &str| InvalidFault {
            given: spec.to_owned(),
            why: why.to_owned(),
        };
        let mut words = spec.split_whitespace();
        let (Some(method), Some(path)) = (words.next(), words.next()) else {
            return Err(invalid(
                "write it as `POST /instances kind=cut-after-commit count=1`",
            ));
        };
        let mut fault = Self {
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
                .ok_or_else(|| invalid("after method and path, everything is name=value"))?;
            let number = || {
                value
                    .parse::<u64>()
                    .map_err(|_| invalid("a number is expected"))
            };
            match name {
                "kind" => {
                    kind = Some(FaultKind::parse(value).ok_or_else(|| {
                        let words: Vec<&str> = Self::KINDS.iter().map(|(word, _)| *word).collect();
                        invalid(&format!("kinds are: {}", words.join(", ")))
                    })?);
                }
                "skip" => fault.skip = number()?,
                "count" => fault.count = number()?,
                "status" => {
                    fault.status = u16::try_from(number()?)
                        .ok()
                        .filter(|status| (100..=599).contains(status))
                        .ok_or_else(|| invalid("a status is 100 to 599"))?;
                }
                "for" => {
                    fault.duration = humantime::parse_duration(value)
                        .map_err(|_| invalid("a duration such as 500ms or 30s is expected"))?;
                }
                "retry-after" => {
                    fault.retry_after = Some(match value.strip_prefix("date:") {
                        Some(seconds) => RetryAfter::Date(
                            seconds
                                .parse()
                                .map_err(|_| invalid("a number is expected"))?,
                        ),
                        None => RetryAfter::Seconds(number()?),
                    });
                }
                _ => {
                    return Err(invalid(
                        "known are kind, skip, count, status, for, retry-after",
                    ));
                }
            }
        }
        fault.kind = kind.ok_or_else(|| invalid("it has no kind="))?;
        if fault.status == 0 {
            fault.status = match fault.kind {
                FaultKind::Html | FaultKind::HtmlAfter => 502,
                _ => 500,
            };
        }
        Ok(fault)
    }
}
