//! From the write of a file to the page that shows it, as the preview server answers: `cargo bench --bench serve`. That the last edit is
//! served is asserted, and that memory stays; times are only reported, since machines differ.
//!
//! `cargo bench --bench serve -- 1000 10000` takes other numbers of articles.

mod corpus;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Edits of each kind.
const EDITS: usize = 20;
/// Edits after which memory is what it was after a few.
const MANY: usize = 1_000;
/// Between two questions.
const POLL: Duration = Duration::from_millis(1);
/// An author's pause between two saves: the look at all pages begins in it.
const PAUSE: Duration = Duration::from_millis(700);

const TEMPLATE: &str =
    "{% extends \"base.html\" %}{% block main %}<p>shape-0</p>{{ article.body }}{% endblock main %}\n";

struct Server {
    program: Child,
    address: String,
}

impl Server {
    fn start(root: &Path) -> Server {
        let mut program = Command::new(env!("CARGO_BIN_EXE_hub"))
            .args(["serve", "--port", "0", "--root"])
            .arg(root)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("hub");
        let mut said = BufReader::new(program.stderr.take().expect("what it says")).lines();
        let address = loop {
            let line = said.next().expect("an address").expect("a line");
            if let Some((_, rest)) = line.split_once("http://") {
                break rest.split('/').next().unwrap_or(rest).trim().to_string();
            }
        };
        // Whoever is not read writes no more.
        std::thread::spawn(move || said.for_each(drop));
        Server { program, address }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        stream.write_all(head.as_bytes()).expect("a question");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// How long it takes until `path` shows `marker`, from now.
    fn wait(&self, path: &str, marker: &str) -> Duration {
        let begun = Instant::now();
        while !self.get(path).contains(marker) {
            assert!(begun.elapsed() < Duration::from_secs(30), "`{path}` never shows `{marker}`");
            std::thread::sleep(POLL);
        }
        begun.elapsed()
    }

    /// Memory in use, in KiB; none where the system does not tell.
    fn memory(&self) -> Option<usize> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.program.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// A kind of edit: its name, the page that shows it, how it is written with a number, and what the page shows then.
type Kind<'a> = (&'a str, &'a str, &'a dyn Fn(&Path, usize), &'a dyn Fn(usize) -> String);

fn measure(count: usize) {
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path();
    corpus::site(root, count);
    for (file, text) in [("templates/article.html", TEMPLATE), ("static/extra.css", "/* style-0 */\n")] {
        let file = root.join(file);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    }
    let by_date = |i: &usize| corpus::date(*i);
    let old = (0..count).min_by_key(by_date).expect("an article");
    let newest = (0..count).max_by_key(by_date).expect("an article");
    let begun = Instant::now();
    let server = Server::start(root);
    server.wait(&format!("/articles/a{old}/"), "</html>");
    println!("{count} articles, first page after {:.0} ms", begun.elapsed().as_secs_f64() * 1000.0);
    // The first look at all pages.
    std::thread::sleep(Duration::from_millis(1_000 + count as u64 / 2));

    let body = |root: &Path, n: usize| corpus::write(root, old, 0, &format!("marker-{n}.\n"));
    let title = |root: &Path, n: usize| corpus::write(root, newest, n, "");
    let template = |root: &Path, n: usize| {
        std::fs::write(root.join("templates/article.html"), TEMPLATE.replace("shape-0", &format!("shape-{n}.")))
            .expect("a file");
    };
    let style = |root: &Path, n: usize| {
        std::fs::write(root.join("static/extra.css"), format!("/* style-{n}. */\n")).expect("a file");
    };
    let page = format!("/articles/a{old}/");
    let kinds: [Kind<'_>; 4] = [
        ("text", &page, &body, &|n| format!("marker-{n}.")),
        ("title, on a list", "/", &title, &|n| format!("Article {newest} {n}<")),
        ("template", &page, &template, &|n| format!("shape-{n}.")),
        ("style sheet", "/extra.css", &style, &|n| format!("style-{n}.")),
    ];
    println!("{:>18} {:>10} {:>10} {:>10}", "", "median", "fastest", "slowest");
    for (name, path, write, shown) in kinds {
        let mut times: Vec<Duration> = (1..=EDITS)
            .map(|n| {
                let begun = Instant::now();
                write(root, n);
                server.wait(path, &shown(n));
                let took = begun.elapsed();
                // After a template, the look at all pages renders every one.
                std::thread::sleep(
                    PAUSE + Duration::from_millis(if name == "template" { count as u64 / 2 } else { 0 }),
                );
                took
            })
            .collect();
        times.sort();
        let ms = |at: usize| times[at].as_secs_f64() * 1000.0;
        println!("{name:>18} {:>7.1} ms {:>7.1} ms {:>7.1} ms", ms(EDITS / 2), ms(0), ms(EDITS - 1));
    }

    let mut few = None;
    for n in 1..=MANY {
        body(root, 10_000 + n);
        server.wait(&page, &format!("marker-{}.", 10_000 + n));
        if n == 10 || n == MANY {
            std::thread::sleep(Duration::from_millis(1_000 + count as u64 / 4));
            let Some(memory) = server.memory() else { continue };
            let before = *few.get_or_insert(memory);
            println!("{:>18} {:>6} MiB", format!("after {n} edits"), memory / 1024);
            assert!(memory <= before + before / 4, "memory grows: {before} KiB, then {memory}");
        }
    }
}

fn main() {
    let counts: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    for count in if counts.is_empty() { vec![1_000] } else { counts } {
        measure(count);
    }
}
