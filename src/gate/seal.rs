//! The sealed file. docs/gate-format.md is its normative description.
//!
//! ```text
//! header    "HUBGATE1"  segment size (u32)  nonce prefix (7)  number of slots (u8)  slots: id (8) wrapped key (40)
//! segments  AES-256-GCM over `segment size` bytes, each with its tag (16); the last may be shorter
//! ```
//!
//! Numbers are big-endian. The nonce of segment *i* is prefix ‖ *i* (u32) ‖ 1 if it is the last, else 0 (STREAM: Hoang,
//! Reyhanitabar, Rogaway, Vizár 2015), and its additional data is the whole header, so segments can neither be moved nor
//! dropped. The text is a length (u32), that many bytes of JSON (`name`, `type`, `size`), and the file.
//!
//! A file is read twice, since its key derives from its bytes: once for its hash, once to be sealed. Neither keeps more of
//! it than some segments.

use super::keys::{self, Key, Links, Secret};
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use aes_kw::KwAes256;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

/// What a sealed file begins with.
pub const MAGIC: &[u8; 8] = b"HUBGATE1";
/// Bytes of text in a segment.
pub const SEGMENT: usize = 1 << 20;
/// Slots in a header. Their number is always the same, so that the length of a sealed file depends on the file alone.
pub const SLOTS: usize = 8;
/// Bytes of a header.
pub const HEADER: usize = 20 + SLOTS * SLOT;

pub(super) const SLOT: usize = 48;
pub(super) const TAG: usize = 16;
/// Segments in memory at once, at the most.
const BATCH: usize = 32;

/// What a sealed file says about itself, to those who can open it.
#[derive(Clone, Copy, Debug)]
pub struct Description<'a> {
    /// The name that the reader saves the file under.
    pub name: &'a str,
    /// Its media type.
    pub media_type: &'a str,
    /// Its bytes.
    pub size: u64,
}

impl Description<'_> {
    /// What stands before the file's bytes.
    fn head(&self) -> Vec<u8> {
        let json = serde_json::json!({ "name": self.name, "type": self.media_type, "size": self.size }).to_string();
        let mut head = (json.len() as u32).to_be_bytes().to_vec();
        head.extend_from_slice(json.as_bytes());
        head
    }

    /// Bytes of the sealed file.
    pub fn sealed_len(&self) -> u64 {
        sealed_len(self.head().len() as u64 + self.size)
    }
}

fn sealed_len(text: u64) -> u64 {
    HEADER as u64 + text + TAG as u64 * text.div_ceil(SEGMENT as u64)
}

/// A text, read once.
#[derive(Clone, Debug)]
pub struct Text {
    head: Vec<u8>,
    size: u64,
    hash: [u8; 32],
    /// A checksum of each piece, so that a file that happens to change between the readings is not sealed: two texts must not
    /// be encrypted under one key. CRC-32, since every processor that has AES computes it fast.
    checks: Vec<u32>,
}

impl Text {
    /// Reads a file to its end.
    pub fn read(about: &Description<'_>, from: &mut (dyn Read + Send)) -> io::Result<Text> {
        let mut text = Text { head: about.head(), size: about.size, hash: [0; 32], checks: Vec::new() };
        let mut hasher = blake3::Hasher::new();
        let mut pieces = Pieces { head: &text.head, from };
        let mut buffer = vec![0; batch(text.count()) * SEGMENT];
        let mut left = text.len();
        while left > 0 {
            let len = pieces.fill(&mut buffer, SEGMENT, left)?;
            hasher.update_rayon(&buffer[..len]);
            text.checks.par_extend(buffer[..len].par_chunks(SEGMENT).map(crc32fast::hash));
            left -= len as u64;
        }
        pieces.end()?;
        text.hash = hasher.finalize().into();
        Ok(text)
    }

    fn len(&self) -> u64 {
        self.head.len() as u64 + self.size
    }

    fn count(&self) -> u64 {
        self.len().div_ceil(SEGMENT as u64)
    }
}

/// As many pieces as the machine seals at once, and some in reserve.
fn batch(count: u64) -> usize {
    let most = (2 * rayon::current_num_threads()).clamp(4, BATCH / 2);
    usize::try_from(count).map_or(most, |count| count.min(most))
}

/// The pieces of a text, read in order.
struct Pieces<'a> {
    /// What of the head is still to come.
    head: &'a [u8],
    from: &'a mut (dyn Read + Send),
}

