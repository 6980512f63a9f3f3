//! The site that a command works on: its files, its cache, its secret, and the clock.

use super::{Exit, Failure};
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::files::{Disk, Entry, Files};
use crate::gate::keys::Secret;
use crate::project::theme;
use crate::source::RelPath;
use crate::store;
use jiff::Timestamp;
use std::io;
use std::path::{Path, PathBuf};

/// The files of a site; the built-in theme shows where the site has no theme of that name.
pub(super) struct SiteFiles {
    disk: Disk,
    builtin: Option<crate::files::Memory>,
}

impl SiteFiles {
    pub(super) fn new(root: &Path) -> SiteFiles {
        let own = root.join("themes/plain/theme.toml").exists();
        SiteFiles { disk: Disk::new(root), builtin: (!own).then(theme::builtin) }
    }
}

impl Files for SiteFiles {
    fn list(&self) -> Parsed<Vec<Entry>> {
        match &self.builtin {
            Some(lower) => crate::files::Layers { upper: &self.disk, lower }.list(),
            None => self.disk.list(),
        }
    }

    fn read(&self, path: &RelPath) -> io::Result<Vec<u8>> {
        match &self.builtin {
            Some(lower) => crate::files::Layers { upper: &self.disk, lower }.read(path),
            None => self.disk.read(path),
        }
    }
}

/// The folder of hub's own files.
pub(super) fn hub_dir(root: &Path) -> PathBuf {
    root.join(".hub")
}

/// Reads `--now`, else `SOURCE_DATE_EPOCH` (reproducible-builds.org), else the clock.
pub(super) fn now(written: Option<&str>) -> Result<Timestamp, Failure> {
    if let Some(text) = written {
        return crate::time::parse(text, &jiff::tz::TimeZone::UTC).ok_or_else(|| {
            Failure::usage(format!("`--now {text}` is not a date; write 2026-11-22 or 2026-11-22T09:00:00Z"))
        });
    }
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) => seconds.parse().ok().and_then(|s| Timestamp::from_second(s).ok()).ok_or_else(|| {
            Failure::usage(format!("`SOURCE_DATE_EPOCH` is `{seconds}`, which is not a number of seconds"))
        }),
        Err(_) => Ok(Timestamp::now()),
    }
}

/// Whether this runs in CI, where nothing is asked and nothing is made up.
pub(super) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|v| !v.is_empty() && v != "false" && v != "0")
}

/// Makes `.hub`, which git ignores.
pub(super) fn make_hub_dir(root: &Path) -> io::Result<PathBuf> {
    let dir = hub_dir(root);
    std::fs::create_dir_all(&dir)?;
    let ignore = dir.join(".gitignore");
    if !ignore.exists() {
        store::replace(&ignore, b"*\n")?;
    }
    Ok(dir)
}

/// The site's secret: from `HUB_SECRET`, else from `.hub/secret`, which is made once on a developer's machine.
pub(super) fn secret(root: &Path, diags: &mut Diagnostics) -> Result<Option<Secret>, Failure> {
    if let Ok(text) = std::env::var("HUB_SECRET") {
        return Secret::parse(&text).map(Some).ok_or_else(|| Failure {
            exit: Exit::Usage,
            message: "`HUB_SECRET` is not a secret of hub: 43 characters, as in `.hub/secret`".to_string(),
        });
    }
    let path = hub_dir(root).join("secret");
    match std::fs::read_to_string(&path) {
        Ok(text) => Secret::parse(&text).map(Some).ok_or_else(|| {
            Failure::usage(format!("`{}` is not a secret of hub; restore it from a copy", path.display()))
        }),
        Err(e) if e.kind() == io::ErrorKind::NotFound && in_ci() => {
            diags
                .push(Diagnostic::new(codes::NO_SECRET, "the site seals files, and there is no secret").help(
                    "put the content of `.hub/secret` of your machine into the variable `HUB_SECRET` of this CI",
                ));
            Ok(None)
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => make_secret(root, &path).map(Some),
        Err(e) => Err(Failure::io(format!("`{}` cannot be read", path.display()), &e)),
    }
}

fn make_secret(root: &Path, path: &Path) -> Result<Secret, Failure> {
    let failed = |e: &io::Error| Failure::io(format!("`{}` cannot be written", path.display()), e);
    let secret = Secret::generate().map_err(|e| failed(&io::Error::other(e)))?;
    make_hub_dir(root).map_err(|e| failed(&e))?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        io::Write::write_all(&mut file, secret.reveal().as_bytes())?;
        file.sync_all()
    });
    match written {
        Ok(()) => Ok(secret),
        // Another hub made it a moment ago.
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            let text = std::fs::read_to_string(path).map_err(|e| failed(&e))?;
            Secret::parse(&text).ok_or_else(|| failed(&io::ErrorKind::InvalidData.into()))
        }
        Err(e) => Err(failed(&e)),
    }
}
