//! Components in running text, and the gate, which is one.

use super::Writer;
use crate::content::body::{Call, Fill, GATE};
use crate::content::markdown::component;
use crate::diag::{Diagnostic, codes};
use crate::project::node::Value;
use crate::source::{At, Span};
use pulldown_cmark::{Event, Tag};
use std::ops::Range;

impl Writer<'_> {
    /// Takes what belongs to a component line.
    pub(super) fn component_line(&mut self, event: &Event<'_>, range: &Range<usize>) -> bool {
        if !self.marked || matches!(event, Event::Start(Tag::Paragraph) | Event::End(_)) || self.code.is_some() {
            return false;
        }
        if range.start < self.skip_until {
            return true;
        }
        if matches!(event, Event::Text(text) if text.starts_with(component::MARK)) {
            let rest = &self.source[range.start..];
            let line = rest[..rest.find('\n').unwrap_or(rest.len())].trim_end();
            self.close_paragraph();
            self.skip_until = range.start + line.len();
            self.component(range.start..self.skip_until);
            return true;
        }
        if self.in_paragraph && !self.paragraph_open {
            if matches!(event, Event::SoftBreak | Event::HardBreak) {
                return true;
            }
            self.push("<p>");
            self.paragraph_open = true;
        }
        false
    }

    fn component(&mut self, line: Range<usize>) {
        let source = &self.source[line.clone()];
        let parsed = match component::parse(source, self.base + line.start) {
            Ok(parsed) => parsed,
            Err((message, at)) => {
                let range = line.start + at.start..line.start + at.end;
                let help = "write `::name{key=\"value\"}` on a line of its own, or `:::name{…}` … `:::` around text";
                return self.report(Diagnostic::new(codes::COMPONENT_SYNTAX, message).help(help), range);
            }
        };
        match parsed {
            component::Parsed::Leaf(call) => {
                self.gist.components.push(call.name.clone());
                self.fresh_line();
                self.slot(Fill::Leaf(call), &line);
                self.push("\n");
            }
            component::Parsed::Open(call) => {
                self.gist.components.push(call.name.clone());
                if call.name == GATE {
                    self.open_gate(&call, &line);
                }
                self.open.push((line.clone(), call.name.clone(), (self.depth, self.aside.len())));
                self.fresh_line();
                self.slot(Fill::Open(call), &line);
            }
            component::Parsed::Close => match self.open.pop() {
                Some((_, _, depth)) if depth == (self.depth, self.aside.len()) => {
                    self.slot(Fill::Close, &line);
                    self.push("\n");
                }
                Some((place, name, depth)) => {
                    let span = Span::new(self.file, self.base + place.start..self.base + place.end);
                    let message = format!("this `:::` does not stand where `{name}` was opened");
                    let d = Diagnostic::new(codes::COMPONENT_SYNTAX, message)
                        .also(span, "opened here")
                        .help("put a blank line before `:::`, and indent it as the opening line");
                    self.report(d, line.clone());
                    self.open.push((place, name, depth));
                }
                None => {
                    let d = Diagnostic::new(codes::COMPONENT_SYNTAX, "`:::` closes nothing")
                        .help("open a component with `:::name` above, or remove the line");
                    self.report(d, line.clone());
                }
            },
        }
    }

    pub(super) fn close_components(&mut self) {
        while let Some((place, name, _)) = self.open.pop() {
            let d = Diagnostic::new(codes::COMPONENT_SYNTAX, format!("`{name}` is opened and never closed"))
                .help("close it with `:::` on a line of its own, after a blank line");
            self.report(d, place.clone());
            self.slot(Fill::Close, &place);
        }
    }

    /// What a gate seals must stand nowhere else: not in the summary, not among the headings, not in a footnote.
    fn open_gate(&mut self, call: &Call, line: &Range<usize>) {
        if self.depth > 0 || !self.aside.is_empty() || self.in_gate() {
            let d = Diagnostic::new(codes::COMPONENT_SYNTAX, "a `gate` stands inside of something else")
                .help("open it outside of lists, quotes, footnotes and other gates");
            self.report(d, line.clone());
        }
        self.first_gate.get_or_insert(self.out.html.len());
        // The ids in it are not on the page.
        self.foreign = true;
        let magnet = call.args.iter().find(|a| a.name == "magnet");
        if let Some((Value::String(name), arg)) = magnet.map(|a| (&a.value, a)) {
            self.gist.gates.push(At::new(name.clone(), arg.start as usize..arg.end as usize));
        }
    }

    /// Whether a gate is open.
    pub(super) fn in_gate(&self) -> bool {
        self.open.iter().any(|(_, name, _)| name == GATE)
    }

    /// Footnotes are written at the end, where everybody reads them.
    pub(super) fn no_footnote_in_gate(&mut self, range: &Range<usize>) {
        if self.in_gate() {
            let d =
                Diagnostic::new(codes::COMPONENT_SYNTAX, "a footnote stands in a `gate`, and its text would be shown")
                    .help("write it into the text, or move it out of the gate");
            self.report(d, range.clone());
        }
    }
}
