//! A corpus that is the same every time: articles with topics, tags, sections and links to each other.

use std::fmt::Write as _;
use std::path::Path;

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

/// Year, month and day of an article.
pub fn date(i: usize) -> (usize, usize, usize) {
    (2010 + i % 16, 1 + i / 16 % 12, 1 + i / 192 % 28)
}

/// An article. Another `title`, or something `extra` at its end, makes it another text.
fn article(i: usize, title: usize, extra: &str) -> String {
    let mut numbers = Numbers(i as u64);
    let (topic, tag) = (i % 8, numbers.below(40));
    let (year, month, day) = date(i);
    let mut out = format!(
        "+++\ntitle = \"Article {i} {title}\"\ndescription = \"About {i}\"\ndate = {year}-{month:02}-{day:02}\ntopics = [\"Topic {topic}\"]\ntags = [\"tag {tag}\", \"tag {}\"]\n+++\n\n",
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

/// Writes an article.
pub fn write(root: &Path, i: usize, title: usize, extra: &str) {
    let path = root.join(format!("content/articles/a{i}.md"));
    std::fs::write(path, article(i, title, extra)).expect("a file");
}

/// Writes a site of so many articles.
pub fn site(root: &Path, count: usize) {
    std::fs::create_dir_all(root.join("content/articles")).expect("a folder");
    let toml = "title = \"Bench\"\nbase_url = \"https://acme.io\"\n[feeds]\nterms = false\n";
    std::fs::write(root.join("site.toml"), toml).expect("a file");
    for i in 0..count {
        write(root, i, 0, "");
    }
}
