//! Files that are something else than they should be: not checked out, encrypted, or half merged.
//!
//! Must not: read a file; whoever has the bytes asks.

/// What a file is instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherFile {
    /// For messages, after the name of the file: `is a Git LFS pointer`.
    pub what: &'static str,
    /// What to do.
    pub hint: &'static str,
    /// The line that shows it, from 1.
    pub line: usize,
}

const AGE: (&str, &str) = (
    "is encrypted with age",
    "decrypt it first, for example with `age -d`",
);

/// How a file starts, what it is, and what to do.
const STARTS: [(&[u8], (&str, &str)); 6] = [
    (
        b"version https://git-lfs.github.com/spec/",
        ("is a Git LFS pointer", "run `git lfs pull`"),
    ),
    (
        b"\0GITCRYPT\0",
        ("is encrypted with git-crypt", "run `git-crypt unlock`"),
    ),
    (
        b"$ANSIBLE_VAULT;",
        (
            "is encrypted with Ansible Vault",
            "decrypt it first, for example with `ansible-vault view`",
        ),
    ),
    (b"age-encryption.org/v1", AGE),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", AGE),
    (
        b"-----BEGIN PGP MESSAGE-----",
        (
            "is encrypted with PGP",
            "decrypt it first, for example with `gpg -d`",
        ),
    ),
];

impl OtherFile {
    /// What the file with this content is instead, if it is one of those.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let bytes = without_bom(bytes);
        let start = STARTS.iter().find(|(start, _)| bytes.starts_with(start));
        let sops = || {
            let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
            (has(b"ENC[AES256_GCM,") && (has(b"sops:") || has(b"\"sops\""))).then_some((
                "is encrypted with SOPS",
                "decrypt it first, for example with `sops -d`",
            ))
        };
        if let Some((what, hint)) = start.map(|(_, other)| *other).or_else(sops) {
            return Some(Self {
                what,
                hint,
                line: 1,
            });
        }
        Some(Self {
            what: "has an unresolved merge conflict",
            hint: "keep one side, and remove the lines with `<<<<<<<`, `=======` and `>>>>>>>`",
            line: conflict_line(bytes)?,
        })
    }
}

/// The content without the byte order mark that some editors write.
pub fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// The first line of a merge conflict; there has to be an end, too.
fn conflict_line(bytes: &[u8]) -> Option<usize> {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let start = lines.position(|line| line.starts_with(b"<<<<<<< "))?;
    lines
        .any(|line| line.starts_with(b">>>>>>> "))
        .then_some(start + 1)
}
