//! The view: what templates see. docs/templates.md describes it; a test compares the two.

use super::body::{Filler, Voice};
use super::kinds;
use super::offers::Place;
use super::snapshot::Snapshot;
use crate::blocks::Blocks;
use crate::content::front::Variant;
use crate::content::{Author, Id, Kind};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::files::SITE_TOML;
use crate::gate::Gate;
use crate::networks::Network;
use crate::project::config::MenuItem;
use crate::project::node::to_view;
use crate::site::links::Target;
use crate::site::route::FeedFormat;
use crate::site::taxonomy::{AUTHORS, SERIES, TAGS, TAXONOMIES, TOPICS};
use crate::site::{Magnet, Tax, TermId, What, dates};
use crate::source::RelPath;
use crate::{text, time};
use jiff::Timestamp;
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};
use std::sync::{Arc, OnceLock};
use tera::value::Key;
use tera::{Context, Map, Value};

/// What a map for templates is made of, in order. The map is made once, when all of it is there.
pub(super) struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    /// Those of a view.
    pub(super) fn of(view: &Value) -> Fields {
        let field = |(key, value): (&Key<'static>, &Value)| match key {
            Key::Str(key) => Some((*key, value.clone())),
            _ => None,
        };
        let map = view.as_map();
        // Others are added.
        let mut fields = Vec::with_capacity(map.map_or(0, Map::len) + 8);
        fields.extend(map.into_iter().flatten().filter_map(field));
        Fields(fields)
    }

    /// Adds one, or puts it in the place of another.
    pub(super) fn add(&mut self, key: &'static str, value: impl Into<Value>) {
        self.0.push((key, value.into()));
    }

    /// Adds several.
    pub(super) fn extend(&mut self, others: Fields) {
        self.0.extend(others.0);
    }
}

impl<const N: usize> From<[(&'static str, Value); N]> for Fields {
    fn from(fields: [(&'static str, Value); N]) -> Fields {
        Fields(fields.into())
    }
}

/// As templates see it: the engine takes the values of a structure as they are.
impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_struct("", self.0.len())?;
        for (key, value) in &self.0 {
            map.serialize_field(key, value)?;
        }
        map.end()
    }
}

impl From<Fields> for Value {
    fn from(fields: Fields) -> Value {
        Value::from_serializable(&fields)
    }
}

/// A field that stands near the beginning of a view: to look there takes less time than to hash its name.
pub(super) fn field<'a>(view: &'a Value, name: &str) -> Option<&'a Value> {
    view.as_map()?.iter().find_map(|(key, value)| (key.as_str() == Some(name)).then_some(value))
}

/// The fields of a view.
macro_rules! view {
    ($($key:literal: $value:expr),* $(,)?) => {
        $crate::render::view::Fields::from([$(($key, tera::Value::from($value))),*])
    };
}
pub(super) use view;

/// Views that every page shares.
pub(super) struct Views {
    pub site: Value,
    pub options: Value,
    pub words: Value,
    /// Of each network that pages have a button for.
    buttons: Vec<Button>,
    kept: Kept,
}

/// What buttons of a network say and do on every page.
struct Button {
    label: String,
    /// Whether the window takes the link only, so that the words must be copied.
    bare: bool,
}

impl Default for Views {
    fn default() -> Views {
        let (site, options, words) = (Value::none(), Value::none(), Value::none());
        Views { site, options, words, buttons: Vec::new(), kept: Kept::default() }
    }
}

/// Views that are made when the first page asks for them, and that hold until what they show changes.
#[derive(Clone, Default)]
pub(super) struct Kept {
    cards: Blocks<OnceLock<Value>>,
    /// Name and address of each term, and each author.
    terms: Arc<[Vec<OnceLock<Value>>; TAXONOMIES.len()]>,
}

impl Kept {
    /// None that was made already.
    pub(super) fn nothing(site: &Snapshot) -> Kept {
        let terms = |tax: usize| site.plan.taxonomies.terms[tax].iter().map(|_| OnceLock::new()).collect();
        Kept {
            cards: site.content.articles.iter().map(|_| OnceLock::new()).collect(),
            terms: Arc::new(std::array::from_fn(terms)),
        }
    }

