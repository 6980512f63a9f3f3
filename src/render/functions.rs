//! The functions and filters that templates have. docs/templates.md describes them.

use super::ask::{self, Here, ask, here};
use super::offers::{self, Place};
use super::partial;
use super::snapshot::Snapshot;
use super::view;
use crate::content::Id;
use crate::project::node::to_view;
use crate::project::{toml, yaml};
use crate::site::links::Target;
use crate::site::placements;
use crate::site::query::{Of, Query, Select};
use crate::site::{Tax, TermId};
use crate::{text, time};
use std::rc::Rc;
use std::sync::Arc;
use tera::{Error, Kwargs, State, Tera, TeraResult, Value};

/// Adds them to an engine.
pub(super) fn register(tera: &mut Tera) {
    tera.register_function("asset", asset);
    tera.register_function("url", url);
    tera.register_function("absolute", absolute);
    tera.register_function("list", list);
    tera.register_function("terms", terms);
    tera.register_function("data", data);
    tera.register_function("offer", offer);
    tera.register_function("share", share);
    tera.register_function("partial", show_partial);
    tera.register_function("today", today);
    tera.register_filter("date", date);
    tera.register_filter("time", clock);
    tera.register_filter("plain", |html: &str, _: Kwargs, _: &State| text::plain(html));
    tera.register_filter("slug", |text: &str, _: Kwargs, _: &State| text::slug(text));
    tera.register_filter("json", json);
}

fn page() -> TeraResult<Rc<Here>> {
    here().ok_or_else(|| Error::message("this function can be called only while a page is rendered"))
}

/// The page itself, for what depends on it.
fn own_page(function: &str) -> TeraResult<Rc<Here>> {
    let page = page()?;
    if *page.path == *ask::NO_PAGE {
        return Err(Error::message(format!(
            "`{function}` depends on the page, and a `partial` is the same on all: pass its result"
        )));
    }
    Ok(page)
}

fn wrong(message: String, word: &str, known: Vec<&str>) -> Error {
    match text::nearest(word, known) {
        Some(near) => Error::message(format!("{message}; did you mean `{near}`?")),
        None => Error::message(message),
    }
}

/// Named arguments that a function does not have would be ignored; a misspelled one is an error instead.
fn only(args: &Kwargs, known: &[&str]) -> TeraResult<()> {
    for (key, _) in args.iter() {
        let key = key.as_str().unwrap_or_default();
        if !known.contains(&key) {
            return Err(wrong(format!("there is no argument `{key}`"), key, known.to_vec()));
        }
    }
    Ok(())
}

fn asset(args: Kwargs, _: &State) -> TeraResult<Value> {
    only(&args, &["path"])?;
    let page = page()?;
    let site = &page.site;
    let path: &str = args.must_get("path")?;
    ask(Query::Asset(path.into()));
    let Some(asset) = site.assets.get(path) else {
        let known = site.assets.all().map(|a| &*a.name).collect();
        return Err(wrong(format!("there is no asset `{path}`"), path, known));
    };
    let url = site.project.config.href(&asset.path);
    Ok(view::view! { "url": url, "integrity": asset.integrity.as_str() }.into())
}

fn url(args: Kwargs, _: &State) -> TeraResult<Value> {
    only(&args, &["to"])?;
    let page = page()?;
    let Here { site, from, .. } = &*page;
    let to: &str = args.must_get("to")?;
    ask(Query::Url(Arc::new((from.clone(), to.to_string()))));
    match site.resolve(from, to) {
        Target::Path(path, suffix) => Ok((site.project.config.href(&path) + &suffix).into()),
        Target::Here(suffix) => Ok(suffix.into()),
        Target::External => Ok(to.into()),
        target => Err(Error::message(format!("`{to}` {}", view::missing(&target)))),
    }
}

fn absolute(args: Kwargs, _: &State) -> TeraResult<Value> {
    only(&args, &["path"])?;
    let page = page()?;
    let site = &page.site;
    let path: &str = args.must_get("path")?;
    let config = &site.project.config;
    let below = path.strip_prefix(config.base_path.as_str()).unwrap_or(path);
    Ok(format!("{}{below}", config.base_url).into())
}

