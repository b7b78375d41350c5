//! Round trips, and everything that must not open.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::{
    DataKeys, InstanceId, InstanceKey, InventoryName, LockedToken, SealedAs, SealedToken, Secret,
};

const TOKEN: &str = "hfxM6sRvpKCpLZHHqgsVb/Qzl0sTHzxVuAqQW1oh8dY=";

fn person() -> (Identities, String) {
    let new = NewIdentity::generate("2026-11-30T00:00:00Z");
    (identities(&new.file), new.recipient)
}

fn identities(file: &Secret) -> Identities {
    let mut identities = Identities::default();
    let prompt: Arc<dyn Prompt> = Arc::new(NoPrompt);
    identities.add(file, &prompt).expect("an identity");
    identities
}

fn inventory() -> InventoryName {
    InventoryName::new("acme").expect("a name")
}

fn key(text: &str) -> InstanceKey {
    InstanceKey::new(text).expect("a key")
}

fn sealer(recipients: &[&String]) -> Sealer {
    let names = recipients.iter().map(|name| (*name).clone()).collect();
    Sealer::new(inventory(), Recipients::new(names, Arc::new(NoPrompt)))
}

/// A sealed token of `a` with the id 1, and what it is sealed with.
fn sealed(recipients: &[&String]) -> (SealedToken, DataKeys) {
    let mut sealer = sealer(recipients);
    let token = Secret::new(TOKEN);
    let sealed = sealer
        .seal(&key("a"), InstanceId(1), &token)
        .expect("sealed");
    let (name, data_key) = sealer.data_key().expect("a data key");
    (sealed, DataKeys::from([(name.clone(), data_key.clone())]))
}

fn open(
    identities: &Identities,
    keys: &DataKeys,
    (key, id): (&InstanceKey, u64),
    token: SealedToken,
) -> Result<Secret, OpenError> {
    let token = LockedToken::Sealed(token);
    let place = (key, InstanceId(id));
    Opener::new(identities).token(&inventory(), keys, place, &token)
}

#[test]
fn each_of_three_recipients_reads_and_nobody_else() {
    let people: Vec<(Identities, String)> = (0..3).map(|_| person()).collect();
    let names: Vec<&String> = people.iter().map(|(_, name)| name).collect();
    let (token, keys) = sealed(&names);
    for (identities, _) in &people {
        let opened = open(identities, &keys, (&key("a"), 1), token.clone());
        assert_eq!(opened.expect("opened").expose(), TOKEN);
    }
    let (stranger, _) = person();
    let error = open(&stranger, &keys, (&key("a"), 1), token.clone()).expect_err("a stranger");
    assert!(
        matches!(error, OpenError::OtherRecipients { .. }),
        "{error}"
    );
    for name in names {
        assert!(error.hint().contains(name), "{}", error.hint());
    }
    let error = open(&Identities::default(), &keys, (&key("a"), 1), token).expect_err("nobody");
    assert!(matches!(error, OpenError::NoIdentity { .. }), "{error}");
}

#[test]
fn a_token_opens_only_where_it_was_sealed() {
    let (me, name) = person();
    let (token, keys) = sealed(&[&name]);
    let damaged = |result: Result<Secret, OpenError>, what: &str| {
        let error = result.expect_err(what);
        assert!(
            matches!(error, OpenError::Damaged { .. }),
            "{what}: {error}"
        );
    };
    damaged(
        open(&me, &keys, (&key("b"), 1), token.clone()),
        "another key",
    );
    damaged(
        open(&me, &keys, (&key("a"), 2), token.clone()),
        "another id",
    );
    let elsewhere = InventoryName::new("other").expect("a name");
    let place = (&key("a"), InstanceId(1));
    let locked = LockedToken::Sealed(token.clone());
    let opened = Opener::new(&me).token(&elsewhere, &keys, place, &locked);
    damaged(opened, "another inventory");

    let (other, other_keys) = sealed(&[&name]);
    let both: DataKeys = keys.clone().into_iter().chain(other_keys.clone()).collect();
    let swapped = SealedToken {
        data_key: other.data_key.clone(),
        ..token.clone()
    };
    damaged(open(&me, &both, place_of("a"), swapped), "another data key");
    let foreign = keys.keys().cloned().zip(other_keys.into_values()).collect();
    damaged(
        open(&me, &foreign, place_of("a"), token.clone()),
        "another wrap",
    );
    let printed = SealedToken {
        fingerprint: crate::model::TokenFingerprint::of(InstanceId(1), &Secret::new("x")),
        ..token.clone()
    };
    damaged(
        open(&me, &keys, place_of("a"), printed),
        "another fingerprint",
    );
    let nothing = DataKeys::new();
    damaged(open(&me, &nothing, place_of("a"), token), "no data key");
}

