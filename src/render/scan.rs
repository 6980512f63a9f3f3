//! Reading what was rendered: where a page leads, and what can be led to on it.
//!
//! Our own scanner, because every byte of every page passes here: it looks at tags only, at memory speed, and of a body
//! only at what fills its holes.

use super::body::Hole;
use crate::digest::id_hash;
use crate::site::RouteId;
use crate::text;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Links and ids of a page.
#[derive(Default)]
pub(super) struct Seen {
    /// Pages and files of this site that it leads to, once each.
    pub links: Vec<RouteId>,
    /// What it leads to beside: parts of pages (`/path/#id`), and nothing (`/path/`). Parts that it has itself are left out.
    pub parts: Vec<Arc<str>>,
    /// Hashes of the ids, sorted.
    pub ids: Vec<u32>,
}

/// What is known of the body of a page, so that it need not be read again.
pub(super) struct Known {
    /// Its HTML.
    pub html: String,
    /// What fills its holes.
    pub holes: Vec<Hole>,
    /// Hashes of the ids between the holes, where no address stands.
    pub ids: Vec<u32>,
}

impl Known {
    /// Where a page has the body.
    fn place(&self, page: &[u8]) -> Option<Range<usize>> {
        let body = self.html.as_bytes();
        let begin = &body[..body.len().min(32)];
        let found = memchr::memmem::find_iter(page, begin).take(4).find(|at| page[*at..].starts_with(body))?;
        (!body.is_empty()).then_some(found..found + body.len())
    }
}

enum Link<'h> {
    To(RouteId),
    Part(Arc<str>),
    /// A part of the page itself.
    Here(Cow<'h, str>),
}

impl Link<'_> {
    fn into_owned(self) -> Link<'static> {
        match self {
            Link::To(route) => Link::To(route),
            Link::Part(path) => Link::Part(path),
            Link::Here(id) => Link::Here(Cow::Owned(id.into_owned())),
        }
    }
}

/// What a scan finds, in the order of the page.
struct Found<'h> {
    links: Vec<RouteId>,
    parts: Vec<Arc<str>>,
    here: Vec<Cow<'h, str>>,
    ids: Vec<u32>,
}

impl Default for Found<'_> {
    fn default() -> Self {
        // More than most pages have.
        Found {
            links: Vec::with_capacity(64),
            parts: Vec::new(),
            here: Vec::with_capacity(16),
            ids: Vec::with_capacity(64),
        }
    }
}

impl<'h> Found<'h> {
    fn add(&mut self, link: Option<Link<'h>>) {
        match link {
            Some(Link::To(route)) => self.links.push(route),
            Some(Link::Part(path)) => self.parts.push(path),
            Some(Link::Here(id)) => self.here.push(id),
            None => {}
        }
    }

    fn seen(mut self, path: &str) -> Seen {
        self.ids.sort_unstable();
        self.ids.dedup();
        let missing = self.here.iter().filter(|id| self.ids.binary_search(&id_hash(id)).is_err());
        self.parts.extend(missing.map(|id| Arc::from(format!("{path}#{id}"))));
        self.parts.sort_unstable();
        self.parts.dedup();
        self.links.sort_unstable();
        self.links.dedup();
        self.links.shrink_to_fit();
        self.ids.shrink_to_fit();
        Seen { links: self.links, parts: self.parts, ids: self.ids }
    }
}

/// What a scan needs to know of the site.
pub(super) struct Scan<'a> {
    /// The path of the page.
    pub path: &'a str,
    /// What links of the site begin with: `""`, `/docs`.
    pub base: &'a str,
    /// `https://host`.
    pub origin: &'a str,
    /// The route at a decoded path.
    pub find: &'a dyn Fn(&str) -> Option<RouteId>,
}

