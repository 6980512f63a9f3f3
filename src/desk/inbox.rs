//! The inbox: forms that were sent in preview, how they are answered, and the e-mail that their reader gets.

use super::request::{Method, Request};
use super::{Reply, State, page};
use crate::forms::provider::DoubleOptIn;
use crate::forms::{ATTRIBUTION, Form};
use crate::leads::{self, Answer, Answered, Lead, ON_DEMAND, Sent, csv};
use crate::site::Magnet;
use crate::site::attribution::{FIRST, REFERRER, UTM};
use crate::text;
use rustc_hash::FxHashSet;
use serde_json::{Value, json};
use std::sync::Arc;

/// So many leads stand on a page.
const EACH: usize = 40;

/// Every lead, newest first; none where the folder cannot be read.
pub(super) fn all(state: &State<'_>) -> Vec<Arc<Lead>> {
    state.inbox.all().unwrap_or_default()
}

/// The leads that somebody would have now.
pub(super) fn number(state: &State<'_>) -> usize {
    all(state).iter().filter(|l| l.counts()).count()
}

/// The page of the inbox.
pub(super) fn list(state: &State<'_>, request: &Request<'_>) -> Reply {
    let form = request.asked("form");
    let every = all(state);
    let leads: Vec<Arc<Lead>> = every.iter().filter(|l| form.is_empty() || l.form == form).cloned().collect();
    let (leads, pager) = page::paged(leads, request, EACH);
    let rows: Vec<Value> = leads.iter().map(|lead| row(state, lead)).collect();
    let asked = state.inbox.asked();
    let next = ON_DEMAND.map(|(word, answered, what)| {
        json!({ "name": answered.name(), "word": word, "what": what, "on": asked == Some(answered) })
    });
    let on = ON_DEMAND.iter().find(|(_, answered, _)| asked == Some(*answered)).map(|(.., what)| what);
    let magnets = state.site.plan.magnets.iter().filter(|m| m.form.is_some() && state.site.plan.path(m.id).is_some());
    let first = magnets.map(|m| m.id).next().and_then(|id| page::href(state.site, id));
    let shown = json!({
        "rows": rows, "pager": pager, "form": form, "next": next, "on": on, "all": every.len(), "try": first,
        "counts": text::count(every.iter().filter(|l| l.counts()).count(), "lead"),
    });
    page::render(state, "inbox.html", "Inbox", "inbox", shown)
}

/// A title by the name of a text; the name where there is none.
fn title_of(state: &State<'_>, name: &str) -> String {
    let content = &state.site.content;
    let found = state.site.plan.order.iter().copied().find(|id| content.article(*id).name() == name);
    let found = found.or_else(|| state.site.plan.magnet_named(name));
    found.map_or_else(|| name.to_string(), |id| content.article(id).front.title.clone())
}

/// A lead for a list.
pub(super) fn row(state: &State<'_>, lead: &Lead) -> Value {
    let get = |key: &str| lead.get(key).filter(|v| !v.is_empty());
    let utm: Vec<&str> = ["utm_source", "utm_campaign", "utm_content"].into_iter().filter_map(get).collect();
    let came = match utm.is_empty() {
        true => get(REFERRER).unwrap_or_default().to_string(),
        false => utm.join(" · "),
    };
    let get = |key| get(key).map(short);
    let article = get("article").map(|name| title_of(state, &name));
    json!({
        "url": format!("/_hub/leads/{}", lead.id), "id": lead.id, "at": page::moment(state, lead.at), "datetime": page::datetime(state, lead.at),
        "who": get("email").unwrap_or_else(|| "no address".to_string()), "name": get("name").or(get("first_name")),
        "form": lead.form, "magnet_name": lead.magnet, "magnet": if lead.magnet.is_empty() { lead.provider.clone() } else { title_of(state, &lead.magnet) },
        "came": short(&came), "article": short(&article.unwrap_or_else(|| lead.page.clone())), "placement": get("placement"),
        "variant": get("variant").filter(|v| *v != "default"), "first": get(FIRST).map(|name| title_of(state, &name)),
        "answered": lead.answered.name(), "mark": mark(lead.answered), "consents": lead.boxes.iter().filter(|(_, on)| *on).count(),
    })
}

/// A value for a list, which anybody may have written at any length.
fn short(value: &str) -> String {
    match value.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_string(),
    }
}

/// So many characters of a value stand in a list: an address has at most 254 (RFC 5321, 4.5.3.1.3).
const LONGEST_SHOWN: usize = 254;

/// What stands beside a lead that is none.
fn mark(answered: Answered) -> Option<&'static str> {
    match answered {
        Answered::Taken => None,
        Answered::Trapped => Some("filled in the trap: a robot"),
        Answered::Refused => Some("refused"),
        Answered::Busy => Some("too many requests"),
        Answered::Failed => Some("the provider was down"),
    }
}