    /// Forgets what lists show of a text.
    pub(super) fn forget(&mut self, id: Id) {
        self.cards.put(id.0 as usize, OnceLock::new());
    }
}

impl Views {
    /// What every template sees them as.
    pub(super) const NAMES: [&str; 3] = ["site", "options", "t"];

    /// Shows them to a template.
    pub(super) fn show(&self, context: &mut Context) {
        for (name, view) in Views::NAMES.into_iter().zip([&self.site, &self.options, &self.words]) {
            context.insert_value(name, view.clone());
        }
    }

    pub(super) fn new(site: &Snapshot, kept: Kept, diags: &mut Diagnostics) -> Views {
        let words = &site.project.theme.words;
        let button = |n: &Network| {
            let label = words.get(&format!("share_{}", n.name)).map_or(&*n.label, |w| w).to_string();
            Button { label, bare: !n.takes_text() }
        };
        Views {
            site: site_view(site, diags).into(),
            options: site.project.theme.options_view(),
            words: words.iter().map(|(k, v)| (k.clone().into(), v.as_str().into())).collect::<Map>().into(),
            buttons: site.plan.networks.buttons().map(button).collect(),
            kept,
        }
    }

    pub(super) fn kept(&self) -> &Kept {
        &self.kept
    }
}

fn site_view(site: &Snapshot, diags: &mut Diagnostics) -> Fields {
    let config = &site.project.config;
    let author = config.author.as_ref().map(|a| match site.content.authors.get(&a.value) {
        Some(author) => author_view(site, Some(&a.value), author),
        None => author_view(site, None, &Author { name: a.value.clone(), ..Author::default() }),
    });
    let o = &site.plan.offers;
    let offers = view! { "scroll": i64::from(o.scroll), "seconds": i64::from(o.seconds), "remember": o.remember };
    view! {
        "title": config.title.as_str(),
        "tagline": config.tagline.as_str(),
        "description": config.description.as_str(),
        "language": config.language.as_str(),
        "base_url": config.base_url.as_str(),
        "url": config.href("/"),
        "menu": menu(site, &config.menu, diags),
        "footer": menu(site, &config.footer, diags),
        "feeds": feeds(site, "/", &config.title),
        "env": config.env.as_str(),
        "production": config.production(),
        "author": author,
        "attribution": attribution(site),
        "offers": offers,
        "extra": to_view(&config.extra.value, &config.zone),
    }
}

fn attribution(site: &Snapshot) -> Fields {
    let a = &site.plan.attribution;
    view! {
        "page": a.page, "links": a.links, "storage": a.storage.name(), "days": i64::from(a.days), "script": a.script(),
    }
}

fn menu(site: &Snapshot, items: &[MenuItem], diags: &mut Diagnostics) -> Vec<Value> {
    let site_toml = RelPath::new(SITE_TOML);
    let item = |item: &MenuItem| {
        let url = match site.resolve(&site_toml, &item.to.value) {
            Target::Path(path, suffix) => site.project.config.href(&path) + &suffix,
            Target::External => item.to.value.clone(),
            target => {
                let near = site.lookup().similar(&site_toml, &item.to.value);
                let message = format!("the menu leads to `{}`, which {}", item.to.value, missing(&target));
                let mut d = Diagnostic::new(codes::DEAD_LINK, message).at(item.to.span(&site_toml));
                d.help.extend(near.map(|n| format!("did you mean `{}`?", n.trim_start_matches("content/"))));
                diags.push(d);
                return None;
            }
        };
        let external = text::is_external(&url);
        Some(Value::from(view! { "label": item.label.as_str(), "url": url, "external": external }))
    };
    items.iter().filter_map(item).collect()
}

/// What a target that is no address is, to finish a sentence.
pub(super) fn missing(target: &Target) -> &'static str {
    match target {
        Target::Withheld(_, dates::Withheld::Draft) => "is a draft",
        Target::Withheld(_, dates::Withheld::Scheduled(_)) => "is in the future",
        Target::Withheld(_, dates::Withheld::Expired(_)) => "is expired",
        Target::Gated(_) => "is a gated file",
        _ => "does not exist",
    }
}

