//! Diagnostics: what the author got wrong, where, and what to do next.

pub mod codes;
mod draw;
mod services;

pub use codes::Code;
pub use draw::{Format, draw, draw_in, summary, values};

use crate::source::{RelPath, Span};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not reported.
    Off,
    /// Worth knowing.
    Note,
    /// Wrong, but the site is built. An error under `--strict`.
    Warning,
    /// The site is not published.
    Error,
}

impl Level {
    /// The levels by the names that `[check]` takes.
    pub const NAMES: [(&'static str, Level); 4] =
        [("off", Level::Off), ("note", Level::Note), ("warning", Level::Warning), ("error", Level::Error)];

    /// The level's name.
    pub fn name(self) -> &'static str {
        Level::NAMES.iter().find(|(_, l)| *l == self).map_or("", |(name, _)| name)
    }
}

/// One finding. It has no level: the code's, unless `[check]` says otherwise, decides when it is reported.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Its row in the table of codes.
    pub code: Code,
    /// Where.
    pub at: Option<Span>,
    /// What, with the author's words in backticks.
    pub message: String,
    /// What stands under the caret.
    pub label: String,
    /// Other places that matter.
    pub labels: Vec<(Span, String)>,
    /// What to do next.
    pub help: Vec<String>,
    /// The page that was being rendered; findings that differ only in it are reported once.
    pub page: Option<String>,
}

impl Diagnostic {
    /// A finding without a place yet.
    pub fn new(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            at: None,
            message: message.into(),
            label: String::new(),
            labels: Vec::new(),
            help: Vec::new(),
            page: None,
        }
    }

    /// Says where.
    pub fn at(mut self, span: Span) -> Diagnostic {
        self.at = Some(span);
        self
    }

    /// Says what stands under the caret.
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    /// Names another place.
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Diagnostic {
        self.labels.push((span, label.into()));
        self
    }

    /// Adds a next step.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help.push(help.into());
        self
    }

    /// Adds "did you mean" if one of `known` is near `word`.
    pub fn nearest<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
        match crate::text::nearest(word, known) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// Names the page that was being rendered.
    pub fn on_page(mut self, path: &str) -> Diagnostic {
        self.page = Some(path.to_string());
        self
    }

    /// Whether it has a place in a file.
    pub fn speaks_of(&self, path: &RelPath) -> bool {
        self.at.iter().chain(self.labels.iter().map(|(at, _)| at)).any(|at| at.file == *path)
    }
}

/// All that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all of another list.
    pub fn extend(&mut self, other: Diagnostics) {
        self.0.extend(other.0);
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A value, and what was wrong with its source. The value is whole enough to go on with.
#[derive(Clone, Debug)]
pub struct Parsed<T> {
    /// What was read.
    pub value: T,
    /// What was wrong.
    pub diags: Diagnostics,
}

impl<T> Parsed<T> {
    /// A value with nothing wrong.
    pub fn clean(value: T) -> Parsed<T> {
        Parsed { value, diags: Diagnostics::default() }
    }

    /// Hands over the value and adds the findings to `diags`.
    pub fn take(self, diags: &mut Diagnostics) -> T {
        diags.extend(self.diags);
        self.value
    }
}

/// The levels that a site has chosen for codes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Levels(pub BTreeMap<Code, Level>);

impl Levels {
    /// The level of a code on this site.
    pub fn of(&self, code: Code) -> Level {
        self.0.get(&code).copied().unwrap_or_else(|| code.row().map_or(Level::Error, |row| row.level))
    }
}

/// One finding with its level, and how many pages it was found on beside the one it names.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The level on this site.
    pub level: Level,
    /// What was found.
    pub diagnostic: Diagnostic,
    /// How many further pages have it.
    pub more: usize,
}

/// Orders findings by file and place, errors of no place first, and folds those that differ only in the page.
pub fn findings(diags: Diagnostics, levels: &Levels) -> Vec<Finding> {
    let mut all = diags.0;
    all.sort_by(|a, b| (&a.at, a.code, &a.message, &a.page).cmp(&(&b.at, b.code, &b.message, &b.page)));
    all.dedup();
    let mut out: Vec<Finding> = Vec::new();
    for diagnostic in all {
        if let Some(last) = out.last_mut() {
            let d = &last.diagnostic;
            if (d.code, &d.at, &d.message) == (diagnostic.code, &diagnostic.at, &diagnostic.message) {
                last.more += usize::from(d.page != diagnostic.page);
                continue;
            }
        }
        let level = levels.of(diagnostic.code);
        if level != Level::Off {
            out.push(Finding { level, diagnostic, more: 0 });
        }
    }
    out
}
