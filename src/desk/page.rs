//! Pages of the desk: templates of hub's own, one style sheet, and a policy that allows nothing else.

use super::request::Request;
use super::{Reply, State, Timing, findings, inbox};
use crate::content::{Id, Moment};
use crate::leads::body;
use crate::project::node;
use crate::render::Snapshot;
use crate::text;
use crate::time;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::OnceLock;
use tera::{Context, Tera};

const STYLE: &str = include_str!("desk.css");

const TEMPLATES: [(&str, &str); 15] = [
    ("base.html", include_str!("templates/base.html")),
    ("pager.html", include_str!("templates/pager.html")),
    ("map.html", include_str!("templates/map.html")),
    ("articles.html", include_str!("templates/articles.html")),
    ("article.html", include_str!("templates/article.html")),
    ("calendar.html", include_str!("templates/calendar.html")),
    ("forms.html", include_str!("templates/forms.html")),
    ("inbox.html", include_str!("templates/inbox.html")),
    ("lead.html", include_str!("templates/lead.html")),
    ("provider.html", include_str!("templates/provider.html")),
    ("diagnostics.html", include_str!("templates/diagnostics.html")),
    ("routes.html", include_str!("templates/routes.html")),
    ("timings.html", include_str!("templates/timings.html")),
    ("new.html", include_str!("templates/new.html")),
    ("note.html", include_str!("templates/note.html")),
];

/// What pages of the desk may load: what the preview serves.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

fn engine() -> &'static Tera {
    static ENGINE: OnceLock<Tera> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut tera = Tera::default();
        tera.autoescape_on(vec![".html"]);
        // A mistake in them is found by the tests.
        let _ = tera.add_raw_templates(TEMPLATES);
        tera
    })
}

fn headers(kind: &str) -> Vec<(&'static str, String)> {
    vec![
        ("content-type", kind.to_string()),
        ("cache-control", "no-store".to_string()),
        ("x-content-type-options", "nosniff".to_string()),
        // A form that is sent from here must say so.
        ("referrer-policy", "same-origin".to_string()),
    ]
}

