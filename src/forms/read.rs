//! `[forms]` of `site.toml` → forms.

use super::fields::{self, FIELDS, Field, Input};
use super::pattern::{Pattern, secure};
use super::provider::{Ajax, MULTIPART, URLENCODED};
use super::{ATTRIBUTION, ConsentBox, Form, Override, Provider, TABLE, providers};
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::project::config::Config;
use crate::project::node::{Node, Value};
use crate::project::take::Take;
use crate::source::{At, RelPath, Span};
use crate::text;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Reads `[forms]`.
pub fn read(config: &Config, file: &RelPath) -> Parsed<Vec<Form>> {
    let diags = RefCell::new(Diagnostics::default());
    let mut forms: Vec<Form> = Vec::new();
    if let Some(table) = &config.forms {
        let at = Span { file: file.clone(), start: table.start, end: table.end };
        let take = Take::new(Default::default(), at, file, "[forms]", &diags);
        for (name, node) in &table.value.0 {
            let Value::Table(inner) = &node.value else {
                let message = format!("`{}` takes a table, found {}", name.value, node.value.type_name());
                take.report(Diagnostic::new(codes::WRONG_TYPE, message).at(node.span(file)));
                continue;
            };
            if let Some(first) = forms.iter().find(|f| f.name.eq_ignore_ascii_case(&name.value)) {
                let message = format!("the forms `{}` and `{}` have one name but for case", first.name, name.value);
                let d = Diagnostic::new(codes::SAME_FORM, message).at(name.span(file));
                take.report(d.also(first.at.clone(), "the first one").help("rename one of them, or remove it"));
            }
            let table = At { value: inner.clone(), start: node.start, end: node.end };
            let what = format!("[forms.{}]", name.value);
            forms.push(take.nested(table, &what, |t| take_form(t, name, &what)));
        }
    }
    Parsed { value: forms, diags: diags.into_inner() }
}

fn take_form(take: &mut Take<'_>, name: &At<String>, what: &str) -> Form {
    let choices: Vec<(&'static str, &'static Provider)> = TABLE.iter().map(|p| (p.name, *p)).collect();
    let provider = take.choice("provider", &choices).unwrap_or(&providers::PREVIEW);
    let mut form = Form {
        name: name.value.clone(),
        provider,
        settings: take_settings(take, provider),
        fields: take_fields(take, what),
        consent: take.string("consent").map(|t| t.value).unwrap_or_default(),
        boxes: take.list("boxes", &format!("[[forms.{}.boxes]]", name.value), take_box).into_iter().flatten().collect(),
        button: take.string("button").map(|t| t.value).unwrap_or_default(),
        attribution: None,
        over: Override::default(),
        at: name.span(take.file()),
    };
    form.attribution = take_attribution(take);
    let own: Vec<String> =
        form.fields.iter().map(|f| f.name.clone()).chain(form.boxes.iter().map(|b| b.name.clone())).collect();
    for (i, name) in own.iter().enumerate().filter(|(i, name)| own[..*i].contains(name)) {
        let message = format!("`{name}` is asked twice: field {} of {what}", i + 1);
        take.report(
            Diagnostic::new(codes::BAD_VALUE, message).at(form.at.clone()).help("give one of them another name"),
        );
    }
    let over = take.read("override", &format!("[forms.{}.override]", name.value), |t| take_override(t, &own));
    form.over = over.unwrap_or_default();
    form
}

fn take_settings(take: &mut Take<'_>, provider: &Provider) -> BTreeMap<String, Vec<String>> {
    let mut settings = BTreeMap::new();
    for setting in provider.settings {
        let values = match setting.many {
            true => take.strings(setting.name),
            false => take.string(setting.name).into_iter().collect(),
        };
        if values.is_empty() && setting.required {
            let message = format!("the provider `{}` needs `{}`", provider.name, setting.name);
            take.report(
                Diagnostic::new(codes::PROVIDER_SETTING, message)
                    .at(take.place())
                    .help(format!("add `{} = \"{}\"`: {}", setting.name, setting.example, setting.help)),
            );
        }
        let mut good = Vec::new();
        for value in values {
            // An installation's address is known with and without its final slash.
            let text = if setting.pattern == Pattern::Site { value.value.trim_end_matches('/') } else { &value.value };
            if setting.pattern.accepts(text) {
                good.push(text.to_string());
                continue;
            }
            let message =
                format!("`{}` is `{}`; it takes {}", setting.name, shown(&value.value), setting.pattern.takes());
            take.report(
                Diagnostic::new(codes::PROVIDER_SETTING, message)
                    .at(value.span(take.file()))
                    .help(format!("such as `{}`: {}", setting.example, setting.help)),
            );
        }
        if !good.is_empty() {
            settings.insert(setting.name.to_string(), good);
        }
    }
    settings
}

