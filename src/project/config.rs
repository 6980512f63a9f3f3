//! `site.toml`.

use super::checks::{Budget, LinkRules};
use super::editor;
use super::node::{Node, Table, Value};
use super::take::Take;
use crate::diag::{Diagnostic, Diagnostics, Levels, Parsed, codes};
use crate::source::{At, RelPath, Span};
use crate::text;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;

/// What the command line says about a build.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Stands above `env` in `site.toml`.
    pub env: Option<String>,
    /// Stands above `base_url` in `site.toml`.
    pub base_url: Option<String>,
    /// The time that the build takes for now.
    pub now: Timestamp,
    /// Builds drafts.
    pub drafts: bool,
    /// Builds what is dated in the future.
    pub future: bool,
}

/// What becomes of formulas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Math {
    /// Dollar signs are dollar signs.
    Off,
    /// TeX is passed on in `<span class="math">`.
    Tex,
    /// TeX becomes MathML when the site is built.
    Mathml,
}

/// `[markdown]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Markdown {
    /// `"quotes"`, `--` and `...` become typographic.
    pub smart: bool,
    /// Code is highlighted.
    pub highlight: bool,
    /// What becomes of formulas.
    pub math: Math,
}

/// `[feeds]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feeds {
    /// Articles in each feed.
    pub limit: usize,
    /// Whether each term has feeds of its own.
    pub terms: bool,
}

/// A line of a menu.
#[derive(Clone, Debug)]
pub struct MenuItem {
    /// What it says.
    pub label: String,
    /// A source file, a path or an address.
    pub to: At<String>,
}

/// A table that a higher floor reads, and the place of its name.
pub type Section = Option<At<Table>>;

/// `site.toml`, with the environment's values laid above it.
#[derive(Clone, Debug)]
pub struct Config {
    /// Title of the site.
    pub title: String,
    /// A short line beside the title; may be empty.
    pub tagline: String,
    /// The sender's postal address, which stands in e-mails; may be empty.
    pub address: String,
    /// Description for pages without one; may be empty.
    pub description: String,
    /// Address of the site, without a final slash.
    pub base_url: String,
    /// The path part of the base URL: empty, or `/docs`.
    pub base_path: String,
    /// BCP 47 tag.
    pub language: String,
    /// Zone of times without an offset.
    pub zone: TimeZone,
    /// The author of texts that name none.
    pub author: Option<At<String>>,
    /// Name of the theme.
    pub theme: At<String>,
    /// Name of the environment.
    pub env: String,
    /// The main menu.
    pub menu: Vec<MenuItem>,
    /// The menu at the foot.
    pub footer: Vec<MenuItem>,
    /// Articles on a page of a list.
    pub paginate: usize,
    /// The taxonomies that have pages; all if the site does not say.
    pub taxonomies: Option<Vec<At<String>>>,
    /// `[markdown]`.
    pub markdown: Markdown,
    /// `[feeds]`.
    pub feeds: Feeds,
    /// The image of pages that have none, and its text alternative.
    pub image: Option<(At<String>, String)>,
    /// `[options]`, read by the theme.
    pub options: Section,
    /// `[forms]`, read by `forms`.
    pub forms: Section,
    /// `[offers]`, read by `site`.
    pub offers: Section,
    /// `[attribution]`, read by `site`.
    pub attribution: Section,
    /// `[share]`, read by `networks`.
    pub share: Section,
    /// `[networks]`, read by `networks`.
    pub networks: Section,
    /// `[publish]`, read by `site`.
    pub publish: Section,
    /// `[serve] editor`: what links to places of files open; a name or a template, empty for the usual one.
    pub editor: String,
    /// `[funnel] stages`, in order.
    pub stages: Vec<String>,
    /// Whether texts that say no dates take those of their commits.
    pub git_dates: bool,
    /// Levels of findings: `[check]`.
    pub levels: Levels,
    /// `[check.links]`.
    pub links: LinkRules,
    /// `[check.budget]`.
    pub budget: Budget,
    /// `[extra]`, the author's own.
    pub extra: Node,
}

impl Config {
    /// Whether the site draws cards: it has a `[share]`, and `[share.cards]` does not say `draw = false`.
    pub fn cards(&self) -> bool {
        let off = |share: &At<Table>| match share.value.get("cards").map(|n| &n.value) {
            Some(Value::Table(cards)) => matches!(cards.get("draw").map(|n| &n.value), Some(Value::Bool(false))),
            _ => false,
        };
        self.share.as_ref().is_some_and(|share| !off(share))
    }

