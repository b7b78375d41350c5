//! No known secret in any form is left in a text, and ordinary messages stay as they are.

use proptest::prelude::*;

use super::*;

fn redactor(add: impl FnOnce(&mut Known)) -> Redactor {
    let known = Arc::new(KnownSecrets::default());
    known.learn(add);
    Redactor::new(known)
}

fn shown(redactor: &Redactor, text: &str) -> String {
    redactor.sanitize(&PlatformText::new(text))
}

/// A text in every form of the table, each made here and not by the code under test.
fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let json = serde_json::to_string(secret).expect("JSON");
    let inner = &json[1..json.len() - 1];
    let units = secret.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
    let percent = |case: fn(u8) -> String| secret.bytes().map(case).collect::<String>();
    let html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;");
    let mut forms = vec![
        ("raw", secret.to_owned()),
        ("upper case", secret.to_uppercase()),
        ("lower case", secret.to_lowercase()),
        ("JSON", inner.to_owned()),
        ("JSON with slashes", inner.replace('/', "\\/")),
        ("JSON in JSON", serde_json::to_string(&json).expect("JSON")),
        ("JSON units", units.collect()),
        ("URL", percent(|byte| format!("%{byte:02X}"))),
        ("URL, lower case", percent(|byte| format!("%{byte:02x}"))),
        (
            "form",
            url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        ),
        ("HTML", html),
        (
            "HTML numbers",
            secret
                .chars()
                .map(|c| format!("&#x{:X};", u32::from(c)))
                .collect(),
        ),
        ("hexadecimal", percent(|byte| format!("{byte:02X}"))),
    ];
    for before in ["", "u", "u:", "us:"] {
        let text = format!("{before}{secret}");
        let standard = base64::engine::general_purpose::STANDARD.encode(&text);
        let wrapped: Vec<&str> = standard
            .split_inclusive(|c: char| c.is_ascii_digit())
            .collect();
        forms.push(("base64 in lines", wrapped.join("\r\n")));
        forms.push((
            "base64 in a URL",
            standard.replace('+', "%2B").replace('/', "%2f"),
        ));
        forms.push(("base64", standard));
        let text = format!("{text}:more");
        let url_safe = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        forms.push(("URL-safe base64", url_safe));
    }
    forms
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_known_secret_is_left_in_any_form(
        secret in "[a-zA-Z0-9/+=&<>\"'%\\\\ äß€😀.-]{8,40}",
        before in "[ -~]{0,12}",
        after in "[ -~]{0,12}",
    ) {
        let secret = secret.trim();
        prop_assume!(secret.chars().count() >= MIN_ANYWHERE);
        let redactor = redactor(|known| known.add(secret));
        for (form, encoded) in forms(secret) {
            // A neighbour that belongs to an escape makes another text of it.
            let text = format!("{before} {encoded} {after}");
            let left = shown(&redactor, &text);
            prop_assert!(!left.contains(&*encoded), "{form}: {text:?} -> {left:?}");
            let Found::At(found) = redactor.0.look(|known| find(known, &left)) else {
                return Err(TestCaseError::fail("a short secret"));
            };
            prop_assert!(left == WITHHELD || found.is_empty(), "{form}: {left:?}");
        }
    }
}

/// Messages of docs/platform.md, and of vendors as the field notes have them.
const ORDINARY: [&str; 16] = [
    "No account found with ID 123456",
    "No instances found",
    "No connector instances found.",
    "Invalid Organization or User secret, or invalid Element token provided.",
    "No active subscription found",
    "The required configuration key 'password' is missing",
    "Missing required properties: subdomain, username, password",
    "Request failed: invalid JSON at line 1, column 5",
    "You do not have the ROLE_ADMIN privilege",
    "Instance 12345 does not exist",
    "An internal error occurred. Please contact support with request id 5b0437c6e4b07731ae39b533",
    "Rate limit exceeded; retry after 30 seconds",
    "text/html",
    "application/json",
    "api.openconnectors.us2.ext.hana.ondemand.com",
    "Authentication failed: invalid_grant, the access token has expired",
];

/// At least so many messages are quoted in the document; fewer means that they are no longer found.
const QUOTED: usize = 10;

