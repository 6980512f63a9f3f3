//! Routes of magnets: the page after the form, and what the gate puts out.

use super::route::What;
use super::{Magnet, Planner};
use crate::diag::{Diagnostic, codes};
use crate::files::{GATES_TOML, media_type};
use crate::gate::Gate;
use crate::gate::seal::Description;
use crate::source::{RelPath, Span};
use std::ops::Range;

impl Magnet {
    /// What its sealed file, by its place among the files, says about itself.
    pub fn description(&self, file: usize) -> Option<Description<'_>> {
        let file = self.files.get(file)?;
        Some(Description { name: file.path.name(), media_type: media_type(&file.path), size: file.size })
    }

    /// The parts of a sealed file, of `part` bytes each: their names and what they hold of it.
    pub fn parts(&self, file: usize, part: u64) -> Vec<(String, Range<u64>)> {
        let Some(len) = self.description(file).map(|d| d.sealed_len()) else { return Vec::new() };
        let base = match file {
            0 => format!("{}.sealed", self.name),
            n => format!("{}-{}.sealed", self.name, n + 1),
        };
        let name = |i: u64| if i == 0 { base.clone() } else { format!("{base}.{}", i + 1) };
        (0..len.div_ceil(part)).map(|i| (name(i), i * part..len.min((i + 1) * part))).collect()
    }
}

impl Planner<'_> {
    pub(super) fn magnet_routes(&mut self) {
        for (i, magnet) in self.plan.magnets.iter().enumerate() {
            if let Some(first) = self.plan.magnets[..i].iter().find(|m| m.name == magnet.name) {
                let (here, there) = (self.content.article(magnet.id), self.content.article(first.id));
                let d = Diagnostic::new(codes::SAME_MAGNET, format!("there are two magnets `{}`", magnet.name));
                self.diags.push(
                    d.at(Span::file(&here.path)).help(format!("the other one is {}; rename one of them", there.path)),
                );
            }
        }
        self.check_gates();
        for magnet in self.plan.magnets.clone() {
            let Some(path) = self.plan.path(magnet.id).cloned() else { continue };
            let article = self.content.article(magnet.id);
            let at = || Some(Span::file(&article.path));
            self.add(&format!("{path}thanks/"), What::Thanks(magnet.id), Some(&article.path), at);
            if magnet.kind.row().calendar {
                self.add(&format!("{path}{}.ics", magnet.name), What::Calendar(magnet.id), Some(&article.path), at);
            }
            match magnet.gate {
                None => {}
                _ if magnet.files.is_empty() => {}
                Some(Gate::Encrypted) => {
                    self.add(&format!("{path}unlock/"), What::Unlock(magnet.id), Some(&article.path), at);
                    for (i, file) in magnet.files.iter().enumerate() {
                        for (n, (name, _)) in magnet.parts(i, self.plan.publish.part).into_iter().enumerate() {
                            let what = What::Sealed(magnet.id, i as u32, n as u32);
                            self.add(&format!("{path}{name}"), what, Some(&file.path), at);
                        }
                    }
                }
                Some(Gate::Unlisted) => self.unlisted(&magnet, &path),
                Some(Gate::Leads) => {
                    self.add(&format!("{path}unlock/"), What::Unlock(magnet.id), Some(&article.path), at);
                }
                Some(Gate::Open) => {
                    for file in &magnet.files {
                        self.copy(&file.path, &format!("{path}{}", file.path.name()));
                    }
                }
            }
        }
    }

    /// The address that nobody guesses, once for each link that works.
    fn unlisted(&mut self, magnet: &Magnet, path: &str) {
        let Some(secrets) = self.secrets else { return };
        let article = self.content.article(magnet.id);
        for (secret, epoch) in self.plan.gates.live(secrets, &magnet.name, self.now) {
            let hidden = format!("{path}get/{}/", secret.hidden_path(&magnet.name, epoch));
            let at = || Some(Span::file(&article.path));
            self.add(&hidden, What::Unlisted(magnet.id), Some(&article.path), at);
            for file in &magnet.files {
                let what = What::Copy(file.path.clone());
                self.add(&format!("{hidden}{}", file.path.name()), what, Some(&file.path), at);
            }
        }
    }

    fn check_gates(&mut self) {
        for (name, _) in &self.plan.gates.magnets {
            if self.plan.magnet_named(&name.value).is_none() {
                let names = self.plan.magnets.iter().map(|m| &*m.name);
                let d = Diagnostic::new(codes::UNKNOWN_MAGNET, format!("there is no magnet `{}`", name.value))
                    .at(name.span(&RelPath::new(GATES_TOML)))
                    .nearest(&name.value, names)
                    .help("if it is gone for good, remove its table");
                self.diags.push(d);
            }
        }
    }
}
