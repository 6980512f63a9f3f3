//! Tags and names in a text, by the rules of twitter-text 3.

use super::twitter::{Rules, is_accented, is_space, urls};
use std::ops::Range;
use unicode_normalization::char::is_combining_mark;

/// A name, with its list where one is named: `@name`, `@name/list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// All of it, in bytes.
    pub range: Range<usize>,
    /// The name, in bytes.
    pub name: Range<usize>,
    /// The list with its slash, in bytes; empty where none is named.
    pub list: Range<usize>,
}

/// Letters and marks of any script, without what only looks like letters.
fn is_letter(c: char) -> bool {
    let drawn = matches!(u32::from(c), 0x24B6..=0x24E9 | 0x1F130..=0x1F189 | 0x2160..=0x2188);
    !drawn && (c.is_alphabetic() || (is_combining_mark(c) && !matches!(c, '\u{FE0E}' | '\u{FE0F}')))
}

fn is_digit(c: char) -> bool {
    // Numbers that are no digits are letters or signs.
    c.is_numeric()
        && !matches!(u32::from(c), 0xB2..=0xBE | 0x2070..=0x218B | 0x2460..=0x24FF | 0x2776..=0x2793 | 0x3192..=0x32FF)
}

fn in_tag(c: char) -> bool {
    let special = matches!(
        c,
        '_' | '·'
            | '\u{5BE}'
            | '\u{5F3}'
            | '\u{5F4}'
            | '\u{F0B}'
            | '\u{F0C}'
            | '\u{200C}'
            | '\u{200D}'
            | '〃'
            | '\u{301C}'
            | '\u{309B}'
            | '\u{309C}'
            | '\u{30A0}'
            | '・'
            | '\u{A67E}'
            | '～'
    );
    special || is_letter(c) || is_digit(c)
}

/// The tags of a text as bytes, with their `#`.
pub fn hashtags(text: &str) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while let Some(i) = text[from..].find(['#', '＃']) {
        let at = from + i;
        let hash = text[at..].chars().next().map_or(1, char::len_utf8);
        from = at + hash;
        let before = text[..at].chars().next_back();
        // A tag uses the character before it up, so that of two without a space between them the second is none.
        let touches = out.last().is_some_and(|last| last.end == at);
        let open = before.is_none_or(|c| matches!(c, '\u{FE0E}' | '\u{FE0F}') || !(in_tag(c) || c == '&')) && !touches;
        let rest = &text[from..];
        let bare = rest.starts_with(['\u{FE0F}', '\u{20E3}']);
        let len = rest.find(|c| !in_tag(c)).unwrap_or(rest.len());
        let after = &rest[len..];
        if !open
            || bare
            || !rest[..len].chars().any(is_letter)
            || after.starts_with(['#', '＃'])
            || after.starts_with("://")
        {
            continue;
        }
        out.push(at..from + len);
        from += len;
    }
    if !out.is_empty() {
        let addresses = urls(text, Rules::X);
        out.retain(|tag| {
            !addresses.iter().any(|url| url.start < tag.end && tag.start < url.end && url.start <= tag.start)
        });
    }
    out
}

/// The names of a text, with their lists.
pub fn mentions(text: &str) -> Vec<Mention> {
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(i) = text[from..].find(['@', '＠']) {
        let at = from + i;
        let sign = text[at..].chars().next().map_or(1, char::len_utf8);
        let start = at + sign;
        from = start;
        let before = text[..at].chars().next_back();
        let free =
            before.is_none_or(|c| !(c.is_ascii_alphanumeric() || "_!#$%&*@＠".contains(c))) || is_retweet(&text[..at]);
        let len = text[start..].bytes().take(20).take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        if !free || len == 0 {
            continue;
        }
        let end = start + len;
        let slug = |rest: &str| {
            let rest = rest.strip_prefix('/').filter(|r| r.starts_with(|c: char| c.is_ascii_alphabetic()))?;
            Some(
                1 + rest.bytes().take(25).take_while(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'-').count(),
            )
        };
        let list = slug(&text[end..]).unwrap_or(0);
        let after = text[end + list..].chars().next();
        from = end + list;
        let goes_on =
            after.is_some_and(|c| matches!(c, '@' | '＠') || is_accented(c)) || text[end + list..].starts_with("://");
        if !goes_on {
            out.push(Mention { range: at..end + list, name: start..end, list: end..end + list });
        }
    }
    out
}

/// Whether a name may follow because it is the source of a retweet: `RT@name`, `RT:@name`.
fn is_retweet(before: &str) -> bool {
    let word = before.strip_suffix(':').unwrap_or(before);
    let Some(cut) = word.len().checked_sub(2).filter(|i| word.is_char_boundary(*i)) else { return false };
    let free = word[..cut].chars().next_back().is_none_or(|c| !(c.is_ascii_alphanumeric() || "_+~.-".contains(c)));
    word[cut..].eq_ignore_ascii_case("rt") && free
}

