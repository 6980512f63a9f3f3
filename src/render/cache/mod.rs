//! What is remembered from build to build. The law: with any cache, or none, the same sources give the same bytes and
//! the same findings.
//!
//! It holds what texts said, by path and stamp, and the trace of every page, in two layers: all of it, and what is another since that
//! was written. It may be deleted at any moment; what cannot be read, or was written by another version of hub, is as good as none.

mod read;
mod stored;
mod write;

use crate::content::Before;
use crate::digest::Digest;
use crate::files::Stamp;
use crate::site::query::Trace;
use crate::source::RelPath;
pub use read::{Read, read};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
pub use stored::StoredPage;

/// The traces of an earlier build.
#[derive(Default)]
pub struct Cache {
    pages: FxHashMap<Arc<str>, Known>,
    before: Before,
    /// The texts of the upper layer.
    since: FxHashSet<RelPath>,
    /// The checksum of the lower layer's pages, where it can be built on.
    base: Option<Digest>,
    /// Whether it is known what the pages were made of.
    tells: bool,
}

/// A page of an earlier build.
struct Known {
    identity: u64,
    /// Whether every question has the answer that it had.
    holds: bool,
    /// Whether it is of the upper layer.
    since: bool,
    trace: Arc<Trace>,
}

/// What the pages of a cache were made of: as long as it is the same, so is every answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Digest of all sources, and of whatever else pages depend on, but for the time.
    pub sources: Digest,
    /// Seconds since 1970: before, it may have been another site.
    pub since: i64,
    /// Seconds since 1970: from then on it is another site.
    pub until: Option<i64>,
}

impl Cache {
    /// The trace of the page at a path, if the same stood there and every question still has the same answer.
    pub fn trace(&self, path: &str, identity: u64) -> Option<Arc<Trace>> {
        let known = self.pages.get(path)?;
        (known.identity == identity && known.holds).then(|| known.trace.clone())
    }

    /// How many pages are remembered.
    pub fn len(&self) -> usize {
        self.pages.len()
    }

    /// Whether it is known what the pages were made of.
    pub fn tells(&self) -> bool {
        self.tells
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }
}

/// Another build of hub may render the same answers to other bytes.
const FORMAT: &str = concat!("hub cache ", env!("HUB_BUILD"), "\n");

/// The files of a layer: texts, and pages.
const BASE: (&str, &str) = ("articles", "pages");
/// Those of the upper one.
const SINCE: (&str, &str) = ("since-articles", "since-pages");

/// A text whose body a page asked for, by the hash of its name, and the page's place among all.
type Reader = (u64, u32);

/// How many values a list has. The last one may have less.
const EACH: usize = 512;

/// A file that changed a moment ago may change again without its stamp telling; it is read next time.
const MOMENT: i64 = 50_000_000;
/// File systems without fractions of seconds.
const COARSE: i64 = 2_000_000_000;

/// Whether a stamp tells if its file has changed since; `read_at` is in nanoseconds since 1970.
pub fn settled(stamp: &Stamp, read_at: i64) -> bool {
    let newest = stamp.modified.max(stamp.changed);
    let margin = if stamp.modified % 1_000_000_000 == 0 { COARSE } else { MOMENT };
    newest.saturating_add(margin) < read_at
}

/// A page to be remembered: its path, what stands there, its trace.
pub type Page = (Arc<str>, u64, Arc<Trace>);
