//! A small world: builders for each state, and a model of what an apply does.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Action, Algorithm, ApiSettings, CreateRequest, Desired, DesiredInstance, DesiredValue, Element,
    ElementId, ElementKey, ElementRef, Fingerprint, InstanceId, InstanceKey, InventoryName, KeyId,
    Lifecycle, Lock, LockEntryDraft, LockedInstance, LockedToken, Marker, Observed,
    ObservedInstance, Part, PlainValue, Planned, RequestValue, Secret, SecretFact, SecretFacts,
    SecretRecord, Step, Template, UpdateRequest, VersusLock, VersusPlatform,
};
use crate::reconcile::{PlanInput, Policy, audit, plan};

pub(super) fn key(text: &str) -> InstanceKey {
    InstanceKey::new(text).expect("a key")
}

pub(super) fn inventory() -> InventoryName {
    InventoryName::new("acme").expect("a name")
}

pub(super) fn live(name: &str) -> String {
    Marker::live(&inventory(), &key(name)).to_string()
}

pub(super) fn retired(name: &str) -> String {
    Marker::retired(&inventory(), &key(name)).to_string()
}

pub(super) fn element(name: &str) -> Element {
    Element {
        key: ElementKey(name.to_owned()),
        id: Some(ElementId(name.len() as u64)),
    }
}

pub(super) fn wanted(name: &str) -> DesiredInstance {
    DesiredInstance {
        element: ElementRef::Key(ElementKey("private".to_owned())),
        name: name.to_owned(),
        tags: Some(["declared".to_owned()].into()),
        configuration: BTreeMap::from([(
            "plain".to_owned(),
            DesiredValue::Plain(PlainValue::text("value")),
        )]),
        secret_versions: BTreeMap::new(),
        provider_data: None,
        external_authentication: None,
        retrieve_objects: None,
        enabled: true,
        lifecycle: Lifecycle::default(),
    }
}

pub(super) fn secret() -> DesiredValue {
    DesiredValue::Secret(Template::Text(vec![Part::Literal("s".to_owned())]))
}

pub(super) fn seen(id: u64, name: &str, tags: &[&str]) -> ObservedInstance {
    ObservedInstance {
        id: InstanceId(id),
        name: name.to_owned(),
        element: element("private"),
        tags: Some(tags.iter().map(|tag| (*tag).to_owned()).collect()),
        configuration: Some(BTreeMap::from([
            ("plain".to_owned(), Some(Secret::new("value"))),
            ("filled.in".to_owned(), Some(Secret::new("default"))),
        ])),
        enabled: true,
        valid: true,
        created_date: None,
        token: Some(Secret::new(format!("token-{id}"))),
    }
}

pub(super) fn recorded(id: u64, name: &str) -> LockedInstance {
    LockedInstance {
        id: InstanceId(id),
        token: Some(LockedToken::Plain(Secret::new(format!("token-{id}")))),
        element: element("private"),
        name: name.to_owned(),
        tags: Some(["declared".to_owned()].into()),
        configuration: BTreeMap::from([("plain".to_owned(), "value".to_owned())]),
        secrets: BTreeMap::new(),
        read_back: BTreeMap::new(),
        enabled: true,
        valid: true,
        created_date: None,
        lifecycle: Lifecycle::default(),
    }
}

/// An empty world.
pub(super) fn world() -> PlanInput {
    PlanInput {
        desired: Desired {
            inventory: inventory(),
            api: ApiSettings::default(),
            recipients: BTreeSet::new(),
            instances: BTreeMap::new(),
        },
        lock: Lock::empty(inventory()),
        observed: Some(Observed::default()),
        secrets: SecretFacts::default(),
        intents: BTreeMap::new(),
        policy: Policy::default(),
        other_user: false,
        verified: 0,
    }
}

/// `k` is declared, recorded and exists.
pub(super) fn settled() -> PlanInput {
    let mut input = world();
    input.desired.instances.insert(key("k"), wanted("k"));
    input.lock.instances.insert(key("k"), recorded(1, "k"));
    observe(&mut input, seen(1, "k", &["declared", &live("k")]));
    input
}

