//! Project → Content: every text read on its own, in parallel, reusing what has not changed.

pub mod body;
pub mod facts;
pub mod front;
pub mod kinds;
pub mod markdown;
pub mod new;
mod people;
mod reread;

pub use body::{Body, Fill, Gist, Heading, Piece, Slot};
pub use facts::Facts;
pub use front::{Front, Moment};
pub use kinds::MagnetKind;
pub use people::{Author, Campaign, Source};

use crate::blocks::Blocks;
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::digest::{Digest, Hasher};
use crate::files::{Entry, Files, Reader, Stamp, as_text, read_text};
use crate::project::Project;
use crate::project::config::Config;
use crate::project::node::Table;
use crate::source::{RelPath, Span};
use front::Reading;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// The folder of content.
pub const CONTENT: &str = "content";

/// Texts or pages that a thread takes at once. Of more, the last ones would keep one thread busy while the others wait.
pub const AT_ONCE: usize = 16;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// `content/_index.md`.
    Home,
    /// `_index.md` of a folder.
    Section,
    /// A text in a section.
    Article,
    /// A text that stands alone: `content/about.md`.
    Page,
    /// A magnet's landing page.
    Magnet,
}

impl Kind {
    /// Its name, as templates see it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Home => "home",
            Kind::Section => "section",
            Kind::Article => "article",
            Kind::Page => "page",
            Kind::Magnet => "magnet",
        }
    }
}

/// The place of an article in [`Content::articles`]. It holds for one reading of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u32);

/// A text with front matter, its body apart. Kept from build to build.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Article {
    /// Its file.
    pub path: RelPath,
    /// What it is.
    pub kind: Kind,
    /// Digest of the file and of all that its reading depends on.
    pub digest: Digest,
    /// Digest of what lists show of it. Editing a body beyond its summary leaves it as it is.
    pub card: Digest,
    /// What its author says about it.
    pub front: Front,
    /// What lists need of its body.
    pub gist: Gist,
    /// Where the body begins, in bytes.
    pub text_at: u32,
    /// What was wrong with the file. Replayed as long as the file is the same.
    pub diags: Diagnostics,
}

impl Article {
    /// The folder that its own files lie in, if it is a bundle.
    pub fn bundle(&self) -> Option<&str> {
        (self.path.name() == "index.md").then(|| self.path.dir())
    }

    /// Its id within its folder: the name of its file, or of its folder.
    pub fn name(&self) -> &str {
        match self.bundle() {
            Some(dir) => &dir[dir.rfind('/').map_or(0, |i| i + 1)..],
            None => self.path.stem(),
        }
    }

    /// A section or home that has no file of its own.
    fn implied(path: RelPath, kind: Kind, title: String) -> Article {
        Article {
            digest: Hasher::new("implied").text(path.as_str()).text(&title).finish(),
            card: Hasher::new("implied card").text(path.as_str()).text(&title).finish(),
            path,
            kind,
            front: Front { title, ..Front::default() },
            gist: Gist::default(),
            text_at: 0,
            diags: Diagnostics::default(),
        }
    }
}

/// What an earlier reading left, by path.
pub type Before = FxHashMap<RelPath, (Stamp, Arc<Article>)>;

/// A body that nobody has asked for yet.
type Unclaimed = Mutex<Option<Arc<Body>>>;

/// Everything that was written.
pub struct Content {
    /// Texts in the order of their paths.
    pub articles: Blocks<Arc<Article>>,
    /// Authors by id.
    pub authors: BTreeMap<String, Author>,
    /// Campaigns by id.
    pub campaigns: BTreeMap<String, Campaign>,
    /// Files below `content` that are neither texts nor data.
    pub attachments: Arc<[RelPath]>,
    /// What was found that belongs to no single text.
    general: Diagnostics,
    /// Those that were read and not handed over yet, in the order of their ids.
    bodies: Vec<(Id, Unclaimed)>,
    /// The texts that something is wrong with.
    wrong: BTreeSet<Id>,
    by_path: Arc<FxHashMap<RelPath, Id>>,
    defaults: Arc<Defaults>,
    options: crate::project::config::Markdown,
    all_reused: bool,
}

