//! The table of providers: who receives a form, and what that asks of the form. A new provider is a row.

/// What becomes of hidden fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribution {
    /// Kept, whatever their names.
    Fields,
    /// Dropped.
    Dropped,
}

/// How the reader comes to the page after the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirect {
    /// The form's action is that page.
    Action,
    /// A hidden field of this name holds its address.
    Field(&'static str),
}

/// A setting of a provider, in `[forms.NAME]`.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key.
    pub name: &'static str,
    /// Whether nothing works without it.
    pub required: bool,
    /// What it is and where to find it.
    pub help: &'static str,
}

/// Who receives a form.
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name in `site.toml`.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Where the form is sent: [`ACTION_THANKS`], or an address with `{setting}` in it.
    pub action: &'static str,
    /// How it is encoded.
    pub enctype: &'static str,
    /// Further attributes of `<form>`; `{form}` is the form's name.
    pub attrs: &'static [(&'static str, &'static str)],
    /// Further hidden fields; `{form}` is the form's name.
    pub hidden: &'static [(&'static str, &'static str)],
    /// The field that only robots fill in.
    pub honeypot: Option<&'static str>,
    /// The names that the provider gives to our fields; a field without a pair keeps its name.
    pub names: &'static [(&'static str, &'static str)],
    /// How the reader comes to the thank-you page.
    pub redirect: Redirect,
    /// What becomes of hidden fields.
    pub attribution: Attribution,
    /// Whether somebody receives it on the published site.
    pub live: bool,
    /// Its settings.
    pub settings: &'static [Setting],
    /// What is to be done in the provider's dashboard.
    pub checklist: &'static [&'static str],
}

/// The action of a form that is sent to its own thank-you page.
pub const ACTION_THANKS: &str = "{thanks}";

/// Keeps leads on the author's desk; reaches nobody on a published site.
pub(super) static PREVIEW: Provider = Provider {
    name: "preview",
    title: "Preview inbox",
    action: "/_hub/inbox",
    enctype: "application/x-www-form-urlencoded",
    attrs: &[],
    hidden: &[],
    honeypot: Some("website"),
    names: &[],
    redirect: Redirect::Field("_next"),
    attribution: Attribution::Fields,
    live: false,
    settings: &[],
    checklist: &["choose a provider before the site goes live"],
};

/// Every provider.
pub static TABLE: [&Provider; 2] = [&NETLIFY, &PREVIEW];

/// docs.netlify.com, "Forms setup" and "Spam filters".
static NETLIFY: Provider = Provider {
    name: "netlify",
    title: "Netlify Forms",
    action: ACTION_THANKS,
    enctype: "application/x-www-form-urlencoded",
    attrs: &[("name", "{form}"), ("data-netlify", "true"), ("netlify-honeypot", "bot-field")],
    hidden: &[("form-name", "{form}")],
    honeypot: Some("bot-field"),
    names: &[],
    redirect: Redirect::Action,
    attribution: Attribution::Fields,
    live: true,
    settings: &[],
    checklist: &[
        "switch on form detection: Forms → Enable form detection",
        "set up the notification or the automation that sends the e-mail with the link",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_whole() {
        for row in TABLE {
            assert!(!row.checklist.is_empty() && row.honeypot != Some("email"), "{}", row.name);
            assert!(row.action == ACTION_THANKS || row.action.starts_with(['/', 'h']), "{}", row.name);
            assert_eq!(row.action == ACTION_THANKS, row.redirect == Redirect::Action, "{}", row.name);
        }
    }
}
