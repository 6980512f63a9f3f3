//! A web server on this machine: for a folder, as hosts of static sites serve it, or for what a test says.

use crate::servers::{Asked, read};
use std::collections::HashMap;
use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// An answer: its status, headers and body.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status, headers: Vec::new(), body: body.into() }
    }

    pub fn json(status: u16, body: &serde_json::Value) -> Answer {
        Answer::new(status, body.to_string()).with("content-type", "application/json")
    }

    pub fn with(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.to_string(), value.to_string()));
        self
    }
}

/// What goes wrong with requests.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This status, with nothing done.
    Status(u16),
    /// Too many requests; wait this many seconds.
    Busy(u32),
    /// The connection ends before the answer, with nothing done.
    Cut,
    /// Everything is done, and then the connection ends before the answer.
    CutAfter,
}

/// A server that runs until the test ends.
pub struct Web {
    pub origin: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    asked: Mutex<Vec<Asked>>,
    /// Faults to come, by the start of `METHOD /path`.
    faults: Mutex<HashMap<String, Vec<Fault>>>,
}

impl Web {
    pub fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Web {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let shared: Arc<Shared> = Arc::default();
        let (kept, answer) = (shared.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, answer) = (kept.clone(), answer.clone());
                std::thread::spawn(move || serve(stream, &shared, &*answer));
            }
        });
        Web { origin, shared }
    }

    /// Serves a folder: `index.html` for a folder's address, `404.html` for what is not there.
    pub fn folder(dir: impl Into<PathBuf>) -> Web {
        let dir = dir.into();
        Web::start(move |asked| {
            let path = asked.path.split('?').next().unwrap_or_default().trim_start_matches('/');
            let path =
                if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_string() };
            match std::fs::read(dir.join(&path)) {
                Ok(bytes) if !path.contains("..") => Answer::new(200, bytes),
                _ => Answer::new(404, std::fs::read(dir.join("404.html")).unwrap_or_default()),
            }
        })
    }

    /// The next requests that begin so, such as `POST /deploys`, go wrong like this, one after the other.
    pub fn fail(&self, start: &str, faults: &[Fault]) {
        self.shared.faults.lock().expect("faults").insert(start.to_string(), faults.to_vec());
    }

    /// Every request so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().expect("requests").clone()
    }

    /// Method and path of every request since the last time.
    pub fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.asked.lock().expect("requests"))
            .iter()
            .map(|a| format!("{} {}", a.method, a.path))
            .collect()
    }
}

impl Shared {
    fn fault(&self, asked: &Asked) -> Option<Fault> {
        let line = format!("{} {}", asked.method, asked.path);
        let mut faults = self.faults.lock().expect("faults");
        let (_, next) = faults.iter_mut().find(|(start, next)| line.starts_with(*start) && !next.is_empty())?;
        Some(next.remove(0))
    }
}

fn serve(stream: TcpStream, shared: &Shared, answer: &dyn Fn(&Asked) -> Answer) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    while let Some(asked) = read(&mut reader) {
        shared.asked.lock().expect("requests").push(asked.clone());
        let answered = match shared.fault(&asked) {
            Some(Fault::Status(status)) => Answer::new(status, "a bad moment"),
            Some(Fault::Busy(seconds)) => Answer::new(429, "slower").with("retry-after", &seconds.to_string()),
            Some(Fault::Cut) => return,
            Some(Fault::CutAfter) => {
                answer(&asked);
                return;
            }
            None => answer(&asked),
        };
        let mut out = format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\n", answered.status, answered.body.len());
        for (name, value) in &answered.headers {
            out.push_str(&format!("{name}: {value}\r\n"));
        }
        out.push_str("\r\n");
        let mut bytes = out.into_bytes();
        if asked.method != "HEAD" {
            bytes.extend_from_slice(&answered.body);
        }
        if (&stream).write_all(&bytes).is_err() {
            return;
        }
    }
}
