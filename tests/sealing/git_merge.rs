//! `lock merge` through the real git, over random pairs of branches, against the rules of
//! `docs/lockfile.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::Bench;

const CASES: u64 = 24;
const LOCK: &str = "instances.lock.json";

/// What of an instance is decided; the data key is not.
#[derive(Clone, Debug, PartialEq)]
struct Instance {
    key: String,
    name: String,
    value: String,
    /// Key and data key of its ciphertext.
    seal: (String, String),
}

/// By id.
type Branch = BTreeMap<u64, Instance>;

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }
}

fn new(key: &str, data_key: &str) -> Instance {
    Instance {
        key: key.to_owned(),
        name: key.to_owned(),
        value: "1".to_owned(),
        seal: (key.to_owned(), data_key.to_owned()),
    }
}

fn rekey(branch: &mut Branch) {
    for it in branch.values_mut() {
        it.seal = (it.key.clone(), "again".to_owned());
    }
}

/// A branch that begins at `base`; ids made on it begin at `fresh`.
fn branch(base: &Branch, side: &str, mut fresh: u64, random: &mut Random) -> Branch {
    let mut branch = base.clone();
    for _ in 0..=random.below(3) {
        let ids: Vec<u64> = branch.keys().copied().collect();
        let id = ids.get(random.below(ids.len().max(1))).copied();
        let free = |branch: &Branch, key: &str| branch.values().all(|it| it.key != key);
        match (random.below(7), id) {
            (0, Some(id)) => branch.get_mut(&id).expect("there").name = format!("{side}-name"),
            (1, Some(id)) => branch.get_mut(&id).expect("there").value = format!("{side}-value"),
            (2, Some(id)) => drop(branch.remove(&id)),
            (3, Some(id)) => {
                let key = format!("renamed-{}", random.below(2));
                if free(&branch, &key) {
                    branch.get_mut(&id).expect("there").key = key;
                }
            }
            (4, Some(id)) => {
                let old = branch.remove(&id).expect("there");
                branch.insert(fresh, new(&old.key, side));
            }
            (5, _) if side == "a" => {
                rekey(&mut branch);
            }
            _ => {
                let key = format!("new-{}", random.below(3));
                if free(&branch, &key) {
                    branch.insert(fresh, new(&key, side));
                }
            }
        }
        fresh += 1;
    }
    branch
}

fn write(branch: &Branch) -> String {
    let mut instances = serde_json::Map::new();
    let mut data_keys = serde_json::Map::new();
    for (id, it) in branch {
        let (sealed_for, data_key) = &it.seal;
        let mut token = json!({
            "dataKey": data_key,
            "sealed": format!("{sealed_for}/{id}/{data_key}"),
            "fingerprint": format!("of-{id}"),
        });
        if *sealed_for != it.key {
            token["sealedAs"] = json!({ "inventory": "acme", "key": sealed_for });
        }
        data_keys.insert(
            data_key.clone(),
            json!({ "recipients": ["age1x"], "wrap": "w" }),
        );
        instances.insert(
            it.key.clone(),
            json!({
                "id": id, "token": token, "element": { "key": "jira" }, "name": it.name,
                "configuration": { "value": it.value }, "secrets": {}, "enabled": true,
                "valid": true, "lifecycle": { "onRemove": "keep" },
            }),
        );
    }
    let mut lock = json!({ "version": 2, "inventory": "acme", "instances": instances });
    if !data_keys.is_empty() {
        lock["dataKeys"] = Value::Object(data_keys);
    }
    format!("{lock:#}\n")
}

/// Of one member: what only one side changed.
fn member<T: PartialEq + Clone>(base: Option<T>, a: T, b: T) -> Option<T> {
    match base {
        _ if a == b => Some(a),
        Some(base) if base == a => Some(b),
        Some(base) if base == b => Some(a),
        _ => None,
    }
}

