//! The manifest: every file that hub put into an output folder.
//!
//! It lies in `.hub/manifest/`, not in the cache, which may be deleted, and not in the output, which is published.

use crate::digest::{Digest, Hasher};
use crate::source::RelPath;
use crate::store;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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

/// What hub put into a folder: every file with its path there, in the order of the paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The files.
    pub files: Vec<(String, Record)>,
    /// Digest of the manifest as it is stored.
    pub digest: Digest,
    /// What a killed build meant to write: hub's own, of unknown bytes.
    pub unfinished: Vec<String>,
    pub(super) layers: Layers,
}

/// A manifest is stored as a whole, and beside it what is another since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layers {
    /// Digest of the whole one; none if there is none.
    base: Option<Digest>,
    /// The paths of what is another.
    pub since: Vec<String>,
}

impl Layers {
    /// The whole manifest, by its digest, if it may stay where of `count` files `changed` are another.
    pub(super) fn base(&self, changed: usize, count: usize) -> Option<Digest> {
        self.base.filter(|_| store::fits_above(self.since.len() + changed, count))
    }
}

/// Changes only when what a manifest holds changes its shape: it outlives versions of hub.
const FORMAT: &str = "hub manifest 1\n";

/// What is another since a manifest of this digest was written: files that are new or changed, and those that are gone.
type Since = (Digest, Vec<(String, Option<Record>)>);

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
    /// Reads a manifest; empty where there is none.
    pub(super) fn read(path: &Path) -> io::Result<Manifest> {
        let bytes = store::open_bytes(path, FORMAT)?;
        let files = bytes.as_deref().map(store::value).transpose()?.unwrap_or_default();
        let base = digest(bytes.as_deref().unwrap_or_default());
        let unfinished = store::open(&path.with_extension("journal"), FORMAT).ok().flatten().unwrap_or_default();
        let layers = Layers { base: bytes.is_some().then_some(base), since: Vec::new() };
        let mut manifest = Manifest { files, digest: base, unfinished, layers };
        // One that is of another whole manifest was left by a build that was killed while it wrote that.
        let since = store::open_bytes(&path.with_extension("since"), FORMAT).ok().flatten();
        let read = since.as_deref().and_then(|bytes| store::value::<Since>(bytes).ok());
        if let Some((_, others)) = read.filter(|(of, _)| bytes.is_some() && *of == base) {
            manifest.digest = digest(since.as_deref().unwrap_or_default());
            others.into_iter().for_each(|(path, record)| manifest.put(path, record));
        }
        Ok(manifest)
    }

    fn put(&mut self, path: String, record: Option<Record>) {
        self.layers.since.push(path.clone());
        match (self.files.binary_search_by(|(p, _)| p.cmp(&path)), record) {
            (Ok(at), Some(record)) => self.files[at].1 = record,
            (Err(at), Some(record)) => self.files.insert(at, (path, record)),
            (Ok(at), None) => drop(self.files.remove(at)),
            (Err(_), None) => {}
        }
    }

    /// Writes the manifest of these files; what the journal said is done. Gives the digest of what is stored then.
    pub(super) fn write(path: &Path, mut files: Vec<(&str, Record)>) -> io::Result<Digest> {
        files.par_sort_unstable_by_key(|(path, _)| *path);
        let stored = save(path, &files)?;
        store::remove(&path.with_extension("since"))?;
        store::remove(&path.with_extension("journal"))?;
        Ok(stored)
    }

    /// The same where the whole one, of this digest, stays: all files that are another than there, or none any more.
    pub(super) fn write_since(
        path: &Path,
        base: Digest,
        others: &BTreeMap<&str, Option<Record>>,
    ) -> io::Result<Digest> {
        let others: Vec<(&&str, &Option<Record>)> = others.iter().collect();
        let stored = save(&path.with_extension("since"), &(base, others))?;
        store::remove(&path.with_extension("journal"))?;
        Ok(stored)
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

/// Writes a value, and gives its digest.
fn save<T: Serialize>(path: &Path, value: &T) -> io::Result<Digest> {
    let bytes = postcard::to_stdvec(value).map_err(io::Error::other)?;
    let digest = digest(&bytes);
    store::save_parts(path, FORMAT, vec![bytes])?;
    Ok(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(len: u64) -> Record {
        Record { digest: Digest(u128::from(len)), len, modified: 7, source: None }
    }

    #[test]
    fn what_is_another_since_lies_over_the_whole() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("m");
        assert_eq!(Manifest::read(&path).expect("none yet").files, []);
        let names: Vec<String> = (0..1000).map(|i| format!("{i:04}")).collect();
        let whole: Vec<_> = names.iter().map(|n| (n.as_str(), record(1))).collect();
        let digest = Manifest::write(&path, whole.clone()).expect("written");
        let read = Manifest::read(&path).expect("is there");
        assert_eq!((read.files.len(), read.digest, read.layers.base(62, 0)), (1000, digest, Some(digest)));
        assert_eq!(read.layers.base(257, 1000), None);

        let others =
            BTreeMap::from([("0000", None), ("0001", Some(record(2))), ("00015", Some(record(3))), ("x", None)]);
        let above = Manifest::write_since(&path, digest, &others).expect("written");
        let read = Manifest::read(&path).expect("is there");
        let mut files: BTreeMap<&str, Record> = whole.iter().cloned().collect();
        files.remove("0000");
        files.insert("0001", record(2));
        files.insert("00015", record(3));
        let found: BTreeMap<&str, Record> = read.files.iter().map(|(n, r)| (n.as_str(), r.clone())).collect();
        assert_eq!((found, read.digest), (files, above));
        assert!(read.files.is_sorted_by(|a, b| a.0 < b.0) && above != digest);
        assert_eq!(read.layers.since, ["0000", "0001", "00015", "x"]);

        // A build that was killed between the two left one that is of no use.
        let since = std::fs::read(path.with_extension("since")).expect("is there");
        let digest = Manifest::write(&path, whole[..9].to_vec()).expect("written");
        assert!(!path.with_extension("since").exists());
        std::fs::write(path.with_extension("since"), since).expect("written");
        let read = Manifest::read(&path).expect("is there");
        assert_eq!((read.files.len(), read.digest, read.layers.since.len()), (9, digest, 0));
    }
}
