//! Opening a sealed file, for checks: the way that a reader's browser does it.

use super::keys::{self, Key};
use super::seal::{MAGIC, SLOT, TAG, nonce};
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use aes_kw::KwAes256;
use serde::Deserialize;
use std::io::{self, Read};

/// What a sealed file says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct About {
    /// The name that the reader saves the file under; empty for a text of a page.
    pub name: String,
    /// Its media type.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Its bytes.
    pub size: u64,
}

/// Why a sealed file does not open.
#[derive(Debug)]
pub enum Refused {
    /// It is no sealed file, or not a whole one.
    Malformed,
    /// No slot is for this link.
    Link,
    /// The link opened it once, and does no longer.
    Ended,
    /// It was changed, or is cut short.
    Changed,
    /// It cannot be read.
    Io(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Refused {
        Refused::Io(error)
    }
}

/// Opens a sealed file with a link's key and hands over the file's bytes, piece by piece. They count only if it ends well.
pub fn open(mut from: impl Read, link: &Key, out: &mut dyn FnMut(&[u8])) -> Result<About, Refused> {
    let mut header = vec![0; 20];
    if fill(&mut from, &mut header)? < 20 || header[..8] != MAGIC[..] {
        return Err(Refused::Malformed);
    }
    let segment = u32::from_be_bytes([header[8], header[9], header[10], header[11]]) as usize;
    header.resize(20 + usize::from(header[19]) * SLOT, 0);
    if segment == 0 || fill(&mut from, &mut header[20..])? < header.len() - 20 {
        return Err(Refused::Malformed);
    }
    let content = content_key(&header, link)?;
    let cipher = Aes256Gcm::new((&*content).into());
    let (mut about, mut size) = (None, 0);
    let mut piece = take(&mut from, segment + TAG)?;
    for index in 0.. {
        let next = if piece.len() == segment + TAG { take(&mut from, segment + TAG)? } else { Vec::new() };
        let nonce = Nonce::from(nonce(&header, index, next.is_empty()));
        cipher.decrypt_in_place(&nonce, &header, &mut piece).map_err(|_| Refused::Changed)?;
        let rest = match about {
            Some(_) => &piece[..],
            None => {
                let (read, rest) = describe(&piece).ok_or(Refused::Malformed)?;
                about = Some(read);
                rest
            }
        };
        size += rest.len() as u64;
        out(rest);
        if next.is_empty() {
            break;
        }
        piece = next;
    }
    about.filter(|about: &About| about.size == size).ok_or(Refused::Changed)
}

fn content_key(header: &[u8], link: &Key) -> Result<Key, Refused> {
    let slot = header[20..].chunks(SLOT).find(|slot| slot[..8] == keys::slot_id(link)).ok_or(Refused::Link)?;
    let mut content = Key::default();
    let unwrapped = KwAes256::new((&**link).into()).unwrap_key(&slot[8..], &mut *content).map(|_| ());
    unwrapped.map(|()| content).map_err(|_| Refused::Ended)
}

fn describe(text: &[u8]) -> Option<(About, &[u8])> {
    let (len, rest) = text.split_first_chunk::<4>()?;
    let (json, rest) = rest.split_at_checked(u32::from_be_bytes(*len) as usize)?;
    Some((serde_json::from_slice(json).ok()?, rest))
}

fn take(from: &mut impl Read, len: usize) -> io::Result<Vec<u8>> {
    let mut piece = vec![0; len];
    let read = fill(from, &mut piece)?;
    piece.truncate(read);
    Ok(piece)
}

/// Reads until the buffer is full or nothing more comes.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match from.read(&mut buffer[done..]) {
            Ok(0) => break,
            Ok(read) => done += read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(done)
}
