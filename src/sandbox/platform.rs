//! One request to one reply, without a socket or a clock: what a test or a simulation drives.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};

use super::assumptions::{self, Assumptions};
use super::fault_spec::{Fault, Kind, RetryAfter};
use super::faults::Faults;
use super::reply::{Answer, Cut, Problem, Reply, finish, html};
use super::request::{Asked, MOST_BYTES};
use super::routes;
use super::state::State;

/// How many requests are remembered for `/_sandbox/requests`.
const MOST_REMEMBERED: usize = 10_000;

/// Where the platform's randomness comes from.
#[derive(Clone, Debug)]
pub enum Seed {
    /// The same ids, tokens and secrets in every run.
    Fixed(u64),
    /// The operating system.
    Random,
}

/// The platform.
#[derive(Debug)]
pub struct Platform {
    pub(super) state: State,
    pub(super) assumptions: Assumptions,
    pub(super) faults: Faults,
    pub(super) requests: Vec<Value>,
    pub(super) now_ms: u64,
    /// How many reads were answered; a volatile value shows it.
    pub(super) reads: u64,
}

impl Platform {
    /// A new platform.
    ///
    /// # Errors
    /// Where the operating system has no randomness.
    pub fn new(
        seed: &Seed,
        assumptions: Assumptions,
        faults: Vec<Fault>,
    ) -> Result<Self, getrandom::Error> {
        let seed = match seed {
            Seed::Fixed(number) => format!("seed {number}"),
            Seed::Random => {
                let mut bytes = [0_u8; 32];
                getrandom::fill(&mut bytes)?;
                blake3::hash(&bytes).to_hex().to_string()
            }
        };
        Ok(Self::with(State::new(seed), assumptions, faults))
    }

    pub(super) fn with(state: State, assumptions: Assumptions, faults: Vec<Fault>) -> Self {
        Self {
            state,
            assumptions,
            faults: Faults::new(faults),
            requests: Vec::new(),
            now_ms: 0,
            reads: 0,
        }
    }

    /// The secrets of the first user and its organization.
    pub fn credentials(&self) -> (String, String) {
        let user = self.state.users.first();
        let organization = self.state.organizations.first();
        (
            user.map(|user| user.secret.clone()).unwrap_or_default(),
            organization
                .map(|organization| organization.secret.clone())
                .unwrap_or_default(),
        )
    }

    /// Answers one request at this time.
    pub fn handle(&mut self, request: &Request<Bytes>, now_ms: u64) -> Reply {
        self.now_ms = now_ms;
        let asked = Asked::new(request);
        let request_id = self.state.random.request_id();
        if let Some(reply) = routes::admin(self, &asked, &request_id) {
            return reply;
        }
        self.state.counters.requests += 1;
        self.state.counters.posts += u64::from(asked.method == "POST");
        let fault = self.faults.meet(&asked.method, &asked.path, now_ms);
        let reply = self.answer(&asked, fault.as_ref(), &request_id);
        self.remember(&asked, reply.response.status().as_u16(), fault.as_ref());
        reply
    }

    fn answer(&mut self, asked: &Asked, fault: Option<&Fault>, request_id: &str) -> Reply {
        let Some(fault) = fault else {
            return self.plain(asked, request_id);
        };
        let refused = |problem| Reply {
            response: finish(Err(problem), request_id, asked.has_origin),
            cut: Cut::None,
            delay: Duration::ZERO,
            changed: false,
        };
        let gateway = || html(fault.status);
        match fault.kind {
            Kind::Status => refused(Problem::new(fault.status, "The request failed on demand")),
            Kind::Vendor400 => refused(Problem::vendor(400, echo(&asked.body))),
            Kind::Vendor409 => refused(Problem::vendor(409, "The resource already exists")),
            Kind::Vendor429 => refused(Problem::vendor(
                429,
                "The provider's rate limit is exceeded",
            )),
            Kind::TooMany => {
                let mut problem = Problem::new(429, "Too many requests");
                problem.headers.extend(self.retry_after(fault));
                refused(problem)
            }
            Kind::CutBefore => Reply {
                cut: Cut::Whole,
                ..refused(Problem::new(500, "cut"))
            },
            Kind::Html => Reply {
                response: gateway(),
                ..refused(Problem::new(500, "html"))
            },
            Kind::StatusAfter => {
                let reply = self.plain(asked, request_id);
                let problem = Problem::new(fault.status, "The request failed on demand");
                Reply {
                    changed: reply.changed,
                    ..refused(problem)
                }
            }
            Kind::HtmlAfter => Reply {
                response: gateway(),
                ..self.plain(asked, request_id)
            },
            Kind::CutAfter => Reply {
                cut: Cut::Whole,
                ..self.plain(asked, request_id)
            },
            Kind::CutMidBody => Reply {
                cut: Cut::MidBody,
                ..self.plain(asked, request_id)
            },
            Kind::InvalidAfter => {
                let reply = self.plain(asked, request_id);
                if let Some(mut newest) = self.state.instances.last_entry() {
                    newest.get_mut().valid = false;
                }
                Reply {
                    changed: reply.changed,
                    ..refused(Problem::vendor(400, "Login failed"))
                }
            }
            Kind::Delay => Reply {
                delay: fault.duration,
                ..self.plain(asked, request_id)
            },
            Kind::ListLag | Kind::Volatile => self.plain(asked, request_id),
        }
    }

