//! Related articles: those that share rare terms, near in time. The work for one article is bounded, so the work for
//! all is linear.

use super::Plan;
use super::route::Tax;
use super::taxonomy::{AUTHORS, SERIES, TAGS, TOPICS};
use crate::content::Id;

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
        // Position in the order of dates, and score.
        let mut seen: Vec<(u32, u32)> = Vec::with_capacity(64);
        for &term in self.taxonomies.all_of(id) {
            let weight = weight(term.0);
            if weight == 0 {
                continue;
            }
            let articles = &self.taxonomies.term(term).articles;
            let at = if term.0.row().oldest_first {
                articles.partition_point(|a| self.position(*a) > Some(here))
            } else {
                articles.partition_point(|a| self.position(*a) < Some(here))
            };
            // Rarity: halves each time the term is four times as common.
            let rarity = 1 + (24 / (1 + articles.len().ilog2()));
            let near = at.saturating_sub(REACH)..(at + REACH + 1).min(articles.len());
            seen.extend(
                articles[near].iter().filter(|a| **a != id).filter_map(|a| Some((self.position(*a)?, weight * rarity))),
            );
        }
        seen.sort_unstable();
        let mut scored: Vec<(u32, u32, u32)> = Vec::with_capacity(seen.len());
        for (position, score) in seen {
            match scored.last_mut() {
                Some((_, _, p)) if *p == position => scored[..].last_mut().map(|s| s.0 += score).unwrap_or_default(),
                _ => scored.push((score, position.abs_diff(here), position)),
            }
        }
        scored.sort_unstable_by_key(|&(score, distance, position)| (std::cmp::Reverse(score), distance, position));
        scored.into_iter().take(SHOWN).map(|(.., position)| self.order[position as usize]).collect()
    }
}
