//! A plain HTTP client for tests, apart from the product's own.

use std::sync::Once;

use serde_json::Value;

/// Calls one platform with one set of credentials.
pub(crate) struct Http {
    base: url::Url,
    authorization: String,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// TLS needs a provider even where no TLS is spoken.
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
            client: reqwest::Client::builder()
                .no_proxy()
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

    /// A path below `/elements/api-v2`.
    pub(crate) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.call_absolute(method, &format!("/elements/api-v2{path}"), body)
    }

    /// A path below the host.
    pub(crate) fn call_absolute(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let url = self.base.join(path).expect("a path");
        let method = method.parse().expect("a method");
        let mut request = self
            .client
            .request(method, url)
            .header("Authorization", &self.authorization)
            .header("Accept", "application/json");
        if let Some(body) = body {
            request = request
                .header("Content-Type", "application/json")
                .body(body.to_string());
        }
        self.runtime.block_on(async {
            let response = request.send().await.expect("an answer");
            let status = response.status().as_u16();
            let text = response.text().await.expect("a body");
            Answer {
                status,
                body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
            }
        })
    }
}
