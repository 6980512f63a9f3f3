//! The ledger on the disk, one writer at a time.

use crate::share::ledger::{self, Record};
use crate::store;
use jiff::tz::TimeZone;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// The ledger of a site, held for writing.
pub struct Journal {
    path: PathBuf,
    zone: TimeZone,
    _lock: File,
}

impl Journal {
    /// Opens the ledger of the site at `root`, whose own files lie in `hub`; another one that writes it is waited for.
    pub fn open(root: &Path, hub: &Path, zone: TimeZone) -> io::Result<Journal> {
        let lock = File::options().create(true).truncate(false).write(true).open(hub.join("ledger.lock"))?;
        match lock.lock() {
            Err(e) if e.kind() != io::ErrorKind::Unsupported => return Err(e),
            _ => {}
        }
        let path = root.join(ledger::PATH);
        std::fs::create_dir_all(path.parent().unwrap_or(root))?;
        Ok(Journal { path, zone, _lock: lock })
    }

    /// What the file says.
    pub fn read(&self) -> io::Result<String> {
        match std::fs::read_to_string(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            read => read,
        }
    }

    /// Adds an entry; it is on the disk when this returns. What was there before comes back.
    pub fn add(&self, record: &Record<'_>) -> io::Result<String> {
        let before = self.read()?;
        store::replace_for_good(&self.path, ledger::with(&before, record).as_bytes())?;
        Ok(before)
    }

    /// Takes back the last entry, of a post that was refused, unless somebody else wrote meanwhile.
    pub fn take_back(&self, record: &Record<'_>, before: &str) -> io::Result<()> {
        if self.read()? == ledger::with(before, record) {
            store::replace_for_good(&self.path, before.as_bytes())?;
        }
        Ok(())
    }

    /// Notes what is out of the post of a key; all of it, if there is an address.
    pub fn confirm(&self, key: &str, ids: &[String], url: Option<&str>) -> io::Result<()> {
        let gone = || io::Error::other(format!("the entry of key `{key}` is gone from the ledger"));
        let text = ledger::confirmed(&self.read()?, &self.zone, key, ids, url).ok_or_else(gone)?;
        store::replace_for_good(&self.path, text.as_bytes())
    }
}
