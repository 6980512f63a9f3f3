//! Links to other sites, against servers on this machine: 50 hosts, slow, flaky and gone ones among them.

use crate::harness::{Site, said};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a host is asked, and how often at once.
#[derive(Default)]
struct Seen {
    requests: Mutex<HashMap<String, usize>>,
    now: AtomicUsize,
    most: AtomicUsize,
    last: Mutex<Option<Instant>>,
    nearest: Mutex<Option<Duration>>,
}

impl Seen {
    fn count(&self, path: &str) -> usize {
        self.requests.lock().expect("a lock").get(path).copied().unwrap_or(0)
    }
}

/// A host that answers by the path: `/N/slow`, `/N/flaky`, `/gone`, `/moved`, `/busy`, `/headless`; anything else is there.
fn serve() -> (String, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let seen = Arc::new(Seen::default());
    let shared = seen.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let seen = shared.clone();
            std::thread::spawn(move || answer(stream, &seen));
        }
    });
    (origin, seen)
}

fn answer(stream: TcpStream, seen: &Seen) {
    let Ok(mut out) = stream.try_clone() else { return };
    let mut lines = BufReader::new(stream).lines();
    while let Some(Ok(first)) = lines.next() {
        while lines.next().is_some_and(|l| l.is_ok_and(|l| !l.is_empty())) {}
        let mut words = first.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default().to_string());
        let begun = Instant::now();
        if let Some(last) = seen.last.lock().expect("a lock").replace(begun) {
            let gap = begun - last;
            let mut nearest = seen.nearest.lock().expect("a lock");
            *nearest = Some(nearest.map_or(gap, |n| n.min(gap)));
        }
        seen.most.fetch_max(seen.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let nth = {
            let mut requests = seen.requests.lock().expect("a lock");
            let nth = requests.entry(path.clone()).or_insert(0);
            *nth += 1;
            *nth
        };
        if path.ends_with("slow") {
            std::thread::sleep(Duration::from_millis(60));
        }
        let body = if method == "GET" { "<!doctype html><h2 id=\"part\">x</h2>" } else { "" };
        let (status, more) = match path.as_str() {
            "/gone" => ("404 Not Found", ""),
            "/moved" => ("301 Moved Permanently", "location: /new\r\n"),
            "/round" => ("302 Found", "location: /round\r\n"),
            "/busy" if nth == 1 => ("429 Too Many Requests", "retry-after: 1\r\n"),
            "/closed" => ("503 Service Unavailable", "retry-after: 3600\r\n"),
            "/headless" if method == "HEAD" => ("405 Method Not Allowed", ""),
            "/broken" => ("500 Internal Server Error", ""),
            "/robots" => ("403 Forbidden", ""),
            p if p.ends_with("flaky") && nth == 1 => {
                seen.now.fetch_sub(1, Ordering::SeqCst);
                return;
            }
            _ => ("200 OK", ""),
        };
        seen.now.fetch_sub(1, Ordering::SeqCst);
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-type: text/html\r\n{more}content-length: {}\r\n\r\n", body.len());
        if out.write_all(head.as_bytes()).and_then(|()| out.write_all(body.as_bytes())).is_err() {
            return;
        }
    }
}

fn site(rules: &str, text: &str) -> Site {
    let site = Site::empty();
    site.put("site.toml", format!("title = \"T\"\nbase_url = \"https://acme.io\"\n[check.links]\n{rules}"));
    site.put("content/articles/a.md", format!("+++\ntitle = \"A\"\n+++\n{text}"));
    site
}

