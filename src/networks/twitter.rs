//! Addresses in a text, and its weight on X: the rules of twitter-text 3 (github.com/twitter/twitter-text). Mastodon finds
//! addresses by the same rules, but for what may stand in a path.

use super::emoji;
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

/// The top-level domains that twitter-text 3.1 knows (its lists, Apache-2.0).
static TLDS: LazyLock<FxHashSet<&str>> = LazyLock::new(|| include_str!("tlds.txt").lines().collect());

/// What an address counts, however long it is.
pub const URL: usize = 23;

/// The longest address, in UTF-16 code units.
const LONGEST_URL: usize = 4096;
/// The longest part of a domain, encoded.
const LONGEST_LABEL: usize = 63;
/// The longest path of a `t.co` address.
const LONGEST_SLUG: usize = 40;

/// Whose rules find addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// X: also without `https://`.
    X,
    /// Mastodon: with `http://` or `https://`, and any letter in paths.
    Mastodon,
}

pub(super) fn is_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | ' ' | '\u{85}' | '\u{A0}' | '\u{1680}' | '\u{180E}' | '\u{2000}'..='\u{200A}' | '\u{2028}' | '\u{2029}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

fn is_directional(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2066}'..='\u{2069}')
}

/// Characters that no post may hold.
pub fn is_invalid(c: char) -> bool {
    matches!(c, '\u{FFFE}' | '\u{FEFF}' | '\u{FFFF}')
}

fn in_domain(c: char) -> bool {
    match c {
        _ if c.is_ascii_alphanumeric() => true,
        _ if c.is_ascii() => (c < ' ' && !('\t'..='\r').contains(&c)) || c == '"' || c == '`' || c == '\u{7F}',
        _ => !is_space(c) && !is_directional(c) && !is_invalid(c),
    }
}

/// Whether an address may follow.
fn may_precede(c: char) -> bool {
    !(c.is_ascii_alphanumeric() || matches!(c, '@' | '＠' | '$' | '#' | '＃') || is_invalid(c))
}

/// Latin letters with marks, of either case.
pub(super) fn is_accented(c: char) -> bool {
    matches!(c, 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='\u{24F}' | '\u{253}' | '\u{254}' | '\u{256}' | '\u{257}' | '\u{259}' | '\u{25B}' | '\u{260}' | '\u{263}' | '\u{268}' | '\u{269}' | '\u{26F}' | '\u{272}' | '\u{275}' | '\u{280}' | '\u{283}' | '\u{288}'..='\u{28C}' | '\u{292}' | '\u{2BB}' | '\u{300}'..='\u{36F}' | '\u{399}' | '\u{3B9}' | '\u{1E00}'..='\u{1EFF}' | '\u{1FBE}' | '\u{2C65}' | '\u{2C66}' | '\u{2C7E}' | '\u{2C7F}' | '\u{A7DC}')
}

fn is_path_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || is_accented(c) || matches!(c, '\u{400}'..='\u{4FF}' | '\u{1C80}'..='\u{1C87}')
}

impl Rules {
    fn in_path(self, c: char) -> bool {
        match self {
            Rules::X => is_path_letter(c) || c == '–' || is_among(c, const { ascii("!*';:=+,.$/%#[]-_~@|&") }),
            Rules::Mastodon => !c.is_whitespace() && !is_among(c, const { ascii("<>()?") }),
        }
    }

    fn ends_path(self, c: char) -> bool {
        match self {
            Rules::X => is_path_letter(c) || is_among(c, const { ascii("+-=_#/") }),
            Rules::Mastodon => {
                let never = const { ascii("()?!*\"'<>;:=,.$%[]~&|@") };
                !c.is_whitespace() && !is_among(c, never) && !matches!(c, '「' | '」')
            }
        }
    }

    fn in_query(self, c: char) -> bool {
        let other = self == Rules::Mastodon && (c == '^' || !c.is_ascii() && !c.is_whitespace() && !c.is_control());
        c.is_ascii_alphanumeric() || is_among(c, const { ascii("!?*'@();:&=+$/%#[]-_.,~|") }) || other
    }

