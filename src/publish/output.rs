//! What `hub build` put into the output folder: the one source of what is published.

use super::door::Error;
use super::index::name_of;
use super::manifest::{self, Manifest, Record};
use crate::digest::{Digest, Digesting, Seal, Sealing, seal};
use crate::source::RelPath;
use crate::store;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Seals by digests: what was published before need not be read again.
const FORMAT: &str = "hub seals 1\n";

/// A file of the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Its path in the output folder, with `/`.
    pub path: String,
    /// Its bytes, as the build knows them.
    pub digest: Digest,
    /// Its bytes, as hosts know them.
    pub seal: Seal,
    /// Their number.
    pub len: u64,
    /// The source that it comes from, if it comes from one.
    pub source: Option<RelPath>,
}

/// The output of the last build, whole.
#[derive(Clone, Debug)]
pub struct Output {
    /// Where it lies.
    pub dir: PathBuf,
    /// Every file, in the order of the paths.
    pub files: Vec<OutputFile>,
}

/// Files that are not as the last build left them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differing {
    /// Changed since.
    pub changed: Vec<String>,
    /// Gone.
    pub missing: Vec<String>,
}

impl Output {
    /// Opens the output folder `dir` of the site at `root`, whose own files lie in `hub`, and reads what is new in it. A file with other
    /// bytes than the build gave it is an error of the output; where time and length are those of the build, its bytes are.
    pub fn open(root: &Path, hub: &Path, dir: &Path) -> io::Result<Result<Output, Differing>> {
        let manifest = Manifest::read(&manifest::place(root, hub, dir))?;
        let mut wrong = Differing { changed: manifest.unfinished, missing: Vec::new() };
        let seals_at = hub.join("cache").join("seals");
        let seals: FxHashMap<Digest, Seal> = store::open(&seals_at, FORMAT).ok().flatten().unwrap_or_default();
        let look = |(path, record): (String, Record)| {
            look(&dir.join(&path), &record, &seals).map(|found| (path, record, found))
        };
        let all: Vec<_> = manifest.files.into_par_iter().map(look).collect::<io::Result<_>>()?;
        let mut files = Vec::with_capacity(all.len());
        for (path, Record { digest, len, source, .. }, found) in all {
            match found {
                Found::Whole(seal) => files.push(OutputFile { path, digest, seal, len, source }),
                Found::Changed => wrong.changed.push(path),
                Found::Missing => wrong.missing.push(path),
            }
        }
        if files.iter().any(|file| !seals.contains_key(&file.digest)) {
            let seals: FxHashMap<Digest, Seal> = files.iter().map(|file| (file.digest, file.seal)).collect();
            // Without it, everything is read again.
            let _ = store::save(&seals_at, FORMAT, &seals);
        }
        Ok(if wrong == Differing::default() { Ok(Output { dir: dir.to_path_buf(), files }) } else { Err(wrong) })
    }

    /// Where a file lies.
    pub fn place(&self, path: &str) -> PathBuf {
        self.dir.join(path)
    }

    /// The bytes of a file, which are those of the build or an error.
    pub fn read(&self, file: &OutputFile) -> Result<Vec<u8>, Error> {
        let bytes =
            fs::read(self.place(&file.path)).map_err(|e| Error::other(e.to_string()).of(&name_of(&file.path)))?;
        match seal(&bytes) == file.seal {
            true => Ok(bytes),
            false => {
                Err(Error::other("it was changed while it was published; build and publish again")
                    .of(&name_of(&file.path)))
            }
        }
    }

    /// The file at a path.
    pub fn file(&self, path: &str) -> Option<&OutputFile> {
        self.files.binary_search_by(|f| f.path.as_str().cmp(path)).ok().map(|i| &self.files[i])
    }
}

/// What a look at a file of the output finds.
enum Found {
    /// The file as it is recorded, with its seal.
    Whole(Seal),
    Changed,
    Missing,
}

/// Looks at a file of the output, and reads it where its seal is not known by its digest.
fn look(at: &Path, record: &Record, seals: &FxHashMap<Digest, Seal>) -> io::Result<Found> {
    let meta = match fs::symlink_metadata(at) {
        Err(e) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&e.kind()) => {
            return Ok(Found::Missing);
        }
        meta => meta?,
    };
    if !meta.is_file() || meta.len() != record.len {
        return Ok(Found::Changed);
    }
    let known = crate::files::Stamp::of(&meta).modified == record.modified;
    if let Some(seal) = seals.get(&record.digest).filter(|_| known) {
        return Ok(Found::Whole(*seal));
    }
    let (mut file, mut piece) = (fs::File::open(at)?, Vec::new());
    let (mut sealing, mut digesting) = (Sealing::default(), Digesting::default());
    while file.by_ref().take(1 << 20).read_to_end(&mut piece)? > 0 {
        sealing.update(&piece);
        if !known {
            digesting.update(&piece);
        }
        piece.clear();
    }
    let whole = known || digesting.finish() == record.digest;
    Ok(if whole { Found::Whole(sealing.finish()) } else { Found::Changed })
}
