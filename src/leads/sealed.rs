//! Texts that are sealed in a page: their forms are sent to the inbox, too.

use super::redirect::{Attr, redirect_forms};
use crate::gate::open::open;
use crate::render::Snapshot;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use memchr::{memmem, memrchr};
use std::borrow::Cow;
use std::ops::Range;

/// The attribute that holds a sealed text, and the one that names its magnet: themes/plain/templates/components/gate.html.
const SEALED: &str = "data-sealed";
const MAGNET: &str = "data-magnet";

/// Where tags begin that may hold a sealed text.
pub(super) fn tags(page: &str) -> Vec<usize> {
    let found = memmem::find_iter(page.as_bytes(), SEALED);
    found.filter_map(|at| memrchr(b'<', &page.as_bytes()[..at])).collect()
}

/// What takes the place of the sealed text of a tag, if it has forms. Its key derives from its bytes, so it is another one.
pub(super) fn text(attrs: &[Attr<'_>], site: &Snapshot) -> Option<(Range<usize>, String)> {
    let get = |name: &str| attrs.iter().find(|a| a.name == name);
    let (sealed, magnet) = (get(SEALED)?, get(MAGNET)?);
    let magnet = site.plan.magnet(site.plan.magnet_named(&magnet.value)?)?;
    let bytes = URL_SAFE_NO_PAD.decode(&*sealed.value).ok()?;
    let mut html = Vec::new();
    open(&bytes[..], site.links(magnet.id)?.live.first()?, &mut |piece| html.extend_from_slice(piece)).ok()?;
    match redirect_forms(&html, site) {
        Cow::Borrowed(_) => None,
        Cow::Owned(html) => {
            let html = String::from_utf8(html).ok()?;
            Some((sealed.range.clone(), site.sealed_text(magnet, &html)))
        }
    }
}