/// Key, name and value by id, or `None` where something conflicts.
fn oracle(base: &Branch, a: &Branch, b: &Branch) -> Option<BTreeMap<u64, [String; 3]>> {
    let what = |it: &Instance| [it.key.clone(), it.name.clone(), it.value.clone()];
    let mut merged = BTreeMap::new();
    for id in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
        let before = base.get(id).map(what);
        match (a.get(id).map(what), b.get(id).map(what)) {
            (Some(one), Some(other)) => {
                let [key, name, value] = [0, 1, 2].map(|at| {
                    let before = before.as_ref().map(|it| it[at].clone());
                    member(before, one[at].clone(), other[at].clone())
                });
                merged.insert(*id, [key?, name?, value?]);
            }
            (one, other) => {
                let left = one.or(other).expect("on one side");
                match before {
                    None => drop(merged.insert(*id, left)),
                    Some(before) if before == left => {}
                    Some(_) => return None,
                }
            }
        }
    }
    let keys: BTreeSet<&String> = merged.values().map(|it| &it[0]).collect();
    if keys.len() < merged.len() {
        return None;
    }
    // Replaced on one side, removed on the other.
    let holds = |side: &Branch, key: &str| side.values().any(|it| it.key == key);
    for (id, it) in base {
        let is_new = |(id, _): &(&u64, &[String; 3])| !base.contains_key(id);
        let replaced = merged
            .iter()
            .filter(is_new)
            .any(|(_, new)| new[0] == it.key);
        let is_gone = !a.contains_key(id) && !b.contains_key(id);
        if is_gone && replaced && !(holds(a, &it.key) && holds(b, &it.key)) {
            return None;
        }
    }
    Some(merged)
}

struct Repository<'b>(&'b Bench);

impl Repository<'_> {
    fn git(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .current_dir(self.0.path(""))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .output()
            .expect("git is installed");
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        (output.status.success(), said)
    }

    fn must(&self, arguments: &[&str]) -> String {
        let (is_done, said) = self.git(arguments);
        assert!(is_done, "git {arguments:?}: {said}");
        said
    }

    fn commit(&self, text: &str) -> String {
        std::fs::write(self.0.path(LOCK), text).expect("written");
        self.must(&["add", LOCK]);
        self.must(&["commit", "--quiet", "--allow-empty", "--message", "x"]);
        self.must(&["rev-parse", "HEAD"])
    }

    fn new(bench: &Bench) -> Repository<'_> {
        let repository = Repository(bench);
        repository.must(&["init", "--quiet"]);
        for _ in 0..2 {
            let ran = bench.run(&["lock", "merge", "--install"]).expect_code(0);
            ran.stdout_has(
                "git config merge.connectorctl.driver \"connectorctl lock merge %O %A %B %P\"",
            );
        }
        let line = "/instances.lock.json merge=connectorctl diff=connectorctl\n";
        assert_eq!(bench.read(".gitattributes"), line);
        let program = env!("CARGO_BIN_EXE_connectorctl");
        let driver = format!("'{program}' lock merge %O %A %B %P");
        repository.must(&["config", "merge.connectorctl.driver", &driver]);
        repository.must(&[
            "config",
            "diff.connectorctl.textconv",
            &format!("'{program}' lock diff"),
        ]);
        repository.must(&["add", ".gitattributes"]);
        repository.must(&["commit", "--quiet", "--message", "x"]);
        repository
    }
}

/// Each token opens where it stands, with a data key that is there, and no other data key is.
fn assert_opens(key: &str, entry: &Value, lock: &Value) {
    let token = &entry["token"];
    let place = token["sealedAs"]["key"].as_str().unwrap_or(key);
    let name = token["dataKey"].as_str().expect("a name");
    let sealed = format!("{place}/{}/{name}", entry["id"]);
    assert_eq!(token["sealed"], sealed, "{lock:#}");
    assert!(lock["dataKeys"][name].is_object(), "{lock:#}");
}

