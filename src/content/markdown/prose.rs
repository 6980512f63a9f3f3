//! The prose of a text: what it says, block by block, without its markup. Posts are taken from it.

use super::component::{self, Parsed};
use crate::content::body::{Call, GATE};
use crate::project::config::Markdown;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use rustc_hash::FxHashSet;
use std::ops::Range;
use std::sync::Mutex;

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A heading and its level.
    Heading(u8),
    /// A paragraph.
    Paragraph,
    /// A point of a list.
    Item,
    /// Somebody's words.
    Quote,
}

/// A block of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub part: Part,
    /// What it says; white space is folded.
    pub text: String,
    /// Whether something of it cannot be said in plain text: code, a formula, HTML.
    pub marked_up: bool,
    /// Whether something beside the text follows that it may speak of: code, a table, a picture.
    pub shows: bool,
}

/// A passage that the author marked: `:::share` … `:::`.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// Its arguments.
    pub call: Call,
    /// The line that marks it, in bytes of the file.
    pub at: Range<usize>,
    /// Its paragraphs, with an empty line between them.
    pub text: String,
}

/// The prose of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prose {
    /// Its blocks, in order.
    pub blocks: Vec<Block>,
    /// Passages that the author marked.
    pub passages: Vec<Passage>,
}

/// A sentence of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Where it begins, in bytes of the block's text.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
    /// A hash of its words.
    pub hash: u64,
}

impl Sentence {
    /// Its words, of the block's text.
    pub fn of<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// The prose of a text and its sentences.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// The prose.
    pub prose: Prose,
    /// The sentences of each block that is a paragraph; of others none.
    pub sentences: Vec<Vec<Sentence>>,
}

impl Heard {
    /// Each block with its sentences.
    pub fn blocks(&self) -> impl Iterator<Item = (&Block, &[Sentence])> {
        self.prose.blocks.iter().zip(self.sentences.iter().map(Vec::as_slice))
    }
}

/// What all articles say together.
#[derive(Debug, Default)]
pub struct Said {
    /// Hashes of the sentences that several have.
    pub twice: FxHashSet<u64>,
    /// What each text says, by its id, until somebody takes it.
    pub heard: Vec<Mutex<Option<Heard>>>,
}

/// The component that marks a passage.
pub const SHARE: &str = "share";

/// Reads the prose of markdown that stands in its file from byte `base` on.
pub fn prose(source: &str, base: usize, options: &Markdown) -> Prose {
    let source = &*component::mark(source);
    let mut reader = Reader { source, base, prose: Prose::default(), text: String::new(), ..Reader::default() };
    for (event, range) in Parser::new_ext(source, super::parser_options(options)).into_offset_iter() {
        reader.event(event, range);
    }
    reader.end_block();
    reader.prose
}

#[derive(Default)]
struct Reader<'a> {
    source: &'a str,
    base: usize,
    prose: Prose,
    text: String,
    marked_up: bool,
    heading: Option<u8>,
    /// Lists, quotes, tables and others that are open.
    items: usize,
    quotes: usize,
    /// Inside something whose text is not prose.
    mute: usize,
    /// What begins before this byte belongs to a component line that has been read.
    skip_until: usize,
    /// Components whose body is open.
    open: Vec<Opened>,
}

