//! Cards of pages and of snippets: what a card says, the template that lays it out, the picture.
//!
//! A card is known by the digest of all that it is drawn from ([`Snapshot::card_key`]), and that digest is the same on every
//! machine: it stands in the address that networks keep pictures by.

mod functions;
mod preview;

use super::ask::{self, ask, report};
use super::snapshot::Snapshot;
use super::templates::{self, Templates};
use crate::cards::{self, Face, Fonts, Format};
use crate::content::{Id, Kind};
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::digest::{Digest, Hasher};
use crate::files::{Files, SITE_TOML};
use crate::project::Project;
use crate::site::query::Query;
use crate::site::taxonomy::{AUTHORS, TOPICS};
use crate::site::{Subject, tera_diagnostic};
use crate::source::{RelPath, Span};
use crate::text;
use serde::Serialize;
use std::sync::Arc;
use tera::{Context, Value};

pub(super) use preview::preview;

/// What cards are drawn with.
pub(super) struct Drawings {
    templates: Templates,
    pub(super) fonts: Fonts,
    /// Of all that every card sees: fonts, options, words, what the site is called.
    shared: Digest,
    brand: Brand,
}

/// What a card says of its site.
#[derive(Clone, Debug, Serialize)]
struct Brand {
    title: String,
    tagline: String,
    /// The address as people say it: `acme.io`.
    host: String,
    language: String,
}

/// What a card says.
#[derive(Clone, Debug, Default, Serialize)]
struct Words {
    /// `article`, `magnet`, `page`, `quote`.
    kind: &'static str,
    /// A word above the title: the topic, the kind of magnet.
    label: String,
    title: String,
    /// The description.
    text: String,
    /// The authors, in the order written.
    author: String,
    /// The words of a quote.
    quote: String,
    /// What a magnet's button says.
    button: String,
}

impl Drawings {
    /// Reads templates and fonts; nothing where the site draws no cards.
    pub(super) fn read(project: &Project, files: &dyn Files) -> Parsed<Option<Drawings>> {
        let mut diags = Diagnostics::default();
        if !project.config.cards() {
            return Parsed { value: None, diags };
        }
        let templates = templates::read(project, files, "cards", functions::register, None).take(&mut diags);
        let fonts = fonts(project, files, &mut diags);
        let config = &project.config;
        let host = config.base_url.split_once("://").map_or(&*config.base_url, |(_, rest)| rest);
        let site_toml = RelPath::new(SITE_TOML);
        let lacking = fonts.lacking(&format!("{} {}", config.title, config.tagline));
        if let Some(first) = lacking.first() {
            let source = files.read(&site_toml).ok().and_then(|b| String::from_utf8(b).ok()).unwrap_or_default();
            let at = source.find(*first).map(|i| Span::new(&site_toml, i..i + first.len_utf8()));
            diags.push(lacks(&lacking).at(at.unwrap_or_else(|| Span::file(&site_toml))));
        }
        let brand = Brand {
            title: fonts.without_lacking(&config.title),
            tagline: fonts.without_lacking(&config.tagline),
            host: host.trim_start_matches("www.").to_string(),
            language: config.language.clone(),
        };
        let mut hasher = Hasher::new(concat!("drawing ", env!("CARGO_PKG_VERSION")));
        hasher.digest(fonts.digest()).value(&brand);
        for (name, value) in &project.theme.options {
            hasher.text(name).value(value);
        }
        for (key, word) in &project.theme.words {
            hasher.text(key).text(word);
        }
        let shared = hasher.finish();
        Parsed { value: Some(Drawings { templates, fonts, shared, brand }), diags }
    }
}