/// The declaration of `k`.
pub(super) fn declared(input: &mut PlanInput) -> &mut DesiredInstance {
    input.desired.instances.get_mut(&key("k")).expect("k")
}

/// The lock entry of `k`.
pub(super) fn entry(input: &mut PlanInput) -> &mut LockedInstance {
    input.lock.instances.get_mut(&key("k")).expect("k")
}

/// Instance 1.
pub(super) fn first(input: &mut PlanInput) -> &mut ObservedInstance {
    let instances = &mut observed(input).instances;
    instances.get_mut(&InstanceId(1)).expect("1")
}

pub(super) fn observe(input: &mut PlanInput, instance: ObservedInstance) {
    observed(input).instances.insert(instance.id, instance);
}

pub(super) fn observed(input: &mut PlanInput) -> &mut Observed {
    input.observed.as_mut().expect("a live view")
}

pub(super) fn gone(input: &mut PlanInput, id: u64) {
    observed(input).instances.remove(&InstanceId(id));
    observed(input).gone.insert(InstanceId(id));
}

/// `k` declares a secret, with this fact about instance 1.
pub(super) fn fact(
    input: &mut PlanInput,
    versus_lock: VersusLock,
    versus_platform: VersusPlatform,
) {
    declared(input)
        .configuration
        .insert("secret".to_owned(), secret());
    fact_of(input, 1, versus_lock, versus_platform);
    if versus_lock != VersusLock::NotRecorded
        && let Some(entry) = input.lock.instances.get_mut(&key("k"))
    {
        entry
            .secrets
            .insert("secret".to_owned(), Some(fingerprint()));
    }
}

/// The fact about the secret of `k` for one instance.
pub(super) fn fact_of(
    input: &mut PlanInput,
    id: u64,
    versus_lock: VersusLock,
    versus_platform: VersusPlatform,
) {
    let fact = SecretFact {
        versus_lock,
        versus_platform,
    };
    input
        .secrets
        .insert(&key("k"), InstanceId(id), "secret", fact);
}

pub(super) fn fingerprint() -> Fingerprint {
    Fingerprint {
        alg: Algorithm::Blake3,
        key: KeyId::default(),
        salt: "salt".to_owned(),
        fingerprint: "fingerprint".to_owned(),
        version: None,
    }
}

/// Plans twice, compares, and audits.
pub(super) fn planned(input: &PlanInput) -> Planned {
    let planned = plan(input);
    assert_eq!(planned, plan(input), "two plans of one world differ");
    assert_eq!(audit(input, &planned.plan), [], "{:?}", steps(&planned));
    planned
}

/// The steps as `action key reasons`.
pub(super) fn steps(planned: &Planned) -> Vec<String> {
    let line = |step: &Step| {
        let reasons: Vec<&str> = step.reasons.iter().map(|reason| reason.as_str()).collect();
        let id = step.id.map(|id| format!(" {id}")).unwrap_or_default();
        format!(
            "{} {}{id}: {}",
            step.action.as_str(),
            step.key,
            reasons.join(", ")
        )
    };
    planned.plan.steps.iter().map(line).collect()
}

pub(super) fn notes(planned: &Planned) -> Vec<&'static str> {
    planned
        .notes
        .iter()
        .map(|note| note.code.as_str())
        .collect()
}

pub(super) fn refusals(planned: &Planned) -> Vec<&str> {
    planned
        .refusals
        .iter()
        .map(|refusal| refusal.code.as_str())
        .collect()
}

/// The world after an apply of this plan.
pub(super) fn applied(input: &PlanInput, planned: &Planned) -> PlanInput {
    let mut after = input.clone();
    let mut next_id = 1_000;
    for step in &planned.plan.steps {
        match &step.action {
            Action::Create(request) => create(&mut after, &mut next_id, step, request),
            Action::Update(request) | Action::Adopt(request) => update(&mut after, step, request),
            Action::Replace(request) => {
                observed(&mut after).instances.remove(&request.old);
                create(&mut after, &mut next_id, step, &request.create);
            }
            Action::Delete(request) => {
                observed(&mut after).instances.remove(&request.id);
                if request.drop_entry {
                    after.lock.instances.remove(&step.key);
                }
            }
            Action::Forget => {
                after.lock.instances.remove(&step.key);
            }
        }
    }
    after
}

