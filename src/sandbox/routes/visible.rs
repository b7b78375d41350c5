//! The caller and the instances it sees (docs/platform.md#authorization and
//! docs/platform.md#visibility).

use crate::sandbox::assumptions::{DeleteMissing, Foreign};
use crate::sandbox::behaviour::resolve_element;
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::ApiError;
use crate::sandbox::request::ApiRequest;
use crate::sandbox::state::StoredInstance;

pub(super) struct Caller {
    pub(super) user: u64,
    pub(super) organization: u64,
    pub(super) sees_account: bool,
    /// The live instance that the `Element` token belongs to.
    pub(super) token: Option<u64>,
}

impl Caller {
    /// Checks the header: the user must belong to the organization, and the token to a live instance.
    pub(super) fn of(platform: &Platform, request: &ApiRequest) -> Result<Self, ApiError> {
        let state = &platform.state;
        let authorization = &request.authorization;
        let given = |value: &Option<String>| value.clone().ok_or_else(ApiError::unauthorized);
        let user_secret = given(&authorization.user)?;
        let user = state
            .users
            .iter()
            .find(|user| user.secret == user_secret)
            .ok_or_else(ApiError::unauthorized)?;
        let organization = state
            .organizations
            .iter()
            .find(|organization| organization.id == user.organization)
            .ok_or_else(ApiError::unauthorized)?;
        let token = match &authorization.element {
            None => None,
            Some(token) => {
                let instance = state
                    .instances
                    .values()
                    .find(|instance| instance.token == *token && !instance.deleted)
                    .filter(|instance| instance.organization == user.organization)
                    .ok_or_else(ApiError::unauthorized)?;
                Some(instance.id)
            }
        };
        // With a token the organization is optional (docs/platform.md#authorization).
        match &authorization.organization {
            Some(secret) if *secret == organization.secret => {}
            None if token.is_some() => {}
            _ => return Err(ApiError::unauthorized()),
        }
        Ok(Self {
            user: user.id,
            organization: user.organization,
            sees_account: user.sees_account,
            token,
        })
    }

    pub(super) fn sees(&self, instance: &StoredInstance) -> bool {
        instance.organization == self.organization
            && (self.sees_account || instance.owner == self.user)
    }
}

/// Whether the first segment is an id; every other path below `/instances` needs a token.
pub(super) fn is_id(rest: &[&str]) -> bool {
    const BY_TOKEN: [&str; 8] = [
        "configuration",
        "enabled",
        "trace-logging",
        "events",
        "docs",
        "transformations",
        "objects",
        "count",
    ];
    rest.first().is_some_and(|first| !BY_TOKEN.contains(first))
}

/// The instance with this id, if the caller may see it.
pub(super) fn by_id(
    platform: &Platform,
    request: &ApiRequest,
    caller: &Caller,
    id: &str,
) -> Result<u64, ApiError> {
    let missing = || {
        // The id comes from the client, so it must not return as markup.
        let shown: String = id
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(20)
            .collect();
        let mut error = ApiError::not_found(format!("No element instance found with id {shown}"));
        let only_id = request.segments().len() == 2;
        if request.method == "DELETE" && only_id && platform.assumptions.q11 == DeleteMissing::Ok {
            error.status = 200;
        }
        error
    };
    let number: u64 = id.parse().map_err(|_| missing())?;
    let include_deleted = request.method == "GET" && request.flag("includeDeleted") == Some(true);
    let instance = platform
        .state
        .instances
        .get(&number)
        .filter(|instance| !instance.deleted || include_deleted)
        .ok_or_else(missing)?;
    if caller.sees(instance) {
        return Ok(number);
    }
    match platform.assumptions.q12 {
        Foreign::Forbidden => Err(ApiError::new(
            403,
            "The user does not have the privileges to access this instance",
        )),
        Foreign::NotFound => Err(missing()),
    }
}

/// The same below the path of an element.
pub(super) fn of_element(
    platform: &Platform,
    caller: &Caller,
    element: &str,
    id: &str,
) -> Result<u64, ApiError> {
    let found = resolve_element(&platform.state.own_elements, element).ok_or_else(|| {
        ApiError::not_found(format!("No element found with key {}", plain(element)))
    })?;
    let number: u64 = id
        .parse()
        .map_err(|_| ApiError::not_found("No element instance found"))?;
    platform
        .state
        .instances
        .get(&number)
        .filter(|instance| !instance.deleted && caller.sees(instance))
        .filter(|instance| instance.element == found.id())
        .map(|instance| instance.id)
        .ok_or_else(|| ApiError::not_found(format!("No element instance found with id {number}")))
}

/// Text from a client, made safe for a message.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .filter(|character| character.is_alphanumeric() || "._- ".contains(*character))
        .take(80)
        .collect()
}
