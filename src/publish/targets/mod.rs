//! The table of targets: the kinds of host that a site can be published to. A new kind is a row and a file.

mod api;
mod azure;
mod cloudflare;
mod directory;
mod ftp;
mod git;
mod netlify;
mod read;
mod rsync;
mod s3;
mod sftp;
mod webdav;

pub use read::{Common, Target, read};

use super::door::{Door, Error};
use crate::posting::Clock;
use std::path::PathBuf;

/// A kind of target.
pub struct Kind {
    /// Its name in `site.toml`.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What `[publish.NAME]` takes for it, beside what every target takes.
    pub settings: &'static [Setting],
    /// Where its credentials come from, as a sentence for people.
    pub credentials: &'static str,
    /// What it can do.
    pub can: Can,
    /// Opens a target of this kind. Reads credentials; asks no network.
    pub open: fn(&Target, &World) -> Result<Door, Error>,
}

/// A setting of a kind.
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// Whether a target cannot be without it.
    pub required: bool,
    /// What it says, as a sentence for the reference.
    pub doc: &'static str,
}

/// What a setting takes.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// Text.
    Text,
    /// Several texts.
    Texts,
    /// `true` or `false`.
    Flag,
    /// A whole number from the first to the second.
    Number(i64, i64),
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// What a kind of target can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Can {
    /// Who keeps former states, so that `--rollback` works.
    pub keep: Keep,
    /// Is told content types and cache headers.
    pub headers: bool,
    /// Serves compressed bytes with `Content-Encoding`.
    pub compress: bool,
    /// How two publishers keep apart, at the best.
    pub lock: Lock,
}

/// Who keeps former states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Nobody.
    Nothing,
    /// hub, by copies over there, as many as `keep` says.
    Copies,
    /// The host, as many as it will.
    Host,
}

/// How two publishers keep apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// An object is replaced only if it is the version that was read: the manifest is its own lock.
    Swap,
    /// An object is made only if there is none.
    Create,
    /// Neither: what was written is read back. Two runs that begin within the same moment may miss each other.
    Look,
    /// The host takes care of it.
    Host,
}

/// What a target may ask the world.
#[derive(Clone)]
pub struct World {
    /// A variable of the environment, if it is set and not empty.
    pub var: fn(&str) -> Option<String>,
    /// The user's folder.
    pub home: Option<PathBuf>,
    /// The folder of `site.toml`.
    pub root: PathBuf,
    /// The folder of hub's own files.
    pub hub: PathBuf,
    /// The output folder.
    pub out: PathBuf,
    /// Time.
    pub clock: Clock,
    /// How often something is tried, at the most.
    pub tries: u32,
    /// Whether somebody is there to be asked for a passphrase.
    pub attended: bool,
}

/// Text that must be there.
const fn required(name: &'static str, doc: &'static str) -> Setting {
    Setting { name, takes: Takes::Text, required: true, doc }
}

/// Something that may be there.
const fn optional(name: &'static str, takes: Takes, doc: &'static str) -> Setting {
    Setting { name, takes, required: false, doc }
}

/// Text that may be there.
const fn optional_text(name: &'static str, doc: &'static str) -> Setting {
    optional(name, Takes::Text, doc)
}

/// Every kind.
pub static TABLE: &[Kind] = &[
    directory::KIND,
    s3::KIND,
    s3::GCS,
    azure::KIND,
    sftp::KIND,
    ftp::KIND,
    webdav::KIND,
    rsync::KIND,
    git::KIND,
    netlify::KIND,
    cloudflare::KIND,
];

/// A folder in front of every key: empty, or with a slash at its end.
fn prefix(written: Option<&str>) -> String {
    match written.map(|p| p.trim_matches('/')) {
        None | Some("") => String::new(),
        Some(prefix) => format!("{prefix}/"),
    }
}

/// A kind by its name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    TABLE.iter().find(|kind| kind.name == name)
}