/// The feeds of a path.
pub(super) fn feeds(site: &Snapshot, path: &str, title: &str) -> Vec<Value> {
    let feed = |(_, name, media, label): (FeedFormat, &'static str, &'static str, &'static str)| {
        let url = format!("{path}{name}");
        site.plan.find(&url)?;
        let title = format!("{title} ({label})");
        Some(Value::from(view! { "title": title, "url": site.project.config.href(&url), "type": media }))
    };
    FeedFormat::ALL.into_iter().filter_map(feed).collect()
}

/// A moment as RFC 3339 in the site's zone.
pub(super) fn moment(site: &Snapshot, at: Option<i64>) -> Option<String> {
    let at = Timestamp::from_second(at?).ok()?;
    Some(time::rfc3339(at, &site.project.config.zone))
}

/// Where the page of an author is, if there is one: by what a text or the site calls him.
pub(super) fn author_path(called: &str) -> String {
    format!("/{}/{}/", AUTHORS.row().name, text::slug(called))
}

fn author_view(site: &Snapshot, id: Option<&str>, author: &Author) -> Value {
    let called = id.unwrap_or(&author.name);
    let path = author_path(called);
    let url = site.plan.find(&path).map(|_| site.project.config.href(&path));
    let links = author.links.iter().map(|l| Value::from(view! { "label": l.label.as_str(), "url": l.url.as_str() }));
    let image = author
        .image
        .as_ref()
        .zip(author.path.as_ref())
        .and_then(|((src, alt), path)| picture(site, path, &src.value, alt, false));
    view! {
        "id": text::slug(called),
        "name": author.name.as_str(),
        "role": author.role.as_str(),
        "bio": author.bio.as_str(),
        "url": url,
        "image": image,
        "links": links.collect::<Vec<_>>(),
        "fediverse": author.fediverse.as_deref(),
    }
    .into()
}

/// The author of a term.
pub(super) fn term_author(site: &Snapshot, term: TermId) -> Value {
    let term = site.plan.taxonomies.term(term);
    match term.author.as_ref().and_then(|id| Some((id, site.content.authors.get(id)?))) {
        Some((id, author)) => author_view(site, Some(id), author),
        None => author_view(site, None, &Author { name: term.name.clone(), ..Author::default() }),
    }
}

/// A term.
pub(super) fn term(site: &Snapshot, id: TermId) -> Fields {
    let term = site.plan.taxonomies.term(id);
    view! {
        "name": term.name.as_str(),
        "url": term_url(site, id),
        "count": term.articles.len(),
    }
}

/// A picture for previews and lists, with its size.
pub(super) fn picture(site: &Snapshot, from: &RelPath, src: &str, alt: &str, absolute: bool) -> Option<Value> {
    let config = &site.project.config;
    let (url, size, kind) = match site.resolve(from, src) {
        Target::External => (src.to_string(), None, ""),
        Target::Path(path, _) => {
            let file = site.picture_file(from, src);
            let size = file.as_ref().and_then(|f| site.size(f));
            let kind = file.as_ref().map_or("", crate::files::media_type);
            (if absolute { config.absolute(&path) } else { config.href(&path) }, size, kind)
        }
        _ => return None,
    };
    let width = size.map(|s| s.0);
    Some(view! { "url": url, "alt": alt, "width": width, "height": size.map(|s| s.1), "type": kind }.into())
}

/// What lists show of a text. Built once for all pages, but where components stand in it: what they ask, each page asks that shows
/// them.
pub(super) fn card(site: &Snapshot, id: Id) -> Value {
    if site.content.article(id).gist.summary.has_components() {
        return card_fields(site, id, Voice::Elsewhere).into();
    }
    site.views.kept.cards[id.0 as usize].get_or_init(|| card_fields(site, id, Voice::Silent).into()).clone()
}

