//! A credential that is typed into a value without a telling key is a secret like any other.

use crate::support::{Bench, Sandbox};

const MANIFEST: &str = r#"
version: 1
inventory: acme
instances:
  desk:
    element: freshdeskv2
    configuration:
      username: ${env:API_KEY}
      subdomain: https://user:canary-1@host.example
      headers: "Accept: */*\nAuthorization: Basic canary-2"
      database: "Server=db;Password=canary-3;"
      nested: {list: [{clientSecret: canary-4}]}
      json: '{"oauth": {"client_secret": "canary-5"}}'
      pem: "-----BEGIN PRIVATE KEY-----\ncanary-6\n-----END PRIVATE KEY-----"
      x-api-key: canary-7
"#;

#[test]
fn it_is_in_no_output_and_not_in_the_lock_file() {
    let sandbox = Sandbox::start(&[]);
    let bench = Bench::on(&sandbox)
        .with("API_KEY", "freshdesk-api-key")
        .with_manifest(MANIFEST);
    for verb in [
        &["validate"][..],
        &["plan"],
        &["plan", "-o", "json"],
        &["apply", "--yes", "-o", "json"],
        &["plan", "--full"],
    ] {
        let ran = bench.run(verb).expect_code(0);
        assert!(!ran.all().contains("canary"), "{verb:?}\n{}", ran.all());
    }
    let lock = bench.read("instances.lock.json");
    assert!(!lock.contains("canary"), "{lock}");
    bench.plan_is_empty();

    // Somebody typed another one into the platform.
    let id = bench.lock()["instances"]["desk"]["id"]
        .as_u64()
        .expect("an id");
    bench.edit_manifest(
        "subdomain: https://user:canary-1@host.example",
        "subdomain: acme",
    );
    let _ = bench.apply().expect_code(0);
    let drift = serde_json::json!({"configuration": {"subdomain": "https://user:canary-8@host"}});
    sandbox.patch(id, &drift);
    for format in ["text", "json"] {
        let ran = bench.run(&["plan", "-o", format]).expect_code(0);
        assert!(ran.stdout.contains("subdomain"), "{}", ran.all());
        assert!(!ran.all().contains("canary"), "{}", ran.all());
    }
}
