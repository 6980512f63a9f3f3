//! A page as lints see it: its elements in order, with what each one says. Read by html5gum, which follows the HTML standard.
//!
//! It is no tree builder: an end tag closes the nearest open element of its name, and what HTML lets authors leave open ends with what holds it.

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};
use std::ops::Range;

/// No element.
const NONE: u32 = u32::MAX;

/// An element of a page.
#[derive(Debug)]
pub struct Element {
    name: Range<u32>,
    attributes: Range<u32>,
    parent: u32,
    said: Range<u32>,
}

/// A page. It is filled anew for every page, so that its memory is asked for once.
#[derive(Debug, Default)]
pub struct Dom {
    /// Names and values.
    words: String,
    /// What readers are told, in order: texts, and the alternatives of pictures.
    said: String,
    elements: Vec<Element>,
    attributes: Vec<(Range<u32>, Range<u32>)>,
}

/// Elements that hold nothing (HTML, "13.1.2 Elements").
const VOID: [&str; 13] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];
/// Elements whose text nobody is told.
const SILENT: [&str; 4] = ["script", "style", "template", "noscript"];

/// Reads pages.
struct Reader<'d> {
    dom: &'d mut Dom,
    open: Vec<u32>,
    /// How deep in elements whose text nobody is told.
    silent: u32,
}

impl Dom {
    /// Reads a page.
    pub fn read(&mut self, html: &[u8]) {
        self.words.clear();
        self.said.clear();
        self.elements.clear();
        self.attributes.clear();
        let mut reader = Reader { dom: self, open: Vec::new(), silent: 0 };
        let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| -> Option<()> {
            reader.take(event);
            None
        });
        emitter.naively_switch_states(true);
        // Reading from memory does not fail, and nothing is handed out.
        for _ in Tokenizer::new_with_emitter(html, emitter) {}
        let end = self.said.len() as u32;
        for element in &mut self.elements {
            element.said.end = element.said.end.min(end);
        }
    }

    /// Every element, in order.
    pub fn all(&self) -> impl Iterator<Item = At<'_>> {
        (0..self.elements.len() as u32).map(|i| At { dom: self, i })
    }

    /// The elements of a name.
    pub fn named<'d>(&'d self, name: &'static str) -> impl Iterator<Item = At<'d>> {
        self.all().filter(move |e| e.name() == name)
    }

    /// The element of an id.
    pub fn by_id(&self, id: &str) -> Option<At<'_>> {
        self.all().find(|e| e.get("id") == Some(id))
    }
}

impl Reader<'_> {
    fn word(&mut self, word: &[u8]) -> Range<u32> {
        let start = self.dom.words.len() as u32;
        self.dom.words.push_str(&String::from_utf8_lossy(word));
        start..self.dom.words.len() as u32
    }

    fn take(&mut self, event: CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                let name = self.word(name);
                let at = self.dom.attributes.len() as u32;
                let parent = self.open.last().copied().unwrap_or(NONE);
                let here = self.dom.said.len() as u32;
                self.dom.elements.push(Element { name, attributes: at..at, parent, said: here..NONE });
            }
            CallbackEvent::AttributeName { name } => {
                let name = self.word(name);
                let Some(element) = self.dom.elements.last_mut() else { return };
                self.dom.attributes.push((name.clone(), name.end..name.end));
                element.attributes.end = self.dom.attributes.len() as u32;
            }
            CallbackEvent::AttributeValue { value } => {
                let value = self.word(value);
                if let Some(last) = self.dom.attributes.last_mut() {
                    last.1 = value;
                }
            }
            CallbackEvent::CloseStartTag { self_closing } => self.opened(self_closing),
            CallbackEvent::EndTag { name } => self.close(name),
            CallbackEvent::String { value } if self.silent == 0 => {
                self.dom.said.push_str(&String::from_utf8_lossy(value));
            }
            _ => {}
        }
    }

    fn opened(&mut self, self_closing: bool) {
        let i = self.dom.elements.len() as u32 - 1;
        let at = At { dom: self.dom, i };
        let name = at.name();
        let (void, silent) = (VOID.contains(&name), SILENT.contains(&name));
        let foreign = self_closing && at.inside().any(|e| ["svg", "math"].contains(&e.name()));
        let told = at.get("aria-label").or_else(|| at.get("alt").filter(|_| name == "img" || name == "area"));
        if let Some(told) = told.map(str::to_string).filter(|_| self.silent == 0) {
            self.dom.said.push_str(&told);
        }
        if void || foreign {
            self.dom.elements[i as usize].said.end = self.dom.said.len() as u32;
            return;
        }
        self.silent += u32::from(silent);
        self.open.push(i);
    }

    fn close(&mut self, name: &[u8]) {
        let is = |i: &u32| At { dom: self.dom, i: *i }.name().as_bytes() == name;
        let Some(at) = self.open.iter().rposition(is) else { return };
        for i in self.open.drain(at..) {
            self.dom.elements[i as usize].said.end = self.dom.said.len() as u32;
            let silent = SILENT.contains(&At { dom: self.dom, i }.name());
            self.silent -= u32::from(silent);
        }
    }
}

