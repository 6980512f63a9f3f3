//! Content → Content: the texts that changed, read again in place. Preview answers an edit with this.

use super::{Article, Before, Content, Front, Id, Kind, nearest_defaults, read_article, salt, salt_of};
use crate::digest::{Digest, Hasher};
use crate::files::{Entry, Files};
use crate::project::Project;
use std::sync::Arc;

impl Article {
    /// Digest of all that planning the site reads of a text, places aside. None of a magnet or a section, of which the plan
    /// reads nearly all, nor of a text with a part that is sealed.
    fn planned(&self) -> Option<Digest> {
        if !matches!(self.kind, Kind::Article | Kind::Page)
            || !self.gist.gates.is_empty()
            || self.front.offers.is_some()
        {
            return None;
        }
        // What is emptied here is read by pages only. A key that is not named here is compared with its place, and the worst
        // that comes of it is a plan made anew.
        let mut front = Front {
            title: String::new(),
            description: String::new(),
            image: None,
            extra: None,
            share: Vec::new(),
            ..self.front.clone()
        };
        let one = [&mut front.slug, &mut front.path, &mut front.template, &mut front.series, &mut front.stage];
        let many = [&mut front.aliases, &mut front.authors, &mut front.topics, &mut front.tags];
        let lists = many.into_iter().flat_map(|list| list.iter_mut());
        for word in one.into_iter().chain([&mut front.magnet]).flatten().chain(lists) {
            (word.start, word.end) = (0, 0);
        }
        Some(Hasher::new("planned").value(&self.kind).value(&front).finish())
    }

    /// Whether nobody but those who read its body can tell it from what it was before.
    pub fn stands_as(&self, before: &Article) -> bool {
        let front = |article: &Article| Hasher::new("front").value(&article.front).finish();
        let same = self.card == before.card && self.planned().is_some() && self.planned() == before.planned();
        let gist = |a: &Article| (a.gist.math, a.gist.origins.clone(), a.gist.components.clone());
        same && front(self) == front(before) && gist(self) == gist(before)
    }
}

impl Content {
    /// The content after some of its texts changed, where nothing changed that the site is planned by; none where something
    /// did, or a file is no text.
    pub fn reread(&self, changed: &[&Entry], files: &dyn Files, project: &Project) -> Option<Content> {
        let config = &project.config;
        let salt = salt(config);
        let mut articles = self.articles.clone();
        let mut bodies = Vec::new();
        let mut wrong = self.wrong.clone();
        let reader = files.reader();
        for entry in changed {
            let Id(at) = self.find(&entry.path)?;
            let old = &self.articles[at as usize];
            let defaults = nearest_defaults(&self.defaults, entry.path.dir(), old.kind);
            let dates = project.history.0.get(&entry.path).copied();
            let salt = salt_of(salt, defaults, dates);
            let table = defaults.map(|(_, table)| table);
            let (new, body) = read_article(entry, old.kind, &reader, config, salt, (table, dates), &Before::default());
            if new.planned()? != old.planned()? {
                return None;
            }
            match new.diags.0.is_empty() {
                true => wrong.remove(&Id(at)),
                false => wrong.insert(Id(at)),
            };
            articles.put(at as usize, new);
            bodies.push((Id(at), body));
        }
        bodies.sort_unstable_by_key(|(id, _)| *id);
        Some(Content {
            articles,
            authors: self.authors.clone(),
            campaigns: self.campaigns.clone(),
            attachments: self.attachments.clone(),
            general: self.general.clone(),
            bodies,
            wrong,
            by_path: Arc::clone(&self.by_path),
            defaults: Arc::clone(&self.defaults),
            options: self.options.clone(),
            all_reused: false,
        })
    }
}
