//! The `git` command, on a repository of hub's own in `.hub/publish`: the author's checkout, index and history are not touched.
//! What his repository says about getting in (`http`, `credential`, `url`, `core.sshCommand`) is passed on.

use crate::publish::door::{Error, Trouble};
use crate::publish::push::patiently;
use crate::publish::targets::World;
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// How many states are looked through for the last one that hub published.
pub(super) const DEPTH: &str = "50";
/// Where the branch is, as it was last seen.
const TIP: &str = "refs/hub/tip";
/// Where the next state is made.
pub(super) const NEXT: &str = "refs/hub/next";

/// What git locks while it changes it.
const LOCKS: [&str; 6] =
    ["HEAD.lock", "config.lock", "packed-refs.lock", "shallow.lock", "refs/hub/tip.lock", "refs/hub/next.lock"];

/// A branch of a repository elsewhere.
pub(super) struct Repository {
    dir: PathBuf,
    url: String,
    branch: String,
    /// Settings for every command, by variables: no other user of this machine sees them.
    config: Vec<(String, String)>,
    world: World,
}

/// A commit of the branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Commit {
    pub id: String,
    pub message: String,
}

/// The command, without what other repositories say.
fn git(dir: &Path) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(dir).env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null());
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX"] {
        git.env_remove(name);
    }
    git
}

/// What the repository around the site says, if there is one.
pub(super) fn around(root: &Path, args: &[&str]) -> Option<String> {
    let output = git(root).args(args).output().ok().filter(|o| o.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.strip_suffix('\n').map(str::to_string).unwrap_or(text))
}

/// The address of a remote: an address or a folder as it is, or a name that the repository around the site knows.
fn address(root: &Path, remote: &str) -> Result<String, Error> {
    if remote.contains([':', '/', '\\']) {
        let folder = root.join(remote);
        return Ok(if folder.exists() { folder.to_string_lossy().into_owned() } else { remote.to_string() });
    }
    around(root, &["remote", "get-url", "--push", remote]).ok_or_else(|| {
        let message = format!("there is no remote `{remote}`: set `remote` to the address of the repository");
        Error::new(Trouble::Missing, message)
    })
}

/// Sorts what the command says by what can be done about it.
fn failed(output: &Output) -> Error {
    let said = format!("{}{}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let trouble = if has(&[
        "[rejected]",
        "fetch first",
        "non-fast-forward",
        "cannot lock ref",
        "failed to update ref",
        "incorrect old value",
        "reference already exists",
        "stale info",
    ]) {
        Trouble::Conflict
    } else if has(&[
        "uthentication failed",
        "ermission denied",
        "could not read",
        "error: 403",
        "error: 401",
        "denied to",
    ]) {
        Trouble::Denied
    } else if has(&["not appear to be a git repository", "epository not found", "resolve host", "error: 404"]) {
        Trouble::Missing
    } else if has(&["hung up", "early EOF", "RPC failed", "timed out", "onnection", "error: 5", "error: 429"]) {
        Trouble::Again
    } else {
        Trouble::Other
    };
    let lines = said.lines().filter(|l| !l.starts_with("To ") && !l.starts_with("hint:") && !l.trim().is_empty());
    let lines: Vec<String> = lines.map(|line| without_passwords(line.trim())).take(4).collect();
    Error::new(trouble, format!("git: {}", lines.join("; ")))
}

/// A line without names and passwords in its addresses.
fn without_passwords(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after.find(['/', ' ', '\'', '"']).unwrap_or(after.len());
        rest = after[..end].rfind('@').map_or(after, |at| &after[at + 1..]);
    }
    out + rest
}

impl Repository {
    /// The repository for a target: made in `.hub/publish` when it is first needed.
    pub fn new(world: &World, remote: &str, branch: &str) -> Result<Repository, Error> {
        // Every command runs in a folder of its own.
        let at = |e: std::io::Error| Error::other(format!("`{}`: {e}", world.root.display()));
        let (root, hub) = (std::path::absolute(&world.root).map_err(at)?, std::path::absolute(&world.hub).map_err(at)?);
        let url = address(&root, remote)?;
        let name = crate::digest::seal(format!("{url}\n{branch}").as_bytes());
        let dir = hub.join("publish").join(format!("{name}.git"));
        let keys = r"^(http\.|credential\.|url\.|core\.sshcommand$)";
        let known = around(&root, &["config", "--local", "--includes", "--null", "--get-regexp", keys]);
        let pair = |entry: &str| entry.split_once('\n').map(|(key, value)| (key.to_string(), value.to_string()));
        let mut config: Vec<(String, String)> = known.iter().flat_map(|k| k.split('\0')).filter_map(pair).collect();
        config.push(("gc.autoDetach".to_string(), "false".to_string()));
        config.push(("core.hooksPath".to_string(), "/dev/null".to_string()));
        Ok(Repository { dir, url, branch: branch.to_string(), config, world: world.clone() })
    }

    /// The branch, for people.
    pub fn branch(&self) -> &str {
        &self.branch
    }

