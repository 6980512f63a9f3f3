//! What machines read of a page: JSON-LD (schema.org), and the view `page`.

use super::cards;
use super::functions::script_safe;
use super::kinds;
use super::snapshot::Snapshot;
use super::view::{self, view};
use crate::content::{Id, Kind};
use crate::site::taxonomy::AUTHORS;
use crate::site::{Route, What};
use serde_json::{Value as Json, json};
use tera::Value;

/// What is said of a page beside its text.
pub(super) struct Meta<'a> {
    pub kind: &'static str,
    pub title: String,
    pub description: String,
    pub noindex: bool,
    pub article: Option<Id>,
    /// The path that feeds of this page stand below.
    pub feeds: Option<String>,
    pub route: &'a Route,
}

/// The view `page`, for a template.
pub(super) fn page_view(site: &Snapshot, meta: &Meta<'_>, template: &str) -> Value {
    let config = &site.project.config;
    let url = config.absolute(&meta.route.path);
    let head_title = if meta.kind == "home" && meta.title == config.title {
        match config.tagline.is_empty() {
            true => config.title.clone(),
            false => format!("{} · {}", config.title, config.tagline),
        }
    } else if meta.title.is_empty() || meta.title == config.title {
        config.title.clone()
    } else {
        [&*meta.title, " · ", &*config.title].concat()
    };
    let image = cards::preview(site, meta);
    let fediverse = meta.article.and_then(|id| {
        let term = site.plan.taxonomies.of(id, AUTHORS).next()?;
        site.content.authors.get(site.plan.taxonomies.term(term).author.as_ref()?)?.fediverse.clone()
    });
    let description = match meta.description.is_empty() {
        true => config.description.clone(),
        false => meta.description.clone(),
    };
    let card = meta.article.map(|id| view::card(site, id));
    let date = |key| card.as_ref().and_then(|card| view::field(card, key)).cloned().unwrap_or_else(Value::none);
    let jsonld = match site.templates.jsonld(template) {
        true => jsonld(site, meta, &url, &description, image.as_ref()),
        false => String::new(),
    };
    let page = view! {
        "kind": meta.kind,
        "path": meta.route.path.as_ref(),
        "url": url.as_str(),
        "title": meta.title.as_str(),
        "head_title": head_title,
        "description": description.as_str(),
        "noindex": meta.noindex || !config.production(),
        "jsonld": Value::safe_string(&jsonld),
        "image": image,
        "feeds": meta.feeds.as_ref().map(|path| view::feeds(site, path, &meta.title)).unwrap_or_default(),
        "published": date("date"),
        "updated": Some(date("updated")).filter(|d| !d.is_none()).unwrap_or_else(|| date("date")),
        "fediverse": fediverse,
    };
    page.into()
}

/// JSON-LD of a page, safe inside its `<script>`.
fn jsonld(site: &Snapshot, meta: &Meta<'_>, url: &str, description: &str, image: Option<&Value>) -> String {
    let config = &site.project.config;
    let publisher = json!({ "@type": "Organization", "name": config.title, "url": config.absolute("/") });
    let kind = match (meta.kind, &meta.route.what) {
        ("article", _) => "BlogPosting",
        ("home", _) => "WebSite",
        ("section" | "term" | "terms", _) => "CollectionPage",
        (_, What::Text(..)) => "WebPage",
        _ => {
            return script_safe(
                &json!({ "@context": "https://schema.org", "@type": "WebPage", "url": url }).to_string(),
            );
        }
    };
    let mut ld = json!({
        "@context": "https://schema.org",
        "@type": kind,
        "url": url,
        "name": meta.title,
        "inLanguage": config.language,
    });
    if !description.is_empty() {
        ld["description"] = description.into();
    }
    if let Some(image) = image.and_then(|i| i.get_from_path("url")?.as_str().map(str::to_string)) {
        ld["image"] = image.into();
    }
    if kind == "BlogPosting" {
        article_ld(site, meta, &mut ld);
        ld["publisher"] = publisher;
        ld["mainEntityOfPage"] = url.into();
    }
    let entity = meta.article.filter(|_| meta.kind == "magnet").and_then(|id| kinds::entity(site, id, url));
    if let Some(entity) = entity {
        // One context for the page and for what it is about.
        ld["mainEntity"] = json!({ "@id": entity["@id"] });
        let context = ld.as_object_mut().and_then(|page| page.shift_remove("@context"));
        ld = json!({ "@context": context, "@graph": [ld, entity] });
    }
    script_safe(&ld.to_string())
}

fn article_ld(site: &Snapshot, meta: &Meta<'_>, ld: &mut Json) {
    let Some(id) = meta.article else { return };
    let article = site.content.article(id);
    if article.kind != Kind::Article {
        return;
    }
    ld["headline"] = meta.title.as_str().into();
    ld["wordCount"] = article.gist.words.into();
    for (key, at) in
        [("datePublished", article.front.date), ("dateModified", article.front.updated.or(article.front.date))]
    {
        if let Some(at) = view::moment(site, at) {
            ld[key] = at.into();
        }
    }
    let people: Vec<Json> = site
        .plan
        .taxonomies
        .of(id, AUTHORS)
        .map(|term| {
            let term = site.plan.taxonomies.term(term);
            let path = term.path(AUTHORS);
            match site.plan.find(&path) {
                Some(_) => json!({ "@type": "Person", "name": term.name, "url": site.project.config.absolute(&path) }),
                None => json!({ "@type": "Person", "name": term.name }),
            }
        })
        .collect();
    if !people.is_empty() {
        ld["author"] = people.into();
    }
}