    /// Whether this build is meant for readers.
    pub fn production(&self) -> bool {
        self.env == "production"
    }

    /// The whole address of a path of the site (`/articles/x/`).
    pub fn absolute(&self, path: &str) -> String {
        [&*self.base_url, &*text::encode_path(path)].concat()
    }

    /// The path as it stands in links: below the base path.
    pub fn href(&self, path: &str) -> String {
        [&*self.base_path, &*text::encode_path(path)].concat()
    }
}

/// The stages of the funnel unless the site lists its own.
pub const STAGES: [&str; 5] = ["aware", "consider", "convert", "loyal", "advocate"];

/// Reads `site.toml`. Errors that need a place in no file are about the file as a whole.
pub fn read(table: Table, file: &RelPath, settings: &Settings) -> Parsed<Config> {
    let diags = RefCell::new(Diagnostics::default());
    let table = overlay_env(table, settings);
    let mut take = Take::new(table.0, Span::file(file), file, "site.toml", &diags);
    let config = take_config(&mut take, table.1, settings);
    take.finish();
    Parsed { value: config, diags: diags.into_inner() }
}

/// Lays `[env.NAME]` above the rest and says which environment it is.
fn overlay_env(mut table: Table, settings: &Settings) -> (Table, String) {
    let written = match table.get("env") {
        Some(Node { value: Value::String(env), .. }) => Some(env.clone()),
        _ => None,
    };
    let env = settings.env.clone().or(written).unwrap_or_else(|| "production".to_string());
    let over = match table.get("environments").map(|n| &n.value) {
        Some(Value::Table(all)) => match all.get(&env).map(|n| &n.value) {
            Some(Value::Table(over)) => Some(over.clone()),
            _ => None,
        },
        _ => None,
    };
    if let Some(over) = over {
        table.overlay(&over);
    }
    (table, env)
}

fn take_config(take: &mut Take<'_>, env: String, settings: &Settings) -> Config {
    let title = take.required("title").map(|t| t.value).unwrap_or_default();
    let text = |take: &mut Take<'_>, key| take.string(key).map(|t: At<String>| t.value).unwrap_or_default();
    let _ = take.string("env");
    let _ = take.table("environments");
    let base_url = take_base_url(take, settings, env == "production");
    let zone = take_zone(take);
    let markdown = take.read("markdown", "[markdown]", take_markdown).unwrap_or(Markdown {
        smart: false,
        highlight: true,
        math: Math::Mathml,
    });
    let feeds = take.read("feeds", "[feeds]", |t| Feeds {
        limit: t.integer("limit", 1..=1000).unwrap_or(20) as usize,
        terms: t.bool("terms").unwrap_or(true),
    });
    let stages = take.read("funnel", "[funnel]", |t| t.strings("stages")).unwrap_or_default();
    let image = take.read("image", "[image]", |t| Some((t.required("src")?, text(t, "alt")))).flatten();
    let checks = super::checks::read(take);
    take_version(take);
    let base_path = text::origin(&base_url).map_or("", |o| &base_url[o.len()..]).to_string();
    Config {
        title,
        tagline: text(take, "tagline"),
        address: text(take, "address"),
        description: text(take, "description"),
        base_path,
        base_url,
        language: take.string("language").map_or_else(|| "en".to_string(), |t| t.value),
        zone,
        author: take.string("author"),
        theme: take.string("theme").unwrap_or_else(|| At::new("plain".to_string(), 0..0)),
        env,
        menu: take_menu(take, "menu"),
        footer: take_menu(take, "footer"),
        paginate: take.integer("paginate", 1..=10_000).unwrap_or(10) as usize,
        taxonomies: take.has("taxonomies").then(|| take.strings("taxonomies")),
        markdown,
        feeds: feeds.unwrap_or(Feeds { limit: 20, terms: true }),
        image,
        options: take.table("options"),
        forms: take.table("forms"),
        offers: take.table("offers"),
        attribution: take.table("attribution"),
        share: take.table("share"),
        networks: take.table("networks"),
        publish: take.table("publish"),
        editor: take.read("serve", "[serve]", editor::read).flatten().unwrap_or_default(),
        stages: if stages.is_empty() {
            STAGES.map(str::to_string).to_vec()
        } else {
            stages.into_iter().map(|s| s.value).collect()
        },
        git_dates: take.choice("dates", &[("written", false), ("git", true)]).unwrap_or(false),
        levels: checks.levels,
        links: checks.links,
        budget: checks.budget,
        extra: take.node("extra").unwrap_or_else(|| At::new(Value::Table(Table::default()), 0..0)),
    }
}

