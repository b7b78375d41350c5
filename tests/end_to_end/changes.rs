//! The table of changes: each edit of the manifest or of the platform appears in the plan exactly, is
//! applied exactly, and is then gone from the plan, under every assumption about the platform.

use serde_json::{Value, json};

use crate::support::{Bench, Sandbox};

const MANIFEST: &str = "\
version: 1
inventory: acme
instances:
  freshdesk:
    element: freshdeskv2
    name: Freshdesk Support
    tags: [support, production]
    configuration:
      subdomain: acme
      username: ${env:FRESHDESK_API_KEY}
      filter.response.nulls: true
  jira:
    element: jira
    name: Jira
    tags: [engineering]
    configuration:
      base.url: https://jira.example.com
      username: automation
      password: ${env:JIRA_PASSWORD}
";

/// A change between two applies.
enum Edit {
    /// Text of the manifest replaced by other text.
    Manifest(&'static str, &'static str),
    /// A variable of the environment set to another value.
    Variable(&'static str, &'static str),
    /// A change on the platform: method, path below the instance, body.
    Platform(&'static str, &'static str, fn() -> Value),
}

struct Case {
    name: &'static str,
    edit: Edit,
    arguments: &'static [&'static str],
    action: &'static str,
    key: &'static str,
    /// Path, before, after; [`SECRET`] for both if it is secret. Not checked for creates and deletes.
    change: Option<(&'static str, &'static str, &'static str)>,
    reasons: &'static [&'static str],
}

const SECRET: &str = "secret";

/// An edit that leads to one update of one value.
const fn update(
    name: &'static str,
    key: &'static str,
    edit: Edit,
    change: (&'static str, &'static str, &'static str),
    reasons: &'static [&'static str],
) -> Case {
    Case {
        name,
        edit,
        arguments: &[],
        action: "update",
        key,
        change: Some(change),
        reasons,
    }
}

const CHANGED: &[&str] = &["configuration-changed"];
const DRIFTED: &[&str] = &["drifted"];
const NEW_SECRET: &[&str] = &["secret-changed"];

