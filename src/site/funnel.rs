//! The funnel: which magnets fit an article, best first.

use super::Plan;
use super::taxonomy::TOPICS;
use crate::content::{Content, Id, Kind};

impl Plan {
    /// The magnets that a text's page may offer, best first: the one it names, then the best matches of topic and next
    /// stage. A text that is no article offers only what it names.
    pub fn best_magnets(&self, id: Id, content: &Content, most: usize) -> Vec<Id> {
        let article = content.article(id);
        let live = |id: &Id| self.path(*id).is_some();
        let named = article.front.magnet.as_ref();
        let mut best: Vec<Id> = named.and_then(|n| self.magnet_named(&n.value)).filter(live).into_iter().collect();
        if article.kind != Kind::Article || best.len() >= most || (named.is_some() && best.is_empty()) {
            return best;
        }
        let mut others: Vec<Id> =
            self.magnets.iter().map(|m| m.id).filter(live).filter(|m| !best.contains(m)).collect();
        others.sort_by_cached_key(|m| {
            (std::cmp::Reverse(self.match_score(id, *m, content)), content.article(*m).path.clone())
        });
        best.extend(others);
        best.truncate(most);
        best
    }

    /// Shared topics count most, then the stage right after the article's, then the article's own.
    fn match_score(&self, article: Id, magnet: Id, content: &Content) -> u32 {
        let topics = |id: Id| content.article(id).front.topics.iter().map(|t| crate::text::slug(&t.value));
        let wanted: Vec<&str> =
            self.taxonomies.of(article, TOPICS).map(|t| self.taxonomies.term(t).slug.as_str()).collect();
        let shared = topics(magnet).filter(|t| wanted.contains(&t.as_str())).count() as u32;
        let stage = |id: Id| {
            let stage = content.article(id).front.stage.as_ref()?;
            self.stages.iter().position(|s| *s == stage.value)
        };
        let step = match (stage(article), stage(magnet)) {
            (Some(a), Some(m)) if m == a + 1 => 3,
            (Some(a), Some(m)) if m == a => 2,
            (Some(a), Some(m)) if m > a => 1,
            _ => 0,
        };
        shared * 4 + step
    }
}
