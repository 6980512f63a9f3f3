//! The report of a build, as JSON: for dashboards, uploads and the schedule of the next build.

use super::pipeline::Outcome;
use crate::diag::{Level, values};
use crate::publish::Item;
use crate::site::Withheld;
use crate::source::RelPath;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    about: Value,
    outputs: Vec<Listed<'a>>,
}

/// A file of the output.
#[derive(Serialize)]
struct Listed<'a> {
    path: &'a str,
    digest: String,
    bytes: u64,
    source: Option<&'a str>,
}

impl Listed<'_> {
    fn of(Item { path, digest, len, source }: Item<'_>) -> Listed<'_> {
        Listed { path, digest: format!("{digest:?}"), bytes: len, source: source.map(|s| s.as_str()) }
    }
}

/// `hub build --report FILE`. docs/reference.md describes it.
pub(super) fn json(outcome: &Outcome, took: Duration) -> String {
    let s = &outcome.summary;
    let text = |path: &RelPath| outcome.files.read(path).ok().map(|b| Arc::from(String::from_utf8_lossy(&b)));
    let withheld: Vec<Value> = s
        .withheld
        .iter()
        .map(|(file, why)| {
            let (kind, at) = match why {
                Withheld::Draft => ("draft", None),
                Withheld::Scheduled(at) => ("scheduled", Some(*at)),
                Withheld::Expired(at) => ("expired", Some(*at)),
            };
            let at = at.and_then(|at| jiff::Timestamp::from_second(at).ok()).map(|t| t.to_string());
            json!({ "file": file, "why": kind, "at": at })
        })
        .collect();
    let outputs = outcome.outputs().into_iter().map(Listed::of).collect();
    let changes = s.changes.map(|c| json!({ "written": c.written, "unchanged": c.unchanged, "removed": c.removed }));
    let about = json!({
        "hub": env!("CARGO_PKG_VERSION"),
        "env": s.env,
        "base_url": outcome.config.base_url,
        "published": s.changes.is_some(),
        "pages": s.pages,
        "rendered": s.rendered,
        "changes": changes,
        "errors": outcome.count(Level::Error),
        "warnings": outcome.count(Level::Warning),
        "seconds": took.as_secs_f64(),
        "phases": s.phases.iter().map(|(name, took)| (name.to_string(), took.as_secs_f64().into())).collect::<serde_json::Map<_, Value>>(),
        "next_change": s.next_change.map(|t| t.to_string()),
        "withheld": withheld,
        "findings": values(&outcome.findings, &text),
    });
    serde_json::to_string_pretty(&Report { about, outputs }).unwrap_or_default() + "\n"
}
