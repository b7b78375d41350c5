//! Resolving all or nothing, and comparing without keeping.

mod facts;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::model::{
    ApiSettings, Desired, DesiredInstance, DesiredValue, ElementKey, ElementRef, InstanceKey,
    InventoryName, Lifecycle, Part, Reference, Secret, SecretSource, Template,
};

fn desired(values: &[(&str, Template)]) -> Desired {
    let instance = DesiredInstance {
        element: ElementRef::Key(ElementKey("jira".to_owned())),
        name: "k".to_owned(),
        tags: None,
        configuration: values
            .iter()
            .map(|(name, template)| ((*name).to_owned(), DesiredValue::Secret(template.clone())))
            .collect(),
        secret_versions: BTreeMap::new(),
        provider_data: None,
        external_authentication: None,
        retrieve_objects: None,
        enabled: true,
        lifecycle: Lifecycle::default(),
    };
    Desired {
        inventory: InventoryName::new("a").expect("a name"),
        api: ApiSettings::default(),
        recipients: BTreeSet::new(),
        instances: BTreeMap::from([(key(), instance)]),
    }
}

fn key() -> InstanceKey {
    InstanceKey::new("k").expect("a key")
}

fn env(name: &str, default: Option<&str>) -> Template {
    Template::Text(vec![
        Part::Literal("pre-".to_owned()),
        Part::Reference(Reference {
            source: SecretSource::Env(name.to_owned()),
            default: default.map(|text| vec![Part::Literal(text.to_owned())]),
        }),
    ])
}

fn lookups(missing: MissingPolicy) -> Lookups<'static> {
    Lookups {
        variable: &|name| (name == "SET").then(|| "value".into()),
        allow_exec: true,
        missing,
    }
}

fn resolved(template: Template, missing: MissingPolicy) -> Result<String, Vec<String>> {
    let desired = desired(&[("password", template)]);
    match resolve(&desired, &BTreeMap::new(), &lookups(missing), &|_, _| true) {
        Ok((resolved, _)) => {
            let value = resolved.configuration(&key(), "password").expect("a value");
            Ok(value.expose().as_str().expect("a text").to_owned())
        }
        Err(problems) => Err(problems
            .sorted()
            .iter()
            .map(|d| d.message.clone())
            .collect()),
    }
}

#[test]
fn references_become_values_inside_their_text() {
    let refuse = MissingPolicy::Refuse;
    assert_eq!(
        resolved(env("SET", None), refuse),
        Ok("pre-value".to_owned())
    );
    assert_eq!(
        resolved(env("UNSET", Some("d")), refuse),
        Ok("pre-d".to_owned())
    );
    let error = resolved(env("UNSET", None), refuse).expect_err("unset");
    assert_eq!(
        error,
        ["`k.configuration.password`: variable `UNSET` is not set"]
    );
}

#[test]
fn a_missing_one_gets_the_same_stand_in_in_every_run() {
    let one = resolved(env("UNSET", None), MissingPolicy::StandIn);
    assert!(
        one.as_ref()
            .is_ok_and(|value| value.starts_with("pre-sandbox-")),
        "{one:?}"
    );
    assert_eq!(one, resolved(env("UNSET", None), MissingPolicy::StandIn));
    assert_ne!(one, resolved(env("OTHER", None), MissingPolicy::StandIn));
}

#[test]
fn files_and_commands_give_values_without_their_newline() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secret");
    std::io::Write::write_all(
        &mut std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .expect("a file"),
        b"from a file\n",
    )
    .expect("written");
    let file = |path: std::path::PathBuf| {
        Template::Text(vec![Part::Reference(Reference {
            source: SecretSource::File {
                written: "secret".to_owned(),
                path,
            },
            default: None,
        })])
    };
    assert_eq!(
        resolved(file(path.clone()), MissingPolicy::Refuse),
        Ok("from a file".to_owned())
    );
    assert!(resolved(file(path.with_extension("no")), MissingPolicy::Refuse).is_err());
    let exec = |command: &str| {
        Template::Text(vec![Part::Reference(Reference {
            source: SecretSource::Exec(command.to_owned()),
            default: None,
        })])
    };
    assert_eq!(
        resolved(exec("echo printed"), MissingPolicy::Refuse),
        Ok("printed".to_owned())
    );
    assert!(resolved(exec("false"), MissingPolicy::Refuse).is_err());
    assert!(resolved(exec("no-such-program-here"), MissingPolicy::Refuse).is_err());
}

#[test]
fn fingerprints_tell_the_same_from_another_and_nothing_else() {
    let inventory = desired(&[]).inventory;
    let derive = |secret| FingerprintKey::derive(&Secret::new(secret), &inventory);
    let (first, other) = (derive("organization"), derive("another organization"));
    let (one, two) = (
        first.make("s").expect("random"),
        first.make("s").expect("random"),
    );
    assert_ne!(one, two, "two equal secrets show as equal");
    assert!(first.matches(&one, "s") && first.matches(&two, "s"));
    assert!(!first.matches(&one, "t"));
    assert!(!other.matches(&one, "s"), "the key does not count");
    assert_eq!(one.key, two.key);
    assert_ne!(one.key, other.make("s").expect("random").key);
    let apart = InventoryName::new("apart").expect("a name");
    let apart = FingerprintKey::derive(&Secret::new("organization"), &apart);
    assert_ne!(one.key, apart.make("s").expect("random").key);
}
