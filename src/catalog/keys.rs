//! What the name of a configuration key says about who sets its value.

/// Whether the platform computes or refreshes the value (docs/platform.md#configuration). A declared value is
/// compared with what was last sent, never with what is observed.
pub(crate) fn is_platform_owned(key: &str) -> bool {
    const OWNED: [&str; 8] = [
        "oauth.user.token",
        "oauth.user.refresh_token",
        "oauth.user.refresh_time",
        "oauth.user.id",
        "authentication.time",
        "expires_in",
        "session.id",
        "event.notification.subscription.id",
    ];
    OWNED.contains(&key) || key.contains(".session.") || key.ends_with(".webhook.target_id")
}
