//! Where the cards of pages stand, and `[share.cards]`.

use super::Planner;
use super::route::{Route, Subject, What, card_path};
use crate::diag::Diagnostics;
use crate::files::SITE_TOML;
use crate::project::take::Take;
use crate::source::{RelPath, Span};
use std::cell::RefCell;

/// Whose posts have cards, and whether that is everybody's.
const POSTS: [(&str, bool); 2] = [("coming", false), ("all", true)];

impl Planner<'_> {
    /// The card of every text and every term, where the site draws cards.
    pub(super) fn cards(&mut self) {
        if let Some(section) = self.plan.share.as_ref().and_then(|share| share.cards.clone()) {
            let (file, found) = (RelPath::new(SITE_TOML), RefCell::new(Diagnostics::default()));
            let mut take = Take::new(section.value.clone(), section.span(&file), &file, "[share.cards]", &found);
            let _ = take.bool("draw");
            if let (Some(all), Some(share)) = (take.choice("posts", &POSTS), &mut self.plan.share) {
                share.all_cards = all;
            }
            take.finish();
            self.diags.extend(found.into_inner());
        }
        if !self.project.config.cards() {
            return;
        }
        let subject = |route: &Route| match route.what {
            What::Text(id, 1) => Some((card_path(&route.path), Subject::Text(id), route.source.clone())),
            What::Term(term, 1) => Some((card_path(&route.path), Subject::Term(term), None)),
            _ => None,
        };
        let cards: Vec<_> = self.plan.routes.iter().filter_map(subject).collect();
        for (path, subject, source) in cards {
            // A file of the same name in `static/` takes its place.
            if self.plan.find(&path).is_none() {
                let at = source.clone();
                self.add(&path, What::Card(subject), source.as_ref(), || at.as_ref().map(Span::file));
            }
        }
    }
}
