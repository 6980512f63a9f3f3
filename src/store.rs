//! Files that hub keeps for itself: written whole or not at all, and known by a checksum when they are read.

use crate::buffers;
use crate::digest::{Digest, Digesting};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// A value that a part holds; what is none is [`InvalidData`](io::ErrorKind::InvalidData).
pub fn value<T: for<'a> Deserialize<'a>>(part: &[u8]) -> io::Result<T> {
    postcard::from_bytes(part).map_err(|_| bad())
}

/// The same of a part that nobody needs afterwards.
pub fn value_of<T: for<'a> Deserialize<'a>>(part: Vec<u8>) -> io::Result<T> {
    let read = value(&part);
    buffers::give(part);
    read
}

fn bad() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// Reads a file of a format; `None` if there is none, or one that another version of hub wrote. One that was cut short or
/// changed is an error of the kind [`InvalidData`](io::ErrorKind::InvalidData).
pub fn open<T: for<'a> Deserialize<'a>>(path: &Path, format: &str) -> io::Result<Option<T>> {
    open_bytes(path, format)?.map(|bytes| value(&bytes)).transpose()
}

/// Writes a file of a format, beside its place, then moves it there.
pub fn save<T: Serialize>(path: &Path, format: &str, value: &T) -> io::Result<()> {
    save_parts(path, format, vec![postcard::to_stdvec(value).map_err(io::Error::other)?])
}

/// The bytes of a file of one part; as [`open`].
pub fn open_bytes(path: &Path, format: &str) -> io::Result<Option<Vec<u8>>> {
    let Some(mut parts) = Reading::open(path, format)? else { return Ok(None) };
    let bytes = parts.next().transpose()?.unwrap_or_default();
    parts.by_ref().try_for_each(|part| part.map(drop))?;
    parts.finish().map(|_| Some(bytes))
}

/// Reads a file of several parts, each by the thread that is free; as [`open`]. Beside what `read` makes of them, in order, the
/// checksum of all.
///
/// Only the parts that are being read are in memory. They are read before the last one is known to be whole: where one is not, what
/// was made of the others is thrown away.
pub fn read_parts<T: Send>(
    path: &Path,
    format: &str,
    read: impl Fn(usize, Vec<u8>) -> io::Result<T> + Sync,
) -> io::Result<Option<(Digest, Vec<T>)>> {
    let Some(mut parts) = Reading::open(path, format)? else { return Ok(None) };
    let made = parts.by_ref().enumerate().par_bridge().map(|(i, part)| Ok((i, read(i, part?)?)));
    let mut made = made.collect::<io::Result<Vec<(usize, T)>>>()?;
    made.sort_by_key(|(i, _)| *i);
    Ok(Some((parts.finish()?, made.into_iter().map(|(_, made)| made).collect())))
}

/// A file of parts that is being read.
struct Reading {
    file: File,
    /// Bytes that are still to come.
    left: u64,
    checksum: Digest,
    sum: Digesting,
}

impl Reading {
    /// Opens a file of a format, as [`open`].
    fn open(path: &Path, format: &str) -> io::Result<Option<Reading>> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let mut begin = Vec::new();
        io::Read::by_ref(&mut file).take(format.len() as u64).read_to_end(&mut begin)?;
        if begin != format.as_bytes() {
            // Another version of hub wrote it: for this one there is none.
            return if begin.starts_with(b"hub ") { Ok(None) } else { Err(bad()) };
        }
        let head = (format.len() + size_of::<Digest>()) as u64;
        let left = file.metadata()?.len().checked_sub(head).ok_or_else(bad)?;
        let mut checksum = [0; 16];
        file.read_exact(&mut checksum)?;
        let checksum = Digest(u128::from_le_bytes(checksum));
        Ok(Some(Reading { file, left, checksum, sum: Digesting::default() }))
    }

    fn part(&mut self) -> io::Result<Vec<u8>> {
        let mut len = [0; 8];
        let rest = self.left.checked_sub(len.len() as u64).ok_or_else(bad)?;
        self.file.read_exact(&mut len)?;
        self.sum.update(&len);
        let len = u64::from_le_bytes(len);
        self.left = rest.checked_sub(len).ok_or_else(bad)?;
        let mut part = buffers::take(len as usize);
        io::Read::by_ref(&mut self.file).take(len).read_to_end(&mut part)?;
        self.sum.update(&part);
        if part.len() as u64 == len { Ok(part) } else { Err(bad()) }
    }

    /// The checksum, if it is that of what was read.
    fn finish(self) -> io::Result<Digest> {
        if self.left == 0 && self.sum.finish() == self.checksum { Ok(self.checksum) } else { Err(bad()) }
    }
}

impl Iterator for Reading {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let part = self.part();
        if part.is_err() {
            // Nothing that follows has a place.
            self.left = 0;
            self.checksum = Digest::ABSENT;
        }
        Some(part)
    }
}

