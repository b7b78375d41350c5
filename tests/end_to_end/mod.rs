//! The product's main job, through the real binary and over real HTTP.

mod changes;
mod documented;
mod failures;
mod catalogue;
mod canary;
mod example;
