//! Lists that make it hard to tell what exists: pages, totals, tags and lag. On simulated time, without a
//! socket.

use bytes::Bytes;
use connectorctl::sandbox::{Assumptions, Fault, Platform, Seed};
use http::{Request, Response};
use serde_json::{Value, json};

use super::jira;

/// A platform, and a client with the credentials of one of its users.
struct World {
    platform: Platform,
    authorization: String,
    now_ms: u64,
}

impl World {
    fn new(assumptions: &[&str], faults: &[&str]) -> Self {
        let mut all = Assumptions::default();
        for assumption in assumptions {
            all.set(assumption).expect("an assumption");
        }
        let faults = faults.iter().map(|fault| Fault::parse(fault));
        let faults = faults.collect::<Result<_, _>>().expect("faults");
        let platform = Platform::new(&Seed::Fixed(1), all, faults).expect("a platform");
        let (user, organization) = platform.credentials();
        Self {
            platform,
            authorization: format!("User {user}, Organization {organization}"),
            now_ms: 1_000_000,
        }
    }

    fn send(&mut self, method: &str, path: &str, body: Option<&Value>) -> Response<Bytes> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", &self.authorization)
            .body(Bytes::from(body))
            .expect("a request");
        self.platform.handle(&request, self.now_ms).response
    }

    fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> Response<Bytes> {
        self.send(method, &format!("/elements/api-v2{path}"), body)
    }

    fn create(&mut self, name: &str, tag: &str) -> u64 {
        let mut body = jira(name);
        body["tags"] = json!([tag]);
        let response = self.call("POST", "/instances", Some(&body));
        assert_eq!(response.status(), 200);
        json_of(&response)["id"].as_u64().expect("an id")
    }

    /// Creates instances with these names, tagged with their own name.
    fn with(mut self, names: &[&str]) -> Self {
        for name in names {
            let _ = self.create(name, name);
        }
        self
    }

    fn page(&mut self, query: &str) -> (Response<Bytes>, Option<String>) {
        let response = self.call("GET", &format!("/instances?{query}"), None);
        let token = header(&response, "elements-next-page-token").map(|token| {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("nextPage", &token)
                .finish();
            format!("pageSize=2&{query}")
        });
        (response, token)
    }

    /// The names on each page of two, to the end.
    fn pages(&mut self) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        let mut query = Some("pageSize=2".to_owned());
        while let Some(next) = query {
            let response;
            (response, query) = self.page(&next);
            pages.push(names(&response));
        }
        pages
    }

    /// Becomes the second user, who sees only instances of its own.
    fn become_second_user(&mut self) {
        self.authorization = format!("Bearer {}", self.platform.admin_token());
        let users = json_of(&self.send("GET", "/_sandbox/users", None));
        let secret = |member: &str| users[1][member].as_str().expect("a secret").to_owned();
        self.authorization = format!(
            "User {}, Organization {}",
            secret("userSecret"),
            secret("organizationSecret")
        );
    }
}

fn json_of(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).expect("JSON")
}

fn header(response: &Response<Bytes>, name: &str) -> Option<String> {
    let value = response.headers().get(name)?;
    Some(value.to_str().expect("a text header").to_owned())
}

fn names(response: &Response<Bytes>) -> Vec<String> {
    let list = json_of(response);
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let names = items.iter().map(|item| item["name"].as_str());
    names.map(|name| name.expect("a name").to_owned()).collect()
}

#[test]
fn the_last_page_has_no_token_by_default() {
    let mut world = World::new(&[], &[]).with(&["a", "b", "c", "d"]);
    assert_eq!(world.pages(), [["a", "b"], ["c", "d"]]);
}

/// The page after the last is an empty list, and answers as one.
#[test]
fn a_token_on_the_last_page_leads_to_an_empty_page() {
    for (q1, status) in [("q1=404", 404), ("q1=empty-array", 200)] {
        let mut world = World::new(&["q18=token", q1], &[]).with(&["a", "b"]);
        let (last, token) = world.page("pageSize=2");
        assert_eq!(names(&last), ["a", "b"]);
        let (empty, _) = world.page(&token.expect("a token"));
        assert_eq!(empty.status(), status, "{q1}");
    }
}

#[test]
fn q24_a_deletion_between_two_pages_hides_an_instance_from_an_offset_only() {
    for (q24, second) in [("q24=offset", "d"), ("q24=cursor", "c")] {
        let mut world = World::new(&[q24], &[]);
        let first = world.create("a", "t");
        let mut world = world.with(&["b", "c", "d"]);
        let (page, token) = world.page("pageSize=2");
        assert_eq!(names(&page), ["a", "b"]);
        let deleted = world.call("DELETE", &format!("/instances/{first}"), None);
        assert_eq!(deleted.status(), 200);
        let (page, _) = world.page(&token.expect("a token"));
        assert_eq!(names(&page).first().map(String::as_str), Some(second));
    }
}

