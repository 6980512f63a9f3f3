//! Questions about plain text: words, bare addresses, depth.

/// Words of a piece of text: runs that hold a letter or a digit.
pub(super) fn words(text: &str) -> u32 {
    let mut count = 0;
    let mut counted = false;
    for b in text.bytes() {
        if b.is_ascii_whitespace() {
            counted = false;
        } else if !counted && (b.is_ascii_alphanumeric() || b >= 0x80) {
            counted = true;
            count += 1;
        }
    }
    count
}

/// The first bare `http(s)://` address of a text, without trailing punctuation (GFM, "Extended autolinks").
pub(super) fn bare_url(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(i) = text[from..].find("://") {
        let colon = from + i;
        from = colon + 3;
        let scheme = ["https", "http"].iter().find(|s| text[..colon].ends_with(**s));
        let Some(scheme) = scheme else { continue };
        let start = colon - scheme.len();
        if text[..start].ends_with(|c: char| c.is_alphanumeric()) {
            continue;
        }
        let len = text[from..].find(|c: char| c.is_whitespace() || "<>\"`".contains(c)).unwrap_or(text.len() - from);
        let mut end = from + len;
        while text[from..end].ends_with(['.', ',', ';', ':', '!', '?', '\'', '*', '_', '~'])
            || (text[from..end].ends_with(')')
                && text[from..end].matches(')').count() > text[from..end].matches('(').count())
        {
            end -= 1;
        }
        if end > from {
            return Some((start, end));
        }
    }
    None
}

/// Where block quotes or lists become deeper than hub follows. Brackets are bounded by the parser itself.
pub(super) fn too_deep(source: &str, deepest: usize) -> Option<usize> {
    if memchr::memchr_iter(b'>', source.as_bytes()).take(deepest).count() < deepest {
        return None;
    }
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let prefix = line.bytes().take_while(|b| b" \t>-+*".contains(b));
        if prefix.filter(|b| b">-+*".contains(b)).count() > deepest && line.trim().bytes().any(|b| b == b'>') {
            return Some(at);
        }
        at += line.len();
    }
    None
}
