//! What a row of the table of providers says.

use super::pattern::Pattern;
use serde::Serialize;

/// Names and values.
pub type Pairs = &'static [(&'static str, &'static str)];

/// What a reader without JavaScript meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoJs {
    /// The form is sent and leads to the thank-you page.
    Ok,
    /// The form is sent and leads to a page of the provider, unless its dashboard names another.
    Page,
    /// The form cannot be sent.
    Impossible,
}

/// What a script learns of the provider's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Ajax {
    /// Status and text can be read.
    Json,
    /// Only by running a script of the provider, which the site's policy forbids; the form is sent plainly.
    Jsonp,
    /// Nothing: whether it was taken is not known.
    Opaque,
    /// Nobody has tried, or it is refused; the form is sent plainly.
    None,
}

/// Who decides which page follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirect {
    /// The form is sent to that page.
    Action,
    /// A hidden field holds its address.
    Field,
    /// A setting in the provider's dashboard.
    Dashboard,
    /// Nobody: the provider shows its own page, or none.
    None,
}

/// What becomes of hidden fields that say where a lead came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribution {
    /// Kept, whatever their names.
    Fields,
    /// Kept if a field of that name was made at the provider before.
    Predeclared,
    /// Dropped; a tag can be given.
    Tags,
    /// Dropped; the query of the link is kept.
    Query,
    /// Dropped; only the list says it.
    List,
    /// Dropped.
    None,
}

/// Who asks readers to confirm their address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoubleOptIn {
    /// The provider, as its dashboard says.
    Provider,
    /// Nobody.
    None,
}

/// How sure the action, the encoding and the names of a row are. None was tried against a live account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// The provider's own documentation or code says so.
    Documented,
    /// Public code that uses it does so.
    Seen,
    /// General knowledge.
    Unconfirmed,
}

/// Implements `name` for capabilities, which the reference, `hub forms` and tests call by it.
macro_rules! names {
    ($($kind:ident { $($variant:ident = $name:literal),* })*) => {
        $(impl $kind {
            /// Its name in tables.
            pub fn name(self) -> &'static str {
                match self { $($kind::$variant => $name),* }
            }
        })*
    };
}
names! {
    NoJs { Ok = "ok", Page = "provider's page", Impossible = "impossible" }
    Ajax { Json = "json", Jsonp = "jsonp", Opaque = "opaque", None = "none" }
    Redirect { Action = "action", Field = "field", Dashboard = "dashboard", None = "none" }
    Attribution {
        Fields = "fields", Predeclared = "predeclared", Tags = "tags", Query = "query", List = "list", None = "none"
    }
    DoubleOptIn { Provider = "provider", None = "none" }
    Confidence { Documented = "documented", Seen = "seen", Unconfirmed = "unconfirmed" }
}

/// How a script writes the form into the body of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// As the browser would.
    Form,
    /// HubSpot's list of fields with their context, as JSON.
    Hubspot,
    /// listmonk's `{email, name, list_uuids}`, as JSON.
    Listmonk,
}

impl Body {
    /// Its name for the script.
    pub fn name(self) -> &'static str {
        match self {
            Body::Form => "form",
            Body::Hubspot => "hubspot",
            Body::Listmonk => "listmonk",
        }
    }
}

/// A field that only robots fill in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Honeypot {
    /// Its name; `{setting}` is filled in.
    pub name: &'static str,
    /// Whether it is a box to tick, not a line to fill in.
    pub checkbox: bool,
}

/// A setting of a provider, in `[forms.NAME]`.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key.
    pub name: &'static str,
    /// Whether nothing works without it.
    pub required: bool,
    /// Whether it may be a list.
    pub many: bool,
    /// What it looks like.
    pub pattern: Pattern,
    /// What it is and where to find it.
    pub help: &'static str,
    /// One that fits.
    pub example: &'static str,
}