fn take_markdown(take: &mut Take<'_>) -> Markdown {
    Markdown {
        smart: take.bool("smart_punctuation").unwrap_or(false),
        highlight: take.bool("highlight").unwrap_or(true),
        math: take
            .choice("math", &[("off", Math::Off), ("tex", Math::Tex), ("mathml", Math::Mathml)])
            .unwrap_or(Math::Mathml),
    }
}

fn take_menu(take: &mut Take<'_>, key: &'static str) -> Vec<MenuItem> {
    let items = take.list(key, &format!("[[{key}]]"), |t| {
        let (label, to) = (t.required("label"), t.required("to"));
        Some(MenuItem { label: label?.value, to: to? })
    });
    items.into_iter().flatten().collect()
}

fn take_zone(take: &mut Take<'_>) -> TimeZone {
    let Some(name) = take.string("timezone") else { return TimeZone::UTC };
    TimeZone::get(&name.value).unwrap_or_else(|_| {
        let message = format!("`{}` is not a time zone", name.value);
        let span = name.span(take.file());
        take.report(Diagnostic::new(codes::BAD_VALUE, message).at(span).help("write a name such as `Europe/Berlin`"));
        TimeZone::UTC
    })
}

fn take_base_url(take: &mut Take<'_>, settings: &Settings, production: bool) -> String {
    let written = match &settings.base_url {
        Some(url) => {
            let _ = take.string("base_url");
            Some(At::new(url.clone(), 0..0))
        }
        None => take.required("base_url"),
    };
    let Some(url) = written else { return "https://example.com".to_string() };
    let span = url.span(take.file());
    let trimmed = url.value.trim_end_matches('/').to_string();
    let host = text::origin(&trimmed).map(|o| o.rsplit('/').next().unwrap_or("").to_ascii_lowercase());
    let Some(host) = host.filter(|_| !trimmed.contains(['?', '#', ' '])) else {
        let message = format!("`base_url` is `{}`, which is not the address of a site", url.value);
        take.report(
            Diagnostic::new(codes::BAD_VALUE, message)
                .at(span)
                .help("write `https://` and the host, such as `https://acme.io`"),
        );
        return "https://example.com".to_string();
    };
    if production && is_example(&host) {
        let message = format!("`{}` is an example, and this build is for production", url.value);
        take.report(
            Diagnostic::new(codes::EXAMPLE_URL, message)
                .at(span)
                .help("set `base_url` to the address of the site, or build with `--env preview`"),
        );
    }
    trimmed
}

/// Hosts that no reader can reach: RFC 2606, RFC 6761 and loopback addresses.
fn is_example(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or(host);
    let tld = name.rsplit('.').next().unwrap_or(name);
    let second: Vec<&str> = name.rsplitn(3, '.').take(2).collect();
    ["example", "test", "invalid", "localhost", "local"].contains(&tld)
        || matches!(second.as_slice(), ["com" | "net" | "org", "example"])
        || name.starts_with("127.")
        || host.starts_with('[')
}

/// `hub`: the version that the site is built with. The parts that are written must be those of this hub.
fn take_version(take: &mut Take<'_>) {
    let Some(wanted) = take.string("hub") else { return };
    let here = env!("CARGO_PKG_VERSION");
    let parts: Vec<&str> = wanted.value.trim().split('.').collect();
    let numbers = parts.len() <= 3 && parts.iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    let span = wanted.span(take.file());
    if !numbers {
        let message = format!("`hub` is `{}`, which is not a version", wanted.value);
        take.report(Diagnostic::new(codes::BAD_VALUE, message).at(span).help(format!("write `hub = \"{here}\"`")));
    } else if !here.split(['.', '-', '+']).zip(&parts).all(|(a, b)| a == *b) {
        let message = format!("the site is for hub {}, and this is hub {here}", wanted.value);
        let d = Diagnostic::new(codes::OTHER_VERSION, message).at(span);
        take.report(d.help(format!("install hub {}, or read CHANGELOG.md and write `hub = \"{here}\"`", wanted.value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_hosts() {
        for host in ["example.com", "www.example.org", "localhost:8000", "a.test", "127.0.0.1", "[::1]"] {
            assert!(is_example(host), "{host}");
        }
        for host in ["acme.io", "example.com.br", "myexample.com", "localhost.dev"] {
            assert!(!is_example(host), "{host}");
        }
    }
}
