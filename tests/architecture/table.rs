//! The module table of `docs/architecture.md`, as code.

/// A module of `src`, its layer, and the modules of this crate it may name.
pub(super) struct Module {
    pub(super) name: &'static str,
    pub(super) layer: &'static str,
    pub(super) may_use: &'static [&'static str],
}

const CORE: &[&str] = &["model", "diagnostic", "catalog"];
const EDGE: &[&str] = &["model", "diagnostic", "catalog", "ports"];
/// An edge that reads or writes files.
const FILE_EDGE: &[&str] = &["model", "diagnostic", "catalog", "ports", "files"];
/// A file edge that knows of recipients.
const SEALED_EDGE: &[&str] = &[
    "model",
    "diagnostic",
    "catalog",
    "ports",
    "files",
    "sealing",
];
const SHELL: &[&str] = &[
    "model",
    "diagnostic",
    "catalog",
    "ports",
    "files",
    "reconcile",
    "render",
    "outputs",
    "import",
    "manifest",
    "secrets",
    "sealing",
    "lockfile",
    "remote",
    "apply",
    "sandbox",
    "session",
    "cli",
    "ui",
    "error",
    "commands",
];

/// Every module there is; one that is not here fails the test.
pub(super) const MODULES: &[Module] = &[
    Module {
        name: "model",
        layer: "0 pure",
        may_use: &[],
    },
    Module {
        name: "diagnostic",
        layer: "0 pure",
        may_use: &[],
    },
    Module {
        name: "catalog",
        layer: "0 pure",
        may_use: &["model"],
    },
    Module {
        name: "ports",
        layer: "1 pure",
        may_use: CORE,
    },
    Module {
        name: "reconcile",
        layer: "1 pure",
        may_use: CORE,
    },
    Module {
        name: "render",
        layer: "1 pure",
        may_use: &["model", "diagnostic", "catalog", "import"],
    },
    Module {
        name: "outputs",
        layer: "1 pure",
        may_use: &["model"],
    },
    Module {
        name: "import",
        layer: "1 pure",
        may_use: CORE,
    },
    Module {
        name: "files",
        layer: "1½ files",
        may_use: &[],
    },
    Module {
        name: "sealing",
        layer: "1½ crypto",
        may_use: &["model"],
    },
    Module {
        name: "manifest",
        layer: "2 edge",
        may_use: SEALED_EDGE,
    },
    Module {
        name: "secrets",
        layer: "2 edge",
        may_use: FILE_EDGE,
    },
    Module {
        name: "lockfile",
        layer: "2 edge",
        may_use: SEALED_EDGE,
    },
    Module {
        name: "remote",
        layer: "2 edge",
        may_use: EDGE,
    },
    Module {
        name: "apply",
        layer: "2 edge",
        may_use: &["model", "ports"],
    },
    Module {
        name: "sandbox",
        layer: "2 edge",
        may_use: &["catalog", "files"],
    },
    Module {
        name: "session",
        layer: "2½ run",
        may_use: &[
            "model",
            "diagnostic",
            "catalog",
            "ports",
            "reconcile",
            "manifest",
            "secrets",
            "sealing",
            "lockfile",
            "apply",
            "import",
        ],
    },
    Module {
        name: "cli",
        layer: "3 shell",
        may_use: &["model", "outputs", "import", "error"],
    },
    Module {
        name: "error",
        layer: "3 shell",
        may_use: &[
            "model",
            "diagnostic",
            "ports",
            "outputs",
            "lockfile",
            "sandbox",
            "session",
        ],
    },
    Module {
        name: "ui",
        layer: "3 shell",
        may_use: &[
            "model",
            "diagnostic",
            "ports",
            "render",
            "apply",
            "cli",
            "error",
        ],
    },
    Module {
        name: "commands",
        layer: "3 shell",
        may_use: SHELL,
    },
];