/// Who receives a form. In templates of a row, `{form}` is the form's name, `{magnet}` the magnet's, and any other `{word}` a
/// setting; a pair whose setting is not given is left out.
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name in `site.toml`.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// How sure the row is.
    pub confidence: Confidence,
    /// Parts of the row that are less sure than that.
    pub unsure: &'static [&'static str],
    /// What a reader without JavaScript meets.
    pub nojs: NoJs,
    /// What a script learns of the answer.
    pub ajax: Ajax,
    /// Who decides which page follows.
    pub redirect: Redirect,
    /// What becomes of hidden fields.
    pub attribution: Attribution,
    /// Who asks for a confirmation.
    pub double_opt_in: DoubleOptIn,
    /// Whether somebody receives it on the published site.
    pub live: bool,
    /// Whether there is no form to send, and `action` is the address of a page to link to.
    pub link: bool,
    /// Where the form is sent: [`ACTION_THANKS`], or an address.
    pub action: &'static str,
    /// The query of that address.
    pub query: Pairs,
    /// How it is encoded.
    pub enctype: &'static str,
    /// Further attributes of `<form>`.
    pub attrs: Pairs,
    /// Further hidden fields.
    pub hidden: Pairs,
    /// The field that only robots fill in.
    pub honeypot: Option<Honeypot>,
    /// The names that the provider gives to our fields.
    pub names: Pairs,
    /// The name of any other field: `{key}` is ours, `{KEY}` the same in capitals. Empty if the provider takes no others.
    pub others: &'static str,
    /// The hidden field that holds the address of the thank-you page, where [`Redirect::Field`] says so.
    pub redirect_field: &'static str,
    /// Where a script sends it, if not to `action`.
    pub fetch: &'static str,
    /// How a script writes it.
    pub body: Body,
    /// Its settings.
    pub settings: &'static [Setting],
    /// What is to be done in the provider's dashboard. `{thanks}` stands for the page after the form, `{origin}` for the site,
    /// `{fields}` for the names of attribution fields.
    pub checklist: &'static [&'static str],
    /// Further actions by which `hub forms adopt` recognises it.
    pub also: &'static [&'static str],
    /// The e-mail that answers the form.
    pub mail: Mail,
    /// What a script is answered.
    pub answers: Answers,
}

/// What a provider answers a script: for the preview, which answers in its place. General knowledge, as [`Mail`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers {
    /// As JSON, where it took the form; empty where it answers with a page.
    pub taken: &'static str,
    /// The status, and as JSON, where it refused it.
    pub refused: (u16, &'static str),
}

/// The e-mail that a provider sends to who sent a form. The tags are general knowledge: no row was tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// Where in its dashboard it is written; empty if the provider writes to nobody.
    pub place: &'static str,
    /// What becomes the reader's first name; empty if unknown.
    pub name: &'static str,
    /// What becomes the sender's postal address; empty if the author writes it.
    pub address: &'static str,
    /// What becomes the address that ends all e-mails; empty if there is none.
    pub opt_out: &'static str,
    /// How to keep it from counting clicks on the link; empty if it counts none.
    pub clicks: &'static str,
}

impl Provider {
    /// What rows have in common.
    pub(super) const BASE: Provider = Provider {
        name: "",
        title: "",
        confidence: Confidence::Unconfirmed,
        unsure: &[],
        nojs: NoJs::Page,
        ajax: Ajax::None,
        redirect: Redirect::Dashboard,
        attribution: Attribution::None,
        double_opt_in: DoubleOptIn::None,
        live: true,
        link: false,
        action: "",
        query: &[],
        enctype: URLENCODED,
        attrs: &[],
        hidden: &[],
        honeypot: None,
        names: &[],
        others: "{key}",
        redirect_field: "",
        fetch: "",
        body: Body::Form,
        settings: &[],
        checklist: &[],
        also: &[],
        mail: Mail { place: "", name: "", address: "", opt_out: "", clicks: "" },
        answers: Answers {
            taken: r#"{"success":true}"#,
            refused: (400, r#"{"success":false,"errors":[{"message":"The address is not valid."}]}"#),
        },
    };

    /// A setting by its key.
    pub fn setting(&self, name: &str) -> Option<&'static Setting> {
        self.settings.iter().find(|s| s.name == name)
    }
}

/// The action of a form that is sent to its own thank-you page.
pub const ACTION_THANKS: &str = "{thanks}";
/// The encoding of forms unless they say another.
pub const URLENCODED: &str = "application/x-www-form-urlencoded";
/// The encoding of forms with files, and of Mautic's.
pub const MULTIPART: &str = "multipart/form-data";

/// A setting that must be there.
pub(super) const fn needs(name: &'static str, pattern: Pattern, example: &'static str, help: &'static str) -> Setting {
    Setting { name, required: true, many: false, pattern, help, example }
}

/// A setting that may be there.
pub(super) const fn may(name: &'static str, pattern: Pattern, example: &'static str, help: &'static str) -> Setting {
    Setting { name, required: false, many: false, pattern, help, example }
}

/// A field of one line that robots fill in.
pub(super) const fn trap(name: &'static str) -> Option<Honeypot> {
    Some(Honeypot { name, checkbox: false })
}
