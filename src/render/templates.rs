//! Templates: the site's own above the theme's, and what each depends on.

use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::digest::{Digest, Hasher};
use crate::files::{Files, read_text};
use crate::project::Project;
use crate::site::tera_diagnostic;
use crate::source::{RelPath, Span};
use crate::text;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tera::Tera;

/// A template.
#[derive(Debug)]
pub struct Template {
    /// Its file.
    pub path: RelPath,
    /// Its text.
    pub source: Arc<str>,
    /// Digest of itself and of all that it extends, includes and calls.
    pub digest: Digest,
    /// Whether any of these asks for JSON-LD, which is a tenth of the work of a page.
    pub jsonld: bool,
}

/// A component that markdown can call.
#[derive(Debug)]
pub struct Component {
    /// The template that defines it.
    pub template: String,
    /// The arguments it declares, implicit ones left out: name, type, whether it must be given.
    pub args: Vec<(String, Option<tera::ComponentArgType>, bool)>,
    /// Whether it takes any others.
    pub rest: bool,
}

/// All templates.
pub struct Templates {
    /// The engine that holds them.
    pub tera: Tera,
    by_name: BTreeMap<String, Template>,
    components: BTreeMap<String, Component>,
    /// Whether any of their templates asks for JSON-LD.
    components_show_jsonld: bool,
    /// Templates that exist and cannot be used; that was said already.
    unusable: BTreeSet<String>,
}

impl Templates {
    /// Whether a template exists but is wrong, or needs one that is.
    pub fn is_unusable(&self, name: &str) -> bool {
        self.unusable.contains(name)
    }

    /// The template of this name.
    pub fn get(&self, name: &str) -> Option<&Template> {
        self.by_name.get(name)
    }

    /// Whether a page of this template may show JSON-LD: it asks for it, or a component may.
    pub fn jsonld(&self, name: &str) -> bool {
        self.components_show_jsonld || self.get(name).is_some_and(|t| t.jsonld)
    }

    /// Names of all templates.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(|k| &**k)
    }

    /// The component of this name.
    pub fn component(&self, name: &str) -> Option<&Component> {
        self.components.get(name)
    }

    /// Names of all components.
    pub fn component_names(&self) -> impl Iterator<Item = &str> {
        self.components.keys().map(|k| &**k)
    }
}

