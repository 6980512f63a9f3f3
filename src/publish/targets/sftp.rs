//! SFTP (draft-ietf-secsh-filexfer-02, and the extensions of OpenSSH's PROTOCOL). The connection is made by the user's own `ssh`,
//! so that his configuration, agent, known hosts and jump hosts work by themselves.

use super::{Can, Keep, Kind, Lock, Takes, Target, World, optional, optional_text, required};
use crate::publish::door::{Bytes, Door, Error, Metadata, Object, Store, Trouble, When};
use russh_sftp::client::RawSftpSession;
use russh_sftp::client::error::Error as Broken;
use russh_sftp::protocol::{FileAttributes, OpenFlags, Packet, StatusCode};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// The row of SFTP.
pub(super) const KIND: Kind = Kind {
    name: "sftp",
    title: "SFTP",
    settings: &[
        required("host", "The host, as for `ssh`: a name of `~/.ssh/config`, or `user@host`."),
        required("path", "The folder on the host: from the user's own on, or from `/`."),
        optional("port", Takes::Number(1, 65535), "The port, if `~/.ssh/config` does not say it."),
        optional_text("ssh_config", "Another file than `~/.ssh/config`, from the folder of `site.toml` on."),
    ],
    credentials: "`ssh` itself: its agent and the keys of `~/.ssh/config`",
    can: Can { keep: Keep::Copies, headers: false, compress: false, lock: Lock::Create },
    open,
};

/// Where files wait until they are whole.
const PART: &str = ".hub-part";
/// Bytes of one write; every server takes as many (filexfer-02, section 3).
const PIECE: usize = 32_000;
/// Writes of one file that are under way at the same time.
const UNDER_WAY: usize = 16;

struct Sftp {
    arguments: Vec<String>,
    root: String,
    runtime: Runtime,
    session: Mutex<Option<Arc<Session>>>,
    count: AtomicUsize,
}

struct Session {
    raw: RawSftpSession,
    /// Whether the server replaces a file in one step.
    replaces: bool,
    links: bool,
    /// Ends with the session.
    _ssh: Child,
}

fn open(target: &Target, world: &World) -> Result<Door, Error> {
    let host = target.required("host").to_string();
    if host.starts_with('-') || host.is_empty() || host.contains(char::is_whitespace) {
        return Err(Error::other(format!("`host` is `{host}`, which is not a host")));
    }
    let mut arguments = Vec::new();
    if let Some(config) = target.text("ssh_config") {
        arguments.extend(["-F".to_string(), world.root.join(config).to_string_lossy().into_owned()]);
    }
    if let Some(port) = target.number("port") {
        arguments.extend(["-p".to_string(), port.to_string()]);
    }
    if !world.attended {
        arguments.extend(["-o".to_string(), "BatchMode=yes".to_string()]);
    }
    arguments.extend(["-oServerAliveInterval=15", "-s", "--"].map(str::to_string));
    arguments.extend([host, "sftp".to_string()]);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|e| Error::other(e.to_string()))?;
    let root = target.required("path").trim_end_matches('/').to_string();
    Ok(Door::Store(Box::new(Sftp { arguments, root, runtime, session: Mutex::new(None), count: AtomicUsize::new(0) })))
}

/// What a server's status says.
fn failed(error: Broken) -> Error {
    match error {
        Broken::Status(status) => {
            let trouble = match status.status_code {
                StatusCode::NoSuchFile => Trouble::Missing,
                StatusCode::PermissionDenied => Trouble::Denied,
                StatusCode::NoConnection | StatusCode::ConnectionLost => Trouble::Again,
                _ if status.error_message.to_ascii_lowercase().contains("space") => Trouble::Full,
                _ => Trouble::Other,
            };
            let message: String = status.error_message.chars().filter(|c| !c.is_control()).take(200).collect();
            match trouble == Trouble::Other && message == "Failure" {
                // OpenSSH has this word for all that it does not name.
                true => {
                    Error::other("the server says only \"Failure\": its disk may be full, or something is in the way")
                }
                false => Error::new(trouble, message),
            }
        }
        Broken::Limited(_) => Error::again("the server has too many files open"),
        other => Error::again(other.to_string()),
    }
}

