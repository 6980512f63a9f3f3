//! A pasted embed snippet → an entry of `site.toml`: the provider is recognised by the form's action, and whatever the
//! snippet says otherwise than its row stands above the row.

mod entry;
mod recognise;

pub use entry::to_toml;

use super::fields::{Field, Input, known};
use super::html::{Tag, tags, unescape};
use super::pattern::Pattern;
use super::provider::{ACTION_THANKS, Confidence, MULTIPART, URLENCODED};
use super::{Form, Override, Provider, Redirect, TABLE};
use crate::files::SITE_TOML;
use crate::source::{RelPath, Span};
use crate::text;
use recognise::{matches, recognise};
use std::collections::{BTreeMap, BTreeSet};

/// What a snippet says.
#[derive(Clone, Debug)]
pub struct Adopted {
    /// The form that it makes.
    pub form: Form,
    /// What was understood, a line each.
    pub understood: Vec<String>,
    /// What was not, and what to do about it.
    pub open: Vec<String>,
}

/// Reads a snippet. What cannot be read at all comes back as the reason.
pub fn adopt(snippet: &str, name: Option<&str>) -> Result<Adopted, String> {
    let tags = tags(snippet);
    let Some(at) = tags.iter().position(|t| t.name == "form") else {
        return scripted(snippet, &tags, name);
    };
    let end = tags[at + 1..].iter().position(|t| t.name == "/form").map_or(tags.len(), |i| at + 1 + i);
    let (form, inside) = (&tags[at], &tags[at + 1..end]);
    let action = form.get("action").unwrap_or("").trim();
    let (provider, settings) = match recognise(action) {
        Some(found) => found,
        None if form.get("data-netlify").is_some() || form.get("netlify").is_some() => {
            (named("netlify")?, BTreeMap::new())
        }
        None if Pattern::Action.accepts(action) && action.starts_with("http") => {
            (named("custom")?, BTreeMap::from([("action".to_string(), vec![action.to_string()])]))
        }
        None if action.is_empty() => return Err("the form of the snippet has no `action`".to_string()),
        None => return Err(format!("the form of the snippet is sent to `{action}`, which {}", why_not(action))),
    };
    let mut reading = Reading::new(provider, settings, name);
    reading.encoding(form);
    reading.inputs(inside);
    reading.action(action);
    let others = tags[end..].iter().filter(|t| t.name == "form").count();
    if others > 0 {
        reading.open.push(format!("the snippet holds {} more; only the first was read", text::count(others, "form")));
    }
    Ok(reading.finish())
}

fn why_not(action: &str) -> &'static str {
    match action.strip_prefix("http://") {
        Some(_) => "is not encrypted: readers' addresses must not travel in the clear",
        None => "is no address that begins with `https://`",
    }
}

fn named(name: &str) -> Result<&'static Provider, String> {
    TABLE.into_iter().find(|p| p.name == name).ok_or_else(|| format!("there is no provider `{name}`"))
}

/// Embeds that are no forms: HubSpot's script names the form, others only load their own.
fn scripted(snippet: &str, tags: &[Tag], name: Option<&str>) -> Result<Adopted, String> {
    let quoted = |key: &str| {
        let after = snippet.split_once(key)?.1.trim_start_matches(['"', '\'']).trim_start();
        let after = after.strip_prefix([':', '='])?.trim_start();
        let quote = after.chars().next().filter(|c| "\"'".contains(*c))?;
        after[1..].split_once(quote).map(|(value, _)| unescape(value))
    };
    let ids = quoted("portalId").zip(quoted("formId")).or(quoted("data-portal-id").zip(quoted("data-form-id")));
    if let Some((portal, guid)) = ids.filter(|(p, g)| Pattern::Digits.accepts(p) && Pattern::Uuid.accepts(g)) {
        let settings = BTreeMap::from([("portal".to_string(), vec![portal]), ("guid".to_string(), vec![guid])]);
        let mut reading = Reading::new(named("hubspot")?, settings, name);
        reading.open.push("the script does not say which fields the form has: only the e-mail address is asked".into());
        return Ok(reading.finish());
    }
    let frame = tags.iter().filter(|t| ["iframe", "script"].contains(&&*t.name)).find_map(|t| t.get("src"));
    Err(match frame {
        Some(src) if src.contains("beehiiv.com") => {
            "beehiiv takes no form from another site; write `provider = \"beehiiv\"` and `publication = \"…\"`: \
             readers get a link to its page"
                .to_string()
        }
        Some(src) => {
            format!("the snippet only loads `{src}`, which writes the form itself; ask the provider for its HTML embed")
        }
        None => "the snippet holds no `<form>`".to_string(),
    })
}

