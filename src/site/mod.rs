//! Content → Plan: every address, every list, every offer. Always made whole: it is cheap.

pub mod assets;
pub mod attribution;
pub mod campaigns;
mod cards;
pub mod dates;
mod funnel;
mod gates;
pub mod hosts;
pub mod links;
pub mod magnets;
pub mod placements;
pub mod query;
pub mod related;
pub mod route;
pub mod state;
pub mod taxonomy;

pub use assets::{Asset, Assets};
pub use attribution::Attribution;
pub use dates::Withheld;
pub use hosts::Publish;
pub use magnets::{Magnet, MagnetFile};
pub use route::{FeedFormat, Own, QrFormat, Route, RouteId, Scope, Subject, Tax, TermId, What};
pub use state::State;

use crate::content::{Article, CONTENT, Content, Id, Kind, Moment};
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::files::{GATES_TOML, SITE_TOML};
use crate::forms::{self, Form};
use crate::gate::{Gate, Gates, Secrets, epochs};
use crate::networks::{self, Networks};
use crate::project::{Project, Settings};
use crate::source::{RelPath, Span};
use crate::text;
use rayon::prelude::*;
use route::Addresses;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use taxonomy::Taxonomies;

/// A section and its articles.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its text.
    pub id: Id,
    /// Its articles and those of its folders, newest first.
    pub articles: Vec<Id>,
}

/// What the site is: addresses, lists, offers.
#[derive(Clone, Default)]
pub struct Plan {
    /// Every address, pages first.
    pub routes: Vec<Route>,
    by_path: Addresses,
    paths: Vec<Option<Arc<str>>>,
    withheld: Vec<Option<Withheld>>,
    withheld_paths: FxHashMap<String, Id>,
    /// Published articles, newest first.
    pub order: Vec<Id>,
    positions: Vec<Option<u32>>,
    /// Sections by their folder below `content`; the home is that of no folder.
    pub sections: BTreeMap<String, Section>,
    /// Terms and their articles.
    pub taxonomies: Taxonomies,
    /// Forms in the order of `site.toml`.
    pub forms: Vec<Form>,
    /// Magnets in the order of their paths.
    pub magnets: Vec<Magnet>,
    /// Which links open them.
    pub gates: Gates,
    /// What the host takes.
    pub publish: Publish,
    /// Stages of the funnel.
    pub stages: Vec<String>,
    /// Where offers stand.
    pub offers: placements::Settings,
    own_offers: FxHashMap<Id, placements::Own>,
    /// What forms say about where readers came from.
    pub attribution: Attribution,
    /// Where posts go.
    pub networks: Networks,
    /// `[share]`; none where the site posts nothing.
    pub share: Option<networks::Share>,
    copied: FxHashMap<RelPath, Arc<str>>,
    gated: FxHashMap<RelPath, Id>,
    /// The next moment at which the same sources make another site.
    pub next_change: Option<Moment>,
}

impl Plan {
    /// A route.
    pub fn route(&self, id: RouteId) -> &Route {
        &self.routes[id.0 as usize]
    }

    /// The route at a decoded path.
    pub fn find(&self, path: &str) -> Option<RouteId> {
        self.by_path.find(path)
    }

    /// The path of a text; none if it is withheld.
    pub fn path(&self, id: Id) -> Option<&Arc<str>> {
        self.paths[id.0 as usize].as_ref()
    }

    /// Why a text is not published.
    pub fn withheld(&self, id: Id) -> Option<Withheld> {
        self.withheld[id.0 as usize]
    }

    /// The withheld text that would stand at a path.
    pub fn withheld_at(&self, path: &str) -> Option<(Id, Withheld)> {
        let id = *self.withheld_paths.get(path)?;
        Some((id, self.withheld(id)?))
    }

