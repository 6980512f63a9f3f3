//! Providers that keep lists of readers and write to them.

use crate::forms::pattern::Pattern;
use crate::forms::provider::{
    Ajax, Attribution, Confidence, DoubleOptIn, Mail, NoJs, Provider, Redirect, may, needs, trap,
};

/// mailchimp.com/help, "Add a signup form to your website"; names as in the embed code that it makes.
pub static MAILCHIMP: Provider = Provider {
    name: "mailchimp",
    title: "Mailchimp",
    confidence: Confidence::Seen,
    unsure: &["redirect"],
    ajax: Ajax::Jsonp,
    attribution: Attribution::Tags,
    double_opt_in: DoubleOptIn::Provider,
    action: "https://{account}.{dc}.list-manage.com/subscribe/post",
    query: &[("u", "{u}"), ("id", "{list}"), ("f_id", "{form_id}")],
    hidden: &[("tags", "{tags}")],
    honeypot: trap("b_{u}_{list}"),
    names: &[("email", "EMAIL"), ("first_name", "FNAME"), ("last_name", "LNAME"), ("phone", "PHONE")],
    others: "{KEY}",
    settings: &[
        needs(
            "account",
            Pattern::Label,
            "acme",
            "the first part of the host in the embed code's action: ACCOUNT.us21.list-manage.com",
        ),
        needs("dc", Pattern::Label, "us21", "the second part of that host"),
        needs("u", Pattern::Hex, "0123456789abcdef012345678", "`u=` in the embed code's action"),
        needs("list", Pattern::Hex, "9a8b7c6d5e", "`id=` in the embed code's action"),
        may("form_id", Pattern::Hex, "00a1b2c3d4", "`f_id=` in the embed code's action"),
        may(
            "tags",
            Pattern::Digits,
            "1234567",
            "number of a tag: choose it in the embed builder and read the hidden field `tags`",
        ),
    ],
    checklist: &[
        "set the confirmation thank-you page to {thanks}, in the form builder",
        "put the link into the welcome e-mail or the automation that the tag starts",
        "choose single or double opt-in, in the audience's settings",
    ],
    also: &["https://{account}.{dc}.list-manage.com/subscribe/post-json"],
    mail: Mail {
        place: "Automations: the flow that begins with the tag, or the audience's final welcome e-mail",
        name: "*|FNAME|*",
        address: "*|LIST:ADDRESSLINE|*",
        opt_out: "*|UNSUB|*",
        clicks: "switch `Track clicks` off in the e-mail's settings",
    },
    ..Provider::BASE
};

/// help.kit.com: the incentive e-mail is documented; names as in the HTML embed.
pub static KIT: Provider = Provider {
    name: "kit",
    title: "Kit",
    confidence: Confidence::Seen,
    unsure: &["tags"],
    attribution: Attribution::Predeclared,
    double_opt_in: DoubleOptIn::Provider,
    action: "https://app.kit.com/forms/{id}/subscriptions",
    hidden: &[("tags[]", "{tag}")],
    names: &[("email", "email_address"), ("first_name", "fields[first_name]")],
    others: "fields[{key}]",
    settings: &[
        needs(
            "id",
            Pattern::Digits,
            "1234567",
            "the form's number: in the address of its editor and in the embed's action",
        ),
        may("tag", Pattern::Digits, "7654321", "number of a tag"),
    ],
    checklist: &[
        "set the page after sending to {thanks}, in the form's settings",
        "put the link into the incentive e-mail of the form",
        "make the custom fields {fields}, so that Kit keeps them",
    ],
    also: &["https://app.convertkit.com/forms/{id}/subscriptions"],
    mail: Mail {
        place: "the form's settings: Incentive, then Edit e-mail contents; its button takes the link",
        name: "{{ subscriber.first_name }}",
        address: "{{ address }}",
        opt_out: "{{ unsubscribe_url }}",
        clicks: "link tracking cannot be switched off for a single link: try the link from an e-mail to yourself",
    },
    ..Provider::BASE
};

/// Names as in the HTML embed.
pub static MAILERLITE: Provider = Provider {
    name: "mailerlite",
    title: "MailerLite",
    confidence: Confidence::Seen,
    unsure: &["names of fields beside `fields[email]`"],
    ajax: Ajax::Opaque,
    attribution: Attribution::Predeclared,
    double_opt_in: DoubleOptIn::Provider,
    action: "https://assets.mailerlite.com/jsonp/{account}/forms/{id}/subscribe",
    hidden: &[("ml-submit", "1"), ("anticsrf", "true")],
    names: &[
        ("email", "fields[email]"),
        ("name", "fields[name]"),
        ("first_name", "fields[name]"),
        ("last_name", "fields[last_name]"),
    ],
    others: "fields[{key}]",
    settings: &[
        needs("account", Pattern::Digits, "123456", "the number after `/jsonp/` in the embed code's action"),
        needs("id", Pattern::Digits, "98765432109876543", "the number after `/forms/` in the embed code's action"),
    ],
    checklist: &[
        "switch off reCAPTCHA in the form's settings: it refuses forms that are not MailerLite's own",
        "set the page after sending to {thanks}: the form's success page",
        "put the link into the automation that the form's group starts; one group for each magnet",
        "make the custom fields {fields}, so that MailerLite keeps them",
    ],
    mail: Mail {
        place: "Automations: the flow that begins when somebody joins the form's group",
        name: "{$name}",
        address: "{$account_address}",
        opt_out: "{$unsubscribe}",
        clicks: "switch click tracking off in the e-mail's settings",
    },
    ..Provider::BASE
};

