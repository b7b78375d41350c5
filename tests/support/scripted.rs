//! A platform that answers byte by byte whatever a test says, and shares no code with the product.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// A request: its number among those with the same method and path, and the rest of its first line.
pub(crate) struct Asked<'r> {
    /// From 1.
    pub(crate) nth: usize,
    pub(crate) method: &'r str,
    /// Below `/elements/api-v2`, without the query.
    pub(crate) path: &'r str,
    /// As it was sent.
    pub(crate) query: &'r str,
}

/// The running server; its threads end with the process.
pub(crate) struct Scripted {
    pub(crate) url: String,
    /// Method and path with query of every request, in order.
    log: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// Answers with the bytes that `script` returns. Without any, the organization is 4711 and nothing
    /// else exists.
    pub(crate) fn start(
        script: impl Fn(&Asked<'_>) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let log = Arc::new(Mutex::new(Vec::new()));
        let (script, shared) = (Arc::new(script), Arc::clone(&log));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (script, log) = (Arc::clone(&script), Arc::clone(&shared));
                std::thread::spawn(move || serve(stream, &*script, &log));
            }
        });
        Self { url, log }
    }

    /// Every request so far, such as `GET /instances?hydrate=true`.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.log.lock().expect("the log").clone()
    }

    /// How many requests began like this, such as `GET /instances?`.
    pub(crate) fn count(&self, start: &str) -> usize {
        let log = self.log.lock().expect("the log");
        log.iter().filter(|line| line.starts_with(start)).count()
    }
}

fn serve(
    mut stream: TcpStream,
    script: &dyn Fn(&Asked<'_>) -> Option<Vec<u8>>,
    log: &Mutex<Vec<String>>,
) {
    while let Some(line) = first_line(&mut stream) {
        let mut words = line.split(' ');
        let method = words.next().unwrap_or_default();
        let target = words.next().unwrap_or_default();
        let target = target.trim_start_matches("/elements/api-v2");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let nth = {
            let mut log = log.lock().expect("the log");
            log.push(format!("{method} {target}"));
            let is_same = |line: &&String| {
                let path_of = line.split('?').next().unwrap_or_default();
                path_of == format!("{method} {path}")
            };
            log.iter().filter(is_same).count()
        };
        let asked = Asked {
            nth,
            method,
            path,
            query,
        };
        let bytes = script(&asked).unwrap_or_else(|| otherwise(path));
        if stream.write_all(&bytes).is_err() {
            return;
        }
    }
}

/// Reads a whole request.
fn first_line(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0_u8; 1];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let length = head.lines().find_map(|line| {
        let line = line.to_lowercase();
        line.strip_prefix("content-length:")?.trim().parse().ok()
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    head.lines().next().map(str::to_owned)
}

fn otherwise(path: &str) -> Vec<u8> {
    match path {
        "/organizations/me" => answer(200, &[], &json!({"id": 4711, "name": "Acme"})),
        _ => not_found("No instances found", &[]),
    }
}

/// A response of the platform. Header values are bytes, for a test may send what is no text.
pub(crate) fn answer(status: u16, headers: &[(&str, &[u8])], body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let mut bytes = format!(
        "HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    )
    .into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body.as_bytes());
    bytes
}

/// The platform's own 404.
pub(crate) fn not_found(message: &str, headers: &[(&str, &[u8])]) -> Vec<u8> {
    let body = json!({"requestId": "5b0437c6e4b07731ae39b533", "message": message});
    answer(404, headers, &body)
}
