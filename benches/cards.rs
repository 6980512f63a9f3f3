//! Cards against resvg alone: `cargo bench --bench cards`. The law: at most 1.3 times the time of rendering and encoding the
//! same SVG by resvg. `HUB_CARDS=DIR` writes one card of each kind and format, to be looked at.

use hub::cards::FORMATS;
use hub::content::Before;
use hub::files::{Layers, Memory};
use hub::project::{Settings, theme};
use hub::render::Snapshot;
use hub::render::cards::Sheet;
use hub::site::Subject;
use rayon::prelude::*;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

const QUOTE: &str = "A follower count measures attention that a network lends you, and may take back on any Tuesday.";

struct Owned(Memory, Memory);

impl hub::files::Files for Owned {
    fn list(&self) -> hub::diag::Parsed<Vec<hub::files::Entry>> {
        Layers { upper: &self.0, lower: &self.1 }.list()
    }
    fn stamp(&self, path: &hub::source::RelPath) -> Option<hub::files::Stamp> {
        Layers { upper: &self.0, lower: &self.1 }.stamp(path)
    }
    fn read(&self, path: &hub::source::RelPath) -> std::io::Result<Vec<u8>> {
        Layers { upper: &self.0, lower: &self.1 }.read(path)
    }
    fn open(&self, path: &hub::source::RelPath) -> std::io::Result<Box<dyn hub::files::Pieces>> {
        Layers { upper: &self.0, lower: &self.1 }.open(path)
    }
}

fn site() -> Arc<Snapshot> {
    let mut files = Memory::default();
    let mut put = |path: &str, text: String| files.put(path, text.into_bytes());
    put(
        "site.toml",
        "title = \"Plain Words\"\nbase_url = \"https://acme.io\"\nauthor = \"Mara Lindqvist\"\n[share]\n[forms.f]\nprovider = \"netlify\"\n"
            .into(),
    );
    for (i, title) in TITLES.iter().enumerate() {
        let text = format!(
            "+++\ntitle = \"{title}\"\ntopics = [\"audience\"]\ndescription = \"Two numbers to look at once a month, and one to leave alone.\"\n+++\ntext\n"
        );
        put(&format!("content/articles/a{i}.md"), text);
    }
    put(
        "content/magnets/sheet/index.md",
        "+++\ntitle = \"The opt-in form checklist\"\npromise = \"Nineteen points, each of which costs readers when it is missing.\"\nfiles = [\"a.pdf\"]\n[form]\nname = \"f\"\n+++\ntext\n"
            .into(),
    );
    put("content/magnets/sheet/a.pdf", "pdf".into());
    let settings = Settings {
        env: None,
        base_url: None,
        now: "2026-11-22T00:00:00Z".parse().expect("a date"),
        drafts: false,
        future: false,
    };
    Snapshot::new(Arc::new(Owned(files, theme::builtin())), settings, None, &Before::default()).value
}

const TITLES: [&str; 6] = [
    "Followers are not customers",
    "Why a monthly hour with eleven leads tells you more than a dashboard with eleven thousand visitors",
    "Ask",
    "עוקבים אינם לקוחות: מה לספור במקום",
    "Подписчики — это ещё не клиенты, и вот что считать",
    "Donaudampfschifffahrtsgesellschaftskapitänsmütze und andere sehr lange Wörter",
];

/// What a program does that has nothing but resvg.
fn alone(svg: &str) -> Vec<u8> {
    let tree = Tree::from_str(svg, &Options::default()).expect("svg");
    let size = tree.size();
    let mut pixels = Pixmap::new(size.width() as u32, size.height() as u32).expect("a size");
    resvg::render(&tree, Transform::default(), &mut pixels.as_mut());
    pixels.encode_png().expect("png")
}

fn best(mut run: impl FnMut()) -> Duration {
    (0..5)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

fn main() {
    let site = site();
    let subjects: Vec<_> = site.content.ids().filter(|id| site.plan.path(*id).is_some()).map(Subject::Text).collect();
    let mut sheets: Vec<Sheet<'_>> = Vec::new();
    for format in &FORMATS {
        sheets.extend(subjects.iter().map(|s| Sheet { subject: *s, quote: None, format }));
        sheets.push(Sheet { subject: subjects[0], quote: Some(QUOTE), format });
    }
    if let Some(dir) = std::env::var_os("HUB_CARDS") {
        std::fs::create_dir_all(&dir).expect("a folder");
        for (i, sheet) in sheets.iter().enumerate() {
            let drawn = site.draw(sheet, "card");
            for d in &drawn.diags.0 {
                eprintln!("{}: {}", d.code, d.message);
            }
            std::fs::write(std::path::Path::new(&dir).join(format!("{}-{i}.png", sheet.format.name)), drawn.value)
                .expect("written");
        }
    }
    println!("{:>8} {:>10} {:>10} {:>6} {:>8}", "format", "hub", "resvg", "ratio", "largest");
    for format in &FORMATS {
        let sheets: Vec<_> = sheets.iter().filter(|s| s.format == format).collect();
        let svgs: Vec<String> = sheets.iter().map(|s| site.card_svg(s).expect("a card")).collect();
        let mut largest = 0;
        let ours = best(|| {
            for sheet in &sheets {
                largest = largest.max(black_box(site.draw(sheet, "card").value).len());
            }
        });
        let theirs = best(|| svgs.iter().for_each(|svg| drop(black_box(alone(svg)))));
        let each = |time: Duration| time.as_secs_f64() * 1000.0 / sheets.len() as f64;
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        println!(
            "{:>8} {:>7.1} ms {:>7.1} ms {ratio:>6.2} {:>5} KB",
            format.name,
            each(ours),
            each(theirs),
            largest / 1024
        );
        assert!(ratio <= 1.3, "a card takes more than 1.3 times what resvg takes alone");
        assert!(largest < 300 * 1024, "a card is larger than networks take");
    }
    let one = best(|| sheets.iter().for_each(|s| drop(black_box(site.draw(s, "card")))));
    let all = best(|| sheets.par_iter().for_each(|s| drop(black_box(site.draw(s, "card")))));
    println!("all cores: {:.2} times as fast", one.as_secs_f64() / all.as_secs_f64());
}
