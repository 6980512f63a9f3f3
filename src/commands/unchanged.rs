//! A build of sources that have not changed since the last one: of the site nothing is read but the list of its files.
//!
//! The law of the cache holds for the site as a whole: the same sources, settings and secret give the same output, until the
//! next moment at which the site changes by itself.

use super::pipeline::Summary;
use crate::diag::{Diagnostics, codes};
use crate::digest::{Digest, Hasher};
use crate::project::{Project, Settings};
use crate::render::Snapshot;
use crate::render::cache::settled;
use crate::site::Withheld;
use crate::site::query::{Query, Trace};
use crate::store;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;
use std::sync::Arc;

const FORMAT: &str = concat!("hub last ", env!("HUB_BUILD"), "\n");
const FILE: &str = "last";

/// What a build came to, without its output.
#[derive(Serialize, Deserialize)]
pub(super) struct Last {
    sources: Digest,
    /// Of the manifest that it left.
    manifest: Digest,
    /// Of that of `social/`, where the site posts.
    posted: Option<Digest>,
    /// Its time, seconds since 1970: before it, it may have been another site.
    since: i64,
    /// Seconds since 1970: from then on it is another site.
    until: Option<i64>,
    /// The same for what is posted.
    posts_until: Option<i64>,
    /// The day, where a page shows it.
    day: Option<String>,
    /// Whether files were sealed, and with which secret.
    secret: Option<[u8; 16]>,
    pub pages: usize,
    pub withheld: Vec<(String, Withheld)>,
    pub diags: Diagnostics,
}

/// Everything that a site is made of, but for the time and the secret.
fn sources(project: &Project, settings: &Settings) -> Digest {
    let mut hasher = Hasher::new("sources");
    for entry in &project.files {
        hasher.text(entry.path.as_str()).value(&entry.stamp);
    }
    for entry in project.files.iter().filter(|e| project.history.0.contains_key(&e.path)) {
        hasher.value(&project.history.0.get(&entry.path));
    }
    hasher.value(&(&settings.env, &settings.base_url, settings.drafts, settings.future)).finish()
}

fn day(project: &Project, settings: &Settings) -> String {
    settings.now.to_zoned(project.config.zone.clone()).date().to_string()
}

impl Last {
    /// What the last build came to, if it had the same sources and left this manifest.
    pub(super) fn recall(
        dir: &Path,
        project: &Project,
        settings: &Settings,
        manifest: Digest,
        secret: impl FnOnce() -> Option<[u8; 16]>,
        posted: impl FnOnce() -> Option<Digest>,
    ) -> Option<Last> {
        let last: Last = store::open(&dir.join(FILE), FORMAT).ok()??;
        let same = last.manifest == manifest
            && last.sources == sources(project, settings)
            && last.since <= settings.now.as_second()
            && [last.until, last.posts_until].into_iter().flatten().all(|until| settings.now.as_second() < until)
            && last.day.as_ref().is_none_or(|d| *d == day(project, settings));
        let same = same && (last.secret.is_none() || last.secret == secret());
        (same && (last.posted.is_none() || last.posted == posted())).then_some(last)
    }

    /// The moment of the next change.
    pub(super) fn until(&self) -> Option<i64> {
        self.until
    }

    /// Remembers a build that was published; `read_at` is when its sources were listed, in nanoseconds since 1970.
    pub(super) fn remember(
        dir: &Path,
        site: &Snapshot,
        traces: &[Arc<Trace>],
        (summary, mut diags): (&Summary, Diagnostics),
        (manifest, posted): (Digest, Option<(Digest, Option<Timestamp>)>),
        read_at: i64,
    ) -> io::Result<()> {
        let project = &site.project;
        if !project.files.iter().all(|e| settled(&e.stamp, read_at)) {
            return forget(dir);
        }
        // Of that build alone.
        diags.0.retain(|d| d.code != codes::CACHE_LOST);
        let shows_day = traces.iter().any(|t| t.asked.contains(&Query::Today));
        let last = Last {
            sources: sources(project, &site.settings),
            manifest,
            since: site.settings.now.as_second(),
            posted: posted.map(|(digest, _)| digest),
            posts_until: posted.and_then(|(_, until)| until).map(|at| at.as_second()),
            until: summary.next_change.map(|at| at.as_second()),
            day: shows_day.then(|| day(project, &site.settings)),
            secret: site.secrets.as_ref().filter(|_| site.needs_secret()).map(|s| s.fingerprint()),
            pages: summary.pages,
            withheld: summary.withheld.clone(),
            diags,
        };
        store::save(&dir.join(FILE), FORMAT, &last)
    }
}

/// Forgets what the last build came to.
pub(super) fn forget(dir: &Path) -> io::Result<()> {
    match std::fs::remove_file(dir.join(FILE)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}