struct Reading {
    form: Form,
    understood: Vec<String>,
    open: Vec<String>,
}

impl Reading {
    fn new(provider: &'static Provider, settings: BTreeMap<String, Vec<String>>, name: Option<&str>) -> Reading {
        let mut understood = vec![format!("provider: {}", provider.title)];
        understood.extend(settings.iter().map(|(k, v)| format!("{k}: {}", v.join(", "))));
        let at = Span::file(&RelPath::new(SITE_TOML));
        let form = Form {
            name: name.unwrap_or(provider.name).to_string(),
            provider,
            settings,
            fields: Vec::new(),
            consent: String::new(),
            boxes: Vec::new(),
            button: String::new(),
            attribution: None,
            over: Override::default(),
            at,
        };
        Reading { form, understood, open: Vec::new() }
    }

    fn encoding(&mut self, form: &Tag) {
        if let Some(method) = form.get("method").map(str::to_ascii_lowercase).filter(|m| m == "get") {
            self.form.over.method = Some(method);
        }
        let enctype = form.get("enctype").map_or(URLENCODED.to_string(), str::to_ascii_lowercase);
        match [URLENCODED, MULTIPART].contains(&&*enctype) {
            true if enctype == self.form.provider.enctype => {}
            true => self.form.over.enctype = Some(enctype),
            false => self.open.push(format!("the encoding `{enctype}` was left out: no provider is known to read it")),
        }
    }

    fn inputs(&mut self, inside: &[Tag]) {
        let mut robots: Vec<String> = Vec::new();
        let mut depth: Vec<bool> = Vec::new();
        let mut label = "";
        for (i, tag) in inside.iter().enumerate() {
            // Robots' fields stand in something that is out of sight.
            match tag.name.as_str() {
                "div" | "p" | "span" => depth.push(out_of_sight(tag)),
                "/div" | "/p" | "/span" => drop(depth.pop()),
                "label" => label = &tag.text,
                _ => {}
            }
            let name = tag.get("name").unwrap_or_default();
            let kind = match tag.name.as_str() {
                "input" => tag.get("type").unwrap_or("text").to_ascii_lowercase(),
                "select" | "textarea" => tag.name.clone(),
                "button" => {
                    let words = inside[i..].iter().take_while(|t| t.name != "/button").map(|t| &*t.text);
                    self.button(words.collect::<Vec<_>>().join(" ").trim());
                    continue;
                }
                _ => continue,
            };
            if ["submit", "button", "image", "reset"].contains(&&*kind) {
                self.button(tag.get("value").unwrap_or_default());
                continue;
            }
            if name.is_empty() {
                continue;
            }
            if kind == "hidden" {
                self.hidden(name, tag.get("value").unwrap_or_default());
                continue;
            }
            let unseen = depth.contains(&true) || out_of_sight(tag);
            if self.is_trap(name) || (unseen && kind != "email") {
                robots.push(name.to_string());
                continue;
            }
            let choices = match kind.as_str() {
                "select" => options(&inside[i + 1..]),
                "radio" => vec![tag.get("value").unwrap_or("on").to_string()],
                _ => Vec::new(),
            };
            self.visible(name, &kind, tag, label, choices);
        }
        self.traps(robots);
        if !self.form.fields.iter().any(|f| f.name == "email") && !self.form.provider.link {
            self.open.push("no field for the e-mail address was found; set its name: `[forms.NAME.override.names]` `email = \"…\"`".into());
        }
    }

    fn button(&mut self, text: &str) {
        if self.form.button.is_empty() && !text.is_empty() {
            self.form.button = text.to_string();
        }
    }

    fn trap_of_row(&self) -> Option<String> {
        self.form.provider.honeypot.and_then(|h| self.form.fill(h.name, ""))
    }

