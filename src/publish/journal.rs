//! What a run has sent, line by line, in `.hub/publish/NAME`: a run that follows a broken one on the same machine does not send it
//! again, and knows the broken one for its own.

use super::index::Entry;
use crate::store;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

const FIRST: &str = "hub publish 1 ";

/// The journal of a target. Only one run on this machine has it.
pub struct Journal {
    path: PathBuf,
    file: Mutex<Option<File>>,
    _lock: File,
}

/// What the run before this one wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// The run.
    pub run: String,
    /// What it sent, by name.
    pub sent: BTreeMap<String, Entry>,
}

impl Journal {
    /// Opens the journal of a target of the site whose own files lie in `hub`; none while another run has it.
    pub fn open(hub: &Path, target: &str) -> io::Result<Option<(Journal, Before)>> {
        let dir = hub.join("publish");
        fs::create_dir_all(&dir)?;
        // A target's name is the author's; a digest of it is a name on every system.
        let name = crate::digest::seal(target.as_bytes()).to_string();
        let lock = File::options().create(true).truncate(false).write(true).open(dir.join(format!("{name}.lock")))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Ok(None),
            // A file system without locks.
            Err(fs::TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => {}
            Err(fs::TryLockError::Error(e)) => return Err(e),
        }
        let path = dir.join(name);
        let before = match fs::read_to_string(&path) {
            Ok(text) => read(&text),
            Err(e) if [io::ErrorKind::NotFound, io::ErrorKind::InvalidData].contains(&e.kind()) => Before::default(),
            Err(e) => return Err(e),
        };
        Ok(Some((Journal { path, file: Mutex::new(None), _lock: lock }, before)))
    }

    /// Begins anew for a run.
    pub fn begin(&self, run: &str) -> io::Result<()> {
        let mut file = File::create(&self.path)?;
        writeln!(file, "{FIRST}{run}")?;
        if let Ok(mut slot) = self.file.lock() {
            *slot = Some(file);
        }
        Ok(())
    }

    /// Notes what was sent.
    pub fn sent(&self, name: &str, entry: &Entry) -> io::Result<()> {
        match self.file.lock() {
            Ok(mut slot) => match slot.as_mut() {
                // One write, so that a killed run leaves whole lines or a last one that is cut.
                Some(file) => file.write_all(format!("{} {} {} {name}\n", entry.0, entry.1, entry.2).as_bytes()),
                None => Ok(()),
            },
            Err(_) => Ok(()),
        }
    }

    /// The run is over.
    pub fn end(self) -> io::Result<()> {
        store::remove(&self.path)
    }
}

fn read(text: &str) -> Before {
    let Some((first, rest)) = text.split_once('\n') else { return Before::default() };
    let Some(run) = first.strip_prefix(FIRST) else { return Before::default() };
    let whole = rest.rfind('\n').map_or("", |end| &rest[..end]);
    let line = |line: &str| {
        let mut parts = line.splitn(4, ' ');
        let entry = Entry(parts.next()?.to_string(), parts.next()?.parse().ok()?, parts.next()?.to_string());
        Some((parts.next()?.to_string(), entry))
    };
    Before { run: run.to_string(), sent: whole.lines().filter_map(line).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_journal_is_read() {
        const WORDS: &[&str] =
            &["hub publish 1 ", "r1", "\n", " ", "00ff", "7", "0123abcd", "a/index.html", "é", "-1", "\r"];
        bolero::check!().with_iterations(2000).for_each(|seed: &[u8]| {
            let text: String = seed.iter().map(|b| WORDS[usize::from(*b) % WORDS.len()]).collect();
            read(&text);
        });
    }

    #[test]
    fn a_cut_line_is_no_line() {
        let dir = tempfile::tempdir().expect("a folder");
        let entry = Entry("00ff".to_string(), 7, "0123abcd".to_string());
        let (journal, before) = Journal::open(dir.path(), "prod").expect("opens").expect("free");
        assert_eq!(before, Before::default());
        journal.begin("r1").expect("begins");
        journal.sent("a b/index.html", &entry).expect("writes");
        assert!(Journal::open(dir.path(), "prod").expect("opens").is_none(), "another run has it");
        let path = journal.path.clone();
        drop(journal);
        fs::write(&path, fs::read_to_string(&path).expect("reads") + "00ff 7 0123ab").expect("writes");
        let (journal, before) = Journal::open(dir.path(), "prod").expect("opens").expect("free");
        assert_eq!(before, Before { run: "r1".to_string(), sent: [("a b/index.html".to_string(), entry)].into() });
        journal.end().expect("ends");
        assert_eq!(Journal::open(dir.path(), "prod").expect("opens").expect("free").1, Before::default());
    }
}
