//! One server, spoken to over HTTPS: retries where that helps, no redirects, and no word of secrets.

use jiff::Timestamp;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::{HeaderMap, Request, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

/// Time, as the commands have it.
#[derive(Clone, Copy)]
pub struct Clock {
    /// The moment.
    pub now: fn() -> Timestamp,
    /// Lets time pass.
    pub sleep: fn(Duration),
}

/// Why something could not be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What to say.
    pub message: String,
    /// Whether the network refused it, so that nothing is out.
    pub refused: bool,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error {
    /// Nothing was sent.
    pub fn refused(message: impl Into<String>) -> Error {
        Error { message: message.into(), refused: true }
    }

    /// Nobody knows what arrived.
    pub fn unknown(message: impl Into<String>) -> Error {
        Error { message: message.into(), refused: false }
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body; null where it is not JSON.
    pub body: Value,
}

impl Reply {
    /// Whether it is a success.
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Text in the body.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.body.get(key)?.as_str()
    }

    /// What the server says is wrong, in a line.
    pub fn why(&self) -> String {
        let said = ["error_description", "message", "error"].iter().find_map(|key| self.text(key)).unwrap_or_default();
        let said: String = said.chars().filter(|c| !c.is_control()).take(200).collect();
        if said.is_empty() { format!("status {}", self.status) } else { format!("{said} (status {})", self.status) }
    }
}

/// A request, to be sent as often as needed.
pub struct Call<'a> {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty for none.
    pub body: &'a [u8],
}

/// A server.
pub struct Client {
    agent: Agent,
    origin: String,
    token: Option<String>,
    clock: Clock,
}

/// How often a request is sent, at the most.
const TRIES: u32 = 4;
/// The first pause; each next one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);
/// A server that asks for a longer pause is left alone.
const LONGEST_PAUSE: i64 = 90;
/// No answer of these interfaces is longer.
const LONGEST_REPLY: u64 = 4 << 20;

/// Certificates are those that this machine trusts, a company's own among them. Without any, every server is refused.
pub fn tls() -> TlsConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let trusted = rustls_native_certs::load_native_certs().certs;
    let trusted = trusted.iter().map(|c| Certificate::from_der(c).to_owned()).collect::<Vec<_>>();
    TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(trusted)))
        .unversioned_rustls_crypto_provider(provider)
        .build()
}

/// The same for connections that are no HTTP.
pub fn tls_client() -> Result<rustls::ClientConfig, rustls::Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let builder = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    Ok(builder.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth())
}

/// The origin of a server's address: `https`, or `http` on this machine, and nothing behind the host.
pub fn origin(url: &str) -> Option<String> {
    let url = url.trim().trim_end_matches('/');
    let (scheme, host) = url.split_once("://")?;
    let local = crate::text::is_this_machine(host);
    let fits =
        !crate::text::host_name(host).is_empty() && !host.contains(['/', '?', '#', '@', ' ', '\\']) && host.is_ascii();
    (fits && (scheme == "https" || scheme == "http" && local)).then(|| url.to_string())
}

