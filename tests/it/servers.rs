//! Local servers that speak Mastodon's and Bluesky's interfaces as they are documented, and fail as asked.

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What goes wrong with the next post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The server has a bad moment; nothing is kept.
    Broken,
    /// The post is kept, and the connection breaks before the answer.
    CutAfterAccept,
    /// Too many requests.
    Busy(u32),
    /// The post is refused.
    Refused,
    /// The post is kept, and whoever sends it is killed.
    KillAfterAccept,
}

/// A request as it arrived.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, v)| v)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What a server knows.
#[derive(Default)]
pub struct State {
    pub asked: Vec<Asked>,
    pub faults: VecDeque<Fault>,
    /// The posts that are out: their key, and what they are.
    pub posts: Vec<(String, Value)>,
    /// The process that is killed.
    pub victim: Option<u32>,
}

pub struct Server {
    pub origin: String,
    pub state: Arc<Mutex<State>>,
}

pub type Answer = (u16, Vec<(&'static str, String)>, Value);

impl Server {
    /// Serves until the test ends.
    fn start(answer: fn(&mut State, &Asked, &str) -> Option<Answer>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let state: Arc<Mutex<State>> = Arc::default();
        let (kept, own) = (state.clone(), origin.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, origin) = (kept.clone(), own.clone());
                std::thread::spawn(move || serve(stream, &state, answer, &origin));
            }
        });
        Server { origin, state }
    }

    pub fn mastodon() -> Server {
        Server::start(mastodon)
    }

    pub fn bluesky() -> Server {
        Server::start(bluesky)
    }

    pub fn faults(&self, faults: &[Fault]) {
        self.state.lock().expect("a state").faults = faults.iter().copied().collect();
    }

    pub fn posts(&self) -> Vec<Value> {
        self.state.lock().expect("a state").posts.iter().map(|(_, post)| post.clone()).collect()
    }

    pub fn asked(&self, path: &str) -> Vec<Asked> {
        let state = self.state.lock().expect("a state");
        state.asked.iter().filter(|a| a.path.starts_with(path)).cloned().collect()
    }
}

pub fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let mut asked = Asked { method: words.next()?.to_string(), path: words.next()?.to_string(), ..Asked::default() };
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        asked.headers.push((name.to_string(), value.to_string()));
    }
    let len: usize = asked.header("content-length").parse().unwrap_or(0);
    asked.body.resize(len, 0);
    stream.read_exact(&mut asked.body).ok()?;
    Some(asked)
}

fn serve(
    stream: TcpStream,
    state: &Mutex<State>,
    answer: fn(&mut State, &Asked, &str) -> Option<Answer>,
    origin: &str,
) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    while let Some(asked) = read(&mut reader) {
        let answered = {
            let mut state = state.lock().expect("a state");
            state.asked.push(asked.clone());
            answer(&mut state, &asked, origin)
        };
        let Some((status, headers, body)) = answered else { return };
        let body = body.to_string();
        let mut out =
            format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            out.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = &stream;
        if stream.write_all(format!("{out}\r\n{body}").as_bytes()).is_err() {
            return;
        }
    }
}

fn ok(body: Value) -> Option<Answer> {
    Some((200, Vec::new(), body))
}

fn error(status: u16, body: Value) -> Option<Answer> {
    Some((status, Vec::new(), body))
}

/// What a fault answers before the post is kept; `Err`: the post is kept, and there is no answer.
fn before(state: &mut State) -> Result<Option<Answer>, ()> {
    match state.faults.pop_front() {
        None => Ok(None),
        Some(Fault::Broken) => Ok(error(500, json!({ "error": "a bad moment" }))),
        Some(Fault::Refused) => Ok(error(422, json!({ "error": "Validation failed: text is too long" }))),
        Some(Fault::Busy(seconds)) => {
            Ok(Some((429, vec![("retry-after", seconds.to_string())], json!({ "error": "Too many requests" }))))
        }
        Some(Fault::CutAfterAccept) => Err(()),
        Some(Fault::KillAfterAccept) => {
            let victim = state.victim.expect("somebody to kill").to_string();
            let _ = std::process::Command::new("kill").args(["-9", &victim]).status();
            Err(())
        }
    }
}

