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
#[derive(Default)]
struct Found<'h> {
    links: Vec<RouteId>,
    parts: Vec<Arc<str>>,
    here: Vec<Cow<'h, str>>,
    ids: Vec<u32>,
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
            self.tags(html, &mut found);
            found
        });
        found.seen(self.path)
    }

    /// Scans what stands around a body and what fills its holes; nothing where a tag, a comment or a script goes on from
    /// one to the other.
    fn around<'h>(&self, html: &'h [u8], body: &'h Known) -> Option<Found<'h>> {
        let at = body.place(html)?;
        let mut found = Found { ids: body.ids.clone(), ..Found::default() };
        let mut whole = self.tags(&html[..at.start], &mut found);
        for hole in &body.holes {
            match hole {
                Hole::Address(at) => found.add(self.local(&body.html[at.clone()])),
                Hole::Elements(at) => whole &= self.tags(&body.html.as_bytes()[at.clone()], &mut found),
            }
        }
        whole &= self.tags(&html[at.end..], &mut found);
        whole.then_some(found)
    }

    /// Scans tags; whether the last one, and what it begins, is complete.
    fn tags<'h>(&self, html: &'h [u8], found: &mut Found<'h>) -> bool {
        let mut from = 0;
        while let Some(i) = memchr::memchr(b'<', &html[from..]) {
            let start = from + i + 1;
            from = start;
            match html.get(start) {
                Some(b'!') if html[start..].starts_with(b"!--") => {
                    let Some(end) = memchr::memmem::find(&html[start..], b"-->") else { return false };
                    from = start + end;
                    continue;
                }
                Some(b) if b.is_ascii_alphabetic() => {}
                Some(_) => continue,
                None => return false,
            }
            let name_len = html[start..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
            let name = &html[start..start + name_len];
            let mut tag = Attributes { html, at: start + name_len };
            while let Some((key, value)) = tag.next() {
                let text = || std::str::from_utf8(value).unwrap_or_default();
                match key {
                    b"href" | b"src" | b"poster" => found.add(self.local(text())),
                    b"id" if !value.is_empty() => found.ids.push(id_hash(text())),
                    b"name" if name == b"a" && !value.is_empty() => found.ids.push(id_hash(text())),
                    b"srcset" => {
                        let addresses = text().split(',').map(|part| part.trim().split(' ').next().unwrap_or(""));
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
                let Some(i) = memchr::memmem::find(&html[from..], close) else { return false };
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
    html: &'h [u8],
    /// Where to go on: after the tag's `>` when it has ended, past the end of the text where it has not.
    at: usize,
}

impl<'h> Attributes<'h> {
    /// The next name and value.
    fn next(&mut self) -> Option<(&'h [u8], &'h [u8])> {
        let html = self.html;
        let mut at = self.at;
        while html.get(at).is_some_and(|b| b.is_ascii_whitespace() || *b == b'/') {
            at += 1;
        }
        let start = at;
        if matches!(html.get(at), None | Some(b'>')) {
            self.at = at + 1;
            return None;
        }
        // A `=` that nothing stands before is the beginning of a name.
        at += 1;
        while html.get(at).is_some_and(|b| !(b.is_ascii_whitespace() || matches!(b, b'=' | b'>' | b'/'))) {
            at += 1;
        }
        let key = &html[start..at];
        if html.get(at) != Some(&b'=') {
            self.at = at;
            return Some((key, b""));
        }
        at += 1;
        let value = match html.get(at) {
            Some(&quote @ (b'"' | b'\'')) => {
                let value = &html[at + 1..];
                let len = memchr::memchr(quote, value).unwrap_or(value.len());
                self.at = at + 1 + len + 1;
                &value[..len]
            }
            _ => {
                let start = at;
                while html.get(at).is_some_and(|b| !(b.is_ascii_whitespace() || *b == b'>')) {
                    at += 1;
                }
                self.at = at;
                &html[start..at]
            }
        };
        Some((key, value))
    }
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
