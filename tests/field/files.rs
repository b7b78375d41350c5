//! A body pasted with tabs, a byte order mark, a Git LFS pointer: files that are not quite what was
//! meant.

use connectorctl::diagnostic::Diagnostic;

use super::{loaded, problems, username, with_username};
use crate::support::Bench;

const HEAD: &str = "version: 1\ninventory: a\ninstances:\n  k:\n";
const BOM: &str = "\u{feff}";

fn all(text: &str) -> Vec<Diagnostic> {
    loaded(text)
        .diagnostics
        .sorted()
        .into_iter()
        .cloned()
        .collect()
}

const JSON: &str = r#"{
	"element": {
		"key": "freshdeskv2"
	},
	"configuration": {
		"subdomain": "a\tb",
		"username": "${env:X}",
		"event.metadata": "{\"a\": [1]}"
	},
	"tags": ["x"]
}"#;

#[test]
fn a_json_body_works_with_tabs_and_at_column_zero() {
    let spaces = JSON.replace('\t', "  ");
    for body in [JSON.to_owned(), spaces] {
        let windows = body.replace('\n', "\r\n");
        for text in [
            format!("{HEAD}{body}\n"),
            format!("{HEAD}    {body}\n"),
            format!("{HEAD}\t{body}\n"),
            format!("version: 1\ninventory: a\ninstances:\n  k: {body}\n"),
            format!("version: 1\ninventory: a\ninstances:\n  k: {body}\n  l: {body}\n"),
            format!("version: 1\ninventory: a\ninstances:\n  k:\n{body}\n  l:\n{body}\n"),
            format!("{HEAD}{windows}\r\n"),
            format!(
                "{{\n\t\"version\": 1,\n\t\"inventory\": \"a\",\n\t\"instances\": {{\n\t\t\"k\": {body}\n\t}}\n}}\n"
            ),
        ] {
            let loaded = loaded(&text);
            let said = format!("{text}\n{:?}", loaded.diagnostics);
            let desired = loaded.desired.unwrap_or_else(|| panic!("{said}"));
            let instance = desired.instances.into_values().next().expect("one");
            assert_eq!(instance.tags, Some(["x".to_owned()].into()));
            let subdomain = format!("{:?}", instance.configuration["subdomain"]);
            assert!(subdomain.contains("a\\tb"), "{subdomain}");
        }
    }
}

#[test]
fn places_in_a_pasted_body_are_those_of_the_file() {
    let body = JSON.replace("\"tags\"", "\"tgas\"");
    for text in [format!("{HEAD}{body}\n"), format!("{HEAD}    {body}\n")] {
        let found = problems(&text, "unknown-field");
        let place = found[0].place.as_ref().expect("a place");
        assert_eq!((place.line, place.column, place.length), (14, 2, 6));
    }
}

#[test]
fn a_yaml_body_with_tabs_or_at_column_zero_gets_a_hint() {
    let hint = |text: &str| {
        let all = all(text);
        let hints = all.iter().filter_map(|problem| problem.hint.clone());
        hints.collect::<Vec<_>>().join("\n")
    };
    let tabs = hint(&format!("{HEAD}\telement: jira\n"));
    assert!(tabs.contains("spaces") && tabs.contains("JSON"), "{tabs}");
    for member in [
        "element: jira",
        "element:\n  key: jira",
        "name: x",
        "configuration: {}",
    ] {
        let column_zero = hint(&format!("{HEAD}{member}\n"));
        assert!(
            column_zero.contains("indent it below the key"),
            "{column_zero}"
        );
    }
    // What is not JSON, though it looks like it.
    let trailing = hint(&format!("{HEAD}{{\n\t\"element\": \"jira\",\n}}\n"));
    assert!(trailing.contains("JSON"), "{trailing}");
}

#[test]
fn tabs_in_a_block_are_part_of_it() {
    let text = format!(
        "{HEAD}    element: private\n    configuration:\n      v: |\n        {{\n        \t\"a\": 1\n        }}\n"
    );
    let desired = loaded(&text).desired.expect("a manifest");
    let instance = desired.instances.into_values().next().expect("one");
    let value = format!("{:?}", instance.configuration["v"]);
    assert!(value.contains("{\\n\\t\\\"a\\\": 1\\n}"), "{value}");
    // A file that is broken elsewhere keeps it, too.
    let broken = format!("{text}  l: {{\n\t\"element\": \"jira\"\n}}\n");
    let desired = loaded(&broken).desired.expect("a manifest");
    let instance = &desired.instances.values().next().expect("one");
    assert_eq!(format!("{:?}", instance.configuration["v"]), value);
}

