//! The desk: what lies below `/_hub/` in preview. Pure functions of the site, the inbox and a request; only a form that is sent, and
//! `New`, write something.

mod editor;

pub use editor::{EDITORS, editor_link};

use crate::diag::Finding;
use crate::leads::Inbox;
use crate::render::Snapshot;
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How something is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`, and `HEAD`, whose body the server leaves out.
    Get,
    /// `POST`.
    Post,
}

/// What a browser asks for.
pub struct Request<'a> {
    /// How.
    pub method: Method,
    /// The path below `/_hub/`, decoded: `inbox/download`; empty for the desk itself.
    pub path: &'a str,
    /// The query as it was sent, without `?`.
    pub query: &'a str,
    /// The value of a header, by its name in lower case.
    pub headers: &'a dyn Fn(&str) -> Option<String>,
    /// The body. Of one that is longer than [`LONGEST_BODY`], its beginning is enough.
    pub body: &'a [u8],
}

/// The longest body that is read, in bytes: no form of ours is longer.
pub const LONGEST_BODY: usize = 64 * 1024;

/// What is answered.
#[derive(Debug)]
pub struct Reply {
    /// The status, RFC 9110.
    pub status: u16,
    /// Headers, their names in lower case. The policy is among them: the server adds none of its own.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What changed, when, and how long it took until it could be seen.
#[derive(Clone, Debug)]
pub struct Timing {
    /// When.
    pub at: Timestamp,
    /// What: `content/articles/x.md`, `12 files`, `start`.
    pub what: String,
    /// How long.
    pub took: Duration,
}

/// What was worked out about one state of the site, kept until there is another.
#[derive(Default)]
pub struct Memory {}

/// All that the desk shows.
pub struct State<'a> {
    /// The site, with drafts.
    pub site: &'a Arc<Snapshot>,
    /// What is wrong with it, as far as known.
    pub findings: &'a [Finding],
    /// What changed lately, newest first.
    pub timings: &'a [Timing],
    /// Forms that were sent.
    pub inbox: &'a Inbox,
    /// The folder of `site.toml`.
    pub root: &'a Path,
    /// Where the preview stands, without a final slash: `http://127.0.0.1:1111`.
    pub base: &'a str,
    /// The clock, for what is written now.
    pub now: Timestamp,
    /// The editor that links open: a name or a template, as `HUB_EDITOR` or `[serve] editor` has it; empty for the usual one.
    pub editor: &'a str,
    /// What the last request worked out.
    pub memory: &'a Memory,
}

/// Answers a request below `/_hub/`.
pub fn answer(_state: &State<'_>, _request: &Request<'_>) -> Reply {
    Reply {
        status: 404,
        headers: vec![("content-type", "text/plain; charset=utf-8".to_string())],
        body: b"not yet".to_vec(),
    }
}
