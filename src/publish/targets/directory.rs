//! A folder of this machine: a web server's root, or a mounted volume.

use super::{Can, Keep, Kind, Lock, Target, World, required};
use crate::publish::disk::real;
use crate::publish::door::{Bytes, Door, Error, Metadata, Object, Store, Trouble, When};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The row of folders.
pub(super) const KIND: Kind = Kind {
    name: "directory",
    title: "a folder",
    settings: &[required("path", "The folder, from that of `site.toml` on. It is made if it is not there.")],
    credentials: "nowhere: a folder needs none",
    can: Can { keep: Keep::Copies, headers: false, compress: false, lock: Lock::Create },
    open,
};

/// Where files wait until they are whole.
const PART: &str = ".hub-part";

struct Directory {
    root: PathBuf,
    count: AtomicUsize,
}

fn open(target: &Target, world: &World) -> Result<Door, Error> {
    let root = world.root.join(target.required("path"));
    for (bad, why) in [("site.toml", "it holds `site.toml`"), (".git", "it holds `.git`")] {
        if root.join(bad).exists() {
            return Err(Error::other(format!("`{}` cannot hold the published site: {why}", root.display())));
        }
    }
    let here = real(&root);
    let mut sources = crate::files::FOLDERS.iter().map(|dir| real(&world.root.join(dir)));
    let inside = here.starts_with(real(&world.hub)) || sources.any(|dir| here.starts_with(dir));
    let out = real(&world.out);
    if inside || here.starts_with(&out) || out.starts_with(&here) || real(&world.root).starts_with(&here) {
        let why = "name a folder that holds the published site and nothing else";
        return Err(Error::other(format!("`{}` cannot hold the published site: {why}", root.display())));
    }
    Ok(Door::Store(Box::new(Directory { root, count: AtomicUsize::new(0) })))
}

fn failed(e: io::Error, path: &Path) -> Error {
    let trouble = match e.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Trouble::Full,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Trouble::Denied,
        io::ErrorKind::NotFound => Trouble::Missing,
        io::ErrorKind::Interrupted => Trouble::Again,
        _ => Trouble::Other,
    };
    Error::new(trouble, format!("`{}`: {e}", path.display()))
}

impl Directory {
    /// Writes a file whole, beside the site.
    fn stage(&self, write: impl FnOnce(&mut fs::File) -> io::Result<()>) -> Result<PathBuf, Error> {
        let dir = self.root.join(PART);
        fs::create_dir_all(&dir).map_err(|e| failed(e, &dir))?;
        let part = dir.join(format!("{}-{}", std::process::id(), self.count.fetch_add(1, Ordering::Relaxed)));
        let written = fs::File::create(&part).and_then(|mut file| write(&mut file));
        written.map_err(|e| {
            let _ = fs::remove_file(&part);
            failed(e, &part)
        })?;
        Ok(part)
    }

    /// The place of a key. Its folder is made; a link that leads out of the target is refused.
    fn place(&self, key: &str) -> Result<PathBuf, Error> {
        let place = self.root.join(key);
        let dir = place.parent().unwrap_or(&self.root);
        fs::create_dir_all(dir).map_err(|e| failed(e, dir))?;
        let real = |p: &Path| p.canonicalize().map_err(|e| failed(e, p));
        match real(dir)?.starts_with(real(&self.root)?) {
            true => Ok(place),
            false => Err(Error::other(format!("`{}` leads out of the target", dir.display()))),
        }
    }

    /// Moves a part to its place: in one step, and only where nothing is if `absent`.
    fn move_in(&self, part: &Path, key: &str, absent: bool) -> Result<(), Error> {
        let moved = self.place(key).and_then(|place| match absent {
            false => fs::rename(part, &place).map_err(|e| failed(e, &place)),
            true => match fs::hard_link(part, &place) {
                Ok(()) => fs::remove_file(part).map_err(|e| failed(e, part)),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                    Err(Error::new(Trouble::Conflict, format!("`{}` is there", place.display())))
                }
                Err(e) => Err(failed(e, &place)),
            },
        });
        moved.inspect_err(|_| drop(fs::remove_file(part)))
    }
}

impl Store for Directory {
    fn lock(&self) -> Lock {
        KIND.can.lock
    }

    fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        match fs::read(self.root.join(key)) {
            Ok(bytes) => Ok(Some(Object { bytes, version: None })),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(failed(e, &self.root.join(key))),
        }
    }

    fn put(&self, key: &str, bytes: Bytes<'_>, _: &Metadata, when: When<'_>) -> Result<Option<String>, Error> {
        let part = self.stage(|file| match bytes {
            Bytes::Here(bytes) => file.write_all(bytes),
            Bytes::File(path, _) => io::copy(&mut fs::File::open(path)?, file).map(drop),
        })?;
        self.move_in(&part, key, when == When::Absent)?;
        Ok(None)
    }

    fn delete(&self, keys: &[String]) -> Result<(), Error> {
        for key in keys {
            let place = self.root.join(key);
            match fs::remove_file(&place) {
                Err(e) if ![io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&e.kind()) => {
                    return Err(failed(e, &place));
                }
                _ => {}
            }
            let below = place.ancestors().skip(1).take_while(|dir| *dir != self.root);
            // Fails where something is left in it, and then it stays.
            below.take_while(|dir| fs::remove_dir(dir).is_ok()).for_each(drop);
        }
        Ok(())
    }

    fn tidy(&self) -> Result<(), Error> {
        let parts = self.root.join(PART);
        fs::remove_dir_all(&parts).map_err(|e| failed(e, &parts))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let mut keys = Vec::new();
        for entry in walkdir::WalkDir::new(self.root.join(prefix)).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    let below = entry.path().strip_prefix(&self.root).unwrap_or(entry.path());
                    keys.push(below.to_string_lossy().replace('\\', "/"));
                }
                Err(e) if e.io_error().is_some_and(|e| e.kind() != io::ErrorKind::NotFound) => {
                    return Err(Error::other(e.to_string()));
                }
                _ => {}
            }
        }
        Ok(keys)
    }

    fn copy(&self, from: &str, to: &str) -> Result<bool, Error> {
        let mut source = match fs::File::open(self.root.join(from)) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(failed(e, &self.root.join(from))),
        };
        let part = self.stage(|file| io::copy(&mut source, file).map(drop))?;
        self.move_in(&part, to, false).map(|()| true)
    }
}
