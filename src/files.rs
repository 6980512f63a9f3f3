//! The site's files: on disk, in memory, or one above the other.

use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::folder::Folder;
use crate::history::{self, History, Unknown};
use crate::source::{RelPath, Span};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What tells one state of a file from another without reading it. All zero for files that are not on a disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Length in bytes.
    pub len: u64,
    /// Time of the last change of the content, nanoseconds since 1970.
    pub modified: i64,
    /// Time of the last change of the inode, nanoseconds since 1970; 0 where the system has none.
    pub changed: i64,
    /// Number of the inode; 0 where the system has none.
    pub inode: u64,
}

impl Stamp {
    /// Reads the stamp from a file's metadata.
    pub fn of(meta: &std::fs::Metadata) -> Stamp {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let nanos = |s: i64, n: i64| s.saturating_mul(1_000_000_000).saturating_add(n);
            Stamp {
                len: meta.len(),
                modified: nanos(meta.mtime(), meta.mtime_nsec()),
                changed: nanos(meta.ctime(), meta.ctime_nsec()),
                inode: meta.ino(),
            }
        }
        #[cfg(not(unix))]
        {
            let modified = meta.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
            Stamp {
                len: meta.len(),
                modified: modified.map_or(0, |d| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX)),
                changed: 0,
                inode: 0,
            }
        }
    }
}

/// A file of the site.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its path below the root.
    pub path: RelPath,
    /// Its state.
    pub stamp: Stamp,
}

/// Where the site's sources come from.
pub trait Files: Sync {
    /// All files below the site's folders, in the order of their paths; what could not be taken is a diagnostic.
    fn list(&self) -> Parsed<Vec<Entry>>;
    /// The state of a file as a list would have it now; none if it would have no such file.
    fn stamp(&self, path: &RelPath) -> Option<Stamp>;
    /// The bytes of a file.
    fn read(&self, path: &RelPath) -> io::Result<Vec<u8>>;
    /// Reads many files, one after another.
    fn reader(&self) -> Reader<'_> {
        Box::new(|path| self.read(path))
    }
    /// A file, to be read piece by piece.
    fn open(&self, path: &RelPath) -> io::Result<Box<dyn Pieces>>;
    /// What git knows of the files of a folder.
    fn history(&self, _folder: &str) -> Result<History, Unknown> {
        Err(Unknown::Git("the files lie in no clone".to_string()))
    }
}

/// The bytes of files, as [`Files::read`] gives them. It is held no longer than many are read.
pub type Reader<'a> = Box<dyn Fn(&RelPath) -> io::Result<Vec<u8>> + Sync + 'a>;

/// What can be read piece by piece, and again.
pub trait Pieces: io::Read + io::Seek + Send {}
impl<T: io::Read + io::Seek + Send> Pieces for T {}

/// The folders below a site's root that hub reads, and nothing else.
pub const FOLDERS: [&str; 6] = ["assets", "cards", "content", "static", "templates", "themes"];
/// The site's configuration.
pub const SITE_TOML: &str = "site.toml";
/// Which links open the magnets.
pub const GATES_TOML: &str = "gates.toml";
/// What was posted. The rest of its folder is output.
pub const LEDGER_TOML: &str = "social/ledger.toml";

type Walked = walkdir::Result<walkdir::DirEntry>;

/// How many files are handed from the thread that finds them to one that looks at them.
const AT_ONCE: usize = 64;

