//! A magnet's form for other people's pages, and a button for e-mails.

use super::ask;
use super::offers::Place;
use super::outputs::absolutize;
use super::snapshot::Snapshot;
use super::view::view;
use crate::content::Id;
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::text;
use std::sync::Arc;
use tera::{Context, Value};

/// What is made for other places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Embed {
    /// A form in HTML.
    Form,
    /// A button in tables, for mail programs, which send no forms.
    Email,
}

impl Embed {
    fn template(self) -> &'static str {
        match self {
            Embed::Form => "embed.html",
            Embed::Email => "embed-email.html",
        }
    }

    fn medium(self) -> &'static str {
        match self {
            Embed::Form => "partner",
            Embed::Email => "email",
        }
    }
}

impl Snapshot {
    /// The HTML of a magnet's offer for another place. `source` names the place, `campaign` the campaign that it is a part
    /// of, if any: as `utm_source` and `utm_campaign`.
    pub fn embed(self: &Arc<Snapshot>, id: Id, embed: Embed, source: &str, campaign: Option<&str>) -> Parsed<String> {
        let config = &self.project.config;
        let nothing = Parsed { value: String::new(), diags: Diagnostics::default() };
        let (Some(magnet), Some(path)) = (self.plan.magnet(id), self.plan.path(id)) else { return nothing };
        let words = vec![
            ("utm_source", text::slug(source)),
            ("utm_medium", embed.medium().to_string()),
            ("utm_campaign", text::slug(campaign.unwrap_or(&magnet.name))),
        ];
        let query: Vec<String> = words.iter().map(|(name, word)| format!("{name}={word}")).collect();
        let link = format!("{}?{}", config.absolute(path), query.join("&"));
        let place = Place { came: &words, elsewhere: true, ..Place::on("embed", None) };
        let name = embed.template();
        let (link, offer) = (Value::from(link.as_str()), || {
            let offer = self.own_offer(id, &place).into_iter().next().unwrap_or_else(Value::none);
            ["magnet", "form"].map(|key| (key, offer.get_from_path(key).cloned().unwrap_or_else(Value::none)))
        });
        let made = self.elsewhere(name, id, "embed", || [("link", link)].into_iter().chain(offer()).collect());
        let origin = text::origin(&config.base_url).unwrap_or_default();
        let html = absolutize(&made.value, origin, &config.absolute(path));
        Parsed { value: html.trim_end().to_string() + "\n", diags: made.diags }
    }

    /// A template rendered for another place than the site: `view` gives what it sees beside the site.
    pub(super) fn elsewhere(
        self: &Arc<Snapshot>,
        name: &str,
        id: Id,
        kind: &str,
        view: impl FnOnce() -> Vec<(&'static str, Value)>,
    ) -> Parsed<String> {
        let path: Arc<str> = self.plan.path(id).cloned().unwrap_or_else(|| "/".into());
        let render = || {
            let mut context = Context::new();
            for (key, value) in view() {
                context.insert_value(key, value);
            }
            let url = self.project.config.absolute(&path);
            context.insert_value("page", view! { "kind": kind, "path": &*path, "url": url }.into());
            self.views.show(&mut context);
            self.templates.tera.render(name, &context)
        };
        let from = self.content.article(id).path.clone();
        let (rendered, mut left) = ask::during(self, &path, &from, render);
        let text = rendered.unwrap_or_else(|error| {
            let d = match self.templates.get(name) {
                Some(_) => super::page::template_error(self, name, &error, None),
                None => Diagnostic::new(codes::TEMPLATE_MISSING, format!("there is no template `{name}`")),
            };
            left.diags.push(d);
            String::new()
        });
        Parsed { value: text, diags: left.diags }
    }
}
