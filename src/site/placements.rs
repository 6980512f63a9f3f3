//! Placements: where on a page an offer may stand, and which of them a page has. A new placement is a row.

use super::Plan;
use crate::content::{Article, Content, Id, Kind};
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::files::SITE_TOML;
use crate::project::config::Config;
use crate::project::node::Value;
use crate::project::take::Take;
use crate::source::{At, RelPath, Span};
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// Which magnet a placement shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// That of the page itself.
    Own,
    /// The one that the author names there.
    Named,
    /// The article's next step.
    Step,
    /// The next step, or the best magnet beside it where the step stands on the page already.
    Beside,
}

/// Where an offer may stand.
#[derive(Debug, PartialEq, Eq)]
pub struct Placement {
    /// Its name: in `[offers]`, in the hidden field `placement`, in style sheets.
    pub name: &'static str,
    /// Where that is.
    pub place: &'static str,
    /// Whether it is used unless the site says otherwise; none where `[offers]` has no say.
    pub on: Option<bool>,
    /// Whether it shows only where scripts run.
    pub script: bool,
    /// Whether it lies above the page. A page has one such offer at the most.
    pub floats: bool,
    /// Which magnet it shows.
    pub shows: Shows,
}

/// Every placement. Those of articles are filled from above until the page has [`MOST`] offers.
pub static PLACEMENTS: [Placement; 8] = [
    Placement {
        name: "landing",
        place: "on the magnet's own page",
        on: None,
        script: false,
        floats: false,
        shows: Shows::Own,
    },
    Placement {
        name: "inline",
        place: "where `::offer` stands in the text",
        on: None,
        script: false,
        floats: false,
        shows: Shows::Named,
    },
    Placement {
        name: "end",
        place: "after the text",
        on: Some(true),
        script: false,
        floats: false,
        shows: Shows::Step,
    },
    Placement {
        name: "sidebar",
        place: "beside the text on wide screens, after it on narrow ones",
        on: Some(false),
        script: false,
        floats: false,
        shows: Shows::Beside,
    },
    Placement {
        name: "bar",
        place: "at the foot of the window, closable",
        on: Some(false),
        script: true,
        floats: true,
        shows: Shows::Step,
    },
    Placement {
        name: "slide-in",
        place: "in a corner of the window after some reading, closable",
        on: Some(false),
        script: true,
        floats: true,
        shows: Shows::Step,
    },
    Placement {
        name: "go",
        place: "on a campaign's page below `/go/`",
        on: None,
        script: false,
        floats: false,
        shows: Shows::Own,
    },
    Placement {
        name: "embed",
        place: "on other people's pages, by `hub forms embed`",
        on: None,
        script: false,
        floats: false,
        shows: Shows::Own,
    },
];

/// Offers on a page, landing pages apart.
pub const MOST: usize = 2;

/// The placement of this name.
pub fn named(name: &str) -> Option<&'static Placement> {
    PLACEMENTS.iter().find(|p| p.name == name)
}

/// What `[offers]` says about one placement.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Switch {
    Off,
    On,
    /// On, with this magnet.
    Magnet(At<String>),
}

type Switches = Vec<(&'static str, Switch)>;

/// `[offers]` of `site.toml`.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    switches: Switches,
    /// The share of the page, in percent, after which the slide-in comes; 0 for never.
    pub scroll: u8,
    /// The time in seconds after which it comes; 0 for never.
    pub seconds: u16,
    /// Whether closing and asking are remembered beyond the tab.
    pub remember: bool,
}

/// What an article says about its own offers.
#[derive(Clone, Debug, Default)]
pub(super) struct Own {
    switches: Switches,
    variant: Option<At<String>>,
}

/// An offer that a page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Where.
    pub placement: &'static Placement,
    /// What.
    pub magnet: Id,
    /// In which wording; empty for the magnet's own.
    pub variant: String,
}

/// What the offers of a page are chosen from. The rest is what stands in the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Basis {
    /// Magnets, best first.
    pub candidates: Vec<Id>,
    /// The placements that are on, in the order of the table, each with the magnet that is named for it.
    pub on: Vec<(&'static Placement, Option<Id>)>,
    /// The wording of the first candidate.
    pub variant: String,
}