impl Client {
    /// A server by its origin.
    pub fn new(origin: &str, clock: Clock) -> Client {
        let local = origin.starts_with("http://");
        let mut config = Agent::config_builder()
            .https_only(!local)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(15)))
            .timeout_global(Some(Duration::from_secs(60)))
            .user_agent(concat!("hub/", env!("CARGO_PKG_VERSION")));
        config = match local {
            true => config.proxy(None),
            false => config.tls_config(tls()),
        };
        Client { agent: config.build().new_agent(), origin: origin.to_string(), token: None, clock }
    }

    /// The same server, signed in.
    pub fn with_token(self, token: &str) -> Client {
        Client { token: Some(token.to_string()), ..self }
    }

    /// Sends a request until there is an answer that another try would not change. What the server refuses is an answer.
    pub fn send(&self, call: &Call<'_>) -> Result<Reply, Error> {
        let host = self.origin.split("://").nth(1).unwrap_or_default();
        let mut pause = PAUSE;
        let mut last = String::new();
        for attempt in 1..=TRIES {
            let wait = match self.once(call) {
                Ok((reply, headers)) if reply.status == 429 => {
                    last = "it gets too many requests".to_string();
                    let seconds = asked_pause(&headers, (self.clock.now)()).unwrap_or(pause.as_secs() as i64 + 1);
                    if seconds > LONGEST_PAUSE {
                        return Err(Error::refused(format!(
                            "`{host}` asks to wait for {seconds} seconds; try again then"
                        )));
                    }
                    Duration::from_secs(seconds.max(0).unsigned_abs())
                }
                Ok((reply, _)) if reply.status >= 500 => {
                    last = reply.why();
                    pause
                }
                Ok((reply, _)) => return Ok(reply),
                Err(e) => {
                    last = match e {
                        ureq::Error::Io(e) => e.to_string(),
                        ureq::Error::HostNotFound => return Err(Error::refused(format!("there is no host `{host}`"))),
                        e => e.to_string(),
                    };
                    pause
                }
            };
            if attempt < TRIES {
                (self.clock.sleep)(wait);
                pause *= 2;
            }
        }
        Err(Error::unknown(format!("`{host}` did not take it in {TRIES} tries: {last}")))
    }

    fn once(&self, call: &Call<'_>) -> Result<(Reply, HeaderMap), ureq::Error> {
        let mut request = Request::builder().method(call.method).uri(format!("{}{}", self.origin, call.path));
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let response: Response<Body> = match call.method {
            "GET" => self.agent.run(request.body(())?)?,
            _ => self.agent.run(request.body(call.body)?)?,
        };
        let (parts, mut body) = response.into_parts();
        let bytes = body.with_config().limit(LONGEST_REPLY).read_to_vec()?;
        let reply = Reply { status: parts.status.as_u16(), body: serde_json::from_slice(&bytes).unwrap_or_default() };
        Ok((reply, parts.headers))
    }

    /// Lets the server get on with something.
    pub fn pause(&self) {
        (self.clock.sleep)(PAUSE);
    }

    /// Asks for something.
    pub fn get(&self, path: impl Into<String>) -> Result<Reply, Error> {
        self.send(&Call { method: "GET", path: path.into(), headers: Vec::new(), body: &[] })
    }

    /// Sends JSON.
    pub fn post(&self, path: &str, headers: Vec<(&'static str, String)>, json: &Value) -> Result<Reply, Error> {
        let mut headers = headers;
        headers.push(("content-type", "application/json".to_string()));
        self.send(&Call { method: "POST", path: path.to_string(), headers, body: json.to_string().as_bytes() })
    }
}

/// The seconds that a server asks to wait: `Retry-After` (RFC 9110, section 10.2.3), else the end of its window, as Mastodon
/// (`X-RateLimit-Reset`, RFC 3339) and Bluesky (`RateLimit-Reset`, seconds since 1970) say it.
fn asked_pause(headers: &HeaderMap, now: Timestamp) -> Option<i64> {
    let value = |name: &str| headers.get(name)?.to_str().ok();
    let until = |at: Timestamp| at.as_second() - now.as_second() + 1;
    if let Some(after) = value("retry-after") {
        let date = || jiff::fmt::rfc2822::parse(after).ok().map(|z| until(z.timestamp()));
        return after.trim().parse().ok().or_else(date);
    }
    if let Some(reset) = value("x-ratelimit-reset").and_then(|t| t.parse::<Timestamp>().ok()) {
        return Some(until(reset));
    }
    let reset = value("ratelimit-reset")?.parse().ok()?;
    Some(until(Timestamp::from_second(reset).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_spoken_to_over_https_or_on_this_machine() {
        for good in ["https://mastodon.social", "https://m.example:8443/", "http://127.0.0.1:9", "http://[::1]:80"] {
            assert_eq!(origin(good).as_deref(), Some(good.trim_end_matches('/')), "{good}");
        }
        for bad in [
            "http://mastodon.social",
            "mastodon.social",
            "https://a.io/x",
            "https://u@a.io",
            "https://",
            "ftp://a.io",
            "http://127.0.0.1.a.io",
            "http://localhost.a.io",
        ] {
            assert_eq!(origin(bad), None, "{bad}");
        }
    }

    #[test]
    fn pauses_are_read_as_servers_write_them() {
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().expect("a time");
        let asked = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().expect("a header"));
            asked_pause(&headers, now)
        };
        assert_eq!(asked("retry-after", "7"), Some(7));
        assert_eq!(asked("retry-after", "Sun, 22 Nov 2026 09:00:09 GMT"), Some(10));
        assert_eq!(asked("x-ratelimit-reset", "2026-11-22T09:05:00.000Z"), Some(301));
        assert_eq!(asked("ratelimit-reset", &(now.as_second() + 5).to_string()), Some(6));
        assert_eq!(asked("retry-after", "soon"), None);
    }
}
