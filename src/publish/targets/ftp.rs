//! FTP (RFC 959) and FTP over TLS (RFC 4217).

use super::{Can, Keep, Kind, Lock, Takes, Target, World, optional, optional_text, required};
use crate::publish::credentials::{self, Login};
use crate::publish::door::{Bytes, Door, Error, Metadata, Object, Store, Trouble, When};
use std::io::{Cursor, Read};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use suppaftp::list::ListParser;
use suppaftp::types::FileType;
use suppaftp::{FtpError, Mode, RustlsConnector, RustlsFtpStream};

/// The row of FTP.
pub(super) const KIND: Kind = Kind {
    name: "ftp",
    title: "FTP",
    settings: &[
        required("host", "The host."),
        optional_text("path", "The folder that holds the site; the one after signing in unless given."),
        optional("port", Takes::Number(1, 65535), "The port; 21 unless given."),
        optional_text("user", "The name that hub signs in with."),
        optional(
            "tls",
            Takes::Choice(&["explicit", "off"]),
            "`explicit` encrypts the connection and refuses servers that cannot; `off` sends the password in the clear.",
        ),
    ],
    credentials: "`FTP_USER` and `FTP_PASSWORD`, else the machine of `~/.netrc`",
    can: Can { keep: Keep::Nothing, headers: false, compress: false, lock: Lock::Create },
    open,
};

/// Where files wait until they are whole.
const PART: &str = ".hub-part";
const PATIENCE: Duration = Duration::from_secs(60);

struct Ftp {
    host: String,
    port: u16,
    root: String,
    login: Login,
    tls: Option<Arc<rustls::ClientConfig>>,
    idle: Mutex<Vec<RustlsFtpStream>>,
    count: AtomicUsize,
}

fn open(target: &Target, world: &World) -> Result<Door, Error> {
    let host = target.required("host").to_string();
    let login = credentials::login(world, "FTP", &host, target.text("user"))?;
    let port = target.number("port").and_then(|port| u16::try_from(port).ok()).unwrap_or(21);
    let root = target.text("path").unwrap_or_default().trim_end_matches('/').to_string();
    let tls = match target.text("tls") {
        Some("off") => None,
        _ => Some(Arc::new(crate::posting::tls_client().map_err(|e| Error::other(e.to_string()))?)),
    };
    let ftp = Ftp { host, port, root, login, tls, idle: Mutex::default(), count: AtomicUsize::new(0) };
    Ok(Door::Store(Box::new(ftp)))
}

fn failed(error: FtpError) -> Error {
    match error {
        FtpError::UnexpectedResponse(response) => {
            let said = String::from_utf8_lossy(&response.body).into_owned();
            let said: String = said.chars().filter(|c| !c.is_control()).take(200).collect();
            let trouble = match response.status.code() {
                430 | 530 | 532 => Trouble::Denied,
                452 | 552 => Trouble::Full,
                400..=499 => Trouble::Again,
                550 | 553 => Trouble::Missing,
                _ => Trouble::Other,
            };
            Error::new(trouble, said)
        }
        // That is a certificate that nobody vouches for, or no TLS at all.
        FtpError::ConnectionError(e) if e.kind() == std::io::ErrorKind::InvalidData => Error::other(e.to_string()),
        FtpError::ConnectionError(e) => Error::again(e.to_string()),
        FtpError::SecureError(e) => Error::other(format!("{e}; a server without TLS takes `tls = \"off\"`")),
        e => Error::again(e.to_string()),
    }
}

