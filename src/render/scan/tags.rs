//! Tags and their attributes, byte for byte.

/// Where the next tag begins. Many follow each other closely: a look at a few bytes costs less than a search.
pub(super) fn next_tag(html: &[u8]) -> Option<usize> {
    const NEAR: usize = 4;
    let (near, far) = html.split_at(html.len().min(NEAR));
    near.iter().position(|b| *b == b'<').or_else(|| Some(near.len() + memchr::memchr(b'<', far)?))
}

/// The attributes of a tag (HTML, "13.2.5.32 Before attribute name state" and those that follow).
pub(super) struct Attributes<'h> {
    /// What comes after those that were read.
    pub rest: &'h [u8],
    /// Whether the tag has ended.
    pub ended: bool,
}

impl<'h> Attributes<'h> {
    /// The next name and value, which begin and end beside ASCII, or at the end of the text.
    #[inline]
    pub(super) fn next(&mut self) -> Option<(&'h [u8], &'h [u8])> {
        let rest = &self.rest[run(self.rest, BETWEEN)..];
        if let None | Some(b'>') = rest.first() {
            self.ended = !rest.is_empty();
            self.rest = rest.get(1..).unwrap_or_default();
            return None;
        }
        // A `=` that nothing stands before is the beginning of a name.
        let (key, rest) = rest.split_at(1 + run(&rest[1..], NAME));
        let (value, rest) = match rest {
            [b'=', quote @ (b'"' | b'\''), rest @ ..] => match memchr::memchr(*quote, rest) {
                Some(end) => (&rest[..end], &rest[end + 1..]),
                None => (rest, &[][..]),
            },
            [b'=', rest @ ..] => rest.split_at(run(rest, UNQUOTED)),
            rest => (&[][..], rest),
        };
        self.rest = rest;
        Some((key, value))
    }
}

/// A text whose parts begin and end beside ASCII, or where it ends.
pub(super) struct Text<'h>(pub &'h str);

impl<'h> Text<'h> {
    /// The part that these bytes of it are.
    pub(super) fn of(&self, bytes: &'h [u8]) -> &'h str {
        let at = bytes.as_ptr().addr().wrapping_sub(self.0.as_ptr().addr());
        self.0.get(at..at.wrapping_add(bytes.len())).unwrap_or_default()
    }
}

/// How many bytes at the beginning are of a class.
pub(super) fn run(bytes: &[u8], class: u8) -> usize {
    bytes.iter().position(|b| CLASSES[usize::from(*b)] & class == 0).unwrap_or(bytes.len())
}

/// Bytes between attributes.
const BETWEEN: u8 = 1;
/// Bytes of a name after its first.
const NAME: u8 = 2;
/// Bytes of a value without quotes.
const UNQUOTED: u8 = 4;
/// Bytes of the name of a tag.
pub(super) const TAG: u8 = 8;

/// What each byte may be.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        let space = b.is_ascii_whitespace();
        if space || b == b'/' {
            classes[i] |= BETWEEN;
        }
        if !(space || matches!(b, b'=' | b'>' | b'/')) {
            classes[i] |= NAME;
        }
        if !(space || b == b'>') {
            classes[i] |= UNQUOTED;
        }
        if b.is_ascii_alphanumeric() {
            classes[i] |= TAG;
        }
        i += 1;
    }
    classes
};