fn list(args: Kwargs, _: &State) -> TeraResult<Value> {
    only(&args, &["section", "tag", "topic", "author", "series", "limit"])?;
    let page = page()?;
    let site = &page.site;
    let mut of = Of::All;
    if let Some(section) = args.get::<&str>("section")? {
        of = Of::Section(section.into());
    }
    for tax in Tax::all() {
        if let Some(name) = args.get::<&str>(tax.row().one)? {
            of = Of::Named(tax, name.into());
        }
    }
    let take = args.get::<i64>("limit")?.map_or(u32::MAX, |n| n.clamp(0, i64::from(u32::MAX)) as u32);
    let select = Select { of, skip: 0, take };
    let cards = cards(site, select);
    Ok(cards.into())
}

/// The cards of a list, asked for.
pub(super) fn cards(site: &Snapshot, select: Select) -> Vec<Value> {
    let cards = site.select(&select).into_iter().map(|id: Id| view::card(site, id)).collect();
    ask(Query::List(Arc::new(select)));
    cards
}

fn terms(args: Kwargs, _: &State) -> TeraResult<Value> {
    only(&args, &["taxonomy"])?;
    let page = page()?;
    let site = &page.site;
    let name: &str = args.must_get("taxonomy")?;
    let Some(tax) = Tax::named(name) else {
        let known = Tax::all().map(|t| t.row().name).collect();
        return Err(wrong(format!("there is no taxonomy `{name}`"), name, known));
    };
    Ok(all_terms(site, tax).into())
}

/// All terms of a taxonomy, asked for.
pub(super) fn all_terms(site: &Snapshot, tax: Tax) -> Vec<Value> {
    ask(Query::Terms(tax));
    let count = site.plan.taxonomies.terms[usize::from(tax.0)].len() as u32;
    (0..count).map(|i| view::term(site, TermId(tax, i)).into()).collect()
}

fn data(args: Kwargs, _: &State) -> TeraResult<Value> {
    only(&args, &["path"])?;
    let page = page()?;
    let site = &page.site;
    let name: &str = args.must_get("path")?;
    ask(Query::Data(name.into()));
    let Some(path) = site.data_path(name) else {
        let known: Vec<&str> = site.project.below("content/data").map(|(_, rest)| rest).collect();
        return Err(wrong(format!("there is no file `content/data/{name}`"), name, known));
    };
    let bytes = site.files.read(&path).map_err(|e| Error::message(format!("`{path}` cannot be read: {e}")))?;
    let text = String::from_utf8(bytes).map_err(|_| Error::message(format!("`{path}` is not valid UTF-8")))?;
    let zone = &site.project.config.zone;
    let failed = |diags: crate::diag::Diagnostics| {
        diags.0.first().map_or(Ok(()), |d| {
            let at = d.at.as_ref().map(|s| crate::source::position(&text, s.start as usize));
            let place = at.map(|p| format!(":{}:{}", p.line, p.column)).unwrap_or_default();
            Err(Error::message(format!("{path}{place}: {}", d.message)))
        })
    };
    match path.ext() {
        "json" => {
            let value: serde_json::Value =
                serde_json::from_str(&text).map_err(|e| Error::message(format!("{path}: {e}")))?;
            Value::try_from_serializable(&value)
        }
        "yaml" | "yml" => {
            let read = yaml::read_value(&text, 0, &path);
            failed(read.diags)?;
            Ok(read.value.map_or_else(Value::none, |n| to_view(&n.value, zone)))
        }
        "toml" => {
            let read = toml::read(&text, 0, &path);
            failed(read.diags)?;
            Ok(to_view(&crate::project::node::Value::Table(read.value), zone))
        }
        _ => Ok(text.into()),
    }
}

