//! `[publish.NAME]`, read by the table of kinds.

use super::{Keep, Kind, Setting, TABLE, Takes};
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::project::Config;
use crate::project::node::{Node, Table, Value};
use crate::project::take::Take;
use crate::source::{At, RelPath, Span};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A target that `site.toml` names.
#[derive(Clone)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: &'static Kind,
    /// Where it stands.
    pub at: Span,
    /// What every target takes.
    pub common: Common,
    values: BTreeMap<&'static str, Written>,
}

/// What every target takes that its kind can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Common {
    /// How many former states are kept for `--rollback`.
    pub keep: usize,
    /// Files sent at the same time.
    pub parallel: usize,
    /// The most files that a run deletes.
    pub max_deletes: Option<usize>,
    /// Text is sent compressed.
    pub compress: bool,
    /// Search engines are told of changes by IndexNow.
    pub indexnow: bool,
    /// The site is looked at afterwards; unless set, where the host says at which address it shows it.
    pub verify_live: Option<bool>,
    /// How many seconds that look waits for the host.
    pub patience: u64,
    /// `Cache-Control` of pages and of everything whose address stays.
    pub cache_pages: String,
    /// `Cache-Control` of files with a fingerprint in their name.
    pub cache_assets: String,
}

impl Default for Common {
    fn default() -> Common {
        Common {
            keep: 0,
            parallel: 16,
            max_deletes: None,
            compress: false,
            indexnow: false,
            verify_live: None,
            patience: 90,
            cache_pages: "public, max-age=0, must-revalidate".to_string(),
            cache_assets: "public, max-age=31536000, immutable".to_string(),
        }
    }
}

#[derive(Clone)]
enum Written {
    Text(At<String>),
    Texts(Vec<At<String>>),
    Flag(bool),
    Number(i64),
}

impl Target {
    /// The text of a setting.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.values.get(name) {
            Some(Written::Text(text)) => Some(&text.value),
            _ => None,
        }
    }

    /// The text of a setting that must be there; without it the target was not read.
    pub fn required(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    /// The texts of a setting; none if it is not there.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        match self.values.get(name) {
            Some(Written::Texts(texts)) => texts.iter().map(|t| t.value.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether a setting says `true`.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.values.get(name) {
            Some(Written::Flag(flag)) => Some(*flag),
            _ => None,
        }
    }

    /// The number of a setting.
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.values.get(name) {
            Some(Written::Number(number)) => Some(*number),
            _ => None,
        }
    }
}

/// Words that a key with a credential has in it.
const SECRETS: [&str; 7] = ["password", "passwd", "secret", "token", "access_key", "account_key", "api_key"];

/// Reads every `[publish.NAME]`. What `[publish]` says itself (`host`, `part_size`) is read with the site.
pub fn read(config: &Config, file: &RelPath) -> Parsed<Vec<Target>> {
    let diags = RefCell::new(Diagnostics::default());
    let mut targets = Vec::new();
    for (name, node) in config.publish.iter().flat_map(|section| &section.value.0) {
        let Value::Table(table) = &node.value else { continue };
        let at = name.span(file);
        let what = format!("[publish.{}]", name.value);
        let mut take = Take::new(without_secrets(table, file, &diags), at.clone(), file, &what, &diags);
        targets.extend(take_target(&name.value, at, &mut take));
        // Of another kind, every key is unknown.
        if kind_of(table).is_some() {
            take.finish();
        }
    }
    Parsed { value: targets, diags: diags.into_inner() }
}

fn kind_of(table: &Table) -> Option<&'static Kind> {
    match table.get("kind").map(|n| &n.value) {
        Some(Value::String(name)) => super::kind(name),
        _ => None,
    }
}

/// The table without keys and addresses that hold a credential, each of which is reported.
fn without_secrets(table: &Table, file: &RelPath, diags: &RefCell<Diagnostics>) -> Table {
    let kind = kind_of(table);
    let places = kind.map_or("variables of the environment", |kind| kind.credentials);
    let keep = |(key, node): &&(At<String>, Node)| {
        let known = kind.is_some_and(|k| k.settings.iter().any(|s| s.name == key.value));
        let named = !known && SECRETS.iter().any(|word| key.value.to_ascii_lowercase().contains(word));
        let inside = matches!(&node.value, Value::String(text) if has_password(text));
        if !named && !inside {
            return true;
        }
        let message = match inside {
            true => format!("`{}` holds a password", key.value),
            false => {
                format!("`{}` is a credential, and `site.toml` is read by everybody who reads the site", key.value)
            }
        };
        let d = Diagnostic::new(codes::CREDENTIAL_WRITTEN, message).at(key.span(file));
        diags.borrow_mut().push(d.help(format!("take it out; credentials come from {places}")));
        false
    };
    Table(table.0.iter().filter(keep).cloned().collect())
}

