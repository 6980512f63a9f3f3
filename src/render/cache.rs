//! What is remembered from build to build. The law: with any cache, or none, the same sources give the same bytes and
//! the same findings.
//!
//! The file holds what texts said, by path and stamp, and the trace of every page. It may be deleted at any moment; one that
//! cannot be read, or was written by another version of hub, is as good as none.

use crate::content::{Article, Before, Id};
use crate::diag::Diagnostics;
use crate::digest::{Digest, Hasher, Seal};
use crate::files::Stamp;
use crate::render::Snapshot;
use crate::site::query::{Of, Query, Select, Trace};
use crate::site::{RouteId, Subject, Tax, TermId};
use crate::source::RelPath;
use crate::store;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A question as it is stored: by names, which outlive the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Asked {
    Site,
    Article(u32),
    Card(u32),
    List(Stored, u32, u32),
    Total(Stored),
    Terms(u8),
    Term(u8, String),
    Drawing(u32),
    TermDrawing(u8, String),
    Url(u32, String),
    Offers(u32),
    Magnet(u32),
    Keys(u32),
    MagnetNamed(String),
    Campaign(String),
    Data(String),
    Asset(String),
    File(u32),
    Template(String),
    Component(String),
    Pages,
    Redirects,
    Policy,
    Today,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Stored {
    All,
    Section(String),
    Term(u8, String),
    Around(u32),
    Related(u32),
    Named(u8, String),
}

/// A page as it is stored: numbers are places in the tables.
#[derive(Deserialize)]
struct StoredPage {
    path: String,
    identity: u64,
    asked: Vec<u32>,
    answers: Digest,
    output: Seal,
    len: u64,
    links: Vec<u32>,
    parts: Vec<Arc<str>>,
    ids: Vec<u32>,
    diags: Diagnostics,
}

/// The same, as it is written: nothing is copied.
#[derive(Serialize)]
struct Storing<'a> {
    path: &'a str,
    identity: u64,
    asked: Vec<u32>,
    answers: Digest,
    output: Seal,
    len: u64,
    links: Vec<u32>,
    parts: &'a [Arc<str>],
    ids: &'a [u32],
    diags: &'a Diagnostics,
}

#[derive(Default, Serialize, Deserialize)]
struct Tables {
    paths: Vec<RelPath>,
    asked: Vec<Asked>,
    links: Vec<Arc<str>>,
}

/// The traces of an earlier build.
#[derive(Default)]
pub struct Cache {
    pages: FxHashMap<Arc<str>, Known>,
}

/// A page of an earlier build.
struct Known {
    identity: u64,
    /// Whether every question has the answer that it had.
    holds: bool,
    trace: Arc<Trace>,
}

impl Cache {
    /// The trace of the page at a path, if the same stood there and every question still has the same answer.
    pub fn trace(&self, path: &str, identity: u64) -> Option<Arc<Trace>> {
        let known = self.pages.get(path)?;
        (known.identity == identity && known.holds).then(|| known.trace.clone())
    }

    /// How many pages are remembered.
    pub fn len(&self) -> usize {
        self.pages.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }
}

/// The cache's two files, read but not yet joined to a snapshot.
#[derive(Default)]
pub struct Read {
    /// What texts said.
    pub before: Before,
    tables: Tables,
    pages: Vec<StoredPage>,
    /// Whether there was a file that could not be used.
    pub lost: bool,
}

/// Another build of hub may render the same answers to other bytes.
const FORMAT: &str = concat!("hub cache ", env!("HUB_BUILD"), "\n");

const ARTICLES: &str = "articles";
const PAGES: &str = "pages";

/// Reads the cache below `dir`. Whatever cannot be used is left out.
pub fn read(dir: &Path) -> Read {
    let (articles, pages) = rayon::join(
        || parts::<(Stamp, Arc<Article>)>(&dir.join(ARTICLES), 0),
        || parts::<StoredPage>(&dir.join(PAGES), 1),
    );
    let lost = articles.is_err() || pages.is_err();
    let (articles, pages) = (articles.unwrap_or_default(), pages.unwrap_or_default());
    let before = articles.1.into_iter().map(|(stamp, a)| (a.path.clone(), (stamp, a))).collect();
    match pages.0.first().map(|tables| postcard::from_bytes(tables)) {
        Some(Ok(tables)) => Read { before, tables, pages: pages.1, lost },
        Some(Err(_)) => Read { before, lost: true, ..Read::default() },
        None => Read { before, lost, ..Read::default() },
    }
}

