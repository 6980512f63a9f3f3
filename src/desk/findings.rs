//! What is wrong with the site, drawn as in the terminal.

use super::page;
use super::request::Request;
use super::{Reply, State, editor_link};
use crate::diag::{Finding, Format, Level, draw};
use crate::serve::spans;
use crate::source::{RelPath, Span, position};
use crate::text;
use rustc_hash::FxHashMap;
use serde_json::{Value, json};
use std::sync::Arc;

/// So many findings stand on a page.
const EACH: usize = 40;

/// Errors and warnings.
pub(super) fn count(findings: &[Finding]) -> (usize, usize) {
    let of = |level| findings.iter().filter(|f| f.level == level).count();
    (of(Level::Error), of(Level::Warning))
}

/// The page of findings.
pub(super) fn list(state: &State<'_>, request: &Request<'_>) -> Reply {
    let wanted = request.asked("level");
    let groups: Vec<Vec<&Finding>> = grouped(state.findings)
        .into_iter()
        .filter(|g| wanted.is_empty() || g.iter().all(|f| f.level.name() == wanted))
        .collect();
    let (groups, pager) = page::paged(groups, request, EACH);
    let rows: Vec<Value> = groups.iter().map(|group| row(state, group)).collect();
    let levels = ["error", "warning", "note"].map(|name| {
        let n = state.findings.iter().filter(|f| f.level.name() == name).count();
        json!({ "name": name, "n": text::count(n, name), "some": n > 0, "here": wanted == name, "url": format!("?{}", page::with(request.query, "level", name)) })
    });
    let shown =
        json!({ "rows": rows, "pager": pager, "levels": levels, "all": state.findings.len(), "wanted": wanted });
    page::render(state, "diagnostics.html", "Diagnostics", "diagnostics", shown)
}

/// Findings that say the same of one file are one for a person to act on, as in the terminal.
fn grouped(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut places: FxHashMap<_, usize> = FxHashMap::default();
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|f| std::cmp::Reverse(f.level));
    for finding in sorted {
        let d = &finding.diagnostic;
        let key = (finding.level, d.code, d.at.as_ref().map(|s| &s.file), &d.message);
        let at = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

/// A group of findings for a template.
pub(super) fn row(state: &State<'_>, group: &[&Finding]) -> Value {
    let text = |path: &RelPath| state.site.read(path).ok().map(|b| Arc::from(String::from_utf8_lossy(&b)));
    let all: Vec<Finding> = group.iter().map(|f| (*f).clone()).collect();
    let drawn = draw(&all, Format::Human, true, &text);
    let Some(first) = group.first() else { return Value::Null };
    let d = &first.diagnostic;
    let place = d.at.as_ref().map(|span| open(state, span));
    json!({ "level": first.level.name(), "code": d.code.to_string(), "drawn": spans(drawn.trim_end()), "place": place, "message": d.message })
}

/// A place, and the address that opens the editor there.
pub(super) fn open(state: &State<'_>, span: &Span) -> Value {
    let text = state.site.read(&span.file).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default();
    let at = position(&text, span.start as usize);
    let open = editor_link(state.editor, &state.root.join(span.file.as_str()), at.line, at.column);
    json!({ "shown": format!("{}:{}:{}", span.file, at.line, at.column), "open": open })
}

/// Those of a file, drawn.
pub(super) fn of_file(state: &State<'_>, file: &RelPath) -> Vec<Value> {
    let here = state.findings.iter().filter(|f| f.diagnostic.at.as_ref().is_some_and(|s| s.file == *file));
    let here: Vec<Finding> = here.cloned().collect();
    grouped(&here).iter().take(EACH).map(|g| row(state, g)).collect()
}
