//! Form → what stands in its `<form>`, as one provider wants it.

use super::provider::{ACTION_THANKS, Ajax, Pairs, Redirect};
use super::{Form, NoJs};
use crate::text;
use std::collections::BTreeSet;

/// What a form is filled in with at one place of the site.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The path of the thank-you page, as it stands in links.
    pub thanks: &'a str,
    /// Its whole address.
    pub thanks_url: &'a str,
    /// The magnet's name.
    pub magnet: &'a str,
    /// Attribution fields: our name, the value, and what a script fills in.
    pub attribution: &'a [(&'static str, String, &'static str)],
}

/// A hidden field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// Its name as the provider knows it.
    pub name: String,
    /// Its value.
    pub value: String,
    /// What a script fills in: our name for it, or empty.
    pub fill: &'static str,
}

/// What a script needs to send a form by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Where it is sent.
    pub action: String,
    /// What is learned of the answer.
    pub ajax: Ajax,
    /// How it is written.
    pub body: &'static str,
}

/// What stands in a `<form>`, or the link that takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markup {
    /// Where the form is sent.
    pub action: String,
    /// `post` or `get`.
    pub method: String,
    /// How it is encoded.
    pub enctype: String,
    /// Further attributes.
    pub attrs: Vec<(String, String)>,
    /// Hidden fields.
    pub hidden: Vec<Hidden>,
    /// The field that only robots fill in, and whether it is a box.
    pub honeypot: Option<(String, bool)>,
    /// What a script needs; none if it leaves the sending to the browser.
    pub fetch: Option<Fetch>,
    /// The address of the provider's own page, where no form can be sent.
    pub link: Option<String>,
}

impl Form {
    /// Fills in a template of the row; `None` if a setting that it names is not given.
    pub(super) fn fill(&self, template: &str, magnet: &str) -> Option<String> {
        let mut out = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (word, after) = after.split_once('}')?;
            out.push_str(before);
            match word {
                "form" => out.push_str(&self.name),
                "magnet" => out.push_str(magnet),
                word => out.push_str(self.settings.get(word)?.first()?),
            }
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    }

    /// Fills in pairs. A pair that is a setting with several values becomes several.
    fn pairs(&self, pairs: Pairs, magnet: &str) -> Vec<(String, String)> {
        let all = |(name, value): &(&str, &str)| {
            let setting = value.strip_prefix('{').and_then(|v| v.strip_suffix('}'));
            let values = match setting.and_then(|s| self.settings.get(s)) {
                Some(values) => values.clone(),
                None => self.fill(value, magnet).into_iter().collect(),
            };
            values.into_iter().map(|v| (name.to_string(), v)).collect::<Vec<_>>()
        };
        pairs.iter().flat_map(all).collect()
    }

    /// Where the form is sent, unless that is its thank-you page.
    pub fn action(&self, magnet: &str) -> Option<String> {
        if let Some(action) = &self.over.action {
            return Some(action.clone());
        }
        if self.provider.action == ACTION_THANKS {
            return None;
        }
        // What is missing was reported where the form is declared.
        let mut action = self.fill(self.provider.action, magnet).unwrap_or_default();
        for (i, (name, value)) in self.pairs(self.provider.query, magnet).iter().enumerate() {
            action.push(if i == 0 { '?' } else { '&' });
            action.push_str(&format!("{name}={}", text::percent_encode(value)));
        }
        Some(action)
    }

    /// What stands in the `<form>` at a place.
    pub fn markup(&self, place: &Place<'_>) -> Markup {
        let row = self.provider;
        let action = self.action(place.magnet).unwrap_or_else(|| place.thanks.to_string());
        let mut hidden: Vec<Hidden> = Vec::new();
        let mut put = |name: String, value: String, fill: &'static str| hidden.push(Hidden { name, value, fill });
        for (name, value) in self.pairs(row.hidden, place.magnet) {
            if !self.over.hidden.iter().any(|(n, _)| *n == name) {
                put(name, value, "");
            }
        }
        for (name, value) in &self.over.hidden {
            put(name.clone(), value.clone(), "");
        }
        if self.redirect() == Redirect::Field {
            let name = self.over.redirect.as_deref().unwrap_or(row.redirect_field);
            let elsewhere = text::origin(&action).is_some();
            put(name.to_string(), if elsewhere { place.thanks_url } else { place.thanks }.to_string(), "");
        }
        for (key, name) in self.attribution() {
            if let Some((_, value, fill)) = place.attribution.iter().find(|(k, ..)| *k == key) {
                put(name, value.clone(), fill);
            }
        }
        let honeypot = match &self.over.honeypot {
            Some(name) => Some((name.clone(), row.honeypot.is_some_and(|h| h.checkbox))),
            None => row.honeypot.and_then(|h| Some((self.fill(h.name, place.magnet)?, h.checkbox))),
        };
        Markup {
            method: self.over.method.clone().unwrap_or_else(|| "post".to_string()),
            enctype: self.over.enctype.clone().unwrap_or_else(|| row.enctype.to_string()),
            attrs: self.pairs(row.attrs, place.magnet),
            hidden,
            honeypot: honeypot.filter(|(name, _)| !name.is_empty()),
            fetch: self.fetch(&action, place.magnet),
            link: row.link.then(|| linked(&action, place)),
            action,
        }
    }

    fn fetch(&self, action: &str, magnet: &str) -> Option<Fetch> {
        let ajax = self.ajax();
        if !matches!(ajax, Ajax::Json | Ajax::Opaque) || self.provider.link {
            return None;
        }
        let own = self.over.action.is_none().then(|| self.fill(self.provider.fetch, magnet)).flatten();
        let action = own.filter(|a| !a.is_empty()).unwrap_or_else(|| action.to_string());
        Some(Fetch { action, ajax, body: self.provider.body.name() })
    }

    /// The origins that the form is sent to: for the policy's `form-action`.
    pub fn targets(&self) -> BTreeSet<String> {
        let sent = self.nojs() != NoJs::Impossible && !self.provider.link;
        let action = self.action("").filter(|_| sent);
        let action = action.as_deref().and_then(text::origin).map(str::to_string);
        action.into_iter().chain(self.over.origins.iter().cloned()).collect()
    }

    /// The origins that a script sends it to: for the policy's `connect-src`.
    pub fn connects(&self) -> Option<String> {
        let fetch = self.fetch(&self.action("").unwrap_or_default(), "")?;
        text::origin(&fetch.action).map(str::to_string)
    }
}

/// The provider's own page, with what the lead came from in its query.
fn linked(action: &str, place: &Place<'_>) -> String {
    let value = |key: &str| place.attribution.iter().find(|(k, ..)| *k == key).map_or("", |(_, v, _)| v);
    let host = text::origin(place.thanks_url).map_or("", |o| o.rsplit('/').next().unwrap_or(o));
    let query = [
        ("utm_source", host),
        ("utm_medium", value("placement")),
        ("utm_campaign", place.magnet),
        ("utm_content", value("article")),
    ];
    let query: Vec<String> = query.iter().map(|(k, v)| format!("{k}={}", text::percent_encode(v))).collect();
    format!("{action}?{}", query.join("&"))
}
