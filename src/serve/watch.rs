//! What happens to the site's files, as soon as it is over.
//!
//! Events are gathered into one [`Changed`]. Where the system tells when a file is closed (Linux), a file that is being written is
//! waited for, a short while; elsewhere events are waited for until none comes for that while.

use super::Changed;
use crate::files::{FOLDERS, GATES_TOML, LEDGER_TOML, SITE_TOML};
use crate::source::RelPath;
use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RemoveKind};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// A file that was opened for writing and is not closed is waited for as long as this after the last event.
const OPEN: Duration = Duration::from_millis(if cfg!(target_os = "linux") { 25 } else { 8 });
/// Further events of one save come within this.
const QUIET: Duration = Duration::from_millis(1);
/// Nobody waits longer than this for a program that writes on and on.
const LONGEST: Duration = Duration::from_millis(150);
/// Files may be put into a new folder before it is watched; this long after it was made it is looked at again.
const AGAIN: Duration = Duration::from_millis(120);

/// Watches the folders of a site.
pub struct Watch {
    watcher: RecommendedWatcher,
    root: PathBuf,
    events: Receiver<notify::Result<notify::Event>>,
    /// When to look at everything again.
    again: Option<Instant>,
}

impl Watch {
    /// Begins to watch the site at `root`.
    pub fn new(root: &Path) -> notify::Result<Watch> {
        let root = root.canonicalize()?;
        let (sender, events) = mpsc::channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // The preview itself reads files: thousands, when it looks at all pages.
            if !event.as_ref().is_ok_and(|event| is_reading(event.kind)) {
                // The receiver is gone only when the program ends.
                let _ = sender.send(event);
            }
        })?;
        let mut watch = Watch { watcher, root, events, again: None };
        // Not the whole root: the output, caches and version control lie below it, too.
        watch.watcher.watch(&watch.root, RecursiveMode::NonRecursive)?;
        for folder in FOLDERS {
            watch.folder(folder)?;
        }
        watch.posts();
        Ok(watch)
    }

    /// Watches a folder of the site, if it is there.
    fn folder(&mut self, folder: &str) -> notify::Result<()> {
        let path = self.root.join(folder);
        if !path.is_dir() {
            return Ok(());
        }
        match self.watcher.watch(&path, RecursiveMode::Recursive) {
            // It went away a moment after it came.
            Err(e) if matches!(e.kind, notify::ErrorKind::PathNotFound) => Ok(()),
            watched => watched,
        }
    }

    /// The ledger lies in a folder of output.
    fn posts(&mut self) {
        if let Some(folder) = self.root.join(LEDGER_TOML).parent().filter(|folder| folder.is_dir()) {
            let _ = self.watcher.watch(folder, RecursiveMode::NonRecursive);
        }
    }

    /// Waits until something has happened, or until `longest` is over.
    pub fn next(&mut self, longest: Duration) -> notify::Result<Changed> {
        let mut batch = Batch::default();
        let wait = self.again.map_or(longest, |at| at.saturating_duration_since(Instant::now()).min(longest));
        match self.events.recv_timeout(wait) {
            Ok(event) => self.take(event, &mut batch)?,
            Err(_) => {
                if self.again.take_if(|at| *at <= Instant::now()).is_some() {
                    return Ok(Changed { more: true, ..Changed::default() });
                }
                return Ok(Changed::default());
            }
        }
        let begun = Instant::now();
        while begun.elapsed() < LONGEST {
            let wait = if batch.open.is_empty() { QUIET } else { OPEN };
            match self.events.recv_timeout(wait) {
                Ok(event) => self.take(event, &mut batch)?,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        if batch.folders {
            self.again = Some(Instant::now() + AGAIN);
        }
        Ok(batch.changed)
    }

    fn take(&mut self, event: notify::Result<notify::Event>, batch: &mut Batch) -> notify::Result<()> {
        let event = match event {
            Ok(event) => event,
            Err(_) => {
                batch.everything();
                return Ok(());
            }
        };
        if event.need_rescan() {
            batch.everything();
        }
        let step = match event.kind {
            EventKind::Access(_) => Step::Closed,
            EventKind::Create(CreateKind::Folder) | EventKind::Remove(RemoveKind::Folder) => Step::Folder,
            EventKind::Create(_) | EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Any) => Step::Open,
            EventKind::Modify(_) | EventKind::Remove(_) => Step::Closed,
            EventKind::Any | EventKind::Other => Step::Open,
        };
        for path in &event.paths {
            let Some(below) = path.strip_prefix(&self.root).ok().and_then(Path::to_str) else { continue };
            let below = below.replace(std::path::MAIN_SEPARATOR, "/");
            let top = below.split('/').next().unwrap_or_default();
            if below == top && FOLDERS.contains(&top) {
                // It is a folder that came, went, or was replaced.
                let _ = self.watcher.unwatch(path);
                self.folder(top)?;
                batch.everything();
                continue;
            }
            if below == "social" {
                self.posts();
            }
            let own = FOLDERS.contains(&top) || [SITE_TOML, GATES_TOML, LEDGER_TOML].contains(&&*below);
            if !own || below.split('/').any(|part| part.starts_with('.')) {
                continue;
            }
            batch.add(RelPath::new(below), step);
        }
        Ok(())
    }
}

/// Whether an event says only that somebody looked at a file.
fn is_reading(kind: EventKind) -> bool {
    matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}

/// What an event says of a path.
#[derive(Clone, Copy)]
enum Step {
    /// It is being written.
    Open,
    /// It is as it will be.
    Closed,
    /// It is a folder that came or went.
    Folder,
}

#[derive(Default)]
struct Batch {
    changed: Changed,
    open: BTreeSet<RelPath>,
    folders: bool,
}

impl Batch {
    fn everything(&mut self) {
        self.changed.more = true;
        self.folders = true;
    }

    fn add(&mut self, path: RelPath, step: Step) {
        match step {
            Step::Open => drop(self.open.insert(path.clone())),
            Step::Closed => drop(self.open.remove(&path)),
            Step::Folder => return self.everything(),
        }
        self.changed.files.insert(path);
    }
}
