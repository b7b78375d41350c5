//! A platform, a network and a clock in one process: every request of the real client passes here and
//! may be lost, delayed or answered wrongly, and at a given moment its process dies.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use connectorctl::remote::TransportError;
use connectorctl::sandbox::{Assumptions, Platform, Seed};
use http::{Method, Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answers::{Answers, without_token};
use super::clock::SimClock;
use super::manifest::INVENTORY;
use super::schedule::{MishapKind, Schedule, WrongAnswer};

/// The slowest answer of a network where nothing is wrong, in milliseconds.
const SLOWEST: u64 = 400;
/// How long a client waits for an answer: that of a create, which is the longest.
const TIME_OUT: Duration = Duration::from_secs(180);

/// A small generator: a schedule must be the same in every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, most: u64) -> u64 {
        // Constants of Knuth's MMIX generator.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// A connection over which a request is held: the request is carried out a while after it is gone.
struct Connection<'w> {
    world: &'w World,
    held: Arc<Mutex<Option<Response<Bytes>>>>,
    seconds: u8,
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        let at_ms = self.world.clock.now_ms() + 1_000 * u64::from(self.seconds);
        let mut state = self.world.state();
        let mut late = state.late.iter_mut();
        if let Some(late) = late.find(|late| Arc::ptr_eq(&late.answer, &self.held)) {
            late.at_ms = at_ms;
        }
    }
}

/// A request the platform has taken and will carry out.
struct Late {
    /// Far away while the platform holds it.
    at_ms: u64,
    request: Request<Bytes>,
    /// Who waits for the answer.
    answer: Arc<Mutex<Option<Response<Bytes>>>>,
}

struct State {
    platform: Platform,
    late: Vec<Late>,
    pace: Seeded,
    posts: u64,
    pages: u64,
    /// Lock files changed during a run, and entries of them that its commit did not keep.
    pulls: (u64, u64),
    faults: u64,
    /// Whether a request other than a create took effect after its sender had lost it.
    late_writes: bool,
    /// Whether two live instances ever carried one live marker.
    doubled: bool,
    answers: Answers,
    /// The organization secret before the last rotation, where it is passed.
    previous: Option<String>,
    /// The instances of others, as they were in the beginning.
    strangers: Vec<Value>,
    /// What happened, line by line.
    log: Vec<String>,
}

/// As whom a run is started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum User {
    #[default]
    First,
    /// Another one of the tenant.
    Second,
}

/// The world of one schedule.
pub(crate) struct World {
    pub(crate) clock: Arc<SimClock>,
    /// Journals are written one record at a time, or the order in which a real disk is done would
    /// make each run of a schedule another.
    pub(crate) disk: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

impl World {
    pub(crate) fn new(schedule: &Schedule) -> Arc<Self> {
        let mut faults = vec![format!(
            "POST /instances kind=list-lag for={}s",
            schedule.lag_s
        )];
        if schedule.change_lag_s > 0 {
            let seconds = schedule.change_lag_s;
            faults.push(format!("* * kind=change-lag for={seconds}s"));
        }
        for (skip, refusal) in &schedule.refusals {
            faults.push(format!(
                "POST /instances kind={} skip={skip}",
                refusal.as_str()
            ));
        }
        let mut readings = Assumptions::default();
        for reading in &schedule.readings {
            readings.set(reading).expect("a reading");
        }
        let seed = u64::from(schedule.pace);
        let platform = Platform::new(&Seed::Fixed(seed), readings, Vec::new()).expect("a platform");
        let world = Self {
            clock: Arc::new(SimClock::new()),
            disk: tokio::sync::Mutex::new(()),
            state: Mutex::new(State {
                platform,
                late: Vec::new(),
                pace: Seeded(seed),
                posts: 0,
                pages: 0,
                pulls: (0, 0),
                faults: 0,
                late_writes: false,
                doubled: false,
                answers: Answers::of(schedule),
                previous: None,
                strangers: Vec::new(),
                log: Vec::new(),
            }),
        };
        world.set_role(schedule.second_sees);
        {
            let now = world.clock.now_ms();
            let mut state = world.state();
            for number in 0..schedule.foreign() {
                state.make_foreign(number, now);
            }
            state.strangers = state.live();
            state.admin(Method::PUT, "faults", &faults.into());
        }
        Arc::new(world)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the state")
    }

