//! Reading what was rendered: where a page leads, and what can be led to on it.
//!
//! Our own scanner, because every byte of every page passes here: it looks at tags only, at memory speed, and of a body
//! only at what fills its holes.

mod stretches;
mod tags;

pub(super) use stretches::{Stretches, Written};

use super::body::Hole;
use crate::digest::id_hash;
use crate::site::RouteId;
use crate::text;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use stretches::Memory;
use tags::{Attributes, TAG, Text, next_tag, run};

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
    /// Where a page has the body: where it was written at once, or elsewhere.
    fn place(&self, page: &[u8], stretches: &[Range<usize>]) -> Option<Range<usize>> {
        let body = self.html.as_bytes();
        let mut alike = stretches.iter().filter(|stretch| stretch.len() == body.len());
        if let Some(stretch) = alike.find(|stretch| page.get((*stretch).clone()) == Some(body)) {
            return Some(stretch.clone());
        }
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
    /// One that leads elsewhere from other pages.
    FromHere(Box<Link<'h>>),
}

impl Link<'_> {
    fn into_owned(self) -> Link<'static> {
        match self {
            Link::To(route) => Link::To(route),
            Link::Part(path) => Link::Part(path),
            Link::Here(id) => Link::Here(Cow::Owned(id.into_owned())),
            Link::FromHere(link) => Link::FromHere(Box::new(link.into_owned())),
        }
    }
}

/// What a scan finds, in the order of the page.
#[derive(Default)]
struct Found<'h> {
    links: Vec<RouteId>,
    parts: Vec<Arc<str>>,
    here: Vec<Cow<'h, str>>,
    ids: Vec<u32>,
    /// Whether another page with the same HTML leads elsewhere.
    of_page: bool,
}

