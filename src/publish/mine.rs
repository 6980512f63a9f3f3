//! The files that hub put into an output folder, and whether they are there still.

use super::manifest::Record;
use crate::digest::{Digest, text_hash};
use crate::folder::Folder;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

/// Files in the order of their paths.
#[derive(Default)]
pub(super) struct Mine {
    files: Vec<(String, Record)>,
    /// Whether each is there as hub wrote it, once somebody looked.
    stand: Vec<OnceLock<bool>>,
    /// The place of a file by a hash of its path, once somebody asked for one: of two with the same hash, the last one.
    places: OnceLock<FxHashMap<u64, u32>>,
}

impl Mine {
    /// Files that are sorted by their paths.
    pub fn new(files: Vec<(String, Record)>) -> Mine {
        let stand = files.iter().map(|_| OnceLock::new()).collect();
        Mine { files, stand, places: OnceLock::new() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Record)> {
        self.files.iter().map(|(path, record)| (path.as_str(), record))
    }

    fn place(&self, path: &str) -> Option<usize> {
        let places = || self.files.iter().zip(0..).map(|((path, _), at)| (text_hash(path), at)).collect();
        let at = *self.places.get_or_init(places).get(&text_hash(path))? as usize;
        match self.files[at].0 == path {
            true => Some(at),
            false => self.files.binary_search_by(|(other, _)| other.as_str().cmp(path)).ok(),
        }
    }

    /// What is known of a file.
    pub fn get(&self, path: &str) -> Option<&Record> {
        self.place(path).map(|at| &self.files[at].1)
    }

    /// Whether a file is one of them.
    pub fn has(&self, path: &str) -> bool {
        self.place(path).is_some()
    }

    /// What is known of a file with these bytes, if it is there as hub wrote it.
    pub fn standing(&self, path: &str, digest: Digest, out: &Folder) -> Option<&Record> {
        let at = self.place(path)?;
        Some(&self.files[at].1).filter(|record| record.digest == digest && self.stands(at, out))
    }

    fn stands(&self, at: usize, out: &Folder) -> bool {
        *self.stand[at].get_or_init(|| {
            let (path, Record { len, modified, .. }) = &self.files[at];
            let there = out.look(path, false);
            there.is_ok_and(|there| there.is_file && (there.stamp.len, there.stamp.modified) == (*len, *modified))
        })
    }

    /// Looks at every file, so that nobody waits for it later.
    pub fn look(&self, out: &Folder) {
        (0..self.len()).into_par_iter().for_each(|at| {
            self.stands(at, out);
        });
    }

    /// Whether all but those of some paths are there as hub wrote them.
    pub fn all_stand(&self, out: &Folder, but: impl Fn(&str) -> bool + Sync) -> bool {
        (0..self.len()).into_par_iter().all(|at| self.stands(at, out) || but(&self.files[at].0))
    }
}