impl Pieces<'_> {
    /// Fills the beginning of each `stride` bytes with a piece, up to `left` bytes of text in all; says how many.
    fn fill(&mut self, buffer: &mut [u8], stride: usize, left: u64) -> io::Result<usize> {
        let mut done = 0;
        for room in buffer.chunks_mut(stride) {
            let want = usize::try_from(left - done as u64).map_or(SEGMENT, |left| left.min(SEGMENT));
            let here = want.min(self.head.len());
            room[..here].copy_from_slice(&self.head[..here]);
            self.head = &self.head[here..];
            self.from.read_exact(&mut room[here..want]).map_err(|e| match e.kind() {
                io::ErrorKind::UnexpectedEof => changed(),
                _ => e,
            })?;
            done += want;
        }
        Ok(done)
    }

    /// There must be nothing more.
    fn end(&mut self) -> io::Result<()> {
        if self.from.read(&mut [0])? == 0 { Ok(()) } else { Err(changed()) }
    }
}

fn changed() -> io::Error {
    io::Error::other("the file changed while it was read; build again")
}

/// A text with its keys, ready to be written.
pub struct Sealed {
    header: Vec<u8>,
    content: Key,
    text: Text,
}

impl Sealed {
    /// Chooses the keys. The same secret, the same links and the same text give the same bytes.
    pub fn new(secret: &Secret, magnet: &str, links: &Links, text: Text) -> Sealed {
        let content = secret.content_key(magnet, links, &text.hash);
        Sealed { header: header(&content, links), content, text }
    }

    /// Bytes of the sealed file.
    pub fn size(&self) -> u64 {
        sealed_len(self.text.len())
    }

    /// Hands over these bytes of the sealed file, in order and piece by piece; `from` is the file again.
    pub fn write(
        &self,
        range: Range<u64>,
        mut from: impl Read + Seek + Send,
        out: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let each = (SEGMENT + TAG) as u64;
        let header = self.header.len() as u64;
        if range.start < header {
            out(&self.header[range.start as usize..range.end.min(header) as usize])?;
        }
        let (first, end) = (range.start.saturating_sub(header) / each, range.end.saturating_sub(header).div_ceil(each));
        let (mut index, end) = (first, end.min(self.text.count()));
        if index >= end {
            return Ok(());
        }
        let head = &self.text.head;
        let start = first * SEGMENT as u64;
        from.seek(SeekFrom::Start(start.saturating_sub(head.len() as u64)))?;
        let head = head.get(start.min(head.len() as u64) as usize..).unwrap_or_default();
        let mut pieces = Pieces { head, from: &mut from };
        let cipher = Aes256Gcm::new((&*self.content).into());
        let room = batch(end - first) * (SEGMENT + TAG);
        let (mut here, mut next) = (vec![0; room], vec![0; room]);
        let mut read = |buffer: &mut Vec<u8>, index: u64| -> io::Result<()> {
            let count = (end - index).min((room / (SEGMENT + TAG)) as u64);
            let left = self.text.len() - index * SEGMENT as u64;
            let len = left.min(count * SEGMENT as u64);
            buffer.resize((len + count * TAG as u64) as usize, 0);
            pieces.fill(buffer, SEGMENT + TAG, len).map(|_| ())
        };
        read(&mut here, index)?;
        while index < end {
            let count = here.len().div_ceil(SEGMENT + TAG) as u64;
            let (sealed, ready) = rayon::join(
                || self.seal(&cipher, &mut here, index),
                || if index + count < end { read(&mut next, index + count) } else { Ok(()) },
            );
            sealed.and(ready)?;
            let at = header + index * each;
            let cut = |offset: u64| offset.saturating_sub(at).min(here.len() as u64) as usize;
            out(&here[cut(range.start)..cut(range.end)])?;
            index += count;
            std::mem::swap(&mut here, &mut next);
        }
        Ok(())
    }

    /// Seals pieces in place, each with room for its tag behind it; the first has this index.
    fn seal(&self, cipher: &Aes256Gcm, pieces: &mut [u8], index: u64) -> io::Result<()> {
        pieces.par_chunks_mut(SEGMENT + TAG).enumerate().try_for_each(|(i, room)| {
            let index = index + i as u64;
            let (piece, tag) = room.split_at_mut(room.len() - TAG);
            if self.text.checks.get(index as usize) != Some(&crc32fast::hash(piece)) {
                return Err(changed());
            }
            let number = u32::try_from(index).map_err(io::Error::other)?;
            let nonce = Nonce::from(nonce(&self.header, number, index + 1 == self.text.count()));
            let made = cipher.encrypt_inout_detached(&nonce, &self.header, piece.into());
            // Fails only beyond 64 GiB a message; a segment has 1 MiB.
            tag.copy_from_slice(&made.map_err(|_| io::Error::other("a segment of 1 MiB was refused"))?);
            Ok(())
        })
    }
}

