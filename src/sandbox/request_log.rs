//! The requests the operator can look at under `/_sandbox/requests`. Must not: keep a credential.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::fault_spec::Fault;
use super::request::ApiRequest;
use crate::catalog::is_credential;

/// Older requests are forgotten.
const MAX_REQUESTS: usize = 10_000;
const REDACTED: &str = "[redacted]";

/// The latest requests, oldest first.
#[derive(Debug, Default)]
pub(super) struct RequestLog(VecDeque<Value>);

impl RequestLog {
    pub(super) fn add(&mut self, request: &ApiRequest, status: u16, fault: Option<&Fault>) {
        let authorization = &request.authorization;
        let schemes: Vec<&str> = [
            ("User", &authorization.user),
            ("Organization", &authorization.organization),
            ("Element", &authorization.element),
        ]
        .into_iter()
        .filter(|(_, value)| value.is_some())
        .map(|(scheme, _)| scheme)
        .collect();
        let mut body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        redact(&mut body);
        let query = request.query.iter();
        let query: Vec<String> = query
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if self.0.len() >= MAX_REQUESTS {
            self.0.pop_front();
        }
        self.0.push_back(json!({
            "method": request.method,
            "path": request.path,
            "query": query,
            "headers": request.headers,
            "authorization": schemes,
            "body": body,
            "status": status,
            "fault": fault.map(|fault| fault.spec.as_str()),
        }));
    }

    pub(super) fn to_json(&self) -> Value {
        self.0.iter().cloned().collect()
    }
}

/// Keeps names and tags, and nothing that may be a credential.
fn redact(body: &mut Value) {
    let Value::Object(members) = body else {
        return;
    };
    for name in ["configuration", "providerData"] {
        if let Some(Value::Object(values)) = members.get_mut(name) {
            for (key, value) in values.iter_mut() {
                if name == "providerData" || is_credential(None, key) || key == "username" {
                    *value = REDACTED.into();
                }
            }
        }
    }
    for name in ["propertyValue", "password", "apiSecret", "apiKey"] {
        if let Some(value) = members.get_mut(name) {
            *value = REDACTED.into();
        }
    }
}
