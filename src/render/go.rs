//! Pages of campaigns: the offer's own page, with the campaign's words in its form.

use super::ask::{ask, report};
use super::metadata::{Meta, page_view};
use super::offers::Place;
use super::outputs;
use super::snapshot::Snapshot;
use super::view::view;
use crate::content::{Campaign, Id};
use crate::diag::{Diagnostic, codes};
use crate::site::query::Query;
use crate::site::{QrFormat, Route, campaigns};
use std::sync::Arc;
use tera::Context;

impl Snapshot {
    /// A campaign and the magnet of its pages.
    pub(super) fn campaign(&self, name: &str) -> Option<(&Campaign, Id)> {
        let campaign = self.content.campaigns.get(name)?;
        Some((campaign, self.plan.campaign_magnet(campaign)?))
    }

    pub(super) fn go_page(self: &Arc<Snapshot>, route: &Route, name: &Arc<str>, way: u32) -> Vec<u8> {
        ask(Query::Campaign(name.clone()));
        let Some((campaign, id)) = self.campaign(name) else { return Vec::new() };
        ask(Query::Article(id));
        let article = self.content.article(id);
        let meta = Meta {
            kind: "go",
            title: article.front.title.clone(),
            description: article.front.description.clone(),
            noindex: true,
            article: Some(id),
            feeds: None,
            route,
        };
        let template = article.front.template.as_ref();
        let template_name = template.map_or("magnet.html", |t| &t.value);
        let page = page_view(self, &meta, template_name);
        let words = campaigns::words(name, campaign, way);
        let mut context = Context::new();
        context.insert_value("article", self.article_view(id, &page, 1));
        self.landing_into(&mut context, id, &Place { came: &words, ..Place::on("go", Some(id)) });
        let variant = campaigns::source(campaign, way).map(|s| s.variant.value.as_str());
        let view = view! {
            "name": &**name, "title": campaign.title.as_str(), "call_to_action": campaign.call_to_action.as_str(),
            "variant": variant,
        };
        context.insert_value("campaign", view.into());
        self.template_with(template_name, context, page, template.map(|t| t.span(&article.path)))
    }

    /// The whole address of a campaign's page; none if it has none.
    pub fn go_link(&self, name: &str, way: u32) -> Option<String> {
        let (campaign, _) = self.campaign(name)?;
        Some(self.project.config.absolute(&campaigns::path(name, campaign, way)))
    }

    pub(super) fn qr(&self, name: &Arc<str>, way: u32, format: QrFormat) -> Vec<u8> {
        ask(Query::Site);
        ask(Query::Campaign(name.clone()));
        let Some(link) = self.go_link(name, way) else { return Vec::new() };
        let picture = match format {
            QrFormat::Svg => outputs::svg(&link).map(String::into_bytes),
            QrFormat::Png => outputs::png(&link),
        };
        picture.unwrap_or_else(|| {
            report(Diagnostic::new(codes::BAD_PATH, format!("`{link}` is too long for a QR code")));
            Vec::new()
        })
    }
}
