//! The sandbox on a port: reachable by whoever started it, and not by every web page that they open; and what
//! its files hold.

use std::fs;

use serde_json::{Value, json};

use super::MANIFEST;
use crate::support::{Bench, Sandbox};

#[test]
fn a_name_that_a_web_page_can_have_is_refused_everywhere() {
    let sandbox = Sandbox::start(&["--allow-host", "sandbox.test"]);
    for path in [
        "/elements/api-v2/organizations/me",
        "/_sandbox/state",
        "/",
        "/elements/jsp/login.jsp",
    ] {
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example:80",
        ] {
            for http in [&sandbox.http, &sandbox.operator] {
                let answer = http
                    .with_header("host", host)
                    .call_absolute("GET", path, None);
                assert_eq!(answer.status, 421, "{host} {path}: {}", answer.body);
                assert!(answer.message().contains("--allow-host"), "{}", answer.body);
            }
        }
    }
    for host in ["localhost:1", "127.0.0.1", "[::1]:80", "Sandbox.Test"] {
        let http = sandbox.http.with_header("host", host);
        let _ = http.call("GET", "/organizations/me", None).expect(200);
    }
}

#[test]
fn the_admin_routes_ask_for_the_token_and_are_not_for_pages() {
    let sandbox = Sandbox::start(&[]);
    let routes = [
        ("GET", "/_sandbox/state"),
        ("GET", "/_sandbox/users"),
        ("GET", "/%5fsandbox/users"),
        ("DELETE", "/_sandbox/faults"),
        ("POST", "/_sandbox/organizations/4711/secret"),
        ("GET", "/_sandbox/nothing"),
    ];
    for (method, path) in routes {
        // The credentials of the platform open nothing here, and neither does a wrong token.
        for http in [
            &sandbox.http,
            &sandbox.http.with_authorization("Bearer 00ff"),
        ] {
            let answer = http.call_absolute(method, path, None);
            assert_eq!(answer.status, 401, "{method} {path}: {}", answer.body);
        }
        for origin in ["http://evil.example", "http://127.0.0.1", "null"] {
            let http = sandbox.operator.with_header("origin", origin);
            let answer = http.call_absolute(method, path, None);
            assert_eq!(answer.status, 403, "{method} {path}: {}", answer.body);
        }
    }
    let _ = sandbox.admin("GET", "/state", None).expect(200);
    // The platform itself is for pages too, and the token of the operator is none of its.
    let page = sandbox.http.with_header("origin", "https://app.example");
    let answer = page.call("GET", "/organizations/me", None);
    assert!(answer.header("access-control-expose-headers").is_some());
    let operator = sandbox.operator.call("GET", "/organizations/me", None);
    assert_eq!(operator.status, 401);
}

#[test]
fn the_token_lives_as_long_as_the_state() {
    let bench = Bench::new();
    let state = bench.path("state.json");
    let arguments = ["--state", state.to_str().expect("UTF-8")];
    let token = |sandbox: &Sandbox| sandbox.token.clone();
    let first = token(&Sandbox::start(&arguments));
    assert_eq!(token(&Sandbox::start(&arguments)), first);
    assert_ne!(token(&Sandbox::start(&[])), first);
    assert!(
        !fs::read_to_string(&state)
            .expect("the state")
            .contains(&first)
    );
}

/// A secret that every response masks.
const SECRET: &str = "invented-password-of-a-person";

fn jira() -> Value {
    json!({
        "element": {"key": "jira"},
        "name": "a",
        "configuration": {"username": "automation", "password": SECRET},
    })
}

