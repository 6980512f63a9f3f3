//! What a form's row says about its use: what to do at the provider, and what cannot be had there.

use super::provider::{Attribution, Redirect};
use super::{Ajax, Form, NoJs};
use crate::diag::{Code, Diagnostic, codes};
use crate::text;

/// The most fields that are asked without a warning, the address among them.
const FIELDS: usize = 3;

/// A magnet that uses a form.
#[derive(Clone, Debug)]
pub struct Use {
    /// Its name.
    pub magnet: String,
    /// The address of the page after the form.
    pub thanks: String,
    /// Whether it is a conversation, which may ask for more.
    pub consultation: bool,
}

/// What is to be said about a form that is shown. Whether it is said is a matter of levels.
pub fn check(form: &Form, uses: &[Use]) -> Vec<Diagnostic> {
    let say = |code: Code, message: String| Diagnostic::new(code, message).at(form.at.clone());
    let (row, name) = (form.provider, &form.name);
    let mut out = Vec::new();
    if uses.is_empty() {
        return out;
    }
    out.extend(asks(form, uses));
    out.extend(dropped(form));
    let thanks: Vec<&str> = uses.iter().map(|u| &*u.thanks).collect();
    if form.redirect() == Redirect::Dashboard && row.live {
        let d = say(
            codes::THANKS_ELSEWHERE,
            format!("the page after the form `{name}` cannot be set from the form on {}", row.title),
        );
        out.push(match thanks.as_slice() {
            [one] => d.help(format!("paste this address in the form's settings there: {one}")),
            several => d.help(format!(
                "{} use it and there is one setting: make a form for each, or paste one of {}",
                text::count(several.len(), "magnet"),
                several.join(", ")
            )),
        });
    }
    let arrives = !form.attribution().is_empty();
    match row.attribution {
        Attribution::Predeclared if !arrives => out.push(
            say(codes::ATTRIBUTION_LOST, format!("{} drops what says where a lead of `{name}` came from", row.title))
                .help("make fields there, `article` and `magnet` for instance, then list them: `attribution = [\"article\", \"magnet\"]`"),
        ),
        Attribution::List if uses.len() > 1 => out.push(
            say(codes::ATTRIBUTION_LOST, format!("{} drops attribution, and {} share the form `{name}`", row.title, text::count(uses.len(), "magnet")))
                .help("use one list, and so one form, for each magnet: then the list says which magnet earned the lead"),
        ),
        Attribution::Tags if uses.len() > 1 => out.push(
            say(codes::ATTRIBUTION_LOST, format!("{} keeps one tag, and {} share the form `{name}`", row.title, text::count(uses.len(), "magnet")))
                .help("make one form with a tag of its own for each magnet"),
        ),
        _ => {}
    }
    out.extend(limits(form).into_iter().map(|limit| say(codes::PROVIDER_LIMIT, limit)));
    out
}

/// Whether it asks for more than readers like to give.
fn asks(form: &Form, uses: &[Use]) -> Option<Diagnostic> {
    let more = form.fields.len() > FIELDS;
    let long = form.fields.iter().find(|f| f.input.long()).filter(|_| uses.iter().any(|u| !u.consultation));
    let message = match (more, long) {
        (true, _) => format!("the form `{}` has {} fields", form.name, form.fields.len()),
        (false, Some(field)) => format!("the form `{}` asks readers to work: `{}`", form.name, field.name),
        (false, None) => return None,
    };
    let d = Diagnostic::new(codes::ASKS_MUCH, message).at(form.at.clone());
    Some(d.help("ask for the address now, and for the rest when you talk; a form of a consultation may ask for a text"))
}

/// Fields and boxes that the provider does not take.
fn dropped(form: &Form) -> Option<Diagnostic> {
    if form.provider.link {
        return None;
    }
    let own = form.fields.iter().map(|f| &*f.name).chain(form.boxes.iter().map(|b| &*b.name));
    let names: Vec<&str> = own.filter(|key| form.name_of(key).is_none()).collect();
    let first = names.first()?;
    let message = format!(
        "{} has no name for {} of the form `{}`",
        form.provider.title,
        text::choices(names.iter().copied()).replace(" or ", " and "),
        form.name
    );
    let d = Diagnostic::new(codes::FIELD_DROPPED, message).at(form.at.clone());
    Some(d.help(format!(
        "say what the field is called there: `[forms.{}.override.names]` `{first} = \"…\"`; or do not ask",
        form.name
    )))
}

/// What a reader or the author cannot have with this provider, whatever they do.
pub fn limits(form: &Form) -> Vec<String> {
    let (row, name) = (form.provider, &form.name);
    let mut out = Vec::new();
    if row.link {
        out.push(format!("{} takes no form from another site: `{name}` is a link to its page", row.title));
        return out;
    }
    if form.nojs() == NoJs::Impossible {
        out.push(format!("{} takes JSON only: `{name}` cannot be sent without JavaScript", row.title));
    } else if form.redirect() == Redirect::None {
        out.push(format!("{} shows its own page after `{name}`, whatever is set", row.title));
    }
    if form.ajax() == Ajax::Opaque {
        out.push(format!(
            "{} tells scripts nothing: after `{name}`, readers are asked to look in their inbox",
            row.title
        ));
    }
    if form.ajax() == Ajax::Jsonp {
        out.push(format!(
            "{} answers by a script of its own, which the policy forbids: `{name}` leaves the page",
            row.title
        ));
    }
    if matches!(row.attribution, Attribution::None | Attribution::Tags | Attribution::List)
        && form.attribution().is_empty()
    {
        out.push(format!("{} keeps no hidden fields of `{name}`: no article, placement or consent version", row.title));
    }
    out
}

/// The checklist of a form: what to set in the provider's dashboard, with the addresses to paste.
pub fn checklist(form: &Form, uses: &[Use], origin: &str) -> Vec<String> {
    let fields: Vec<String> = match form.attribution() {
        sent if sent.is_empty() => super::ATTRIBUTION.map(|key| format!("`{key}`")).to_vec(),
        sent => sent.into_iter().map(|(key, _)| format!("`{key}`")).collect(),
    };
    let mut out = Vec::new();
    for step in form.provider.checklist {
        let step = step.replace("{origin}", origin).replace("{fields}", &fields.join(", "));
        match (step.contains("{thanks}"), uses) {
            (true, []) => out.push(step.replace("{thanks}", "the magnet's page `thanks/`")),
            (true, uses) => out.extend(uses.iter().map(|u| step.replace("{thanks}", &u.thanks))),
            (false, _) => out.push(step),
        }
    }
    out
}
