//! Markdown → Body.

mod component;
mod footnotes;
mod highlight;
mod inline;
mod math;
mod plain;
mod prose;
mod raw;
mod tables;
mod writer;

pub use highlight::languages;
pub use inline::inline;
pub use prose::{Block, Heard, Part, Passage, Prose, SHARE, Said, Sentence, prose};

use super::body::{Body, Gist};
use crate::diag::Diagnostics;
use crate::project::config::{Markdown, Math};
use crate::source::RelPath;
use pulldown_cmark::Options;

/// A text, read: its body, what lists need of it, and what was wrong.
pub struct Text {
    /// HTML with holes, and headings.
    pub body: Body,
    /// What is kept from build to build.
    pub gist: Gist,
    /// What was wrong.
    pub diags: Diagnostics,
}

/// Reads markdown that stands in `file` from byte `base` on.
pub fn read(source: &str, base: usize, file: &RelPath, options: &Markdown) -> Text {
    writer::Writer::new(&component::mark(source), base, file, options).run()
}

fn parser_options(options: &Markdown) -> Options {
    let mut on = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_HEADING_ATTRIBUTES;
    on.set(Options::ENABLE_SMART_PUNCTUATION, options.smart);
    on.set(Options::ENABLE_MATH, options.math != Math::Off);
    on
}
