//! Drawing findings: the one place where spans meet their text.

use super::{Diagnostic, Finding, Level, services};
use crate::source::{RelPath, Span, position};
use annotate_snippets::{AnnotationKind, Group, Level as Title, Renderer, Snippet};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// How findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// With the source, carets and help, for people.
    #[default]
    Human,
    /// `file:line:column: level[code]: message`, a line each.
    Short,
    /// One JSON object a line.
    Json,
    /// Annotations of GitHub Actions.
    Github,
    /// GitLab's report of code quality: one JSON list.
    Gitlab,
    /// SARIF 2.1.0: one JSON object.
    Sarif,
}

impl Format {
    /// Whether it is for programs, which read the standard output.
    pub fn is_for_programs(self) -> bool {
        !matches!(self, Format::Human | Format::Short)
    }
}

/// Writes findings. `text` gives a file's text, where it can be had; `colour` is for terminals.
pub fn draw(findings: &[Finding], format: Format, colour: bool, text: &dyn Fn(&RelPath) -> Option<Arc<str>>) -> String {
    draw_in("", findings, format, colour, text)
}

/// As [`draw`]; services for repositories are told where in the repository the site lies: `site/`, or nothing.
pub fn draw_in(
    folder: &str,
    findings: &[Finding],
    format: Format,
    colour: bool,
    text: &dyn Fn(&RelPath) -> Option<Arc<str>>,
) -> String {
    let mut sources = Sources { text, known: HashMap::new() };
    let mut out = String::new();
    match format {
        Format::Gitlab => return services::gitlab(folder, findings, &mut sources),
        Format::Sarif => return services::sarif(folder, findings, &mut sources),
        _ => {}
    }
    if format == Format::Human {
        for group in groups(findings) {
            human(group[0], &group[1..], colour, &mut sources, &mut out);
        }
        return out;
    }
    for finding in findings {
        match format {
            Format::Human | Format::Gitlab | Format::Sarif => {}
            Format::Short => short(finding, &mut sources, &mut out),
            Format::Json => json(finding, &mut sources, &mut out),
            Format::Github => services::github(folder, finding, &mut sources, &mut out),
        }
    }
    out
}

pub(super) struct Sources<'a> {
    text: &'a dyn Fn(&RelPath) -> Option<Arc<str>>,
    known: HashMap<RelPath, Arc<str>>,
}

impl Sources<'_> {
    pub(super) fn get(&mut self, file: &RelPath) -> Arc<str> {
        self.known.entry(file.clone()).or_insert_with(|| (self.text)(file).unwrap_or_else(|| "".into())).clone()
    }

    /// `file:line:column`.
    fn place(&mut self, span: &Span) -> String {
        let at = position(&self.get(&span.file), span.start as usize);
        format!("{}:{}:{}", span.file, at.line, at.column)
    }
}

/// `and 411 more pages`, and which page the first one is.
pub(super) fn pages(finding: &Finding) -> Option<String> {
    let page = finding.diagnostic.page.as_deref()?;
    Some(match finding.more {
        0 => format!("while rendering `{page}`"),
        1 => format!("while rendering `{page}`, and 1 more page"),
        n => format!("while rendering `{page}`, and {n} more pages"),
    })
}

/// Lines longer than this are cut around the span: a file of one endless line is still a diagnostic.
const LONG_LINE: usize = 4096;

