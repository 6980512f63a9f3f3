//! Files that hub keeps for itself: written whole or not at all, and known by a checksum when they are read.

use crate::digest::Digest;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// Reads a file of a format; `None` if there is none, or one that another version of hub wrote. One that was cut short or
/// changed is an error of the kind [`InvalidData`](io::ErrorKind::InvalidData).
pub fn open<T: for<'a> Deserialize<'a>>(path: &Path, format: &str) -> io::Result<Option<T>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let bad = || io::Error::from(io::ErrorKind::InvalidData);
    let body = match bytes.strip_prefix(format.as_bytes()) {
        Some(body) => body,
        // Another version of hub wrote it: for this one there is none.
        None if bytes.starts_with(b"hub ") => return Ok(None),
        None => return Err(bad()),
    };
    let (digest, body) = body.split_at_checked(16).ok_or_else(bad)?;
    if Digest::of(body).0.to_le_bytes() != digest {
        return Err(bad());
    }
    postcard::from_bytes(body).map(Some).map_err(|_| bad())
}

/// Writes a file of a format, beside its place, then moves it there.
pub fn save<T: Serialize>(path: &Path, format: &str, value: &T) -> io::Result<()> {
    let body = postcard::to_stdvec(value).map_err(io::Error::other)?;
    let mut bytes = Vec::with_capacity(body.len() + 64);
    bytes.extend_from_slice(format.as_bytes());
    bytes.extend_from_slice(&Digest::of(&body).0.to_le_bytes());
    bytes.extend_from_slice(&body);
    replace(path, &bytes)
}

/// Puts bytes at a path: other programs see the old file or the new one, never a part.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    std::fs::write(&temporary, bytes)
        .and_then(|()| std::fs::rename(&temporary, path))
        .inspect_err(|_| drop(std::fs::remove_file(&temporary)))
}
