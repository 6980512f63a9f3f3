//! Findings as services for repositories read them.

use super::draw::{Sources, pages};
use super::{Finding, Level};
use crate::digest::Hasher;
use crate::files::SITE_TOML;
use crate::source::{Position, position};
use crate::text::percent_encode;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Where a finding stands: its file, beginning and end. Services want a file; what has none is said of `site.toml`.
fn place(finding: &Finding, sources: &mut Sources<'_>) -> (String, Position, Position) {
    match &finding.diagnostic.at {
        Some(span) => {
            let text = sources.get(&span.file);
            let [start, end] = [span.start, span.end].map(|at| position(&text, at as usize));
            (span.file.to_string(), start, end)
        }
        None => {
            let first = Position { line: 1, column: 1 };
            (SITE_TOML.to_string(), first, first)
        }
    }
}

/// The message with what the reader can do.
fn whole(finding: &Finding) -> String {
    let d = &finding.diagnostic;
    let mut message = d.message.clone();
    message.extend(pages(finding).map(|p| format!("\n{p}")));
    message.extend(d.help.iter().map(|h| format!("\nhelp: {h}")));
    message
}

/// The same for a finding from run to run, though lines move.
fn fingerprint(finding: &Finding, nth: usize) -> String {
    let d = &finding.diagnostic;
    let file = d.at.as_ref().map_or("", |s| s.file.as_str());
    let mut hasher = Hasher::new("finding");
    hasher.text(&d.code.to_string()).text(file).text(&d.message).number(nth as u64);
    format!("{:032x}", hasher.finish().0)
}

/// How many findings before this one say the same of the same file.
fn nth(findings: &[Finding], i: usize) -> usize {
    let key = |f: &Finding| {
        let d = &f.diagnostic;
        (d.code, d.at.as_ref().map(|s| s.file.clone()), d.message.clone())
    };
    let this = key(&findings[i]);
    // They are in the order of files, so that what says the same is near.
    let before =
        findings[..i].iter().rev().take_while(|f| f.diagnostic.at.as_ref().map(|s| &s.file) == this.1.as_ref());
    before.filter(|f| key(f) == this).count()
}

/// Workflow commands: docs.github.com, "Workflow commands for GitHub Actions".
pub(super) fn github(folder: &str, finding: &Finding, sources: &mut Sources<'_>, out: &mut String) {
    let d = &finding.diagnostic;
    let kind = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        _ => "notice",
    };
    let data = |s: &str| s.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |s: &str| data(s).replace(':', "%3A").replace(',', "%2C");
    let mut at = String::new();
    if let Some(span) = &d.at {
        let Position { line, column } = position(&sources.get(&span.file), span.start as usize);
        let file = property(&format!("{folder}{}", span.file));
        at = format!("file={file},line={line},col={column},");
    }
    // Writing to a String does not fail.
    let _ = writeln!(out, "::{kind} {at}title={}::{}", d.code, data(&whole(finding)));
}

/// docs.gitlab.com, "Code Quality report format".
pub(super) fn gitlab(folder: &str, findings: &[Finding], sources: &mut Sources<'_>) -> String {
    let issue = |(i, finding): (usize, &Finding)| {
        let (file, start, end) = place(finding, sources);
        let severity = match finding.level {
            Level::Error => "critical",
            Level::Warning => "minor",
            _ => "info",
        };
        json!({
            "description": whole(finding),
            "check_name": finding.diagnostic.code,
            "fingerprint": fingerprint(finding, nth(findings, i)),
            "severity": severity,
            "location": { "path": format!("{folder}{file}"), "lines": { "begin": start.line, "end": end.line.max(start.line) } },
        })
    };
    let issues: Vec<Value> = findings.iter().enumerate().map(issue).collect();
    serde_json::to_string_pretty(&issues).unwrap_or_default() + "\n"
}

fn sarif_level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
        Level::Off => "none",
    }
}

/// OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
pub(super) fn sarif(folder: &str, findings: &[Finding], sources: &mut Sources<'_>) -> String {
    let mut codes: Vec<_> = findings.iter().map(|f| f.diagnostic.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes
        .iter()
        .filter_map(|code| code.row())
        .map(|row| {
            json!({
                "id": row.code,
                "shortDescription": { "text": row.title },
                "fullDescription": { "text": row.text },
                "help": { "text": row.text, "markdown": row.text },
                "defaultConfiguration": { "level": sarif_level(row.level) },
            })
        })
        .collect();
    let result = |(i, finding): (usize, &Finding)| {
        let (file, start, end) = place(finding, sources);
        let uri = percent_encode(&format!("{folder}{file}")).replace("%2F", "/");
        // A region ends after its last character.
        let end = if (end.line, end.column) > (start.line, start.column) { end } else { start };
        json!({
            "ruleId": finding.diagnostic.code,
            "ruleIndex": codes.binary_search(&finding.diagnostic.code).unwrap_or_default(),
            "level": sarif_level(finding.level),
            "message": { "text": whole(finding) },
            "locations": [{
                "physicalLocation": {
                    "artifactLocation": { "uri": uri, "uriBaseId": "%SRCROOT%" },
                    "region": {
                        "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column,
                    },
                },
            }],
            "partialFingerprints": { "hub/v1": fingerprint(finding, nth(findings, i)) },
        })
    };
    let results: Vec<Value> = findings.iter().enumerate().map(result).collect();
    let sarif = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "hub", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&sarif).unwrap_or_default() + "\n"
}

/// Findings that a summary shows: services cut what is longer than a megabyte.
const SHOWN: usize = 100;

/// GitHub's Markdown: docs.github.com, "Adding a job summary".
pub(super) fn summary(title: &str, findings: &[Finding], sources: &mut Sources<'_>) -> String {
    let mut out = format!("### {title}\n\n");
    if findings.is_empty() {
        return out + "Nothing is wrong.\n";
    }
    out.push_str("| | where | what |\n|---|---|---|\n");
    let mut worst: Vec<&Finding> = findings.iter().collect();
    worst.sort_by_key(|f| std::cmp::Reverse(f.level));
    let cell = |s: &str| s.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;").replace('\n', "<br>");
    for finding in worst.iter().take(SHOWN) {
        let d = &finding.diagnostic;
        let at = match &d.at {
            Some(_) => {
                let (file, start, _) = place(finding, sources);
                format!("`{}:{}`", cell(&file), start.line)
            }
            None => d.page.as_deref().map(|page| format!("`{}`", cell(page))).unwrap_or_default(),
        };
        let _ = writeln!(out, "| {} {} | {at} | {} |", finding.level.name(), d.code, cell(&whole(finding)));
    }
    if findings.len() > SHOWN {
        let _ = writeln!(out, "\nand {} more.", findings.len() - SHOWN);
    }
    out
}
