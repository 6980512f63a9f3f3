//! `partial`: a template rendered for what it is given, and for a card once for all pages that show it.

use super::ask::{self, Here, ask, report};
use super::page::template_error;
use super::snapshot::Snapshot;
use super::view;
use crate::diag::Diagnostics;
use crate::files::SITE_TOML;
use crate::site::query::Query;
use crate::source::RelPath;
use rustc_hash::FxHashMap;
use std::sync::{Arc, RwLock};
use tera::value::ValueKind;
use tera::{Context, Kwargs, Value};

/// How many may stand in each other.
pub(super) const DEEPEST: usize = 16;

/// The one argument that a template does not see.
const NAME: &str = "name";

/// What was rendered for cards: by the template and what else it was given, and by where the card lies. A card that was built for
/// all pages stays where it is as long as the site, so nothing else can lie there.
#[derive(Default)]
pub(super) struct Partials(RwLock<FxHashMap<String, FxHashMap<usize, Arc<Rendered>>>>);

impl Partials {
    fn get(&self, key: &str, card: usize) -> Option<Arc<Rendered>> {
        self.0.read().ok()?.get(key)?.get(&card).cloned()
    }

    /// Keeps what was rendered; what it asks is that of another card, where that asks the same.
    fn keep(&self, key: String, card: usize, mut rendered: Rendered) -> Arc<Rendered> {
        let Ok(mut all) = self.0.write() else { return Arc::new(rendered) };
        let of_key = all.entry(key).or_default();
        if let Some(other) = of_key.values().next().filter(|other| other.asked == rendered.asked) {
            rendered.asked = other.asked.clone();
        }
        let rendered = Arc::new(rendered);
        of_key.insert(card, rendered.clone());
        rendered
    }
}

/// A part of pages, and what each page that shows it asks and says thereby.
struct Rendered {
    html: Value,
    asked: Arc<[Query]>,
    diags: Diagnostics,
}

impl Rendered {
    /// Shows it on the page at `path`.
    fn show(&self, path: &str) -> Value {
        ask::also(&self.asked);
        self.diags.0.iter().cloned().for_each(|d| report(d.on_page(path)));
        self.html.clone()
    }
}

/// Renders a template that is there for the arguments of a call. It sees them, the site, the options and the words, and nothing of the
/// page: that is why it is the same on all.
pub(super) fn show(here: &Here, name: &str, args: &Kwargs) -> Value {
    let Here { site, path, depth, .. } = here;
    // What stands in another one is kept with that.
    let Some((key, card)) = kept_as(name, args).filter(|_| *depth == 0) else {
        return render(site, name, args).show(path);
    };
    let place = card.as_map().map_or(0, |map| std::ptr::from_ref(map).addr());
    if let Some(known) = site.partials.get(&key, place) {
        return known.show(path);
    }
    let rendered = render(site, name, args);
    match view::is_kept(site, card) {
        true => site.partials.keep(key, place, rendered).show(path),
        false => rendered.show(path),
    }
}

/// What a call depends on beside one map, and that map; none where it depends on more.
fn kept_as<'a>(name: &str, args: &'a Kwargs) -> Option<(String, &'a Value)> {
    let mut key = String::with_capacity(64);
    key.push_str(name);
    let mut card = None;
    for (argument, value) in arguments(args) {
        key.push('\0');
        key.push_str(argument);
        match value.kind() {
            ValueKind::Map if card.is_none() => card = Some(value),
            ValueKind::String => key.push_str(&format!("\0{} {:?}", value.is_safe(), value.as_str())),
            ValueKind::Bool | ValueKind::U64 | ValueKind::I64 => key.push_str(&format!("\0{:?} {value}", value.kind())),
            _ => return None,
        }
    }
    Some((key, card?))
}

/// What the template sees of a call.
fn arguments(args: &Kwargs) -> impl Iterator<Item = (&str, &Value)> {
    args.iter().filter_map(|(key, value)| Some((key.as_str()?, value))).filter(|(key, _)| *key != NAME)
}

fn render(site: &Arc<Snapshot>, name: &str, args: &Kwargs) -> Rendered {
    let mut context = Context::new();
    for (argument, value) in arguments(args) {
        context.insert_value(argument.to_string(), value.clone());
    }
    site.views.show(&mut context);
    let rendered = || {
        ask(Query::Site);
        ask(Query::Template(name.into()));
        site.templates.tera.render(name, &context).unwrap_or_else(|error| {
            report(template_error(site, name, &error, Some(&context)));
            String::new()
        })
    };
    let (html, left) = ask::during(site, &ask::NO_PAGE.into(), &RelPath::new(SITE_TOML), rendered);
    Rendered { html: Value::safe_string(&html), asked: left.asked.into(), diags: left.diags }
}
