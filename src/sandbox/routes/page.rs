//! Pages of a list (docs/platform.md#paging): their size, where one starts, and the token of the next.
//! Must not: know what is in the list.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::sandbox::assumptions::PageToken;
use crate::sandbox::reply::{ApiError, ApiResponse, ApiResult};
use crate::sandbox::request::ApiRequest;

/// The platform's maximum.
pub(super) const MAX_SIZE: usize = 200;

/// Where a page starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    First,
    /// After this many items.
    Offset(usize),
    /// After the item with this id.
    After(u64),
}

impl Position {
    /// The position that the request asks for.
    pub(super) fn of(request: &ApiRequest) -> ApiResult<Self> {
        let token = request.parameter("nextPage");
        match token.filter(|token| !token.is_empty()) {
            None => Ok(Self::First),
            Some(token) => Self::decode(token)
                .ok_or_else(|| ApiError::bad_request("nextPage is not a valid page token")),
        }
    }

    fn decode(token: &str) -> Option<Self> {
        let bytes = STANDARD.decode(token).ok()?;
        let value: Value = serde_json::from_slice(&bytes).ok()?;
        match value["after"].as_u64() {
            Some(id) => Some(Self::After(id)),
            None => {
                let offset = value["offset"].as_u64()?;
                usize::try_from(offset).ok().map(Self::Offset)
            }
        }
    }

    /// How many items of a list with these ids, in ascending order, come before the page.
    pub(super) fn skipped(self, ids: impl Iterator<Item = u64>) -> usize {
        match self {
            Self::First => 0,
            Self::Offset(offset) => offset,
            Self::After(last) => ids.take_while(|id| *id <= last).count(),
        }
    }
}

/// The token of the next page, given how many items precede it and the last of their ids.
pub(super) fn token(kind: PageToken, size: usize, offset: usize, last: Option<u64>) -> String {
    let token = match kind {
        PageToken::Offset => {
            let page = offset.div_ceil(size) + 1;
            json!({"pageSize": size, "page": page, "offset": offset})
        }
        PageToken::Cursor => json!({"pageSize": size, "after": last.unwrap_or(0)}),
    };
    STANDARD.encode(token.to_string())
}

/// A page, with how many items there are in all and the token of the next page, where they are said.
pub(super) fn response(
    items: Vec<Value>,
    total: Option<usize>,
    next: Option<String>,
) -> ApiResponse {
    let returned = items.len();
    let mut response = ApiResponse::ok(items.into()).with("elements-returned-count", returned);
    if let Some(total) = total {
        response = response.with("elements-total-count", total);
    }
    if let Some(token) = next {
        response = response.with("elements-next-page-token", token);
    }
    response
}

/// The page size that the request asks for.
pub(super) fn requested_size(request: &ApiRequest) -> ApiResult<usize> {
    let Some(text) = request.parameter("pageSize") else {
        return Ok(MAX_SIZE);
    };
    text.parse()
        .ok()
        .filter(|size| *size > 0)
        .ok_or_else(|| ApiError::bad_request("pageSize must be a positive number"))
}
