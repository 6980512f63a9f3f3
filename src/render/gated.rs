//! What gates put out: sealed files, and the link that is e-mailed.

use super::ask::{ask, report};
use super::page::Bytes;
use super::snapshot::Snapshot;
use crate::content::{Id, Moment};
use crate::diag::{Diagnostic, codes};
use crate::gate::seal::{Description, Sealed, Text};
use crate::gate::{Gate, keys};
use crate::site::query::Query;
use crate::site::{Magnet, What};
use crate::source::{RelPath, Span};
use crate::text;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::io;
use std::ops::Range;

/// A part of a sealed file. It is sealed while it is written, since it may be larger than memory.
pub struct SealedPart {
    file: RelPath,
    sealed: Sealed,
    range: Range<u64>,
}

/// Never shows a key.
impl std::fmt::Debug for SealedPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedPart({}, {:?})", self.file, self.range)
    }
}

impl SealedPart {
    /// Hands over its bytes, in order and piece by piece.
    pub fn write(&self, site: &Snapshot, out: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.sealed.write(self.range.clone(), site.open(&self.file)?, out)
    }
}

impl Snapshot {
    pub(super) fn sealed(&self, id: Id, file: u32, part: u32) -> Bytes {
        let nothing = Bytes::New(Vec::new());
        ask(Query::Keys(id));
        let Some(magnet) = self.plan.magnet(id) else { return nothing };
        let Some(path) = magnet.files.get(file as usize).map(|f| &f.path) else { return nothing };
        ask(Query::File(path.clone()));
        let Some((secrets, links)) = self.secrets.as_ref().zip(self.links(id)) else { return nothing };
        let parts = magnet.parts(file as usize, self.plan.publish.part);
        let Some((_, range)) = parts.get(part as usize).cloned() else { return nothing };
        match self.text(magnet, file as usize, path) {
            Ok(text) => {
                let sealed = Sealed::new(&secrets.now, &magnet.name, links, text);
                Bytes::Sealed(Box::new(SealedPart { file: path.clone(), sealed, range }))
            }
            Err(e) => {
                let d = Diagnostic::new(codes::UNREADABLE, format!("`{path}` cannot be read: {e}"));
                report(d.at(Span::file(path)));
                nothing
            }
        }
    }

    /// A text of a page, sealed, in base64; empty without a secret.
    pub fn sealed_text(&self, magnet: &Magnet, html: &str) -> String {
        ask(Query::Keys(magnet.id));
        let Some((secrets, links)) = self.secrets.as_ref().zip(self.links(magnet.id)) else { return String::new() };
        let about = Description { name: "", media_type: "text/html", size: html.len() as u64 };
        let mut out = Vec::with_capacity(html.len() + 1024);
        let sealed = Text::read(&about, &mut html.as_bytes()).and_then(|text| {
            let sealed = Sealed::new(&secrets.now, &magnet.name, links, text);
            sealed.write(0..sealed.size(), io::Cursor::new(html), &mut |piece| {
                out.extend_from_slice(piece);
                Ok(())
            })
        });
        // Memory is read to its end and does not change.
        debug_assert!(sealed.is_ok());
        URL_SAFE_NO_PAD.encode(out)
    }

    /// A gated file, read once for all its parts.
    fn text(&self, magnet: &Magnet, file: usize, path: &RelPath) -> io::Result<Text> {
        if let Some(text) = self.texts.lock().ok().and_then(|texts| texts.get(path).cloned()) {
            return Ok(text);
        }
        let about = magnet.description(file).ok_or(io::ErrorKind::NotFound)?;
        let text = Text::read(&about, &mut self.open(path)?)?;
        if let Ok(mut texts) = self.texts.lock() {
            texts.insert(path.clone(), text.clone());
        }
        Ok(text)
    }

    /// The link that is e-mailed to a reader: the page that opens, and the key in its fragment; or the address that nobody
    /// guesses.
    pub fn mailed_link(&self, id: Id) -> Option<String> {
        let magnet = self.plan.magnet(id)?;
        if magnet.files.is_empty() {
            return self.text_links(magnet).into_iter().next();
        }
        match magnet.gate? {
            Gate::Encrypted => {
                let key = keys::to_fragment(self.links(id)?.live.first()?);
                let page = format!("{}unlock/", self.plan.path(id)?);
                Some(format!("{}#{}", self.project.config.absolute(&page), *key))
            }
            Gate::Unlisted => {
                let page = self.plan.routes.iter().find(|r| r.what == What::Unlisted(id))?;
                Some(self.project.config.absolute(&page.path))
            }
            Gate::Leads | Gate::Open => None,
        }
    }

    /// The link that a server of the gate `leads` mails to one lead, and that it serves until a moment. docs/gate-format.md
    /// has its shape.
    pub fn lead_link(&self, id: Id, lead: &str, until: Moment) -> Option<String> {
        let magnet = self.plan.magnet(id).filter(|m| m.gate == Some(Gate::Leads))?;
        let epoch = self.plan.gates.of(&magnet.name).epoch;
        let signature = self.secrets.as_ref()?.now.sign_lead(&magnet.name, epoch, lead, until);
        let page = self.project.config.absolute(&format!("{}unlock/", self.plan.path(id)?));
        Some(format!("{page}?lead={}&until={until}&sig={signature}", text::percent_encode(lead)))
    }

    /// The links to the texts that a magnet unlocks, in the order of their paths.
    pub fn text_links(&self, magnet: &Magnet) -> Vec<String> {
        let Some(key) = self.links(magnet.id).and_then(|l| l.live.first()).map(keys::to_fragment) else {
            return Vec::new();
        };
        let paths = magnet.texts.iter().filter_map(|id| self.plan.path(*id));
        paths.map(|path| format!("{}#gate={}", self.project.config.absolute(path), *key)).collect()
    }
}
