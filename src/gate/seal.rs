//! The sealed file. docs/gate-format.md is its normative description.
//!
//! ```text
//! header    "HUBGATE1"  segment size (u32)  nonce prefix (7)  number of slots (u8)  slots: id (8) wrapped key (40)
//! segments  AES-256-GCM over `segment size` bytes, each with its tag (16); the last may be shorter
//! ```
//!
//! Numbers are big-endian. The nonce of segment *i* is prefix ‖ *i* (u32) ‖ 1 if it is the last, else 0 (STREAM: Hoang,
//! Reyhanitabar, Rogaway, Vizár 2015), and its additional data is the whole header, so segments can neither be moved nor
//! dropped. The plaintext is a length (u32), that many bytes of JSON (`name`, `type`, `size`), and the file.

use super::keys::{self, Key, Secret};
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use aes_kw::KwAes256;
use sha2::{Digest as _, Sha256};

/// What a sealed file begins with.
pub const MAGIC: &[u8; 8] = b"HUBGATE1";
/// Bytes of plaintext in a segment.
pub const SEGMENT: usize = 1 << 20;

/// What is sealed.
pub struct Plain<'a> {
    /// The magnet's name: keys derive from it.
    pub magnet: &'a str,
    /// The name that the reader saves the file under.
    pub name: &'a str,
    /// Its media type.
    pub media_type: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// Seals a file. The same secret and the same file give the same bytes.
pub fn seal(secret: &Secret, epoch: u32, plain: &Plain<'_>) -> Vec<u8> {
    let meta =
        serde_json::json!({ "name": plain.name, "type": plain.media_type, "size": plain.bytes.len() }).to_string();
    let mut text = Vec::with_capacity(4 + meta.len() + plain.bytes.len());
    text.extend_from_slice(&(meta.len() as u32).to_be_bytes());
    text.extend_from_slice(meta.as_bytes());
    text.extend_from_slice(plain.bytes);
    let hash: [u8; 32] = Sha256::digest(&text).into();
    let content = secret.content_key(plain.magnet, epoch, &hash);
    let link = secret.link_key(plain.magnet, epoch);
    let header = header(&content, &link);
    encrypt(&content, &header, &text)
}

fn header(content: &Key, link: &Key) -> Vec<u8> {
    let mut header = Vec::with_capacity(68);
    header.extend_from_slice(MAGIC);
    header.extend_from_slice(&(SEGMENT as u32).to_be_bytes());
    // The content key is used for this file only, so the prefix need not be random; it derives from the key.
    header.extend_from_slice(&Sha256::new().chain_update(b"hub gate nonce").chain_update(**content).finalize()[..7]);
    header.push(1);
    header.extend_from_slice(&keys::slot_id(link));
    let mut wrapped = [0; 40];
    // Fails only for buffers of another length (RFC 3394): 32 bytes become 40.
    KwAes256::new((&**link).into()).wrap_key(&**content, &mut wrapped).expect("40 bytes for a wrapped key");
    header.extend_from_slice(&wrapped);
    header
}

fn nonce(header: &[u8], index: u32, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[..7].copy_from_slice(&header[12..19]);
    nonce[7..11].copy_from_slice(&index.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce
}

fn encrypt(content: &Key, header: &[u8], text: &[u8]) -> Vec<u8> {
    let cipher = Aes256Gcm::new((&**content).into());
    let count = text.len().div_ceil(SEGMENT).max(1);
    let mut out = Vec::with_capacity(header.len() + text.len() + 16 * count);
    out.extend_from_slice(header);
    for (i, segment) in text.chunks(SEGMENT).enumerate() {
        let nonce = nonce(header, i as u32, i + 1 == count);
        let sealed = cipher.encrypt(&Nonce::from(nonce), Payload { msg: segment, aad: header });
        // Fails only beyond 64 GiB a message; a segment has 1 MiB.
        out.extend_from_slice(&sealed.expect("a segment of 1 MiB"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(sealed: &[u8], link: &Key) -> Option<Vec<u8>> {
        let slots = usize::from(*sealed.get(19)?);
        let header = sealed.get(..20 + slots * 48)?;
        let slot = header[20..].chunks(48).find(|s| s[..8] == keys::slot_id(link))?;
        let mut content = Key::default();
        KwAes256::new((&**link).into()).unwrap_key(&slot[8..], &mut *content).ok()?;
        let cipher = Aes256Gcm::new((&*content).into());
        let segments: Vec<_> = sealed[header.len()..].chunks(SEGMENT + 16).collect();
        let mut out = Vec::new();
        for (i, segment) in segments.iter().enumerate() {
            let nonce = nonce(header, i as u32, i + 1 == segments.len());
            out.extend(cipher.decrypt(&Nonce::from(nonce), Payload { msg: segment, aad: header }).ok()?);
        }
        Some(out)
    }

    #[test]
    fn what_is_sealed_opens_with_its_link_only() {
        let secret = Secret::generate().expect("randomness");
        for len in [0, 1, SEGMENT - 60, SEGMENT, 2 * SEGMENT + 5] {
            let bytes: Vec<u8> = (0..len).map(|i| (i * 31 % 251) as u8).collect();
            let plain = Plain { magnet: "a", name: "a.pdf", media_type: "application/pdf", bytes: &bytes };
            let sealed = seal(&secret, 1, &plain);
            assert_eq!(sealed, seal(&secret, 1, &plain));
            let text = open(&sealed, &secret.link_key("a", 1)).expect("opens");
            let meta = u32::from_be_bytes([text[0], text[1], text[2], text[3]]) as usize;
            assert_eq!(text[4 + meta..], bytes);
            assert!(open(&sealed, &secret.link_key("b", 1)).is_none());
            let mut cut = sealed.clone();
            cut.truncate(sealed.len() - 1);
            assert!(open(&cut, &secret.link_key("a", 1)).is_none(), "truncation shows");
            if sealed.len() > SEGMENT + 100 {
                let whole = sealed.len() - (sealed.len() - 68) % (SEGMENT + 16);
                assert!(open(&sealed[..whole], &secret.link_key("a", 1)).is_none(), "a dropped segment shows");
            }
        }
    }
}
