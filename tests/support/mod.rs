//! The hermetic bench for end-to-end tests: the real binary in a temporary folder with a cleared
//! environment, against its own sandbox on a free port.

mod http;
mod recorder;
mod sandbox;
pub(crate) mod scripted;
pub(crate) mod source;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

pub(crate) use http::{Answer, Http};
pub(crate) use recorder::Recorder;
pub(crate) use sandbox::Sandbox;

/// A working folder and the environment of the commands that run in it.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
    variables: BTreeMap<String, String>,
}

/// Exit code and output of a command.
#[must_use = "a run has to be checked"]
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            variables: BTreeMap::new(),
        }
    }

    /// A bench whose commands talk to this sandbox.
    pub(crate) fn on(sandbox: &Sandbox) -> Self {
        let mut bench = Self::new();
        bench.point_at(sandbox);
        bench
    }

    /// A bench whose commands talk to this URL with invented secrets.
    pub(crate) fn at(url: &str) -> Self {
        Self::new()
            .with("CONNECTORCTL_URL", url)
            .with("CONNECTORCTL_USER_SECRET", "invented-user-secret")
            .with(
                "CONNECTORCTL_ORGANIZATION_SECRET",
                "invented-organization-secret",
            )
    }

    pub(crate) fn point_at(&mut self, sandbox: &Sandbox) {
        self.set("CONNECTORCTL_URL", &sandbox.url);
        self.set("CONNECTORCTL_USER_SECRET", &sandbox.user);
        self.set("CONNECTORCTL_ORGANIZATION_SECRET", &sandbox.organization);
    }

    /// The same with a variable of the environment.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    /// The same with this `instances.yaml`.
    pub(crate) fn with_manifest(self, text: &str) -> Self {
        self.write("instances.yaml", text);
        self
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.variables.remove(name);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).expect("a folder");
        }
        fs::write(path, text).expect("a written file");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn read_json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Replaces text of the manifest, which must be there.
    pub(crate) fn edit_manifest(&self, from: &str, to: &str) {
        let text = self.read("instances.yaml");
        assert!(text.contains(from), "the manifest has no {from:?}");
        self.write("instances.yaml", &text.replace(from, to));
    }

    /// The lock file of `instances.yaml` as JSON.
    pub(crate) fn lock(&self) -> Value {
        self.read_json("instances.lock.json")
    }

    /// Removes what a new checkout lacks: the uncommitted lock file and the journal.
    pub(crate) fn fresh_clone(&self) {
        // A run that was killed early left neither.
        let _ = std::fs::remove_dir_all(self.path(".connectorctl"));
        let _ = std::fs::remove_file(self.path("instances.lock.json"));
    }

    /// A command ready to run: environment cleared, no terminal.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_connectorctl"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null());
        command
    }

    /// A run in which no file may grow beyond 4 KiB.
    #[cfg(unix)]
    pub(crate) fn run_with_small_files(&self, arguments: &[&str]) -> Ran {
        let command = self.command(arguments);
        // `ulimit -f` counts blocks of 512 bytes; without the signal, the write returns an error.
        let output = Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""])
            .arg(command.get_program())
            .args(command.get_args())
            .current_dir(self.folder.path())
            .env_clear()
            .envs(&self.variables)
            .output()
            .expect("a shell");
        Ran::from(output)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().expect("the binary runs");
        Ran::from(output)
    }

    /// A command that runs on while the test watches its stderr.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs")
    }

    /// `apply --yes`, which must succeed, and then `lock verify`, which must find no difference.
    pub(crate) fn apply(&self) -> Ran {
        self.apply_with(&[]).expect_code(0)
    }

    /// `apply --yes`, which must succeed, where `lock verify` would find a difference or count as a request.
    pub(crate) fn apply_unverified(&self) -> Ran {
        self.run(&["apply", "--yes"]).expect_code(0)
    }

    /// `apply --yes` with more arguments. Where it succeeds, `lock verify` must find no difference.
    pub(crate) fn apply_with(&self, more: &[&str]) -> Ran {
        let ran = self.run(&[&["apply", "--yes"], more].concat());
        if ran.code == 0 {
            let _ = self.run(&["lock", "verify"]).expect_code(0);
        }
        ran
    }

    /// `plan --detailed-exitcode`, which must find nothing to do.
    pub(crate) fn plan_is_empty(&self) {
        let ran = self.run(&["plan", "--detailed-exitcode"]);
        assert_eq!(
            ran.code, 0,
            "the plan is not empty:\n{}\n{}",
            ran.stdout, ran.stderr
        );
    }

    /// `plan -o json`, parsed.
    pub(crate) fn plan_json(&self, more: &[&str]) -> Value {
        let ran = self.run(&[&["plan", "-o", "json"], more].concat());
        serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|error| panic!("{error}:\n{}\n{}", ran.stdout, ran.stderr))
    }
}

impl Ran {
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "exit {} instead of {code}\nstdout:\n{}\nstderr:\n{}",
            self.code, self.stdout, self.stderr
        );
        self
    }

    pub(crate) fn stdout_has(&self, part: &str) {
        assert!(
            self.stdout.contains(part),
            "no {part:?} in\n{}",
            self.stdout
        );
    }

    pub(crate) fn stderr_has(&self, part: &str) {
        assert!(
            self.stderr.contains(part),
            "no {part:?} in\n{}",
            self.stderr
        );
    }

    pub(crate) fn stderr_lacks(&self, part: &str) {
        assert!(!self.stderr.contains(part), "{part:?} in\n{}", self.stderr);
    }

    /// Both outputs, for a search.
    pub(crate) fn all(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("UTF-8 on stdout"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8 on stderr"),
        }
    }
}
