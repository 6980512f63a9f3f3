//! A folder of another machine, by the command `rsync` over ssh: what pages refer to, then pages, then what names them, each put
//! in place at once (`--delay-updates`), and deletions last, by name. The manifest says what is there, as for other folders.

use super::{Can, Keep, Kind, Lock, Takes, Target, World, optional, optional_text, required};
use crate::publish::door::{Comparison, Deploy, Deployed, Door, Error, Trouble};
use crate::publish::index::{self, Busy, Entry, KEY, LOCK, Published};
use crate::publish::output::{Output, OutputFile};
use crate::publish::plan::Plan;
use crate::publish::push::patiently;
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The row of rsync.
pub(super) const KIND: Kind = Kind {
    name: "rsync",
    title: "a folder of another machine, by rsync over ssh",
    settings: &[
        required("to", "Where to, as rsync writes it: `jane@acme.io:/srv/www/acme`. The folder above it is there."),
        optional("port", Takes::Number(1, 65535), "The port of ssh, unless it is 22 or in `~/.ssh/config`."),
        optional_text("identity", "The file with the private key, unless an agent or `~/.ssh/config` knows it."),
        optional_text("known_hosts", "The file with the machine's public key, unless it is `~/.ssh/known_hosts`."),
    ],
    credentials: "ssh itself: its agent, keys and `~/.ssh/config`",
    can: Can { keep: Keep::Nothing, headers: false, compress: false, lock: Lock::Look },
    open,
};

/// For how long others wait for a run that says nothing more.
const TERM: SignedDuration = SignedDuration::from_mins(30);
/// Long enough for another run that began at the same moment to be seen.
const MOMENT: Duration = Duration::from_millis(300);

struct Rsync {
    to: String,
    shell: String,
    /// A folder for lists and manifests.
    work: PathBuf,
    world: World,
}

fn open(target: &Target, world: &World) -> Result<Door, Error> {
    let to = target.required("to").trim_end_matches('/');
    if to.is_empty() || to.starts_with('-') || to.chars().any(char::is_control) {
        return Err(Error::other(format!("`{to}` is no place for rsync: write `user@host:/folder`")));
    }
    // As rsync reads it: a colon before the first slash makes it another machine's.
    let elsewhere = to.split('/').next().is_some_and(|first| first.contains(':'));
    let to = if elsewhere { to.to_string() } else { world.root.join(to).to_string_lossy().into_owned() };
    let mut shell = "ssh -o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=15".to_string();
    if let Some(port) = target.number("port") {
        shell.push_str(&format!(" -p {port}"));
    }
    for (name, option) in [("identity", "-o IdentitiesOnly=yes -i "), ("known_hosts", "-o UserKnownHostsFile=")] {
        let Some(path) = target.text(name) else { continue };
        let path = match (path.strip_prefix("~/"), &world.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => world.root.join(path),
        };
        let path = path.to_string_lossy();
        if path.contains(['"', '\'', ' ', '%']) {
            return Err(Error::other(format!("`{name}` has a character that ssh's command line does not take")));
        }
        shell.push_str(&format!(" {option}{path}"));
    }
    let name = crate::digest::seal(to.as_bytes());
    let work = world.hub.join("publish").join(format!("{name}.rsync"));
    Ok(Door::Deploy(Box::new(Rsync { to, shell, work, world: world.clone() })))
}

/// Sorts what the command says by what can be done about it (rsync(1), "EXIT VALUES").
fn failed(code: Option<i32>, said: &str) -> Error {
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let trouble = if has(&["No space left", "Disk quota exceeded"]) {
        Trouble::Full
    } else if has(&["ermission denied", "verification failed", "Read-only file system", "No identities"]) {
        Trouble::Denied
    } else if has(&["No such file", "resolve hostname", "change_dir", "Name or service not known"]) {
        Trouble::Missing
    } else if matches!(code, Some(10 | 12 | 30 | 35 | 255) | None) {
        Trouble::Again
    } else {
        Trouble::Other
    };
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|l| !l.is_empty()).take(3).collect();
    Error::new(trouble, format!("rsync: {}", lines.join("; ")))
}

