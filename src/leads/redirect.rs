//! What the preview adds on the way out: every form is sent to the inbox.

use super::{INBOX, sealed};
use crate::forms::Form;
use crate::forms::html::unescape;
use crate::render::Snapshot;
use crate::text;
use memchr::memchr_iter;
use std::borrow::Cow;
use std::ops::Range;

/// The query by which the inbox knows what a script sent.
pub const BY_SCRIPT: &str = "by=script";

/// Where a form of the site is sent in preview; `magnet` may be empty.
pub fn address(form: &str, magnet: &str) -> String {
    let magnet = if magnet.is_empty() { "-" } else { magnet };
    format!("{INBOX}/{}/{}", text::percent_encode(form), text::percent_encode(magnet))
}

/// A page whose forms are sent to the inbox, whatever their provider: those that `site.toml` declares, links that stand in for
/// them, and forms that the author pasted, if they are posted to another site. A sealed text with forms is sealed again.
pub fn redirect_forms<'a>(html: &'a [u8], site: &Snapshot) -> Cow<'a, [u8]> {
    let Ok(page) = std::str::from_utf8(html) else { return Cow::Borrowed(html) };
    let links: Vec<(&Form, String)> =
        site.plan.forms.iter().filter(|f| f.provider.link).filter_map(|f| Some((f, f.action("")? + "?"))).collect();
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let gates = sealed::tags(page);
    let mut past = 0;
    for at in memchr_iter(b'<', html) {
        if at < past {
            continue;
        }
        let rest = &page[at + 1..];
        let is = |name: &str| {
            let named = rest.get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name));
            named && rest[name.len()..].starts_with(|c: char| c.is_ascii_whitespace() || c == '>')
        };
        if rest.starts_with("!--") {
            past = rest.find("-->").map_or(page.len(), |end| at + 1 + end);
        } else if let Some(raw) = ["script", "style", "textarea"].into_iter().find(|n| is(n)) {
            past = end_of(page, at, raw);
        } else if is("form") {
            form(page, at + 1 + "form".len(), site, &mut edits);
        } else if !links.is_empty() && is("a") {
            link(page, at + 2, &links, &mut edits);
        } else if gates.contains(&at) {
            edits.extend(sealed::text(&attributes(page, at + 1), site));
        }
    }
    if edits.is_empty() {
        return Cow::Borrowed(html);
    }
    let mut out = String::with_capacity(page.len() + 64);
    let mut from = 0;
    for (range, value) in edits {
        out.push_str(&page[from..range.start]);
        out.push('"');
        text::push_escaped(&mut out, &value);
        out.push('"');
        from = range.end;
    }
    out.push_str(&page[from..]);
    Cow::Owned(out.into_bytes())
}

/// Where an element that holds no tags ends.
fn end_of(page: &str, at: usize, name: &str) -> usize {
    let ends = |i: &usize| {
        page.as_bytes().get(i + 2..i + 2 + name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()))
    };
    page[at..].match_indices("</").map(|(i, _)| at + i).find(ends).unwrap_or(page.len())
}

/// An attribute: its name in lower case, its value, and where that stands, quotes included.
pub(super) struct Attr<'a> {
    pub name: String,
    pub value: Cow<'a, str>,
    pub range: Range<usize>,
}

/// The attributes of the tag whose name ends at `at`.
fn attributes(page: &str, at: usize) -> Vec<Attr<'_>> {
    let bytes = page.as_bytes();
    let mut out = Vec::new();
    let mut i = at;
    let until = |mut i: usize, stop: &dyn Fn(u8) -> bool| {
        while i < bytes.len() && !stop(bytes[i]) {
            i += 1;
        }
        i
    };
    let filled = |b: u8| !b.is_ascii_whitespace();
    loop {
        i = until(i, &|b| filled(b) && b != b'/');
        if i >= bytes.len() || bytes[i] == b'>' {
            return out;
        }
        // A name may begin with `=`.
        let name_ends = until(i + 1, &|b| !filled(b) || matches!(b, b'=' | b'>' | b'/'));
        let name = page.get(i..name_ends).unwrap_or_default().to_ascii_lowercase();
        let equals = until(name_ends, &filled);
        if bytes.get(equals) != Some(&b'=') {
            i = name_ends;
            continue;
        }
        let begins = until(equals + 1, &filled);
        let (value, range) = match bytes.get(begins) {
            Some(quote @ (b'"' | b'\'')) => {
                let ends = until(begins + 1, &|b| b == *quote);
                (begins + 1..ends, begins..(ends + 1).min(bytes.len()))
            }
            _ => {
                let ends = until(begins, &|b| !filled(b) || b == b'>');
                (begins..ends, begins..ends)
            }
        };
        i = range.end;
        let value = page.get(value).unwrap_or_default();
        let value = if value.contains('&') { Cow::Owned(unescape(value)) } else { Cow::Borrowed(value) };
        out.push(Attr { name, value, range });
    }
}

