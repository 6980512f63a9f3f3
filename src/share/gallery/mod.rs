//! The gallery: a page from which a person posts. Each snippet stands as its network shows it, with its card, its length
//! and the ways to take it along. It is read by the author, from the disk, and loads nothing from anywhere.

use super::Snippet;
use crate::cards::Format;
use crate::render::Snapshot;
use crate::text;
use base64::Engine as _;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::sync::OnceLock;
use tera::{Context, Tera};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("gallery.css");
const SCRIPT: &str = include_str!("gallery.js");

/// As many snippets are shown on one page; beyond that, each article has a page of its own.
const MOST: usize = 1500;

/// As many articles are shown, the newest: what is older is posted from `social/posts/` or `hub share`.
pub const ARTICLES: usize = 60;

/// A file of the gallery, below `social/`.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// Where it lies.
    pub path: String,
    /// Its bytes.
    pub html: String,
}

#[derive(Serialize)]
struct NetworkView<'a> {
    name: &'a str,
    label: &'a str,
    count: usize,
}

#[derive(Serialize)]
struct Group<'a> {
    anchor: String,
    title: &'a str,
    url: String,
    posts: Vec<Post<'a>>,
}

#[derive(Serialize)]
struct Part {
    nth: String,
    text: String,
    html: String,
}

#[derive(Serialize)]
struct Post<'a> {
    id: String,
    network: &'a str,
    label: &'a str,
    variant: &'a str,
    /// The line below the name, as networks have one.
    said: String,
    title: Option<&'a str>,
    text: &'a str,
    html: String,
    comment: Option<&'a str>,
    thread: Vec<Part>,
    card: Option<String>,
    alt: &'a str,
    width: u32,
    height: u32,
    tall: bool,
    /// Whether the card is the preview of a link.
    preview: bool,
    host: &'a str,
    count: usize,
    limit: usize,
    count_shown: String,
    limit_shown: String,
    over: bool,
    intent: Option<&'a str>,
}

#[derive(Serialize)]
struct Listed<'a> {
    url: String,
    title: &'a str,
    count: usize,
    here: bool,
}

/// The gallery of these snippets, in their order: `index.html`, and a page for each article where they are many. `cards` are
/// the cards that there are, below `social/`.
pub fn pages(site: &Snapshot, snippets: &[Snippet], cards: &FxHashSet<String>) -> Vec<Page> {
    let mut names: Vec<&str> = Vec::new();
    let mut known: FxHashSet<&str> = FxHashSet::default();
    for snippet in snippets {
        if known.insert(&snippet.article) {
            names.push(&snippet.article);
        }
    }
    let titles: FxHashMap<&str, (String, String)> = super::articles(site)
        .filter_map(|id| {
            let url = site.project.config.absolute(site.plan.path(id)?);
            let article = site.content.article(id);
            Some((article.name(), (article.front.title.clone(), url)))
        })
        .collect();
    let titled: Vec<(&str, (String, String))> =
        names.iter().map(|n| (*n, titles.get(n).cloned().unwrap_or_else(|| (n.to_string(), String::new())))).collect();
    let gallery = Gallery { site, cards };
    if titled.is_empty() {
        return Vec::new();
    }
    if snippets.len() <= MOST {
        return vec![gallery.page("index.html", "", &titled, snippets.iter().collect(), &[])];
    }
    let mut by_article: FxHashMap<&str, Vec<&Snippet>> = FxHashMap::default();
    for snippet in snippets {
        by_article.entry(&snippet.article).or_default().push(snippet);
    }
    let file = |name: &str| format!("gallery/{}.html", text::slug(name));
    let listed = |base: &str, here: &str| -> Vec<(String, String, usize, bool)> {
        let row = |(name, (title, _)): &(&str, (String, String))| {
            (format!("{base}{}", file(name)), title.clone(), by_article[name].len(), *name == here)
        };
        titled.iter().map(row).collect()
    };
    let mut pages = Vec::new();
    // The newest comes first, and it is what is posted next.
    let first = &titled[..1];
    pages.push(gallery.page("index.html", "", first, by_article[first[0].0].clone(), &listed("", first[0].0)));
    for one in &titled {
        let near: Vec<_> = listed("../", one.0).into_iter().collect();
        let at = near.iter().position(|l| l.3).unwrap_or_default();
        // The whole list on every page would be the square of the articles.
        let near = &near[at.saturating_sub(20)..(at + 20).min(near.len())];
        let mut near = near.to_vec();
        near.insert(0, ("../index.html".to_string(), "All articles".to_string(), snippets.len(), false));
        let html = gallery.page(&file(one.0), "../", std::slice::from_ref(one), by_article[one.0].clone(), &near);
        pages.push(html);
    }
    pages
}

