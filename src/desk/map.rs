//! The map of the funnel: stages, articles, magnets, and where it ends too early.

use super::page;
use super::{Reply, State, findings, forms, inbox, sankey};
use crate::content::front::Moment;
use crate::content::{Fill, Id};
use crate::forms::Form;
use crate::project::Settings;
use crate::project::node::Value;
use crate::render::Snapshot;
use crate::share;
use crate::share::subjects::{self, Sources};
use crate::site::{Magnet, dates};
use crate::text;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde_json::json;
use std::sync::{Arc, Mutex, Weak};

/// What was worked out about one state of the site, kept until there is another.
#[derive(Default)]
pub struct Memory {
    map: Kept<Map>,
    published: Kept<Arc<Snapshot>>,
    sources: Kept<Sources>,
    /// What articles said, of the last state whose posts were looked at.
    said: Arc<Mutex<share::Memory>>,
}

/// What follows from one state of the site, and which it was.
struct Kept<T>(Mutex<Option<(Weak<Snapshot>, Arc<T>)>>);

impl<T> Default for Kept<T> {
    fn default() -> Kept<T> {
        Kept(Mutex::default())
    }
}

impl<T> Kept<T> {
    fn get(&self, site: &Arc<Snapshot>, make: impl FnOnce(&Snapshot) -> T) -> Arc<T> {
        let Ok(mut kept) = self.0.lock() else { return Arc::new(make(site)) };
        match &*kept {
            Some((of, it)) if std::ptr::eq(of.as_ptr(), Arc::as_ptr(site)) => it.clone(),
            _ => {
                let it = Arc::new(make(site));
                *kept = Some((Arc::downgrade(site), it.clone()));
                it
            }
        }
    }
}

/// An article on the map.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The article.
    pub id: Id,
    /// Its stage, by its place among the site's; none if it names none.
    pub stage: Option<usize>,
    /// The magnets that its page leads to, each once.
    pub to: Vec<Id>,
}

/// The funnel as it is.
#[derive(Debug, Default)]
pub(super) struct Map {
    /// Every article that is shown, newest first.
    pub steps: Vec<Step>,
    places: FxHashMap<Id, usize>,
}

impl Memory {
    /// The map of a site.
    pub(super) fn map(&self, site: &Arc<Snapshot>) -> Arc<Map> {
        self.map.get(site, Map::of)
    }

    /// The site as it is published, drafts apart: posts and dashboards hold its addresses, not those of the preview.
    pub(super) fn published(&self, site: &Arc<Snapshot>) -> Arc<Snapshot> {
        let read = |site: &Snapshot| {
            let settings = Settings { env: None, base_url: None, ..site.settings.clone() };
            let known = site.content.articles.iter();
            let known = known.filter_map(|a| Some((a.path.clone(), (site.project.file(&a.path)?.stamp, a.clone()))));
            Snapshot::new(site.files(), settings, None, &known.collect()).value
        };
        (*self.published.get(site, read)).clone()
    }

    /// The same, for those who look at its posts: no article is read that did not change since the last who did.
    pub(super) fn posted(&self, site: &Arc<Snapshot>) -> Arc<Snapshot> {
        let public = self.published(site);
        if public.said.get().is_none()
            && let Ok(mut said) = self.said.lock()
        {
            share::listen_again(&public, &mut said);
        }
        public
    }

    /// What the calendar of a site is made of.
    pub(super) fn sources(&self, site: &Arc<Snapshot>) -> Arc<Sources> {
        self.sources.get(site, |_| subjects::gather(&self.posted(site)))
    }

    /// The memory for the next state.
    pub fn next(&self) -> Memory {
        Memory { said: self.said.clone(), ..Memory::default() }
    }
}

/// The magnets that the text of an article offers by itself.
fn in_text(site: &Snapshot, id: Id) -> Vec<Id> {
    let gist = &site.content.article(id).gist;
    let gates = gist.gates.iter().filter_map(|g| site.plan.magnet_named(&g.value));
    let mut out: Vec<Id> = gates.collect();
    if gist.components.iter().any(|c| c == "offer") {
        for slot in &site.body(id).piece.slots {
            let (Fill::Leaf(call) | Fill::Open(call)) = &slot.fill else { continue };
            let named = call.args.iter().find(|a| a.name == "magnet").map(|a| &a.value);
            if let (true, Some(Value::String(name))) = (call.name == "offer", named) {
                out.extend(site.plan.magnet_named(name));
            }
        }
    }
    out
}