    fn is_trap(&self, name: &str) -> bool {
        let lower = name.to_ascii_lowercase();
        self.trap_of_row().as_deref() == Some(name)
            || ["honeypot", "gotcha", "botcheck", "bot-field", "email_address_check"].iter().any(|w| lower.contains(w))
    }

    fn traps(&mut self, robots: Vec<String>) {
        let row = self.trap_of_row();
        match robots.as_slice() {
            [] => {}
            [name, rest @ ..] => {
                self.understood.push(format!("honeypot: {name}"));
                if row.as_deref() != Some(name) {
                    self.form.over.honeypot = Some(name.clone());
                }
                for name in rest {
                    self.open.push(format!("`{name}` is out of sight too; one honeypot is enough"));
                }
            }
        }
    }

    fn hidden(&mut self, name: &str, value: &str) {
        let row = self.form.provider;
        if row.redirect == Redirect::Field && name == row.redirect_field {
            return self.understood.push(format!("{name}: the thank-you page of each magnet instead of `{value}`"));
        }
        if let Some((_, template)) = row.hidden.iter().find(|(n, _)| *n == name) {
            let mut settings: BTreeMap<String, String> =
                self.form.settings.iter().filter_map(|(k, v)| Some((k.clone(), v.first()?.clone()))).collect();
            if *template == value || matches(template, value, row, &mut settings) {
                for (key, value) in settings {
                    let values = self.form.settings.entry(key.clone()).or_default();
                    if values.is_empty() {
                        self.understood.push(format!("{key}: {value}"));
                        values.push(value);
                    }
                }
                return;
            }
        }
        if name == "form-name" {
            return;
        }
        if self.form.over.hidden.iter().any(|(n, _)| n == name) {
            return self.open.push(format!("the hidden field `{name}` is there twice; `{value}` was left out"));
        }
        self.understood.push(format!("hidden field: {name} = `{value}`"));
        self.form.over.hidden.push((name.to_string(), value.to_string()));
    }

    fn visible(&mut self, name: &str, kind: &str, tag: &Tag, label: &str, choices: Vec<String>) {
        // listmonk's lists are boxes.
        let listed =
            self.form.provider.hidden.iter().find(|(n, _)| *n == name).map(|(_, v)| v.trim_matches(['{', '}']));
        if let Some(setting) = listed.and_then(|s| self.form.provider.setting(s)).filter(|s| s.many) {
            let value = tag.get("value").unwrap_or_default().to_string();
            if setting.pattern.accepts(&value) {
                self.understood.push(format!("{}: {value}", setting.name));
                self.form.settings.entry(setting.name.to_string()).or_default().push(value);
                return;
            }
        }
        if kind == "checkbox" {
            return self.open.push(format!(
                "the box `{name}` (“{label}”) was left out: say in `[[forms.{}.boxes]]` what readers agree to",
                self.form.name
            ));
        }
        if ["file", "password", "range", "color"].contains(&kind) {
            return self.open.push(format!("`{name}` is a field of the kind `{kind}`, which hub does not have"));
        }
        let key = self.ours(name, kind);
        if let Some(there) = self.form.fields.iter_mut().find(|f| f.name == key) {
            match kind == "radio" && there.input == Input::Radio {
                true => there.choices.extend(choices),
                false => self.open.push(format!("`{name}` was left out: there is a field `{key}` already")),
            }
            return;
        }
        let mut field = match known(&key) {
            Some(row) => Field::of(row),
            None => Field {
                name: key.clone(),
                input: match kind {
                    "textarea" => Input::LongText,
                    "select" => Input::Select,
                    "radio" => Input::Radio,
                    "tel" => Input::Phone,
                    _ => Input::Text,
                },
                label: [label, tag.get("placeholder").unwrap_or_default(), name]
                    .into_iter()
                    .map(|l| l.trim_end_matches(['*', ' ', ':']))
                    .find(|l| !l.is_empty())
                    .unwrap_or(name)
                    .to_string(),
                help: String::new(),
                required: false,
                choices,
            },
        };
        field.required |= tag.get("required").is_some() || tag.get("aria-required") == Some("true");
        self.understood.push(format!(
            "field: {name} is {}",
            if known(&key).is_some() { key.clone() } else { format!("`{}`", field.label) }
        ));
        self.form.fields.push(field);
        if self.form.name_of(&key).as_deref() != Some(name) {
            self.form.over.names.insert(key, name.to_string());
        }
    }

