//! Facets: which bytes of a post on Bluesky are a link, a tag or a mention (docs.bsky.app, "Links, mentions, and rich text").

use super::graphemes;
use super::twitter::is_invalid;
use serde::Serialize;

/// What a part of a post is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Feature {
    /// The address.
    Link(String),
    /// The tag, without `#`.
    Tag(String),
    /// The handle, without `@`. Its account is looked up when the post is sent.
    Mention(String),
}

/// A part of a post that is more than text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Facet {
    /// Its first byte, in UTF-8.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// What it is.
    pub feature: Feature,
}

/// The longest tag, in graphemes (`app.bsky.richtext.facet`).
const LONGEST_TAG: usize = 64;

/// The facets of a post, by place.
pub fn facets(text: &str) -> Vec<Facet> {
    let mut out = Vec::new();
    let mut start = 0;
    for word in text.split(char::is_whitespace) {
        let at = start;
        start += word.len() + text[start + word.len()..].chars().next().map_or(0, char::len_utf8);
        let open = word.len() - word.strip_prefix('(').unwrap_or(word).len();
        out.extend(
            link(&word[open..], at + open).or_else(|| mention(&word[open..], at + open)).or_else(|| tag(word, at)),
        );
    }
    out
}

fn facet(start: usize, len: usize, feature: Feature) -> Option<Facet> {
    Some(Facet { start, end: start + len, feature })
}

fn link(word: &str, at: usize) -> Option<Facet> {
    let has_scheme = word.starts_with("https://") || word.starts_with("http://");
    if !has_scheme {
        let run = word.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'.' || *b == b'-').count();
        let host = word[..run].trim_end_matches(['.', '-']);
        let named = host.starts_with(|c: char| c.is_ascii_alphabetic()) && host.contains('.');
        let urls = || super::twitter::urls(host, super::twitter::Rules::X);
        let found = named && urls().first() == Some(&(0..host.len()));
        if !found {
            return None;
        }
    }
    let mut address = word.strip_suffix(['.', ',', ';', ':', '!', '?']).unwrap_or(word);
    if address.ends_with(')') && !address.contains('(') {
        address = &address[..address.len() - 1];
    }
    let whole = if has_scheme { address.to_string() } else { format!("https://{address}") };
    if whole.len() <= "https://".len() {
        return None;
    }
    facet(at, address.len(), Feature::Link(whole))
}

fn mention(word: &str, at: usize) -> Option<Facet> {
    let handle = word.strip_prefix('@')?;
    let len = handle.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'.' || *b == b'-').count();
    let handle = handle[..len].trim_end_matches(['.', '-']);
    let fits =
        handle.contains('.') && handle.split('.').all(|l| !l.is_empty() && !l.starts_with('-') && !l.ends_with('-'));
    if !fits {
        return None;
    }
    facet(at, 1 + handle.len(), Feature::Mention(handle.to_string()))
}

fn tag(word: &str, at: usize) -> Option<Facet> {
    let hash = word.chars().next().filter(|c| matches!(c, '#' | '＃'))?;
    let tag = word[hash.len_utf8()..].trim_end_matches(|c: char| c.is_ascii_punctuation() || is_mark(c));
    let letters = tag.chars().any(|c| !c.is_ascii_digit() && !c.is_ascii_punctuation());
    if !letters || tag.starts_with('\u{FE0F}') || tag.contains(is_invalid) || graphemes(tag) > LONGEST_TAG {
        return None;
    }
    facet(at, hash.len_utf8() + tag.len(), Feature::Tag(tag.to_string()))
}

fn is_mark(c: char) -> bool {
    matches!(c, '‘' | '’' | '“' | '”' | '…' | '–' | '—' | '»' | '«' | '、' | '。' | '！' | '？')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let parts = facets(text).into_iter();
        parts.map(|f| format!("{} {:?}", &text[f.start..f.end], f.feature)).collect()
    }

    /// From the tests of `@atproto/api` (rich-text-detection), as facts.
    #[test]
    fn places_are_bytes() {
        assert_eq!(shown("is “é” (https://a.io/x). ok")[0], "https://a.io/x Link(\"https://a.io/x\")");
        assert_eq!(shown("start https://middle.com/foo/bar?baz=bux#hash end").len(), 1);
        assert_eq!(
            shown("https://foo.com/thing_(cool)"),
            ["https://foo.com/thing_(cool) Link(\"https://foo.com/thing_(cool)\")"]
        );
        assert_eq!(shown("middle.com"), ["middle.com Link(\"https://middle.com\")"]);
        assert_eq!(shown("(pip.com) e.g. file.foobarbaz"), ["pip.com Link(\"https://pip.com\")"]);
        assert_eq!(
            (shown(&format!("#{}", "a".repeat(64))).len(), shown(&format!("#{}", "a".repeat(65))).len()),
            (1, 0)
        );
        assert_eq!(shown("hey @full.bsky.social, @no"), ["@full.bsky.social Mention(\"full.bsky.social\")"]);
        assert_eq!(
            shown("#tag, #1 #1a ##x #no😀 #️⃣"),
            ["#tag Tag(\"tag\")", "#1a Tag(\"1a\")", "##x Tag(\"#x\")", "#no😀 Tag(\"no😀\")"]
        );
    }
}
