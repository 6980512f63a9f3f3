//! The site that a command works on: its files, its cache, its secret, and the clock.

use super::{Exit, Failure};
use crate::diag::{Diagnostic, Diagnostics, Format, Level, Parsed, codes, draw, findings};
use crate::files::{Disk, Entry, Files, Pieces, Reader, Stamp};
use crate::gate::Secrets;
use crate::gate::keys::Secret;
use crate::history::{History, Unknown};
use crate::project::{Settings, theme};
use crate::render::{Snapshot, cache};
use crate::source::RelPath;
use crate::store;
use jiff::Timestamp;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

    fn stamp(&self, path: &RelPath) -> Option<Stamp> {
        match &self.builtin {
            Some(lower) => crate::files::Layers { upper: &self.disk, lower }.stamp(path),
            None => self.disk.stamp(path),
        }
    }

    fn read(&self, path: &RelPath) -> io::Result<Vec<u8>> {
        match &self.builtin {
            Some(lower) => crate::files::Layers { upper: &self.disk, lower }.read(path),
            None => self.disk.read(path),
        }
    }

    fn reader(&self) -> Reader<'_> {
        let upper = self.disk.reader();
        match &self.builtin {
            Some(lower) => Box::new(move |path| crate::files::or_lower(upper(path), || lower.read(path))),
            None => upper,
        }
    }

    fn open(&self, path: &RelPath) -> io::Result<Box<dyn Pieces>> {
        match &self.builtin {
            Some(lower) => crate::files::Layers { upper: &self.disk, lower }.open(path),
            None => self.disk.open(path),
        }
    }

    fn history(&self, folder: &str) -> Result<History, Unknown> {
        self.disk.history(folder)
    }
}

/// The folder of hub's own files.
pub(super) fn hub_dir(root: &Path) -> PathBuf {
    root.join(".hub")
}

/// The site as it is written, for commands that print something of it. What is wrong with its configuration ends them.
pub(super) fn snapshot(root: &Path, settings: Settings, secrets: Option<Secrets>) -> Result<Arc<Snapshot>, Failure> {
    let before = cache::read(&hub_dir(root).join("cache")).before;
    let Parsed { value, diags } = Snapshot::new(Arc::new(SiteFiles::new(root)), settings, secrets, &before);
    let text = |path: &RelPath| value.read(path).ok().map(|b| Arc::from(String::from_utf8_lossy(&b)));
    let found = findings(diags, &value.project.config.levels);
    let configuration = found.into_iter().filter(|f| f.level == Level::Error && f.diagnostic.code.0 < 1000);
    let configuration: Vec<_> = configuration.collect();
    if !configuration.is_empty() {
        eprint!("{}", crate::diag::draw(&configuration, crate::diag::Format::Human, false, &text));
        return Err(Failure { exit: Exit::Errors, message: "the site cannot be read".to_string() });
    }
    Ok(value)
}

/// Says what was found; whether there are errors.
pub(super) fn say(site: &Snapshot, diags: Diagnostics) -> bool {
    let text = |path: &RelPath| site.read(path).ok().map(|b| Arc::from(String::from_utf8_lossy(&b)));
    let found = findings(diags, &site.project.config.levels);
    // Nobody is left to tell that the terminal is gone.
    let _ = anstream::stderr().lock().write_all(draw(&found, Format::Human, true, &text).as_bytes());
    found.iter().any(|f| f.level == Level::Error)
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

/// Whether this runs under GitHub Actions (docs.github.com, "Store information in variables").
pub(super) fn in_github_actions() -> bool {
    std::env::var("GITHUB_ACTIONS").is_ok_and(|v| v == "true")
}

/// Adds Markdown to the summary of a step, where the service has one.
pub(super) fn add_to_summary(markdown: &str) {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|p| !p.is_empty()) else { return };
    // A summary that cannot be written changes nothing about the site.
    if let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(path) {
        let _ = writeln!(file, "{markdown}");
    }
}

/// The folder of a site in its repository: `docs/`, or nothing where it is the whole of it, or lies in none.
pub(super) fn folder(root: &Path) -> String {
    let Ok(root) = root.canonicalize() else { return String::new() };
    let above = root.ancestors().find(|dir| dir.join(".git").exists());
    let below = above.and_then(|top| root.strip_prefix(top).ok());
    let parts = below.into_iter().flat_map(|p| p.components());
    parts.map(|part| format!("{}/", part.as_os_str().to_string_lossy())).collect()
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

/// Where a secret comes from: a variable of the environment, else a file of `.hub`.
pub(super) struct Place {
    pub variable: &'static str,
    pub file: &'static str,
}

/// The site's secret.
pub(super) const SECRET: Place = Place { variable: "HUB_SECRET", file: "secret" };
/// The one before it.
pub(super) const FORMER_SECRET: Place = Place { variable: "HUB_SECRET_OLD", file: "secret.old" };

impl Place {
    /// The secret, if there is one.
    pub(super) fn read(&self, root: &Path) -> Result<Option<Secret>, Failure> {
        if let Ok(text) = std::env::var(self.variable)
            && !text.trim().is_empty()
        {
            return Secret::parse(&text).map(Some).ok_or_else(|| {
                Failure::usage(format!(
                    "`{}` is not a secret of hub: 43 characters, as in `.hub/{}`",
                    self.variable, self.file
                ))
            });
        }
        let path = hub_dir(root).join(self.file);
        match std::fs::read_to_string(&path) {
            Ok(text) => Secret::parse(&text).map(Some).ok_or_else(|| {
                Failure::usage(format!("`{}` is not a secret of hub; restore it from a copy", path.display()))
            }),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Failure::io(format!("`{}` cannot be read", path.display()), &e)),
        }
    }
}

/// The site's secrets, if it has one.
pub(super) fn secrets(root: &Path) -> Result<Option<Secrets>, Failure> {
    let Some(now) = SECRET.read(root)? else { return Ok(None) };
    Ok(Some(Secrets { now, former: FORMER_SECRET.read(root)? }))
}

/// What is said where a secret is needed, and none can be made.
pub(super) fn no_secret() -> Diagnostic {
    Diagnostic::new(codes::NO_SECRET, "the site seals files, and there is no secret")
        .help("put the content of `.hub/secret` of your machine into the variable `HUB_SECRET` of this CI")
}

/// Makes a secret on a developer's machine.
pub(super) fn make_secret(root: &Path) -> Result<Secrets, Failure> {
    let path = hub_dir(root).join(SECRET.file);
    let failed = |e: &io::Error| Failure::io(format!("`{}` cannot be written", path.display()), e);
    let secret = Secret::generate().map_err(|e| failed(&io::Error::other(e)))?;
    make_hub_dir(root).map_err(|e| failed(&e))?;
    match write_secret(&path, &secret) {
        Ok(()) => Ok(Secrets { now: secret, former: None }),
        // Another hub made it a moment ago.
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            let text = std::fs::read_to_string(&path).map_err(|e| failed(&e))?;
            let now = Secret::parse(&text).ok_or_else(|| failed(&io::ErrorKind::InvalidData.into()))?;
            Ok(Secrets { now, former: None })
        }
        Err(e) => Err(failed(&e)),
    }
}

/// Writes a secret that only its owner can read; never over another one.
pub(super) fn write_secret(path: &Path, secret: &Secret) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    io::Write::write_all(&mut file, secret.reveal().as_bytes())?;
    file.sync_all()
}