/// Whether an address has a password in it: `ftp://user:word@host`.
fn has_password(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

fn take_target(name: &str, at: Span, take: &mut Take<'_>) -> Option<Target> {
    if !take.has("kind") {
        take.required("kind");
        return None;
    }
    let names: Vec<(&'static str, &'static Kind)> = TABLE.iter().map(|kind| (kind.name, kind)).collect();
    let kind = take.choice("kind", &names)?;
    let mut values = BTreeMap::new();
    let mut whole = true;
    for setting in kind.settings {
        match take_setting(take, setting) {
            Some(written) => drop(values.insert(setting.name, written)),
            None => whole &= !setting.required,
        }
    }
    let common = take_common(take, kind);
    whole.then(|| Target { name: name.to_string(), kind, at, common, values })
}

fn take_setting(take: &mut Take<'_>, setting: &Setting) -> Option<Written> {
    if setting.required && !take.has(setting.name) {
        take.required(setting.name);
        return None;
    }
    match setting.takes {
        Takes::Text => take.string(setting.name).map(Written::Text),
        Takes::Flag => take.bool(setting.name).map(Written::Flag),
        Takes::Number(from, to) => take.integer(setting.name, from..=to).map(Written::Number),
        Takes::Texts => take.has(setting.name).then(|| Written::Texts(take.strings(setting.name))),
        Takes::Choice(words) => {
            let words: Vec<(&'static str, &'static str)> = words.iter().map(|w| (*w, *w)).collect();
            let word = take.choice(setting.name, &words)?;
            Some(Written::Text(At::new(word.to_string(), 0..0)))
        }
    }
}

/// What `[publish]` itself takes, for all targets.
const OF_ALL: [&str; 2] = ["host", "part_size"];

/// Says why a key does not stand here.
fn refuse(take: &mut Take<'_>, key: &str, (message, help): (&str, String)) {
    if let Some(at) = take.refuse(key) {
        take.report(Diagnostic::new(codes::BAD_VALUE, message).at(at).help(help));
    }
}

fn take_common(take: &mut Take<'_>, kind: &Kind) -> Common {
    let default = Common::default();
    let number = |take: &mut Take<'_>, key, most| take.integer(key, 1..=most).map(|n| n as usize);
    let text = |take: &mut Take<'_>, key, or: &String| take.string(key).map_or_else(|| or.clone(), |t| t.value);
    let mut common = Common {
        parallel: number(take, "parallel", 64).unwrap_or(default.parallel),
        max_deletes: take.integer("max_deletes", 0..=i64::MAX).map(|n| n as usize),
        ..default.clone()
    };
    common.indexnow = take.bool("indexnow").unwrap_or(default.indexnow);
    common.verify_live = take.bool("verify_live");
    common.patience = take.integer("patience", 0..=90).map_or(default.patience, |n| n as u64);
    let keeps = match kind.can.keep {
        Keep::Copies => {
            common.keep = take.integer("keep", 0..=100).map_or(0, |n| n as usize);
            None
        }
        Keep::Host => Some("keeps former states by itself, and `--rollback` finds them"),
        Keep::Nothing => Some("keeps no former states"),
    };
    if let Some(keeps) = keeps {
        let help = format!("take it out: {} {keeps}", kind.title);
        refuse(take, "keep", ("`keep` has no effect here", help));
    }
    for key in OF_ALL {
        refuse(
            take,
            key,
            (&format!("`{key}` is not a key of a target"), "write it into `[publish]`, above all targets".to_string()),
        );
    }
    if kind.can.compress {
        common.compress = take.bool("compress").unwrap_or(false);
    }
    if kind.can.headers {
        common.cache_pages = text(take, "cache_pages", &default.cache_pages);
        common.cache_assets = text(take, "cache_assets", &default.cache_assets);
    }
    common
}
