//! A minimal platform that records every request byte for byte and shares no code with the product.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use serde_json::{Value, json};

/// A request as received.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Recorded {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self
            .headers
            .get(name)
            .unwrap_or_else(|| panic!("no header {name}"));
        value.to_str().expect("a text header")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }
}

type Requests = Arc<Mutex<Vec<Recorded>>>;

/// The running server.
pub(crate) struct Recorder {
    pub(crate) url: String,
    requests: Requests,
    _runtime: tokio::runtime::Runtime,
}

impl Recorder {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let requests = Requests::default();
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&requests));
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self {
            url: format!("http://{address}"),
            requests,
            _runtime: runtime,
        }
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().expect("the list").clone()
    }

    /// The one request of this method.
    pub(crate) fn only(&self, method: &str) -> Recorded {
        let mut found = self.requests();
        found.retain(|request| request.method == method);
        assert_eq!(found.len(), 1, "{method}: {found:?}");
        found.remove(0)
    }
}

async fn answer(State(requests): State<Requests>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default();
    let recorded = Recorded {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        headers: parts.headers,
        body,
    };
    let reply = reply(&recorded);
    requests.lock().expect("the list").push(recorded);
    reply
}

fn reply(request: &Recorded) -> Response {
    let path = request.path.trim_start_matches("/elements/api-v2");
    match (request.method.as_str(), path) {
        ("GET", "/organizations/me") => Json(json!({"id": 4711, "name": "Acme"})).into_response(),
        ("POST", "/instances") => {
            let mut instance = request.json();
            instance["id"] = json!(12345);
            instance["token"] = json!("aW52ZW50ZWQtdG9rZW4taW52ZW50ZWQtdG9rZW4=");
            instance["valid"] = json!(true);
            instance["disabled"] = json!(false);
            instance["element"]["id"] = json!(491);
            Json(instance).into_response()
        }
        _ => (
            StatusCode::NOT_FOUND,
            Json(json!({"requestId": "5b0437c6e4b07731ae39b533", "message": "No instances found"})),
        )
            .into_response(),
    }
}
