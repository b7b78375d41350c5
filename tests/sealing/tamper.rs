//! What was changed in a lock file, and does not open: exit 9, and the key is named.

use serde_json::{Value, json};

use super::{Person, bench, change_lock, manifest};
use crate::support::Sandbox;

/// What somebody does to the lock file, given another one.
type Change = fn(&mut Value, &Value);

const CHANGES: [(&str, Change); 14] = [
    ("swapped between entries", |lock, _| {
        let (a, b) = (at(lock, "a")["token"].take(), at(lock, "b")["token"].take());
        at(lock, "a")["token"] = b;
        at(lock, "b")["token"] = a;
    }),
    ("truncated", |lock, _| {
        let sealed = &mut at(lock, "a")["token"]["sealed"];
        let text = sealed.as_str().expect("a text").to_owned();
        *sealed = text[..text.len() - 8].into();
    }),
    ("empty", |lock, _| {
        at(lock, "a")["token"]["sealed"] = "".into()
    }),
    ("altered", |lock, _| {
        let sealed = &mut at(lock, "a")["token"]["sealed"];
        let text = sealed.as_str().expect("a text").to_owned();
        let other = if text.starts_with('A') { "B" } else { "A" };
        *sealed = format!("{other}{}", &text[1..]).into();
    }),
    ("not base64", |lock, _| {
        at(lock, "a")["token"]["sealed"] = "§".into()
    }),
    ("from another file", |lock, other| {
        at(lock, "a")["token"] = other["instances"]["a"]["token"].clone();
        let keys = other["dataKeys"].as_object().expect("data keys").clone();
        lock["dataKeys"]
            .as_object_mut()
            .expect("data keys")
            .extend(keys);
    }),
    ("replayed into another key", |lock, _| {
        at(lock, "a")["token"] = at(lock, "b")["token"].clone();
    }),
    ("another id", |lock, _| at(lock, "a")["id"] = 987_654.into()),
    ("another data key", |lock, other| {
        let keys = other["dataKeys"].as_object().expect("data keys").clone();
        let name = keys.keys().next().expect("a data key").clone();
        lock["dataKeys"]
            .as_object_mut()
            .expect("data keys")
            .extend(keys);
        at(lock, "a")["token"]["dataKey"] = name.into();
    }),
    ("a missing data key", |lock, _| {
        at(lock, "a")["token"]["dataKey"] = "0000000000000000".into();
    }),
    ("the wraps of another file", |lock, other| {
        let foreign = other["dataKeys"].as_object().expect("data keys");
        let foreign = foreign.values().next().expect("a data key").clone();
        for key in lock["dataKeys"]
            .as_object_mut()
            .expect("data keys")
            .values_mut()
        {
            *key = foreign.clone();
        }
    }),
    ("a wrap that is cut", |lock, _| {
        for key in lock["dataKeys"]
            .as_object_mut()
            .expect("data keys")
            .values_mut()
        {
            let text = key["wrap"].as_str().expect("a text").to_owned();
            key["wrap"] = text[..text.len() / 2].into();
        }
    }),
    ("another fingerprint", |lock, _| {
        at(lock, "a")["token"]["fingerprint"] = at(lock, "b")["token"]["fingerprint"].clone();
    }),
    ("a copy that says where it came from", |lock, _| {
        let mut copy = at(lock, "b").clone();
        copy["token"]["sealedAs"] = json!({ "inventory": "acme", "key": "b" });
        *at(lock, "a") = copy;
    }),
];

fn at<'l>(lock: &'l mut Value, key: &str) -> &'l mut Value {
    &mut lock["instances"][key]
}

#[test]
fn nothing_that_was_changed_opens() {
    let sandbox = Sandbox::start(&[]);
    let me = Person::new();
    let text = manifest(&[&me], &["a", "b"]);
    let first = bench(&sandbox, &text).with("CONNECTORCTL_AGE_KEY", &me.identity);
    let _ = first.apply();
    let other_sandbox = Sandbox::start(&[]);
    // Another inventory with the same keys and ids.
    let second = bench(
        &other_sandbox,
        &text.replace("inventory: acme", "inventory: other"),
    );
    let _ = second.apply();
    let (whole, other) = (first.read("instances.lock.json"), second.lock());
    for (what, change) in CHANGES {
        change_lock(&first, |lock| change(lock, &other));
        for command in [&["token", "a"][..], &["outputs", "--format", "json"]] {
            let ran = first.run(command);
            assert_eq!(ran.code, 9, "{what}: {command:?}\n{}", ran.all());
            assert!(
                ran.stderr.contains("`a`"),
                "{what}: {command:?}\n{}",
                ran.all()
            );
            assert_eq!(ran.stdout, "", "{what}: {command:?}");
        }
        let changed = first.read("instances.lock.json");
        let ran = first.run(&["lock", "rekey"]);
        assert_eq!(ran.code, 9, "{what}: rekey\n{}", ran.all());
        assert_eq!(first.read("instances.lock.json"), changed, "{what}");
        first.write("instances.lock.json", &whole);
        let _ = first.run(&["token", "a"]).expect_code(0);
    }
}

#[test]
fn keys_and_inventory_that_were_edited_by_hand_do_not_open() {
    let sandbox = Sandbox::start(&[]);
    let me = Person::new();
    let bench =
        bench(&sandbox, &manifest(&[&me], &["a"])).with("CONNECTORCTL_AGE_KEY", &me.identity);
    let _ = bench.apply();
    let whole = bench.read("instances.lock.json");
    bench.write(
        "instances.lock.json",
        &whole.replace("\"a\": {", "\"c\": {"),
    );
    let ran = bench.run(&["token", "c"]).expect_code(9);
    ran.stderr_has("the token of `c` cannot be decrypted");
    let edited = whole.replace("\"inventory\": \"acme\"", "\"inventory\": \"other\"");
    bench.write("instances.lock.json", &edited);
    let ran = bench.run(&["token", "a"]).expect_code(9);
    ran.stderr_has("the token of `a` cannot be decrypted");
}