/// The fonts of `cards/fonts/` and of `assets/fonts/`: the site's before the theme's, since they say what the site needs.
fn fonts(project: &Project, files: &dyn Files, diags: &mut Diagnostics) -> Fonts {
    let mut found: Vec<&RelPath> = Vec::new();
    for folder in ["cards", "assets"] {
        found.extend(project.shadowed(folder).into_iter().filter(|(name, _)| is_font(name)).map(|(_, e)| &e.path));
    }
    found.sort_by_key(|path| (path.below("themes").is_some(), path.as_str()));
    let mut faces = Vec::new();
    for path in found {
        let d = match files.read(path).map(|bytes| Face::read(bytes.into())) {
            Ok(Some(face)) => {
                faces.push(face);
                continue;
            }
            Ok(None) => {
                Diagnostic::new(codes::CARD_FONT, format!("`{path}` is not a font that cards can be drawn with"))
                    .help("cards take TrueType and OpenType: `.ttf`, `.otf`")
            }
            Err(e) => Diagnostic::new(codes::UNREADABLE, format!("`{path}` cannot be read: {e}")),
        };
        diags.push(d.at(Span::file(path)));
    }
    Fonts::new(faces)
}

fn is_font(name: &str) -> bool {
    name.starts_with("fonts/") && [".ttf", ".otf", ".ttc"].iter().any(|end| name.to_ascii_lowercase().ends_with(end))
}

/// A card to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Sheet<'a> {
    /// What it is about.
    pub subject: Subject,
    /// Words that stand on it in place of the title.
    pub quote: Option<&'a str>,
    /// Its format.
    pub format: &'a Format,
}

impl Sheet<'_> {
    /// The preview of a page.
    pub fn preview(subject: Subject) -> Sheet<'static> {
        Sheet { subject, quote: None, format: Format::preview() }
    }
}

impl Snapshot {
    /// The digest of all that a card is drawn from, the same on every machine; nothing where the site draws no cards.
    pub fn card_key(&self, sheet: &Sheet<'_>) -> Option<Digest> {
        let drawings = self.drawings.as_ref()?;
        let words = self.card_words(sheet);
        let template = drawings.templates.get(&template(&words)).map_or(Digest::ABSENT, |t| t.digest);
        let mut hasher = Hasher::new("card");
        hasher.digest(drawings.shared).digest(template).value(&words).text(&sheet.format.name);
        Some(hasher.finish())
    }

    pub(super) fn drawing_digest(&self, subject: Subject) -> Digest {
        self.card_key(&Sheet::preview(subject)).unwrap_or(Digest::ABSENT)
    }

    /// Draws a card that is no page of the site, as PNG; nothing where that failed, and what was found.
    pub fn draw(self: &Arc<Snapshot>, sheet: &Sheet<'_>, path: &str) -> Parsed<Vec<u8>> {
        let (value, left) = ask::during(self, &path.into(), &self.about(sheet.subject), || self.sheet(sheet));
        Parsed { value, diags: left.diags }
    }

    /// What is found while a card is laid out; it is not drawn.
    pub fn look(self: &Arc<Snapshot>, sheet: &Sheet<'_>, path: &str) -> Diagnostics {
        ask::during(self, &path.into(), &self.about(sheet.subject), || self.svg(sheet)).1.diags
    }

    /// The card of a page.
    pub(super) fn card(self: &Arc<Snapshot>, subject: Subject) -> Vec<u8> {
        ask(Query::Drawing(subject));
        self.sheet(&Sheet::preview(subject))
    }

    fn sheet(self: &Arc<Snapshot>, sheet: &Sheet<'_>) -> Vec<u8> {
        let Some(svg) = self.svg(sheet) else { return Vec::new() };
        let failed = match cards::png(&svg, sheet.format.width, sheet.format.height) {
            Ok(png) => return png,
            Err(failed) => failed,
        };
        let name = template(&self.card_words(sheet));
        let path = self.drawings.as_ref().and_then(|d| d.templates.get(&name)).map(|t| &t.path);
        let mut d = Diagnostic::new(codes::CARD_TEMPLATE, format!("`cards/{name}` gives no card: {failed}"));
        d.at = path.map(Span::file);
        let (width, height) = (sheet.format.width, sheet.format.height);
        report(d.help(format!("its outermost element is `<svg>`, here with `width=\"{width}\" height=\"{height}\"`")));
        Vec::new()
    }

