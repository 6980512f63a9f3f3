//! Snapshot: one state of the site, ready to answer questions. It never changes.

use super::partial::Partials;
use super::scan::Stretches;
use super::templates::{self, Templates};
use super::view::{Kept, Views};
use super::{cards, functions, view};
use crate::blocks::Blocks;
use crate::content::markdown::Said;
use crate::content::{self, Author, Before, Content, Id};
use crate::diag::{Diagnostics, Parsed};
use crate::digest::{Digest, Hasher};
use crate::files::{Files, Pieces, SITE_TOML};
use crate::gate::seal::Text;
use crate::gate::{Links, Secrets, keys};
use crate::project::{Project, Settings};
use crate::site::links::{Lookup, Near, Target};
use crate::site::query::{Of, Query, Select};
use crate::site::taxonomy::AUTHORS;
use crate::site::{self, Assets, Plan, Tax, TermId, What, dates};
use crate::source::RelPath;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, OnceLock, RwLock};

/// Width and height of a picture, in pixels.
pub type Size = (u32, u32);

/// One state of the site.
pub struct Snapshot {
    /// Files, configuration, theme.
    pub project: Project,
    /// What was written.
    pub content: Content,
    /// What it means.
    pub plan: Arc<Plan>,
    /// Style sheets and scripts.
    pub assets: Arc<Assets>,
    /// Templates.
    pub templates: Arc<Templates>,
    /// What cards are drawn with; none where the site has none.
    pub(super) drawings: Option<Arc<cards::Drawings>>,
    /// What the command line said.
    pub settings: Settings,
    /// The secrets that gates derive from; none where none is needed or found.
    pub secrets: Option<Secrets>,
    /// The links of each magnet, in the order of the plan; empty without secrets.
    pub(super) links: Arc<Vec<Links>>,
    /// Gated files that were read once, for those that are put out in parts.
    pub(super) texts: Mutex<FxHashMap<RelPath, Text>>,
    pub(super) files: Arc<dyn Files + Send + Sync>,
    pub(super) views: Views,
    /// What lists show of each text, by its digest, made when somebody asks.
    pub(super) cards: Blocks<OnceLock<Digest>>,
    pub(super) site: Digest,
    pub(super) found: Found,
    pub(super) pages: OnceLock<Digest>,
    pub(super) near: OnceLock<Near>,
    pub(super) partials: Partials,
    pub(super) stretches: Stretches,
    pub(super) sizes: RwLock<FxHashMap<RelPath, Option<Size>>>,
    /// Related articles, found once for each article that is asked about.
    pub(super) related: Arc<OnceLock<Vec<OnceLock<Vec<Id>>>>>,
    /// What all articles say together, read once by those who post. No page asks for it.
    pub said: OnceLock<Said>,
}

/// What was found while a site was read, by what it was found in. What is wrong with texts they know themselves.
#[derive(Clone, Default)]
pub(super) struct Found {
    pub assets: Diagnostics,
    pub templates: Diagnostics,
    pub drawings: Diagnostics,
    pub plan: Diagnostics,
    pub views: Diagnostics,
}

impl Snapshot {
    /// Reads a site: the whole line up to pages. `before` is what an earlier reading left.
    pub fn new(
        files: Arc<dyn Files + Send + Sync>,
        settings: Settings,
        secrets: Option<Secrets>,
        before: &Before,
    ) -> Parsed<Arc<Snapshot>> {
        let mut diags = Diagnostics::default();
        let project = crate::project::load(&*files, &settings).take(&mut diags);
        let site = Snapshot::of(project, files, settings, secrets, before).take(&mut diags);
        Parsed { value: site, diags }
    }