fn check(
    path: &Path,
    is_done: bool,
    expected: &Option<BTreeMap<u64, [String; 3]>>,
    sides: [&Branch; 2],
) {
    let text = std::fs::read_to_string(path).expect("the lock file");
    let lock: Value = serde_json::from_str(&text).expect("it parses");
    let instances = lock["instances"].as_object().expect("instances");
    let nothing = serde_json::Map::new();
    let conflicts = lock["conflicts"].as_object().unwrap_or(&nothing);
    assert_eq!(
        (is_done, conflicts.is_empty()),
        (expected.is_some(), expected.is_some()),
        "{text}"
    );
    let mut found = BTreeMap::new();
    for (key, entry) in instances {
        assert_opens(key, entry, &lock);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let what = [
            key.clone(),
            text(&entry["name"]),
            text(&entry["configuration"]["value"]),
        ];
        found.insert(entry["id"].as_u64().expect("an id"), what);
    }
    if let Some(expected) = expected {
        assert_eq!(found, *expected, "{text}");
        return;
    }
    for (key, conflict) in conflicts {
        assert!(!instances.contains_key(key), "{text}");
        for (name, side) in ["ours", "theirs"].iter().zip(sides) {
            let own = side
                .iter()
                .find(|(_, it)| it.key == *key)
                .map(|(id, _)| *id);
            assert_eq!(conflict[name]["id"].as_u64(), own, "{key} {name}: {text}");
            if own.is_some() {
                assert_opens(key, &conflict[name], &lock);
            }
        }
    }
}

#[test]
fn random_branches_merge_rebase_and_cherry_pick_as_documented() {
    let bench = Bench::new().with("PATH", &std::env::var("PATH").unwrap_or_default());
    let repository = Repository::new(&bench);
    let path = bench.path(LOCK);
    let mut random = Random(17);
    let (mut clean, mut open) = (0, 0);
    for case in 0..CASES {
        let base: Branch = (1..4)
            .map(|id| (id, new(&format!("k{id}"), "base")))
            .collect();
        let mut a = branch(&base, "a", 100, &mut random);
        let mut b = branch(&base, "b", 200, &mut random);
        if case == 0 {
            // Sealed again under the old key, on the other branch.
            (a, b) = (base.clone(), base.clone());
            rekey(&mut a);
            b.get_mut(&1).expect("there").key = "renamed-0".to_owned();
        }
        let expected = oracle(&base, &a, &b);
        *(if expected.is_some() {
            &mut clean
        } else {
            &mut open
        }) += 1;
        let start = repository.commit(&write(&base));
        let commit_a = repository.commit(&write(&a));
        repository.must(&["checkout", "--quiet", "--detach", &start]);
        let commit_b = repository.commit(&write(&b));
        for (from, arguments) in [
            (&commit_a, vec!["merge", "--no-edit", &commit_b]),
            (&commit_b, vec!["merge", "--no-edit", &commit_a]),
            (
                &commit_a,
                vec![
                    "cherry-pick",
                    "--allow-empty",
                    "--keep-redundant-commits",
                    &commit_b,
                ],
            ),
            (&commit_b, vec!["rebase", "--empty=keep", &commit_a]),
        ] {
            repository.must(&["checkout", "--quiet", "--detach", from]);
            let (is_done, said) = repository.git(&arguments);
            // A rebase goes onto the other branch, so that one is ours.
            let is_a = *from == commit_a || arguments[0] == "rebase";
            let sides = if is_a { [&a, &b] } else { [&b, &a] };
            println!("case {case}: {arguments:?}: {said}\n{a:?}\n{b:?}");
            check(&path, is_done, &expected, sides);
            if !is_done {
                repository.must(&[arguments[0], "--abort"]);
            }
        }
    }
    assert!(clean > 5 && open > 5, "{clean} {open}");
}