impl Content {
    /// Whether every text was taken from `before` without a look at its file, and `before` had no other.
    pub fn all_reused(&self) -> bool {
        self.all_reused
    }

    /// What was wrong with what was written.
    pub fn findings(&self) -> Diagnostics {
        let of_texts = self.wrong.iter().flat_map(|id| self.article(*id).diags.0.iter().cloned());
        Diagnostics(self.general.0.iter().cloned().chain(of_texts).collect())
    }

    /// The text of an id.
    pub fn article(&self, id: Id) -> &Arc<Article> {
        &self.articles[id.0 as usize]
    }

    /// The text of a file.
    pub fn find(&self, path: &RelPath) -> Option<Id> {
        self.by_path.get(path).copied()
    }

    /// All ids, in the order of their paths.
    pub fn ids(&self) -> impl Iterator<Item = Id> + use<> {
        (0..self.articles.len() as u32).map(Id)
    }

    /// The body of a text, handed over: bodies are most of a site's memory, and nearly all are needed once. It is read
    /// again if it was handed over before, or if the article was taken from an earlier reading of the site.
    pub fn body(&self, id: Id, files: &dyn Files) -> Arc<Body> {
        let kept = || {
            let at = self.bodies.binary_search_by_key(&id, |(id, _)| *id).ok()?;
            self.bodies[at].1.lock().ok()?.take()
        };
        kept().unwrap_or_else(|| {
            let article = self.article(id);
            let mut lost = Diagnostics::default();
            let text = read_text(files, &article.path, &mut lost).unwrap_or_default();
            let text_at = (article.text_at as usize).min(text.len());
            let source = text.get(text_at..).unwrap_or_default();
            Arc::new(markdown::read(source, text_at, &article.path, &self.options).body)
        })
    }
}

/// Reads all texts. Files that `before` knows and whose stamp is the same are not opened.
pub fn read(project: &Project, files: &dyn Files, before: &Before) -> Parsed<Content> {
    let mut diags = Diagnostics::default();
    let config = &project.config;
    let salt = salt(config);
    let (texts, attachments): (Vec<_>, Vec<_>) = project
        .below(CONTENT)
        .filter(|(_, rest)| !["authors/", "campaigns/", "data/"].iter().any(|dir| rest.starts_with(dir)))
        .partition(|(entry, _)| entry.path.ext() == "md");
    let defaults = read_defaults(&texts, files, config, &mut diags);
    let opened = AtomicBool::new(false);
    let reader = files.reader();
    let read_one = |(entry, rest): &(&Entry, &str)| {
        let kind = kind_of(rest);
        let defaults = nearest_defaults(&defaults, entry.path.dir(), kind);
        let dates = project.history.0.get(&entry.path).copied();
        let salt = salt_of(salt, defaults, dates);
        if let Some((stamp, article)) = before.get(&entry.path)
            && *stamp == entry.stamp
            && *stamp != Stamp::default()
            && article.digest_is_of(salt)
        {
            return (article.clone(), Mutex::new(None));
        }
        opened.store(true, Ordering::Relaxed);
        read_article(entry, kind, &reader, config, salt, (defaults.map(|(_, t)| t), dates), before)
    };
    let read: Vec<_> = texts.par_iter().with_max_len(AT_ONCE).map(read_one).collect();
    let all_reused = !opened.into_inner() && read.len() == before.len();
    let (mut articles, mut bodies): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    for implied in implied(&articles) {
        articles.push(Arc::new(implied));
        bodies.push(Mutex::new(Some(Arc::new(Body::default()))));
    }
    let authors = people::authors(project, files, &mut diags);
    let campaigns = people::campaigns(project, files, &mut diags);
    let by_path = articles.iter().enumerate().map(|(i, a)| (a.path.clone(), Id(i as u32))).collect();
    let attachments = attachments.into_iter().map(|(e, _)| e.path.clone()).collect();
    let wrong = (0..).map(Id).zip(&articles).filter(|(_, a)| !a.diags.0.is_empty()).map(|(id, _)| id).collect();
    let content = Content {
        articles: articles.into_iter().collect(),
        authors,
        campaigns,
        attachments,
        general: diags,
        bodies: (0..).map(Id).zip(bodies).collect(),
        wrong,
        by_path: Arc::new(by_path),
        defaults: Arc::new(defaults),
        options: config.markdown.clone(),
        all_reused,
    };
    Parsed { diags: content.findings(), value: content }
}

