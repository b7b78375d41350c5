//! A sandbox in a process of its own, as a user would run it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::http::{Answer, Http};

/// A running sandbox; ends with the test.
pub(crate) struct Sandbox {
    child: Child,
    pub(crate) url: String,
    pub(crate) user: String,
    pub(crate) organization: String,
    pub(crate) http: Http,
    /// What asks for the admin routes.
    pub(crate) token: String,
    /// With that token.
    pub(crate) operator: Http,
}

impl Sandbox {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_connectorctl"))
            .arg("sandbox")
            .args(arguments)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the sandbox starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its stdout")).lines();
        let mut exported = |name: &str| -> Option<String> {
            let prefix = format!("export {name}=");
            lines.by_ref().map_while(Result::ok).find_map(|line| {
                let value = line.strip_prefix(&prefix)?;
                Some(value.trim_matches(['\'', '"']).to_owned())
            })
        };
        let found = (
            exported("CONNECTORCTL_URL"),
            exported("CONNECTORCTL_USER_SECRET"),
            exported("CONNECTORCTL_ORGANIZATION_SECRET"),
            exported("CONNECTORCTL_SANDBOX_ADMIN_TOKEN"),
        );
        let (Some(url), Some(user), Some(organization), Some(token)) = found else {
            let mut said = String::new();
            if let Some(mut stderr) = child.stderr.take() {
                let _ = child.kill();
                let _ = stderr.read_to_string(&mut said);
            }
            panic!("the sandbox printed no exports: {said}");
        };
        // Its log must not fill the pipe.
        let stderr = child.stderr.take().expect("its stderr");
        std::thread::spawn(move || for _ in BufReader::new(stderr).lines() {});
        let http = Http::new(&url, &format!("User {user}, Organization {organization}"));
        Self {
            child,
            url,
            user,
            organization,
            operator: http.with_authorization(&format!("Bearer {token}")),
            http,
            token,
        }
    }

    /// A platform call with the credentials of the first user.
    pub(crate) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.http.call(method, path, body)
    }

    /// An admin call, below `/_sandbox`.
    pub(crate) fn admin(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.operator
            .call_absolute(method, &format!("/_sandbox{path}"), body)
    }

    /// Replaces the faults that are in force.
    pub(crate) fn set_faults(&self, faults: &[impl AsRef<str>]) {
        let faults = faults.iter().map(AsRef::as_ref).collect::<Vec<&str>>();
        let faults = Value::from(faults);
        let _ = self.admin("PUT", "/faults", Some(&faults)).expect(200);
    }

    /// Changes an instance without the tool.
    pub(crate) fn patch(&self, id: u64, body: &Value) {
        let _ = self
            .call("PATCH", &format!("/instances/{id}"), Some(body))
            .expect(200);
    }

    /// A client with the token of this instance.
    pub(crate) fn with_token(&self, instance: &Value) -> Http {
        self.http.with_authorization(&format!(
            "User {}, Organization {}, Element {}",
            self.user,
            self.organization,
            instance["token"].as_str().expect("a token")
        ))
    }

    /// One of the counters of `/_sandbox/state`, such as `posts`.
    pub(crate) fn count(&self, counter: &str) -> u64 {
        let state = self.admin("GET", "/state", None).body;
        state["counters"][counter].as_u64().expect("a counter")
    }

    /// Every live instance the first user sees, whatever the size of a page.
    pub(crate) fn instances(&self) -> Vec<Value> {
        let mut found = Vec::new();
        let mut query = "hydrate=true&pageSize=200".to_owned();
        loop {
            let answer = self.call("GET", &format!("/instances?{query}"), None);
            let next = answer.header("elements-next-page-token").map(str::to_owned);
            let page = match answer.status {
                200 => answer.body.as_array().expect("a list").clone(),
                404 => Vec::new(),
                status => panic!("status {status}: {}", answer.body),
            };
            let Some(token) = next.filter(|_| !page.is_empty()) else {
                found.extend(page);
                return found;
            };
            found.extend(page);
            let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
            query = format!("hydrate=true&pageSize=200&nextPage={token}");
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
