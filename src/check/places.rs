//! Where the author wrote something that is known from the page only.

use crate::render::Snapshot;
use crate::site::{Route, What};
use crate::source::{RelPath, Span};
use memchr::memmem;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex};

/// Looks for words in sources; each is read once.
pub struct Places<'a> {
    site: &'a Snapshot,
    texts: Mutex<FxHashMap<RelPath, Arc<str>>>,
}

impl<'a> Places<'a> {
    /// Of a site.
    pub fn new(site: &'a Snapshot) -> Places<'a> {
        Places { site, texts: Mutex::default() }
    }

    fn text(&self, file: &RelPath) -> Arc<str> {
        let known = self.texts.lock().ok().and_then(|t| t.get(file).cloned());
        known.unwrap_or_else(|| {
            let bytes = self.site.read(file).unwrap_or_default();
            let text: Arc<str> = String::from_utf8_lossy(&bytes).into();
            if let Ok(mut texts) = self.texts.lock() {
                texts.insert(file.clone(), text.clone());
            }
            text
        })
    }

    /// Every place of a file that has these words.
    pub fn all(&self, file: &RelPath, words: &str) -> Vec<Span> {
        let text = self.text(file);
        if words.is_empty() {
            return Vec::new();
        }
        let found = memmem::find_iter(text.as_bytes(), words.as_bytes());
        found.map(|at| Span::new(file, at..at + words.len())).collect()
    }

    /// Every place of a file that has this address, and not as the beginning of another one.
    pub fn addresses(&self, file: &RelPath, url: &str) -> Vec<Span> {
        let text = self.text(file);
        let ends = |span: &Span| {
            let rest = text.get(span.end as usize..).unwrap_or_default();
            // What ends a sentence ends an address, if nothing of one follows.
            let rest = rest.trim_start_matches(['.', ',', ';', ':', '!', '?', '*', '_']);
            !rest.starts_with(|c: char| c.is_alphanumeric() || "/?#&=%-+~".contains(c))
        };
        let mut all = self.all(file, url);
        all.retain(ends);
        all
    }

    /// The first place of a file that has these words.
    pub fn first(&self, file: &RelPath, words: &str) -> Option<Span> {
        self.all(file, words).into_iter().next()
    }
}

/// The text that a page shows.
pub fn source(site: &Snapshot, route: &Route) -> Option<RelPath> {
    match route.what {
        What::Text(id, _) | What::Thanks(id) | What::Unlock(id) | What::Unlisted(id) => {
            Some(site.content.article(id).path.clone()).filter(|path| site.project.file(path).is_some())
        }
        _ => None,
    }
}
