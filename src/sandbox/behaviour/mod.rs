//! What the platform does to what it is given: it removes markup, turns values into strings, fills in
//! defaults, masks secrets, and checks credentials with the vendor. Must not: know a route.

mod configuration;
mod elements;
mod shape;
mod text;
mod vendor;

pub(super) use configuration::{MASK, given, is_masked, merged, missing_required};
pub(super) use elements::{
    FIRST_OWN_ID, find as find_element, find_by_key, known as known_elements, no_element,
    resolve as resolve_element,
};
pub(super) use shape::{Parts, entries, instance};
pub(super) use text::{plain, strip_markup, tags, value, without_nulls};
pub(super) use vendor::{check as check_with_vendor, signs_in};
