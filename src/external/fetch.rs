//! One request to another site. A body is read only where a part of the page is looked for, and no further than [`LONGEST`].

use super::{Answer, Ask, Clock};
use crate::check::Verdict;
use crate::check::dom::Dom;
use crate::text;
use std::io::Read as _;
use std::time::Duration;
use ureq::http::{HeaderMap, Request};
use ureq::{Agent, Body};

/// Bytes of a page in which a part is looked for.
const LONGEST: u64 = 4 << 20;

/// Other sites, as they are reached from this machine.
pub struct Web {
    agent: Agent,
    /// For this machine itself: no proxy stands before it.
    local: Agent,
    clock: Clock,
}

impl Web {
    /// With what one request may take.
    pub fn new(timeout: Duration, clock: Clock) -> Web {
        let tls = crate::posting::tls();
        let config = || {
            Agent::config_builder()
                .max_redirects(0)
                .max_redirects_will_error(false)
                .http_status_as_error(false)
                .timeout_connect(Some(timeout.min(Duration::from_secs(15))))
                .timeout_global(Some(timeout))
                // Hosts take turns, and most are asked once.
                .max_idle_connections_per_host(1)
                .max_idle_connections(64)
                .user_agent(concat!("Mozilla/5.0 (compatible; hub/", env!("CARGO_PKG_VERSION"), "; link check)"))
                .tls_config(tls.clone())
        };
        Web { agent: config().build().new_agent(), local: config().proxy(None).build().new_agent(), clock }
    }

    fn send(&self, url: &str, fully: bool, part: Option<&str>) -> Result<Answer, ureq::Error> {
        let method = if fully { "GET" } else { "HEAD" };
        let request = Request::builder().method(method).uri(address(url)).header("accept", "*/*").body(())?;
        let agent = if is_local(url) { &self.local } else { &self.agent };
        let (parts, mut body) = agent.run(request)?.into_parts();
        let status = parts.status.as_u16();
        Ok(match status {
            200..=299 => match part {
                Some(part) => Answer::Final(look_for(part, &parts.headers, &mut body)),
                None => Answer::Final(Verdict::There),
            },
            301 | 302 | 303 | 307 | 308 => {
                let to = parts.headers.get("location").and_then(|l| l.to_str().ok()).and_then(|to| join(url, to));
                match to {
                    Some(to) => Answer::Elsewhere(to, status == 301 || status == 308),
                    None => Answer::Final(Verdict::Unsure("it forwards to nowhere".to_string())),
                }
            }
            304 => Answer::Final(Verdict::There),
            429 | 503 => {
                let why = if status == 429 { "it gets too many requests" } else { "it is not available now" };
                Answer::Later(format!("{why} (status {status})"), asked_pause(&parts.headers, self.clock.today))
            }
            _ if !fully => Answer::AskFully,
            404 | 410 => Answer::Final(Verdict::Gone(status)),
            500..=599 => Answer::Later(format!("its server failed (status {status})"), None),
            _ => Answer::Final(Verdict::Unsure(format!("it turns programs away (status {status})"))),
        })
    }
}

impl Ask for Web {
    fn ask(&self, url: &str, fully: bool, part: Option<&str>) -> Answer {
        match self.send(url, fully, part) {
            Ok(answer) => answer,
            Err(ureq::Error::HostNotFound) => Answer::NoHost,
            Err(ureq::Error::Io(e)) if e.to_string().contains("failed to lookup address") => {
                // Where nobody can be asked for names, no name is wrong (EAI_AGAIN).
                let said = e.to_string();
                match said.contains("emporary failure") || said.contains("try again") {
                    true => Answer::Silent("its name cannot be looked up now".to_string()),
                    false => Answer::NoHost,
                }
            }
            Err(ureq::Error::Timeout(_)) => Answer::Silent("it did not answer in time".to_string()),
            Err(ureq::Error::Io(e)) => Answer::Silent(match e.kind() {
                std::io::ErrorKind::ConnectionRefused => "it takes no connection".to_string(),
                std::io::ErrorKind::TimedOut => "it did not answer in time".to_string(),
                _ => format!("the connection broke: {e}"),
            }),
            Err(ureq::Error::BadUri(_) | ureq::Error::Http(_)) => {
                Answer::Final(Verdict::Unsure("it is not an address that can be asked".to_string()))
            }
            // A method that the server breaks off at may be the reason.
            Err(ureq::Error::Protocol(_)) if !fully => Answer::AskFully,
            Err(e) => Answer::Silent(format!("the connection failed: {e}")),
        }
    }
}