fn form(page: &str, at: usize, site: &Snapshot, edits: &mut Vec<(Range<usize>, String)>) {
    let attrs = attributes(page, at);
    let get = |name: &str| attrs.iter().find(|a| a.name == name);
    let Some(action) = get("action") else { return };
    let id = get("id").map_or("", |a| &*a.value);
    let to = match meant(site, action.value.trim(), id) {
        Some((form, magnet)) => address(&form.name, magnet),
        None => {
            // A form that was pasted into a text or a template.
            let posts = get("method").is_some_and(|m| m.value.eq_ignore_ascii_case("post"));
            let own = text::origin(&site.project.config.base_url);
            let Some(host) = text::origin(action.value.trim()).filter(|o| posts && Some(*o) != own) else { return };
            format!("{INBOX}?to={}", text::percent_encode(host.rsplit('/').next().unwrap_or(host)))
        }
    };
    let fetch = get("data-fetch").map(|a| (a.range.clone(), format!("{to}?{BY_SCRIPT}")));
    let mut here = vec![(action.range.clone(), to)];
    here.extend(fetch);
    here.sort_by_key(|(range, _)| range.start);
    edits.extend(here);
}

/// The form of the site that has this action, and the magnet that it is for.
fn meant<'a>(site: &'a Snapshot, action: &str, id: &str) -> Option<(&'a Form, &'a str)> {
    let has = |form: &Form, magnet: &str, path: Option<&str>| match form.action(magnet) {
        Some(own) => own == action,
        None => path.is_some_and(|p| {
            let thanks = format!("{p}thanks/");
            site.project.config.href(&thanks) == action || site.project.config.absolute(&thanks) == action
        }),
    };
    let all = site.plan.magnets.iter().filter_map(|m| Some((m, &site.plan.forms[m.form?])));
    let mut fits = all.filter(|(m, f)| has(f, &m.name, site.plan.path(m.id).map(|p| &**p)));
    // Several magnets may have one form, and several forms one action: the form's id begins with the magnet's name.
    let first = fits.next()?;
    let named = |name: &str| id.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
    let best = std::iter::once(first).chain(fits).max_by_key(|(m, _)| {
        let named = named(&m.name).then_some(m.name.len());
        (named, std::cmp::Reverse(m.id))
    });
    best.map(|(magnet, form)| (form, &*magnet.name))
}

fn link(page: &str, at: usize, links: &[(&Form, String)], edits: &mut Vec<(Range<usize>, String)>) {
    for attr in attributes(page, at).into_iter().filter(|a| a.name == "href") {
        let found = links.iter().find_map(|(form, action)| Some((form, attr.value.strip_prefix(action.as_str())?)));
        let Some((form, query)) = found else { continue };
        let magnet = super::body::query(query).into_iter().find(|(n, _)| n == "utm_campaign").map(|(_, v)| v);
        edits.push((attr.range, format!("{}?{query}", address(&form.name, &magnet.unwrap_or_default()))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_as_browsers_read_them() {
        let tag = "<form action='/a?b=1&amp;c' method=post data-x novalidate/ id = \"m-end\">text action=\"x\"";
        let read: Vec<(String, String)> =
            attributes(tag, 5).into_iter().map(|a| (a.name, tag[a.range].to_string() + " " + &a.value)).collect();
        let wanted = [("action", "'/a?b=1&amp;c' /a?b=1&c"), ("method", "post post"), ("id", "\"m-end\" m-end")];
        assert_eq!(read, wanted.map(|(n, v)| (n.to_string(), v.to_string())));
        for broken in ["<form", "<form ", "<form a=", "<form a=\"x", "<form =", "<form a='é", "<form é=ü"] {
            attributes(broken, 5);
        }
    }
}