    fn ends_query(self, c: char) -> bool {
        c.is_ascii_alphanumeric()
            || is_among(c, const { ascii("-_&=#/") })
            || (self == Rules::Mastodon && !c.is_ascii() && self.in_query(c))
    }
}

/// Characters of ASCII as a set.
const fn ascii(chars: &str) -> u128 {
    let (mut set, mut i) = (0, 0);
    while i < chars.len() {
        set |= 1 << chars.as_bytes()[i];
        i += 1;
    }
    set
}

fn is_among(c: char, set: u128) -> bool {
    c.is_ascii() && set >> u32::from(c) & 1 == 1
}

/// An address that was found, before it is known to be one.
struct Found {
    protocol: usize,
    domain: Range<usize>,
    path: bool,
    end: usize,
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The addresses of a text, in order, as bytes.
pub fn urls(text: &str, rules: Rules) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let (mut at, mut from) = (0, 0);
    while let Some(dot) = next_dot(text, from) {
        // An address holds no white space, so that it begins after the last one before its dot.
        let begin = text[at..dot].rfind(is_space).map_or(at, |i| at + i);
        match first_address(text, begin..dot, rules) {
            Some((found, before)) => {
                at = found.end;
                from = at;
                accept(text, found, before, rules, &mut out);
            }
            None => (at, from) = (dot, dot + 1),
        }
    }
    out
}

/// The first address whose preceding character stands in a range, and that character.
fn first_address(text: &str, range: Range<usize>, rules: Rules) -> Option<(Found, char)> {
    for (i, c) in text[range.clone()].char_indices() {
        let at = range.start + i;
        if may_precede(c) {
            // JavaScript sees two halves in a character of a higher plane: the first may precede, the second be a name.
            let half = if c.len_utf16() == 2 { domain(text, at).map(|d| rest(text, 0, d, rules)) } else { None };
            if let Some(found) = half.or_else(|| address(text, at + c.len_utf8(), rules)) {
                return Some((found, c));
            }
        }
        if at == 0
            && let Some(found) = address(text, 0, rules)
        {
            return Some((found, ' '));
        }
    }
    None
}

/// The next dot that a name may follow.
fn next_dot(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'.', bytes.get(from..)?).map(|i| from + i).find(|i| {
        let next = bytes.get(i + 1);
        next.is_some_and(|b| b.is_ascii_alphanumeric() || !b.is_ascii())
    })
}

/// An address that begins at a byte, with its protocol or without.
fn address(text: &str, at: usize, rules: Rules) -> Option<Found> {
    let begins =
        |word: &str| text.as_bytes().get(at..at + word.len()).is_some_and(|b| b.eq_ignore_ascii_case(word.as_bytes()));
    let protocol = ["https://", "http://"].into_iter().find(|p| begins(p)).map_or(0, str::len);
    if protocol > 0
        && let Some(domain) = domain(text, at + protocol)
    {
        return Some(rest(text, protocol, domain, rules));
    }
    domain(text, at).map(|d| rest(text, 0, d, rules))
}

/// The longest domain that begins at a byte.
fn domain(text: &str, start: usize) -> Option<Range<usize>> {
    let mut at = start;
    let mut best = None;
    // Whether a top-level domain may begin here: after a name without underscores.
    let mut after_name = false;
    loop {
        if after_name && let Some(end) = tld(text, at) {
            best = Some(start..end);
        }
        let mut chars = text[at..].char_indices();
        let (mut end, mut last, mut low) = (text.len() - at, None, false);
        for (i, c) in &mut chars {
            if !in_domain(c) && c != '_' && c != '-' {
                end = i;
                break;
            }
            low |= c == '_';
            last = Some(c);
        }
        let label = &text[at..at + end];
        let fits = !label.starts_with(['-', '_']) && last.is_some_and(|c| c != '-' && c != '_');
        if !fits || text.as_bytes().get(at + end) != Some(&b'.') {
            return best;
        }
        after_name = !low;
        at += end + 1;
    }
}

