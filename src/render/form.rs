//! The view of a form: as one provider wants it, at one place of one page.

use super::body::resolve_in_site_toml;
use super::kinds;
use super::offers::Place;
use super::snapshot::Snapshot;
use super::view::{Fields, view};
use crate::content::markdown;
use crate::forms::fields::{self, Input};
use crate::forms::markup::{self, Hidden};
use crate::forms::{Field, Form, NoJs};
use crate::site::Magnet;
use tera::Value;

fn pair((name, value): &(String, String)) -> Value {
    view! { "name": name.as_str(), "value": value.as_str() }.into()
}

/// A form, as one provider wants it, at one place of one page.
pub(super) fn form(site: &Snapshot, form: &Form, magnet: &Magnet, place: &Place<'_>) -> Fields {
    let path = site.plan.path(magnet.id).map_or("", |p| p);
    let thanks = format!("{path}thanks/");
    let id = place.form_id(magnet);
    let (href, absolute) = (place.address(site, &thanks), site.project.config.absolute(&thanks));
    let markup = form.markup(&markup::Place {
        thanks: &href,
        thanks_url: &absolute,
        magnet: &magnet.name,
        attribution: &place.fields(site, magnet, form),
    });
    let inline = |words: &str| {
        let mut resolve = |to: &str| resolve_in_site_toml(site, to, &form.at);
        Value::safe_string(&markdown::inline(words, &mut resolve))
    };
    let name = |key: &str| form.name_of(key).unwrap_or_else(|| key.to_string());
    let boxes = form.boxes.iter().map(|b| {
        Value::from(view! {
            "name": name(&b.name), "id": format!("{id}-{}", b.name), "value": "yes", "label": inline(&b.label),
            "required": b.required,
        })
    });
    let front = &site.content.article(magnet.id).front.kind;
    let worded = place.wording(site, magnet).map_or("", |v| v.button.as_str());
    let button = [worded, &front.button, &form.button].into_iter().find(|b| !b.is_empty());
    let fetch = markup
        .fetch
        .as_ref()
        .map(|f| Value::from(view! { "action": f.action.as_str(), "answer": f.ajax.name(), "body": f.body }));
    let hidden = |h: &Hidden| Value::from(view! { "name": h.name.as_str(), "value": h.value.as_str(), "fill": h.fill });
    view! {
        "id": id.as_str(),
        "action": markup.action,
        "method": markup.method,
        "enctype": markup.enctype,
        "attrs": markup.attrs.iter().map(pair).collect::<Vec<_>>(),
        "hidden": markup.hidden.iter().map(hidden).collect::<Vec<_>>(),
        "honeypot": markup.honeypot.map(|(name, checkbox)| view! { "name": name, "checkbox": checkbox }),
        "fields": form.fields.iter().map(|f| field(site, f, &id, name(&f.name))).collect::<Vec<_>>(),
        "consent": inline(&form.consent),
        "boxes": boxes.collect::<Vec<_>>(),
        "button": button.map_or_else(|| kinds::button(site, magnet), str::to_string),
        "live": form.live(),
        "link": markup.link,
        "nojs": form.nojs() != NoJs::Impossible,
        "fetch": fetch,
        "sent": view! { "title": kinds::thanks_title(site, magnet), "text": front.thanks_text.as_str(), "url": href },
    }
}

fn field(site: &Snapshot, field: &Field, form: &str, name: String) -> Value {
    let words = &site.project.theme.words;
    let word = |key: &str, english: &str| words.get(key).map_or_else(|| english.to_string(), |w| w.to_string());
    let label = match fields::known(&field.name) {
        Some(row) if field.label.is_empty() => word(&format!("field_{}", row.name), row.english),
        _ => field.label.clone(),
    };
    let autocomplete = match field.autocomplete() {
        "" => String::new(),
        token => format!("section-{form} {token}"),
    };
    let (error, english) = field.error();
    let id = format!("{form}-{}", field.name);
    let choice = |(i, choice): (usize, &String)| {
        Value::from(view! { "value": choice.as_str(), "label": choice.as_str(), "id": format!("{id}-{}", i + 1) })
    };
    view! {
        "name": name,
        "id": id.as_str(),
        "label": label,
        "type": field.input.html(),
        "required": field.required,
        "autocomplete": autocomplete,
        "placeholder": "",
        "help": field.help.as_str(),
        "error": word(error, english),
        "pattern": field.input.pattern(),
        "maxlength": field.input.longest(),
        "multiline": field.input == Input::LongText,
        "choices": field.choices.iter().enumerate().map(choice).collect::<Vec<_>>(),
    }
    .into()
}
