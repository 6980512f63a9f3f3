//! Tables: they scroll in a region of their own, named by their head.

use crate::content::body::Piece;
use crate::text;
use pulldown_cmark::Alignment;

#[derive(Default)]
pub(super) struct Table {
    alignments: Vec<Alignment>,
    column: usize,
    in_head: bool,
    has_rows: bool,
    /// What the head says, for those who hear the table.
    label: String,
    /// Where the table begins: its first byte, its first hole.
    start: (usize, usize),
}

impl Table {
    pub(super) fn begin(alignments: Vec<Alignment>, out: &Piece) -> Table {
        Table { alignments, start: (out.html.len(), out.slots.len()), ..Table::default() }
    }

    pub(super) fn begin_head(&mut self, out: &mut Piece) {
        self.in_head = true;
        self.column = 0;
        out.html.push_str("<thead>\n<tr>");
    }

    pub(super) fn end_head(&mut self, out: &mut Piece) {
        self.in_head = false;
        out.html.push_str("</tr>\n</thead>\n");
    }

    pub(super) fn begin_row(&mut self, out: &mut Piece) {
        self.column = 0;
        if !std::mem::replace(&mut self.has_rows, true) {
            out.html.push_str("<tbody>\n");
        }
        out.html.push_str("<tr>");
    }

    pub(super) fn begin_cell(&mut self, out: &mut Piece) {
        out.html.push_str(if self.in_head { "<th scope=\"col\"" } else { "<td" });
        out.html.push_str(match self.alignments.get(self.column) {
            Some(Alignment::Left) => " class=\"left\">",
            Some(Alignment::Center) => " class=\"center\">",
            Some(Alignment::Right) => " class=\"right\">",
            _ => ">",
        });
        if self.in_head && !self.label.is_empty() {
            self.label.push_str(", ");
        }
    }

    pub(super) fn end_cell(&mut self, out: &mut Piece) {
        out.html.push_str(if self.in_head { "</th>" } else { "</td>" });
        self.column += 1;
    }

    /// Text that is written: the head's names the table.
    pub(super) fn text(&mut self, text: &str) {
        if self.in_head {
            self.label.push_str(text);
        }
    }

    pub(super) fn end(self, out: &mut Piece) {
        if self.has_rows {
            out.html.push_str("</tbody>\n");
        }
        out.html.push_str("</table></section>\n");
        let mut open = String::from("<section class=\"table\" tabindex=\"0\" aria-label=\"");
        text::push_escaped(&mut open, self.label.trim());
        open.push_str("\"><table>\n");
        let (at, first_slot) = self.start;
        out.html.insert_str(at, &open);
        for slot in &mut out.slots[first_slot..] {
            slot.at += open.len() as u32;
        }
    }
}