/// The name that a text answers to, in bytes.
pub fn reply(text: &str) -> Option<Range<usize>> {
    let begin = text.trim_start_matches(is_space);
    let name = begin.strip_prefix(['@', '＠'])?;
    let len = name.bytes().take(20).take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let after = &name[len..];
    let goes_on = after.starts_with(['@', '＠']) || after.starts_with(is_accented) || after.starts_with("://");
    let start = text.len() - name.len();
    (len > 0 && !goes_on).then_some(start..start + len)
}

/// The signs of shares in a text (`$ABC`), as bytes.
pub fn cashtags(text: &str) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for (at, _) in text.match_indices('$') {
        let free = text[..at].chars().next_back().is_none_or(is_space) && out.last().is_none_or(|l| l.end < at);
        let rest = &text[at + 1..];
        let letters = rest.bytes().take(6).take_while(u8::is_ascii_alphabetic).count();
        let more = rest[letters..]
            .strip_prefix(['.', '_'])
            .map_or(0, |r| r.bytes().take(2).take_while(u8::is_ascii_alphabetic).count());
        let ends = |i: usize| {
            rest[i..]
                .chars()
                .next()
                .is_none_or(|c| c.is_whitespace() || (c.is_ascii_punctuation() && !matches!(c, '"' | '`')))
        };
        let whole = if more > 0 { letters + 1 + more } else { letters };
        let len = if ends(whole) { whole } else { letters };
        if free && letters > 0 && ends(len) {
            out.push(at..at + 1 + len);
        }
    }
    out
}

/// Whether a text is one name (`@name`).
pub fn is_name(text: &str) -> bool {
    matches!(mentions(text).as_slice(), [m] if m.list.is_empty() && m.range == (0..text.len()))
}

/// Whether a text is one list (`@name/list`).
pub fn is_list(text: &str) -> bool {
    matches!(mentions(text).as_slice(), [m] if !m.list.is_empty() && m.range == (0..text.len()))
}

/// Whether a text is one tag (`#tag`).
pub fn is_hashtag(text: &str) -> bool {
    matches!(hashtags(text).as_slice(), [tag] if *tag == (0..text.len()))
}

/// Whether a text is an address (RFC 3986, with letters of other scripts).
pub fn is_url(text: &str, needs_protocol: bool) -> bool {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        None => ("", text),
    };
    let known = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    if !(known || (scheme.is_empty() && !needs_protocol)) {
        return false;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let in_segment =
        |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@%|".contains(c) || matches!(c, '\u{400}'..='\u{4FF}');
    is_authority(authority)
        && path.chars().all(|c| in_segment(c) || c == '/')
        && [query, fragment].iter().all(|t| t.chars().all(|c| in_segment(c) || c == '/' || c == '?'))
}

fn is_authority(authority: &str) -> bool {
    let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(u, h)| (u, h));
    if !user.chars().all(|c| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:%|".contains(c)) {
        return false;
    }
    let (host, port) = match host.strip_prefix('[').and_then(|h| h.split_once(']')) {
        Some((six, port)) => {
            let groups = !six.is_empty() && six.bytes().all(|b| b.is_ascii_hexdigit() || b == b':' || b == b'.');
            return groups && (port.is_empty() || is_port(port.strip_prefix(':').unwrap_or("x")));
        }
        None => host.rsplit_once(':').map_or((host, "1"), |(h, p)| (h, p)),
    };
    is_port(port) && (is_four(host) || is_domain(host))
}

fn is_port(port: &str) -> bool {
    (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit())
}

fn is_four(host: &str) -> bool {
    host.split('.').count() == 4
        && host.split('.').all(|n| n.parse::<u8>().is_ok() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// Names of two labels or more; underscores stand in those before the last two alone.
fn is_domain(host: &str) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let letter = |c: char| c.is_ascii_alphanumeric() || !c.is_ascii();
    let label = |(i, l): (usize, &&str)| {
        let low = i + 2 < labels.len();
        !l.is_empty()
            && !l.starts_with(['-', '_'])
            && !l.ends_with(['-', '_'])
            && l.chars().all(|c| letter(c) || c == '-' || (low && c == '_'))
    };
    let last = labels.last().copied().unwrap_or_default();
    let top = last.chars().all(|c| c.is_ascii_alphabetic() || !c.is_ascii()) && last.chars().count() >= 2;
    labels.len() > 1 && top && labels.iter().enumerate().all(label)
}
