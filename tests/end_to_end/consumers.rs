//! Ids and tokens for those who call the connectors: `list`, `show`, `token`, `exec`, `outputs`.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Bench, Ran, Sandbox};

const MANIFEST: &str = "\
version: 1
inventory: acme
instances:
  jira-eu:
    element: jira
    name: \"Jira, \\\"EU\\\"\"
    configuration: { base.url: https://eu.example.com, username: bot, password: \"${env:JIRA}\" }
  jira.us:
    element: jira
    configuration: { base.url: https://us.example.com, username: bot, password: \"${env:JIRA}\" }
";

/// An applied inventory, without its manifest.
fn applied(sandbox: &Sandbox) -> Bench {
    let bench = Bench::on(sandbox)
        .with("JIRA", "invented-jira-password")
        .with_manifest(MANIFEST);
    let _ = bench.apply();
    std::fs::remove_file(bench.path("instances.yaml")).expect("removed");
    bench
}

/// The token and the id of a key, as the platform has them.
fn of(sandbox: &Sandbox, bench: &Bench, key: &str) -> (String, String) {
    let id = &bench.lock()["instances"][key]["id"];
    let instances = sandbox.instances();
    let instance = instances.iter().find(|instance| &instance["id"] == id);
    let token = instance.expect("an instance")["token"].as_str();
    (token.expect("a token").to_owned(), id.to_string())
}

/// The lock file with one change.
fn change_lock(bench: &Bench, change: impl FnOnce(&mut Value)) {
    let mut lock = bench.lock();
    change(&mut lock);
    bench.write("instances.lock.json", &lock.to_string());
}

#[test]
fn a_token_goes_to_a_pipe_and_calls_the_api() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let (token, _) = of(&sandbox, &bench, "jira-eu");
    let ran = bench.run(&["token", "jira-eu"]).expect_code(0);
    assert_eq!(ran.stdout, format!("{token}\n"));

    let ran = bench.run(&["token", "jira-eu", "--header"]).expect_code(0);
    let header = ran
        .stdout
        .strip_prefix("Authorization: ")
        .expect("a header");
    let answer = sandbox
        .http
        .with_authorization(header.trim_end())
        .call("GET", "/ping", None);
    let _ = answer.expect(200);
}

#[test]
fn a_token_is_kept_out_of_the_log_of_a_pipeline() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = applied(&sandbox);
    let (token, _) = of(&sandbox, &bench, "jira-eu");
    bench.set("CI", "true");
    for arguments in [&["token", "jira-eu"][..], &["outputs"]] {
        let ran = bench.run(arguments).expect_code(8);
        assert!(!ran.all().contains(&token), "{}", ran.all());
        ran.stderr_has("--reveal");
        let revealed = bench.run(&[arguments, &["--reveal"]].concat());
        revealed.expect_code(0).stdout_has(&token);
    }
    let _ = bench.run(&["outputs", "--out", ".env"]).expect_code(0);
    assert!(bench.read(".env").contains(&token));
    bench.set("CI", "false");
    bench.run(&["token", "jira-eu"]).stdout_has(&token);
}

#[test]
fn an_unknown_key_and_a_missing_lock_file_are_named() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    for arguments in [
        &["token", "jira-e"][..],
        &["show", "jira-e"],
        &["exec", "--target", "jira-e", "--", "true"],
        &["list", "--exclude", "jira-e"],
        &["outputs", "--target", "*x"],
    ] {
        let ran = bench.run(arguments).expect_code(8);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        ran.stderr_has("matches no instance");
    }
    let empty = Bench::new();
    for arguments in [
        &["token", "a"][..],
        &["list"],
        &["outputs"],
        &["exec", "--", "true"],
    ] {
        empty
            .run(arguments)
            .expect_code(1)
            .stderr_has("no lock file at `instances.lock.json`");
    }
    bench.write("instances.lock.json", "{");
    let _ = bench.run(&["token", "jira-eu"]).expect_code(9);
}

#[test]
fn an_instance_without_a_token_is_named() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    change_lock(&bench, |lock| {
        let entry = lock["instances"]["jira-eu"].as_object_mut();
        let _ = entry.expect("an entry").remove("token");
    });
    for arguments in [
        &["token", "jira-eu"][..],
        &["outputs"],
        &["exec", "--", "true"],
    ] {
        bench
            .run(arguments)
            .expect_code(1)
            .stderr_has("no token is recorded for `jira-eu`");
    }
    let _ = bench
        .run(&["outputs", "--exclude", "jira-eu"])
        .expect_code(0);
    bench.run(&["list"]).stdout_has("no token");
}

