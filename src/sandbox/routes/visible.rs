//! The caller and the instances it sees (docs/platform.md#authorization and
//! docs/platform.md#visibility).

use crate::sandbox::assumptions::{DeleteMissing, Foreign};
use crate::sandbox::behaviour::{plain, resolve_element};
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResult};
use crate::sandbox::request::ApiRequest;
use crate::sandbox::state::{StoredInstance, User};

/// A request, and whom it is from.
pub(super) struct Call<'a> {
    pub(super) platform: &'a mut Platform,
    pub(super) request: &'a ApiRequest,
    pub(super) method: &'a str,
    pub(super) caller: Caller,
}

pub(super) struct Caller {
    pub(super) user: User,
    /// The live instance that the `Element` token belongs to.
    pub(super) token: Option<u64>,
}

impl Caller {
    /// Checks the header: the user must belong to the organization, and the token to a live instance.
    fn of(platform: &Platform, request: &ApiRequest) -> Option<Self> {
        let state = &platform.state;
        let authorization = &request.authorization;
        let secret = authorization.user.as_ref()?;
        let user = state.users.iter().find(|user| user.secret == *secret)?;
        let token = match &authorization.element {
            None => None,
            Some(token) => {
                let mut instances = state.instances.values();
                let instance =
                    instances.find(|instance| instance.token == *token && !instance.deleted)?;
                (instance.organization == user.organization).then_some(())?;
                Some(instance.id)
            }
        };
        // With a token the organization is optional (docs/platform.md#authorization).
        match &authorization.organization {
            Some(secret) if *secret == state.organization(user.organization)?.secret => {}
            None if token.is_some() => {}
            _ => return None,
        }
        let user = user.clone();
        Some(Self { user, token })
    }

    pub(super) fn sees(&self, instance: &StoredInstance) -> bool {
        let user = &self.user;
        instance.organization == user.organization
            && (user.sees_account || instance.owner == user.id)
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

impl<'a> Call<'a> {
    pub(super) fn new(platform: &'a mut Platform, request: &'a ApiRequest) -> ApiResult<Self> {
        Ok(Self {
            caller: Caller::of(platform, request).ok_or_else(ApiError::unauthorized)?,
            method: &request.method,
            platform,
            request,
        })
    }

    /// The instance with this id, if the caller may see it.
    pub(super) fn by_id(&self, id: &str) -> ApiResult<u64> {
        let Platform {
            state, assumptions, ..
        } = &*self.platform;
        let missing = || {
            let mut error = no_instance(id);
            let only_id = self.request.segments().len() == 2;
            if self.method == "DELETE" && only_id && assumptions.q11 == DeleteMissing::Ok {
                error.status = 200;
            }
            error
        };
        let number: u64 = id.parse().map_err(|_| missing())?;
        let include_deleted =
            self.method == "GET" && self.request.flag("includeDeleted") == Some(true);
        let instance = state
            .instances
            .get(&number)
            .filter(|instance| !instance.deleted || include_deleted)
            .ok_or_else(missing)?;
        if self.caller.sees(instance) {
            return Ok(number);
        }
        Err(match assumptions.q12 {
            Foreign::Forbidden => ApiError::error(
                403,
                "The user does not have the privileges to access this instance",
            ),
            Foreign::NotFound => missing(),
        })
    }

    /// The same below the path of an element.
    pub(super) fn of_element(&self, element: &str, id: &str) -> ApiResult<u64> {
        let state = &self.platform.state;
        let element = resolve_element(&state.own_elements, element)?.id;
        let instance = id.parse().ok().and_then(|id| state.instances.get(&id));
        instance
            .filter(|instance| !instance.deleted && self.caller.sees(instance))
            .filter(|instance| instance.element == element)
            .map(|instance| instance.id)
            .ok_or_else(|| no_instance(id))
    }
}

/// The id may come from the client, so it must not return as markup.
pub(super) fn no_instance(id: &str) -> ApiError {
    ApiError::not_found(format!("No element instance found with id {}", plain(id)))
}
