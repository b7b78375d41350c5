//! Any method, path, `Authorization` and body: the sandbox answers, and its answer has the
//! platform's shape.

#![no_main]

use bytes::Bytes;
use connectorctl::sandbox::{Platform, Assumptions, Seed};
use http::Request;
use libfuzzer_sys::fuzz_target;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

fuzz_target!(|input: (u8, bool, String, String, Vec<u8>)| {
    let (method, signed_in, path, authorization, body) = input;
    let mut platform = Platform::new(&Seed::Fixed(1), Assumptions::default(), Vec::new()).expect("a platform");
    let (user, organization) = platform.credentials();
    let authorization = if signed_in {
        format!("User {user}, Organization {organization}")
    } else {
        authorization
    };
    let request = Request::builder()
        .method(METHODS[usize::from(method) % METHODS.len()])
        .uri(format!("/elements/api-v2/{path}"))
        .header("Authorization", authorization)
        .body(Bytes::from(body));
    let Ok(request) = request else { return };
    let reply = platform.handle(&request, 1);
    assert!(reply.response.status().as_u16() < 500);
});