    /// The line from the project on.
    pub fn of(
        project: Project,
        files: Arc<dyn Files + Send + Sync>,
        settings: Settings,
        secrets: Option<Secrets>,
        before: &Before,
    ) -> Parsed<Arc<Snapshot>> {
        let (content, assets_and_templates) = rayon::join(
            || content::read(&project, &*files, before),
            || {
                let templates = templates::read(&project, &*files, "templates", functions::register, None);
                (site::assets::read(&project, &*files), templates, cards::Drawings::read(&project, &*files))
            },
        );
        let content = content.value;
        let (assets, templates, drawings) = assets_and_templates;
        let plan = site::plan(&project, &content, &assets.value, &settings, secrets.as_ref());
        let now = settings.now.as_second();
        let links = |secrets| {
            let links = |m: &site::Magnet| plan.value.gates.links(secrets, &m.name, now);
            plan.value.magnets.iter().map(links).collect()
        };
        let links = secrets.as_ref().map(links).unwrap_or_default();
        let snapshot = Snapshot {
            site: Digest::ABSENT,
            cards: Blocks::default(),
            found: Found {
                assets: assets.diags,
                templates: templates.diags,
                drawings: drawings.diags,
                plan: plan.diags,
                views: Diagnostics::default(),
            },
            views: Views::default(),
            pages: OnceLock::new(),
            near: OnceLock::new(),
            partials: Partials::default(),
            stretches: Stretches::default(),
            sizes: RwLock::default(),
            related: Arc::default(),
            said: OnceLock::new(),
            project,
            content,
            plan: Arc::new(plan.value),
            assets: Arc::new(assets.value),
            templates: Arc::new(templates.value),
            drawings: drawings.value.map(Arc::new),
            settings,
            secrets,
            links: Arc::new(links),
            texts: Mutex::default(),
            files,
        };
        let site = Arc::new(snapshot.digested());
        Parsed { diags: site.findings(), value: site }
    }

    /// Computes what the others derive from.
    fn digested(mut self) -> Snapshot {
        self.site = self.site_digest();
        self.cards = self.no_cards();
        self.with_views(None)
    }

    /// Cards of which nobody asked yet.
    pub(super) fn no_cards(&self) -> Blocks<OnceLock<Digest>> {
        self.content.ids().map(|_| OnceLock::new()).collect()
    }

    /// The digest of what lists show of a text.
    pub(super) fn card_digest(&self, id: Id) -> Digest {
        *self.cards[id.0 as usize].get_or_init(|| self.digest_card(id))
    }

    /// Makes the views that every page shares, with what those of an earlier state have still.
    pub(super) fn with_views(mut self, kept: Option<Kept>) -> Snapshot {
        let mut diags = Diagnostics::default();
        let kept = kept.unwrap_or_else(|| Kept::nothing(&self));
        self.views = Views::new(&self, kept, &mut diags);
        self.found.views = diags;
        self
    }

    /// What was found wrong while the site was read, the project aside.
    pub fn findings(&self) -> Diagnostics {
        let Found { assets, templates, drawings, plan, views } = &self.found;
        let mut diags = self.content.findings();
        for found in [assets, templates, drawings, plan, views] {
            diags.extend(found.clone());
        }
        diags
    }

    /// Whether something of the site derives from the secret.
    pub fn needs_secret(&self) -> bool {
        self.plan.magnets.iter().any(|m| m.is_gated() && self.plan.path(m.id).is_some())
    }

    /// The links of a magnet; none without secrets.
    pub fn links(&self, id: Id) -> Option<&Links> {
        self.links.get(self.plan.magnets.iter().position(|m| m.id == id)?)
    }

