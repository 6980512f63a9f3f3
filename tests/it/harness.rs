//! Text archives: files, commands and what is expected of them, in one text.
//!
//! ```text
//! # why this case is here
//! === file content/articles/a.md
//! +++
//! …
//! === run build
//! exit 1
//! says error[H3001]
//! === drawn
//! error[H3001]: …            stands word for word in what was said
//! === remove content/articles/a.md
//! === run build
//! exit 0
//! rendered 2
//! has public/index.html <h1>
//! ```
//!
//! A site.toml is there unless the case brings one. Expectations: `exit N`, `rendered N`, `written N`, `removed N`, `says TEXT`,
//! `silent TEXT`, `has PATH TEXT`, `lacks PATH TEXT`, `exists PATH`, `gone PATH`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A secret for tests: 32 bytes of 7.
pub const SECRET: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
const SITE_TOML: &str = "title = \"T\"\nbase_url = \"https://acme.io\"\n";

/// The repository, as the test runner knows it: checkouts can share what is compiled.
pub fn root() -> String {
    std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_string())
}

/// A site in a folder of its own, gone when dropped.
pub struct Site {
    dir: tempfile::TempDir,
}

impl Site {
    pub fn empty() -> Site {
        Site { dir: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn new() -> Site {
        let site = Site::empty();
        site.put("site.toml", SITE_TOML);
        site
    }

    pub fn root(&self) -> &Path {
        self.dir.path()
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub fn put(&self, path: &str, text: impl AsRef<[u8]>) {
        let to = self.path(path);
        std::fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
        std::fs::write(to, text).expect("a file");
    }

    pub fn read(&self, path: &str) -> String {
        let bytes = std::fs::read(self.path(path)).unwrap_or_else(|e| format!("{path} cannot be read: {e}").into());
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hub"));
        command
            .current_dir(self.root())
            .env_remove("CI")
            .env_remove("GITHUB_ACTIONS")
            .env_remove("SOURCE_DATE_EPOCH")
            .env("HUB_SECRET", SECRET);
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command().args(args).output().expect("hub runs")
    }

    /// Builds at a fixed time, with a report.
    pub fn build(&self, args: &[&str]) -> Built {
        let mut all = vec!["build", "--report", ".report.json"];
        if !args.contains(&"--now") {
            all.extend(["--now", "2026-11-22"]);
        }
        all.extend(args);
        let output = self.run(&all);
        let report = std::fs::read(self.path(".report.json")).ok();
        let report = report.and_then(|r| serde_json::from_slice(&r).ok()).unwrap_or_default();
        let _ = std::fs::remove_file(self.path(".report.json"));
        Built { said: said(&output), exit: output.status.code().unwrap_or(-1), report }
    }

    /// Every file of the output, with its bytes.
    pub fn output(&self, out: &str) -> std::collections::BTreeMap<String, Vec<u8>> {
        tree(&self.path(out))
    }
}

/// How a build ended.
pub struct Built {
    pub exit: i32,
    pub said: String,
    pub report: serde_json::Value,
}

pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Every file below a folder, with its bytes.
pub fn tree(dir: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut out = std::collections::BTreeMap::new();
    for entry in walkdir::WalkDir::new(dir).into_iter().flatten().filter(|e| e.file_type().is_file()) {
        let path = entry.path().strip_prefix(dir).expect("below").to_string_lossy().into_owned();
        out.insert(path, std::fs::read(entry.path()).unwrap_or_default());
    }
    out
}

/// Runs an archive. What does not hold comes back, with its line.
pub fn run_case(text: &str) -> Vec<String> {
    let site = Site::new();
    let mut wrong = Vec::new();
    let mut last: Option<Built> = None;
    for (number, head, body) in sections(text) {
        let (verb, rest) = head.split_once(' ').unwrap_or((head, ""));
        match verb {
            "file" => site.put(rest, body),
            "remove" => {
                let path = site.path(rest);
                let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
                removed.unwrap_or_else(|e| panic!("line {number}: {rest}: {e}"));
            }
            "run" => {
                let args: Vec<&str> = rest.split_whitespace().collect();
                let built = match args.as_slice() {
                    ["build", args @ ..] => site.build(args),
                    args => {
                        let output = site.run(args);
                        Built {
                            exit: output.status.code().unwrap_or(-1),
                            said: said(&output),
                            report: Default::default(),
                        }
                    }
                };
                for (i, line) in body.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#')) {
                    if let Err(why) = expect(&site, &built, line) {
                        wrong.push(format!("line {}: {why}\n--- said:\n{}", number + 1 + i, built.said));
                    }
                }
                last = Some(built);
            }
            "drawn" => {
                let said = last.as_ref().map_or("", |b| &b.said);
                if !trimmed(said).contains(&trimmed(body)) {
                    wrong.push(format!("line {number}: not drawn:\n{body}\n--- said:\n{said}"));
                }
            }
            _ => panic!("line {number}: `{verb}` is not a section"),
        }
    }
    wrong
}

/// Trailing blanks are nobody's intention.
fn trimmed(text: &str) -> String {
    text.trim_end().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn sections(text: &str) -> Vec<(usize, &str, &str)> {
    let mut out: Vec<(usize, &str, usize, usize)> = Vec::new();
    let mut at = 0;
    for (i, line) in text.split_inclusive('\n').enumerate() {
        if let Some(head) = line.strip_prefix("=== ") {
            if let Some(last) = out.last_mut() {
                last.3 = at;
            }
            out.push((i + 1, head.trim_end(), at + line.len(), text.len()));
        }
        at += line.len();
    }
    out.into_iter().map(|(n, head, from, to)| (n, head, &text[from..to])).collect()
}

fn expect(site: &Site, built: &Built, line: &str) -> Result<(), String> {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let number = || rest.trim().parse::<u64>().unwrap_or_else(|_| panic!("`{line}` needs a number"));
    let equal = |what: &str, found: Option<u64>| match found {
        Some(n) if n == number() => Ok(()),
        found => Err(format!("{what}: expected {}, found {found:?}", number())),
    };
    let file = || rest.split_once(' ').unwrap_or((rest, ""));
    match verb {
        "exit" if built.exit as i64 == number() as i64 => Ok(()),
        "exit" => Err(format!("exit {} instead of {rest}", built.exit)),
        "rendered" => equal("rendered", built.report["rendered"].as_u64()),
        "written" | "removed" | "unchanged" => equal(verb, built.report["changes"][verb].as_u64()),
        "says" if built.said.contains(rest) => Ok(()),
        "says" => Err(format!("does not say `{rest}`")),
        "silent" if !built.said.contains(rest) => Ok(()),
        "silent" => Err(format!("says `{rest}`")),
        "has" if site.read(file().0).contains(file().1) => Ok(()),
        "has" => Err(format!("`{}` lacks `{}`:\n{}", file().0, file().1, site.read(file().0))),
        "lacks" if !site.read(file().0).contains(file().1) => Ok(()),
        "lacks" => Err(format!("`{}` has `{}`", file().0, file().1)),
        "exists" if site.path(rest).exists() => Ok(()),
        "exists" => {
            Err(format!("`{rest}` does not exist; there is {:?}", site.output("public").keys().collect::<Vec<_>>()))
        }
        "gone" if !site.path(rest).exists() => Ok(()),
        "gone" => Err(format!("`{rest}` exists")),
        _ => panic!("`{verb}` is not an expectation"),
    }
}