/// Bytes of a type, for this browser and this moment alone.
pub(super) fn bytes(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Reply {
    let mut headers = headers(kind);
    headers.push(("content-security-policy", POLICY.to_string()));
    Reply { status, headers, body: body.into() }
}

/// A page that brings its own policy.
pub(super) fn own_policy(html: String) -> Reply {
    let mut headers = headers("text/html; charset=utf-8");
    headers.push(("content-security-policy", "frame-ancestors 'none'".to_string()));
    Reply { status: 200, headers, body: html.into_bytes() }
}

/// The way on, by `GET`.
pub(super) fn see_other(to: &str) -> Reply {
    // A header holds visible ASCII alone.
    let to: String = to.chars().filter(|c| !c.is_control()).collect();
    let to = to.chars().map(|c| if c.is_ascii() { c.to_string() } else { text::percent_encode(&c.to_string()) });
    let mut reply = bytes(303, "text/plain; charset=utf-8", "");
    reply.headers.push(("location", to.collect()));
    reply
}

/// A page by its template. `here` is the page of the menu that it belongs to.
pub(super) fn render(state: &State<'_>, template: &str, title: &str, here: &str, shown: Value) -> Reply {
    render_with(state, 200, template, title, here, shown)
}

/// As [`render`], with a status.
pub(super) fn render_with(
    state: &State<'_>,
    status: u16,
    template: &str,
    title: &str,
    here: &str,
    shown: Value,
) -> Reply {
    let config = &state.site.project.config;
    let (errors, warnings) = findings::count(state.findings);
    let menu = [
        ("", "Funnel", 0, ""),
        ("articles", "Articles", 0, ""),
        ("calendar", "Calendar", 0, ""),
        ("forms", "Forms", 0, ""),
        ("inbox", "Inbox", inbox::number(state), ""),
        ("diagnostics", "Diagnostics", errors + warnings, if errors > 0 { "bad" } else { "warn" }),
        ("routes", "Routes", 0, ""),
        ("timings", "Timings", 0, ""),
    ];
    let menu = menu.map(|(path, label, n, level)| {
        json!({ "url": format!("/_hub/{path}"), "label": label, "n": text::thousands(n), "some": n > 0, "level": level, "here": path == here })
    });
    let initial = config.title.chars().next().map(String::from).unwrap_or_default();
    let mut context = Context::new();
    context.insert("site", &config.title);
    context.insert("initial", &initial);
    context.insert("home", &config.href("/"));
    context.insert("title", title);
    context.insert("menu", &menu);
    context.insert("new", &(here == "new"));
    if let Value::Object(shown) = shown {
        for (key, value) in shown {
            context.insert(key, &value);
        }
    }
    match engine().render(template, &context) {
        Ok(html) => bytes(status, "text/html; charset=utf-8", html),
        // The templates are part of the program; that they can be rendered is tested.
        Err(e) => bytes(500, "text/plain; charset=utf-8", e.to_string()),
    }
}

/// A page that says one thing.
pub(super) fn note(state: &State<'_>, status: u16, title: &str, words: &str) -> Reply {
    render_with(state, status, "note.html", title, "-", json!({ "words": words }))
}

/// A style sheet, by its name.
pub(super) fn asset(state: &State<'_>, name: &str) -> Reply {
    match name {
        "desk.css" => {
            let (light, dark) = accents(state.site);
            let style = STYLE.replace("ACCENT_DARK", &dark).replace("ACCENT", &light);
            bytes(200, "text/css; charset=utf-8", style)
        }
        _ => note(state, 404, "Nothing here", "The desk has no such file."),
    }
}

/// The theme's accents, if they are colours that a style sheet can hold.
fn accents(site: &Snapshot) -> (String, String) {
    let option = |name: &str, otherwise: &str| match site.project.theme.options.get(name) {
        Some(node::Value::String(color))
            if color.starts_with('#') && color[1..].bytes().all(|b| b.is_ascii_hexdigit()) =>
        {
            color.clone()
        }
        _ => otherwise.to_string(),
    };
    (option("accent", "#0f5c4d"), option("accent_dark", "#8fd3bf"))
}

/// Where a text stands on the site; none if it is not shown.
pub(super) fn href(site: &Snapshot, id: Id) -> Option<String> {
    Some(site.project.config.href(site.plan.path(id)?))
}

/// A moment for people, in the site's zone: `22 Nov 2026, 14:05`.
pub(super) fn moment(state: &State<'_>, at: Timestamp) -> String {
    at.to_zoned(state.site.project.config.zone.clone()).strftime("%-d %b %Y, %H:%M").to_string()
}

/// A day for people, in the site's zone.
pub(super) fn day(state: &State<'_>, at: Moment) -> String {
    let at = Timestamp::from_second(at).unwrap_or_default();
    at.to_zoned(state.site.project.config.zone.clone()).strftime("%-d %b %Y").to_string()
}

/// A moment for machines.
pub(super) fn datetime(state: &State<'_>, at: Timestamp) -> String {
    time::rfc3339(at, &state.site.project.config.zone)
}

/// What changed, for a template.
pub(super) fn timing(state: &State<'_>, timing: &Timing) -> Value {
    let ms = timing.took.as_secs_f64() * 1000.0;
    let took = if ms < 10.0 { format!("{ms:.1} ms") } else { format!("{} ms", text::thousands(ms.round() as usize)) };
    let at = timing.at.to_zoned(state.site.project.config.zone.clone());
    json!({ "at": at.strftime("%H:%M:%S").to_string(), "datetime": datetime(state, timing.at), "what": timing.what, "took": took, "ms": ms })
}

/// One page of a list, and what its pager shows. `each` is the most that a page shows.
pub(super) fn paged<T>(all: Vec<T>, request: &Request<'_>, each: usize) -> (Vec<T>, Value) {
    let pages = all.len().div_ceil(each).max(1);
    let page = request.asked("page").parse().unwrap_or(1usize).clamp(1, pages);
    let total = all.len();
    let shown: Vec<T> = all.into_iter().skip((page - 1) * each).take(each).collect();
    let to = |n: usize| (1..=pages).contains(&n).then(|| format!("?{}", with(request.query, "page", &n.to_string())));
    let (prev, next) = (page.checked_sub(1).and_then(to), to(page + 1));
    (shown, json!({ "page": page, "pages": pages, "total": text::thousands(total), "prev": prev, "next": next }))
}

/// A query with another value for a word.
pub(super) fn with(query: &str, name: &str, value: &str) -> String {
    let mut pairs = body::query(query);
    pairs.retain(|(n, v)| n != name && n != "page" && !v.is_empty());
    if !value.is_empty() {
        pairs.push((name.to_string(), value.to_string()));
    }
    let pairs = pairs.iter().map(|(n, v)| format!("{}={}", text::percent_encode(n), text::percent_encode(v)));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_templates() {
        let mut tera = Tera::default();
        tera.add_raw_templates(TEMPLATES).expect("templates");
    }
}