/// What a file of the cache holds: its first parts as they are, and the lists of values in the others.
type Parts<T> = (Vec<Vec<u8>>, Vec<T>);

fn parts<T: for<'a> Deserialize<'a> + Send>(path: &Path, head: usize) -> io::Result<Parts<T>> {
    let Some(mut parts) = store::open_parts(path, FORMAT)? else { return Ok((Vec::new(), Vec::new())) };
    let lists = parts.split_off(head.min(parts.len()));
    let lists: Result<Vec<Vec<T>>, _> = lists.par_iter().map(|part| postcard::from_bytes(part)).collect();
    let lists = lists.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    Ok((parts, lists.into_iter().flatten().collect()))
}

/// Lists of values, written by several threads.
fn lists<T: Serialize + Sync>(values: &[T]) -> impl Iterator<Item = Vec<u8>> {
    const EACH: usize = 512;
    let written: Vec<Vec<u8>> = values.par_chunks(EACH).map(|c| postcard::to_stdvec(c).unwrap_or_default()).collect();
    written.into_iter()
}

impl Read {
    /// Joins what was read to a snapshot: names become ids again, and every question is asked again, once for all pages
    /// that asked it. A page that asked about something that is gone is forgotten.
    pub fn join(self, site: &Snapshot) -> Cache {
        let ids: Vec<Option<Id>> = self.tables.paths.iter().map(|p| site.content.find(p)).collect();
        let resolve = Resolve { site, ids, paths: &self.tables.paths };
        let again = |asked: Asked| {
            let query = resolve.query(asked)?;
            let answer = site.digest(&query);
            Some((query, answer))
        };
        let asked: Vec<Option<(Query, Digest)>> = self.tables.asked.into_par_iter().map(again).collect();
        let links: Vec<Result<RouteId, Arc<str>>> =
            self.tables.links.into_iter().map(|path| site.plan.find(&path).ok_or(path)).collect();
        let page = |page: StoredPage| {
            let mut queries = Vec::with_capacity(page.asked.len());
            let mut answers = Hasher::default();
            for number in &page.asked {
                let (query, answer) = asked.get(*number as usize)?.as_ref()?;
                queries.push(query.clone());
                answers.digest(*answer);
            }
            let holds = answers.finish() == page.answers;
            let (mut to, mut parts) = (Vec::with_capacity(page.links.len()), page.parts);
            for link in page.links.iter().filter_map(|i| links.get(*i as usize)) {
                match link {
                    Ok(route) => to.push(*route),
                    // What was there is gone.
                    Err(path) => parts.push(path.clone()),
                }
            }
            let (answers, output, len, ids, diags) = (page.answers, page.output, page.len, page.ids, page.diags);
            let trace = Arc::new(Trace { asked: queries, answers, output, len, links: to, parts, ids, diags });
            Some((Arc::from(page.path), Known { identity: page.identity, holds, trace }))
        };
        Cache { pages: self.pages.into_par_iter().filter_map(page).collect() }
    }
}

struct Resolve<'a> {
    site: &'a Snapshot,
    ids: Vec<Option<Id>>,
    paths: &'a [RelPath],
}

