//! Sitemap, robots, redirects, headers, llms.txt, web manifest.

use crate::content::{Id, Kind};
use crate::files::SITE_TOML;
use crate::gate::Gate;
use crate::render::ask::ask;
use crate::render::snapshot::Snapshot;
use crate::render::view;
use crate::site::hosts;
use crate::site::query::Query;
use crate::site::{Own, Route, What};
use crate::source::RelPath;
use crate::text::escape;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One of the site's own files.
pub fn own(site: &Snapshot, own: Own) -> String {
    ask(Query::Site);
    match own {
        Own::Sitemap => sitemap(site),
        Own::Robots => robots(site),
        Own::Redirects => redirects(site),
        Own::Headers => headers(site),
        Own::Llms => llms(site),
        Own::WebManifest => web_manifest(site),
        Own::IndexNow => hosts::indexnow_key(&site.project.config.base_url),
        Own::NotFound => String::new(),
    }
}

/// Pages that search engines should know, with the text they show.
fn indexed(site: &Snapshot) -> impl Iterator<Item = (&str, Option<Id>)> {
    site.plan.routes.iter().filter_map(|route| match route.what {
        What::Text(id, 1) if !site.content.article(id).front.noindex => Some((&*route.path, Some(id))),
        What::Term(_, 1) | What::Terms(_) => Some((&*route.path, None)),
        _ => None,
    })
}

/// sitemaps.org, protocol 0.9.
fn sitemap(site: &Snapshot) -> String {
    ask(Query::Pages);
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    for (path, id) in indexed(site) {
        out.push_str("<url><loc>");
        out.push_str(&escape(&site.project.config.absolute(path)));
        out.push_str("</loc>");
        let front = id.map(|id| &site.content.article(id).front);
        if let Some(at) = view::moment(site, front.and_then(|f| f.updated.or(f.date))) {
            out.push_str(&format!("<lastmod>{at}</lastmod>"));
        }
        out.push_str("</url>\n");
    }
    out.push_str("</urlset>\n");
    out
}

fn robots(site: &Snapshot) -> String {
    let config = &site.project.config;
    if !config.production() {
        return "User-agent: *\nDisallow: /\n".to_string();
    }
    format!("User-agent: *\nAllow: /\n\nSitemap: {}\n", config.absolute("/sitemap.xml"))
}

/// The form that Netlify and Cloudflare Pages read.
fn redirects(site: &Snapshot) -> String {
    ask(Query::Redirects);
    let config = &site.project.config;
    let mut out = String::new();
    for route in &site.plan.routes {
        if let What::Redirect(to) = &route.what {
            out.push_str(&format!("{} {} 301\n", config.href(&route.path), config.href(to)));
        }
    }
    out
}