/// A value that may be long or hold a line's end, for a message.
fn shown(value: &str) -> String {
    let line: String = value.chars().map(|c| if c.is_control() { '␤' } else { c }).take(60).collect();
    if line.len() < value.len() { format!("{line}…") } else { line }
}

fn take_fields(take: &mut Take<'_>, what: &str) -> Vec<Field> {
    let mut out = vec![Field::of(&FIELDS[0])];
    let items = match take.node("fields") {
        None => return out,
        Some(Node { value: Value::Array(items), .. }) => items,
        Some(node) => vec![node],
    };
    let mut put = |field: Field| match out.iter_mut().find(|f| f.name == field.name) {
        // The address is there already; saying it again sets its label.
        Some(there) if there.name == "email" => *there = Field { required: true, ..field },
        _ => out.push(field),
    };
    for item in items {
        let at = item.span(take.file());
        match item.value {
            Value::String(name) => match fields::known(&name) {
                Some(row) => put(Field::of(row)),
                None => take.report(unknown(&name, at)),
            },
            Value::Table(table) => {
                let table = At { value: table, start: item.start, end: item.end };
                if let Some(field) = take.nested(table, &format!("a field of {what}"), take_field) {
                    put(field);
                }
            }
            other => {
                let message = format!("`fields` takes names and tables, found {}", other.type_name());
                take.report(Diagnostic::new(codes::WRONG_TYPE, message).at(at));
            }
        }
    }
    out
}

fn unknown(name: &str, at: Span) -> Diagnostic {
    let names = || FIELDS.iter().map(|f| f.name);
    let message = format!("there is no field `{name}`; there are {}", text::choices(names()));
    Diagnostic::new(codes::BAD_VALUE, message)
        .at(at)
        .nearest(name, names())
        .help(format!("one of your own: `{{ name = \"{name}\", kind = \"text\", label = \"…\" }}`"))
}

/// A field as a table: a known one with words of its own, or the author's own.
fn take_field(take: &mut Take<'_>) -> Option<Field> {
    let name = take.required("name")?;
    let at = name.span(take.file());
    let row = fields::known(&name.value);
    let kind = take.choice("kind", &Input::KINDS);
    let mut field = match (row, kind) {
        (Some(row), _) => Field::of(row),
        (None, Some(input)) => Field {
            name: name.value.clone(),
            input,
            label: String::new(),
            help: String::new(),
            required: false,
            choices: Vec::new(),
        },
        (None, None) => {
            take.report(unknown(&name.value, at.clone()));
            for key in ["label", "help", "required", "choices"] {
                take.node(key);
            }
            return None;
        }
    };
    if !Pattern::Id.accepts(&field.name) {
        let message =
            format!("`{}` cannot be the name of a field; it takes {}", shown(&field.name), Pattern::Id.takes());
        take.report(Diagnostic::new(codes::BAD_VALUE, message).at(at.clone()));
        return None;
    }
    field.label = take.string("label").map(|t| t.value).unwrap_or_default();
    field.help = take.string("help").map(|t| t.value).unwrap_or_default();
    field.required = take.bool("required").unwrap_or(field.required);
    field.choices = take.strings("choices").into_iter().map(|c| c.value).collect();
    if row.is_none() && field.label.is_empty() {
        let d = Diagnostic::new(codes::MISSING_KEY, format!("the field `{}` lacks `label`", field.name)).at(at.clone());
        take.report(d.help("readers, and those who listen, know a field by its label: add `label = \"…\"`"));
    }
    if field.input.chooses() != (field.choices.len() > 1) {
        let message = match field.input.chooses() {
            true => format!("the field `{}` leaves nothing to choose", field.name),
            false => format!("the field `{}` takes no `choices`", field.name),
        };
        let help = "write `kind = \"select\"` or `kind = \"radio\"`, and two `choices` at least";
        take.report(Diagnostic::new(codes::BAD_VALUE, message).at(at).help(help));
    }
    Some(field)
}