/// What the attribution fields are called here.
const LABELS: [(&str, &str); 9] = [
    ("article", "Article"),
    ("magnet", "Magnet"),
    ("placement", "Placement"),
    ("variant", "Wording"),
    (FIRST, "Read first"),
    (REFERRER, "Came from"),
    ("lang", "Language"),
    ("consent_version", "Consent"),
    ("seconds", "Seconds to fill in"),
];

/// The page of one lead.
pub(super) fn one(state: &State<'_>, id: &str) -> Reply {
    let Some(lead) = all(state).into_iter().find(|l| l.id == id) else {
        return page::note(state, 404, "No such lead", "It was deleted, or it never came.");
    };
    let form = state.site.plan.forms.iter().find(|f| f.name == lead.form);
    let asked = lead.fields.iter().filter(|e| !e.ours.is_empty() && !ATTRIBUTION.contains(&&*e.ours));
    let asked: Vec<Value> = asked.map(|e| json!({ "name": e.ours, "theirs": e.name, "value": e.value })).collect();
    let filled = |key: &&str| lead.get(key).is_some_and(|v| !v.is_empty());
    let attribution = LABELS.into_iter().chain(UTM.map(|name| (name, name))).filter(|(key, _)| filled(key));
    let attribution: Vec<Value> =
        attribution.map(|(key, label)| json!({ "label": label, "value": lead.get(key) })).collect();
    let rest = lead.fields.iter().filter(|e| e.ours.is_empty());
    let rest: Vec<Value> = rest.map(|e| json!({ "name": e.name, "value": e.value })).collect();
    let letter = leads::letter(state.site, &lead, state.base).value.filter(|_| lead.counts());
    let letter = letter.map(|l| json!({ "subject": l.subject, "html": linked(&l.text) }));
    let opt_in = form.filter(|f| f.provider.double_opt_in == DoubleOptIn::Provider);
    let dropped = form.filter(|f| f.attribution().is_empty() && !f.provider.link);
    let shown = json!({
        "lead": row(state, &lead), "page": lead.page, "script": lead.script, "asked": asked, "attribution": attribution, "rest": rest,
        "boxes": lead.boxes.iter().map(|(label, on)| json!({ "label": label, "on": on })).collect::<Vec<_>>(), "consent": lead.consent,
        "provider": form.map_or(&*lead.provider, |f| f.provider.title), "letter": letter,
        "place": form.map(|f| f.provider.mail.place).filter(|p| !p.is_empty()),
        "opt_in": opt_in.map(|f| f.provider.title), "dropped": dropped.map(|f| f.provider.title),
    });
    page::render(state, "lead.html", &lead.get("email").map_or_else(|| "A lead".to_string(), short), "inbox", shown)
}

/// Plain text as HTML, its addresses as links.
fn linked(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len() + 256);
    for piece in plain.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        if word.starts_with("http://") || word.starts_with("https://") {
            // A sentence may end behind it.
            let link = word.trim_end_matches(['.', ',', ')', ';']);
            let link = text::escape(link);
            out.push_str(&format!("<a href=\"{link}\">{link}</a>"));
            text::push_escaped(&mut out, &piece[word.trim_end_matches(['.', ',', ')', ';']).len()..]);
        } else {
            text::push_escaped(&mut out, piece);
        }
    }
    out
}

/// All leads as a table.
pub(super) fn table(state: &State<'_>) -> Reply {
    let mut reply = page::bytes(200, "text/csv; charset=utf-8; header=present", csv::table(&all(state)));
    reply.headers.push(("content-disposition", "attachment; filename=\"leads.csv\"".to_string()));
    reply
}

/// Deletes one lead, or all.
pub(super) fn forget(state: &State<'_>, request: &Request<'_>) -> Reply {
    let id = request.field("id");
    let ids: Vec<String> = match (id.is_empty(), request.field("all") == "yes") {
        (false, _) => vec![id],
        (true, true) => all(state).iter().map(|l| l.id.clone()).collect(),
        (true, false) => Vec::new(),
    };
    for id in ids {
        if let Err(e) = state.inbox.forget(&id) {
            return page::note(state, 500, "Not deleted", &format!("The lead `{id}` cannot be deleted: {e}"));
        }
    }
    page::see_other("/_hub/inbox")
}

/// Says how the next form is answered.
pub(super) fn answer_next(state: &State<'_>, request: &Request<'_>) -> Reply {
    let with = request.field("with");
    state.inbox.answer_next(ON_DEMAND.iter().map(|(_, answered, _)| *answered).find(|a| a.name() == with));
    page::see_other("/_hub/inbox")
}