#[test]
fn masked_secrets_are_not_in_the_state_and_everything_works_as_before() {
    let bench = Bench::new();
    let state = bench.path("state.json");
    let arguments = ["--state", state.to_str().expect("UTF-8"), "--seed", "1"];
    let authentications = |sandbox: &Sandbox| sandbox.count("authentications");
    let path = {
        let sandbox = Sandbox::start(&arguments);
        let created = sandbox
            .call("POST", "/instances", Some(&jira()))
            .expect(200);
        let path = format!("/instances/{}", created["id"]);
        let next = json!({"configuration": {"password": "invalid-password"}});
        let _ = sandbox.admin("PATCH", &path, Some(&next)).expect(200);
        let again = json!({"configuration": {"password": SECRET}});
        let _ = sandbox.admin("PATCH", &path, Some(&again)).expect(200);
        path
    };
    let text = fs::read_to_string(&state).expect("the state");
    assert!(!text.contains(SECRET), "{text}");
    assert!(
        text.contains("automation"),
        "what the platform shows is kept"
    );
    let sandbox = Sandbox::start(&arguments);
    let read = sandbox.call("GET", &path, None).expect(200);
    assert_eq!(read["configuration"]["password"], "********");
    // The same secret again is no change, and another one is.
    let send = |password: &str| {
        let body = json!({"configuration": {"password": password}});
        sandbox.call("PATCH", &path, Some(&body)).status
    };
    let before = authentications(&sandbox);
    assert_eq!(send(SECRET), 200);
    assert_eq!(authentications(&sandbox), before);
    assert_eq!(send("invented-other"), 200);
    assert_eq!(authentications(&sandbox), before + 1);
    assert_eq!(send("invalid-password"), 400);
    // Not shown either where the owner sees secrets: nobody has it any more.
    assert_eq!(send(SECRET), 200);
    drop(sandbox);
    let more = ["--assume", "q19=owner"];
    let sandbox = Sandbox::start(&[&arguments[..], &more].concat());
    let read = sandbox.call("GET", &path, None).expect(200);
    assert_eq!(read["configuration"]["password"], "********");
}

#[test]
fn a_rejected_secret_stays_rejected() {
    let bench = Bench::new();
    let state = bench.path("state.json");
    let arguments = [
        "--state",
        state.to_str().expect("UTF-8"),
        "--assume",
        "q15=invalid-instance",
    ];
    let mut body = jira();
    body["configuration"]["password"] = json!("invalid-of-somebody");
    {
        let sandbox = Sandbox::start(&arguments);
        assert_eq!(sandbox.call("POST", "/instances", Some(&body)).status, 400);
    }
    let text = fs::read_to_string(&state).expect("the state");
    assert!(!text.contains("invalid-of-somebody"), "{text}");
    let sandbox = Sandbox::start(&arguments);
    let other = json!({"configuration": {"username": "another"}});
    let again = sandbox.call("PUT", "/instances/12345?reAuthenticate=true", Some(&other));
    assert_eq!(again.status, 400, "{}", again.body);
}

#[test]
fn an_apply_on_the_sandbox_leaves_no_masked_secret_on_disk() {
    let text = "version: 1\ninventory: acme\ninstances:\n  k:\n    element: jira\n    configuration: { base.url: 'https://a.example.com', username: automation, password: '${env:PASSWORD}' }\n";
    let bench = Bench::new().with("PASSWORD", SECRET).with_manifest(text);
    let _ = bench.run(&["apply", "--sandbox", "--yes"]).expect_code(0);
    let state = bench.read(".connectorctl/acme.sandbox.json");
    assert!(!state.contains(SECRET), "{state}");
    let _ = bench
        .run(&["plan", "--sandbox", "--detailed-exitcode"])
        .expect_code(0);
    let bench = bench.with("PASSWORD", "invented-other");
    let ran = bench
        .run(&["plan", "--sandbox", "--detailed-exitcode"])
        .expect_code(2);
    ran.stdout_has("secret-changed");
}

/// Runs it in a shell with this umask.
#[cfg(unix)]
#[test]
fn files_belong_to_their_owner_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt as _;
    for umask in ["000", "022", "777"] {
        let bench = Bench::new().with_manifest(MANIFEST);
        fs::create_dir(bench.path(".connectorctl")).expect("a folder");
        let command = bench.command(&["apply", "--sandbox", "--yes", "--report", "report.json"]);
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")])
            .arg(command.get_program())
            .args(command.get_args())
            .current_dir(bench.path(""))
            .env_clear()
            .output()
            .expect("a shell");
        assert!(output.status.success(), "{umask}: {output:?}");
        for name in ["acme.sandbox.json", "acme.sandbox.json.lock"] {
            let path = bench.path(&format!(".connectorctl/{name}"));
            let mode = fs::metadata(&path).expect(name).permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name} under {umask}");
        }
    }
}

#[test]
fn the_sandbox_in_a_command_has_no_admin_routes() {
    use connectorctl::sandbox::{SandboxOptions, start};
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let running = runtime
        .block_on(start(SandboxOptions::default()))
        .expect("a sandbox");
    let authorization = format!(
        "User {}, Organization {}",
        running.user_secret(),
        running.organization_secret()
    );
    let http = crate::support::Http::new(&running.url(), &authorization);
    let _ = http.call("GET", "/organizations/me", None).expect(200);
    assert_eq!(
        http.call_absolute("GET", "/_sandbox/state", None).status,
        404
    );
    assert_eq!(running.exports().lines().count(), 3);
}
