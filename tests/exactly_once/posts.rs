//! No library retries a `POST` by itself: counted on a server that closes connections at the worst
//! moments.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::Bench;

/// What the server does with a `POST`.
#[derive(Clone, Copy, Debug)]
enum Close {
    AtOnce,
    AfterHeaders,
    AfterBody,
    AfterHalfAnAnswer,
}

fn request(stream: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    let mut byte = [0_u8; 1];
    while !text.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        text.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&text).into_owned())
}

fn answer(stream: &mut TcpStream, status: &str, body: &str) {
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
}

fn serve(mut stream: TcpStream, posts: &AtomicUsize, close: Close) {
    while let Some(head) = request(&mut stream) {
        if head.starts_with("POST") {
            posts.fetch_add(1, Ordering::SeqCst);
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length: ")
                        .map(str::to_owned)
                })
                .and_then(|length| length.trim().parse::<usize>().ok())
                .unwrap_or(0);
            match close {
                Close::AtOnce | Close::AfterHeaders => {}
                Close::AfterBody | Close::AfterHalfAnAnswer => {
                    let mut body = vec![0; length];
                    let _ = stream.read_exact(&mut body);
                }
            }
            if matches!(close, Close::AfterHalfAnAnswer) {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"id\":");
            }
            return;
        }
        if head.starts_with("GET /elements/api-v2/organizations/me") {
            answer(&mut stream, "200 OK", "{\"id\": 4711}");
        } else {
            let body = "{\"requestId\": \"5b0437c6e4b07731ae39b533\", \"message\": \"No instances found\"}";
            answer(&mut stream, "404 Not Found", body);
        }
    }
}

#[test]
fn a_post_whose_connection_closes_is_sent_once_a_window() {
    for close in [
        Close::AtOnce,
        Close::AfterHeaders,
        Close::AfterBody,
        Close::AfterHalfAnAnswer,
    ] {
        let posts = Arc::new(AtomicUsize::new(0));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let counted = Arc::clone(&posts);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counted = Arc::clone(&counted);
                std::thread::spawn(move || serve(stream, &counted, close));
            }
        });
        let bench = Bench::at(&format!("http://{address}"))
            .with_manifest("version: 1\ninventory: acme\ninstances:\n  k: { element: private }\n");
        // The window outlives the run: one `POST`, and the outcome is unknown.
        let ran = bench.apply_with(&["--settle", "1h", "--deadline", "2s"]);
        assert_eq!(ran.code, 4, "{close:?}: {}", ran.all());
        assert_eq!(posts.load(Ordering::SeqCst), 1, "{close:?}");
        // The next run waits as well: still one.
        let ran = bench.apply_with(&["--settle", "1h", "--deadline", "1s"]);
        assert_eq!(ran.code, 4, "{close:?}: {}", ran.all());
        ran.stderr_has("stopping is safe");
        assert_eq!(posts.load(Ordering::SeqCst), 1, "{close:?}");
        // After the window, a run may send a create again, at most twice.
        let _ = bench.apply_with(&["--settle", "0s"]);
        assert!(posts.load(Ordering::SeqCst) <= 3, "{close:?}");
    }
}
