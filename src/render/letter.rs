//! The e-mail that brings a magnet.

use super::offers::Place;
use super::snapshot::Snapshot;
use super::view::{self, view};
use crate::content::Id;
use crate::diag::Parsed;
use crate::text;
use std::sync::Arc;
use tera::Value;

impl Snapshot {
    /// The letter for a magnet, by the template `letter.txt`: its first line is the subject. What differs from reader to
    /// reader stands in it as the tags of the form's provider.
    pub fn letter(self: &Arc<Snapshot>, id: Id) -> Parsed<String> {
        let Some(magnet) = self.plan.magnet(id) else { return Parsed::clean(String::new()) };
        let config = &self.project.config;
        let mail = magnet.form.map(|i| self.plan.forms[i].provider.mail).unwrap_or_default();
        let links = match magnet.files.is_empty() {
            true => self.text_links(magnet),
            false => self.mailed_link(id).into_iter().collect(),
        };
        let view = || {
            let place = Place { elsewhere: true, ..Place::on("letter", Some(id)) };
            let path = self.plan.path(id).map_or("/", |p| p);
            let address = if mail.address.is_empty() { &config.address } else { mail.address };
            vec![
                ("magnet", view::magnet(self, magnet, &place).into()),
                ("links", links.into_iter().map(Value::from).collect::<Vec<_>>().into()),
                ("origin", text::origin(&config.base_url).unwrap_or_default().into()),
                ("home", config.absolute("/").into()),
                ("link", config.absolute(path).into()),
                ("mail", view! { "name": mail.name, "address": address, "opt_out": mail.opt_out }.into()),
            ]
        };
        self.elsewhere("letter.txt", id, "letter", view)
    }
}