impl Ftp {
    fn connect(&self) -> Result<RustlsFtpStream, Error> {
        let again = |e: std::io::Error| Error::again(e.to_string());
        let mut last = Error::new(Trouble::Missing, "there is no such host");
        for address in (self.host.as_str(), self.port).to_socket_addrs().map_err(again)? {
            let stream = match TcpStream::connect_timeout(&address, Duration::from_secs(15)) {
                Ok(stream) => stream,
                Err(e) => {
                    last = again(e);
                    continue;
                }
            };
            stream
                .set_read_timeout(Some(PATIENCE))
                .and_then(|()| stream.set_write_timeout(Some(PATIENCE)))
                .map_err(again)?;
            let mut ftp = RustlsFtpStream::connect_with_stream(stream).map_err(failed)?;
            if let Some(tls) = &self.tls {
                ftp = ftp.into_secure(RustlsConnector::from(tls.clone()), &self.host).map_err(|e| match failed(e) {
                    e if e.trouble == Trouble::Again => e,
                    e => Error::new(Trouble::Denied, format!("no encrypted connection: {}", e.message)),
                })?;
            }
            ftp.set_mode(if address.is_ipv6() { Mode::ExtendedPassive } else { Mode::Passive });
            ftp.set_passive_nat_workaround(true);
            let mut ftp = ftp.passive_stream_builder(|address| {
                let stream =
                    TcpStream::connect_timeout(&address, Duration::from_secs(15)).map_err(FtpError::ConnectionError)?;
                let patient =
                    stream.set_read_timeout(Some(PATIENCE)).and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
                patient.map_err(FtpError::ConnectionError).map(|()| stream)
            });
            ftp.login(self.login.user.as_str(), self.login.password.as_str()).map_err(failed)?;
            ftp.transfer_type(FileType::Binary).map_err(failed)?;
            return Ok(ftp);
        }
        Err(last)
    }

    /// Does something over a connection, which is used again unless it broke.
    fn run<T>(&self, act: impl FnOnce(&mut RustlsFtpStream) -> Result<T, FtpError>) -> Result<T, Error> {
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let mut ftp = match idle {
            Some(ftp) => ftp,
            None => self.connect()?,
        };
        let done = act(&mut ftp).map_err(failed);
        let whole = done.is_ok() || done.as_ref().is_err_and(|e| e.trouble == Trouble::Missing);
        if whole && let Ok(mut idle) = self.idle.lock() {
            idle.push(ftp);
        }
        done
    }

    fn path(&self, key: &str) -> Result<String, Error> {
        if key.contains(char::is_control) {
            return Err(Error::other(format!("`{}` cannot be named over FTP", key.escape_default())));
        }
        Ok(match (self.root.is_empty(), key.is_empty()) {
            (true, _) => key.to_string(),
            (false, true) => self.root.clone(),
            (false, false) => format!("{}/{key}", self.root),
        })
    }

    /// Makes the folders that a key lies in. Those that are there are refused.
    fn make_dirs(&self, key: &str) -> Result<(), Error> {
        let path = self.path(key)?;
        for (at, _) in path.match_indices('/').filter(|(at, _)| *at > 0) {
            match self.run(|ftp| ftp.mkdir(&path[..at])) {
                Err(e) if !matches!(e.trouble, Trouble::Missing | Trouble::Other) => return Err(e),
                _ => {}
            }
        }
        Ok(())
    }

    fn with_dirs<T>(&self, key: &str, act: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
        match act() {
            Err(e) if e.trouble == Trouble::Missing => {
                self.make_dirs(key)?;
                act()
            }
            done => done,
        }
    }

    fn remove(&self, key: &str) -> Result<(), Error> {
        let path = self.path(key)?;
        match self.run(|ftp| ftp.rm(&path)) {
            // Servers have one word for what is not there and what may not be done: what is still there tells.
            Err(e) if e.trouble == Trouble::Missing => match self.run(|ftp| ftp.size(&path)) {
                Ok(_) => Err(Error { trouble: Trouble::Denied, ..e }),
                Err(_) => Ok(()),
            },
            done => done,
        }
    }
}

impl Store for Ftp {
    fn lock(&self) -> Lock {
        KIND.can.lock
    }

    fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        let path = self.path(key)?;
        match self.run(|ftp| ftp.retr_as_buffer(&path)) {
            Ok(bytes) => Ok(Some(Object { bytes: bytes.into_inner(), version: None })),
            Err(e) if e.trouble == Trouble::Missing => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn put(&self, key: &str, bytes: Bytes<'_>, _: &Metadata, when: When<'_>) -> Result<Option<String>, Error> {
        let place = self.path(key)?;
        if when == When::Absent {
            // A folder is made once; files are replaced without a word.
            let claim = self.path(&format!("{key}.d"))?;
            match self.run(|ftp| ftp.mkdir(&claim)) {
                Err(e) if matches!(e.trouble, Trouble::Missing | Trouble::Other) => {
                    self.make_dirs(key)?;
                    self.run(|ftp| ftp.mkdir(&claim)).map_err(|e| match e.trouble {
                        Trouble::Missing | Trouble::Other => Error { trouble: Trouble::Conflict, ..e },
                        _ => e,
                    })?;
                }
                done => done?,
            }
        }
        let part = format!("{PART}/{:x}-{}", std::process::id(), self.count.fetch_add(1, Ordering::Relaxed));
        let aside = self.path(&part)?;
        self.with_dirs(&part, || {
            let mut from: Box<dyn Read> = match bytes {
                Bytes::Here(bytes) => Box::new(Cursor::new(bytes)),
                Bytes::File(path, _) => Box::new(std::fs::File::open(path).map_err(|e| Error::other(e.to_string()))?),
            };
            self.run(|ftp| ftp.put_file(&aside, &mut from))
        })?;
        let moved = self.with_dirs(key, || self.run(|ftp| ftp.rename(&aside, &place)));
        let moved = match moved {
            // A server that moves nothing over what is there.
            Err(e) if matches!(e.trouble, Trouble::Missing | Trouble::Other) => {
                self.remove(key).and_then(|()| self.run(|ftp| ftp.rename(&aside, &place)))
            }
            moved => moved,
        };
        if moved.is_err() {
            let _ = self.remove(&part);
        }
        // Missing stands for "refused" here: the part was there.
        moved
            .map(|()| None)
            .map_err(|e| if e.trouble == Trouble::Missing { Error { trouble: Trouble::Denied, ..e } } else { e })
    }

    fn delete(&self, keys: &[String]) -> Result<(), Error> {
        for key in keys {
            self.remove(key)?;
            if key == crate::publish::index::LOCK {
                let claim = self.path(&format!("{key}.d"))?;
                let _ = self.run(|ftp| ftp.rmdir(&claim));
            }
            let mut dir = key.as_str();
            while let Some(at) = dir.rfind('/') {
                dir = &dir[..at];
                let path = self.path(dir)?;
                // Refused where something is left in it, and then it stays.
                if self.run(|ftp| ftp.rmdir(&path)).is_err() {
                    break;
                }
            }
        }
        Ok(())
    }

    fn tidy(&self) -> Result<(), Error> {
        self.list(PART)?.iter().try_for_each(|part| self.remove(part))?;
        let path = self.path(PART)?;
        self.run(|ftp| ftp.rmdir(&path))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let (mut folders, mut keys) = (vec![prefix.trim_end_matches('/').to_string()], Vec::new());
        while let Some(folder) = folders.pop() {
            let path = self.path(&folder)?;
            let lines = match self.run(|ftp| ftp.mlsd(Some(&path))) {
                Err(e) if matches!(e.trouble, Trouble::Missing | Trouble::Other) => continue,
                lines => lines?,
            };
            for file in lines.iter().filter_map(|line| ListParser::parse_mlsd(line).ok()) {
                let key = if folder.is_empty() { file.name().to_string() } else { format!("{folder}/{}", file.name()) };
                match () {
                    () if [".", ".."].contains(&file.name()) => {}
                    () if file.is_directory() => folders.push(key),
                    () => keys.push(key),
                }
            }
        }
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_list_is_read() {
        const WORDS: &[&str] = &[
            "type=file;",
            "type=dir;",
            "size=12;",
            "size=",
            "modify=20261122090000;",
            "modify=",
            "perm=r;",
            "UNIX.mode=0644;",
            ";",
            " ",
            "a.html",
            "é",
            "=",
            "9999999999999999999999",
        ];
        bolero::check!().with_iterations(2000).for_each(|seed: &[u8]| {
            let text: String = seed.iter().map(|b| WORDS[usize::from(*b) % WORDS.len()]).collect();
            let _ = ListParser::parse_mlsd(&text);
        });
    }
}
