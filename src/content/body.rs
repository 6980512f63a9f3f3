//! What markdown becomes: HTML with holes that are filled when a page is rendered.

use crate::project::node::Value;
use crate::source::At;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The component that seals what stands in it.
pub const GATE: &str = "gate";

/// HTML and its holes, in order. It depends on its own file alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// The HTML between the holes.
    pub html: String,
    /// The holes, by position.
    pub slots: Vec<Slot>,
}

/// A hole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// Where in the HTML, in bytes.
    pub at: u32,
    /// First byte of what the author wrote.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
    /// What fills it.
    pub fill: Fill,
}

/// What fills a hole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fill {
    /// The address that a link leads to, escaped for an attribute.
    Href(String),
    /// A whole `<img>`.
    Image(Picture),
    /// One of the theme's words, and what it is in English.
    Word(String, String),
    /// A component without a body.
    Leaf(Call),
    /// The beginning of a component's body.
    Open(Call),
    /// The end of a component's body.
    Close,
}

/// An image as written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Where it is, from the file that shows it.
    pub src: String,
    /// What it says to those who do not see it.
    pub alt: String,
    /// Its tooltip; may be empty.
    pub title: String,
}

/// A call of a component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The component.
    pub name: String,
    /// Arguments and the bytes they stand at.
    pub args: Vec<Argument>,
}

/// An argument of a component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A heading of the table of contents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// Its id.
    pub id: String,
    /// Its text as HTML, without links.
    pub html: String,
}

/// A text, read.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// All of it.
    pub piece: Piece,
    /// Its headings, in order.
    pub headings: Vec<Heading>,
    /// Hashes of all ids in the HTML between the holes, where no address stands; none where raw HTML may hold others.
    pub ids: Option<Vec<u32>>,
}

/// What lists, feeds and checks need of a text without its body. It is kept from build to build.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gist {
    /// Number of words.
    pub words: u32,
    /// All before `<!-- more -->`, else the first paragraph.
    pub summary: Piece,
    /// Origins (`https://host`) that the page loads images, frames or media from.
    pub origins: Vec<String>,
    /// Whether there is a formula.
    pub math: bool,
    /// Components that the text calls.
    pub components: Vec<String>,
    /// The magnets that unlock parts of the text, as its gates name them.
    pub gates: Vec<At<String>>,
}

impl Gist {
    /// Minutes of reading at 220 words a minute, at least one.
    pub fn minutes(&self) -> u32 {
        self.words.div_ceil(220).max(1)
    }
}

impl Piece {
    /// Appends another piece, and leaves it empty; its holes move along.
    pub fn append(&mut self, other: &mut Piece) {
        let shift = self.html.len() as u32;
        self.html.push_str(&other.html);
        other.html.clear();
        self.slots.extend(other.slots.drain(..).map(|s| Slot { at: s.at + shift, ..s }));
    }

    /// Without the elements that begin and end with these words and hold no holes.
    pub fn without(mut self, (begin, end): (&str, &str)) -> Piece {
        while let Some(at) = memchr::memmem::find(self.html.as_bytes(), begin.as_bytes()) {
            let Some(len) = self.html[at..].find(end).map(|i| i + end.len()) else { break };
            self.html.replace_range(at..at + len, "");
            for slot in self.slots.iter_mut().filter(|s| s.at as usize > at) {
                slot.at -= len as u32;
            }
        }
        self
    }

    /// Whether components stand in it.
    pub fn has_components(&self) -> bool {
        self.slots.iter().any(|slot| matches!(slot.fill, Fill::Leaf(_) | Fill::Open(_)))
    }

    /// The parts that gates seal, in bytes of the HTML.
    pub fn gated(&self) -> Vec<Range<usize>> {
        let mut out: Vec<Range<usize>> = Vec::new();
        // How many components are open in the gate, itself included; none outside of one.
        let mut depth = 0;
        for slot in &self.slots {
            let at = slot.at as usize;
            match &slot.fill {
                Fill::Open(call) if depth > 0 || call.name == GATE => {
                    if depth == 0 {
                        out.push(at..at);
                    }
                    depth += 1;
                }
                Fill::Close if depth > 0 => {
                    depth -= 1;
                    if let Some(last) = out.last_mut() {
                        last.end = at;
                    }
                }
                _ => {}
            }
        }
        out
    }

    /// The first `len` bytes of HTML, with the holes before that.
    pub fn prefix(&self, len: usize) -> Piece {
        let slots = self.slots.iter().take_while(|s| (s.at as usize) < len).cloned().collect();
        Piece { html: self.html[..len].to_string(), slots }
    }
}
