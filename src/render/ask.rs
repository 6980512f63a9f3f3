//! Asking, while a page is rendered. Every question goes through here, so every question is remembered.
//!
//! Template functions have no argument for this, so the page that a thread renders is kept beside the thread.

use super::scan::Known;
use super::snapshot::Snapshot;
use crate::diag::{Diagnostic, Diagnostics};
use crate::site::query::Query;
use crate::source::RelPath;
use rustc_hash::FxHashSet;
use std::cell::RefCell;
use std::sync::Arc;

struct Asking {
    site: Arc<Snapshot>,
    path: Arc<str>,
    from: RelPath,
    asked: Vec<Query>,
    known: FxHashSet<Query>,
    diags: Diagnostics,
    body: Option<Known>,
}

/// What rendering left beside its result.
#[derive(Default)]
pub(super) struct Left {
    pub asked: Vec<Query>,
    pub diags: Diagnostics,
    /// The body that the page was given.
    pub body: Option<Known>,
}

thread_local! {
    static ASKING: RefCell<Option<Asking>> = const { RefCell::new(None) };
}

/// Renders: whatever `render` asks and reports belongs to the page at `path`, whose links are resolved from `from`.
pub(super) fn during<T>(
    site: &Arc<Snapshot>,
    path: &Arc<str>,
    from: &RelPath,
    render: impl FnOnce() -> T,
) -> (T, Left) {
    let asking = Asking {
        site: site.clone(),
        path: path.clone(),
        from: from.clone(),
        asked: Vec::with_capacity(24),
        known: FxHashSet::default(),
        diags: Diagnostics::default(),
        body: None,
    };
    ASKING.set(Some(asking));
    let value = render();
    match ASKING.take() {
        Some(Asking { asked, diags, body, .. }) => (value, Left { asked, diags, body }),
        None => (value, Left::default()),
    }
}

/// Remembers a question.
pub(super) fn ask(query: Query) {
    ASKING.with_borrow_mut(|asking| {
        if let Some(asking) = asking
            && asking.known.insert(query.clone())
        {
            asking.asked.push(query);
        }
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

/// Reports a finding on the page that is being rendered.
pub(super) fn report(diagnostic: Diagnostic) {
    ASKING.with_borrow_mut(|asking| {
        if let Some(asking) = asking {
            asking.diags.push(diagnostic);
        }
    });
}

/// The site and the file that links are resolved from, for template functions.
pub(super) fn here() -> Option<(Arc<Snapshot>, RelPath, Arc<str>)> {
    ASKING.with_borrow(|asking| asking.as_ref().map(|a| (a.site.clone(), a.from.clone(), a.path.clone())))
}
