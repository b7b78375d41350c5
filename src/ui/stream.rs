//! stdout and stderr: the only file that writes to them. Whatever it is handed, no line is a command to
//! a CI system, and no character but color controls a terminal; except for what is handed to another
//! program.
//!
//! Must not: let a caller have the streams themselves.

use std::io::{self, IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};

use crate::render::printed;

/// A standard stream, and whether it gets color.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stream {
    Out(ColorChoice),
    Err(ColorChoice),
}

impl Stream {
    /// Writes what `write` writes, once it is complete.
    pub(super) fn print(
        self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut text = Vec::new();
        write(&mut text)?;
        let text = printed(&String::from_utf8_lossy(&text));
        match self {
            Self::Out(color) => emit(
                &mut AutoStream::new(io::stdout().lock(), color),
                text.as_bytes(),
            ),
            Self::Err(color) => emit(
                &mut AutoStream::new(io::stderr().lock(), color),
                text.as_bytes(),
            ),
        }
    }

    /// Writes these bytes as they are, for another program: a token that is escaped is another token.
    pub(super) fn hand_out(self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Out(_) => emit(&mut io::stdout().lock(), bytes),
            Self::Err(_) => emit(&mut io::stderr().lock(), bytes),
        }
    }

    pub(super) fn is_terminal(self) -> bool {
        match self {
            Self::Out(_) => io::stdout().is_terminal(),
            Self::Err(_) => io::stderr().is_terminal(),
        }
    }
}

fn emit(out: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(bytes)?;
    out.flush()
}