/// Where a top-level domain that begins at a byte ends.
fn tld(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    let closed = |i: usize| {
        rest[i..].chars().next().is_none_or(|c| !(c.is_ascii_alphanumeric() || matches!(c, '@' | '+' | '-')))
    };
    let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    if letters > 0 {
        let mut lower = [0; 32];
        if let Some(word) = lower.get_mut(..letters).filter(|_| closed(letters)) {
            word.copy_from_slice(&rest.as_bytes()[..letters]);
            word.make_ascii_lowercase();
            if std::str::from_utf8(word).is_ok_and(|w| TLDS.contains(w)) {
                return Some(at + letters);
            }
        }
    } else if rest.chars().next().is_some_and(|c| !c.is_ascii()) {
        let ends: Vec<usize> =
            rest.char_indices().take(24).take_while(|(_, c)| !c.is_ascii()).map(|(i, c)| i + c.len_utf8()).collect();
        let known = |end: &&usize| closed(**end) && TLDS.contains(&*rest[..**end].to_lowercase());
        if let Some(end) = ends.iter().rev().find(known) {
            return Some(at + end);
        }
    }
    let bytes = rest.as_bytes();
    let coded = bytes.get(..4).is_some_and(|b| b.eq_ignore_ascii_case(b"xn--"));
    let len = bytes.iter().skip(4).take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
    (coded && len > 0).then_some(at + 4 + len)
}