/// Files below a folder of the disk.
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    /// The site at `root`.
    pub fn new(root: impl Into<PathBuf>) -> Disk {
        Disk { root: root.into() }
    }

    fn real_root(&self) -> PathBuf {
        self.root.canonicalize().unwrap_or_else(|_| self.root.clone())
    }

    fn walk(&self, folder: &str, real_root: &Path, out: &mut Parsed<Vec<Entry>>) {
        let top = self.root.join(folder);
        let walk = walkdir::WalkDir::new(&top).follow_links(true);
        let hidden = |e: &walkdir::DirEntry| e.depth() > 0 && e.file_name().to_string_lossy().starts_with('.');
        let outside = Mutex::new(Vec::new());
        let is_inside = |e: &walkdir::DirEntry| {
            let is_inside = !e.file_type().is_dir() || !e.path_is_symlink() || inside(e.path(), real_root);
            if let (false, Ok(mut outside)) = (is_inside, outside.lock()) {
                outside.push(leads_out(&e.path().strip_prefix(&self.root).unwrap_or(&top).display()));
            }
            is_inside
        };
        let mut walk = walk.into_iter().filter_entry(|e| !hidden(e) && is_inside(e));
        let root = Folder::open(&self.root);
        // One thread walks, and another looks at what was found.
        let some =
            std::iter::from_fn(|| Some(walk.by_ref().take(AT_ONCE).collect()).filter(|some: &Vec<_>| !some.is_empty()));
        let entries: Vec<_> = some.par_bridge().flat_map_iter(|some| self.look_at(some, &root, real_root)).collect();
        for entry in entries {
            match entry {
                Ok(entry) => out.value.push(entry),
                Err(diagnostic) => out.diags.push(*diagnostic),
            }
        }
        out.diags.0.extend(outside.into_inner().unwrap_or_default());
    }

    /// Looks at what was found, the folders aside. Files that lie beside each other are reached from their folder.
    fn look_at(&self, some: Vec<Walked>, root: &Folder, real_root: &Path) -> Vec<Result<Entry, Box<Diagnostic>>> {
        let mut near: Option<(&[u8], Folder)> = None;
        let mut entries = Vec::with_capacity(some.len());
        for (i, walked) in some.iter().enumerate() {
            match walked {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => {
                    let dir = dir_of(entry);
                    if near.as_ref().is_none_or(|(near, _)| *near != dir) {
                        let next = some.get(i + 1).and_then(|next| next.as_ref().ok());
                        let parent = entry.path().parent().filter(|_| next.is_some_and(|next| dir_of(next) == dir));
                        near = parent.map(|parent| (dir, Folder::open(parent)));
                    }
                    let beside = near.as_ref().map(|(_, folder)| folder).zip(entry.file_name().to_str());
                    entries.push(self.entry(entry, beside, root, real_root));
                }
                Err(e) if e.depth() == 0 && e.io_error().is_some_and(|e| e.kind() == io::ErrorKind::NotFound) => {}
                Err(e) => entries.push(Err(Box::new(walk_error(e, &self.root)))),
            }
        }
        entries
    }

    /// Looks at a file, from its folder if that is open.
    fn entry(
        &self,
        entry: &walkdir::DirEntry,
        beside: Option<(&Folder, &str)>,
        root: &Folder,
        real_root: &Path,
    ) -> Result<Entry, Box<Diagnostic>> {
        let Some(path) = rel(entry.path(), &self.root) else {
            let shown = entry.path().strip_prefix(&self.root).unwrap_or(entry.path()).display().to_string();
            let d = Diagnostic::new(codes::FILE_NAME, format!("the name of `{shown}` is not valid UTF-8"));
            return Err(Box::new(d.help("rename the file; a URL cannot be made of it")));
        };
        if entry.path_is_symlink() && !inside(entry.path(), real_root) {
            return Err(Box::new(leads_out(&path)));
        }
        let (folder, below) = beside.unwrap_or((root, path.as_str()));
        match folder.look(below, entry.path_is_symlink()) {
            Ok(there) => Ok(Entry { path, stamp: there.stamp }),
            Err(why) => Err(Box::new(unreadable(path.as_str(), &why))),
        }
    }
}

/// The folder that something was found in, by letters: parts of paths are slow to compare.
fn dir_of(entry: &walkdir::DirEntry) -> &[u8] {
    let path = entry.path().as_os_str().as_encoded_bytes();
    &path[..path.len() - entry.file_name().len()]
}

fn leads_out(path: &dyn std::fmt::Display) -> Diagnostic {
    let d = Diagnostic::new(codes::OUTSIDE_ROOT, format!("`{path}` is a link that leads out of the site"));
    d.help("copy what it leads to into the site: hub reads nothing outside its root")
}

