//! An empty secret was sent by accident: an empty file or a command without output gave `""`, and an
//! empty variable was said to be not set.

use super::username;

const EMPTY: &[(&str, &str)] = &[("EMPTY", ""), ("BLANK", " \n"), ("SET", "value")];

/// A file with this content, as a reference to it; lives as long as the folder.
fn file(folder: &tempfile::TempDir, content: &[u8]) -> String {
    let path = folder.path().join("secret");
    std::fs::write(&path, content).expect("written");
    path.display().to_string()
}

#[test]
fn an_empty_source_is_an_error_that_says_empty() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut sources = vec![
        "env:EMPTY".to_owned(),
        "env:BLANK".to_owned(),
        "exec:true".to_owned(),
        "exec:echo".to_owned(),
    ];
    for (name, content) in [
        ("a", ""),
        ("b", "\n"),
        ("c", " \t\r\n\n"),
        ("d", "\u{feff}"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("written");
        sources.push(format!("file:{}", path.display()));
    }
    for source in sources {
        for yaml in [format!("${{{source}}}"), format!("pre-${{{source}}}")] {
            let error = username(&yaml, EMPTY).expect_err(&yaml);
            assert!(
                error.contains("is empty") && !error.contains("not set"),
                "{yaml}: {error}"
            );
        }
        // The default counts, and may be empty where that is written.
        let with_default = format!("${{{source}:-fallback}}");
        assert_eq!(username(&with_default, EMPTY), Ok("fallback".to_owned()));
        let with_reference = format!("${{{source}:-${{env:SET}}}}");
        assert_eq!(username(&with_reference, EMPTY), Ok("value".to_owned()));
        let empty_default = format!("\"${{{source}:-}}\"");
        assert_eq!(username(&empty_default, EMPTY), Ok(String::new()));
    }
}

#[test]
fn an_empty_string_is_sent_where_it_is_written() {
    for yaml in ["\"\"", "''", "!!str"] {
        assert_eq!(username(yaml, EMPTY), Ok(String::new()), "{yaml}");
    }
    for yaml in ["", "~", "null"] {
        let error = username(yaml, EMPTY).expect_err(yaml);
        assert!(error.contains("has no value"), "{yaml}: {error}");
    }
}

#[test]
fn what_is_missing_is_not_called_empty() {
    let error = username("${env:UNSET}", EMPTY).expect_err("unset");
    assert!(error.contains("variable `UNSET` is not set"), "{error}");
    let error = username("${file:/nowhere/at/all}", EMPTY).expect_err("no file");
    assert!(
        error.contains("`/nowhere/at/all` does not exist"),
        "{error}"
    );
}

/// A source that cannot be read is not missing: its default would hide that.
#[test]
fn a_default_does_not_hide_a_broken_source() {
    let folder = tempfile::tempdir().expect("a folder");
    let latin = file(&folder, b"caf\xe9");
    let large = folder.path().join("large");
    let big = std::fs::File::create(&large).expect("a file");
    big.set_len(2 * 1024 * 1024).expect("large");
    for (source, said) in [
        (format!("file:{latin}"), "not valid UTF-8"),
        (format!("file:{}", large.display()), "is larger than"),
        (
            format!("file:{}", folder.path().display()),
            "cannot be read",
        ),
        ("exec:false".to_owned(), "failed"),
        ("exec:no-such-program-here".to_owned(), "cannot run command"),
    ] {
        let yaml = format!("${{{source}:-fallback}}");
        let error = username(&yaml, EMPTY).expect_err(&yaml);
        assert!(error.contains(said), "{yaml}: {error}");
    }
}
