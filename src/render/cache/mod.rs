//! What is remembered from build to build. The law: with any cache, or none, the same sources give the same bytes and
//! the same findings.
//!
//! It holds what texts said, by path and stamp, and the trace of every page, in two layers: all of it, and what is another since that
//! was written. It may be deleted at any moment; what cannot be read, or was written by another version of hub, is as good as none.

mod stored;

use crate::content::{Article, Before, Id};
use crate::diag::codes;
use crate::digest::{Digest, Hasher};
use crate::files::Stamp;
use crate::render::Snapshot;
use crate::site::query::{Everybody, Query, Trace};
use crate::site::{self, RouteId};
use crate::source::RelPath;
use crate::store;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;
use std::sync::Arc;
use stored::{Asked, Links, Paths, Resolve, StoredPage, StoredText, Storing, Tables, stored_query};

/// The traces of an earlier build.
#[derive(Default)]
pub struct Cache {
    pages: FxHashMap<Arc<str>, Known>,
    before: Before,
    /// The texts of the upper layer.
    since: FxHashSet<RelPath>,
    /// The checksum of the lower layer's pages, where it can be built on.
    base: Option<Digest>,
}

/// A page of an earlier build.
struct Known {
    identity: u64,
    /// Whether every question has the answer that it had.
    holds: bool,
    /// Whether it is of the upper layer.
    since: bool,
    trace: Arc<Trace>,
}

/// What the pages of a cache were made of: as long as it is the same, so is every answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Digest of all sources, and of whatever else pages depend on, but for the time.
    pub sources: Digest,
    /// Seconds since 1970: before, it may have been another site.
    pub since: i64,
    /// Seconds since 1970: from then on it is another site.
    pub until: Option<i64>,
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

/// A layer, as it was read.
struct Layer {
    texts: Lists<StoredText>,
    pages: Pages,
    /// The checksum of the file of pages.
    digest: Digest,
}

/// What a file of pages holds.
#[derive(Default)]
struct Pages {
    tables: Tables,
    /// A list of [`Asked`], not read yet: where only texts changed, hardly anybody needs it.
    asked: Vec<u8>,
    lists: Lists<StoredPage>,
}

/// The cache's files, read but not yet joined to a snapshot.
#[derive(Default)]
pub struct Read {
    /// What texts said.
    pub before: Before,
    since: FxHashSet<RelPath>,
    base: Option<Digest>,
    /// The lower one first.
    layers: Vec<Pages>,
    /// Whether there was a file that could not be used.
    pub lost: bool,
}

/// Another build of hub may render the same answers to other bytes.
const FORMAT: &str = concat!("hub cache ", env!("HUB_BUILD"), "\n");

/// The files of a layer: texts, and pages.
const BASE: (&str, &str) = ("articles", "pages");
/// Those of the upper one.
const SINCE: (&str, &str) = ("since-articles", "since-pages");

/// Reads the cache below `dir`. Whatever cannot be used is left out.
pub fn read(dir: &Path) -> Read {
    let (base, since) = rayon::join(|| layer(dir, BASE), || layer(dir, SINCE));
    let mut read = Read { lost: base.is_err() || since.is_err(), ..Read::default() };
    // The upper layer says only what is another.
    let Some(base) = base.ok().flatten() else { return read };
    read.base = Some(base.digest).filter(|_| !read.lost);
    read.before.reserve(base.texts.iter().map(Vec::len).sum());
    read.before.extend(by_path(base.texts));
    read.layers.push(base.pages);
    // Where files were restored, it may lie on another lower layer than its own.
    if let Some(since) = since.ok().flatten().filter(|since| since.pages.tables.base == Some(base.digest)) {
        read.since = since.texts.iter().flatten().map(|StoredText(_, a)| a.path.clone()).collect();
        read.before.extend(by_path(since.texts));
        read.layers.push(since.pages);
    }
    read
}

fn by_path(texts: Lists<StoredText>) -> impl Iterator<Item = (RelPath, (Stamp, Arc<Article>))> {
    texts.into_iter().flatten().map(|StoredText(stamp, article)| (article.path.clone(), (stamp, article)))
}

