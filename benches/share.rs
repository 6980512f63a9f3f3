//! What posts cost: `cargo bench --bench share`. All variants of all articles for all networks, from the files on.
//!
//! `cargo bench --bench share -- 10000` takes another number of articles. The work is asserted as counts.

use hub::allocator::Allocator;
use hub::content::Before;
use hub::files::Disk;
use hub::project::Settings;
use hub::render::Snapshot;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

/// As in the program.
#[global_allocator]
static MEMORY: Allocator = Allocator;

/// Sentences that extraction finds something in.
const SENTENCES: [&str; 8] = [
    "A form is a short conversation with somebody who is about to trust you a little.",
    "What does your form ask for that you have never once used?",
    "Nobody reads a page that asks three times for the same address.",
    "Of 1,200 readers 38 percent left at the second field.",
    "Every further field costs readers, and most of them do not come back.",
    "The button is the last thing people read before they decide.",
    "A label that disappears helps nobody who was interrupted.",
    "Give the answer away, because people remember where it came from.",
];

/// A number as a word, so that no two articles say the same.
fn word(mut n: usize) -> String {
    let mut out = String::from("n");
    for _ in 0..5 {
        out.push((b'a' + (n % 26) as u8) as char);
        n /= 26;
    }
    out
}

fn article(i: usize) -> String {
    let mut out = format!(
        "+++\ntitle = \"Article {i} on forms that people fill in\"\ndescription = \"How to write a form that people fill in, in five steps and {i} words.\"\ndate = 2026-01-01\ntags = [\"opt-in forms\", \"writing\"]\nmagnet = \"guide\"\n+++\n\nWe had 12 fields in our first form. I asked a colleague to fill it in, and she went away.\n\n"
    );
    for section in 0..5 {
        // Writing to a String does not fail.
        let _ = write!(out, "## Point {section} of what matters in {i}\n\n");
        for sentence in 0..8 {
            let said = SENTENCES[(i + section + sentence) % 8];
            let (said, end) = said.split_at(said.len() - 1);
            let _ = write!(
                out,
                "{said}, as {} found{end} It follows for another time. ",
                word(i * 64 + section * 8 + sentence)
            );
        }
        out.push_str("\n\n");
    }
    out
}

fn main() {
    let count = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(10_000);
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path();
    let put = |path: &str, text: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    put("site.toml", "title = \"Bench\"\nbase_url = \"https://acme.io\"\n[share]\n[forms.f]\nprovider = \"netlify\"\n");
    put(
        "content/magnets/guide/index.md",
        "+++\ntitle = \"The guide\"\npromise = \"After an hour you know what to ask.\"\nkind = \"newsletter\"\nform = \"f\"\n+++\n",
    );
    for i in 0..count {
        put(&format!("content/articles/a{i}.md"), &article(i));
    }
    let now = "2026-11-22T00:00:00Z".parse().expect("a time");
    let settings = Settings { env: None, base_url: None, now, drafts: false, future: false };
    let site = Snapshot::new(Arc::new(Disk::new(root)), settings, None, &Before::default()).value;
    let begun = Instant::now();
    let made = hub::share::each(&site, |posts| {
        let networks = posts.snippets.iter().map(|s| &s.network).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(networks.len(), 16, "every network has posts");
        (posts.snippets.len(), posts.snippets.iter().map(|s| s.text.len()).sum::<usize>())
    });
    let took = begun.elapsed();
    let (posts, bytes) = made.iter().fold((0, 0), |(n, b), (m, c)| (n + m, b + c));
    assert_eq!(made.len(), count);
    assert!(posts >= count * 80, "{posts} posts");
    println!("{count} articles, {posts} posts, {} MB of text: {:.2} s", bytes / 1_000_000, took.as_secs_f64());
}
