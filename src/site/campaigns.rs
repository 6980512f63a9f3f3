//! Pages of campaigns below `/go/`: short addresses for paper, for events and for readers without JavaScript, each with a
//! QR code that leads to it.

use super::attribution::LONGEST;
use super::route::{QrFormat, What};
use super::{Plan, Planner};
use crate::content::{Campaign, Id};
use crate::diag::{Diagnostic, codes};
use crate::source::Span;
use crate::text;
use std::sync::Arc;

/// The words that the form of a campaign's page sends, by their names. `way` is 0 for the campaign's own page, else the
/// number of the source, from 1.
pub fn words(name: &str, campaign: &Campaign, way: u32) -> Vec<(&'static str, String)> {
    let mut out = vec![("utm_campaign", text::slug(name))];
    match source(campaign, way) {
        Some(source) => {
            let variant = text::slug(&source.variant.value);
            let origin = if source.source.is_empty() { variant.clone() } else { source.source.clone() };
            let medium = if source.medium.is_empty() { "print" } else { &source.medium };
            out.extend([("utm_source", origin), ("utm_medium", medium.to_string()), ("utm_content", variant)]);
        }
        None => out.extend([("utm_source", "go".to_string()), ("utm_medium", "link".to_string())]),
    }
    out
}

/// The source of this number, from 1.
pub fn source(campaign: &Campaign, way: u32) -> Option<&crate::content::Source> {
    campaign.sources.get((way as usize).checked_sub(1)?)
}

/// The path of a campaign's page.
pub fn path(name: &str, campaign: &Campaign, way: u32) -> String {
    match source(campaign, way) {
        Some(source) => format!("/go/{}/{}/", text::slug(name), text::slug(&source.variant.value)),
        None => format!("/go/{}/", text::slug(name)),
    }
}

/// The numbers of a campaign's pages.
pub fn ways(campaign: &Campaign) -> std::ops::RangeInclusive<u32> {
    0..=campaign.sources.len() as u32
}

impl Plan {
    /// The published magnet that a campaign offers.
    pub fn campaign_magnet(&self, campaign: &Campaign) -> Option<Id> {
        let id = self.magnet_named(&campaign.offer.as_ref()?.value)?;
        self.path(id).map(|_| id)
    }
}

impl Planner<'_> {
    /// A page and two pictures of its address for each campaign whose magnet is published, and for each of its sources.
    pub(super) fn go_routes(&mut self) {
        let content = self.content;
        for (name, campaign) in &content.campaigns {
            let Some(file) = campaign.path.as_ref() else { continue };
            self.check_sources(name, campaign);
            if self.plan.campaign_magnet(campaign).is_none() {
                continue;
            }
            for way in ways(campaign) {
                let at = || Some(source(campaign, way).map_or_else(|| Span::file(file), |s| s.variant.span(file)));
                let path = path(name, campaign, way);
                let name: Arc<str> = name.as_str().into();
                self.add(&path, What::Go(name.clone(), way), Some(file), at);
                for (format, file_name) in QrFormat::ALL {
                    self.add(&format!("{path}{file_name}"), What::Qr(name.clone(), way, format), Some(file), at);
                }
            }
        }
    }

    fn check_sources(&mut self, name: &str, campaign: &Campaign) {
        let Some(file) = campaign.path.as_ref() else { return };
        if let Some(first) = campaign.sources.first().filter(|_| campaign.offer.is_none()) {
            let d =
                Diagnostic::new(codes::MISSING_KEY, format!("the campaign `{name}` has sources and offers nothing"));
            self.diags.push(d.at(first.variant.span(file)).help("add `offer = \"…\"`: the name of a magnet"));
        }
        for source in &campaign.sources {
            let words = [&source.variant.value, &source.source, &source.medium];
            let Some(wrong) = words.into_iter().find(|w| w.contains('@') || w.chars().count() > LONGEST) else {
                continue;
            };
            let message = format!("`{wrong}` cannot name a source");
            self.diags.push(
                Diagnostic::new(codes::BAD_VALUE, message)
                    .at(source.variant.span(file))
                    .help(format!("sources name places and never people: no `@`, and at most {LONGEST} characters")),
            );
        }
    }
}
