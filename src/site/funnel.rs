//! The funnel: which magnets fit an article, best first.

use super::taxonomy::TOPICS;
use super::{Magnet, Plan};
use crate::content::{Content, Id, Kind};

impl Plan {
    /// The magnets that a text's page may offer, best first: the one it names, then the best matches of topic and next
    /// stage. A text that is no article offers only what it names. None is closed or over.
    pub fn best_magnets(&self, id: Id, content: &Content, most: usize) -> Vec<Id> {
        let article = content.article(id);
        let written = article.front.magnet.as_ref();
        let named = written.and_then(|n| self.magnet_named(&n.value)).and_then(|id| self.magnet(id));
        let mut best: Vec<Id> = named.and_then(|m| self.standing(m.id, content)).into_iter().collect();
        // What is closed or over gives way to its recording, else to the best match.
        let gives_way = named.is_some_and(|m| !m.state.is_open());
        let withheld = written.is_some() && best.is_empty() && !gives_way;
        if article.kind != Kind::Article || best.len() >= most || withheld {
            return best;
        }
        // What unlocks a part of the text is offered where that part stands.
        let gates = |m: &Magnet| m.texts.contains(&id);
        let offered = self.magnets.iter().filter(|m| self.is_offered(m) && !gates(m)).map(|m| m.id);
        let mut others: Vec<Id> = offered.filter(|m| !best.contains(m)).collect();
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
