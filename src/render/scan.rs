//! Reading what was rendered: where a page leads, and what can be led to on it.
//!
//! Our own scanner, because every byte of every page passes here: it looks at tags only, at memory speed.

use crate::site::RouteId;
use crate::site::query::id_hash;
use crate::text;
use std::sync::Arc;

/// Links and ids of a page.
#[derive(Default)]
pub(super) struct Seen {
    /// Pages and files of this site that it leads to, once each.
    pub links: Vec<RouteId>,
    /// What it leads to beside: parts of pages (`/path/#id`), and nothing (`/path/`).
    pub parts: Vec<Arc<str>>,
    /// Hashes of the ids, sorted.
    pub ids: Vec<u32>,
}

enum Link {
    To(RouteId),
    Part(Arc<str>),
}

impl Seen {
    fn add(&mut self, link: Option<Link>) {
        match link {
            Some(Link::To(route)) => self.links.push(route),
            Some(Link::Part(path)) => self.parts.push(path),
            None => {}
        }
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
    /// Scans a page.
    pub(super) fn page(&self, html: &str) -> Seen {
        let mut seen = Seen::default();
        let bytes = html.as_bytes();
        let mut from = 0;
        while let Some(i) = memchr::memchr(b'<', &bytes[from..]) {
            let start = from + i + 1;
            from = start;
            match bytes.get(start) {
                Some(b'!') if bytes[start..].starts_with(b"!--") => {
                    from = memchr::memmem::find(&bytes[start..], b"-->").map_or(bytes.len(), |e| start + e);
                    continue;
                }
                Some(b) if b.is_ascii_alphabetic() => {}
                _ => continue,
            }
            let name_len = bytes[start..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
            let name = &html[start..start + name_len];
            if bytes.get(start + name_len) == Some(&b'>') && !matches!(name, "script" | "style") {
                continue;
            }
            let end = tag_end(bytes, start);
            let mut rest = &html[start + name_len..end];
            while let Some((key, value, after)) = attribute(rest) {
                rest = after;
                match key {
                    "href" | "src" | "poster" => seen.add(self.local(value)),
                    "id" if !value.is_empty() => seen.ids.push(id_hash(value)),
                    "name" if name == "a" && !value.is_empty() => seen.ids.push(id_hash(value)),
                    "srcset" => {
                        let addresses = value.split(',').map(|part| part.trim().split(' ').next().unwrap_or(""));
                        addresses.for_each(|a| seen.add(self.local(a)));
                    }
                    _ => {}
                }
            }
            from = end;
            if matches!(name, "script" | "style") {
                let close: &[u8] = if name == "script" { b"</script" } else { b"</style" };
                from = memchr::memmem::find(&bytes[from..], close).map_or(bytes.len(), |e| from + e);
            }
        }
        seen.links.sort_unstable();
        seen.links.dedup();
        seen.links.shrink_to_fit();
        seen.parts.sort_unstable();
        seen.parts.dedup();
        seen.ids.sort_unstable();
        seen.ids.dedup();
        seen.ids.shrink_to_fit();
        seen
    }

    /// Where a value leads to on this site; none for other sites and for the top of the page itself.
    fn local(&self, value: &str) -> Option<Link> {
        if self.base.is_empty() && value.starts_with('/') {
            // Nearly every link: to a page by its path.
            if let Some(route) = (self.find)(value) {
                return Some(Link::To(route));
            }
        }
        let unescaped;
        let value = match memchr::memchr(b'&', value.as_bytes()) {
            Some(_) => {
                unescaped = value.replace("&amp;", "&");
                &unescaped
            }
            None => value,
        };
        let own = |rest: &&str| rest.is_empty() || rest.starts_with(['/', '#', '?']);
        let inside = if value.starts_with('#') {
            return fragment(value).map(|id| Link::Part(format!("{}#{id}", self.path).into()));
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

    fn join(&self, address: &str) -> Option<Link> {
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

/// The `>` that ends a tag; quotes may hold others.
fn tag_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(i) = memchr::memchr3(b'>', b'"', b'\'', &bytes[at..]) {
        let here = at + i;
        if bytes[here] == b'>' {
            return here;
        }
        match memchr::memchr(bytes[here], &bytes[here + 1..]) {
            Some(close) => at = here + 1 + close + 1,
            None => return bytes.len(),
        }
    }
    bytes.len()
}

/// The next attribute of a tag: name, value, what follows.
fn attribute(rest: &str) -> Option<(&str, &str, &str)> {
    let bytes = rest.as_bytes();
    let start = bytes.iter().position(|b| !b.is_ascii_whitespace() && *b != b'/')?;
    let rest = &rest[start..];
    let end = rest.bytes().position(|b| b == b'=' || b.is_ascii_whitespace()).unwrap_or(rest.len());
    // An attribute without a name is passed over with its first character.
    let end = if end == 0 { rest.chars().next().map_or(1, char::len_utf8) } else { end };
    let (key, after) = rest.split_at(end);
    let Some(value) = after.strip_prefix('=') else { return Some((key, "", after)) };
    match value.as_bytes().first() {
        Some(&quote @ (b'"' | b'\'')) => {
            let inner = &value[1..];
            let end = memchr::memchr(quote, inner.as_bytes()).unwrap_or(inner.len());
            Some((key, &inner[..end], inner.get(end + 1..).unwrap_or_default()))
        }
        _ => {
            let end = value.bytes().position(|b| b.is_ascii_whitespace()).unwrap_or(value.len());
            Some((key, &value[..end], &value[end..]))
        }
    }
}

fn fragment(value: &str) -> Option<String> {
    let id = text::percent_decode(value.strip_prefix('#')?)?;
    (!id.is_empty() && id != "top").then(|| id.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_ids_of_a_page() {
        let html = r##"<!doctype html><!-- <a href="/no/"> --><h1 id="a">x</h1><a href="/b/c/?q=1#d%20e">b</a><a href='#a'>
            <img src="../p.png" alt=""><a href="https://x.io/docs/z/#q"><a href="https://other.io/">o</a><a title="a > b" href=/docs/u>
            <script>"<a href='/no/'>"</script><a href="mailto:x@y"><a href="/docs/?a&amp;b">"##;
        let find = |path: &str| (path == "/u").then_some(RouteId(7));
        let scan = |base, html| Scan { path: "/t/s/", base, origin: "https://x.io", find: &find }.page(html);
        let seen = scan("/docs", html);
        let parts: Vec<_> = seen.parts.iter().map(|p| &**p).collect();
        assert_eq!((seen.links, parts), (vec![RouteId(7)], vec!["/", "/t/p.png", "/t/s/#a", "/z/#q"]));
        assert_eq!(seen.ids, [id_hash("a")]);
        assert!(scan("", html).parts.iter().any(|p| &**p == "/b/c/#d e"));
        for broken in ["<", "<a", "<a href", "<a href=\"", "<a href='x", "<é", "<a é=ü>", "<a =x>", "<a ==>"] {
            scan("", broken);
        }
    }
}
