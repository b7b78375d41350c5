//! Who takes the lock, as told to those who wait for it.

use super::clock::SystemClock;
use super::environment::Environment;
use crate::lockfile::Holder;
use crate::ports::Clock as _;

/// This process, and the pipeline run it belongs to where GitLab or GitHub names one.
pub(super) fn of(environment: &Environment) -> Holder {
    let github = || {
        Some(format!(
            "{}/{}/actions/runs/{}",
            environment.get("GITHUB_SERVER_URL")?,
            environment.get("GITHUB_REPOSITORY")?,
            environment.get("GITHUB_RUN_ID")?
        ))
    };
    Holder {
        pid: std::process::id(),
        since: humantime::format_rfc3339_seconds(SystemClock.now().into()).to_string(),
        run: environment
            .get("CI_JOB_URL")
            .map(str::to_owned)
            .or_else(github),
    }
}
