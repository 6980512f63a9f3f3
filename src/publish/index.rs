//! What is published at a target, as it is kept there in one object: `.hub-manifest.json`. Everybody can read it, so it holds
//! no secret: addresses that nobody is to guess are in it by their digests.

use crate::digest::seal;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The manifest's key.
pub const KEY: &str = ".hub-manifest.json";
/// The key of the lock, where the manifest cannot be its own.
pub const LOCK: &str = ".hub-lock.json";
/// What `keep` keeps lies below it.
pub const OBJECTS: &str = ".hub-objects/";
/// Changes when a manifest changes its shape.
pub const FORMAT: u32 = 1;

/// A file at a target: the seal of its bytes, their number, and what the host was told of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry(pub String, pub u64, pub String);

impl Entry {
    /// The key of the copy that is kept of it.
    pub fn kept_at(&self) -> String {
        format!("{OBJECTS}{}-{}", self.0, self.2)
    }
}

/// A file that an unfinished run was to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// What was to be put there; nothing if it was to be removed.
    pub to: Option<Entry>,
    /// Whether that is known to be done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub done: bool,
}

/// A run that is publishing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Busy {
    /// The run.
    pub run: String,
    /// When it began.
    pub since: Timestamp,
    /// Until when others wait for it.
    pub until: Timestamp,
}

/// A former state that can be gone back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its run.
    pub run: String,
    /// When it was published.
    pub at: Option<Timestamp>,
}

impl Kept {
    /// The key of its manifest.
    pub fn key(&self) -> String {
        format!("{OBJECTS}{}.json", self.run)
    }
}

/// What is published at a target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// [`FORMAT`].
    pub format: u32,
    /// The run that finished last; empty if none did.
    #[serde(default)]
    pub run: String,
    /// When that was.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// Every file as that run left it, by its name in the manifest.
    #[serde(default)]
    pub files: BTreeMap<String, Entry>,
    /// What runs after it have changed or may have changed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pending: BTreeMap<String, Pending>,
    /// The run that is publishing now. Where the store has a lock of its own, this one only names the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<Busy>,
    /// Former states, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Kept>,
}

impl Published {
    /// Reads a manifest.
    pub fn read(bytes: &[u8]) -> Result<Published, String> {
        let read: Published =
            serde_json::from_slice(bytes).map_err(|e| format!("`{KEY}` at the target is damaged: {e}"))?;
        match read.format {
            FORMAT => Ok(read),
            other => Err(format!("`{KEY}` at the target is of format {other}: a newer hub wrote it; update hub")),
        }
    }

    /// Its text.
    pub fn write(&self) -> Vec<u8> {
        // Maps with text for keys always serialize.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Every file that may be there, with what it is known to be.
    pub fn state(&self) -> BTreeMap<&str, Option<&Entry>> {
        let mut state: BTreeMap<&str, Option<&Entry>> = self.files.iter().map(|(n, e)| (n.as_str(), Some(e))).collect();
        for (name, pending) in &self.pending {
            match (&pending.to, pending.done) {
                (Some(entry), true) => drop(state.insert(name, Some(entry))),
                (None, true) => drop(state.remove(name.as_str())),
                (_, false) => drop(state.insert(name, None)),
            }
        }
        state
    }
}

/// The name of a path in the manifest: itself, unless a part of it is an address that nobody is to guess
/// (`/get/` and 48 hexadecimal digits). Then the digest stands behind the part that everybody knows.
pub fn name_of(path: &str) -> String {
    let hidden = |at: usize| {
        let rest = &path[at + "get/".len()..];
        rest.len() > 48 && rest.as_bytes()[48] == b'/' && rest.bytes().take(48).all(|b| b.is_ascii_hexdigit())
    };
    let at =
        path.match_indices("get/").map(|(at, _)| at).find(|at| (*at == 0 || path[..*at].ends_with('/')) && hidden(*at));
    match at {
        Some(at) => format!("{}#{}", &path[..at + "get/".len()], seal(path.as_bytes())),
        None => path.to_string(),
    }
}

/// Where a hidden name is to be looked for: the part that everybody knows.
pub fn known_part(name: &str) -> Option<&str> {
    name.split_once('#').filter(|(known, hash)| known.ends_with("get/") && hash.len() == 32).map(|(known, _)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_addresses_do_not_stand_in_the_manifest() {
        let hex = "0123456789abcdef".repeat(3);
        let name = name_of(&format!("magnets/guide/get/{hex}/guide.pdf"));
        assert!(name.starts_with("magnets/guide/get/#") && !name.contains(&hex), "{name}");
        assert_eq!(known_part(&name), Some("magnets/guide/get/"));
        for open in ["get/started/index.html", "widget/x", "a/get/0123/x", "index.html", "get/"] {
            assert_eq!(name_of(open), open);
            assert_eq!(known_part(open), None);
        }
    }

    #[test]
    fn what_a_broken_run_may_have_done_is_not_taken_for_known() {
        let entry = |n: &str| Entry(n.to_string(), 1, String::new());
        let files = [("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")].map(|(p, e)| (p.to_string(), entry(e)));
        let pending = [
            ("a", Pending { to: Some(entry("2")), done: true }),
            ("b", Pending { to: Some(entry("2")), done: false }),
            ("c", Pending { to: None, done: false }),
            ("d", Pending { to: None, done: true }),
        ];
        let published = Published {
            format: FORMAT,
            files: files.into_iter().collect(),
            pending: pending.map(|(p, e)| (p.to_string(), e)).into_iter().collect(),
            ..Published::default()
        };
        let again = Published::read(&published.write()).expect("a manifest");
        assert_eq!(again, published);
        let two = entry("2");
        assert_eq!(again.state().into_iter().collect::<Vec<_>>(), [("a", Some(&two)), ("b", None), ("c", None)]);
    }
}