    /// All texts that are not published, with the reason.
    pub fn all_withheld(&self) -> impl Iterator<Item = (Id, Withheld)> + '_ {
        self.withheld.iter().enumerate().filter_map(|(i, w)| Some((Id(i as u32), (*w)?)))
    }

    /// The place of an article among all, newest first.
    pub fn position(&self, id: Id) -> Option<u32> {
        self.positions[id.0 as usize]
    }

    /// Where a source file is put out as it is.
    pub fn copied(&self, path: &RelPath) -> Option<Arc<str>> {
        self.copied.get(path).cloned()
    }

    /// The magnet whose gated file this is.
    pub fn gated_by(&self, path: &RelPath) -> Option<Id> {
        self.gated.get(path).copied()
    }

    /// Every file whose bytes must stand nowhere in the output, in the order of the paths.
    pub fn gated_files(&self) -> Vec<&RelPath> {
        let withheld = self.magnets.iter().filter(|m| m.gate.is_some_and(Gate::withholds));
        let mut files: Vec<_> = withheld.flat_map(|m| m.files.iter().map(|f| &f.path)).collect();
        files.sort();
        files.dedup();
        files
    }

    /// The magnet of this name.
    pub fn magnet_named(&self, name: &str) -> Option<Id> {
        self.magnets.iter().find(|m| m.name == name).map(|m| m.id)
    }

    /// The magnet of this landing page.
    pub fn magnet(&self, id: Id) -> Option<&Magnet> {
        self.magnets.iter().find(|m| m.id == id)
    }

    /// The articles of a home or section page.
    pub fn listed(&self, article: &Article) -> &[Id] {
        match article.kind {
            Kind::Home => &self.order,
            Kind::Section => self.sections.get(section_dir(article)).map_or(&[], |s| &s.articles),
            _ => &[],
        }
    }
}

/// The folder of a section below `content`.
pub fn section_dir(article: &Article) -> &str {
    let dir = article.path.dir();
    dir.strip_prefix(CONTENT).unwrap_or(dir).trim_start_matches('/')
}

/// How many pages a list of `len` has, `each` on a page: at least one.
pub fn pages(len: usize, each: u32) -> u32 {
    len.div_ceil(each.max(1) as usize).max(1) as u32
}

/// Plans the site.
pub fn plan(
    project: &Project,
    content: &Content,
    assets: &Assets,
    settings: &Settings,
    secrets: Option<&Secrets>,
) -> Parsed<Plan> {
    let mut diags = Diagnostics::default();
    let site_toml = RelPath::new(SITE_TOML);
    let forms = forms::read(&project.config, &site_toml).take(&mut diags);
    let magnets = magnets::read(content, project, &forms, settings, &mut diags);
    let offers = placements::read(&project.config).take(&mut diags);
    let attribution = attribution::read(&project.config).take(&mut diags);
    let publish = hosts::read(&project.config, &site_toml).take(&mut diags);
    let gates = epochs::read(project.gates.clone(), &RelPath::new(GATES_TOML)).take(&mut diags);
    let now = settings.now.as_second();
    let plan = Plan { publish, gates, ..Plan::default() };
    let mut planner = Planner { project, content, plan, secrets, now, lower: FxHashMap::default(), diags };
    planner.plan.stages = project.config.stages.clone();
    planner.plan.forms = forms;
    planner.plan.offers = offers;
    planner.plan.attribution = attribution;
    (planner.plan.networks, planner.plan.share) = networks::read(&project.config).take(&mut planner.diags);
    for magnet in magnets.iter().filter(|m| m.gate.is_some_and(|g| g != Gate::Open)) {
        planner.plan.gated.extend(magnet.files.iter().map(|f| (f.path.clone(), magnet.id)));
    }
    planner.plan.magnets = magnets;
    let count = content.articles.len() * 2;
    planner.plan.by_path = Addresses::with_room(count);
    planner.plan.routes.reserve(count);
    planner.place_texts(settings);
    planner.order();
    planner.sort();
    let order = planner.plan.order.clone();
    // Each of them is the work of one thread for the most part.
    let terms = || Taxonomies::new(content, &order, project.config.author.as_ref());
    let (taxonomies, ()) = rayon::join(terms, || planner.text_routes());
    planner.plan.taxonomies = taxonomies;
    planner.term_routes();
    planner.magnet_routes();
    planner.go_routes();
    planner.feeds();
    planner.files(assets);
    planner.own();
    planner.cards();
    planner.aliases();
    planner.own_offers();
    planner.check_funnel();
    state::check(&planner.plan, content, project, settings, &mut planner.diags);
    let dates = [state::next_change(&planner.plan, content, settings), planner.plan.gates.next_change(now)];
    planner.plan.next_change = dates.into_iter().flatten().min();
    Parsed { value: planner.plan, diags: planner.diags }
}