fn layer(dir: &Path, (articles, pages): (&str, &str)) -> io::Result<Option<Layer>> {
    let (articles, pages) = rayon::join(
        || store::read_parts(&dir.join(articles), FORMAT, |_, list| store::value_of(list)),
        || read_pages(&dir.join(pages)),
    );
    let (texts, pages) = (articles?.map(|(_, texts)| texts).unwrap_or_default(), pages?);
    Ok(pages.map(|(digest, pages)| Layer { texts, pages, digest }))
}

/// A part of a file of pages.
enum Part {
    Tables(Box<Tables>),
    Asked(Vec<u8>),
    Pages(Vec<StoredPage>),
}

/// What a file of pages holds, with its checksum.
fn read_pages(file: &Path) -> io::Result<Option<(Digest, Pages)>> {
    let part = |i, part: Vec<u8>| match i {
        0 => store::value_of(part).map(|tables| Part::Tables(Box::new(tables))),
        1 => Ok(Part::Asked(part)),
        _ => store::value_of(part).map(Part::Pages),
    };
    let Some((digest, parts)) = store::read_parts(file, FORMAT, part)? else { return Ok(None) };
    let mut pages = Pages::default();
    for part in parts {
        match part {
            Part::Tables(tables) => pages.tables = *tables,
            Part::Asked(asked) => pages.asked = asked,
            Part::Pages(list) => pages.lists.push(list),
        }
    }
    Ok(Some((digest, pages)))
}

/// A long list in parts, as it is stored.
type Lists<T> = Vec<Vec<T>>;

/// Lists of values, written by several threads.
fn lists<T: Serialize + Sync>(values: &[T]) -> Vec<Vec<u8>> {
    const EACH: usize = 512;
    /// Bytes of most values, at most. Room that stays empty costs nothing; what outgrows it is moved.
    const ROOM: usize = 1 << 10;
    let list = |chunk: &[T]| postcard::to_extend(chunk, Vec::with_capacity(chunk.len() * ROOM)).unwrap_or_default();
    values.par_chunks(EACH).map(list).collect()
}

impl Read {
    /// What the pages were made of, where it is known.
    pub fn state(&self) -> Option<State> {
        self.layers.last()?.tables.state
    }

    /// The texts that were read again, as ids, where only those who read their own pages can tell; none if somebody else can.
    pub fn in_place(&self, site: &Snapshot, texts: &[RelPath]) -> Option<Vec<Id>> {
        let id = |path: &RelPath| {
            let id = site.content.find(path)?;
            let (_, before) = self.before.get(path)?;
            site.content.article(id).stands_as(before).then_some(id)
        };
        texts.iter().map(id).collect()
    }

    /// Joins what was read to a snapshot: names become ids again, and every question is asked again, once for all pages
    /// that asked it. A page that asked about something that is gone is forgotten.
    ///
    /// Where it is known that nothing changed but the bodies of some texts, nothing is asked.
    pub fn join(self, site: &Arc<Snapshot>, in_place: Option<&[Id]>) -> Cache {
        let mut pages = FxHashMap::default();
        for (i, layer) in self.layers.into_iter().enumerate() {
            pages.par_extend(known(site, layer, i > 0, in_place));
        }
        Cache { pages, before: self.before, since: self.since, base: self.base }
    }
}

