//! WebDAV (RFC 4918). A file is put beside the site and moved to its place, since few servers put one in a single step.

use super::{Can, Keep, Kind, Lock, Target, World, optional_text, required};
use crate::publish::credentials;
use crate::publish::door::{Bytes, Door, Error, Metadata, Object, Store, Trouble, When};
use crate::publish::http::{Answer, Ask, Http};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::atomic::{AtomicUsize, Ordering};
use zeroize::Zeroizing;

/// The row of WebDAV.
pub(super) const KIND: Kind = Kind {
    name: "webdav",
    title: "WebDAV",
    settings: &[
        required("url", "The address of the folder that holds the site."),
        optional_text("user", "The name that hub signs in with."),
    ],
    credentials: "`WEBDAV_USER` and `WEBDAV_PASSWORD`, else the machine of `~/.netrc`",
    can: Can { keep: Keep::Copies, headers: false, compress: false, lock: Lock::Create },
    open,
};

/// Where files wait until they are whole.
const PART: &str = ".hub-part";

struct WebDav {
    http: Http,
    base: String,
    authorization: Zeroizing<String>,
    count: AtomicUsize,
}

fn open(target: &Target, world: &World) -> Result<Door, Error> {
    let base = target.required("url").trim_end_matches('/').to_string();
    let http = Http::to(&base)?;
    let host = crate::text::origin(&base).and_then(|o| o.rsplit('/').next()).unwrap_or_default();
    let host = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    let login = credentials::login(world, "WEBDAV", host, target.text("user"))?;
    let pair = Zeroizing::new(format!("{}:{}", login.user, *login.password));
    let authorization = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
    Ok(Door::Store(Box::new(WebDav { http, base, authorization, count: AtomicUsize::new(0) })))
}

fn said(answer: &Answer) -> String {
    match answer.status {
        401 => "the name or the password is wrong".to_string(),
        507 => "the server is full".to_string(),
        _ => String::new(),
    }
}

impl WebDav {
    fn url(&self, key: &str) -> String {
        format!("{}/{}", self.base, crate::text::encode_path(key))
    }

    fn ask(
        &self,
        method: &str,
        key: &str,
        headers: Vec<(&'static str, String)>,
        body: Option<Bytes<'_>>,
    ) -> Result<Answer, Error> {
        let url = self.url(key);
        let mut all = vec![("authorization", self.authorization.to_string())];
        all.extend(headers);
        self.http.send(&Ask { method, url: &url, headers: all, body })
    }

    /// Makes a folder, by its address, and those that it lies in.
    fn make_dir(&self, url: &str) -> Result<(), Error> {
        let make = || {
            let headers = vec![("authorization", self.authorization.to_string())];
            self.http.send(&Ask { method: "MKCOL", url, headers, body: None })
        };
        let above = url.trim_end_matches('/').rfind('/').map_or("", |at| &url[..=at]);
        let answer = match make()? {
            answer
                if [404, 409].contains(&answer.status)
                    && crate::text::origin(above) != Some(above.trim_end_matches('/')) =>
            {
                self.make_dir(above)?;
                make()?
            }
            answer => answer,
        };
        // It is there already.
        if answer.status == 405 { Ok(()) } else { answer.ok(said).map(drop) }
    }

    /// Makes the folders that a key lies in.
    fn make_dirs(&self, key: &str) -> Result<(), Error> {
        let url = self.url(key.trim_end_matches('/'));
        self.make_dir(url.rfind('/').map_or("", |at| &url[..=at]))
    }

    /// Does something that needs the folder of a key, and makes it if it is missing.
    fn with_dirs(&self, key: &str, act: impl Fn() -> Result<Answer, Error>) -> Result<Answer, Error> {
        let answer = act()?;
        if answer.status == 409 || answer.status == 404 {
            self.make_dirs(key)?;
            return act()?.ok(said);
        }
        answer.ok(said)
    }

    fn place(&self, method: &'static str, from: &str, to: &str) -> Result<Answer, Error> {
        let headers = || vec![("destination", self.url(to)), ("overwrite", "T".to_string())];
        self.ask(method, from, headers(), None)
    }
}

impl Store for WebDav {
    fn lock(&self) -> Lock {
        KIND.can.lock
    }

    fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        let answer = self.ask("GET", key, Vec::new(), None)?;
        if answer.status == 404 {
            return Ok(None);
        }
        let answer = answer.ok(said)?;
        Ok(Some(Object { version: answer.version(), bytes: answer.body }))
    }

