//! The door: a route and a cache in, a page and its trace out.

use super::ask::{self, ask, report};
use super::body::{Filler, Voice};
use super::cache::Cache;
use super::functions::{all_terms, cards};
use super::gated::SealedPart;
use super::kinds;
use super::metadata::{Meta, page_view};
use super::offers::Place;
use super::snapshot::Snapshot;
use super::view::{self, Fields, view};
use super::{outputs, scan};
use crate::buffers;
use crate::content::{Id, Kind};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::digest::{Digest, Hasher};
use crate::files::SITE_TOML;
use crate::site::query::{Asked, Of, Query, Select, Trace};
use crate::site::taxonomy::AUTHORS;
use crate::site::{self, Own, Route, Subject, Tax, TermId, What};
use crate::source::{RelPath, Span};
use std::sync::Arc;
use tera::{Context, Value};

/// The bytes of a page.
#[derive(Debug)]
pub enum Bytes {
    /// Rendered now.
    New(Vec<u8>),
    /// Those of this file, as they are.
    File(RelPath),
    /// Those of a sealed file, which are made while they are written.
    Sealed(Box<SealedPart>),
    /// Those of the last time: nothing that the page asks has another answer.
    Same,
}

/// A page: its bytes and what is remembered of it.
#[derive(Debug)]
pub struct Page {
    /// The bytes.
    pub bytes: Bytes,
    /// What is remembered. Of a file's bytes and sealed ones the digest is known only when they are written.
    pub trace: Arc<Trace>,
}

impl Page {
    /// The same page once more, if its bytes are at hand.
    pub fn copy(&self) -> Option<Page> {
        match &self.bytes {
            Bytes::New(bytes) => Some(Page { bytes: Bytes::New(bytes.clone()), trace: self.trace.clone() }),
            _ => None,
        }
    }
}

/// Names what stands at a route, so that a trace is never used for something else at the same path.
pub fn identity(site: &Snapshot, route: &Route) -> u64 {
    let mut hasher = Hasher::default();
    let mut add = |kind: u64, text: &str, number: u32| {
        hasher.number(kind).text(text).number(u64::from(number));
    };
    let path = |id: Id| site.content.article(id).path.as_str();
    let term = |t: &TermId| site.plan.taxonomies.term(*t).slug.as_str();
    match &route.what {
        What::Text(id, n) => add(1, path(*id), *n),
        What::Term(t, n) => add(2 + u64::from(t.0.0) * 100, term(t), *n),
        What::Terms(tax) => add(3, tax.row().name, 0),
        What::Feed(site::Scope::Site, format) => add(4, "", *format as u32),
        What::Feed(site::Scope::Term(t), format) => add(5 + u64::from(t.0.0) * 100, term(t), *format as u32),
        What::Thanks(id) => add(6, path(*id), 0),
        What::Unlock(id) => add(7, path(*id), 0),
        What::Sealed(id, file, part) => {
            add(8, path(*id), *file);
            add(13, "", *part);
        }
        What::Unlisted(id) => add(14, path(*id), 0),
        What::Redirect(to) => add(9, to, 0),
        What::Copy(file) => add(10, file.as_str(), 0),
        What::Asset(name) => add(11, name, 0),
        What::Own(own) => add(12, "", *own as u32),
        What::Go(campaign, way) => add(13, campaign, *way),
        What::Qr(campaign, way, format) => add(14 + 100 * *format as u64, campaign, *way),
        What::Calendar(id) => add(15, path(*id), 0),
        What::Card(Subject::Text(id)) => add(16, path(*id), 0),
        What::Card(Subject::Term(t)) => add(17 + u64::from(t.0.0) * 100, term(t), 0),
    }
    hasher.finish().0 as u64
}

impl Snapshot {
    /// All addresses.
    pub fn routes(&self) -> &[Route] {
        &self.plan.routes
    }

    /// The page at a route. If the cache remembers it and every question still has the same answer, its bytes are those
    /// of the last time; else it is rendered.
    pub fn page(self: &Arc<Snapshot>, route: &Route, cache: &Cache) -> Page {
        if !cache.is_empty()
            && let Some(trace) = cache.trace(&route.path, identity(self, route))
        {
            return Page { bytes: Bytes::Same, trace };
        }
        self.render(route)
    }