/// Findings that say the same of one file are one for a person to act on.
fn groups(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let key = |f: &Finding| {
        (f.level, f.diagnostic.code, f.diagnostic.at.as_ref().map(|s| s.file.clone()), f.diagnostic.message.clone())
    };
    let mut places: HashMap<_, usize> = HashMap::new();
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let at = *places.entry(key(finding)).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

/// `and 12 more here, at lines 34, 36, 45, …`.
fn elsewhere(more: &[&Finding], sources: &mut Sources<'_>) -> Option<String> {
    const SHOWN: usize = 8;
    let mut lines: Vec<usize> = more
        .iter()
        .filter_map(|f| f.diagnostic.at.as_ref())
        .map(|s| position(&sources.get(&s.file), s.start as usize).line)
        .collect();
    lines.dedup();
    let last = lines.last()?;
    let shown: Vec<String> = lines.iter().take(SHOWN).map(ToString::to_string).collect();
    let rest = if lines.len() > SHOWN { format!(" … {last}") } else { String::new() };
    let noun = if lines.len() == 1 { "line" } else { "lines" };
    Some(format!("and {} more in this file: {noun} {}{rest}", more.len(), shown.join(", ")))
}

fn human(finding: &Finding, more: &[&Finding], colour: bool, sources: &mut Sources<'_>, out: &mut String) {
    let Diagnostic { code, message, at, label, labels, help, .. } = &finding.diagnostic;
    let title = match finding.level {
        Level::Error => Title::ERROR,
        Level::Warning => Title::WARNING,
        _ => Title::NOTE,
    };
    let code = code.to_string();
    let mut group = Group::with_title(title.primary_title(message).id(&code));
    let main: Vec<(&Span, AnnotationKind, &str)> = at.iter().map(|s| (s, AnnotationKind::Primary, &**label)).collect();
    let rest = labels.iter().map(|(s, l)| (s, AnnotationKind::Context, &**l));
    let spans: Vec<_> = main.into_iter().chain(rest).collect();
    let mut done: Vec<&RelPath> = Vec::new();
    let texts: Vec<Arc<str>> = spans.iter().map(|(s, ..)| sources.get(&s.file)).collect();
    for (i, (span, ..)) in spans.iter().enumerate() {
        if done.contains(&&span.file) {
            continue;
        }
        done.push(&span.file);
        let text: &str = &texts[i];
        let here = spans.iter().filter(|(s, ..)| s.file == span.file);
        let (window, first_line, from) = window(text, span);
        let mut snippet = Snippet::source(window).path(span.file.as_str()).line_start(first_line).fold(true);
        for (s, kind, label) in here {
            let range = within(window, s, from);
            let annotation = kind.span(range);
            snippet = snippet.annotation(if label.is_empty() { annotation } else { annotation.label(*label) });
        }
        group = group.element(snippet);
    }
    let trail = [pages(finding), elsewhere(more, sources)];
    for note in trail.iter().flatten() {
        group = group.element(Title::NOTE.message(note));
    }
    for help in help {
        group = group.element(Title::HELP.message(help));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let _ = writeln!(out, "{}\n", renderer.render(&[group]));
}

/// The part of a text that is drawn: all of it, unless it has lines too long to show.
fn window<'a>(text: &'a str, span: &Span) -> (&'a str, usize, usize) {
    let start = floor(text, span.start as usize);
    let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
    if line_end - line_start <= LONG_LINE {
        return (text, 1, 0);
    }
    let from = floor(text, start.saturating_sub(60).max(line_start));
    let to = floor(text, (start + 120).min(line_end));
    (&text[from..to], position(text, start).line, from)
}

fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn within(window: &str, span: &Span, from: usize) -> std::ops::Range<usize> {
    let start = floor(window, (span.start as usize).saturating_sub(from));
    let end = floor(window, (span.end as usize).saturating_sub(from)).max(start);
    start..end
}

fn short(finding: &Finding, sources: &mut Sources<'_>, out: &mut String) {
    let d = &finding.diagnostic;
    let place = d.at.as_ref().map(|s| sources.place(s) + ": ").unwrap_or_default();
    let _ = writeln!(out, "{place}{}[{}]: {}", finding.level.name(), d.code, d.message);
}

fn json(finding: &Finding, sources: &mut Sources<'_>, out: &mut String) {
    let _ = writeln!(out, "{}", object(finding, sources));
}

fn object(finding: &Finding, sources: &mut Sources<'_>) -> serde_json::Value {
    let d = &finding.diagnostic;
    let mut place = |span: &Span| {
        let text = sources.get(&span.file);
        let (start, end) = (position(&text, span.start as usize), position(&text, span.end as usize));
        serde_json::json!({
            "file": span.file, "line": start.line, "column": start.column, "end_line": end.line, "end_column": end.column,
        })
    };
    serde_json::json!({
        "level": finding.level,
        "code": d.code,
        "message": d.message,
        "label": d.label,
        "at": d.at.as_ref().map(&mut place),
        "also": d.labels.iter().map(|(s, l)| serde_json::json!({ "at": place(s), "label": l })).collect::<Vec<_>>(),
        "help": d.help,
        "page": d.page,
        "more_pages": finding.more,
    })
}

/// Counts and findings as Markdown, for the page that a service shows of a run.
pub fn summary(title: &str, findings: &[Finding], text: &dyn Fn(&RelPath) -> Option<Arc<str>>) -> String {
    services::summary(title, findings, &mut Sources { text, known: HashMap::new() })
}

/// Findings as JSON values, for reports.
pub fn values(findings: &[Finding], text: &dyn Fn(&RelPath) -> Option<Arc<str>>) -> Vec<serde_json::Value> {
    let mut sources = Sources { text, known: HashMap::new() };
    findings.iter().map(|f| object(f, &mut sources)).collect()
}
