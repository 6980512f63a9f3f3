//! A folder on the disk. Files are staged beside it; only when everything is known to be right do they move in: all as one
//! where nothing was published yet, else each in one step, first what pages refer to, then pages, and deletions last.

use super::manifest::{self, Layers, Manifest, Record};
use super::mine::Mine;
use crate::diag::{Diagnostic, codes};
use crate::digest::{Digest, Digesting};
use crate::folder::{self, Folder};
use crate::source::RelPath;
use crate::text;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Folders of the stage.
const FOLDERS: usize = 16;
/// Where the stage has the whole output, if nothing is published yet.
const WHOLE: &str = "whole";

/// How many files a sync wrote, left and removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Written because their bytes differ.
    pub written: usize,
    /// Left as they were.
    pub unchanged: usize,
    /// Removed because the site no longer has them.
    pub removed: usize,
}

/// Where a file waits.
#[derive(Clone, Debug)]
pub(super) enum Waiting {
    /// In the whole output, where it will be.
    InPlace,
    /// At this path below the stage.
    Apart(String),
}

/// A file of the output, ready to move in, or already there.
#[derive(Clone, Debug)]
pub struct Staged {
    /// Its path in the output folder.
    pub path: String,
    /// Its bytes.
    pub digest: Digest,
    /// Their number.
    pub len: u64,
    /// Where it waits; none if the output folder has it.
    pub(super) file: Option<Waiting>,
    modified: i64,
    /// The source that it comes from, if it comes from one.
    pub source: Option<RelPath>,
    /// Whether the manifest says so.
    recorded: bool,
}

impl Staged {
    /// A file of the output that is known and put nowhere.
    pub fn known(path: String, digest: Digest, len: u64, source: Option<&RelPath>) -> Staged {
        Staged { path, digest, len, file: None, modified: 0, source: source.cloned(), recorded: false }
    }

    /// What there is to say about it.
    pub fn item(&self) -> Item<'_> {
        Item { path: &self.path, digest: self.digest, len: self.len, source: self.source.as_ref() }
    }

    fn record(&self) -> Record {
        Record { digest: self.digest, len: self.len, modified: self.modified, source: self.source.clone() }
    }
}

/// A file of the output, as it is listed.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Its path in the output folder.
    pub path: &'a str,
    /// Its bytes.
    pub digest: Digest,
    /// Their number.
    pub len: u64,
    /// The source that it comes from, if it comes from one.
    pub source: Option<&'a RelPath>,
}

/// The output folder of one build.
pub struct Disk {
    pub(super) out: Folder,
    pub(super) stage: Folder,
    manifest_at: PathBuf,
    /// What the manifest says, and its digest.
    pub(super) mine: Mine,
    digest: Digest,
    layers: Layers,
    /// What a killed build may have left: hub's own, of unknown bytes.
    left: FxHashSet<String>,
    count: AtomicUsize,
    /// Where nothing is published yet: the output is staged as it will be, and moves in as one.
    whole: Option<Folder>,
    /// Takes over files that hub did not write.
    adopt: bool,
}

impl Disk {
    /// Opens the output folder `out` of the site at `root`, whose own files lie in `hub`. Nothing is changed there yet.
    pub fn open(root: &Path, hub: &Path, out: &Path, adopt: bool) -> io::Result<Result<Disk, Diagnostic>> {
        if let Some(why) = refused(root, out) {
            let message = format!("`{}` cannot hold the output: {why}", out.display());
            let help = "name a folder that holds the output and nothing else: `--out public`";
            return Ok(Err(Diagnostic::new(codes::REFUSED_OUTPUT, message).help(help)));
        }
        let manifest_at = manifest::place(root, hub, out);
        fs::create_dir_all(manifest_at.parent().unwrap_or(hub))?;
        let Manifest { files, digest, unfinished, layers } = match Manifest::read(&manifest_at) {
            Err(e) if e.kind() == io::ErrorKind::InvalidData => Manifest::default(),
            read => read?,
        };
        let near = same_device(hub, out);
        let stage = if near { hub.join("stage") } else { out.join(".hub-stage") };
        clear(&stage)?;
        for folder in 0..FOLDERS {
            fs::create_dir_all(stage.join(folder.to_string()))?;
        }
        let fresh = near && is_empty(out)?;
        let whole = fresh.then(|| stage.join(WHOLE));
        whole.as_ref().map_or(Ok(()), fs::create_dir_all)?;
        Ok(Ok(Disk {
            out: Folder::open(out),
            stage: Folder::open(stage),
            manifest_at,
            mine: Mine::new(files),
            digest,
            layers,
            left: unfinished.into_iter().collect(),
            count: AtomicUsize::new(0),
            whole: whole.map(Folder::open),
            adopt,
        }))
    }

