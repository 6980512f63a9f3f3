//! Preview: after any edit it serves what a clean build has, to its author alone.

use crate::browser;
use crate::harness::{SECRET, Site};
use crate::incremental::{Edit, Model, edit, write};
use hub::content::Before;
use hub::diag::{Diagnostics, Format, Parsed, draw, findings};
use hub::files::{Disk, Entry, Files, Layers, Memory, Pieces, Stamp};
use hub::gate::Secrets;
use hub::gate::keys::Secret;
use hub::project::{Settings, theme};
use hub::render::{Bytes, Snapshot};
use hub::serve::{Changed, Engine, Source};
use hub::source::RelPath;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// A site on the disk, above the built-in theme.
struct OnDisk {
    disk: Disk,
    builtin: Memory,
}

impl OnDisk {
    fn new(root: &Path) -> Arc<OnDisk> {
        Arc::new(OnDisk { disk: Disk::new(root), builtin: theme::builtin() })
    }

    fn layers(&self) -> Layers<'_> {
        Layers { upper: &self.disk, lower: &self.builtin }
    }
}

impl Files for OnDisk {
    fn list(&self) -> Parsed<Vec<Entry>> {
        self.layers().list()
    }

    fn stamp(&self, path: &RelPath) -> Option<Stamp> {
        self.layers().stamp(path)
    }

    fn read(&self, path: &RelPath) -> io::Result<Vec<u8>> {
        self.layers().read(path)
    }

    fn open(&self, path: &RelPath) -> io::Result<Box<dyn Pieces>> {
        self.layers().open(path)
    }
}

struct Edited {
    root: PathBuf,
    day: Arc<AtomicU8>,
}

fn settings(day: u8) -> Settings {
    let now = format!("2026-11-2{day}T00:00:00Z").parse().expect("a time");
    Settings { env: None, base_url: None, now, drafts: true, future: true }
}

fn secrets() -> Option<Secrets> {
    Some(Secrets { now: Secret::parse(SECRET).expect("a secret"), former: None })
}

impl Source for Edited {
    fn root(&self) -> &Path {
        &self.root
    }

    fn files(&self) -> Arc<dyn Files + Send + Sync> {
        OnDisk::new(&self.root)
    }

    fn settings(&self) -> Settings {
        settings(self.day.load(Ordering::Relaxed))
    }

    fn secrets(&self, _: bool) -> Option<Secrets> {
        secrets()
    }
}

/// The bytes of every route.
fn rendered(site: &Arc<Snapshot>) -> BTreeMap<String, Vec<u8>> {
    let bytes = |route: &hub::site::Route| match site.render(route).bytes {
        Bytes::New(bytes) => bytes,
        Bytes::File(file) => site.read(&file).unwrap_or_default(),
        Bytes::Sealed(part) => {
            let mut out = Vec::new();
            let mut take = |piece: &[u8]| {
                out.extend_from_slice(piece);
                Ok(())
            };
            part.write(site, &mut take).expect("sealed");
            out
        }
        Bytes::Same => unreachable!("rendered just now"),
    };
    site.routes().iter().map(|r| (r.path.to_string(), bytes(r))).collect()
}