fn inside(path: &Path, real_root: &Path) -> bool {
    path.canonicalize().is_ok_and(|real| real.starts_with(real_root))
}

fn rel(path: &Path, root: &Path) -> Option<RelPath> {
    // By letters: paths are long, and their parts need not be found.
    let below = match root.to_str() {
        Some(root) => path.to_str()?.strip_prefix(root)?.trim_start_matches(std::path::MAIN_SEPARATOR),
        None => path.strip_prefix(root).ok()?.to_str()?,
    };
    Some(RelPath::new(if std::path::MAIN_SEPARATOR == '/' { below.to_string() } else { below.replace('\\', "/") }))
}

fn walk_error(e: &walkdir::Error, root: &Path) -> Diagnostic {
    let shown = |p: &Path| p.strip_prefix(root).unwrap_or(p).display().to_string();
    let path = e.path().map(shown).unwrap_or_default();
    match e.loop_ancestor() {
        Some(ancestor) => Diagnostic::new(
            codes::SYMLINK_LOOP,
            format!("`{path}` links back to `{}`, which holds it", shown(ancestor)),
        )
        .help("remove the link: following it would never end"),
        None => {
            let why: &dyn std::fmt::Display = e.io_error().map_or(e as _, |e| e as _);
            unreadable(&path, why)
        }
    }
}

fn unreadable(path: &str, why: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::new(codes::UNREADABLE, format!("`{path}` cannot be read: {why}"))
}

impl Files for Disk {
    fn list(&self) -> Parsed<Vec<Entry>> {
        let mut out = Parsed { value: Vec::new(), diags: Diagnostics::default() };
        let real_root = self.real_root();
        for file in [SITE_TOML, GATES_TOML, LEDGER_TOML] {
            if let Ok(meta) = std::fs::metadata(self.root.join(file)) {
                out.value.push(Entry { path: RelPath::new(file), stamp: Stamp::of(&meta) });
            }
        }
        for folder in FOLDERS {
            self.walk(folder, &real_root, &mut out);
        }
        // Once for all: folders are in no order.
        out.value.par_sort_unstable_by(|a, b| a.path.cmp(&b.path));
        out.diags.0.sort_by(|a, b| a.message.cmp(&b.message));
        out
    }

    fn stamp(&self, path: &RelPath) -> Option<Stamp> {
        let full = self.root.join(path.as_str());
        let meta = std::fs::symlink_metadata(&full).ok()?;
        let hidden = path.as_str().split('/').any(|part| part.starts_with('.'));
        let meta = if meta.is_symlink() { std::fs::metadata(&full).ok()? } else { meta };
        if !inside(&full, &self.real_root()) {
            return None;
        }
        (meta.is_file() && !hidden).then(|| Stamp::of(&meta))
    }

    fn read(&self, path: &RelPath) -> io::Result<Vec<u8>> {
        std::fs::read(self.root.join(path.as_str()))
    }

    fn reader(&self) -> Reader<'_> {
        let root = Folder::open(&self.root);
        Box::new(move |path| root.read(path.as_str()))
    }

    fn open(&self, path: &RelPath) -> io::Result<Box<dyn Pieces>> {
        Ok(Box::new(std::fs::File::open(self.root.join(path.as_str()))?))
    }

    fn history(&self, folder: &str) -> Result<History, Unknown> {
        history::read(&self.root, folder)
    }
}

/// Files in memory: tests, the built-in theme, editors.
#[derive(Clone, Default)]
pub struct Memory(BTreeMap<RelPath, Arc<[u8]>>);

impl Memory {
    /// Puts a file, in place of one of the same path.
    pub fn put(&mut self, path: &str, bytes: impl Into<Arc<[u8]>>) {
        self.0.insert(RelPath::new(path), bytes.into());
    }

    /// Takes a file away.
    pub fn remove(&mut self, path: &str) {
        self.0.remove(&RelPath::new(path));
    }
}

