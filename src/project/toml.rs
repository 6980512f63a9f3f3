//! TOML with places, all syntax errors at once.

use super::node::{Node, Table, Value};
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::source::{At, RelPath, Span};
use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

/// Brackets nested deeper than this are refused before the parser sees them.
const DEEPEST: usize = 64;

/// Reads a TOML document that stands in `file` from byte `base` on.
pub fn read(text: &str, base: usize, file: &RelPath) -> Parsed<Table> {
    let mut diags = Diagnostics::default();
    if let Some(at) = too_deep(text) {
        diags.push(
            Diagnostic::new(codes::TOO_DEEP, format!("brackets are nested deeper than {DEEPEST} levels"))
                .at(Span::new(file, base + at..base + at + 1)),
        );
        return Parsed { value: Table::default(), diags };
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let range = error.span().unwrap_or(0..0);
        diags.push(
            Diagnostic::new(codes::SYNTAX, format!("this is not valid TOML: {}", error.message().replace('\n', ", ")))
                .at(Span::new(file, base + range.start..base + range.end)),
        );
    }
    Parsed { value: convert_table(table.into_inner(), base), diags }
}

/// Where brackets become deeper than hub follows, strings and comments left out.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut comment) = (0usize, None, false);
    let bytes = text.as_bytes();
    if memchr::memchr2_iter(b'[', b'{', bytes).take(DEEPEST + 1).count() <= DEEPEST {
        return None;
    }
    for (i, &b) in bytes.iter().enumerate() {
        match (b, quote, comment) {
            (b'\n', _, _) => comment = false,
            (_, _, true) => {}
            (b'"' | b'\'', None, _) => quote = Some(b),
            (b, Some(q), _) if b == q && !(q == b'"' && i > 0 && bytes[i - 1] == b'\\') => quote = None,
            (_, Some(_), _) => {}
            (b'#', ..) => comment = true,
            (b'[' | b'{', ..) => {
                depth += 1;
                if depth > DEEPEST {
                    return Some(i);
                }
            }
            (b']' | b'}', ..) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

fn convert_table(table: DeTable<'_>, base: usize) -> Table {
    let shift = |r: std::ops::Range<usize>| r.start + base..r.end + base;
    let entries = table.into_iter().map(|(key, value)| {
        let at = shift(key.span());
        (At::new(key.into_inner().into_owned(), at), convert(value, base))
    });
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by_key(|(key, _)| key.start);
    Table(entries)
}

fn convert(value: Spanned<DeValue<'_>>, base: usize) -> Node {
    let span = value.span();
    let converted = match value.into_inner() {
        DeValue::String(s) => Value::String(s.into_owned()),
        DeValue::Integer(i) => match i64::from_str_radix(i.as_str(), i.radix()) {
            Ok(n) => Value::Integer(n),
            Err(_) => Value::String(i.as_str().to_string()),
        },
        DeValue::Float(f) => Value::Float(f.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(b) => Value::Bool(b),
        DeValue::Datetime(d) => Value::Datetime(d.to_string()),
        DeValue::Array(items) => Value::Array(items.into_iter().map(|v| convert(v, base)).collect()),
        DeValue::Table(table) => Value::Table(convert_table(table, base)),
    };
    At::new(converted, span.start + base..span.end + base)
}
