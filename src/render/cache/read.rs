//! Reading the cache, and joining it to a snapshot.

use super::stored::{Asked, Names, Resolve, Stands, StoredPage, StoredText};
use super::{BASE, Cache, EACH, FORMAT, Known, Reader, SINCE, State};
use crate::content::{Article, Before, Id};
use crate::digest::{Digest, Hasher, text_hash};
use crate::files::Stamp;
use crate::render::Snapshot;
use crate::site::RouteId;
use crate::site::query::{self, Everybody, Query, Trace};
use crate::source::RelPath;
use crate::store;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The cache's files, read but not yet joined to a snapshot.
#[derive(Default)]
pub struct Read {
    /// What texts said.
    pub before: Before,
    pub(super) since: FxHashSet<RelPath>,
    pub(super) base: Option<Digest>,
    /// The lower one first.
    pub(super) layers: Vec<Pages>,
    /// Whether there was a file that could not be used.
    pub lost: bool,
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
pub(super) struct Pages {
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
pub(super) fn known(site: &Arc<Snapshot>, pages: &Pages, since: bool, again: bool) -> Vec<(Arc<str>, Known)> {
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
