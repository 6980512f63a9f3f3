//! Reading what was rendered: where a page leads, and what can be led to on it.
//!
//! Our own scanner, because every byte of every page passes here: it looks at tags only, at memory speed.

use crate::site::query::{Link, id_hash};
use crate::text;
use rustc_hash::FxHashSet;

/// Links and ids of a page.
#[derive(Default)]
pub(super) struct Seen {
    /// Addresses of this site, once each: `/path/` or `/path/#id`, without the base path, decoded.
    pub links: Vec<Link>,
    /// Hashes of the ids, sorted.
    pub ids: Vec<u32>,
}

/// Scans a page that stands at `path` of a site whose links begin with `base` (`""`, `/docs`) or `origin`.
pub(super) fn scan(html: &str, path: &str, base: &str, origin: &str) -> Seen {
    let mut seen = Seen::default();
    let mut known: FxHashSet<&str> = FxHashSet::default();
    let bytes = html.as_bytes();
    let mut from = 0;
    while let Some(i) = memchr::memchr(b'<', &bytes[from..]) {
        let start = from + i + 1;
        match bytes.get(start) {
            Some(b'!') if html[start..].starts_with("!--") => {
                from = html[start..].find("-->").map_or(bytes.len(), |e| start + e);
                continue;
            }
            Some(b) if b.is_ascii_alphabetic() => {}
            _ => {
                from = start;
                continue;
            }
        }
        let end = tag_end(bytes, start);
        let tag = &html[start..end];
        let name_len = tag.bytes().take_while(|b| b.is_ascii_alphanumeric()).count();
        let mut rest = &tag[name_len..];
        while let Some((key, value, after)) = attribute(rest) {
            rest = after;
            match key {
                "href" | "src" | "poster" if known.insert(value) => {
                    seen.links.extend(local(value, path, base, origin));
                }
                "id" if !value.is_empty() => seen.ids.push(id_hash(value)),
                "name" if &tag[..name_len] == "a" && !value.is_empty() => seen.ids.push(id_hash(value)),
                "srcset" => {
                    for part in value.split(',') {
                        let address = part.trim().split(' ').next().unwrap_or("");
                        seen.links.extend(local(address, path, base, origin));
                    }
                }
                _ => {}
            }
        }
        from = end;
        if matches!(&tag[..name_len], "script" | "style") {
            let close = if tag.starts_with("script") { "</script" } else { "</style" };
            from = html[from..].find(close).map_or(bytes.len(), |e| from + e);
        }
    }
    seen.ids.sort_unstable();
    seen.ids.dedup();
    seen
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
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
    if rest.is_empty() {
        return None;
    }
    let len = rest.bytes().position(|b| b == b'=' || b.is_ascii_whitespace()).unwrap_or(rest.len()).max(1);
    let (key, after) = (rest.get(..len)?, rest.get(len..)?);
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

/// The address of this site that a value leads to; none for other sites and for the top of the page itself.
fn local(value: &str, path: &str, base: &str, origin: &str) -> Option<Link> {
    let value = if value.contains('&') { &*value.replace("&amp;", "&") } else { value };
    let inside = if let Some(rest) = value.strip_prefix(origin).filter(|r| r.is_empty() || r.starts_with(['/', '#', '?'])) {
        rest.strip_prefix(base).unwrap_or(rest)
    } else if text::is_external(value) || value.starts_with("data:") {
        return None;
    } else if value.starts_with('/') {
        // Outside the base path is another site on the same host.
        if base.is_empty() { value } else { value.strip_prefix(base).filter(|r| r.is_empty() || r.starts_with(['/', '#', '?']))? }
    } else if value.starts_with('#') {
        return fragment(value).map(|id| format!("{path}#{id}").into());
    } else {
        let (to, suffix) = value.split_at(value.find(['?', '#']).unwrap_or(value.len()));
        let dir = &path[..path.rfind('/').map_or(0, |i| i + 1)];
        let slash = if to.is_empty() || to.ends_with('/') { "/" } else { "" };
        let joined = crate::source::normalize(dir, to)?;
        return join(&format!("/{joined}{slash}{suffix}").replace("//", "/"));
    };
    join(if inside.is_empty() { "/" } else { inside })
}

fn fragment(value: &str) -> Option<String> {
    let id = text::percent_decode(value.strip_prefix('#')?)?;
    (!id.is_empty() && id != "top").then(|| id.into_owned())
}

fn join(address: &str) -> Option<Link> {
    let split = address.find(['?', '#']).unwrap_or(address.len());
    let path = text::percent_decode(&address[..split])?;
    let id = address.find('#').and_then(|i| fragment(&address[i..]));
    Some(match id {
        Some(id) => format!("{path}#{id}").into(),
        None => path.as_ref().into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_ids_of_a_page() {
        let html = r##"<!doctype html><!-- <a href="/no/"> --><h1 id="a">x</h1><a href="/b/c/?q=1#d%20e">b</a><a href='#a'>
            <img src="../p.png" alt=""><a href="https://x.io/docs/z/#q"><a href="https://other.io/">o</a><a title="a > b" href=/docs/u>
            <script>"<a href='/no/'>"</script><a href="mailto:x@y"><a href="/docs/?a&amp;b">"##;
        let seen = scan(html, "/t/s/", "/docs", "https://x.io");
        let links: Vec<_> = seen.links.iter().map(|l| &**l).collect();
        assert_eq!(links, ["/t/s/#a", "/t/p.png", "/z/#q", "/u", "/"]);
        assert_eq!(seen.ids, [id_hash("a")]);
        let seen = scan(html, "/t/s/", "", "https://x.io");
        assert!(seen.links.iter().any(|l| &**l == "/b/c/#d e"));
        for broken in ["<", "<a", "<a href", "<a href=\"", "<a href='x", "<é", "<a é=ü>", "<a =x>"] {
            scan(broken, "/", "", "");
        }
    }
}