fn check(edits: &[Vec<Edit>]) -> Result<(), TestCaseError> {
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path();
    let mut model = Model::new();
    let mut before = model.files();
    write(root, &BTreeMap::new(), &before);
    let day = Arc::new(AtomicU8::new(0));
    let mut engine = Engine::start(Box::new(Edited { root: root.into(), day: day.clone() }));
    for step in edits {
        step.iter().for_each(|e| model.apply(e));
        let files = model.files();
        write(root, &before, &files);
        let paths = before.keys().chain(files.keys()).filter(|p| before.get(*p) != files.get(*p));
        let paths: BTreeSet<RelPath> = paths.map(|p| RelPath::new(p.as_str())).collect();
        let more = day.swap(model.day, Ordering::Relaxed) != model.day;
        let state = engine.step(&Changed { files: paths, more }).clone();
        let mut diags = Diagnostics::default();
        let Parsed { value: clean, diags: found } =
            Snapshot::new(OnDisk::new(root), settings(model.day), secrets(), &Before::default());
        diags.extend(found);
        diags.extend(clean.check());
        let say = |all: &[hub::diag::Finding]| {
            draw(all, Format::Json, false, &|path| clean.read(path).ok().map(|b| String::from_utf8_lossy(&b).into()))
        };
        let expected = findings(diags, &clean.project.config.levels);
        prop_assert_eq!(say(&state.findings), say(&expected), "findings differ after {:?}", step);
        let (a, b) = (rendered(&state.site), rendered(&clean));
        let differ: Vec<_> = a.keys().chain(b.keys()).filter(|k| a.get(*k) != b.get(*k)).collect();
        prop_assert!(differ.is_empty(), "{differ:?} differ after {step:?}");
        for query in clean.routes().iter().flat_map(|r| clean.render(r).trace.asked.iter().cloned().collect::<Vec<_>>())
        {
            prop_assert_eq!(state.site.digest(&query), clean.digest(&query), "{:?} after {:?}", query, step);
        }
        before = files;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn preview_equals_a_clean_build(edits in prop::collection::vec(prop::collection::vec(edit(), 1..3), 1..8)) {
        check(&edits)?;
    }
}

/// A running `hub serve`, stopped when dropped.
struct Preview {
    child: Child,
    at: SocketAddr,
    said: mpsc::Receiver<String>,
}

impl Preview {
    fn start(site: &Site, args: &[&str]) -> Preview {
        Preview::run(site.command().args(["serve", "--port", "0"]).args(args))
    }

    fn run(command: &mut Command) -> Preview {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("hub runs");
        let stderr = child.stderr.take().expect("a pipe");
        let (send, said) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        let mut lines = Vec::new();
        let at = loop {
            let line = said.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| panic!("not ready: {lines:?}"));
            if let Some(url) = line.trim().strip_prefix("site  http://") {
                break url.split(['/', ' ']).next().and_then(|a| a.parse().ok()).expect("an address");
            }
            lines.push(line);
        };
        let preview = Preview { child, at, said };
        // What is said of the first reading ends with the pages it has.
        while !preview.said.recv_timeout(Duration::from_secs(20)).expect("ready").contains("Ctrl-C") {}
        preview
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.at).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
        let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "host") {
            head += &format!("host: {}\r\n", self.at);
        }
        headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).expect("sent");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("answered");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_string() }
    }

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// Waits until a page says something.
    #[track_caller]
    fn shows(&self, path: &str, text: &str) {
        self.until(path, text, |answer| answer.body.contains(text));
    }

    #[track_caller]
    fn until(&self, path: &str, what: &str, fits: impl Fn(&Answer) -> bool) {
        let begun = Instant::now();
        loop {
            let answer = self.get(path);
            if fits(&answer) {
                return;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "{path} is not as {what:?}: {}\n{}",
                answer.status,
                answer.body
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

fn article(title: &str, body: &str) -> String {
    format!("+++\ntitle = \"{title}\"\ndate = 2026-01-01\ntags = [\"one\"]\n+++\n{body}\n")
}

fn small() -> Site {
    let site = Site::new();
    site.put("content/articles/a.md", article("First", "body one"));
    site.put("content/articles/b.md", article("Second", "body two"));
    site.put("content/articles/draft.md", "+++\ntitle = \"Not yet\"\ndraft = true\n+++\nhidden\n");
    site.put("content/articles/later.md", "+++\ntitle = \"Later\"\ndate = 2999-01-01\n+++\nhidden\n");
    site.put(
        "content/magnets/m/index.md",
        "+++\ntitle = \"Magnet\"\nform = \"f\"\nfiles = [\"m.txt\"]\npromise = \"p\"\n+++\ntext\n",
    );
    site.put("content/magnets/m/m.txt", "what is gated is long enough to be found where it does not belong");
    site.put("static/plain.txt", "0123456789");
    site.put("site.toml", "title = \"T\"\nbase_url = \"https://acme.io\"\n[forms.f]\nprovider = \"netlify\"\nconsent = \"see [terms](articles/a.md)\"\n");
    site
}

#[test]
fn every_kind_of_save_is_seen() {
    let site = small();
    let preview = Preview::start(&site, &[]);
    let a = "/articles/a/";
    preview.shows(a, "body one");
    site.put("content/articles/a.md", article("First", "body changed"));
    preview.shows(a, "body changed");
    // A title stands on lists, too.
    site.put("content/articles/a.md", article("Renamed", "body changed"));
    preview.shows("/articles/", "Renamed");
    preview.shows("/tags/one/", "Renamed");
    // A file beside it, renamed over it; as many editors save.
    site.put("content/articles/.a.md.swp", "x");
    site.put("content/articles/a.md.tmp", article("Renamed", "saved by renaming"));
    std::fs::rename(site.path("content/articles/a.md.tmp"), site.path("content/articles/a.md")).expect("renamed");
    preview.shows(a, "saved by renaming");
    // The old file moved away first.
    std::fs::rename(site.path("content/articles/a.md"), site.path("content/articles/a.md~")).expect("renamed");
    site.put("content/articles/a.md", article("Renamed", "saved beside a copy"));
    preview.shows(a, "saved beside a copy");
    // Two writes in a row, of one length.
    for n in 0..20 {
        site.put("content/articles/a.md", article("Renamed", &format!("write {:02}", n)));
        site.put("content/articles/a.md", article("Renamed", &format!("after {:02}", n)));
        preview.shows(a, &format!("after {n:02}"));
    }
    // Comes, is renamed, goes.
    site.put("content/articles/c.md", article("Third", "new here"));
    preview.shows("/articles/c/", "new here");
    std::fs::rename(site.path("content/articles/c.md"), site.path("content/articles/d.md")).expect("renamed");
    preview.shows("/articles/d/", "new here");
    preview.until("/articles/c/", "gone", |answer| answer.status == 404);
    std::fs::remove_file(site.path("content/articles/d.md")).expect("removed");
    preview.until("/articles/d/", "gone", |answer| answer.status == 404);
    // Templates, assets, data, settings: of the site, above the theme's, where there was none.
    site.put("templates/partials/footer.html", "<footer>my own foot</footer>");
    preview.shows(a, "my own foot");
    site.put("templates/partials/footer.html", "<footer>my other foot</footer>");
    preview.shows(a, "my other foot");
    site.put("assets/css/own.css", "a{color:red}");
    site.put("content/data/x.toml", "v = 1\n");
    site.put(
        "templates/page.html",
        "{% set d = data(path=\"x.toml\") %}<p>v{{ d.v }}</p>{% set a = asset(path=\"css/own.css\") %}<p>{{ a.url }}</p>",
    );
    site.put("content/about.md", "+++\ntitle = \"About\"\n+++\n");
    preview.shows("/about/", "<p>v1</p>");
    let before = preview.get("/about/").body;
    site.put("content/data/x.toml", "v = 2\n");
    preview.shows("/about/", "<p>v2</p>");
    site.put("assets/css/own.css", "a{color:blue}");
    let asset = |body: &str| body.split("/assets/css/").nth(1).and_then(|r| r.split('<').next()).map(str::to_string);
    preview.until("/about/", "another asset", |answer| asset(&answer.body) != asset(&before));
    let now = asset(&preview.get("/about/").body).expect("an asset");
    assert_eq!(preview.get(&format!("/assets/css/{now}")).body, "a{color:blue}");
    site.put("site.toml", site.read("site.toml").replace("title = \"T\"", "title = \"Another name\""));
    preview.shows(a, "Another name");
    assert!(!site.path("public").exists(), "what is published is never touched");
}

#[test]
fn folders_that_come_and_go_and_many_files_at_once_are_seen() {
    let site = small();
    let preview = Preview::start(&site, &[]);
    for round in 0..3 {
        for n in 0..300 {
            site.put(&format!("content/notes/deep/n{n}.md"), article(&format!("Note {n}"), &format!("round {round}")));
        }
        for n in [0, 150, 299] {
            preview.shows(&format!("/notes/deep/n{n}/"), &format!("round {round}"));
        }
        if round == 1 {
            std::fs::remove_dir_all(site.path("content/notes")).expect("removed");
            preview.until("/notes/deep/n7/", "gone", |answer| answer.status == 404);
        }
    }
    // Moved as a whole, away and back.
    std::fs::rename(site.path("content/notes"), site.path("elsewhere")).expect("renamed");
    preview.until("/notes/deep/n7/", "gone", |answer| answer.status == 404);
    std::fs::rename(site.path("elsewhere"), site.path("content/notes")).expect("renamed");
    preview.shows("/notes/deep/n7/", "round 2");
    site.put("content/notes/deep/n7.md", article("Note 7", "still watched"));
    preview.shows("/notes/deep/n7/", "still watched");
    // All of the content at once, as a checkout of another branch does.
    std::fs::remove_dir_all(site.path("content")).expect("removed");
    preview.until("/articles/a/", "gone", |answer| answer.status == 404);
    site.put("content/articles/a.md", article("First", "on another branch"));
    preview.shows("/articles/a/", "on another branch");
    site.put("content/articles/a.md", article("First", "and edited there"));
    preview.shows("/articles/a/", "and edited there");
}

#[test]
fn only_the_site_is_served_and_only_to_its_author() {
    let site = small();
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("private.txt"), "not of this site").expect("a file");
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.path().join("private.txt"), site.path("static/link.txt")).expect("a link");
    site.put(".hub/secret", SECRET);
    let preview = Preview::start(&site, &[]);
    for path in [
        "/../site.toml",
        "/%2e%2e/site.toml",
        "/..%2fsite.toml",
        "/site.toml",
        "/.hub/secret",
        "/_hub/../.hub/secret",
        "/_hub/%2e%2e/%2e%2e/etc/passwd",
        "/content/articles/a.md",
        "/magnets/m/m.txt",
        "/link.txt",
        "/static/plain.txt",
        "//etc/passwd",
        "/_hub/assets/../../site.toml",
        "/.hub/",
    ] {
        let answer = preview.get(path);
        assert!([400, 403, 404].contains(&answer.status), "{path}: {}\n{}", answer.status, answer.body);
        for word in ["not of this site", SECRET, "base_url", "what is gated"] {
            assert!(!answer.body.contains(word), "{path} shows {word}");
        }
    }
    // A link that comes while the site is served.
    #[cfg(unix)]
    {
        std::fs::remove_file(site.path("static/plain.txt")).expect("removed");
        std::os::unix::fs::symlink(outside.path().join("private.txt"), site.path("static/plain.txt")).expect("a link");
        std::thread::sleep(Duration::from_millis(300));
        assert!(!preview.get("/plain.txt").body.contains("not of this site"));
    }
    let page = preview.get("/articles/a/");
    assert!(
        page.head.contains("content-security-policy: default-src 'none'") && page.head.contains("nosniff"),
        "{}",
        page.head
    );
    // Somebody else's domain that leads here, and somebody else's page that sends a form here.
    for host in ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost:1", ""] {
        assert_eq!(preview.send("GET", "/articles/a/", &[("host", host)], "").status, 403, "{host}");
    }
    let port = preview.at.port();
    assert_eq!(preview.send("GET", "/articles/a/", &[("host", &format!("localhost:{port}"))], "").status, 200);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    for origin in ["https://evil.example", "null", "http://localhost:1"] {
        let headers = [form[0], ("origin", origin)];
        let answer = preview.send("POST", "/_hub/inbox/f/m", &headers, "email=a%40b.co");
        assert_eq!(answer.status, 403, "{origin}: {}", answer.body);
    }
    let headers = [form[0], ("sec-fetch-site", "cross-site")];
    assert_eq!(preview.send("POST", "/_hub/inbox/f/m", &headers, "email=a%40b.co").status, 403);
    assert_eq!(preview.send("POST", "/articles/a/", &[], "").status, 405);
    assert_eq!(preview.send("DELETE", "/articles/a/", &[], "").status, 405);
    let long = "x".repeat(100_000);
    assert!(preview.send("POST", "/_hub/inbox/f/m", &form, &long).status >= 400);
}

