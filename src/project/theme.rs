//! The theme: its typed options, its words, its files. The theme `plain` is part of the program.

use super::node::{Node, Table, Value, to_view};
use super::take::Take;
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::files::Memory;
use crate::source::{At, RelPath};
use crate::text;
use include_dir::{Dir, include_dir};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

static PLAIN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/themes/plain");

/// The files of the built-in theme, below `themes/plain/`.
pub fn builtin() -> Memory {
    fn add(dir: &Dir<'_>, files: &mut Memory) {
        for file in dir.files() {
            let path = file.path().to_string_lossy().replace('\\', "/");
            files.put(&format!("themes/plain/{path}"), file.contents());
        }
        dir.dirs().for_each(|d| add(d, files));
    }
    let mut files = Memory::default();
    add(&PLAIN, &mut files);
    files
}

/// What kind of value an option takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Integer,
    /// `#rgb`, `#rrggbb`, with or without opacity.
    Color,
    /// One of these words.
    Choice(Vec<String>),
}

/// An option that a theme declares.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What it takes.
    pub kind: Kind,
    /// What it is unless the site says otherwise.
    pub default: Node,
    /// What it does.
    pub help: String,
}

/// A theme, with the site's options.
#[derive(Clone, Debug, Default)]
pub struct Theme {
    /// Its name: the folder below `themes/`.
    pub name: String,
    /// The declared options.
    pub declared: BTreeMap<String, Choice>,
    /// The value of each option on this site.
    pub options: BTreeMap<String, Value>,
    /// The theme's words in the site's language.
    pub words: BTreeMap<String, String>,
}

impl Theme {
    /// The options as templates see them.
    pub fn options_view(&self) -> tera::Value {
        let view = |(k, v): (&String, &Value)| (tera::value::Key::from(k.clone()), to_view(v, &TimeZone::UTC));
        self.options.iter().map(view).collect::<tera::Map>().into()
    }
}

/// Reads `theme.toml`.
pub fn read(take: &mut Take<'_>, name: &str, language: &str) -> Theme {
    let _ = (take.string("name"), take.string("version"), take.string("description"), take.string("author"));
    let declared = take.named("options", "an option", |_, t| take_choice(t));
    let strings = take.table("strings").map(|t| t.value).unwrap_or_default();
    let declared: BTreeMap<String, Choice> = declared.into_iter().filter_map(|(k, v)| Some((k, v?))).collect();
    Theme {
        name: name.to_string(),
        options: declared.iter().map(|(k, c)| (k.clone(), c.default.value.clone())).collect(),
        declared,
        words: words(&strings, language),
    }
}

fn take_choice(take: &mut Take<'_>) -> Option<Choice> {
    let values: Vec<String> = take.strings("values").into_iter().map(|v| v.value).collect();
    let kinds = [
        ("string", Kind::Text),
        ("bool", Kind::Bool),
        ("integer", Kind::Integer),
        ("color", Kind::Color),
        ("choice", Kind::Choice(values)),
    ];
    let kind = take.choice("type", &kinds);
    let help = take.string("help").map(|t| t.value).unwrap_or_default();
    let default = take.node("default")?;
    Some(Choice { kind: kind?, default, help })
}

/// English, and above it the language, and above it the region.
fn words(strings: &Table, language: &str) -> BTreeMap<String, String> {
    let primary = language.split('-').next().unwrap_or(language);
    let mut words = BTreeMap::new();
    for wanted in ["en", primary, language] {
        let Some(Node { value: Value::Table(table), .. }) = strings.get(wanted) else { continue };
        for (key, node) in &table.0 {
            if let Value::String(word) = &node.value {
                words.insert(key.value.clone(), word.clone());
            }
        }
    }
    words
}

/// Takes the site's `[options]` into the theme; what the theme does not have, or not of that type, is a diagnostic.
pub fn apply(theme: &mut Theme, options: &At<Table>, file: &RelPath, diags: &mut Diagnostics) {
    for (key, node) in &options.value.0 {
        let Some(choice) = theme.declared.get(&key.value) else {
            let message = format!("the theme `{}` has no option `{}`", theme.name, key.value);
            diags.push(
                Diagnostic::new(codes::UNKNOWN_OPTION, message)
                    .at(key.span(file))
                    .nearest(&key.value, theme.declared.keys().map(|k| &**k)),
            );
            continue;
        };
        match fits(&choice.kind, &node.value) {
            Ok(()) => {
                theme.options.insert(key.value.clone(), node.value.clone());
            }
            Err(wanted) => diags.push(
                Diagnostic::new(
                    codes::WRONG_TYPE,
                    format!("`{}` takes {wanted}, found {}", key.value, node.value.type_name()),
                )
                .at(node.span(file)),
            ),
        }
    }
}

fn fits(kind: &Kind, value: &Value) -> Result<(), String> {
    match (kind, value) {
        (Kind::Text, Value::String(_)) | (Kind::Bool, Value::Bool(_)) | (Kind::Integer, Value::Integer(_)) => Ok(()),
        (Kind::Color, Value::String(c)) if is_color(c) => Ok(()),
        (Kind::Choice(words), Value::String(word)) if words.contains(word) => Ok(()),
        (Kind::Text, _) => Err("text in quotes".into()),
        (Kind::Bool, _) => Err("`true` or `false`".into()),
        (Kind::Integer, _) => Err("a whole number".into()),
        (Kind::Color, _) => Err("a colour such as `\"#0f5c4d\"`".into()),
        (Kind::Choice(words), _) => Err(text::choices(words.iter().map(|w| &**w))),
    }
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| [3, 4, 6, 8].contains(&hex.len()) && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}