#[test]
fn a_byte_order_mark_is_accepted_in_every_file() {
    let bench = Bench::new().with_manifest(&format!("{BOM}{}", with_username("${file:key}")));
    bench.write("key", &format!("{BOM}secret\n"));
    bench.write("user", &format!("{BOM}user-secret\n"));
    let _ = bench.run(&["apply", "--sandbox", "--yes"]).expect_code(0);
    let lock = "instances.sandbox.lock.json";
    let text = bench.read(lock);
    bench.write(lock, &format!("{BOM}{text}"));
    let state = ".connectorctl/a.sandbox.json";
    let text = bench.read(state);
    bench.write(state, &format!("{BOM}{text}"));
    let ran = bench
        .run(&["plan", "--sandbox", "--detailed-exitcode"])
        .expect_code(0);
    assert!(
        ran.stdout.contains("No changes. 1 unchanged."),
        "{}",
        ran.stdout
    );
    let path = bench.path("key");
    let yaml = format!("${{file:{}}}", path.display());
    assert_eq!(username(&yaml, &[]), Ok("secret".to_owned()));
    let json = format!("{BOM}{{\"version\": 1, \"inventory\": \"a\"}}");
    assert!(all(&json).is_empty());
}

/// What a file is instead, how it starts, and what to do.
const OTHERS: [(&str, &[u8], &str); 9] = [
    (
        "Git LFS pointer",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n",
        "git lfs pull",
    ),
    ("git-crypt", b"\0GITCRYPT\0\x12\x34\xff\xfe", "git-crypt unlock"),
    (
        "SOPS",
        b"version: 1\ninventory: ENC[AES256_GCM,data:Tr7o=,iv:1=,tag:k=,type:str]\nsops:\n    mac: ENC[AES256_GCM,data:x=,iv:y=,tag:z=,type:str]\n    version: 3.9.0\n",
        "sops -d",
    ),
    (
        "SOPS",
        b"{\n\t\"version\": \"ENC[AES256_GCM,data:0=,iv:y=,tag:z=,type:int]\",\n\t\"sops\": {\"mac\": \"ENC[AES256_GCM,data:x=,iv:y=,tag:z=,type:str]\"}\n}\n",
        "sops -d",
    ),
    ("Ansible Vault", b"$ANSIBLE_VAULT;1.1;AES256\n6162636465\n", "ansible-vault"),
    ("age", b"age-encryption.org/v1\n-> X25519 abc\n", "age -d"),
    ("age", b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n", "age -d"),
    ("PGP", b"-----BEGIN PGP MESSAGE-----\n\nhQEM\n", "gpg -d"),
    (
        "merge conflict",
        b"version: 1\n<<<<<<< HEAD\ninventory: a\n=======\ninventory: b\n>>>>>>> theirs\n",
        "keep one side",
    ),
];

#[test]
fn another_kind_of_file_is_named_for_what_it_is() {
    for (what, bytes, remedy) in OTHERS {
        let bench = Bench::new();
        std::fs::write(bench.path("instances.yaml"), bytes).expect("written");
        let ran = bench.run(&["validate"]).expect_code(8);
        assert!(ran.stderr.contains(what), "{what}: {}", ran.stderr);
        assert!(ran.stderr.contains(remedy), "{what}: {}", ran.stderr);
        assert!(ran.stderr.contains("1 error\n"), "{what}: {}", ran.stderr);
    }
    let bench = Bench::new().with_manifest("version: 1\ninventory: a\n# <<<<<<< no\n");
    let _ = bench.run(&["validate"]).expect_code(0);
}

/// An unresolved pointer was sent as the credential.
#[test]
fn a_secret_is_no_such_file_either() {
    let folder = tempfile::tempdir().expect("a folder");
    for (what, bytes, _) in OTHERS {
        let path = folder.path().join("secret");
        std::fs::write(&path, bytes).expect("written");
        let yaml = format!("${{file:{}:-fallback}}", path.display());
        let error = username(&yaml, &[]).expect_err(what);
        assert!(error.contains(what), "{what}: {error}");
    }
}

#[test]
fn a_lock_file_is_named_too() {
    for (what, bytes, remedy) in OTHERS.iter().filter(|(what, ..)| *what != "merge conflict") {
        let bench = Bench::new().with_manifest("version: 1\ninventory: a\n");
        std::fs::write(bench.path("instances.lock.json"), bytes).expect("written");
        let ran = bench.run(&["plan", "--offline"]).expect_code(9);
        assert!(ran.stderr.contains(what), "{what}: {}", ran.stderr);
        assert!(ran.stderr.contains(remedy), "{what}: {}", ran.stderr);
    }
}