/// A form that is sent to `FORM/MAGNET`, or the page of a provider that takes none.
pub(super) fn sent(state: &State<'_>, request: &Request<'_>, rest: &str) -> Reply {
    let site = state.site;
    let Some(fields) = request.fields() else {
        return page::note(state, 400, "Not a form", "What was sent is not what its type says.");
    };
    let value = |name: &str| fields.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v);
    // The inbox's own address, which forms of the preview have before they are on a page.
    let (form, magnet) = match rest.rsplit_once('/') {
        Some(names) => names,
        None if rest.is_empty() => (value("form"), value("magnet")),
        None => (rest, ""),
    };
    let declared = site.plan.forms.iter().find(|f| f.name == form);
    let to = request.asked("to");
    if declared.is_none() && (!rest.is_empty() || to.is_empty()) {
        return page::note(state, 404, "No such form", &format!("site.toml declares no form `{form}`."));
    }
    let magnet = site.plan.magnets.iter().find(|m| m.name == magnet && site.plan.path(m.id).is_some());
    let gets = declared.is_some_and(|f| f.over.method.as_deref().is_some_and(|m| m.eq_ignore_ascii_case("get")));
    match (request.method, declared) {
        (Method::Post, _) => {}
        (Method::Get, Some(form)) if form.provider.link => return provider_form(state, request, form, magnet),
        (Method::Get, _) if gets && request.is_from_here(&request.header("host").to_ascii_lowercase()) => {}
        _ => return page::note(state, 405, "A form is sent here", "There is nothing to see at this address."),
    }
    let referer = request.header("referer");
    let came_from = text::origin(&referer).map_or("", |o| &referer[o.len()..]);
    let came_from = came_from.split(['?', '#']).next().unwrap_or_default().to_string();
    let sent = Sent {
        form: declared,
        magnet,
        to: if declared.is_some() { "" } else { &to },
        fields,
        page: if came_from.starts_with("/_hub/") { String::new() } else { came_from },
        script: request.asked("by") == "script",
        at: state.now,
    };
    match leads::receive(site, state.inbox, sent) {
        Ok((lead, answer)) => answered(state, declared, magnet, &to, &lead, answer),
        Err(e) => page::note(state, 500, "Not kept", &format!("`.hub/inbox` cannot be written: {e}")),
    }
}

fn answered(
    state: &State<'_>,
    form: Option<&Form>,
    magnet: Option<&Magnet>,
    to: &str,
    lead: &Lead,
    answer: Answer,
) -> Reply {
    match answer {
        Answer::Next(path) => page::see_other(&path),
        Answer::Data(status, "") => {
            page::bytes(status, "text/html; charset=utf-8", "<!DOCTYPE html><title>Preview</title>")
        }
        Answer::Data(status, json) => page::bytes(status, "application/json", json),
        Answer::Page(status) => {
            let taken = matches!(lead.answered, Answered::Taken | Answered::Trapped);
            // A status of 200 that says no is a page all the same.
            let title = form.map_or(to, |f| f.provider.title);
            let heading = match lead.answered {
                Answered::Taken | Answered::Trapped => format!("{title} took the form"),
                Answered::Refused => format!("{title} refuses the form"),
                Answered::Busy => format!("{title} has too many requests"),
                Answered::Failed => format!("{title} is down"),
            };
            let shown = json!({
                "title_of": title, "heading": heading, "taken": taken, "status": status, "known": form.is_some(),
                "thanks": magnet.and_then(|m| leads::thanks(state.site, m)), "back": (!lead.page.is_empty()).then_some(&lead.page),
                "lead": format!("/_hub/leads/{}", lead.id),
            });
            page::render_with(state, status, "provider.html", &heading, "-", shown)
        }
    }
}

/// The page of a provider that takes no form from another site.
fn provider_form(state: &State<'_>, request: &Request<'_>, form: &Form, magnet: Option<&Magnet>) -> Reply {
    let title = form.provider.title;
    let action = leads::address(&form.name, magnet.map_or("", |m| &m.name));
    let mut once = FxHashSet::default();
    let kept = request.fields().unwrap_or_default();
    let kept = kept.into_iter().filter(|(n, _)| UTM.contains(&&**n) && once.insert(n.clone()));
    let kept: Vec<Value> = kept.map(|(name, value)| json!({ "name": name, "value": value })).collect();
    let heading = format!("{title}’s own page");
    let shown = json!({
        "title_of": title, "heading": heading, "asks": true, "action": action, "hidden": kept,
        "email": form.name_of("email").unwrap_or_else(|| "email".to_string()),
    });
    page::render(state, "provider.html", &heading, "-", shown)
}
