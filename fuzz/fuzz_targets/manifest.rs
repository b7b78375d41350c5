//! Any bytes are read as a manifest without a panic.

#![no_main]

use std::path::PathBuf;

use connectorctl::manifest::{LoadOptions, SourceFile, load};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = SourceFile {
        name: "m.yaml".to_owned(),
        folder: PathBuf::new(),
        bytes: bytes.to_owned(),
    };
    let _ = load(&[file], LoadOptions::default());
});