fn place_of(text: &'static str) -> (&'static InstanceKey, u64) {
    (Box::leak(Box::new(key(text))), 1)
}

#[test]
fn a_moved_token_opens_with_the_place_it_came_from() {
    let (me, name) = person();
    let (token, keys) = sealed(&[&name]);
    let mut moved = LockedToken::Sealed(token);
    moved.leaves(&inventory(), &key("a"));
    moved.enters(&inventory(), &key("b"));
    let place = (&key("b"), InstanceId(1));
    let opened = Opener::new(&me).token(&inventory(), &keys, place, &moved);
    assert_eq!(opened.expect("opened").expose(), TOKEN);
    let LockedToken::Sealed(sealed) = &moved else {
        panic!("it is sealed");
    };
    let from = SealedAs {
        inventory: inventory(),
        key: key("a"),
    };
    assert_eq!(sealed.sealed_as, Some(from));
    // And back.
    moved.leaves(&inventory(), &key("b"));
    moved.enters(&inventory(), &key("a"));
    assert_eq!(moved.sealed().expect("sealed").sealed_as, None);
}

#[test]
fn what_is_no_recipient_is_named_and_never_shown() {
    let new = NewIdentity::generate("now");
    let identity = new.file.expose().lines().last().expect("a line").to_owned();
    let cases = [
        (identity.clone(), RecipientError::Identity),
        (identity.to_lowercase(), RecipientError::Identity),
        ("ssh-ed25519 AAAA".to_owned(), RecipientError::Ssh),
        (new.recipient[..61].to_owned(), RecipientError::Invalid),
        (
            new.recipient.replace("age1", "agf1"),
            RecipientError::Invalid,
        ),
        (String::new(), RecipientError::Invalid),
    ];
    for (text, expected) in cases {
        let error = check_recipient(&text).expect_err("no recipient");
        assert_eq!(error, expected);
        let said = format!("{error} {}", error.hint());
        assert!(text.is_empty() || !said.contains(&text), "{said}");
    }
    assert_eq!(check_recipient(&new.recipient), Ok(()));
    // Plugins are not run for that.
    let yubikey = "age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t";
    assert_eq!(check_recipient(yubikey), Ok(()));
}

#[test]
fn a_recipient_of_a_plugin_that_is_not_installed_is_named() {
    let yubikey = "age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t";
    let mut sealer = sealer(&[&yubikey.to_owned()]);
    let error = sealer.data_key().expect_err("no plugin").to_string();
    assert!(
        error.contains("`age-plugin-yubikey` is not installed"),
        "{error}"
    );
}

