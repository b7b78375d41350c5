//! One request to one reply, without a socket or a clock: what a test or a simulation drives, and
//! where faults are injected. Must not: know what a route answers.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{HeaderValue, X_FRAME_OPTIONS};
use http::{Request, Response};
use serde_json::Value;

use super::assumptions;
use super::behaviour::MASK;
use super::fault_spec::{Effect, Fault, FaultKind, RetryAfter};
use super::platform::Platform;
use super::reply::{ApiError, ApiResponse, Cut, Reply, finish, html};
use super::request::{ApiRequest, MAX_BYTES};
use super::rewrite::{rewritten, without_values};
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
        let mut reply = match (fault.kind, fault.kind.effect()) {
            (_, Effect::Nothing) => Reply::new(html(fault.status)),
            (FaultKind::Ignored, _) if matches!(&*request.method, "PATCH" | "PUT") => {
                let body = without_values(&request.body);
                self.perform(&request.with(body), request_id)
            }
            _ => self.perform(request, request_id),
        };
        match fault.kind {
            FaultKind::CutBefore | FaultKind::CutAfter => reply.cut = Cut::Whole,
            FaultKind::CutMidBody => reply.cut = Cut::MidBody,
            FaultKind::RefreshFails => {
                self.state.fail_refresh();
                reply.changed = true;
            }
            FaultKind::Delay => reply.delay = fault.duration,
            _ => {}
        }
        let is_create = request.method == "POST" && request.path == "/instances";
        let error = |error| finish(Err(error), request_id, request.has_origin);
        let vendor = |status, message: &str| error(ApiError::vendor(status, message));
        reply.response = match fault.kind {
            FaultKind::Status | FaultKind::StatusAfter => error(ApiError::error(
                fault.status,
                "The request failed because of an injected fault",
            )),
            FaultKind::Vendor400 => vendor(400, &echo(&request.body)),
            FaultKind::Vendor409 => vendor(409, "The resource already exists"),
            FaultKind::Vendor429 => vendor(429, "The provider's rate limit is exceeded"),
            FaultKind::InvalidAfter => {
                if let Some(mut newest) = self.state.instances.last_entry() {
                    newest.get_mut().valid = false;
                }
                vendor(400, "Login failed")
            }
            FaultKind::TooMany => {
                let mut too_many = ApiError::error(429, "Too many requests");
                too_many.headers.extend(self.retry_after(fault));
                error(too_many)
            }
            FaultKind::Html | FaultKind::HtmlAfter => html(fault.status),
            FaultKind::OtherBefore | FaultKind::OtherAfter if is_create => {
                reply.changed = true;
                let other = self.foreign_instance().map(ApiResponse::ok);
                finish(other, request_id, request.has_origin)
            }
            FaultKind::OtherBefore => return self.perform(request, request_id),
            FaultKind::NoToken => with_token(reply.response, None),
            FaultKind::MaskedToken => with_token(reply.response, Some(MASK)),
            FaultKind::OtherAfter
            | FaultKind::CutBefore
            | FaultKind::CutAfter
            | FaultKind::CutMidBody
            | FaultKind::RefreshFails
            | FaultKind::Delay
            | FaultKind::ListLag
            | FaultKind::ChangeLag
            | FaultKind::PageDelete
            | FaultKind::PageCreate
            | FaultKind::Volatile
            | FaultKind::Ignored
            | FaultKind::Rewritten => return reply,
        };
        reply
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
        let result = if request.body.len() > MAX_BYTES {
            Err(ApiError::error(429, "The request is larger than 8 MB"))
        } else if self.faults.has(FaultKind::Rewritten) {
            routes::dispatch(self, &request.with(rewritten(&request.body)))
        } else {
            routes::dispatch(self, request)
        };
        let done = request.method != "GET" && result.is_ok();
        let mut response = finish(result, request_id, request.has_origin);
        // Pages of the older console, and nothing else (docs/platform.md#responses).
        if request.path.starts_with("/elements/jsp/") {
            let deny = HeaderValue::from_static("DENY");
            response.headers_mut().insert(X_FRAME_OPTIONS, deny);
        }
        Reply {
            changed: done || request.method == "POST",
            ..Reply::new(response)
        }
    }
}

/// The same response with this text, or none, in place of each instance's token.
fn with_token(response: Response<Bytes>, token: Option<&str>) -> Response<Bytes> {
    let Ok(mut body) = serde_json::from_slice::<Value>(response.body()) else {
        return response;
    };
    let items = match &mut body {
        Value::Array(items) => items.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    for members in items.iter_mut().filter_map(Value::as_object_mut) {
        let had_one = members.remove("token").is_some();
        if let Some(token) = token.filter(|_| had_one) {
            members.insert("token".to_owned(), token.into());
        }
    }
    response.map(|_| Bytes::from(body.to_string()))
}

/// Vendors repeat what they were given, credentials included.
fn echo(body: &Bytes) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    format!("Login failed for {}", body["configuration"])
}
