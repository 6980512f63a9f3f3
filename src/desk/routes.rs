//! Every address of the site, and what changed lately.

use super::request::Request;
use super::{Reply, State, editor_link, page};
use crate::site::{Route, What};
use crate::text;
use serde_json::{Value, json};

/// So many addresses stand on a page.
const EACH: usize = 100;

/// What stands at an address, in a word.
fn kind(route: &Route) -> &'static str {
    match route.what {
        What::Text(..) | What::Term(..) | What::Terms(_) => "page",
        What::Thanks(_) => "after a form",
        What::Unlock(_) | What::Unlisted(_) => "unlock page",
        What::Go(..) => "campaign",
        What::Sealed(..) => "sealed file",
        What::Feed(..) => "feed",
        What::Qr(..) | What::Card(_) => "picture",
        What::Calendar(_) => "calendar",
        What::Redirect(_) => "redirect",
        What::Copy(_) | What::Asset(_) | What::Own(_) => "file",
    }
}

const KINDS: [&str; 10] = [
    "page",
    "after a form",
    "unlock page",
    "campaign",
    "sealed file",
    "feed",
    "picture",
    "calendar",
    "redirect",
    "file",
];

/// The page of addresses.
pub(super) fn list(state: &State<'_>, request: &Request<'_>) -> Reply {
    let plan = &state.site.plan;
    let (words, wanted) = (request.asked("q").trim().to_lowercase(), request.asked("kind"));
    let fits = |route: &&Route| {
        let source = || route.source.as_ref().is_some_and(|s| s.as_str().to_lowercase().contains(&words));
        (wanted.is_empty() || kind(route) == wanted)
            && (words.is_empty() || route.path.to_lowercase().contains(&words) || source())
    };
    let found: Vec<&Route> = plan.routes.iter().filter(fits).collect();
    let (routes, pager) = page::paged(found, request, EACH);
    let row = |route: &&Route| {
        let to = match &route.what {
            What::Redirect(to) => Some(to.to_string()),
            _ => None,
        };
        let source = route.source.as_ref().filter(|s| state.root.join(s.as_str()).exists());
        json!({
            "path": &*route.path, "url": state.site.project.config.href(&route.path), "kind": kind(route), "to": to,
            "source": source.map(|s| s.as_str()), "open": source.map(|s| editor_link(state.editor, &state.root.join(s.as_str()), 1, 1)),
        })
    };
    let kinds = KINDS.map(|k| json!({ "value": k, "label": k, "on": k == wanted }));
    let shown = json!({
        "rows": routes.iter().map(row).collect::<Vec<Value>>(), "pager": pager, "q": request.asked("q"), "kinds": kinds,
        "all": text::thousands(plan.routes.len()), "filtered": !(words.is_empty() && wanted.is_empty()),
    });
    page::render(state, "routes.html", "Routes", "routes", shown)
}

/// So many changes are shown.
const LATEST: usize = 200;

/// The page of what changed, and how long it took.
pub(super) fn timings(state: &State<'_>) -> Reply {
    let rows: Vec<Value> = state.timings.iter().take(LATEST).map(|t| page::timing(state, t)).collect();
    let mut took: Vec<f64> = state.timings.iter().map(|t| t.took.as_secs_f64() * 1000.0).collect();
    took.sort_by(f64::total_cmp);
    let longest = took.last().copied().unwrap_or(1.0).max(1.0);
    let median = took.get(took.len() / 2).map(|ms| format!("{ms:.1} ms"));
    page::render(
        state,
        "timings.html",
        "Timings",
        "timings",
        json!({ "rows": rows, "longest": longest, "median": median }),
    )
}
