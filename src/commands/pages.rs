//! The pages of the last build that was put out: what the next one is compared with.

use crate::check;
use crate::publish::Staged;
use crate::render::Snapshot;
use crate::site::What;
use crate::source::RelPath;
use crate::store;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// Changes only when what is kept changes its shape: it outlives versions of hub.
const FORMAT: &str = "hub pages 1\n";

/// The pages of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pages {
    /// How many there are for readers; of a list the first one alone.
    pub count: usize,
    /// The addresses of all, and of redirects.
    pub addresses: Vec<String>,
}

/// Each environment has pages of its own.
fn file(site: &Snapshot) -> String {
    format!("pages-{}", crate::text::slug(&site.project.config.env))
}

impl Pages {
    /// Those of this build.
    pub(super) fn of(site: &Snapshot, staged: &[Staged]) -> Pages {
        let next = |what: &What| matches!(what, What::Text(_, 2..) | What::Term(_, 2..));
        let count = site.routes().iter().filter(|r| r.is_page() && !next(&r.what)).count();
        Pages { count, addresses: check::addresses(staged.iter().map(|s| &*s.path)) }
    }

    /// Those of the last build; none where there was none, and none for a site with its drafts.
    pub(super) fn recall(dir: &Path, site: &Snapshot) -> Option<Pages> {
        store::open(&dir.join(file(site)), FORMAT).ok()?.filter(|_| !with_drafts(site))
    }

    /// Keeps them for the next build.
    pub(super) fn remember(&self, dir: &Path, site: &Snapshot) -> io::Result<()> {
        if with_drafts(site) { Ok(()) } else { store::save(&dir.join(file(site)), FORMAT, self) }
    }
}

fn with_drafts(site: &Snapshot) -> bool {
    site.settings.drafts || site.settings.future
}

/// The addresses that `hub publish` put to their host the last time.
pub(super) fn published(_hub: &Path) -> Option<Vec<String>> {
    None
}

/// Whether a file may hold comments for hub.
pub(super) fn has_comments(path: &RelPath) -> bool {
    ["md", "toml", "yaml", "html", "txt"].contains(&path.ext()) && path.below("static").is_none()
}
