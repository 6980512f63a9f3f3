//! Posts, counted by the networks' own libraries.

use crate::browser::{passes, ready};
use crate::harness::{Site, root};
use std::process::Command;

/// All posts of a site, as rows.
fn rows(site: &str) -> tempfile::NamedTempFile {
    let printed = Command::new(env!("CARGO_BIN_EXE_hub"))
        .args(["share", "--format", "json", "--root", site])
        .env("SOURCE_DATE_EPOCH", "1795305600")
        .output()
        .expect("hub runs");
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), printed.stdout).expect("written");
    file
}

fn holds(site: &str, least: usize) {
    let file = rows(site);
    let text = std::fs::read_to_string(file.path()).expect("rows");
    let list: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    assert!(list.len() >= least, "{} posts", list.len());
    passes("oracles.mjs", &[&file.path().to_string_lossy()]);
}

#[test]
fn posts_of_the_own_site_are_right_by_the_networks_own_counters() {
    if ready() {
        holds(&root(), 800);
    }
}

/// `HUB_CORPUS` names a folder with `content/`: articles that others wrote.
#[test]
fn posts_of_a_corpus_are_right_by_the_networks_own_counters() {
    let Ok(corpus) = std::env::var("HUB_CORPUS") else {
        return eprintln!("skipped: `HUB_CORPUS` names no folder of articles");
    };
    if !ready() {
        return;
    }
    let site = Site::empty();
    site.put(
        "site.toml",
        "title = \"Rust Blog\"\nbase_url = \"https://blog.rust-lang.org\"\n[forms.f]\nprovider = \"netlify\"\n",
    );
    let from = std::path::Path::new(&corpus).join("content");
    for entry in
        walkdir::WalkDir::new(&from).into_iter().flatten().filter(|e| e.path().extension().is_some_and(|x| x == "md"))
    {
        let below = entry.path().strip_prefix(&from).expect("below").to_string_lossy().into_owned();
        site.put(&format!("content/{below}"), std::fs::read(entry.path()).expect("an article"));
    }
    site.put(
        "content/magnets/book/index.md",
        "+++\ntitle = \"The book\"\nkind = \"newsletter\"\nform = \"f\"\npromise = \"A chapter a week.\"\n+++\n",
    );
    holds(&site.root().to_string_lossy(), 10_000);
}