/// What a killed run left is in the journal only.
#[test]
fn what_only_the_journal_records_counts() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = Bench::on(&sandbox)
        .with("JIRA", "invented-jira-password")
        .with_manifest(MANIFEST)
        .with("CONNECTORCTL_KILL_AT", "after-result:1");
    let _ = bench.apply_with(&[]);
    bench.set("CONNECTORCTL_KILL_AT", "");
    assert!(!bench.path("instances.lock.json").exists());
    let ran = bench.run(&["list", "-o", "json"]).expect_code(0);
    let listed: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let listed = listed["instances"].as_array().expect("instances");
    assert_eq!(listed.len(), sandbox.instances().len());
    let key = listed[0]["key"].as_str().expect("a key");
    assert_eq!(bench.run(&["token", key]).expect_code(0).stdout.len(), 45);
}

#[test]
fn lists_show_no_token() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let (token, id) = of(&sandbox, &bench, "jira-eu");
    let table = bench.run(&["list"]).expect_code(0);
    assert_eq!(
        table.stdout,
        format!(
            "KEY      ELEMENT  ID     STATE  NAME\n\
             jira-eu  jira     {id}  ok     Jira, \"EU\"\n\
             jira.us  jira     {}  ok     jira.us\n",
            of(&sandbox, &bench, "jira.us").1
        )
    );
    let csv = bench.run(&["list", "-o", "csv", "--target", "jira-eu"]);
    csv.stdout_has(&format!(
        "\njira-eu,{id},jira,\"Jira, \"\"EU\"\"\",true,true,false,true,false,"
    ));
    let json = bench.run(&["list", "-o", "json"]).expect_code(0);
    let listed: Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(listed["instances"][0]["id"].to_string(), id);
    let text = bench.run(&["show", "jira-eu"]).expect_code(0);
    text.stdout_has("password: (secret, sent)");
    let shown = bench.run(&["show", "jira-eu", "-o", "json"]).expect_code(0);
    for ran in [&table, &csv, &json, &text, &shown] {
        assert!(!ran.all().contains(&token), "{}", ran.all());
        assert!(!ran.all().contains("invented-jira-password"));
    }
}

/// A shell starts a job in the background with SIGINT ignored, which every child inherits. A signal that this
/// process handles has its default action in a child.
#[cfg(unix)]
fn restore_interrupt() {
    use tokio::signal::unix::{SignalKind, signal};

    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|it| it.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    if mask.is_some_and(|mask| mask & 0b10 != 0) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let _inside = runtime.enter();
        // The handler stays when this ends.
        let _ = signal(SignalKind::interrupt()).expect("a handler");
    }
}

#[cfg(unix)]
#[test]
fn a_command_takes_the_place_of_the_program() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox).with("PATH", "/usr/bin:/bin");
    let (token, id) = of(&sandbox, &bench, "jira-eu");
    let print = "printf '%s %s' \"$CONNECTOR_JIRA_EU_ID\" \"$CONNECTOR_JIRA_EU_TOKEN\"; \
                 printf '%s' \"${CONNECTOR_JIRA_US_ID-none}\"; exit 7";
    let ran = bench
        .run(&["exec", "--target", "jira-eu", "--", "sh", "-c", print])
        .expect_code(7);
    assert_eq!(ran.stdout, format!("{id} {token}none"));

    let ran = bench.run(&["exec", "--prefix", "SAP_", "--header", "--", "env"]);
    ran.stdout_has(&format!(
        "SAP_JIRA_US_AUTHORIZATION=User {}, ",
        sandbox.user
    ));
    let ran = bench
        .run(&["exec", "--", "./no-such-command"])
        .expect_code(1);
    assert!(!ran.all().contains(&token));
    ran.stderr_has("cannot start `./no-such-command`");

    restore_interrupt();
    let killed = bench
        .command(&["exec", "--", "sh", "-c", "kill -INT $$"])
        .status();
    let code = std::os::unix::process::ExitStatusExt::signal(&killed.expect("a status"));
    assert_eq!(code, Some(2), "the signal is the command's own");
}

