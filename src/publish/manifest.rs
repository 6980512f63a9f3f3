//! The manifest: every file that hub put into an output folder.
//!
//! It lies in `.hub/manifest/`, not in the cache, which may be deleted, and not in the output, which is published.

use crate::digest::{Digest, Hasher};
use crate::source::RelPath;
use crate::store;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// A file of the output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its bytes.
    pub digest: Digest,
    /// Their number.
    pub len: u64,
    /// When hub wrote it, nanoseconds since 1970: a file with another time was changed by somebody else.
    pub modified: i64,
    /// The source that it comes from, if it comes from one.
    pub source: Option<RelPath>,
}

/// Every file that hub put into a folder, with its path there, in the order of the paths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest(pub Vec<(String, Record)>);

/// Changes only when what a manifest holds changes its shape: it outlives versions of hub.
const FORMAT: &str = "hub manifest 1\n";

/// Where the manifest of a folder lies, below `.hub`.
///
/// An output below the site is known by its path there, so that the site can be moved with its output.
pub(super) fn place(root: &Path, hub: &Path, out: &Path) -> PathBuf {
    let (root, out) = (super::disk::real(root), super::disk::real(out));
    let real = out.strip_prefix(&root).unwrap_or(&out);
    let name = Hasher::new("output").text(&real.to_string_lossy()).finish();
    hub.join("manifest").join(format!("{name:?}"))
}

impl Manifest {
    /// Reads a manifest, with its digest, and what a killed build meant to write: both are hub's own.
    pub(super) fn read(path: &Path) -> io::Result<(Manifest, Digest, Vec<String>)> {
        let bytes = store::open_bytes(path, FORMAT)?;
        let manifest = bytes.as_deref().map(store::value).transpose()?.unwrap_or_default();
        let journal =
            store::open::<Vec<String>>(&path.with_extension("journal"), FORMAT).ok().flatten().unwrap_or_default();
        Ok((manifest, digest(&bytes.unwrap_or_default()), journal))
    }

    /// Writes the manifest of these files; what the journal said is done. Gives its digest.
    pub(super) fn write(path: &Path, mut files: Vec<(&str, Record)>) -> io::Result<Digest> {
        files.par_sort_unstable_by_key(|(path, _)| *path);
        let bytes = [postcard::to_stdvec(&files).map_err(io::Error::other)?];
        store::save_parts(path, FORMAT, &bytes)?;
        match std::fs::remove_file(path.with_extension("journal")) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(digest(&bytes[0])),
        }
    }

    /// Writes down what is about to be put there, so that a build that is killed now does not leave strangers.
    pub(super) fn announce(path: &Path, paths: &[&str]) -> io::Result<()> {
        store::save(&path.with_extension("journal"), FORMAT, &paths)
    }
}

/// Digest of a manifest as it is stored.
fn digest(bytes: &[u8]) -> Digest {
    Hasher::new("manifest").bytes(bytes).finish()
}