impl Map {
    fn of(site: &Snapshot) -> Map {
        let one = |id: &Id| {
            let front = &site.content.article(*id).front;
            let mut to = in_text(site, *id);
            to.extend(site.plan.offer_basis(*id, &site.content).choose(&to).iter().map(|o| o.magnet));
            let mut once = Vec::with_capacity(to.len());
            for magnet in to.into_iter().filter(|m| site.plan.path(*m).is_some()) {
                if !once.contains(&magnet) {
                    once.push(magnet);
                }
            }
            let stage = front.stage.as_ref().and_then(|s| site.plan.stages.iter().position(|n| *n == s.value));
            Step { id: *id, stage, to: once }
        };
        let steps: Vec<Step> = site.plan.order.par_iter().map(one).collect();
        let places = steps.iter().enumerate().map(|(i, s)| (s.id, i)).collect();
        Map { steps, places }
    }

    /// An article.
    pub(super) fn step(&self, id: Id) -> Option<&Step> {
        self.places.get(&id).map(|i| &self.steps[*i])
    }

    /// How many articles lead to each magnet.
    pub(super) fn reached(&self) -> FxHashMap<Id, usize> {
        let mut out = FxHashMap::default();
        for id in self.steps.iter().flat_map(|s| &s.to) {
            *out.entry(*id).or_default() += 1;
        }
        out
    }
}

/// Whether a form reaches somebody once the site is published; in preview it may be declared otherwise.
pub(super) fn reaches(state: &State<'_>, form: &Form) -> bool {
    let public = || state.memory.published(state.site);
    form.live() || public().plan.forms.iter().any(|f| f.name == form.name && f.live())
}

/// Why a reader gets no further than a magnet; none if it works.
pub(super) fn dead_end(state: &State<'_>, magnet: &Magnet, reached: usize) -> Option<String> {
    let site = state.site;
    let campaigns = site.content.campaigns.values();
    let offered = campaigns.filter(|c| site.plan.campaign_magnet(c) == Some(magnet.id)).count();
    if !magnet.state.is_open() {
        let stands = site.plan.standing(magnet.id, &site.content).is_some_and(|id| id != magnet.id);
        return (!stands).then(|| "its date is over, and nothing takes its place".to_string());
    }
    match magnet.form.map(|i| &site.plan.forms[i]) {
        Some(form) if !reaches(state, form) => {
            return Some(format!("its form {} reaches nobody once the site is published", form.name));
        }
        None if site.content.article(magnet.id).front.kind.facts().booking.is_empty() => {
            return Some("it has no form".to_string());
        }
        _ => {}
    }
    (reached + offered == 0).then(|| "no article leads to it".to_string())
}

