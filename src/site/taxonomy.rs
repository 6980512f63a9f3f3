//! Taxonomies: tags, topics, authors and series, and the articles of each term.

use super::route::{Tax, TermId};
use crate::content::{Content, Front, Id};
use crate::source::At;
use crate::text;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// A taxonomy: a row.
pub struct Row {
    /// Its name, which is also its folder: `/tags/`.
    pub name: &'static str,
    /// One of it, as [`list`](crate::render) takes it.
    pub one: &'static str,
    /// The terms that an article names.
    pub terms: fn(&Front) -> &[At<String>],
    /// Whether articles are read from the first on.
    pub oldest_first: bool,
}

/// Every taxonomy. A new one is a row.
pub const TAXONOMIES: [Row; 4] = [
    Row { name: "tags", one: "tag", terms: |f| &f.tags, oldest_first: false },
    Row { name: "topics", one: "topic", terms: |f| &f.topics, oldest_first: false },
    Row { name: "authors", one: "author", terms: |f| &f.authors, oldest_first: false },
    Row { name: "series", one: "series", terms: |f| f.series.as_slice(), oldest_first: true },
];

/// The taxonomies by their places.
pub const TAGS: Tax = Tax(0);
/// See [`TAGS`].
pub const TOPICS: Tax = Tax(1);
/// See [`TAGS`].
pub const AUTHORS: Tax = Tax(2);
/// See [`TAGS`].
pub const SERIES: Tax = Tax(3);

impl Tax {
    /// Its row.
    pub fn row(self) -> &'static Row {
        &TAXONOMIES[usize::from(self.0)]
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Tax> {
        (0..TAXONOMIES.len() as u8).map(Tax)
    }

    /// The one of this name, `tags` or `tag`.
    pub fn named(name: &str) -> Option<Tax> {
        Tax::all().find(|t| t.row().name == name || t.row().one == name)
    }
}

/// A term and its articles.
#[derive(Clone, Debug)]
pub struct Term {
    /// As the first article writes it; an author's name.
    pub name: String,
    /// What its path ends in.
    pub slug: String,
    /// The author's id, for authors with a file.
    pub author: Option<String>,
    /// Its articles, newest first (series: oldest first).
    pub articles: Vec<Id>,
}

impl Term {
    /// The path of its page.
    pub fn path(&self, tax: Tax) -> String {
        format!("/{}/{}/", tax.row().name, self.slug)
    }
}

/// All terms, and those of each article.
#[derive(Clone, Debug, Default)]
pub struct Taxonomies {
    /// Terms by taxonomy, in the order of their slugs.
    pub terms: [Vec<Term>; TAXONOMIES.len()],
    /// Those of all articles, one article after the other.
    of: Vec<TermId>,
    /// The place of the article in the list of each.
    places: Vec<u32>,
    /// Where those of each article begin, and where the last ones end.
    begins: Vec<u32>,
}

impl Taxonomies {
    /// Sorts articles into terms. `order` are the published ones, newest first.
    pub(super) fn new(content: &Content, order: &[Id], default_author: Option<&At<String>>) -> Taxonomies {
        let all: Vec<Tax> = Tax::all().collect();
        let sorted: Vec<Sorted> = all.par_iter().map(|tax| sort(*tax, content, order, default_author)).collect();
        let mut begins = vec![0; content.articles.len() + 1];
        for (id, ..) in sorted.iter().flat_map(|(_, written)| written) {
            begins[id.0 as usize + 1] += 1;
        }
        for i in 1..begins.len() {
            begins[i] += begins[i - 1];
        }
        let mut next = begins.clone();
        let count = begins.last().map_or(0, |end| *end as usize);
        let (mut of, mut places) = (vec![TermId(TAGS, 0); count], vec![0; count]);
        let mut out = Taxonomies::default();
        for (tax, (terms, written)) in all.into_iter().zip(sorted) {
            for (id, term, place) in written {
                let at = &mut next[id.0 as usize];
                of[*at as usize] = TermId(tax, term);
                places[*at as usize] = place;
                *at += 1;
            }
            out.terms[usize::from(tax.0)] = terms;
        }
        Taxonomies { of, places, begins, ..out }
    }

