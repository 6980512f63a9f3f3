//! Who publishes: one run at a time. Where a store replaces an object only if it is the version that was read, the manifest is
//! its own lock; elsewhere a lock object is made, which the store makes only once, or which is read back after it was written.

use super::door::{Bytes, Error, Metadata, Store, Trouble, When};
use super::index::{Busy, KEY, LOCK, Published};
use super::targets::Lock;
use jiff::{SignedDuration, Timestamp};

/// For how long others wait for a run that says nothing more.
const TERM: SignedDuration = SignedDuration::from_mins(10);

/// What a target says is published.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The manifest; empty if there is none.
    pub published: Published,
    /// Its version, where the store has versions.
    pub version: Option<String>,
    /// Its bytes; none if there is none.
    pub bytes: Option<Vec<u8>>,
}

/// Sends something again while that may help.
pub type Patience<'a> = &'a (dyn Fn(&dyn Fn() -> Result<(), Error>) -> Result<(), Error> + Sync);

/// What the manifest is told beside its bytes: nobody keeps it.
fn meta() -> Metadata {
    Metadata { content_type: "application/json", cache_control: "no-store".to_string(), encoding: None }
}

/// Reads what is published.
pub fn look(store: &dyn Store) -> Result<Seen, Error> {
    let Some(object) = store.get(KEY)? else { return Ok(Seen::default()) };
    let published = Published::read(&object.bytes).map_err(Error::other)?;
    Ok(Seen { published, version: object.version, bytes: Some(object.bytes) })
}

/// The right to publish, held by one run.
pub struct Claim<'a> {
    store: &'a dyn Store,
    patience: Patience<'a>,
    now: fn() -> Timestamp,
    /// The run.
    pub run: String,
    since: Timestamp,
    version: Option<String>,
    there: bool,
}

fn taken(busy: &Busy, now: Timestamp) -> Error {
    let minutes = (busy.until.as_second() - now.as_second()).max(0) / 60 + 1;
    let message = format!(
        "another run publishes there since {}; if it is dead, its right ends in {}",
        busy.since.strftime("%H:%M UTC"),
        crate::text::count(usize::try_from(minutes).unwrap_or(1), "minute")
    );
    Error::new(Trouble::Conflict, message)
}

fn overtaken() -> Error {
    Error::new(Trouble::Conflict, "somebody else has published meanwhile; run the command again")
}

