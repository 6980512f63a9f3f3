//! Related articles: those that share rare terms, near in time. The work for one article is bounded, so the work for
//! all is linear.

use super::Plan;
use super::route::Tax;
use super::taxonomy::{AUTHORS, SERIES, TAGS, TOPICS};
use crate::content::Id;
use std::cmp::Reverse;

/// How many are shown.
pub const SHOWN: usize = 4;

/// On each side, so many neighbours in a term's list are looked at.
const REACH: usize = 8;

/// What a shared term counts before its rarity.
fn weight(tax: Tax) -> u32 {
    match tax {
        SERIES => 6,
        TAGS => 3,
        TOPICS => 2,
        AUTHORS => 0,
        _ => 0,
    }
}

impl Plan {
    /// The articles nearest to this one, best first.
    pub fn related(&self, id: Id) -> Vec<Id> {
        let Some(here) = self.position(id) else { return Vec::new() };
        // Position in the order of dates, and score: as one number each, which is sorted in half the time of a pair.
        let mut seen: Vec<u64> = Vec::with_capacity(64);
        for (term, at) in self.taxonomies.places(id) {
            let weight = weight(term.0);
            if weight == 0 {
                continue;
            }
            let articles = &self.taxonomies.term(term).articles;
            // Rarity: halves each time the term is four times as common.
            let rarity = 1 + (24 / (1 + articles.len().ilog2()));
            let near = at.saturating_sub(REACH)..(at + REACH + 1).min(articles.len());
            let score = u64::from(weight * rarity);
            let others = articles[near].iter().filter(|a| **a != id);
            seen.extend(others.filter_map(|a| Some(u64::from(self.position(*a)?) << 32 | score)));
        }
        seen.sort_unstable();
        let mut best = Best::default();
        for same in seen.chunk_by(|a, b| a >> 32 == b >> 32) {
            let position = (same[0] >> 32) as u32;
            let score: u32 = same.iter().map(|s| *s as u32).sum();
            best.add((Reverse(score), position.abs_diff(here), position));
        }
        best.0.into_iter().map(|(.., position)| self.order[position as usize]).collect()
    }
}

/// Score, distance in the order of dates, and position there: of several, the least is the nearest.
type Scored = (Reverse<u32>, u32, u32);

/// The nearest ones so far, best first.
#[derive(Default)]
struct Best(Vec<Scored>);

impl Best {
    fn add(&mut self, scored: Scored) {
        if self.0.len() == SHOWN {
            if self.0.last() <= Some(&scored) {
                return;
            }
            self.0.pop();
        }
        let at = self.0.partition_point(|better| *better < scored);
        self.0.insert(at, scored);
    }
}