fn offer(args: Kwargs, _: &State) -> TeraResult<Value> {
    only(&args, &["magnet", "placement", "variant"])?;
    let page = own_page("offer")?;
    let Here { site, from, .. } = &*page;
    let name: &str = args.must_get("magnet")?;
    let placement: &str = args.get("placement")?.unwrap_or("inline");
    if placements::named(placement).is_none() {
        let known = placements::PLACEMENTS.iter().map(|p| p.name).collect();
        return Err(wrong(format!("there is no placement `{placement}`"), placement, known));
    }
    ask(Query::MagnetNamed(name.into()));
    let found = site.plan.magnet_named(name).and_then(|id| site.plan.magnet(id));
    let Some(magnet) = found else {
        let known = site.plan.magnets.iter().map(|m| &*m.name).collect();
        return Err(wrong(format!("there is no magnet `{name}`"), name, known));
    };
    let variant: &str = args.get("variant")?.unwrap_or_default();
    let place = Place { nth: ask::show(magnet.id), variant, ..Place::on(placement, site.content.find(from)) };
    Ok(offers::offer(site, magnet, &place))
}

fn share(args: Kwargs, _: &State) -> TeraResult<Value> {
    only(&args, &["text", "title"])?;
    let page = own_page("share")?;
    let Here { site, path, .. } = &*page;
    let said: &str = args.must_get("text")?;
    let title: &str = args.get("title")?.unwrap_or(&site.project.config.title);
    ask(Query::Site);
    Ok(view::share(site, &site.project.config.absolute(path), title, said.trim()))
}

fn show_partial(args: Kwargs, _: &State) -> TeraResult<Value> {
    let page = page()?;
    let site = &page.site;
    let name: &str = args.must_get("name")?;
    let taken = view::Views::NAMES.into_iter().find(|taken| args.iter().any(|(k, _)| k.as_str() == Some(taken)));
    if let Some(taken) = taken {
        return Err(Error::message(format!("`{taken}` is there already; give the argument another name")));
    }
    if site.templates.is_unusable(name) {
        return Ok(Value::safe_string(""));
    }
    if site.templates.get(name).is_none() {
        return Err(wrong(format!("there is no template `{name}`"), name, site.templates.names().collect()));
    }
    if page.depth >= partial::DEEPEST {
        return Err(Error::message(format!(
            "`partial` stands in itself {} times, the last time for `{name}`",
            partial::DEEPEST
        )));
    }
    Ok(partial::show(&page, name, &args))
}

fn today(args: Kwargs, _: &State) -> TeraResult<Value> {
    only(&args, &[])?;
    let page = page()?;
    let site = &page.site;
    ask(Query::Today);
    Ok(site.today().into())
}

fn date(value: &str, args: Kwargs, _: &State) -> TeraResult<Value> {
    only(&args, &["style"])?;
    let page = page()?;
    let site = &page.site;
    let name: &str = args.get("style")?.unwrap_or("long");
    let Some((_, style)) = time::Style::NAMES.iter().find(|(n, _)| *n == name) else {
        let known = time::Style::NAMES.iter().map(|(n, _)| *n).collect();
        return Err(wrong(format!("there is no style `{name}`"), name, known));
    };
    let config = &site.project.config;
    let shown = time::display(value, &config.language, *style);
    shown.map(Value::from).ok_or_else(|| Error::message(format!("`{value}` is not a date")))
}

fn clock(value: &str, args: Kwargs, _: &State) -> TeraResult<Value> {
    only(&args, &[])?;
    let page = page()?;
    let site = &page.site;
    let shown = time::clock(value, &site.project.config.language);
    shown.map(Value::from).ok_or_else(|| Error::message(format!("`{value}` holds no time of day")))
}

fn json(value: &Value, _: Kwargs, _: &State) -> TeraResult<Value> {
    let json = serde_json::to_string(value).map_err(|e| Error::message(e.to_string()))?;
    Ok(Value::safe_string(&script_safe(&json)))
}

/// JSON that cannot end the `<script>` it stands in.
pub(super) fn script_safe(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}