/// Answers with one passphrase.
struct Typed(&'static str);

impl Prompt for Typed {
    fn tell(&self, _: &str) {}

    fn passphrase(&self, _: &str) -> Option<Secret> {
        Some(Secret::new(self.0))
    }

    fn text(&self, _: &str) -> Option<String> {
        None
    }

    fn confirm(&self, _: &str) -> Option<bool> {
        None
    }
}

/// An identity file that is protected by the passphrase `correct horse`.
fn protected(file: &Secret) -> Secret {
    use std::io::Write as _;

    let mut recipient = age::scrypt::Recipient::new("correct horse".to_owned().into());
    recipient.set_work_factor(2);
    let recipients = std::iter::once(&recipient as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(recipients).expect("an encryptor");
    let format = age::armor::Format::AsciiArmor;
    let armored = age::armor::ArmoredWriter::wrap_output(Vec::new(), format).expect("armor");
    let mut writer = encryptor.wrap_output(armored).expect("a writer");
    writer.write_all(file.expose().as_bytes()).expect("written");
    let bytes = writer.finish().and_then(|armored| armored.finish());
    Secret::new(String::from_utf8(bytes.expect("written")).expect("text"))
}

#[test]
fn an_identity_with_a_passphrase_asks_for_it() {
    let new = NewIdentity::generate("now");
    let file = protected(&new.file);
    let add = |prompt: Arc<dyn Prompt>| {
        let mut identities = Identities::default();
        identities.add(&file, &prompt).map(|()| identities)
    };
    let opened = add(Arc::new(Typed("correct horse"))).expect("the passphrase");
    let (token, keys) = sealed(&[&new.recipient]);
    assert!(open(&opened, &keys, place_of("a"), token).is_ok());
    let wrong = add(Arc::new(Typed("battery staple"))).err();
    assert!(
        matches!(wrong, Some(IdentityError::WrongPassphrase)),
        "{wrong:?}"
    );
    let nobody = add(Arc::new(NoPrompt)).err();
    assert!(
        matches!(nobody, Some(IdentityError::NoPassphrase)),
        "{nobody:?}"
    );
}

#[test]
fn a_new_identity_has_the_format_of_age_keygen() {
    let new = NewIdentity::generate("2026-11-30T00:00:00Z");
    let lines: Vec<&str> = new.file.expose().lines().collect();
    assert_eq!(lines[0], "# created: 2026-11-30T00:00:00Z");
    assert_eq!(lines[1], format!("# public key: {}", new.recipient));
    assert!(lines[2].starts_with("AGE-SECRET-KEY-1"));
    assert_eq!(NewIdentity::recipient_of(&new.file), Some(new.recipient));
    assert_eq!(format!("{:?}", new.file), "[redacted]");
}

#[test]
fn a_run_has_one_data_key_and_two_tokens_never_look_alike() {
    let (_, name) = person();
    let mut sealer = sealer(&[&name]);
    let token = Secret::new(TOKEN);
    let mut seal = || {
        sealer
            .seal(&key("a"), InstanceId(1), &token)
            .expect("sealed")
    };
    let (one, two) = (seal(), seal());
    assert_eq!(one.data_key, two.data_key);
    assert_ne!(one.sealed, two.sealed);
    assert_eq!(one.fingerprint, two.fingerprint);
    let recipients = sealer.data_key().expect("a data key").1.recipients.clone();
    assert_eq!(recipients, BTreeSet::from([name]));
}

proptest! {
    /// No text in the place of a ciphertext or of a wrap opens or panics.
    #[test]
    fn nothing_else_opens(sealed_text in any::<String>(), wrap in any::<String>(), cut in 0usize..100) {
        let (me, name) = person();
        let (token, keys) = sealed(&[&name]);
        let cut = cut.min(token.sealed.len() - 1);
        for text in [sealed_text, token.sealed[..cut].to_owned()] {
            let changed = SealedToken { sealed: text, ..token.clone() };
            prop_assert!(open(&me, &keys, place_of("a"), changed).is_err());
        }
        let mut broken = keys.clone();
        for data_key in broken.values_mut() {
            data_key.wrap.clone_from(&wrap);
        }
        prop_assert!(open(&me, &broken, place_of("a"), token.clone()).is_err());
        for data_key in broken.values_mut() {
            let whole = &keys[&token.data_key].wrap;
            data_key.wrap = whole[..whole.len() * cut / 100].to_owned();
        }
        prop_assert!(open(&me, &broken, place_of("a"), token).is_err());
    }
}