    /// User and organization secret.
    pub(crate) fn credentials(&self, user: User) -> (String, String) {
        self.state().credentials(user)
    }

    /// Gives the second user the role that sees the instances of the whole account, or takes it away.
    pub(crate) fn set_role(&self, sees_account: bool) {
        let mut state = self.state();
        let second = state.user(User::Second)["id"].clone();
        let body = json!({"seesAccount": sees_account});
        state.admin(Method::PATCH, &format!("users/{second}"), &body);
    }

    /// A new organization secret. What the platform has taken already was sent with the old one and is
    /// carried out all the same.
    /// With `keeps`, runs pass the old one as the previous secret.
    pub(crate) fn rotate(&self, keeps: bool) {
        let mut state = self.state();
        let old = state.credentials(User::First).1;
        state.previous = keeps.then(|| old.clone());
        let id = state.user(User::First)["organization"].clone();
        state.admin(
            Method::POST,
            &format!("organizations/{id}/secret"),
            &Value::Null,
        );
        let new = state.credentials(User::First).1;
        for late in &mut state.late {
            let header = late.request.headers_mut().get_mut("authorization");
            let header = header.expect("every request has one");
            let text = header.to_str().expect("text").replace(&old, &new);
            *header = text.parse().expect("a header");
        }
    }

    /// `CONNECTORCTL_ORGANIZATION_SECRET_PREVIOUS`.
    pub(crate) fn previous(&self) -> Option<String> {
        self.state().previous.clone()
    }

    /// Posts, faults and pages of lists so far.
    pub(crate) fn counts(&self) -> (u64, u64, u64) {
        let state = self.state();
        (state.posts, state.faults, state.pages)
    }

    pub(crate) fn count_pull(&self) {
        self.state().pulls.0 += 1;
    }

    pub(crate) fn count_lost_pulls(&self, entries: u64) {
        self.state().pulls.1 += entries;
    }

    /// Lock files changed during a run, and entries of them that its commit did not keep.
    pub(crate) fn pulls(&self) -> (u64, u64) {
        self.state().pulls
    }

    pub(crate) fn had_late_writes(&self) -> bool {
        self.state().late_writes
    }

    /// How many instances of others are not what they were.
    pub(crate) fn strangers_changed(&self) -> u64 {
        let mut state = self.state();
        let live = state.live();
        let changed = state.strangers.iter().filter(|row| !live.contains(row));
        changed.count() as u64
    }

    pub(crate) fn was_ever_doubled(&self) -> bool {
        self.state().doubled
    }

    /// Adds a line to what happened.
    pub(crate) fn tell(&self, what: impl std::fmt::Display) {
        let now = self.clock.now_ms();
        self.state().log.push(format!("{now} {what}"));
    }

