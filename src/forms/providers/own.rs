//! The desk of the author, and any endpoint.

use crate::forms::pattern::Pattern;
use crate::forms::provider::{Attribution, Confidence, NoJs, Provider, Redirect, may, needs, trap};

/// Keeps leads on the author's desk; reaches nobody on a published site.
pub static PREVIEW: Provider = Provider {
    name: "preview",
    title: "Preview inbox",
    confidence: Confidence::Documented,
    nojs: NoJs::Ok,
    redirect: Redirect::Field,
    attribution: Attribution::Fields,
    live: false,
    action: "/_hub/inbox",
    honeypot: trap("website"),
    redirect_field: "_next",
    checklist: &["choose a provider before the site goes live"],
    ..Provider::BASE
};

/// The author's own endpoint. `[forms.NAME.override]` says what it calls its fields.
pub static CUSTOM: Provider = Provider {
    name: "custom",
    title: "Any endpoint",
    confidence: Confidence::Documented,
    attribution: Attribution::Fields,
    action: "{action}",
    settings: &[
        needs("action", Pattern::Action, "https://forms.acme.io/leads", "where the form is sent"),
        may("ajax", Pattern::OneOf(&["json", "opaque", "none"]), "json", "what a script may read of the answer"),
    ],
    checklist: &[
        "answer a sent form with a redirect to {thanks}, or name the hidden field for it in `override.redirect`",
        "with `ajax = \"json\"`: allow {origin} for cross-origin requests, and answer 2xx only if the address was taken",
        "send the e-mail with the link",
    ],
    ..Provider::BASE
};
