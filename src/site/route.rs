//! Routes: every address that the site puts out, and what stands there.

use crate::content::{Article, CONTENT, Id};
use crate::digest::Digest;
use crate::source::RelPath;
use crate::text;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::sync::Arc;

/// The place of a route in [`Plan::routes`](super::Plan::routes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteId(pub u32);

/// Routes by their paths, which are known by their digests: everything that a page leads to is looked up here, and to compare a path would
/// fetch it from somewhere in memory.
#[derive(Clone, Debug, Default)]
pub struct Addresses(FxHashMap<Digest, RouteId>);

impl Addresses {
    /// Without a route, and with room for some.
    pub fn with_room(count: usize) -> Addresses {
        Addresses(FxHashMap::with_capacity_and_hasher(count, FxBuildHasher))
    }

    /// The route at a decoded path.
    pub fn find(&self, path: &str) -> Option<RouteId> {
        self.0.get(&Digest::of(path.as_bytes())).copied()
    }

    /// Adds a route, in the place of another at the same path.
    pub fn add(&mut self, path: &str, id: RouteId) {
        self.0.insert(Digest::of(path.as_bytes()), id);
    }

    /// Takes the route at a path out.
    pub fn remove(&mut self, path: &str) {
        self.0.remove(&Digest::of(path.as_bytes()));
    }
}

/// An address and what stands there.
#[derive(Clone, Debug)]
pub struct Route {
    /// The path as a browser asks for it, decoded: `/articles/x/`, `/css/site.css`.
    pub path: Arc<str>,
    /// What stands there.
    pub what: What,
    /// The file that it comes from, if it comes from one.
    pub source: Option<RelPath>,
}

/// What stands at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A text; for home and sections, this page of their list (from 1).
    Text(Id, u32),
    /// A page (from 1) of a term's list.
    Term(TermId, u32),
    /// All terms of a taxonomy.
    Terms(Tax),
    /// The newest articles for feed readers.
    Feed(Scope, FeedFormat),
    /// The page after a magnet's form.
    Thanks(Id),
    /// The page that the e-mailed link opens.
    Unlock(Id),
    /// A part of a sealed file: the magnet, the place of the file, that of the part.
    Sealed(Id, u32, u32),
    /// The page of an unlisted magnet's files.
    Unlisted(Id),
    /// A campaign's page: its name, and the number of the source, from 1; 0 for the campaign's own.
    Go(Arc<str>, u32),
    /// The address of that page as a picture.
    Qr(Arc<str>, u32, QrFormat),
    /// A magnet's date, for calendars.
    Calendar(Id),
    /// The picture that previews of a page show.
    Card(Subject),
    /// An old address; holds the new path.
    Redirect(Arc<str>),
    /// A file as it is.
    Copy(RelPath),
    /// A file of `assets/`, by its name there.
    Asset(Arc<str>),
    /// One of the site's own files.
    Own(Own),
}

/// What a card is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A text.
    Text(Id),
    /// A term.
    Term(TermId),
}

/// The path of the card of the page at a path: `/cards/articles/x.png`.
pub fn card_path(page: &str) -> String {
    match page.trim_matches('/') {
        "" => "/cards/index.png".to_string(),
        below => format!("/cards/{below}.png"),
    }
}

/// A format of QR codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QrFormat {
    /// For print, at any size.
    Svg,
    /// For what takes no SVG.
    Png,
}

