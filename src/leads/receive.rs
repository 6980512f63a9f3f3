//! A form that was sent in preview: what it says, and how its provider would have answered.

use super::body::Pair;
use super::inbox::{Answered, Entry, Inbox, Lead};
use crate::digest::Hasher;
use crate::forms::markup::{Markup, Place};
use crate::forms::provider::{Ajax, Attribution};
use crate::forms::{Form, Redirect};
use crate::render::Snapshot;
use crate::site::Magnet;
use jiff::Timestamp;
use std::io;
use std::sync::Arc;

/// Addresses that are answered with an error: what stands before the `@`, or before a `+` there, and what it is answered with.
pub const ON_DEMAND: [(&str, Answered, &str); 3] = [
    ("fail", Answered::Refused, "the provider refuses it"),
    ("busy", Answered::Busy, "too many requests, status 429"),
    ("down", Answered::Failed, "the provider is down, status 503"),
];

/// A form that was sent.
#[derive(Debug)]
pub struct Sent<'a> {
    /// The form, if the site declares it.
    pub form: Option<&'a Form>,
    /// Its magnet, if it is known.
    pub magnet: Option<&'a Magnet>,
    /// Where it would have been sent, of a form that the site does not declare.
    pub to: &'a str,
    /// What was sent.
    pub fields: Vec<Pair>,
    /// The page that it was sent from; may be empty.
    pub page: String,
    /// Whether a script sent it.
    pub script: bool,
    /// When it came.
    pub at: Timestamp,
}

/// What the browser is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To go on to this path of the site.
    Next(String),
    /// A status and a text for a script; the text is JSON unless it is empty.
    Data(u16, &'static str),
    /// A page of the provider, with this status.
    Page(u16),
}

/// What a form is known by: as long as it is the same, a test of it counts.
pub fn digest(form: &Form) -> String {
    let mut hasher = Hasher::new("form");
    hasher.text(form.provider.name).value(&form.settings).value(&form.fields).text(&form.consent).value(&form.boxes);
    hasher.text(&form.button).value(&form.attribution).value(&form.over);
    format!("{:032x}", hasher.finish().0)
}

/// The path of the page after a magnet's form, as it stands in links.
pub fn thanks(site: &Snapshot, magnet: &Magnet) -> Option<String> {
    Some(site.project.config.href(&format!("{}thanks/", site.plan.path(magnet.id)?)))
}

/// What stands in the form, as far as it does not depend on its place.
fn markup(site: &Snapshot, form: &Form, magnet: Option<&Magnet>) -> Markup {
    let name = magnet.map_or("", |m| &m.name);
    form.markup(&Place { thanks: "", thanks_url: &site.project.config.base_url, magnet: name, attribution: &[] })
}

/// Keeps what was sent, and says what its provider would answer.
pub fn receive(site: &Snapshot, inbox: &Inbox, sent: Sent<'_>) -> io::Result<(Arc<Lead>, Answer)> {
    let lead = lead(site, &sent);
    let answered = match lead.answered {
        Answered::Taken => inbox.take_asked().unwrap_or(Answered::Taken),
        other => other,
    };
    let answer = answer(site, &sent, answered);
    Ok((inbox.receive(Lead { answered, ..lead })?, answer))
}

/// Our names for the names that a form's provider has, in the order of the form.
fn names(form: &Form) -> Vec<(String, String)> {
    let own = form.fields.iter().map(|f| &f.name).chain(form.boxes.iter().map(|b| &b.name));
    let own = own.map(|name| (form.name_of(name).unwrap_or_else(|| name.clone()), name.clone()));
    let attribution = form.attribution().into_iter().map(|(ours, theirs)| (theirs, ours.to_string()));
    let mut out: Vec<(String, String)> = own.chain(attribution).collect();
    if form.provider.attribution == Attribution::Query {
        // What stands in the address of the provider's page.
        out.extend(crate::site::attribution::UTM.map(|name| (name.to_string(), name.to_string())));
    }
    out
}

