//! The names of the members that a manifest may have.

/// Of a document.
pub(super) const DOCUMENT: [&str; 7] = [
    "version",
    "inventory",
    "api",
    "defaults",
    "instances",
    "lock",
    "extends",
];

/// Of `lock`.
pub(super) const LOCK: [&str; 2] = ["recipients", "recipientsFile"];

/// Of `api`.
pub(super) const API: [&str; 2] = ["url", "organization"];

/// Of an instance, and of `defaults`.
pub(super) const INSTANCE: [&str; 10] = [
    "element",
    "name",
    "tags",
    "configuration",
    "secretVersions",
    "providerData",
    "externalAuthentication",
    "retrieveObjectsAfterInstantiation",
    "enabled",
    "lifecycle",
];

/// Members that only responses have (docs/platform.md#the-instance). They are ignored, so that a response can be
/// pasted.
pub(super) const RESPONSE_ONLY: [&str; 22] = [
    "id",
    "token",
    "createdDate",
    "updatedDate",
    "description",
    "channelName",
    "elementId",
    "provisionInteractions",
    "valid",
    "disabled",
    "maxCacheSize",
    "cacheTimeToLive",
    "cachingEnabled",
    "eventsEnabled",
    "eventsNotificationCallbackUrl",
    "traceLoggingEnabled",
    "user",
    "transformationData",
    "objects",
    "accountId",
    "requestId",
    "hub",
];