/// An element, and the page it stands on.
#[derive(Clone, Copy, Debug)]
pub struct At<'d> {
    dom: &'d Dom,
    i: u32,
}

impl<'d> At<'d> {
    fn element(self) -> &'d Element {
        &self.dom.elements[self.i as usize]
    }

    fn words(self, range: &Range<u32>) -> &'d str {
        &self.dom.words[range.start as usize..range.end as usize]
    }

    /// Its name, in lower case.
    pub fn name(self) -> &'d str {
        self.words(&self.element().name)
    }

    /// An attribute, by its name in lower case.
    pub fn get(self, name: &str) -> Option<&'d str> {
        let range = &self.element().attributes;
        let all = &self.dom.attributes[range.start as usize..range.end as usize];
        all.iter().find(|(key, _)| self.words(key) == name).map(|(_, value)| self.words(value))
    }

    /// What it tells readers, with all that it holds.
    pub fn said(self) -> &'d str {
        let Range { start, end } = self.element().said;
        &self.dom.said[start as usize..(end as usize).min(self.dom.said.len())]
    }

    /// The elements that it stands in, from the nearest one.
    pub fn inside(self) -> impl Iterator<Item = At<'d>> {
        let parent = move |at: &At<'d>| Some(at.element().parent).filter(|p| *p != NONE).map(|i| At { i, ..*at });
        std::iter::successors(parent(&self), parent)
    }

    /// Whether it is the same element.
    pub fn is(self, other: At<'_>) -> bool {
        self.i == other.i
    }

    /// Whether it is kept from those who have a page read to them.
    pub fn is_hidden(self) -> bool {
        let hides = |e: At<'_>| e.get("aria-hidden") == Some("true") || e.get("hidden").is_some();
        hides(self) || self.inside().any(hides)
    }

    /// What it is called (W3C, "Accessible Name and Description Computation", as far as lints need it).
    pub fn label(self) -> String {
        let named = self.get("aria-labelledby").map(|ids| {
            let said = ids.split_whitespace().filter_map(|id| self.dom.by_id(id)).map(At::said);
            said.collect::<Vec<_>>().join(" ")
        });
        let own =
            || [self.get("aria-label"), Some(self.said()), self.get("title")].into_iter().flatten().map(str::trim);
        let label =
            named.filter(|n| !n.trim().is_empty()).or_else(|| own().find(|t| !t.is_empty()).map(str::to_string));
        label.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_say_what_they_hold() {
        let mut dom = Dom::default();
        dom.read(
            "<html lang=de><p>a<a href='/x'>b <img alt=c></a><b>d</p><SCRIPT>\"<h1>no</h1>\"</SCRIPT><svg aria-label=e><path/></svg><h2 id=i>f &amp; g"
                .as_bytes(),
        );
        let said = |name: &'static str| dom.named(name).next().map(|e| e.said().to_string());
        assert_eq!(said("a").as_deref(), Some("b c"));
        assert_eq!(said("p").as_deref(), Some("ab cd"));
        assert_eq!(said("h2").as_deref(), Some("f & g"));
        assert_eq!(dom.named("svg").next().map(At::label).as_deref(), Some("e"));
        assert_eq!(dom.by_id("i").map(At::name), Some("h2"));
        assert!(dom.named("h1").next().is_none());
        let inside: Vec<_> = dom.named("img").flat_map(At::inside).map(At::name).collect();
        assert_eq!(inside, ["a", "p", "html"]);
        assert_eq!(dom.named("html").next().and_then(|e| e.get("lang")), Some("de"));
        for broken in ["<", "<a", "<a href", "</", "</b>", "<!--", "<p =", "\u{0}<a/>"] {
            dom.read(broken.as_bytes());
        }
    }
}
