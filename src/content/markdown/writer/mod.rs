//! The parser's events, written as HTML with holes.

mod addresses;
mod components;

use super::component;
use super::footnotes::Footnotes;
use super::tables::Table;
use super::{highlight, math, plain, raw};
use crate::buffers;
use crate::content::body::{Body, Fill, Gist, Heading, Piece, Slot};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::digest::id_hash;
use crate::project::config::Markdown;
use crate::source::{RelPath, Span};
use crate::text;
use pulldown_cmark::{BlockQuoteKind, CodeBlockKind, CowStr, Event, HeadingLevel, Parser, Tag, TagEnd};
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::ops::Range;

/// Blocks nested deeper than this are not written: nobody wrote them by hand.
const DEEPEST: usize = 100;

pub(super) struct Writer<'a> {
    source: &'a str,
    base: usize,
    file: &'a RelPath,
    options: &'a Markdown,
    pub(super) out: Piece,
    headings: Vec<Heading>,
    gist: Gist,
    words: plain::Words,
    diags: Diagnostics,
    ids: FxHashSet<String>,
    /// Whether there is HTML that hub did not write.
    foreign: bool,
    /// Whether there are component lines, and their marks in what is read.
    marked: bool,
    /// Where `://` stands in the source, in order.
    schemes: Vec<usize>,
    /// Pieces that are set aside while an inner one is written: headings, footnotes.
    aside: Vec<Piece>,
    /// For the next heading.
    spare: (Piece, String),
    footnotes: Footnotes,
    depth: usize,
    table: Table,
    code: Option<Code>,
    image: Option<Image>,
    heading: Option<(HeadingLevel, Option<String>, String)>,
    in_link: usize,
    /// Inside a paragraph; it is closed where a component stands in it, and opened again for what follows.
    in_paragraph: bool,
    paragraph_open: bool,
    /// What begins before this byte belongs to a component line that has been written.
    skip_until: usize,
    /// Bodies of components that are open: their place, and the depth they were opened at.
    open: Vec<(Range<usize>, String, Depth)>,
    summary_len: Option<usize>,
    /// Where the first gate begins in what is written.
    first_gate: Option<usize>,
    first_paragraph: Option<usize>,
}

/// How many blocks are open, and how many pieces are set aside.
type Depth = (usize, usize);

struct Code {
    language: String,
    text: String,
}