    /// A term.
    pub fn term(&self, id: TermId) -> &Term {
        &self.terms[usize::from(id.0.0)][id.1 as usize]
    }

    /// The terms of an article, in one taxonomy, as its author wrote them.
    pub fn of(&self, id: Id, tax: Tax) -> impl Iterator<Item = TermId> + '_ {
        self.all_of(id).iter().copied().filter(move |t| t.0 == tax)
    }

    /// The terms of an article, in all taxonomies.
    pub fn all_of(&self, id: Id) -> &[TermId] {
        &self.of[self.range(id)]
    }

    /// The same, each with the article's place in the term's list.
    pub fn places(&self, id: Id) -> impl Iterator<Item = (TermId, usize)> + '_ {
        let range = self.range(id);
        self.of[range.clone()].iter().copied().zip(self.places[range].iter().map(|place| *place as usize))
    }

    fn range(&self, id: Id) -> Range<usize> {
        let i = id.0 as usize;
        self.begins[i] as usize..self.begins[i + 1] as usize
    }

    /// The term of this slug or name.
    pub fn named(&self, tax: Tax, name: &str) -> Option<TermId> {
        let slug = text::slug(name);
        let terms = &self.terms[usize::from(tax.0)];
        terms.binary_search_by(|t| t.slug.as_str().cmp(&slug)).ok().map(|i| TermId(tax, i as u32))
    }
}

/// The terms of a taxonomy in the order of their slugs, and those of each article, by their places, as its author wrote them, with the place of
/// the article in the list of each.
type Sorted = (Vec<Term>, Vec<(Id, u32, u32)>);

fn sort(tax: Tax, content: &Content, order: &[Id], default_author: Option<&At<String>>) -> Sorted {
    let row = tax.row();
    let mut terms: Vec<Term> = Vec::new();
    // By their places before they are sorted.
    let mut written: Vec<(Id, usize, usize)> = Vec::with_capacity(order.len());
    let mut by_word: FxHashMap<&str, usize> = FxHashMap::default();
    let mut by_slug: FxHashMap<String, usize> = FxHashMap::default();
    for &id in order {
        let mut words = (row.terms)(&content.article(id).front);
        if tax == AUTHORS && words.is_empty() {
            words = default_author.map_or(&[], std::slice::from_ref);
        }
        for word in words {
            let place = *by_word.entry(&word.value).or_insert_with(|| {
                let slug = text::slug(&word.value);
                *by_slug.entry(slug.clone()).or_insert_with(|| {
                    terms.push(new_term(tax, &word.value, slug, content));
                    terms.len() - 1
                })
            });
            let articles = &mut terms[place].articles;
            if articles.last() != Some(&id) {
                written.push((id, place, articles.len()));
                articles.push(id);
            }
        }
    }
    let mut sorted: Vec<usize> = (0..terms.len()).collect();
    sorted.sort_by(|a, b| terms[*a].slug.cmp(&terms[*b].slug));
    let mut places = vec![0; terms.len()];
    for (place, &before) in sorted.iter().enumerate() {
        places[before] = place as u32;
    }
    terms.sort_by(|a, b| a.slug.cmp(&b.slug));
    if row.oldest_first {
        terms.iter_mut().for_each(|t| t.articles.reverse());
    }
    let place = |(id, before, at): (Id, usize, usize)| {
        let term = places[before];
        let last = terms[term as usize].articles.len() - 1;
        (id, term, if row.oldest_first { last - at } else { at } as u32)
    };
    let written = written.into_iter().map(place).collect();
    (terms, written)
}

fn new_term(tax: Tax, word: &str, slug: String, content: &Content) -> Term {
    let author = (tax == AUTHORS).then(|| content.authors.get(word)).flatten();
    Term {
        name: author.map_or_else(|| word.to_string(), |a| a.name.clone()),
        slug,
        author: author.map(|_| word.to_string()),
        articles: Vec::new(),
    }
}