impl Basis {
    /// The offers of the page, beside those that stand in its text.
    pub fn choose(&self, inline: &[Id]) -> Vec<Chosen> {
        let mut out: Vec<Chosen> = Vec::new();
        for (placement, named) in &self.on {
            if inline.len() + out.len() >= MOST {
                break;
            }
            if placement.floats && out.iter().any(|o| o.placement.floats) {
                continue;
            }
            let shown = |id: &Id| inline.contains(id) || out.iter().any(|o| o.magnet == *id);
            let magnet = match (named, placement.shows) {
                (Some(named), _) => Some(*named),
                (None, Shows::Beside) => self.candidates.iter().copied().find(|id| !shown(id)),
                (None, _) => self.candidates.first().copied(),
            };
            let Some(magnet) = magnet else { continue };
            let first = self.candidates.first() == Some(&magnet);
            let variant = if first { self.variant.clone() } else { String::new() };
            out.push(Chosen { placement, magnet, variant });
        }
        out
    }
}

/// Reads `[offers]` of `site.toml`.
pub(super) fn read(config: &Config) -> Parsed<Settings> {
    let diags = RefCell::new(Diagnostics::default());
    let file = RelPath::new(SITE_TOML);
    let (table, at) = match &config.offers {
        Some(table) => (table.value.clone(), table.span(&file)),
        None => (Default::default(), Span::file(&file)),
    };
    let mut take = Take::new(table, at, &file, "[offers]", &diags);
    let settings = Settings {
        switches: take_switches(&mut take),
        scroll: take.integer("scroll", 0..=100).unwrap_or(50) as u8,
        seconds: take.integer("seconds", 0..=3600).unwrap_or(0) as u16,
        remember: take.bool("remember").unwrap_or(false),
    };
    take.finish();
    Parsed { value: settings, diags: diags.into_inner() }
}

fn take_switches(take: &mut Take<'_>) -> Switches {
    let mut out = Switches::new();
    for placement in PLACEMENTS.iter().filter(|p| p.on.is_some()) {
        let Some(node) = take.node(placement.name) else { continue };
        let switch = match &node.value {
            Value::Bool(on) => Some(if *on { Switch::On } else { Switch::Off }),
            Value::String(name) => Some(Switch::Magnet(At { value: name.clone(), start: node.start, end: node.end })),
            other => {
                let message = format!(
                    "`{}` takes `true`, `false` or the name of a magnet, found {}",
                    placement.name,
                    other.type_name()
                );
                take.report(Diagnostic::new(codes::WRONG_TYPE, message).at(node.span(take.file())));
                None
            }
        };
        out.extend(switch.map(|s| (placement.name, s)));
    }
    out
}

/// Reads `[offers]` of an article's front matter.
fn read_own(article: &Article, diags: &mut Diagnostics) -> Option<Own> {
    let table = article.front.offers.as_ref()?;
    let found = RefCell::new(Diagnostics::default());
    let mut take = Take::new(table.value.clone(), table.span(&article.path), &article.path, "[offers]", &found);
    let own = Own { switches: take_switches(&mut take), variant: take.string("variant") };
    take.finish();
    diags.extend(found.into_inner());
    Some(own)
}

impl Plan {
    /// What the offers on a text's page are chosen from.
    pub fn offer_basis(&self, id: Id, content: &Content) -> Basis {
        let article = content.article(id);
        let own = self.own_offers.get(&id);
        let settings = (article.kind == Kind::Article).then_some(&self.offers);
        if !matches!(article.kind, Kind::Article | Kind::Page) {
            return Basis::default();
        }
        let mut on = Vec::new();
        for placement in &PLACEMENTS {
            let Some(default) = placement.on else { continue };
            let said =
                |switches: &Switches| switches.iter().find(|(n, _)| *n == placement.name).map(|(_, s)| s.clone());
            let switch = own.and_then(|o| said(&o.switches)).or_else(|| settings.and_then(|s| said(&s.switches)));
            match switch {
                None if default => on.push((placement, None)),
                Some(Switch::On) => on.push((placement, None)),
                Some(Switch::Magnet(name)) => {
                    let magnet = self.magnet_named(&name.value).and_then(|id| self.standing(id, content));
                    on.extend(magnet.map(|m| (placement, Some(m))));
                }
                None | Some(Switch::Off) => {}
            }
        }
        let many = on.iter().any(|(p, named)| p.shows == Shows::Beside && named.is_none());
        let candidates = self.best_magnets(id, content, if many { MOST + 1 } else { 1 });
        let variant = own.and_then(|o| o.variant.as_ref()).map(|v| v.value.clone()).unwrap_or_default();
        Basis { candidates, on, variant }
    }
}

