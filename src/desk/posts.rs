//! The gallery of one article's posts, and the cards that they show, drawn when they are asked for.

use super::{Reply, State, articles, page};
use crate::share::{self, cards, gallery};

/// The gallery at `FILE/`, and its cards below. `asked` is the path as it came, which ends in a slash for the gallery.
pub(super) fn gallery(state: &State<'_>, rest: &str, asked: &str) -> Reply {
    let missing = || page::note(state, 404, "No such posts", "There is no such article, or it is not shown.");
    let (file, below) = match rest.find(".md/") {
        Some(i) => (&rest[..i + 3], &rest[i + 4..]),
        None => (rest, ""),
    };
    let found = articles::find(state, file).map(|id| &state.site.content.article(id).path);
    let public = state.memory.posted(state.site);
    let (Some(id), site) = (found.and_then(|path| public.content.find(path)), &public) else { return missing() };
    if below.is_empty() {
        if !asked.ends_with('/') {
            return page::see_other(&format!("/_hub/posts/{}/", crate::text::encode_path(file)));
        }
        let posts = share::posts(site, id);
        let drawn = match site.project.config.cards() {
            true => posts.cards.iter().map(|c| c.path.clone()).collect(),
            false => Default::default(),
        };
        let pages = gallery::pages(site, &posts.snippets, &drawn);
        let Some(first) = pages.into_iter().find(|p| p.path == "index.html") else { return missing() };
        return page::own_policy(first.html);
    }
    let card = share::posts(site, id).cards.into_iter().find(|c| c.path == below);
    let Some(card) = card.filter(|_| site.project.config.cards()) else { return missing() };
    let none = |_: &str, _| None;
    let sheets = cards::draw(site, vec![card], &cards::Drawn::default(), none, |_, bytes, _| Ok(bytes.to_vec()));
    match sheets.map(|s| s.files.into_iter().next()) {
        Ok(Some(png)) => page::bytes(200, "image/png", png),
        _ => missing(),
    }
}
