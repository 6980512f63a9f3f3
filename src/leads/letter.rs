//! The e-mail that answers a form, as its reader would find it.

use super::inbox::Lead;
use crate::diag::{Diagnostics, Parsed};
use crate::render::Snapshot;
use std::sync::Arc;

/// An e-mail of plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

/// The e-mail that brings a lead its magnet; none if the magnet is not known. Its links lead to the preview at `base`, and what the
/// provider fills in is filled in.
pub fn letter(site: &Arc<Snapshot>, lead: &Lead, base: &str) -> Parsed<Option<Letter>> {
    let Some(magnet) = site.plan.magnet_named(&lead.magnet).and_then(|id| site.plan.magnet(id)) else {
        return Parsed::clean(None);
    };
    let mut diags = Diagnostics::default();
    let mut written = site.letter(magnet.id).take(&mut diags);
    let mail = magnet.form.map(|i| site.plan.forms[i].provider.mail).unwrap_or_default();
    let config = &site.project.config;
    let published = format!("{}/", config.base_url);
    written = written.replace(&published, &format!("{base}{}/", config.base_path));
    let name = ["first_name", "name"].iter().find_map(|key| lead.get(key)).unwrap_or_default();
    // A name has one line, or a subject would end in it; it comes last, or a tag in it would be filled in.
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let tags = [
        (mail.address, "(your postal address)"),
        (mail.opt_out, "(the link that ends all e-mails)"),
        (mail.name, &*name),
    ];
    for (tag, value) in tags.into_iter().filter(|(tag, _)| !tag.is_empty()) {
        written = written.replace(tag, value);
    }
    let (subject, text) = written.split_once('\n').unwrap_or((&written, ""));
    let letter = Letter { subject: subject.trim().to_string(), text: text.trim().to_string() };
    Parsed { value: Some(letter), diags }
}
