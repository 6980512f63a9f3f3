//! What a page may ask while it is rendered, and what is remembered of it.

use super::route::{RouteId, Subject, Tax, TermId};
use crate::content::Id;
use crate::diag::Diagnostics;
use crate::digest::Digest;
use crate::files::SITE_TOML;
use crate::source::RelPath;
use std::sync::Arc;

/// A question. Its answer has a digest that is cheap to have; the answer itself is built only for rendering.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Query {
    /// The site as a whole: configuration, menus, theme options and words.
    Site,
    /// A text with its body.
    Article(Id),
    /// What lists show of a text.
    Card(Id),
    /// The cards of a list, in order.
    List(Arc<Select>),
    /// How many articles a list has in all: its pager shows it.
    Total(Of),
    /// The terms of a taxonomy, with counts.
    Terms(Tax),
    /// A term: name, author, number of articles.
    Term(TermId),
    /// All that the card of a text or a term is drawn from.
    Drawing(Subject),
    /// What a link leads to: the file it stands in, and how it is written.
    Url(Arc<(RelPath, String)>),
    /// The offers on a text's page.
    Offers(Id),
    /// A magnet, with its form and its gate.
    Magnet(Id),
    /// What the files of a magnet are sealed with: its links, the secret, the size of parts.
    Keys(Id),
    /// The magnet of this name, or that there is none.
    MagnetNamed(Arc<str>),
    /// A campaign by its name, as far as its pages show it.
    Campaign(Arc<str>),
    /// A file of `content/data/`.
    Data(Arc<str>),
    /// A file of `assets/`.
    Asset(Arc<str>),
    /// The bytes of a file.
    File(RelPath),
    /// A template with all that it extends, includes and calls.
    Template(Arc<str>),
    /// A component by its name.
    Component(Arc<str>),
    /// Every page's path and dates: for the sitemap.
    Pages,
    /// Every redirect.
    Redirects,
    /// What the site's pages load and where its forms go: for the policy.
    Policy,
    /// The day of the build.
    Today,
}

impl Query {
    /// Whether hardly anybody asks it but the page of the text that it is about.
    pub fn is_of_one_page(&self) -> bool {
        match self {
            Query::List(select) => matches!(select.of, Of::Around(_) | Of::Related(_)),
            // Links that begin at the root are asked about as if `site.toml` had them.
            Query::Url(link) => link.0.as_str() != SITE_TOML,
            _ => matches!(self, Query::Article(_) | Query::Offers(_)),
        }
    }
}

/// A list of cards.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Select {
    /// Which articles.
    pub of: Of,
    /// How many are left out at the beginning.
    pub skip: u32,
    /// How many at the most.
    pub take: u32,
}

/// Which articles a list has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Of {
    /// All, newest first.
    All,
    /// Those of a section, by its folder below `content`.
    Section(Arc<str>),
    /// Those of a term.
    Term(TermId),
    /// The one before and the one after.
    Around(Id),
    /// The related ones.
    Related(Id),
    /// Those of the term of this name, if there is one.
    Named(Tax, Arc<str>),
}

/// The questions of a page, each once, in the order asked.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Of a page that was rendered now.
    Own(Vec<Query>),
    /// Of a page that is remembered: places among what all pages asked.
    Among(Arc<Everybody>, Vec<u32>),
}

/// What all pages asked.
#[derive(Debug)]
pub struct Everybody {
    /// A question about what is gone is none.
    pub asked: Vec<Option<Query>>,
    /// The place of [`Query::Today`].
    pub today: Option<u32>,
}

impl Default for Asked {
    fn default() -> Asked {
        Asked::Own(Vec::new())
    }
}

impl Asked {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Query> {
        let (own, (all, places)) = match self {
            Asked::Own(own) => (&own[..], (&[][..], &[][..])),
            Asked::Among(all, places) => (&[][..], (&all.asked[..], &places[..])),
        };
        own.iter().chain(places.iter().filter_map(|place| all.get(*place as usize)?.as_ref()))
    }

    /// Whether the day of the build is among them.
    pub fn has_today(&self) -> bool {
        match self {
            Asked::Own(own) => own.contains(&Query::Today),
            Asked::Among(all, places) => all.today.is_some_and(|today| places.contains(&today)),
        }
    }
}

/// What is remembered of the rendering of a page.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Every question.
    pub asked: Asked,
    /// Digest of all answers, in that order.
    pub answers: Digest,
    /// The bytes that came of it.
    pub output: Digest,
    /// Their number.
    pub len: u64,
    /// Pages and files of this site that the page leads to, once each, in order.
    pub links: Vec<RouteId>,
    /// What it leads to beside: parts of pages (`/path/#id`), and nothing (`/path/`).
    pub parts: Vec<Arc<str>>,
    /// Hashes of the ids on the page, sorted.
    pub ids: Vec<u32>,
    /// What was found wrong. Replayed as long as the answers are the same.
    pub diags: Diagnostics,
}
