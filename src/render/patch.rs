//! Snapshot → Snapshot, for files that changed in place: what cannot be another is shared with the snapshot before. The law is that
//! of caches: the result equals a snapshot that is read from nothing.

use super::partial::Partials;
use super::scan::Stretches;
use super::snapshot::Snapshot;
use super::view::Views;
use super::{cards, functions, templates};
use crate::content::CONTENT;
use crate::files::Entry;
use crate::site::{self, Assets, Plan, What};
use crate::source::RelPath;
use std::sync::{Arc, Mutex, OnceLock, RwLock};

/// What a file of the site is to a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Text,
    Template,
    Drawing,
    Asset,
    /// Put out as it is, or read when a page asks for it.
    File,
}

/// What a file is; none if the whole site may depend on it.
fn part(path: &RelPath, theme: &str) -> Option<Part> {
    let own = path.below(&format!("themes/{theme}")).unwrap_or(path.as_str());
    let (folder, rest) = own.split_once('/')?;
    match folder {
        "templates" => Some(Part::Template),
        "cards" => Some(Part::Drawing),
        "assets" => Some(Part::Asset),
        "static" => Some(Part::File),
        CONTENT if rest.starts_with("data/") => Some(Part::File),
        CONTENT if ["authors/", "campaigns/", "magnets/"].iter().any(|dir| rest.starts_with(dir)) => None,
        CONTENT if path.ext() == "md" => Some(Part::Text),
        CONTENT => Some(Part::File),
        _ => None,
    }
}

impl Snapshot {
    /// The site after the content of some of its files changed, with their new stamps. None where more may be another than
    /// what is read again here: files that came or went, settings, and front matter that the site is planned by.
    pub fn changed(&self, entries: &[Entry]) -> Option<Arc<Snapshot>> {
        let theme = &self.project.theme.name;
        let parts: Vec<Part> = entries.iter().map(|e| part(&e.path, theme)).collect::<Option<_>>()?;
        if entries.iter().any(|e| self.plan.gated_by(&e.path).is_some()) {
            return None;
        }
        let has = |part| parts.contains(&part);
        let project = self.project.restamped(entries)?;
        let files = &*self.files;
        let texts: Vec<&Entry> =
            entries.iter().zip(&parts).filter(|(_, p)| **p == Part::Text).map(|(e, _)| e).collect();
        // An edit may have moved what they speak of.
        if self.found.plan.0.iter().any(|d| texts.iter().any(|e| d.speaks_of(&e.path))) {
            return None;
        }
        let content = self.content.reread(&texts, files, &project)?;
        let mut found = self.found.clone();
        let (mut templates, mut drawings) = (self.templates.clone(), self.drawings.clone());
        let (mut assets, mut plan) = (self.assets.clone(), self.plan.clone());
        if has(Part::Template) {
            let read = templates::read(&project, files, "templates", functions::register, Some(&self.templates));
            (templates, found.templates) = (Arc::new(read.value), read.diags);
        }
        if has(Part::Drawing) {
            let read = cards::Drawings::read(&project, files);
            (drawings, found.drawings) = (read.value.map(Arc::new), read.diags);
        }
        if has(Part::Asset) {
            let read = site::assets::read(&project, files);
            plan = moved(&self.plan, &self.assets, &read.value)?;
            (assets, found.assets) = (Arc::new(read.value), read.diags);
        }
        let mut site = Snapshot {
            project,
            content,
            plan,
            assets,
            templates,
            drawings,
            settings: self.settings.clone(),
            secrets: self.secrets.clone(),
            links: self.links.clone(),
            texts: Mutex::default(),
            files: self.files.clone(),
            views: Views::default(),
            cards: self.cards.clone(),
            site: self.site,
            found,
            pages: OnceLock::new(),
            near: OnceLock::new(),
            partials: Partials::default(),
            stretches: Stretches::default(),
            sizes: RwLock::default(),
            related: self.related.clone(),
            said: OnceLock::new(),
        };
        if has(Part::File) || has(Part::Asset) {
            // A picture may stand in any summary.
            site.site = site.site_digest();
            site.cards = site.no_cards();
            return Some(Arc::new(site.with_views(None)));
        }
        let mut kept = self.views.kept().clone();
        for id in texts.iter().filter_map(|e| site.content.find(&e.path)) {
            let before = self.card_digest(id);
            site.cards.put(id.0 as usize, OnceLock::new());
            if site.card_digest(id) != before {
                kept.forget(id);
            }
        }
        Some(Arc::new(site.with_views(Some(kept))))
    }
}

/// The plan with the addresses that style sheets and scripts have now: their names carry a digest of their bytes.
fn moved(plan: &Arc<Plan>, before: &Assets, now: &Assets) -> Option<Arc<Plan>> {
    let moves: Vec<(&str, &str)> = before
        .all()
        .map(|old| now.get(&old.name).map(|new| (old.path.as_str(), new.path.as_str())))
        .collect::<Option<_>>()?;
    if before.all().count() != now.all().count() {
        return None;
    }
    let mut moved = Plan::clone(plan);
    for (old, new) in moves.into_iter().filter(|(old, new)| old != new) {
        let id = moved.find(old).filter(|id| matches!(moved.route(*id).what, What::Asset(_)))?;
        moved.move_to(id, new)?;
    }
    Some(Arc::new(moved))
}
