//! Taking typed values out of a table. Each key is named once, where it is taken; whatever remains is an unknown key.

use super::node::{Node, Table, Value};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::source::{At, RelPath, Span};
use crate::text;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::cell::RefCell;

/// A table that is being read.
pub struct Take<'a> {
    file: &'a RelPath,
    /// What the table is, for messages: "the front matter of an article".
    what: &'a str,
    table: Table,
    /// The place that a missing key is reported at.
    at: Span,
    known: Vec<&'static str>,
    diags: &'a RefCell<Diagnostics>,
}

impl<'a> Take<'a> {
    /// Begins to read a table that stands at `at`.
    pub fn new(table: Table, at: Span, file: &'a RelPath, what: &'a str, diags: &'a RefCell<Diagnostics>) -> Take<'a> {
        Take { file, what, table, at, known: Vec::new(), diags }
    }

    /// Reports something wrong.
    pub fn report(&self, diagnostic: Diagnostic) {
        self.diags.borrow_mut().push(diagnostic);
    }

    /// The file that is being read.
    pub fn file(&self) -> &RelPath {
        self.file
    }

    /// Whether a key is there.
    pub fn has(&self, key: &str) -> bool {
        self.table.get(key).is_some()
    }

    /// Takes whatever stands at a key.
    pub fn node(&mut self, key: &'static str) -> Option<Node> {
        self.known.push(key);
        let index = self.table.0.iter().position(|(k, _)| k.value == key)?;
        Some(self.table.0.remove(index).1)
    }

    fn wrong(&self, key: &str, node: &Node, wanted: &str) {
        let message = format!("`{key}` takes {wanted}, found {}", node.value.type_name());
        self.report(Diagnostic::new(codes::WRONG_TYPE, message).at(node.span(self.file)));
    }

    /// Takes text.
    pub fn string(&mut self, key: &'static str) -> Option<At<String>> {
        let node = self.node(key)?;
        self.as_string(key, node)
    }

    fn as_string(&self, key: &str, node: Node) -> Option<At<String>> {
        let range = node.start as usize..node.end as usize;
        match node.value {
            Value::String(s) => Some(At::new(s, range)),
            // YAML reads `title: 2026` as a number; the author meant the word.
            Value::Integer(i) if self.file.ext() == "md" => Some(At::new(i.to_string(), range)),
            Value::Null if self.file.ext() == "md" => None,
            other => {
                self.wrong(key, &At::new(other, range), "text in quotes");
                None
            }
        }
    }

    /// Takes text that must be there.
    pub fn required(&mut self, key: &'static str) -> Option<At<String>> {
        if self.table.get(key).is_none() {
            self.known.push(key);
            let message = format!("{} lacks `{key}`", self.what);
            self.report(
                Diagnostic::new(codes::MISSING_KEY, message).at(self.at.clone()).help(format!("add `{key} = \"…\"`")),
            );
            return None;
        }
        self.string(key)
    }

    /// Takes `true` or `false`.
    pub fn bool(&mut self, key: &'static str) -> Option<bool> {
        let node = self.node(key)?;
        match node.value {
            Value::Bool(b) => Some(b),
            _ => {
                self.wrong(key, &node, "`true` or `false`");
                None
            }
        }
    }

    /// Takes a whole number in a range.
    pub fn integer(&mut self, key: &'static str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let node = self.node(key)?;
        match node.value {
            Value::Integer(i) if range.contains(&i) => Some(i),
            Value::Integer(i) => {
                let message = format!("`{key}` is {i}; it takes {} to {}", range.start(), range.end());
                self.report(Diagnostic::new(codes::BAD_VALUE, message).at(node.span(self.file)));
                None
            }
            _ => {
                self.wrong(key, &node, "a whole number");
                None
            }
        }
    }

    /// Takes a date; one without an offset is in `zone`.
    pub fn date(&mut self, key: &'static str, zone: &TimeZone) -> Option<At<Timestamp>> {
        let node = self.node(key)?;
        let range = node.start as usize..node.end as usize;
        let text = match &node.value {
            Value::Datetime(s) | Value::String(s) => s,
            Value::Null => return None,
            _ => {
                self.wrong(key, &node, "a date such as 2026-11-22 or 2026-11-22T09:00:00");
                return None;
            }
        };
        match crate::time::parse(text, zone) {
            Some(at) => Some(At::new(at, range)),
            None => {
                let message = format!("`{key}` is `{text}`, which is not a date");
                self.report(
                    Diagnostic::new(codes::BAD_VALUE, message)
                        .at(node.span(self.file))
                        .help("write 2026-11-22, or 2026-11-22T09:00:00"),
                );
                None
            }
        }
    }

    /// Takes a date with its time of day; one without an offset is in `zone`.
    pub fn moment(&mut self, key: &'static str, zone: &TimeZone) -> Option<At<Timestamp>> {
        if let Some(Node { value: Value::Datetime(text) | Value::String(text), .. }) = self.table.get(key)
            && text.trim().len() == "2026-11-22".len()
        {
            let (message, day) = (format!("`{key}` has no time of day"), text.trim().to_string());
            let node = self.node(key)?;
            let d = Diagnostic::new(codes::BAD_VALUE, message).at(node.span(self.file));
            self.report(d.help(format!("write `{key} = {day}T18:00:00`")));
            return None;
        }
        self.date(key, zone)
    }

    /// Takes a list of texts; one text alone is a list of one.
    pub fn strings(&mut self, key: &'static str) -> Vec<At<String>> {
        match self.node(key) {
            None | Some(Node { value: Value::Null, .. }) => Vec::new(),
            Some(Node { value: Value::Array(items), .. }) => {
                items.into_iter().filter_map(|item| self.as_string(key, item)).collect()
            }
            Some(node) => self.as_string(key, node).into_iter().collect(),
        }
    }

    /// Takes one of several words.
    pub fn choice<T: Clone>(&mut self, key: &'static str, choices: &[(&'static str, T)]) -> Option<T> {
        let word = self.string(key)?;
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == word.value) {
            return Some(value.clone());
        }
        let names = || choices.iter().map(|(name, _)| *name);
        let message = format!("`{key}` is `{}`; it takes {}", word.value, text::choices(names()));
        self.report(Diagnostic::new(codes::BAD_VALUE, message).at(word.span(self.file)).nearest(&word.value, names()));
        None
    }

    /// Takes a table as it is.
    pub fn table(&mut self, key: &'static str) -> Option<At<Table>> {
        let node = self.node(key)?;
        let range = node.start as usize..node.end as usize;
        match node.value {
            Value::Table(table) => Some(At::new(table, range)),
            _ => {
                self.wrong(key, &node, "a table");
                None
            }
        }
    }

    /// Takes a table and reads it in turn.
    pub fn read<T>(&mut self, key: &'static str, what: &str, read: impl FnOnce(&mut Take<'_>) -> T) -> Option<T> {
        let table = self.table(key)?;
        Some(self.nested(table, what, read))
    }

    /// Reads a table that was taken before.
    pub fn nested<T>(&self, table: At<Table>, what: &str, read: impl FnOnce(&mut Take<'_>) -> T) -> T {
        let at = Span { file: self.file.clone(), start: table.start, end: table.end };
        let mut take = Take::new(table.value, at, self.file, what, self.diags);
        let value = read(&mut take);
        take.finish();
        value
    }

    /// Takes a list of tables and reads each.
    pub fn list<T>(&mut self, key: &'static str, what: &str, mut read: impl FnMut(&mut Take<'_>) -> T) -> Vec<T> {
        let items = match self.node(key) {
            None => return Vec::new(),
            Some(Node { value: Value::Array(items), .. }) => items,
            Some(node) => {
                self.wrong(key, &node, "a list of tables");
                return Vec::new();
            }
        };
        let mut out = Vec::new();
        for item in items {
            let range = item.start as usize..item.end as usize;
            match item.value {
                Value::Table(table) => out.push(self.nested(At::new(table, range), what, &mut read)),
                other => self.wrong(key, &At::new(other, range), "tables"),
            }
        }
        out
    }

    /// Takes a table whose keys are names of the author's own.
    pub fn named<T>(
        &mut self,
        key: &'static str,
        what: &str,
        mut read: impl FnMut(&At<String>, &mut Take<'_>) -> T,
    ) -> Vec<(String, T)> {
        let Some(table) = self.table(key) else { return Vec::new() };
        let mut out = Vec::new();
        for (name, node) in table.value.0 {
            let range = node.start as usize..node.end as usize;
            match node.value {
                Value::Table(inner) => {
                    let value = self.nested(At::new(inner, range), what, |take| read(&name, take));
                    out.push((name.value, value));
                }
                other => self.wrong(&name.value, &At::new(other, range), "a table"),
            }
        }
        out
    }

    /// Takes away a key that this table does not take, for a finding of the caller's own.
    pub fn refuse(&mut self, key: &str) -> Option<Span> {
        let index = self.table.0.iter().position(|(k, _)| k.value == key)?;
        Some(self.table.0.remove(index).0.span(self.file))
    }

    /// The nearest key that this table takes.
    pub fn nearest(&self, key: &str) -> Option<&'static str> {
        text::nearest(key, self.known.iter().copied())
    }

    /// Where the table stands.
    pub fn place(&self) -> Span {
        self.at.clone()
    }

    /// Ends the reading: every key that nobody took is unknown.
    pub fn finish(self) {
        for (key, _) in &self.table.0 {
            let message = format!("{} has no key `{}`", self.what, key.value);
            self.report(
                Diagnostic::new(codes::UNKNOWN_KEY, message)
                    .at(key.span(self.file))
                    .nearest(&key.value, self.known.iter().copied()),
            );
        }
    }
}
