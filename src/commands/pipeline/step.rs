//! A build of sources in which nothing is another than in the last build but the bodies of some texts: the pages that asked for them
//! are rendered, everything else is as it was left.
//!
//! The law of the cache holds for every other page, and what was found is found again as long as the rendered pages give nothing to find.
//! Where that is not certain, the build goes on as any other.

use super::work::{Guarded, Read, Work, at_out, lost_cache, outputs};
use super::{Outcome, Summary};
use crate::check;
use crate::commands::Failure;
use crate::commands::placing::Placing;
use crate::commands::unchanged::{self, Last};
use crate::content::Id;
use crate::diag::{Code, Diagnostic, Diagnostics, codes, findings};
use crate::publish::{Disk, Staged};
use crate::render::cache::StoredPage;
use crate::render::{Cache, Snapshot, identity};
use crate::site::RouteId;
use crate::site::query::Trace;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// What may depend on any body, wherever it is found. A comment that silences nothing is found where something else was, silenced or not.
const OF_ANY_BODY: [Code; 7] = [
    codes::DEAD_ANCHOR,
    codes::GATED_FRAGMENT,
    codes::GATED_IN_CLEAR,
    codes::HOST_LIMIT,
    codes::IGNORE_REASON,
    codes::KEY_IN_OUTPUT,
    codes::UNREADABLE,
];

/// What a step stands on.
struct Ground<'a> {
    last: &'a Last,
    disk: &'a Disk,
    /// The texts that are others.
    texts: Vec<Id>,
    /// The pages that asked for their bodies, as they were, and where they stand.
    pages: Vec<(RouteId, StoredPage)>,
    /// Their paths in the output folder.
    names: FxHashSet<String>,
}

/// A page that was rendered.
type Rendered = (RouteId, Staged, Arc<Trace>);

impl Work<'_> {
    /// The outcome where a step will do; else what was read, for a build of everything.
    pub(super) fn step(&mut self, read: Read) -> Result<Result<Outcome, Read>, Failure> {
        let Some(ground) = self.ground(&read) else { return Ok(Err(read)) };
        let Read { site, remembered, .. } = &read;
        let rendered = self.rendered(site, &ground).map_err(|e| self.cannot_write(&e))?;
        let Some(rendered) = rendered else { return Ok(Err(read)) };
        let Ground { last, disk, texts, .. } = ground;
        let state = unchanged::state(site, self.sources, self.read_at);
        let remember = || {
            let page = |(id, _, trace): &Rendered| {
                let route = site.plan.route(*id);
                (route.path.clone(), identity(site, route), trace.clone())
            };
            let pages = rendered.iter().map(page).collect();
            remembered.write_step(&self.cache, site, (&texts, pages), state, self.read_at)
        };
        let staged: Vec<Staged> = rendered.iter().map(|(_, staged, _)| staged.clone()).collect();
        let (synced, kept) = rayon::join(|| disk.sync_among(&staged), remember);
        let (changes, manifest) = synced.map_err(|e| at_out(self.request, &e))?;
        let shows_day = rendered.iter().any(|(.., trace)| trace.asked.has_today());
        let kept = kept
            .and_then(|()| last.remember_step(&self.cache, site, shows_day, manifest, (self.sources, self.read_at)));
        let summary = last.summary(&site.project, disk.count_outputs());
        let lost = kept.err().map(|e| lost_cache(&e));
        let diags = Diagnostics(last.diags.0.iter().cloned().chain(lost).collect());
        self.laps.lap("step");
        let phases = std::mem::take(&mut self.laps.done);
        let summary = Summary { rendered: rendered.len(), changes: Some(changes), phases, ..summary };
        Ok(Ok(Outcome {
            findings: findings(diags, &site.project.config.levels),
            summary,
            staged,
            left: self.disk.take(),
            config: site.project.config.clone(),
            files: site.files(),
            _memory: Some(Box::new((read, rendered))),
        }))
    }

    fn ground<'r>(&'r self, read: &'r Read) -> Option<Ground<'r>> {
        let Read { site, remembered, since, .. } = read;
        let (last, disk, since) = (self.last.as_ref()?, self.disk.as_ref()?, since.as_ref()?);
        let secret = || Some(site.secrets.as_ref()?.fingerprint());
        let stands = !remembered.lost
            && last.holds(&site.project, (self.listed, since.sources), &self.request.settings)
            && last.stands(disk.digest(), secret, || None);
        // What is posted is made of all texts.
        if !stands || site.plan.share.is_some() || !last.may_stay(self.request, &site.project) {
            return None;
        }
        let mut texts = Vec::new();
        let mut changed = Vec::new();
        for path in &since.texts {
            let (id, before) = (site.content.find(path)?, remembered.text(path)?);
            let now = site.content.article(id);
            if now.digest != before.digest {
                let quiet = now.diags.is_empty() && before.diags.is_empty() && !last.silenced.contains(path);
                if !quiet || !now.stands_as(before) {
                    return None;
                }
                changed.push(path);
            }
            texts.push(id);
        }
        let place = |page: StoredPage| {
            let id = site.plan.find(&page.path)?;
            (identity(site, site.plan.route(id)) == page.identity).then_some((id, page))
        };
        let pages = remembered.readers(texts.len(), changed.iter().copied())?;
        let pages: Vec<_> = pages.into_iter().map(place).collect::<Option<_>>()?;
        let concerns = |d: &Diagnostic| {
            OF_ANY_BODY.contains(&d.code)
                || changed.iter().any(|path| d.speaks_of(path))
                || d.page.as_ref().is_some_and(|at| pages.iter().any(|(_, page)| *page.path == **at))
        };
        if last.diags.0.iter().any(concerns) {
            return None;
        }
        let names: FxHashSet<String> = pages.iter().map(|(id, _)| site.plan.route(*id).output()).collect();
        disk.is_intact(|path| names.contains(path)).then_some(Ground { last, disk, texts, pages, names })
    }

    /// The pages, rendered and staged; none if there is something to find on one of them, or there was.
    fn rendered(&self, site: &Arc<Snapshot>, ground: &Ground<'_>) -> io::Result<Option<Vec<Rendered>>> {
        let guard = check::Guard::new(site);
        if Guarded::open(&self.cache, &guard).all {
            return Ok(None);
        }
        let (cache, rendered) = (Cache::default(), AtomicUsize::new(0));
        let placing = Placing {
            site,
            cache: &cache,
            disk: Some(ground.disk),
            guard: &guard,
            audit: None,
            all: false,
            rendered: &rendered,
        };
        let place = |(id, before): &(RouteId, StoredPage)| {
            let (staged, trace) = placing.place(site.plan.route(*id))?;
            Ok(before.finds_the_same(&trace).then_some((*id, staged, trace)))
        };
        let placed: Option<Vec<Rendered>> = ground.pages.par_iter().map(place).collect::<io::Result<_>>()?;
        let Some(placed) = placed.filter(|_| guard.finish().is_empty()) else { return Ok(None) };
        let now = || placed.iter().map(|(_, staged, _)| staged.item());
        let fits = || {
            let others = ground.disk.outputs().filter(|output| !ground.names.contains(output.path));
            check::hosts(site, &outputs(others.chain(now()))).is_empty()
        };
        let quiet = check::gated(site, &outputs(now())).is_empty() && (site.plan.publish.host.is_none() || fits());
        Ok(quiet.then_some(placed))
    }
}