    /// Digest of the answers to questions, in order, some of them known already.
    fn answers(&self, asked: &[Query], known: &[Option<Digest>]) -> Digest {
        let mut hasher = Hasher::default();
        for (query, known) in asked.iter().zip(known) {
            hasher.digest(known.unwrap_or_else(|| self.digest(query)));
        }
        hasher.finish()
    }

    /// Renders the page at a route, whatever a cache may hold.
    pub fn render(self: &Arc<Snapshot>, route: &Route) -> Page {
        let site_toml = || RelPath::new(SITE_TOML);
        let from = match route.what {
            What::Text(id, _)
            | What::Thanks(id)
            | What::Unlock(id)
            | What::Unlisted(id)
            | What::Card(Subject::Text(id)) => self.content.article(id).path.clone(),
            What::Go(ref name, _) => {
                self.campaign(name).map_or_else(site_toml, |(_, id)| self.content.article(id).path.clone())
            }
            _ => site_toml(),
        };
        let (bytes, left) = ask::during(self, &route.path, &from, || self.bytes(route));
        let mut trace = Trace {
            answers: self.answers(&left.asked, &left.answers),
            asked: Asked::Own(left.asked),
            diags: left.diags,
            ..Trace::default()
        };
        if let Bytes::New(bytes) = &bytes {
            trace.output = Digest::of(bytes);
            trace.len = bytes.len() as u64;
            if route.is_page() || matches!(route.what, What::Redirect(_)) {
                let config = &self.project.config;
                let origin = crate::text::origin(&config.base_url).unwrap_or_default();
                let find = |path: &str| self.plan.find(path);
                let scan = scan::Scan { path: &route.path, base: &config.base_path, origin, find: &find };
                let hints = scan::Hints { body: left.body.as_ref(), stretches: &left.stretches };
                let seen = scan.page(bytes, &hints, &self.stretches);
                (trace.links, trace.parts, trace.ids) = (seen.links, seen.parts, seen.ids);
            }
        }
        if let Some(body) = left.body {
            buffers::give(body.html.into_bytes());
        }
        Page { bytes, trace: Arc::new(trace) }
    }

    fn bytes(self: &Arc<Snapshot>, route: &Route) -> Bytes {
        let text = |text: String| Bytes::New(text.into_bytes());
        match &route.what {
            What::Text(id, page) => Bytes::New(self.text_page(route, *id, *page)),
            What::Term(term, page) => Bytes::New(self.term_page(route, *term, *page)),
            What::Terms(tax) => Bytes::New(self.terms_page(route, *tax)),
            What::Thanks(id) => Bytes::New(self.magnet_page(route, *id, "thanks")),
            What::Unlock(id) => Bytes::New(self.magnet_page(route, *id, "unlock")),
            What::Unlisted(id) => Bytes::New(self.magnet_page(route, *id, "unlisted")),
            What::Sealed(id, file, part) => self.sealed(*id, *file, *part),
            What::Go(name, way) => Bytes::New(self.go_page(route, name, *way)),
            What::Qr(name, way, format) => Bytes::New(self.qr(name, *way, *format)),
            What::Calendar(id) => text(outputs::calendar::of_magnet(self, *id)),
            What::Card(subject) => Bytes::New(self.card(*subject)),
            What::Redirect(to) => Bytes::New(self.redirect_page(route, to)),
            What::Copy(file) => {
                ask(Query::File(file.clone()));
                Bytes::File(file.clone())
            }
            What::Asset(name) => {
                ask(Query::Asset(name.clone()));
                Bytes::New(self.assets.get(name).map(|a| a.bytes.to_vec()).unwrap_or_default())
            }
            What::Own(Own::NotFound) => {
                let title = self.project.theme.words.get("not_found_title").cloned().unwrap_or_else(|| "404".into());
                let meta = Meta {
                    kind: "404",
                    title,
                    description: String::new(),
                    noindex: true,
                    article: None,
                    feeds: None,
                    route,
                };
                Bytes::New(self.template("404.html", Context::new(), &meta))
            }
            What::Feed(scope, format) => text(outputs::feed(self, route, *scope, *format)),
            What::Own(own) => text(outputs::own(self, *own)),
        }
    }

