//! What a browser asks the desk for, and whether it may.

use crate::leads::body::{self, Pair};
use crate::text;

/// How something is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`, and `HEAD`, whose body the server leaves out.
    Get,
    /// `POST`.
    Post,
}

/// What a browser asks for.
pub struct Request<'a> {
    /// How.
    pub method: Method,
    /// The path below `/_hub/`, decoded: `inbox/download`; empty for the desk itself.
    pub path: &'a str,
    /// The query as it was sent, without `?`.
    pub query: &'a str,
    /// The value of a header, by its name in lower case.
    pub headers: &'a dyn Fn(&str) -> Option<String>,
    /// The body. Of one that is longer than [`LONGEST_BODY`], its beginning is enough.
    pub body: &'a [u8],
}

/// The longest body that is read, in bytes: no form of ours is longer.
pub const LONGEST_BODY: usize = 64 * 1024;

/// The host of `http://host:port`, port included.
fn authority(origin: &str) -> &str {
    text::origin(origin).map_or("", |o| &o[o.find("://").map_or(0, |i| i + 3)..])
}

/// A host without its port.
fn name(authority: &str) -> &str {
    match authority.rfind(':') {
        Some(i) if authority[i + 1..].bytes().all(|b| b.is_ascii_digit()) => &authority[..i],
        _ => authority,
    }
}

impl Request<'_> {
    /// A header; empty if there is none.
    pub(super) fn header(&self, name: &str) -> String {
        (self.headers)(name).unwrap_or_default()
    }

    /// Whether it was meant for the preview at `base`. A name that somebody else's page made lead here is refused (DNS rebinding):
    /// only addresses in numbers, `localhost` and the name of `base` are ours. What is sent must come from a page of the preview.
    pub(super) fn is_for(&self, base: &str) -> bool {
        let host = self.header("host").to_ascii_lowercase();
        let bare = name(&host).trim_matches(['[', ']']);
        let numbers = bare.parse::<std::net::IpAddr>().is_ok();
        let known = numbers || bare == "localhost" || host == authority(base);
        known && (self.method == Method::Get || self.is_from_here(&host))
    }

    /// Whether a page of this host sent it.
    pub(super) fn is_from_here(&self, host: &str) -> bool {
        // No script of a page can set either. Fetch Metadata is newer, and is not sent over a network without TLS.
        match (self.headers)("sec-fetch-site") {
            Some(site) if site != "same-origin" => return false,
            _ => {}
        }
        match (self.headers)("origin").as_deref() {
            // The page asked for nobody to learn of it; Fetch Metadata says that it is ours.
            Some("null") | None => self.header("sec-fetch-site") == "same-origin",
            Some(origin) => authority(&origin.to_ascii_lowercase()) == host,
        }
    }

    /// A value of the query; empty if there is none.
    pub(super) fn asked(&self, name: &str) -> String {
        body::query(self.query).into_iter().find(|(n, _)| n == name).map(|(_, v)| v).unwrap_or_default()
    }

    /// What was sent.
    pub(super) fn fields(&self) -> Option<Vec<Pair>> {
        match self.method {
            Method::Get => Some(body::query(self.query)),
            Method::Post => body::fields(&self.header("content-type"), self.body),
        }
    }

    /// A field that was sent; empty if there is none.
    pub(super) fn field(&self, name: &str) -> String {
        let fields = self.fields().unwrap_or_default();
        fields.into_iter().find(|(n, _)| n == name).map(|(_, v)| v).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(method: Method, headers: &[(&str, &str)]) -> bool {
        let header = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string());
        let request = Request { method, path: "", query: "", headers: &header, body: b"" };
        request.is_for("http://preview.acme.io:1111")
    }

    #[test]
    fn names_that_lead_here_by_somebody_elses_doing_are_refused() {
        for host in ["127.0.0.1:1111", "[::1]:1111", "192.168.1.7:1111", "localhost:1111", "preview.acme.io:1111"] {
            assert!(asks(Method::Get, &[("host", host)]), "{host}");
        }
        for host in ["evil.example:1111", "127.0.0.1.evil.example", "localhost.evil.example:1111", ""] {
            assert!(!asks(Method::Get, &[("host", host)]), "{host}");
        }
    }

    #[test]
    fn only_pages_of_the_preview_send_something() {
        let host = ("host", "127.0.0.1:1111");
        let own = ("origin", "http://127.0.0.1:1111");
        assert!(asks(Method::Post, &[host, own]));
        assert!(asks(Method::Post, &[host, own, ("sec-fetch-site", "same-origin")]));
        assert!(asks(Method::Post, &[host, ("origin", "null"), ("sec-fetch-site", "same-origin")]));
        for other in ["http://evil.example", "http://127.0.0.1:2222", "null", "http://127.0.0.1:1111.evil.example"] {
            assert!(!asks(Method::Post, &[host, ("origin", other)]), "{other}");
        }
        assert!(!asks(Method::Post, &[host]));
        for site in ["cross-site", "same-site", "none"] {
            assert!(!asks(Method::Post, &[host, own, ("sec-fetch-site", site)]), "{site}");
        }
    }
}