    /// Our name for the provider's.
    fn ours(&self, name: &str, kind: &str) -> String {
        let taken = |key: &str| self.form.fields.iter().any(|f| f.name == key);
        if let Some((ours, _)) = self.form.provider.names.iter().find(|(ours, theirs)| *theirs == name && !taken(ours))
        {
            return ours.to_string();
        }
        let inner = name.rsplit_once('[').map_or(name, |(_, rest)| rest.trim_end_matches(']')).to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|w| inner.contains(w));
        let guess = match kind {
            "email" => "email",
            "tel" => "phone",
            "textarea" | "select" | "radio" => "",
            _ if has(&["email", "e-mail"]) => "email",
            _ if has(&["first", "fname", "given", "vorname"]) => "first_name",
            _ if has(&["last", "lname", "surname", "family", "nachname"]) => "last_name",
            _ if has(&["phone", "sms", "telefon"]) => "phone",
            _ if has(&["company", "organi", "firma"]) => "company",
            _ if inner == "name" => "name",
            _ => "",
        };
        if !guess.is_empty() && !taken(guess) {
            return guess.to_string();
        }
        let clean: String = inner.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let clean = clean.trim_matches('_');
        if clean.is_empty() { "field".to_string() } else { clean.to_string() }
    }

    /// What the snippet's action says that the row does not.
    fn action(&mut self, action: &str) {
        let row = self.form.provider;
        if row.action == ACTION_THANKS || row.name == "custom" {
            return;
        }
        let drawn = self.form.action("").unwrap_or_default();
        let parts = |url: &str| {
            let (path, query) = url.split_once('?').unwrap_or((url, ""));
            let mut query: Vec<String> = query.split('&').filter(|q| !q.is_empty()).map(str::to_string).collect();
            query.sort();
            (path.to_string(), query)
        };
        let current = row
            .also
            .iter()
            .any(|template| matches(template, action.split('?').next().unwrap_or(action), row, &mut BTreeMap::new()));
        if parts(&drawn) == parts(action) {
            self.understood.push(format!("action: {action}"));
        } else if current {
            self.understood.push(format!("action: {drawn}, the present form of `{action}`"));
        } else if Pattern::Action.accepts(action) {
            self.understood.push(format!("action: {action}, as pasted"));
            self.form.over.action = Some(action.to_string());
        } else {
            self.open
                .push(format!("the action `{action}` holds characters that hub does not pass on; `{drawn}` is used"));
        }
    }

    fn finish(mut self) -> Adopted {
        for field in &mut self.form.fields {
            let mut seen = BTreeSet::new();
            field.choices.retain(|choice| seen.insert(choice.clone()));
            if field.input.chooses() && field.choices.len() < 2 {
                self.open.push(format!("`{}` leaves nothing to choose; it is asked as text", field.name));
                field.input = Input::Text;
                field.choices.clear();
            }
        }
        for setting in self.form.provider.settings.iter().filter(|s| s.required) {
            if !self.form.settings.contains_key(setting.name) {
                self.open.push(format!("`{}` is not in the snippet: {}", setting.name, setting.help));
            }
        }
        if self.form.provider.confidence != Confidence::Documented {
            self.open.push(format!(
                "hub knows {} from code that others published, not from its documentation: send one form to yourself before you rely on it",
                self.form.provider.title
            ));
        }
        Adopted { form: self.form, understood: self.understood, open: self.open }
    }
}

fn out_of_sight(tag: &Tag) -> bool {
    let style: String = tag.get("style").unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect();
    tag.get("tabindex") == Some("-1")
        || tag.get("aria-hidden") == Some("true")
        || style.contains("left:-")
        || style.contains("display:none")
}

/// The choices of a `select`, from behind its tag.
fn options(after: &[Tag]) -> Vec<String> {
    let inside = after.iter().take_while(|t| t.name != "/select").filter(|t| t.name == "option");
    inside.map(|t| t.get("value").unwrap_or(&t.text).to_string()).filter(|v| !v.is_empty()).collect()
}