/// What may stand in a request (RFC 3986): authors write letters of any alphabet.
fn address(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' => out.push_str(&format!("%{:02X}", c as u32)),
            c if c.is_ascii() && !c.is_ascii_control() => out.push(c),
            c => out.extend(c.to_string().bytes().map(|b| format!("%{b:02X}"))),
        }
    }
    // A host alone has the path `/`.
    let after = out.find("://").map_or(0, |i| i + 3);
    match out[after..].find(['/', '?']) {
        None => out.push('/'),
        Some(i) if out.as_bytes()[after + i] == b'?' => out.insert(after + i, '/'),
        Some(_) => {}
    }
    out
}

fn is_local(url: &str) -> bool {
    let host = text::origin(url).and_then(|o| o.split("://").nth(1)).unwrap_or_default();
    host.starts_with("127.") || host.starts_with("[::1]") || host.split(':').next() == Some("localhost")
}

/// Where a `Location` leads (RFC 9110, section 10.2.2), without its part.
fn join(from: &str, to: &str) -> Option<String> {
    let to = to.trim().split('#').next().unwrap_or_default();
    let origin = text::origin(from)?;
    if text::origin(to).is_some() {
        return Some(to.to_string());
    }
    if let Some(rest) = to.strip_prefix("//") {
        return Some(format!("{}//{rest}", from.split("//").next()?));
    }
    if text::is_external(to) || to.is_empty() {
        return None;
    }
    if to.starts_with('/') {
        return Some(format!("{origin}{to}"));
    }
    let path = from[origin.len()..].split(['?', '#']).next().unwrap_or_default();
    if to.starts_with('?') {
        return Some(format!("{origin}{path}{to}"));
    }
    let dir = &path[..path.rfind('/').map_or(0, |i| i + 1)];
    let (way, query) = to.split_at(to.find('?').unwrap_or(to.len()));
    let slash = if way.ends_with('/') { "/" } else { "" };
    let joined = crate::source::normalize(dir, way)?;
    Some(format!("{origin}/{joined}{slash}{query}").replace("//?", "/?"))
}

/// Looks for a part of a page. What is no HTML has parts of its own kind, and a page too long to read may have it.
fn look_for(part: &str, headers: &HeaderMap, body: &mut Body) -> Verdict {
    let html = headers.get("content-type").and_then(|t| t.to_str().ok()).is_some_and(|t| t.contains("html"));
    let mut bytes = Vec::new();
    if !html || body.as_reader().take(LONGEST).read_to_end(&mut bytes).is_err() || bytes.len() as u64 >= LONGEST {
        return Verdict::There;
    }
    let mut dom = Dom::default();
    dom.read(&bytes);
    let wanted = text::percent_decode(part).unwrap_or_default();
    // GitHub puts a word before the ids of what its users write, and a script leads there.
    let users = format!("user-content-{wanted}");
    let is = |id: &str| id == wanted || id == part || id == users;
    let has = dom.all().any(|e| e.get("id").is_some_and(is) || e.name() == "a" && e.get("name").is_some_and(is));
    if has || wanted == "top" { Verdict::There } else { Verdict::NoPart }
}

/// The pause of `Retry-After` (RFC 9110, section 10.2.3).
fn asked_pause(headers: &HeaderMap, now: i64) -> Option<Duration> {
    let after = headers.get("retry-after")?.to_str().ok()?.trim();
    let until = || jiff::fmt::rfc2822::parse(after).ok().map(|at| at.timestamp().as_second() - now);
    let seconds = after.parse::<i64>().ok().or_else(until)?;
    Some(Duration::from_secs(seconds.max(0).unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_forward_is_followed_or_not() {
        const WORDS: &[&str] = &[
            "https://", "http://", "a.io", "//", "/", "..", "?", "#", "q", "é", "%", "[::1]", ":", "@", " ", "mailto:",
            "\\",
        ];
        bolero::check!().with_iterations(2000).for_each(|seed: &[u8]| {
            let text: String = seed.iter().map(|b| WORDS[usize::from(*b) % WORDS.len()]).collect();
            if let Some(to) = join("https://a.io/x/y?z", &text) {
                address(&to);
            }
            join(&text, "../x");
            address(&text);
            is_local(&text);
        });
    }

    #[test]
    fn addresses_are_as_requests_want_them() {
        assert_eq!(address("https://a.io"), "https://a.io/");
        assert_eq!(address("https://a.io?q=a b"), "https://a.io/?q=a%20b");
        assert_eq!(address("https://a.io/ü"), "https://a.io/%C3%BC");
    }

    #[test]
    fn forwards_are_resolved() {
        let from = "https://a.io/x/y?z";
        for (to, is) in [
            ("https://b.io/", "https://b.io/"),
            ("//b.io/q", "https://b.io/q"),
            ("/q#r", "https://a.io/q"),
            ("q/", "https://a.io/x/q/"),
            ("../q?r", "https://a.io/q?r"),
            ("?r", "https://a.io/x/y?r"),
        ] {
            assert_eq!(join(from, to).as_deref(), Some(is), "{to}");
        }
        assert_eq!(join(from, "mailto:x@y.z"), None);
    }
}