#[test]
fn other_sites_are_asked_and_what_is_gone_is_said_at_its_line() {
    let (host, seen) = serve();
    let text = format!(
        "[gone]({host}/gone) [there]({host}/there)\n\n[moved]({host}/moved) [round]({host}/round) [busy]({host}/busy)\n\n\
         [headless]({host}/headless) [robots]({host}/robots) [broken]({host}/broken)\n\n[again]({host}/gone)\n\n[left]({host}/left/alone)\n\n\
         [nobody](http://nobody.invalid/)\n"
    );
    let site = site(&format!("delay = 0\nretries = 1\ntimeout = 5\ndeny = [\"{host}/left/*\"]\n"), &text);
    let output = site.run(&["check", "--format", "short"]);
    let found = said(&output);
    assert_eq!(output.status.code(), Some(0), "{found}");
    for line in [
        format!("a.md:4:8: warning[H3010]: `{host}/gone` is gone: status 404"),
        format!("a.md:10:9: warning[H3010]: `{host}/gone`"),
        format!("note[H3013]: `{host}/moved` has moved to `{host}/new`"),
        format!("note[H3011]: `{host}/round` could not be checked: it forwards more than 10 times"),
        format!("note[H3011]: `{host}/robots` could not be checked: it turns programs away (status 403)"),
        format!("note[H3011]: `{host}/broken` could not be checked: its server failed (status 500)"),
    ] {
        assert!(found.contains(&line), "lacks `{line}`:\n{found}");
    }
    for path in ["there", "busy", "headless", "left"] {
        assert!(!found.contains(&format!("{host}/{path}")), "{path}:\n{found}");
    }
    // A machine without names asks nobody: then nothing is known of the name.
    assert!(found.contains("`http://nobody.invalid/`"), "{found}");
    assert_eq!(seen.count("/left/alone"), 0);
    assert_eq!(seen.count("/gone"), 2, "asked by HEAD, then by GET");
    // What was answered is not asked again, and still said.
    let again = said(&site.run(&["check", "--format", "short"]));
    assert!(again.contains("is gone: status 404"), "{again}");
    assert_eq!((seen.count("/gone"), seen.count("/there")), (2, 1));
    let fresh = said(&site.run(&["check", "--fresh"]));
    assert!(fresh.contains("is gone"), "{fresh}");
    assert_eq!(seen.count("/there"), 2);
    let offline = said(&site.run(&["check", "--offline"]));
    assert!(!offline.contains("H3010") && offline.contains("not asked"), "{offline}");
}

#[test]
fn parts_of_other_pages_are_looked_for_on_request() {
    let (host, _) = serve();
    let site = site("delay = 0\n", &format!("[a]({host}/p#part) [b]({host}/p#other) [c]({host}/p#:~:text=x)\n"));
    assert!(!said(&site.run(&["check"])).contains("H3012"));
    let found = said(&site.run(&["check", "--anchors", "--format", "short"]));
    assert!(found.contains(&format!("warning[H3012]: `{host}/p` has no part `#other`")), "{found}");
    assert_eq!(found.matches("H3012").count(), 1, "{found}");
}

#[test]
fn a_host_that_wants_to_be_left_alone_is() {
    let (host, seen) = serve();
    let links: String = (0..20).map(|i| format!("[{i}]({host}/later/{i})\n")).collect();
    let site = site("delay = 0\n", &format!("[closed]({host}/closed)\n{links}"));
    let begun = Instant::now();
    let found = said(&site.run(&["check", "--format", "short"]));
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(found.contains("asks to wait for 3600 seconds"), "{found}");
    assert_eq!(seen.requests.lock().expect("a lock").values().sum::<usize>(), 1);
}

/// 5,000 links at 50 hosts: one request at a time to each, with the pause between them, and all hosts side by side.
#[test]
fn many_links_take_the_time_of_politeness_and_not_more() {
    const HOSTS: usize = 50;
    const EACH: usize = 100;
    const DELAY: u64 = 20;
    let hosts: Vec<(String, Arc<Seen>)> = (0..HOSTS).map(|_| serve()).collect();
    let mut text = String::new();
    for i in 0..EACH {
        for (n, (host, _)) in hosts.iter().enumerate() {
            let kind = match (n, i) {
                // Every answer of the first five hosts is slow; some of the next ones break off once.
                (0..5, _) => "slow",
                (5..15, 0..3) => "flaky",
                _ => "fine",
            };
            text.push_str(&format!("[x]({host}/{i}/{kind})\n"));
        }
    }
    let site = site(&format!("delay = {DELAY}\nretries = 2\n"), &text);
    let begun = Instant::now();
    let output = site.run(&["check"]);
    let took = begun.elapsed();
    let found = said(&output);
    assert_eq!(output.status.code(), Some(0), "{found}");
    assert!(!found.contains("H301"), "{found}");
    assert!(found.contains("5,000 links to other sites: 5,000 asked by"), "{found}");
    for (host, seen) in &hosts {
        assert_eq!(seen.most.load(Ordering::SeqCst), 1, "{host} was asked by several at once");
        let asked = seen.requests.lock().expect("a lock");
        assert_eq!(asked.len(), EACH);
        let nearest = seen.nearest.lock().expect("a lock").expect("two requests");
        assert!(nearest >= Duration::from_millis(DELAY - 2), "{host} was asked after {nearest:?}");
    }
    // The slow hosts take 100 · (60 + 20) ms; one after the other would take 150 seconds.
    assert!(took >= Duration::from_millis(EACH as u64 * (60 + DELAY) - 100), "{took:?} is less than politeness");
    assert!(took < Duration::from_secs(25), "{took:?} for 8 seconds of politeness");
    eprintln!("5,000 links at {HOSTS} hosts in {took:?}");
}