#[test]
fn ordinary_messages_stay_as_they_are() {
    let redactor = redactor(|known| {
        for secret in [
            "true",
            "acme",
            "12345678-abc",
            "aW52ZW50ZWQtdG9rZW4=",
            "invalid-secret",
        ] {
            known.add(secret);
        }
        known.add_clear("acme");
        known.add_name("password");
        known.add_name("username");
        known.add_recognizer(Box::new(|word| word == "recorded-value"));
    });
    for message in ORDINARY {
        assert_eq!(shown(&redactor, message), message);
    }
    // Every message, body and header that the document quotes, but for the header that is a secret.
    let lines = include_str!("../../../docs/platform.md").lines();
    let quoted = lines.flat_map(|line| line.split('`').skip(1).step_by(2));
    let quoted = quoted.filter(|text| text.matches(' ').count() >= 2);
    let mut seen = 0;
    for message in quoted.filter(|text| !text.contains("<user secret>")) {
        assert_eq!(shown(&redactor, message), message);
        seen += 1;
    }
    assert!(seen > QUOTED, "{seen} messages");
    assert_eq!(shown(&redactor, "acme: true"), "acme: true", "clear words");
}

#[test]
fn a_short_secret_counts_only_as_a_word() {
    let redactor = redactor(|known| ["pin7", "abc"].into_iter().for_each(|it| known.add(it)));
    assert_eq!(shown(&redactor, "spin77 abc"), "spin77 abc");
    for text in ["the PIN7.", "pin=pin7", "%70in7", "\"pin\\u0037\""] {
        assert_eq!(shown(&redactor, text), WITHHELD, "{text}");
    }
}

#[test]
fn what_stands_after_the_name_of_a_secret_key_is_hidden() {
    let redactor = redactor(|known| known.add_name("username"));
    for (text, safe) in [
        ("username=old-value, a=b", "username=(secret), a=b"),
        (
            "{\"username\": \"old \\\"value\", \"a\": 1}",
            "{\"username\": \"(secret)\"value\", \"a\": 1}",
        ),
        (
            "{\\\"password\\\":\\\"old\\\",\\\"a\\\":1}",
            "{\\\"password\\\":\\\"(secret)\\\",\\\"a\\\":1}",
        ),
        (
            "the password 'old value' is wrong",
            "the password '(secret)' is wrong",
        ),
        (
            "Authorization: User abc, Organization def",
            "Authorization: (secret)",
        ),
        ("X-Api-Key: abc", "X-Api-Key: (secret)"),
        ("token.url=https://host", "token.url=https://host"),
        ("the password is missing", "the password is missing"),
    ] {
        let left = shown(&redactor, text);
        assert!(
            !left.contains("old") && !left.contains("abc"),
            "{text} -> {left}"
        );
        if !text.contains('\\') {
            assert_eq!(left, safe);
        }
    }
}

#[test]
fn a_word_with_a_recorded_fingerprint_is_hidden() {
    let redactor = redactor(|known| {
        let values = ["old-value", "two words", "pin8", "a,b=c;d/e=", "acme"];
        known.add_recognizer(Box::new(move |word| values.contains(&word)));
        known.add_clear("acme");
    });
    for (text, safe) in [
        ("stored: old-value.", "stored: (secret)."),
        ("stored 'two words'", "stored '(secret)'"),
        ("[old-value,x]", "[(secret),x]"),
        ("stored%3A%20old-value", "stored%3A%20(secret)"),
        ("is a,b=c;d/e= here", "is (secret) here"),
        ("pin8", WITHHELD),
        ("acme", "acme"),
        ("old-values", "old-values"),
    ] {
        assert_eq!(shown(&redactor, text), safe);
    }
}

#[test]
fn what_is_left_of_two_secrets_is_no_third_one() {
    let redactor = redactor(|known| {
        known.add("abcdefgh");
        known.add("1234(secret)5678");
    });
    assert_eq!(shown(&redactor, "1234abcdefgh5678"), WITHHELD);
}

#[test]
fn the_lines_of_a_private_key_are_secrets() {
    let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----";
    let redactor = redactor(|known| known.add(key));
    assert_eq!(
        shown(&redactor, "in line MIIEvQIBADANBg"),
        "in line (secret)"
    );
    assert_eq!(
        shown(&redactor, "-----BEGIN PRIVATE KEY-----"),
        "-----BEGIN PRIVATE KEY-----"
    );
}

#[test]
fn a_text_is_cut_and_has_no_controls() {
    let redactor = Redactor::default();
    assert_eq!(shown(&redactor, "a\nb\u{1b}"), "a b ");
    assert_eq!(shown(&redactor, &"a".repeat(501)).chars().count(), 501);
    assert_eq!(shown(&redactor, &"a".repeat(MAX_SEARCHED + 1)), TOO_LONG);
}
