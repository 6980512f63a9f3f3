//! The picture that a page names for previews (ogp.me): the author's own, where networks take it, else the card.

use super::super::ask::{ask, report};
use super::super::metadata::Meta;
use super::super::snapshot::Snapshot;
use super::super::view::{self, view};
use super::Sheet;
use crate::content::Kind;
use crate::content::front::Image;
use crate::diag::{Diagnostic, codes};
use crate::files::SITE_TOML;
use crate::site::query::Query;
use crate::site::route::card_path;
use crate::site::{Subject, What};
use crate::source::RelPath;
use tera::Value;

/// Below this, networks show a small picture or none (Facebook's documentation of link previews).
const LEAST: (u32, u32) = (600, 315);

/// The picture of a page; none where nobody gave one and the site draws no cards.
pub(crate) fn preview(site: &Snapshot, meta: &Meta<'_>) -> Option<Value> {
    let front = meta.article.map(|id| &site.content.article(id).front);
    let from = meta.article.map(|id| &site.content.article(id).path);
    let own = front.and_then(|f| f.image.as_ref()).zip(from);
    let drawn = || card(site, subject(site, meta)?);
    if let Some((image, from)) = own {
        let picture = || view::picture(site, from, &image.src.value, &image.alt, true);
        if site.drawings.is_none() || suits(site, image, from) {
            return picture();
        }
        return drawn().or_else(picture);
    }
    drawn().or_else(|| {
        let (src, alt) = site.project.config.image.as_ref()?;
        view::picture(site, &RelPath::new(SITE_TOML), &src.value, alt, true)
    })
}

/// Whether networks show a picture as large as a card. What cannot be read is reported.
fn suits(site: &Snapshot, image: &Image, from: &RelPath) -> bool {
    let Some(file) = site.picture_file(from, &image.src.value) else { return true };
    let raster = ["image/png", "image/jpeg", "image/webp", "image/gif"].contains(&crate::files::media_type(&file));
    if !raster {
        return false;
    }
    let Some(size) = site.size(&file) else {
        let message = format!("`{}` cannot be read as a picture; the card stands in for it", image.src.value);
        let d = Diagnostic::new(codes::CARD_IMAGE, message).at(image.src.span(from));
        report(d.help("save it again as PNG, JPEG or WebP"));
        return false;
    };
    let suits = size.0 >= LEAST.0 && size.1 >= LEAST.1;
    // Of articles, the check of posts says it.
    let article = site.content.find(from).is_some_and(|id| site.content.article(id).kind == Kind::Article);
    if suits && !article && image.alt.trim().is_empty() {
        let message = format!("previews show `{}` without a text alternative", image.src.value);
        let d = Diagnostic::new(codes::NO_CARD_ALT, message);
        report(d.at(image.src.span(from)).help("add `alt` to `image`: what the picture says"));
    }
    suits
}

/// What the card of a page is about: itself, the text it belongs to, else the home.
fn subject(site: &Snapshot, meta: &Meta<'_>) -> Option<Subject> {
    site.drawings.as_ref()?;
    let own = match meta.route.what {
        What::Text(id, _) | What::Thanks(id) | What::Unlock(id) | What::Unlisted(id) => Some(Subject::Text(id)),
        What::Term(term, _) => Some(Subject::Term(term)),
        _ => meta.article.map(Subject::Text),
    };
    let home = || site.content.ids().find(|id| site.content.article(*id).kind == Kind::Home).map(Subject::Text);
    own.or_else(home)
}

/// The card of a page, as previews name it. Networks keep pictures by their address, so a card that is drawn anew has
/// another one.
fn card(site: &Snapshot, subject: Subject) -> Option<Value> {
    let page = match subject {
        Subject::Text(id) => site.plan.path(id)?.to_string(),
        Subject::Term(term) => site.plan.taxonomies.term(term).path(term.0),
    };
    let path = card_path(&page);
    site.plan.find(&path)?;
    ask(Query::Drawing(subject));
    let sheet = Sheet::preview(subject);
    let key = site.card_key(&sheet)?;
    let url = format!("{}?v={:08x}", site.project.config.absolute(&path), key.0 as u32);
    let (width, height) = (sheet.format.width, sheet.format.height);
    Some(
        view! { "url": url, "alt": site.card_alt(&sheet), "width": width, "height": height, "type": "image/png" }
            .into(),
    )
}
