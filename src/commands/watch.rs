//! `hub build --watch`: builds again when a source changes.

use super::build::{once, request};
use super::{Exit, Failure};
use crate::cli::BuildArgs;
use crate::files::{FOLDERS, GATES_TOML, SITE_TOML};
use notify::{EventKind, RecursiveMode, Watcher as _};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

/// Saves come in several steps; this long after the last of them the site is built.
const QUIET: Duration = Duration::from_millis(60);

pub(super) fn run(root: &Path, args: &BuildArgs) -> Result<Exit, Failure> {
    let failed = |e: notify::Error| Failure { exit: Exit::World, message: format!("the site cannot be watched: {e}") };
    let (sender, events) = mpsc::channel();
    let real = root.canonicalize().map_err(|e| Failure::io(format!("`{}` cannot be read", root.display()), &e))?;
    let base = real.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        // Linux also reports reads; the output and hub's own files lie below the root too.
        let change =
            matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) | EventKind::Any);
        if change && event.paths.iter().any(|path| is_source(path, &base)) {
            // The receiver is gone only when the program ends.
            let _ = sender.send(());
        }
    })
    .map_err(failed)?;
    // The root itself, so that folders which are made later are seen.
    watcher.watch(&real, RecursiveMode::Recursive).map_err(failed)?;
    loop {
        // The clock is read anew for each build.
        if let Err(failure) = request(root, args).and_then(|request| once(&request, args)) {
            eprintln!("error: {}", failure.message);
        }
        if events.recv().is_err() {
            return Ok(Exit::Ok);
        }
        while events.recv_timeout(QUIET).is_ok() {}
    }
}

fn is_source(path: &Path, root: &Path) -> bool {
    let Ok(below) = path.strip_prefix(root) else { return false };
    let first = below.components().next().and_then(|c| c.as_os_str().to_str());
    first.is_some_and(|first| FOLDERS.contains(&first) || [SITE_TOML, GATES_TOML].contains(&first))
}