    fn text_page(self: &Arc<Snapshot>, route: &Route, id: Id, number: u32) -> Vec<u8> {
        ask(Query::Article(id));
        let article = self.content.article(id);
        let front = &article.front;
        let mut title = view::title(self, id).to_string();
        if number > 1 {
            title = self.numbered(&title, number);
        }
        let description = match front.description.is_empty() && matches!(article.kind, Kind::Article | Kind::Page) {
            true => cut(&crate::text::plain(&article.gist.summary.html), 155),
            false => front.description.clone(),
        };
        let meta = Meta {
            kind: article.kind.name(),
            title,
            description,
            noindex: front.noindex,
            article: Some(id),
            feeds: matches!(article.kind, Kind::Home).then(|| "/".to_string()),
            route,
        };
        let name = match &front.template {
            Some(name) => name.value.clone(),
            None => format!("{}.html", article.kind.name()),
        };
        let page = page_view(self, &meta, &name);
        let mut context = Context::new();
        context.insert_value("article", self.article_view(id, &page, number));
        match article.kind {
            Kind::Home | Kind::Section => {
                let of = match article.kind {
                    Kind::Home => Of::All,
                    _ => Of::Section(site::section_dir(article).into()),
                };
                let each = front.paginate.unwrap_or(self.project.config.paginate as u32);
                let base = self.plan.path(id).map_or("/", |p| p).to_string();
                let total = self.plan.listed(article).len();
                self.list_into(&mut context, of, &base, total, each, number);
            }
            Kind::Article => {
                let around = self.around(id).map(|id| id.map(|id| view::card(self, id)));
                ask(Query::List(Arc::new(Select { of: Of::Around(id), skip: 0, take: 2 })));
                let [older, newer] = around;
                context.insert_value("older", older.unwrap_or_else(Value::none));
                context.insert_value("newer", newer.unwrap_or_else(Value::none));
                let related = Select { of: Of::Related(id), skip: 0, take: u32::MAX };
                context.insert_value("related", cards(self, related).into());
                let url = self.project.config.absolute(&route.path);
                let title = view::title(self, id);
                context.insert_value("share", view::share(self, &url, title, title));
                context.insert_value("offers", self.offers(id).into());
            }
            Kind::Page => {
                context.insert_value("offers", self.offers(id).into());
            }
            Kind::Magnet => self.landing_into(&mut context, id, &Place::on("landing", Some(id))),
        }
        self.template_with(&name, context, page, front.template.as_ref().map(|t| t.span(&article.path)))
    }

    /// `Title · Page 2` in the theme's words.
    fn numbered(&self, title: &str, number: u32) -> String {
        let word = self.project.theme.words.get("page").map_or("Page", |w| w);
        format!("{title} · {word} {number}")
    }

    pub(super) fn article_view(&self, id: Id, page: &Value, number: u32) -> Value {
        let article = self.content.article(id);
        let mut fields = Fields::of(&view::card(self, id));
        let body = self.content.body(id, &*self.files);
        let mut html = Value::safe_string("");
        if number == 1 {
            let filled = Filler::new(self, &article.path, Voice::Page).on(page.clone()).fill(&body.piece);
            html = Value::safe_string(&filled.html);
            if let Some(ids) = &body.ids {
                ask::known(scan::Known { html: filled.html, holes: filled.holes, ids: ids.clone() });
            }
        }
        fields.add("body", html);
        fields.add("toc", view::toc(&body.headings));
        fields.add("math", article.gist.math);
        fields.add("words", article.gist.words);
        fields.add("name", article.name());
        fields.into()
    }

    /// What a magnet's own page shows.
    pub(super) fn landing_into(&self, context: &mut Context, id: Id, place: &Place<'_>) {
        ask(Query::Magnet(id));
        let magnet = self.plan.magnet(id).map(|m| view::magnet(self, m, place));
        context.insert_value("magnet", magnet.map_or_else(Value::none, Into::into));
        context.insert_value("offers", self.own_offer(id, place).into());
    }