fn take_box(take: &mut Take<'_>) -> Option<ConsentBox> {
    let (name, label) = (take.required("name"), take.required("label"));
    let terms = take.choice("purpose", &[("newsletter", false), ("terms", true)]).unwrap_or(false);
    if let Some(node) = take.node("checked").filter(|n| n.value != Value::Bool(false)) {
        let d = Diagnostic::new(codes::PRETICKED, "the box is to be ticked beforehand").at(node.span(take.file()));
        take.report(d.help("remove `checked`: the reader ticks the box, or does not agree"));
    }
    let at = take.place();
    let required = take.bool("required").unwrap_or(false);
    if required && !terms {
        let d = Diagnostic::new(codes::FORCED_CONSENT, "the box for a newsletter is required").at(at);
        take.report(
            d.help("remove `required`; a box for the rules of an event or a giveaway, say, has `purpose = \"terms\"`"),
        );
    }
    let name = name?;
    if !Pattern::Id.accepts(&name.value) {
        let message = format!("`{}` cannot be the name of a box; it takes {}", shown(&name.value), Pattern::Id.takes());
        take.report(Diagnostic::new(codes::BAD_VALUE, message).at(name.span(take.file())));
        return None;
    }
    Some(ConsentBox { name: name.value, label: label?.value, required: required && terms })
}

fn take_attribution(take: &mut Take<'_>) -> Option<Vec<String>> {
    if !take.has("attribution") {
        return None;
    }
    let mut out = Vec::new();
    for key in take.strings("attribution") {
        if ATTRIBUTION.contains(&key.value.as_str()) {
            out.push(key.value);
            continue;
        }
        let message =
            format!("there is no attribution field `{}`; there are {}", key.value, text::choices(ATTRIBUTION));
        let d = Diagnostic::new(codes::BAD_VALUE, message).at(key.span(take.file()));
        take.report(d.nearest(&key.value, ATTRIBUTION));
    }
    Some(out)
}

fn take_override(take: &mut Take<'_>, own: &[String]) -> Override {
    let mut action = take.string("action");
    if let Some(bad) = action.take_if(|a| !Pattern::Action.accepts(&a.value)) {
        let message = format!("`action` is `{}`; it takes {}", shown(&bad.value), Pattern::Action.takes());
        let d = Diagnostic::new(codes::BAD_VALUE, message).at(bad.span(take.file()));
        take.report(d.help("what readers enter must not travel in the clear"));
    }
    let word = |words: &[&'static str]| words.iter().map(|w| (*w, w.to_string())).collect::<Vec<_>>();
    let origins = take.strings("origins").into_iter().filter_map(|origin| {
        if secure(&origin.value) && text::origin(&origin.value) == Some(&*origin.value) {
            return Some(origin.value);
        }
        let message = format!("`{}` is not an origin", shown(&origin.value));
        let d = Diagnostic::new(codes::BAD_VALUE, message).at(origin.span(take.file()));
        take.report(d.help("write `https://` and the host, without a path"));
        None
    });
    let origins = origins.collect();
    Override {
        action: action.map(|a| a.value),
        method: take.choice("method", &word(&["post", "get"])),
        enctype: take.choice("enctype", &word(&[URLENCODED, MULTIPART])),
        names: take_names(take, own),
        hidden: take_pairs(take, "hidden").into_iter().map(|(name, value)| (name.value, value)).collect(),
        honeypot: take.string("honeypot").map(|s| s.value),
        redirect: take.string("redirect").map(|s| s.value),
        ajax: take.choice("ajax", &[("json", Ajax::Json), ("opaque", Ajax::Opaque), ("none", Ajax::None)]),
        origins,
    }
}

fn take_names(take: &mut Take<'_>, own: &[String]) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (ours, theirs) in take_pairs(take, "names") {
        if own.contains(&ours.value) || ATTRIBUTION.contains(&ours.value.as_str()) {
            names.insert(ours.value, theirs);
            continue;
        }
        let known = || own.iter().map(String::as_str).chain(ATTRIBUTION);
        let message = format!("the form asks for no `{}`, so it needs no name", ours.value);
        let d = Diagnostic::new(codes::BAD_VALUE, message).at(ours.span(take.file()));
        take.report(d.nearest(&ours.value, known()).help("add it to `fields`, or remove it here"));
    }
    names
}

fn take_pairs(take: &mut Take<'_>, key: &'static str) -> Vec<(At<String>, String)> {
    let Some(table) = take.table(key) else { return Vec::new() };
    let mut out = Vec::new();
    for (name, node) in table.value.0 {
        match node.value {
            Value::String(value) => out.push((name, value)),
            other => {
                let message = format!("`{}` takes text in quotes, found {}", name.value, other.type_name());
                let at = Span { file: take.file().clone(), start: node.start, end: node.end };
                take.report(Diagnostic::new(codes::WRONG_TYPE, message).at(at));
            }
        }
    }
    out
}