/// Port, path and query after a domain.
fn rest(text: &str, protocol: usize, domain: Range<usize>, rules: Rules) -> Found {
    let mut end = domain.end;
    let bytes = text.as_bytes();
    if bytes.get(end) == Some(&b':') {
        let digits = bytes[end + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        end += if digits > 0 { 1 + digits } else { 0 };
    }
    let path = bytes.get(end) == Some(&b'/');
    if path {
        end = path_end(text, end + 1, rules);
    }
    if bytes.get(end) == Some(&b'?') {
        let mut last = None;
        for (i, c) in text[end + 1..].char_indices().take_while(|(_, c)| rules.in_query(*c)) {
            if rules.ends_query(c) {
                last = Some(end + 1 + i + c.len_utf8());
            }
        }
        end = last.unwrap_or(end);
    }
    Found { protocol, domain, path, end }
}

fn path_end(text: &str, from: usize, rules: Rules) -> usize {
    let (mut at, mut end) = (from, from);
    while let Some(c) = text[at..].chars().next() {
        if rules.in_path(c) {
            at += c.len_utf8();
            end = if rules.ends_path(c) { at } else { end };
        } else if let Some(after) = balanced(text, at, rules, 1) {
            (at, end) = (after, after);
        } else {
            break;
        }
    }
    end
}

/// Where parentheses that open at a byte close; they may hold one other pair.
fn balanced(text: &str, open: usize, rules: Rules, deeper: usize) -> Option<usize> {
    if text.as_bytes().get(open) != Some(&b'(') {
        return None;
    }
    let (mut at, mut pairs) = (open + 1, 0);
    loop {
        let c = text[at..].chars().next()?;
        match c {
            ')' => return (at > open + 1).then_some(at + 1),
            '(' if deeper > 0 && pairs == 0 => {
                at = balanced(text, at, rules, 0)?;
                pairs += 1;
            }
            c if rules.in_path(c) => at += c.len_utf8(),
            _ => return None,
        }
    }
}

/// Adds what is an address of what was found.
fn accept(text: &str, found: Found, before: char, rules: Rules, out: &mut Vec<Range<usize>>) {
    let domain = &text[found.domain.clone()];
    let start = found.domain.start - found.protocol;
    let written = if found.protocol > 0 { found.protocol } else { "https://".len() };
    if !labels_fit(domain) || written + units(&text[start..found.end]) > LONGEST_URL {
        return;
    }
    if found.protocol > 0 {
        let slug = text[found.domain.end..found.end].strip_prefix('/').filter(|_| domain.eq_ignore_ascii_case("t.co"));
        let slug = slug.map_or(0, |s| s.bytes().take_while(u8::is_ascii_alphanumeric).count());
        if slug > LONGEST_SLUG {
            return;
        }
        let mut end = found.end;
        if slug > 0 && rules == Rules::X {
            let path = found.domain.end + 1 + slug;
            // Of a short address nothing but its query follows.
            end = rest(text, found.protocol, path..path, rules).end_of_query(text, path);
        }
        return out.push(start..end);
    }
    if rules != Rules::X || matches!(before, '-' | '_' | '.' | '/') {
        return;
    }
    let last = out.len();
    ascii_domains(text, found.domain.clone(), out);
    if found.path
        && let Some(range) = out.get_mut(last..).and_then(<[_]>::last_mut)
    {
        range.end = found.end;
    }
}

impl Found {
    /// The end of a query that begins right at `from`, else `from`.
    fn end_of_query(&self, text: &str, from: usize) -> usize {
        if text.as_bytes().get(from) == Some(&b'?') { self.end } else { from }
    }
}

/// Whether each part of a domain can be encoded (RFC 3490).
fn labels_fit(domain: &str) -> bool {
    if domain.starts_with("xn--") {
        let mut ascii = Vec::new();
        ascii_domains(domain, 0..domain.len(), &mut ascii);
        if ascii.is_empty() {
            return false;
        }
    }
    domain.split('.').all(|label| {
        let parts = label.split(['\u{3002}', '\u{FF0E}', '\u{FF61}']);
        let len: usize = parts.map(|p| encoded_len(p) + 1).sum::<usize>() - 1;
        (1..=LONGEST_LABEL).contains(&len)
    })
}

/// The length of a part of a domain in Punycode (RFC 3492, section 6.3), with `xn--`.
fn encoded_len(label: &str) -> usize {
    if label.is_ascii() {
        return label.len();
    }
    let points: Vec<u64> = label.chars().map(|c| u64::from(u32::from(c))).collect();
    let basic = points.iter().filter(|p| **p < 128).count() as u64;
    let mut len = "xn--".len() + basic as usize + usize::from(basic > 0);
    let (mut n, mut delta, mut bias, mut done) = (128, 0, 72, basic);
    while let Some(next) = points.iter().copied().filter(|p| *p >= n).min() {
        delta += (next - n) * (done + 1);
        n = next;
        for point in &points {
            delta += u64::from(*point < n);
            if *point == n {
                let (mut q, mut k) = (delta, 36);
                loop {
                    let t = if k <= bias { 1 } else { (k - bias).min(26) };
                    len += 1;
                    if q < t {
                        break;
                    }
                    q = (q - t) / (36 - t);
                    k += 36;
                }
                bias = adapt(delta, done + 1, done == basic);
                delta = 0;
                done += 1;
            }
        }
        delta += 1;
        n += 1;
    }
    len
}

fn adapt(delta: u64, points: u64, first: bool) -> u64 {
    let mut delta = delta / if first { 700 } else { 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

/// Domains of ASCII and accented letters within a domain.
fn ascii_domains(text: &str, within: Range<usize>, out: &mut Vec<Range<usize>>) {
    let text = &text[..within.end];
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || is_accented(c);
    let (mut start, mut looked) = (within.start, within.start);
    while start < text.len() {
        let mut at = start;
        let mut best = None;
        loop {
            let len = text[at..].find(|c| !fits(c)).unwrap_or(text.len() - at);
            if at > start
                && let Some(end) = tld(text, at)
            {
                best = Some(end);
            }
            if len == 0 || text.as_bytes().get(at + len) != Some(&b'.') {
                at += len;
                break;
            }
            at += len + 1;
        }
        match best {
            Some(end) => {
                // As twitter-text looks it up: where the same letters stand first.
                let first = text[looked..].find(&text[start..end]).map_or(start, |i| looked + i);
                looked = first + (end - start);
                out.push(first..looked);
                start = end;
            }
            None => start = at + text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
}

/// A text as X counts it: composed (Unicode NFC).
pub fn composed(text: &str) -> Cow<'_, str> {
    // Nothing of these composes with what stands before it.
    let still = |c: char| c < '\u{300}' || ('\u{2010}'..='\u{2060}').contains(&c);
    let plain = text.is_ascii() || text.chars().all(still) || is_nfc_quick(text.chars()) == IsNormalized::Yes;
    if plain { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// The weight of a post on X: 1 for most alphabets, 2 for other characters and for pictures, [`URL`] for an address.
pub fn weight(text: &str) -> usize {
    weight_of(text, true)
}

/// The same before version 3 of twitter-text, which counted emoji by their characters.
pub fn weight_of_characters(text: &str) -> usize {
    weight_of(text, false)
}

fn weight_of(text: &str, pictures: bool) -> usize {
    let text = &*composed(text);
    let mut weight = 0;
    let mut at = 0;
    for url in urls(text, Rules::X) {
        if url.start >= at {
            weight += weigh(&text[at..url.start], pictures) + URL;
            at = url.end;
        }
    }
    weight + weigh(&text[at..], pictures)
}

fn weigh(text: &str, pictures: bool) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    let mut weight = 0;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let light = matches!(u32::from(c), 0..=0x10FF | 0x2000..=0x200D | 0x2010..=0x201F | 0x2032..=0x2037);
        let after = rest.as_str();
        // A picture of several characters; of one character the weight is the same.
        let next = after.chars().next();
        let joined =
            pictures && next.is_some_and(|c| matches!(c, '\u{200D}' | '\u{20E3}' | '\u{FE0F}') || c > '\u{FFFF}');
        if joined && let Some(len) = emoji::sequence(&text[text.len() - after.len() - c.len_utf8()..]) {
            weight += 2;
            rest = after[len - c.len_utf8()..].chars();
            continue;
        }
        weight += if light { 1 } else { 2 };
    }
    weight
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        urls(text, Rules::X).into_iter().map(|r| &text[r]).collect()
    }

    #[test]
    fn addresses_are_found_where_they_stand() {
        assert_eq!(
            found("see example.com, https://a.io/x(y)?z=1. and e.g. this"),
            ["example.com", "https://a.io/x(y)?z=1"]
        );
        assert_eq!(found("a@example.com #x.com file.tar.bz2 http://a_b.c_d"), [""; 0]);
        assert_eq!(found("http://t.co/abc's twitter.comこれ http://例え.テスト"), ["http://t.co/abc", "twitter.com"]);
        assert_eq!(found("http://foobar.みんな/ -a.com 😀b.com"), ["http://foobar.みんな/", "b.com"]);
        assert!(urls("a.io and http://a.io/ä?ö", Rules::Mastodon).len() == 1);
    }

    #[test]
    fn a_short_address_with_a_long_path_is_none() {
        let slug = |n: usize| format!("https://t.co/{}", "a".repeat(n));
        assert_eq!((found(&slug(40)).len(), found(&slug(41)).len()), (1, 0));
    }

    #[test]
    fn labels_are_measured_encoded() {
        assert_eq!(encoded_len("münchen"), "xn--mnchen-3ya".len());
        assert_eq!(encoded_len("みんな"), "xn--q9jyb4c".len());
        assert_eq!(encoded_len("ليهمابتكلموشعربي؟"), "xn--egbpdaj6bu4bxfgehfvwxn".len());
        assert_eq!(encoded_len("abc"), 3);
    }

    #[test]
    fn weights() {
        assert_eq!(weight("e\u{301}"), 1);
        assert_eq!(weight("日本 “x” – y"), 4 + 9 - 1);
        assert_eq!(weight("👨\u{200D}👩\u{200D}👧\u{200D}👦 #\u{FE0F}\u{20E3} 🇩🇪 👩\u{200D}⚕\u{FE0F}"), 8 + 3);
        assert_eq!(weight("ab. https://example.com/?a=b"), 4 + 23);
    }
}