impl super::Planner<'_> {
    /// Reads what articles say about their offers, and checks the names of magnets and wordings.
    pub(super) fn own_offers(&mut self) {
        let site_toml = RelPath::new(SITE_TOML);
        for (_, switch) in self.plan.offers.switches.clone() {
            if let Switch::Magnet(name) = switch {
                self.check_named(&name, &site_toml);
            }
        }
        let content = self.content;
        let mut all: FxHashMap<Id, Own> = FxHashMap::default();
        for id in content.ids() {
            let article = content.article(id);
            if self.plan.path(id).is_none() {
                continue;
            }
            let Some(own) = read_own(article, &mut self.diags) else { continue };
            for (_, switch) in &own.switches {
                if let Switch::Magnet(name) = switch {
                    self.check_named(name, &article.path);
                }
            }
            all.insert(id, own);
        }
        self.plan.own_offers = all;
        let worded: Vec<(Id, At<String>)> =
            self.plan.own_offers.iter().filter_map(|(id, own)| Some((*id, own.variant.clone()?))).collect();
        for (id, variant) in worded {
            let article = content.article(id);
            let Some(magnet) = self.plan.offer_basis(id, content).candidates.first().copied() else { continue };
            let magnet = content.article(magnet);
            if magnet.front.kind.variant(&variant.value).is_none() {
                self.diags.push(unknown_variant(magnet, &variant.value, variant.span(&article.path)));
            }
        }
    }
}

impl super::Planner<'_> {
    /// Checks a magnet that is named for a placement: that it exists, and that readers can take part in it.
    fn check_named(&mut self, name: &At<String>, file: &RelPath) {
        let at = name.span(file);
        self.check_magnet(&name.value, at.clone());
        let magnet = self.plan.magnet_named(&name.value).and_then(|id| self.plan.magnet(id));
        let closed = magnet.and_then(|m| self.plan.closed_offer(m, self.content, &self.project.config.zone));
        if let Some(d) = closed {
            self.diags.push(d.at(at));
        }
    }
}

/// A wording that the magnet does not have.
pub fn unknown_variant(magnet: &Article, variant: &str, at: Span) -> Diagnostic {
    let names = || magnet.front.kind.variants.iter().map(|v| &*v.name.value);
    let message = format!("the magnet `{}` has no variant `{variant}`", magnet.name());
    Diagnostic::new(codes::UNKNOWN_VARIANT, message).at(at).nearest(variant, names()).help(format!(
        "write `[[variants]]` with `name = \"{variant}\"` into {}, with what differs: `title`, `promise`, `button`",
        magnet.path
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basis(on: &[&str], candidates: u32) -> Basis {
        let on = on.iter().map(|n| (named(n).expect("a row"), None)).collect();
        Basis { candidates: (0..candidates).map(Id).collect(), on, variant: "b".into() }
    }

    fn names(basis: &Basis, inline: &[Id]) -> Vec<(&'static str, u32)> {
        basis.choose(inline).iter().map(|o| (o.placement.name, o.magnet.0)).collect()
    }

    #[test]
    fn a_page_has_two_offers_at_the_most() {
        let all = basis(&["end", "sidebar", "bar", "slide-in"], 3);
        assert_eq!(names(&all, &[]), [("end", 0), ("sidebar", 1)]);
        assert_eq!(names(&all, &[Id(1)]), [("end", 0)]);
        assert_eq!(names(&all, &[Id(1), Id(2)]), []);
        assert_eq!(names(&basis(&["bar", "slide-in"], 1), &[]), [("bar", 0)], "one lies above the page");
        assert_eq!(names(&basis(&["end", "slide-in"], 1), &[]), [("end", 0), ("slide-in", 0)]);
    }

    #[test]
    fn the_sidebar_shows_what_stands_nowhere_else() {
        assert_eq!(names(&basis(&["sidebar"], 3), &[]), [("sidebar", 0)]);
        assert_eq!(names(&basis(&["sidebar"], 3), &[Id(0)]), [("sidebar", 1)]);
        assert_eq!(names(&basis(&["end", "sidebar"], 1), &[]), [("end", 0)], "nothing is left for it");
    }

    #[test]
    fn a_named_magnet_stands_where_it_is_named_and_wordings_are_the_first_candidates() {
        let mut some = basis(&["end", "sidebar"], 2);
        some.on[1].1 = Some(Id(7));
        let chosen = some.choose(&[]);
        assert_eq!((chosen[0].variant.as_str(), chosen[1].magnet, chosen[1].variant.as_str()), ("b", Id(7), ""));
    }

    #[test]
    fn rows_are_whole() {
        for row in &PLACEMENTS {
            assert_eq!(row.script, row.floats, "{}: what lies above the page needs a script to be closed", row.name);
            assert!(!row.script || row.on == Some(false), "{}: nothing pops up unless the site asks for it", row.name);
        }
    }
}
