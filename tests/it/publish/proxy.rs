//! What stands between hub and a server: it breaks connections, answers in the server's place, and remembers what passed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks before the server hears of it.
    Drop,
    /// The server does it, and the answer is lost.
    Lose,
    /// The proxy answers with this status.
    Answer(u16),
}

/// Something that changed, in the order in which readers could notice it.
#[derive(Clone, Debug)]
pub enum Event {
    /// A request is on its way: from here on readers may see what it does.
    Begun(Request),
    /// The server did it: from here on readers do see it.
    Done(Request),
}

#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub body: Arc<Vec<u8>>,
}

/// What happens to which request: its number, from 1, and itself.
pub type Rule = Box<dyn Fn(u64, &Request) -> Option<Fault> + Send + Sync>;

pub struct Proxy {
    pub port: u16,
    pub events: Arc<Mutex<Vec<Event>>>,
    pub rule: Arc<Mutex<Rule>>,
    /// How long every request takes longer.
    pub slow: Arc<AtomicU64>,
}

impl Proxy {
    /// A proxy that understands HTTP, in front of a port.
    pub fn http(to: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let rule: Arc<Mutex<Rule>> = Arc::new(Mutex::new(Box::new(|_, _| None)));
        let proxy = Proxy { port, events: Arc::default(), rule, slow: Arc::default() };
        let (events, rule, slow) = (proxy.events.clone(), proxy.rule.clone(), proxy.slow.clone());
        let count = Arc::new(AtomicU64::new(0));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (events, rule, slow, count) = (events.clone(), rule.clone(), slow.clone(), count.clone());
                std::thread::spawn(move || {
                    let mut from = BufReader::new(stream);
                    while serve(&mut from, to, &events, &rule, &slow, &count).is_some() {}
                    let _ = from.get_ref().shutdown(Shutdown::Both);
                });
            }
        });
        proxy
    }

    pub fn set(&self, rule: impl Fn(u64, &Request) -> Option<Fault> + Send + Sync + 'static) {
        *self.rule.lock().expect("a rule") = Box::new(rule);
    }

    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock().expect("events"))
    }
}

/// Reads the head of a message: its lines as they came, and the length of the body.
fn head(from: &mut impl BufRead) -> Option<(Vec<String>, usize)> {
    let (mut lines, mut len) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            return Some((lines, len));
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            len = value.trim().parse().ok()?;
        }
        lines.push(line);
    }
}

fn serve(
    from: &mut BufReader<TcpStream>,
    to: u16,
    events: &Mutex<Vec<Event>>,
    rule: &Mutex<Rule>,
    slow: &AtomicU64,
    count: &AtomicU64,
) -> Option<()> {
    let (lines, len) = head(from)?;
    let mut body = vec![0; len];
    from.read_exact(&mut body).ok()?;
    let mut words = lines.first()?.split_whitespace();
    let (method, path) = (words.next()?.to_string(), words.next()?.split('?').next()?.to_string());
    let request = Request { method, path, body: Arc::new(body) };
    let number = count.fetch_add(1, Ordering::SeqCst) + 1;
    std::thread::sleep(Duration::from_millis(slow.load(Ordering::SeqCst)));
    let fault = rule.lock().expect("a rule")(number, &request);
    match fault {
        Some(Fault::Drop) => return None,
        Some(Fault::Answer(status)) => {
            let body = "<Error><Code>SlowDown</Code><Message>later</Message></Error>";
            let answer =
                format!("HTTP/1.1 {status} No\r\nRetry-After: 0\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            return from.get_mut().write_all(answer.as_bytes()).ok();
        }
        _ => {}
    }
    events.lock().expect("events").push(Event::Begun(request.clone()));
    let mut server = BufReader::new(TcpStream::connect(("127.0.0.1", to)).ok()?);
    let mut text: String = lines.concat();
    text.push_str("Connection: close\r\n\r\n");
    server.get_mut().write_all(text.as_bytes()).ok()?;
    server.get_mut().write_all(&request.body).ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).ok()?;
    let ok = answer.get(9) == Some(&b'2');
    if ok {
        events.lock().expect("events").push(Event::Done(request));
    }
    if fault == Some(Fault::Lose) {
        return None;
    }
    from.get_mut().write_all(&answer).ok()?;
    // The server ended its answer with the connection.
    None
}

/// A proxy of any protocol, in front of a port: it cuts the first connections after so many bytes from hub.
pub fn cutting(to: u16, cuts: Vec<u64>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let mut cuts = cuts.into_iter();
    std::thread::spawn(move || {
        for hub in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else { continue };
            let (mut there, mut back) = (server.try_clone().expect("a stream"), hub.try_clone().expect("a stream"));
            let (mut from_hub, mut from_server) = (hub, server);
            let mut left = cuts.next().unwrap_or(u64::MAX);
            std::thread::spawn(move || {
                let mut piece = [0; 4096];
                while let Ok(n @ 1..) = from_hub.read(&mut piece) {
                    if there.write_all(&piece[..n]).is_err() || left <= n as u64 {
                        break;
                    }
                    left -= n as u64;
                }
                let _ = there.shutdown(Shutdown::Both);
                let _ = from_hub.shutdown(Shutdown::Both);
            });
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut from_server, &mut back);
                let _ = back.shutdown(Shutdown::Both);
            });
        }
    });
    port
}
