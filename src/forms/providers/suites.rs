//! Marketing suites: those that you host, and HubSpot.

use crate::forms::pattern::Pattern;
use crate::forms::provider::{
    Ajax, Answers, Attribution, Body, Confidence, DoubleOptIn, MULTIPART, Mail, NoJs, Provider, Redirect, Setting,
    needs, trap,
};

/// Mautic's source, `FormBundle/Controller/PublicController.php`.
pub static MAUTIC: Provider = Provider {
    name: "mautic",
    title: "Mautic",
    confidence: Confidence::Documented,
    attribution: Attribution::Predeclared,
    double_opt_in: DoubleOptIn::Provider,
    action: "{host}/form/submit",
    query: &[("formId", "{form_id}")],
    enctype: MULTIPART,
    hidden: &[("mauticform[formId]", "{form_id}"), ("mauticform[return]", ""), ("mauticform[formName]", "{form_name}")],
    names: &[("email", "mauticform[email]")],
    others: "mauticform[{key}]",
    settings: &[
        needs("host", Pattern::Site, "https://mautic.acme.io", "the address of your Mautic"),
        needs("form_id", Pattern::Digits, "3", "the form's number: in its list, and `formId=` in its manual copy"),
        needs(
            "form_name",
            Pattern::Id,
            "download",
            "the form's name in its manual copy: the value of `mauticform[formName]`",
        ),
    ],
    checklist: &[
        "set the form's successful submit action to “Redirect URL” with {thanks}",
        "make hidden fields in the form with the aliases {fields}, so that Mautic keeps them",
        "add a captcha field without a question to the form: it is a honeypot; name it in `override.honeypot` as `mauticform[ALIAS]`",
        "put the link into the e-mail of the form's action or campaign",
        "to keep readers on the page, list {origin} under Configuration → CORS valid domains and set `override.ajax = \"json\"`",
    ],
    fetch: "{host}/form/submit?formId={form_id}&ajax=1",
    mail: Mail {
        place: "Channels: an e-mail, sent by the form's action or by a campaign",
        name: "{contactfield=firstname}",
        address: "",
        opt_out: "{unsubscribe_url}",
        clicks: "give the link the attribute `mautic:disable-tracking=\"true\"`",
    },
    answers: Answers {
        taken: r#"{"success":1}"#,
        refused: (200, r#"{"success":0,"validationErrors":{"email":"invalid"}}"#),
    },
    ..Provider::BASE
};

/// listmonk's source, `cmd/public.go`.
pub static LISTMONK: Provider = Provider {
    name: "listmonk",
    title: "listmonk",
    confidence: Confidence::Documented,
    nojs: NoJs::Ok,
    ajax: Ajax::Json,
    redirect: Redirect::Field,
    attribution: Attribution::List,
    double_opt_in: DoubleOptIn::Provider,
    action: "{root}/subscription/form",
    hidden: &[("l", "{list}")],
    honeypot: trap("nonce"),
    names: &[("email", "email"), ("name", "name")],
    others: "",
    redirect_field: "next",
    fetch: "{root}/api/public/subscription",
    body: Body::Listmonk,
    settings: &[
        needs("root", Pattern::Site, "https://lists.acme.io", "the address of your listmonk"),
        Setting {
            name: "list",
            required: true,
            many: true,
            pattern: Pattern::Uuid,
            help: "UUID of a public list, or several: Lists → the list, or Forms, which shows them",
            example: "9f1c0a52-6f0e-4a3b-8a11-0c5d7e2b9d44",
        },
    ],
    checklist: &[
        "add {thanks} to the trusted URLs in the settings, exactly so; without it readers see listmonk's page",
        "allow {origin} for cross-origin requests in the settings; without it readers are asked to send the form the plain way",
        "put the link into the opt-in or welcome e-mail of the list; one list for each magnet",
    ],
    mail: Mail {
        place: "Campaigns: templates, the one of the opt-in; or a transactional e-mail",
        name: "{{ .Subscriber.FirstName }}",
        address: "",
        opt_out: "{{ UnsubscribeURL }}",
        clicks: "leave `@TrackLink` off the link",
    },
    answers: Answers { taken: r#"{"data":{"has_optin":true}}"#, refused: (400, r#"{"message":"Invalid email."}"#) },
    ..Provider::BASE
};

/// developers.hubspot.com, "Submit data to a form" (v3, unauthenticated).
pub static HUBSPOT: Provider = Provider {
    name: "hubspot",
    title: "HubSpot",
    confidence: Confidence::Documented,
    nojs: NoJs::Impossible,
    ajax: Ajax::Json,
    redirect: Redirect::None,
    attribution: Attribution::Predeclared,
    double_opt_in: DoubleOptIn::Provider,
    action: "https://api.hsforms.com/submissions/v3/integration/submit/{portal}/{guid}",
    names: &[("email", "email"), ("first_name", "firstname"), ("last_name", "lastname")],
    body: Body::Hubspot,
    settings: &[
        needs("portal", Pattern::Digits, "12345678", "your account's number: `portalId` in the embed code"),
        needs(
            "guid",
            Pattern::Uuid,
            "9f1c0a52-6f0e-4a3b-8a11-0c5d7e2b9d44",
            "the form's id: `formId` in the embed code",
        ),
    ],
    checklist: &[
        "switch off the form's CAPTCHA: it refuses what the API sends",
        "make the contact properties {fields} and add them to the form as hidden fields, so that HubSpot keeps them",
        "put the link into the form's follow-up e-mail",
    ],
    also: &[
        "https://forms.hubspot.com/uploads/form/v2/{portal}/{guid}",
        "https://forms.hsforms.com/submissions/v3/public/submit/formsnext/multipart/{portal}/{guid}",
    ],
    mail: Mail {
        place: "Automations: the form's follow-up e-mail, or a workflow",
        name: "{{ contact.firstname }}",
        address: "{{ site_settings.company_street_address_1 }}, {{ site_settings.company_city }}",
        opt_out: "{{ unsubscribe_link }}",
        clicks: "switch link tracking off in the marketing e-mail settings",
    },
    answers: Answers {
        taken: r#"{"inlineMessage":"Thanks for submitting the form."}"#,
        refused: (
            400,
            r#"{"status":"error","message":"The request is not valid","errors":[{"message":"Error in 'fields.email'","errorType":"INVALID_EMAIL"}]}"#,
        ),
    },
    ..Provider::BASE
};
