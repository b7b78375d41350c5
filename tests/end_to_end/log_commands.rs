//! Nothing that is printed is a command to the CI system that reads the log: texts of the manifest, the
//! platform, the command line, file names and the environment, in every verb.

use serde_json::json;

use crate::support::scripted::{Scripted, answer};
use crate::support::{Bench, Ran, Sandbox};

/// Texts that the log parsers of GitHub or Azure would take for a command, or that hide one.
const HOSTILE: [&str; 4] = [
    "::error::a\n::error::b\r  ::error::c\u{2028}::error::d",
    "\u{a0}\u{3000}::warning::e ##[error]f",
    "g##vso[task.setvariable v=g]##VSO[a]#\u{ad}#[group]\u{202e}",
    "\u{1b}[2J\u{1b}]0;j\u{7}",
];

/// What a log parser finds in a line: `::` after blanks, `##[` or `##vso[` anywhere. Stricter than both:
/// every line break of Unicode breaks a line, and color is taken out first.
fn commands(text: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        rest = rest.strip_prefix('m').expect("only color is printed");
    }
    plain.push_str(rest);
    let is_break = |c| {
        matches!(
            c,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    plain
        .split(is_break)
        .filter(|line| {
            let seen: String = line.chars().filter(|c| *c != '\u{ad}').collect();
            let lower = seen.to_lowercase();
            seen.trim_start().starts_with("::") || lower.contains("##[") || lower.contains("##vso[")
        })
        .map(str::to_owned)
        .collect()
}

fn check(what: &str, text: &str) {
    assert_eq!(commands(text), Vec::<String>::new(), "{what}:\n{text}");
    let mut rest = text.to_owned();
    for style in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[4m"] {
        rest = rest.replace(style, "");
    }
    for color in 30..=37 {
        rest = rest.replace(&format!("\u{1b}[{color}m"), "");
        rest = rest.replace(&format!("\u{1b}[{}m", color + 60), "");
    }
    let control = rest.chars().find(|c| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{ad}')
    });
    assert_eq!(control, None, "{what}:\n{text:?}");
}

fn check_run(what: &str, ran: &Ran) {
    check(what, &ran.stdout);
    check(what, &ran.stderr);
}

/// A manifest in which every text is hostile that may be one.
fn manifest(text: &str) -> String {
    // Names and tags have no controls; a platform may show some.
    let name: String = text.chars().filter(|c| !c.is_control()).collect();
    let name = name.trim();
    json!({
        "version": 1,
        "inventory": "acme",
        "instances": {
            "desk": {
                "element": "freshdeskv2",
                "name": name,
                "tags": [name, "plain"],
                "configuration": {
                    "subdomain": text,
                    text: text,
                    "nested": {text: [text, {"deep": text}]},
                    "username": "${env:SECRET}",
                },
            },
        },
    })
    .to_string()
}

#[test]
fn the_model_of_the_parsers_knows_a_command() {
    for (text, count) in [
        ("::error::x", 1),
        ("  \u{a0}::error::x", 1),
        ("a\r::error::x", 1),
        ("a\u{1b}[1m\n\u{1b}[0m::error::x", 1),
        ("a ##[error]x\n##VSO[x]", 2),
        ("a ::error::x", 0),
        ("\\::error::x", 0),
    ] {
        assert_eq!(commands(text).len(), count, "{text:?}");
    }
}

#[test]
fn texts_of_manifest_and_platform_are_no_commands_in_any_verb() {
    let sandbox = Sandbox::start(&[]);
    for text in HOSTILE {
        let bench = Bench::on(&sandbox).with("SECRET", "freshdesk-api-key");
        bench.write("instances.yaml", &manifest(text));
        for verb in [
            &["validate"][..],
            &["plan"],
            &["plan", "-o", "json", "--result-file", "plan.json"],
            &["plan", "--color", "always"],
            &["apply", "--yes", "-v", "-v", "--report", "report.json"],
            &["plan", "--full", "--log-format", "json", "-v", "-v"],
            &["lock", "verify", "-v", "-v"],
            &["list"],
            &["list", "-o", "json", "--health"],
            &["list", "-o", "csv"],
            &["show", "desk"],
            &["show", "desk", "-o", "json"],
            &["drift"],
        ] {
            let ran = bench.run(verb);
            assert!(
                matches!(ran.code, 0 | 2),
                "{text:?} {verb:?}: {}",
                ran.all()
            );
            check_run(&format!("{text:?} {verb:?}"), &ran);
        }
        check(text, &bench.read("plan.json"));
        check(text, &bench.read("report.json"));
        let plan = bench.read_json("plan.json");
        let changes = plan["steps"][0]["changes"].as_array().expect("changes");
        assert!(
            changes.iter().any(|change| change["after"] == text),
            "a reader of the JSON gets the text as it is: {plan:#}"
        );

        // Drift, the report of a change, and what differs from the lock file.
        let id = bench.lock()["instances"]["desk"]["id"]
            .as_u64()
            .expect("an id");
        sandbox.patch(id, &json!({"name": format!("drift {text}")}));
        for verb in [
            &["lock", "verify"][..],
            &["drift"],
            &["drift", "-o", "json"],
            &["list", "--health"],
            &["plan"],
            &["plan", "-o", "json"],
            &["apply", "--yes", "-o", "json"],
            &["lock", "rebuild", "--yes"],
        ] {
            let ran = bench.run(verb);
            assert!(
                matches!(ran.code, 0 | 2),
                "{text:?} {verb:?}: {}",
                ran.all()
            );
            check_run(&format!("{text:?} {verb:?}"), &ran);
        }
        let _ = sandbox.call("DELETE", &format!("/instances/{id}"), None);
    }
}