#[derive(Clone, Copy, PartialEq)]
enum Opened {
    /// Marks the passage at this place.
    Passage(usize),
    /// Seals what stands in it: that is no prose for everybody.
    Gate,
    /// Holds somebody's words.
    Quote,
    Other,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        if range.start < self.skip_until && !matches!(event, Event::Start(_) | Event::End(_)) {
            return;
        }
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.mute == 0 => {
                if text.starts_with(component::MARK) {
                    return self.component(range.start);
                }
                self.text.push_str(&component::unmark(&text));
            }
            Event::Code(code) if self.mute == 0 => {
                self.marked_up |=
                    code.contains(|c: char| !(c.is_alphanumeric() || " -_.,".contains(c))) || code.contains('_');
                self.text.push_str(&code);
            }
            Event::SoftBreak | Event::HardBreak => self.text.push(' '),
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::Html(_) | Event::InlineHtml(_) => {
                self.marked_up = true
            }
            Event::Rule => self.end_block(),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.end_block();
                self.heading = Some(*level as u8);
            }
            Tag::Paragraph | Tag::DefinitionListTitle | Tag::DefinitionListDefinition | Tag::HtmlBlock => {
                self.end_block()
            }
            Tag::Item => {
                self.end_block();
                self.items += 1;
            }
            Tag::BlockQuote(kind) => {
                self.end_block();
                // A note is the author's own.
                self.quotes += usize::from(kind.is_none());
            }
            Tag::CodeBlock(_) | Tag::Table(_) | Tag::FootnoteDefinition(_) => {
                self.end_block();
                self.show();
                self.mute += 1;
            }
            Tag::Image { .. } => {
                self.show();
                self.mute += 1;
            }
            Tag::List(_) => self.end_block(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) | TagEnd::Paragraph | TagEnd::DefinitionListTitle | TagEnd::DefinitionListDefinition => {
                self.end_block();
            }
            TagEnd::Item => {
                self.end_block();
                self.items -= 1;
            }
            TagEnd::BlockQuote(kind) => {
                self.end_block();
                self.quotes -= usize::from(kind.is_none());
            }
            TagEnd::CodeBlock | TagEnd::Table | TagEnd::FootnoteDefinition | TagEnd::Image => self.mute -= 1,
            _ => {}
        }
    }

    /// The block before speaks of what follows it.
    fn show(&mut self) {
        if let Some(block) = self.prose.blocks.last_mut() {
            block.shows = true;
        }
    }

    fn end_block(&mut self) {
        let heading = self.heading.take();
        let marked_up = std::mem::take(&mut self.marked_up);
        if self.text.trim().is_empty() || self.open.contains(&Opened::Gate) {
            self.text.clear();
            return;
        }
        let mut text = String::with_capacity(self.text.len());
        for word in self.text.split_ascii_whitespace() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        self.text.clear();
        let part = match heading {
            Some(level) => Part::Heading(level),
            None if self.quotes > 0 => Part::Quote,
            None if self.items > 0 => Part::Item,
            None => Part::Paragraph,
        };
        let marked = self.open.iter().rev().find_map(|o| if let Opened::Passage(i) = o { Some(*i) } else { None });
        if let Some(passage) = marked.and_then(|i| self.prose.passages.get_mut(i)) {
            if !passage.text.is_empty() {
                passage.text.push_str("\n\n");
            }
            passage.text.push_str(&text);
        }
        self.prose.blocks.push(Block { part, text, marked_up, shows: false });
    }

    fn component(&mut self, start: usize) {
        let rest = &self.source[start..];
        let line = rest[..rest.find('\n').unwrap_or(rest.len())].trim_end();
        self.skip_until = start + line.len();
        self.end_block();
        let at = self.base + start..self.base + self.skip_until;
        let parsed = component::parse(line, at.start);
        if self.open.contains(&Opened::Gate) && !matches!(parsed, Ok(Parsed::Open(_) | Parsed::Close)) {
            return;
        }
        match parsed {
            Ok(Parsed::Open(call)) if call.name == GATE => {
                self.open.push(Opened::Gate);
            }
            Ok(Parsed::Open(call)) if call.name == SHARE && !self.open.contains(&Opened::Gate) => {
                self.open.push(Opened::Passage(self.prose.passages.len()));
                self.prose.passages.push(Passage { call, at, text: String::new() });
            }
            Ok(Parsed::Open(call)) => {
                let quote = call.name == "quote";
                self.quotes += usize::from(quote);
                self.open.push(if quote { Opened::Quote } else { Opened::Other });
            }
            Ok(Parsed::Close) => {
                self.quotes -= usize::from(self.open.pop() == Some(Opened::Quote));
            }
            // What is wrong with it is reported where the page is made.
            Ok(Parsed::Leaf(_)) | Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::config::Math;

    fn read(source: &str) -> Prose {
        prose(source, 0, &Markdown { smart: false, highlight: false, math: Math::Off })
    }

    #[test]
    fn markup_is_left_out() {
        let read = read(
            "## A *b* `c`\n\nOne **two**\n[three](x.md) ![alt](y.png).\n\n- four\n- five\n\n> six\n\n```\ncode\n```\n| a |\n|---|\n| b |\n",
        );
        let shown: Vec<_> = read.blocks.iter().map(|b| (b.part, b.text.as_str())).collect();
        assert_eq!(
            shown[..3],
            [(Part::Heading(2), "A b c"), (Part::Paragraph, "One two three ."), (Part::Item, "four")]
        );
        assert_eq!(shown[3..], [(Part::Item, "five"), (Part::Quote, "six")]);
        assert!(read.blocks[4].shows && !read.blocks[2].shows);
    }

    #[test]
    fn what_a_gate_seals_is_not_among_it() {
        let read = read(
            "One.\n\n:::gate{magnet=\"m\"}\n## Two\n\n:::quote\nThree.\n\n:::\n\n:::share\nFour.\n\n:::\n\n- five\n\n:::\n\nSix.\n",
        );
        assert_eq!(read.blocks.iter().map(|b| b.text.as_str()).collect::<Vec<_>>(), ["One.", "Six."]);
        assert!(read.passages.is_empty());
    }

    #[test]
    fn passages_are_what_the_author_marked() {
        let source = "Before.\n\n:::share{variant=\"quote\" networks=\"x\"}\nThe *one*\nsentence.\n\nAnother.\n:::\nAfter: a::b.\n";
        let read = read(source);
        assert_eq!(read.passages.len(), 1);
        assert_eq!(read.passages[0].text, "The one sentence.\n\nAnother.");
        assert!(source[read.passages[0].at.clone()].starts_with(":::share"));
        assert_eq!(read.blocks.last().map(|b| b.text.as_str()), Some("After: a::b."));
    }
}
