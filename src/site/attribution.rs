//! Attribution without trackers: what a form says about where its reader came from. docs/funnel.md describes it.

use crate::diag::{Diagnostics, Parsed};
use crate::files::SITE_TOML;
use crate::project::config::Config;
use crate::project::take::Take;
use crate::source::{RelPath, Span};
use std::cell::RefCell;

/// The words of a link that name the post it stood in. No others are read, and never the ids of clicks.
pub const UTM: [&str; 5] = ["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"];

/// The origin of the other site that led here.
pub const REFERRER: &str = "referrer";

/// The article that was read first on this visit.
pub const FIRST: &str = "first";

/// The longest value that is passed on, in characters.
pub const LONGEST: usize = 100;

/// Where the words of a link are kept between visits, once the reader has agreed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// Nowhere.
    #[default]
    Off,
    /// In the tab, until it is closed.
    Session,
    /// On the device, for some days.
    Device,
}

impl Storage {
    /// Each by its name.
    pub const NAMES: [(&'static str, Storage); 3] =
        [("off", Storage::Off), ("session", Storage::Session), ("device", Storage::Device)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Storage::NAMES.iter().find(|(_, s)| *s == self).map_or("", |(name, _)| name)
    }
}

/// `[attribution]` of `site.toml`.
#[derive(Clone, Copy, Debug)]
pub struct Attribution {
    /// Forms send the words of the page's own address, and the origin that led to it.
    pub page: bool,
    /// Links between the site's pages carry the words on, and the first article.
    pub links: bool,
    /// What is kept, once the reader has agreed.
    pub storage: Storage,
    /// For how many days, on the device.
    pub days: u16,
}

impl Default for Attribution {
    fn default() -> Attribution {
        Attribution { page: true, links: true, storage: Storage::Off, days: 30 }
    }
}

impl Attribution {
    /// The inputs that a script fills when the form is sent. They stand in the page, empty, because some providers
    /// register the fields of the deployed HTML and drop all others.
    pub fn inputs(&self) -> Vec<&'static str> {
        let mut out = Vec::new();
        if self.page {
            out.extend(UTM);
            out.push(REFERRER);
        }
        if self.links {
            out.push(FIRST);
        }
        out
    }

    /// Whether it needs a script on every page.
    pub fn script(&self) -> bool {
        self.page || self.links || self.storage != Storage::Off
    }
}

/// Reads `[attribution]`.
pub(super) fn read(config: &Config) -> Parsed<Attribution> {
    let diags = RefCell::new(Diagnostics::default());
    let file = RelPath::new(SITE_TOML);
    let mut attribution = Attribution::default();
    if let Some(table) = &config.attribution {
        let at = Span { file: file.clone(), start: table.start, end: table.end };
        let mut take = Take::new(table.value.clone(), at, &file, "[attribution]", &diags);
        attribution = Attribution {
            page: take.bool("page").unwrap_or(attribution.page),
            links: take.bool("links").unwrap_or(attribution.links),
            storage: take.choice("storage", &Storage::NAMES).unwrap_or_default(),
            days: take.integer("days", 1..=365).map_or(attribution.days, |d| d as u16),
        };
        take.finish();
    }
    Parsed { value: attribution, diags: diags.into_inner() }
}
