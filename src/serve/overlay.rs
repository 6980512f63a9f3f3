//! What is wrong, as a page shows it: drawn as in the terminal, with links that open the editor.

use crate::desk;
use crate::diag::{Finding, Format, Level, draw};
use crate::render::Snapshot;
use crate::source::{RelPath, position};
use crate::text;
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;

/// What a page is told of findings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Overlay {
    /// Errors that concern the page: it is covered by them.
    pub here: Vec<Drawn>,
    /// Whether what lies below is of an earlier state.
    pub earlier: bool,
    /// Errors and warnings of the site, as far as known.
    pub errors: usize,
    /// See `errors`.
    pub warnings: usize,
}

/// A finding as HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Drawn {
    /// The drawing, lines and all.
    pub html: String,
    /// `file:line:column`.
    pub place: String,
    /// What opens the editor there.
    pub open: String,
}

/// At most so many findings cover a page.
const SHOWN: usize = 12;

impl Overlay {
    /// What a page shows: `here` concern it, `all` are those of the site.
    pub fn new(
        site: &Snapshot,
        root: &Path,
        editor: &str,
        here: &[Finding],
        earlier: bool,
        all: &[Finding],
    ) -> Overlay {
        let count = |level| all.iter().filter(|f| f.level == level).count();
        let errors = here.iter().filter(|f| f.level == Level::Error).take(SHOWN);
        Overlay {
            here: errors.map(|f| Drawn::new(site, root, editor, f)).collect(),
            earlier,
            errors: count(Level::Error),
            warnings: count(Level::Warning),
        }
    }
}

impl Drawn {
    fn new(site: &Snapshot, root: &Path, editor: &str, finding: &Finding) -> Drawn {
        let text = |path: &RelPath| site.read(path).ok().map(|b| Arc::from(String::from_utf8_lossy(&b)));
        let html = spans(&draw(std::slice::from_ref(finding), Format::Human, true, &text));
        let Some(at) = &finding.diagnostic.at else { return Drawn { html, ..Drawn::default() } };
        let place = position(&text(&at.file).unwrap_or_else(|| "".into()), at.start as usize);
        Drawn {
            html,
            place: format!("{}:{}:{}", at.file, place.line, place.column),
            open: desk::editor_link(editor, &root.join(at.file.as_str()), place.line, place.column),
        }
    }
}

/// Terminal colours (ECMA-48, select graphic rendition) as spans with the classes `b` for bold and `c0` to `c15`.
pub fn spans(drawn: &str) -> String {
    let mut out = String::new();
    let mut open = false;
    let mut bold = false;
    let mut parts = drawn.split("\x1b[");
    out.push_str(&text::escape(parts.next().unwrap_or_default()));
    for part in parts {
        let (codes, words) = part.split_once('m').unwrap_or(("", part));
        let mut colour = None;
        let mut codes = codes.split(';').map(|c| c.parse::<u8>().unwrap_or(0));
        while let Some(code) = codes.next() {
            match code {
                0 => (bold, colour) = (false, None),
                1 => bold = true,
                30..=37 => colour = Some(code - 30),
                90..=97 => colour = Some(code - 82),
                38 => colour = codes.next().filter(|kind| *kind == 5).and_then(|_| codes.next()),
                _ => {}
            }
        }
        if std::mem::take(&mut open) {
            out.push_str("</span>");
        }
        let classes: Vec<String> =
            bold.then(|| "b".to_string()).into_iter().chain(colour.map(|c| format!("c{c}"))).collect();
        if !classes.is_empty() && !words.is_empty() {
            out.push_str(&format!("<span class=\"{}\">", classes.join(" ")));
            open = true;
        }
        out.push_str(&text::escape(words));
    }
    if open {
        out.push_str("</span>");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_classes_and_words_are_escaped() {
        let drawn = "\x1b[1m\x1b[91merror\x1b[0m: <b>\x1b[1m\x1b[38;5;12m | \x1b[0m.";
        assert_eq!(spans(drawn), "<span class=\"b c9\">error</span>: &lt;b&gt;<span class=\"b c12\"> | </span>.");
    }
}
