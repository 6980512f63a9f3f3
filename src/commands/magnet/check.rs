//! `hub magnet check`: whether the links that are mailed open what lies in the output folder.

use super::{find, settings};
use crate::check::Guard;
use crate::cli::CheckArgs;
use crate::commands::{Exit, Failure, site};
use crate::content::Id;
use crate::diag::{Format, draw, findings};
use crate::digest::{Seal, Sealing};
use crate::gate::open::{self, Refused};
use crate::gate::{Gate, keys::Key};
use crate::render::Snapshot;
use crate::site::{Magnet, Route, What};
use crate::source::RelPath;
use crate::text;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use walkdir::WalkDir;

pub(super) fn run(root: &Path, args: &CheckArgs) -> Result<Exit, Failure> {
    let out = args.out.clone().unwrap_or_else(|| root.join("public"));
    if !out.is_dir() {
        return Err(Failure::usage(format!("`{}` is not a folder; `hub build` makes it", out.display())));
    }
    let settings = crate::project::Settings { drafts: false, future: false, ..settings(None, None)? };
    let Some(secrets) = site::secrets(root)? else {
        let d = site::no_secret();
        return Err(Failure::usage(format!("{}\nhelp: {}", d.message, d.help.join(" "))));
    };
    let site = site::snapshot(root, settings, Some(secrets))?;
    let only = args.magnet.as_deref().map(|name| find(&site, name).map(|m| m.id)).transpose()?;
    let check = Check { site: &site, out: &out };
    let mut wrong = 0;
    for magnet in site.plan.magnets.iter().filter(|m| only.is_none_or(|id| id == m.id)) {
        let gate = magnet.gate.map_or("no gate", Gate::name);
        match check.magnet(magnet) {
            Ok(what) => println!("ok      {} ({gate}): {what}", magnet.name),
            Err(why) => {
                wrong += 1;
                println!("wrong   {} ({gate}): {why}", magnet.name);
            }
        }
    }
    let leaks = check.leaks().map_err(|e| Failure::io(format!("`{}` cannot be read", out.display()), &e))?;
    match leaks {
        0 => println!("ok      no file of {} holds anything gated, or a key", out.display()),
        _ => wrong += leaks,
    }
    if wrong > 0 {
        eprintln!("help: build and publish again; if that does not help, `hub explain H4020` says what to look for");
    }
    Ok(if wrong == 0 { Exit::Ok } else { Exit::Errors })
}

struct Check<'a> {
    site: &'a Arc<Snapshot>,
    out: &'a Path,
}

