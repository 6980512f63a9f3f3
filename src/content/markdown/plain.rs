//! Questions about plain text: words, bare addresses, depth.

/// Counts words: runs between white space, over pieces of text that may part a word.
#[derive(Default)]
pub(super) struct Words {
    pub count: u32,
    inside: bool,
}

impl Words {
    /// Adds a piece of text; a word may go on from the piece before.
    pub(super) fn add(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return };
        self.count += u32::from(!self.inside && !is_space(*first));
        // Pairs of neighbours, counted in bytes as long as a byte holds the count: many at a time.
        for (before, here) in bytes.chunks(255).zip(bytes[1..].chunks(255)) {
            let begun = before.iter().zip(here).map(|(b, h)| u8::from(is_space(*b)) & u8::from(!is_space(*h)));
            self.count += u32::from(begun.sum::<u8>());
        }
        self.inside = !is_space(*last);
    }

    /// Whatever comes next begins a word.
    pub(super) fn part(&mut self) {
        self.inside = false;
    }
}

fn is_space(byte: u8) -> bool {
    byte <= b' '
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_on_over_pieces() {
        let mut words = Words::default();
        for piece in ["don", "’", "t  stop ", "here", ", \n", ""] {
            words.add(piece);
        }
        assert_eq!(words.count, 3);
        words.part();
        words.add(&" one\ttwo".repeat(1000));
        assert_eq!(words.count, 2003);
    }
}
