//! Asking, while a page is rendered. Every question goes through here, so every question is remembered.
//!
//! Template functions have no argument for this, so the page that a thread renders is kept beside the thread.

use super::scan::Known;
use super::snapshot::Snapshot;
use crate::content::Id;
use crate::diag::{Diagnostic, Diagnostics};
use crate::digest::Digest;
use crate::site::query::Query;
use crate::source::RelPath;
use rustc_hash::FxHashSet;
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

/// Where template functions are called. Each page has its own, so that threads that ask do not count each other's askers.
pub(super) struct Here {
    pub site: Arc<Snapshot>,
    /// The page's path.
    pub path: Arc<str>,
    /// The file that links are resolved from.
    pub from: RelPath,
    /// How many renderings are under way around this one.
    pub depth: usize,
}

struct Asking {
    here: Rc<Here>,
    /// Each question once, with the digest of its answer where that is known already.
    asked: Vec<(Query, Option<Digest>)>,
    /// The questions of a page that asks many.
    known: FxHashSet<Query>,
    /// What was asked elsewhere and remembered last: a list shows many parts that ask the same.
    also: Option<Arc<[Query]>>,
    diags: Diagnostics,
    body: Option<Known>,
    stretches: Vec<Range<usize>>,
    /// The magnets that the text of the page offers, in order.
    shown: Vec<Id>,
    /// How deep in texts that are shown here and belong to another page.
    aside: u32,
}

impl Asking {
    /// Remembers a question, once.
    fn add(&mut self, query: &Query, answer: impl FnOnce() -> Option<Digest>) {
        let known = match self.asked.len() {
            // To look at a few is faster than to hash them all.
            0..=FEW => self.asked.iter().any(|(asked, _)| asked == query),
            _ => self.known.contains(query),
        };
        if known {
            return;
        }
        self.asked.push((query.clone(), answer()));
        match self.asked.len() - 1 {
            0..FEW => {}
            FEW => self.known.extend(self.asked.iter().map(|(asked, _)| asked.clone())),
            _ => drop(self.known.insert(query.clone())),
        }
    }
}

/// What rendering left beside its result.
#[derive(Default)]
pub(super) struct Left {
    pub asked: Vec<Query>,
    /// The digests of the answers that are known already, in the same order.
    pub answers: Vec<Option<Digest>>,
    pub diags: Diagnostics,
    /// The body that the page was given.
    pub body: Option<Known>,
    /// What of the page was written at once.
    pub stretches: Vec<Range<usize>>,
}

/// A page that asks no more than this asks few questions.
const FEW: usize = 16;

thread_local! {
    static ASKING: RefCell<Option<Asking>> = const { RefCell::new(None) };
}

/// The path of what belongs to no page.
pub(super) const NO_PAGE: &str = "";

/// Renders: whatever `render` asks and reports belongs to the page at `path`, whose links are resolved from `from`. What is rendered
/// meanwhile, for a page that is under way, is kept apart from that.
pub(super) fn during<T>(
    site: &Arc<Snapshot>,
    path: &Arc<str>,
    from: &RelPath,
    render: impl FnOnce() -> T,
) -> (T, Left) {
    let depth = here().map_or(0, |around| around.depth + 1);
    let asking = Asking {
        here: Rc::new(Here { site: site.clone(), path: path.clone(), from: from.clone(), depth }),
        asked: Vec::with_capacity(24),
        known: FxHashSet::default(),
        also: None,
        diags: Diagnostics::default(),
        body: None,
        stretches: Vec::new(),
        shown: Vec::new(),
        aside: 0,
    };
    let around = ASKING.replace(Some(asking));
    let value = render();
    match ASKING.replace(around) {
        Some(Asking { asked, diags, body, stretches, .. }) => {
            let (asked, answers) = asked.into_iter().unzip();
            (value, Left { asked, answers, diags, body, stretches })
        }
        None => (value, Left::default()),
    }
}

/// Remembers a question.
pub(super) fn ask(query: Query) {
    ASKING.with_borrow_mut(|asking| {
        if let Some(asking) = asking {
            asking.add(&query, || None);
        }
    });
}

/// Remembers a question whose answer is at hand.
pub(super) fn ask_answered(query: Query, answer: impl FnOnce() -> Digest) {
    ASKING.with_borrow_mut(|asking| {
        if let Some(asking) = asking {
            asking.add(&query, || Some(answer()));
        }
    });
}

/// Remembers questions that were asked elsewhere, and that the page has perhaps asked itself.
pub(super) fn also(queries: &Arc<[Query]>) {
    ASKING.with_borrow_mut(|asking| {
        let Some(asking) = asking else { return };
        if asking.also.as_ref().is_some_and(|last| Arc::ptr_eq(last, queries)) {
            return;
        }
        queries.iter().for_each(|query| asking.add(query, || None));
        asking.also = Some(queries.clone());
    });
}

/// Remembers the body that the page is given.
pub(super) fn known(body: Known) {
    ASKING.with_borrow_mut(|asking| {
        if let Some(asking) = asking {
            asking.body = Some(body);
        }
    });
}

/// Remembers what of the page was written at once.
pub(super) fn stretches(stretches: Vec<Range<usize>>) {
    ASKING.with_borrow_mut(|asking| {
        if let Some(asking) = asking {
            asking.stretches = stretches;
        }
    });
}

/// Remembers that the text of the page offers a magnet; which one of that magnet's it is, from 1. Texts of other pages do
/// not count: what they show must not depend on where they are shown.
pub(super) fn show(magnet: Id) -> usize {
    ASKING.with_borrow_mut(|asking| match asking {
        Some(asking) if asking.aside == 0 => {
            asking.shown.push(magnet);
            asking.shown.iter().filter(|m| **m == magnet).count()
        }
        _ => 1,
    })
}

/// The magnets that the text of the page has offered so far.
pub(super) fn shown() -> Vec<Id> {
    ASKING.with_borrow(|asking| asking.as_ref().map(|a| a.shown.clone()).unwrap_or_default())
}

/// Renders a part of another page's text.
pub(super) fn aside<T>(render: impl FnOnce() -> T) -> T {
    let step = |by: i32| {
        ASKING.with_borrow_mut(|asking| {
            if let Some(asking) = asking {
                asking.aside = asking.aside.saturating_add_signed(by);
            }
        })
    };
    step(1);
    let value = render();
    step(-1);
    value
}

/// Reports a finding on the page that is being rendered.
pub(super) fn report(diagnostic: Diagnostic) {
    ASKING.with_borrow_mut(|asking| {
        if let Some(asking) = asking {
            asking.diags.push(diagnostic);
        }
    });
}

/// The page that is being rendered, for template functions.
pub(super) fn here() -> Option<Rc<Here>> {
    ASKING.with_borrow(|asking| asking.as_ref().map(|a| a.here.clone()))
}
