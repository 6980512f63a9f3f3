//! The site's secret and the keys that derive from it.
//!
//! Every key is `HKDF-SHA-256(secret, salt, info)` (RFC 5869) with `info` naming what it is for, so that a link survives
//! rebuilds and replacing the file.

use crate::content::Moment;
use crate::digest::Hasher;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// 32 secret bytes.
pub type Key = Zeroizing<[u8; 32]>;

const SALT: &[u8] = b"hub gate v1";

/// The secret of a site. It is never shown: [`Debug`](std::fmt::Debug) hides it.
#[derive(Clone)]
pub struct Secret(Key);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// A new secret from the system's randomness.
    pub fn generate() -> Result<Secret, getrandom::Error> {
        let mut key = Key::default();
        getrandom::fill(&mut *key)?;
        Ok(Secret(key))
    }

    /// Reads the text form: 32 bytes in base64url without padding.
    pub fn parse(text: &str) -> Option<Secret> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text.trim()).ok()?);
        let mut key = Key::default();
        (bytes.len() == 32).then(|| key.copy_from_slice(&bytes))?;
        Some(Secret(key))
    }

    /// The text form.
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(*self.0))
    }

    fn derive(&self, info: &[&[u8]], out: &mut [u8]) {
        derive(&self.0, info, out);
    }

    /// The key in the link to a magnet. It changes only with the secret or the epoch.
    pub fn link_key(&self, magnet: &str, epoch: u32) -> Key {
        let mut key = Key::default();
        self.derive(&[b"link", magnet.as_bytes(), &epoch.to_be_bytes()], &mut *key);
        key
    }

    /// The key that a text is sealed with. It changes with the text and with all that stands in the header, which is
    /// authenticated beside it: no nonce is ever used twice under one key (NIST SP 800-38D, section 8).
    pub fn content_key(&self, magnet: &str, links: &Links, text: &[u8; 32]) -> Key {
        let live: Vec<u8> = links.live.iter().flat_map(slot_id).collect();
        let mut key = Key::default();
        self.derive(&[b"content", magnet.as_bytes(), text, &live, &links.former.concat()], &mut *key);
        key
    }

    /// The part of an unlisted magnet's address that nobody guesses: 48 hexadecimal digits.
    pub fn hidden_path(&self, magnet: &str, epoch: u32) -> String {
        let mut out = [0; 24];
        self.derive(&[b"path", magnet.as_bytes(), &epoch.to_be_bytes()], &mut out);
        crate::text::hex(&out)
    }

    /// Signs the link of one lead to a magnet, until a moment: only who has the secret can make or check it.
    pub fn sign_lead(&self, magnet: &str, epoch: u32, lead: &str, until: Moment) -> String {
        let mut out = Key::default();
        let (epoch, until) = (epoch.to_be_bytes(), until.to_be_bytes());
        self.derive(&[b"lead", magnet.as_bytes(), &epoch, lead.as_bytes(), &until], &mut *out);
        URL_SAFE_NO_PAD.encode(*out)
    }

    /// Tells secrets apart without saying anything about them; for caches.
    pub fn fingerprint(&self) -> [u8; 16] {
        let mut out = [0; 16];
        self.derive(&[b"fingerprint"], &mut out);
        out
    }
}

fn derive(from: &Key, info: &[&[u8]], out: &mut [u8]) {
    let hkdf = Hkdf::<Sha256>::new(Some(SALT), &**from);
    let mut joined = Vec::new();
    for part in info {
        joined.extend_from_slice(&(part.len() as u16).to_be_bytes());
        joined.extend_from_slice(part);
    }
    // Fails only for outputs longer than 255 hashes, which are 8,160 bytes.
    hkdf.expand(&joined, out).expect("a short output of HKDF");
}

/// What fills slots that no link opens: bytes that nobody can tell from a wrapped key.
pub(super) fn filler<const N: usize>(content: &Key) -> [u8; N] {
    let mut out = [0; N];
    derive(content, &[b"filler"], &mut out);
    out
}

/// Which links open a file, and which opened it once.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// The keys that open it, today's first.
    pub live: Vec<Key>,
    /// The ids of links that open it no longer, newest first: whoever has one is told so.
    pub former: Vec<[u8; 8]>,
}

/// The site's secret, and the one before it while links of that still work.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// The secret.
    pub now: Secret,
    /// The one before it.
    pub former: Option<Secret>,
}

impl Secrets {
    /// Tells pairs of secrets apart without saying anything about them; for caches.
    pub fn fingerprint(&self) -> [u8; 16] {
        let mut hasher = Hasher::new("secrets");
        for secret in self.all() {
            hasher.bytes(&secret.fingerprint());
        }
        hasher.finish().0.to_le_bytes()
    }

    /// Both, today's first.
    pub fn all(&self) -> impl Iterator<Item = &Secret> {
        std::iter::once(&self.now).chain(&self.former)
    }
}

/// A key as it stands in the fragment of a link: base64url without padding.
pub fn to_fragment(key: &Key) -> Zeroizing<String> {
    Zeroizing::new(URL_SAFE_NO_PAD.encode(**key))
}

/// Names a link key in the header of a sealed file: eight bytes of a hash.
pub fn slot_id(link: &Key) -> [u8; 8] {
    let hash = Sha256::new().chain_update(b"hub gate slot").chain_update(**link).finalize();
    let mut id = [0; 8];
    id.copy_from_slice(&hash[..8]);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAD: &str = "K0QgfKeUbP7gJHN6SptfRqLEaTiFV8wHVL9PmqDusdI";

    #[test]
    fn keys_are_stable_and_apart() {
        let secret = Secret::parse(&URL_SAFE_NO_PAD.encode([7; 32])).expect("32 bytes");
        assert_eq!(*secret.link_key("a", 1), *secret.link_key("a", 1));
        assert_ne!(*secret.link_key("a", 1), *secret.link_key("a", 2));
        assert_ne!(*secret.link_key("a", 1), *secret.link_key("b", 1));
        let links = |live: &[u32], former: &[u32]| Links {
            live: live.iter().map(|e| secret.link_key("a", *e)).collect(),
            former: former.iter().map(|e| slot_id(&secret.link_key("a", *e))).collect(),
        };
        let key = |links: &Links, text: u8| *secret.content_key("a", links, &[text; 32]);
        assert_ne!(key(&links(&[1], &[]), 0), key(&links(&[1], &[]), 1), "another text");
        assert_ne!(key(&links(&[2, 1], &[]), 0), key(&links(&[2], &[1]), 0), "another header");
        let sign = |lead: &str, until| secret.sign_lead("a", 1, lead, until);
        assert_eq!(sign("l1", 1_800_000_000), LEAD, "as docs/gate-format.md has it");
        assert_ne!(sign("l1", 1_800_000_000), sign("l2", 1_800_000_000));
        assert_ne!(sign("l1", 1_800_000_000), sign("l1", 1_800_000_001));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert!(Secret::parse("short").is_none());
    }
}
