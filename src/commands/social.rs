//! `social/`: what is posted, written by a build of a site that has `[share]`. It lies beside the output and is not published;
//! what hub did not write there stays.

use super::Failure;
use crate::content::Id;
use crate::diag::{Diagnostic, Diagnostics};
use crate::digest::Digest;
use crate::publish::{Changes, Disk, Staged};
use crate::render::Snapshot;
use crate::share::subjects::Sources;
use crate::share::{self, Card, Posts, Snippet, State, calendar, cards, gallery, lint};
use jiff::Timestamp;
use rustc_hash::FxHashSet;
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The folder, beside `site.toml`.
pub(super) const SOCIAL: &str = "social";

/// What is about to be written.
pub(super) struct Social {
    disk: Disk,
    staged: Vec<Staged>,
    /// How many cards were drawn now.
    pub drawn: usize,
    /// When the same sources make other files: a post becomes due, or is missed.
    pub(super) next_change: Option<Timestamp>,
}

/// The folder as the last build left it.
fn open(root: &Path, hub: &Path, adopt: bool) -> io::Result<Result<Disk, Diagnostic>> {
    // A stage of its own: the output's is in use at the same time.
    Disk::open(root, &hub.join(SOCIAL), &root.join(SOCIAL), adopt)
}

/// The digest of the folder, if it is as hub left it.
pub(super) fn intact(root: &Path, hub: &Path) -> Option<Digest> {
    let disk = open(root, hub, false).ok()?.ok()?;
    let digest = disk.is_intact(|_| false).then(|| disk.digest())?;
    disk.discard().ok()?;
    Some(digest)
}

impl Social {
    /// Makes all files and stages those that differ. What is wrong with posts comes beside them; where that `stops` the build,
    /// nothing is staged, and no card is drawn.
    pub(super) fn stage(
        root: &Path,
        hub: &Path,
        site: &Arc<Snapshot>,
        adopt: bool,
        stops: impl Fn(&Diagnostics) -> bool,
    ) -> Result<(Option<Social>, Diagnostics), Failure> {
        let failed = |e: io::Error| Failure::io(format!("`{}` cannot be written", root.join(SOCIAL).display()), &e);
        let disk = match open(root, hub, adopt).map_err(failed)? {
            Ok(disk) => disk,
            Err(refused) => return Ok((None, Diagnostics(vec![refused]))),
        };
        let shown: FxHashSet<Id> = share::articles(site).take(gallery::ARTICLES).collect();
        let mut sources = Sources::read(site);
        let each = share::each(site, |mut posts| {
            let checked = lint::one(site, &posts);
            let staged = article(site, &disk, &posts)?;
            let cards = std::mem::take(&mut posts.cards);
            // Posts need much memory: only those that the gallery shows are kept whole.
            let snippets = if shown.contains(&posts.id) { posts.snippets.clone() } else { Vec::new() };
            Ok((staged, checked, (posts.id, cards), snippets, sources.subject(site, posts)))
        });
        let mut staged = Vec::new();
        let mut checked = Vec::new();
        let (mut sheets, mut snippets): (Vec<(Id, Vec<Card>)>, Vec<Snippet>) = Default::default();
        for one in each {
            let (files, check, cards, shown, subject) = one.map_err(failed)?;
            staged.extend(files);
            checked.push(check);
            sheets.push(cards);
            snippets.extend(shown);
            sources.subjects.extend(subject);
        }
        let tasks: Vec<_> = checked.iter().flat_map(|c| &c.tasks).collect();
        let json = serde_json::to_string_pretty(&tasks).unwrap_or_default() + "\n";
        staged.push(put(&disk, "tasks.json", json.as_bytes()).map_err(failed)?);
        let mut diags = lint::all(site, checked);
        let calendar = sources.calendar();
        diags.extend(sources.check(site, &calendar));
        let open = calendar.posts.iter().filter(|p| matches!(p.state, State::Planned | State::Due));
        let coming: FxHashSet<&str> = open.map(|p| &*p.subject.article).collect();
        let all = site.plan.share.as_ref().is_some_and(|share| share.all_cards);
        let wanted = |id: &Id| all || shown.contains(id) || coming.contains(site.content.article(*id).name());
        let cards = sheets.into_iter().filter(|(id, _)| wanted(id)).flat_map(|(_, cards)| cards).collect();
        if stops(&diags) {
            diags.extend(cards::look(site, cards));
            disk.discard().map_err(failed)?;
            return Ok((None, diags));
        }
        let memory = hub.join("cache").join("cards");
        let before = cards::Drawn::open(&memory);
        let has = |path: &str, digest| disk.has(path, digest, None);
        let put_card = |path: &str, bytes: &[u8], digest| disk.stage(path, bytes, digest, None);
        let drawn = cards::draw(site, cards, &before, has, put_card).map_err(failed)?;
        if drawn.after != before {
            // Without it, cards are drawn again.
            let _ = drawn.after.save(&memory);
        }
        staged.extend(drawn.files);
        diags.extend(drawn.diags);
        for page in gallery::pages(site, &snippets, &drawn.paths) {
            staged.push(put(&disk, &page.path, page.html.as_bytes()).map_err(failed)?);
        }
        diags.0.extend(disk.strangers(&staged));
        // `hub share plan` writes some of them too, so they are never strangers.
        for (path, bytes) in calendar::files(site, &sources, &calendar) {
            staged.push(put(&disk, &path, &bytes).map_err(failed)?);
        }
        let next_change = sources.next_change(site, &calendar);
        Ok((Some(Social { disk, staged, drawn: drawn.drawn, next_change }), diags))
    }