async fn connect(arguments: &[String]) -> Result<Session, Error> {
    let mut command = Command::new("ssh");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut ssh = command.spawn().map_err(|e| Error::other(format!("`ssh` cannot be started: {e}")))?;
    let (Some(input), Some(output), Some(mut said)) = (ssh.stdin.take(), ssh.stdout.take(), ssh.stderr.take()) else {
        return Err(Error::other("`ssh` cannot be spoken to"));
    };
    let heard = tokio::spawn(async move {
        let mut text = Vec::new();
        let mut piece = [0; 1024];
        while let Ok(n @ 1..) = said.read(&mut piece).await {
            text.extend_from_slice(&piece[..n]);
            // Banners can be long; what went wrong comes last.
            text.drain(..text.len().saturating_sub(4096));
        }
        String::from_utf8_lossy(&text).into_owned()
    });
    let raw = RawSftpSession::new(tokio::io::join(output, input));
    raw.set_timeout(60);
    match raw.init().await {
        Ok(version) => {
            let knows = |name: &str| version.extensions.contains_key(name);
            let (replaces, links) = (knows("posix-rename@openssh.com"), knows("hardlink@openssh.com"));
            Ok(Session { raw, replaces, links, _ssh: ssh })
        }
        Err(e) => {
            drop(raw);
            let _ = ssh.start_kill();
            let said = heard.await.unwrap_or_default();
            let line = said.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
            let line: String = line.chars().filter(|c| !c.is_control()).take(300).collect();
            let denied = ["Permission denied", "Host key verification failed", "Too many authentication failures"];
            let trouble = match () {
                () if denied.iter().any(|word| said.contains(word)) => Trouble::Denied,
                () if said.contains("Could not resolve hostname") || said.contains("subsystem request failed") => {
                    Trouble::Missing
                }
                () => Trouble::Again,
            };
            Err(Error::new(trouble, if line.is_empty() { format!("ssh: {e}") } else { format!("ssh: {line}") }))
        }
    }
}

/// Text as it stands in a packet.
fn packed(texts: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    for text in texts {
        out.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(text.as_bytes());
    }
    out
}

impl Session {
    async fn rename(&self, from: &str, to: &str) -> Result<(), Broken> {
        if self.replaces {
            return match self.raw.extended("posix-rename@openssh.com", packed(&[from, to])).await? {
                Packet::Status(status) if status.status_code == StatusCode::Ok => Ok(()),
                Packet::Status(status) => Err(Broken::Status(status)),
                _ => Err(Broken::UnexpectedPacket),
            };
        }
        match self.raw.rename(from, to).await {
            Err(Broken::Status(status)) if status.status_code == StatusCode::Failure => {
                self.raw.remove(to).await?;
                self.raw.rename(from, to).await.map(drop)
            }
            done => done.map(drop),
        }
    }

    async fn read(&self, path: &str) -> Result<Vec<u8>, Broken> {
        let handle = self.raw.open(path, OpenFlags::READ, FileAttributes::empty()).await?.handle;
        let mut bytes = Vec::new();
        let read = loop {
            match self.raw.read(handle.as_str(), bytes.len() as u64, PIECE as u32).await {
                Ok(data) => bytes.extend_from_slice(&data.data),
                Err(Broken::Status(status)) if status.status_code == StatusCode::Eof => break Ok(bytes),
                Err(e) => break Err(e),
            }
        };
        let _ = self.raw.close(handle).await;
        read
    }
}