const CASES: &[Case] = &[
    update(
        "a changed name",
        "freshdesk",
        Edit::Manifest("name: Freshdesk Support", "name: Freshdesk EU"),
        ("name", r#""Freshdesk Support""#, r#""Freshdesk EU""#),
        CHANGED,
    ),
    update(
        "an added tag",
        "freshdesk",
        Edit::Manifest("[support, production]", "[support, production, eu]"),
        (
            "tags",
            r#"["production","support"]"#,
            r#"["eu","production","support"]"#,
        ),
        CHANGED,
    ),
    update(
        "a removed tag",
        "freshdesk",
        Edit::Manifest("[support, production]", "[support]"),
        ("tags", r#"["production","support"]"#, r#"["support"]"#),
        CHANGED,
    ),
    update(
        "a changed plain value",
        "freshdesk",
        Edit::Manifest("subdomain: acme", "subdomain: acme-eu"),
        ("configuration.subdomain", r#""acme""#, r#""acme-eu""#),
        CHANGED,
    ),
    update(
        "a changed plain boolean",
        "freshdesk",
        Edit::Manifest(
            "filter.response.nulls: true",
            "filter.response.nulls: false",
        ),
        (
            "configuration.filter.response.nulls",
            r#""true""#,
            r#""false""#,
        ),
        CHANGED,
    ),
    update(
        "a changed secret that the platform masks",
        "jira",
        Edit::Variable("JIRA_PASSWORD", "another-invented-password"),
        ("configuration.password", SECRET, SECRET),
        NEW_SECRET,
    ),
    update(
        "a changed secret that the platform shows in plain text",
        "freshdesk",
        Edit::Variable("FRESHDESK_API_KEY", "another-invented-key"),
        ("configuration.username", SECRET, SECRET),
        NEW_SECRET,
    ),
    update(
        "a disabled instance",
        "jira",
        Edit::Manifest("    name: Jira\n", "    name: Jira\n    enabled: false\n"),
        ("enabled", "true", "false"),
        CHANGED,
    ),
    Case {
        name: "a removed instance, pruned",
        edit: Edit::Manifest(
            "  jira:
    element: jira
    name: Jira
    tags: [engineering]
    configuration:
      base.url: https://jira.example.com
      username: automation
      password: ${env:JIRA_PASSWORD}
",
            "",
        ),
        arguments: &["--prune"],
        action: "delete",
        key: "jira",
        change: None,
        reasons: &["removed", "pruned"],
    },
    update(
        "a name changed on the platform",
        "jira",
        Edit::Platform("PATCH", "", || json!({"name": "Somebody's Jira"})),
        ("name", r#""Somebody's Jira""#, r#""Jira""#),
        DRIFTED,
    ),
    update(
        "a plain value changed on the platform",
        "jira",
        Edit::Platform(
            "PATCH",
            "",
            || json!({"configuration": {"base.url": "https://elsewhere.example.com"}}),
        ),
        (
            "configuration.base.url",
            r#""https://elsewhere.example.com""#,
            r#""https://jira.example.com""#,
        ),
        DRIFTED,
    ),
    update(
        "disabled on the platform",
        "jira",
        Edit::Platform("DELETE", "/enabled", || Value::Null),
        ("enabled", "false", "true"),
        DRIFTED,
    ),
    Case {
        name: "deleted on the platform",
        edit: Edit::Platform("DELETE", "", || Value::Null),
        arguments: &["--recreate-vanished"],
        action: "create",
        key: "jira",
        change: None,
        reasons: &["vanished"],
    },
];

fn id_of(bench: &Bench, key: &str) -> u64 {
    bench.lock()["instances"][key]["id"]
        .as_u64()
        .expect("an id")
}

fn do_edit(bench: &mut Bench, sandbox: &Sandbox, edit: &Edit, key: &str) {
    match edit {
        Edit::Manifest(from, to) => bench.edit_manifest(from, to),
        Edit::Variable(name, value) => bench.set(name, value),
        Edit::Platform(method, below, body) => {
            let path = format!("/instances/{}{below}", id_of(bench, key));
            let body = Some(body()).filter(|body| !body.is_null());
            let answer = sandbox.call(method, &path, body.as_ref());
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
    }
}

fn applied(sandbox: &Sandbox) -> Bench {
    let bench = Bench::on(sandbox)
        .with("FRESHDESK_API_KEY", "invented-freshdesk-key")
        .with("JIRA_PASSWORD", "invented-jira-password")
        .with_manifest(MANIFEST);
    let _ = bench.apply();
    bench.plan_is_empty();
    bench
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON in the table")
}

fn check(case: &Case, step: &Value) {
    let name = case.name;
    assert_eq!(step["key"], case.key, "{name}");
    assert_eq!(step["action"], case.action, "{name}: {step}");
    let mut reasons: Vec<&str> = step["reasons"]
        .as_array()
        .expect("reasons")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    reasons.sort_unstable();
    let mut expected = case.reasons.to_vec();
    expected.sort_unstable();
    assert_eq!(reasons, expected, "{name}: {step}");
    let Some((path, before, after)) = case.change else {
        return;
    };
    let [change] = step["changes"].as_array().expect("changes").as_slice() else {
        panic!("{name}: {step}");
    };
    assert_eq!(change["path"], path, "{name}");
    if before == SECRET {
        assert_eq!(change["secret"], true, "{name}: {change}");
        assert!(change.get("before").is_none() && change.get("after").is_none());
    } else {
        assert_eq!(change["before"], parsed(before), "{name}: {change}");
        assert_eq!(change["after"], parsed(after), "{name}: {change}");
    }
}

#[test]
fn every_change_is_shown_applied_and_then_gone() {
    for case in CASES {
        let sandbox = Sandbox::start(&[]);
        let mut bench = applied(&sandbox);
        do_edit(&mut bench, &sandbox, &case.edit, case.key);

        let plan = bench.plan_json(case.arguments);
        let steps = plan["steps"].as_array().expect("steps");
        assert_eq!(steps.len(), 1, "{}: {plan}", case.name);
        check(case, &steps[0]);
        let again = bench.plan_json(case.arguments);
        assert_eq!(plan, again, "{}: two plans differ", case.name);

        let text = bench
            .run(&[&["plan", "--detailed-exitcode"], case.arguments].concat())
            .expect_code(2);
        if let Some((path, ..)) = case.change {
            text.stdout_has(path.trim_start_matches("configuration."));
        }

        let _ = bench.apply_with(case.arguments).expect_code(0);
        let _ = bench.run(&["lock", "verify"]).expect_code(0);
        bench.plan_is_empty();
        let live = sandbox.instances();
        let wanted = if case.action == "delete" { 1 } else { 2 };
        assert_eq!(live.len(), wanted, "{}: {live:?}", case.name);
    }
}

#[test]
fn a_changed_tag_on_the_platform_is_put_back() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let id = id_of(&bench, "jira");
    let marker = "connectorctl:acme:jira";
    for (tags, reason) in [
        (json!(["engineering", "stray", marker]), "drifted"),
        (json!([marker]), "drifted"),
        (json!(["engineering"]), "marker-missing"),
    ] {
        sandbox.patch(id, &json!({"tags": tags}));
        let plan = bench.plan_json(&[]);
        let step = &plan["steps"][0];
        assert_eq!(step["action"], "update", "{plan}");
        let reasons = step["reasons"].to_string();
        assert!(reasons.contains(reason), "{reasons}");
        let _ = bench.apply();
        bench.plan_is_empty();
        let read = sandbox.call("GET", &format!("/instances/{id}"), None);
        let mut now: Vec<&str> = read.body["tags"]
            .as_array()
            .expect("tags")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        now.sort_unstable();
        assert_eq!(now, [marker, "engineering"]);
    }
}

#[test]
fn a_removed_instance_is_kept_without_prune() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let text = bench.read("instances.yaml");
    let cut = text.find("  jira:").expect("the block");
    bench.write("instances.yaml", &text[..cut]);
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["steps"], json!([]));
    assert!(plan["notes"].to_string().contains("\"kept\""), "{plan}");
    let _ = bench.apply();
    assert_eq!(sandbox.instances().len(), 2);
    assert!(bench.lock()["instances"]["jira"].is_object());
}

#[test]
fn a_masked_secret_changed_on_the_platform_cannot_be_seen_and_makes_no_noise() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let id = id_of(&bench, "jira");
    let body = json!({"configuration": {"password": "somebody-elses-invented-password"}});
    sandbox.patch(id, &body);
    bench.plan_is_empty();
}

#[test]
fn a_lost_lock_file_is_rebuilt_by_apply() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let before = bench.lock();
    std::fs::remove_file(bench.path("instances.lock.json")).expect("removed");
    std::fs::remove_dir_all(bench.path(".connectorctl")).expect("removed");
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["summary"]["adopt"], 2, "{plan}");
    let _ = bench.apply();
    bench.plan_is_empty();
    let after = bench.lock();
    for key in ["freshdesk", "jira"] {
        for part in ["id", "token", "name", "tags", "configuration"] {
            assert_eq!(
                before["instances"][key][part], after["instances"][key][part],
                "{key}.{part}"
            );
        }
    }
    assert_eq!(sandbox.instances().len(), 2);
}

