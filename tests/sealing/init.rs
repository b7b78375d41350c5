//! `init` makes an identity outside the repository and puts its recipient into the manifest.

use crate::support::Bench;

#[test]
fn a_new_identity_is_private_and_its_recipient_is_declared() {
    let home = tempfile::tempdir().expect("a folder");
    let bench = Bench::new().with("HOME", &home.path().display().to_string());
    let ran = bench
        .run(&["init", "--connector", "jira", "--identity"])
        .expect_code(0);
    let path = home.path().join(".config/sops/age/keys.txt");
    #[cfg(target_os = "linux")]
    ran.stderr_has(&path.display().to_string());
    let identity = std::fs::read_to_string(&path).expect("an identity");
    let lines: Vec<&str> = identity.lines().collect();
    assert!(lines[0].starts_with("# created: "), "{}", lines[0]);
    let recipient = lines[1]
        .strip_prefix("# public key: ")
        .expect("a recipient");
    assert!(lines[2].starts_with("AGE-SECRET-KEY-1"));
    assert!(!ran.all().contains(lines[2]));
    let manifest = bench.read("instances.yaml");
    let block = format!("lock:\n  recipients:\n    - {recipient}\n");
    assert!(manifest.contains(&block), "{manifest}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| {
            std::fs::metadata(path).expect("there").permissions().mode() & 0o777
        };
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().expect("a folder")), 0o700);
    }

    // What it wrote opens what it seals, with nothing set but the home.
    let _ = bench.run(&["apply", "--sandbox", "--yes"]).expect_code(0);
    let lock = bench.read("instances.sandbox.lock.json");
    assert!(lock.contains("\"dataKeys\""), "{lock}");
    let ran = bench.run(&["token", "jira", "--sandbox"]).expect_code(0);
    assert!(ran.stdout.len() > 20 && !lock.contains(ran.stdout.trim_end()));

    // The next inventory uses the same identity.
    let again = ["init", "--connector", "jira", "--identity", "-f", "b.yaml"];
    let _ = bench.run(&again).expect_code(0);
    assert!(bench.read("b.yaml").contains(&block));
    assert_eq!(
        std::fs::read_to_string(&path).expect("an identity"),
        identity
    );
}

#[test]
fn an_identity_is_never_made_inside_the_repository() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path(".git")).expect("a folder");
    let arguments = ["init", "--connector", "jira", "--identity", "keys/age.txt"];
    let ran = bench.run(&arguments).expect_code(8);
    ran.stderr_has("is inside the repository");
    assert!(!bench.path("keys").exists() && !bench.path("instances.yaml").exists());
}

#[test]
fn a_recipient_can_be_given_and_is_checked() {
    let bench = Bench::new();
    let me = super::Person::new();
    let secret = me.identity.lines().last().expect("a line");
    let ran = bench
        .run(&["init", "--connector", "jira", "--recipient", secret])
        .expect_code(8);
    ran.stderr_has("this is an identity");
    assert!(!ran.all().contains(secret));
    let _ = bench
        .run(&["init", "--connector", "jira", "--recipient", &me.recipient])
        .expect_code(0);
    assert!(bench.read("instances.yaml").contains(&me.recipient));
}
