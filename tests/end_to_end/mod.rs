//! The product's main job, through the real binary and over real HTTP.

mod absence;
mod answers;
mod assumptions;
mod canary;
mod catalogue;
mod changes;
mod consumers;
mod credentials;
mod disabled;
mod documented;
mod drift;
mod example;
mod failures;
mod fingerprints;
mod help;
mod ignored;
mod init;
mod lists;
mod log_commands;
mod partly;
mod problems;
mod quoting;
mod requests;
mod rewritten;
mod summaries;
mod versions;
