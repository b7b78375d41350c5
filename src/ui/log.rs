//! Log lines on stderr.

use std::io;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;

use crate::cli::{OutputArgs, OutputFormat};

/// Installs the log of the process: warnings, or more with `-v`. Only events of this crate are
/// logged, because those of libraries may contain headers.
pub(crate) fn install(output: &OutputArgs) {
    let level = match (output.quiet, output.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    };
    let own = tracing_subscriber::filter::Targets::new().with_target("connectorctl", level);
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let registry = tracing_subscriber::registry();
    // In a test process the log may be installed already.
    let _ = match output.log_format {
        OutputFormat::Text => registry
            .with(layer.with_ansi(false).with_filter(own))
            .try_init(),
        OutputFormat::Json => registry.with(layer.json().with_filter(own)).try_init(),
    };
}
