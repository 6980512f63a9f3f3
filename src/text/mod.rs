//! Small questions about text.

mod near;

pub use near::{Names, nearest};

use std::borrow::Cow;

/// `a`, `a or b`, `a, b or c`, each in backticks.
pub fn choices<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|w| format!("`{w}`")).collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

/// `1 page`, `2 pages`, `10,000 pages`.
pub fn count(n: usize, noun: &str) -> String {
    let plural = match noun {
        noun if n == 1 => Cow::Borrowed(noun),
        noun if noun.ends_with('y') => Cow::Owned(format!("{}ies", &noun[..noun.len() - 1])),
        noun => Cow::Owned(format!("{noun}s")),
    };
    format!("{} {plural}", thousands(n))
}

/// `10,000`.
pub fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1.2 MB`: a size that a reader knows from the download list of the browser. Units of 1,000.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// Reads a size as people write it: `300 KB`, `25 MiB`, `1.5 GB`; in bytes.
pub fn parse_size(text: &str) -> Option<u64> {
    const UNITS: [(&str, f64); 7] = [
        ("KIB", 1024.0),
        ("MIB", 1_048_576.0),
        ("GIB", 1_073_741_824.0),
        ("KB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("B", 1.0),
    ];
    let upper = text.trim().to_ascii_uppercase();
    let (number, unit) = UNITS.iter().find_map(|(name, unit)| Some((upper.strip_suffix(name)?, unit)))?;
    let number: f64 = number.trim().parse().ok().filter(|n: &f64| n.is_finite() && *n > 0.0)?;
    Some((number * unit) as u64)
}

/// A piece of a URL: lower case ASCII letters, digits and hyphens. Never empty.
pub fn slug(text: &str) -> String {
    let slug = slug::slugify(text);
    if slug.is_empty() { format!("x{:08x}", xxhash_rust::xxh3::xxh3_64(text.as_bytes()) as u32) } else { slug }
}

/// The id of a heading as GitHub makes it: lower case, letters and digits of any script, hyphens for spaces.
pub fn heading_id(text: &str) -> String {
    let mut id = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            'a'..='z' | '0'..='9' | '-' | '_' => id.push(c),
            'A'..='Z' => id.push(c.to_ascii_lowercase()),
            ' ' => id.push('-'),
            c if c.is_ascii() => {}
            c if c.is_alphanumeric() => id.extend(c.to_lowercase()),
            _ => {}
        }
    }
    id
}

/// Escapes text for HTML, attribute values included.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    push_escaped(&mut out, text);
    out
}

/// Appends text, escaped for HTML, attribute values included.
pub fn push_escaped(out: &mut String, text: &str) {
    // Nothing that is pushed fails.
    let _ = write_escaped(text, |part| -> Result<(), std::convert::Infallible> {
        out.push_str(part);
        Ok(())
    });
}

/// Writes text part by part, escaped for HTML, attribute values included.
#[inline]
pub fn write_escaped<E>(text: &str, mut write: impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
    let mut rest = text;
    while let Some(at) = special(rest.as_bytes()) {
        write(&rest[..at])?;
        write(match rest.as_bytes()[at] {
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'&' => "&amp;",
            b'"' => "&quot;",
            _ => "&#39;",
        })?;
        rest = &rest[at + 1..];
    }
    write(rest)
}

fn is_special(byte: &u8) -> bool {
    // `&` and `'` differ in one bit, `<` and `>` in another.
    (*byte == b'"') | (byte & !0x01 == b'&') | (byte & !0x02 == b'<')
}

fn has_special(bytes: &[u8; 16]) -> bool {
    bytes.iter().fold(false, |any, byte| any | is_special(byte))
}

