//! A branch of a git repository, as GitHub Pages, GitLab Pages and Codeberg Pages show it: one commit for each state, on top of the
//! one before, never by force. Who comes second takes what the first one put there and goes on from it.

mod repository;

use super::{Can, Keep, Kind, Lock, Target, World, optional_text};
use crate::publish::door::{Comparison, Deploy, Deployed, Door, Error, Trouble};
use crate::publish::output::{Output, OutputFile};
use rayon::prelude::*;
use repository::{Commit, NEXT, Repository, around};
use sha1::{Digest as _, Sha1};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::time::Duration;

/// The row of branches.
pub(super) const KIND: Kind = Kind {
    name: "git",
    title: "a branch of a git repository",
    settings: &[
        optional_text(
            "remote",
            "The repository: its address, or its name in the repository of the site; `origin` unless it is given.",
        ),
        optional_text(
            "branch",
            "The branch; `gh-pages` unless it is given, as GitHub Pages has it. Codeberg and GitLab: `pages`.",
        ),
        optional_text("domain", "The site's own domain, for the file `CNAME` of GitHub Pages."),
    ],
    credentials: "git itself: its credential helpers, keys for ssh, and what the repository of the site sets",
    can: Can { keep: Keep::Host, headers: false, compress: false, lock: Lock::Host },
    open,
};

/// A line at the end of messages, by which hub knows its own states.
const PUBLISHED: &str = "Published-by: hub";
/// A line for each file of the branch that is not hub's.
const KEPT: &str = "Hub-kept: ";
/// The state that a state goes back to.
const BACK_TO: &str = "Hub-back-to: ";
/// How often a state is made anew because somebody was faster.
const TRIES: u32 = 8;

struct Branch {
    repository: Repository,
    domain: Option<String>,
    world: World,
}

fn open(target: &Target, world: &World) -> Result<Door, Error> {
    let branch = target.text("branch").unwrap_or("gh-pages");
    let odd = |c: char| c.is_whitespace() || c.is_control() || "~^:?*[\\".contains(c);
    if branch.is_empty() || branch.starts_with(['-', '/', '.']) || branch.contains(odd) || branch.contains("..") {
        return Err(Error::other(format!("`{branch}` is no name of a branch")));
    }
    let remote = target.text("remote").unwrap_or("origin");
    if remote.starts_with('-') {
        return Err(Error::other(format!("`{remote}` is no address of a repository")));
    }
    Ok(Door::Deploy(Box::new(Branch {
        repository: Repository::new(world, remote, branch)?,
        domain: target.text("domain").map(str::to_string),
        world: world.clone(),
    })))
}

/// What a path is to have.
enum Content<'a> {
    File(&'a OutputFile),
    Text(String),
    /// A blob that the repository has.
    Blob,
}

/// What the branch is to have: content and blob, by path.
type Wanted<'a> = BTreeMap<String, (Content<'a>, String)>;

/// What the branch has.
#[derive(Default)]
struct State {
    tip: Option<String>,
    /// The blob of each file, by its path.
    files: BTreeMap<String, String>,
    commits: Vec<Commit>,
    /// Paths that hub put there.
    own: BTreeSet<String>,
}

/// What leads from a state to what is wanted.
struct Change<'a> {
    put: Vec<(&'a String, &'a Content<'a>, &'a String)>,
    delete: Vec<&'a String>,
    /// Paths that are not hub's, and stay.
    kept: Vec<&'a String>,
}

/// The name of a blob with these bytes.
fn blob(bytes: &[u8]) -> String {
    let mut sha = Sha1::new();
    sha.update(format!("blob {}\0", bytes.len()));
    sha.update(bytes);
    crate::text::hex(&sha.finalize())
}

fn is_published(commit: &Commit) -> bool {
    commit.message.lines().any(|line| line.starts_with(PUBLISHED))
}

fn values<'a>(commit: &'a Commit, key: &'a str) -> impl Iterator<Item = &'a str> {
    commit.message.lines().filter_map(move |line| line.strip_prefix(key))
}

