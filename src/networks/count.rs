//! How long a post is, as each network counts.

use super::emoji;
use super::twitter::{self, Rules};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// How a network counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Count {
    /// twitter-text v3: weights, an address counts 23.
    Weighted,
    /// Graphemes, and bytes of UTF-8 beside them (AT Protocol, `app.bsky.feed.post`: `maxGraphemes`, `maxLength`).
    GraphemesAndBytes,
    /// Graphemes; an address counts 23, of `@name@host` the name (docs.joinmastodon.org, "Posting to your account").
    Mastodon,
    /// Characters, but an emoji counts its bytes of UTF-8 (developers.facebook.com/docs/threads).
    Threads,
    /// Characters.
    Characters,
    /// Septets of GSM-7 (3GPP TS 23.038), or units of UCS-2 where the text has other characters.
    Sms,
}

impl Count {
    /// Each by its name in `site.toml`, and what it is.
    pub const NAMES: [(&'static str, Count, &'static str); 6] = [
        ("weighted", Count::Weighted, "twitter-text v3: 1 or 2 a character, 2 an emoji, 23 an address"),
        ("graphemes-and-bytes", Count::GraphemesAndBytes, "graphemes, and ten times as many bytes"),
        ("mastodon", Count::Mastodon, "graphemes; 23 an address, `@name` of `@name@host`"),
        ("threads", Count::Threads, "characters; an emoji its bytes"),
        ("characters", Count::Characters, "characters"),
        ("sms", Count::Sms, "GSM-7: 160 alone, 153 a part; else UCS-2: 70 and 67"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Count::NAMES.iter().find(|(_, c, _)| *c == self).map_or("", |(name, ..)| name)
    }

    /// The length of a post as the network counts it.
    pub fn of(self, text: &str) -> usize {
        match self {
            Count::Weighted => twitter::weight(text),
            Count::GraphemesAndBytes => graphemes(text),
            Count::Mastodon => mastodon(text),
            Count::Threads => threads(text),
            Count::Characters => text.chars().count(),
            Count::Sms => septets(text).unwrap_or_else(|| text.encode_utf16().count()),
        }
    }

    /// A post, measured against a limit.
    pub fn measure(self, text: &str, limit: usize) -> Measure {
        let (count, limit) = match self {
            Count::Sms => match septets(text) {
                Some(count) => (count, limit),
                None => (text.encode_utf16().count(), wide_limit(limit)),
            },
            _ => (self.of(text), limit),
        };
        let bytes = self != Count::GraphemesAndBytes || text.len() <= limit.saturating_mul(BYTES);
        Measure { count, limit, fits: bytes && count <= limit }
    }

    /// Whether a post is within a limit.
    pub fn fits(self, text: &str, limit: usize) -> bool {
        self.measure(text, limit).fits
    }
}

/// A post, measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Its length, as the network counts it.
    pub count: usize,
    /// The limit of this very post: that of a text message depends on its characters.
    pub limit: usize,
    /// Whether it is within all limits.
    pub fits: bool,
}

/// Bytes for each grapheme of Bluesky's limit: 300 and 3,000.
const BYTES: usize = 10;

/// A limit of septets in units of UCS-2: 160 is one message and 70, each further 153 are 67.
fn wide_limit(limit: usize) -> usize {
    if limit <= 160 { limit * 70 / 160 } else { limit / 153 * 67 }
}

/// Whether no character joins another one, so that characters are graphemes.
fn is_simple(text: &str) -> bool {
    let simple =
        |c: char| c < '\u{300}' || ('\u{2010}'..='\u{2027}').contains(&c) || ('\u{2030}'..='\u{205F}').contains(&c);
    text.chars().all(simple) && memchr::memchr(b'\r', text.as_bytes()).is_none()
}

/// User-perceived characters (UAX #29).
pub fn graphemes(text: &str) -> usize {
    if text.is_ascii() && memchr::memchr(b'\r', text.as_bytes()).is_none() {
        return text.len();
    }
    if is_simple(text) { text.chars().count() } else { text.graphemes(true).count() }
}

fn mastodon(text: &str) -> usize {
    let mut parts: Vec<(Range<usize>, usize)> =
        twitter::urls(text, Rules::Mastodon).into_iter().map(|r| (r, twitter::URL)).collect();
    for (whole, name) in mentions(text) {
        if parts.iter().all(|(r, _)| r.end <= whole.start || whole.end <= r.start) {
            parts.push((whole, graphemes(&text[name])));
        }
    }
    if parts.is_empty() {
        return graphemes(text);
    }
    parts.sort_by_key(|(r, _)| r.start);
    // What stands for an address joins nothing; the text around it is counted as one with it.
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    for (range, len) in parts {
        shown.push_str(&text[at..range.start]);
        shown.extend(std::iter::repeat_n('x', len));
        at = range.end;
    }
    shown.push_str(&text[at..]);
    graphemes(&shown)
}

/// The longest name of a host that a mention may have.
const LONGEST_HOST: usize = 253;

