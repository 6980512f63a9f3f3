//! Posting: a snippet goes out by the network's own interface, once.
//!
//! What is about to be sent is written down first, with the key by which the network tells a second sending from another post.
//! Whoever finds such an entry later looks whether the post arrived, and sends it again under the same key if it did not.

mod bluesky;
mod client;
mod journal;
mod mastodon;

pub use bluesky::Bluesky;
pub use client::{Client, Clock, Error, tls, tls_client};
pub use journal::Journal;
pub use mastodon::Mastodon;

use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::files::SITE_TOML;
use crate::project::config::Section;
use crate::project::take::Take;
use crate::share::Snippet;
use crate::source::{At, RelPath};
use jiff::Timestamp;
use std::cell::RefCell;

/// The networks that hub posts to.
pub const NETWORKS: [&str; 2] = ["mastodon", "bluesky"];

/// `[share.post]`: where the accounts are.
#[derive(Clone, Debug)]
pub struct Servers {
    /// The Mastodon instance of the account.
    pub mastodon: Option<String>,
    /// The server that the Bluesky account signs in at.
    pub bluesky: String,
}

/// A post that is to be sent.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// What.
    pub snippet: &'a Snippet,
    /// The title of the page that it leads to.
    pub title: &'a str,
    /// What that page is about; may be empty.
    pub description: &'a str,
    /// The language of the site (BCP 47).
    pub language: &'a str,
    /// The card, a PNG.
    pub card: Option<Vec<u8>>,
    /// What the network tells a second sending by.
    pub key: String,
    /// When it was begun: the same for every sending.
    pub begun: Timestamp,
    /// What the network calls the posts of the thread that are known to be out.
    pub ids: Vec<String>,
    /// Whether an earlier sending broke off: what it sent is looked for.
    pub again: bool,
}

/// A post that is out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What the network calls it, and each further post of its thread.
    pub ids: Vec<String>,
    /// Its address.
    pub url: String,
}

/// Told of every post of a thread that is out, before the next one is sent.
pub type Progress<'a> = &'a mut dyn FnMut(&[String]) -> Result<(), Error>;

/// An account that can post.
pub trait Account {
    /// The key of a new post: what the network tells a second sending by.
    fn key(&self, snippet: &Snippet, begun: Timestamp) -> String;
    /// Sends a post, or what an earlier sending left of it.
    fn send(&self, job: &Job<'_>, progress: Progress<'_>) -> Result<Sent, Error>;
}

/// Reads `[share.post]`.
pub fn servers(section: &Section) -> Parsed<Servers> {
    let mut servers = Servers { mastodon: None, bluesky: "https://bsky.social".to_string() };
    let file = RelPath::new(SITE_TOML);
    let found = RefCell::new(Diagnostics::default());
    if let Some(table) = section {
        let mut take = Take::new(table.value.clone(), table.span(&file), &file, "[share.post]", &found);
        servers.mastodon = take_server(&mut take, "mastodon");
        servers.bluesky = take_server(&mut take, "bluesky").unwrap_or(servers.bluesky);
        take.finish();
    }
    Parsed { value: servers, diags: found.into_inner() }
}

fn take_server(take: &mut Take<'_>, key: &'static str) -> Option<String> {
    let written: At<String> = take.string(key)?;
    if let Some(origin) = client::origin(&written.value) {
        return Some(origin);
    }
    let message = format!("`{key}` is `{}`, which is not the address of a server", written.value);
    let d = Diagnostic::new(codes::BAD_VALUE, message).at(written.span(take.file()));
    take.report(d.help("write `https://` and the host, such as `https://mastodon.social`"));
    None
}
