//! The table of providers. A new provider is a row.

mod inboxes;
mod letters;
mod own;
mod suites;

use super::provider::Provider;
pub(super) use own::PREVIEW;

/// Every provider, in the order of the reference.
pub static TABLE: [&Provider; 18] = [
    &inboxes::NETLIFY,
    &inboxes::FORMSPREE,
    &inboxes::FORMSPARK,
    &inboxes::BASIN,
    &inboxes::WEB3FORMS,
    &letters::MAILCHIMP,
    &letters::KIT,
    &letters::MAILERLITE,
    &letters::BREVO,
    &letters::BUTTONDOWN,
    &letters::BEEHIIV,
    &letters::EMAILOCTOPUS,
    &suites::MAUTIC,
    &suites::LISTMONK,
    &suites::HUBSPOT,
    &inboxes::GOOGLE,
    &own::PREVIEW,
    &own::CUSTOM,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forms::provider::{ACTION_THANKS, Ajax, Attribution, NoJs, Redirect};

    /// Keys of `[forms.NAME]` that are hub's own.
    const TAKEN: [&str; 8] =
        ["provider", "fields", "consent", "boxes", "button", "attribution", "override", "environments"];

    #[test]
    fn rows_are_whole() {
        for row in TABLE {
            let name = row.name;
            assert!(!row.checklist.is_empty() && !row.title.is_empty(), "{name}");
            assert_eq!(row.action == ACTION_THANKS, row.redirect == Redirect::Action, "{name}");
            assert_eq!(row.redirect_field.is_empty(), row.redirect != Redirect::Field, "{name}");
            assert_eq!(row.link, row.attribution == Attribution::Query, "{name}");
            assert!(row.nojs != NoJs::Impossible || row.ajax == Ajax::Json, "{name}: nobody could send it");
            // As the theme's script reads it.
            let says = |json: &str| serde_json::from_str(json).unwrap_or(serde_json::Value::Null);
            let no = |v: &serde_json::Value| v["success"] == false || v["success"] == 0 || v["errors"].is_array();
            let (status, refused) = row.answers.refused;
            assert!(!no(&says(row.answers.taken)), "{name}");
            assert!((400..500).contains(&status) || status == 200 && no(&says(refused)), "{name}");
            assert!(row.nojs == NoJs::Ok || !matches!(row.redirect, Redirect::Action | Redirect::Field), "{name}");
            for setting in row.settings {
                assert!(!TAKEN.contains(&setting.name), "{name}: `{}` is hub's own key", setting.name);
                assert!(setting.pattern.accepts(setting.example), "{name}: {} = {}", setting.name, setting.example);
                assert!(!setting.help.ends_with('.'), "{name}: {}", setting.help);
            }
        }
    }

    #[test]
    fn templates_name_settings_that_exist() {
        for row in TABLE {
            let pairs = row.query.iter().chain(row.attrs).chain(row.hidden).flat_map(|(n, v)| [*n, *v]);
            let all = pairs.chain([row.action, row.fetch]).chain(row.honeypot.map(|h| h.name));
            let all = all.chain(row.also.iter().copied());
            for template in all {
                for word in template.split('{').skip(1).filter_map(|p| p.split_once('}')).map(|(w, _)| w) {
                    let known = ["form", "magnet", "thanks"].contains(&word) || row.setting(word).is_some();
                    assert!(known, "{}: no setting `{word}` for `{template}`", row.name);
                }
            }
        }
    }
}
