//! The laws of the planner: each row of the presence table, each kind of difference, what two claim,\n//! renames, secrets, that the audit can fail, and, over random worlds, that an applied plan leaves\n//! nothing to plan.\n\nmod audit;
mod claims;
mod differences;
mod laws;
mod moves;
mod presence;
mod secrets;
mod world;