    fn command(&self) -> Command {
        let mut command = git(&self.dir);
        command.env("GIT_DIR", &self.dir).env("GIT_CONFIG_COUNT", self.config.len().to_string());
        for (i, (key, value)) in self.config.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{i}"), key).env(format!("GIT_CONFIG_VALUE_{i}"), value);
        }
        command
    }

    fn run(&self, args: &[&str]) -> Result<String, Error> {
        let missing = |e: std::io::Error| match e.kind() {
            std::io::ErrorKind::NotFound => Error::other("the command `git` is not here; install it"),
            _ => Error::other(format!("git: {e}")),
        };
        let output = self.command().args(args).output().map_err(missing)?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(failed(&output)),
        }
    }

    /// Makes the repository if it is not there, or not whole, and takes away what a killed run has locked: of each site one run
    /// publishes on this machine at a time.
    fn make(&self) -> Result<(), Error> {
        let at = |e: std::io::Error| Error::other(format!("`{}`: {e}", self.dir.display()));
        for name in LOCKS {
            match std::fs::remove_file(self.dir.join(name)) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(at(e)),
                _ => {}
            }
        }
        if self.dir.exists() && self.run(&["rev-parse", "--is-bare-repository"]).is_ok() {
            return Ok(());
        }
        if self.dir.exists() {
            std::fs::remove_dir_all(&self.dir).map_err(at)?;
        }
        std::fs::create_dir_all(&self.dir).map_err(at)?;
        self.run(&["init", "--quiet", "--bare", "--template="]).map(drop)
    }

    /// Brings what is published here; none if the branch is not there yet.
    pub fn fetch(&self) -> Result<Option<String>, Error> {
        self.make()?;
        let name = format!("refs/heads/{}", self.branch);
        let listed = patiently(&self.world, || self.run(&["ls-remote", "--", &self.url, &name]))?;
        let line = listed.lines().find_map(|l| l.split_once('\t').filter(|(_, n)| *n == name));
        let Some((id, _)) = line else { return Ok(None) };
        if id.len() != 40 {
            return Err(Error::other("the repository names its objects by SHA-256, which hub does not write yet"));
        }
        if self.run(&["rev-parse", "--quiet", "--verify", TIP]).is_ok_and(|tip| tip.trim() == id) {
            return Ok(Some(id.to_string()));
        }
        let depth = format!("--depth={DEPTH}");
        let from = format!("+{name}:{TIP}");
        patiently(&self.world, || self.run(&["fetch", "--quiet", "--no-tags", &depth, "--", &self.url, &from]))?;
        self.run(&["rev-parse", "--verify", TIP]).map(|tip| Some(tip.trim().to_string()))
    }

    /// Every file of a commit: its blob, by its path.
    pub fn files(&self, commit: &str) -> Result<BTreeMap<String, String>, Error> {
        let listed = self.run(&["ls-tree", "-r", "-z", "--full-tree", commit])?;
        let file = |entry: &str| {
            let (about, path) = entry.split_once('\t')?;
            Some((path.to_string(), about.split(' ').nth(2)?.to_string()))
        };
        Ok(listed.split('\0').filter_map(file).collect())
    }

    /// The commits of the branch, the newest first.
    pub fn commits(&self, tip: &str) -> Result<Vec<Commit>, Error> {
        let listed = self.run(&["log", "-z", "--first-parent", "-n", DEPTH, "--format=%H%n%B", tip])?;
        let commit = |text: &str| {
            let (id, message) = text.split_once('\n')?;
            Some(Commit { id: id.to_string(), message: message.to_string() })
        };
        Ok(listed.split('\0').filter_map(commit).collect())
    }

    /// Makes the next state from what `write` says in the language of `git fast-import`; gives its commit.
    pub fn import(&self, write: impl FnOnce(&mut dyn Write) -> Result<(), Error>) -> Result<String, Error> {
        let at = |e: std::io::Error| Error::other(format!("git: {e}"));
        let mut command = self.command();
        command.args(["fast-import", "--quiet", "--force", "--done", "--date-format=raw"]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(at)?;
        let written = match child.stdin.take() {
            Some(stdin) => {
                let mut out = BufWriter::new(stdin);
                write(&mut out).and_then(|()| out.write_all(b"done\n").and_then(|()| out.flush()).map_err(at))
            }
            None => Ok(()),
        };
        let output = child.wait_with_output().map_err(at)?;
        if !output.status.success() {
            return Err(written.err().filter(|e| !e.message.starts_with("git:")).unwrap_or_else(|| failed(&output)));
        }
        written?;
        self.run(&["rev-parse", "--verify", NEXT]).map(|id| id.trim().to_string())
    }

    /// Puts the next state to the branch, if nobody was faster.
    pub fn push(&self, commit: &str) -> Result<(), Error> {
        let to = format!("{NEXT}:refs/heads/{}", self.branch);
        patiently(&self.world, || match self.run(&["push", "--quiet", "--", &self.url, &to]) {
            // A connection that broke off late may have done it.
            Err(e) if e.trouble == Trouble::Again && self.fetch().is_ok_and(|tip| tip.as_deref() == Some(commit)) => {
                Ok(String::new())
            }
            pushed => pushed,
        })?;
        self.run(&["update-ref", TIP, commit]).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_said_without_passwords() {
        let line = "fatal: unable to access 'https://x:t0ken@git.example/a.git/': no; see https://git.example/@help";
        let clean = "fatal: unable to access 'https://git.example/a.git/': no; see https://git.example/@help";
        assert_eq!(without_passwords(line), clean);
    }
}
