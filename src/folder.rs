//! A folder that is held open: what lies below it is reached from there, not by the names of all folders above it. A build asks
//! for tens of thousands of files, and finding each from the root again costs more than what it asks.

use crate::files::Stamp;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// A folder. What becomes of its path meanwhile does not concern it, so it is held no longer than a build lasts.
pub struct Folder {
    path: PathBuf,
    #[cfg(target_os = "linux")]
    open: Option<rustix::fd::OwnedFd>,
}

/// A file or folder that was looked at.
pub struct Standing {
    /// Its state.
    pub stamp: Stamp,
    /// Whether it is a file, and neither a folder nor a link.
    pub is_file: bool,
}

/// The state of a file that is open.
pub fn stamp(file: &File) -> io::Result<Stamp> {
    #[cfg(target_os = "linux")]
    return linux::stamp_of(file);
    #[cfg(not(target_os = "linux"))]
    return Ok(Stamp::of(&file.metadata()?));
}

impl Folder {
    /// The folder at a path. One that cannot be opened holds nothing, and says why when it is asked.
    pub fn open(path: impl Into<PathBuf>) -> Folder {
        let path = path.into();
        #[cfg(target_os = "linux")]
        let open = linux::open(&path).ok();
        Folder {
            path,
            #[cfg(target_os = "linux")]
            open,
        }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Looks at what stands at a path below the folder; at what a link leads to if links are followed.
    pub fn look(&self, below: &str, follow: bool) -> io::Result<Standing> {
        #[cfg(target_os = "linux")]
        if let Some(folder) = &self.open {
            return linux::look(folder, below, follow);
        }
        let path = self.path.join(below);
        let meta = if follow { fs::metadata(path) } else { fs::symlink_metadata(path) }?;
        Ok(Standing { stamp: Stamp::of(&meta), is_file: meta.is_file() })
    }

    /// The bytes of a file below it.
    pub fn read(&self, below: &str) -> io::Result<Vec<u8>> {
        #[cfg(target_os = "linux")]
        if let Some(folder) = &self.open {
            return linux::read(folder, below);
        }
        fs::read(self.path.join(below))
    }

    /// Makes a folder below it.
    pub fn create_dir(&self, below: &str) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        if let Some(folder) = &self.open {
            return linux::create_dir(folder, below);
        }
        fs::create_dir(self.path.join(below))
    }

    /// A file below it, empty and open for writing.
    pub fn create(&self, below: &str) -> io::Result<File> {
        #[cfg(target_os = "linux")]
        if let Some(folder) = &self.open {
            return linux::create(folder, below);
        }
        File::create(self.path.join(below))
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use super::Standing;
    use crate::files::Stamp;
    use rustix::buffer::spare_capacity;
    use rustix::fd::OwnedFd;
    use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, mkdirat, openat, statat};
    use rustix::io::{read as read_into, retry_on_intr};
    use std::fs::File;
    use std::io;
    use std::path::Path;

    pub(super) fn open(path: &Path) -> io::Result<OwnedFd> {
        Ok(openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
    }

    pub(super) fn look(folder: &OwnedFd, below: &str, follow: bool) -> io::Result<Standing> {
        let stat = statat(folder, below, if follow { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW })?;
        Ok(Standing { stamp: stamp(&stat), is_file: FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile })
    }

    pub(super) fn stamp_of(file: &File) -> io::Result<Stamp> {
        Ok(stamp(&fstat(file)?))
    }

    fn stamp(stat: &Stat) -> Stamp {
        Stamp {
            len: stat.st_size as u64,
            modified: nanos(stat.st_mtime, stat.st_mtime_nsec),
            changed: nanos(stat.st_ctime, stat.st_ctime_nsec),
            inode: stat.st_ino,
        }
    }

    /// Nanoseconds since 1970. What counts those of the last second is another type on each processor.
    fn nanos(seconds: i64, more: impl TryInto<i64>) -> i64 {
        seconds.saturating_mul(1_000_000_000).saturating_add(more.try_into().unwrap_or_default())
    }

    /// Most texts are shorter.
    const ROOM: usize = 1 << 14;

    pub(super) fn read(folder: &OwnedFd, below: &str) -> io::Result<Vec<u8>> {
        let file = openat(folder, below, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        let mut bytes = Vec::with_capacity(ROOM);
        loop {
            bytes.reserve(ROOM / 4);
            if retry_on_intr(|| read_into(&file, spare_capacity(&mut bytes)))? == 0 {
                return Ok(bytes);
            }
        }
    }

    pub(super) fn create_dir(folder: &OwnedFd, below: &str) -> io::Result<()> {
        Ok(mkdirat(folder, below, Mode::from_raw_mode(0o777))?)
    }

    pub(super) fn create(folder: &OwnedFd, below: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
        Ok(openat(folder, below, flags, Mode::from_raw_mode(0o666))?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_is_as_by_its_path() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(dir.path());
        folder.create_dir("a").expect("a folder");
        io::Write::write_all(&mut folder.create("a/b").expect("a file"), b"text").expect("written");
        for (below, is_file) in [("a/b", true), ("a", false)] {
            let meta = fs::symlink_metadata(dir.path().join(below)).expect("is there");
            let standing = folder.look(below, false).expect("is there");
            assert_eq!((standing.stamp, standing.is_file), (Stamp::of(&meta), is_file));
            let open = File::open(dir.path().join(below)).expect("is there");
            assert_eq!(stamp(&open).expect("is open"), standing.stamp);
        }
        let long: Vec<u8> = (0..100_000).map(|i| i as u8).collect();
        fs::write(dir.path().join("a/long"), &long).expect("written");
        assert_eq!(folder.read("a/long").expect("is there"), long);
        assert_eq!(folder.read("a/b").expect("is there"), b"text");
        assert!(folder.read("a").is_err());
        let missing = [
            folder.look("no", false).err(),
            folder.read("a/no").err(),
            folder.create("no/b").err(),
            folder.create_dir("no/c").err(),
        ];
        for missing in missing {
            assert_eq!(missing.expect("nothing is there").kind(), io::ErrorKind::NotFound);
        }
        assert_eq!(folder.create_dir("a").expect_err("it is there").kind(), io::ErrorKind::AlreadyExists);
        assert!(Folder::open(dir.path().join("no")).look("b", false).is_err());
    }

    #[test]
    #[cfg(unix)]
    fn links_are_followed_only_where_they_are_to_be() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join("a"), "text").expect("written");
        std::os::unix::fs::symlink("a", dir.path().join("l")).expect("a link");
        let folder = Folder::open(dir.path());
        let look = |follow| folder.look("l", follow).map(|s| (s.is_file, s.stamp.len)).expect("is there");
        assert_eq!(look(true), (true, 4));
        assert!(!look(false).0);
    }
}
