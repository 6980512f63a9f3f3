//! Most of a page stands on other pages, too: what the template says, and cards. It is written at once, and scanned once.

use super::{Found, Scan};
use crate::digest::Digest;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::io;
use std::ops::Range;
use std::sync::Mutex;

/// Shorter stretches are scanned faster than they are known again.
const SHORTEST: usize = 64;
/// Longer ones are bodies.
const LONGEST: usize = 1 << 13;
/// Threads have memories of their own, so that they do not wait for each other.
const THREADS: usize = 16;
/// How many stretches a thread remembers.
const MOST: usize = 1 << 16;

/// A page that is being written.
pub(in crate::render) struct Written {
    /// What is there of it.
    pub html: Vec<u8>,
    /// What was written at once, in order.
    pub stretches: Vec<Range<usize>>,
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let start = self.html.len();
        self.html.extend_from_slice(bytes);
        if bytes.len() >= SHORTEST {
            self.stretches.push(start..self.html.len());
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What was found in a stretch, and how much of it was scanned: a tag may go on after it. None where that depends on the page.
type Scanned = Option<(Found<'static>, usize)>;

/// What one thread has scanned, by the digest of what it scanned.
pub(super) type Memory = FxHashMap<Digest, Scanned>;

/// What was scanned of the pages of one state of the site, by each thread.
#[derive(Default)]
pub(in crate::render) struct Stretches([Mutex<Memory>; THREADS]);

impl Stretches {
    /// Scans with the memory of this thread.
    pub(super) fn with<T>(&self, scan: impl FnOnce(&mut Memory) -> T) -> T {
        let thread = rayon::current_thread_index().unwrap_or(THREADS - 1) % THREADS;
        match self.0[thread].try_lock() {
            Ok(mut memory) => scan(&mut memory),
            // Another thread has it just now.
            Err(_) => scan(&mut Memory::default()),
        }
    }
}

impl Scan<'_> {
    /// Scans what begins with text; how much of it. What does not end in it is left.
    pub(super) fn again<'h>(&self, stretch: &'h str, memory: &mut Memory, found: &mut Found<'h>) -> usize {
        let scan = |found: &mut Found<'h>| self.tags(stretch, 0..stretch.len(), found).unwrap_or_else(|left| left);
        if !(SHORTEST..=LONGEST).contains(&stretch.len()) || memchr::memchr(b'<', stretch.as_bytes()).is_none() {
            return scan(found);
        }
        let digest = Digest::of(stretch.as_bytes());
        match memory.get(&digest) {
            Some(Some((known, len))) => {
                found.extend(known);
                *len
            }
            Some(None) => scan(found),
            None => {
                let mut own = Found::default();
                let len = scan(&mut own);
                found.extend(&own);
                if memory.len() < MOST {
                    memory.insert(digest, own.into_scanned(len));
                }
                len
            }
        }
    }
}

impl Found<'_> {
    fn into_scanned(self, len: usize) -> Scanned {
        let Found { links, parts, here, ids, of_page } = self;
        let here = here.into_iter().map(|id| Cow::Owned(id.into_owned())).collect();
        (!of_page).then_some((Found { links, parts, here, ids, of_page }, len))
    }
}