#[test]
fn drafts_are_shown_with_a_badge_unless_asked_otherwise() {
    let site = small();
    let preview = Preview::start(&site, &[]);
    assert!(preview.get("/articles/draft/").body.contains("class=\"badge\""));
    assert!(preview.get("/articles/later/").body.contains("class=\"badge\""));
    drop(preview);
    let preview = Preview::start(&site, &["--no-drafts"]);
    assert_eq!(preview.get("/articles/draft/").status, 404);
    assert_eq!(preview.get("/articles/later/").status, 404);
    assert_eq!(preview.get("/articles/a").status, 307);
    assert_eq!(preview.get("/articles/a/index.html").status, 200);
    let part = preview.send("GET", "/plain.txt", &[("range", "bytes=2-4")], "");
    assert_eq!((part.status, part.body.as_str()), (206, "234"), "{}", part.head);
    assert!(part.head.contains("content-range: bytes 2-4/10"), "{}", part.head);
    assert_eq!(preview.send("GET", "/plain.txt", &[("range", "bytes=10-")], "").status, 416);
    assert_eq!(preview.send("HEAD", "/articles/a/", &[], "").body, "");
}

#[test]
fn a_site_below_a_path_stands_there_in_preview_too() {
    let site = small();
    site.put("site.toml", site.read("site.toml").replace("https://acme.io", "https://acme.io/blog/"));
    let preview = Preview::start(&site, &[]);
    assert!(preview.get("/blog/articles/a/").body.contains("body one"));
    assert_eq!(preview.get("/articles/a/").status, 404);
    let home = preview.get("/");
    assert!(home.status == 307 && home.head.contains("location: /blog/"), "{}", home.head);
}

