//! `hub-ignore: CODE reason`: a finding that its author knows and keeps, silenced where it stands.

use crate::diag::{Code, Diagnostic, Diagnostics, codes};
use crate::files::Files;
use crate::source::{RelPath, Span};
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// The word that begins it, in a comment of its language.
const WORD: &str = "hub-ignore";
/// How comments begin and end: markdown and HTML, templates, TOML and YAML.
const COMMENTS: [(&str, &str); 3] = [("<!--", "-->"), ("{#", "#}"), ("#", "\n")];

/// A comment that silences findings.
struct Mark {
    codes: Vec<Code>,
    span: Span,
    /// The lines that it is for, in bytes of the file: its own, and the next one with a text.
    from: u32,
    to: u32,
    /// Whether it stands where it is for the file as a whole, too: in its front matter, or on its first line.
    whole: bool,
    used: bool,
}

/// Takes out the findings that are silenced where they stand, and gives the files that silence some, in order. A comment without a code or a
/// reason silences nothing and is reported.
pub fn ignored(files: &dyn Files, diags: &mut Diagnostics) -> Vec<RelPath> {
    let silences = |(path, marks): (RelPath, Vec<Mark>)| marks.iter().any(|m| m.used).then_some(path);
    let mut silent: Vec<RelPath> = apply(files, diags).into_iter().filter_map(silences).collect();
    silent.sort();
    silent
}

/// As [`ignored`], and reports what silences nothing, in all `texts`. Findings of codes that were not looked for are `unknown`.
pub fn ignored_strictly(
    files: &dyn Files,
    texts: impl Iterator<Item = RelPath>,
    unknown: &[Code],
    diags: &mut Diagnostics,
) {
    let mut marks = apply(files, diags);
    for path in texts {
        if let Entry::Vacant(entry) = marks.entry(path) {
            let found = read(files, entry.key(), diags);
            entry.insert(found);
        }
    }
    let unused = marks.into_values().flatten().filter(|m| !m.used && !m.codes.iter().any(|c| unknown.contains(c)));
    for mark in unused {
        let codes = mark.codes.iter().map(Code::to_string).collect::<Vec<_>>().join(", ");
        let d = Diagnostic::new(codes::IGNORE_UNUSED, format!("there is no finding {codes} here to silence"));
        diags.push(
            d.at(mark.span).help("take the comment out, or put it on the line of the finding or the line before"),
        );
    }
}

fn apply(files: &dyn Files, diags: &mut Diagnostics) -> FxHashMap<RelPath, Vec<Mark>> {
    let mut marks: FxHashMap<RelPath, Vec<Mark>> = FxHashMap::default();
    let mut paths: Vec<RelPath> = diags.0.iter().filter_map(|d| Some(d.at.as_ref()?.file.clone())).collect();
    paths.sort();
    paths.dedup();
    for path in paths {
        let found = read(files, &path, diags);
        marks.insert(path, found);
    }
    diags.0.retain(|d| {
        let Some(at) = &d.at else { return true };
        let here = marks.get_mut(&at.file).into_iter().flatten();
        let mut silenced = false;
        for mark in here.filter(|m| m.codes.contains(&d.code)) {
            let whole = at.start == 0 && at.end == 0 && mark.whole;
            if whole || (mark.from..mark.to).contains(&at.start) {
                mark.used = true;
                silenced = true;
            }
        }
        !silenced
    });
    marks
}

/// The comments of a file.
fn read(files: &dyn Files, path: &RelPath, diags: &mut Diagnostics) -> Vec<Mark> {
    let Ok(bytes) = files.read(path) else { return Vec::new() };
    if memchr::memmem::find(&bytes, WORD.as_bytes()).is_none() {
        return Vec::new();
    }
    let Ok(text) = std::str::from_utf8(&bytes) else { return Vec::new() };
    let front = front_matter(text);
    let mut marks = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let begin = start;
        start += line.len();
        let Some((at, inner)) = comment(line) else { continue };
        let span = Span::new(path, begin + at..begin + line.trim_end().len());
        let Some(rest) = inner.strip_prefix(WORD).map(|r| r.trim_start_matches([' ', ':'])) else { continue };
        let (known, reason) = codes_of(rest);
        if known.is_empty() || !reason.chars().any(char::is_alphanumeric) {
            let what = if known.is_empty() { "names no code" } else { "gives no reason" };
            let d = Diagnostic::new(codes::IGNORE_REASON, format!("`{WORD}` {what}, so it silences nothing")).at(span);
            diags.push(d.help(format!("write the code and why, such as `{WORD}: H3010 their site is down until May`")));
            continue;
        }
        let next: usize = text[start..].split_inclusive('\n').take_while(|l| l.trim().is_empty()).map(str::len).sum();
        let next = start + next;
        let end = text[next..].find('\n').map_or(text.len() + 1, |i| next + i + 1);
        let whole = begin == 0 || front.contains(&begin);
        marks.push(Mark { codes: known, span, from: begin as u32, to: end as u32, whole, used: false });
    }
    marks
}

/// Where the word stands in a line's comment, and the comment from there on.
fn comment(line: &str) -> Option<(usize, &str)> {
    COMMENTS.iter().find_map(|(begin, end)| {
        let mut from = 0;
        loop {
            let at = from + line[from..].find(begin)?;
            let inner = line[at + begin.len()..].trim_start();
            if inner.starts_with(WORD) {
                return Some((at, inner.split(end).next().unwrap_or(inner).trim_end()));
            }
            from = at + begin.len();
        }
    })
}

/// The codes at the beginning, and what follows them.
fn codes_of(text: &str) -> (Vec<Code>, &str) {
    let mut codes = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let Some(code) = Code::parse(&rest[..end]) else { return (codes, rest) };
        codes.push(code);
        rest = rest[end..].trim_start_matches([' ', ',']);
    }
}

/// The bytes of a text's front matter.
fn front_matter(text: &str) -> std::ops::Range<usize> {
    let fence = text.lines().next().map_or("", str::trim_end);
    if !["+++", "---"].contains(&fence) {
        return 0..0;
    }
    0..text[3..].find(&format!("\n{fence}")).map_or(0, |i| i + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_of_every_language_are_read() {
        let inner = |line: &str| comment(line).map(|(_, inner)| inner.to_string());
        assert_eq!(inner("a <!-- hub-ignore: H3010 why --> b\n").as_deref(), Some("hub-ignore: H3010 why"));
        assert_eq!(inner("x = 1 # hub-ignore: H3010 why\n").as_deref(), Some("hub-ignore: H3010 why"));
        assert_eq!(inner("{# hub-ignore: H3010 why #}").as_deref(), Some("hub-ignore: H3010 why"));
        assert_eq!(inner("see `hub-ignore` in # the docs"), None);
        let (codes, reason) = codes_of("H3010, h3011 it is down");
        assert_eq!((codes, reason), (vec![codes::DEAD_EXTERNAL, codes::UNSURE_EXTERNAL], "it is down"));
        assert_eq!(codes_of("because").0, []);
    }
}
