//! `hub new`: a text with its front matter, in its place.

use super::{Exit, Failure, site};
use crate::cli::{NewArgs, NewKind};
use crate::content::MagnetKind;
use crate::content::kinds::Row;
use crate::content::new::{New, Refused, draft, write};
use crate::files::SITE_TOML;
use std::path::Path;

pub(super) fn run(root: &Path, args: &NewArgs) -> Result<Exit, Failure> {
    if !root.join("site.toml").exists() {
        return Err(Failure::usage(
            "there is no `site.toml` here\nhelp: run hub in the folder of a site, or make one with `hub init`",
        ));
    }
    let kind = match (&args.magnet, args.kind) {
        (None, _) => MagnetKind::Download,
        (Some(_), kind) if kind != NewKind::Magnet => {
            return Err(Failure::usage(
                "`--kind` says what kind of magnet to make\nhelp: write `hub new magnet TITLE --kind KIND`",
            ));
        }
        // The command line takes no other names.
        (Some(name), _) => Row::named(name).map_or(MagnetKind::Download, |row| row.kind),
    };
    let new = match args.kind {
        NewKind::Article => New::Article,
        NewKind::Page => New::Page,
        NewKind::Magnet => New::Magnet(kind),
        NewKind::Campaign => New::Campaign,
    };
    let now = site::now(None)?.to_zoned(jiff::tz::TimeZone::system());
    let site_toml = std::fs::read_to_string(root.join(SITE_TOML)).unwrap_or_default();
    let draft = draft(new, &args.title.join(" "), &site_toml, &now);
    write(root, &draft).map_err(|refused| match refused {
        Refused::Taken(there) => Failure::usage(format!("`{}` is there already", there.display())),
        Refused::Failed(to, e) => Failure::io(format!("`{}` cannot be written", to.display()), &e),
    })?;
    println!("{}", draft.path);
    if draft.takes_files {
        println!("Put the file beside it and name it in `files`.");
    }
    Ok(Exit::Ok)
}