impl Check<'_> {
    /// Says what holds of a magnet, or the first thing that does not.
    fn magnet(&self, magnet: &Magnet) -> Result<String, String> {
        let Some(path) = self.site.plan.path(magnet.id) else { return Ok("not published".to_string()) };
        let files = text::count(magnet.files.len(), "file");
        match magnet.gate {
            None => Ok("nothing to open".to_string()),
            Some(Gate::Leads) => Ok("nothing of it is put out".to_string()),
            Some(Gate::Open) => {
                self.copies(magnet, path)?;
                Ok(format!("{files} for everybody"))
            }
            Some(Gate::Unlisted) => {
                let hidden = |r: &&Route| r.what == What::Unlisted(magnet.id);
                let pages: Vec<&Route> = self.site.routes().iter().filter(hidden).collect();
                for page in &pages {
                    self.copies(magnet, &page.path)?;
                }
                Ok(format!("{files} at {}", text::count(pages.len(), "address")))
            }
            Some(Gate::Encrypted) => {
                let links = self.site.links(magnet.id).map(|l| l.live.as_slice()).unwrap_or_default();
                for link in links {
                    for i in 0..magnet.files.len() {
                        self.file(magnet, i, path, link)?;
                    }
                    for id in &magnet.texts {
                        self.text(magnet, *id, link)?;
                    }
                }
                let counted = [(magnet.files.len(), "file"), (magnet.texts.len(), "text")];
                let what = counted.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| text::count(n, what));
                let verb = if links.len() == 1 { "opens" } else { "open" };
                let links = text::count(links.len(), "link");
                Ok(format!("{links} {verb} {}", what.collect::<Vec<_>>().join(" and ")))
            }
        }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.out.join(path.trim_start_matches('/'))
    }

    /// Whether the files lie below a path as they are.
    fn copies(&self, magnet: &Magnet, path: &str) -> Result<(), String> {
        for file in &magnet.files {
            let at = self.at(&format!("{path}{}", file.path.name()));
            let there = File::open(&at).and_then(|mut f| seal(&mut f)).map_err(|e| unreadable(&at, &e))?;
            if there != self.source(&file.path)? {
                return Err(format!("`{}` is not `{}`", at.display(), file.path));
            }
        }
        Ok(())
    }

    fn source(&self, path: &RelPath) -> Result<Seal, String> {
        let read = self.site.open(path).and_then(|mut from| seal(&mut from));
        read.map_err(|e| format!("`{path}` cannot be read: {e}"))
    }

    /// Opens a sealed file as a reader's browser does, and compares.
    fn file(&self, magnet: &Magnet, file: usize, path: &str, link: &Key) -> Result<(), String> {
        let parts = magnet.parts(file, self.site.plan.publish.part);
        let mut joined: Box<dyn Read> = Box::new(io::empty());
        for (name, _) in &parts {
            let at = self.at(&format!("{path}{name}"));
            joined = Box::new(joined.chain(File::open(&at).map_err(|e| unreadable(&at, &e))?));
        }
        let name = self.at(&format!("{path}{}", parts.first().map_or("", |(name, _)| name)));
        let mut sealing = Sealing::default();
        open::open(io::BufReader::with_capacity(1 << 16, joined), link, &mut |piece| sealing.update(piece))
            .map_err(|why| format!("`{}` {}", name.display(), refused(&why)))?;
        let source = &magnet.files[file].path;
        match sealing.finish() == self.source(source)? {
            true => Ok(()),
            false => Err(format!("`{}` holds another `{source}`", name.display())),
        }
    }

    /// Opens what a page has sealed for a magnet.
    fn text(&self, magnet: &Magnet, id: Id, link: &Key) -> Result<(), String> {
        let Some(path) = self.site.plan.path(id) else { return Ok(()) };
        let at = self.at(&format!("{path}index.html"));
        let html = std::fs::read_to_string(&at).map_err(|e| unreadable(&at, &e))?;
        let gates = &self.site.content.article(id).gist.gates;
        let wanted = gates.iter().filter(|g| g.value == magnet.name).count();
        let opened = sealed_in(&html).filter(|bytes| open::open(&bytes[..], link, &mut |_| ()).is_ok()).count();
        match opened < wanted {
            true => Err(format!("{} of `{}` open, of {wanted}", text::count(opened, "gate"), at.display())),
            false => Ok(()),
        }
    }

    /// Looks for gated bytes and keys in every file of the folder; says how many findings there are.
    fn leaks(&self) -> io::Result<usize> {
        let guard = Guard::new(self.site);
        let hidden = self.site.routes().iter().filter(|r| matches!(r.what, What::Sealed(..) | What::Unlisted(..)));
        let hidden: Vec<String> = hidden.map(Route::output).collect();
        for entry in WalkDir::new(self.out).sort_by_file_name() {
            let entry = entry.map_err(io::Error::other)?;
            let Ok(path) = entry.path().strip_prefix(self.out) else { continue };
            let path = path.to_string_lossy().replace('\\', "/");
            if entry.file_type().is_file() && !hidden.contains(&path) {
                let what = What::Copy(RelPath::new(&*path));
                let route = Route { path: format!("/{path}").into(), what, source: None };
                guard.look_through(&route, &mut File::open(entry.path())?, &mut |_| Ok(()))?;
            }
        }
        let found = findings(guard.finish(), &self.site.project.config.levels);
        eprint!("{}", draw(&found, Format::Human, false, &|_| None));
        Ok(found.len())
    }
}

fn seal(from: &mut dyn Read) -> io::Result<Seal> {
    let mut sealing = Sealing::default();
    io::copy(from, &mut sealing)?;
    Ok(sealing.finish())
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("`{}` is not there", path.display()),
        _ => format!("`{}` cannot be read: {error}", path.display()),
    }
}

fn refused(why: &Refused) -> String {
    match why {
        Refused::Malformed => "is no sealed file".to_string(),
        Refused::Link => "was sealed for other links".to_string(),
        Refused::Ended => "opens no more with this link".to_string(),
        Refused::Changed => "was changed, or is cut short".to_string(),
        Refused::Io(error) => format!("cannot be read: {error}"),
    }
}

/// Every sealed text in a page, whatever element the theme keeps it in.
fn sealed_in(html: &str) -> impl Iterator<Item = Vec<u8>> {
    // The magic of the format, in base64.
    let begins = html.match_indices("SFVCR0FURT").map(|(at, _)| at);
    begins.filter_map(|at| {
        let len = html[at..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
        URL_SAFE_NO_PAD.decode(&html[at..at + len.unwrap_or(html.len() - at)]).ok()
    })
}