/// Everything beside the file that a reading depends on.
fn salt(config: &Config) -> Digest {
    let zone = config.zone.iana_name().unwrap_or("");
    Hasher::new(concat!("article ", env!("HUB_BUILD"))).value(&config.markdown).text(zone).finish()
}

/// The salt of a text: what its section gives it and when it was committed are a part of its reading.
fn salt_of(salt: Digest, defaults: Option<&(Digest, Table)>, dates: Option<(i64, i64)>) -> Digest {
    let salt = defaults.map_or(salt, |(digest, _)| Hasher::new("defaults").digest(salt).digest(*digest).finish());
    dates.map_or(salt, |dates| Hasher::new("dates").digest(salt).value(&dates).finish())
}

impl Article {
    /// Whether the digest was made with this salt: its upper half is the salt's.
    fn digest_is_of(&self, salt: Digest) -> bool {
        self.digest.0 >> 96 == salt.0 >> 96
    }
}

/// 96 bits of the file, 32 of the salt, so that one can be asked about without the other.
fn salted(file: Digest, salt: Digest) -> Digest {
    Digest((salt.0 >> 96 << 96) | (Hasher::new("salted").digest(file).digest(salt).finish().0 >> 32))
}

fn kind_of(rest: &str) -> Kind {
    if rest == "_index.md" {
        Kind::Home
    } else if rest.ends_with("/_index.md") {
        Kind::Section
    } else if rest.starts_with("magnets/") {
        Kind::Magnet
    } else if !rest.contains('/') || (rest.ends_with("/index.md") && rest.matches('/').count() == 1) {
        Kind::Page
    } else {
        Kind::Article
    }
}

type Defaults = BTreeMap<String, (Digest, Table)>;

/// What sections give their articles; a key that no article could have is reported where it stands, and given to none.
fn read_defaults(texts: &[(&Entry, &str)], files: &dyn Files, config: &Config, diags: &mut Diagnostics) -> Defaults {
    let mut out = Defaults::new();
    for (entry, rest) in texts.iter().filter(|(e, _)| e.path.name() == "_index.md") {
        // Whatever is wrong with the file is reported when it is read as a text.
        let mut lost = Diagnostics::default();
        let Some(text) = read_text(files, &entry.path, &mut lost) else { continue };
        let mut table = front::as_table(front::split(&text, &entry.path, &mut lost).table.get("defaults"));
        table.0.retain(|pair| {
            let at = Span { file: entry.path.clone(), start: pair.0.start, end: pair.0.end };
            let mut alone = front::Split { table: Table(vec![pair.clone()]), at, text_at: 0 };
            let magnet = rest.starts_with("magnets/");
            let zone = &config.zone;
            let reading = Reading { what: "[defaults]", section: false, magnet, any_kind: true, zone, defaults: None };
            let mut wrong = Diagnostics::default();
            front::take(&mut alone, &entry.path, &reading, &mut wrong);
            let fits = wrong.is_empty();
            diags.extend(wrong);
            fits
        });
        if !table.0.is_empty() {
            out.insert(entry.path.dir().to_string(), (Hasher::new("defaults").value(&table).finish(), table));
        }
    }
    out
}

