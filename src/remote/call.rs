//! One request, before credentials are added to it.

use bytes::Bytes;
use http::Method;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::address::Address;

/// Characters that would end or change a query value; markers and `tags[]` stay readable.
const QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'=')
    .add(b'>');

pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Bytes>,
}

impl Call {
    pub(super) fn new(method: Method, path: impl Into<String>, body: Option<Bytes>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body,
        }
    }

    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, None)
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(super) fn method_name(&self) -> &'static str {
        match self.method {
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::PATCH => "PATCH",
            Method::DELETE => "DELETE",
            _ => "GET",
        }
    }

    pub(super) fn uri(&self, address: &Address) -> String {
        let mut uri = format!("{}{}", address.as_str(), self.path);
        for (index, (name, value)) in self.query.iter().enumerate() {
            uri.push(if index == 0 { '?' } else { '&' });
            // Brackets are sent encoded, which every server reads (docs/platform.md#tags).
            uri.push_str(&name.replace('[', "%5B").replace(']', "%5D"));
            uri.push('=');
            uri.extend(utf8_percent_encode(value, QUERY));
        }
        uri
    }
}