/// Two branches that created the same key.
#[test]
fn a_conflict_stops_every_command_until_it_is_resolved() {
    let bench = Bench::new().with_manifest("version: 1\ninventory: acme\ninstances: {}\n");
    let side = |id| {
        write(&BTreeMap::from([
            (id, new("desk", "base")),
            (9, new("other", "base")),
        ]))
    };
    for (name, text) in [
        ("base", String::new()),
        (LOCK, side(1)),
        ("theirs", side(2)),
    ] {
        std::fs::write(bench.path(name), text).expect("written");
    }
    let merge = ["lock", "merge", "base", LOCK, "theirs", LOCK];
    let ran = bench.run(&merge).expect_code(1);
    ran.stderr_has("conflict of `desk`: another instance on each side");
    let written = bench.read(LOCK);
    for command in [
        &["plan", "--offline"][..],
        &["apply", "--yes"],
        &["token", "desk"],
        &["outputs"],
        &["lock", "verify"],
        &["lock", "rebuild", "--yes"],
        &["lock", "diff", LOCK, LOCK],
        &merge,
    ] {
        let ran = bench.run(command).expect_code(9);
        ran.stderr_has("`desk` (another instance on each side)");
        ran.stderr_has("`connectorctl lock resolve desk --ours`");
        assert_eq!(bench.read(LOCK), written);
    }
    let ran = bench.run(&["lock", "diff", LOCK]).expect_code(0);
    ran.stdout_has("desk\n  conflict: another instance on each side\n");
    let ran = bench
        .run(&["lock", "resolve", "none", "--ours"])
        .expect_code(8);
    ran.stderr_has("no conflict of `none`");
    let _ = bench
        .run(&["lock", "resolve", "desk", "--theirs"])
        .expect_code(0);
    assert_eq!(bench.lock()["instances"]["desk"]["id"], 2);
    assert_eq!(bench.lock()["instances"]["other"]["id"], 9);
    assert!(bench.lock().get("conflicts").is_none());
}

#[test]
fn damaged_and_foreign_input_leaves_the_file_as_it_was() {
    let bench = Bench::new();
    let good = write(&BTreeMap::from([(1, new("desk", "base"))]));
    let foreign = good.replace("\"acme\"", "\"other\"");
    for (theirs, said) in [
        ("{", "unexpected end of file"),
        ("", "unexpected end of file"),
        ("<<<<<<< a\n", "unresolved merge conflict"),
        (&foreign, "it belongs to inventory `other`"),
    ] {
        for (name, text) in [("base", ""), (LOCK, &good), ("theirs", theirs)] {
            std::fs::write(bench.path(name), text).expect("written");
        }
        let ran = bench
            .run(&["lock", "merge", "base", LOCK, "theirs"])
            .expect_code(9);
        ran.stderr_has(said);
        assert_eq!(bench.read(LOCK), good);
    }
}

#[test]
fn a_diff_shows_what_changed_and_no_secret() {
    let bench = Bench::new();
    let old = BTreeMap::from([
        (1, new("desk", "base")),
        (2, new("gone", "base")),
        (3, new("x", "base")),
    ]);
    let mut now = old.clone();
    now.remove(&2);
    now.insert(4, new("fresh", "base"));
    let desk = now.get_mut(&1).expect("there");
    desk.name = "Desk".to_owned();
    desk.seal.1 = "rekeyed".to_owned();
    now.get_mut(&3).expect("there").key = "y".to_owned();
    std::fs::write(bench.path("old"), write(&old)).expect("written");
    std::fs::write(bench.path("new"), write(&now).replace("of-3", "of-another")).expect("written");
    let ran = bench.run(&["lock", "diff", "old", "new"]).expect_code(0);
    assert_eq!(
        ran.stdout,
        "~ desk: name: desk -> Desk\n~ desk: token sealed again\n+ fresh: added, id 4, element jira\n\
         - gone: removed, id 2\n~ y: renamed from x\n~ y: token changed\n"
    );
    let ran = bench.run(&["lock", "diff", "new"]).expect_code(0);
    ran.stdout_has("desk\n  configuration value: 1\n");
    ran.stdout_has("  token: sealed\n");
    assert!(!ran.stdout.contains("of-1"), "{}", ran.stdout);
}
