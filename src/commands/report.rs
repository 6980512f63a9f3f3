//! The report of a build, as JSON: for dashboards, uploads and the schedule of the next build.

use super::pipeline::Outcome;
use crate::diag::{Level, values};
use crate::site::Withheld;
use crate::source::RelPath;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

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
    let outputs: Vec<Value> = outcome
        .outputs
        .iter()
        .map(|o| {
            let source = o.source.as_ref().map(|s| s.as_str());
            json!({ "path": o.path, "digest": o.seal.to_string(), "bytes": o.len, "source": source })
        })
        .collect();
    let changes = s.changes.map(|c| json!({ "written": c.written, "unchanged": c.unchanged, "removed": c.removed }));
    let report = json!({
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
        "outputs": outputs,
    });
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}