impl QrFormat {
    /// Each with its file name.
    pub const ALL: [(QrFormat, &'static str); 2] = [(QrFormat::Svg, "qr.svg"), (QrFormat::Png, "qr.png")];
}

/// Files that every site has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Own {
    /// `404.html`
    NotFound,
    /// `sitemap.xml`
    Sitemap,
    /// `robots.txt`
    Robots,
    /// `_redirects`
    Redirects,
    /// `_headers`
    Headers,
    /// `llms.txt`
    Llms,
    /// `site.webmanifest`
    WebManifest,
    /// The key file of IndexNow, where a target tells search engines of changes.
    IndexNow,
}

impl Own {
    /// Those that every site has, each with its path.
    pub const ALL: [(Own, &'static str); 7] = [
        (Own::NotFound, "/404.html"),
        (Own::Sitemap, "/sitemap.xml"),
        (Own::Robots, "/robots.txt"),
        (Own::Redirects, "/_redirects"),
        (Own::Headers, "/_headers"),
        (Own::Llms, "/llms.txt"),
        (Own::WebManifest, "/site.webmanifest"),
    ];

    /// Whether other environments do without it: search engines are not led there.
    pub fn only_in_production(self) -> bool {
        self == Own::Sitemap
    }
}

/// What a feed covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// All articles.
    Site,
    /// The articles of a term.
    Term(TermId),
}

/// A format of feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeedFormat {
    /// Atom, RFC 4287.
    Atom,
    /// JSON Feed 1.1.
    Json,
}

impl FeedFormat {
    /// Each with its file name, its media type and what it is called.
    pub const ALL: [(FeedFormat, &'static str, &'static str, &'static str); 2] = [
        (FeedFormat::Atom, "feed.xml", "application/atom+xml", "Atom"),
        (FeedFormat::Json, "feed.json", "application/feed+json", "JSON Feed"),
    ];
}

/// A taxonomy, by its place in [`TAXONOMIES`](super::taxonomy::TAXONOMIES).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tax(pub u8);

/// A term, by its taxonomy and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TermId(pub Tax, pub u32);

impl Route {
    /// The file in the output folder.
    pub fn output(&self) -> String {
        let below = &self.path[1..];
        if below.is_empty() || below.ends_with('/') { [below, "index.html"].concat() } else { below.to_string() }
    }

    /// Whether it is a page for readers: HTML that stands on its own.
    pub fn is_page(&self) -> bool {
        matches!(
            self.what,
            What::Text(..)
                | What::Term(..)
                | What::Terms(_)
                | What::Thanks(_)
                | What::Unlock(_)
                | What::Unlisted(_)
                | What::Go(..)
                | What::Own(Own::NotFound)
        )
    }
}

/// Why a path cannot be put out; `None` if it can.
pub fn unfit(path: &str) -> Option<&'static str> {
    if !path.starts_with('/') {
        return Some("it does not begin with `/`");
    }
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'/' || b == b'-');
    if !plain && (text::has_control(path) || path.bytes().any(|b| b"?#\\".contains(&b))) {
        return Some("it holds a character that a path cannot have");
    }
    if path.trim_end_matches('/').as_bytes().windows(2).any(|pair| pair == b"//") {
        return Some("it has an empty part");
    }
    for part in path.split('/').filter(|p| !p.is_empty()) {
        if part == "." || part == ".." {
            return Some("it holds `.` or `..`");
        }
        if text::reserved_on_windows(part) {
            return Some("Windows reserves one of its names or characters");
        }
        if part.len() > 240 {
            return Some("one of its parts is longer than file systems allow");
        }
    }
    None
}

/// The path of a text: what it says, else where it lies.
pub(super) fn path_of(article: &Article) -> String {
    if let Some(path) = &article.front.path {
        let path = path.value.trim_end_matches('/');
        return format!("/{}/", path.trim_start_matches('/')).replace("//", "/");
    }
    let below = article.path.below(CONTENT).unwrap_or(article.path.as_str());
    let dir = match article.bundle() {
        Some(dir) => dir.rfind('/').map_or("", |i| &dir[..i]),
        None => article.path.dir(),
    };
    let dir = dir.strip_prefix(CONTENT).unwrap_or("").trim_start_matches('/');
    let mut parts: Vec<String> = dir.split('/').filter(|p| !p.is_empty()).map(text::slug).collect();
    if !below.ends_with("_index.md") {
        parts.push(match &article.front.slug {
            Some(slug) => text::slug(&slug.value),
            None => text::slug(article.name()),
        });
    }
    if parts.is_empty() { "/".to_string() } else { ["/", &parts.join("/"), "/"].concat() }
}