/// The pages of a layer, joined to a snapshot.
fn known(
    site: &Arc<Snapshot>,
    Pages { tables, asked, lists }: Pages,
    since: bool,
    in_place: Option<&[Id]>,
) -> Vec<(Arc<str>, Known)> {
    let ids: Vec<Option<Id>> = tables.paths.par_iter().map(|p| site.content.find(p)).collect();
    let links: Vec<Result<RouteId, Arc<str>>> =
        tables.links.into_par_iter().map(|path| site.plan.find(&path).ok_or(path)).collect();
    // The places of the questions that have another answer, where it is known which.
    let changed: Option<FxHashSet<u32>> = in_place.map(|texts| {
        let is_changed = |text: u32| ids.get(text as usize).copied().flatten().is_some_and(|id| texts.contains(&id));
        tables.bodies.iter().filter(|(_, text)| is_changed(*text)).map(|(place, _)| *place).collect()
    });
    let resolve = Resolve { site: site.clone(), ids, paths: tables.paths };
    let read = move || store::value::<Vec<Asked>>(&asked).unwrap_or_default();
    let (everybody, answers) = match in_place {
        Some(_) => {
            // By one thread: it may be asked for where others wait for it.
            let all = move || read().into_iter().map(|asked| resolve.query(asked)).collect();
            (Everybody::new(tables.today, all), Vec::new())
        }
        None => {
            let again = |asked| resolve.query(asked).map(|query| (site.digest(&query), query)).unzip();
            let (answers, all): (Vec<Option<Digest>>, Vec<Option<Query>>) = read().into_par_iter().map(again).unzip();
            (Everybody::new(tables.today, || all), answers)
        }
    };
    let everybody = Arc::new(everybody);
    let page = |page: StoredPage| {
        let holds = match &changed {
            Some(changed) => !page.asked.iter().any(|place| changed.contains(place)),
            None => {
                let mut all = Hasher::default();
                for place in &page.asked {
                    all.digest((*answers.get(*place as usize)?)?);
                }
                all.finish() == page.answers
            }
        };
        let mut parts = page.parts;
        let route = |link: u32| match links.get(link as usize)? {
            Ok(route) => Some(*route),
            // What was there is gone.
            Err(path) => {
                parts.push(path.clone());
                None
            }
        };
        let links = page.links.into_iter().filter_map(route).collect();
        let (answers, output, len, ids, diags) = (page.answers, page.output, page.len, page.ids, page.diags);
        let asked = site::query::Asked::Among(everybody.clone(), page.asked);
        let trace = Arc::new(Trace { asked, answers, output, len, links, parts, ids, diags });
        Some((page.path, Known { identity: page.identity, holds, since, trace }))
    };
    lists.into_par_iter().flat_map_iter(|list| list.into_iter().filter_map(page)).collect()
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

/// A page to be remembered: its path, what stands there, its trace.
pub type Page = (Arc<str>, u64, Arc<Trace>);

impl Cache {
    /// Writes the cache below `dir`: what is another than below, or all of it. `read_at` is when the sources were listed, in
    /// nanoseconds since 1970.
    pub fn write(
        &self,
        dir: &Path,
        site: &Snapshot,
        pages: &[Page],
        state: Option<State>,
        read_at: i64,
    ) -> io::Result<()> {
        std::fs::create_dir_all(dir)?;
        let texts = stamped(site, read_at);
        // Not what was found by looking at the world, which may be another the next time.
        let lasting = |(_, _, trace): &Page| trace.diags.0.iter().all(|d| d.code != codes::UNREADABLE);
        let kept: Vec<&Page> = pages.iter().filter(|page| lasting(page)).collect();
        if let Some((texts, pages)) = self.changes(&texts, &kept).filter(|_| kept.len() == pages.len()) {
            return write_layer(dir, SINCE, site, (&texts, &pages), (state, self.base));
        }
        for file in [SINCE.0, SINCE.1] {
            store::remove(&dir.join(file))?;
        }
        write_layer(dir, BASE, site, (&texts, &kept), (state, None))
    }

    /// What is another than in the lower layer; none if that has something that is gone, or too much is another.
    fn changes<'a>(&self, texts: &[Text], pages: &[&'a Page]) -> Option<(Vec<Text>, Vec<&'a Page>)> {
        self.base?;
        let known = texts.par_iter().filter(|(_, a)| self.before.contains_key(&a.path)).count();
        let there = pages.par_iter().filter(|(path, ..)| self.pages.contains_key(path)).count();
        if known < self.before.len() || there < self.pages.len() {
            return None;
        }
        let below = |(stamp, article): &Text| {
            let before = self.before.get(&article.path).filter(|_| !self.since.contains(&article.path));
            before.is_some_and(|(s, a)| s == stamp && Arc::ptr_eq(a, article))
        };
        let page_below = |(path, identity, trace): &Page| {
            let known = self.pages.get(path).filter(|known| !known.since && known.identity == *identity);
            known.is_some_and(|known| known.holds && Arc::ptr_eq(&known.trace, trace))
        };
        let texts: Vec<Text> = texts.par_iter().filter(|text| !below(text)).cloned().collect();
        let changed: Vec<&Page> = pages.par_iter().filter(|page| !page_below(page)).copied().collect();
        store::fits_above(texts.len() + changed.len(), pages.len()).then_some((texts, changed))
    }
}

/// A text, and the stamp by which it is known; none where that may not tell.
type Text = (Stamp, Arc<Article>);