/// A path as `git fast-import` reads it.
fn quoted(path: &str) -> String {
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

impl Branch {
    fn wanted<'a>(&self, output: &'a Output) -> Result<Wanted<'a>, Error> {
        let of = |file: &'a OutputFile| Ok((file.path.clone(), (Content::File(file), blob(&output.read(file)?))));
        let mut wanted: Wanted<'a> = output.files.par_iter().map(of).collect::<Result<_, Error>>()?;
        // Without it GitHub Pages runs Jekyll, which leaves out paths that begin with `_`.
        let mut also = vec![(".nojekyll", String::new())];
        also.extend(self.domain.iter().map(|domain| ("CNAME", format!("{domain}\n"))));
        for (path, text) in also {
            let id = blob(text.as_bytes());
            wanted.entry(path.to_string()).or_insert((Content::Text(text), id));
        }
        Ok(wanted)
    }

    fn state(&self) -> Result<State, Error> {
        let Some(tip) = self.repository.fetch()? else { return Ok(State::default()) };
        let files = self.repository.files(&tip)?;
        if files.contains_key("site.toml") {
            let branch = self.repository.branch();
            let message =
                format!("the branch `{branch}` holds `site.toml`: name a branch that holds the published site alone");
            return Err(Error::other(message));
        }
        let commits = self.repository.commits(&tip)?;
        let own = match commits.iter().find(|c| is_published(c)) {
            Some(last) => self.own(last)?,
            None => BTreeSet::new(),
        };
        Ok(State { tip: Some(tip), files, commits, own })
    }

    /// What hub put into a state of its own.
    fn own(&self, commit: &Commit) -> Result<BTreeSet<String>, Error> {
        let kept: BTreeSet<&str> = values(commit, KEPT).collect();
        let files = self.repository.files(&commit.id)?;
        Ok(files.into_keys().filter(|path| !kept.contains(path.as_str())).collect())
    }

    fn change<'a>(&self, state: &'a State, wanted: &'a Wanted<'a>) -> Change<'a> {
        let put = wanted.iter().filter(|(path, (_, id))| state.files.get(*path) != Some(id));
        let (mut delete, mut kept) = (Vec::new(), Vec::new());
        for path in state.files.keys().filter(|path| !wanted.contains_key(*path)) {
            if state.own.contains(path) { delete.push(path) } else { kept.push(path) }
        }
        Change { put: put.map(|(path, (content, id))| (path, content, id)).collect(), delete, kept }
    }

    /// Makes the next state and puts it to the branch.
    fn put(&self, state: &State, change: &Change<'_>, output: Option<&Output>, message: &str) -> Result<(), Error> {
        let who = |key: &str, or: &str| around(&self.world.root, &["config", key]).unwrap_or_else(|| or.to_string());
        let clean = |text: String| text.replace(['<', '>', '\n'], "");
        let (name, mail) = (clean(who("user.name", "hub")), clean(who("user.email", "hub@localhost")));
        let now = (self.world.clock.now)().as_second();
        let mut message = format!("{message}\n\n{PUBLISHED} {}\n", env!("CARGO_PKG_VERSION"));
        for path in &change.kept {
            message.push_str(&format!("{KEPT}{path}\n"));
        }
        let at = |e: std::io::Error| Error::other(format!("git: {e}"));
        let commit = self.repository.import(|out: &mut dyn Write| {
            for (i, (_, content, _)) in change.put.iter().enumerate() {
                let bytes = match (content, output) {
                    (Content::File(file), Some(output)) => output.read(file)?,
                    (Content::Text(text), _) => text.clone().into_bytes(),
                    _ => continue,
                };
                write!(out, "blob\nmark :{}\ndata {}\n", i + 1, bytes.len()).map_err(at)?;
                out.write_all(&bytes).and_then(|()| out.write_all(b"\n")).map_err(at)?;
            }
            write!(out, "commit {NEXT}\ncommitter {name} <{mail}> {now} +0000\n").map_err(at)?;
            write!(out, "data {}\n{message}\n", message.len()).map_err(at)?;
            if let Some(tip) = &state.tip {
                writeln!(out, "from {tip}").map_err(at)?;
            }
            // What goes away first: a file may come where a folder was.
            for path in &change.delete {
                writeln!(out, "D {}", quoted(path)).map_err(at)?;
            }
            for (i, (path, content, id)) in change.put.iter().enumerate() {
                let source = if matches!(content, Content::Blob) { id.to_string() } else { format!(":{}", i + 1) };
                writeln!(out, "M 100644 {source} {}", quoted(path)).map_err(at)?;
            }
            Ok(())
        })?;
        self.repository.push(&commit)
    }

    /// Makes and puts a state, anew on top of what somebody put there meanwhile.
    fn redo<T>(&self, make: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
        let mut pause = Duration::from_millis(100);
        for _ in 1..TRIES {
            match make() {
                Err(e) if e.trouble == Trouble::Conflict => (self.world.clock.sleep)(pause),
                done => return done,
            }
            pause = pause * 3 / 2;
        }
        make()
    }

    fn notes(&self, change: &Change<'_>) -> Vec<String> {
        let Some(first) = change.kept.iter().find(|path| path.as_str() != "CNAME") else { return Vec::new() };
        let more = change.kept.iter().filter(|path| path.as_str() != "CNAME").count() - 1;
        let branch = self.repository.branch();
        vec![match more {
            0 => format!("`{first}` of `{branch}` is not from hub, and stays"),
            more => format!(
                "`{first}` and {} of `{branch}` are not from hub, and stay",
                crate::text::count(more, "more file")
            ),
        }]
    }
}