impl Resolve<'_> {
    fn query(&self, asked: Asked) -> Option<Query> {
        let id = |i: u32| *self.ids.get(i as usize)?;
        let path = |i: u32| self.paths.get(i as usize).cloned();
        Some(match asked {
            Asked::Site => Query::Site,
            Asked::Article(i) => Query::Article(id(i)?),
            Asked::Card(i) => Query::Card(id(i)?),
            Asked::List(of, skip, take) => Query::List(Arc::new(Select { of: self.of(of)?, skip, take })),
            Asked::Total(of) => Query::Total(self.of(of)?),
            Asked::Terms(tax) => Query::Terms(Tax(tax)),
            Asked::Term(tax, slug) => Query::Term(self.term(tax, &slug)?),
            Asked::Drawing(i) => Query::Drawing(Subject::Text(id(i)?)),
            Asked::TermDrawing(tax, slug) => Query::Drawing(Subject::Term(self.term(tax, &slug)?)),
            Asked::Url(i, to) => Query::Url(Arc::new((path(i)?, to))),
            Asked::Offers(i) => Query::Offers(id(i)?),
            Asked::Magnet(i) => Query::Magnet(id(i)?),
            Asked::Keys(i) => Query::Keys(id(i)?),
            Asked::MagnetNamed(name) => Query::MagnetNamed(name.into()),
            Asked::Campaign(name) => Query::Campaign(name.into()),
            Asked::Data(name) => Query::Data(name.into()),
            Asked::Asset(name) => Query::Asset(name.into()),
            Asked::File(i) => Query::File(path(i)?),
            Asked::Template(name) => Query::Template(name.into()),
            Asked::Component(name) => Query::Component(name.into()),
            Asked::Pages => Query::Pages,
            Asked::Redirects => Query::Redirects,
            Asked::Policy => Query::Policy,
            Asked::Today => Query::Today,
        })
    }

    fn of(&self, of: Stored) -> Option<Of> {
        let id = |i: u32| *self.ids.get(i as usize)?;
        Some(match of {
            Stored::All => Of::All,
            Stored::Section(dir) => Of::Section(dir.into()),
            Stored::Term(tax, slug) => Of::Term(self.term(tax, &slug)?),
            Stored::Around(i) => Of::Around(id(i)?),
            Stored::Related(i) => Of::Related(id(i)?),
            Stored::Named(tax, name) => Of::Named(Tax(tax), name.into()),
        })
    }

    fn term(&self, tax: u8, slug: &str) -> Option<TermId> {
        let terms = self.site.plan.taxonomies.terms.get(usize::from(tax))?;
        let at = terms.binary_search_by(|t| t.slug.as_str().cmp(slug)).ok()?;
        Some(TermId(Tax(tax), at as u32))
    }
}

/// Numbers for values, in the order they come.
struct Intern<T> {
    known: FxHashMap<T, u32>,
    all: Vec<T>,
}

