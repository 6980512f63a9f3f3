//! Where things stand: paths below the site's root, and byte ranges in files.

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::sync::Arc;

/// A path below the site's root: `/`-separated, without `.`, `..`, a leading or a trailing slash.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RelPath(#[serde(deserialize_with = "shared_text")] Arc<str>);

/// Reads a text to where it stays: serde's own way for an `Arc` copies it once more.
pub fn shared_text<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<str>, D::Error> {
    struct Shared;
    impl Visitor<'_> for Shared {
        type Value = Arc<str>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text")
        }

        fn visit_str<E>(self, text: &str) -> Result<Arc<str>, E> {
            Ok(text.into())
        }
    }
    from.deserialize_str(Shared)
}

impl RelPath {
    /// Takes a path that is known to be in normal form (from a directory walk or a constant).
    pub fn new(path: impl Into<Arc<str>>) -> RelPath {
        let path = path.into();
        debug_assert!(normalize("", &path).as_deref() == Some(&*path), "not in normal form: {path}");
        RelPath(path)
    }

    /// Resolves `to` against this directory; `None` where it would leave the root.
    pub fn join(&self, to: &str) -> Option<RelPath> {
        normalize(&self.0, to).map(|p| RelPath(p.into()))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The directory that holds the file; empty at the root.
    pub fn dir(&self) -> &str {
        self.0.rfind('/').map_or("", |i| &self.0[..i])
    }

    /// The directory that holds the file, as a path to resolve against.
    pub fn parent(&self) -> RelPath {
        RelPath(self.dir().into())
    }

    /// The last part.
    pub fn name(&self) -> &str {
        self.0.rfind('/').map_or(&self.0, |i| &self.0[i + 1..])
    }

    /// The last part without its extension.
    pub fn stem(&self) -> &str {
        let name = self.name();
        match name.rfind('.') {
            Some(i) if i > 0 => &name[..i],
            _ => name,
        }
    }

    /// The extension, without the dot; empty if there is none.
    pub fn ext(&self) -> &str {
        let name = self.name();
        match name.rfind('.') {
            Some(i) if i > 0 => &name[i + 1..],
            _ => "",
        }
    }

    /// What remains after the directory `dir`; `None` if the file is not below it.
    pub fn below(&self, dir: &str) -> Option<&str> {
        if dir.is_empty() {
            return Some(&self.0);
        }
        self.0.strip_prefix(dir)?.strip_prefix('/')
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// Resolves `to` against the directory `base`, both `/`-separated; `None` where `..` would leave the root.
pub fn normalize(base: &str, to: &str) -> Option<String> {
    let mut parts: Vec<&str> = base.split('/').filter(|p| !p.is_empty()).collect();
    for part in to.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// A byte range of a file. It holds no text: text joins when a diagnostic is drawn.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The file.
    pub file: RelPath,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A range of `file`, in bytes from its start.
    pub fn new(file: &RelPath, range: std::ops::Range<usize>) -> Span {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { file: file.clone(), start: clamp(range.start), end: clamp(range.end) }
    }

    /// The whole file, drawn as its first line.
    pub fn file(file: &RelPath) -> Span {
        Span { file: file.clone(), start: 0, end: 0 }
    }
}

/// A value and where it was written, in bytes from the start of its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl<T> At<T> {
    /// A value with its place.
    pub fn new(value: T, range: std::ops::Range<usize>) -> At<T> {
        At { value, start: range.start as u32, end: range.end as u32 }
    }

    /// The place, in `file`.
    pub fn span(&self, file: &RelPath) -> Span {
        Span { file: file.clone(), start: self.start, end: self.end }
    }
}

/// Line and column, both from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1, counted from the top of the file.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
}

/// The position of byte `offset` in `text`; past the end counts as the end.
pub fn position(text: &str, offset: usize) -> Position {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    Position {
        line: memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_root() {
        let dir = RelPath::new("content/articles");
        assert_eq!(dir.join("../about.md").map(|p| p.to_string()), Some("content/about.md".into()));
        assert_eq!(dir.join("../../../etc/passwd"), None);
        assert_eq!(RelPath::new("a/b.tar.gz").stem(), "b.tar");
        assert_eq!(RelPath::new("a/.env").ext(), "");
    }

    #[test]
    fn positions_count_characters() {
        assert_eq!(position("ä\nöx", 5), Position { line: 2, column: 2 });
        assert_eq!(position("", 10), Position { line: 1, column: 1 });
    }
}
