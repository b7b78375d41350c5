//! The exactly-once protocol as a model, explored by stateright in every state of small scopes.
//!
//! The world is a platform that commits a `POST` now, later or never and whose searches lag
//! (`platform`), the durable side of a runner (`store`: lock file, journal, exclusive lock), and
//! runs that plan, settle, send, record and fold one step at a time (`plan`, `protocol`, `step`).
//! Between any two steps time may pass, the process may die, the manifest may be edited, a second
//! run may go on. Laws 3 and 4 are properties of every reachable state (`laws`).
//!
//! Time is counted in ticks, and every clock in the state counts only as far as anyone asks, so the
//! explorations are finite although runs, searches and waiting are not bounded. Bounded are kills
//! (`crashes`), lost answers (`faults`), fresh clones (`losses`) and edits of the manifest.
//!
//! `inside` and `outside` are the two sides of the conditions in `docs/guarantees.md`; `mistakes`
//! takes the protocol's parts out, one at a time, and demands a counter-example.
//!
//! Must not: know anything of the code but its names (`words`); a model that shares code with the
//! program would share its errors.
//!
//! `cargo test --test main model:: -- --nocapture` prints the number of states of each exploration
//! and the history that each mistake leads to.

mod explore;
mod inside;
mod laws;
mod mistakes;
mod outside;
mod plan;
mod platform;
mod protocol;
mod scope;
mod state;
mod step;
mod store;
mod words;