#[test]
fn what_the_command_line_and_the_environment_say_is_no_command() {
    let sandbox = Sandbox::start(&[]);
    for text in HOSTILE {
        let bench = Bench::on(&sandbox)
            .with("SECRET", "freshdesk-api-key")
            .with("CI_JOB_URL", text);
        bench.write("instances.yaml", &manifest("desk"));
        for (name, text) in [("a", text), ("b", &format!("{text}.yaml"))] {
            let path = format!("{name}{}", text.replace('/', "|"));
            bench.write(
                &path,
                "version: 1\ninventory: acme\ninstances:\n  a: {elemnt: x}\n",
            );
            check_run(text, &bench.run(&["validate", "-f", &path]));
            check_run(text, &bench.run(&["plan", "-f", &path, "-o", "json"]));
        }
        for verb in [
            &["plan", "--target", text][..],
            &["plan", "--replace", text],
            &["plan", "--lock", text, "-v"],
            &["plan", "--url", text],
            &["plan", "--ca-file", text],
            &["validate", "-f", text],
            &["sandbox", "--fault", text],
            &["sandbox", "--assume", text],
            &[text],
            &["plan", "--color", text],
        ] {
            check_run(&format!("{verb:?}"), &bench.run(verb));
        }
        for broken in [
            json!({"version": 1, "inventory": text, "instances": {}}),
            json!({"version": 1, "inventory": "acme", "instances": {text: {"element": "jira"}}}),
            json!({"version": 1, "inventory": "acme", "instances": {"a": {"element": text}}}),
            json!({"version": 1, "inventory": "acme", "instances": {"a": {"element": "jira", text: 1}}}),
            json!({"version": 1, "inventory": "acme", "api": {"url": text}, "instances": {}}),
            json!({"version": 1, "inventory": "acme", "instances": {"a": {"element": "jira",
                "configuration": {"password": format!("${{env:{text}}}")}}}}),
            json!({"version": 1, "inventory": "acme", "instances": {"a": {"element": "jira",
                "configuration": {"password": format!("${{file:{text}}}")}}}}),
        ] {
            bench.write("instances.yaml", &broken.to_string());
            for verb in [&["plan"][..], &["plan", "-o", "json"]] {
                check_run(&format!("{broken} {verb:?}"), &bench.run(verb));
            }
        }
    }
}

#[test]
fn who_holds_the_lock_is_no_command() {
    let sandbox = Sandbox::start(&[
        "--fault",
        "POST /instances kind=status status=500 count=100",
    ]);
    let hostile = HOSTILE.join(" ");
    let bench = Bench::on(&sandbox)
        .with("SECRET", "freshdesk-api-key")
        .with("CI_JOB_URL", &hostile);
    bench.write("instances.yaml", &manifest("desk"));
    // It waits for the outcome of its create.
    let mut holder = bench.spawn(&["apply", "--yes"]);
    // Before it sends anything it has the lock. Otherwise one of those below may get it first.
    while sandbox.count("posts") == 0 {
        std::thread::yield_now();
    }
    let held = loop {
        let ran = bench.run(&["apply", "--yes", "--lock-timeout", "0s"]);
        if ran.code == 6 && ran.stderr.contains("error::a") {
            break ran;
        }
    };
    check_run("held", &held);
    for format in ["text", "json"] {
        let arguments = [
            "apply",
            "--yes",
            "--lock-timeout",
            "1s",
            "--log-format",
            format,
        ];
        check_run("waiting", &bench.run(&arguments).expect_code(6));
    }
    holder.kill().expect("killed");
    holder.wait().expect("waited");
}

#[test]
fn messages_of_the_platform_are_no_commands() {
    let platform = Scripted::start(|asked| {
        let text = HOSTILE.join("\n");
        let id = "5b0437c6##[error]x";
        let body = json!({"requestId": id, "message": text, "providerMessage": text});
        let header: &[(&str, &[u8])] = &[
            ("elements-request-id", b"##vso[task.complete]"),
            ("location", b"https://x.example/::error::"),
        ];
        match (asked.method, asked.path) {
            ("POST", _) => Some(answer(400, header, &body)),
            ("GET", "/organizations/me") if asked.query == "x" => Some(answer(302, header, &body)),
            _ => None,
        }
    });
    let bench = Bench::at(&platform.url).with("SECRET", "freshdesk-api-key");
    bench.write("instances.yaml", &manifest("desk"));
    for format in ["text", "json"] {
        let arguments = [
            "apply",
            "--yes",
            "-v",
            "-v",
            "-o",
            format,
            "--log-format",
            format,
            "--settle",
            "1s",
            "--report",
            "report.json",
        ];
        let ran = bench.run(&arguments);
        assert_ne!(ran.code, 0, "{}", ran.all());
        check_run(format, &ran);
        check(format, &bench.read("report.json"));
    }
}
