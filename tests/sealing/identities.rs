//! Where identities come from, who needs one, and what a manifest may say.

use super::{Person, bench, manifest, opened, token};
use crate::support::{Bench, Sandbox};

#[test]
fn every_source_of_an_identity_opens_a_token() {
    let sandbox = Sandbox::start(&[]);
    let me = Person::new();
    let mut bench = bench(&sandbox, &manifest(&[&me], &["a"]));
    let _ = bench.apply();
    let token = token(&sandbox, &bench, "a");
    bench.write("keys.txt", &me.identity);
    bench.write("config/sops/age/keys.txt", &me.identity);
    bench.write("home/.config/sops/age/keys.txt", &me.identity);
    let path = |name: &str| bench.path(name).display().to_string();
    let (file, config, home) = (path("keys.txt"), path("config"), path("home"));
    let (command, bare) = (format!("/bin/cat {file}"), me.identity.lines().last());
    let sources = [
        ("CONNECTORCTL_AGE_KEY", me.identity.as_str()),
        ("CONNECTORCTL_AGE_KEY", bare.expect("a line")),
        ("CONNECTORCTL_AGE_KEY_FILE", &file),
        ("CONNECTORCTL_AGE_KEY_CMD", &command),
        ("SOPS_AGE_KEY", &me.identity),
        ("SOPS_AGE_KEY_FILE", &file),
        #[cfg(target_os = "linux")]
        ("HOME", &home),
        ("XDG_CONFIG_HOME", &config),
    ];
    for (name, value) in sources {
        bench.set(name, value);
        let ran = bench.run(&["token", "a"]);
        assert_eq!(
            (ran.code, ran.stdout.trim_end()),
            (0, token.as_str()),
            "{name}"
        );
        bench.unset(name);
    }
    // Several at once: whichever opens it.
    let other = Person::new();
    bench.set("SOPS_AGE_KEY", &other.identity);
    assert_eq!(opened(&mut bench, &me, "a"), token);
}

#[test]
fn only_what_hands_out_tokens_asks_for_an_identity() {
    let sandbox = Sandbox::start(&[]);
    let me = Person::new();
    let bench = bench(&sandbox, &manifest(&[&me], &["a"]))
        // Asked for, it would fail.
        .with("CONNECTORCTL_AGE_KEY_CMD", "/nowhere/at-all");
    let _ = bench.apply();
    for command in [
        &["plan"][..],
        &["validate"],
        &["drift"],
        &["list"],
        &["show", "a"],
        &["lock", "verify"],
        &["lock", "encrypt"],
        &["apply", "--yes"],
    ] {
        let _ = bench.run(command).expect_code(0);
    }
    for command in [
        &["token", "a"][..],
        &["exec", "--", "env"],
        &["outputs", "--format", "json"],
        &["lock", "decrypt", "--yes"],
        &["lock", "rekey"],
    ] {
        bench
            .run(command)
            .expect_code(8)
            .stderr_has("CONNECTORCTL_AGE_KEY_CMD");
    }
}

#[test]
fn who_could_read_is_named_where_no_identity_is_set() {
    let sandbox = Sandbox::start(&[]);
    let (me, you) = (Person::new(), Person::new());
    let mut bench = bench(&sandbox, &manifest(&[&me, &you], &["a"]));
    let _ = bench.apply();
    let ran = bench.run(&["token", "a"]).expect_code(9);
    assert_eq!(ran.stdout, "");
    for part in [&me.recipient, &you.recipient, "`a`", "SOPS_AGE_KEY_FILE"] {
        ran.stderr_has(part);
    }
    bench.set("CONNECTORCTL_AGE_KEY", "AGE-SECRET-KEY-1OOPS");
    let ran = bench.run(&["token", "a"]).expect_code(8);
    assert!(!ran.all().contains("OOPS"), "{}", ran.all());
}

/// Only the data key of the wanted token is opened: a hardware key asks for each.
#[test]
fn the_data_key_of_another_token_is_left_alone() {
    let sandbox = Sandbox::start(&[]);
    let (me, you) = (Person::new(), Person::new());
    let mut bench = bench(&sandbox, &manifest(&[&me], &["a"]));
    let _ = bench.apply();
    bench.write("instances.yaml", &manifest(&[&you], &["a", "b"]));
    let _ = bench.apply();
    assert_eq!(opened(&mut bench, &me, "a"), token(&sandbox, &bench, "a"));
    assert_eq!(opened(&mut bench, &you, "b"), token(&sandbox, &bench, "b"));
    bench.set("CONNECTORCTL_AGE_KEY", &me.identity);
    let ran = bench.run(&["outputs", "--format", "json"]).expect_code(9);
    ran.stderr_has("`b`");
    let selected = ["outputs", "--format", "json", "--target", "a"];
    let _ = bench.run(&selected).expect_code(0);
}

#[test]
fn a_bad_recipient_has_a_place_and_an_identity_is_never_shown() {
    let me = Person::new();
    let secret = me.identity.lines().last().expect("a line");
    let text = manifest(&[&me], &["a"]);
    let bench = Bench::new().with_manifest(&text.replace(&me.recipient, secret));
    let ran = bench.run(&["validate"]).expect_code(8);
    ran.stderr_has("instances.yaml:5:7");
    ran.stderr_has("error[bad-recipient]: this is an identity, which is secret");
    assert!(!ran.all().contains(secret), "{}", ran.all());

    let twice = text.replace("instances:\n", "") + "instances: {}\n";
    let twice = twice.replace(
        &format!("    - {}\n", me.recipient),
        &format!("    - {0}\n    - {0}\n", me.recipient),
    );
    let head: String = twice
        .lines()
        .take(6)
        .map(|line| format!("{line}\n"))
        .collect();
    bench.write("instances.yaml", &(head + "instances: {}\n"));
    bench
        .run(&["validate"])
        .expect_code(0)
        .stderr_has("warning[duplicate-recipient]: this recipient is listed twice");
    let _ = bench.run(&["validate", "--strict"]).expect_code(8);

    bench.write(
        "instances.yaml",
        "version: 1\ninventory: a\nlock: { recipientsFile: team.txt }\ninstances: {}\n",
    );
    bench
        .run(&["validate"])
        .expect_code(8)
        .stderr_has("cannot read `team.txt`");
    bench.write(
        "team.txt",
        &format!("# the team\n\n  {}\nage1oops\n", me.recipient),
    );
    let ran = bench.run(&["validate"]).expect_code(8);
    ran.stderr_has("team.txt:4:1");
    bench.write(
        "team.txt",
        &format!("# {}", me.identity.replace('\n', "\n# ")),
    );
    let _ = bench.run(&["validate"]).expect_code(0);
    bench.write("team.txt", &me.identity);
    let ran = bench.run(&["validate"]).expect_code(8);
    assert!(!ran.all().contains(secret), "{}", ran.all());
}

#[test]
fn recipients_can_stand_in_a_file() {
    let sandbox = Sandbox::start(&[]);
    let (me, you) = (Person::new(), Person::new());
    let text = manifest(&[&me], &["a"]);
    let text = text.replace("instances:\n", "  recipientsFile: team.txt\ninstances:\n");
    let mut bench = bench(&sandbox, &text);
    bench.write("team.txt", &format!("# you\n{}\n", you.recipient));
    let _ = bench.apply();
    let token = token(&sandbox, &bench, "a");
    for reader in [&me, &you] {
        assert_eq!(opened(&mut bench, reader, "a"), token);
    }
}
