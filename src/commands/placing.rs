//! Every page to its place: rendered, if it must be, and staged, if the output folder does not have it.

use super::pipeline::Progress;
use crate::buffers;
use crate::check;
use crate::content::AT_ONCE;
use crate::digest::Digesting;
use crate::publish::{Disk, Staged};
use crate::render::{Bytes, Cache, Page, Snapshot};
use crate::site::query::Trace;
use crate::site::{Route, What};
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Puts pages on the stage.
pub(super) struct Placing<'a> {
    pub site: &'a Arc<Snapshot>,
    pub cache: &'a Cache,
    /// Where they are put; nowhere where a site is only looked at.
    pub disk: Option<&'a Disk>,
    pub guard: &'a check::Guard<'a>,
    /// Looks at pages where a site is looked at.
    pub audit: Option<&'a check::Audit<'a>>,
    /// Whether the guard looks at what is published already, too.
    pub all: bool,
    pub rendered: &'a AtomicUsize,
}

impl Placing<'_> {
    pub(super) fn all(&self, progress: Progress<'_>) -> std::io::Result<(Vec<Staged>, Vec<Arc<Trace>>)> {
        let total = self.site.routes().len();
        let done = AtomicUsize::new(0);
        let one = |route: &Route| {
            let result = self.place(route);
            let n = done.fetch_add(1, Ordering::Relaxed) + 1;
            if n.is_multiple_of(64) {
                progress(n, total);
            }
            result
        };
        in_turn(self.site, one)
    }

    /// Renders a page, if it must be, and stages it, if the output folder does not have it.
    pub(super) fn place(&self, route: &Route) -> std::io::Result<(Staged, Arc<Trace>)> {
        let Placing { site, guard, .. } = self;
        let output = route.output();
        let source = route.source.as_ref();
        let mut page = site.page(route, self.cache);
        let Some(disk) = self.disk else { return self.look(route, page) };
        if let Bytes::Same = page.bytes {
            if let Some(there) = disk.has(&output, page.trace.output, source) {
                if self.all && !matches!(route.what, What::Sealed(..)) {
                    guard.look_through(route, &mut disk.published(&output)?, &mut |_| Ok(()))?;
                }
                return Ok((there, page.trace));
            }
            page = site.render(route);
        }
        match page.bytes {
            Bytes::New(bytes) => {
                self.rendered.fetch_add(1, Ordering::Relaxed);
                guard.look(route, &bytes)?;
                let staged = disk.stage(&output, &bytes, page.trace.output, source)?;
                buffers::give(bytes);
                Ok((staged, page.trace))
            }
            Bytes::File(file) => {
                let mut from = site.open(&file)?;
                let staged = disk.stage_pieces(&output, source, |out| guard.look_through(route, &mut from, out))?;
                Ok(staged_later(staged, &page.trace))
            }
            Bytes::Sealed(part) => {
                self.rendered.fetch_add(1, Ordering::Relaxed);
                let staged = disk.stage_pieces(&output, source, |out| part.write(site, out))?;
                Ok(staged_later(staged, &page.trace))
            }
            // A page that was rendered just now is never the same as before.
            Bytes::Same => Err(std::io::Error::other("a rendered page without bytes")),
        }
    }

    /// Looks at a page that is put nowhere. Its bytes are needed even where they are those of the last time.
    fn look(&self, route: &Route, page: Page) -> std::io::Result<(Staged, Arc<Trace>)> {
        let Placing { site, guard, audit, .. } = self;
        let known = matches!(page.bytes, Bytes::Same);
        // Nothing that is gated can be in a picture that hub draws, and what is sealed cannot be told from noise.
        let again = route.is_page() || self.all && !matches!(route.what, What::Sealed(..) | What::Card(_));
        let page = if known && again { site.render(route) } else { page };
        let mut trace = page.trace;
        let mut digesting = Digesting::default();
        let mut len = 0;
        let mut out = |piece: &[u8]| {
            digesting.update(piece);
            len += piece.len() as u64;
            Ok(())
        };
        match page.bytes {
            Bytes::Same => {}
            Bytes::New(bytes) => {
                guard.look(route, &bytes)?;
                if let Some(audit) = audit.filter(|_| route.is_page()) {
                    audit.look(route, &bytes);
                }
                buffers::give(bytes);
            }
            Bytes::File(file) => {
                guard.look_through(route, &mut site.open(&file)?, &mut out)?;
                trace = Arc::new(Trace { output: digesting.finish(), len, ..(*trace).clone() });
            }
            Bytes::Sealed(part) => {
                part.write(site, &mut out)?;
                trace = Arc::new(Trace { output: digesting.finish(), len, ..(*trace).clone() });
            }
        }
        self.rendered.fetch_add(usize::from(!known), Ordering::Relaxed);
        Ok((Staged::known(route.output(), trace.output, trace.len, route.source.as_ref()), trace))
    }
}

/// Does something for every route, in order. Sealed files are large and each is sealed by all threads, so they take turns;
/// the others are done side by side. What comes after the pages begins: the sitemap and the like are made of all articles by one
/// thread, and the others would wait for it.
pub(super) fn in_turn<T: Send, All: FromIterator<T>>(
    site: &Snapshot,
    one: impl Fn(&Route) -> std::io::Result<T> + Sync,
) -> std::io::Result<All> {
    let sealed = |route: &Route| matches!(route.what, What::Sealed(..));
    let page = |route: &Route| matches!(route.what, What::Text(..) | What::Term(..));
    let (pages, after) = site.routes().split_at(site.routes().iter().rposition(page).map_or(0, |last| last + 1));
    let routes = after.par_iter().chain(pages).with_max_len(AT_ONCE);
    let failed = OnceLock::new();
    let side_by_side = routes.map(|route| {
        // Where one cannot be written, the others wait in vain.
        if sealed(route) || failed.get().is_some() {
            return None;
        }
        one(route).map_err(|e| failed.set(e)).ok()
    });
    let mut done = side_by_side.collect::<Vec<Option<T>>>().into_iter();
    if let Some(e) = failed.into_inner() {
        return Err(e);
    }
    let after: Vec<Option<T>> = done.by_ref().take(after.len()).collect();
    let all = site.routes().iter().zip(done.chain(after));
    all.map(|(route, done)| done.map_or_else(|| one(route), Ok)).collect()
}

/// What is known of bytes only now that they are written.
fn staged_later(staged: Staged, trace: &Trace) -> (Staged, Arc<Trace>) {
    let trace = Trace { output: staged.digest, len: staged.len, ..trace.clone() };
    (staged, Arc::new(trace))
}
