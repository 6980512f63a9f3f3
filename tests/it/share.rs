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

/// Every markdown file below a folder, by its path there.
fn texts(folder: &std::path::Path) -> Vec<(String, String)> {
    let all = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    let texts = all.filter(|e| e.path().extension().is_some_and(|x| x == "md")).filter_map(|entry| {
        let below = entry.path().strip_prefix(folder).ok()?.to_string_lossy().into_owned();
        Some((below, std::fs::read_to_string(entry.path()).ok()?))
    });
    texts.collect()
}

/// Articles that others wrote: those of the folder that `HUB_CORPUS` names, which has a `content/`; else what comes with the
/// packages of the browser tests, which nobody wrote for a test either.
#[test]
fn posts_of_a_corpus_are_right_by_the_networks_own_counters() {
    if !ready() {
        return;
    }
    let site = Site::empty();
    site.put(
        "site.toml",
        "title = \"A corpus\"\nbase_url = \"https://blog.acme.io\"\n[forms.f]\nprovider = \"netlify\"\n",
    );
    let least = match std::env::var("HUB_CORPUS") {
        Ok(corpus) => {
            for (path, text) in texts(&std::path::Path::new(&corpus).join("content")) {
                site.put(&format!("content/{path}"), text);
            }
            10_000
        }
        Err(_) => {
            let packages = format!("{}/tests/browser/node_modules", root());
            for (i, (path, text)) in texts(packages.as_ref()).into_iter().filter(|(_, t)| t.len() > 3_000).enumerate() {
                // Short enough for Hacker News, so that no two are cut to the same.
                let name = path.rsplit('/').nth(1).unwrap_or_default().replace('"', "");
                let title = format!("{i}: what {name} is for");
                site.put(&format!("content/articles/t{i}.md"), format!("+++\ntitle = \"{title}\"\n+++\n{text}"));
            }
            2_000
        }
    };
    site.put(
        "content/magnets/book/index.md",
        "+++\ntitle = \"The book\"\nkind = \"newsletter\"\nform = \"f\"\npromise = \"A chapter a week.\"\n+++\n",
    );
    holds(&site.root().to_string_lossy(), least);
}
