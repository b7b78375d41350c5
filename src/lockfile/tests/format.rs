//! The format of the lock file: canonical and strict, and errors that show no value.

use boon::{Compiler, SchemaIndex, Schemas};
use proptest::prelude::*;

use super::random::lock;
use super::*;

#[test]
fn the_documented_format_is_written_and_read() {
    let bytes = to_bytes(&whole());
    assert_eq!(String::from_utf8(bytes.clone()).expect("UTF-8"), GOLDEN);
    assert_eq!(parse(Path::new("x"), &bytes).expect("a lock"), whole());
}

#[test]
fn unknown_members_are_left_out() {
    let bytes = to_bytes(&Lock::empty(inventory()));
    let text = String::from_utf8(bytes.clone()).expect("UTF-8");
    insta::assert_snapshot!(text, @r#"
    {
      "version": 2,
      "inventory": "acme-support",
      "instances": {}
    }
    "#);
    assert_eq!(
        parse(Path::new("x"), &bytes).expect("a lock"),
        Lock::empty(inventory())
    );
    let mut unverified = whole();
    let entry = unverified
        .instances
        .get_mut(&key("freshdesk-support"))
        .expect("the entry");
    entry.secrets.insert("username".to_owned(), None);
    entry.tags = None;
    let text = String::from_utf8(to_bytes(&unverified)).expect("UTF-8");
    assert!(text.contains("\"username\": null"), "{text}");
    assert!(!text.contains("\"tags\""), "{text}");
    assert_eq!(
        parse(Path::new("x"), text.as_bytes()).expect("a lock"),
        unverified
    );
}

/// It did not name the key of a fingerprint, and had a fingerprint of a known text instead.
#[test]
fn version_1_is_read_and_written_as_version_2() {
    let read = parse(Path::new("x"), GOLDEN_V1.as_bytes()).expect("a lock");
    let entry = &read.instances[&key("freshdesk-support")];
    let fingerprint = entry.secrets["username"].as_ref().expect("verified");
    assert_eq!(fingerprint.key, KeyId::default());
    let check = read.header.check.as_ref().map(|it| &it.check.salt[..]);
    assert_eq!(check, Some("check"));
    let written = String::from_utf8(to_bytes(&read)).expect("UTF-8");
    assert_eq!(written, GOLDEN.replace("0123456789abcdef", "unknown"));
}

/// The platform did not show the token. Earlier versions wrote an empty text for that.
#[test]
fn an_unknown_token_is_left_out() {
    let mut lock = whole();
    let entry = lock.instances.values_mut().next().expect("the entry");
    entry.token = None;
    let text = String::from_utf8(to_bytes(&lock)).expect("UTF-8");
    assert!(!text.contains("token"), "{text}");
    let older = GOLDEN.replace("invented-token-12345", "");
    for text in [text, older] {
        let read = parse(Path::new("x"), text.as_bytes()).expect("a lock");
        assert_eq!(read, lock);
    }
}

fn error_of(text: &str) -> LockError {
    match parse(Path::new("x.lock.json"), text.as_bytes()) {
        Ok(_) => panic!("read as a lock file: {text}"),
        Err(error) => error,
    }
}

#[test]
fn every_kind_of_damage_names_its_position() {
    let cases = [
        ("", ":1:1: ", "unexpected end of file"),
        ("{", ":1:1: ", "unexpected end of file"),
        ("not json", ":1:2: ", "not valid JSON"),
        ("[]", ":1:2: ", "expected an object"),
        ("null", ":1:4: ", "expected an object"),
        ("{\"version\": 2}", ":1:14: ", "missing field `inventory`"),
        (
            &GOLDEN.replace("\"id\": 12345", "\"id\": \"canary\""),
            ":16:20: ",
            "expected a number",
        ),
        (
            &GOLDEN.replace("\"name\": \"Freshdesk Support\"", "\"tags\": \"canary\""),
            ":22:22: ",
            "expected a list",
        ),
        (
            &GOLDEN.replace("\"keep\"", "\"canary\""),
            ":43:28: ",
            "expected `keep` or `delete`",
        ),
        (
            &GOLDEN.replace("\"freshdesk-support\"", "\"fresh desk\""),
            ":15:16: ",
            "an instance key may only contain",
        ),
        (
            &GOLDEN.replace("\"version\": 2", "\"version\": 0"),
            ":2:14: ",
            "unknown format version 0",
        ),
    ];
    for (text, place, expected) in cases {
        let error = error_of(text);
        let shown = error.to_string();
        assert!(
            shown.contains(expected) && shown.contains(place),
            "{expected}: {shown}"
        );
        assert!(!shown.contains("canary"), "{shown}");
        assert!(error.hint().is_some());
    }
}

#[test]
fn an_unresolved_merge_is_named_as_such() {
    for marker in ["<<<<<<< ours", "||||||| base", "=======", ">>>>>>> theirs"] {
        let broken = GOLDEN.replacen("    \"fresh", &format!("{marker}\r\n    \"fresh"), 1);
        let error = error_of(&broken);
        assert_eq!(
            error.to_string(),
            "x.lock.json:15:1: lock file is damaged: unresolved merge conflict"
        );
        assert!(error.hint().expect("a hint").contains("both sides"));
    }
}

#[test]
fn a_newer_version_names_both_versions() {
    let newer = GOLDEN.replace("\"version\": 2", "\"version\": 7, \"leases\": []");
    assert_eq!(
        error_of(&newer).to_string(),
        "`x.lock.json` has format version 7, but this version of connectorctl reads up to version 2"
    );
}

/// The next write would drop it.
#[test]
fn an_unknown_member_is_an_error_everywhere() {
    let mut places = 0;
    for (start, _) in GOLDEN.match_indices('{') {
        // The members of these are the user's names.
        let before = &GOLDEN[..start];
        if ["\"instances\": ", "\"configuration\": ", "\"secrets\": "]
            .iter()
            .any(|name| before.ends_with(name))
        {
            continue;
        }
        places += 1;
        let text = format!("{before}{{\"\u{7}later\": 1, {}", &GOLDEN[start + 1..]);
        let text = text.replace('\u{7}', "\\u0007");
        let shown = error_of(&text).to_string();
        assert!(
            shown.contains(
                "unknown field `\u{fffd}later`, which this version of connectorctl does not write"
            ),
            "{shown}"
        );
    }
    // File, api, user, instance, element, username, lifecycle.
    assert_eq!(places, 7);
}

#[test]
fn a_duplicate_key_is_an_error_everywhere() {
    let mut places = 0;
    for line in GOLDEN.lines().filter(|line| line.contains("\": ")) {
        let name = line.split('"').nth(1).expect("a name");
        let value = if line.ends_with('{') || line.ends_with('[') {
            // Up to the closing bracket.
            let indent = &line[..line.find('"').expect("a name")];
            let start = GOLDEN.find(line).expect("the line");
            let close = if line.ends_with('{') { '}' } else { ']' };
            let end = GOLDEN[start..]
                .find(&format!("\n{indent}{close}"))
                .expect("the end");
            GOLDEN[start..start + end + 2 + indent.len()].to_owned()
        } else {
            line.trim_end_matches(',').to_owned()
        };
        places += 1;
        let text = GOLDEN.replacen(&value, &format!("{value},\n{value}"), 1);
        let shown = error_of(&text).to_string();
        assert!(
            shown.contains(&format!("`{name}`")) && shown.contains("duplicate"),
            "{name}: {shown}"
        );
    }
    assert_eq!(places, 34);
}

/// Checks the bytes of a lock file against the schema of the documentation.
fn assert_documented(bytes: &[u8]) {
    thread_local! {
        static SCHEMA: (Schemas, SchemaIndex) = {
            let text = include_str!("../../../docs/lockfile.schema.json");
            let schema = serde_json::from_str(text).expect("JSON");
            let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
            compiler.add_resource("lock.json", schema).expect("a resource");
            let index = compiler.compile("lock.json", &mut schemas).expect("a schema");
            (schemas, index)
        };
    }
    let lock = serde_json::from_slice(bytes).expect("JSON");
    SCHEMA.with(|(schemas, index)| {
        if let Err(error) = schemas.validate(&lock, *index) {
            panic!("{error:#}");
        }
    });
}

#[test]
fn the_golden_lock_file_is_as_documented() {
    assert_documented(GOLDEN.as_bytes());
}

#[test]
#[should_panic(expected = "version")]
fn version_1_is_not_what_is_documented() {
    assert_documented(GOLDEN_V1.as_bytes());
}

proptest! {
    #[test]
    fn a_written_lock_is_as_documented(lock in lock()) {
        assert_documented(&to_bytes(&lock));
    }

    #[test]
    fn a_written_lock_is_read_back_and_written_the_same(lock in lock()) {
        let bytes = to_bytes(&lock);
        let read = parse(Path::new("x"), &bytes).expect("a lock");
        prop_assert_eq!(&read, &lock);
        prop_assert_eq!(to_bytes(&read), bytes);
    }

    #[test]
    fn arbitrary_bytes_cause_no_panic(bytes: Vec<u8>) {
        let _ = parse(Path::new("x"), &bytes);
        let _ = super::super::journal::read(Path::new("x"), &bytes);
    }

    #[test]
    fn a_truncated_lock_file_is_always_an_error(at in 0..GOLDEN.len() - 2) {
        prop_assert!(parse(Path::new("x"), &GOLDEN.as_bytes()[..at]).is_err());
    }

    /// The error for a damaged file shows no token.
    #[test]
    fn a_changed_byte_shows_no_token(at in 0..GOLDEN.len(), byte: u8) {
        let mut bytes = GOLDEN.as_bytes().to_vec();
        bytes[at] = byte;
        if let Err(error) = parse(Path::new("x"), &bytes) {
            prop_assert!(!error.to_string().contains("invented-token"), "{}", error);
        }
    }
}