struct Planner<'a> {
    project: &'a Project,
    content: &'a Content,
    plan: Plan,
    secrets: Option<&'a Secrets>,
    now: Moment,
    /// Paths that are not in lower case, as they would be: for hosts that do not tell case apart.
    lower: FxHashMap<String, RouteId>,
    diags: Diagnostics,
}

impl Planner<'_> {
    /// Adds a route, unless its path is taken.
    fn add(&mut self, path: &str, what: What, source: Option<&RelPath>, at: impl FnOnce() -> Option<Span>) {
        if let Some(why) = route::unfit(path) {
            let mut d = Diagnostic::new(codes::BAD_PATH, format!("`{path}` cannot be put out: {why}"));
            d.at = at();
            return self.diags.push(d);
        }
        let id = RouteId(self.plan.routes.len() as u32);
        let clash = self.plan.find(path).or_else(|| match path.strip_suffix('/') {
            Some(_) => self.plan.find(path.trim_end_matches('/')),
            None => self.plan.find(&format!("{path}/")),
        });
        if let Some(other) = clash {
            let other = self.plan.route(other);
            let mut d = Diagnostic::new(codes::SAME_URL, format!("two pages want `{path}`"));
            d.at = at();
            let first = other.source.as_ref().map(|s| s.to_string()).unwrap_or_else(|| "a page that hub makes".into());
            let d = d.help(format!("the other one is {first}; give one of them another `slug` or `path`"));
            return self.diags.push(d);
        }
        let small = path.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase());
        let folded = (!small).then(|| path.to_lowercase()).filter(|folded| folded != path);
        let lower = folded.as_deref().unwrap_or(path);
        let other = || self.plan.find(folded.as_deref()?);
        if let Some(other) = self.lower.get(lower).copied().or_else(other) {
            let other = self.plan.route(other).path.clone();
            let mut d = Diagnostic::new(codes::CASE_URL, format!("`{path}` and `{other}` differ only in case"));
            d.at = at();
            return self.diags.push(d.help("rename one of them"));
        }
        let path: Arc<str> = path.into();
        if let Some(folded) = folded {
            self.lower.insert(folded, id);
        }
        self.plan.by_path.add(&path, id);
        self.plan.routes.push(Route { path, what, source: source.cloned() });
    }

    /// Decides for each text whether it is published, and where.
    fn place_texts(&mut self, settings: &Settings) {
        let paths: Vec<String> = self
            .content
            .articles
            .iter()
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|article| route::path_of(article))
            .collect();
        for (id, path) in self.content.ids().zip(paths) {
            let article = self.content.article(id);
            let withheld = match article.kind {
                Kind::Home => None,
                _ => dates::withheld(&article.front, settings),
            };
            if withheld.is_some() {
                self.plan.withheld_paths.insert(path.clone(), id);
            }
            self.plan.withheld.push(withheld);
            self.plan.paths.push(withheld.is_none().then(|| path.into()));
        }
    }

    fn order(&mut self) {
        let content = self.content;
        let dated = |id: Id| {
            let article = content.article(id);
            let listed = article.kind == Kind::Article && self.plan.path(id).is_some();
            listed.then(|| (Reverse(article.front.date.unwrap_or(Moment::MIN)), id))
        };
        // Newest first; of one moment, by path, as ids are.
        let mut order: Vec<(Reverse<Moment>, Id)> = content.ids().filter_map(dated).collect();
        order.sort_unstable();
        let order: Vec<Id> = order.into_iter().map(|(_, id)| id).collect();
        self.plan.positions = vec![None; content.articles.len()];
        for (i, id) in order.iter().enumerate() {
            self.plan.positions[id.0 as usize] = Some(i as u32);
        }
        self.plan.order = order;
    }

    /// Sorts articles into sections.
    fn sort(&mut self) {
        let content = self.content;
        for id in content.ids() {
            let article = content.article(id);
            if matches!(article.kind, Kind::Section | Kind::Home) && self.plan.path(id).is_some() {
                self.plan.sections.insert(section_dir(article).to_string(), Section { id, articles: Vec::new() });
            }
        }
        for &id in &self.plan.order {
            let dir = content.article(id).path.below(CONTENT).unwrap_or_default();
            let mut dir = dir;
            while let Some(i) = dir.rfind('/') {
                dir = &dir[..i];
                if let Some(section) = self.plan.sections.get_mut(dir) {
                    section.articles.push(id);
                }
            }
        }
        // Magnets have a list of their own, by path; what is closed or over comes last.
        let mut listed: Vec<(bool, Id)> = self.plan.magnets.iter().map(|m| (!m.state.is_open(), m.id)).collect();
        listed.retain(|(_, id)| self.plan.path(*id).is_some());
        listed.sort();
        if let Some(section) = self.plan.sections.get_mut("magnets") {
            section.articles = listed.into_iter().map(|(_, id)| id).collect();
        }
    }

    fn text_routes(&mut self) {
        let content = self.content;
        for id in content.ids() {
            let Some(path) = self.plan.path(id).cloned() else { continue };
            let article = content.article(id);
            let at = || {
                Some(
                    article
                        .front
                        .path
                        .as_ref()
                        .or(article.front.slug.as_ref())
                        .map_or_else(|| Span::file(&article.path), |p| p.span(&article.path)),
                )
            };
            self.add(&path, What::Text(id, 1), Some(&article.path), at);
            let each = article.front.paginate.unwrap_or(self.project.config.paginate as u32);
            for page in 2..=pages(self.plan.listed(article).len(), each) {
                self.add(&format!("{path}page/{page}/"), What::Text(id, page), Some(&article.path), at);
            }
        }
    }

    /// The taxonomies that have pages.
    fn listed_taxonomies(&mut self) -> Vec<Tax> {
        let Some(named) = &self.project.config.taxonomies else { return Tax::all().collect() };
        let mut out = Vec::new();
        for name in named {
            match Tax::named(&name.value) {
                Some(tax) => out.push(tax),
                None => {
                    let names = || Tax::all().map(|t| t.row().name);
                    let message =
                        format!("there is no taxonomy `{}`; there are {}", name.value, text::choices(names()));
                    let at = name.span(&RelPath::new(SITE_TOML));
                    self.diags.push(Diagnostic::new(codes::BAD_VALUE, message).at(at).nearest(&name.value, names()));
                }
            }
        }
        out
    }

    fn term_routes(&mut self) {
        let each = self.project.config.paginate as u32;
        for tax in self.listed_taxonomies() {
            let lists: Vec<(String, usize)> = {
                let terms = &self.plan.taxonomies.terms[usize::from(tax.0)];
                terms.iter().map(|t| (t.path(tax), t.articles.len())).collect()
            };
            if lists.is_empty() {
                continue;
            }
            self.add(&format!("/{}/", tax.row().name), What::Terms(tax), None, || None);
            for (i, (path, len)) in lists.into_iter().enumerate() {
                let term = TermId(tax, i as u32);
                self.add(&path, What::Term(term, 1), None, || None);
                for page in 2..=pages(len, each) {
                    self.add(&format!("{path}page/{page}/"), What::Term(term, page), None, || None);
                }
            }
        }
    }

    fn feeds(&mut self) {
        let scopes: Vec<(Scope, String)> = {
            let all = self.listed_taxonomies().into_iter().flat_map(|tax| {
                let terms = self.plan.taxonomies.terms[usize::from(tax.0)].iter().enumerate();
                terms.map(move |(i, t)| (Scope::Term(TermId(tax, i as u32)), t.path(tax)))
            });
            let terms = all.filter(|_| self.project.config.feeds.terms);
            std::iter::once((Scope::Site, "/".to_string())).chain(terms).collect()
        };
        for (scope, path) in scopes {
            for (format, name, ..) in FeedFormat::ALL {
                self.add(&format!("{path}{name}"), What::Feed(scope, format), None, || None);
            }
        }
    }

    fn copy(&mut self, file: &RelPath, path: &str) {
        self.add(path, What::Copy(file.clone()), Some(file), || Some(Span::file(file)));
        self.plan.copied.insert(file.clone(), path.into());
    }

    /// Files beside texts, `static/` and `assets/`.
    fn files(&mut self, assets: &Assets) {
        let mut bundles: FxHashMap<&str, Id> = FxHashMap::default();
        if !self.content.attachments.is_empty() {
            bundles.extend(self.content.ids().filter_map(|id| Some((self.content.article(id).bundle()?, id))));
        }
        for file in self.content.attachments.iter() {
            if self.plan.gated.contains_key(file) || self.plan.copied.contains_key(file) {
                continue;
            }
            let mut dir = file.dir();
            let bundle = loop {
                match (bundles.get(dir), dir.rfind('/')) {
                    (Some(id), _) => break Some((*id, dir)),
                    (None, Some(i)) => dir = &dir[..i],
                    (None, None) => break None,
                }
            };
            let public = match bundle {
                Some((id, dir)) => match self.plan.path(id) {
                    Some(path) => format!("{path}{}", file.below(dir).unwrap_or_default()),
                    None => continue,
                },
                None => format!("/{}", file.below(CONTENT).unwrap_or_default()),
            };
            self.copy(file, &public);
        }
        let project = self.project;
        for (name, entry) in project.shadowed("static") {
            self.copy(&entry.path, &format!("/{name}"));
        }
        for asset in assets.all() {
            let what = What::Asset(asset.name.as_str().into());
            self.add(&asset.path, what, Some(&asset.source), || Some(Span::file(&asset.source)));
        }
    }

    fn own(&mut self) {
        let production = self.project.config.production();
        for (own, path) in Own::ALL {
            if own.only_in_production() && !production {
                continue;
            }
            // A file of the same name in `static/` takes its place.
            if self.plan.find(path).is_none() {
                self.add(path, What::Own(own), None, || None);
            }
        }
        if production && self.plan.publish.indexnow {
            let key = hosts::indexnow_key(&self.project.config.base_url);
            self.add(&format!("/{key}.txt"), What::Own(Own::IndexNow), None, || None);
        }
    }

    fn aliases(&mut self) {
        for id in self.content.ids() {
            let article = self.content.article(id);
            for alias in &article.front.aliases {
                let at = alias.span(&article.path);
                let Some(path) = self.plan.path(id).cloned() else {
                    let d = Diagnostic::new(codes::WITHHELD_ALIAS, format!("`{}` leads nowhere yet", alias.value));
                    self.diags.push(d.at(at));
                    continue;
                };
                if alias.value == *path || format!("{}/", alias.value) == *path {
                    continue;
                }
                let file = alias.value.ends_with(".html");
                let old =
                    if alias.value.ends_with('/') || file { alias.value.clone() } else { format!("{}/", alias.value) };
                self.add(&old, What::Redirect(path), Some(&article.path), || Some(at));
            }
        }
    }

    /// Names of magnets and stages that do not exist, and forms that reach nobody.
    fn check_funnel(&mut self) {
        let content = self.content;
        for article in &content.articles {
            let (path, front) = (&article.path, &article.front);
            for name in [&front.magnet, &front.kind.facts().recording].into_iter().flatten() {
                self.check_magnet(&name.value, name.span(path));
            }
            if let Some(stage) = front.stage.as_ref().filter(|s| !self.plan.stages.contains(&s.value)) {
                let names = || self.plan.stages.iter().map(|s| &**s);
                let message = format!("there is no stage `{}`; there are {}", stage.value, text::choices(names()));
                self.diags.push(
                    Diagnostic::new(codes::UNKNOWN_STAGE, message).at(stage.span(path)).nearest(&stage.value, names()),
                );
            }
            for author in &front.authors {
                if !content.authors.is_empty() && !content.authors.contains_key(&author.value) {
                    let d = Diagnostic::new(codes::UNKNOWN_AUTHOR, format!("there is no author `{}`", author.value))
                        .at(author.span(path))
                        .nearest(&author.value, content.authors.keys().map(|k| &**k))
                        .help(format!("make content/authors/{}.toml", text::slug(&author.value)));
                    self.diags.push(d);
                }
            }
        }
        for campaign in content.campaigns.values() {
            let Some(path) = &campaign.path else { continue };
            if let Some(offer) = &campaign.offer {
                self.check_magnet(&offer.value, offer.span(path));
            }
            for name in &campaign.articles {
                let names = || content.articles.iter().filter(|a| a.kind == Kind::Article).map(|a| a.name());
                if !names().any(|n| n == name.value) {
                    let d = Diagnostic::new(codes::DEAD_LINK, format!("there is no article `{}`", name.value));
                    self.diags.push(d.at(name.span(path)).nearest(&name.value, names()));
                }
            }
        }
        for (i, form) in self.plan.forms.iter().enumerate() {
            let uses = magnets::uses(&self.plan, &self.project.config, i);
            self.diags.0.extend(forms::lint::check(form, &uses));
        }
        if self.project.config.production() {
            let shown =
                |i: usize| self.plan.magnets.iter().any(|m| m.form == Some(i) && self.plan.path(m.id).is_some());
            for (i, form) in self.plan.forms.iter().enumerate().filter(|(_, f)| !f.live()) {
                if shown(i) {
                    let d = Diagnostic::new(codes::DEAD_FORM, format!("the form `{}` reaches nobody", form.name));
                    self.diags.push(d.at(form.at.clone()).help("set `provider`, or build with `--env preview`"));
                }
            }
        }
    }

    fn check_magnet(&mut self, name: &str, at: Span) {
        if self.plan.magnet_named(name).is_none() {
            let names = || self.plan.magnets.iter().map(|m| &*m.name);
            let d = Diagnostic::new(codes::UNKNOWN_MAGNET, format!("there is no magnet `{name}`"))
                .at(at)
                .label(format!("no file content/magnets/{name}/index.md"))
                .nearest(name, names());
            self.diags.push(d);
        }
    }
}

/// An error of the template engine as a diagnostic in `file`, whose text is `source`.
pub fn tera_diagnostic(code: crate::diag::Code, error: &tera::Error, source: &str, file: &RelPath) -> Diagnostic {
    let report = match error.kind() {
        tera::ErrorKind::SyntaxError(report) | tera::ErrorKind::RenderingError(report) => report,
        _ => return Diagnostic::new(code, error.to_string()).at(Span::file(file)),
    };
    let (at, message) = (report.span(), report.message());
    let offset = |line: usize, column: usize| {
        let start: usize = source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let line = source.get(start..).unwrap_or_default();
        start + line.char_indices().nth(column).map_or(line.len().min(column), |(i, _)| i)
    };
    let range = offset(at.start_line, at.start_col)..offset(at.end_line, at.end_col);
    Diagnostic::new(code, message).at(Span::new(file, range))
}
