//! Filling the holes of a body.

use super::ask::{self, ask, report};
use super::offers;
use super::snapshot::Snapshot;
use super::view::{self, missing};
use crate::buffers;
use crate::content::body::{Call, Fill, GATE, Picture};
use crate::content::{Piece, Slot};
use crate::diag::{Diagnostic, codes};
use crate::files::SITE_TOML;
use crate::gate::Gate;
use crate::project::node::{Value, to_view};
use crate::site::links::Target;
use crate::site::placements::unknown_variant;
use crate::site::query::Query;
use crate::source::{RelPath, Span};
use crate::text;
use std::ops::Range;
use std::sync::Arc;

/// Whether what is asked and found belongs to the page that is being rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    /// Questions are remembered and findings reported.
    Page,
    /// The text is shown on another page than its own, which reports.
    Elsewhere,
    /// The same, and the digest of what is filled covers what would be asked.
    Silent,
}

/// A piece with its holes filled.
pub(super) struct Filled {
    /// The HTML.
    pub html: String,
    /// What filled the holes that may lead somewhere.
    pub holes: Vec<Hole>,
}

/// What filled a hole, in bytes of the HTML.
pub(super) enum Hole {
    /// The value of an attribute that leads somewhere.
    Address(Range<usize>),
    /// Whole elements.
    Elements(Range<usize>),
}

/// Fills the holes of pieces that stand in one file.
pub(super) struct Filler<'a> {
    site: &'a Snapshot,
    from: &'a RelPath,
    voice: Voice,
    /// `page` for components.
    page: tera::Value,
}