    /// Moves what was staged in, and removes what no article has any more.
    pub(super) fn sync(&self) -> io::Result<(Changes, Digest)> {
        self.disk.sync(&self.staged)
    }

    /// Leaves the folder as it was.
    pub(super) fn discard(&self) -> io::Result<()> {
        self.disk.discard()
    }
}

fn put(disk: &Disk, path: &str, bytes: &[u8]) -> io::Result<Staged> {
    disk.stage(path, bytes, Digest::of(bytes), None)
}

/// Where the posts of an article lie, without the ending.
fn place(site: &Snapshot, posts: &Posts) -> String {
    let path = &site.content.article(posts.id).path;
    let below = path.below(crate::content::CONTENT).unwrap_or(path.as_str());
    let name = below.strip_suffix("/index.md").or_else(|| below.strip_suffix(".md")).unwrap_or(below);
    format!("posts/{name}")
}

/// The posts of an article, as rows and as text.
fn article(site: &Snapshot, disk: &Disk, posts: &Posts) -> io::Result<[Staged; 2]> {
    let mut json = Vec::with_capacity(posts.snippets.len() * 1024);
    for (i, row) in posts.snippets.iter().enumerate() {
        json.extend_from_slice(if i == 0 { b"[\n" } else { b",\n" });
        serde_json::to_writer(&mut json, row)?;
    }
    json.extend_from_slice(if posts.snippets.is_empty() { b"[]\n" } else { b"\n]\n" });
    let mut text = String::with_capacity(json.len() / 2);
    for s in &posts.snippets {
        // Writing to a String does not fail.
        let _ = write!(text, "── {} · {} · {} of {}\n{}\n", s.network, s.variant, s.count, s.limit, s.text);
        for (i, post) in s.thread.iter().enumerate() {
            let _ = write!(text, "── post {}\n{post}\n", i + 2);
        }
        if let Some(comment) = &s.first_comment {
            let _ = write!(text, "── first comment\n{comment}\n");
        }
        text.push('\n');
    }
    let place = place(site, posts);
    Ok([put(disk, &format!("{place}.json"), &json)?, put(disk, &format!("{place}.txt"), text.as_bytes())?])
}