impl Files for Memory {
    fn list(&self) -> Parsed<Vec<Entry>> {
        let entry = |(path, bytes): (&RelPath, &Arc<[u8]>)| Entry {
            path: path.clone(),
            stamp: Stamp { len: bytes.len() as u64, ..Stamp::default() },
        };
        Parsed::clean(self.0.iter().map(entry).collect())
    }

    fn stamp(&self, path: &RelPath) -> Option<Stamp> {
        self.0.get(path).map(|bytes| Stamp { len: bytes.len() as u64, ..Stamp::default() })
    }

    fn read(&self, path: &RelPath) -> io::Result<Vec<u8>> {
        self.0.get(path).map(|b| b.to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn open(&self, path: &RelPath) -> io::Result<Box<dyn Pieces>> {
        let bytes = self.0.get(path).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(io::Cursor::new(bytes)))
    }
}

/// `upper` where it has a file, else `lower`.
pub struct Layers<'a> {
    /// What is seen first.
    pub upper: &'a dyn Files,
    /// What shows where `upper` has nothing.
    pub lower: &'a dyn Files,
}

impl Files for Layers<'_> {
    fn list(&self) -> Parsed<Vec<Entry>> {
        let mut all = self.upper.list();
        let mut lower = self.lower.list();
        lower.value.retain(|e| all.value.binary_search_by(|upper| upper.path.cmp(&e.path)).is_err());
        all.value.extend(lower.value);
        all.value.sort_by(|a, b| a.path.cmp(&b.path));
        all.diags.extend(lower.diags);
        all
    }

    fn stamp(&self, path: &RelPath) -> Option<Stamp> {
        self.upper.stamp(path).or_else(|| self.lower.stamp(path))
    }

    fn read(&self, path: &RelPath) -> io::Result<Vec<u8>> {
        or_lower(self.upper.read(path), || self.lower.read(path))
    }

    fn open(&self, path: &RelPath) -> io::Result<Box<dyn Pieces>> {
        or_lower(self.upper.open(path), || self.lower.open(path))
    }
}

/// What the upper layer has, else what the lower one has.
pub fn or_lower<T>(upper: io::Result<T>, lower: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    match upper {
        Err(e) if e.kind() == io::ErrorKind::NotFound => lower(),
        upper => upper,
    }
}

/// The media type of a file, by its ending.
pub fn media_type(file: &RelPath) -> &'static str {
    match file.ext().to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "svg" => "image/svg+xml",
        "ico" => "image/x-icon",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "csv" => "text/csv",
        "txt" => "text/plain",
        "epub" => "application/epub+zip",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        _ => "application/octet-stream",
    }
}

/// Longer texts are refused before a parser sees them.
const LONGEST_TEXT: usize = 16 << 20;

/// Reads a file as text; invalid UTF-8 is a diagnostic at its first bad byte.
pub fn read_text(files: &dyn Files, path: &RelPath, diags: &mut Diagnostics) -> Option<String> {
    as_text(files.read(path), path, diags)
}

/// What was read of a file, as text; invalid UTF-8 is a diagnostic at its first bad byte.
pub fn as_text(read: io::Result<Vec<u8>>, path: &RelPath, diags: &mut Diagnostics) -> Option<String> {
    let bytes = match read {
        Ok(bytes) => bytes,
        Err(e) => {
            diags.push(unreadable(path.as_str(), &e).at(Span::file(path)));
            return None;
        }
    };
    if bytes.len() > LONGEST_TEXT {
        let message = format!("`{path}` is too long to be a text: {}", crate::text::size(bytes.len() as u64));
        diags.push(Diagnostic::new(codes::TOO_LONG, message).at(Span::file(path)).help("split it"));
        return None;
    }
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            if text.starts_with('\u{feff}') {
                text.replace_range(..3, "   ");
            }
            Some(text)
        }
        Err(e) => {
            let at = e.utf8_error().valid_up_to();
            diags.push(
                Diagnostic::new(codes::NOT_UTF8, format!("`{path}` is not valid UTF-8 (byte {at})"))
                    .at(Span::new(path, at..at + 1))
                    .help("save the file as UTF-8"),
            );
            None
        }
    }
}
