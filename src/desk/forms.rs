//! Forms: who receives them, where they stand, and whether anybody tried them since they changed.

use super::{Reply, State, inbox, map, page};
use crate::forms::lint;
use crate::forms::{Form, NoJs};
use crate::leads::{self, Lead};
use crate::render::Snapshot;
use crate::site::magnets::uses;
use crate::text;
use serde_json::json;
use std::sync::Arc;

/// Whether a form was tried in preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tested {
    /// A lead came since it changed.
    Yes,
    /// One came before it changed.
    Before,
    /// None came.
    No,
}

impl Tested {
    pub(super) fn name(self) -> &'static str {
        match self {
            Tested::Yes => "tested",
            Tested::Before => "changed since its test",
            Tested::No => "not tested",
        }
    }
}

/// Whether a magnet that is shown has this form, by its place in the plan.
pub(super) fn is_used(site: &Snapshot, form: usize) -> bool {
    site.plan.magnets.iter().any(|m| m.form == Some(form) && site.plan.path(m.id).is_some())
}

/// The state of each form, in the order of the plan.
pub(super) fn tested(state: &State<'_>, leads: &[Arc<Lead>]) -> Vec<Tested> {
    let one = |form: &Form| {
        let digest = leads::digest(form);
        let mut of = leads.iter().filter(|l| l.form == form.name && l.counts()).peekable();
        match (of.peek().is_some(), of.any(|l| l.form_digest == digest)) {
            (_, true) => Tested::Yes,
            (true, false) => Tested::Before,
            (false, false) => Tested::No,
        }
    };
    state.site.plan.forms.iter().map(one).collect()
}

/// The page of forms.
pub(super) fn list(state: &State<'_>) -> Reply {
    let site = state.site;
    // What is pasted into a dashboard holds the addresses of the published site.
    let public = state.memory.published(site);
    let config = &public.project.config;
    let leads = inbox::all(state);
    let tested = tested(state, &leads);
    let origin = text::origin(&config.base_url).unwrap_or(&config.base_url);
    let mut rows = Vec::new();
    for (i, form) in site.plan.forms.iter().enumerate() {
        let there = public.plan.forms.iter().position(|f| f.name == form.name);
        let uses = there.map(|i| uses(&public.plan, config, i)).unwrap_or_default();
        let own: Vec<&Arc<Lead>> = leads.iter().filter(|l| l.form == form.name).collect();
        let magnets = site.plan.magnets.iter().filter(|m| m.form == Some(i) && site.plan.path(m.id).is_some());
        let magnets = magnets.map(|m| json!({ "title": site.content.article(m.id).front.title, "url": page::href(site, m.id), "badge": map::badge(state, m.id) }));
        let names = form.fields.iter().map(|f| f.name.as_str()).chain(form.boxes.iter().map(|b| b.name.as_str()));
        let names: Vec<String> = names
            .map(|key| match form.name_of(key) {
                Some(name) if name == key => name,
                Some(name) => format!("{key} as {name}"),
                None => format!("{key} is dropped"),
            })
            .collect();
        let script = match (form.nojs(), form.provider.link) {
            (_, true) => "a link to the provider’s page",
            (NoJs::Ok, _) => "the thank-you page follows",
            (NoJs::Page, _) => "a page of the provider follows, unless its dashboard names another",
            (NoJs::Impossible, _) => "it cannot be sent",
        };
        let attribution: Vec<String> = form.attribution().into_iter().map(|(key, _)| key.to_string()).collect();
        rows.push(json!({
            "name": form.name, "provider": form.provider.title, "live": map::reaches(state, form), "tested": tested[i].name(), "ok": tested[i] == Tested::Yes,
            "used": is_used(site, i), "magnets": magnets.collect::<Vec<_>>(), "fields": names, "script": script,
            "answer": form.ajax().name(), "attribution": attribution.join(", "), "link": form.provider.link,
            "leads": text::count(own.iter().filter(|l| l.counts()).count(), "lead"),
            "last": own.iter().find(|l| l.counts()).map(|l| page::moment(state, l.at)),
            "inbox": format!("/_hub/inbox?form={}", text::percent_encode(&form.name)),
            "steps": lint::checklist(form, &uses, origin), "limits": lint::limits(form), "confidence": form.provider.confidence.name(),
            "open": super::findings::open(state, &form.at),
        }));
    }
    page::render(state, "forms.html", "Forms", "forms", json!({ "rows": rows }))
}