    fn list_into(&self, context: &mut Context, of: Of, base: &str, total: usize, each: u32, number: u32) {
        ask(Query::Total(of.clone()));
        let select = Select { of, skip: (number - 1) * each, take: each };
        context.insert_value("articles", cards(self, select).into());
        let count = site::pages(total, each);
        let at = |n: u32| -> Option<String> {
            let path = match n {
                0 => return None,
                1 => base.to_string(),
                n if n <= count => format!("{base}page/{n}/"),
                _ => return None,
            };
            Some(self.project.config.href(&path))
        };
        let pager = view! {
            "number": number, "count": count, "total": total,
            "prev": at(number - 1), "next": at(number + 1), "first": at(1), "last": at(count),
        };
        context.insert_value("pager", pager.into());
    }

    fn term_page(self: &Arc<Snapshot>, route: &Route, term: TermId, number: u32) -> Vec<u8> {
        ask(Query::Term(term));
        let found = self.plan.taxonomies.term(term);
        let title = if number > 1 { self.numbered(&found.name, number) } else { found.name.clone() };
        let author = term.0 == AUTHORS;
        let mut view = view::term(self, term);
        view.add("taxonomy", self.taxonomy_view(term.0));
        view.add("author", author.then(|| view::term_author(self, term)));
        let mut context = Context::new();
        context.insert_value("term", view.into());
        let base = found.path(term.0);
        self.list_into(
            &mut context,
            Of::Term(term),
            &base,
            found.articles.len(),
            self.project.config.paginate as u32,
            number,
        );
        let bio = found.author.as_ref().and_then(|a| self.content.authors.get(a)).map(|a| a.bio.clone());
        let meta = Meta {
            kind: "term",
            title,
            description: cut(&bio.unwrap_or_default(), 155),
            noindex: false,
            article: None,
            feeds: Some(base),
            route,
        };
        self.template("term.html", context, &meta)
    }

    fn taxonomy_view(&self, tax: Tax) -> Value {
        let row = tax.row();
        let title = self.project.theme.words.get(row.name).map_or(row.name, |w| w);
        view! { "name": row.name, "title": title, "url": self.project.config.href(&format!("/{}/", row.name)) }.into()
    }

    fn terms_page(self: &Arc<Snapshot>, route: &Route, tax: Tax) -> Vec<u8> {
        let mut context = Context::new();
        context.insert_value("taxonomy", self.taxonomy_view(tax));
        context.insert_value("terms", all_terms(self, tax).into());
        let title = self.project.theme.words.get(tax.row().name).map_or(tax.row().name, |w| w).to_string();
        let meta = Meta {
            kind: "terms",
            title,
            description: String::new(),
            noindex: false,
            article: None,
            feeds: None,
            route,
        };
        self.template("terms.html", context, &meta)
    }

    fn magnet_page(self: &Arc<Snapshot>, route: &Route, id: Id, kind: &'static str) -> Vec<u8> {
        ask(Query::Article(id));
        ask(Query::Magnet(id));
        let Some(magnet) = self.plan.magnet(id) else { return Vec::new() };
        let mut context = Context::new();
        let mut map = view::magnet(self, magnet, &Place::on(kind, Some(id)));
        if kind == "unlisted" {
            map.add("files", view::files(self, magnet, &route.path));
        }
        context.insert_value("magnet", map.into());
        let front = &self.content.article(id).front;
        let title = match kind {
            "thanks" => kinds::thanks_title(self, magnet).to_string(),
            _ => front.title.clone(),
        };
        let meta = Meta { kind, title, description: String::new(), noindex: true, article: None, feeds: None, route };
        self.template(&format!("{kind}.html"), context, &meta)
    }

    fn redirect_page(self: &Arc<Snapshot>, route: &Route, to: &str) -> Vec<u8> {
        let mut context = Context::new();
        context.insert_value("target", self.project.config.href(to).into());
        let meta = Meta {
            kind: "redirect",
            title: String::new(),
            description: String::new(),
            noindex: true,
            article: None,
            feeds: None,
            route,
        };
        self.template("redirect.html", context, &meta)
    }