struct Gallery<'a> {
    site: &'a Snapshot,
    cards: &'a FxHashSet<String>,
}

impl Gallery<'_> {
    fn page(
        &self,
        path: &str,
        base: &str,
        articles: &[(&str, (String, String))],
        snippets: Vec<&Snippet>,
        pages: &[(String, String, usize, bool)],
    ) -> Page {
        let config = &self.site.project.config;
        let host = config.base_url.split_once("://").map_or(&*config.base_url, |(_, rest)| rest);
        let label = |name: &str| self.site.plan.networks.named(name).map_or("", |n| &n.label);
        let mut networks: Vec<NetworkView<'_>> = Vec::new();
        for row in self.site.plan.networks.all() {
            let count = snippets.iter().filter(|s| *s.network == *row.name).count();
            if count > 0 {
                networks.push(NetworkView { name: &row.name, label: &row.label, count });
            }
        }
        let mut n = 0;
        let mut groups: Vec<Group<'_>> = Vec::new();
        for (name, (title, url)) in articles {
            let mut posts = Vec::new();
            for s in snippets.iter().filter(|s| &*s.article == *name) {
                n += 1;
                posts.push(self.post(s, format!("p{n}"), label(&s.network), base, host));
            }
            groups.push(Group { anchor: text::slug(name), title, url: url.clone(), posts });
        }
        let (css, filters) = (style(&self.accent()), filters(&networks, &groups));
        let css = format!("{css}{filters}");
        let script = SCRIPT.trim();
        let policy = format!(
            "default-src 'none'; img-src 'self' file:; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
            hash(&css),
            hash(script)
        );
        let one = match articles {
            [(_, (title, _))] => title.as_str(),
            _ => "Posts, ready to go out",
        };
        let posts = text::count(snippets.len(), "post");
        let sum = match articles.len() {
            1 => format!("{posts} for {}", text::count(networks.len(), "network")),
            n => format!("{posts} from {} for {}", text::count(n, "article"), text::count(networks.len(), "network")),
        };
        let view =
            |(url, title, count, here): &(String, String, usize, bool)| (url.clone(), title.clone(), *count, *here);
        let pages: Vec<_> = pages.iter().map(view).collect();
        let pages: Vec<Listed<'_>> = pages
            .iter()
            .map(|(url, title, count, here)| Listed { url: url.clone(), title, count: *count, here: *here })
            .collect();
        let mut context = Context::new();
        context.insert("site", &config.title);
        context.insert("initial", &config.title.chars().next().map(String::from).unwrap_or_default());
        context.insert("heading", one);
        context.insert("sum", &sum);
        context.insert("total", &snippets.len());
        context.insert("networks", &networks);
        context.insert("articles", &groups);
        context.insert("pages", &pages);
        context.insert("policy", &policy);
        context.insert_value("css", tera::Value::safe_string(&css));
        context.insert_value("js", tera::Value::safe_string(script));
        // The template is part of the program; that it can be rendered is tested.
        let html = engine().render("page.html", &context).unwrap_or_else(|e| text::escape(&e.to_string()));
        Page { path: path.to_string(), html }
    }

    fn post<'a>(&self, s: &'a Snippet, id: String, label: &'a str, base: &str, host: &'a str) -> Post<'a> {
        let format = Format::of_file(&s.card).unwrap_or_else(|| Format::preview().clone());
        let all = s.thread.len() + 1;
        let part = |(i, t): (usize, &String)| Part {
            nth: format!("{} / {all}", i + 2),
            text: t.clone(),
            html: marked(t, &s.url),
        };
        Post {
            id,
            network: &s.network,
            label,
            variant: &s.variant,
            said: host.to_string(),
            title: s.title.as_deref(),
            text: &s.text,
            html: marked(&s.text, &s.url),
            comment: s.first_comment.as_deref(),
            thread: s.thread.iter().enumerate().map(part).collect(),
            card: self.cards.contains(&s.card).then(|| format!("{base}{}", s.card)),
            alt: &s.alt,
            width: format.width,
            height: format.height,
            tall: format.height > format.width,
            preview: format == *Format::preview(),
            host,
            count: s.count,
            limit: s.limit,
            count_shown: text::thousands(s.count),
            limit_shown: text::thousands(s.limit),
            over: s.count > s.limit,
            intent: s.intent.as_deref(),
        }
    }

    fn accent(&self) -> String {
        match self.site.project.theme.options.get("accent") {
            Some(crate::project::node::Value::String(color)) if color.starts_with('#') => color.clone(),
            _ => "#0f5c4d".to_string(),
        }
    }
}