fn stamped(site: &Snapshot, read_at: i64) -> Vec<Text> {
    let stamped = |article: &Arc<Article>| {
        let stamp = site.project.file(&article.path)?.stamp;
        let unreadable = article.diags.0.iter().any(|d| d.code == codes::UNREADABLE);
        let stamp = if settled(&stamp, read_at) && !unreadable { stamp } else { Stamp::default() };
        Some((stamp, article.clone()))
    };
    site.content.articles.blocks().par_iter().flat_map_iter(|block| block.iter().filter_map(stamped)).collect()
}

fn write_layer(
    dir: &Path,
    (articles, pages): (&str, &str),
    site: &Snapshot,
    (texts, of): (&[Text], &[&Page]),
    stands: (Option<State>, Option<Digest>),
) -> io::Result<()> {
    let texts = || store::save_parts(&dir.join(articles), FORMAT, &lists(texts));
    let (articles, pages) = rayon::join(texts, || write_pages(&dir.join(pages), site, of, stands));
    articles.and(pages)
}

/// The questions of pages: what many ask, once.
struct Questions {
    paths: Vec<RelPath>,
    all: Vec<Asked>,
    /// The places of those about texts with their bodies, and the texts' in the list of paths.
    bodies: Vec<(u32, u32)>,
    /// The place of the one about the day.
    today: Option<u32>,
    /// For each page, the places of its questions among all.
    of_pages: Vec<Vec<u32>>,
}

impl Questions {
    fn of(site: &Snapshot, pages: &[&Page]) -> Questions {
        let mut paths = Paths::new(site);
        let mut all: Vec<Asked> = Vec::with_capacity(4 * pages.len());
        let mut known: FxHashMap<&Query, u32> = FxHashMap::default();
        let mut number = |query| {
            let mut add = || {
                all.push(stored_query(site, query, &mut paths));
                all.len() as u32 - 1
            };
            if query.is_of_one_page() { add() } else { *known.entry(query).or_insert_with(add) }
        };
        let of_pages = pages.iter().map(|(.., trace)| trace.asked.iter().map(&mut number).collect()).collect();
        let body = |(place, asked): (usize, &Asked)| match asked {
            Asked::Article(text) => Some((place as u32, *text)),
            _ => None,
        };
        let bodies = all.iter().enumerate().filter_map(body).collect();
        let today = all.iter().position(|asked| *asked == Asked::Today).map(|place| place as u32);
        Questions { paths: paths.all, all, bodies, today, of_pages }
    }
}

/// The addresses that pages link to, each once, and for each page their places among all.
fn linked(site: &Snapshot, pages: &[&Page]) -> (Vec<Arc<str>>, Vec<Vec<u32>>) {
    let mut links = Links::default();
    let numbers = |(.., trace): &&Page| trace.links.iter().map(|link| links.number(site, *link)).collect();
    let of_pages = pages.iter().map(numbers).collect();
    (links.paths, of_pages)
}

/// `stands` is what the pages were made of, and the lower layer that they lie on.
fn write_pages(
    file: &Path,
    site: &Snapshot,
    pages: &[&Page],
    (state, base): (Option<State>, Option<Digest>),
) -> io::Result<()> {
    let (asked, (links, linked)) = rayon::join(|| Questions::of(site, pages), || linked(site, pages));
    let mut stored = Vec::with_capacity(pages.len());
    for (((path, identity, trace), asked), links) in pages.iter().copied().zip(asked.of_pages).zip(linked) {
        stored.push(Storing {
            path,
            identity: *identity,
            asked,
            answers: trace.answers,
            output: trace.output,
            len: trace.len,
            links,
            parts: &trace.parts,
            ids: &trace.ids,
            diags: &trace.diags,
        });
    }
    let tables = Tables { paths: asked.paths, bodies: asked.bodies, today: asked.today, links, state, base };
    let first = || Ok([postcard::to_stdvec(&tables)?, postcard::to_stdvec(&asked.all)?]);
    let (first, lists) = rayon::join(first, || lists(&stored));
    let parts: Vec<Vec<u8>> =
        first.map_err(|e: postcard::Error| io::Error::other(e))?.into_iter().chain(lists).collect();
    store::save_parts(file, FORMAT, &parts)
}