#[test]
fn q25_a_page_may_be_shorter_than_asked_for() {
    for (q25, length) in [("200", 12), ("100", 12), ("10", 10), ("3", 3), ("1", 1)] {
        let mut world = World::new(&[&format!("q25={q25}")], &[]).with(&["a"; 12]);
        let (page, token) = world.page("pageSize=200");
        assert_eq!(names(&page).len(), length, "{q25}");
        assert_eq!(token.is_some(), length < 12, "{q25}");
        assert_eq!(
            header(&page, "elements-total-count").as_deref(),
            Some("12"),
            "{q25}"
        );
    }
}

#[test]
fn q26_the_total_may_be_absent_or_count_what_the_caller_does_not_see() {
    for (q26, total) in [
        ("q26=matching", Some("1")),
        ("q26=absent", None),
        ("q26=everyone", Some("3")),
    ] {
        let mut world = World::new(&[q26], &[]).with(&["a", "b"]);
        world.become_second_user();
        let mut world = world.with(&["own"]);
        let (page, _) = world.page("pageSize=200");
        assert_eq!(names(&page), ["own"]);
        assert_eq!(
            header(&page, "elements-total-count").as_deref(),
            total,
            "{q26}"
        );
    }
}

#[test]
fn q27_a_list_may_show_no_tags_or_cut_ones_and_a_read_by_id_shows_all() {
    let tag = "a-long-tag:with-a-tail";
    for (q27, shown) in [
        ("q27=all", json!([tag])),
        ("q27=empty", json!([])),
        ("q27=cut", json!(["a-long-tag:w"])),
    ] {
        let mut world = World::new(&[q27], &[]);
        let id = world.create("a", tag);
        let (page, _) = world.page(&format!("hydrate=true&tags[]={tag}"));
        assert_eq!(json_of(&page)[0]["tags"], shown, "{q27}");
        let read = world.call("GET", &format!("/instances/{id}"), None);
        assert_eq!(json_of(&read)["tags"], json!([tag]), "{q27}");
    }
}

#[test]
fn a_change_reaches_lists_after_its_lag_and_a_read_by_id_at_once() {
    let mut world = World::new(&[], &["* * kind=change-lag for=20s"]);
    let id = world.create("before", "t");
    let path = format!("/instances/{id}");
    let rename = |world: &mut World, name: &str| {
        let renamed = world.call("PATCH", &path, Some(&json!({"name": name})));
        assert_eq!(json_of(&renamed)["name"], name);
    };
    let listed = |world: &mut World, after_ms: u64| {
        world.now_ms += after_ms;
        let (page, _) = world.page("pageSize=200");
        names(&page)
    };
    rename(&mut world, "first");
    assert_eq!(listed(&mut world, 10_000), ["before"]);
    rename(&mut world, "second");
    assert_eq!(listed(&mut world, 9_999), ["before"]);
    assert_eq!(listed(&mut world, 1), ["first"]);
    let read = world.call("GET", &path, None);
    assert_eq!(json_of(&read)["name"], "second");
    assert_eq!(listed(&mut world, 10_000), ["second"]);
    assert_eq!(world.call("DELETE", &path, None).status(), 200);
    assert_eq!(world.call("GET", &path, None).status(), 404);
    assert_eq!(listed(&mut world, 19_999), ["second"]);
    let (page, _) = world.page("pageSize=200");
    assert_eq!(page.status(), 200);
    world.now_ms += 1;
    let (page, _) = world.page("pageSize=200");
    assert_eq!(page.status(), 404);
}

/// The filter sees what the list shows: the tags as they were.
#[test]
fn a_search_lags_behind_a_change_of_tags() {
    let mut world = World::new(&[], &["* * kind=change-lag for=20s"]);
    let id = world.create("a", "old");
    let body = json!({"tags": ["new"]});
    let _ = world.call("PATCH", &format!("/instances/{id}"), Some(&body));
    let status = |world: &mut World, tag: &str| {
        let (page, _) = world.page(&format!("tags[]={tag}"));
        page.status().as_u16()
    };
    assert_eq!(
        (status(&mut world, "old"), status(&mut world, "new")),
        (200, 404)
    );
    world.now_ms += 20_000;
    assert_eq!(
        (status(&mut world, "old"), status(&mut world, "new")),
        (404, 200)
    );
}

#[test]
fn foreign_instances_come_and_go_between_two_pages_and_no_others_do() {
    let goes = "* * kind=page-delete";
    let comes = "* * kind=page-create";
    let world = |faults: &[&str]| {
        let mut world = World::new(&[], faults);
        let _ = world.create("f1", "foreign");
        let _ = world.create("f2", "foreign");
        world.with(&["a", "b", "c", "d"])
    };
    // Each deletion moves the rest by one, so that an offset misses the instance at the boundary.
    let pages = world(&[goes]).pages();
    assert_eq!(pages, [vec!["f1", "f2"], vec!["b", "c"], vec![]]);
    let pages = world(&[comes]).pages();
    assert_eq!(pages[..3], [["f1", "f2"], ["a", "b"], ["c", "d"]]);
    assert!(pages.len() > 3, "the list grows as it is read: {pages:?}");
    // Both together leave the total as it was.
    let mut both = world(&[goes, comes]);
    let (first, token) = both.page("pageSize=2");
    let (second, _) = both.page(&token.expect("a token"));
    assert_eq!(names(&second), ["b", "c"]);
    let total = |page| header(page, "elements-total-count");
    assert_eq!(total(&first), total(&second));
}
