//! A plain HTTP client for tests; shares no code with the product's client.

use std::sync::Once;

use serde_json::Value;

/// Calls one platform with one set of credentials.
pub(crate) struct Http {
    base: url::Url,
    authorization: String,
    /// Sent with every request.
    more: Vec<(String, String)>,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

/// Status, headers and body of a response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body; the response must have this status.
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    pub(crate) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }
}

/// `reqwest` needs a TLS provider even for plain HTTP.
pub(crate) fn install_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

impl Http {
    pub(crate) fn new(base: &str, authorization: &str) -> Self {
        install_provider();
        Self {
            base: url::Url::parse(base).expect("a URL"),
            authorization: authorization.to_owned(),
            more: Vec::new(),
            // A connection for each call: between two calls nothing runs that would notice that the server
            // has closed an idle one, which it does after 30 s.
            client: reqwest::Client::builder()
                .no_proxy()
                .pool_max_idle_per_host(0)
                .build()
                .expect("a client"),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime"),
        }
    }

    /// The same platform with other credentials.
    pub(crate) fn with_authorization(&self, authorization: &str) -> Self {
        Self::new(self.base.as_str(), authorization)
    }

    /// The same client with an extra header.
    pub(crate) fn with_header(&self, name: &str, value: &str) -> Self {
        let mut http = Self::new(self.base.as_str(), &self.authorization);
        http.more.push((name.to_owned(), value.to_owned()));
        http
    }

    /// A form, as browsers send it.
    pub(crate) fn form(&self, path: &str, form: &str) -> Answer {
        let content = (
            "content-type".to_owned(),
            "application/x-www-form-urlencoded".to_owned(),
        );
        self.send("POST", path, Some((content, form.as_bytes().to_vec())))
    }

    /// Any bytes at all.
    pub(crate) fn raw(&self, method: &str, path: &str, body: Vec<u8>) -> Answer {
        let content = ("content-type".to_owned(), "application/json".to_owned());
        self.send(method, path, Some((content, body)))
    }

    /// A path below `/elements/api-v2`.
    pub(crate) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.call_absolute(method, &format!("/elements/api-v2{path}"), body)
    }

    /// A path below the host.
    pub(crate) fn call_absolute(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let content = ("content-type".to_owned(), "application/json".to_owned());
        self.send(
            method,
            path,
            body.map(|body| (content, body.to_string().into_bytes())),
        )
    }

    fn send(&self, method: &str, path: &str, body: Option<((String, String), Vec<u8>)>) -> Answer {
        let url = self.base.join(path).expect("a path");
        let method = method.parse().expect("a method");
        let mut request = self
            .client
            .request(method, url)
            .header("Authorization", &self.authorization)
            .header("Accept", "application/json");
        for (name, value) in &self.more {
            request = request.header(name, value);
        }
        if let Some(((name, value), body)) = body {
            request = request.header(name, value).body(body);
        }
        self.runtime.block_on(async {
            let response = request.send().await.expect("an answer");
            let status = response.status().as_u16();
            let headers = response.headers().clone();
            let text = response.text().await.expect("a body");
            Answer {
                status,
                headers,
                body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
            }
        })
    }
}
