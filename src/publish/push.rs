//! A run: what the plan says is sent, in its order, by several threads, again where that may help; then the manifest says it.

use super::claim::{Claim, Patience, Seen};
use super::door::{Bytes, Error, Metadata, Store, Trouble, When};
use super::each::each;
use super::headers;
use super::index::{self, Entry, Kept, OBJECTS, Published};
use super::journal::{Before, Journal};
use super::output::{Output, OutputFile};
use super::plan::{Item, Plan, Stage};
use super::targets::{Target, World};
use crate::digest::Sealing;
use jiff::Timestamp;
use memchr::memmem;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use zeroize::Zeroizing;

/// The first pause; each next one is twice as long.
const PAUSE: Duration = Duration::from_millis(250);
/// A target that asks for a longer pause is left alone.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// How often a run says that it is alive.
const RENEW: Duration = Duration::from_secs(180);
/// Files up to this size are read whole.
const WHOLE: u64 = 16 << 20;
/// Objects that one request removes, at the most.
const BATCH: usize = 1000;

/// Where a run publishes what.
pub struct Push<'a> {
    /// The target.
    pub target: &'a Target,
    /// The open target.
    pub store: &'a dyn Store,
    /// What is published.
    pub output: &'a Output,
    /// Time.
    pub world: &'a World,
    /// The journal of the target.
    pub journal: &'a Journal,
    /// What no file may hold.
    pub forbidden: &'a [Zeroizing<String>],
    /// The files by their names in the manifest.
    files: BTreeMap<String, &'a OutputFile>,
}

/// What a run did.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Paths that were sent, of those that everybody may know.
    pub changed: Vec<String>,
    /// Paths that were removed, of those that everybody may know.
    pub removed: Vec<String>,
    /// How many files were sent.
    pub sent: usize,
}

/// Does something again while that may help, with growing pauses, or those that the target asks for.
pub fn patiently<T>(world: &World, act: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
    let mut pause = PAUSE;
    for _ in 1..world.tries {
        match act() {
            Err(e) if e.trouble == Trouble::Again && e.after.is_none_or(|after| after <= LONGEST_PAUSE) => {
                (world.clock.sleep)(e.after.unwrap_or(pause));
                pause *= 2;
            }
            done => return done,
        }
    }
    act()
}