/// Whether a value is a card that was built for all pages.
pub(super) fn is_kept(site: &Snapshot, value: &Value) -> bool {
    let path = field(value, "path").and_then(Value::as_str);
    let Some(route) = path.and_then(|path| site.plan.find(path)) else { return false };
    let What::Text(id, 1) = site.plan.route(route).what else { return false };
    let card = site.views.kept.cards[id.0 as usize].get().and_then(Value::as_map);
    card.zip(value.as_map()).is_some_and(|(card, map)| std::ptr::eq(card, map))
}

/// The path of a term's page; none where the site has switched its taxonomy off.
fn term_url(site: &Snapshot, id: TermId) -> Option<String> {
    let path = site.plan.taxonomies.term(id).path(id.0);
    site.plan.find(&path).map(|_| site.project.config.href(&path))
}

fn terms(site: &Snapshot, id: Id, tax: Tax) -> Vec<Value> {
    let view = |term: TermId| {
        let build = || match tax {
            AUTHORS => term_author(site, term),
            _ => view! { "name": site.plan.taxonomies.term(term).name.as_str(), "url": term_url(site, term) }.into(),
        };
        site.views.kept.terms[usize::from(tax.0)][term.1 as usize].get_or_init(build).clone()
    };
    site.plan.taxonomies.of(id, tax).map(view).collect()
}

fn card_fields(site: &Snapshot, id: Id, voice: Voice) -> Fields {
    let article = site.content.article(id);
    let front = &article.front;
    let config = &site.project.config;
    let path = site.plan.path(id).map_or("", |p| p);
    let summary = Filler::new(site, &article.path, voice).fill(&article.gist.summary).html;
    let image = front.image.as_ref().and_then(|i| picture(site, &article.path, &i.src.value, &i.alt, false));
    let now = site.settings.now.as_second();
    view! {
        "title": title(site, id),
        "description": front.description.as_str(),
        "url": config.href(path),
        "path": path,
        "date": moment(site, front.date),
        "updated": moment(site, front.updated),
        "minutes": article.gist.minutes(),
        "authors": terms(site, id, AUTHORS),
        "topics": terms(site, id, TOPICS),
        "tags": terms(site, id, TAGS),
        "series": terms(site, id, SERIES),
        "stage": front.stage.as_ref().map(|s| s.value.as_str()),
        "image": image,
        "summary": Value::safe_string(&summary),
        "magnet": kinds::card(site, id),
        "draft": front.draft,
        "scheduled": dates::is_scheduled(front, now),
        "extra": front.extra.as_ref().map_or_else(|| Map::default().into(), |n| to_view(&n.value, &config.zone)),
    }
}

/// The title of a text; the home has the site's unless it says otherwise.
pub(super) fn title(site: &Snapshot, id: Id) -> &str {
    let article = site.content.article(id);
    match (article.kind, article.front.title.is_empty()) {
        (Kind::Home, true) => &site.project.config.title,
        _ => &article.front.title,
    }
}

/// A heading of the table of contents.
#[derive(Serialize)]
struct TocEntry<'a> {
    id: &'a str,
    title: Value,
    children: Vec<TocEntry<'a>>,
}

/// The table of contents: headings of level 2 and below, nested.
pub(super) fn toc(headings: &[crate::content::Heading]) -> Value {
    fn nest<'a>(headings: &[&'a crate::content::Heading]) -> Vec<TocEntry<'a>> {
        let mut out = Vec::new();
        let mut rest = headings;
        while let Some((first, after)) = rest.split_first() {
            let inside = after.iter().take_while(|h| h.level > first.level).count();
            let (title, children) = (Value::safe_string(&first.html), nest(&after[..inside]));
            out.push(TocEntry { id: &first.id, title, children });
            rest = &after[inside..];
        }
        out
    }
    let shown: Vec<_> = headings.iter().filter(|h| (2..=3).contains(&h.level)).collect();
    Value::from_serializable(&nest(&shown))
}

/// A link that opens a network's own window.
#[derive(Serialize)]
struct ShareLink<'a> {
    network: &'a str,
    label: &'a str,
    url: String,
    bare: bool,
}

