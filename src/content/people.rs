//! Authors and campaigns: content in TOML.

use crate::diag::Diagnostics;
use crate::files::{Files, read_text};
use crate::project::Project;
use crate::project::take::Take;
use crate::project::toml;
use crate::source::{At, RelPath, Span};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A link of an author.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What it says.
    pub label: String,
    /// Where it leads.
    pub url: String,
}

/// `content/authors/ID.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The file; none for a name that has no file.
    pub path: Option<RelPath>,
    /// Name.
    pub name: String,
    /// What the author does; may be empty.
    pub role: String,
    /// Some sentences; may be empty.
    pub bio: String,
    /// A portrait in `static/`, and its text alternative.
    pub image: Option<(At<String>, String)>,
    /// Elsewhere.
    pub links: Vec<Link>,
    /// `@name@host`.
    pub fediverse: Option<String>,
}

/// A place that a campaign's readers come from: `[[sources]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name: the last part of the address.
    pub variant: At<String>,
    /// `utm_source`; empty for the name.
    pub source: String,
    /// `utm_medium`; empty for `print`.
    pub medium: String,
}

/// `content/campaigns/ID.toml`.
#[derive(Clone, Debug, Default)]
pub struct Campaign {
    /// Title.
    pub title: String,
    /// What is counted, how much of it, until when (seconds since 1970).
    pub goal: Option<(String, i64, Option<i64>)>,
    /// For whom.
    pub audience: String,
    /// What they think now, what of it to reinforce, what to change.
    pub perception: [String; 3],
    /// The magnet it offers.
    pub offer: Option<At<String>>,
    /// What they are asked to do.
    pub call_to_action: String,
    /// When it begins, seconds since 1970.
    pub start: Option<i64>,
    /// When it ends, seconds since 1970.
    pub end: Option<i64>,
    /// Its articles, by name.
    pub articles: Vec<At<String>>,
    /// Where its readers come from, beside posts.
    pub sources: Vec<Source>,
    /// The file.
    pub path: Option<RelPath>,
}

fn each<T>(
    project: &Project,
    files: &dyn Files,
    dir: &str,
    what: &str,
    diags: &mut Diagnostics,
    read: impl Fn(&mut Take<'_>, &RelPath) -> T,
) -> BTreeMap<String, T> {
    let mut out = BTreeMap::new();
    for (entry, _) in project.below(dir).filter(|(e, _)| e.path.ext() == "toml") {
        let Some(text) = read_text(files, &entry.path, diags) else { continue };
        let table = toml::read(&text, 0, &entry.path).take(diags);
        let found = RefCell::new(Diagnostics::default());
        let mut take = Take::new(table, Span::file(&entry.path), &entry.path, what, &found);
        out.insert(entry.path.stem().to_string(), read(&mut take, &entry.path));
        take.finish();
        diags.extend(found.into_inner());
    }
    out
}

fn text(take: &mut Take<'_>, key: &'static str) -> String {
    take.string(key).map(|t| t.value).unwrap_or_default()
}

pub(super) fn authors(project: &Project, files: &dyn Files, diags: &mut Diagnostics) -> BTreeMap<String, Author> {
    each(project, files, "content/authors", "an author", diags, |take, path| Author {
        path: Some(path.clone()),
        name: take.required("name").map(|t| t.value).unwrap_or_default(),
        role: text(take, "role"),
        bio: text(take, "bio"),
        image: take.read("image", "`image`", |t| Some((t.required("src")?, text(t, "alt")))).flatten(),
        links: take.list("links", "[[links]]", |t| Link { label: text(t, "label"), url: text(t, "url") }),
        fediverse: take.string("fediverse").map(|t| t.value),
    })
}

pub(super) fn campaigns(project: &Project, files: &dyn Files, diags: &mut Diagnostics) -> BTreeMap<String, Campaign> {
    let zone = &project.config.zone;
    each(project, files, "content/campaigns", "a campaign", diags, |take, path| Campaign {
        path: Some(path.clone()),
        title: take.required("title").map(|t| t.value).unwrap_or_default(),
        goal: take
            .read("goal", "`goal`", |t| {
                let metric = t.choice(
                    "metric",
                    &[("leads", "leads"), ("conversations", "conversations"), ("customers", "customers")],
                );
                let target = t.integer("target", 1..=i64::MAX);
                let by = t.date("by", zone).map(|d| d.value.as_second());
                Some((metric?.to_string(), target?, by))
            })
            .flatten(),
        audience: text(take, "audience"),
        perception: take
            .read("perception", "[perception]", |t| [text(t, "now"), text(t, "reinforce"), text(t, "change")])
            .unwrap_or_default(),
        offer: take.string("offer"),
        call_to_action: text(take, "call_to_action"),
        start: take.date("start", zone).map(|d| d.value.as_second()),
        end: take.date("end", zone).map(|d| d.value.as_second()),
        articles: take.strings("articles"),
        sources: take
            .list("sources", "[[sources]]", |t| {
                let (variant, source, medium) = (t.required("variant"), text(t, "source"), text(t, "medium"));
                Some(Source { variant: variant?, source, medium })
            })
            .into_iter()
            .flatten()
            .collect(),
    })
}
