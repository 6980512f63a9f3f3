//! The pages of the last build that was put out: what the next one is compared with.

use crate::check;
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::files::SITE_TOML;
use crate::publish::targets::{self, World};
use crate::publish::{Known, Staged};
use crate::render::Snapshot;
use crate::site::What;
use crate::source::RelPath;
use crate::store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// Changes only when what is kept changes its shape: it outlives versions of hub.
const FORMAT: &str = "hub pages 2\n";

/// The pages of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pages {
    /// How many there are for readers; of a list the first one alone.
    pub count: usize,
    /// The addresses of all, and of redirects.
    pub addresses: Vec<String>,
    /// The addresses whose loss the author accepted by `--min-pages`: `hub publish` does not ask about them again.
    pub given_up: BTreeSet<String>,
}

/// The environment that readers see.
const PRODUCTION: &str = "production";

/// Each environment has pages of its own.
fn file(env: &str) -> String {
    format!("pages-{}", crate::text::slug(env))
}

impl Pages {
    /// Those of this build.
    pub(super) fn of(site: &Snapshot, staged: &[Staged]) -> Pages {
        let next = |what: &What| matches!(what, What::Text(_, 2..) | What::Term(_, 2..));
        let count = site.routes().iter().filter(|r| r.is_page() && !next(&r.what)).count();
        let addresses = check::addresses(staged.iter().map(|s| &*s.path));
        Pages { count, addresses, given_up: BTreeSet::new() }
    }

    /// Takes over what was given up before, and, if the author has `accepted` it, what this build gives up. What comes back is no
    /// longer given up.
    pub(super) fn give_up(&mut self, before: &Pages, accepted: bool) {
        let lost = before.addresses.iter().filter(|_| accepted).chain(&before.given_up);
        self.given_up = lost.filter(|path| self.addresses.binary_search(path).is_err()).cloned().collect();
    }

    /// Those of the last build; none where there was none, and none for a site with its drafts.
    pub(super) fn recall(dir: &Path, site: &Snapshot) -> Option<Pages> {
        Pages::read(dir, &site.project.config.env).filter(|_| !with_drafts(site))
    }

    fn read(dir: &Path, env: &str) -> Option<Pages> {
        store::open(&dir.join(file(env)), FORMAT).ok()?
    }

    /// Keeps them for the next build.
    pub(super) fn remember(&self, dir: &Path, site: &Snapshot) -> io::Result<()> {
        if with_drafts(site) { Ok(()) } else { store::save(&dir.join(file(&site.project.config.env)), FORMAT, self) }
    }
}

fn with_drafts(site: &Snapshot) -> bool {
    site.settings.drafts || site.settings.future
}

/// The addresses that production shows its readers, whatever environment `site` is of: those of its targets, as they say it
/// themselves if they may be asked, else as this machine published them; where no target is known, those of its last build.
pub(super) fn published(site: &Snapshot, (root, out): (&Path, &Path), ask: bool) -> Parsed<Option<Vec<String>>> {
    let (hub, config) = (super::site::hub_dir(root), &site.project.config);
    let world = World { tries: 1, attended: false, ..super::publish::world(root, &hub, out) };
    let mut diags = Diagnostics::default();
    let mut names: Option<BTreeSet<String>> = None;
    for target in targets::read(config, &RelPath::new(SITE_TOML)).value {
        let here = || Known::recall(&hub, PRODUCTION, &target.name).filter(|known| known.shown).map(|k| k.names);
        // Without credentials nobody can be asked. Targets of another environment are not those of production.
        let door = (ask && config.production()).then(|| (target.kind.open)(&target, &world).ok()).flatten();
        let there = match door.map(|door| door.shown()) {
            Some(Ok(there)) => there,
            Some(Err(e)) => {
                let message = format!("`{}` does not say what it shows: {e}", target.name);
                diags.push(Diagnostic::new(codes::SILENT_TARGET, message).at(target.at.clone()));
                None
            }
            None => None,
        };
        if let Some(shown) = there.or_else(here) {
            names.get_or_insert_default().extend(shown);
        }
    }
    let published = names.map(|names| check::addresses(names.iter().map(String::as_str)));
    let built = || Pages::read(&hub.join("cache"), PRODUCTION).map(|pages| pages.addresses);
    Parsed { value: published.or_else(built), diags }
}

/// Whether a file may hold comments for hub.
pub(super) fn has_comments(path: &RelPath) -> bool {
    ["md", "toml", "yaml", "html", "txt"].contains(&path.ext()) && path.below("static").is_none()
}