    /// The file at `path`, if it is as hub wrote it, with these bytes.
    pub fn has(&self, path: &str, digest: Digest, source: Option<&RelPath>) -> Option<Staged> {
        let record = self.mine.standing(path, digest, &self.out)?;
        let Record { len, modified, .. } = *record;
        (!self.left.contains(path)).then(|| Staged {
            path: path.to_string(),
            digest,
            len,
            file: None,
            modified,
            source: source.cloned(),
            recorded: record.source.as_ref() == source,
        })
    }

    /// Looks at every file that hub wrote, so that nobody waits for it later.
    pub fn look(&self) {
        self.mine.look(&self.out);
    }

    /// Whether all files of the last sync but those of some paths are as hub wrote them.
    pub fn is_intact(&self, but: impl Fn(&str) -> bool + Sync) -> bool {
        self.left.is_empty() && self.mine.all_stand(&self.out, but)
    }

    /// Every file of the last sync, in the order of their paths.
    pub fn outputs(&self) -> impl Iterator<Item = Item<'_>> {
        self.mine.iter().map(|(path, record)| {
            let Record { digest, len, ref source, .. } = *record;
            Item { path, digest, len, source: source.as_ref() }
        })
    }

    /// Their number.
    pub fn count_outputs(&self) -> usize {
        self.mine.len()
    }

    /// Digest of what the last sync left.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// A file of the output folder, to be read.
    pub fn published(&self, path: &str) -> io::Result<fs::File> {
        fs::File::open(self.out.path().join(path))
    }

    /// Stages bytes with their digest for `path`, unless they are there.
    pub fn stage(&self, path: &str, bytes: &[u8], digest: Digest, source: Option<&RelPath>) -> io::Result<Staged> {
        if let Some(there) = self.has(path, digest, source) {
            return Ok(there);
        }
        let (file, mut out) = self.create(path)?;
        out.write_all(bytes)?;
        self.staged(path, digest, bytes.len() as u64, file, &out, source)
    }

    /// Stages bytes that are made piece by piece.
    pub fn stage_pieces(
        &self,
        path: &str,
        source: Option<&RelPath>,
        make: impl FnOnce(&mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()>,
    ) -> io::Result<Staged> {
        let (file, mut out) = self.create(path)?;
        let mut digesting = Digesting::default();
        let mut len = 0;
        make(&mut |piece| {
            digesting.update(piece);
            len += piece.len() as u64;
            out.write_all(piece)
        })?;
        let digest = digesting.finish();
        if let Some(there) = self.has(path, digest, source) {
            if let Waiting::Apart(below) = file {
                fs::remove_file(self.stage.path().join(below))?;
            }
            return Ok(there);
        }
        self.staged(path, digest, len, file, &out, source)
    }

    /// A file of the stage for `path`.
    fn create(&self, path: &str) -> io::Result<(Waiting, fs::File)> {
        if let Some(whole) = &self.whole {
            let missing = |e: &io::Error| e.kind() == io::ErrorKind::NotFound;
            // Nearly every file is a page, and nearly every page has a folder of its own.
            if let Some(dir) = path.strip_suffix("/index.html")
                && whole.create_dir(dir).is_err_and(|e| missing(&e))
            {
                fs::create_dir_all(whole.path().join(dir))?;
            }
            let created = whole.create(path).or_else(|e| match whole.path().join(path).parent() {
                Some(dir) if missing(&e) => fs::create_dir_all(dir).and_then(|()| whole.create(path)),
                _ => Err(e),
            });
            return created.map(|out| (Waiting::InPlace, out));
        }
        // Folders of their own, so that threads do not wait for each other.
        let folder = rayon::current_thread_index().unwrap_or(FOLDERS - 1) % FOLDERS;
        let below = format!("{folder}/{}", self.count.fetch_add(1, Ordering::Relaxed));
        self.stage.create(&below).map(|out| (Waiting::Apart(below), out))
    }

    fn staged(
        &self,
        path: &str,
        digest: Digest,
        len: u64,
        file: Waiting,
        open: &fs::File,
        source: Option<&RelPath>,
    ) -> io::Result<Staged> {
        let modified = folder::stamp(open)?.modified;
        let (path, source) = (path.to_string(), source.cloned());
        Ok(Staged { path, digest, len, file: Some(file), modified, source, recorded: false })
    }

    /// Files that stand where something is to be put and that hub did not write.
    pub fn strangers(&self, staged: &[Staged]) -> Vec<Diagnostic> {
        if self.adopt || self.whole.is_some() {
            return Vec::new();
        }
        let mine = |path: &str| self.mine.has(path) || self.left.contains(path);
        let strange = staged.par_iter().filter(|s| s.file.is_some() && !mine(&s.path)).filter_map(|s| {
            let there = self.out.path().join(&s.path);
            let meta = fs::symlink_metadata(&there).ok()?;
            let same = meta.is_file()
                && meta.len() == s.len
                && fs::File::open(&there).and_then(Digest::of_file).is_ok_and(|digest| digest == s.digest);
            (!same).then_some(there)
        });
        let strange: Vec<PathBuf> = strange.collect();
        let Some(first) = strange.first().map(|path| path.display()) else { return Vec::new() };
        let message = match strange.len() - 1 {
            0 => format!("`{first}` is in the way: hub did not write it"),
            more => format!("`{first}` and {} are in the way: hub did not write them", text::count(more, "more file")),
        };
        let d = Diagnostic::new(codes::FOREIGN_FILE, message);
        vec![d.help("move what is there away, or build once with `--adopt` to hand it over to hub")]
    }

    /// Moves everything in, removes what the site no longer has, and writes the manifest, whose digest it gives.
    pub fn sync(&self, staged: &[Staged]) -> io::Result<(Changes, Digest)> {
        let gone: Vec<&str> = {
            let kept: FxHashSet<&str> = staged.iter().map(|s| s.path.as_str()).collect();
            let left = self.left.iter().map(String::as_str).filter(|p| !self.mine.has(p));
            self.mine.iter().map(|(path, _)| path).chain(left).filter(|p| !kept.contains(p)).collect()
        };
        let all = || staged.iter().map(|s| (s.path.as_str(), s.record())).collect();
        self.put(staged, &gone, staged.len(), all)
    }

    /// The same where all files of the last sync stay but those in whose place something was staged.
    pub fn sync_among(&self, staged: &[Staged]) -> io::Result<(Changes, Digest)> {
        let all = || {
            let now: FxHashSet<&str> = staged.iter().map(|s| s.path.as_str()).collect();
            let others = self.mine.iter().filter(|(path, _)| !now.contains(path));
            let staged = staged.iter().map(|s| (s.path.as_str(), s.record()));
            others.map(|(path, record)| (path, record.clone())).chain(staged).collect()
        };
        self.put(staged, &[], self.mine.len(), all)
    }

    /// Moves what is staged in, so that there are `count` files, and removes what is gone.
    fn put<'s>(
        &self,
        staged: &'s [Staged],
        gone: &[&str],
        count: usize,
        all: impl FnOnce() -> Vec<(&'s str, Record)>,
    ) -> io::Result<(Changes, Digest)> {
        let moving: Vec<&Staged> = staged.iter().filter(|s| s.file.is_some()).collect();
        let mut changes = Changes { written: moving.len(), unchanged: count - moving.len(), removed: 0 };
        let changed: Vec<&Staged> = staged.iter().filter(|s| s.file.is_some() || !s.recorded).collect();
        if changed.is_empty() && gone.is_empty() && self.left.is_empty() {
            self.discard()?;
            return Ok((changes, self.digest));
        }
        let announced: Vec<&str> =
            moving.iter().map(|s| s.path.as_str()).chain(self.left.iter().map(|p| p.as_str())).collect();
        if !announced.is_empty() {
            Manifest::announce(&self.manifest_at, &announced)?;
        }
        match &self.whole {
            Some(whole) => self.move_whole(whole.path())?,
            None => self.move_all(moving)?,
        }
        for path in gone.iter().copied().filter(|path| self.holds(path)) {
            match fs::remove_file(self.out.path().join(path)) {
                Ok(()) => changes.removed += 1,
                Err(e) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&e.kind()) => {}
                Err(e) => return Err(e),
            }
            self.remove_empty_dirs(path);
        }
        let digest = match self.layers.base(changed.len() + gone.len(), count) {
            Some(base) => self.remember_since(base, &changed, gone)?,
            None => Manifest::write(&self.manifest_at, all())?,
        };
        self.discard()?;
        Ok((changes, digest))
    }

    /// Writes what is another than in the whole manifest, after a sync.
    fn remember_since(&self, base: Digest, changed: &[&Staged], gone: &[&str]) -> io::Result<Digest> {
        let known = |path: &str| self.mine.get(path).cloned();
        let mut others: BTreeMap<&str, Option<Record>> =
            self.layers.since.iter().map(|path| (path.as_str(), known(path))).collect();
        others.extend(gone.iter().map(|path| (*path, None)));
        others.extend(changed.iter().map(|s| (s.path.as_str(), Some(s.record()))));
        Manifest::write_since(&self.manifest_at, base, &others)
    }

    /// Takes the stage away.
    pub fn discard(&self) -> io::Result<()> {
        clear(self.stage.path())
    }
}

