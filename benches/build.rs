//! What a build costs: `cargo bench`. The work is asserted as counts; times are only reported, since machines differ.
//!
//! `cargo bench -- 10000` takes another number of articles. For a comparison with other generators copy `benches/peer/` over
//! a corpus: it makes the same pages as theirs do.

use hub::commands::{Outcome, Request, run_build};
use hub::project::Settings;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

const WORDS: &[&str] = &[
    "reader", "letter", "offer", "article", "measure", "plain", "honest", "draft", "publish", "answer", "question",
    "list", "form", "promise", "evidence", "habit", "week", "page", "trust", "reply",
];

/// A small generator of numbers: the same corpus every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn sentence(&mut self, out: &mut String) {
        for i in 0..12 {
            let word = WORDS[self.below(WORDS.len())];
            out.push_str(if i == 0 { "The" } else { " " });
            out.push_str(if i == 0 { " " } else { "" });
            out.push_str(word);
        }
        out.push_str(". ");
    }
}

fn article(i: usize, title: usize, extra: &str) -> String {
    let mut numbers = Numbers(i as u64);
    let (topic, tag) = (i % 8, numbers.below(40));
    let day = format!("20{:02}-{:02}-{:02}", 10 + i % 16, 1 + i / 16 % 12, 1 + i / 192 % 28);
    let mut out = format!(
        "+++\ntitle = \"Article {i} {title}\"\ndescription = \"About {i}\"\ndate = {day}\ntopics = [\"Topic {topic}\"]\ntags = [\"tag {tag}\", \"tag {}\"]\n+++\n\n",
        (tag * 7 + 3) % 40
    );
    for section in 0..5 {
        if section > 0 {
            // Writing to a String does not fail.
            let _ = write!(out, "## Section {section}\n\n");
        }
        for _ in 0..8 {
            numbers.sentence(&mut out);
        }
        if section == 2 && i > 0 {
            let _ = write!(out, "See [an earlier one](a{}.md#section-1).", numbers.below(i));
        }
        out.push_str("\n\n");
    }
    out + extra
}

fn write(root: &Path, i: usize, title: usize, extra: &str) {
    let path = root.join(format!("content/articles/a{i}.md"));
    std::fs::write(path, article(i, title, extra)).expect("a file");
}

fn build(root: &Path) -> (Outcome, Duration) {
    let settings = Settings {
        env: None,
        base_url: None,
        now: "2026-11-22T00:00:00Z".parse().expect("a time"),
        drafts: false,
        future: false,
    };
    let out = root.join("public");
    let request =
        Request { root: root.into(), out, settings, strict: true, verify: false, adopt: false, min_pages: None };
    let begun = Instant::now();
    let outcome = run_build(&request, &|_, _| {}).unwrap_or_else(|f| panic!("{}", f.message));
    let took = begun.elapsed();
    assert!(outcome.findings.is_empty(), "{:?}", outcome.findings.first());
    (outcome, took)
}

fn main() {
    let count = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(2_000);
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path();
    std::fs::create_dir_all(root.join("content/articles")).expect("a folder");
    std::fs::write(
        root.join("site.toml"),
        "title = \"Bench\"\nbase_url = \"https://acme.io\"\n[feeds]\nterms = false\n",
    )
    .expect("a file");
    for i in 0..count {
        write(root, i, 0, "");
    }
    let mut rows: Vec<(&str, usize, Duration)> = Vec::new();
    let (cold, took) = build(root);
    let copies = cold.outputs.len() - cold.summary.rendered;
    assert!(cold.summary.pages >= count, "every article is a page");
    rows.push(("cold", cold.summary.rendered, took));
    // A file that was written a moment ago is read again; stamps settle first.
    std::thread::sleep(Duration::from_millis(120));
    build(root);
    let (same, took) = build(root);
    assert_eq!(same.summary.rendered, 0, "nothing changed");
    rows.push(("nothing changed", 0, took));
    let old = (0..count).min_by_key(|i| (10 + i % 16, 1 + i / 16 % 12, 1 + i / 192 % 28)).expect("an article");
    write(root, old, 0, "One more line.\n");
    let (body, took) = build(root);
    assert_eq!(body.summary.rendered, 1, "the body of an old article is on one page");
    rows.push(("one body", 1, took));
    write(root, old, 1, "One more line.\n");
    let (title, took) = build(root);
    assert!((2..200).contains(&title.summary.rendered), "a title is on its lists: {}", title.summary.rendered);
    rows.push(("one title", title.summary.rendered, took));
    println!("{count} articles, {} files of which {copies} are copied", cold.outputs.len());
    println!("{:>16} {:>9} {:>10} {:>9}", "", "rendered", "ms", "of cold");
    let cold = rows[0].2.as_secs_f64();
    for (name, rendered, took) in rows {
        let seconds = took.as_secs_f64();
        println!("{name:>16} {rendered:>9} {:>10.1} {:>8.1}%", seconds * 1000.0, 100.0 * seconds / cold);
    }
}
