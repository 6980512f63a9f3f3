//! A web server on this machine: for a folder, as hosts of static sites serve it, or for what a test says.

use crate::harness::{Site, said};
use crate::servers::{Asked, read};
use std::collections::HashMap;
use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
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

/// The request at which whoever asks is killed.
#[derive(Clone, Copy, Debug)]
pub struct Doom {
    /// How many requests come before it.
    pub after: usize,
    /// Whether what it asks for is still done.
    pub done: bool,
}

/// A stand-in of a service: what it holds, behind a server.
pub struct StandIn<H> {
    pub web: Web,
    pub host: Arc<Mutex<H>>,
}

/// What a stand-in answers.
pub trait Service: Default + Send + 'static {
    /// What the token is told by.
    const TOKEN: (&'static str, &'static str);

    /// `origin` is that of the server.
    fn answer(&mut self, asked: &Asked, origin: &str) -> Answer;

    /// Other variables that lead hub here.
    fn variables(origin: &str) -> Vec<(&'static str, String)>;

    /// The published site, as readers see it.
    fn page(&self, path: &str) -> Answer;
}

impl<H: Service> StandIn<H> {
    pub fn start() -> StandIn<H> {
        let host: Arc<Mutex<H>> = Arc::default();
        let (kept, origin) = (host.clone(), Arc::new(Mutex::new(String::new())));
        let own = origin.clone();
        let web = Web::start(move |asked| {
            let origin = own.lock().expect("an origin").clone();
            kept.lock().expect("a host").answer(asked, &origin)
        });
        *origin.lock().expect("an origin") = web.origin.clone();
        StandIn { web, host }
    }

    pub fn command(&self, site: &Site, token: &str, args: &[&str]) -> Command {
        let mut command = site.command();
        command.arg("publish").args(args).envs(H::variables(&self.web.origin)).env(H::TOKEN.0, token);
        command
    }

    pub fn publish(&self, site: &Site, token: &str, args: &[&str]) -> Output {
        self.command(site, token, args).output().expect("hub runs")
    }

    /// Publishes, which must succeed; gives what hub said.
    pub fn done(&self, site: &Site, args: &[&str]) -> String {
        let output = self.publish(site, H::TOKEN.1, args);
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    }

    /// What a reader gets at a path.
    pub fn shows(&self, path: &str) -> String {
        String::from_utf8_lossy(&self.host.lock().expect("a host").page(path).body).into_owned()
    }
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
    /// Who is killed, and when.
    doom: Mutex<Option<(Doom, u32)>>,
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

    /// Runs a command that is killed at a request; whether it came so far.
    pub fn kill(&self, command: &mut Command, doom: Doom) -> bool {
        // No request arrives before the server knows who asks.
        let mut slot = self.shared.doom.lock().expect("a doom");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("hub runs");
        *slot = Some((doom, child.id()));
        drop(slot);
        child.wait().expect("it ends");
        self.shared.doom.lock().expect("a doom").take().is_none()
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
    /// Whether whoever sent this request is to be killed, and whether what it asks for is done.
    fn doomed(&self) -> Option<(bool, u32)> {
        let mut slot = self.doom.lock().expect("a doom");
        let (doom, pid) = slot.as_mut()?;
        if doom.after > 0 {
            doom.after -= 1;
            return None;
        }
        let doomed = (doom.done, *pid);
        *slot = None;
        Some(doomed)
    }

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
        if let Some((done, pid)) = shared.doomed() {
            if done {
                answer(&asked);
            }
            let killed = Command::new("kill").args(["-9", &pid.to_string()]).status();
            assert!(killed.is_ok_and(|status| status.success()));
            return;
        }
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
