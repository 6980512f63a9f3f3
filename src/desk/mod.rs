//! The desk: what lies below `/_hub/` in preview. Functions of the site, the inbox and a request; only a form that is sent, what is
//! done with the inbox, and `New` write something. docs/preview.md describes it.

mod articles;
mod calendar;
mod findings;
mod forms;
mod inbox;
mod map;
mod new;
mod page;
mod posts;
mod request;
mod routes;
mod sankey;

use crate::diag::Finding;
use crate::leads::Inbox;
use crate::render::Snapshot;
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use crate::project::editor::{check as check_editor, editor_link};
pub use map::Memory;
pub use request::{LONGEST_BODY, Method, Request};

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
    /// What earlier requests worked out.
    pub memory: &'a Memory,
}

/// The editor that links open: the one that was named for this preview, else the site's.
pub fn editor<'a>(named: &'a str, site: &'a Snapshot) -> &'a str {
    if named.is_empty() { &site.project.config.editor } else { named }
}

/// Answers a request below `/_hub/`.
pub fn answer(state: &State<'_>, request: &Request<'_>) -> Reply {
    if !request.is_for(state.base) {
        return page::note(state, 403, "Not from there", "The preview answers to its own address alone.");
    }
    if request.body.len() > LONGEST_BODY {
        let most = crate::text::size(LONGEST_BODY as u64);
        return page::note(state, 413, "Too long", &format!("No form of the site is longer than {most}."));
    }
    let path = request.path.trim_matches('/');
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    match (request.method, first, rest) {
        (Method::Get, "", _) => map::overview(state),
        (Method::Get, "articles", "") => articles::list(state, request),
        (Method::Get, "article", file) => articles::one(state, file),
        (Method::Get, "posts", rest) => posts::gallery(state, rest, request.path),
        (Method::Get, "calendar", "") => calendar::weeks(state, request),
        (Method::Get, "forms", "") => forms::list(state),
        (Method::Get, "diagnostics", "") => findings::list(state, request),
        (Method::Get, "routes", "") => routes::list(state, request),
        (Method::Get, "timings", "") => routes::timings(state),
        (Method::Get, "new", "") => new::form(state, request),
        (Method::Post, "new", "") => new::make(state, request),
        (Method::Get, "opened", "") => new::opened(state, request),
        (Method::Get, "inbox", "") => inbox::list(state, request),
        (_, "inbox", rest) => inbox::sent(state, request, rest),
        (Method::Get, "leads", "leads.csv") => inbox::table(state),
        (Method::Post, "leads", "forget") => inbox::forget(state, request),
        (Method::Post, "leads", "next") => inbox::answer_next(state, request),
        (Method::Get, "leads", id) if !id.is_empty() => inbox::one(state, id),
        (Method::Get, "assets", name) => page::asset(state, name),
        _ => page::note(state, 404, "Nothing here", "The desk has no such page."),
    }
}
