//! What is remembered from build to build. The law: with any cache, or none, the same sources give the same bytes and
//! the same findings.
//!
//! It holds what texts said, by path and stamp, and the trace of every page, in two layers: all of it, and what is another since that
//! was written. It may be deleted at any moment; what cannot be read, or was written by another version of hub, is as good as none.

mod stored;

use crate::content::{Article, Before, Id};
use crate::diag::codes;
use crate::digest::{Digest, Hasher, text_hash};
use crate::files::Stamp;
use crate::render::Snapshot;
use crate::site::RouteId;
use crate::site::query::{self, Everybody, Query, Trace};
use crate::source::RelPath;
use crate::store;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;
use std::sync::Arc;
pub use stored::StoredPage;
use stored::{Asked, Links, Names, Paths, Resolve, Stands, StoredText, Storing, stored_query};

/// The traces of an earlier build.
#[derive(Default)]
pub struct Cache {
    pages: FxHashMap<Arc<str>, Known>,
    before: Before,
    /// The texts of the upper layer.
    since: FxHashSet<RelPath>,
    /// The checksum of the lower layer's pages, where it can be built on.
    base: Option<Digest>,
    /// Whether it is known what the pages were made of.
    tells: bool,
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

    /// Whether it is known what the pages were made of.
    pub fn tells(&self) -> bool {
        self.tells
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

/// What a file of pages holds. Hardly anything of it is made before somebody needs it.
#[derive(Default)]
struct Pages {
    stands: Stands,
    /// A list of [`Reader`], sorted.
    readers: Vec<u8>,
    /// [`Names`].
    names: Vec<u8>,
    /// A list of [`Asked`].
    asked: Vec<u8>,
    /// Lists of [`StoredPage`], with as many as [`EACH`] says.
    lists: Vec<Vec<u8>>,
}

/// A text whose body a page asked for, by the hash of its name, and the page's place among all.
type Reader = (u64, u32);

/// How many values a list has. The last one may have less.
const EACH: usize = 512;

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
    if let Some(since) = since.ok().flatten().filter(|since| since.pages.stands.base == Some(base.digest)) {
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

/// What a file of pages holds, with its checksum.
fn read_pages(file: &Path) -> io::Result<Option<(Digest, Pages)>> {
    let Some((digest, parts)) = store::read_parts(file, FORMAT, |_, part| Ok(part))? else { return Ok(None) };
    let mut parts = parts.into_iter();
    let mut next = || parts.next().ok_or(io::ErrorKind::InvalidData);
    let (stands, readers, names, asked) = (store::value_of(next()?)?, next()?, next()?, next()?);
    Ok(Some((digest, Pages { stands, readers, names, asked, lists: parts.collect() })))
}

/// A long list in parts, as it is stored.
type Lists<T> = Vec<Vec<T>>;

/// Lists of values, written by several threads.
fn lists<T: Serialize + Sync>(values: &[T]) -> Vec<Vec<u8>> {
    /// Bytes of most values, at most. Room that stays empty costs nothing; what outgrows it is moved.
    const ROOM: usize = 1 << 10;
    let list = |chunk: &[T]| postcard::to_extend(chunk, Vec::with_capacity(chunk.len() * ROOM)).unwrap_or_default();
    values.par_chunks(EACH).map(list).collect()
}

impl Read {
    /// What the pages were made of, where it is known.
    pub fn state(&self) -> Option<State> {
        self.layers.last()?.stands.state
    }

    /// What a text said.
    pub fn text(&self, path: &RelPath) -> Option<&Arc<Article>> {
        self.before.get(path).map(|(_, article)| article)
    }

    /// The pages that asked for the bodies of texts; none where what becomes of them, and `changed` texts, cannot be written above a lower
    /// layer.
    pub fn readers<'a>(&self, changed: usize, texts: impl Iterator<Item = &'a RelPath>) -> Option<Vec<StoredPage>> {
        self.base?;
        let texts: FxHashSet<u64> = texts.map(|path| text_hash(path.as_str())).collect();
        let (lower, upper) = (self.layers.first()?, self.layers.get(1));
        let mut pages = upper.map_or_else(Vec::new, |upper| upper.readers(&texts));
        let above: FxHashSet<Arc<str>> = upper.map_or_else(FxHashSet::default, |upper| {
            upper.lists.iter().flat_map(|list| pages_of(list)).map(|page| page.path).collect()
        });
        pages.extend(lower.readers(&texts).into_iter().filter(|page| !above.contains(&page.path)));
        let changed = self.since.len() + changed + above.len() + pages.len();
        store::fits_above(changed, lower.lists.len() * EACH).then_some(pages)
    }

    /// Joins what was read to a snapshot: names become ids again, and every question is asked again, once for all pages
    /// that asked it. A page that asked about something that is gone is forgotten.
    pub fn join(self, site: &Arc<Snapshot>) -> Cache {
        let tells = self.state().is_some();
        let mut pages = FxHashMap::default();
        for (i, layer) in self.layers.iter().enumerate() {
            pages.par_extend(known(site, layer, i > 0, true));
        }
        Cache { pages, before: self.before, since: self.since, base: self.base, tells }
    }

    /// Writes the upper layer anew where nobody asked for another body than those of `texts`, and `pages` did.
    pub fn write_step(
        &self,
        dir: &Path,
        site: &Arc<Snapshot>,
        (texts, mut pages): (&[Id], Vec<Page>),
        state: Option<State>,
        read_at: i64,
    ) -> io::Result<()> {
        let now: FxHashSet<Arc<str>> = pages.iter().map(|(path, ..)| path.clone()).collect();
        let before = self.layers.get(1).map_or_else(Vec::new, |upper| known(site, upper, true, false));
        let before = before.into_iter().filter(|(path, _)| !now.contains(path));
        pages.extend(before.map(|(path, known)| (path, known.identity, known.trace)));
        let since = self.since.iter().filter_map(|path| site.content.find(path)).filter(|id| !texts.contains(id));
        let articles = texts.iter().copied().chain(since).map(|id| site.content.article(id));
        let texts: Vec<Text> = articles.filter_map(|article| stamped(site, article, read_at)).collect();
        write_layer(dir, SINCE, site, (&texts, &pages.iter().collect::<Vec<_>>()), (state, self.base))
    }
}

impl Pages {
    /// The pages that asked for one of these bodies.
    fn readers(&self, texts: &FxHashSet<u64>) -> Vec<StoredPage> {
        let readers: Vec<Reader> = store::value(&self.readers).unwrap_or_default();
        let of = |text: u64| {
            let first = readers.partition_point(|(t, _)| *t < text);
            readers[first..].iter().take_while(move |(t, _)| *t == text).map(|(_, page)| *page as usize)
        };
        let mut places: Vec<usize> = texts.iter().copied().flat_map(of).collect();
        places.sort_unstable();
        places.dedup();
        let of_a_list = |places: &[usize]| {
            let list = self.lists.get(places[0] / EACH).map_or_else(Vec::new, |list| pages_of(list));
            let is_one = |(i, page)| places.iter().any(|place| place % EACH == i).then_some(page);
            list.into_iter().enumerate().filter_map(is_one).collect::<Vec<_>>()
        };
        places.chunk_by(|a, b| a / EACH == b / EACH).flat_map(of_a_list).collect()
    }
}

fn pages_of(list: &[u8]) -> Vec<StoredPage> {
    store::value(list).unwrap_or_default()
}

/// The pages of a layer, joined to a snapshot. Where nothing is asked `again`, every answer is what it was.
fn known(site: &Arc<Snapshot>, pages: &Pages, since: bool, again: bool) -> Vec<(Arc<str>, Known)> {
    let Pages { stands, names, asked, lists, .. } = pages;
    let (Names { paths, links }, asked) = rayon::join(
        || store::value::<Names>(names).unwrap_or_default(),
        || store::value::<Vec<Asked>>(asked).unwrap_or_default(),
    );
    let ids: Vec<Option<Id>> = paths.par_iter().map(|p| site.content.find(p)).collect();
    let links: Vec<Result<RouteId, Arc<str>>> =
        links.into_par_iter().map(|path| site.plan.find(&path).ok_or(path)).collect();
    let resolve = Resolve { site: site.clone(), ids, paths };
    let ask = |asked| {
        let query = resolve.query(asked);
        (query.as_ref().filter(|_| again).map(|query| site.digest(query)), query)
    };
    let (answers, asked): (Vec<Option<Digest>>, Vec<Option<Query>>) = asked.into_par_iter().map(ask).unzip();
    let everybody = Arc::new(Everybody { asked, today: stands.today });
    let holds = |page: &StoredPage| {
        let mut all = Hasher::default();
        for place in &page.asked {
            all.digest((*answers.get(*place as usize)?)?);
        }
        Some(all.finish() == page.answers)
    };
    let page = |page: StoredPage| {
        let holds = !again || holds(&page) == Some(true);
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
        let asked = query::Asked::Among(everybody.clone(), page.asked);
        let trace = Arc::new(Trace { asked, answers, output, len, links, parts, ids, diags });
        (page.path, Known { identity: page.identity, holds, since, trace })
    };
    lists.par_iter().flat_map_iter(|list| pages_of(list).into_iter().map(page)).collect()
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
        let stamped = |article| stamped(site, article, read_at);
        let blocks = site.content.articles.blocks().par_iter();
        let texts: Vec<Text> = blocks.flat_map_iter(|block| block.iter().filter_map(stamped)).collect();
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

fn stamped(site: &Snapshot, article: &Arc<Article>, read_at: i64) -> Option<Text> {
    let stamp = site.project.file(&article.path)?.stamp;
    let unreadable = article.diags.0.iter().any(|d| d.code == codes::UNREADABLE);
    let stamp = if settled(&stamp, read_at) && !unreadable { stamp } else { Stamp::default() };
    Some((stamp, article.clone()))
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
    readers: Vec<Reader>,
    /// The place of the one about the day.
    today: Option<u32>,
    /// For each page, the places of its questions among all.
    of_pages: Vec<Vec<u32>>,
}

impl Questions {
    fn of(site: &Snapshot, pages: &[&Page]) -> Questions {
        let mut paths = Paths::new(site);
        let mut all: Vec<Asked> = Vec::with_capacity(4 * pages.len());
        let mut readers: Vec<Reader> = Vec::with_capacity(pages.len());
        let mut known: FxHashMap<&Query, u32> = FxHashMap::default();
        let mut of_pages = Vec::with_capacity(pages.len());
        for (page, (.., trace)) in pages.iter().copied().enumerate() {
            let number = |query| {
                let mut add = || {
                    all.push(stored_query(site, query, &mut paths));
                    all.len() as u32 - 1
                };
                if let Query::Article(text) = query {
                    readers.push((text_hash(site.content.article(*text).path.as_str()), page as u32));
                }
                if query.is_of_one_page() { add() } else { *known.entry(query).or_insert_with(add) }
            };
            of_pages.push(trace.asked.iter().map(number).collect());
        }
        readers.sort_unstable();
        let today = all.iter().position(|asked| *asked == Asked::Today).map(|place| place as u32);
        Questions { paths: paths.all, all, readers, today, of_pages }
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
    let (questions, (links, linked)) = rayon::join(|| Questions::of(site, pages), || linked(site, pages));
    let Questions { paths, all, readers, today, of_pages } = questions;
    let mut stored = Vec::with_capacity(pages.len());
    for (((path, identity, trace), asked), links) in pages.iter().copied().zip(of_pages).zip(linked) {
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
    let (stands, names) = (Stands { today, state, base }, Names { paths, links });
    let first = || {
        let (stands, readers) = (postcard::to_stdvec(&stands)?, postcard::to_stdvec(&readers)?);
        Ok([stands, readers, postcard::to_stdvec(&names)?, postcard::to_stdvec(&all)?])
    };
    let (first, lists) = rayon::join(first, || lists(&stored));
    let parts: Vec<Vec<u8>> =
        first.map_err(|e: postcard::Error| io::Error::other(e))?.into_iter().chain(lists).collect();
    store::save_parts(file, FORMAT, &parts)
}