/// Links that open the networks' own windows with a page and some words in them.
pub(super) fn share(site: &Snapshot, url: &str, title: &str, said: &str) -> Value {
    let (url, title, said) = (text::percent_encode(url), text::percent_encode(title), text::percent_encode(said));
    let mut links = Vec::with_capacity(site.views.buttons.len());
    for (n, Button { label, bare }) in site.plan.networks.buttons().zip(&site.views.buttons) {
        // The address that a reader's share leads to says which network it came from.
        let from = [&*url, "%3Futm_source%3D", &*n.name, "%26utm_medium%3Dsocial%26utm_content%3Dreader"].concat();
        let link = |url| ShareLink { network: &n.name, label, url, bare: *bare };
        links.extend(n.share_address(&from, &said, &title).map(link));
    }
    Value::from_serializable(&links)
}

/// A magnet, as it is shown at a place.
pub(super) fn magnet(site: &Snapshot, magnet: &Magnet, place: &Place<'_>) -> Fields {
    let text = site.content.article(magnet.id);
    let config = &site.project.config;
    let front = &text.front.kind;
    let path = site.plan.path(magnet.id).map_or("", |p| p);
    let next = front.thanks_next.as_ref().and_then(|next| next_card(site, &text.path, &next.value));
    let thanks = view! {
        "title": kinds::thanks_title(site, magnet),
        "steps": kinds::steps(site, magnet),
        "text": front.thanks_text.as_str(),
        "url": config.href(&format!("{path}thanks/")),
        "next": next,
    };
    let open = magnet.gate == Some(Gate::Open);
    let wording = place.wording(site, magnet);
    let said = |of: fn(&Variant) -> &String, own: &String| {
        wording.map(of).filter(|words| !words.is_empty()).unwrap_or(own).to_string()
    };
    let mut map = view! {
        "id": magnet.name.as_str(),
        "title": said(|v| &v.title, &text.front.title),
        "description": text.front.description.as_str(),
        "promise": said(|v| &v.promise, &front.promise),
        "button": said(|v| &v.button, &front.button),
        "kind": magnet.kind.name(),
        "gate": magnet.gate.map(Gate::name),
        "url": config.href(path),
        "size": (!magnet.files.is_empty()).then(|| text::size(magnet.size())),
        "files": if open { files(site, magnet, path) } else { Vec::new() },
        "sealed": sealed(site, magnet, path),
        "mailed": magnet.is_gated(),
        "thanks": thanks,
        "form": magnet.form.filter(|_| magnet.state.is_open()).map(|i| super::form::form(site, &site.plan.forms[i], magnet, place)),
    };
    kinds::add(site, magnet, &mut map);
    map
}

/// The files of a magnet, below a path.
pub(super) fn files(site: &Snapshot, magnet: &Magnet, path: &str) -> Vec<Value> {
    let file = |f: &crate::site::MagnetFile| {
        let url = site.project.config.href(&format!("{path}{}", f.path.name()));
        Value::from(view! { "name": f.path.name(), "url": url, "size": text::size(f.size) })
    };
    magnet.files.iter().map(file).collect()
}

/// The sealed files of a magnet: the addresses of their parts and their bytes.
fn sealed(site: &Snapshot, magnet: &Magnet, path: &str) -> Vec<Value> {
    if magnet.gate != Some(Gate::Encrypted) {
        return Vec::new();
    }
    let file = |i: usize| {
        let parts = magnet.parts(i, site.plan.publish.part);
        let bytes = parts.last().map_or(0, |(_, range)| range.end);
        let urls = parts.iter().map(|(name, _)| Value::from(site.project.config.href(&format!("{path}{name}"))));
        Value::from(view! { "parts": urls.collect::<Vec<_>>(), "bytes": bytes })
    };
    (0..magnet.files.len()).map(file).collect()
}

fn next_card(site: &Snapshot, from: &RelPath, to: &str) -> Option<Value> {
    let Target::Path(path, _) = site.resolve(from, to) else { return None };
    match site.plan.route(site.plan.find(&path)?).what {
        What::Text(id, 1) => Some(card(site, id)),
        _ => None,
    }
}