impl<T> Default for Intern<T> {
    fn default() -> Intern<T> {
        Intern { known: FxHashMap::default(), all: Vec::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Intern<T> {
    fn get(&mut self, value: &T) -> u32 {
        if let Some(&i) = self.known.get(value) {
            return i;
        }
        let i = self.all.len() as u32;
        self.known.insert(value.clone(), i);
        self.all.push(value.clone());
        i
    }
}

/// Numbers for the routes that pages lead to.
#[derive(Default)]
struct Links {
    numbers: Vec<Option<u32>>,
    paths: Vec<Arc<str>>,
}

impl Links {
    fn number(&mut self, site: &Snapshot, route: RouteId) -> u32 {
        let at = route.0 as usize;
        if self.numbers.len() <= at {
            self.numbers.resize(site.routes().len(), None);
        }
        let paths = &mut self.paths;
        *self.numbers[at].get_or_insert_with(|| {
            paths.push(site.plan.route(route).path.clone());
            paths.len() as u32 - 1
        })
    }
}

/// A file that changed a moment ago may change again without its stamp telling; it is read next time.
const MOMENT: i64 = 50_000_000;
/// File systems without fractions of seconds.
const COARSE: i64 = 2_000_000_000;

/// Whether a stamp tells if its file has changed since; `read_at` is in nanoseconds since 1970.
pub fn settled(stamp: &Stamp, read_at: i64) -> bool {
    let newest = stamp.modified.max(stamp.changed);
    let margin = if stamp.modified % 1_000_000_000 == 0 { COARSE } else { MOMENT };
    newest.saturating_add(margin) < read_at
}

/// Writes the cache below `dir`. `read_at` is when the sources were listed, in nanoseconds since 1970.
pub fn write(dir: &Path, site: &Snapshot, pages: &[(Arc<str>, u64, Arc<Trace>)], read_at: i64) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    let (articles, pages) = rayon::join(|| write_articles(dir, site, read_at), || write_pages(dir, site, pages));
    articles.and(pages)
}

fn write_articles(dir: &Path, site: &Snapshot, read_at: i64) -> io::Result<()> {
    let stamped = site.content.articles.iter().filter_map(|article| {
        let stamp = site.project.file(&article.path)?.stamp;
        let unreadable = article.diags.0.iter().any(|d| d.code == crate::diag::codes::UNREADABLE);
        let stamp = if settled(&stamp, read_at) && !unreadable { stamp } else { Stamp::default() };
        Some((stamp, article.clone()))
    });
    let stamped: Vec<_> = stamped.collect();
    store::save_parts(&dir.join(ARTICLES), FORMAT, &lists(&stamped).collect::<Vec<_>>())
}

fn write_pages(dir: &Path, site: &Snapshot, pages: &[(Arc<str>, u64, Arc<Trace>)]) -> io::Result<()> {
    let mut paths = Intern::default();
    let mut links = Links::default();
    let mut queries: FxHashMap<&Query, u32> = FxHashMap::default();
    let mut asked: Vec<Asked> = Vec::new();
    let mut stored = Vec::with_capacity(pages.len());
    for (path, identity, trace) in pages {
        // Not what was found by looking at the world, which may be another the next time.
        if trace.diags.0.iter().any(|d| d.code == crate::diag::codes::UNREADABLE) {
            continue;
        }
        let mut numbers = Vec::with_capacity(trace.asked.len());
        for query in &trace.asked {
            let number = match queries.get(query) {
                Some(&i) => i,
                None => {
                    asked.push(stored_query(site, query, &mut paths));
                    queries.insert(query, asked.len() as u32 - 1);
                    asked.len() as u32 - 1
                }
            };
            numbers.push(number);
        }
        stored.push(Storing {
            path,
            identity: *identity,
            asked: numbers,
            answers: trace.answers,
            output: trace.output,
            len: trace.len,
            links: trace.links.iter().map(|l| links.number(site, *l)).collect(),
            parts: &trace.parts,
            ids: &trace.ids,
            diags: &trace.diags,
        });
    }
    let tables = Tables { paths: paths.all, asked, links: links.paths };
    let tables = postcard::to_stdvec(&tables).map_err(io::Error::other)?;
    let parts: Vec<Vec<u8>> = std::iter::once(tables).chain(lists(&stored)).collect();
    store::save_parts(&dir.join(PAGES), FORMAT, &parts)
}

fn stored_query(site: &Snapshot, query: &Query, paths: &mut Intern<RelPath>) -> Asked {
    match query {
        Query::Site => Asked::Site,
        Query::Article(i) => Asked::Article(article(site, *i, paths)),
        Query::Card(i) => Asked::Card(article(site, *i, paths)),
        Query::List(select) => Asked::List(stored_of(site, &select.of, paths), select.skip, select.take),
        Query::Total(of) => Asked::Total(stored_of(site, of, paths)),
        Query::Terms(tax) => Asked::Terms(tax.0),
        Query::Term(t) => {
            let (tax, slug) = term(site, *t);
            Asked::Term(tax, slug)
        }
        Query::Drawing(Subject::Text(i)) => Asked::Drawing(article(site, *i, paths)),
        Query::Drawing(Subject::Term(t)) => {
            let (tax, slug) = term(site, *t);
            Asked::TermDrawing(tax, slug)
        }
        Query::Url(link) => Asked::Url(paths.get(&link.0), link.1.clone()),
        Query::Offers(i) => Asked::Offers(article(site, *i, paths)),
        Query::Magnet(i) => Asked::Magnet(article(site, *i, paths)),
        Query::Keys(i) => Asked::Keys(article(site, *i, paths)),
        Query::MagnetNamed(name) => Asked::MagnetNamed(name.to_string()),
        Query::Campaign(name) => Asked::Campaign(name.to_string()),
        Query::Data(name) => Asked::Data(name.to_string()),
        Query::Asset(name) => Asked::Asset(name.to_string()),
        Query::File(path) => Asked::File(paths.get(path)),
        Query::Template(name) => Asked::Template(name.to_string()),
        Query::Component(name) => Asked::Component(name.to_string()),
        Query::Pages => Asked::Pages,
        Query::Redirects => Asked::Redirects,
        Query::Policy => Asked::Policy,
        Query::Today => Asked::Today,
    }
}

fn article(site: &Snapshot, id: Id, paths: &mut Intern<RelPath>) -> u32 {
    paths.get(&site.content.article(id).path)
}

fn term(site: &Snapshot, id: TermId) -> (u8, String) {
    (id.0.0, site.plan.taxonomies.term(id).slug.clone())
}

fn stored_of(site: &Snapshot, of: &Of, paths: &mut Intern<RelPath>) -> Stored {
    match of {
        Of::All => Stored::All,
        Of::Section(dir) => Stored::Section(dir.to_string()),
        Of::Term(t) => {
            let (tax, slug) = term(site, *t);
            Stored::Term(tax, slug)
        }
        Of::Around(i) => Stored::Around(article(site, *i, paths)),
        Of::Related(i) => Stored::Related(article(site, *i, paths)),
        Of::Named(tax, name) => Stored::Named(tax.0, name.to_string()),
    }
}
