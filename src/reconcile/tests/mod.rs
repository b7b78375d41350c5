//! Tests of the planner: each row of the presence table, each kind of difference, foreign claims,
//! renames and secrets. The audit is shown to fail, and over random worlds an applied plan leaves
//! nothing to plan, and every step is the one that an oracle predicts.

mod audit;
mod claims;
mod differences;
mod laws;
mod moves;
mod oracle;
mod predictions;
mod presence;
mod random;
mod secrets;
mod shown;
mod world;