/// Reads all templates. Where they are not right as a whole, each is parsed by itself, so that all errors show; one that cannot be
/// used is left out, with those that need it. What `before` has with the same text is known to be right by itself.
pub(super) fn read(
    project: &Project,
    files: &dyn Files,
    folder: &str,
    register: impl Fn(&mut Tera),
    before: Option<&Templates>,
) -> Parsed<Templates> {
    let mut diags = Diagnostics::default();
    let mut sources: BTreeMap<String, (RelPath, Arc<str>)> = BTreeMap::new();
    // Fonts lie beside the templates of cards.
    let named: Vec<_> = project.shadowed(folder).into_iter().filter(|(name, _)| !name.starts_with("fonts/")).collect();
    for (name, entry) in &named {
        if let Some(text) = read_text(files, &entry.path, &mut diags) {
            sources.insert(name.to_string(), (entry.path.clone(), text.into()));
        }
    }
    let whole = engine_with(&register, sources.iter().map(|(name, (_, text))| (name.as_str(), &**text))).ok();
    if whole.is_none() {
        sources.retain(|name, (path, text)| {
            let known = before.and_then(|b| b.get(name)).is_some_and(|template| template.source == *text);
            let Err(error) = (if known { Ok(()) } else { parse_alone(text, name, &register) }) else { return true };
            diags.push(tera_diagnostic(codes::TEMPLATE_SYNTAX, &error, text, path));
            false
        });
    }
    let uses: BTreeMap<String, Uses> = sources.iter().map(|(name, (_, text))| (name.clone(), uses(text))).collect();
    let defined_in: BTreeMap<&str, &str> =
        uses.iter().flat_map(|(name, u)| u.defines.iter().map(move |d| (d.as_str(), name.as_str()))).collect();
    let needs = |name: &str| -> BTreeSet<String> {
        let Some(used) = uses.get(name) else { return BTreeSet::new() };
        let called = used.calls.iter().filter_map(|c| defined_in.get(c.as_str()).map(|t| t.to_string()));
        used.templates.iter().map(|(t, _)| t.clone()).chain(called).filter(|t| t != name).collect()
    };
    report_missing(&sources, &uses, &mut diags);
    let mut unusable: BTreeSet<String> = named.iter().map(|(name, _)| name.to_string()).collect();
    let mut usable: BTreeMap<&String, &(RelPath, Arc<str>)> = sources.iter().collect();
    drop_unusable(&mut usable, &uses);
    let whole = whole.filter(|_| usable.len() == sources.len()).map(Ok);
    let whole = whole
        .unwrap_or_else(|| engine_with(&register, usable.iter().map(|(name, (_, text))| (name.as_str(), &**text))));
    let tera = whole.unwrap_or_else(|error| {
        diags.0.extend(build_errors(&error, &sources));
        // One by one, so that what is right can still be rendered.
        let mut tera = engine(&register);
        let mut left: Vec<_> = usable.iter().collect();
        loop {
            let before = left.len();
            left.retain(|(name, (_, text))| tera.add_raw_template(name, text).is_err());
            if left.len() == before {
                return tera;
            }
        }
    });
    unusable.retain(|name| !tera.contains_template(name));
    let by_name: BTreeMap<String, Template> = sources
        .iter()
        .map(|(name, (path, source))| {
            let mut seen = BTreeSet::new();
            let mut open = vec![name.clone()];
            while let Some(next) = open.pop() {
                if seen.insert(next.clone()) {
                    open.extend(needs(&next));
                }
            }
            let mut hasher = Hasher::new("template");
            for used in &seen {
                hasher.text(used).text(sources.get(used).map_or("", |(_, s)| s));
            }
            let jsonld = seen.iter().filter_map(|used| sources.get(used)).any(|(_, s)| s.contains("jsonld"));
            let template = Template { path: path.clone(), source: source.clone(), digest: hasher.finish(), jsonld };
            (name.clone(), template)
        })
        .collect();
    let mut components = BTreeMap::new();
    for (name, template) in defined_in {
        let Some(info) = tera.get_component_definition(name) else { continue };
        let args = info.args().iter().filter(|a| !a.is_implicit());
        let args = args.map(|a| (a.name().to_string(), a.arg_type(), a.is_required())).collect();
        let component = Component { template: template.to_string(), args, rest: info.rest_param().is_some() };
        components.insert(name.to_string(), component);
    }
    let of = |component: &Component| by_name.get(&component.template);
    let components_show_jsonld = components.values().filter_map(of).any(|template: &Template| template.jsonld);
    Parsed { value: Templates { tera, by_name, components, components_show_jsonld, unusable }, diags }
}

/// An engine without templates.
fn engine(register: &impl Fn(&mut Tera)) -> Tera {
    let mut tera = Tera::default();
    register(&mut tera);
    tera.set_escape_fn(|text, out| text::write_escaped(text, |part| out.write_all(part.as_bytes())));
    tera
}

/// An engine with these templates.
fn engine_with<'a>(
    register: &impl Fn(&mut Tera),
    templates: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<Tera, tera::Error> {
    let mut tera = engine(register);
    tera.add_raw_templates(templates).map(|()| tera)
}

