//! Footnotes: numbered in the order of their first use, written at the end.

use crate::content::body::{Fill, Piece, Slot};
use crate::digest::id_hash;
use rustc_hash::FxHashMap;

/// What a reference begins and ends with. Summaries go without: their notes stay behind.
pub(super) const REFERENCE: (&str, &str) = ("<sup class=\"footnote\">", "</sup>");

#[derive(Default)]
pub(super) struct Footnotes {
    numbers: FxHashMap<String, usize>,
    order: Vec<String>,
    uses: FxHashMap<String, usize>,
    texts: FxHashMap<String, Piece>,
    label: Option<String>,
}

/// What tells the second use of a note from the first.
fn again(uses: usize) -> String {
    if uses == 1 { String::new() } else { format!("-{uses}") }
}

fn push(out: &mut Piece, parts: &[&str]) {
    parts.iter().for_each(|part| out.html.push_str(part));
}

/// One of the theme's words, and what it is in English.
fn word(out: &mut Piece, key: &str, english: &str) {
    let fill = Fill::Word(key.to_string(), english.to_string());
    out.slots.push(Slot { at: out.html.len() as u32, start: 0, end: 0, fill });
}

impl Footnotes {
    /// A reference to a note, as HTML.
    pub(super) fn refer(&mut self, label: &str) -> String {
        let number = match self.numbers.get(label) {
            Some(&n) => n,
            None => {
                self.order.push(label.to_string());
                self.numbers.insert(label.to_string(), self.order.len());
                self.order.len()
            }
        };
        let uses = self.uses.entry(label.to_string()).or_insert(0);
        *uses += 1;
        let (begin, end) = REFERENCE;
        let again = again(*uses);
        let number = &*number.to_string();
        [
            begin,
            "<a href=\"#fn-",
            number,
            "\" id=\"fnref-",
            number,
            &again,
            "\" role=\"doc-noteref\">",
            number,
            "</a>",
            end,
        ]
        .concat()
    }

    /// The text that follows is that of this note.
    pub(super) fn begin(&mut self, label: &str) {
        self.label = Some(label.to_string());
    }

    /// The text of the note that was begun; of two notes of one label the first counts.
    pub(super) fn define(&mut self, text: Piece) {
        if let Some(label) = self.label.take() {
            self.texts.entry(label).or_insert(text);
        }
    }

    /// Writes all notes that are referred to, and the hashes of their ids and of the references'.
    pub(super) fn write(mut self, out: &mut Piece, ids: &mut Vec<u32>) {
        if self.order.is_empty() {
            return;
        }
        out.html.push_str("\n<section class=\"footnotes\" role=\"doc-endnotes\" aria-label=\"");
        word(out, "footnotes", "Footnotes");
        out.html.push_str("\">\n<ol>\n");
        for (i, label) in self.order.iter().enumerate() {
            let number = &*(i + 1).to_string();
            let id = ["fn-", number].concat();
            push(out, &["<li id=\"", &id, "\">"]);
            ids.push(id_hash(&id));
            let mut text = self.texts.remove(label).unwrap_or_default();
            let end = text.html.trim_end().len();
            text.html.truncate(end);
            let inside = text.html.ends_with("</p>");
            if inside {
                text.html.truncate(end - 4);
            }
            out.append(&mut text);
            for n in 1..=self.uses.get(label).copied().unwrap_or(1) {
                let again = again(n);
                let id = ["fnref-", number, &again].concat();
                ids.push(id_hash(&id));
                push(out, &[" <a href=\"#", &id, "\" role=\"doc-backlink\" aria-label=\""]);
                word(out, "footnote_back", "Back to the text");
                push(out, &[" ", number, &again, "\">↩</a>"]);
            }
            out.html.push_str(if inside { "</p></li>\n" } else { "</li>\n" });
        }
        out.html.push_str("</ol>\n</section>\n");
    }
}
