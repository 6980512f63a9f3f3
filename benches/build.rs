//! What a build costs: `cargo bench`. The work is asserted as counts; times are only reported, since machines differ.
//!
//! `cargo bench -- 10000` takes another number of articles. For a comparison with other generators copy `benches/peer/` over
//! a corpus: it makes the same pages as theirs do.

mod corpus;

use corpus::write;
use hub::commands::{Outcome, Request, run_build};
use hub::project::Settings;
use std::path::Path;
use std::time::{Duration, Instant};

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
    corpus::site(root, count);
    let mut rows: Vec<(&str, usize, Duration)> = Vec::new();
    let (cold, took) = build(root);
    let copies = cold.outputs().len() - cold.summary.rendered;
    assert!(cold.summary.pages >= count, "every article is a page");
    rows.push(("cold", cold.summary.rendered, took));
    // A file that was written a moment ago is read again; stamps settle first.
    std::thread::sleep(Duration::from_millis(120));
    build(root);
    let (same, took) = build(root);
    assert_eq!(same.summary.rendered, 0, "nothing changed");
    rows.push(("nothing changed", 0, took));
    let old = (0..count).min_by_key(|i| corpus::date(*i)).expect("an article");
    write(root, old, 0, "One more line.\n");
    let (body, took) = build(root);
    assert_eq!(body.summary.rendered, 1, "the body of an old article is on one page");
    rows.push(("one body", 1, took));
    write(root, old, 1, "One more line.\n");
    let (title, took) = build(root);
    assert!((2..200).contains(&title.summary.rendered), "a title is on its lists: {}", title.summary.rendered);
    rows.push(("one title", title.summary.rendered, took));
    println!("{count} articles, {} files of which {copies} are copied", cold.outputs().len());
    println!("{:>16} {:>9} {:>10} {:>9}", "", "rendered", "ms", "of cold");
    let cold = rows[0].2.as_secs_f64();
    for (name, rendered, took) in rows {
        let seconds = took.as_secs_f64();
        println!("{name:>16} {rendered:>9} {:>10.1} {:>8.1}%", seconds * 1000.0, 100.0 * seconds / cold);
    }
}
