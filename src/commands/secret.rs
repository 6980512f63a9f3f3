//! `hub secret`.

use super::site::{self, FORMER_SECRET, SECRET};
use super::{Exit, Failure, magnet};
use crate::cli::{SecretArgs, SecretCommand, SecretRotateArgs};
use crate::files::GATES_TOML;
use crate::gate::keys::Secret;
use crate::store;
use std::io;
use std::path::Path;

pub(super) fn run(root: &Path, args: &SecretArgs) -> Result<Exit, Failure> {
    match &args.command {
        SecretCommand::New => new(root),
        SecretCommand::Show => show(root),
        SecretCommand::Rotate(args) => rotate(root, args),
    }
}

/// Whether the secret comes from the environment, where nothing can be changed from here.
fn from_environment() -> bool {
    std::env::var(SECRET.variable).is_ok_and(|text| !text.trim().is_empty())
}

fn new(root: &Path) -> Result<Exit, Failure> {
    let path = site::hub_dir(root).join(SECRET.file);
    if path.exists() {
        return Err(Failure::usage(format!(
            "`{}` is there already: links that were mailed depend on it (`hub secret rotate` replaces it)",
            path.display()
        )));
    }
    site::make_secret(root)?;
    println!("made {}; keep a copy in a safe place: links that you mail depend on it", path.display());
    Ok(Exit::Ok)
}

fn show(root: &Path) -> Result<Exit, Failure> {
    let Some(secret) = SECRET.read(root)? else {
        return Err(Failure::usage("there is no secret yet; `hub secret new` makes one"));
    };
    println!("{}", *secret.reveal());
    Ok(Exit::Ok)
}

fn rotate(root: &Path, args: &SecretRotateArgs) -> Result<Exit, Failure> {
    if from_environment() {
        let message =
            "the secret comes from `HUB_SECRET`: unset it and rotate `.hub/secret`, then put the new one there";
        return Err(Failure::usage(message));
    }
    let dir = site::hub_dir(root);
    let (path, former) = (dir.join(SECRET.file), dir.join(FORMER_SECRET.file));
    if SECRET.read(root)?.is_none() {
        return Err(Failure::usage("there is no secret to rotate; `hub secret new` makes one"));
    }
    let now = site::now(None)?.as_second();
    let mut gates = magnet::gates(root)?;
    if former.exists() && !args.now && gates.former_secret_works(now) && FORMER_SECRET.read(root)?.is_some() {
        return Err(Failure::usage(format!(
            "links of `{}` still work, and there is room for one former secret: wait, or end them with `--now`",
            former.display()
        )));
    }
    let failed = |path: &Path, e: &io::Error| Failure::io(format!("`{}` cannot be written", path.display()), e);
    let fresh = Secret::generate().map_err(|e| failed(&path, &io::Error::other(e)))?;
    // What was the secret is never lost, even if this is stopped half way.
    let waiting = dir.join("secret.new");
    let _ = std::fs::remove_file(&waiting);
    site::write_secret(&waiting, &fresh).map_err(|e| failed(&waiting, &e))?;
    std::fs::copy(&path, &former).map_err(|e| failed(&former, &e))?;
    gates.former_secret_until = Some(if args.now { now } else { now + i64::from(args.grace) * DAY });
    let toml = root.join(GATES_TOML);
    store::replace(&toml, gates.write().as_bytes()).map_err(|e| failed(&toml, &e))?;
    std::fs::rename(&waiting, &path).map_err(|e| failed(&path, &e))?;
    let until = magnet::date(gates.former_secret_until.unwrap_or(now));
    if args.now {
        println!("rotated: every link that was mailed before is dead; {} is kept for you alone", former.display());
    } else {
        println!(
            "rotated: links of the former secret work until {until}, where `HUB_SECRET_OLD` or {} is known",
            former.display()
        );
    }
    println!("next: commit {GATES_TOML}");
    println!(
        "      put the new secret into `HUB_SECRET` of your CI (`hub secret show`), and the former one into `HUB_SECRET_OLD`"
    );
    println!("      build, publish, and paste the new links into your e-mails (`hub magnet link NAME`)");
    Ok(Exit::Ok)
}

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;
