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
        let (eights, rest) = text.as_bytes().as_chunks::<8>();
        for eight in eights {
            let word = inside_words(u64::from_le_bytes(*eight));
            // A word begins where the byte before is in none; the bytes of a number go from its lower end up.
            let begun = word & !(word << 8 | u64::from(self.inside) << 7);
            self.count += ((begun >> 7).wrapping_mul(u64::from_le_bytes([1; 8])) >> 56) as u32;
            self.inside = word >> 63 == 1;
        }
        for byte in rest {
            let inside = *byte > b' ';
            self.count += u32::from(inside && !self.inside);
            self.inside = inside;
        }
    }

    /// Whatever comes next begins a word.
    pub(super) fn part(&mut self) {
        self.inside = false;
    }
}

/// The highest bit of each byte that is above the space: no byte carries into the next.
fn inside_words(eight: u64) -> u64 {
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    const ABOVE_SPACE: u64 = u64::from_le_bytes([0x80 - (b' ' + 1); 8]);
    (((eight & !HIGH) + ABOVE_SPACE) | eight) & HIGH
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