/// Removes a file, if it is there.
pub fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// Whether what is another may be stored above the whole of `count` values: where `changed` are many, the whole is written anew.
pub fn fits_above(changed: usize, count: usize) -> bool {
    const MANY: usize = 256;
    const PART: usize = 16;
    changed <= MANY.max(count / PART)
}

/// Writes a file of several parts; as [`save`].
pub fn save_parts(path: &Path, format: &str, parts: Vec<Vec<u8>>) -> io::Result<()> {
    save_lists::<()>(path, format, parts, (&[], 1), |_| Vec::new())
}

/// Writes a file of these parts and of those that `make` makes of the values, of `each` at once; as [`save`]. They are made by all threads, a
/// few at a time, so that hardly any of them is in memory.
pub fn save_lists<T: Sync>(
    path: &Path,
    format: &str,
    parts: Vec<Vec<u8>>,
    (values, each): (&[T], usize),
    make: impl Fn(&[T]) -> Vec<u8> + Sync,
) -> io::Result<()> {
    const AT_ONCE: usize = 8;
    replace_by(path, |file| {
        file.write_all(format.as_bytes())?;
        // The checksum, which is known at the end.
        file.write_all(&[0; size_of::<Digest>()])?;
        let mut sum = Digesting::default();
        let mut add = |part: Vec<u8>| {
            let len = (part.len() as u64).to_le_bytes();
            for piece in [&len[..], &part] {
                sum.update(piece);
                file.write_all(piece)?;
            }
            buffers::give(part);
            io::Result::Ok(())
        };
        parts.into_iter().try_for_each(&mut add)?;
        for some in values.chunks(each * AT_ONCE) {
            let made: Vec<Vec<u8>> = some.par_chunks(each).map(&make).collect();
            made.into_iter().try_for_each(&mut add)?;
        }
        file.seek(SeekFrom::Start(format.len() as u64))?;
        file.write_all(&sum.finish().0.to_le_bytes())
    })
}

/// Puts bytes at a path, as [`replace`], and does not return before they are on the disk.
pub fn replace_for_good(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    write().inspect_err(|_| drop(std::fs::remove_file(&temporary)))?;
    // The name is on the disk when its folder is; systems that open no folders keep names themselves.
    match path.parent().map(File::open) {
        Some(Ok(folder)) => folder.sync_all(),
        _ => Ok(()),
    }
}

/// Puts bytes at a path: other programs see the old file or the new one, never a part.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_by(path, |file| file.write_all(bytes))
}

fn replace_by(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    File::create(&temporary)
        .and_then(|mut file| write(&mut file))
        .and_then(|()| std::fs::rename(&temporary, path))
        .inspect_err(|_| drop(std::fs::remove_file(&temporary)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: &str = "hub test 1\n";

    /// However it is cut or changed: either nothing was there, or it is said.
    #[test]
    fn what_is_not_whole_is_not_taken() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("file");
        let parts: Vec<Vec<u8>> = (0..9).map(|i| vec![i; usize::from(i) * 999]).collect();
        let read = || read_parts(&path, FORMAT, |i, part| Ok((i, part.to_vec())));
        assert!(read().expect("no file").is_none());
        save_parts(&path, FORMAT, parts.clone()).expect("written");
        let (digest, all) = read().expect("readable").expect("there");
        assert_eq!(all, parts.iter().cloned().enumerate().collect::<Vec<_>>());
        let whole = std::fs::read(&path).expect("readable");
        assert_eq!(digest, Digest::of(&whole[FORMAT.len() + 16..]));
        for len in (0..whole.len()).step_by(37) {
            std::fs::write(&path, &whole[..len]).expect("written");
            assert!(!read().is_ok_and(|read| read.is_some()), "{len}");
            let mut changed = whole.clone();
            changed[len] ^= 1;
            std::fs::write(&path, &changed).expect("written");
            assert!(!read().is_ok_and(|read| read.is_some()), "{len}");
        }
        std::fs::write(&path, [&*whole, b"x"].concat()).expect("written");
        assert_eq!(read().map_err(|e| e.kind()).err(), Some(io::ErrorKind::InvalidData));
        std::fs::write(&path, "hub other 1\n").expect("written");
        assert!(read().expect("of another version").is_none());
        for count in [0, 1, 8, 17, 100] {
            let values: Vec<u8> = (0..count).collect();
            save_lists(&path, FORMAT, parts.clone(), (&values, 2), <[u8]>::to_vec).expect("written");
            let (_, all) = read().expect("readable").expect("there");
            let lists = values.chunks(2).map(<[u8]>::to_vec);
            assert!(all.into_iter().map(|(_, part)| part).eq(parts.iter().cloned().chain(lists)), "{count}");
        }
        save(&path, FORMAT, &"value").expect("written");
        assert_eq!(open::<String>(&path, FORMAT).expect("readable").as_deref(), Some("value"));
    }
}
