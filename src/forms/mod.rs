//! Opt-in forms: `[forms.NAME]` of `site.toml`, who receives them, and what that asks of their markup.

pub mod adopt;
pub mod fields;
pub mod html;
pub mod lint;
pub mod markup;
pub mod pattern;
pub mod provider;
mod providers;
mod read;

pub use fields::Field;
pub use provider::{Ajax, NoJs, Provider, Redirect};
pub use providers::TABLE;
pub use read::read;

use crate::source::Span;
use provider::Attribution;
use serde::Serialize;
use std::collections::BTreeMap;

/// Hidden fields that say where a lead came from, in the order in which forms have them.
pub const ATTRIBUTION: [&str; 15] = [
    "article",
    "magnet",
    "form",
    "placement",
    "variant",
    "lang",
    "consent_version",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_content",
    "utm_term",
    "referrer",
    "first",
    SECONDS,
];
/// The hidden field for the time between the first touch of the form and its sending; a script fills it in.
pub const SECONDS: &str = "seconds";

/// A box to tick, never ticked beforehand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConsentBox {
    /// Its name in the form.
    pub name: String,
    /// What it says, as markdown.
    pub label: String,
    /// Whether the form cannot be sent without it; never that of a newsletter.
    pub required: bool,
}

/// What the author sets in place of the provider's row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Override {
    /// Where the form is sent.
    pub action: Option<String>,
    /// `post` or `get`.
    pub method: Option<String>,
    /// How it is encoded.
    pub enctype: Option<String>,
    /// The provider's names for our fields.
    pub names: BTreeMap<String, String>,
    /// Further hidden fields; they replace the row's of the same name.
    pub hidden: Vec<(String, String)>,
    /// Name of the field for robots; empty for none.
    pub honeypot: Option<String>,
    /// Name of the hidden field for the thank-you page; empty for none.
    pub redirect: Option<String>,
    /// What a script learns of the answer.
    pub ajax: Option<Ajax>,
    /// Further hosts that the form leads through.
    pub origins: Vec<String>,
}

/// A form of the site.
#[derive(Clone, Debug)]
pub struct Form {
    /// Its name: the key below `[forms]`.
    pub name: String,
    /// Who receives it.
    pub provider: &'static Provider,
    /// The provider's settings.
    pub settings: BTreeMap<String, Vec<String>>,
    /// What is asked.
    pub fields: Vec<Field>,
    /// The sentence under the button, as markdown; may be empty.
    pub consent: String,
    /// Consents of their own.
    pub boxes: Vec<ConsentBox>,
    /// The button's text, where the magnet has none.
    pub button: String,
    /// Attribution fields that were made at the provider; all or none, as the provider keeps them, if the author does not say.
    pub attribution: Option<Vec<String>>,
    /// What stands above the row.
    pub over: Override,
    /// Where it is declared.
    pub at: Span,
}

impl Form {
    /// Whether a reader's address reaches somebody on the published site.
    pub fn live(&self) -> bool {
        self.provider.live
    }

    /// Names the consent that was shown: a digest of its words.
    pub fn consent_version(&self) -> String {
        let words: Vec<&str> = self.boxes.iter().map(|b| &*b.label).chain([&*self.consent]).collect();
        format!("{:08x}", xxhash_rust::xxh3::xxh3_64(words.join("\n").as_bytes()) as u32)
    }

    /// What a script learns of the provider's answer.
    pub fn ajax(&self) -> Ajax {
        let declared = self.settings.get("ajax").and_then(|s| s.first()).map(String::as_str);
        let declared =
            declared.and_then(|word| [Ajax::Json, Ajax::Opaque, Ajax::None].into_iter().find(|a| a.name() == word));
        self.over.ajax.or(declared).unwrap_or(self.provider.ajax)
    }

    /// Who decides which page follows.
    pub fn redirect(&self) -> Redirect {
        match (&self.over.redirect, &self.over.action) {
            (Some(name), _) if !name.is_empty() => Redirect::Field,
            (Some(_), _) => Redirect::None,
            (None, Some(_)) if self.provider.redirect == Redirect::Action => Redirect::Dashboard,
            (None, _) => self.provider.redirect,
        }
    }

    /// What a reader without JavaScript meets.
    pub fn nojs(&self) -> NoJs {
        match (self.provider.nojs, self.redirect()) {
            (NoJs::Impossible, _) => NoJs::Impossible,
            (_, Redirect::Action | Redirect::Field) => NoJs::Ok,
            (_, Redirect::Dashboard | Redirect::None) => NoJs::Page,
        }
    }

    /// The provider's name for one of our fields; none if it takes no such field.
    pub fn name_of(&self, key: &str) -> Option<String> {
        if let Some(name) = self.over.names.get(key) {
            return Some(name.clone()).filter(|n| !n.is_empty());
        }
        let row = self.provider;
        if let Some((_, theirs)) = row.names.iter().find(|(ours, _)| *ours == key) {
            return Some(theirs.to_string());
        }
        // An address without a name would be a form without its point.
        let other = row.others.replace("{key}", key).replace("{KEY}", &key.to_ascii_uppercase());
        (!other.is_empty()).then_some(other).or_else(|| (key == "email").then(|| key.to_string()))
    }

    /// The attribution fields that reach the provider, by our names and by its.
    pub fn attribution(&self) -> Vec<(&'static str, String)> {
        let kept = |key: &str| match &self.attribution {
            Some(listed) => listed.iter().any(|l| l == key),
            None => self.provider.attribution == Attribution::Fields || self.over.names.contains_key(key),
        };
        ATTRIBUTION.into_iter().filter(|key| kept(key)).filter_map(|key| Some((key, self.name_of(key)?))).collect()
    }
}
