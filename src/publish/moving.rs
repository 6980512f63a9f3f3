//! Moving what is staged into an output folder, and making room for it there.

use super::disk::{Disk, Staged, Waiting};
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::fs;
use std::io;
use std::path::Path;

impl Disk {
    /// Moves the whole output in, in one step where the system can.
    pub(super) fn move_whole(&self, whole: &Path) -> io::Result<()> {
        if let Some(dir) = self.out.path().parent() {
            fs::create_dir_all(dir)?;
        }
        if fs::rename(whole, self.out.path()).is_ok() {
            return Ok(());
        }
        // The folder is there and cannot be replaced: a mounted one, or a system that replaces none.
        fs::create_dir_all(self.out.path())?;
        let mut entries: Vec<_> = fs::read_dir(whole)?.collect::<io::Result<_>>()?;
        entries.sort_by_key(|e| (is_page(&e.file_name().to_string_lossy()), e.file_name()));
        entries.iter().try_for_each(|e| fs::rename(e.path(), self.out.path().join(e.file_name())))
    }

    /// Moves files in, each in one step: first what pages refer to, then pages.
    pub(super) fn move_all(&self, mut moving: Vec<&Staged>) -> io::Result<()> {
        moving.sort_by_key(|s| (is_page(&s.path), &s.path));
        let pages_at = moving.partition_point(|s| !is_page(&s.path));
        self.make_dirs(&moving)?;
        for part in [&moving[..pages_at], &moving[pages_at..]] {
            part.par_iter().try_for_each(|s| self.move_in(s))?;
        }
        Ok(())
    }

    /// Makes the folders of new files. A link in the place of a folder would lead out of the output; it is refused.
    fn make_dirs(&self, moving: &[&Staged]) -> io::Result<()> {
        fs::create_dir_all(self.out.path())?;
        let mut done: FxHashSet<&str> = FxHashSet::default();
        for staged in moving {
            let mut missing = Vec::new();
            let mut dir = staged.path.as_str();
            while let Some(i) = dir.rfind('/') {
                dir = &dir[..i];
                if !done.insert(dir) {
                    break;
                }
                missing.push(dir);
            }
            for dir in missing.into_iter().rev() {
                let path = self.out.path().join(dir);
                match fs::create_dir(&path) {
                    Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                        let meta = fs::symlink_metadata(&path)?;
                        if meta.is_file() && self.mine.has(dir) {
                            fs::remove_file(&path)?;
                            fs::create_dir(&path)?;
                        } else if !meta.is_dir() {
                            let message =
                                format!("`{}` is not a folder, and the output needs one there", path.display());
                            return Err(io::Error::new(io::ErrorKind::NotADirectory, message));
                        }
                    }
                    made => made?,
                }
            }
        }
        Ok(())
    }

    fn move_in(&self, staged: &Staged) -> io::Result<()> {
        let Some(Waiting::Apart(below)) = &staged.file else { return Ok(()) };
        let file = self.stage.path().join(below);
        let to = self.out.path().join(&staged.path);
        match fs::rename(&file, &to) {
            // A folder of an earlier site stands where a file is to be: hub's own files in it go, an empty one goes.
            Err(_) if fs::symlink_metadata(&to).is_ok_and(|m| m.is_dir()) => {
                let below = format!("{}/", staged.path);
                for (path, _) in self.mine.iter().filter(|(p, _)| p.starts_with(&below) && self.holds(p)) {
                    match fs::remove_file(self.out.path().join(path)) {
                        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                        _ => self.remove_empty_dirs(path),
                    }
                }
                match fs::remove_dir(&to) {
                    Err(e) if e.kind() != io::ErrorKind::NotFound => {
                        let message = format!("`{}` is a folder that holds what hub did not write", to.display());
                        return Err(io::Error::new(e.kind(), message));
                    }
                    _ => {}
                }
                fs::rename(&file, &to)
            }
            renamed => renamed,
        }
    }

    /// Whether only folders lead to a path: what lies behind a link that stands in the place of one is not hub's.
    pub(super) fn holds(&self, path: &str) -> bool {
        let folders = path.match_indices('/').map(|(i, _)| self.out.path().join(&path[..i]));
        folders.into_iter().all(|folder| fs::symlink_metadata(folder).is_ok_and(|m| m.is_dir()))
    }

    pub(super) fn remove_empty_dirs(&self, path: &str) {
        let mut dir = path;
        while let Some(i) = dir.rfind('/') {
            dir = &dir[..i];
            // Fails where something is left in it, and then it stays.
            if fs::remove_dir(self.out.path().join(dir)).is_err() {
                return;
            }
        }
    }
}

fn is_page(path: &str) -> bool {
    path.ends_with(".html")
}
