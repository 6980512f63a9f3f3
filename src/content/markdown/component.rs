//! The syntax of components: `::name{key="value" count=3}` and `:::name{…}` … `:::`, each on a line of its own.

use crate::content::body::{Argument, Call};
use crate::project::node::Value;
use std::borrow::Cow;
use std::ops::Range;

/// What stands for the colons of a component line while markdown is parsed, which takes a colon at the beginning of a line
/// for a definition. Nobody writes this character, and it is as long as a colon.
pub(super) const MARK: char = '\u{1}';

/// Replaces the colons of component lines by [`MARK`]; every byte keeps its place.
pub(super) fn mark(source: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut copied, mut next) = (0, 0);
    for at in memchr::memmem::find_iter(source.as_bytes(), b"::") {
        // A line is a component by what it begins with.
        if at < next {
            continue;
        }
        let begin = source[next..at].rfind('\n').map_or(next, |i| next + i + 1);
        next = source[at..].find('\n').map_or(source.len(), |i| at + i + 1);
        let line = source[at..next].trim_end();
        if source[begin..at].trim_start_matches([' ', '\t', '>']).is_empty() && is_component(line) {
            let colons = line.len() - line.trim_start_matches(':').len();
            out.push_str(&source[copied..at]);
            out.extend(std::iter::repeat_n(MARK, colons));
            copied = at + colons;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(source);
    }
    out.push_str(&source[copied..]);
    Cow::Owned(out)
}

/// Puts the colons back where a marked line was no component: in code.
pub(super) fn unmark(text: &str) -> Cow<'_, str> {
    if is_marked(text) { Cow::Owned(text.replace(MARK, ":")) } else { Cow::Borrowed(text) }
}

/// Whether there may be component lines.
pub(super) fn is_marked(source: &str) -> bool {
    memchr::memchr(MARK as u8, source.as_bytes()).is_some()
}

/// What a line says.
#[derive(Debug, PartialEq)]
pub(super) enum Parsed {
    Leaf(Call),
    Open(Call),
    Close,
}

fn is_component(line: &str) -> bool {
    let after = line.trim_start_matches(':');
    match line.len() - after.len() {
        2 => after.starts_with(|c: char| c.is_ascii_alphabetic()),
        3 => after.is_empty() || after.starts_with(|c: char| c.is_ascii_alphabetic()),
        _ => false,
    }
}

type Fault = (String, Range<usize>);

/// Reads a component line; `base` is its first byte in the file. Faults have their place in the line.
pub(super) fn parse(line: &str, base: usize) -> Result<Parsed, Fault> {
    let line = &*unmark(line);
    let colons = line.len() - line.trim_start_matches(':').len();
    let rest = &line[colons..];
    if rest.is_empty() {
        return Ok(Parsed::Close);
    }
    let name_len = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
    let name = rest[..name_len].to_string();
    let after = rest[name_len..].trim_start();
    let after_at = line.len() - after.len();
    let args = if after.is_empty() {
        Vec::new()
    } else if let Some(inner) = after.strip_prefix('{') {
        let mut scanner = Scanner { line, at: after_at + 1, base };
        let _ = inner;
        scanner.arguments()?
    } else {
        return Err((format!("after `{name}` stands `{after}`"), after_at..line.len()));
    };
    let call = Call { name, args };
    Ok(if colons == 3 { Parsed::Open(call) } else { Parsed::Leaf(call) })
}

struct Scanner<'a> {
    line: &'a str,
    at: usize,
    base: usize,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        &self.line[self.at..]
    }

    fn skip(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', ',']).len();
    }

    fn fault<T>(&self, message: impl Into<String>, from: usize) -> Result<T, Fault> {
        Err((message.into(), from..self.line.len().max(from + 1)))
    }

    fn arguments(&mut self) -> Result<Vec<Argument>, Fault> {
        let mut args: Vec<Argument> = Vec::new();
        loop {
            self.skip();
            let start = self.at;
            if let Some(after) = self.rest().strip_prefix('}') {
                if !after.trim().is_empty() {
                    return self.fault(format!("after the `}}` stands `{}`", after.trim()), start + 1);
                }
                return Ok(args);
            }
            let len = self.rest().find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(self.rest().len());
            if len == 0 {
                let message =
                    if self.rest().is_empty() { "the `{` is not closed" } else { "a name of an argument is expected" };
                return self.fault(message, start);
            }
            let name = self.rest()[..len].to_string();
            self.at += len;
            if args.iter().any(|a| a.name == name) {
                return self.fault(format!("`{name}` is given twice"), start);
            }
            let value = if self.rest().starts_with('=') {
                self.at += 1;
                self.value()?
            } else {
                Value::Bool(true)
            };
            let (start, end) = ((self.base + start) as u32, (self.base + self.at) as u32);
            args.push(Argument { name, value, start, end });
        }
    }

    fn value(&mut self) -> Result<Value, Fault> {
        let start = self.at;
        if let Some(quote) = self.rest().chars().next().filter(|c| *c == '"' || *c == '\'') {
            self.at += 1;
            let mut text = String::new();
            let mut chars = self.line[self.at..].char_indices();
            while let Some((i, c)) = chars.next() {
                match c {
                    '\\' => text.extend(chars.next().map(|(_, c)| c)),
                    c if c == quote => {
                        self.at += i + 1;
                        return Ok(Value::String(text));
                    }
                    c => text.push(c),
                }
            }
            return self.fault("the text is not closed", start);
        }
        let len = self.rest().find([' ', '\t', ',', '}']).unwrap_or(self.rest().len());
        let word = &self.line[start..start + len];
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => match (word.parse::<i64>(), word.parse::<f64>()) {
                (Ok(n), _) => Value::Integer(n),
                (_, Ok(f)) => Value::Float(f),
                _ => return Err((format!("`{word}` is text and needs quotes"), start..start + len.max(1))),
            },
        };
        self.at += len;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read() {
        let Ok(Parsed::Leaf(call)) = parse(r#"::figure{src="a b.svg" alt='x "y"' width=3 wide}"#, 10) else { panic!() };
        let args: Vec<_> = call.args.iter().map(|a| (&*a.name, &a.value)).collect();
        assert_eq!(args[0], ("src", &Value::String("a b.svg".into())));
        assert_eq!(args[2..], [("width", &Value::Integer(3)), ("wide", &Value::Bool(true))]);
        assert_eq!(parse(":::", 0), Ok(Parsed::Close));
        for bad in ["::a{b=c}", "::a{b=\"c}", "::a{b=1", "::a{} x", "::a x", "::a{b=1 b=2}", "::a{=1}"] {
            assert!(parse(bad, 0).is_err(), "{bad}");
        }
    }

    #[test]
    fn lines_are_marked_in_quotes_and_lists() {
        let marked = mark("text\n> ::a\n  :::b{x=1}\n::: \n:::: no\nstd::fmt\n- ::item").replace(MARK, "!");
        assert_eq!(marked, "text\n> !!a\n  !!!b{x=1}\n!!! \n:::: no\nstd::fmt\n- ::item");
        let marked = mark("::a{b=\"::\"} ::c\nx ::y ::z\r\n\n::d\r\n::: ::\n\t::e").replace(MARK, "!");
        assert_eq!(marked, "!!a{b=\"::\"} ::c\nx ::y ::z\r\n\n!!d\r\n::: ::\n\t!!e");
        assert!(matches!(mark("std::fmt\n::"), Cow::Borrowed(_)));
    }
}