/// `@name@host`: the whole, and `@name` (Mastodon, `Account::MENTION_RE`).
fn mentions(text: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(i) = memchr::memchr(b'@', &text.as_bytes()[from..]) {
        let at = from + i;
        from = at + 1;
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c == '=' || c == '/' || c == '_' || c.is_alphanumeric()) {
            continue;
        }
        let name = name_len(&text[at + 1..]);
        if name == 0 {
            continue;
        }
        let name_end = at + 1 + name;
        let host = text[name_end..].strip_prefix('@').map_or(0, |rest| {
            let run = rest.find(|c: char| !(c.is_alphanumeric() || "_.-".contains(c))).unwrap_or(rest.len());
            let run = rest[..run].trim_end_matches(['.', '-']).len();
            if rest[..run].chars().count() > 1 { run } else { 0 }
        });
        let end = if host > 0 { name_end + 1 + host } else { name_end };
        from = end;
        let after = text[end..].chars().next();
        let open =
            after.is_some_and(|c| c == '@' || c == '＠' || matches!(c, 'À'..='ɏ')) || text[end..].starts_with("://");
        if host >= LONGEST_HOST || open {
            continue;
        }
        out.push((at..end, at..name_end));
    }
    out
}

fn name_len(text: &str) -> usize {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let run = text.find(|c: char| !(word(c) || c == '.' || c == '-')).unwrap_or(text.len());
    if !text.starts_with(word) {
        return 0;
    }
    text[..run].trim_end_matches(['.', '-']).len()
}

fn threads(text: &str) -> usize {
    if is_simple(text) && !text.contains(['©', '®']) {
        return text.chars().count();
    }
    let one = |cluster: &str| if emoji::is_picture(cluster) { cluster.len() } else { cluster.chars().count() };
    text.graphemes(true).map(one).sum()
}

/// The alphabet of text messages, and the characters that take two septets.
const GSM: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM_TWO: &str = "^{}\\[~]|€\u{c}";

/// Septets of each character of ASCII; 0 is none.
const SEPTETS: [u8; 128] = {
    let mut all = [0; 128];
    let (mut i, gsm) = (0, GSM.as_bytes());
    while i < gsm.len() {
        if gsm[i] < 128 {
            all[gsm[i] as usize] = 1;
        }
        i += 1;
    }
    let (mut i, two) = (0, GSM_TWO.as_bytes());
    while i < two.len() {
        if two[i] < 128 {
            all[two[i] as usize] = 2;
        }
        i += 1;
    }
    all
};

/// The length in septets; none where a character is not of the alphabet.
fn septets(text: &str) -> Option<usize> {
    let one = |c: char| match SEPTETS.get(c as usize) {
        Some(0) => None,
        Some(n) => Some(usize::from(*n)),
        None if GSM.contains(c) => Some(1),
        None if GSM_TWO.contains(c) => Some(2),
        None => None,
    };
    text.chars().map(one).sum()
}

/// A text with typographic characters replaced by those of text messages, so that it does not cost double.
pub fn for_messages(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '“' | '”' | '„' | '«' | '»' => out.push('"'),
            '‘' | '’' | '‚' => out.push('\''),
            '–' | '—' | '−' => out.push('-'),
            '…' => out.push_str("..."),
            '\u{A0}' | '\u{202F}' => out.push(' '),
            '•' => out.push('*'),
            '→' => out.push_str("->"),
            '×' => out.push('x'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_as_networks_count_them() {
        let family = "👨\u{200D}👩\u{200D}👧\u{200D}👦";
        assert_eq!(Count::GraphemesAndBytes.of(&format!("é{family}")), 2);
        assert!(!Count::GraphemesAndBytes.fits(&family.repeat(200), 300), "5,000 bytes are too many");
        assert_eq!(Count::Threads.of(&format!("ab {family}")), 3 + 25);
        assert_eq!(Count::Characters.of(family), 7);
        let sms = |text: &str, limit: usize| Count::Sms.measure(text, limit).limit;
        assert_eq!((Count::Sms.of("price: 5 €"), Count::Sms.of("日本")), (11, 2));
        assert_eq!((sms("a", 459), sms("日", 459), sms("日", 160)), (459, 201, 70));
        assert_eq!(for_messages("“It’s” – so…"), "\"It's\" - so...");
    }

    /// The cases of Mastodon's own test of its counter (spec/validators/status_length_validator_spec.rs), as facts.
    #[test]
    fn mastodon_counts_as_its_server_does() {
        let of = |text: &str| Count::Mastodon.of(text);
        let b = "b".repeat(30);
        assert_eq!(of(&format!("{} http://{b}.com/example", "a".repeat(476))), 500);
        assert_eq!(of(&format!("{}http://{b}.com/example", "a".repeat(476))), 476 + "http://.com/example".len() + 30);
        assert_eq!(of(&format!("http://example.com/valid?{}", "#foo?".repeat(1000))), 25 + 5000);
        assert_eq!(of(&format!("{} @{b}@example.com", "a".repeat(468))), 500);
        let long = "b".repeat(500);
        assert_eq!(of(&format!("@alice@{long}.com")), 7 + 504);
        assert_eq!(of(&"✨".repeat(500)), 500);
        assert_eq!(of(&"🏳\u{FE0F}\u{200D}⚧\u{FE0F}".repeat(500)), 500);
        assert_eq!(of("http://x@y"), 10, "a broken address is text");
        assert_eq!(of("mail a@example.com"), 18);
    }
}
