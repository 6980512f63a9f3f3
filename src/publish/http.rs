//! Hosts that are spoken to over HTTP: one request, one answer; what is wrong is sorted by what can be done about it.

use super::door::{Bytes, Error, Trouble};
use std::fs::File;
use std::time::Duration;
use ureq::http::{HeaderMap, Request, Response};
use ureq::{Agent, Body};

/// A request.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// `GET`, `PUT`, …
    pub method: &'a str,
    /// The whole address. It may be signed, so it is never shown.
    pub url: &'a str,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body; none for requests that have none.
    pub body: Option<Bytes<'a>>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// No answer that is read is longer: the manifest of a site of a million files.
const LONGEST: u64 = 1 << 30;
/// A server that says nothing for so long is gone.
const SILENCE: Duration = Duration::from_secs(60);

/// Connections to hosts.
#[derive(Clone)]
pub struct Http(Agent);

impl Http {
    /// Connections for an address: `https`, or `http` on this machine; anything else is refused, since credentials are sent.
    pub fn to(url: &str) -> Result<Http, Error> {
        let Some(origin) = crate::text::origin(url) else {
            return Err(Error::other(format!("`{}` is no address", shown(url))));
        };
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        if host.contains('@') {
            return Err(Error::other("a name or a password in an address is sent to nobody; take it out"));
        }
        let local = crate::text::is_this_machine(host);
        let secure = origin.starts_with("https://");
        if !secure && !local {
            let message = format!("`{}` is not encrypted; write `https://`", shown(url));
            return Err(Error::other(message));
        }
        let mut config = Agent::config_builder()
            .https_only(secure)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_idle_connections(64)
            .max_idle_connections_per_host(64)
            .timeout_connect(Some(Duration::from_secs(15)))
            .timeout_recv_response(Some(SILENCE))
            .timeout_per_read(Some(SILENCE))
            .timeout_per_write(Some(SILENCE))
            .user_agent(concat!("hub/", env!("CARGO_PKG_VERSION")));
        if local {
            config = config.proxy(None);
        }
        if secure {
            config = config.tls_config(crate::posting::tls());
        }
        Ok(Http(config.build().new_agent()))
    }

    /// Sends a request once. An answer of any status is an answer.
    pub fn send(&self, ask: &Ask<'_>) -> Result<Answer, Error> {
        let mut request = Request::builder().method(ask.method).uri(ask.url);
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        let broken =
            |_| Error::other("the request cannot be written: a setting has a character that addresses do not take");
        let response: Result<Response<Body>, ureq::Error> = match ask.body {
            None => self.0.run(request.body(()).map_err(broken)?),
            Some(Bytes::Here(bytes)) => self.0.run(request.body(bytes).map_err(broken)?),
            Some(Bytes::File(path, len)) => {
                let file = File::open(path).map_err(|e| Error::other(e.to_string()).of(&path.display().to_string()))?;
                // Stores do not take bodies of unknown length.
                self.0.run(request.header("content-length", len).body(&file).map_err(broken)?)
            }
        };
        let (parts, mut body) = response.map_err(unreachable)?.into_parts();
        let body = body.with_config().limit(LONGEST).read_to_vec().map_err(unreachable)?;
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

/// An address without what may be secret in it.
pub fn shown(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

fn unreachable(error: ureq::Error) -> Error {
    match error {
        ureq::Error::HostNotFound => Error::new(Trouble::Missing, "there is no such host"),
        // That is a certificate that nobody vouches for, or no TLS at all.
        ureq::Error::Io(e) if e.kind() == std::io::ErrorKind::InvalidData => Error::other(e.to_string()),
        ureq::Error::Io(e) => Error::again(e.to_string()),
        ureq::Error::Timeout(_) => Error::again("no answer in time"),
        // These may hold the address.
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => Error::other("the address cannot be used"),
        ureq::Error::Rustls(e) => Error::other(e.to_string()),
        e => Error::again(e.to_string()),
    }
}

impl Answer {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether it is a success.
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The version that the answer names.
    pub fn version(&self) -> Option<String> {
        self.header("etag").map(str::to_string)
    }

    /// The answer, if it is a success; else what is wrong, with what the server says about it (`said`; may be empty).
    pub fn ok(self, said: impl FnOnce(&Answer) -> String) -> Result<Answer, Error> {
        if self.is_ok() {
            return Ok(self);
        }
        let trouble = match self.status {
            408 | 425 | 429 | 500 | 502..=504 | 509 => Trouble::Again,
            401 | 403 | 407 => Trouble::Denied,
            404 | 410 => Trouble::Missing,
            409 | 412 => Trouble::Conflict,
            507 | 413 => Trouble::Full,
            _ => Trouble::Other,
        };
        let said: String = said(&self).chars().filter(|c| !c.is_control()).take(300).collect();
        let message = match said.trim() {
            "" => format!("status {}", self.status),
            said => format!("{said} (status {})", self.status),
        };
        let after = self.header("retry-after").and_then(|s| s.trim().parse().ok()).map(Duration::from_secs);
        Err(Error { trouble, message, after })
    }
}

/// The text of the first element of a name in an answer that is XML.
pub fn element(xml: &str, name: &str) -> Option<String> {
    let from = xml.find(&format!("<{name}>"))? + name.len() + 2;
    let to = from + xml[from..].find(&format!("</{name}>"))?;
    Some(crate::text::plain(&xml[from..to]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_nowhere_in_the_clear() {
        for good in ["https://s3.example", "http://127.0.0.1:9000/x", "http://localhost", "http://[::1]:80"] {
            assert!(Http::to(good).is_ok(), "{good}");
        }
        for bad in [
            "http://s3.example",
            "s3.example",
            "http://127.0.0.1.example",
            "ftp://127.0.0.1",
            "http://localhost.x/",
            "http://localhost:80@a.io",
        ] {
            assert!(Http::to(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn answers_are_sorted_by_what_can_be_done() {
        let of = |status: u16, after: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", after.parse().expect("a header"));
            let e = Answer { status, headers, body: Vec::new() }.ok(|_| "it\nis so".to_string()).expect_err("an error");
            (e.trouble, e.message, e.after.map(|d| d.as_secs()))
        };
        assert_eq!(of(503, "7"), (Trouble::Again, "itis so (status 503)".to_string(), Some(7)));
        assert_eq!(of(403, "soon").0, Trouble::Denied);
        assert_eq!(of(412, "").0, Trouble::Conflict);
        assert_eq!(of(507, "").0, Trouble::Full);
        assert_eq!(element("<Error><Code>A&amp;B</Code></Error>", "Code").as_deref(), Some("A&B"));
    }
}