fn nearest_defaults<'a>(defaults: &'a Defaults, dir: &str, kind: Kind) -> Option<&'a (Digest, Table)> {
    if !matches!(kind, Kind::Article | Kind::Magnet) {
        return None;
    }
    let mut dir = dir;
    loop {
        if let Some(found) = defaults.get(dir) {
            return Some(found);
        }
        dir = &dir[..dir.rfind('/')?];
    }
}

fn read_article(
    entry: &Entry,
    kind: Kind,
    reader: &Reader<'_>,
    config: &Config,
    salt: Digest,
    (defaults, dates): (Option<&Table>, Option<(i64, i64)>),
    before: &Before,
) -> (Arc<Article>, Mutex<Option<Arc<Body>>>) {
    let path = &entry.path;
    let mut diags = Diagnostics::default();
    let source = as_text(reader(path), path, &mut diags).unwrap_or_default();
    let digest = salted(Digest::of(source.as_bytes()), salt);
    if diags.is_empty()
        && let Some((_, article)) = before.get(path).filter(|(_, a)| a.digest == digest)
    {
        return (article.clone(), Mutex::new(None));
    }
    let mut split = front::split(&source, path, &mut diags);
    let what = match kind {
        Kind::Home | Kind::Section => "the front matter of a section",
        Kind::Article => "the front matter of an article",
        Kind::Page => "the front matter of a page",
        Kind::Magnet => "the front matter of a magnet",
    };
    let reading = Reading {
        what,
        section: matches!(kind, Kind::Home | Kind::Section),
        magnet: kind == Kind::Magnet,
        any_kind: false,
        zone: &config.zone,
        defaults,
    };
    let readable = diags.is_empty();
    let mut front = front::take(&mut split, path, &reading, &mut diags);
    if let Some(dates) = dates.filter(|_| matches!(kind, Kind::Article | Kind::Page | Kind::Magnet)) {
        front.committed(dates);
    }
    if front.title.is_empty() && readable && kind != Kind::Home {
        let d = Diagnostic::new(codes::NO_TITLE, format!("`{path}` has no title"));
        diags.push(d.at(split.at.clone()).help("add `title = \"…\"` to its front matter"));
    }
    let text = markdown::read(&source[split.text_at..], split.text_at, path, &config.markdown);
    diags.extend(text.diags);
    let article = Article {
        path: path.clone(),
        kind,
        digest,
        card: card_digest(&front, &text.gist),
        front,
        gist: text.gist,
        text_at: split.text_at as u32,
        diags,
    };
    (Arc::new(article), Mutex::new(Some(Arc::new(text.body))))
}

fn card_digest(front: &Front, gist: &Gist) -> Digest {
    let Front { title, description, date, updated, publish, draft, stage, image, extra, .. } = front;
    let mut hasher = Hasher::new("card");
    hasher.text(title).text(description).value(&(date, updated, publish, draft)).value(&(stage, image, extra));
    hasher.value(&gist.summary).number(u64::from(gist.minutes())).finish()
}

/// The home, and a section for every top folder of articles, where the author wrote none.
fn implied(articles: &[Arc<Article>]) -> Vec<Article> {
    let mut out = Vec::new();
    let has = |path: &str| articles.iter().any(|a| a.path.as_str() == path);
    let home = format!("{CONTENT}/_index.md");
    if !has(&home) {
        out.push(Article::implied(RelPath::new(home), Kind::Home, String::new()));
    }
    let mut tops: Vec<&str> = articles
        .iter()
        .filter(|a| matches!(a.kind, Kind::Article | Kind::Magnet))
        .filter_map(|a| a.path.below(CONTENT)?.split('/').next())
        .collect();
    tops.sort_unstable();
    tops.dedup();
    for top in tops {
        let path = format!("{CONTENT}/{top}/_index.md");
        if !has(&path) {
            let mut title = top.replace(['-', '_'], " ");
            if let Some(first) = title.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            out.push(Article::implied(RelPath::new(path), Kind::Section, title));
        }
    }
    out
}
