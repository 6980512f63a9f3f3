//! Raw HTML in markdown: the addresses in it are links like any other, and what the policy blocks is said.

use crate::text;
use std::ops::Range;

/// A part of a chunk of raw HTML. `Text` and `Address` together are all of it, in order.
#[derive(Debug, PartialEq)]
pub(super) struct Part {
    pub at: Range<usize>,
    pub kind: Kind,
}

#[derive(Debug, PartialEq)]
pub(super) enum Kind {
    /// Copied as it stands.
    Text,
    /// The value of an attribute that holds an address, entities undone.
    Address(String),
    /// Something is loaded from this origin.
    Loads(String),
    /// What the content security policy blocks.
    Blocked(String),
}

const ADDRESSES: [&str; 4] = ["href", "src", "poster", "data"];
const LOADING: [&str; 9] = ["img", "iframe", "script", "video", "audio", "source", "embed", "object", "link"];

/// Reads a chunk. Chunks may begin or end inside a tag; what cannot be read is text.
pub(super) fn read(html: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut done = 0;
    let mut from = 0;
    while let Some(i) = html[from..].find('<') {
        let start = from + i;
        if html[start..].starts_with("<!--") {
            from = html[start..].find("-->").map_or(html.len(), |e| start + e + 3);
            continue;
        }
        let name_len =
            html[start + 1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(html.len() - start - 1);
        let name = html[start + 1..start + 1 + name_len].to_ascii_lowercase();
        if name.is_empty() {
            from = start + 1;
            continue;
        }
        if name == "script" || name == "style" {
            parts
                .push(Part { at: start..start + 1 + name_len, kind: Kind::Blocked(format!("`<{name}>` in the text")) });
        }
        let mut tag = Attributes { html, at: start + 1 + name_len };
        while let Some((attribute, value)) = tag.next() {
            let key = html[attribute.clone()].to_ascii_lowercase();
            if key == "style" || (key.starts_with("on") && key.len() > 2) {
                parts.push(Part { at: attribute.clone(), kind: Kind::Blocked(format!("the attribute `{key}`")) });
            }
            if !ADDRESSES.contains(&&*key) || value.is_empty() {
                continue;
            }
            let address = decode(&html[value.clone()]);
            if LOADING.contains(&&*name)
                && let Some(origin) = text::origin(&address)
            {
                parts.push(Part { at: value.clone(), kind: Kind::Loads(origin.to_string()) });
            }
            parts.push(Part { at: done..value.start, kind: Kind::Text });
            parts.push(Part { at: value.clone(), kind: Kind::Address(address) });
            done = value.end;
        }
        from = tag.at;
    }
    parts.push(Part { at: done..html.len(), kind: Kind::Text });
    parts
}

fn decode(value: &str) -> String {
    value.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

struct Attributes<'a> {
    html: &'a str,
    at: usize,
}

impl Attributes<'_> {
    /// The next attribute's name and value, as ranges; `None` at the end of the tag.
    fn next(&mut self) -> Option<(Range<usize>, Range<usize>)> {
        let rest = &self.html[self.at..];
        self.at += rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/').len();
        let rest = &self.html[self.at..];
        if rest.is_empty() || rest.starts_with('>') {
            self.at = (self.at + 1).min(self.html.len());
            return None;
        }
        let len = rest
            .find(|c: char| c.is_ascii_whitespace() || "=>/".contains(c))
            .unwrap_or(rest.len())
            .max(rest.chars().next().map_or(1, char::len_utf8));
        let name = self.at..self.at + len;
        self.at = name.end;
        let after = self.html[self.at..].trim_start();
        let Some(value) = after.strip_prefix('=') else { return Some((name.clone(), name.end..name.end)) };
        let value = value.trim_start();
        let start = self.html.len() - value.len();
        let range = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let len = value[1..].find(quote).unwrap_or(value.len() - 1);
                self.at = (start + 1 + len + 1).min(self.html.len());
                start + 1..start + 1 + len
            }
            _ => {
                let len = value.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(value.len());
                self.at = start + len;
                start..start + len
            }
        };
        Some((name, range))
    }
}

/// A heading's HTML for the table of contents, where links cannot stand in links.
pub(super) fn without_links(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(i) = rest.find('<') {
        out.push_str(&rest[..i]);
        let tag = &rest[i..];
        let end = tag.find('>').map_or(tag.len(), |e| e + 1);
        let dropped = ["<a ", "</a>", "<a>", "<img", "<sup class=\"footnote\""].iter().any(|t| tag.starts_with(t));
        if tag.starts_with("<sup class=\"footnote\"") {
            let close = tag.find("</sup>").map_or(tag.len(), |e| e + 6);
            rest = &tag[close..];
            continue;
        }
        if !dropped {
            out.push_str(&tag[..end]);
        }
        rest = &tag[end..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_blocked_things_are_found() {
        let html = r#"<p style="x"><a class=b href='../a.md?x&amp;y'>t</a><img src="https://x.y/z.png"><!-- <a href="no"> -->"#;
        let parts = read(html);
        let mut joined = String::new();
        let mut found = Vec::new();
        for part in &parts {
            match &part.kind {
                Kind::Text => joined.push_str(&html[part.at.clone()]),
                Kind::Address(a) => {
                    joined.push_str(&html[part.at.clone()]);
                    found.push(a.as_str());
                }
                Kind::Loads(origin) => assert_eq!(origin, "https://x.y"),
                Kind::Blocked(what) => assert_eq!(what, "the attribute `style`"),
            }
        }
        assert_eq!((joined.as_str(), found), (html, vec!["../a.md?x&y", "https://x.y/z.png"]));
        for broken in ["<", "<a", "<a href", "<a href=", "<a href=\"", "<é x=ü", "</", "<a é"] {
            read(broken);
        }
    }

    #[test]
    fn links_leave_headings() {
        assert_eq!(
            without_links("a <a href=\"x\">b <code>c</code></a><sup class=\"footnote\"><a>1</a></sup>"),
            "a b <code>c</code>"
        );
    }
}
