//! Log lines on stderr.

use std::io::{self, Write};

use anstream::ColorChoice;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;

use super::stream::Stream;
use crate::cli::{OutputArgs, OutputFormat};
use crate::render::{json_line, one_line};

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
    let layer = tracing_subscriber::fmt::layer();
    let registry = tracing_subscriber::registry();
    // In a test process the log may be installed already.
    let _ = match output.log_format {
        OutputFormat::Text => {
            let layer = layer.with_writer(|| EventWriter(one_line)).with_ansi(false);
            registry.with(layer.with_filter(own)).try_init()
        }
        OutputFormat::Json => {
            let layer = layer.json().with_writer(|| EventWriter(json_line));
            registry.with(layer.with_filter(own)).try_init()
        }
    };
}

/// Writes each event as one line, escaped by this function: the layer hands over a whole event at once.
struct EventWriter(fn(&str) -> String);

impl Write for EventWriter {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = (self.0)(text.trim_end_matches('\n'));
        Stream::Err(ColorChoice::Never).print(|out| writeln!(out, "{line}"))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
