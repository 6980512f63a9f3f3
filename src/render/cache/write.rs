//! Writing the cache.

use super::read::{Read, known};
use super::stored::{Asked, Links, Names, Paths, Stands, Storing, stored_query};
use super::{BASE, Cache, EACH, FORMAT, Page, Reader, SINCE, State, settled};
use crate::buffers;
use crate::content::{Article, Id};
use crate::diag::codes;
use crate::digest::{Digest, text_hash};
use crate::files::Stamp;
use crate::render::Snapshot;
use crate::site::query::Query;
use crate::source::RelPath;
use crate::store;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use std::io;
use std::path::Path;
use std::sync::Arc;

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
        // Where a page is not remembered, nobody knows what it asked.
        let state = state.filter(|_| kept.len() == pages.len());
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

impl Read {
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
    let texts = || store::save_lists(&dir.join(articles), FORMAT, Vec::new(), (texts, EACH), list);
    let (articles, pages) = rayon::join(texts, || write_pages(&dir.join(pages), site, of, stands));
    articles.and(pages)
}

/// A list of values, as it is stored.
fn list<T: Serialize>(values: &[T]) -> Vec<u8> {
    /// Bytes of most values, at most. Room that stays empty costs nothing; what outgrows it is moved.
    const ROOM: usize = 1 << 10;
    postcard::to_extend(values, buffers::take(values.len() * ROOM)).unwrap_or_default()
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
        Ok(vec![stands, readers, postcard::to_stdvec(&names)?, postcard::to_stdvec(&all)?])
    };
    let first = first().map_err(|e: postcard::Error| io::Error::other(e))?;
    store::save_lists(file, FORMAT, first, (&stored, EACH), list)
}