async fn write(session: Arc<Session>, path: String, bytes: Bytes<'_>) -> Result<(), Error> {
    let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNCATE;
    let handle = session.raw.open(path, flags, FileAttributes::empty()).await.map_err(failed)?.handle;
    let mut file = match bytes {
        Bytes::Here(_) => None,
        Bytes::File(path, _) => Some(std::fs::File::open(path).map_err(|e| Error::other(e.to_string()))?),
    };
    let len = match bytes {
        Bytes::Here(bytes) => bytes.len() as u64,
        Bytes::File(_, len) => len,
    };
    let mut writes = JoinSet::new();
    let mut done = Ok(());
    let settled = |joined: Option<Result<Result<(), Broken>, tokio::task::JoinError>>| match joined {
        Some(Ok(Err(e))) => Err(failed(e)),
        Some(Err(e)) => Err(Error::again(e.to_string())),
        _ => Ok(()),
    };
    let mut at = 0;
    while at < len && done.is_ok() {
        let size = PIECE.min(usize::try_from(len - at).unwrap_or(PIECE));
        let mut piece = vec![0; size];
        match (&mut file, bytes) {
            (Some(file), _) => {
                let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut piece));
                read.map_err(|e| Error::other(e.to_string()))?;
            }
            (None, Bytes::Here(bytes)) => piece.copy_from_slice(&bytes[at as usize..at as usize + size]),
            (None, Bytes::File(..)) => {}
        }
        let (session, handle) = (session.clone(), handle.clone());
        writes.spawn(async move { session.raw.write(handle, at, piece).await.map(drop) });
        at += size as u64;
        if writes.len() >= UNDER_WAY {
            done = settled(writes.join_next().await);
        }
    }
    while let Some(joined) = writes.join_next().await {
        done = done.and(settled(Some(joined)));
    }
    let closed = session.raw.close(handle).await.map(drop).map_err(failed);
    done.and(closed)
}

impl Sftp {
    fn session(&self) -> Result<Arc<Session>, Error> {
        let Ok(mut slot) = self.session.lock() else { return Err(Error::other("another thread failed")) };
        if let Some(session) = &*slot {
            return Ok(session.clone());
        }
        let session = Arc::new(self.runtime.block_on(connect(&self.arguments))?);
        *slot = Some(session.clone());
        Ok(session)
    }

    /// Does something over the connection. One that broke is made anew next time.
    fn run<T, F: Future<Output = Result<T, Error>>>(&self, act: impl FnOnce(Arc<Session>) -> F) -> Result<T, Error> {
        let session = self.session()?;
        let done = self.runtime.block_on(act(session.clone()));
        if done.as_ref().is_err_and(|e| e.trouble == Trouble::Again)
            && let Ok(mut slot) = self.session.lock()
            && slot.as_ref().is_some_and(|now| Arc::ptr_eq(now, &session))
        {
            *slot = None;
        }
        done
    }

    fn path(&self, key: &str) -> String {
        match key.is_empty() {
            true => self.root.clone(),
            false => format!("{}/{key}", self.root),
        }
    }

    fn part(&self) -> String {
        format!("{PART}/{:x}-{}", std::process::id(), self.count.fetch_add(1, Ordering::Relaxed))
    }

    /// Makes the folders that a key lies in, the site's own among them.
    fn make_dirs(&self, key: &str) -> Result<(), Error> {
        let path = self.path(key);
        let slashes = path.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0);
        let dirs: Vec<String> = slashes.map(|at| path[..at].to_string()).collect();
        self.run(async |session| {
            for dir in dirs {
                // One that is there is refused, like one that cannot be made; what lies in it tells them apart.
                match session.raw.mkdir(dir, FileAttributes::empty()).await {
                    Ok(_) | Err(Broken::Status(_)) => {}
                    Err(e) => return Err(failed(e)),
                }
            }
            Ok(())
        })
    }

    /// Does something that needs the folder of a key, and makes it if it is missing.
    fn with_dirs<T>(&self, key: &str, act: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
        match act() {
            Err(e) if e.trouble == Trouble::Missing => {
                self.make_dirs(key)?;
                act()
            }
            done => done,
        }
    }

    fn exists(&self, key: &str) -> Result<bool, Error> {
        let path = self.path(key);
        match self.run(async |session| session.raw.stat(path).await.map_err(failed)) {
            Err(e) if e.trouble == Trouble::Missing => Ok(false),
            stat => stat.map(|_| true),
        }
    }

    fn remove(&self, key: &str) -> Result<(), Error> {
        let path = self.path(key);
        match self.run(async |session| session.raw.remove(path).await.map_err(failed)) {
            Err(e) if e.trouble == Trouble::Missing => Ok(()),
            done => done.map(drop),
        }
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Error> {
        let (from, place) = (self.path(from), self.path(to));
        self.with_dirs(to, || self.run(async |session| session.rename(&from, &place).await.map_err(failed)))
    }
}

