//! Links, images and raw HTML: what leads elsewhere becomes a hole, and what is loaded from elsewhere is said.

use super::Writer;
use crate::content::body::{Fill, Picture};
use crate::content::markdown::raw;
use crate::diag::{Diagnostic, codes};
use crate::text;
use pulldown_cmark::LinkType;
use std::ops::Range;

impl Writer<'_> {
    pub(super) fn start_link(&mut self, kind: LinkType, dest: &str, title: &str, range: Range<usize>) {
        self.in_link += 1;
        let mail = if kind == LinkType::Email { "mailto:" } else { "" };
        self.push("<a href=\"");
        if mail.is_empty() && (!text::is_external(dest) || text::origin(dest).is_some()) {
            self.slot(Fill::Href(dest.to_string()), &self.dest_range(dest, &range));
        } else {
            self.push(mail);
            // Writing to a String does not fail.
            let _ = pulldown_cmark_escape::escape_href(&mut self.out.html, dest);
        }
        self.push("\"");
        if !title.is_empty() {
            self.push(" title=\"");
            text::push_escaped(&mut self.out.html, title);
            self.push("\"");
        }
        self.push(">");
    }

    /// Where the destination itself stands inside a link, so that the caret points at the wrong word.
    fn dest_range(&self, dest: &str, range: &Range<usize>) -> Range<usize> {
        let written = &self.source[range.clone()];
        // Nearly every link: `[text](dest)`.
        let last = written.strip_suffix(')').and_then(|w| w.strip_suffix(dest)).filter(|_| !dest.ends_with(')'));
        match last.map(str::len).or_else(|| written.rfind(dest)) {
            Some(i) if !dest.is_empty() => range.start + i..range.start + i + dest.len(),
            _ => self.definition_range(dest).unwrap_or_else(|| range.clone()),
        }
    }

    /// A reference link is wrong where its definition stands: `[name]: dest`.
    fn definition_range(&self, dest: &str) -> Option<Range<usize>> {
        if dest.is_empty() {
            return None;
        }
        let found = self.source.match_indices(dest).find(|(i, _)| self.source[..*i].trim_end().ends_with("]:"));
        found.map(|(i, _)| i..i + dest.len())
    }

    pub(super) fn end_image(&mut self) {
        let Some(image) = self.image.take() else { return };
        let place = self.dest_range(&image.src, &image.place);
        if image.alt.trim().is_empty() {
            let d = Diagnostic::new(codes::MISSING_ALT, format!("the image `{}` has no text alternative", image.src));
            self.report(d.help("write what it says: `![text](…)`"), image.place.clone());
        }
        if let Some(origin) = text::origin(&image.src) {
            self.third_party(origin.to_string(), place.clone());
        }
        self.slot(Fill::Image(Picture { src: image.src, alt: image.alt, title: image.title }), &place);
    }

    fn third_party(&mut self, origin: String, range: Range<usize>) {
        let d = Diagnostic::new(codes::THIRD_PARTY, format!("every reader's browser would ask `{origin}`"));
        self.report(d.help("download the file and put it beside the text"), range);
        self.gist.origins.push(origin);
    }

    pub(super) fn raw(&mut self, html: &str, range: Range<usize>) {
        let html = &*self.unmark(html);
        if html.trim() == "<!-- more -->" && self.summary_len.is_none() && self.aside.is_empty() {
            self.summary_len = Some(self.out.html.len());
            return;
        }
        self.foreign = true;
        for part in raw::read(html) {
            let at = range.start + part.at.start..range.start + part.at.end;
            match part.kind {
                raw::Kind::Text => self.push(&html[part.at]),
                raw::Kind::Address(value) if text::is_external(&value) => self.push(&html[part.at]),
                raw::Kind::Address(value) => self.slot(Fill::Href(value), &at),
                raw::Kind::Loads(origin) => self.third_party(origin, at),
                raw::Kind::Blocked(what) => {
                    let d = Diagnostic::new(
                        codes::BLOCKED_BY_POLICY,
                        format!("{what} has no effect: the site's content security policy blocks it"),
                    );
                    self.report(d.help("use a class and the site's style sheet, or a component"), at);
                }
            }
        }
    }
}