fn summary(change: &Change<'_>) -> String {
    let (put, gone) = (crate::text::count(change.put.len(), "file"), change.delete.len());
    format!("Publish the site: {put} written, {gone} removed")
}

impl Deploy for Branch {
    fn compare(&self, output: &Output) -> Result<Comparison, Error> {
        let (wanted, state) = (self.wanted(output)?, self.state()?);
        let change = self.change(&state, &wanted);
        Ok(Comparison {
            send: change.put.iter().map(|(path, ..)| path.to_string()).collect(),
            delete: Some(change.delete.iter().map(|path| path.to_string()).collect()),
            unchanged: wanted.len() - change.put.len(),
            notes: self.notes(&change),
            ..Comparison::default()
        })
    }

    fn deploy(&self, output: &Output, _: &Comparison) -> Result<Deployed, Error> {
        let wanted = self.wanted(output)?;
        self.redo(|| {
            let state = self.state()?;
            let change = self.change(&state, &wanted);
            let sent = change.put.len();
            if sent > 0 || !change.delete.is_empty() {
                self.put(&state, &change, Some(output), &summary(&change))?;
            }
            Ok(Deployed { url: None, sent, notes: Vec::new() })
        })
    }

    fn rollback(&self) -> Result<Deployed, Error> {
        self.redo(|| {
            let state = self.state()?;
            let published: Vec<&Commit> = state.commits.iter().filter(|c| is_published(c)).collect();
            let nothing =
                || Error::other(format!("`{}` has no earlier state that hub published", self.repository.branch()));
            let last = published.first().ok_or_else(nothing)?;
            // A state that goes back to another one is that one.
            let shown = values(last, BACK_TO).next().unwrap_or(&last.id);
            let before = published.iter().skip_while(|c| c.id != shown).skip(1);
            let back = before.copied().find(|c| values(c, BACK_TO).next().is_none()).ok_or_else(nothing)?;
            let (own, files) = (self.own(back)?, self.repository.files(&back.id)?);
            let former = files.into_iter().filter(|(path, _)| own.contains(path));
            let wanted: Wanted<'_> = former.map(|(path, id)| (path, (Content::Blob, id))).collect();
            let change = self.change(&state, &wanted);
            let subject = back.message.lines().next().unwrap_or_default();
            let message = format!("Go back to {}: {subject}\n\n{BACK_TO}{}", &back.id[..10], back.id);
            self.put(&state, &change, None, &message)?;
            let note = format!("the state of commit {}", &back.id[..10]);
            Ok(Deployed { url: None, sent: change.put.len(), notes: vec![note] })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_are_named_as_git_names_them() {
        // `printf hello | git hash-object --stdin`
        assert_eq!(blob(b"hello"), "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0");
        assert_eq!(blob(b""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    }
}