    /// What happened, line by line, each with its time.
    pub(crate) fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.state().log)
    }

    /// Every live instance, as the platform keeps it.
    pub(crate) fn live(&self) -> Vec<Value> {
        let now = self.clock.now_ms();
        let mut state = self.state();
        state.catch_up(now);
        state.live()
    }

    /// The token of an instance, as the platform answers it.
    pub(crate) fn token(&self, id: &Value) -> Value {
        let now = self.clock.now_ms();
        let response = self.state().read(id, now);
        let body: Value = serde_json::from_slice(response.body()).expect("JSON");
        body["token"].clone()
    }

    /// How long a network where nothing is wrong takes.
    pub(crate) fn latency(&self) -> Duration {
        Duration::from_millis(1 + self.state().pace.below(SLOWEST))
    }

    /// The answer to one request, or the reason why there is none.
    pub(crate) async fn carry(
        &self,
        request: Request<Bytes>,
        mishap: Option<MishapKind>,
    ) -> Result<Response<Bytes>, TransportError> {
        let now = self.clock.now_ms();
        let is_create = request.method() == Method::POST;
        if let Some(mishap) = mishap {
            self.tell(format_args!(
                "{} {}: {mishap:?}",
                request.method(),
                request.uri()
            ));
        }
        match mishap {
            Some(MishapKind::Held(seconds)) => return Err(self.hold(request, seconds).await),
            Some(MishapKind::Panics) => panic!("on demand"),
            _ => {}
        }
        let (answer, seconds) = {
            let mut state = self.state();
            state.catch_up(now);
            state.posts += u64::from(is_create);
            let is_page = !is_create && request.uri().path().ends_with("/instances");
            state.pages += u64::from(is_page);
            state.faults += u64::from(mishap.is_some());
            match mishap {
                None => return Ok(state.answer(&request, now)),
                Some(MishapKind::LostBefore) => return Err(lost()),
                Some(MishapKind::LostAfter) => {
                    let _ = state.handle(&request, now);
                    return Err(lost());
                }
                Some(MishapKind::TooMany) => return Ok(own(429)),
                Some(MishapKind::Own503(done)) => {
                    let _ = done.then(|| state.handle(&request, now));
                    return Ok(own(503));
                }
                Some(MishapKind::Gateway(done)) => {
                    let _ = done.then(|| state.handle(&request, now));
                    return Ok(gateway());
                }
                Some(MishapKind::Held(_) | MishapKind::Panics) => return Err(lost()),
                Some(kind @ (MishapKind::LostLate(seconds) | MishapKind::Slow(seconds))) => {
                    let answer = Arc::default();
                    state.late.push(Late {
                        at_ms: now + 1_000 * u64::from(seconds),
                        request,
                        answer: Arc::clone(&answer),
                    });
                    if let MishapKind::LostLate(_) = kind {
                        return Err(lost());
                    }
                    (answer, seconds)
                }
            }
        };
        tokio::time::sleep(Duration::from_secs(u64::from(seconds))).await;
        self.state().catch_up(self.clock.now_ms());
        let answer = answer.lock().expect("the answer").take();
        answer.ok_or_else(lost)
    }
}

impl World {
    /// Keeps a request until its sender gives up or is gone.
    async fn hold(&self, request: Request<Bytes>, seconds: u8) -> TransportError {
        let held = Arc::default();
        {
            let mut state = self.state();
            state.posts += u64::from(request.method() == Method::POST);
            state.faults += 1;
            state.late.push(Late {
                at_ms: u64::MAX,
                request,
                answer: Arc::clone(&held),
            });
        }
        let _connection = Connection {
            world: self,
            held,
            seconds,
        };
        self.clock.sleep(TIME_OUT).await;
        lost()
    }
}

impl State {
    /// Carries out what was taken and is due.
    fn catch_up(&mut self, now: u64) {
        let mut due: Vec<_> = self.late.extract_if(.., |late| late.at_ms <= now).collect();
        due.sort_by_key(|late| late.at_ms);
        for late in due {
            let method = late.request.method();
            self.late_writes |= method != Method::POST && method != Method::GET;
            let answer = self.handle(&late.request, late.at_ms);
            *late.answer.lock().expect("the answer") = Some(answer);
        }
    }

    /// Carries out a request, and answers it rightly or wrongly.
    fn answer(&mut self, request: &Request<Bytes>, now: u64) -> Response<Bytes> {
        let wrong = self.answers.next(request, self.posts.saturating_sub(1));
        self.faults += u64::from(wrong.is_some());
        match wrong {
            None => self.handle(request, now),
            Some(WrongAnswer::NoToken { masked, .. }) => {
                without_token(self.handle(request, now), masked)
            }
            Some(WrongAnswer::Other(done)) => {
                let before = self.live();
                if before.is_empty() {
                    return self.handle(request, now);
                }
                let _ = done.then(|| self.handle(request, now));
                let place = self.pace.below(before.len() as u64);
                let id = before[usize::try_from(place).expect("a place")]["id"].clone();
                self.log.push(format!("{now} answered with instance {id}"));
                self.read(&id, now)
            }
        }
    }

    /// An instance as its owner reads it.
    fn read(&mut self, id: &Value, now: u64) -> Response<Bytes> {
        let (user, organization) = self.credentials(User::First);
        let request = Request::builder()
            .uri(format!("/elements/api-v2/instances/{id}"))
            .header(
                "authorization",
                format!("User {user}, Organization {organization}"),
            )
            .body(Bytes::new())
            .expect("a request");
        self.platform.handle(&request, now).response
    }