struct Image {
    src: String,
    alt: String,
    title: String,
    place: Range<usize>,
    depth: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(source: &'a str, base: usize, file: &'a RelPath, options: &'a Markdown) -> Writer<'a> {
        Writer {
            source,
            base,
            file,
            options,
            out: Piece { html: buffers::take_text(source.len() * 2), slots: Vec::new() },
            headings: Vec::new(),
            gist: Gist::default(),
            words: plain::Words::default(),
            diags: Diagnostics::default(),
            ids: FxHashSet::default(),
            foreign: false,
            marked: component::is_marked(source),
            schemes: memchr::memmem::find_iter(source.as_bytes(), "://").collect(),
            aside: Vec::new(),
            spare: Default::default(),
            footnotes: Footnotes::default(),
            depth: 0,
            table: Table::default(),
            code: None,
            image: None,
            heading: None,
            in_link: 0,
            in_paragraph: false,
            paragraph_open: false,
            skip_until: 0,
            open: Vec::new(),
            summary_len: None,
            first_gate: None,
            first_paragraph: None,
        }
    }

    pub(super) fn run(mut self) -> super::Text {
        if let Some(at) = plain::too_deep(self.source, DEEPEST) {
            let message = format!("blocks are nested deeper than {DEEPEST} levels");
            self.report(Diagnostic::new(codes::TOO_DEEP, message), at..at + 1);
        } else {
            let parser = Parser::new_ext(self.source, super::parser_options(self.options));
            for (event, range) in parser.into_offset_iter() {
                self.event(event, range);
            }
        }
        self.close_components();
        let notes = std::mem::take(&mut self.footnotes);
        let mut ids: Vec<u32> = self.headings.iter().map(|h| id_hash(&h.id)).collect();
        notes.write(&mut self.out, &mut ids);
        let summary_len = self.summary_len.or(self.first_paragraph).unwrap_or(0);
        let summary_len = summary_len.min(self.first_gate.unwrap_or(summary_len));
        self.gist.words = self.words.count;
        self.gist.summary = self.out.prefix(summary_len).without(super::footnotes::REFERENCE);
        self.gist.components.sort();
        self.gist.components.dedup();
        self.gist.origins.sort();
        self.gist.origins.dedup();
        // The long buffer goes back for the next text; what is kept has its exact length.
        let html = self.out.html.as_str().to_string();
        let buffer = std::mem::replace(&mut self.out.html, html);
        buffers::give(buffer.into_bytes());
        self.out.slots.shrink_to_fit();
        let body = Body { piece: self.out, headings: self.headings, ids: (!self.foreign).then_some(ids) };
        super::Text { body, gist: self.gist, diags: self.diags }
    }

    fn report(&mut self, diagnostic: Diagnostic, range: Range<usize>) {
        let at = Span::new(self.file, self.base + range.start..self.base + range.end);
        self.diags.push(diagnostic.at(at));
    }

    fn slot(&mut self, fill: Fill, range: &Range<usize>) {
        let at = self.out.html.len() as u32;
        let (start, end) = ((self.base + range.start) as u32, (self.base + range.end) as u32);
        self.out.slots.push(Slot { at, start, end, fill });
    }

    fn word(&mut self, key: &str, english: &str) {
        self.slot(Fill::Word(key.to_string(), english.to_string()), &(0..0));
    }

    fn push(&mut self, html: &str) {
        self.out.html.push_str(html);
    }

    /// Begins a block on a line of its own.
    fn fresh_line(&mut self) {
        if !self.out.html.is_empty() && !self.out.html.ends_with('\n') {
            self.out.html.push('\n');
        }
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        if let Some(image) = &mut self.image {
            match &event {
                Event::Start(_) => image.depth += 1,
                Event::End(_) if image.depth > 0 => image.depth -= 1,
                Event::End(_) => self.end_image(),
                Event::Text(t) | Event::Code(t) | Event::InlineMath(t) => image.alt.push_str(t),
                Event::SoftBreak | Event::HardBreak => image.alt.push(' '),
                _ => {}
            }
            return;
        }
        if self.component_line(&event, &range) {
            return;
        }
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Text(text) => self.text(&text, range),
            Event::Code(text) => {
                let text = self.unmark(&text);
                self.words.add(&text);
                self.heading_text(&text);
                self.push("<code>");
                text::push_escaped(&mut self.out.html, &text);
                self.push("</code>");
            }
            Event::InlineMath(tex) => self.math(&tex, false, range),
            Event::DisplayMath(tex) => self.math(&tex, true, range),
            Event::Html(html) | Event::InlineHtml(html) => self.raw(&html, range),
            Event::FootnoteReference(label) => {
                self.no_footnote_in_gate(&range);
                let html = self.footnotes.refer(&label);
                self.push(&html);
            }
            Event::SoftBreak => {
                self.words.part();
                self.heading_text(" ");
                self.push("\n");
            }
            Event::HardBreak => {
                self.words.part();
                self.push("<br>\n");
            }
            Event::Rule => {
                self.fresh_line();
                self.push("<hr>\n");
            }
            Event::TaskListMarker(done) => {
                // The item was opened a moment ago: `<li>` becomes `<li class="task">`, in loose lists too.
                let tail = ["<li>", "<li>\n<p>"].into_iter().find(|t| self.out.html.ends_with(t));
                if let Some(tail) = tail {
                    let at = self.out.html.len() - tail.len() + "<li".len();
                    self.out.html.insert_str(at, " class=\"task\"");
                }
                self.push(if done {
                    "<input type=\"checkbox\" disabled checked aria-label=\""
                } else {
                    "<input type=\"checkbox\" disabled aria-label=\""
                });
                if done {
                    self.word("done", "done")
                } else {
                    self.word("not_done", "not done")
                }
                self.push("\"> ");
            }
        }
    }

