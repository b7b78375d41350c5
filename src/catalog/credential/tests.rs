//! A table of names and values: what is a credential, and what only looks like one.

use super::*;

#[test]
fn the_catalogue_wins_over_the_name() {
    let freshdesk = Catalog::embedded().element("freshdeskv2");
    assert!(is_credential(freshdesk, "username"));
    assert!(!is_credential(freshdesk, "subdomain"));
    assert!(is_credential(None, "password"));
    assert!(is_credential(None, "vendor.api.key"));
    assert!(!is_credential(None, "oauth.token.url"));
    assert!(!is_credential(None, "event.notification.callback.url"));
    assert!(is_credential(None, "event.notification.signature.key"));
}

/// Names of keys that the catalogue does not have.
#[test]
fn names() {
    for name in [
        "password",
        "vendor.password",
        "dbPassword",
        "dbpassword",
        "DB_PASSWD",
        "pwd",
        "key-passphrase",
        "client_secret",
        "clientSecret",
        "client-secret",
        "secrets",
        "token",
        "access_token",
        "sas.token",
        "authtoken",
        "api.key",
        "api_key",
        "x-api-key",
        "X-API-Key",
        "APIKey",
        "apikey",
        "clientAPIKey",
        "private.key",
        "private-key",
        "rsa_private_key",
        "privateKey",
        "account.key",
        "shared-access-key",
        "AccountKey",
        "secretAccessKey",
        "signing.key",
        "ssh-key",
        "Authorization",
        "proxy-authorization",
        "Set-Cookie",
        "session.cookie",
        "connectionString",
        "connection.string",
        "credentials",
        "Ocp-Apim-Subscription-Key",
    ] {
        assert!(is_credential(None, name), "{name}");
    }
    for name in [
        "",
        "subdomain",
        "username",
        "key",
        "public.key",
        "primary_key",
        "partition-key",
        "monkey",
        "secretary",
        "tokenizer",
        "max_tokens",
        "passwordless",
        "compass",
        "passenger.count",
        "cookie.domain",
        "oauth.token.url",
        "access_token_url",
        "tokenUrl",
        "token.type",
        "token_expires_at",
        "password.policy",
        "secret.name",
        "accessKeyId",
        "api.key.header",
        "authorization.url",
        "authorization_endpoint",
        "connection.timeout",
        "string",
        "authentication.type",
        "refresh_token.lifetime",
    ] {
        assert!(!is_credential(None, name), "{name}");
    }
}

/// Values of keys that say nothing.
#[test]
fn values() {
    use serde_json::json;

    for value in [
        json!("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"),
        json!("-----BEGIN RSA PRIVATE KEY-----\\nMIIE"),
        json!("https://user:hunter2@host/path"),
        json!("postgres://app:p%40ss@db.example.com:5432/app"),
        json!("see amqp://a:b@c and more"),
        json!("Server=db;User Id=app;Password=hunter2;"),
        json!("Endpoint=sb://x/;SharedAccessKeyName=root;SharedAccessKey=abc="),
        json!("AccountName=a;AccountKey=abc==;EndpointSuffix=core"),
        json!("https://host/path?user=a&api_key=hunter2"),
        json!("grant_type=password&username=a&password=hunter2"),
        json!("Authorization: Bearer hunter2"),
        json!("Accept: */*\nauthorization: Basic aHVudGVyMg=="),
        json!("Accept: */*\r\nCookie: session=hunter2"),
        json!("X-Api-Key: hunter2"),
        json!({"password": "hunter2"}),
        json!({"a": [{"b": {"clientSecret": "hunter2"}}]}),
        json!({"pin": {"password": 12345678}}),
        json!({"tokens": {"api_keys": 1, "api_key": ["hunter2"]}}),
        json!([{"name": "Authorization", "value": "Bearer hunter2"}]),
        json!({"key": "x-api-key", "value": "hunter2"}),
        json!("{\"oauth\": {\"client_secret\": \"hunter2\"}}"),
        json!("[{\"headers\": \"Authorization: Basic hunter2\"}]"),
        json!({"json": "{\"url\": \"https://a:hunter2@host\"}"}),
    ] {
        assert!(holds_credential(None, "value", &value), "{value}");
    }
    for value in [
        json!("acme"),
        json!(true),
        json!(""),
        json!("https://host:8443/path"),
        json!("https://user@host/path"),
        json!("mailto:a@b"),
        json!("http://[::1]:80/a@b:c"),
        json!("-----BEGIN PUBLIC KEY-----\nMIIB"),
        json!("-----BEGIN CERTIFICATE-----\nMIIB"),
        json!("Accept: application/json"),
        json!("Note: the password is in the vault"),
        json!("Enter a password: it has eight characters"),
        json!("token_type=bearer&expires_in=5"),
        json!("Server=db;Password=;"),
        json!("password=${password}"),
        json!({"password": ""}),
        json!({"password": true, "token": null}),
        json!({"passwordPolicy": {"length": 8}}),
        json!({"tokenUrl": "https://host/token"}),
        json!([{"name": "Accept", "value": "Bearer"}]),
        json!("{\"token\": \"${epoch}\"}"),
        json!("{not JSON: token}"),
        json!("name,email,password"),
        json!("a = b"),
    ] {
        assert!(!holds_credential(None, "value", &value), "{value}");
    }
    assert!(!holds_credential(None, "use.token", &json!(true)));
    assert!(!holds_credential(None, "use.token", &json!("false")));
    assert!(holds_credential(None, "token", &json!(12345678)));
}