    fn template(self: &Arc<Snapshot>, name: &str, context: Context, meta: &Meta<'_>) -> Vec<u8> {
        let page = page_view(self, meta, name);
        self.template_with(name, context, page, None)
    }

    pub(super) fn template_with(
        self: &Arc<Snapshot>,
        name: &str,
        mut context: Context,
        page: Value,
        at: Option<Span>,
    ) -> Vec<u8> {
        ask(Query::Site);
        ask(Query::Template(name.into()));
        if self.templates.is_unusable(name) {
            return Vec::new();
        }
        if self.templates.get(name).is_none() {
            let mut d = Diagnostic::new(codes::TEMPLATE_MISSING, format!("there is no template `{name}`"));
            d.at = at;
            report(d.nearest(name, self.templates.names()));
            return Vec::new();
        }
        self.views.show(&mut context);
        context.insert_value("page", page);
        let mut written = scan::Written { html: buffers::take(1 << 14), stretches: Vec::with_capacity(32) };
        match self.templates.tera.render_to(name, &context, &mut written) {
            Ok(()) => {
                ask::stretches(written.stretches);
                written.html
            }
            Err(error) => {
                let d = template_error(self, name, &error, Some(&context));
                let d = match ask::here() {
                    Some(page) => d.on_page(&page.path),
                    None => d,
                };
                report(d);
                Vec::new()
            }
        }
    }

    /// Findings of no page: what the site as a whole does.
    pub fn check(&self) -> Diagnostics {
        let mut diags = Diagnostics::default();
        if !self.plan.routes.iter().any(|r| matches!(r.what, What::Text(..)))
            || self.plan.order.is_empty() && !self.has_texts()
        {
            let d = Diagnostic::new(codes::NO_PAGES, "the site has no pages");
            diags.push(d.help("add a text to `content/`, or build drafts with `--drafts`"));
        }
        diags
    }

    fn has_texts(&self) -> bool {
        self.content.ids().any(|id| {
            let article = self.content.article(id);
            self.plan.path(id).is_some() && (article.text_at > 0 || article.gist.words > 0)
        })
    }
}

/// Cuts at a word, with an ellipsis.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_string();
    }
    let end = text.char_indices().nth(most - 1).map_or(text.len(), |(i, _)| i);
    let end = text[..end].rfind(' ').unwrap_or(end);
    format!("{}…", text[..end].trim_end_matches([',', ';', ':', '.', ' ']))
}

/// An error of the engine, at the template that failed, with the nearest name of the view.
pub(super) fn template_error(
    site: &Snapshot,
    name: &str,
    error: &tera::Error,
    context: Option<&Context>,
) -> Diagnostic {
    let failed = match error.kind() {
        tera::ErrorKind::SyntaxError(r) | tera::ErrorKind::RenderingError(r) => r.filename().to_string(),
        _ => name.to_string(),
    };
    let Some(template) = site.templates.get(&failed).or_else(|| site.templates.get(name)) else {
        return Diagnostic::new(codes::TEMPLATE_RENDER, error.to_string());
    };
    let d = site::tera_diagnostic(codes::TEMPLATE_RENDER, error, &template.source, &template.path);
    let known = context.map(known_names).unwrap_or_default();
    let word = d.message.split('`').nth(1).map(str::to_string);
    match word {
        Some(word) => {
            let last = word.rsplit('.').next().unwrap_or(&word).to_string();
            d.nearest(&last, known.iter().map(|k| &**k).filter(|k| *k != last))
        }
        None => d,
    }
}

/// Every name of the view, two levels deep.
fn known_names(context: &Context) -> Vec<String> {
    let mut out = Vec::new();
    for top in [
        "article", "articles", "magnet", "newer", "offers", "older", "options", "page", "pager", "related", "share",
        "site", "t", "target", "taxonomy", "term", "terms",
    ] {
        let Some(value) = context.get(top) else { continue };
        out.push(top.to_string());
        out.extend(value.as_map().into_iter().flat_map(|m| m.keys().map(|k| k.to_string())));
    }
    out
}
