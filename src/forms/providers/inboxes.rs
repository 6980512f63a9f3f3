//! Providers that collect forms: every field is kept, and an automation sends the e-mail.

use crate::forms::pattern::Pattern;
use crate::forms::provider::{
    ACTION_THANKS, Ajax, Answers, Attribution, Confidence, Honeypot, Mail, NoJs, Provider, Redirect, may, needs, trap,
};

/// docs.netlify.com, "Forms setup" and "Spam filters".
pub static NETLIFY: Provider = Provider {
    name: "netlify",
    title: "Netlify Forms",
    confidence: Confidence::Documented,
    nojs: NoJs::Ok,
    ajax: Ajax::Json,
    redirect: Redirect::Action,
    attribution: Attribution::Fields,
    action: ACTION_THANKS,
    attrs: &[("name", "{form}"), ("data-netlify", "true"), ("netlify-honeypot", "bot-field")],
    hidden: &[("form-name", "{form}")],
    honeypot: trap("bot-field"),
    checklist: &[
        "switch on form detection: Forms → Enable form detection, then deploy again",
        "set up the notification or the automation that sends the e-mail with the link",
    ],
    // The page that the form leads to; a form that it does not know is a page that is not there.
    answers: Answers { taken: "", refused: (404, "") },
    ..Provider::BASE
};

/// help.formspree.io: `_gotcha`, `_next` and JSON by `Accept` are documented of old.
pub static FORMSPREE: Provider = Provider {
    name: "formspree",
    title: "Formspree",
    confidence: Confidence::Unconfirmed,
    unsure: &["redirect: some plans ignore it"],
    nojs: NoJs::Ok,
    ajax: Ajax::Json,
    redirect: Redirect::Field,
    attribution: Attribution::Fields,
    action: "https://formspree.io/f/{id}",
    hidden: &[("_subject", "{subject}")],
    honeypot: trap("_gotcha"),
    redirect_field: "_next",
    settings: &[
        needs("id", Pattern::Id, "xayzwvkb", "the last part of the form's address: Integration → Your form's endpoint"),
        may("subject", Pattern::Line, "New lead", "subject of the e-mail that tells you"),
    ],
    checklist: &[
        "if readers see Formspree's page after sending, set the redirect to {thanks} in the form's settings",
        "set up the reply or the automation that sends the e-mail with the link",
    ],
    also: &["https://formspree.io/{id}"],
    mail: Mail { place: "the form's workflow: the autoresponse", ..Provider::BASE.mail },
    answers: Answers {
        taken: r#"{"next":"/thanks","ok":true}"#,
        refused: (
            422,
            r#"{"error":"Validation errors","errors":[{"code":"TYPE_EMAIL","field":"email","message":"should be an email"}]}"#,
        ),
    },
    ..Provider::BASE
};

/// documentation.formspark.io.
pub static FORMSPARK: Provider = Provider {
    name: "formspark",
    title: "Formspark",
    confidence: Confidence::Documented,
    unsure: &["honeypot", "redirect"],
    nojs: NoJs::Ok,
    ajax: Ajax::Json,
    redirect: Redirect::Field,
    attribution: Attribution::Fields,
    action: "https://submit-form.com/{id}",
    honeypot: trap("_honeypot"),
    redirect_field: "_redirect",
    settings: &[needs("id", Pattern::Id, "aBcDeF12", "the form's id: the last part of its action URL")],
    checklist: &["set up the automation that sends the e-mail with the link"],
    ..Provider::BASE
};

/// usebasin.com/docs.
pub static BASIN: Provider = Provider {
    name: "basin",
    title: "Basin",
    confidence: Confidence::Documented,
    unsure: &["honeypot", "redirect"],
    ajax: Ajax::Json,
    attribution: Attribution::Fields,
    action: "https://usebasin.com/f/{id}",
    honeypot: trap("_gotcha"),
    settings: &[needs("id", Pattern::Id, "1a2b3c4d5e6f", "the form's id: the last part of its endpoint")],
    checklist: &[
        "set the custom thank-you page to {thanks}",
        "set up the autoresponder that sends the e-mail with the link",
    ],
    mail: Mail { place: "the form's settings: the autoresponder", ..Provider::BASE.mail },
    ..Provider::BASE
};

/// docs.web3forms.com.
pub static WEB3FORMS: Provider = Provider {
    name: "web3forms",
    title: "Web3Forms",
    confidence: Confidence::Documented,
    unsure: &["honeypot", "redirect"],
    nojs: NoJs::Ok,
    ajax: Ajax::Json,
    redirect: Redirect::Field,
    attribution: Attribution::Fields,
    action: "https://api.web3forms.com/submit",
    hidden: &[("access_key", "{access_key}"), ("subject", "{subject}"), ("from_name", "{from_name}")],
    honeypot: Some(Honeypot { name: "botcheck", checkbox: true }),
    redirect_field: "redirect",
    settings: &[
        needs(
            "access_key",
            Pattern::Uuid,
            "9f1c0a52-6f0e-4a3b-8a11-0c5d7e2b9d44",
            "the access key that Web3Forms mailed to you; it is made to be public",
        ),
        may("subject", Pattern::Line, "New lead", "subject of the e-mail that tells you"),
        may("from_name", Pattern::Line, "Acme", "sender of the e-mail that tells you"),
    ],
    checklist: &["set up the automation that sends the e-mail with the link"],
    mail: Mail { place: "the form's settings: the autoresponder", ..Provider::BASE.mail },
    answers: Answers {
        taken: r#"{"success":true,"message":"Email sent successfully!"}"#,
        refused: (400, r#"{"success":false,"message":"Invalid email address"}"#),
    },
    ..Provider::BASE
};

/// No documentation: Google takes such posts and promises nothing.
pub static GOOGLE: Provider = Provider {
    name: "google",
    title: "Google Forms",
    confidence: Confidence::Seen,
    ajax: Ajax::Opaque,
    redirect: Redirect::None,
    attribution: Attribution::Predeclared,
    action: "https://docs.google.com/forms/d/e/{id}/formResponse",
    names: &[("email", "emailAddress")],
    others: "",
    settings: &[needs(
        "id",
        Pattern::Id,
        "1FAIpQLSd_x-9",
        "the long id in the form's public address: …/forms/d/e/ID/viewform",
    )],
    checklist: &[
        "let the form collect e-mail addresses as readers enter them; or give the field's `entry.…` in `override.names.email`",
        "allow answers without a Google account",
        "give every other field its `entry.…` in `override.names`: Get pre-filled link shows them",
        "set up the script that sends the e-mail with the link",
    ],
    ..Provider::BASE
};
