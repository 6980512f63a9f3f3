//! What `hub build` put into the output folder: the one source of what is published.

use super::door::Error;
use super::index::name_of;
use super::manifest::{self, Manifest};
use crate::digest::{Seal, Sealing, seal};
use crate::source::RelPath;
use rayon::prelude::*;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file of the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Its path in the output folder, with `/`.
    pub path: String,
    /// Its bytes.
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
    /// Opens the output folder `dir` of the site at `root`, whose own files lie in `hub`. A file whose time or length is not
    /// that of the build is read; one with other bytes is an error of the output.
    pub fn open(root: &Path, hub: &Path, dir: &Path) -> io::Result<Result<Output, Differing>> {
        let (manifest, _, unfinished) = Manifest::read(&manifest::place(root, hub, dir))?;
        let mut wrong = Differing { changed: unfinished, missing: Vec::new() };
        let checked: Vec<(OutputFile, Option<bool>)> = manifest
            .0
            .into_par_iter()
            .map(|(path, record)| {
                let at = dir.join(&path);
                let same = match fs::symlink_metadata(&at) {
                    Err(e) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&e.kind()) => None,
                    Err(e) => return Err(e),
                    Ok(meta) if !meta.is_file() || meta.len() != record.len => Some(false),
                    Ok(meta) if crate::files::Stamp::of(&meta).modified == record.modified => Some(true),
                    Ok(_) => {
                        let mut sealing = Sealing::default();
                        io::copy(&mut fs::File::open(&at)?, &mut sealing)?;
                        Some(sealing.finish() == record.seal)
                    }
                };
                let file = OutputFile { path, seal: record.seal, len: record.len, source: record.source };
                Ok((file, same))
            })
            .collect::<io::Result<_>>()?;
        let mut files = Vec::with_capacity(checked.len());
        for (file, same) in checked {
            match same {
                Some(true) => files.push(file),
                Some(false) => wrong.changed.push(file.path),
                None => wrong.missing.push(file.path),
            }
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