/// The content security policy of the site: what its pages use, and nothing else.
pub fn policy(site: &Snapshot) -> String {
    let mut images: BTreeSet<&str> = BTreeSet::new();
    let texts = site.content.ids().filter(|id| site.plan.path(*id).is_some());
    for id in texts {
        images.extend(site.content.article(id).gist.origins.iter().map(|o| &**o));
    }
    let (mut targets, mut connects) = (BTreeSet::new(), BTreeSet::new());
    for magnet in site.plan.magnets.iter().filter(|m| site.plan.path(m.id).is_some()) {
        if let Some(form) = magnet.form.map(|i| &site.plan.forms[i]) {
            targets.extend(form.targets());
            connects.extend(form.connects());
        }
    }
    let images: String = images.iter().map(|o| format!(" {o}")).collect();
    let list = |origins: BTreeSet<String>| origins.iter().map(|o| format!(" {o}")).collect::<String>();
    let (targets, connects) = (list(targets), list(connects));
    let media =
        if images.is_empty() { String::new() } else { format!("; media-src 'self'{images}; frame-src{images}") };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{images}; font-src 'self'; \
         connect-src 'self'{connects}; manifest-src 'self'; form-action 'self'{targets}{media}; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Paths with headers of their own: what must not be indexed although it is a file.
pub fn header_paths(site: &Snapshot) -> Vec<String> {
    // An address that nobody guesses is not written down here, where anybody could read it.
    let unlisted = site.plan.magnets.iter().filter(|m| m.gate == Some(Gate::Unlisted));
    let unlisted = unlisted.filter_map(|m| Some(format!("{}get/*", site.plan.path(m.id)?)));
    let apart = |r: &&Route| match r.what {
        What::Sealed(.., part) => part == 0,
        What::Thanks(_) | What::Unlock(_) | What::Calendar(_) | What::Go(..) | What::Qr(..) => true,
        _ => false,
    };
    let apart = site.plan.routes.iter().filter(apart).map(|r| r.path.to_string());
    apart.chain(unlisted).map(|path| site.project.config.href(&path)).collect()
}

/// The form that Netlify and Cloudflare Pages read.
fn headers(site: &Snapshot) -> String {
    ask(Query::Policy);
    let config = &site.project.config;
    let mut out = format!("{}\n  Content-Security-Policy: {}\n", config.href("/*"), policy(site));
    out.push_str("  X-Content-Type-Options: nosniff\n  Referrer-Policy: strict-origin-when-cross-origin\n");
    out.push_str("  Permissions-Policy: camera=(), geolocation=(), microphone=()\n");
    if !config.production() {
        out.push_str("  X-Robots-Tag: noindex\n");
    }
    out.push_str(&format!("{}\n  Cache-Control: public, max-age=31536000, immutable\n", config.href("/assets/*")));
    for path in header_paths(site) {
        out.push_str(&format!("{path}\n  X-Robots-Tag: noindex\n"));
        if path.ends_with(".ics") {
            out.push_str("  Content-Type: text/calendar; charset=utf-8\n");
        }
    }
    out
}

/// llmstxt.org.
fn llms(site: &Snapshot) -> String {
    ask(Query::Pages);
    let config = &site.project.config;
    let mut out = format!("# {}\n", config.title);
    if !config.description.is_empty() {
        out.push_str(&format!("\n> {}\n", config.description));
    }
    let line = |id: Id| {
        let front = &site.content.article(id).front;
        let path = site.plan.path(id)?;
        if front.noindex {
            return None;
        }
        let title = front.title.replace(['[', ']'], "");
        let colon = if front.description.is_empty() { "" } else { ": " };
        Some(["- [", &title, "](", &config.absolute(path), ")", colon, &front.description, "\n"].concat())
    };
    let word =
        |key: &str, english: &str| site.project.theme.words.get(key).cloned().unwrap_or_else(|| english.to_string());
    for (title, ids) in [
        (word("articles", "Articles"), site.plan.order.clone()),
        (word("magnets", "Downloads"), site.plan.magnets.iter().map(|m| m.id).collect()),
        (
            word("pages", "Pages"),
            site.content.ids().filter(|id| site.content.article(*id).kind == Kind::Page).collect(),
        ),
    ] {
        let lines: String = ids.into_iter().filter_map(line).collect();
        if !lines.is_empty() {
            out.push_str(&format!("\n## {title}\n\n{lines}"));
        }
    }
    out
}

/// W3C Web Application Manifest.
fn web_manifest(site: &Snapshot) -> String {
    let config = &site.project.config;
    let icon = |path: &str, sizes: &str, media: &str| {
        ask(Query::Url(Arc::new((RelPath::new(SITE_TOML), path.to_string()))));
        site.plan.find(path).map(|_| serde_json::json!({ "src": config.href(path), "sizes": sizes, "type": media }))
    };
    let icons: Vec<_> = [
        icon("/icon.svg", "any", "image/svg+xml"),
        icon("/icon-192.png", "192x192", "image/png"),
        icon("/icon-512.png", "512x512", "image/png"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let accent = match site.project.theme.options.get("accent") {
        Some(crate::project::node::Value::String(color)) => color.as_str(),
        _ => "#ffffff",
    };
    let manifest = serde_json::json!({
        "name": config.title,
        "short_name": config.title,
        "description": config.description,
        "lang": config.language,
        "start_url": config.href("/"),
        "scope": config.href("/"),
        "display": "minimal-ui",
        "theme_color": accent,
        "background_color": "#ffffff",
        "icons": icons,
    });
    serde_json::to_string_pretty(&manifest).unwrap_or_default() + "\n"
}