/// Names as in the HTML embed.
pub static BREVO: Provider = Provider {
    name: "brevo",
    title: "Brevo",
    confidence: Confidence::Seen,
    unsure: &["html_type", "redirect", "names of fields beside `EMAIL`: they are your account's attributes"],
    ajax: Ajax::Opaque,
    attribution: Attribution::Predeclared,
    double_opt_in: DoubleOptIn::Provider,
    action: "https://{account}.sibforms.com/serve/{token}",
    hidden: &[("locale", "{locale}"), ("html_type", "simple")],
    honeypot: trap("email_address_check"),
    names: &[("email", "EMAIL"), ("first_name", "FIRSTNAME"), ("last_name", "LASTNAME"), ("phone", "SMS")],
    others: "{KEY}",
    settings: &[
        needs(
            "account",
            Pattern::Label,
            "a1b2c3d4",
            "the first part of the host in the embed code's action: ACCOUNT.sibforms.com",
        ),
        needs("token", Pattern::Id, "MUIFAAbc_D-9", "the last part of the embed code's action"),
        may("locale", Pattern::Id, "en", "language of the provider's messages"),
    ],
    checklist: &[
        "set the confirmation page of the form to {thanks}",
        "put the link into the confirmation e-mail or the automation of the form's list",
        "make the contact attributes {fields}, so that Brevo keeps them",
    ],
    mail: Mail {
        place: "Automations, or the form's final confirmation e-mail",
        name: "{{ contact.FIRSTNAME }}",
        address: "",
        opt_out: "{{ unsubscribe }}",
        clicks: "ask Brevo to leave the link alone, or try it from an e-mail to yourself",
    },
    ..Provider::BASE
};

/// docs.buttondown.com: `metadata__` is documented, the endpoint is that of its embed.
pub static BUTTONDOWN: Provider = Provider {
    name: "buttondown",
    title: "Buttondown",
    confidence: Confidence::Seen,
    unsure: &["redirect"],
    attribution: Attribution::Fields,
    double_opt_in: DoubleOptIn::Provider,
    action: "https://buttondown.com/api/emails/embed-subscribe/{user}",
    hidden: &[("embed", "1"), ("tag", "{tag}")],
    names: &[("email", "email")],
    others: "metadata__{key}",
    settings: &[
        needs("user", Pattern::Id, "acme", "your user name: the last part of your newsletter's address"),
        may("tag", Pattern::Line, "playbook", "a tag that readers of this form get"),
    ],
    checklist: &[
        "set the page after subscribing to {thanks}, in the settings",
        "put the link into the welcome e-mail or an automation by tag",
    ],
    also: &["https://buttondown.email/api/emails/embed-subscribe/{user}"],
    mail: Mail {
        place: "Settings: the welcome e-mail, or an automation for the form's tag",
        name: "{{ subscriber.metadata.first_name }}",
        address: "",
        opt_out: "{{ unsubscribe_url }}",
        clicks: "switch click tracking off in the tracking settings",
    },
    ..Provider::BASE
};

/// No HTML endpoint is known: its form is a frame of its own, its API needs a secret key. The page is linked instead.
pub static BEEHIIV: Provider = Provider {
    name: "beehiiv",
    title: "beehiiv",
    confidence: Confidence::Seen,
    attribution: Attribution::Query,
    double_opt_in: DoubleOptIn::Provider,
    link: true,
    action: "https://{publication}.beehiiv.com/subscribe",
    others: "",
    settings: &[needs(
        "publication",
        Pattern::Label,
        "acme",
        "the first part of your publication's address: PUBLICATION.beehiiv.com",
    )],
    checklist: &[
        "beehiiv takes no form from another site, so readers follow a link to its page and leave yours",
        "put the link to the download into the welcome e-mail",
        "switch on tracking of UTM parameters of subscribers",
    ],
    mail: Mail {
        place: "Settings: the welcome e-mail, or an automation",
        name: "{{ first_name }}",
        address: "",
        opt_out: "{{ unsubscribe_url }}",
        clicks: "switch click tracking off in the e-mail's settings",
    },
    ..Provider::BASE
};

/// Names as in one public repository; sources differ, so paste the embed code into `hub forms adopt`.
pub static EMAILOCTOPUS: Provider = Provider {
    name: "emailoctopus",
    title: "EmailOctopus",
    confidence: Confidence::Unconfirmed,
    unsure: &["every name: read them from the embed code with `hub forms adopt`"],
    nojs: NoJs::Ok,
    redirect: Redirect::Field,
    double_opt_in: DoubleOptIn::Provider,
    action: "https://emailoctopus.com/lists/{list}/members/embedded/1.3s/add",
    honeypot: trap("hp{list}"),
    names: &[("email", "field_0"), ("first_name", "field_1"), ("last_name", "field_2")],
    others: "",
    redirect_field: "successRedirectUrl",
    settings: &[needs(
        "list",
        Pattern::Uuid,
        "9f1c0a52-6f0e-4a3b-8a11-0c5d7e2b9d44",
        "the list's id: in its address and in the embed code's action",
    )],
    checklist: &[
        "paste the form's embed code into `hub forms adopt -`: what EmailOctopus calls its fields differs",
        "put the link into the welcome automation of the list; one list for each magnet",
    ],
    mail: Mail {
        place: "Automations: the one that begins when somebody joins the list",
        name: "{{FirstName}}",
        address: "{{SenderInfo}}",
        opt_out: "{{UnsubscribeURL}}",
        clicks: "switch click tracking off in the e-mail's settings",
    },
    ..Provider::BASE
};