fn clear(stage: &Path) -> io::Result<()> {
    match fs::remove_dir_all(stage) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// Whether nothing is there, or an empty folder.
fn is_empty(dir: &Path) -> io::Result<bool> {
    match fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(fs::symlink_metadata(dir).is_err()),
        Err(e) => Err(e),
    }
}

/// Why a folder must not hold the output.
fn refused(root: &Path, out: &Path) -> Option<&'static str> {
    if fs::symlink_metadata(out).is_ok_and(|m| m.is_file()) {
        return Some("it is a file");
    }
    if out.join(".git").exists() {
        return Some("it holds `.git`");
    }
    if out.join("site.toml").exists() {
        return Some("it holds `site.toml`");
    }
    let (root, out) = (real(root), real(out));
    if root.starts_with(&out) {
        return Some("it holds the site");
    }
    let sources = crate::files::FOLDERS.iter().chain([".hub", ".git"].iter());
    if sources.into_iter().any(|dir| out.starts_with(root.join(dir))) {
        return Some("it lies among the sources");
    }
    None
}

/// The path without links and dots, as far as it exists.
pub(super) fn real(path: &Path) -> PathBuf {
    let mut rest = Vec::new();
    let mut here = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    loop {
        if let Ok(real) = here.canonicalize() {
            return rest.into_iter().rev().fold(real, |p, part| p.join(part));
        }
        match (here.file_name().map(|n| n.to_os_string()), here.parent().map(Path::to_path_buf)) {
            (Some(name), Some(parent)) => {
                rest.push(name);
                here = parent;
            }
            _ => return path.to_path_buf(),
        }
    }
}

#[cfg(unix)]
fn same_device(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |p: &Path| {
        p.ancestors()
            .find_map(|p| fs::metadata(if p.as_os_str().is_empty() { Path::new(".") } else { p }).ok())
            .map(|m| m.dev())
    };
    device(a) == device(b)
}

#[cfg(not(unix))]
fn same_device(_: &Path, _: &Path) -> bool {
    false
}