fn style(accent: &str) -> String {
    STYLE.trim().replace("ACCENT", accent)
}

/// The filters: a choice hides what was not chosen, and no script is needed for it.
fn filters(networks: &[NetworkView<'_>], groups: &[Group<'_>]) -> String {
    let mut css = String::new();
    for NetworkView { name, .. } in networks {
        let _ = write!(
            css,
            "body:has(#n-{name}:checked) :is(.post:not([data-network={name}]),.group:not(:has([data-network={name}]))){{display:none}}"
        );
    }
    for Group { anchor, .. } in groups.iter().filter(|_| groups.len() > 1) {
        let _ = write!(css, "body:has(#a-{anchor}:checked) .group:not(#g-{anchor}){{display:none}}");
    }
    css
}

fn hash(source: &str) -> String {
    format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(source)))
}

/// A post as HTML: its link, tags and mentions as networks mark them.
fn marked(post: &str, url: &str) -> String {
    let mut out = String::with_capacity(post.len() + 64);
    let mut word = String::new();
    let flush = |word: &mut String, out: &mut String| {
        let tag = word.strip_prefix(['#', '@']).is_some_and(|t| t.chars().next().is_some_and(char::is_alphanumeric));
        let link = word == url || word.starts_with("https://");
        // Networks show where a link leads, not how it is counted.
        let shown = if link { shortened(word) } else { word.clone() };
        match tag || link {
            true => {
                let _ = write!(out, "<b>{}</b>", text::escape(&shown));
            }
            false => text::push_escaped(out, &shown),
        }
        word.clear();
    };
    for c in post.chars() {
        match c.is_whitespace() {
            true => {
                flush(&mut word, &mut out);
                out.push(c);
            }
            false => word.push(c),
        }
    }
    flush(&mut word, &mut out);
    out
}

fn shortened(url: &str) -> String {
    let bare = url.split_once("://").map_or(url, |(_, rest)| rest);
    let bare = bare.split('?').next().unwrap_or(bare).trim_end_matches('/');
    match bare.chars().count() > 44 {
        true => format!("{}…", bare.chars().take(43).collect::<String>()),
        false => bare.to_string(),
    }
}

fn engine() -> &'static Tera {
    static ENGINE: OnceLock<Tera> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut tera = Tera::default();
        tera.autoescape_on(vec![".html"]);
        // A mistake in it is found by the tests.
        let _ = tera.add_raw_template("page.html", PAGE);
        tera
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_tags_are_marked_and_everything_is_escaped() {
        let html = marked("A <b> & #LeadMagnets 1# https://a.io/x/?utm_source=x", "https://a.io/x/?utm_source=x");
        assert_eq!(html, "A &lt;b&gt; &amp; <b>#LeadMagnets</b> 1# <b>a.io/x</b>");
    }
}