/// `draft`, `scheduled`; none if it is out.
pub(super) fn badge(state: &State<'_>, id: Id) -> Option<&'static str> {
    let front = &state.site.content.article(id).front;
    let later = |at: Moment| at > state.site.settings.now.as_second();
    match front.draft {
        true => Some("draft"),
        false => dates::appears(front).is_some_and(later).then_some("scheduled"),
    }
}

/// The page of the desk itself.
pub(super) fn overview(state: &State<'_>) -> Reply {
    let site = state.site;
    let map = state.memory.map(site);
    let reached = map.reached();
    let leads = inbox::all(state);
    let tested = forms::tested(state, &leads);
    let title = |id: Id| site.content.article(id).front.title.clone();
    let nowhere: Vec<Id> = map.steps.iter().filter(|s| s.to.is_empty()).map(|s| s.id).collect();

    let mut stages: Vec<serde_json::Value> = Vec::new();
    let names = site.plan.stages.iter().enumerate().map(|(i, n)| (Some(i), n.as_str()));
    for (stage, name) in names.chain([(None, "")]) {
        let here: Vec<&Step> = map.steps.iter().filter(|s| s.stage == stage).collect();
        if here.is_empty() && stage.is_none() {
            continue;
        }
        let mut to: FxHashMap<Id, usize> = FxHashMap::default();
        for id in here.iter().flat_map(|s| &s.to) {
            *to.entry(*id).or_default() += 1;
        }
        let mut to: Vec<(Id, usize)> = to.into_iter().collect();
        to.sort_by_key(|(id, n)| (std::cmp::Reverse(*n), *id));
        let rest = to.len().saturating_sub(MOST_WAYS);
        let query = text::percent_encode(if name.is_empty() { NO_STAGE } else { name });
        let row = |(id, n): &(Id, usize)| {
            let of = site.plan.magnet(*id).map_or("", |m| &m.name);
            json!({ "title": title(*id), "n": n, "of": here.len(), "url": format!("/_hub/articles?stage={query}&to={}", text::percent_encode(of)) })
        };
        let dead = here.iter().filter(|s| s.to.is_empty()).count();
        stages.push(json!({
            "name": if name.is_empty() { "without a stage" } else { name }, "n": here.len(), "query": query, "dead": dead,
            "shown": text::count(here.len(), "article"),
            "ways": to.iter().take(MOST_WAYS).map(row).collect::<Vec<_>>(), "rest": rest,
        }));
    }

    let mut magnets: Vec<(usize, serde_json::Value)> = Vec::new();
    let mut ends = 0;
    for magnet in site.plan.magnets.iter().filter(|m| site.plan.path(m.id).is_some()) {
        let n = reached.get(&magnet.id).copied().unwrap_or(0);
        let dead = dead_end(state, magnet, n);
        ends += usize::from(dead.is_some());
        let form = magnet.form.map(|i| (i, &site.plan.forms[i]));
        magnets.push((n, json!({
            "title": title(magnet.id), "name": magnet.name, "kind": magnet.kind.row().label, "n": n, "articles": text::count(n, "article"),
            "url": page::href(site, magnet.id), "file": site.content.article(magnet.id).path.as_str(), "dead": dead,
            "form": form.map(|(_, f)| f.name.as_str()), "provider": form.map(|(_, f)| f.provider.title),
            "tested": form.map(|(i, _)| tested[i].name()), "stage": site.content.article(magnet.id).front.stage.as_ref().map(|s| s.value.as_str()),
            "badge": badge(state, magnet.id),
        })));
    }
    magnets.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
    let more = magnets.len().saturating_sub(MOST_MAGNETS);
    let magnets: Vec<_> = magnets.into_iter().take(MOST_MAGNETS).map(|(_, m)| m).collect();
    let drafts = map.steps.iter().filter(|s| badge(state, s.id) == Some("draft")).count();
    let scheduled = map.steps.iter().filter(|s| badge(state, s.id) == Some("scheduled")).count();
    let (errors, warnings) = findings::count(state.findings);
    let used: Vec<usize> = (0..site.plan.forms.len()).filter(|i| forms::is_used(site, *i)).collect();
    let done = used.iter().filter(|i| tested[**i] == forms::Tested::Yes).count();
    let shown = json!({
        "articles": map.steps.len(), "articles_shown": text::thousands(map.steps.len()), "ends_shown": text::thousands(nowhere.len() + ends),
        "nowhere_n": text::thousands(nowhere.len()), "drafts": drafts, "scheduled": scheduled,
        "nowhere": nowhere.len(),
        "nowhere_shown": nowhere.iter().take(MOST_WAYS).map(|id| json!({ "title": title(*id), "url": articles_url(state, *id) })).collect::<Vec<_>>(),
        "leads": leads.iter().filter(|l| l.counts()).count(),
        "forms": used.len(), "forms_tested": done,
        "errors": errors, "warnings": warnings,
        "stages": stages, "magnets": magnets, "more_magnets": more, "dead_magnets": ends,
        "campaigns": site.content.campaigns.len(),
        "drawing": sankey::draw(site, &map, &|form| reaches(state, form)),
        "summary": summary(&map, &reached, nowhere.len()),
        "latest": leads.iter().take(4).map(|l| inbox::row(state, l)).collect::<Vec<_>>(),
        "changes": state.timings.iter().take(6).map(|t| page::timing(state, t)).collect::<Vec<_>>(),
    });
    page::render(state, "map.html", "Funnel", "", shown)
}

/// The word for articles without a stage in addresses.
pub(super) const NO_STAGE: &str = "-";
/// So many ways lead on from a stage in the list.
const MOST_WAYS: usize = 8;
/// So many magnets are listed.
const MOST_MAGNETS: usize = 60;

/// The address of an article's page of the desk.
pub(super) fn articles_url(state: &State<'_>, id: Id) -> String {
    let path = &state.site.content.article(id).path;
    format!("/_hub/article/{}", text::encode_path(path.below("content").unwrap_or(path.as_str())))
}

fn summary(map: &Map, reached: &FxHashMap<Id, usize>, nowhere: usize) -> String {
    let leading = map.steps.len() - nowhere;
    if map.steps.is_empty() {
        return "There is no article yet.".to_string();
    }
    let lead = if leading == 1 { "leads" } else { "lead" };
    if leading == 0 {
        return format!("No article leads to a magnet: {} in all.", text::count(nowhere, "article"));
    }
    let on = format!("{} {lead} to {}", text::count(leading, "article"), text::count(reached.len(), "magnet"));
    match nowhere {
        0 => format!("{on}."),
        n => format!("{on}; {} {} nowhere.", text::thousands(n), if n == 1 { "leads" } else { "lead" }),
    }
}