    fn handle(&mut self, request: &Request<Bytes>, now: u64) -> Response<Bytes> {
        let answer = self.platform.handle(request, now).response;
        let (method, uri, status) = (request.method(), request.uri(), answer.status());
        self.log.push(format!("{now} {method} {uri} {status}"));
        if matches!(*request.method(), Method::POST | Method::PATCH) {
            self.doubled |= self.has_doubles();
        }
        answer
    }

    /// One request to the sandbox's own routes.
    fn admin(&mut self, method: Method, path: &str, body: &Value) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(format!("/_sandbox/{path}"))
            .header(
                "authorization",
                format!("Bearer {}", self.platform.admin_token()),
            )
            .body(Bytes::from(body.to_string()))
            .expect("a request");
        let reply = self.platform.handle(&request, 0);
        serde_json::from_slice(reply.response.body()).expect("JSON")
    }

    /// An instance of somebody else in the same tenant: some look like ours, some carry the marker of
    /// another inventory, some have no tag at all.
    fn make_foreign(&mut self, number: u16, now: u64) {
        let tags = match number % 4 {
            0 => json!(["connectorctl:elsewhere:k0"]),
            1 => json!(["a tag"]),
            _ => json!([]),
        };
        let body = json!({
            "name": format!("k{}", number % 8),
            "element": {"key": "freshdeskv2"},
            "tags": tags,
            "configuration": {"subdomain": "acme", "username": "invented-FOREIGN"},
        });
        let (user, organization) = self.credentials(User::First);
        let request = Request::builder()
            .method(Method::POST)
            .uri("/elements/api-v2/instances")
            .header(
                "authorization",
                format!("User {user}, Organization {organization}"),
            )
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()))
            .expect("a request");
        let reply = self.platform.handle(&request, now);
        assert!(reply.response.status().is_success(), "{:?}", reply.response);
    }

    fn user(&mut self, user: User) -> Value {
        let number = match user {
            User::First => 0,
            User::Second => 1,
        };
        self.admin(Method::GET, "users", &Value::Null)[number].clone()
    }

    fn credentials(&mut self, user: User) -> (String, String) {
        let user = self.user(user);
        let text = |name: &str| user[name].as_str().expect("a secret").to_owned();
        (text("userSecret"), text("organizationSecret"))
    }

    fn live(&mut self) -> Vec<Value> {
        let body = self.admin(Method::GET, "state", &Value::Null);
        let instances = body["instances"].as_array().cloned().unwrap_or_default();
        instances
            .into_iter()
            .filter(|instance| instance["deleted"] == false)
            .collect()
    }

    fn has_doubles(&mut self) -> bool {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for instance in self.live() {
            for marker in live_markers(&instance) {
                *counts.entry(marker.to_owned()).or_default() += 1;
            }
        }
        counts.values().any(|count| *count > 1)
    }
}

/// The live markers on an instance as [`World::live`] answers it.
pub(crate) fn live_markers(instance: &Value) -> impl Iterator<Item = &str> {
    let tags = instance["tags"].as_array().into_iter().flatten();
    tags.filter_map(Value::as_str).filter(|tag| {
        let key = tag.strip_prefix("connectorctl:");
        key.and_then(|rest| rest.strip_prefix(INVENTORY))
            .is_some_and(|rest| rest.starts_with(':'))
    })
}

pub(crate) fn lost() -> TransportError {
    TransportError {
        may_have_arrived: true,
        is_permanent: false,
        what: "the connection was lost".to_owned(),
        hint: None,
    }
}

/// An answer in the platform's own words.
fn own(status: u16) -> Response<Bytes> {
    let message = match status {
        404 => "No instances found",
        429 => "Too many requests",
        _ => "The request failed on demand",
    };
    let body = format!(r#"{{"requestId":"5b0437c6e4b07731ae39b533","message":"{message}"}}"#);
    Response::builder()
        .status(status)
        .body(Bytes::from(body))
        .expect("a response")
}

fn gateway() -> Response<Bytes> {
    Response::builder()
        .status(502)
        .body(Bytes::from_static(b"<html>Bad gateway</html>"))
        .expect("a response")
}