impl Scan<'_> {
    /// Scans a page, in UTF-8.
    pub(super) fn page(&self, html: &[u8], body: Option<&Known>) -> Seen {
        let around = body.and_then(|body| self.around(html, body));
        let found = around.unwrap_or_else(|| {
            let mut found = Found::default();
            self.tags(text_of(html), &mut found);
            found
        });
        found.seen(self.path)
    }

    /// Scans what stands around a body and what fills its holes; nothing where a tag, a comment or a script goes on from
    /// one to the other.
    fn around<'h>(&self, html: &'h [u8], body: &'h Known) -> Option<Found<'h>> {
        let at = body.place(html)?;
        let mut found = Found::default();
        found.ids.extend_from_slice(&body.ids);
        let mut whole = self.tags(text_of(&html[..at.start]), &mut found);
        for hole in &body.holes {
            match hole {
                Hole::Address(at) => found.add(self.local(&body.html[at.clone()])),
                Hole::Elements(at) => whole &= self.tags(&body.html[at.clone()], &mut found),
            }
        }
        whole &= self.tags(text_of(&html[at.end..]), &mut found);
        whole.then_some(found)
    }

    /// Scans tags; whether the last one, and what it begins, is complete.
    fn tags<'h>(&self, html: &'h str, found: &mut Found<'h>) -> bool {
        let bytes = html.as_bytes();
        let mut from = 0;
        while let Some(i) = next_tag(&bytes[from..]) {
            let start = from + i + 1;
            from = start;
            match bytes.get(start) {
                Some(b'!') if bytes[start..].starts_with(b"!--") => {
                    let Some(end) = memchr::memmem::find(&bytes[start..], b"-->") else { return false };
                    from = start + end;
                    continue;
                }
                Some(b) if b.is_ascii_alphabetic() => {}
                Some(_) => continue,
                None => return false,
            }
            let mut end = start + 1;
            while bytes.get(end).is_some_and(u8::is_ascii_alphanumeric) {
                end += 1;
            }
            let name = &bytes[start..end];
            let mut tag = Attributes { html, at: end };
            while let Some((key, value)) = tag.next() {
                match key {
                    b"href" | b"src" | b"poster" => found.add(self.local(value)),
                    b"id" if !value.is_empty() => found.ids.push(id_hash(value)),
                    b"name" if name == b"a" && !value.is_empty() => found.ids.push(id_hash(value)),
                    b"srcset" => {
                        let addresses = value.split(',').map(|part| part.trim().split(' ').next().unwrap_or(""));
                        addresses.for_each(|a| found.add(self.local(a)));
                    }
                    _ => {}
                }
            }
            if tag.at > html.len() {
                return false;
            }
            from = tag.at;
            if let b"script" | b"style" = name {
                let close: &[u8] = if name == b"script" { b"</script" } else { b"</style" };
                let Some(i) = memchr::memmem::find(&bytes[from..], close) else { return false };
                from += i;
            }
        }
        true
    }

    /// Where a value leads to on this site; none for other sites and for the top of the page itself.
    fn local<'h>(&self, value: &'h str) -> Option<Link<'h>> {
        if self.base.is_empty() && value.starts_with('/') {
            // Nearly every link: to a page by its path.
            if let Some(route) = (self.find)(value) {
                return Some(Link::To(route));
            }
        } else if value.starts_with("http") && !value.starts_with(self.origin) && text::is_external(value) {
            return None;
        }
        match memchr::memchr(b'&', value.as_bytes()) {
            Some(_) => self.unescaped(&value.replace("&amp;", "&")).map(Link::into_owned),
            None => self.unescaped(value),
        }
    }

    fn unescaped<'h>(&self, value: &'h str) -> Option<Link<'h>> {
        let own = |rest: &&str| rest.is_empty() || rest.starts_with(['/', '#', '?']);
        let inside = if value.starts_with('#') {
            return fragment(value).map(Link::Here);
        } else if let Some(rest) = value.strip_prefix(self.origin).filter(own) {
            rest.strip_prefix(self.base).unwrap_or(rest)
        } else if text::is_external(value) {
            return None;
        } else if value.starts_with('/') {
            // Outside the base path is another site on the same host.
            if self.base.is_empty() { value } else { value.strip_prefix(self.base).filter(own)? }
        } else {
            let (to, suffix) = value.split_at(value.find(['?', '#']).unwrap_or(value.len()));
            let dir = &self.path[..self.path.rfind('/').map_or(0, |i| i + 1)];
            let slash = if to.is_empty() || to.ends_with('/') { "/" } else { "" };
            let joined = crate::source::normalize(dir, to)?;
            return self.join(&format!("/{joined}{slash}{suffix}").replace("//", "/"));
        };
        self.join(if inside.is_empty() { "/" } else { inside })
    }

    fn join(&self, address: &str) -> Option<Link<'static>> {
        let split = address.find(['?', '#']).unwrap_or(address.len());
        let path = text::percent_decode(&address[..split])?;
        let id = address.find('#').and_then(|i| fragment(&address[i..]));
        Some(match id {
            Some(id) => Link::Part(format!("{path}#{id}").into()),
            None => match (self.find)(&path) {
                Some(route) => Link::To(route),
                None => Link::Part(path.as_ref().into()),
            },
        })
    }
}

/// The attributes of a tag (HTML, "13.2.5.32 Before attribute name state" and those that follow).
struct Attributes<'h> {
    html: &'h str,
    /// Where to go on: after the tag's `>` when it has ended, past the end of the text where it has not.
    at: usize,
}

