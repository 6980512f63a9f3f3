//! YAML with places. Anchors and aliases are refused: front matter does not need them, and they can be made to explode.

use super::node::{Node, Table, Value};
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::source::{At, RelPath, Span};
use saphyr_parser::{Event, Parser, ScalarStyle};
use std::ops::Range;

const DEEPEST: usize = 64;

/// Reads a YAML document that stands in `file` from byte `base` on. What is not a mapping is a diagnostic.
pub fn read(text: &str, base: usize, file: &RelPath) -> Parsed<Table> {
    let node = read_value(text, base, file);
    let (value, mut diags) = (node.value, node.diags);
    let table = match value.map(|n| (n.start, n.end, n.value)) {
        Some((_, _, Value::Table(table))) => table,
        None | Some((_, _, Value::Null)) => Table::default(),
        Some((start, end, other)) => {
            diags.push(
                Diagnostic::new(codes::WRONG_TYPE, format!("expected keys and values, found {}", other.type_name()))
                    .at(Span { file: file.clone(), start, end }),
            );
            Table::default()
        }
    };
    Parsed { value: table, diags }
}

/// Reads any YAML document.
pub fn read_value(text: &str, base: usize, file: &RelPath) -> Parsed<Option<Node>> {
    let mut reader =
        Reader { chars: Offsets::new(text, base), stack: Vec::new(), root: None, diags: Diagnostics::default(), file };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                let range = reader.chars.at(span.start.index())..reader.chars.at(span.end.index());
                if !reader.event(event, range) {
                    break;
                }
            }
            Err(e) => {
                let at = reader.chars.at(e.marker().index());
                reader.diags.push(
                    Diagnostic::new(codes::SYNTAX, format!("this is not valid YAML: {}", e.info()))
                        .at(Span::new(file, at..at + 1)),
                );
                break;
            }
        }
    }
    Parsed { value: reader.root, diags: reader.diags }
}

/// The parser counts characters; spans count bytes.
struct Offsets {
    /// Byte offset of each character; empty for ASCII, where they are the same.
    bytes: Vec<u32>,
    base: usize,
    len: usize,
}

impl Offsets {
    fn new(text: &str, base: usize) -> Offsets {
        let bytes = if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(i, _)| i as u32).collect() };
        Offsets { bytes, base, len: text.len() }
    }

    fn at(&self, chars: usize) -> usize {
        let byte = if self.bytes.is_empty() { chars } else { self.bytes.get(chars).map_or(self.len, |&b| b as usize) };
        self.base + byte.min(self.len)
    }
}

enum Open {
    Array(Vec<Node>, usize),
    Table(Table, Option<At<String>>, usize),
}

struct Reader<'a> {
    chars: Offsets,
    stack: Vec<Open>,
    root: Option<Node>,
    diags: Diagnostics,
    file: &'a RelPath,
}

impl Reader<'_> {
    /// Takes one event; `false` ends the reading.
    fn event(&mut self, event: Event<'_>, at: Range<usize>) -> bool {
        match event {
            Event::Scalar(text, style, _, _) => self.value(At::new(scalar(&text, style), at)),
            Event::SequenceStart(..) => return self.open(Open::Array(Vec::new(), at.start), at),
            Event::MappingStart(..) => return self.open(Open::Table(Table::default(), None, at.start), at),
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(Open::Array(items, start)) => self.value(At::new(Value::Array(items), start..at.end)),
                Some(Open::Table(table, _, start)) => self.value(At::new(Value::Table(table), start..at.end)),
                None => {}
            },
            Event::Alias(_) => {
                let span = Span::new(self.file, at);
                self.diags.push(
                    Diagnostic::new(codes::SYNTAX, "YAML aliases are not supported")
                        .at(span)
                        .help("write the value out"),
                );
                return false;
            }
            _ => {}
        }
        true
    }

    fn open(&mut self, open: Open, at: Range<usize>) -> bool {
        self.stack.push(open);
        if self.stack.len() > DEEPEST {
            self.diags.push(
                Diagnostic::new(codes::TOO_DEEP, format!("nested deeper than {DEEPEST} levels"))
                    .at(Span::new(self.file, at)),
            );
            return false;
        }
        true
    }

    fn value(&mut self, node: Node) {
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Open::Array(items, _)) => items.push(node),
            Some(Open::Table(table, key, _)) => match key.take() {
                None => {
                    let range = node.start as usize..node.end as usize;
                    let text = match node.value {
                        Value::String(s) | Value::Datetime(s) => s,
                        Value::Integer(i) => i.to_string(),
                        Value::Bool(b) => b.to_string(),
                        _ => String::new(),
                    };
                    if table.get(&text).is_some() {
                        self.diags.push(
                            Diagnostic::new(codes::SYNTAX, format!("the key `{text}` stands here twice"))
                                .at(Span::new(self.file, range.clone())),
                        );
                    }
                    *key = Some(At::new(text, range));
                }
                Some(key) => table.0.push((key, node)),
            },
        }
    }
}

/// The core schema of YAML 1.2, and dates, which every editor of front matter expects.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::String(text.to_string());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    if let Ok(n) = text.parse::<i64>() {
        return Value::Integer(n);
    }
    let numeric = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    if numeric
        && text.contains(|c: char| c.is_ascii_digit())
        && let Ok(f) = text.parse::<f64>()
    {
        return Value::Float(f);
    }
    let b = text.as_bytes();
    let dated = b.len() >= 10 && b[4] == b'-' && b[7] == b'-' && b[..4].iter().all(u8::is_ascii_digit);
    if dated && crate::time::parse(text, &jiff::tz::TimeZone::UTC).is_some() {
        return Value::Datetime(text.to_string());
    }
    Value::String(text.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_places() {
        let file = RelPath::new("a.md");
        let text = "title: Ärger\ndate: 2026-01-02\ntags: [a, b]\n";
        let read = read(text, 4, &file);
        assert!(read.diags.is_empty(), "{:?}", read.diags);
        let date = read.value.get("date").map(|n| (&text[n.start as usize - 4..n.end as usize - 4], &n.value));
        assert_eq!(date, Some(("2026-01-02", &Value::Datetime("2026-01-02".into()))));
    }

    #[test]
    fn aliases_and_depth_are_refused() {
        let file = RelPath::new("a.md");
        assert!(!read("a: &x 1\nb: *x\n", 0, &file).diags.is_empty());
        assert!(!read(&"[".repeat(500), 0, &file).diags.is_empty());
        assert!(!read("a: 1\na: 2\n", 0, &file).diags.is_empty());
    }
}