impl Store for Sftp {
    fn lock(&self) -> Lock {
        KIND.can.lock
    }

    fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        let path = self.path(key);
        match self.run(async |session| session.read(&path).await.map_err(failed)) {
            Ok(bytes) => Ok(Some(Object { bytes, version: None })),
            Err(e) if e.trouble == Trouble::Missing => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn put(&self, key: &str, bytes: Bytes<'_>, _: &Metadata, when: When<'_>) -> Result<Option<String>, Error> {
        let part = self.part();
        self.with_dirs(&part, || self.run(async |session| write(session, self.path(&part), bytes).await))?;
        let moved = match when {
            When::Absent => {
                // Where something is, this one is refused (filexfer-02, section 6.5).
                let (from, to) = (self.path(&part), self.path(key));
                let moved = self.with_dirs(key, || {
                    self.run(async |session| session.raw.rename(&from, &to).await.map(drop).map_err(failed))
                });
                match moved {
                    Err(e) if e.trouble == Trouble::Other && self.exists(key)? => {
                        Err(Error::new(Trouble::Conflict, "it is there"))
                    }
                    moved => moved,
                }
            }
            _ => self.rename(&part, key),
        };
        if moved.is_err() {
            let _ = self.remove(&part);
        }
        moved.map(|()| None)
    }

    fn delete(&self, keys: &[String]) -> Result<(), Error> {
        for key in keys {
            self.remove(key)?;
            let mut dir = key.as_str();
            while let Some(at) = dir.rfind('/') {
                dir = &dir[..at];
                let path = self.path(dir);
                // Refused where something is left in it, and then it stays.
                if self.run(async |session| session.raw.rmdir(path).await.map_err(failed)).is_err() {
                    break;
                }
            }
        }
        Ok(())
    }

    fn tidy(&self) -> Result<(), Error> {
        self.list(PART)?.iter().try_for_each(|part| self.remove(part))?;
        let path = self.path(PART);
        self.run(async |session| session.raw.rmdir(path).await.map(drop).map_err(failed))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let (mut folders, mut keys) = (vec![prefix.trim_end_matches('/').to_string()], Vec::new());
        while let Some(folder) = folders.pop() {
            let path = self.path(&folder);
            let read = self.run(async |session| {
                let handle = session.raw.opendir(path).await.map_err(failed)?.handle;
                let mut found = Vec::new();
                let read = loop {
                    match session.raw.readdir(handle.as_str()).await {
                        Ok(names) => found.extend(names.files.into_iter().map(|f| (f.filename, f.attrs.is_dir()))),
                        Err(Broken::Status(status)) if status.status_code == StatusCode::Eof => break Ok(found),
                        Err(e) => break Err(failed(e)),
                    }
                };
                let _ = session.raw.close(handle).await;
                read
            });
            let found = match read {
                Err(e) if e.trouble == Trouble::Missing => continue,
                read => read?,
            };
            for (name, is_dir) in found.into_iter().filter(|(name, _)| name != "." && name != "..") {
                let key = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                if is_dir { folders.push(key) } else { keys.push(key) }
            }
        }
        Ok(keys)
    }

    fn copy(&self, from: &str, to: &str) -> Result<bool, Error> {
        if !self.session()?.links {
            let Some(object) = self.get(from)? else { return Ok(false) };
            return self.put(to, Bytes::Here(&object.bytes), &Metadata::default(), When::Always).map(|_| true);
        }
        if !self.exists(from)? {
            return Ok(false);
        }
        // A second name is a copy, since files are replaced and never written to.
        let part = self.part();
        let (source, aside) = (self.path(from), self.path(&part));
        self.with_dirs(&part, || {
            self.run(async |session| session.raw.hardlink(&source, &aside).await.map(drop).map_err(failed))
        })?;
        let moved = self.rename(&part, to);
        // Where both names are of one file already, the move leaves them as they are.
        let _ = self.remove(&part);
        moved.map(|()| true)
    }
}
