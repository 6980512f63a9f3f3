//! Articles: where each leads, and what is posted about it.

use super::map::{self, NO_STAGE, Step};
use super::request::Request;
use super::{Reply, State, editor_link, findings, page};
use crate::content::{Id, Kind};
use crate::share::{self, Snippet};
use crate::site::dates;
use crate::source::RelPath;
use crate::text;
use serde_json::{Value, json};

/// So many articles stand on a page.
const EACH: usize = 50;
/// The word for articles that lead nowhere in addresses.
const NOWHERE: &str = "-";

/// The list of articles.
pub(super) fn list(state: &State<'_>, request: &Request<'_>) -> Reply {
    let site = state.site;
    let map = state.memory.map(site);
    let (stage, to, kind) = (request.asked("stage"), request.asked("to"), request.asked("is"));
    let words = request.asked("q").trim().to_lowercase();
    let stage_at = site.plan.stages.iter().position(|s| *s == stage);
    let magnet = site.plan.magnet_named(&to);
    let wanted = |step: &&Step| {
        let article = site.content.article(step.id);
        let staged = match stage.as_str() {
            "" => true,
            NO_STAGE => step.stage.is_none(),
            _ => step.stage == stage_at && stage_at.is_some(),
        };
        let leads = match to.as_str() {
            "" => true,
            NOWHERE => step.to.is_empty(),
            _ => magnet.is_some_and(|m| step.to.contains(&m)),
        };
        let is = kind.is_empty() || map::badge(state, step.id) == Some(&*kind);
        let said = || article.front.title.to_lowercase().contains(&words) || article.path.as_str().contains(&words);
        staged && leads && is && (words.is_empty() || said())
    };
    let found: Vec<&Step> = map.steps.iter().filter(wanted).collect();
    let (steps, pager) = page::paged(found, request, EACH);
    let rows: Vec<Value> = steps.iter().map(|step| row(state, step)).collect();
    let choice = |value: &str, label: &str, now: &str| json!({ "value": value, "label": label, "on": value == now });
    let stages = site.plan.stages.iter().map(|s| choice(s, s, &stage));
    let stages: Vec<Value> = stages.chain([choice(NO_STAGE, "without a stage", &stage)]).collect();
    let magnets = site.plan.magnets.iter().filter(|m| site.plan.path(m.id).is_some());
    let magnets = magnets.map(|m| choice(&m.name, &site.content.article(m.id).front.title, &to));
    let magnets: Vec<Value> = [choice(NOWHERE, "nowhere", &to)].into_iter().chain(magnets).collect();
    let kinds = [choice("draft", "drafts", &kind), choice("scheduled", "scheduled", &kind)];
    let shown = json!({
        "rows": rows, "pager": pager, "q": request.asked("q"), "stages": stages, "magnets": magnets, "kinds": kinds,
        "all": text::thousands(map.steps.len()), "filtered": !(stage.is_empty() && to.is_empty() && kind.is_empty() && words.is_empty()),
    });
    page::render(state, "articles.html", "Articles", "articles", shown)
}

fn row(state: &State<'_>, step: &Step) -> Value {
    let site = state.site;
    let front = &site.content.article(step.id).front;
    json!({
        "title": front.title, "desk": map::articles_url(state, step.id), "url": page::href(site, step.id),
        "stage": step.stage.map(|i| &site.plan.stages[i]), "badge": map::badge(state, step.id),
        "day": dates::appears(front).map(|at| page::day(state, at)),
        "to": step.to.iter().map(|id| json!({ "title": site.content.article(*id).front.title, "url": page::href(site, *id) })).collect::<Vec<_>>(),
    })
}

/// The text whose file below `content/` this is.
pub(super) fn find(state: &State<'_>, file: &str) -> Option<Id> {
    let path = RelPath::new("content").join(file)?;
    state.site.content.find(&path)
}

/// The page of one article.
pub(super) fn one(state: &State<'_>, file: &str) -> Reply {
    let site = state.site;
    let Some(id) = find(state, file).filter(|id| site.content.article(*id).kind == Kind::Article) else {
        return page::note(state, 404, "No such article", &format!("There is no article `content/{file}`."));
    };
    let article = site.content.article(id);
    let map = state.memory.map(site);
    // Posts hold the addresses that readers will follow.
    let public = state.memory.posted(site);
    let made = public.content.find(&article.path).map(|id| share::posts(&public, id));
    let snippets = made.as_ref().map_or(&[][..], |m| &m.snippets);
    let tasks: Vec<Value> =
        made.iter().flat_map(|m| m.tasks()).map(|t| json!({ "slot": t.slot, "task": t.task })).collect();
    let posts: Vec<Value> = snippets.iter().map(|s| post(state, s)).collect();
    let networks = {
        let mut names: Vec<&str> = snippets.iter().map(|s| &*s.network).collect();
        names.sort_unstable();
        names.dedup();
        names.len()
    };
    let shown = json!({
        "about": map.step(id).map(|step| row(state, step)),
        "heading": article.front.title, "description": article.front.description,
        "url": page::href(site, id), "path": article.path.as_str(),
        "open": editor_link(state.editor, &state.root.join(article.path.as_str()), 1, 1),
        "withheld": site.plan.withheld(id).map(|w| w.name()),
        "words": text::count(article.gist.words as usize, "word"), "minutes": article.gist.minutes(),
        "campaigns": site.content.campaigns.values().filter(|c| c.articles.iter().any(|a| a.value == article.name())).map(|c| &c.title).collect::<Vec<_>>(),
        "findings": findings::of_file(state, &article.path),
        "posts": posts, "tasks": tasks,
        "sum": format!("{} for {}", text::count(snippets.len(), "post"), text::count(networks, "network")),
        "gallery": format!("/_hub/posts/{}/", text::encode_path(file)),
    });
    page::render(state, "article.html", &article.front.title, "articles", shown)
}

fn post(state: &State<'_>, snippet: &Snippet) -> Value {
    let label = share::calendar::label(state.site, &snippet.network);
    json!({
        "network": label, "variant": snippet.variant, "title": snippet.title.as_ref().filter(|t| **t != snippet.text),
        "text": snippet.text, "more": snippet.thread.len(), "comment": snippet.first_comment,
        "count": text::thousands(snippet.count), "limit": text::thousands(snippet.limit), "over": snippet.count > snippet.limit,
    })
}