impl<'h> Found<'h> {
    fn of_a_page() -> Found<'h> {
        // More than most pages have.
        let (links, ids, here) = (Vec::with_capacity(64), Vec::with_capacity(64), Vec::with_capacity(16));
        Found { links, ids, here, ..Found::default() }
    }

    fn add(&mut self, link: Option<Link<'h>>) {
        match link {
            Some(Link::To(route)) => self.links.push(route),
            Some(Link::Part(path)) => self.parts.push(path),
            Some(Link::Here(id)) => self.here.push(id),
            Some(Link::FromHere(link)) => {
                self.of_page = true;
                self.add(Some(*link));
            }
            None => {}
        }
    }

    fn extend(&mut self, other: &Found<'h>) {
        self.links.extend_from_slice(&other.links);
        self.parts.extend_from_slice(&other.parts);
        self.here.extend_from_slice(&other.here);
        self.ids.extend_from_slice(&other.ids);
    }

    /// How much was found.
    fn len(&self) -> [usize; 4] {
        [self.links.len(), self.parts.len(), self.here.len(), self.ids.len()]
    }

    /// Forgets what was found since.
    fn truncate(&mut self, [links, parts, here, ids]: [usize; 4]) {
        self.links.truncate(links);
        self.parts.truncate(parts);
        self.here.truncate(here);
        self.ids.truncate(ids);
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

/// What is known of a page before it is scanned.
pub(super) struct Hints<'a> {
    /// Its body.
    pub body: Option<&'a Known>,
    /// What was written at once, in order.
    pub stretches: &'a [Range<usize>],
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
    pub(super) fn page(&self, html: &[u8], hints: &Hints<'_>, memory: &Stretches) -> Seen {
        memory.with(|memory| {
            let around = hints.body.and_then(|body| self.around(html, body, hints.stretches, memory));
            let found = around.unwrap_or_else(|| {
                let mut found = Found::of_a_page();
                let _ = self.stretch_by_stretch(html, 0..html.len(), hints.stretches, memory, &mut found);
                found
            });
            found.seen(self.path)
        })
    }

    /// Scans what stands around a body and what fills its holes; nothing where a tag, a comment or a script goes on from
    /// one to the other.
    fn around<'h>(
        &self,
        html: &'h [u8],
        body: &'h Known,
        stretches: &[Range<usize>],
        memory: &mut Memory,
    ) -> Option<Found<'h>> {
        let at = body.place(html, stretches)?;
        let mut found = Found::of_a_page();
        found.ids.extend_from_slice(&body.ids);
        self.stretch_by_stretch(html, 0..at.start, stretches, memory, &mut found).ok()?;
        for hole in &body.holes {
            match hole {
                Hole::Address(at) => found.add(self.local(&body.html[at.clone()])),
                Hole::Elements(at) => drop(self.tags(&body.html[..at.end], at.clone(), &mut found).ok()?),
            }
        }
        self.stretch_by_stretch(html, at.end..html.len(), stretches, memory, &mut found).ok()?;
        Some(found)
    }

    /// Scans a part of a page, and what was scanned on another page not again. Where a tag does not end in the part, its place.
    fn stretch_by_stretch<'h>(
        &self,
        html: &'h [u8],
        part: Range<usize>,
        stretches: &[Range<usize>],
        memory: &mut Memory,
        found: &mut Found<'h>,
    ) -> Result<(), usize> {
        let html = text_of(&html[part.clone()]);
        let mut from = 0;
        for stretch in stretches.iter().filter(|s| part.start <= s.start && s.end <= part.end) {
            let (start, end) = (stretch.start - part.start, stretch.end - part.start);
            from = self.tags(html, from..start.max(from), found)?;
            if let Some(inside) = html.get(from..end.max(from)) {
                from += self.again(inside, memory, found);
            }
        }
        self.tags(html, from..html.len(), found).map(drop)
    }

    /// Scans tags that begin in a part; where what follows goes on, or the place of the one that does not end.
    fn tags<'h>(&self, html: &'h str, part: Range<usize>, found: &mut Found<'h>) -> Result<usize, usize> {
        let (text, bytes) = (Text(html), html.as_bytes());
        let mut at = part.start;
        while let Some(i) = bytes.get(at..part.end).and_then(next_tag) {
            at += i;
            let rest = &bytes[at + 1..];
            match rest.first() {
                Some(b) if b.is_ascii_alphabetic() => {}
                Some(b'!') if rest.starts_with(b"!--") => {
                    at += 1 + memchr::memmem::find(rest, b"-->").ok_or(at)?;
                    continue;
                }
                Some(_) => {
                    at += 1;
                    continue;
                }
                None => return Err(at),
            }
            let before = found.len();
            let (name, after) = rest.split_at(run(rest, TAG));
            let mut tag = Attributes { rest: after, ended: false };
            while let Some((key, value)) = tag.next() {
                match key {
                    b"href" | b"src" | b"poster" => found.add(self.local(text.of(value))),
                    b"id" if !value.is_empty() => found.ids.push(id_hash(text.of(value))),
                    b"name" if name == b"a" && !value.is_empty() => found.ids.push(id_hash(text.of(value))),
                    b"srcset" => {
                        let parts = text.of(value).split(',');
                        let addresses = parts.map(|part| part.trim().split(' ').next().unwrap_or(""));
                        addresses.for_each(|a| found.add(self.local(a)));
                    }
                    _ => {}
                }
            }
            let inside = match name {
                _ if !tag.ended => None,
                b"script" => memchr::memmem::find(tag.rest, b"</script"),
                b"style" => memchr::memmem::find(tag.rest, b"</style"),
                _ => Some(0),
            };
            let Some(inside) = inside else {
                found.truncate(before);
                return Err(at);
            };
            at = bytes.len() - tag.rest.len() + inside;
        }
        Ok(at.max(part.end))
    }

    /// Where a value leads to on this site; none for other sites and for the top of the page itself.
    fn local<'h>(&self, value: &'h str) -> Option<Link<'h>> {
        if self.base.is_empty() && value.starts_with('/') {
            // Nearly every link: to a page by its path.
            if let Some(route) = (self.find)(value) {
                return Some(Link::To(route));
            }
        } else if !value.starts_with(self.origin) && text::is_external(value) {
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
            let link = self.join(&format!("/{joined}{slash}{suffix}").replace("//", "/"))?;
            return Some(Link::FromHere(Box::new(link)));
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

/// A part of a page: what hub renders is valid UTF-8.
fn text_of(html: &[u8]) -> &str {
    std::str::from_utf8(html).unwrap_or_default()
}

fn fragment(value: &str) -> Option<Cow<'_, str>> {
    let id = text::percent_decode(value.strip_prefix('#')?)?;
    (!id.is_empty() && id != "top").then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Links = (Vec<RouteId>, Vec<Arc<str>>, Vec<u32>);

    fn scan_with(base: &str, html: &str, hints: &Hints<'_>, memory: &Stretches) -> Links {
        let find = |path: &str| (path == "/u").then_some(RouteId(7));
        let scan = Scan { path: "/t/s/", base, origin: "https://x.io", find: &find };
        let seen = scan.page(html.as_bytes(), hints, memory);
        (seen.links, seen.parts, seen.ids)
    }

    fn scan(base: &str, html: &str, body: Option<&Known>) -> Links {
        scan_with(base, html, &Hints { body, stretches: &[] }, &Stretches::default())
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

    /// However a page is written, and however often its parts were scanned before.
    #[test]
    fn what_was_scanned_is_not_scanned_again() {
        let parts = [
            "<!doctype html><title>x</title><link rel=stylesheet href=\"/a.css\"><a href=\"/u\" title=\"",
            "a > b\" class=",
            "\"c\"><a href=\"/u\">u</a><a href=\"#q\">q</a><p id=\"q\"><!-- <a href=\"/no/\"> and much more of it ",
            "<a href=\"/no/\"><a href=\"/no/\"><a href=\"/no/\"><a href=\"/no/\"> --><img src=\"../p.png\"><a href=\"/",
            "u\">and here is a long text without any tag, of which nothing is remembered at all</a>",
            "<script src=\"/b.js\">\"<a href='/no/'><a href='/no/'><a href='/no/'><a href='/no/'>",
            "</script><a id=\"end\" name=\"end\" href=\"/z/#there\">z</a><a href=\"#nowhere\">nowhere</a><a href=\"/u",
        ];
        let page = parts.concat();
        let whole = scan("", &page, None);
        let memory = Stretches::default();
        for cuts in 0..1_usize << (parts.len() - 1) {
            let (mut stretches, mut start, mut end) = (Vec::new(), 0, 0);
            for (i, part) in parts.iter().enumerate() {
                end += part.len();
                if cuts >> i & 1 == 1 || i + 1 == parts.len() {
                    stretches.push(start..end);
                    start = end;
                }
            }
            for _ in 0..2 {
                let hints = Hints { body: None, stretches: &stretches };
                assert_eq!(scan_with("", &page, &hints, &memory), whole, "{cuts:b}");
            }
        }
        // What leads elsewhere from other pages is no part of the memory.
        let link = "<p>A link from here that leads elsewhere from there: <a href=\"y/\">y</a></p>";
        let find = |_: &str| None;
        for (path, to) in [("/t/", "/t/y/"), ("/s/", "/s/y/")] {
            let scan = Scan { path, base: "", origin: "https://x.io", find: &find };
            let whole = 0..link.len();
            let hints = Hints { body: None, stretches: std::slice::from_ref(&whole) };
            let seen = scan.page(link.as_bytes(), &hints, &memory);
            assert_eq!(seen.parts, [Arc::from(to)]);
        }
    }
}