impl<'a> Claim<'a> {
    /// Takes the right to publish on top of what was seen. `own` is the run of this machine that broke off, if one did.
    pub fn take(
        store: &'a dyn Store,
        patience: Patience<'a>,
        now: fn() -> Timestamp,
        seen: &Seen,
        own: &str,
    ) -> Result<Claim<'a>, Error> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|e| Error::other(e.to_string()))?;
        let run = format!("{:016x}", u64::from_be_bytes(random));
        let since = now();
        let (version, there) = (seen.version.clone(), seen.bytes.is_some());
        let claim = Claim { store, patience, now, run, since, version, there };
        let held = |busy: &Busy| busy.run != own && busy.until > since;
        if store.lock() == Lock::Swap {
            return match seen.published.busy.as_ref().filter(|busy| held(busy)) {
                Some(busy) => Err(taken(busy, since)),
                None => Ok(claim),
            };
        }
        claim.take_lock(&held)?;
        // What was seen before the lock was taken may be old.
        match look(store) {
            Ok(again) if again.bytes == seen.bytes => Ok(claim),
            other => {
                claim.unlock();
                other.and_then(|_| Err(overtaken()))
            }
        }
    }

    fn busy(&self) -> Busy {
        Busy { run: self.run.clone(), since: self.since, until: (self.now)() + TERM }
    }

    fn lock_there(&self) -> Result<Option<Busy>, Error> {
        // A lock that cannot be read was cut short by a run that died.
        Ok(self.store.get(LOCK)?.and_then(|object| serde_json::from_slice(&object.bytes).ok()))
    }

    /// Who has the lock that somebody made. It may be a moment before he has written into it.
    fn holder(&self) -> Result<Option<Busy>, Error> {
        let found = std::sync::Mutex::new(None);
        let waited = (self.patience)(&|| match self.lock_there()? {
            None => Err(Error::again("the lock at the target is empty")),
            busy => {
                if let Ok(mut found) = found.lock() {
                    *found = busy;
                }
                Ok(())
            }
        });
        match waited {
            // Its maker is dead.
            Err(e) if e.trouble == Trouble::Again => Ok(None),
            waited => waited.map(|()| found.into_inner().ok().flatten()),
        }
    }

    fn take_lock(&self, held: &dyn Fn(&Busy) -> bool) -> Result<(), Error> {
        let lock = serde_json::to_vec(&self.busy()).unwrap_or_default();
        let put = |when| (self.patience)(&|| self.store.put(LOCK, Bytes::Here(&lock), &meta(), when).map(drop));
        if self.store.lock() == Lock::Create {
            match put(When::Absent) {
                Err(e) if e.trouble == Trouble::Conflict => {}
                other => return other,
            }
        }
        let there = if self.store.lock() == Lock::Create { self.holder()? } else { self.lock_there()? };
        match there {
            Some(busy) if busy.run == self.run => return Ok(()),
            Some(busy) if held(&busy) => return Err(taken(&busy, self.since)),
            _ => put(When::Always)?,
        }
        // Of two that wrote it at the same time the later one has it.
        match self.lock_there()? {
            Some(busy) if busy.run == self.run => Ok(()),
            Some(busy) => Err(taken(&busy, self.since)),
            None => Err(overtaken()),
        }
    }

    /// Writes the manifest: with this run as the one that publishes, or, at its end, with none.
    pub fn write(&mut self, published: &mut Published, last: bool) -> Result<(), Error> {
        published.busy = (!last).then(|| self.busy());
        let bytes = published.write();
        let swap = self.store.lock() == Lock::Swap;
        let when = match (&self.version, self.there) {
            _ if !swap => When::Always,
            (Some(version), _) => When::Is(version),
            (None, true) => When::Always,
            (None, false) => When::Absent,
        };
        let written = self.put_manifest(&bytes, when);
        let version_now = match written {
            Err(e) if e.trouble == Trouble::Conflict => {
                // An answer may be lost on its way: then it was this run that wrote it.
                match self.store.get(KEY)? {
                    Some(object) if object.bytes == bytes => object.version,
                    _ => return Err(overtaken()),
                }
            }
            written => written?,
        };
        (self.version, self.there) = (version_now, true);
        if last {
            // What is left behind is in nobody's way, and goes next time.
            let _ = (self.patience)(&|| self.store.tidy());
            self.unlock();
        }
        Ok(())
    }

    fn put_manifest(&self, bytes: &[u8], when: When<'_>) -> Result<Option<String>, Error> {
        let version = std::sync::Mutex::new(None);
        (self.patience)(&|| {
            let written = self.store.put(KEY, Bytes::Here(bytes), &meta(), when)?;
            if let Ok(mut version) = version.lock() {
                *version = written;
            }
            Ok(())
        })?;
        Ok(version.into_inner().unwrap_or_default())
    }

    /// Says that this run is still alive.
    pub fn renew(&mut self, published: &mut Published) -> Result<(), Error> {
        if self.store.lock() == Lock::Swap {
            return self.write(published, false);
        }
        match self.lock_there()? {
            Some(busy) if busy.run == self.run => {
                let lock = serde_json::to_vec(&self.busy()).unwrap_or_default();
                (self.patience)(&|| self.store.put(LOCK, Bytes::Here(&lock), &meta(), When::Always).map(drop))
            }
            _ => Err(overtaken()),
        }
    }

    /// Gives the lock object back. One that stays ends by itself.
    pub fn unlock(&self) {
        if self.store.lock() != Lock::Swap {
            let _ = (self.patience)(&|| self.store.delete(&[LOCK.to_string()]));
        }
    }
}