/// Where the first of `"`, `&`, `'`, `<` and `>` stands. Nearly all text has none of them: many bytes are looked at together.
fn special(text: &[u8]) -> Option<usize> {
    let (sixteens, _) = text.as_chunks();
    let clean = sixteens.iter().take_while(|bytes| !has_special(bytes)).count();
    // What is left after them is seen with bytes that were looked at already.
    if clean == sixteens.len() && text.last_chunk().is_some_and(|last| !has_special(last)) {
        return None;
    }
    let at = 16 * clean;
    text[at..].iter().position(is_special).map(|i| at + i)
}

/// The text of a piece of HTML that hub wrote: without tags, the five escapes undone, white space folded.
pub fn plain(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(i) = rest.find('<') {
        out.push_str(&rest[..i]);
        let Some(end) = rest[i..].find('>') else {
            rest = "";
            break;
        };
        let tag = rest[i + 1..i + end].trim_start_matches('/');
        if ["p", "li", "br", "div", "h2", "h3", "h4", "tr", "td", "th", "dt", "dd"]
            .iter()
            .any(|t| tag.strip_prefix(t).is_some_and(|after| after.is_empty() || after.starts_with([' ', '/'])))
        {
            out.push(' ');
        }
        rest = &rest[i + end + 1..];
    }
    out.push_str(rest);
    let folded = out.split_whitespace().collect::<Vec<_>>().join(" ");
    if !folded.contains('&') {
        return folded;
    }
    folded.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

/// Bytes in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

/// Percent-encodes everything but unreserved characters (RFC 3986, section 2.3).
pub fn percent_encode(text: &str) -> String {
    const KEPT: [bool; 256] = kept(b"-._~");
    encode(text, &KEPT)
}

/// Percent-encodes what may not stand in an address; what is encoded already stays so.
pub fn encode_address(address: &str) -> Cow<'_, str> {
    const KEPT: [bool; 256] = kept(b"-._~:/?#[]@!$&'()*+,;=%");
    encode_others(address, &KEPT)
}

/// Percent-encodes what may not stand in a URL's path; slashes stay.
pub fn encode_path(path: &str) -> Cow<'_, str> {
    const KEPT: [bool; 256] = kept(b"-._~/!$&'()*+,;=:@");
    encode_others(path, &KEPT)
}

fn encode_others<'t>(text: &'t str, kept: &[bool; 256]) -> Cow<'t, str> {
    match text.bytes().all(|b| kept[usize::from(b)]) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(encode(text, kept)),
    }
}

/// The bytes that stay as they are: letters, digits, and these.
const fn kept(others: &[u8]) -> [bool; 256] {
    let mut all = [false; 256];
    let mut i = 0;
    while i < 128 {
        all[i] = (i as u8).is_ascii_alphanumeric();
        i += 1;
    }
    let mut i = 0;
    while i < others.len() {
        all[others[i] as usize] = true;
        i += 1;
    }
    all
}

fn encode(text: &str, kept: &[bool; 256]) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = Vec::with_capacity(text.len() + text.len() / 2 + 16);
    for &b in text.as_bytes() {
        if kept[usize::from(b)] {
            out.push(b);
        } else {
            out.extend_from_slice(&[b'%', HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]);
        }
    }
    // All of it is ASCII.
    String::from_utf8(out).unwrap_or_default()
}