    /// Closes the paragraph, if one is open; one without text leaves nothing.
    fn close_paragraph(&mut self) {
        if std::mem::take(&mut self.paragraph_open) {
            let html = &mut self.out.html;
            // What fills a hole is text too.
            let filled = self.out.slots.last().map_or(0, |s| s.at as usize);
            html.truncate(html.trim_end().len().max(filled));
            match html.strip_suffix("<p>").map(str::len).filter(|_| filled < html.len()) {
                Some(len) => html.truncate(len),
                None => html.push_str("</p>\n"),
            }
            // A summary may have ended in what was taken back.
            self.summary_len = self.summary_len.map(|len| len.min(self.out.html.len()));
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Paragraph => {
                self.fresh_line();
                self.in_paragraph = true;
                self.paragraph_open = true;
                self.words.part();
                return self.push("<p>");
            }
            Tag::Heading { level, id, .. } => {
                if level == HeadingLevel::H1 {
                    let d = Diagnostic::new(
                        codes::HEADING_ONE,
                        "the text has a first-level heading, and the title is one already",
                    );
                    let line = self.source[range.clone()].find('\n').map_or(range.end, |i| range.start + i);
                    self.report(d.help("begin headings with `##`"), range.start..line);
                }
                self.fresh_line();
                let (inner, title) = std::mem::take(&mut self.spare);
                self.aside.push(std::mem::replace(&mut self.out, inner));
                self.heading = Some((level, id.map(|i| i.to_string()), title));
            }
            Tag::BlockQuote(kind) => {
                self.fresh_line();
                match kind.map(alert) {
                    None => self.push("<blockquote>\n"),
                    Some((class, key, english)) => {
                        self.push("<div class=\"alert alert-");
                        self.push(class);
                        self.push("\" role=\"note\">\n<p class=\"alert-title\">");
                        self.word(key, english);
                        self.push("</p>\n");
                    }
                }
            }
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => {
                        info.split([' ', ',', '{', '\t']).next().unwrap_or("").to_ascii_lowercase()
                    }
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some(Code { language, text: String::new() });
            }
            Tag::HtmlBlock => self.fresh_line(),
            Tag::List(first) => {
                self.fresh_line();
                match first {
                    None => self.push("<ul>\n"),
                    Some(1) => self.push("<ol>\n"),
                    Some(n) => self.push(&format!("<ol start=\"{n}\">\n")),
                }
            }
            Tag::Item => {
                self.fresh_line();
                self.push("<li>");
            }
            Tag::FootnoteDefinition(label) => {
                self.no_footnote_in_gate(&range);
                self.aside.push(std::mem::take(&mut self.out));
                self.footnotes.begin(&label);
            }
            Tag::DefinitionList => {
                self.fresh_line();
                self.push("<dl>\n");
            }
            Tag::DefinitionListTitle => {
                self.fresh_line();
                self.push("<dt>");
            }
            Tag::DefinitionListDefinition => {
                self.fresh_line();
                self.push("<dd>");
            }
            Tag::Table(alignments) => {
                self.fresh_line();
                self.table = Table::begin(alignments, &self.out);
            }
            Tag::TableHead => self.table.begin_head(&mut self.out),
            Tag::TableRow => self.table.begin_row(&mut self.out),
            Tag::TableCell => self.table.begin_cell(&mut self.out),
            Tag::Emphasis => return self.push("<em>"),
            Tag::Strong => return self.push("<strong>"),
            Tag::Strikethrough => return self.push("<del>"),
            Tag::Superscript => return self.push("<sup>"),
            Tag::Subscript => return self.push("<sub>"),
            Tag::Link { link_type, dest_url, title, .. } => {
                return self.start_link(link_type, &dest_url, &title, range);
            }
            Tag::Image { dest_url, title, .. } => {
                let (src, title) = (dest_url.to_string(), title.to_string());
                self.image = Some(Image { src, title, alt: String::new(), place: range, depth: 0 });
                return;
            }
            Tag::MetadataBlock(_) => {}
        }
        self.words.part();
        self.depth += 1;
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Emphasis => return self.push("</em>"),
            TagEnd::Strong => return self.push("</strong>"),
            TagEnd::Strikethrough => return self.push("</del>"),
            TagEnd::Superscript => return self.push("</sup>"),
            TagEnd::Subscript => return self.push("</sub>"),
            TagEnd::Link => {
                self.in_link -= 1;
                return self.push("</a>");
            }
            TagEnd::Image => return,
            TagEnd::Paragraph => return self.end_paragraph(),
            _ => self.depth -= 1,
        }
        match tag {
            TagEnd::Heading(level) => self.end_heading(level, range),
            TagEnd::BlockQuote(kind) => self.push(if kind.is_some() { "</div>\n" } else { "</blockquote>\n" }),
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::HtmlBlock => {}
            TagEnd::List(ordered) => self.push(if ordered { "</ol>\n" } else { "</ul>\n" }),
            TagEnd::Item => self.push("</li>\n"),
            TagEnd::FootnoteDefinition => {
                let outer = self.aside.pop().unwrap_or_default();
                let text = std::mem::replace(&mut self.out, outer);
                self.footnotes.define(text);
            }
            TagEnd::DefinitionList => self.push("</dl>\n"),
            TagEnd::DefinitionListTitle => self.push("</dt>\n"),
            TagEnd::DefinitionListDefinition => self.push("</dd>\n"),
            TagEnd::Table => std::mem::take(&mut self.table).end(&mut self.out),
            TagEnd::TableHead => self.table.end_head(&mut self.out),
            TagEnd::TableRow => self.push("</tr>\n"),
            TagEnd::TableCell => self.table.end_cell(&mut self.out),
            _ => {}
        }
    }

    fn text(&mut self, text: &str, range: Range<usize>) {
        let text = &*self.unmark(text);
        if let Some(code) = &mut self.code {
            code.text.push_str(text);
            return;
        }
        self.words.add(text);
        self.heading_text(text);
        self.table.text(text);
        if self.in_link > 0 || !self.has_scheme(&range) {
            return text::push_escaped(&mut self.out.html, text);
        }
        let mut at = 0;
        while let Some((start, end)) = plain::bare_url(&text[at..]) {
            let (start, end) = (at + start, at + end);
            text::push_escaped(&mut self.out.html, &text[at..start]);
            self.push("<a href=\"");
            // Where the text is not as it was written, the place is that of the whole.
            let place = match self.source.get(range.start + start..range.start + end) == Some(&text[start..end]) {
                true => range.start + start..range.start + end,
                false => range.clone(),
            };
            self.slot(Fill::Href(text[start..end].to_string()), &place);
            self.push("\">");
            text::push_escaped(&mut self.out.html, &text[start..end]);
            self.push("</a>");
            at = end;
        }
        text::push_escaped(&mut self.out.html, &text[at..]);
    }

    /// Whether `://` stands in a part of the source. What is not written as it is shown, like an entity, has none.
    fn has_scheme(&self, range: &Range<usize>) -> bool {
        let first = self.schemes.partition_point(|at| *at < range.start);
        self.schemes.get(first).is_some_and(|at| *at < range.end)
    }

    fn end_paragraph(&mut self) {
        self.close_paragraph();
        self.in_paragraph = false;
        if self.depth == 0 && self.aside.is_empty() && self.open.is_empty() && self.first_paragraph.is_none() {
            self.first_paragraph = Some(self.out.html.len());
        }
    }

    /// The text of an event, as its author wrote it.
    fn unmark<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.marked { component::unmark(text) } else { Cow::Borrowed(text) }
    }

    fn heading_text(&mut self, text: &str) {
        if let Some((.., title)) = &mut self.heading {
            title.push_str(text);
        }
    }

    fn end_heading(&mut self, level: HeadingLevel, range: Range<usize>) {
        let outer = self.aside.pop().unwrap_or_default();
        let mut inner = std::mem::replace(&mut self.out, outer);
        let Some((_, id, mut title)) = self.heading.take() else { return };
        let id = match id {
            Some(id) => {
                if !self.ids.insert(id.clone()) {
                    let d = Diagnostic::new(codes::DUPLICATE_ID, format!("the id `{id}` is taken"));
                    self.report(d, range);
                }
                id
            }
            None => self.fresh_id(&title),
        };
        let level = level as u8;
        let tag = ["h1", "h2", "h3", "h4", "h5", "h6"][usize::from(level) - 1];
        let html = raw::without_links(&inner.html);
        for part in ["<", tag, " id=\""] {
            self.push(part);
        }
        text::push_escaped(&mut self.out.html, &id);
        self.push("\">");
        self.out.append(&mut inner);
        title.clear();
        self.spare = (inner, title);
        self.push(" <a class=\"anchor\" href=\"#");
        self.push(&text::encode_path(&id));
        self.push("\" aria-labelledby=\"");
        text::push_escaped(&mut self.out.html, &id);
        for part in ["\">#</a></", tag, ">\n"] {
            self.push(part);
        }
        if !self.in_gate() {
            self.headings.push(Heading { level, id, html });
        }
    }

    fn fresh_id(&mut self, title: &str) -> String {
        let base = match text::heading_id(title) {
            id if id.is_empty() => "section".to_string(),
            id => id,
        };
        if self.ids.insert(base.clone()) {
            return base;
        }
        let more = |n| format!("{base}-{n}");
        (1..).map(more).find(|id| self.ids.insert(id.clone())).unwrap_or_default()
    }

    fn end_code(&mut self) {
        let Some(code) = self.code.take() else { return };
        self.words.add(&code.text);
        self.words.part();
        self.fresh_line();
        self.push("<pre class=\"code\" tabindex=\"0\"><code");
        if !code.language.is_empty() {
            self.push(" class=\"language-");
            text::push_escaped(&mut self.out.html, &code.language);
            self.push("\"");
        }
        self.push(">");
        if !(self.options.highlight && highlight::highlight(&code.language, &code.text, &mut self.out.html)) {
            text::push_escaped(&mut self.out.html, &code.text);
        }
        self.push("</code></pre>\n");
    }

    fn math(&mut self, tex: &CowStr<'_>, display: bool, range: Range<usize>) {
        self.gist.math = true;
        self.foreign = true;
        self.words.add("x");
        self.heading_text(tex);
        if let Err(why) = math::write(tex, display, self.options.math, &mut self.out.html) {
            self.report(Diagnostic::new(codes::FORMULA, format!("this formula cannot be read: {why}")), range);
        }
    }
}

fn alert(kind: BlockQuoteKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        BlockQuoteKind::Note => ("note", "alert_note", "Note"),
        BlockQuoteKind::Tip => ("tip", "alert_tip", "Tip"),
        BlockQuoteKind::Important => ("important", "alert_important", "Important"),
        BlockQuoteKind::Warning => ("warning", "alert_warning", "Warning"),
        BlockQuoteKind::Caution => ("caution", "alert_caution", "Caution"),
    }
}
