//! Tests of the planner: each row of the presence table, each kind of difference, foreign claims,
//! renames and secrets. The audit is shown to fail, and over random worlds an applied plan leaves
//! nothing to plan.

mod audit;
mod claims;
mod differences;
mod laws;
mod moves;
mod presence;
mod secrets;
mod world;