fn lead(site: &Snapshot, sent: &Sent<'_>) -> Lead {
    let names = sent.form.map(names).unwrap_or_default();
    let ours = |name: &str| match names.iter().find(|(theirs, _)| theirs == name) {
        Some((_, ours)) => ours.clone(),
        // A form that was pasted: what everybody calls an address is one.
        None if sent.form.is_none() && name.to_ascii_lowercase().contains("email") => "email".to_string(),
        None => String::new(),
    };
    let fields =
        sent.fields.iter().map(|(name, value)| Entry { ours: ours(name), name: name.clone(), value: value.clone() });
    let mut lead = Lead {
        at: sent.at,
        magnet: sent.magnet.map(|m| m.name.clone()).unwrap_or_default(),
        provider: sent.to.to_string(),
        page: sent.page.clone(),
        script: sent.script,
        fields: fields.collect(),
        ..Lead::default()
    };
    if let Some(form) = sent.form {
        let filled = |name: &str| lead.fields.iter().any(|e| e.name == name && !e.value.trim().is_empty());
        let trapped = markup(site, form, sent.magnet).honeypot.is_some_and(|(name, _)| filled(&name));
        lead.form = form.name.clone();
        lead.form_digest = digest(form);
        lead.provider = form.provider.name.to_string();
        lead.consent = plain(&form.consent);
        lead.boxes =
            form.boxes.iter().map(|b| (plain(&b.label), lead.get(&b.name).is_some_and(|v| !v.is_empty()))).collect();
        lead.answered = if trapped { Answered::Trapped } else { refusal(&lead) };
    }
    lead
}

/// The words of a piece of markdown.
fn plain(markdown: &str) -> String {
    crate::text::plain(&crate::content::markdown::inline(markdown, &mut |to| to.to_string()))
}

/// What becomes of an address: one that is none is refused, and some ask for an error.
fn refusal(lead: &Lead) -> Answered {
    let Some((name, host)) = lead.get("email").and_then(|address| address.trim().rsplit_once('@')) else {
        return Answered::Refused;
    };
    if name.is_empty() || host.is_empty() || host.contains(char::is_whitespace) {
        return Answered::Refused;
    }
    let word = name.split('+').next().unwrap_or(name).to_ascii_lowercase();
    ON_DEMAND.iter().find(|(w, ..)| *w == word).map_or(Answered::Taken, |(_, answered, _)| *answered)
}

fn answer(site: &Snapshot, sent: &Sent<'_>, answered: Answered) -> Answer {
    let Some(form) = sent.form else { return Answer::Page(200) };
    let row = form.provider;
    let (status, text) = match answered {
        Answered::Taken | Answered::Trapped => (200, row.answers.taken),
        Answered::Refused => row.answers.refused,
        Answered::Busy => (429, ""),
        Answered::Failed => (503, ""),
    };
    if sent.script && matches!(form.ajax(), Ajax::Json | Ajax::Opaque) {
        return Answer::Data(status, text);
    }
    match answered {
        Answered::Taken | Answered::Trapped => next(site, form, sent).map_or(Answer::Page(200), Answer::Next),
        // What tells a script the truth in its text has a page that says so, too.
        _ => Answer::Page(status),
    }
}

/// The page of the site that the provider leads to; none if it shows its own.
fn next(site: &Snapshot, form: &Form, sent: &Sent<'_>) -> Option<String> {
    let row = form.provider;
    match form.redirect() {
        Redirect::Action => thanks(site, sent.magnet?),
        Redirect::Field => {
            let name = form.over.redirect.as_deref().unwrap_or(row.redirect_field);
            let (_, to) = sent.fields.iter().find(|(n, _)| n == name)?;
            local(site, to)
        }
        // As its dashboard is to be set up.
        Redirect::Dashboard if row.checklist.iter().any(|step| step.contains("{thanks}")) => thanks(site, sent.magnet?),
        Redirect::Dashboard | Redirect::None => None,
    }
}

/// An address as a path of this site; none of another's.
pub fn local(site: &Snapshot, to: &str) -> Option<String> {
    let config = &site.project.config;
    let path = match to.strip_prefix(&*config.base_url) {
        Some(rest) => format!("{}{rest}", config.base_path),
        None => to.to_string(),
    };
    let clean = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t']);
    clean.then_some(path)
}
