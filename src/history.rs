//! What git knows of a site's files: when each was first and last committed.

use crate::source::RelPath;
use rustc_hash::FxHashMap;
use std::io;
use std::path::Path;
use std::process::Command;

/// The first and the last commit of each file, in seconds since 1970, as their authors' clocks said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History(pub FxHashMap<RelPath, (i64, i64)>);

/// Why there is no history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// The clone has the last commits only.
    Shallow,
    /// Git says why.
    Git(String),
}

fn git(root: &Path, args: &[&str]) -> Result<Vec<u8>, Unknown> {
    let output = Command::new("git").arg("-C").arg(root).args(args).output();
    let output = output.map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => Unknown::Git("the program `git` is not there".to_string()),
        _ => Unknown::Git(format!("`git` cannot be run: {e}")),
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or("no word from it").trim_start_matches("fatal: ");
    Err(Unknown::Git(format!("git says: {first}")))
}

/// Reads the history of what lies in `folder` of the site at `root`, by one `git log`.
pub fn read(root: &Path, folder: &str) -> Result<History, Unknown> {
    if git(root, &["rev-parse", "--is-shallow-repository"])?.starts_with(b"true") {
        return Err(Unknown::Shallow);
    }
    let log = ["log", "--no-renames", "--format=format:%x01%at", "--name-only", "-z", "--relative", "--", folder];
    Ok(parse(&git(root, &log)?))
}

/// Commits are `\x01` and their time; the paths of each follow it.
fn parse(log: &[u8]) -> History {
    let mut history = History::default();
    let mut at = None;
    for word in log.split(|b| *b == 0 || *b == b'\n').filter(|w| !w.is_empty()) {
        let Ok(word) = std::str::from_utf8(word) else { continue };
        match word.strip_prefix('\x01') {
            Some(time) => at = time.parse::<i64>().ok(),
            None => {
                let normal = crate::source::normalize("", word).filter(|w| w == word);
                if let (Some(at), Some(path)) = (at, normal) {
                    let known = history.0.entry(RelPath::new(path)).or_insert((at, at));
                    *known = (known.0.min(at), known.1.max(at));
                }
            }
        }
    }
    history
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_read_as_git_writes_it() {
        let log = b"\x0120\n\0content/a.md\0content/b.md\0\0\x0110\ncontent/a.md\0\x0130\0\ncontent/b.md\0";
        let history = parse(log);
        assert_eq!(history.0.get(&RelPath::new("content/a.md")), Some(&(10, 20)));
        assert_eq!(history.0.get(&RelPath::new("content/b.md")), Some(&(20, 30)));
    }
}
