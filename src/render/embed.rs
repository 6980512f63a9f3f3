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
use tera::Context;

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
        let render = || {
            let mut context = Context::new();
            let offer = self.own_offer(id, &place).into_iter().next().unwrap_or_else(tera::Value::none);
            for key in ["magnet", "form"] {
                let value = offer.get_from_path(key).cloned().unwrap_or_else(tera::Value::none);
                context.insert_value(key, value);
            }
            context.insert_value("link", link.as_str().into());
            context
                .insert_value("page", view! { "kind": "embed", "path": &**path, "url": config.absolute(path) }.into());
            context.insert_value("site", self.views.site.clone());
            context.insert_value("options", self.views.options.clone());
            context.insert_value("t", self.views.words.clone());
            self.templates.tera.render(name, &context)
        };
        let from = self.content.article(id).path.clone();
        let (rendered, mut left) = ask::during(self, path, &from, render);
        let html = rendered.unwrap_or_else(|error| {
            let d = match self.templates.get(name) {
                Some(_) => super::page::template_error(self, name, &error, None),
                None => Diagnostic::new(codes::TEMPLATE_MISSING, format!("there is no template `{name}`")),
            };
            left.diags.push(d);
            String::new()
        });
        let origin = text::origin(&config.base_url).unwrap_or_default();
        let html = absolutize(&html, origin, &config.absolute(path));
        Parsed { value: html.trim_end().to_string() + "\n", diags: left.diags }
    }
}
