//! `[check]` of `site.toml`: levels of findings, which links of other sites are asked, and what a page may weigh.

use super::node::{Table, Value};
use super::take::Take;
use crate::diag::{Code, Diagnostic, Level, Levels, codes};
use crate::source::At;
use crate::text;
use globset::{Glob, GlobSet, GlobSetBuilder};
use std::time::Duration;

/// `[check]`.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    /// Levels of codes.
    pub levels: Levels,
    /// `[check.links]`.
    pub links: LinkRules,
    /// `[check.budget]`.
    pub budget: Budget,
}

/// `[check.links]`: how links to other sites are looked at.
#[derive(Clone, Debug)]
pub struct LinkRules {
    /// Only these addresses are asked; all where there are none.
    pub allow: GlobSet,
    /// These are not.
    pub deny: GlobSet,
    /// Whether the parts of pages (`#id`) are looked for, too.
    pub anchors: bool,
    /// Time between two requests to one host.
    pub delay: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// How often an address that gives no answer is asked again.
    pub retries: u32,
    /// Days for which a good answer holds.
    pub keep_good: u32,
    /// Days for which a bad one holds.
    pub keep_bad: u32,
}

impl Default for LinkRules {
    fn default() -> LinkRules {
        LinkRules {
            allow: GlobSet::empty(),
            deny: GlobSet::empty(),
            anchors: false,
            delay: Duration::from_millis(200),
            timeout: Duration::from_secs(20),
            retries: 2,
            keep_good: 14,
            keep_bad: 1,
        }
    }
}

/// `[check.budget]`: bytes of a page, by what they are; pixels of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The page with all that it loads.
    pub page: u64,
    /// Its HTML.
    pub html: u64,
    /// Its style sheets.
    pub css: u64,
    /// Its scripts.
    pub js: u64,
    /// Its pictures.
    pub images: u64,
    /// Pixels that a picture is shown in across, at the most.
    pub image_width: u32,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { page: 3_000_000, html: 250_000, css: 150_000, js: 300_000, images: 2_000_000, image_width: 2600 }
    }
}

pub(super) fn read(take: &mut Take<'_>) -> Checks {
    let Some(At { value: Table(pairs), start, end }) = take.table("check") else { return Checks::default() };
    let is_table = |key: &str| ["links", "budget"].contains(&key);
    let (tables, codes): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(key, _)| is_table(&key.value));
    let mut checks = Checks::default();
    for (key, node) in tables {
        let Value::Table(table) = node.value else {
            let message = format!("`{}` in [check] is a table", key.value);
            let help = format!("write `[check.{}]`", key.value);
            take.report(Diagnostic::new(codes::WRONG_TYPE, message).at(key.span(take.file())).help(help));
            continue;
        };
        let table = At { value: table, start, end };
        match &*key.value {
            "links" => checks.links = take.nested(table, "[check.links]", take_links),
            _ => checks.budget = take.nested(table, "[check.budget]", take_budget),
        }
    }
    for (key, node) in codes {
        let span = key.span(take.file());
        let Some(code) = Code::parse(&key.value) else {
            let rows: Vec<String> = codes::TABLE.iter().map(|r| r.code.to_string()).collect();
            let known = rows.iter().map(|s| &**s).chain(["links", "budget"]);
            let message = format!("[check] has no code `{}`", key.value);
            take.report(Diagnostic::new(codes::UNKNOWN_KEY, message).at(span).nearest(&key.value, known));
            continue;
        };
        let level = match &node.value {
            Value::String(word) => Level::NAMES.iter().find(|(name, _)| name == word).map(|(_, l)| *l),
            _ => None,
        };
        match level {
            Some(level) => drop(checks.levels.0.insert(code, level)),
            None => {
                let names = text::choices(Level::NAMES.iter().map(|(name, _)| *name));
                let d = Diagnostic::new(codes::BAD_VALUE, format!("`{code}` takes {names}"));
                take.report(d.at(node.span(take.file())));
            }
        }
    }
    checks
}

fn take_links(take: &mut Take<'_>) -> LinkRules {
    let (allow, deny) = (take_globs(take, "allow"), take_globs(take, "deny"));
    let preset = LinkRules::default();
    let number = |take: &mut Take<'_>, key, range| take.integer(key, range).and_then(|n| u32::try_from(n).ok());
    LinkRules {
        allow,
        deny,
        anchors: take.bool("anchors").unwrap_or(false),
        delay: number(take, "delay", 0..=60_000).map_or(preset.delay, |n| Duration::from_millis(n.into())),
        timeout: number(take, "timeout", 1..=300).map_or(preset.timeout, |n| Duration::from_secs(n.into())),
        retries: number(take, "retries", 0..=10).unwrap_or(preset.retries),
        keep_good: number(take, "keep_good", 0..=365).unwrap_or(preset.keep_good),
        keep_bad: number(take, "keep_bad", 0..=365).unwrap_or(preset.keep_bad),
    }
}

fn take_globs(take: &mut Take<'_>, key: &'static str) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for pattern in take.strings(key) {
        match Glob::new(&pattern.value) {
            Ok(glob) => drop(set.add(glob)),
            Err(e) => {
                let message = format!("`{}` is not a pattern: {}", pattern.value, e.kind());
                let d = Diagnostic::new(codes::BAD_VALUE, message).at(pattern.span(take.file()));
                take.report(d.help("write an address in which `*` stands for anything: `https://acme.io/*`"));
            }
        }
    }
    // Every pattern was compiled alone; together they are too large only if each nearly was.
    set.build().unwrap_or_else(|_| GlobSet::empty())
}

fn take_budget(take: &mut Take<'_>) -> Budget {
    let preset = Budget::default();
    let size = |take: &mut Take<'_>, key, preset: u64| {
        let Some(word) = take.string(key) else { return preset };
        text::parse_size(&word.value).unwrap_or_else(|| {
            let message = format!("`{key}` is `{}`, which is not a size", word.value);
            let d = Diagnostic::new(codes::BAD_VALUE, message).at(word.span(take.file()));
            take.report(d.help("write `\"300 KB\"` or `\"2 MB\"`"));
            preset
        })
    };
    Budget {
        page: size(take, "page", preset.page),
        html: size(take, "html", preset.html),
        css: size(take, "css", preset.css),
        js: size(take, "js", preset.js),
        images: size(take, "images", preset.images),
        image_width: take
            .integer("image_width", 1..=100_000)
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(preset.image_width),
    }
}
