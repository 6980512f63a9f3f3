//! Lists of phrases, looked for in many sentences.

use memchr::memmem::Finder;
use std::sync::OnceLock;

/// Phrases in lower case. Their searchers are made once: to make one takes longer than to search a sentence.
pub(super) struct Phrases {
    all: &'static [&'static str],
    finders: OnceLock<Vec<Finder<'static>>>,
}

impl Phrases {
    pub(super) const fn of(all: &'static [&'static str]) -> Phrases {
        Phrases { all, finders: OnceLock::new() }
    }

    /// How many of them a text in lower case has.
    pub(super) fn within(&self, lower: &str) -> i32 {
        let finders = self.finders.get_or_init(|| self.all.iter().map(|p| Finder::new(*p)).collect());
        finders.iter().filter(|f| f.find(lower.as_bytes()).is_some()).count() as i32
    }
}
