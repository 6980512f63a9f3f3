//! `partial`: a template rendered for what it is given, and for a card once for all pages that show it.

use super::ask::{self, Here, ask, report};
use super::page::template_error;
use super::snapshot::Snapshot;
use super::view;
use crate::content::Id;
use crate::diag::Diagnostics;
use crate::files::SITE_TOML;
use crate::site::query::Query;
use crate::source::RelPath;
use rustc_hash::FxHashMap;
use std::sync::{Arc, OnceLock, RwLock};
use tera::value::ValueKind;
use tera::{Context, Kwargs, Value};

/// How many may stand in each other.
pub(super) const DEEPEST: usize = 16;

/// The one argument that a template does not see.
const NAME: &str = "name";

/// What was rendered for cards: by the template and what else it was given, for each text.
#[derive(Default)]
pub(super) struct Partials(RwLock<FxHashMap<String, Arc<[OnceLock<Rendered>]>>>);

impl Partials {
    fn of(&self, key: String, texts: usize) -> Arc<[OnceLock<Rendered>]> {
        if let Some(known) = self.0.read().ok().and_then(|all| all.get(&key).cloned()) {
            return known;
        }
        let new = || (0..texts).map(|_| OnceLock::new()).collect();
        match self.0.write() {
            Ok(mut all) => all.entry(key).or_insert_with(new).clone(),
            Err(_) => new(),
        }
    }
}

/// A part of pages, and what each page that shows it asks and says thereby.
struct Rendered {
    html: Value,
    asked: Vec<Query>,
    diags: Diagnostics,
}

impl Rendered {
    /// Shows it on the page at `path`.
    fn show(&self, path: &str) -> Value {
        self.asked.iter().cloned().for_each(ask);
        self.diags.0.iter().cloned().for_each(|d| report(d.on_page(path)));
        self.html.clone()
    }
}

/// Renders a template that is there for the arguments of a call. It sees them, the site, the options and the words, and nothing of the
/// page: that is why it is the same on all.
pub(super) fn show(here: &Here, name: &str, args: &Kwargs) -> Value {
    let Here { site, path, depth, .. } = here;
    // What stands in another one is kept with that.
    match kept_as(site, name, args).filter(|_| *depth == 0) {
        Some((key, card)) => {
            let kept = site.partials.of(key, site.content.articles.len());
            kept[card.0 as usize].get_or_init(|| render(site, name, args)).show(path)
        }
        None => render(site, name, args).show(path),
    }
}

/// The card that a call is made for, and what else it depends on; none where it is made for something else.
fn kept_as(site: &Snapshot, name: &str, args: &Kwargs) -> Option<(String, Id)> {
    let mut key = name.to_string();
    let mut card = None;
    for (argument, value) in args.iter().filter_map(|(k, v)| Some((k.as_str()?, v))).filter(|(k, _)| *k != NAME) {
        key.push('\0');
        key.push_str(argument);
        match value.kind() {
            ValueKind::Map if card.is_none() => card = Some(view::kept_card(site, value)?),
            ValueKind::Bool | ValueKind::U64 | ValueKind::I64 | ValueKind::String => {
                key.push('\0');
                key.push_str(&format!("{:?} {} {value}", value.kind(), value.is_safe()));
            }
            _ => return None,
        }
    }
    Some((key, card?))
}

fn render(site: &Arc<Snapshot>, name: &str, args: &Kwargs) -> Rendered {
    let mut context = Context::new();
    for (argument, value) in args.iter().filter_map(|(k, v)| Some((k.as_str()?, v))).filter(|(k, _)| *k != NAME) {
        context.insert_value(argument.to_string(), value.clone());
    }
    context.insert_value("site", site.views.site.clone());
    context.insert_value("options", site.views.options.clone());
    context.insert_value("t", site.views.words.clone());
    let rendered = || {
        ask(Query::Site);
        ask(Query::Template(name.into()));
        site.templates.tera.render(name, &context).unwrap_or_else(|error| {
            report(template_error(site, name, &error, Some(&context)));
            String::new()
        })
    };
    let (html, left) = ask::during(site, &ask::NO_PAGE.into(), &RelPath::new(SITE_TOML), rendered);
    Rendered { html: Value::safe_string(&html), asked: left.asked, diags: left.diags }
}