/// Every case of the table in one manifest, each on instances of its own: one plan shows all, one
/// apply does all, and the next plan is empty.
pub(crate) fn all_at_once(assumptions: &[String]) {
    let mut arguments = Vec::new();
    for assumption in assumptions {
        arguments.extend(["--assume", assumption.as_str()]);
    }
    let sandbox = Sandbox::start(&arguments);
    let mut bench = Bench::on(&sandbox);
    let head = "version: 1\ninventory: acme\ninstances:\n";
    let block = MANIFEST.strip_prefix(head).expect("the head");
    let own = |place: usize, text: &str| {
        text.replace("  freshdesk:\n", &format!("  c{place:02}-freshdesk:\n"))
            .replace("  jira:\n", &format!("  c{place:02}-jira:\n"))
            .replace("FRESHDESK_API_KEY", &format!("FRESHDESK_API_KEY_{place}"))
            .replace("JIRA_PASSWORD", &format!("JIRA_PASSWORD_{place}"))
    };
    let mut blocks = Vec::new();
    for place in 0..CASES.len() {
        bench.set(
            &format!("FRESHDESK_API_KEY_{place}"),
            "invented-freshdesk-key",
        );
        bench.set(&format!("JIRA_PASSWORD_{place}"), "invented-jira-password");
        blocks.push(own(place, block));
    }
    bench.write("instances.yaml", &format!("{head}{}", blocks.concat()));
    let _ = bench.apply();
    bench.plan_is_empty();

    let mut more = vec!["--max-deletes", "100%"];
    for (place, case) in CASES.iter().enumerate() {
        let key = format!("c{place:02}-{}", case.key);
        match &case.edit {
            Edit::Manifest(from, to) => {
                let (from, to) = (own(place, from), own(place, to));
                assert!(blocks[place].contains(&from), "{}", case.name);
                blocks[place] = blocks[place].replace(&from, &to);
            }
            Edit::Variable(name, value) => bench.set(&format!("{name}_{place}"), value),
            Edit::Platform(..) => do_edit(&mut bench, &sandbox, &case.edit, &key),
        }
        more.extend(case.arguments);
    }
    bench.write("instances.yaml", &format!("{head}{}", blocks.concat()));

    let plan = bench.plan_json(&more);
    let steps = plan["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), CASES.len(), "{assumptions:?}: {plan}");
    for (place, case) in CASES.iter().enumerate() {
        let key = format!("c{place:02}-{}", case.key);
        let step = steps
            .iter()
            .find(|step| step["key"] == key.as_str())
            .unwrap_or_else(|| panic!("{assumptions:?}, {}: {plan}", case.name));
        let mut step = step.clone();
        step["key"] = case.key.into();
        check(case, &step);
    }
    let _ = bench.apply_with(&more).expect_code(0);
    bench.plan_is_empty();
    assert_eq!(
        sandbox.instances().len(),
        2 * CASES.len() - 1,
        "{assumptions:?}"
    );
}
