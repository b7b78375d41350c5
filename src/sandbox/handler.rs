//! One request to one reply, without a socket or a clock: what a test or a simulation drives, and
//! where faults are injected. Must not: know what a route answers.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::Request;
use serde_json::Value;

use super::assumptions;
use super::fault_spec::{Fault, FaultKind, RetryAfter};
use super::platform::Platform;
use super::reply::{ApiError, ApiResponse, Cut, Reply, finish, html};
use super::request::{ApiRequest, MAX_BYTES};
use super::routes;

impl Platform {
    pub fn handle(&mut self, request: &Request<Bytes>, now_ms: u64) -> Reply {
        self.now_ms = now_ms;
        let request = ApiRequest::new(request);
        let request_id = self.state.random.request_id();
        if let Some(reply) = routes::admin(self, &request) {
            return reply;
        }
        self.state.counters.requests += 1;
        self.state.counters.posts += u64::from(request.method == "POST");
        let fault = self.faults.next(&request.method, &request.path, now_ms);
        let reply = match &fault {
            None => self.perform(&request, &request_id),
            Some(fault) => self.fail(fault, &request, &request_id),
        };
        let status = reply.response.status().as_u16();
        self.requests.add(&request, status, fault.as_ref());
        let (method, path) = (&request.method, &request.path);
        let fault = fault.map(|fault| fault.spec);
        tracing::info!(method, path, status, fault, "sandbox");
        reply
    }

    fn fail(&mut self, fault: &Fault, request: &ApiRequest, request_id: &str) -> Reply {
        let error = |error| Reply::new(finish(Err(error), request_id, request.has_origin));
        let on_demand = || error(ApiError::new(fault.status, "The request failed on demand"));
        let cut = |cut, reply| Reply { cut, ..reply };
        let gateway = |reply| Reply {
            response: html(fault.status),
            ..reply
        };
        let nothing = || Reply::new(html(fault.status));
        match fault.kind {
            FaultKind::Status => on_demand(),
            FaultKind::StatusAfter => Reply {
                changed: self.perform(request, request_id).changed,
                ..on_demand()
            },
            FaultKind::Vendor400 => error(ApiError::vendor(400, echo(&request.body))),
            FaultKind::Vendor409 => error(ApiError::vendor(409, "The resource already exists")),
            FaultKind::Vendor429 => {
                let message = "The provider's rate limit is exceeded";
                error(ApiError::vendor(429, message))
            }
            FaultKind::InvalidAfter => {
                let changed = self.perform(request, request_id).changed;
                if let Some(mut newest) = self.state.instances.last_entry() {
                    newest.get_mut().valid = false;
                }
                Reply {
                    changed,
                    ..error(ApiError::vendor(400, "Login failed"))
                }
            }
            FaultKind::TooMany => {
                let mut too_many = ApiError::new(429, "Too many requests");
                too_many.headers.extend(self.retry_after(fault));
                error(too_many)
            }
            FaultKind::Html => nothing(),
            FaultKind::HtmlAfter => gateway(self.perform(request, request_id)),
            FaultKind::CutBefore => cut(Cut::Whole, nothing()),
            FaultKind::CutAfter => cut(Cut::Whole, self.perform(request, request_id)),
            FaultKind::CutMidBody => cut(Cut::MidBody, self.perform(request, request_id)),
            FaultKind::Delay => Reply {
                delay: fault.duration,
                ..self.perform(request, request_id)
            },
            FaultKind::ListLag
            | FaultKind::ChangeLag
            | FaultKind::PageDelete
            | FaultKind::PageCreate
            | FaultKind::Volatile => self.perform(request, request_id),
        }
    }

    fn retry_after(&self, fault: &Fault) -> Option<(&'static str, String)> {
        let value = fault.retry_after.or(match self.assumptions.q16 {
            assumptions::RetryAfter::Absent => None,
            assumptions::RetryAfter::Seconds => Some(RetryAfter::Seconds(1)),
            assumptions::RetryAfter::Date => Some(RetryAfter::Date(1)),
        })?;
        let value = match value {
            RetryAfter::Seconds(seconds) => seconds.to_string(),
            RetryAfter::Date(seconds) => {
                let now = UNIX_EPOCH + Duration::from_millis(self.now_ms);
                httpdate::fmt_http_date(now + Duration::from_secs(seconds))
            }
        };
        Some(("retry-after", value))
    }

    fn perform(&mut self, request: &ApiRequest, request_id: &str) -> Reply {
        let result = self.route(request);
        let done = request.method != "GET" && result.is_ok();
        Reply {
            changed: done || request.method == "POST",
            ..Reply::new(finish(result, request_id, request.has_origin))
        }
    }

    fn route(&mut self, request: &ApiRequest) -> Result<ApiResponse, ApiError> {
        if request.body.len() > MAX_BYTES {
            return Err(ApiError::new(429, "The request is larger than 8 MB"));
        }
        routes::dispatch(self, request)
    }
}

/// Vendors repeat what they were given, credentials included.
fn echo(body: &Bytes) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    format!("Login failed for {}", body["configuration"])
}
