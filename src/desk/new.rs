//! New texts: what `hub new` does, from the desk.

use super::request::Request;
use super::{Reply, State, editor_link, page};
use crate::content::MagnetKind;
use crate::content::kinds::{Row, TABLE};
use crate::content::new::{New, Refused, draft, write};
use crate::files::SITE_TOML;
use crate::source::RelPath;
use crate::text;
use serde_json::json;

/// What can be begun: its name, what it is, and an example of a title.
const KINDS: [(&str, &str, &str); 4] = [
    ("article", "Article", "a text that leads a reader one step on"),
    ("magnet", "Magnet", "what a reader gets for an address, with its page and its form"),
    ("campaign", "Campaign", "a plan with a goal, an audience and dates"),
    ("page", "Page", "a text that stands by itself, such as About"),
];

/// The longest title, in characters.
const LONGEST: usize = 200;

/// The form.
pub(super) fn form(state: &State<'_>, request: &Request<'_>) -> Reply {
    filled(state, 200, &request.asked("kind"), "", "", None)
}

fn filled(state: &State<'_>, status: u16, kind: &str, magnet: &str, title: &str, wrong: Option<String>) -> Reply {
    let kind = KINDS.iter().find(|(name, ..)| *name == kind).map_or("article", |(name, ..)| name);
    let kinds =
        KINDS.map(|(name, label, about)| json!({ "name": name, "label": label, "about": about, "on": name == kind }));
    let magnets: Vec<_> =
        TABLE.iter().map(|row| json!({ "name": row.name, "label": row.label, "on": row.name == magnet })).collect();
    let shown = json!({ "kinds": kinds, "magnets": magnets, "text": title, "wrong": wrong, "longest": LONGEST });
    page::render_with(state, status, "new.html", "New", "new", shown)
}

/// Writes the file, and leads to its page.
pub(super) fn make(state: &State<'_>, request: &Request<'_>) -> Reply {
    let (kind, magnet, title) = (request.field("kind"), request.field("magnet"), request.field("title"));
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let again = |status, wrong: String| filled(state, status, &kind, &magnet, &title, Some(wrong));
    if title.is_empty() || title.chars().count() > LONGEST {
        return again(422, format!("Give it a title of at most {LONGEST} characters."));
    }
    let new = match kind.as_str() {
        "article" => New::Article,
        "magnet" => New::Magnet(Row::named(&magnet).map_or(MagnetKind::Download, |row| row.kind)),
        "campaign" => New::Campaign,
        "page" => New::Page,
        _ => return again(422, "Choose what to make.".to_string()),
    };
    let site_toml = std::fs::read_to_string(state.root.join(SITE_TOML)).unwrap_or_default();
    let draft = draft(new, &title, &site_toml, &state.now.to_zoned(state.site.project.config.zone.clone()));
    match write(state.root, &draft) {
        Ok(()) => page::see_other(&format!("/_hub/opened?file={}", text::percent_encode(draft.path.as_str()))),
        Err(Refused::Taken(_)) => again(409, format!("`{}` is there already: choose another title.", draft.path)),
        Err(Refused::Failed(_, e)) => again(500, format!("`{}` cannot be written: {e}", draft.path)),
    }
}

/// The page of a file that was just written, once the preview has read it.
pub(super) fn opened(state: &State<'_>, request: &Request<'_>) -> Reply {
    let Some(file) = RelPath::new("").join(&request.asked("file")) else {
        return page::note(state, 404, "No such file", "The site has no such file.");
    };
    if let Some(url) = state.site.content.find(&file).and_then(|id| page::href(state.site, id)) {
        return page::see_other(&url);
    }
    let place = state.root.join(file.as_str());
    if file.below("content").is_none() || !place.is_file() {
        return page::note(state, 404, "No such file", "The site has no such file.");
    }
    let campaign = file.below("content/campaigns").is_some();
    let words = match campaign {
        true => "It has a page below /go/ once it offers a magnet: open it in the editor and name one.",
        false => "The preview has not read it yet; this page looks again in a moment.",
    };
    let shown = json!({ "words": words, "file": file.as_str(), "open": editor_link(state.editor, &place, 1, 1) });
    let mut reply = page::render(state, "note.html", "Written", "-", shown);
    if !campaign {
        reply.headers.push(("refresh", "1".to_string()));
    }
    reply
}