fn parse_alone(text: &str, name: &str, register: &impl Fn(&mut Tera)) -> Result<(), tera::Error> {
    match engine(register).add_raw_template(name, text) {
        Err(error) if matches!(error.kind(), tera::ErrorKind::SyntaxError(_)) && !needs_others(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Whether the error is about something that another template provides.
fn needs_others(error: &tera::Error) -> bool {
    let tera::ErrorKind::SyntaxError(report) = error.kind() else { return false };
    ["Unknown component", "Unknown template"].iter().any(|w| report.message().starts_with(w))
}

/// What a template needs from others, found in its text: a few names too many do no harm.
#[derive(Default)]
struct Uses {
    /// Templates, and where they are named.
    templates: Vec<(String, std::ops::Range<usize>)>,
    calls: Vec<String>,
    defines: Vec<String>,
}

fn uses(text: &str) -> Uses {
    let mut out = Uses::default();
    let mut from = 0;
    while let Some(i) = text[from..].find('{') {
        let start = from + i;
        let close = match text.as_bytes().get(start + 1) {
            Some(b'%') => "%}",
            Some(b'{') => "}}",
            Some(b'#') => {
                from = text[start..].find("#}").map_or(text.len(), |e| start + e + 2);
                continue;
            }
            _ => {
                from = start + 1;
                continue;
            }
        };
        let end = text[start..].find(close).map_or(text.len(), |e| start + e);
        let inner = text[start + 2..end.max(start + 2)].trim_start_matches('-').trim_start();
        for word in ["extends", "include", "import"] {
            if inner.strip_prefix(word).is_some_and(|r| r.starts_with([' ', '"', '\''])) {
                let mut at = start;
                for (n, part) in text[start..end].split(['"', '\'']).enumerate() {
                    if n % 2 == 1 {
                        out.templates.push((part.to_string(), at..at + part.len()));
                    }
                    at += part.len() + 1;
                }
            }
        }
        let name_len = |s: &str| s.find(|c: char| !(c.is_alphanumeric() || "_.-".contains(c))).unwrap_or(s.len());
        if let Some(rest) = inner.strip_prefix("component ") {
            let rest = rest.trim_start();
            out.defines.push(rest[..name_len(rest)].to_string());
        }
        for (i, _) in inner.match_indices('<') {
            let rest = &inner[i + 1..];
            if name_len(rest) > 0 {
                out.calls.push(rest[..name_len(rest)].to_string());
            }
        }
        from = end;
    }
    out
}

fn report_missing(
    sources: &BTreeMap<String, (RelPath, Arc<str>)>,
    uses: &BTreeMap<String, Uses>,
    diags: &mut Diagnostics,
) {
    for (name, used) in uses {
        for (needed, at) in &used.templates {
            if !sources.contains_key(needed) && !sources.is_empty() {
                let d = Diagnostic::new(codes::TEMPLATE_MISSING, format!("there is no template `{needed}`"));
                let at = Span::new(&sources[name].0, at.clone());
                diags.push(d.at(at).nearest(needed, sources.keys().map(|k| &**k)));
            }
        }
    }
}

fn drop_unusable(usable: &mut BTreeMap<&String, &(RelPath, Arc<str>)>, uses: &BTreeMap<String, Uses>) {
    loop {
        let names: BTreeSet<String> = usable.keys().map(|k| k.to_string()).collect();
        usable.retain(|name, _| uses[*name].templates.iter().all(|(t, _)| names.contains(t)));
        if usable.len() == names.len() {
            return;
        }
    }
}

fn build_errors(error: &tera::Error, sources: &BTreeMap<String, (RelPath, Arc<str>)>) -> Vec<Diagnostic> {
    let circle = |tpl: &String, chain: &[String]| {
        let mut d =
            Diagnostic::new(codes::TEMPLATE_CYCLE, format!("templates lead back to themselves: {}", chain.join(" → ")));
        d.at = sources.get(tpl).map(|(path, _)| Span::file(path));
        vec![d]
    };
    match error.kind() {
        tera::ErrorKind::CircularExtend { tpl, inheritance_chain } => circle(tpl, inheritance_chain),
        tera::ErrorKind::CircularInclude { tpl, include_chain } => circle(tpl, include_chain),
        _ => error.to_string().split("\n\n").map(|report| drawn(report, sources)).collect(),
    }
}

/// What the engine finds when templates are joined comes drawn, several to a message: `error: …`, then
/// `--> name:line:column`.
fn drawn(report: &str, sources: &BTreeMap<String, (RelPath, Arc<str>)>) -> Diagnostic {
    let mut lines = report.lines();
    let message = lines.next().unwrap_or_default().trim_start_matches("error: ");
    let d = Diagnostic::new(codes::TEMPLATE_SYNTAX, message);
    let place = lines.find_map(|l| l.trim().strip_prefix("--> ")).and_then(|place| {
        let mut parts = place.rsplitn(3, ':');
        let column: usize = parts.next()?.parse().ok()?;
        let line: usize = parts.next()?.parse().ok()?;
        Some((parts.next()?, line, column))
    });
    let Some((name, line, column)) = place else { return d };
    let Some((path, source)) = sources.get(name) else { return d };
    let start: usize = source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = source.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
    let at = start + rest.char_indices().nth(column.saturating_sub(1)).map_or(0, |(i, _)| i);
    let word = message.split('`').nth(1).map_or(1, str::len);
    d.at(Span::new(path, at..(at + word).min(source.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_templates_use_is_found() {
        let used = uses(
            r#"{%- extends "base.html" %}{# {% include "no" %} #}{% include 'a/b.html' %}{{ <ui.card x=1 /> }}{% component foo(a) %}"#,
        );
        let names: Vec<_> = used.templates.iter().map(|(t, _)| t.as_str()).collect();
        assert_eq!(names, ["base.html", "a/b.html"]);
        assert_eq!((used.calls, used.defines), (vec!["ui.card".to_string()], vec!["foo".to_string()]));
    }
}
