//! Files that hub keeps for itself: written whole or not at all, and known by a checksum when they are read.

use crate::digest::Digest;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::Path;

/// The parts of a file that was read.
pub struct Parts {
    /// The checksum of all of them.
    pub digest: Digest,
    bytes: Vec<u8>,
    places: Vec<Range<usize>>,
}

impl Parts {
    /// Each part, in order.
    pub fn all(&self) -> Vec<&[u8]> {
        self.places.iter().map(|place| &self.bytes[place.clone()]).collect()
    }
}

/// A value that a part holds; what is none is [`InvalidData`](io::ErrorKind::InvalidData).
pub fn value<T: for<'a> Deserialize<'a>>(part: &[u8]) -> io::Result<T> {
    postcard::from_bytes(part).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// Reads a file of a format; `None` if there is none, or one that another version of hub wrote. One that was cut short or
/// changed is an error of the kind [`InvalidData`](io::ErrorKind::InvalidData).
pub fn open<T: for<'a> Deserialize<'a>>(path: &Path, format: &str) -> io::Result<Option<T>> {
    let Some(parts) = open_parts(path, format)? else { return Ok(None) };
    value(parts.all().first().copied().unwrap_or_default()).map(Some)
}

/// Writes a file of a format, beside its place, then moves it there.
pub fn save<T: Serialize>(path: &Path, format: &str, value: &T) -> io::Result<()> {
    save_parts(path, format, &[postcard::to_stdvec(value).map_err(io::Error::other)?])
}

/// Reads a file of several parts, which can be read by several threads; as [`open`].
pub fn open_parts(path: &Path, format: &str) -> io::Result<Option<Parts>> {
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
    let sum = Digest::of(body);
    if sum.0.to_le_bytes() != digest {
        return Err(bad());
    }
    let mut places = Vec::new();
    let mut rest = body;
    while let Some((len, after)) = rest.split_first_chunk::<8>() {
        let len = usize::try_from(u64::from_le_bytes(*len)).map_err(|_| bad())?;
        let at = bytes.len() - after.len();
        (_, rest) = after.split_at_checked(len).ok_or_else(bad)?;
        places.push(at..at + len);
    }
    Ok(Some(Parts { digest: sum, bytes, places }))
}

/// Writes a file of several parts; as [`save`].
pub fn save_parts(path: &Path, format: &str, parts: &[Vec<u8>]) -> io::Result<()> {
    let lens: Vec<[u8; 8]> = parts.iter().map(|part| (part.len() as u64).to_le_bytes()).collect();
    let framed = || lens.iter().zip(parts).flat_map(|(len, part)| [&len[..], part]);
    let digest = Digest::of_pieces(framed()).0.to_le_bytes();
    replace_by(path, |file| {
        [format.as_bytes(), &digest].into_iter().chain(framed()).try_for_each(|p| file.write_all(p))
    })
}

/// Puts bytes at a path, as [`replace`], and does not return before they are on the disk.
pub fn replace_for_good(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    write().inspect_err(|_| drop(std::fs::remove_file(&temporary)))?;
    // The name is on the disk when its folder is; systems that open no folders keep names themselves.
    match path.parent().map(File::open) {
        Some(Ok(folder)) => folder.sync_all(),
        _ => Ok(()),
    }
}

/// Puts bytes at a path: other programs see the old file or the new one, never a part.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_by(path, |file| file.write_all(bytes))
}

fn replace_by(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    File::create(&temporary)
        .and_then(|mut file| write(&mut file))
        .and_then(|()| std::fs::rename(&temporary, path))
        .inspect_err(|_| drop(std::fs::remove_file(&temporary)))
}