impl<'h> Attributes<'h> {
    /// The next name and value.
    fn next(&mut self) -> Option<(&'h [u8], &'h str)> {
        let html = self.html.as_bytes();
        let is = |at: usize, class: u8| html.get(at).is_some_and(|b| CLASSES[usize::from(*b)] & class != 0);
        let mut at = self.at;
        while is(at, BETWEEN) {
            at += 1;
        }
        let start = at;
        if matches!(html.get(at), None | Some(b'>')) {
            self.at = at + 1;
            return None;
        }
        // A `=` that nothing stands before is the beginning of a name.
        at += 1;
        while is(at, NAME) {
            at += 1;
        }
        let key = &html[start..at];
        if html.get(at) != Some(&b'=') {
            self.at = at;
            return Some((key, ""));
        }
        at += 1;
        let value = match html.get(at) {
            Some(&quote @ (b'"' | b'\'')) => {
                let value = &html[at + 1..];
                let len = memchr::memchr(quote, value).unwrap_or(value.len());
                self.at = at + 1 + len + 1;
                at + 1..at + 1 + len
            }
            _ => {
                let start = at;
                while is(at, UNQUOTED) {
                    at += 1;
                }
                self.at = at;
                start..at
            }
        };
        // It begins and ends beside ASCII, or at the end of the text.
        Some((key, self.html.get(value).unwrap_or_default()))
    }
}

/// Bytes between attributes.
const BETWEEN: u8 = 1;
/// Bytes of a name after its first.
const NAME: u8 = 2;
/// Bytes of a value without quotes.
const UNQUOTED: u8 = 4;

/// What each byte may be.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        let space = b.is_ascii_whitespace();
        if space || b == b'/' {
            classes[i] |= BETWEEN;
        }
        if !(space || matches!(b, b'=' | b'>' | b'/')) {
            classes[i] |= NAME;
        }
        if !(space || b == b'>') {
            classes[i] |= UNQUOTED;
        }
        i += 1;
    }
    classes
};

/// The text of a page: what hub renders is valid UTF-8.
fn text_of(html: &[u8]) -> &str {
    std::str::from_utf8(html).unwrap_or_default()
}

/// Where the next tag begins. Many follow each other closely: a look at a few bytes costs less than a search.
fn next_tag(html: &[u8]) -> Option<usize> {
    const NEAR: usize = 4;
    let (near, far) = html.split_at(html.len().min(NEAR));
    near.iter().position(|b| *b == b'<').or_else(|| Some(near.len() + memchr::memchr(b'<', far)?))
}

fn fragment(value: &str) -> Option<Cow<'_, str>> {
    let id = text::percent_decode(value.strip_prefix('#')?)?;
    (!id.is_empty() && id != "top").then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(base: &str, html: &str, body: Option<&Known>) -> (Vec<RouteId>, Vec<Arc<str>>, Vec<u32>) {
        let find = |path: &str| (path == "/u").then_some(RouteId(7));
        let seen = Scan { path: "/t/s/", base, origin: "https://x.io", find: &find }.page(html.as_bytes(), body);
        (seen.links, seen.parts, seen.ids)
    }

    #[test]
    fn links_and_ids_of_a_page() {
        let html = r##"<!doctype html><!-- <a href="/no/"> --><h1 id="a">x</h1><a href="/b/c/?q=1#d%20e">b</a><a href='#a'>
            <a href="#é"><img src="../p.png" alt=""><a href="https://x.io/docs/z/#q"><a href="https://other.io/">o</a><a title="a > b" href=/docs/u>
            <script>"<a href='/no/'>"</script><a href="mailto:x@y"><a href="/docs/?a&amp;b">"##;
        let (links, parts, ids) = scan("/docs", html, None);
        let parts: Vec<_> = parts.iter().map(|p| &**p).collect();
        assert_eq!((links, parts), (vec![RouteId(7)], vec!["/", "/t/p.png", "/t/s/#é", "/z/#q"]));
        assert_eq!(ids, [id_hash("a")]);
        assert!(scan("", html, None).1.iter().any(|p| &**p == "/b/c/#d e"));
        for broken in ["<", "<a", "<a href", "<a href=\"", "<a href='x", "<é", "<a é=ü>", "<a =x>", "<a ==>"] {
            scan("", broken, None);
        }
    }

    #[test]
    fn a_known_body_is_not_read_again() {
        let html = r##"<h2 id="b">x</h2><p><a href="/u">u</a> <a href="/no/">n</a><img src="/u"></p>"##;
        let at = |part: &str| html.find(part).map_or(0..0, |i| i..i + part.len());
        let holes = vec![Hole::Address(at("/u")), Hole::Address(at("/no/")), Hole::Elements(at("<img src=\"/u\">"))];
        let known = Known { html: html.to_string(), holes, ids: vec![id_hash("b")] };
        for (before, after) in [
            ("<a id=a href=#b>", "<a href=#c><p id=d>"),
            ("<!-- ", " --><p id=e>"),
            ("<script>", "</script><p id=e>"),
            ("<p title='", "' id=e>"),
            ("<p id=a>", "<a href='/z/"),
        ] {
            let page = format!("{before}{html}{after}");
            assert_eq!(scan("", &page, Some(&known)), scan("", &page, None), "{before}");
            let other = format!("{before}{}{after}", html.replace("<p>", "<p id=x>"));
            assert_eq!(scan("", &other, Some(&known)), scan("", &other, None), "{before}");
        }
    }
}