    /// A card before it becomes a picture; nothing where its template failed.
    pub fn card_svg(self: &Arc<Snapshot>, sheet: &Sheet<'_>) -> Option<String> {
        ask::during(self, &"card".into(), &self.about(sheet.subject), || self.svg(sheet)).0
    }

    fn svg(self: &Arc<Snapshot>, sheet: &Sheet<'_>) -> Option<String> {
        let drawings = self.drawings.as_ref()?;
        let words = self.card_words(sheet);
        self.report_lacking(drawings, sheet, &words);
        let words = Words {
            label: drawings.fonts.without_lacking(&words.label),
            title: drawings.fonts.without_lacking(&words.title),
            text: drawings.fonts.without_lacking(&words.text),
            author: drawings.fonts.without_lacking(&words.author),
            quote: drawings.fonts.without_lacking(&words.quote),
            ..words
        };
        let name = template(&words);
        if drawings.templates.is_unusable(&name) {
            return None;
        }
        let Some(found) = drawings.templates.get(&name) else {
            let theme = &self.project.theme.name;
            let d = Diagnostic::new(codes::CARD_TEMPLATE, format!("the theme `{theme}` has no `cards/{name}`"));
            let at = Span::file(&RelPath::new(SITE_TOML));
            report(d.at(at).help("make one, or write `draw = false` under `[share.cards]`"));
            return None;
        };
        let mut context = Context::new();
        let mut card = Value::from_serializable(&words).into_map().unwrap_or_default();
        card.insert("format".into(), (&*sheet.format.name).into());
        card.insert("width".into(), u64::from(sheet.format.width).into());
        card.insert("height".into(), u64::from(sheet.format.height).into());
        context.insert_value("card", card.into());
        context.insert_value("brand", Value::from_serializable(&drawings.brand));
        context.insert_value("options", self.views.options.clone());
        context.insert_value("t", self.views.words.clone());
        let svg = match drawings.templates.tera.render(&name, &context) {
            Ok(svg) => svg,
            Err(error) => {
                let failed = match error.kind() {
                    tera::ErrorKind::SyntaxError(r) | tera::ErrorKind::RenderingError(r) => r.filename().to_string(),
                    _ => name.clone(),
                };
                let failed = drawings.templates.get(&failed).unwrap_or(found);
                report(tera_diagnostic(codes::CARD_TEMPLATE, &error, &failed.source, &failed.path));
                return None;
            }
        };
        for element in ["text", "image", "foreignObject"] {
            if let Some(at) = svg.find(&format!("<{element}")).map(|_| found.source.find(&format!("<{element}"))) {
                let message = format!("`<{element}>` is not drawn on cards");
                let d = Diagnostic::new(codes::CARD_TEMPLATE, message);
                let at =
                    at.map_or_else(|| Span::file(&found.path), |i| Span::new(&found.path, i..i + element.len() + 1));
                report(d.at(at).help("set text with `text(…)`; draw pictures as paths"));
                return None;
            }
        }
        Some(svg)
    }

    /// What a card says where it cannot be seen.
    pub fn card_alt(&self, sheet: &Sheet<'_>) -> String {
        let words = self.card_words(sheet);
        let said = match words.quote.is_empty() {
            true => words.title,
            false => format!("“{}”", words.quote),
        };
        let parts = [said, words.author, self.project.config.title.clone()];
        let mut parts: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
        parts.dedup();
        parts.join(" · ")
    }

    /// The file that a card is about.
    fn about(&self, subject: Subject) -> RelPath {
        let text = match subject {
            Subject::Text(id) => Some(id),
            Subject::Term(term) => self.plan.taxonomies.term(term).articles.first().copied(),
        };
        text.map_or_else(|| RelPath::new(SITE_TOML), |id| self.content.article(id).path.clone())
    }

