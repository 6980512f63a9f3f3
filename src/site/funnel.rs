//! The funnel: which magnet an article offers next.

use super::Plan;
use super::taxonomy::TOPICS;
use crate::content::{Content, Id, Kind};

impl Plan {
    /// The magnets offered on a text's page: the one it names, else the best match of topic and
    /// next stage. None is closed or over.
    pub fn offers(&self, id: Id, content: &Content) -> Vec<Id> {
        let article = content.article(id);
        if article.kind == Kind::Magnet {
            return self.standing(id, content).into_iter().collect();
        }
        if let Some(named) = &article.front.magnet {
            let Some(magnet) = self.magnet_named(&named.value).and_then(|id| self.magnet(id)) else {
                return Vec::new();
            };
            // What is closed or over gives way to its recording, else to the best match.
            match self.standing(magnet.id, content) {
                None if !magnet.state.is_open() => {}
                standing => return standing.into_iter().collect(),
            }
        }
        if article.kind != Kind::Article {
            return Vec::new();
        }
        let best = self
            .magnets
            .iter()
            .filter(|m| self.is_offered(m))
            .max_by_key(|m| (self.match_score(id, m.id, content), std::cmp::Reverse(&content.article(m.id).path)));
        best.map(|m| m.id).into_iter().collect()
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