fn create(after: &mut PlanInput, next_id: &mut u64, step: &Step, request: &CreateRequest) {
    *next_id += 1;
    let made = ObservedInstance {
        tags: Some(request.tags.iter().cloned().collect()),
        configuration: Some(BTreeMap::new()),
        enabled: request.enabled,
        name: request.name.clone(),
        element: made_of(&request.element),
        ..seen(*next_id, "", &[])
    };
    put(after, step, made, &request.configuration, &request.entry);
}

pub(super) fn made_of(wanted: &ElementRef) -> Element {
    match wanted {
        ElementRef::Key(key) => element(key.as_str()),
        ElementRef::Id(id) => Element {
            key: ElementKey("by-id".to_owned()),
            id: Some(*id),
        },
    }
}

fn update(after: &mut PlanInput, step: &Step, request: &UpdateRequest) {
    let mut instance = observed(after).instances[&request.id].clone();
    if let Some(name) = &request.name {
        instance.name.clone_from(name);
    }
    if let Some(tags) = &request.tags {
        instance.tags = Some(tags.clone());
    }
    if let Some(enabled) = request.enabled {
        instance.enabled = enabled;
    }
    put(
        after,
        step,
        instance,
        &request.configuration,
        &request.entry,
    );
}

/// The platform returns values as strings and secrets as masks.
fn put(
    after: &mut PlanInput,
    step: &Step,
    mut instance: ObservedInstance,
    values: &BTreeMap<String, RequestValue>,
    draft: &LockEntryDraft,
) {
    let configuration = instance.configuration.get_or_insert_default();
    for (name, value) in values {
        let shown = match value {
            RequestValue::Plain(plain) => plain.canonical(),
            RequestValue::Secret => "********".to_owned(),
        };
        configuration.insert(name.clone(), Some(Secret::new(shown)));
    }
    let renamed = step.moved_from.as_ref();
    let renamed = renamed.and_then(|from| after.lock.instances.remove(from));
    let own = after.lock.instances.remove(&step.key);
    let mut entries = own.into_iter().chain(renamed);
    let before = entries.find(|entry| entry.id == instance.id);
    let mut secrets = BTreeMap::new();
    for (name, record) in &draft.secrets {
        let kept = before
            .as_ref()
            .and_then(|entry| entry.secrets.get(name).cloned());
        let mut fact = after.secrets.get(&step.key, instance.id, name);
        // What is unchanged is known, to the journal at least.
        let known = (fact.versus_lock == VersusLock::Same).then(fingerprint);
        let recorded = match record {
            SecretRecord::Present => Some(fingerprint()),
            SecretRecord::Keep => kept.flatten().or(known),
        };
        if *record == SecretRecord::Present {
            fact.versus_lock = VersusLock::Same;
            // A sent secret is masked.
            fact.versus_platform = VersusPlatform::Hidden;
        } else if recorded.is_none() && fact.versus_lock != VersusLock::KeyRotated {
            fact.versus_lock = VersusLock::Unverified;
        }
        after.secrets.insert(&step.key, instance.id, name, fact);
        secrets.insert(name.clone(), recorded);
    }
    let entry = LockedInstance {
        id: instance.id,
        // What the platform does not show is kept.
        token: LockedToken::shown(&instance.token).or(before.and_then(|entry| entry.token)),
        element: instance.element.clone(),
        name: draft.name.clone(),
        tags: draft.tags.clone(),
        configuration: draft.configuration.clone(),
        secrets,
        read_back: BTreeMap::new(),
        enabled: draft.enabled,
        valid: instance.valid,
        created_date: None,
        lifecycle: draft.lifecycle.clone(),
    };
    after.lock.instances.insert(step.key.clone(), entry);
    observe(after, instance);
}
