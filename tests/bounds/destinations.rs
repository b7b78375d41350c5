//! Whoever can change a manifest must not be able to choose who gets the account secrets: a pull request
//! changes manifest and lock file alike.

use crate::support::scripted::Scripted;
use crate::support::{Bench, Sandbox};

fn manifest(url: &str) -> String {
    format!("version: 1\ninventory: acme\napi: {{ url: '{url}' }}\ninstances: {{}}\n")
}

fn with_secrets(url: &str) -> Bench {
    Bench::new()
        .with("CONNECTORCTL_USER_SECRET", "invented-user-secret")
        .with("CONNECTORCTL_ORGANIZATION_SECRET", "invented-secret")
        // Nothing may leave this machine in a test.
        .with("HTTPS_PROXY", "http://127.0.0.1:1")
        .with("HTTP_PROXY", "http://127.0.0.1:1")
        .with_manifest(&manifest(url))
}

#[test]
fn a_manifest_alone_does_not_choose_an_unknown_host() {
    for url in [
        "https://api.example.com",
        // Hosts that anybody can have below the domains of SAP.
        "https://api.openconnectors.cfapps.eu10.hana.ondemand.com",
        "https://ext.hana.ondemand.com",
        "https://api.openconnectors.us2.ext.hana.ondemand.com.example.com",
        "https://xapi.openconnectors.us2.ext.hana.ondemand.com",
        "https://api.openconnectors.a.b.c.ext.hana.ondemand.com",
        "https://evil.cloud-elements.com",
        "https://127.0.0.1.example.com",
        "https://10.0.0.1",
    ] {
        for verb in [
            &["plan"][..],
            &["apply", "--yes"],
            &["lock", "rebuild", "--yes"],
        ] {
            let ran = with_secrets(url).run(verb).expect_code(8);
            ran.stderr_has("account secrets are sent only to known hosts");
            ran.stderr_has("`CONNECTORCTL_URL`");
            ran.stderr_has("`--url`");
            ran.stderr_has("nothing was sent");
        }
    }
}

#[test]
fn known_hosts_and_this_machine_are_taken_from_a_manifest() {
    let platform = Scripted::start(|_| None);
    let _ = with_secrets(&platform.url).run(&["plan"]).expect_code(0);
    for url in [
        "https://api.openconnectors.us2.ext.hana.ondemand.com",
        "https://API.openconnectors.ext.hanatrial.ondemand.com/elements/api-v2",
        "https://api.openconnectors.trial.eu10.ext.hana.ondemand.com",
        "https://api.openconnectors.us10.ext.hana.ondemand.com.",
        "https://api.cloud-elements.co.uk",
    ] {
        // Its proxy refuses the connection.
        let ran = with_secrets(url).run(&["plan"]).expect_code(1);
        ran.stderr_lacks("known hosts");
    }
}

#[test]
fn any_host_is_taken_from_the_command_line_and_the_environment() {
    let bench = with_secrets("https://other.example.com");
    let ran = bench.run(&["plan", "--url", "https://api.example.com"]);
    ran.expect_code(1).stderr_lacks("known hosts");
    let bench = bench.with("CONNECTORCTL_URL", "https://api.example.com");
    let ran = bench.run(&["plan"]);
    ran.expect_code(1).stderr_lacks("known hosts");
}

#[test]
fn a_lock_file_chooses_no_host() {
    let sandbox = Sandbox::start(&[]);
    let text = "version: 1\ninventory: acme\ninstances: { k: { element: freshdeskv2, configuration: { subdomain: a, username: b } } }\n";
    let bench = Bench::on(&sandbox).with_manifest(text);
    let _ = bench.apply();
    let lock = bench.read("instances.lock.json");
    let elsewhere = lock.replace(&sandbox.url, "https://api.example.com");
    assert_ne!(lock, elsewhere);
    bench.write("instances.lock.json", &elsewhere);
    let bench = bench.with("CONNECTORCTL_URL", "");
    let ran = bench.run(&["plan"]).expect_code(8);
    ran.stderr_has("no platform URL is set");
}