#[test]
fn a_port_that_is_taken_is_passed_over_and_a_signal_ends_it_well() {
    let site = small();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let mut preview = Preview::run(site.command().args(["serve", "--port", &port.to_string()]));
    assert_ne!(preview.at.port(), port);
    // A page that is open does not hold it up.
    let mut open = TcpStream::connect(preview.at).expect("a connection");
    write!(open, "GET /_hub/live?path=/ HTTP/1.1\r\nhost: {}\r\n\r\n", preview.at).expect("sent");
    let mut first = [0; 15];
    open.read_exact(&mut first).expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    let begun = Instant::now();
    let told = Command::new("kill").args(["-INT", &preview.child.id().to_string()]).status().expect("kill runs");
    assert!(told.success());
    let status = preview.child.wait().expect("it ends");
    assert_eq!(status.code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn errors_are_said_once_and_pages_stay_as_they_were() {
    let site = small();
    site.put("templates/partials/footer.html", "<footer>my own foot</footer>");
    let preview = Preview::start(&site, &[]);
    preview.shows("/articles/a/", "my own foot");
    let wait = |word: &str| {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            match preview.said.recv_timeout(Duration::from_millis(50)) {
                Ok(line) if line.contains(word) => return line,
                _ => {}
            }
        }
        panic!("nobody said {word:?}")
    };
    site.put("templates/partials/footer.html", "<footer>{{ nothing.at.all }</footer>");
    wait("error");
    let page = preview.get("/articles/a/");
    assert!(page.body.contains("my own foot"), "the last good page: {}", page.body);
    // A page that nobody looked at while all was well.
    assert!(preview.get("/articles/b/").body.contains("body two"));
    site.put("site.toml", "title = \n");
    wait("site.toml");
    assert!(preview.get("/articles/b/").body.contains("my own foot"));
    site.put("site.toml", "title = \"Well again\"\nbase_url = \"https://acme.io\"\n");
    site.put("templates/partials/footer.html", "<footer>new foot</footer>");
    preview.shows("/articles/a/", "new foot");
    preview.shows("/articles/a/", "Well again");
    // A line of the text: its own page stays, the others show what they say now.
    site.put("content/articles/a.md", "+++\ntitle = \"First\"\ndate = 2026-13-01\n+++\nbody new\n");
    site.put("content/articles/b.md", article("Second", "body new"));
    preview.shows("/articles/b/", "body new");
    // An output that was looked at by nobody is looked at when the author rests.
    site.put("content/articles/b.md", article("Second", "[to nothing](nothing.md)"));
    wait("nothing.md");
}

#[test]
fn a_browser_keeps_up() {
    if browser::ready() {
        let site = small();
        for n in 0..40 {
            let paragraph = format!("paragraph {n}\n\n").repeat(4);
            site.put("content/articles/long.md", article("Long", &paragraph));
        }
        site.put("assets/css/own.css", "h1{color:rgb(1, 2, 3)}");
        site.put("static/bare.css", "h1{margin-left:1px}");
        let head = "{% extends \"base.html\" %}{% block main %}<h1>{{ article.title }}</h1>{% set a = asset(path=\"css/own.css\") %}<link rel=\"stylesheet\" href=\"{{ a.url }}\" integrity=\"{{ a.integrity }}\"><link rel=\"stylesheet\" href=\"/bare.css\">{{ article.body }}<form><label>Name <input name=\"n\"></label></form>{% endblock main %}";
        site.put("templates/page.html", head);
        site.put("content/about.md", format!("+++\ntitle = \"About\"\n+++\n{}", "a paragraph\n\n".repeat(100)));
        let binary = env!("CARGO_BIN_EXE_hub");
        browser::passes("serve.mjs", &[binary, &site.root().to_string_lossy(), SECRET]);
    }
}