/// docs.joinmastodon.org/methods/{accounts,media,statuses}.
fn mastodon(state: &mut State, asked: &Asked, origin: &str) -> Option<Answer> {
    if asked.header("authorization") != "Bearer m-token" {
        return error(401, json!({ "error": "The access token is invalid" }));
    }
    match (&*asked.method, asked.path.split('?').next().unwrap_or_default()) {
        ("GET", "/api/v1/accounts/verify_credentials") => ok(json!({ "id": "7", "username": "mara" })),
        ("GET", "/api/v1/accounts/7/statuses") => ok(state.posts.iter().rev().map(|(_, p)| p.clone()).collect()),
        ("POST", "/api/v2/media") => Some((202, Vec::new(), json!({ "id": "m1", "url": null }))),
        ("GET", "/api/v1/media/m1") => ok(json!({ "id": "m1", "url": "https://files/m1.png" })),
        ("POST", "/api/v1/statuses") => {
            let key = asked.header("idempotency-key").to_string();
            let fault = match before(state) {
                Ok(Some(answer)) => return Some(answer),
                Ok(None) => false,
                Err(()) => true,
            };
            let known = state.posts.iter().find(|(k, _)| *k == key && !key.is_empty()).map(|(_, p)| p.clone());
            let post = known.unwrap_or_else(|| {
                let mut post = asked.json();
                let id = (100 + state.posts.len()).to_string();
                let text = post["status"].as_str().unwrap_or_default().replace('&', "&amp;").replace('\n', "<br>");
                let words = text.split(' ').map(|w| match w.find("https://") {
                    Some(i) => format!("{}<a href=\"{1}\">{1}</a>", &w[..i], &w[i..]),
                    None => w.to_string(),
                });
                post["content"] = format!("<p>{}</p>", words.collect::<Vec<_>>().join(" ")).into();
                post["url"] = format!("{origin}/@mara/{id}").into();
                post["id"] = id.into();
                state.posts.push((key, post.clone()));
                post
            });
            if fault { None } else { ok(post) }
        }
        _ => error(404, json!({ "error": "Record not found" })),
    }
}

/// docs.bsky.app, lexicons `com.atproto.server.createSession` and `com.atproto.repo.*`.
fn bluesky(state: &mut State, asked: &Asked, _: &str) -> Option<Answer> {
    let body = asked.json();
    let path = asked.path.split('?').next().unwrap_or_default();
    if path == "/xrpc/com.atproto.server.createSession" {
        return match (body["identifier"].as_str(), body["password"].as_str()) {
            (Some("mara.test"), Some("b-password")) => {
                ok(json!({ "did": "did:plc:mara", "handle": "mara.test", "accessJwt": "b-jwt", "refreshJwt": "r" }))
            }
            _ => error(401, json!({ "error": "AuthenticationRequired", "message": "Invalid identifier or password" })),
        };
    }
    if asked.header("authorization") != "Bearer b-jwt" {
        return error(401, json!({ "error": "AuthMissing", "message": "Authentication Required" }));
    }
    let reference = |key: &str| json!({ "uri": format!("at://did:plc:mara/app.bsky.feed.post/{key}"), "cid": format!("cid-{key}") });
    match (&*asked.method, path) {
        ("POST", "/xrpc/com.atproto.repo.uploadBlob") => {
            let blob = json!({ "$type": "blob", "ref": { "$link": "bafk" }, "mimeType": asked.header("content-type"), "size": asked.body.len() });
            ok(json!({ "blob": blob }))
        }
        ("GET", "/xrpc/com.atproto.repo.getRecord") => {
            let key = asked.path.split("rkey=").nth(1).unwrap_or_default();
            match state.posts.iter().find(|(k, _)| k == key) {
                Some(_) => ok(reference(key)),
                None => error(400, json!({ "error": "RecordNotFound", "message": "Could not locate record" })),
            }
        }
        ("POST", "/xrpc/com.atproto.repo.createRecord") => {
            let key = body["rkey"].as_str().unwrap_or_default().to_string();
            let fault = match before(state) {
                Ok(Some(answer)) => return Some(answer),
                Ok(None) => false,
                Err(()) => true,
            };
            if state.posts.iter().any(|(k, _)| *k == key) {
                return error(500, json!({ "error": "InternalServerError", "message": "Internal Server Error" }));
            }
            state.posts.push((key.clone(), body["record"].clone()));
            if fault { None } else { ok(reference(&key)) }
        }
        _ => error(404, json!({ "error": "XRPCNotSupported" })),
    }
}
