//! The cache as it is stored: numbers for what pages have in common, and names, which outlive a snapshot.

use super::State;
use crate::content::{Article, Id};
use crate::diag::Diagnostics;
use crate::digest::Digest;
use crate::files::Stamp;
use crate::render::Snapshot;
use crate::site::query::{Of, Query, Select, Trace};
use crate::site::{RouteId, Subject, Tax, TermId};
use crate::source::{RelPath, shared_text};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize};
use std::sync::Arc;

/// A question as it is stored: by names, which outlive the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Asked {
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
pub(super) enum Stored {
    All,
    Section(String),
    Term(u8, String),
    Around(u32),
    Related(u32),
    Named(u8, String),
}

/// A text as it is stored.
#[derive(Deserialize)]
pub(super) struct StoredText(pub Stamp, #[serde(deserialize_with = "shared")] pub Arc<Article>);

/// Reads a value to where it stays: serde's own way for an `Arc` copies it once more.
fn shared<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Arc<T>, D::Error> {
    T::deserialize(from).map(Arc::new)
}

/// A page as it is stored: numbers are places among names and questions.
#[derive(Deserialize)]
pub struct StoredPage {
    /// Its path.
    #[serde(deserialize_with = "shared_text")]
    pub path: Arc<str>,
    /// What stood there.
    pub identity: u64,
    pub(super) asked: Vec<u32>,
    pub(super) answers: Digest,
    pub(super) output: Digest,
    pub(super) len: u64,
    pub(super) links: Vec<u32>,
    pub(super) parts: Vec<Arc<str>>,
    pub(super) ids: Vec<u32>,
    pub(super) diags: Diagnostics,
}

impl StoredPage {
    /// Whether the checks of a build have nothing to say about the page that it is `now`, nor had before: it has all parts that it had, and leads
    /// to nothing but its links and what it led to.
    pub fn finds_the_same(&self, now: &Trace) -> bool {
        self.diags.is_empty()
            && now.diags.is_empty()
            && now.parts.iter().all(|part| self.parts.contains(part))
            && self.ids.iter().all(|id| now.ids.binary_search(id).is_ok())
    }
}

/// The same, as it is written: nothing is copied.
#[derive(Serialize)]
pub(super) struct Storing<'a> {
    pub path: &'a str,
    pub identity: u64,
    pub asked: Vec<u32>,
    pub answers: Digest,
    pub output: Digest,
    pub len: u64,
    pub links: Vec<u32>,
    pub parts: &'a [Arc<str>],
    pub ids: &'a [u32],
    pub diags: &'a Diagnostics,
}

/// What the pages of a layer stand on.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Stands {
    /// The place of the question about the day.
    pub today: Option<u32>,
    pub state: Option<State>,
    /// Of an upper layer: the checksum of the lower one's pages.
    pub base: Option<Digest>,
}

/// What numbers stand for.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Names {
    pub paths: Vec<RelPath>,
    pub links: Vec<Arc<str>>,
}

pub(super) struct Resolve {
    pub site: Arc<Snapshot>,
    pub ids: Vec<Option<Id>>,
    pub paths: Vec<RelPath>,
}

impl Resolve {
    pub(super) fn query(&self, asked: Asked) -> Option<Query> {
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

/// Numbers for files, in the order they come.
pub(super) struct Paths {
    /// Those of texts, which nearly all are, by their ids.
    texts: Vec<Option<u32>>,
    others: FxHashMap<RelPath, u32>,
    pub all: Vec<RelPath>,
}

impl Paths {
    pub(super) fn new(site: &Snapshot) -> Paths {
        Paths { texts: vec![None; site.content.articles.len()], others: FxHashMap::default(), all: Vec::new() }
    }

    fn of_text(&mut self, site: &Snapshot, id: Id) -> u32 {
        let all = &mut self.all;
        *self.texts[id.0 as usize].get_or_insert_with(|| push(all, &site.content.article(id).path))
    }

    fn get(&mut self, site: &Snapshot, path: &RelPath) -> u32 {
        if let Some(id) = site.content.find(path) {
            return self.of_text(site, id);
        }
        if let Some(&i) = self.others.get(path) {
            return i;
        }
        let i = push(&mut self.all, path);
        self.others.insert(path.clone(), i);
        i
    }
}

fn push(all: &mut Vec<RelPath>, path: &RelPath) -> u32 {
    all.push(path.clone());
    all.len() as u32 - 1
}

/// Numbers for the routes that pages lead to.
#[derive(Default)]
pub(super) struct Links {
    numbers: Vec<Option<u32>>,
    pub paths: Vec<Arc<str>>,
}

impl Links {
    pub(super) fn number(&mut self, site: &Snapshot, route: RouteId) -> u32 {
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

pub(super) fn stored_query(site: &Snapshot, query: &Query, paths: &mut Paths) -> Asked {
    match query {
        Query::Site => Asked::Site,
        Query::Article(i) => Asked::Article(paths.of_text(site, *i)),
        Query::Card(i) => Asked::Card(paths.of_text(site, *i)),
        Query::List(select) => Asked::List(stored_of(site, &select.of, paths), select.skip, select.take),
        Query::Total(of) => Asked::Total(stored_of(site, of, paths)),
        Query::Terms(tax) => Asked::Terms(tax.0),
        Query::Term(t) => {
            let (tax, slug) = term(site, *t);
            Asked::Term(tax, slug)
        }
        Query::Drawing(Subject::Text(i)) => Asked::Drawing(paths.of_text(site, *i)),
        Query::Drawing(Subject::Term(t)) => {
            let (tax, slug) = term(site, *t);
            Asked::TermDrawing(tax, slug)
        }
        Query::Url(link) => Asked::Url(paths.get(site, &link.0), link.1.clone()),
        Query::Offers(i) => Asked::Offers(paths.of_text(site, *i)),
        Query::Magnet(i) => Asked::Magnet(paths.of_text(site, *i)),
        Query::Keys(i) => Asked::Keys(paths.of_text(site, *i)),
        Query::MagnetNamed(name) => Asked::MagnetNamed(name.to_string()),
        Query::Campaign(name) => Asked::Campaign(name.to_string()),
        Query::Data(name) => Asked::Data(name.to_string()),
        Query::Asset(name) => Asked::Asset(name.to_string()),
        Query::File(path) => Asked::File(paths.get(site, path)),
        Query::Template(name) => Asked::Template(name.to_string()),
        Query::Component(name) => Asked::Component(name.to_string()),
        Query::Pages => Asked::Pages,
        Query::Redirects => Asked::Redirects,
        Query::Policy => Asked::Policy,
        Query::Today => Asked::Today,
    }
}

fn term(site: &Snapshot, id: TermId) -> (u8, String) {
    (id.0.0, site.plan.taxonomies.term(id).slug.clone())
}

fn stored_of(site: &Snapshot, of: &Of, paths: &mut Paths) -> Stored {
    match of {
        Of::All => Stored::All,
        Of::Section(dir) => Stored::Section(dir.to_string()),
        Of::Term(t) => {
            let (tax, slug) = term(site, *t);
            Stored::Term(tax, slug)
        }
        Of::Around(i) => Stored::Around(paths.of_text(site, *i)),
        Of::Related(i) => Stored::Related(paths.of_text(site, *i)),
        Of::Named(tax, name) => Stored::Named(tax.0, name.to_string()),
    }
}
