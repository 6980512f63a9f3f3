//! Offers on a page: where each stands, and what its form says about that.

use super::ask::{self, ask};
use super::snapshot::Snapshot;
use super::view::{self, view};
use crate::content::Id;
use crate::content::front::Variant;
use crate::forms::SECONDS;
use crate::site::Magnet;
use crate::site::attribution::{FIRST, REFERRER, UTM};
use crate::site::placements::{self, MOST};
use crate::site::query::Query;
use tera::Value;

/// Where an offer stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place<'a> {
    /// The placement's name, or that of the magnet's own page (`thanks`, `unlock`).
    pub placement: &'a str,
    /// Which of the same magnet and placement on the page, from 1.
    pub nth: usize,
    /// The text on whose page it stands.
    pub article: Option<Id>,
    /// The wording's name; empty for the magnet's own.
    pub variant: &'a str,
    /// Words of the campaign that are known when the page is built, by their names.
    pub came: &'a [(&'static str, String)],
    /// Whether it stands on another site, so that addresses are whole.
    pub elsewhere: bool,
}

/// What the hidden field `variant` says of the magnet's own wording.
pub const OWN_WORDING: &str = "default";

impl<'a> Place<'a> {
    /// The first of its placement on a text's page.
    pub(super) fn on(placement: &'a str, article: Option<Id>) -> Place<'a> {
        Place { placement, nth: 1, article, ..Place::default() }
    }

    /// Prefix of the ids of a form that stands here.
    pub(super) fn form_id(&self, magnet: &Magnet) -> String {
        match self.nth {
            0 | 1 => format!("{}-{}", magnet.name, self.placement),
            n => format!("{}-{}-{n}", magnet.name, self.placement),
        }
    }

    /// The wording that is shown.
    pub(super) fn wording<'s>(&self, site: &'s Snapshot, magnet: &Magnet) -> Option<&'s Variant> {
        site.content.article(magnet.id).front.kind.variant(self.variant)
    }

    /// The path of a page, as it stands in links here.
    pub(super) fn address(&self, site: &Snapshot, path: &str) -> String {
        let config = &site.project.config;
        if self.elsewhere { config.absolute(path) } else { config.href(path) }
    }

    /// The hidden fields that say where the form stands: name, value, and what a script fills in.
    pub(super) fn fields(
        &self,
        site: &Snapshot,
        magnet: &Magnet,
        form: &crate::forms::Form,
    ) -> Vec<(&'static str, String, &'static str)> {
        let article = match self.elsewhere {
            true => String::new(),
            false => self.article.map_or(magnet.name.as_str(), |id| site.content.article(id).name()).to_string(),
        };
        let variant = self.wording(site, magnet).map_or(OWN_WORDING, |v| &v.name.value);
        let mut out = vec![
            ("article", article, ""),
            ("magnet", magnet.name.clone(), ""),
            ("form", form.name.clone(), ""),
            ("placement", self.placement.to_string(), ""),
            ("variant", variant.to_string(), ""),
            ("lang", site.project.config.language.clone(), ""),
            ("consent_version", form.consent_version(), ""),
        ];
        let filled = if self.elsewhere { Vec::new() } else { site.plan.attribution.inputs() };
        for name in UTM.into_iter().chain([REFERRER, FIRST]) {
            let known = self.came.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
            let by_script = filled.contains(&name);
            if known.is_some() || by_script {
                out.push((name, known.unwrap_or_default(), if by_script { name } else { "" }));
            }
        }
        if !self.elsewhere {
            out.push((SECONDS, String::new(), SECONDS));
        }
        out
    }
}

/// An offer: a magnet with its form, at a place of a page.
pub(super) fn offer(site: &Snapshot, magnet: &Magnet, place: &Place<'_>) -> Value {
    let map = Value::from(view::magnet(site, magnet, place));
    let form = map.get_from_path("form").cloned().unwrap_or_else(Value::none);
    let floats = placements::named(place.placement).is_some_and(|p| p.floats);
    view! { "placement": place.placement, "floats": floats, "magnet": map, "form": form }.into()
}

impl Snapshot {
    /// The offers of a text's page, beside those that stand in the text, which must be rendered before.
    pub(super) fn offers(&self, id: Id) -> Vec<Value> {
        ask(Query::Offers(id));
        let inline = ask::shown();
        let chosen = self.plan.offer_basis(id, &self.content).choose(&inline);
        let view = |chosen: &crate::site::placements::Chosen| {
            ask(Query::Magnet(chosen.magnet));
            let place = Place { variant: &chosen.variant, ..Place::on(chosen.placement.name, Some(id)) };
            Some(offer(self, self.plan.magnet(chosen.magnet)?, &place))
        };
        chosen.iter().filter_map(view).collect()
    }

    /// The offer of a magnet's own page, or of a page like it: what is over gives way to its recording.
    pub(super) fn own_offer(&self, id: Id, place: &Place<'_>) -> Vec<Value> {
        ask(Query::Magnet(id));
        let standing = self.plan.standing(id, &self.content).and_then(|id| self.plan.magnet(id));
        standing.map(|m| (ask(Query::Magnet(m.id)), offer(self, m, place)).1).into_iter().collect()
    }
}

/// Whether the page has more offers in its text than a page may have: true once, for the first that is too many.
pub(super) fn one_too_many(before: usize) -> bool {
    before <= MOST && ask::shown().len() > MOST
}