/// A signal to the process that was started reaches the command, which has taken its place.
#[cfg(unix)]
#[test]
fn a_signal_reaches_the_command_that_runs() {
    use std::io::{BufRead as _, BufReader};

    restore_interrupt();
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox).with("PATH", "/usr/bin:/bin");
    for signal in ["INT", "TERM"] {
        let script = format!("trap 'exit 42' {signal}; echo ready; while :; do sleep 0.05; done");
        let mut child = bench
            .command(&["exec", "--", "sh", "-c", &script])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut ready = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("its stdout"));
        stdout.read_line(&mut ready).expect("a line");
        let kill = ["-s", signal, &child.id().to_string()];
        let sent = std::process::Command::new("kill").args(kill).status();
        assert!(sent.expect("kill runs").success());
        assert_eq!(child.wait().expect("its end").code(), Some(42), "{signal}");
    }
}

/// The token is in the environment of the command alone: on no command line, in no file.
#[cfg(target_os = "linux")]
#[test]
fn a_token_is_on_no_command_line_and_in_no_other_file() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox).with("PATH", "/usr/bin:/bin");
    let (token, _) = of(&sandbox, &bench, "jira-eu");
    let script = "tr '\\0' ' ' < /proc/$$/cmdline; ls -A";
    let ran = bench
        .run(&["exec", "--", "sh", "-c", script])
        .expect_code(0);
    assert!(!ran.stdout.contains(&token), "{}", ran.stdout);
    for file in ran.stdout.lines().filter(|name| bench.path(name).is_file()) {
        let holds = bench.read(file).contains(&token);
        assert_eq!(holds, file == "instances.lock.json", "{file}");
    }
}

fn outputs(bench: &Bench, arguments: &[&str]) -> Ran {
    bench.run(&[&["outputs"], arguments].concat())
}

#[cfg(unix)]
#[test]
fn a_shell_reads_the_dotenv_form() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let token = "a$b`c\"d\\e f'g";
    change_lock(&bench, |lock| {
        lock["instances"]["jira-eu"]["token"] = token.into();
    });
    let _ = outputs(&bench, &["--out", ".env"]).expect_code(0);
    let read = Command::new("sh")
        .args(["-euc", ". ./.env; printf %s \"$CONNECTOR_JIRA_EU_TOKEN\""])
        .current_dir(bench.path(""))
        .stdin(Stdio::null())
        .output();
    assert_eq!(
        String::from_utf8_lossy(&read.expect("a shell").stdout),
        token
    );
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(bench.path(".env"))
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o077, 0, "only its owner can read it");
}

#[test]
fn a_line_break_in_a_token_adds_no_line() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox).with("GITHUB_ENV", "env.txt");
    change_lock(&bench, |lock| {
        lock["instances"]["jira-eu"]["token"] = "x\nPATH=/tmp\n::stop-commands::y".into();
    });
    for arguments in [
        &["token", "jira-eu"][..],
        &["outputs", "--format", "github-env"],
    ] {
        let ran = bench.run(arguments).expect_code(1);
        assert_eq!(ran.stdout, "");
        ran.stderr_has("the token of `jira-eu` contains a control character");
    }
    assert!(!bench.path("env.txt").exists());
}

#[test]
fn a_github_job_gets_masked_variables() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = applied(&sandbox);
    let arguments = ["--format", "github-env", "--target", "jira-eu"];
    outputs(&bench, &arguments)
        .expect_code(8)
        .stderr_has("`GITHUB_ENV` is not set");
    bench.set("CI", "true");
    bench.set("GITHUB_ENV", "env.txt");
    bench.set("GITHUB_OUTPUT", "output.txt");
    bench.write("env.txt", "EARLIER=1\n");
    change_lock(&bench, |lock| {
        lock["instances"]["jira-eu"]["token"] = "50%25 off=".into();
    });
    let id = bench.lock()["instances"]["jira-eu"]["id"].to_string();
    let ran = outputs(&bench, &arguments).expect_code(0);
    assert_eq!(ran.stdout, "::add-mask::50%2525 off=\n");
    let variables = "CONNECTOR_JIRA_EU_TOKEN=50%25 off=\n";
    assert_eq!(
        bench.read("env.txt"),
        format!("EARLIER=1\nCONNECTOR_JIRA_EU_ID={id}\n{variables}")
    );
    let arguments = ["--format", "github-output", "--target", "jira-eu"];
    let _ = outputs(&bench, &arguments).expect_code(0);
    bench
        .read("output.txt")
        .contains("connector_jira_eu_token=50%25 off=\n")
        .then_some(())
        .expect("the step's output");
}

