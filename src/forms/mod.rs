//! Opt-in forms: `[forms.NAME]` of `site.toml`, and who receives them.

mod providers;

pub use providers::{ACTION_THANKS, Attribution, Provider, Redirect, TABLE};

use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::project::config::Config;
use crate::project::node::Value;
use crate::project::take::Take;
use crate::source::{At, RelPath, Span};
use crate::text;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A field that a reader fills in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in the form as the provider knows it.
    pub name: &'static str,
    /// `type` of the input.
    pub kind: &'static str,
    /// `autocomplete` of the input (WCAG 1.3.5).
    pub autocomplete: &'static str,
    /// The theme's word for it, and what it is in English.
    pub word: (&'static str, &'static str),
    /// Whether the form cannot be sent without it.
    pub required: bool,
}

/// The fields that a form can have. The address is always there.
pub const FIELDS: [Field; 3] = [
    Field {
        name: "email",
        kind: "email",
        autocomplete: "email",
        word: ("field_email", "E-mail address"),
        required: true,
    },
    Field {
        name: "first_name",
        kind: "text",
        autocomplete: "given-name",
        word: ("field_first_name", "First name"),
        required: false,
    },
    Field {
        name: "last_name",
        kind: "text",
        autocomplete: "family-name",
        word: ("field_last_name", "Last name"),
        required: false,
    },
];

/// An optional consent, never ticked beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentBox {
    /// Its name in the form.
    pub name: String,
    /// What it says, as markdown.
    pub label: String,
}

/// A form of the site.
#[derive(Clone, Debug)]
pub struct Form {
    /// Its name: the key below `[forms]`.
    pub name: String,
    /// Who receives it.
    pub provider: &'static Provider,
    /// The provider's settings.
    pub settings: BTreeMap<String, String>,
    /// What is asked.
    pub fields: Vec<&'static Field>,
    /// The sentence under the button, as markdown; may be empty.
    pub consent: String,
    /// Optional consents.
    pub boxes: Vec<ConsentBox>,
    /// The button's text, where the magnet has none.
    pub button: String,
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
}

/// Reads `[forms]`.
pub fn read(config: &Config, file: &RelPath) -> Parsed<Vec<Form>> {
    let diags = RefCell::new(Diagnostics::default());
    let mut forms = Vec::new();
    if let Some(table) = &config.forms {
        let at = Span { file: file.clone(), start: table.start, end: table.end };
        let take = Take::new(Default::default(), at, file, "[forms]", &diags);
        for (name, node) in &table.value.0 {
            let Value::Table(inner) = &node.value else {
                let message = format!("`{}` takes a table, found {}", name.value, node.value.type_name());
                take.report(Diagnostic::new(codes::WRONG_TYPE, message).at(node.span(file)));
                continue;
            };
            let table = At { value: inner.clone(), start: node.start, end: node.end };
            forms.push(take.nested(table, &format!("[forms.{}]", name.value), |t| take_form(t, name)));
        }
    }
    Parsed { value: forms, diags: diags.into_inner() }
}

fn take_form(take: &mut Take<'_>, name: &At<String>) -> Form {
    let choices: Vec<(&'static str, &'static Provider)> = TABLE.iter().map(|p| (p.name, *p)).collect();
    let provider = take.choice("provider", &choices).unwrap_or(&providers::PREVIEW);
    let mut settings = BTreeMap::new();
    for setting in provider.settings {
        if let Some(value) = take.string(setting.name) {
            settings.insert(setting.name.to_string(), value.value);
        } else if setting.required {
            let message = format!("the provider `{}` needs `{}`", provider.name, setting.name);
            take.report(Diagnostic::new(codes::PROVIDER_SETTING, message).at(take.place()).help(setting.help));
        }
    }
    let mut fields = vec![&FIELDS[0]];
    for wanted in take.strings("fields") {
        match FIELDS.iter().find(|f| f.name == wanted.value) {
            Some(field) if !fields.contains(&field) => fields.push(field),
            Some(_) => {}
            None => {
                let names = || FIELDS.iter().map(|f| f.name);
                let message = format!("there is no field `{}`; there are {}", wanted.value, text::choices(names()));
                take.report(
                    Diagnostic::new(codes::BAD_VALUE, message)
                        .at(wanted.span(take.file()))
                        .nearest(&wanted.value, names()),
                );
            }
        }
    }
    let boxes = take.list("boxes", "[[forms.boxes]]", |t| {
        let (name, label) = (t.required("name"), t.required("label"));
        Some(ConsentBox { name: name?.value, label: label?.value })
    });
    Form {
        name: name.value.clone(),
        provider,
        settings,
        fields,
        consent: take.string("consent").map(|t| t.value).unwrap_or_default(),
        boxes: boxes.into_iter().flatten().collect(),
        button: take.string("button").map(|t| t.value).unwrap_or_default(),
        at: name.span(take.file()),
    }
}