    fn card_words(&self, sheet: &Sheet<'_>) -> Words {
        let words = match sheet.subject {
            Subject::Text(id) => self.text_words(id),
            Subject::Term(term) => {
                let (tax, term) = (term.0, self.plan.taxonomies.term(term));
                let author = term.author.as_ref().and_then(|a| self.content.authors.get(a));
                let label = self.project.theme.words.get(tax.row().name).map_or(tax.row().name, |w| w);
                Words {
                    kind: "page",
                    label: label.to_string(),
                    title: term.name.clone(),
                    text: author.map(|a| text::plain(&a.bio)).unwrap_or_default(),
                    ..Words::default()
                }
            }
        };
        match sheet.quote {
            Some(quote) => Words { kind: "quote", quote: quote.trim().to_string(), ..words },
            None => words,
        }
    }

    fn text_words(&self, id: Id) -> Words {
        let article = self.content.article(id);
        let front = &article.front;
        let config = &self.project.config;
        let name = |tax| self.plan.taxonomies.of(id, tax).map(|t| self.plan.taxonomies.term(t).name.as_str());
        let mut words = Words {
            title: super::view::title(self, id).to_string(),
            text: front.description.clone(),
            ..Words::default()
        };
        words.kind = match article.kind {
            Kind::Article => "article",
            Kind::Magnet => "magnet",
            _ => "page",
        };
        match article.kind {
            Kind::Article => {
                // A topic stands alone here, so it begins as a sentence does.
                let topic = name(TOPICS).next().unwrap_or_default();
                let mut letters = topic.chars();
                let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
                words.label = first + letters.as_str();
                words.author = name(AUTHORS).collect::<Vec<_>>().join(", ");
            }
            Kind::Magnet => {
                if let Some(magnet) = self.plan.magnet(id) {
                    words.label = super::kinds::label(self, magnet);
                    words.button = match front.kind.button.is_empty() {
                        true => super::kinds::button(self, magnet),
                        false => front.kind.button.clone(),
                    };
                }
                if !front.kind.promise.is_empty() {
                    words.text = front.kind.promise.clone();
                }
            }
            // A page without a description has the site's, so that no card is bare.
            _ if words.text.is_empty() => {
                let (tagline, description) = (&config.tagline, &config.description);
                words.text = if description.is_empty() { tagline } else { description }.clone();
            }
            _ => {}
        }
        words
    }

    /// Reports characters that no font has, where the author wrote them.
    fn report_lacking(&self, drawings: &Drawings, sheet: &Sheet<'_>, words: &Words) {
        let parts = [&words.label, &words.title, &words.text, &words.author, &words.quote];
        let mut lacking: Vec<char> = Vec::new();
        for c in parts.into_iter().flat_map(|part| drawings.fonts.lacking(part)) {
            if !lacking.contains(&c) {
                lacking.push(c);
            }
        }
        if lacking.is_empty() {
            return;
        }
        let path = self.about(sheet.subject);
        // Where it stands moves with the text around it.
        if let Some(id) = self.content.find(&path) {
            ask(Query::Article(id));
        }
        let source = self.read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let at = lacking.iter().find_map(|c| source.find(*c).map(|i| Span::new(&path, i..i + c.len_utf8())));
        report(lacks(&lacking).at(at.unwrap_or_else(|| Span::file(&path))));
    }
}

/// Characters that no font has; at least one.
fn lacks(lacking: &[char]) -> Diagnostic {
    let shown: Vec<String> = lacking.iter().take(4).map(|c| format!("`{c}` (U+{:04X})", u32::from(*c))).collect();
    let more = if lacking.len() > 4 { format!(" and {} more", lacking.len() - 4) } else { String::new() };
    Diagnostic::new(codes::CARD_GLYPH, format!("no font of the cards has {}{more}", shown.join(", ")))
        .help("put a font that has it into `cards/fonts/`; until then the card leaves it out")
}

/// The template of a card.
fn template(words: &Words) -> String {
    format!("{}.svg", words.kind)
}