    fn put(&self, key: &str, bytes: Bytes<'_>, meta: &Metadata, when: When<'_>) -> Result<Option<String>, Error> {
        let kind = || ("content-type", meta.content_type.to_string());
        if when == When::Absent {
            // A folder is made once, on every server (RFC 4918, section 9.3); a condition of PUT is heeded by few.
            let claim = format!("{key}.d/");
            let made = self.with_dirs(&claim[..claim.len() - 1], || self.ask("MKCOL", &claim, Vec::new(), None));
            match made {
                Err(e) if e.message.ends_with("(status 405)") || e.message == "status 405" => {
                    return Err(Error::new(Trouble::Conflict, "it is there"));
                }
                made => drop(made?),
            }
        }
        let part = format!("{PART}/{:x}-{}", std::process::id(), self.count.fetch_add(1, Ordering::Relaxed));
        self.with_dirs(&part, || self.ask("PUT", &part, vec![kind()], Some(bytes)))?;
        // The part is there, so what is missing is the folder that it moves to.
        let moved = self.with_dirs(key, || self.place("MOVE", &part, key));
        if moved.is_err() {
            let _ = self.ask("DELETE", &part, Vec::new(), None);
        }
        moved.map(|_| None)
    }

    fn delete(&self, keys: &[String]) -> Result<(), Error> {
        for key in keys {
            for key in
                [key.clone(), format!("{key}.d/")].iter().take(if key == crate::publish::index::LOCK { 2 } else { 1 })
            {
                let answer = self.ask("DELETE", key, Vec::new(), None)?;
                if answer.status != 404 {
                    answer.ok(said)?;
                }
            }
        }
        Ok(())
    }

    fn tidy(&self) -> Result<(), Error> {
        self.ask("DELETE", &format!("{PART}/"), Vec::new(), None)?.ok(said).map(drop)
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let base = self.base.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
        let base = crate::text::percent_decode(base).map(|b| b.into_owned()).unwrap_or_default();
        let (mut folders, mut keys) = (vec![prefix.to_string()], Vec::new());
        while let Some(folder) = folders.pop() {
            let answer = self.ask("PROPFIND", &folder, vec![("depth", "1".to_string())], None)?;
            if answer.status == 404 {
                continue;
            }
            let xml = String::from_utf8_lossy(&answer.ok(said)?.body).into_owned();
            for href in hrefs(&xml) {
                let path =
                    href.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or(&*href, |(_, path)| path);
                let path = path.trim_start_matches('/');
                let below = path.strip_prefix(&base).unwrap_or(path).trim_start_matches('/');
                match below.ends_with('/') || below.is_empty() {
                    true if below.len() > folder.len() => folders.push(below.to_string()),
                    true => {}
                    false => keys.push(below.to_string()),
                }
            }
        }
        Ok(keys)
    }

    fn copy(&self, from: &str, to: &str) -> Result<bool, Error> {
        let part = format!("{PART}/{:x}-{}", std::process::id(), self.count.fetch_add(1, Ordering::Relaxed));
        if !self.ask("HEAD", from, Vec::new(), None).is_ok_and(|answer| answer.is_ok()) {
            return Ok(false);
        }
        self.with_dirs(&part, || self.place("COPY", from, &part))?;
        self.with_dirs(to, || self.place("MOVE", &part, to)).map(|_| true)
    }
}

/// The addresses in an answer to PROPFIND, decoded. Servers choose the prefix of the namespace.
fn hrefs(xml: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in xml.split('<') {
        let Some((name, text)) = part.split_once('>') else { continue };
        if !name.starts_with('/') && name.rsplit(':').next().is_some_and(|n| n.trim().eq_ignore_ascii_case("href")) {
            let text = crate::text::plain(text);
            found.extend(crate::text::percent_decode(text.trim()).map(|t| t.into_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_answer_is_read() {
        const WORDS: &[&str] = &[
            "<d:href>",
            "</d:href>",
            "<href",
            "/>",
            ">",
            "<",
            "/dav/a%20b",
            "%",
            "%zz",
            "&amp;",
            "&#x110000;",
            "&#",
            "é",
            "http://x/",
            "\0",
        ];
        bolero::check!().with_iterations(2000).for_each(|seed: &[u8]| {
            let text: String = seed.iter().map(|b| WORDS[usize::from(*b) % WORDS.len()]).collect();
            hrefs(&text);
        });
    }

    #[test]
    fn addresses_are_read_whatever_the_prefix() {
        let xml = "<d:multistatus xmlns:d=\"DAV:\"><d:response><d:href>/dav/a%20b/</d:href></d:response><response><href>http://x/dav/a&amp;b.html</href></response></d:multistatus>";
        assert_eq!(hrefs(xml), ["/dav/a b/", "http://x/dav/a&b.html"]);
    }
}