fn header(content: &Key, links: &Links) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER);
    header.extend_from_slice(MAGIC);
    header.extend_from_slice(&(SEGMENT as u32).to_be_bytes());
    // The content key is used for this file only, so the prefix need not be random; it derives from the key.
    header.extend_from_slice(&Sha256::new().chain_update(b"hub gate nonce").chain_update(**content).finalize()[..7]);
    header.push(SLOTS as u8);
    // What no link opens cannot be told from what one does.
    let mut slots = keys::filler::<{ SLOTS * SLOT }>(content);
    let mut rest = slots.chunks_mut(SLOT);
    for link in &links.live {
        let Some(slot) = rest.next() else { break };
        let (id, wrapped) = slot.split_at_mut(8);
        id.copy_from_slice(&keys::slot_id(link));
        // Fails only for buffers of another length (RFC 3394): 32 bytes become 40.
        KwAes256::new((&**link).into()).wrap_key(&**content, wrapped).expect("40 bytes for a wrapped key");
    }
    for (slot, id) in rest.zip(&links.former) {
        slot[..8].copy_from_slice(id);
    }
    header.extend_from_slice(&slots);
    header
}

pub(super) fn nonce(header: &[u8], index: u32, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[..7].copy_from_slice(&header[12..19]);
    nonce[7..11].copy_from_slice(&index.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::open::{self, Refused};
    use std::io::Cursor;

    fn open(sealed: &[u8], link: &Key) -> Result<Vec<u8>, Refused> {
        let mut out = Vec::new();
        let about = open::open(sealed, link, &mut |piece| out.extend_from_slice(piece))?;
        assert_eq!((about.name.as_str(), about.size), ("a.pdf", out.len() as u64));
        Ok(out)
    }

    fn make(secret: &Secret, links: &Links, bytes: &[u8]) -> Sealed {
        let about = Description { name: "a.pdf", media_type: "application/pdf", size: bytes.len() as u64 };
        let text = Text::read(&about, &mut Cursor::new(bytes)).expect("memory");
        let sealed = Sealed::new(secret, "a", links, text);
        assert_eq!(sealed.size(), about.sealed_len());
        sealed
    }

    fn written(sealed: &Sealed, bytes: &[u8], range: Range<u64>) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        sealed.write(range, Cursor::new(bytes), &mut |piece| {
            out.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(out)
    }

    #[test]
    fn what_is_sealed_opens_with_its_links_only() {
        let secret = Secret::generate().expect("randomness");
        let link = |epoch| secret.link_key("a", epoch);
        let links = Links { live: vec![link(3), link(2)], former: vec![keys::slot_id(&link(1))] };
        for len in [0, 1, SEGMENT - 60, SEGMENT, 2 * SEGMENT + 5, 21 * SEGMENT + 7] {
            let bytes: Vec<u8> = (0..len).map(|i| (i * 31 % 251) as u8).collect();
            let sealed = make(&secret, &links, &bytes);
            let whole = written(&sealed, &bytes, 0..sealed.size()).expect("memory");
            assert_eq!(whole.len() as u64, sealed.size());
            for epoch in [3, 2] {
                assert!(open(&whole, &link(epoch)).expect("opens") == bytes, "{len}");
            }
            assert!(
                matches!(open(&whole, &link(1)), Err(Refused::Ended))
                    && matches!(open(&whole, &link(4)), Err(Refused::Link))
            );
            assert!(matches!(open(&whole[..whole.len() - 1], &link(3)), Err(Refused::Changed)), "truncation shows");
            assert!(
                matches!(open(&[&whole[..], &[0]].concat(), &link(3)), Err(Refused::Changed)),
                "so does a byte more"
            );
            if len > SEGMENT {
                let before = (whole.len() - HEADER - 1) / (SEGMENT + TAG) * (SEGMENT + TAG) + HEADER;
                assert!(open(&whole[..before], &link(3)).is_err(), "a dropped segment shows");
            }
            for part in [100, 404, 1_000_003, SEGMENT as u64 + 16, 5 << 20] {
                let mut joined = Vec::new();
                for start in (0..sealed.size()).step_by(part as usize).take(30) {
                    joined.extend(written(&sealed, &bytes, start..sealed.size().min(start + part)).expect("memory"));
                }
                assert!(joined == whole[..joined.len()], "{len} in parts of {part}");
            }
        }
    }

    #[test]
    fn a_file_that_changes_between_the_readings_is_not_sealed() {
        let secret = Secret::generate().expect("randomness");
        let links = Links { live: vec![secret.link_key("a", 1)], former: Vec::new() };
        let mut bytes = vec![7; 3 * SEGMENT];
        let sealed = make(&secret, &links, &bytes);
        bytes[2 * SEGMENT] = 8;
        assert!(written(&sealed, &bytes, 0..sealed.size()).is_err());
        assert!(written(&sealed, &bytes[1..], 0..sealed.size()).is_err());
        let about = Description { name: "a", media_type: "b", size: 5 };
        assert!(
            Text::read(&about, &mut Cursor::new([0; 6])).is_err()
                && Text::read(&about, &mut Cursor::new([0; 4])).is_err()
        );
    }
}