impl<'a> Filler<'a> {
    pub(super) fn new(site: &'a Snapshot, from: &'a RelPath, voice: Voice) -> Filler<'a> {
        Filler { site, from, voice, page: tera::Value::none() }
    }

    /// Gives components the page that they stand on.
    pub(super) fn on(mut self, page: tera::Value) -> Filler<'a> {
        self.page = page;
        self
    }

    /// Asks what a link leads to, which is the target.
    fn ask_url(&self, from: RelPath, to: &str, target: &Target) {
        if self.voice != Voice::Silent {
            let answer = || self.site.target_digest(target, &from, to);
            ask::ask_answered(Query::Url(Arc::new((from.clone(), to.to_string()))), answer);
        }
    }

    fn ask(&self, query: Query) {
        if self.voice != Voice::Silent {
            ask(query);
        }
    }

    fn report(&self, diagnostic: Diagnostic) {
        if self.voice == Voice::Page {
            report(diagnostic);
        }
    }

    fn span(&self, slot: &Slot) -> Span {
        Span { file: self.from.clone(), start: slot.start, end: slot.end }
    }

    /// The piece with its holes filled.
    pub(super) fn fill(&self, piece: &Piece) -> Filled {
        let mut filled = Filled {
            html: buffers::take_text(piece.html.len() + piece.slots.len() * 64),
            holes: Vec::with_capacity(piece.slots.len()),
        };
        // Components that are open, and the text before each.
        let mut open: Vec<(&Call, &Slot, String)> = Vec::new();
        let out = &mut filled.html;
        let mut at = 0;
        for slot in &piece.slots {
            let here = slot.at as usize;
            out.push_str(&piece.html[at..here]);
            at = here;
            let start = out.len();
            match &slot.fill {
                Fill::Open(call) => open.push((call, slot, std::mem::take(out))),
                Fill::Close => {
                    let Some((call, opened, before)) = open.pop() else { continue };
                    let mut body = std::mem::replace(out, before);
                    if call.name == GATE {
                        body = self.sealed(call, &body, opened);
                    }
                    let start = out.len();
                    self.component(call, Some(&body), opened, out);
                    if open.is_empty() {
                        filled.holes.push(Hole::Elements(start..out.len()));
                    }
                }
                fill => {
                    self.one(fill, slot, out);
                    match fill {
                        Fill::Word(..) => {}
                        // What stands inside a component is a part of what comes of it.
                        _ if !open.is_empty() => {}
                        Fill::Href(_) => filled.holes.push(Hole::Address(start..out.len())),
                        _ => filled.holes.push(Hole::Elements(start..out.len())),
                    }
                }
            }
        }
        out.push_str(&piece.html[at..]);
        // A summary may end inside a component: what it has of the body is shown without it.
        if !open.is_empty() {
            let before: String = open.into_iter().map(|(.., before)| before).collect();
            filled.html.insert_str(0, &before);
        }
        filled
    }

    fn one(&self, fill: &Fill, slot: &Slot, out: &mut String) {
        match fill {
            Fill::Href(to) => {
                let url = self.link(to, || self.span(slot)).unwrap_or_else(|| to.clone());
                text::push_escaped(out, &url);
            }
            Fill::Image(picture) => self.image(picture, slot, out),
            Fill::Word(key, english) => {
                let word = self.site.project.theme.words.get(key).map_or(english.as_str(), |w| w);
                text::push_escaped(out, word);
            }
            Fill::Leaf(call) => self.component(call, None, slot, out),
            Fill::Open(_) | Fill::Close => {}
        }
    }

    /// The address of a link; a link to nothing is reported.
    fn link(&self, to: &str, at: impl FnOnce() -> Span) -> Option<String> {
        if text::origin(to).is_some() {
            return Some(text::encode_address(to).into_owned());
        }
        if let Some(id) = to.strip_prefix('#') {
            let id = text::percent_decode(id).unwrap_or_default();
            let here = match self.voice {
                Voice::Page => String::new(),
                Voice::Elsewhere | Voice::Silent => self.own_address(),
            };
            return Some(format!("{here}#{}", text::encode_path(&id)));
        }
        // What begins at the root means the same in every file.
        let from = if to.starts_with('/') { RelPath::new(SITE_TOML) } else { self.from.clone() };
        let target = self.site.resolve(&from, to);
        self.ask_url(from, to, &target);
        match target {
            Target::Path(path, suffix) => Some(self.site.project.config.href(&path) + &suffix),
            Target::Here(suffix) => Some(suffix),
            Target::External => Some(to.to_string()),
            // On other pages a link to nothing leads to the text that has it.
            _ if self.voice != Voice::Page => Some(self.own_address()),
            target => {
                self.report(self.dead(to, &target).at(at()));
                None
            }
        }
    }

    /// The address of the text itself.
    fn own_address(&self) -> String {
        let path = self.site.content.find(self.from).and_then(|id| self.site.plan.path(id));
        self.site.project.config.href(path.map_or("/", |p| p))
    }

    fn dead(&self, to: &str, target: &Target) -> Diagnostic {
        let message = format!("the link leads to `{to}`, which {}", missing(target));
        match target {
            Target::Withheld(..) => Diagnostic::new(codes::WITHHELD_LINK, message)
                .help("publish it, or take the link out until then (`--drafts` and `--future` build such pages)"),
            Target::Gated(id) => {
                let magnet = self.site.content.article(*id);
                Diagnostic::new(codes::GATED_LINK, message).help(format!(
                    "link to the magnet's page instead: `/{}`",
                    magnet.path.as_str().trim_start_matches("content/")
                ))
            }
            _ => {
                let mut d = Diagnostic::new(codes::DEAD_LINK, message);
                d.help.extend(self.site.lookup().similar(self.from, to).map(|near| format!("did you mean `{near}`?")));
                d
            }
        }
    }

    fn image(&self, picture: &Picture, slot: &Slot, out: &mut String) {
        out.push_str("<img src=\"");
        let (url, size) = self.picture(&picture.src, || self.span(slot));
        text::push_escaped(out, &url);
        out.push_str("\" alt=\"");
        text::push_escaped(out, &picture.alt);
        if !picture.title.is_empty() {
            out.push_str("\" title=\"");
            text::push_escaped(out, &picture.title);
        }
        out.push('"');
        if let Some((width, height)) = size {
            for part in [" width=\"", &width.to_string(), "\" height=\"", &height.to_string(), "\""] {
                out.push_str(part);
            }
        }
        out.push_str(" loading=\"lazy\" decoding=\"async\">");
    }

    fn picture(&self, src: &str, at: impl FnOnce() -> Span) -> (String, Option<super::Size>) {
        let target = self.site.resolve(self.from, src);
        self.ask_url(self.from.clone(), src, &target);
        match target {
            Target::Path(path, _) => {
                let file = self.site.picture_file(self.from, src);
                let size = file.and_then(|file| {
                    let size = self.site.size(&file);
                    self.ask(Query::File(file));
                    size
                });
                (self.site.project.config.href(&path), size)
            }
            Target::External => (src.to_string(), None),
            target => {
                let message = format!("the image `{src}` {}", missing(&target));
                let names = self.site.pictures_near(self.from);
                self.report(Diagnostic::new(codes::MISSING_IMAGE, message).at(at()).nearest(src, names));
                (src.to_string(), None)
            }
        }
    }

    /// The magnet that is shown where this one is named: what is closed or over gives way, and is reported.
    fn standing(&self, name: &str, at: Span) -> Option<String> {
        let plan = &self.site.plan;
        self.ask(Query::MagnetNamed(name.into()));
        let magnet = plan.magnet_named(name).and_then(|id| plan.magnet(id))?;
        let content = &self.site.content;
        if let Some(d) = plan.closed_offer(magnet, content, &self.site.project.config.zone) {
            self.report(d.at(at));
            return plan.standing(magnet.id, content).and_then(|id| Some(plan.magnet(id)?.name.clone()));
        }
        Some(name.to_string())
    }

    /// What a gate's component gets in place of its body: the body sealed, in base64; nothing on other pages.
    fn sealed(&self, call: &Call, html: &str, slot: &Slot) -> String {
        let Some(Value::String(name)) = call.args.iter().find(|a| a.name == "magnet").map(|a| &a.value) else {
            return String::new();
        };
        if self.voice != Voice::Page {
            return String::new();
        }
        self.ask(Query::MagnetNamed(name.as_str().into()));
        let Some(magnet) = self.site.plan.magnet_named(name).and_then(|id| self.site.plan.magnet(id)) else {
            return String::new();
        };
        if magnet.gate != Some(Gate::Encrypted) {
            let gate = magnet.gate.map_or("open", Gate::name);
            let message = format!("a `gate` seals its text, and the gate of the magnet `{name}` is `{gate}`");
            self.report(
                Diagnostic::new(codes::COMPONENT_ARGUMENT, message)
                    .at(self.span(slot))
                    .help(format!("write `gate = \"encrypted\"` in {}", self.site.content.article(magnet.id).path)),
            );
            return String::new();
        }
        self.site.sealed_text(magnet, html)
    }

    fn component(&self, call: &Call, body: Option<&str>, slot: &Slot, out: &mut String) {
        self.ask(Query::Component(call.name.as_str().into()));
        let templates = &self.site.templates;
        let Some(component) = templates.component(&call.name) else {
            let d = Diagnostic::new(codes::UNKNOWN_COMPONENT, format!("there is no component `{}`", call.name));
            return self.report(d.at(self.span(slot)).nearest(&call.name, templates.component_names()));
        };
        if call.name == GATE && body.is_none() {
            let d = Diagnostic::new(codes::COMPONENT_SYNTAX, "this `gate` has nothing in it");
            return self.report(d.at(self.span(slot)).help("write `:::gate{magnet=\"…\"}`, the text, and `:::`"));
        }
        let mut args = tera::Context::new();
        let takes = |name: &str| component.args.iter().find(|(n, ..)| n == name);
        for arg in &call.args {
            let span = Span { file: self.from.clone(), start: arg.start, end: arg.end };
            let kind = match takes(&arg.name) {
                Some((_, kind, _)) => Some(*kind),
                None => component.rest.then_some(None),
            };
            let Some(kind) = kind else {
                let d = Diagnostic::new(codes::COMPONENT_ARGUMENT, format!("`{}` takes no `{}`", call.name, arg.name));
                return self.report(d.at(span).nearest(&arg.name, component.args.iter().map(|(n, ..)| &**n)));
            };
            if let Some(wanted) = kind.filter(|k| !fits(*k, &arg.value)) {
                let message = format!("`{}` takes {}, found {}", arg.name, wanted, arg.value.type_name());
                return self.report(Diagnostic::new(codes::COMPONENT_ARGUMENT, message).at(span));
            }
            let mut value = to_view(&arg.value, &self.site.project.config.zone);
            match (arg.name.as_str(), &arg.value) {
                ("src", Value::String(src)) => {
                    let (url, size) = self.picture(src, || span.clone());
                    value = url.into();
                    for (name, size) in [("width", size.map(|s| s.0)), ("height", size.map(|s| s.1))] {
                        if let (Some(size), Some(_), false) =
                            (size, takes(name), call.args.iter().any(|a| a.name == name))
                        {
                            args.insert_value(name, size.into());
                        }
                    }
                }
                ("to" | "href", Value::String(to)) => {
                    value = self.link(to, || span.clone()).unwrap_or_else(|| to.clone()).into();
                }
                ("magnet", Value::String(name)) if self.site.plan.magnet_named(name).is_none() => {
                    self.ask(Query::MagnetNamed(name.as_str().into()));
                    let names = || self.site.plan.magnets.iter().map(|m| &*m.name);
                    let d = Diagnostic::new(codes::UNKNOWN_MAGNET, format!("there is no magnet `{name}`"));
                    return self.report(d.at(span).nearest(name, names()));
                }
                // What is sealed is unlocked by the magnet that was named, and no other.
                ("magnet", Value::String(_)) if call.name == GATE => {}
                ("magnet", Value::String(name)) => match self.standing(name, span) {
                    Some(standing) => value = standing.into(),
                    None => return,
                },
                ("variant", Value::String(name)) => {
                    let magnet = call.args.iter().find(|a| a.name == "magnet").and_then(|a| match &a.value {
                        Value::String(magnet) => self.site.plan.magnet_named(magnet),
                        _ => None,
                    });
                    if let Some(magnet) = magnet.map(|id| self.site.content.article(id))
                        && magnet.front.kind.variant(name).is_none()
                    {
                        self.ask(Query::MagnetNamed(magnet.name().into()));
                        return self.report(unknown_variant(magnet, name, span));
                    }
                }
                _ => {}
            }
            args.insert_value(arg.name.clone(), value);
        }
        let missing = component.args.iter().find(|(n, _, required)| *required && !args.contains_key(n));
        if let Some((name, ..)) = missing {
            let d = Diagnostic::new(codes::COMPONENT_ARGUMENT, format!("`{}` needs `{name}`", call.name));
            return self.report(d.at(self.span(slot)).help(format!("write `{name}=\"…\"` between its braces")));
        }
        let mut implicit = tera::Context::new();
        implicit.insert_value("page", self.page.clone());
        self.site.views.show(&mut implicit);
        let before = ask::shown().len();
        let render = || templates.tera.render_component_with_implicits(&call.name, &args, &implicit, body, true);
        let rendered = if self.voice == Voice::Page { render() } else { ask::aside(render) };
        if offers::one_too_many(before) {
            let d = Diagnostic::new(codes::TOO_MANY_OFFERS, "this offer is the third on its page");
            self.report(d.at(self.span(slot)).help("link to the magnet's page, or take one of the others out"));
        }
        match rendered {
            Ok(html) => out.push_str(html.trim()),
            Err(error) => self.report(
                super::page::template_error(self.site, &component.template, &error, None)
                    .also(self.span(slot), "called here"),
            ),
        }
    }
}

fn fits(kind: tera::ComponentArgType, value: &Value) -> bool {
    use tera::ComponentArgType as Type;
    matches!(
        (kind, value),
        (Type::String, Value::String(_) | Value::Datetime(_))
            | (Type::Bool, Value::Bool(_))
            | (Type::Integer, Value::Integer(_))
            | (Type::Float, Value::Float(_) | Value::Integer(_))
            | (Type::Number, Value::Integer(_) | Value::Float(_))
            | (Type::Array, Value::Array(_))
            | (Type::Map, Value::Table(_))
    )
}

/// The address of a link in `site.toml` (consent, menus).
pub(super) fn resolve_in_site_toml(site: &Snapshot, to: &str, at: &Span) -> String {
    let from = RelPath::new(SITE_TOML);
    let target = site.resolve(&from, to);
    ask(Query::Url(Arc::new((from, to.to_string()))));
    match target {
        Target::Path(path, suffix) => site.project.config.href(&path) + &suffix,
        Target::Here(suffix) => suffix,
        Target::External => to.to_string(),
        target => {
            let message = format!("the link leads to `{to}`, which {}", view::missing(&target));
            report(Diagnostic::new(codes::DEAD_LINK, message).at(at.clone()));
            to.to_string()
        }
    }
}