    /// What links are looked up in.
    pub fn lookup(&self) -> Lookup<'_> {
        Lookup { project: &self.project, content: &self.content, plan: &self.plan, near: &self.near }
    }

    /// The body of a text.
    pub fn body(&self, id: Id) -> Arc<content::Body> {
        self.content.body(id, &*self.files)
    }

    /// The files of the site.
    pub fn files(&self) -> Arc<dyn Files + Send + Sync> {
        self.files.clone()
    }

    /// A file, to be read piece by piece.
    pub fn open(&self, path: &RelPath) -> std::io::Result<Box<dyn Pieces>> {
        self.files.open(path)
    }

    /// The bytes of a file.
    pub fn read(&self, path: &RelPath) -> std::io::Result<Vec<u8>> {
        self.files.read(path)
    }

    /// What the link `to`, written in `from`, leads to.
    pub fn resolve(&self, from: &RelPath, to: &str) -> Target {
        self.lookup().resolve(from, to)
    }

    /// Digest of the answer to a question.
    pub fn digest(&self, query: &Query) -> Digest {
        match query {
            Query::Site => self.site,
            Query::Article(id) => {
                Hasher::new("a").digest(self.content.article(*id).digest).digest(self.card_digest(*id)).finish()
            }
            Query::Card(id) => self.card_digest(*id),
            Query::List(select) => self.list_digest(select),
            Query::Total(of) => {
                let all = Select { of: of.clone(), skip: 0, take: u32::MAX };
                Hasher::new("total").number(self.select(&all).len() as u64).finish()
            }
            Query::Terms(tax) => self.terms_digest(*tax),
            Query::Term(term) => self.term_digest(*term),
            Query::Drawing(subject) => self.drawing_digest(*subject),
            Query::Url(link) => self.url_digest(&link.0, &link.1),
            Query::Offers(id) => {
                let mut hasher = Hasher::new("offers");
                let basis = self.plan.offer_basis(*id, &self.content);
                let path = |id: Id| self.content.article(id).path.as_str();
                for id in &basis.candidates {
                    hasher.text(path(*id));
                }
                for (placement, named) in &basis.on {
                    hasher.text(placement.name).text(named.map_or("", path));
                }
                hasher.text(&basis.variant);
                hasher.finish()
            }
            Query::Magnet(id) => self.magnet_digest(*id),
            Query::Keys(id) => self.keys_digest(*id),
            Query::MagnetNamed(name) => match self.plan.magnet_named(name) {
                Some(id) => self.magnet_digest(id),
                None => nothing(name, self.plan.magnets.iter().map(|m| &*m.name)),
            },
            Query::Campaign(name) => self.campaign_digest(name),
            Query::Data(name) => match self.data_path(name) {
                Some(path) => self.file_digest(&path),
                None => nothing(name, self.project.below("content/data").map(|(_, rest)| rest)),
            },
            Query::Asset(name) => match self.assets.get(name) {
                Some(asset) => Hasher::new("asset").text(&asset.path).text(&asset.integrity).finish(),
                None => nothing(name, self.assets.all().map(|a| &*a.name)),
            },
            Query::File(path) => self.file_digest(path),
            Query::Template(name) => match self.templates.get(name) {
                Some(template) => template.digest,
                None => nothing(name, self.templates.names()),
            },
            Query::Component(name) => {
                match self.templates.component(name).and_then(|c| self.templates.get(&c.template)) {
                    Some(template) => template.digest,
                    None => nothing(name, self.templates.component_names()),
                }
            }
            Query::Pages => *self.pages.get_or_init(|| self.pages_digest()),
            Query::Redirects => {
                let mut hasher = Hasher::new("redirects");
                for route in &self.plan.routes {
                    if let What::Redirect(to) = &route.what {
                        hasher.text(&route.path).text(to);
                    }
                }
                hasher.finish()
            }
            Query::Policy => {
                let mut hasher = Hasher::new("policy");
                hasher.text(&super::outputs::policy(self)).text(&super::outputs::header_paths(self).join("\n"));
                hasher.finish()
            }
            Query::Today => Hasher::new("today").text(&self.today()).finish(),
        }
    }

    /// The day of the build, in the site's zone, at midnight.
    pub fn today(&self) -> String {
        let zone = &self.project.config.zone;
        self.settings.now.to_zoned(zone.clone()).strftime("%Y-%m-%dT00:00:00%:z").to_string()
    }

    /// The articles of a list.
    pub fn select(&self, select: &Select) -> Vec<Id> {
        let plan = &self.plan;
        let all: Vec<Id> = match &select.of {
            Of::Around(id) => return self.around(*id).into_iter().flatten().collect(),
            Of::Related(id) => self.related(*id),
            Of::All => return window(&plan.order, select),
            Of::Section(dir) => return plan.sections.get(&**dir).map_or(Vec::new(), |s| window(&s.articles, select)),
            Of::Named(tax, name) => {
                let term = plan.taxonomies.named(*tax, name);
                return term.map_or(Vec::new(), |t| window(&plan.taxonomies.term(t).articles, select));
            }
            Of::Term(term) => return window(&plan.taxonomies.term(*term).articles, select),
        };
        window(&all, select)
    }

    fn related(&self, id: Id) -> Vec<Id> {
        let all = self.related.get_or_init(|| (0..self.content.articles.len()).map(|_| OnceLock::new()).collect());
        all[id.0 as usize].get_or_init(|| self.plan.related(id)).clone()
    }

    /// The article before and the one after, by date.
    pub fn around(&self, id: Id) -> [Option<Id>; 2] {
        let Some(at) = self.plan.position(id) else { return [None, None] };
        let order = &self.plan.order;
        [order.get(at as usize + 1).copied(), at.checked_sub(1).map(|i| order[i as usize])]
    }

    fn list_digest(&self, select: &Select) -> Digest {
        let mut hasher = Hasher::new("list");
        if let Of::Around(id) = select.of {
            for id in self.around(id) {
                hasher.digest(id.map_or(Digest::ABSENT, |id| self.card_digest(id)));
            }
            return hasher.finish();
        }
        for id in self.select(select) {
            hasher.digest(self.card_digest(id));
        }
        hasher.finish()
    }

    fn terms_digest(&self, tax: Tax) -> Digest {
        let mut hasher = Hasher::new("terms");
        for term in &self.plan.taxonomies.terms[usize::from(tax.0)] {
            hasher.text(&term.name).text(&term.slug).number(term.articles.len() as u64);
        }
        hasher.finish()
    }

    fn term_digest(&self, id: TermId) -> Digest {
        let term = self.plan.taxonomies.term(id);
        let mut hasher = Hasher::new("term");
        hasher.text(&term.name).text(&term.slug).number(term.articles.len() as u64);
        if let Some(author) = term.author.as_ref().and_then(|a| self.content.authors.get(a)) {
            hasher.digest(self.author_digest(author));
        }
        hasher.finish()
    }

    /// An author with the picture, whose size pages show.
    fn author_digest(&self, author: &Author) -> Digest {
        let mut hasher = Hasher::new("author");
        hasher.value(author);
        if let Some(((src, _), from)) = author.image.as_ref().zip(author.path.as_ref()) {
            hasher.digest(self.picture_digest(from, &src.value));
        }
        hasher.finish()
    }

    fn url_digest(&self, from: &RelPath, to: &str) -> Digest {
        self.target_digest(&self.resolve(from, to), from, to)
    }

    /// Digest of what a link leads to: of the answer to [`Query::Url`].
    pub(super) fn target_digest(&self, target: &Target, from: &RelPath, to: &str) -> Digest {
        match target {
            Target::Path(path, suffix) => Hasher::new("path").text(path).text(suffix).finish(),
            Target::Here(id) => Hasher::new("here").text(id).finish(),
            Target::External => Digest(1),
            Target::Withheld(_, why) => Hasher::new("withheld").text(why.name()).finish(),
            Target::Gated(_) => Digest(2),
            Target::Nothing => {
                // What it is said to resemble is part of the answer, as a link and as a picture.
                let similar = self.lookup().similar(from, to);
                let picture = nothing(to, self.pictures_near(from));
                Hasher::new("nothing").text(similar.as_deref().unwrap_or_default()).digest(picture).finish()
            }
        }
    }

    fn magnet_digest(&self, id: Id) -> Digest {
        let Some(magnet) = self.plan.magnet(id) else { return Digest::ABSENT };
        let article = self.content.article(id);
        let mut hasher = Hasher::new("magnet");
        hasher.digest(self.card_digest(id)).value(&article.front.kind).text(&magnet.name);
        hasher.text(magnet.gate.map_or("", |g| g.name())).number(self.plan.publish.part).number(magnet.state as u64);
        if let Some(standing) = self.plan.standing(id, &self.content).filter(|s| *s != id) {
            hasher.text(self.content.article(standing).path.as_str());
        }
        for file in &magnet.files {
            hasher.text(file.path.as_str()).number(file.size);
        }
        hasher.number(u64::from(magnet.is_gated()));
        if let Some(form) = magnet.form.map(|i| &self.plan.forms[i]) {
            hasher.text(&form.name).text(form.provider.name).text(&form.consent_version()).text(&form.button);
            hasher.text(&form.consent).value(&form.settings).value(&form.fields).value(&form.boxes);
            hasher.value(&form.attribution).value(&form.over);
        }
        if let Some(next) = &article.front.kind.thanks_next
            && let Target::Path(path, _) = self.resolve(&article.path, &next.value)
        {
            let next = self.plan.find(&path).map(|r| &self.plan.route(r).what);
            if let Some(What::Text(next, _)) = next {
                hasher.digest(self.card_digest(*next));
            }
        }
        hasher.finish()
    }

    fn campaign_digest(&self, name: &str) -> Digest {
        let Some(campaign) = self.content.campaigns.get(name) else { return Digest::ABSENT };
        let mut hasher = Hasher::new("campaign");
        hasher.text(&campaign.title).text(&campaign.call_to_action);
        hasher.text(self.plan.campaign_magnet(campaign).map_or("", |id| self.content.article(id).path.as_str()));
        for source in &campaign.sources {
            hasher.text(&source.variant.value).text(&source.source).text(&source.medium);
        }
        hasher.finish()
    }

    fn keys_digest(&self, id: Id) -> Digest {
        let Some(magnet) = self.plan.magnet(id) else { return Digest::ABSENT };
        let mut hasher = Hasher::new("keys");
        hasher.text(&magnet.name).number(self.plan.publish.part);
        if let Some((secrets, links)) = self.secrets.as_ref().zip(self.links(id)) {
            hasher.bytes(&secrets.now.fingerprint());
            for link in &links.live {
                hasher.bytes(&keys::slot_id(link));
            }
            hasher.number(links.live.len() as u64).bytes(&links.former.concat());
        }
        hasher.finish()
    }

    /// By its stamp where the file lies on a disk, else by its bytes.
    fn file_digest(&self, path: &RelPath) -> Digest {
        let Some(entry) = self.project.file(path) else { return Digest::ABSENT };
        let stamp = entry.stamp;
        if stamp.modified != 0 {
            return Hasher::new("stamp").value(&stamp).finish();
        }
        self.files.read(path).map_or(Digest::ABSENT, |bytes| Digest::of(&bytes))
    }

    pub(super) fn site_digest(&self) -> Digest {
        let mut hasher = Hasher::new(concat!("site ", env!("HUB_BUILD")));
        let config = &self.project.config;
        // By what it says: it is read each time.
        let said = self.files.read(&RelPath::new(SITE_TOML)).unwrap_or_default();
        hasher.bytes(&said).text(&config.base_url).text(&config.env);
        for (name, value) in &self.project.theme.options {
            hasher.text(name).value(value);
        }
        for (key, word) in &self.project.theme.words {
            hasher.text(key).text(word);
        }
        let site_toml = RelPath::new(SITE_TOML);
        for item in config.menu.iter().chain(&config.footer) {
            hasher.digest(self.url_digest(&site_toml, &item.to.value));
        }
        if let Some(author) = &config.author {
            let path = view::author_path(&author.value);
            hasher.number(u64::from(self.plan.find(&path).is_some()));
            if let Some(author) = self.content.authors.get(&author.value) {
                hasher.digest(self.author_digest(author));
            }
        }
        if let Some((image, _)) = &config.image {
            hasher.digest(self.picture_digest(&site_toml, &image.value));
        }
        hasher.finish()
    }

    fn digest_card(&self, id: Id) -> Digest {
        let article = self.content.article(id);
        let mut hasher = Hasher::new("card");
        hasher.digest(article.card).text(self.plan.path(id).map_or("", |p| p));
        hasher.number(u64::from(dates::is_scheduled(&article.front, self.settings.now.as_second())));
        for term in self.plan.taxonomies.all_of(id) {
            hasher.number(u64::from(term.0.0));
            let term_text = self.plan.taxonomies.term(*term);
            hasher.text(&term_text.slug).text(&term_text.name);
            if let Some(author) =
                term_text.author.as_ref().filter(|_| term.0 == AUTHORS).and_then(|a| self.content.authors.get(a))
            {
                hasher.digest(self.author_digest(author));
            }
        }
        for slot in &article.gist.summary.slots {
            match &slot.fill {
                content::Fill::Href(to) => hasher.digest(self.url_digest(&article.path, to)),
                content::Fill::Image(picture) => hasher.digest(self.picture_digest(&article.path, &picture.src)),
                _ => &mut hasher,
            };
        }
        if let Some(magnet) = self.plan.magnet(id).filter(|_| article.kind == content::Kind::Magnet) {
            hasher.text(magnet.kind.name()).number(magnet.state as u64).value(&article.front.kind.facts().start);
        }
        if let Some(image) = &article.front.image {
            hasher.digest(self.picture_digest(&article.path, &image.src.value));
        }
        hasher.finish()
    }

    fn picture_digest(&self, from: &RelPath, src: &str) -> Digest {
        let file = self.picture_file(from, src).map_or(Digest::ABSENT, |f| self.file_digest(&f));
        Hasher::new("picture").digest(self.url_digest(from, src)).digest(file).finish()
    }

    fn pages_digest(&self) -> Digest {
        let mut hasher = Hasher::new("pages");
        for route in self.plan.routes.iter().filter(|r| r.is_page()) {
            hasher.text(&route.path);
            if let What::Text(id, 1) = route.what {
                let front = &self.content.article(id).front;
                hasher.value(&(front.noindex, front.date, front.updated)).text(&front.title).text(&front.description);
            }
        }
        hasher.finish()
    }

    /// The files that may be meant where a text names a picture that is not there.
    pub(super) fn pictures_near<'a>(&'a self, from: &'a RelPath) -> impl Iterator<Item = &'a str> {
        self.project.below(from.dir()).map(|(_, rest)| rest).filter(|file| !file.ends_with(".md"))
    }

    /// The source file of a picture that is put out as it is.
    pub fn picture_file(&self, from: &RelPath, src: &str) -> Option<RelPath> {
        let Target::Path(path, _) = self.resolve(from, src) else { return None };
        match &self.plan.route(self.plan.find(&path)?).what {
            What::Copy(file) => Some(file.clone()),
            _ => None,
        }
    }

    /// Width and height of a picture of the site.
    pub fn size(&self, file: &RelPath) -> Option<Size> {
        if let Some(size) = self.sizes.read().ok().and_then(|s| s.get(file).copied()) {
            return size;
        }
        let size = self.files.read(file).ok().and_then(|bytes| super::picture::size(file, &bytes));
        if let Ok(mut sizes) = self.sizes.write() {
            sizes.insert(file.clone(), size);
        }
        size
    }

    /// The file behind a name in `content/data/`.
    pub fn data_path(&self, name: &str) -> Option<RelPath> {
        let path = RelPath::new("content/data").join(name)?;
        self.project.file(&path).map(|e| e.path.clone())
    }
}

/// The digest of there being nothing of a name: what has the nearest one is part of the answer.
fn nothing<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Digest {
    Hasher::new("nothing").text(crate::text::nearest(name, known).unwrap_or_default()).finish()
}

fn window(all: &[Id], select: &Select) -> Vec<Id> {
    all.iter().skip(select.skip as usize).take(select.take as usize).copied().collect()
}