/// Undoes percent-encoding; `None` if the result is not UTF-8.
pub fn percent_decode(text: &str) -> Option<Cow<'_, str>> {
    if memchr::memchr(b'%', text.as_bytes()).is_none() {
        return Some(Cow::Borrowed(text));
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = |j: usize| bytes.get(j).and_then(|b| (*b as char).to_digit(16));
        match (bytes[i], hex(i + 1), hex(i + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                i += 3;
            }
            (b, ..) => {
                out.push(b);
                i += 1;
            }
        }
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

/// Whether an address has a scheme or a host of its own (`https:…`, `mailto:…`, `//host/…`).
pub fn is_external(url: &str) -> bool {
    if url.starts_with("//") {
        return true;
    }
    match url.bytes().position(|b| matches!(b, b':' | b'/' | b'?' | b'#')) {
        Some(i) if url.as_bytes()[i] == b':' => {
            url[..i].starts_with(|c: char| c.is_ascii_alphabetic())
                && url[..i].chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        }
        _ => false,
    }
}

/// `https://host` of an absolute http address.
pub fn origin(url: &str) -> Option<&str> {
    let after = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let host_len = after.bytes().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(after.len());
    if host_len == 0 { None } else { Some(&url[..url.len() - after.len() + host_len]) }
}

/// The name of a host without its port; of an address in brackets (RFC 3986, section 3.2.2) with them.
pub fn host_name(host: &str) -> &str {
    match host.starts_with('[') {
        true => host.split_inclusive(']').next().unwrap_or(host),
        false => host.split(':').next().unwrap_or(host),
    }
}

/// Whether a host, with its port or without, is this machine itself.
pub fn is_this_machine(host: &str) -> bool {
    ["127.0.0.1", "localhost", "[::1]"].contains(&host_name(host))
}

/// Whether a text has a control character. Nearly all that are asked about are ASCII.
pub fn has_control(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_control()) || !text.is_ascii() && text.chars().any(char::is_control)
}

/// Whether Windows keeps a name without its extension for a device.
fn is_device(stem: &str) -> bool {
    let is_one_of = |stem: &[u8], devices: &[&str]| devices.iter().any(|d| stem.eq_ignore_ascii_case(d.as_bytes()));
    match stem.as_bytes() {
        stem if !(3..=4).contains(&stem.len()) => false,
        [port @ .., b'1'..=b'9'] => is_one_of(port, &["com", "lpt"]),
        stem => is_one_of(stem, &["con", "prn", "aux", "nul"]),
    }
}

/// Names that Windows keeps for devices, with or without an extension (Microsoft, "Naming Files, Paths, and Namespaces").
pub fn reserved_on_windows(name: &str) -> bool {
    let device = is_device(memchr::memchr(b'.', name.as_bytes()).map_or(name, |at| &name[..at]));
    // Nearly every name.
    let plain = name.bytes().fold(true, |plain, b| plain & (b.is_ascii_alphanumeric() | (b == b'-')));
    device || !plain && (name.ends_with(['.', ' ']) || name.bytes().any(|b| b"<>:\"|?*\\".contains(&b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_they_are_written() {
        assert_eq!(
            (parse_size("25 MiB"), parse_size("1.5gb"), parse_size("7 b")),
            (Some(25 << 20), Some(1_500_000_000), Some(7))
        );
        assert!(["", "25", "MB", "-1 MB", "nan KB", "1 TB"].iter().all(|t| parse_size(t).is_none()));
    }

    proptest::proptest! {
        #[test]
        fn text_is_escaped_as_the_parsers_own_writer_does(text in "([a-z é]{0,40}[!-/:-@]?){0,6}") {
            let mut plainly = String::new();
            pulldown_cmark_escape::escape_html(&mut plainly, &text).expect("writing to a String");
            proptest::prop_assert_eq!(escape(&text), plainly);
        }
    }

    #[test]
    fn plain_text_of_html() {
        assert_eq!(plain("<p>a &amp;lt; <b>b</b></p><p>c</p>"), "a &lt; b c");
        assert_eq!(plain("open <tag"), "open");
    }

    #[test]
    fn urls() {
        assert!(is_external("mailto:a@b") && is_external("//x/y") && !is_external("a/b:c") && !is_external("#x"));
        assert_eq!(origin("https://a.b/c?d"), Some("https://a.b"));
        assert_eq!(percent_decode("a%20b%2").as_deref(), Some("a b%2"));
        assert!(reserved_on_windows("CON.md") && reserved_on_windows("com1") && !reserved_on_windows("comma"));
        assert_eq!(heading_id("What's new, Ärger?"), "whats-new-ärger");
        assert_eq!((count(1, "page"), count(12345, "entry")), ("1 page".into(), "12,345 entries".into()));
    }
}