impl<'a> Push<'a> {
    /// A run that sends `output`.
    pub fn new(
        target: &'a Target,
        store: &'a dyn Store,
        output: &'a Output,
        (world, journal): (&'a World, &'a Journal),
        forbidden: &'a [Zeroizing<String>],
    ) -> Push<'a> {
        let files = output.files.iter().map(|file| (index::name_of(&file.path), file)).collect();
        Push { target, store, output, world, journal, forbidden, files }
    }

    /// What the target is to have.
    pub fn wanted(&self) -> BTreeMap<String, Entry> {
        let entry = |file: &OutputFile| {
            Entry(file.seal.to_string(), file.len, headers::form(&headers::of(&file.path, &self.target.common)))
        };
        self.files.iter().map(|(name, file)| (name.clone(), entry(file))).collect()
    }

    /// Reads what is published; what a broken run of this machine wrote down counts.
    pub fn look(&self, before: &Before) -> Result<Seen, Error> {
        let mut seen = patiently(self.world, || super::claim::look(self.store))?;
        if seen.published.busy.as_ref().is_some_and(|busy| busy.run == before.run) {
            for (name, entry) in &before.sent {
                if let Some(pending) = seen.published.pending.get_mut(name)
                    && pending.to.as_ref() == Some(entry)
                {
                    pending.done = true;
                }
            }
        }
        Ok(seen)
    }

    /// Publishes: brings the target from what was seen to the output.
    pub fn publish(&self, seen: Seen, before: &Before, plan: &Plan, progress: Progress<'_>) -> Result<Report, Error> {
        let mut kept = seen.published.kept.clone();
        let keeps = self.target.common.keep > 0 && !seen.published.run.is_empty();
        let known = kept.iter().any(|k| k.run == seen.published.run);
        if keeps && !known {
            kept.push(Kept { run: seen.published.run.clone(), at: seen.published.at });
        }
        let save = if keeps { plan.replaced.as_slice() } else { &[] };
        let deliver = |item: &Item| self.send(item);
        let drop_to = kept.len().saturating_sub(self.target.common.keep);
        let gone: Vec<Kept> = kept.drain(..drop_to).collect();
        let report =
            self.run(seen, before, plan, Goal { save, wanted: self.wanted(), kept: kept.clone() }, &deliver, progress)?;
        if !gone.is_empty() {
            // What cannot be cleared away now is cleared away by a later run.
            let _ = self.prune(&kept);
        }
        Ok(report)
    }

    /// Goes back to the last state that was kept, whose manifest is `former`.
    pub fn roll_back(
        &self,
        seen: Seen,
        before: &Before,
        (former, plan): (&Published, &Plan),
        progress: Progress<'_>,
    ) -> Result<Report, Error> {
        let there: BTreeSet<String> = patiently(self.world, || self.store.list(OBJECTS))?.into_iter().collect();
        if let Some(lost) = plan.send.iter().find(|item| !there.contains(&item.entry.kept_at())) {
            return Err(Error::other(format!(
                "`{}` of that state is not kept at the target; nothing was changed",
                lost.name
            )));
        }
        let mut kept = seen.published.kept.clone();
        kept.pop();
        let deliver = |item: &Item| {
            let Some(path) = self.path_of(&item.name)? else { return Ok(()) };
            match patiently(self.world, || self.store.copy(&item.entry.kept_at(), &path))? {
                true => Ok(()),
                false => Err(Error::other("its former state is gone").of(&item.name)),
            }
        };
        self.run(seen, before, plan, Goal { save: &[], wanted: former.files.clone(), kept }, &deliver, progress)
    }

    /// The state that a run can go back to. Hidden files whose address nobody knows any more are not a part of it.
    pub fn reachable(&self, kept: &Kept) -> Result<Published, Error> {
        let mut former = self.former(kept)?;
        let mut files = BTreeMap::new();
        for (name, entry) in former.files {
            if self.path_of(&name)?.is_some() {
                files.insert(name, entry);
            }
        }
        former.files = files;
        Ok(former)
    }

    /// The manifest of a kept state.
    fn former(&self, kept: &Kept) -> Result<Published, Error> {
        let object = patiently(self.world, || self.store.get(&kept.key()))?;
        let object = object.ok_or_else(|| Error::other("the last state is no longer kept at the target"))?;
        Published::read(&object.bytes).map_err(Error::other)
    }

    fn run(
        &self,
        seen: Seen,
        before: &Before,
        plan: &Plan,
        Goal { save, wanted, kept }: Goal<'_>,
        deliver: &(dyn Fn(&Item) -> Result<(), Error> + Sync),
        progress: Progress<'_>,
    ) -> Result<Report, Error> {
        let patience: Patience<'_> = &|act| patiently(self.world, act);
        let mut claim = Claim::take(self.store, patience, self.world.clock.now, &seen, &before.run)?;
        let mut published = Published { format: index::FORMAT, ..seen.published };
        if !save.is_empty() {
            let saved = claim.write(&mut published, false).and_then(|()| self.save(&published)).and_then(|()| {
                let keep = |(name, entry): &(String, Entry)| self.keep(name, entry);
                self.each(save, &mut claim, &mut published, &Done::default(), &keep)
            });
            if let Err(e) = saved {
                let _ = claim.write(&mut published, true);
                return Err(e);
            }
        }
        plan.announce(&mut published);
        if let Err(e) = claim.write(&mut published, false) {
            claim.unlock();
            return Err(e);
        }
        let at_journal =
            |e: std::io::Error| Error::other(format!("the journal below `.hub/publish` cannot be written: {e}"));
        let begun = self.journal.begin(&claim.run).map_err(at_journal);
        let done = Done::default();
        let count = AtomicUsize::new(0);
        let mut stages = plan.stages();
        let sent = begun.and_then(|()| {
            stages.try_for_each(|stage| {
                self.each(stage, &mut claim, &mut published, &done, &|item| {
                    deliver(item)?;
                    self.journal.sent(&item.name, &item.entry).map_err(at_journal)?;
                    if let Ok(mut done) = done.lock() {
                        done.insert(item.name.clone());
                    }
                    progress(count.fetch_add(1, Ordering::Relaxed) + 1, plan.send.len());
                    Ok(())
                })
            })
        });
        let removed = sent.and_then(|()| self.delete(&plan.delete));
        if let Err(e) = removed {
            note(&mut published, &done);
            // Where this fails too, the journal and the end of this run's right lead on.
            let _ = claim.write(&mut published, true);
            return Err(e);
        }
        let mut after = Published {
            format: index::FORMAT,
            run: claim.run.clone(),
            at: Some((self.world.clock.now)()),
            files: wanted,
            pending: BTreeMap::new(),
            busy: None,
            kept,
        };
        claim.write(&mut after, true)?;
        let known = |name: &&String| index::known_part(name).is_none();
        Ok(Report {
            changed: plan.changed().map(str::to_string).collect(),
            removed: plan.delete.iter().filter(known).cloned().collect(),
            sent: plan.send.len(),
        })
    }

    /// Writes down the state that is kept.
    fn save(&self, published: &Published) -> Result<(), Error> {
        let state = Published {
            format: index::FORMAT,
            run: published.run.clone(),
            at: published.at,
            files: published.files.clone(),
            ..Published::default()
        };
        let key = Kept { run: published.run.clone(), at: None }.key();
        let meta = Metadata { content_type: "application/json", cache_control: "no-store".to_string(), encoding: None };
        let bytes = state.write();
        patiently(self.world, || self.store.put(&key, Bytes::Here(&bytes), &meta, When::Always)).map(drop)
    }

    /// Copies a file aside, over there, before it is replaced.
    fn keep(&self, name: &str, entry: &Entry) -> Result<(), Error> {
        let Some(path) = self.path_of(name)? else { return Ok(()) };
        patiently(self.world, || self.store.copy(&path, &entry.kept_at())).map(drop).map_err(|e| e.of(name))
    }

    /// Removes copies that no kept state needs.
    fn prune(&self, kept: &[Kept]) -> Result<(), Error> {
        let mut needed = BTreeSet::new();
        for state in kept {
            needed.insert(state.key());
            needed.extend(self.former(state)?.files.values().map(Entry::kept_at));
        }
        let there = patiently(self.world, || self.store.list(OBJECTS))?;
        let gone: Vec<String> = there.into_iter().filter(|key| !needed.contains(key)).collect();
        gone.chunks(BATCH).try_for_each(|keys| patiently(self.world, || self.store.delete(keys)))
    }

    /// Does something with each, by several threads; the first error ends it. Says now and then that the run is alive.
    fn each<T: Sync>(
        &self,
        items: &[T],
        claim: &mut Claim<'_>,
        published: &mut Published,
        done: &Done,
        act: &(dyn Fn(&T) -> Result<(), Error> + Sync),
    ) -> Result<(), Error> {
        let alive = &mut || {
            note(published, done);
            claim.renew(published)
        };
        each(items, self.target.common.parallel, act, (RENEW, alive))
    }

    fn delete(&self, names: &[String]) -> Result<(), Error> {
        for stage in names.chunk_by(|a, b| Stage::of(a) == Stage::of(b)) {
            for names in stage.chunks(BATCH) {
                let paths: Vec<Option<String>> =
                    names.iter().map(|name| self.path_of(name)).collect::<Result<_, _>>()?;
                let paths: Vec<String> = paths.into_iter().flatten().collect();
                patiently(self.world, || self.store.delete(&paths))?;
            }
        }
        Ok(())
    }

    /// The path of a name; none if it stands for a hidden file that is not there.
    fn path_of(&self, name: &str) -> Result<Option<String>, Error> {
        let Some(known) = index::known_part(name) else { return Ok(Some(name.to_string())) };
        if let Some(file) = self.files.get(name) {
            return Ok(Some(file.path.clone()));
        }
        let there = patiently(self.world, || self.store.list(known))?;
        Ok(there.into_iter().find(|path| index::name_of(path) == name))
    }

    fn send(&self, item: &Item) -> Result<(), Error> {
        let Some(file) = self.files.get(&item.name) else { return Ok(()) };
        let mut meta = headers::of(&file.path, &self.target.common);
        let sent = if file.len > WHOLE {
            self.look_through(file)?;
            let place = self.output.place(&file.path);
            meta.encoding = None;
            patiently(self.world, || {
                self.store.put(&file.path, Bytes::File(&place, file.len), &meta, When::Always).map(drop)
            })
        } else {
            let mut bytes = self.output.read(file)?;
            self.refuse_secrets(file, &bytes)?;
            if meta.encoding.is_some() {
                match gzip(&bytes).filter(|smaller| smaller.len() < bytes.len()) {
                    Some(smaller) => bytes = smaller,
                    None => meta.encoding = None,
                }
            }
            patiently(self.world, || self.store.put(&file.path, Bytes::Here(&bytes), &meta, When::Always).map(drop))
        };
        sent.map_err(|e| e.of(&item.name))
    }

    fn refuse_secrets(&self, file: &OutputFile, bytes: &[u8]) -> Result<(), Error> {
        match self.forbidden.iter().any(|secret| memmem::find(bytes, secret.as_bytes()).is_some()) {
            true => Err(Error::other("it holds the site's secret, and is not sent").of(&index::name_of(&file.path))),
            false => Ok(()),
        }
    }

    /// Looks at a large file before it is sent: it is that of the build, and holds no secret.
    fn look_through(&self, file: &OutputFile) -> Result<(), Error> {
        let failed = |e: std::io::Error| Error::other(e.to_string()).of(&index::name_of(&file.path));
        let from = std::fs::File::open(self.output.place(&file.path)).map_err(failed)?;
        let longest = self.forbidden.iter().map(|s| s.len()).max().unwrap_or(0);
        let (mut sealing, mut buffer, mut kept) = (Sealing::default(), Vec::new(), 0);
        loop {
            if (&from).take(1 << 20).read_to_end(&mut buffer).map_err(failed)? == 0 {
                break;
            }
            sealing.update(&buffer[kept..]);
            self.refuse_secrets(file, &buffer)?;
            buffer.drain(..buffer.len().saturating_sub(longest));
            kept = buffer.len();
        }
        match sealing.finish() == file.seal {
            true => Ok(()),
            false => Err(Error::other("it was changed while it was published; build and publish again")
                .of(&index::name_of(&file.path))),
        }
    }
}

/// What a run leads to.
struct Goal<'a> {
    /// What is copied aside before.
    save: &'a [(String, Entry)],
    /// What the target has afterwards.
    wanted: BTreeMap<String, Entry>,
    /// The states that can then be gone back to.
    kept: Vec<Kept>,
}

/// The names of what is sent.
type Done = Mutex<BTreeSet<String>>;

/// Writes down what is sent, for whoever takes a broken run up.
fn note(published: &mut Published, done: &Done) {
    for name in done.lock().iter().flat_map(|names| names.iter()) {
        if let Some(pending) = published.pending.get_mut(name) {
            pending.done = true;
        }
    }
}

/// Told how many files are sent, of how many.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// The same bytes give the same compressed ones: there is no time in them.
fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::with_capacity(bytes.len() / 3), flate2::Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// When the run was that is to be gone back to, for people.
pub fn when(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "an unknown time".to_string(), |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string())
}
