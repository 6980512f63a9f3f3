//! Feeds: Atom (RFC 4287) and JSON Feed 1.1. Addresses are absolute, texts whole, ids stable.

use crate::content::Id;
use crate::render::ask::ask;
use crate::render::body::{Filler, Voice};
use crate::render::snapshot::Snapshot;
use crate::render::view;
use crate::site::query::{Of, Query, Select};
use crate::site::taxonomy::AUTHORS;
use crate::site::{FeedFormat, Route, Scope};
use crate::text::escape;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// The feed at a route.
pub fn feed(site: &Snapshot, route: &Route, scope: Scope, format: FeedFormat) -> String {
    ask(Query::Site);
    let config = &site.project.config;
    let (of, title, home) = match scope {
        Scope::Site => (Of::All, config.title.clone(), "/".to_string()),
        Scope::Term(term) => {
            ask(Query::Term(term));
            let found = site.plan.taxonomies.term(term);
            (Of::Term(term), format!("{} · {}", found.name, config.title), found.path(term.0))
        }
    };
    let select = Select { of, skip: 0, take: config.feeds.limit as u32 };
    let mut ids = site.select(&select);
    // A series is read from its beginning; a feed shows what is new.
    ids.sort_by_key(|id| site.plan.position(*id));
    ask(Query::List(Arc::new(select)));
    let items: Vec<Item> = ids.into_iter().map(|id| item(site, id)).collect();
    let head = Head { title, home: config.absolute(&home), own: config.absolute(&route.path) };
    match format {
        FeedFormat::Atom => atom(site, &head, &items),
        FeedFormat::Json => json_feed(site, &head, &items),
    }
}

struct Head {
    title: String,
    home: String,
    own: String,
}

struct Item {
    title: String,
    url: String,
    summary: String,
    html: String,
    published: String,
    updated: String,
    authors: Vec<String>,
    tags: Vec<String>,
}

/// Where a text has no date, readers still need one; the beginning of time sorts it last.
const NO_DATE: &str = "1970-01-01T00:00:00Z";

fn item(site: &Snapshot, id: Id) -> Item {
    ask(Query::Article(id));
    let article = site.content.article(id);
    let config = &site.project.config;
    let path = site.plan.path(id).map_or("/", |p| p);
    let body = site.content.body(id, &*site.files);
    let page = view::view! { "kind": "feed", "path": path, "url": config.absolute(path) };
    let html = Filler::new(site, &article.path, Voice::Elsewhere).on(page.into()).fill(&body.piece).html;
    let moment = |at| view::moment(site, at).unwrap_or_else(|| NO_DATE.to_string());
    let names = |tax| site.plan.taxonomies.of(id, tax).map(|t| site.plan.taxonomies.term(t).name.clone()).collect();
    Item {
        title: article.front.title.clone(),
        url: config.absolute(path),
        summary: article.front.description.clone(),
        html: absolutize(&html, crate::text::origin(&config.base_url).unwrap_or_default(), &config.absolute(path)),
        published: moment(article.front.date),
        updated: moment(article.front.updated.or(article.front.date)),
        authors: names(AUTHORS),
        tags: names(crate::site::taxonomy::TAGS),
    }
}

/// Makes the addresses of links and pictures absolute.
pub(in crate::render) fn absolutize(html: &str, origin: &str, page: &str) -> String {
    let mut out = String::with_capacity(html.len() + 512);
    let mut rest = html;
    while let Some(i) = rest.find("=\"") {
        let (before, after) = rest.split_at(i + 2);
        out.push_str(before);
        rest = after;
        if !["href=\"", "src=\""].iter().any(|a| before.ends_with(a)) {
            continue;
        }
        match rest.as_bytes() {
            [b'/', b'/', ..] => {}
            [b'/', ..] => out.push_str(origin),
            [b'#', ..] => out.push_str(page),
            _ => {}
        }
    }
    out.push_str(rest);
    out
}

fn atom(site: &Snapshot, head: &Head, items: &[Item]) -> String {
    let config = &site.project.config;
    let updated = items.iter().map(|i| i.updated.as_str()).max().unwrap_or(NO_DATE);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    out.push_str(&format!("<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n", escape(&config.language)));
    let line = |indent: &str, name: &str, text: &str| format!("{indent}<{name}>{}</{name}>\n", escape(text));
    out.push_str(&line("  ", "title", &head.title));
    if !config.description.is_empty() {
        out.push_str(&line("  ", "subtitle", &config.description));
    }
    out.push_str(&format!("  <link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n", escape(&head.home)));
    out.push_str(&format!("  <link rel=\"self\" type=\"application/atom+xml\" href=\"{}\"/>\n", escape(&head.own)));
    out.push_str(&line("  ", "id", &head.own));
    out.push_str(&line("  ", "updated", updated));
    out.push_str("  <generator>hub</generator>\n");
    for item in items {
        out.push_str("  <entry>\n");
        out.push_str(&line("    ", "title", &item.title));
        out.push_str(&format!("    <link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n", escape(&item.url)));
        out.push_str(&line("    ", "id", &item.url));
        out.push_str(&line("    ", "published", &item.published));
        out.push_str(&line("    ", "updated", &item.updated));
        let anyone = [config.title.clone()];
        for author in if item.authors.is_empty() { &anyone[..] } else { &item.authors } {
            out.push_str(&format!("    <author><name>{}</name></author>\n", escape(author)));
        }
        for tag in &item.tags {
            out.push_str(&format!("    <category term=\"{}\"/>\n", escape(tag)));
        }
        if !item.summary.is_empty() {
            out.push_str(&line("    ", "summary", &item.summary));
        }
        out.push_str(&format!("    <content type=\"html\">{}</content>\n  </entry>\n", escape(&item.html)));
    }
    out.push_str("</feed>\n");
    out
}

fn json_feed(site: &Snapshot, head: &Head, items: &[Item]) -> String {
    let config = &site.project.config;
    let entry = |item: &Item| {
        let mut json = json!({
            "id": item.url, "url": item.url, "title": item.title, "content_html": item.html,
            "date_published": item.published, "date_modified": item.updated,
        });
        if !item.summary.is_empty() {
            json["summary"] = item.summary.as_str().into();
        }
        if !item.authors.is_empty() {
            json["authors"] = item.authors.iter().map(|name| json!({ "name": name })).collect::<Vec<Json>>().into();
        }
        if !item.tags.is_empty() {
            json["tags"] = item.tags.clone().into();
        }
        json
    };
    let mut feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": head.title,
        "home_page_url": head.home,
        "feed_url": head.own,
        "language": config.language,
    });
    if !config.description.is_empty() {
        feed["description"] = config.description.as_str().into();
    }
    feed["items"] = items.iter().map(entry).collect::<Vec<_>>().into();
    let mut text = serde_json::to_string_pretty(&feed).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn addresses_become_absolute() {
        let html = r##"<a href="/x/">x</a><img src="/y.png"><a href="#z">z</a><a href="//h/"><a href="https://o/">"##;
        let whole = super::absolutize(html, "https://a.io", "https://a.io/p/");
        assert_eq!(
            whole,
            r##"<a href="https://a.io/x/">x</a><img src="https://a.io/y.png"><a href="https://a.io/p/#z">z</a><a href="//h/"><a href="https://o/">"##
        );
    }
}
