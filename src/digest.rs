//! Digests: what a cached answer is known by.

use serde::{Deserialize, Serialize};
use std::fmt;

/// 128 bits of XXH3: a cache key that faces no attacker. What is published is known by [`seal`] instead.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(pub u128);

impl Digest {
    /// The digest of an answer "there is no such thing": an answer like any other.
    pub const ABSENT: Digest = Digest(0);

    /// The digest of bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(xxhash_rust::xxh3::xxh3_128(bytes))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The hash by which an id of a page is known.
pub fn id_hash(id: &str) -> u32 {
    xxhash_rust::xxh3::xxh3_64(id.as_bytes()) as u32
}

/// Builds one digest from several parts. Every part is framed by its length, so `("ab", "c")` is not `("a", "bc")`.
///
/// Parts are collected and hashed at once: for the short inputs that answers have, that is several times as fast as a
/// hasher that streams.
#[derive(Clone)]
pub struct Hasher(Vec<u8>);

impl Default for Hasher {
    fn default() -> Hasher {
        // Most answers fit, and there are many of them.
        Hasher(Vec::with_capacity(192))
    }
}

impl Hasher {
    /// A fresh hasher for one kind of answer; `kind` keeps kinds apart.
    pub fn new(kind: &str) -> Hasher {
        let mut hasher = Hasher::default();
        hasher.text(kind);
        hasher
    }

    /// Adds bytes.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Hasher {
        self.0.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    /// Adds text.
    pub fn text(&mut self, text: &str) -> &mut Hasher {
        self.bytes(text.as_bytes())
    }

    /// Adds a number.
    pub fn number(&mut self, number: u64) -> &mut Hasher {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    /// Adds another digest.
    pub fn digest(&mut self, digest: Digest) -> &mut Hasher {
        self.0.extend_from_slice(&digest.0.to_le_bytes());
        self
    }

    /// Adds anything that serializes, by its canonical bytes.
    pub fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> &mut Hasher {
        let at = self.0.len();
        self.number(0);
        // postcard fails only on unsized sequences, which no type of ours serializes.
        self.0 = postcard::to_extend(value, std::mem::take(&mut self.0)).unwrap_or_default();
        let begin = at + size_of::<u64>();
        let len = self.0.len().saturating_sub(begin) as u64;
        if let Some(frame) = self.0.get_mut(at..begin) {
            frame.copy_from_slice(&len.to_le_bytes());
        }
        self
    }

    /// The digest of all parts so far.
    pub fn finish(&self) -> Digest {
        Digest::of(&self.0)
    }
}

/// The first 128 bits of BLAKE3: the name of published bytes, in manifests and fingerprints.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seal([u8; 16]);

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::text::hex(&self.0))
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Seal {
    /// Reads the hexadecimal form that [`Display`](fmt::Display) writes.
    pub fn parse(hex: &str) -> Option<Seal> {
        let mut seal = [0; 16];
        if hex.len() != 32 {
            return None;
        }
        for (i, byte) in seal.iter_mut().enumerate() {
            *byte = u8::from_str_radix(hex.get(2 * i..2 * i + 2)?, 16).ok()?;
        }
        Some(Seal(seal))
    }
}

/// The seal of published bytes.
pub fn seal(bytes: &[u8]) -> Seal {
    Seal::first(&blake3::hash(bytes))
}

impl Seal {
    fn first(hash: &blake3::Hash) -> Seal {
        let mut seal = [0; 16];
        seal.copy_from_slice(&hash.as_bytes()[..16]);
        Seal(seal)
    }
}

/// The seal of bytes that come piece by piece.
#[derive(Default)]
pub struct Sealing(blake3::Hasher);

impl Sealing {
    /// Adds a piece; several threads read a large one.
    pub fn update(&mut self, bytes: &[u8]) {
        match bytes.len() {
            0..0x80000 => self.0.update(bytes),
            _ => self.0.update_rayon(bytes),
        };
    }

    /// The seal of all pieces.
    pub fn finish(&self) -> Seal {
        Seal::first(&self.0.finalize())
    }
}

impl std::io::Write for Sealing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_framed() {
        let ab_c = Hasher::new("x").text("ab").text("c").finish();
        let a_bc = Hasher::new("x").text("a").text("bc").finish();
        assert_ne!(ab_c, a_bc);
        assert_eq!(Seal::parse(&seal(b"x").to_string()), Some(seal(b"x")));
    }
}