#[test]
fn kubernetes_json_and_templates() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let (token, id) = of(&sandbox, &bench, "jira-eu");
    let secret = outputs(&bench, &["--format", "kubernetes"]).expect_code(0);
    let secret: Value = serde_json::from_str(&secret.stdout).expect("JSON");
    assert_eq!(secret["metadata"]["name"], "connectors-acme");
    assert_eq!(secret["stringData"]["CONNECTOR_JIRA_EU_ID"], id.as_str());
    assert_eq!(
        secret["stringData"]["CONNECTOR_JIRA_EU_TOKEN"],
        token.as_str()
    );
    outputs(&bench, &["--format", "kubernetes", "--secret-name", "A_b"])
        .expect_code(8)
        .stderr_has("lower-case letters");
    let json = outputs(&bench, &["--format", "json"]).expect_code(0);
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(json["instances"][0]["token"], token.as_str());

    bench.write(
        "t",
        "{% for it in instances %}\n{{ it.key }}={{ it.id }}\n{% endfor %}\n",
    );
    let text = outputs(&bench, &["--template", "t"]).expect_code(0);
    assert!(
        text.stdout.starts_with(&format!("jira-eu={id}\njira.us=")),
        "{}",
        text.stdout
    );
    for (template, what) in [
        ("{{ instances[0].tokn }}", "not defined is used in line 1"),
        ("\n{% for %}", "in line 2"),
        (
            "{% include 'instances.lock.json' %}",
            "invalid template `t`",
        ),
    ] {
        bench.write("t", template);
        let ran = outputs(&bench, &["--template", "t"]).expect_code(8);
        assert_eq!(ran.stdout, "", "{template}");
        assert!(!ran.stderr.contains(&token), "{}", ran.stderr);
        ran.stderr_has(what);
    }
    let _ = outputs(&bench, &["--format", "template"]).expect_code(8);
    for unused in [
        &["--format", "json", "--template", "t"][..],
        &["--secret-name", "a"],
        &["--format", "github-env", "--out", "x"],
    ] {
        outputs(&bench, unused)
            .expect_code(8)
            .stderr_has("has no effect");
    }
}

#[test]
fn two_keys_with_one_variable_are_refused() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    change_lock(&bench, |lock| {
        let entry = lock["instances"]["jira-eu"].clone();
        lock["instances"]["jira_EU"] = entry;
        lock["instances"]["jira_EU"]["id"] = 999_999.into();
    });
    outputs(&bench, &[])
        .expect_code(8)
        .stderr_has("`jira-eu` and `jira_EU` have the same variable `CONNECTOR_JIRA_EU_ID`");
    let _ = outputs(&bench, &["--exclude", "jira_EU"]).expect_code(0);
    outputs(&bench, &["--prefix", "1_"])
        .expect_code(8)
        .stderr_has("a prefix consists of");
}

/// A core dump would hold every secret. The command of `exec` keeps the limit that it would have had.
#[cfg(target_os = "linux")]
#[test]
fn the_program_dumps_no_core_and_its_commands_may() {
    let limits = |pid: &str| {
        let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).expect("limits");
        let line = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"));
        let line = line.expect("a line").to_owned();
        line.split_whitespace().nth(4).expect("a limit").to_owned()
    };
    let sandbox = Sandbox::start(&[]);
    let mut running = sandbox_process();
    // It prints its variables once it runs.
    let mut line = String::new();
    let mut stdout = std::io::BufReader::new(running.stdout.take().expect("a pipe"));
    let _ = std::io::BufRead::read_line(&mut stdout, &mut line).expect("a line");
    let limit = limits(&running.id().to_string());
    running.kill().expect("killed");
    let _ = running.wait().expect("ended");
    assert!(matches!(limit.as_str(), "0" | "1"), "{limit}");

    let bench = applied(&sandbox).with("PATH", "/usr/bin:/bin");
    let script = "awk '/^Max core file size/ { print $5 }' /proc/self/limits";
    let ran = bench
        .run(&["exec", "--", "sh", "-c", script])
        .expect_code(0);
    assert_eq!(ran.stdout.trim(), limits("self"));
}

#[cfg(target_os = "linux")]
fn sandbox_process() -> std::process::Child {
    Bench::new()
        .command(&["sandbox", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs")
}
