//! Two manifests in one folder: whose lock file is it?

use crate::support::Bench;

fn manifest(inventory: &str) -> String {
    format!(
        "version: 1\ninventory: {inventory}\ninstances:\n  {inventory}-key:\n    element: freshdeskv2\n    configuration:\n      subdomain: acme\n      username: ${{env:KEY}}\n"
    )
}

fn bench(files: &[(&str, &str)]) -> Bench {
    let bench = Bench::new().with("KEY", "invented-key");
    for (name, inventory) in files {
        bench.write(name, &manifest(inventory));
    }
    bench
}

fn apply(bench: &Bench, arguments: &[&str], code: i32) -> String {
    let all = [&["apply", "--sandbox", "--yes"], arguments].concat();
    bench.run(&all).expect_code(code).stderr
}

#[test]
fn the_same_name_with_another_ending_is_an_error() {
    for (first, second) in [
        ("a.yaml", "a.yml"),
        ("a.yml", "a.json"),
        ("a.json", "a.yaml"),
    ] {
        // The same inventory too: the second file would see the first one's instances as left over.
        let bench = bench(&[(first, "one"), (second, "one")]);
        for verb in [
            &["plan", "--sandbox"][..],
            &["apply", "--sandbox", "--yes"],
            &["lock", "verify", "--sandbox"],
        ] {
            let ran = bench.run(&[verb, &["-f", first]].concat()).expect_code(8);
            for words in [first, second, "a.sandbox.lock.json", "`--lock`"] {
                ran.stderr_has(words);
            }
        }
        assert!(!bench.path("a.sandbox.lock.json").exists());
        // A lock file of its own, both as one inventory, and a check of the text alone are fine.
        let _ = apply(&bench, &["-f", first, "--lock", "own.json"], 0);
        let _ = bench.run(&["validate", "-f", first]).expect_code(0);
    }
    let parts = bench(&[("a.yaml", "one"), ("a.yml", "two")]);
    parts.write("a.yml", "version: 1\ninventory: one\ninstances:\n  b:\n    element: freshdeskv2\n    configuration: { subdomain: b, username: \"${env:KEY}\" }\n");
    let _ = apply(&parts, &["-f", "a.yaml", "-f", "a.yml"], 0);
}

#[test]
fn what_is_no_manifest_is_no_rival() {
    let bench = bench(&[("a.yaml", "one")]);
    bench.write("a.json", "{\"steps\": []}");
    bench.write("a.yml", "services:\n  inventory-service: {}\n");
    bench.write("a.txt", &manifest("two"));
    bench.write("b.yaml", &manifest("two"));
    bench.write("a.yaml.bak", &manifest("two"));
    std::fs::create_dir(bench.path("a.d.yaml")).expect("a folder");
    let _ = apply(&bench, &["-f", "a.yaml"], 0);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_stay_apart() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let bench = bench(&[]);
    for (byte, inventory) in [(0xfe, "one"), (0xff, "two")] {
        let name = [&[byte], &b".yaml"[..]].concat();
        let name = OsStr::from_bytes(&name);
        std::fs::write(bench.path("").join(name), manifest(inventory)).expect("a manifest");
        let mut command = bench.command(&["apply", "--sandbox", "--yes", "-f"]);
        let output = command.arg(name).output().expect("the binary runs");
        assert!(output.status.success(), "{output:?}");
    }
    let locks = std::fs::read_dir(bench.path(""))
        .expect("a folder")
        .flatten();
    let is_lock = |entry: &std::fs::DirEntry| {
        entry
            .file_name()
            .as_bytes()
            .ends_with(b".sandbox.lock.json")
    };
    assert_eq!(locks.filter(is_lock).count(), 2);
}
