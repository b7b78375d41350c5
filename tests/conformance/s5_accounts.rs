//! Section 5: organizations, users, accounts, and both ways to sign in.

use serde_json::json;

use crate::support::Sandbox;

#[test]
fn s5_organization_users_and_accounts_of_the_caller() {
    let sandbox = Sandbox::start(&[]);
    let organization = sandbox.call("GET", "/organizations/me", None).expect(200);
    assert!(organization["id"].is_u64() && organization["createdDate"].is_string());
    assert!(organization.get("secret").is_none());
    let users = sandbox.call("GET", "/users", None).expect(200);
    assert_eq!(users[0]["secret"], json!(sandbox.user));
    assert!(users[1].get("secret").is_none());
    sandbox
        .call("GET", "/users/first@sandbox.example", None)
        .expect(200);
    let accounts = sandbox.call("GET", "/accounts", None).expect(200);
    assert_eq!(accounts[0]["defaultAccount"], true);
    let path = format!("/accounts/{}/users", accounts[0]["id"]);
    sandbox.call("GET", &path, None).expect(200);
    let missing = sandbox.call("GET", "/accounts/123456", None);
    assert_eq!(missing.message(), "No account found with ID 123456");
}

#[test]
fn s5_the_newer_way_to_sign_in() {
    let sandbox = Sandbox::start(&[]);
    let body = json!({"username": "first@sandbox.example", "password": "sandbox"});
    let nobody = sandbox.http.with_authorization("");
    let token = nobody
        .call("POST", "/authentication", Some(&body))
        .expect(200)["token"]
        .clone();
    let bearer = format!("Bearer {}", token.as_str().expect("a token"));
    let secrets = sandbox
        .http
        .with_authorization(&bearer)
        .call("GET", "/authentication/secrets", None)
        .expect(200);
    assert_eq!(
        secrets,
        json!({"userSecret": sandbox.user, "organizationSecret": sandbox.organization})
    );
    let wrong = json!({"username": "first@sandbox.example", "password": "x"});
    nobody
        .call("POST", "/authentication", Some(&wrong))
        .expect(401);
    nobody
        .call("GET", "/authentication/secrets", None)
        .expect(401);
}

#[test]
fn s5_the_older_way_to_sign_in() {
    let sandbox = Sandbox::start(&[]);
    let form = "j_username=first%40sandbox.example&j_password=sandbox";
    let answer = sandbox.http.form("/elements/j_spring_security_check", form);
    assert_eq!(answer.status, 200);
    let cookie = answer
        .header("set-cookie")
        .expect("a cookie")
        .split(';')
        .next()
        .expect("a pair")
        .to_owned();
    let secrets = sandbox
        .http
        .with_header("Cookie", &cookie)
        .call_absolute("GET", "/elements/api-v1/ui/getSecrets", None)
        .expect(200);
    assert_eq!(
        secrets,
        json!({"user": sandbox.user, "company": sandbox.organization})
    );
}
