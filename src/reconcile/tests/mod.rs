//! The laws of the planner: each row of the presence table, each kind of difference, and, over
//! random worlds, that an applied plan leaves nothing to plan.

mod differences;
mod laws;
mod presence;
mod world;
