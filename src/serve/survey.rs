//! Looks at all pages when the author rests, so that what is wrong elsewhere is said too. Pages whose answers are the same as the last
//! time are not rendered again.

use super::engine::State;
use super::http::Say;
use crate::buffers;
use crate::check::links::{self, Broken};
use crate::diag::{Diagnostics, Finding, findings};
use crate::digest::{Digest, Hasher};
use crate::render::Snapshot;
use crate::site::query::{Query, Trace};
use crate::site::{Plan, RouteId, What};
use rustc_hash::FxHashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// An author who does not save for this long rests.
const REST: Duration = Duration::from_millis(350);

/// What is known of all pages.
pub(super) struct Survey {
    /// Told of new states.
    pub tell: Teller,
    /// What was found, of the last state that was looked at as a whole.
    pub findings: watch::Receiver<Arc<[Finding]>>,
}

/// Tells a survey that there is another state.
#[derive(Clone)]
pub(super) struct Teller {
    newest: Arc<AtomicU64>,
    states: Arc<Mutex<Sender<Arc<State>>>>,
}

impl Teller {
    pub fn state(&self, state: Arc<State>) {
        self.newest.store(state.number, Ordering::Relaxed);
        if let Ok(states) = self.states.lock() {
            // The survey is gone only when the program ends.
            let _ = states.send(state);
        }
    }
}

/// What the last look left.
#[derive(Default)]
struct Look {
    plan: Option<Arc<Plan>>,
    traces: Vec<Arc<Trace>>,
    broken: Vec<Broken>,
}

impl Look {
    fn diags(&self) -> Diagnostics {
        let mut diags = links::said(&self.broken);
        for trace in &self.traces {
            diags.extend(trace.diags.clone());
        }
        diags
    }
}

impl Survey {
    pub fn start(first: Arc<State>, say: Arc<dyn Say>) -> Survey {
        let (send, receive) = mpsc::channel();
        let (publish, findings) = watch::channel(Arc::from(first.findings.clone()));
        let newest = Arc::new(AtomicU64::new(first.number));
        let tell = Teller { newest: newest.clone(), states: Arc::new(Mutex::new(send)) };
        tell.state(first);
        std::thread::spawn(move || look_on(&receive, &newest, &publish, &*say));
        Survey { tell, findings }
    }
}

fn look_on(states: &Receiver<Arc<State>>, newest: &AtomicU64, publish: &watch::Sender<Arc<[Finding]>>, say: &dyn Say) {
    let mut before = Look::default();
    while let Ok(mut state) = states.recv() {
        while let Ok(newer) = states.recv_timeout(REST) {
            state = newer;
        }
        let stop = || newest.load(Ordering::Relaxed) != state.number;
        let Some(seen) = look(&state.site, &before, &stop) else { continue };
        before = seen;
        let mut diags = before.diags();
        crate::check::ignored(&*state.site.files(), &mut diags);
        let mut found = findings(diags, &state.site.project.config.levels);
        // What was found while the site was read has its level already, and folds with none of these.
        found.splice(0..0, state.findings.iter().cloned());
        let last = publish.borrow().clone();
        say.surveyed(&state, &last, &found);
        publish.send_replace(found.into());
        drop(state);
        buffers::give_back();
    }
}

/// Looks at all pages; none if there is a newer state.
fn look(site: &Arc<Snapshot>, before: &Look, stop: &dyn Fn() -> bool) -> Option<Look> {
    // Numbers of routes and texts mean the same only in the same plan.
    let known = before.plan.as_ref().is_some_and(|plan| Arc::ptr_eq(plan, &site.plan));
    let mut answers: FxHashMap<Query, Digest> = FxHashMap::default();
    let mut holds = |trace: &Trace| {
        let mut hasher = Hasher::default();
        for query in trace.asked.iter() {
            let answer = match answers.get(query) {
                Some(answer) => *answer,
                None => *answers.entry(query.clone()).or_insert(site.digest(query)),
            };
            hasher.digest(answer);
        }
        hasher.finish() == trace.answers
    };
    let mut traces = Vec::with_capacity(site.routes().len());
    for (i, route) in site.routes().iter().enumerate() {
        if stop() {
            return None;
        }
        // Pictures take long and are looked at where they are shown.
        let skipped = matches!(route.what, What::Sealed(..) | What::Card(_) | What::Qr(..));
        let last = before.traces.get(i).filter(|trace| known && holds(trace));
        traces.push(match last {
            Some(trace) => trace.clone(),
            None if skipped => Arc::new(Trace::default()),
            None => site.render(route).trace,
        });
    }
    let same = |route: RouteId| {
        let at = route.0 as usize;
        known && before.traces.get(at).is_some_and(|trace| Arc::ptr_eq(trace, &traces[at]))
    };
    let broken = links::links_since(site, &traces, &before.broken, &same);
    Some(Look { plan: Some(site.plan.clone()), traces, broken })
}
