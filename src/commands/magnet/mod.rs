//! `hub magnet`.

mod check;
mod letter;

use super::site;
use super::{Exit, Failure, columns};
use crate::cli::{LinkArgs, MagnetArgs, MagnetCommand, RotateArgs};
use crate::content::Moment;
use crate::files::GATES_TOML;
use crate::gate::epochs::{self, MOST_FORMER};
use crate::gate::{Gate, Gates};
use crate::project::{Settings, toml};
use crate::render::Snapshot;
use crate::site::Magnet;
use crate::source::RelPath;
use crate::{store, text};
use jiff::Timestamp;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::Arc;

pub(super) fn run(root: &Path, args: &MagnetArgs) -> Result<Exit, Failure> {
    match &args.command {
        MagnetCommand::List => list(root),
        MagnetCommand::Link(args) => link(root, args),
        MagnetCommand::Check(args) => check::run(root, args),
        MagnetCommand::Rotate(args) => rotate(root, args),
    }
}

/// Drafts too: a link is set up in the e-mail tool before the page goes live.
fn settings(env: Option<&str>, base_url: Option<&str>) -> Result<Settings, Failure> {
    let (env, base_url) = (env.map(str::to_string), base_url.map(str::to_string));
    Ok(Settings { env, base_url, now: site::now(None)?, drafts: true, future: true })
}

/// The magnet of a name.
pub(super) fn find<'a>(site: &'a Snapshot, name: &str) -> Result<&'a Magnet, Failure> {
    let found = site.plan.magnet_named(name).and_then(|id| site.plan.magnet(id));
    found.ok_or_else(|| Failure::unknown("magnet", name, site.plan.magnets.iter().map(|m| &*m.name)))
}

fn list(root: &Path) -> Result<Exit, Failure> {
    let site = site::snapshot(root, settings(None, None)?, site::secrets(root)?)?;
    let header = ["magnet", "gate", "files", "size", "parts", "texts", "epoch", "form", "page"];
    let mut rows = vec![header.map(str::to_string)];
    for magnet in &site.plan.magnets {
        let parts: usize = match magnet.gate {
            Some(Gate::Encrypted) => {
                (0..magnet.files.len()).map(|i| magnet.parts(i, site.plan.publish.part).len()).sum()
            }
            _ => 0,
        };
        let some = |n: usize| if n == 0 { "–".to_string() } else { n.to_string() };
        let epochs = site.plan.gates.of(&magnet.name);
        rows.push([
            magnet.name.clone(),
            magnet.gate.map_or("–", Gate::name).to_string(),
            some(magnet.files.len()),
            if magnet.files.is_empty() { "–".to_string() } else { text::size(magnet.size()) },
            some(parts),
            some(magnet.texts.len()),
            epochs.epoch.to_string(),
            magnet.form.map_or("–", |i| &site.plan.forms[i].name).to_string(),
            site.plan.path(magnet.id).map_or("–", |p| p).to_string(),
        ]);
    }
    print!("{}", columns(&rows));
    Ok(Exit::Ok)
}

fn link(root: &Path, args: &LinkArgs) -> Result<Exit, Failure> {
    let site = with_secrets(root, settings(args.env.as_deref(), args.base_url.as_deref())?)?;
    let magnet = find(&site, &args.magnet)?;
    if args.letter {
        return letter::print(&site, magnet);
    }
    let Some(link) = site.mailed_link(magnet.id) else {
        let why = match magnet.gate {
            Some(Gate::Leads) => "gives every lead a link of their own, so there is none to mail",
            Some(Gate::Open) => "is open: its file is on the thank-you page, so there is no link to mail",
            _ => "has no gated file, so there is no link to mail",
        };
        return Err(Failure::usage(format!("`{}` {why}", args.magnet)));
    };
    println!("{link}");
    for further in site.text_links(magnet).iter().filter(|further| **further != link) {
        println!("{further}");
    }
    if io::stderr().is_terminal() {
        eprintln!("note: `hub magnet link {} --letter` prints the e-mail, and where it goes", args.magnet);
    }
    Ok(Exit::Ok)
}

/// The site with its secrets, which are made if there are none.
fn with_secrets(root: &Path, settings: Settings) -> Result<Arc<Snapshot>, Failure> {
    let secrets = match site::secrets(root)? {
        Some(secrets) => secrets,
        None if site::in_ci() => {
            let d = site::no_secret();
            return Err(Failure::usage(format!("{}\nhelp: {}", d.message, d.help.join(" "))));
        }
        None => site::make_secret(root)?,
    };
    site::snapshot(root, settings, Some(secrets))
}

fn rotate(root: &Path, args: &RotateArgs) -> Result<Exit, Failure> {
    let site = site::snapshot(root, settings(None, None)?, None)?;
    find(&site, &args.magnet)?;
    let now = site.settings.now.as_second();
    let mut gates = gates(root)?;
    let until = (!args.now).then(|| now + i64::from(args.grace) * super::secret::DAY);
    let epoch = gates.rotate(&args.magnet, now, until).map_err(|_| {
        let message =
            format!("{MOST_FORMER} former links of `{}` still work, and there is room for no more", args.magnet);
        Failure::usage(format!("{message}: wait, or end them with `--now`"))
    })?;
    let path = root.join(GATES_TOML);
    store::replace(&path, gates.write().as_bytes())
        .map_err(|e| Failure::io(format!("`{}` cannot be written", path.display()), &e))?;
    match until {
        Some(until) => println!("`{}` has epoch {epoch}; its former link works until {}", args.magnet, date(until)),
        None => {
            println!("`{}` has epoch {epoch}; its former links are dead as soon as the site is published", args.magnet)
        }
    }
    println!("next: commit {GATES_TOML}, build and publish, and paste the new link into your e-mails");
    println!("      (`hub magnet link {}`)", args.magnet);
    Ok(Exit::Ok)
}

/// `gates.toml` as it is; its mistakes end the command.
pub(super) fn gates(root: &Path) -> Result<Gates, Failure> {
    let path = root.join(GATES_TOML);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Gates::default()),
        Err(e) => return Err(Failure::io(format!("`{}` cannot be read", path.display()), &e)),
    };
    let file = RelPath::new(GATES_TOML);
    let table = toml::read(&text, 0, &file);
    let read = epochs::read(table.value, &file);
    match table.diags.0.iter().chain(&read.diags.0).next() {
        Some(d) => Err(Failure::usage(format!("`{}` cannot be used: {}", path.display(), d.message))),
        None => Ok(read.value),
    }
}

/// A moment, for people.
pub(super) fn date(at: Moment) -> String {
    Timestamp::from_second(at).map(|t| t.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}
