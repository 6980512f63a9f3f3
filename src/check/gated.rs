//! No gated byte is put out in the clear, and no key.

use super::fragments::{Found, Fragments};
use crate::content::Id;
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::digest::{Digest, Hasher};
use crate::gate::{Gate, keys};
use crate::render::Snapshot;
use crate::site::{Route, What};
use crate::source::Span;
use crate::text;
use std::io::{self, Read as _};
use std::sync::{Mutex, OnceLock};

/// Compares what is put out (path, digest, length) with every gated file.
pub fn gated(site: &Snapshot, outputs: &[(&str, Digest, u64)]) -> Diagnostics {
    let mut diags = Diagnostics::default();
    for file in site.plan.gated_files() {
        let len = site.project.file(file).map_or(0, |e| e.stamp.len);
        let alike: Vec<_> = outputs.iter().filter(|(_, _, l)| *l == len && len > 0).collect();
        if alike.is_empty() {
            continue;
        }
        let Ok(gated) = site.open(file).and_then(Digest::of_file) else { continue };
        for (path, ..) in alike.into_iter().filter(|(_, digest, _)| *digest == gated) {
            let message = format!("the gated file `{file}` would be published as `/{path}`");
            diags.push(
                Diagnostic::new(codes::GATED_IN_CLEAR, message)
                    .at(Span::file(file))
                    .help(format!("remove the copy that `/{path}` comes from, or set `gate = \"open\"`")),
            );
        }
    }
    diags
}

/// Looks at what is put out, while it is made, for parts of gated files and for keys.
pub struct Guard<'a> {
    site: &'a Snapshot,
    /// Made when the first bytes are looked at: a build that writes nothing reads no gated file.
    fragments: OnceLock<io::Result<Fragments>>,
    found: Mutex<Diagnostics>,
}

/// A piece that is looked at, and what of the piece before is looked at again with it.
const PIECE: u64 = 1 << 20;
const OVERLAP: usize = 1 << 14;

impl<'a> Guard<'a> {
    /// A guard for a site.
    pub fn new(site: &'a Snapshot) -> Guard<'a> {
        Guard { site, fragments: OnceLock::new(), found: Mutex::default() }
    }

    /// Whether there is something to guard.
    pub fn is_needed(&self) -> bool {
        self.site.needs_secret()
    }

    /// What is guarded, by a digest: as long as it is the same, what was looked at once is as it was.
    pub fn state(&self) -> Digest {
        let mut hasher = Hasher::new(concat!("guard ", env!("HUB_BUILD")));
        for file in self.site.plan.gated_files() {
            hasher.text(file.as_str()).value(&self.site.project.file(file).map(|e| e.stamp));
        }
        for id in gated_texts(self.site) {
            hasher.digest(self.site.content.article(id).digest);
        }
        for secret in self.site.secrets.iter().flat_map(|s| s.all()) {
            hasher.bytes(&secret.fingerprint());
        }
        for magnet in &self.site.plan.magnets {
            hasher.text(&magnet.name).text(magnet.gate.map_or("", Gate::name));
            hasher.number(u64::from(self.site.plan.gates.of(&magnet.name).epoch));
        }
        hasher.finish()
    }

    /// Looks at the bytes of a route.
    pub fn look(&self, route: &Route, bytes: &[u8]) -> io::Result<()> {
        // What is sealed here cannot be told from noise; `hub magnet check` opens it.
        if !self.is_needed() || matches!(route.what, What::Sealed(..)) {
            return Ok(());
        }
        let fragments = self.fragments.get_or_init(|| fragments(self.site));
        let fragments = fragments.as_ref().map_err(|e| io::Error::new(e.kind(), e.to_string()))?;
        let found = fragments.search(bytes, &|path| self.site.open(path))?;
        for found in found {
            self.report(route, &found);
        }
        Ok(())
    }

    /// Looks at bytes that are read piece by piece, and hands them on.
    pub fn look_through(
        &self,
        route: &Route,
        from: &mut dyn io::Read,
        out: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut buffer = Vec::new();
        let mut kept = 0;
        loop {
            if io::Read::take(&mut *from, PIECE).read_to_end(&mut buffer)? == 0 {
                return Ok(());
            }
            self.look(route, &buffer)?;
            out(&buffer[kept..])?;
            buffer.drain(..buffer.len().saturating_sub(OVERLAP));
            kept = buffer.len();
        }
    }

    fn report(&self, route: &Route, found: &Found) {
        let output = route.output();
        let diagnostic = match found {
            Found::Key("the address of an unlisted magnet") if output.contains("/get/") => return,
            Found::Key(what) => Diagnostic::new(codes::KEY_IN_OUTPUT, format!("`/{output}` holds {what}"))
                .help("take it out of the source; if it was ever published, run `hub secret rotate --now`"),
            Found::Fragment(file, at, len) => {
                let (at, len) = (text::thousands(*at as usize), text::thousands(*len));
                let message = format!("`/{output}` holds {len} bytes of `{file}`, from byte {at} on");
                let d = Diagnostic::new(codes::GATED_FRAGMENT, message).also(Span::file(file), "gated");
                d.help("take them out, or write `H4020 = \"warning\"` below `[check]` if readers are meant to see them")
            }
        };
        let diagnostic = match &route.source {
            Some(source) => diagnostic.at(Span::file(source)),
            None => diagnostic,
        };
        if let Ok(mut all) = self.found.lock() {
            all.push(diagnostic);
        }
    }

    /// What was found.
    pub fn finish(self) -> Diagnostics {
        self.found.into_inner().unwrap_or_default()
    }
}

/// The published texts of which a gate seals a part.
fn gated_texts(site: &Snapshot) -> impl Iterator<Item = Id> {
    let published = site.content.ids().filter(|id| site.plan.path(*id).is_some());
    published.filter(|id| !site.content.article(*id).gist.gates.is_empty())
}

fn fragments(site: &Snapshot) -> io::Result<Fragments> {
    let mut fragments = Fragments::default();
    let files = site.plan.gated_files();
    for file in &files {
        let len = site.project.file(file).map_or(0, |e| e.stamp.len);
        fragments.add_file(file, len, files.len(), &mut *site.open(file)?)?;
    }
    for id in gated_texts(site) {
        let body = site.body(id);
        for range in body.piece.gated() {
            fragments.add_text(&site.content.article(id).path, text::plain(&body.piece.html[range]).into_bytes());
        }
    }
    for secret in site.secrets.iter().flat_map(|s| s.all()) {
        fragments.add_key(&secret.reveal(), "the site's secret");
    }
    for magnet in &site.plan.magnets {
        for link in site.links(magnet.id).iter().flat_map(|l| &l.live) {
            fragments.add_key(&keys::to_fragment(link), "the key of a magnet's link");
        }
        if magnet.gate == Some(Gate::Unlisted)
            && let Some(secrets) = &site.secrets
        {
            let epochs = site.plan.gates.live(secrets, &magnet.name, site.settings.now.as_second());
            for (secret, epoch) in epochs {
                let hidden = secret.hidden_path(&magnet.name, epoch);
                fragments.add_key(&hidden, "the address of an unlisted magnet");
            }
        }
    }
    fragments.finish();
    Ok(fragments)
}