    fn retry_after(&self, fault: &Fault) -> Option<(&'static str, String)> {
        let asked = fault.retry_after.or(match self.assumptions.q16 {
            assumptions::RetryAfter::Absent => None,
            assumptions::RetryAfter::Seconds => Some(RetryAfter::Seconds(1)),
            assumptions::RetryAfter::Date => Some(RetryAfter::Date(1)),
        })?;
        let value = match asked {
            RetryAfter::Seconds(seconds) => seconds.to_string(),
            RetryAfter::Date(seconds) => {
                let at = std::time::UNIX_EPOCH + Duration::from_millis(self.now_ms);
                httpdate::fmt_http_date(at + Duration::from_secs(seconds))
            }
        };
        Some(("retry-after", value))
    }

    fn plain(&mut self, asked: &Asked, request_id: &str) -> Reply {
        let result = self.route(asked);
        let changed =
            asked.method != "GET" && result.as_ref().is_ok_and(|answer| answer.status == 200);
        let changed = changed || asked.method == "POST";
        Reply {
            response: finish(result, request_id, asked.has_origin),
            cut: Cut::None,
            delay: Duration::ZERO,
            changed,
        }
    }

    fn route(&mut self, asked: &Asked) -> Result<Answer, Problem> {
        if asked.body.len() > MOST_BYTES {
            return Err(Problem::new(429, "The request is larger than 8 MB"));
        }
        routes::dispatch(self, asked)
    }

    fn remember(&mut self, asked: &Asked, status: u16, fault: Option<&Fault>) {
        let schemes: Vec<&str> = [
            ("User", &asked.authorization.user),
            ("Organization", &asked.authorization.organization),
            ("Element", &asked.authorization.element),
        ]
        .into_iter()
        .filter(|(_, value)| value.is_some())
        .map(|(scheme, _)| scheme)
        .collect();
        let mut body: Value = serde_json::from_slice(&asked.body).unwrap_or(Value::Null);
        redact(&mut body);
        if self.requests.len() >= MOST_REMEMBERED {
            self.requests.remove(0);
        }
        self.requests.push(json!({
            "method": asked.method,
            "path": asked.path,
            "query": asked.query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(),
            "headers": asked.headers,
            "authorization": schemes,
            "body": body,
            "status": status,
            "fault": fault.map(|fault| fault.spec.clone()),
        }));
        tracing::info!(
            method = asked.method,
            path = asked.path,
            status,
            fault = fault.map(|fault| fault.spec.as_str()),
            "sandbox"
        );
    }

    /// Whether an answer is to be thrown away for its size.
    pub fn most_bytes() -> usize {
        MOST_BYTES
    }

    /// The whole state as JSON, for the state file.
    pub(super) fn saved(&self) -> Vec<u8> {
        serde_json::to_vec(&self.state).unwrap_or_default()
    }
}

/// Vendors repeat what they were given, credentials included.
fn echo(body: &Bytes) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    format!("Login failed for {}", body["configuration"])
}

/// Keeps names and tags, and nothing that may be a credential.
fn redact(body: &mut Value) {
    let Value::Object(members) = body else {
        return;
    };
    for name in ["configuration", "providerData"] {
        if let Some(Value::Object(values)) = members.get_mut(name) {
            for (key, value) in values.iter_mut() {
                if name == "providerData"
                    || crate::catalog::is_credential(None, key)
                    || key == "username"
                {
                    *value = "[redacted]".into();
                }
            }
        }
    }
    for name in ["propertyValue", "password", "apiSecret", "apiKey"] {
        if let Some(value) = members.get_mut(name) {
            *value = "[redacted]".into();
        }
    }
}

/// A reply that is no platform's: of the sandbox's own admin routes.
pub(super) fn admin_reply(status: u16, body: Value, changed: bool) -> Reply {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(
        "content-type",
        http::HeaderValue::from_static("application/json"),
    );
    Reply {
        response,
        cut: Cut::None,
        delay: Duration::ZERO,
        changed,
    }
}
