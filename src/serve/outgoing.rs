//! What the server adds to a page on its way out, and nothing else: the script that keeps it up to date, and the inbox in place of the
//! forms' providers.

use super::view::Look;
use crate::leads;
use crate::render::Snapshot;
use crate::text;

/// Where the server's own pages and files lie.
pub const OWN: &str = "/_hub/";

/// The page of a site as it leaves the server.
pub fn page(html: &[u8], site: &Snapshot, path: &str, look: Look) -> Vec<u8> {
    // Nothing was made of it; what is wrong is shown above.
    let nothing = b"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>This page has errors</title></head><body></body></html>";
    let html = leads::redirect_forms(if html.is_empty() { nothing } else { html }, site);
    let path = text::escape(path);
    let script = format!(
        "<script src=\"{OWN}assets/live.js\" defer data-path=\"{path}\" data-page=\"{:?}\" data-shape=\"{:?}\"></script>",
        look.page, look.shape
    );
    let at = head(&html);
    [&html[..at], script.as_bytes(), &html[at..]].concat()
}

/// Where something can be added that a page loads: at the beginning of its head, else at its end.
fn head(html: &[u8]) -> usize {
    let at = memchr::memmem::find(html, b"<head").and_then(|i| Some(i + memchr::memchr(b'>', &html[i..])? + 1));
    at.unwrap_or(html.len())
}
