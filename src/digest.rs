//! Digests: what a cached answer is known by.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, io};
use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_128};

/// 128 bits of XXH3: what a build knows answers and outputs by. It faces no attacker: whoever could make two files of one digest
/// could put either of them into the site. What lies at a host is known by its [`seal`] instead.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub u128);

/// As bytes: they are as random as they are many, so that a number of variable length would be longer.
impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.to_le_bytes().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
        <[u8; 16]>::deserialize(from).map(|bytes| Digest(u128::from_le_bytes(bytes)))
    }
}

impl Digest {
    /// The digest of an answer "there is no such thing": an answer like any other.
    pub const ABSENT: Digest = Digest(0);

    /// The digest of bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(xxh3_128(bytes))
    }

    /// The digest of all that can be read.
    pub fn of_file(mut from: impl io::Read) -> io::Result<Digest> {
        let mut all = Digesting::default();
        io::copy(&mut from, &mut all)?;
        Ok(all.finish())
    }
}

/// The digest of bytes that come piece by piece.
#[derive(Clone, Default)]
pub struct Digesting(Xxh3);

impl Digesting {
    /// Adds a piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all pieces.
    pub fn finish(&self) -> Digest {
        Digest(self.0.digest128())
    }
}

impl io::Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// A hash of a text, to find it again by.
pub fn text_hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

/// The hash by which an id of a page is known.
pub fn id_hash(id: &str) -> u32 {
    text_hash(id) as u32
}

/// Builds one digest from several parts. Every part is framed by its length, so `("ab", "c")` is not `("a", "bc")`.
///
/// Parts are collected and hashed at once: for the short inputs that answers have, that is several times as fast as a
/// hasher that streams. What is long is hashed as it comes.
#[derive(Clone)]
pub struct Hasher {
    /// Whole parts that are not hashed yet.
    parts: Vec<u8>,
    /// Those before them.
    before: Option<Box<Digesting>>,
}

/// Parts are hashed when they are longer than this.
const LONG: usize = 16 << 10;

impl Default for Hasher {
    fn default() -> Hasher {
        // Most answers fit, and there are many of them.
        Hasher { parts: Vec::with_capacity(192), before: None }
    }
}

impl Hasher {
    /// A fresh hasher for one kind of answer; `kind` keeps kinds apart.
    pub fn new(kind: &str) -> Hasher {
        let mut hasher = Hasher::default();
        hasher.text(kind);
        hasher
    }

    /// Where the next part goes.
    fn next(&mut self) -> &mut Vec<u8> {
        if self.parts.len() > LONG {
            self.before.get_or_insert_with(Box::default).update(&self.parts);
            self.parts.clear();
        }
        &mut self.parts
    }

    /// Adds bytes.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Hasher {
        self.number(bytes.len() as u64);
        if bytes.len() > LONG {
            let before = self.before.get_or_insert_with(Box::default);
            before.update(&self.parts);
            before.update(bytes);
            self.parts.clear();
        } else {
            self.parts.extend_from_slice(bytes);
        }
        self
    }

    /// Adds text.
    pub fn text(&mut self, text: &str) -> &mut Hasher {
        self.bytes(text.as_bytes())
    }

    /// Adds a number.
    pub fn number(&mut self, number: u64) -> &mut Hasher {
        self.next().extend_from_slice(&number.to_le_bytes());
        self
    }

    /// Adds another digest.
    pub fn digest(&mut self, digest: Digest) -> &mut Hasher {
        self.next().extend_from_slice(&digest.0.to_le_bytes());
        self
    }

    /// Adds anything that serializes, by its canonical bytes.
    pub fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> &mut Hasher {
        let at = self.next().len();
        self.parts.extend_from_slice(&[0; size_of::<u64>()]);
        // postcard fails only on unsized sequences, which no type of ours serializes.
        self.parts = postcard::to_extend(value, std::mem::take(&mut self.parts)).unwrap_or_default();
        let begin = at + size_of::<u64>();
        let len = self.parts.len().saturating_sub(begin) as u64;
        if let Some(frame) = self.parts.get_mut(at..begin) {
            frame.copy_from_slice(&len.to_le_bytes());
        }
        self
    }

    /// The digest of all parts so far.
    pub fn finish(&self) -> Digest {
        let Some(before) = &self.before else { return Digest::of(&self.parts) };
        let mut all = before.clone();
        all.update(&self.parts);
        all.finish()
    }
}

/// The first 128 bits of BLAKE3: the name of published bytes, at hosts and in fingerprints.
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

impl io::Write for Sealing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
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

    /// However long the parts are, and in whichever order short and long ones come.
    #[test]
    fn long_parts_are_hashed_as_short_ones_are() {
        let long = "x".repeat(3 * LONG);
        let parts = ["a", &long, "", &long[..LONG], &long[..LONG + 1], &long[1..LONG], "b", "c", &long];
        let mut hasher = Hasher::new("long");
        let mut all: Vec<u8> = Vec::new();
        let frame = |all: &mut Vec<u8>, bytes: &[u8]| {
            all.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            all.extend_from_slice(bytes);
        };
        frame(&mut all, b"long");
        for part in parts {
            hasher.text(part).number(7).digest(Digest(9)).value(part);
            frame(&mut all, part.as_bytes());
            all.extend_from_slice(&7_u64.to_le_bytes());
            all.extend_from_slice(&9_u128.to_le_bytes());
            frame(&mut all, &postcard::to_stdvec(part).expect("a text"));
            assert_eq!(hasher.finish(), Digest::of(&all));
        }
        let mut pieces = Digesting::default();
        all.chunks(1_000).for_each(|piece| pieces.update(piece));
        assert_eq!(pieces.finish(), Digest::of(&all));
    }
}
