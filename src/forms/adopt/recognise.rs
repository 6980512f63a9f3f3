//! A form's action → its provider, and the settings in it.

use crate::forms::provider::ACTION_THANKS;
use crate::forms::{Provider, TABLE};
use crate::text;
use std::collections::BTreeMap;

/// The provider whose action this is, and the settings in it.
pub(super) fn recognise(action: &str) -> Option<(&'static Provider, BTreeMap<String, Vec<String>>)> {
    let (path, query) = action.split_once('?').unwrap_or((action, ""));
    let query: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    // Rows whose template begins with a setting fit other actions too, so they come last.
    let (open, fixed): (Vec<_>, Vec<_>) = TABLE.into_iter().partition(|p| p.action.starts_with('{'));
    for row in fixed.into_iter().chain(open).filter(|p| p.action != ACTION_THANKS && p.name != "custom" && p.live) {
        for template in std::iter::once(row.action).chain(row.also.iter().copied()) {
            let mut settings = BTreeMap::new();
            if !matches(template, path, row, &mut settings) {
                continue;
            }
            let whole = row.query.iter().all(|(name, value)| {
                let required = value.split(['{', '}']).nth(1).and_then(|s| row.setting(s)).is_none_or(|s| s.required);
                match query.iter().find(|(n, _)| n == name) {
                    Some((_, found)) => {
                        let found = text::percent_decode(found).unwrap_or_default();
                        matches(value, &found, row, &mut settings)
                    }
                    None => !required,
                }
            });
            if whole {
                return Some((row, settings.into_iter().map(|(k, v)| (k, vec![v])).collect()));
            }
        }
    }
    None
}

/// Whether a text fits a template, and what its settings are then.
pub(super) fn matches(template: &str, found: &str, row: &Provider, settings: &mut BTreeMap<String, String>) -> bool {
    let Some((before, after)) = template.split_once('{') else { return template == found };
    let Some((word, after)) = after.split_once('}') else { return false };
    let Some(found) = found.strip_prefix(before) else { return false };
    let literal = after.split('{').next().unwrap_or_default();
    let accepts = |value: &str| match row.setting(word) {
        Some(setting) => setting.pattern.accepts(value),
        None => !value.is_empty(),
    };
    let ends: Vec<usize> = match literal.is_empty() {
        true => vec![found.len()],
        false => found.match_indices(literal).map(|(i, _)| i).collect(),
    };
    for end in ends.into_iter().filter(|end| accepts(&found[..*end])) {
        let mut tried = settings.clone();
        if tried.insert(word.to_string(), found[..end].to_string()).is_some_and(|before| before != found[..end]) {
            continue;
        }
        if matches(after, &found[end..], row, &mut tried) {
            *settings = tried;
            return true;
        }
    }
    false
}