impl Rsync {
    fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let dir = self.work.join(name);
        let made = std::fs::create_dir_all(&dir);
        made.map(|()| dir.clone()).map_err(|e| Error::other(format!("`{}`: {e}", dir.display())))
    }

    /// Runs the command, with a list of names on standard input; gives what it printed.
    fn once(&self, args: &[&str], names: &[&str]) -> Result<String, Error> {
        let mut command = Command::new("rsync");
        command.args(["--timeout=60", "-e", &self.shell]).args(args).env("LC_ALL", "C");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => Error::other("the command `rsync` is not here; install it"),
            _ => Error::other(format!("rsync: {e}")),
        })?;
        let list: Vec<u8> = names.iter().flat_map(|name| name.bytes().chain([0])).collect();
        let stdin = child.stdin.take();
        // What it answers is read while the list is written, so that neither side waits for the other.
        let writer = std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&list)));
        let output = child.wait_with_output().map_err(|e| Error::other(format!("rsync: {e}")))?;
        let _ = writer.join();
        // 24 is "some source files vanished", which is how files are removed.
        let removed = output.status.code() == Some(24) && args.contains(&"--delete-missing-args");
        match output.status.success() || removed {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(failed(output.status.code(), &String::from_utf8_lossy(&output.stderr))),
        }
    }

    fn run(&self, args: &[&str], names: &[&str]) -> Result<String, Error> {
        patiently(&self.world, || self.once(args, names))
    }

    /// Reads a file of the target; none if it is not there.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let here = self.folder("got")?.join(key);
        let _ = std::fs::remove_file(&here);
        match self.run(&["--ignore-times", &format!("{}/{key}", self.to), &here.to_string_lossy()], &[]) {
            Ok(_) => std::fs::read(&here).map(Some).map_err(|e| Error::other(format!("`{}`: {e}", here.display()))),
            Err(e) if e.trouble == Trouble::Missing && e.message.contains("No such file") => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Writes a file of the target.
    fn put(&self, key: &str, bytes: &[u8]) -> Result<(), Error> {
        let here = self.folder("put")?.join(key);
        std::fs::write(&here, bytes).map_err(|e| Error::other(format!("`{}`: {e}", here.display())))?;
        let to = format!("{}/", self.to);
        self.run(&["--ignore-times", "--chmod=D755,F644", &here.to_string_lossy(), &to], &[]).map(drop)
    }

    /// Sends files of the output, all of which come into view at once, at the end.
    fn send(&self, dir: &Path, paths: &[&str]) -> Result<(), Error> {
        let (from, to) = (format!("{}/", dir.to_string_lossy()), format!("{}/", self.to));
        let args = [
            "--checksum",
            "--delay-updates",
            "--from0",
            "--files-from=-",
            "--chmod=D755,F644",
            "--compress",
            &from,
            &to,
        ];
        self.run(&args, paths).map(drop)
    }

    /// Removes files by their names, and folders that hold nothing more.
    fn delete(&self, paths: &[&str], folders: &[&str]) -> Result<(), Error> {
        if paths.is_empty() {
            return Ok(());
        }
        let (empty, to) = (format!("{}/", self.folder("empty")?.to_string_lossy()), format!("{}/", self.to));
        self.run(&["--delete-missing-args", "--from0", "--files-from=-", &empty, &to], paths)?;
        // Deepest first: a folder is empty when those in it are gone. One that holds something more stays.
        let depth = |folder: &str| folder.matches('/').count();
        let deepest = folders.iter().map(|f| depth(f)).max();
        for level in (0..=deepest.unwrap_or(0)).rev() {
            let names: Vec<&str> = folders.iter().filter(|f| depth(f) == level).copied().collect();
            if !names.is_empty() {
                // Folders that are left over disturb nobody.
                let _ = self.once(&["--delete-missing-args", "--from0", "--files-from=-", &empty, &to], &names);
            }
        }
        Ok(())
    }

    fn published(&self) -> Result<Published, Error> {
        match self.get(KEY)? {
            Some(bytes) => Published::read(&bytes).map_err(Error::other),
            None => Ok(Published::default()),
        }
    }

    /// Takes the lock. rsync cannot make a file only where none is, so the lock is read back after a moment.
    fn lock(&self, run: &str) -> Result<(), Error> {
        let holder = || -> Result<Option<Busy>, Error> {
            Ok(self.get(LOCK)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
        };
        let now = (self.world.clock.now)();
        let busy = |busy: &Busy| {
            let since = busy.since.strftime("%H:%M:%S UTC");
            Error::new(
                Trouble::Conflict,
                format!("somebody else has been publishing to this target since {since}; try again later"),
            )
        };
        // A run of this machine that was killed holds it no longer: of each site one run publishes here at a time.
        let last = self.work.join("run");
        let own = std::fs::read_to_string(&last).unwrap_or_default();
        if let Some(other) = holder()?.filter(|other| other.until > now && other.run != own) {
            return Err(busy(&other));
        }
        let written = std::fs::create_dir_all(&self.work).and_then(|()| crate::store::replace(&last, run.as_bytes()));
        written.map_err(|e| Error::other(format!("`{}`: {e}", last.display())))?;
        let until = now.checked_add(TERM).unwrap_or(now);
        let mine = Busy { run: run.to_string(), since: now, until };
        self.put(LOCK, &serde_json::to_vec(&mine).unwrap_or_default())?;
        (self.world.clock.sleep)(MOMENT);
        match holder()? {
            Some(other) if other.run != run => Err(busy(&other)),
            _ => Ok(()),
        }
    }

    fn publish(&self, output: &Output, run: &str) -> Result<usize, Error> {
        let published = self.published()?;
        let wanted = wanted(output);
        let plan = Plan::new(&wanted, &published);
        if plan.is_empty() {
            return Ok(0);
        }
        let mut before = Published { format: index::FORMAT, ..published };
        plan.announce(&mut before);
        self.put(KEY, &before.write())?;
        let files: BTreeMap<String, &OutputFile> = output.files.iter().map(|f| (index::name_of(&f.path), f)).collect();
        for stage in plan.stages() {
            let paths: Vec<&str> =
                stage.iter().filter_map(|item| files.get(&item.name)).map(|f| f.path.as_str()).collect();
            self.send(&output.dir, &paths)?;
        }
        let paths = plan.delete.iter().map(|name| self.path_of(name)).collect::<Result<Vec<_>, _>>()?;
        let gone: Vec<&str> = paths.iter().flatten().map(String::as_str).collect();
        let used: BTreeSet<&str> = output.files.iter().flat_map(|f| folders(&f.path)).collect();
        let left: BTreeSet<&str> =
            gone.iter().flat_map(|path| folders(path)).filter(|dir| !used.contains(dir)).collect();
        self.delete(&gone, &left.into_iter().collect::<Vec<_>>())?;
        let at = Some((self.world.clock.now)());
        let after =
            Published { format: index::FORMAT, run: run.to_string(), at, files: wanted, ..Published::default() };
        self.put(KEY, &after.write())?;
        Ok(plan.send.len())
    }

    /// The path of a name at the target; none if it stands for a hidden file that is not there.
    fn path_of(&self, name: &str) -> Result<Option<String>, Error> {
        let Some(known) = index::known_part(name) else { return Ok(Some(name.to_string())) };
        let listed = match self.run(&["--list-only", "-r", &format!("{}/{known}", self.to)], &[]) {
            Err(e) if e.trouble == Trouble::Missing => return Ok(None),
            listed => listed?,
        };
        Ok(paths(&listed, known).find(|path| index::name_of(path) == name))
    }
}

/// The paths of a list that rsync prints: mode, size, date, time and name in each line.
fn paths(listed: &str, folder: &str) -> impl Iterator<Item = String> {
    listed.lines().filter_map(|line| line.split_whitespace().nth(4)).map(move |path| format!("{folder}{path}"))
}

fn wanted(output: &Output) -> BTreeMap<String, Entry> {
    let entry = |file: &OutputFile| (index::name_of(&file.path), Entry(file.seal.to_string(), file.len, String::new()));
    output.files.iter().map(entry).collect()
}

/// The folders that a path lies in.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

impl Deploy for Rsync {
    fn compare(&self, output: &Output) -> Result<Comparison, Error> {
        let plan = Plan::new(&wanted(output), &self.published()?);
        let paths: BTreeMap<String, &str> =
            output.files.iter().map(|f| (index::name_of(&f.path), f.path.as_str())).collect();
        Ok(Comparison {
            send: plan.send.iter().filter_map(|item| paths.get(&item.name)).map(|path| path.to_string()).collect(),
            delete: Some(plan.delete),
            unchanged: plan.unchanged,
            ..Comparison::default()
        })
    }

    fn shown(&self) -> Result<Option<BTreeSet<String>>, Error> {
        Ok(Some(self.published()?.files.into_keys().collect()))
    }

    fn deploy(&self, output: &Output, _: &Comparison) -> Result<Deployed, Error> {
        let now = (self.world.clock.now)();
        let run =
            crate::digest::seal(format!("{now} {} {}", std::process::id(), self.work.display()).as_bytes()).to_string();
        self.lock(&run)?;
        let sent = self.publish(output, &run);
        let unlocked = self.delete(&[LOCK], &[]);
        let sent = sent?;
        let notes = match unlocked {
            Ok(()) => Vec::new(),
            Err(e) => vec![format!("the lock `{LOCK}` is still there: {e}")],
        };
        Ok(Deployed { url: None, sent, notes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stand_behind_mode_size_and_time() {
        let listed = "drwxr-xr-x          4,096 2026/11/22 09:00:00 .\n-rw-r--r--             12 2026/11/22 09:00:00 00ff/a.pdf\nodd\n";
        assert_eq!(paths(listed, "get/").collect::<Vec<_>>(), ["get/.", "get/00ff/a.pdf"]);
    }

    #[test]
    fn any_list_is_read() {
        const WORDS: &[&str] = &[
            "-rw-r--r-- ",
            "1,234 ",
            "2026/11/22 ",
            "09:00:00 ",
            "get/",
            "0123456789abcdef",
            "a b",
            "\n",
            " ",
            "é",
            "\\#012",
        ];
        bolero::check!().with_iterations(2000).for_each(|seed: &[u8]| {
            let text: String = seed.iter().map(|b| WORDS[usize::from(*b) % WORDS.len()]).collect();
            for path in paths(&text, "get/") {
                index::known_part(&index::name_of(&path));
            }
        });
    }
}
