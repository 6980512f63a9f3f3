//! Cases of the law of incremental builds that random edits do not reach: what a page shows of something that it does not name.

use crate::harness::{Site, tree};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// A file whose last change is older is known by its stamp.
const MOMENT: Duration = Duration::from_millis(60);

/// A picture of a size.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&vec![0; (width * height) as usize]).expect("pixels");
    writer.finish().expect("an end");
    out
}

/// The output, what was said, and how it ended. Counts of written files and times differ, of course.
fn result(site: &Site, args: &[&str]) -> (BTreeMap<String, Vec<u8>>, String, i32) {
    let mut all = vec!["--format", "json", "--min-pages", "0"];
    all.extend(args);
    let built = site.build(&all);
    let findings = built.report["findings"].to_string();
    (tree(&site.path("public")), findings, built.exit)
}

fn copy(from: &Path, to: &Path) {
    let status = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status().expect("cp runs");
    assert!(status.success());
}

/// Builds, edits and builds again; then builds the same sources from nothing. Both builds have arguments of their own.
fn holds(site: &Site, edit: impl FnOnce(&Site), (before, after): (&[&str], &[&str])) {
    site.put("content/_index.md", "+++\ntitle = \"T\"\n+++\n");
    std::thread::sleep(MOMENT);
    result(site, before);
    edit(site);
    std::thread::sleep(MOMENT);
    let (output, findings, exit) = result(site, after);
    for left in ["public", ".hub/cache", ".hub/manifest"] {
        let _ = std::fs::remove_dir_all(site.path(left));
    }
    let (clean, clean_findings, clean_exit) = result(site, after);
    assert_eq!((findings, exit), (clean_findings, clean_exit));
    let differ: Vec<_> = output.keys().chain(clean.keys()).filter(|k| output.get(*k) != clean.get(*k)).collect();
    assert!(differ.is_empty() || exit != 0, "{differ:?} differ");
}

const ARTICLE: &str = "+++\ntitle = \"A\"\ndate = 2026-01-01\n+++\nText.\n";

#[test]
#[cfg(unix)]
fn what_cannot_be_listed_is_found_each_time() {
    use std::os::unix::fs::symlink;
    for (to, at) in [("/etc/hostname", "content/x.md"), ("../content", "content/loop"), ("nowhere", "static/y.txt")] {
        let link = |site: &Site| {
            std::fs::create_dir_all(site.path("static")).expect("a folder");
            symlink(to, site.path(at)).expect("a link");
        };
        let site = Site::new();
        holds(&site, link, (&[], &[]));
        assert_ne!(result(&site, &[]).2, 0, "{at}");
        assert_ne!(result(&site, &[]).2, 0, "{at}: said once only");
    }
    let site = Site::new();
    site.put("site.toml", site.read("site.toml") + "[check]\nH0009 = \"warning\"\n");
    site.put("content/a.md", ARTICLE);
    symlink("../content", site.path("content/loop")).expect("a link");
    holds(&site, |site| std::fs::remove_file(site.path("content/loop")).expect("gone"), (&[], &[]));
}

#[test]
#[cfg(unix)]
fn linked_folders_stay_in_the_site() {
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("s.txt"), "secret").expect("a file");
    let site = Site::new();
    site.put("content/_index.md", "+++\ntitle = \"T\"\n+++\n");
    site.put("static/in/a.txt", "a");
    std::os::unix::fs::symlink("in", site.path("static/beside")).expect("a link");
    assert_eq!(site.build(&[]).exit, 0);
    assert_eq!(site.read("public/beside/a.txt"), "a");
    std::os::unix::fs::symlink(outside.path(), site.path("static/out")).expect("a link");
    let built = site.build(&[]);
    assert!(built.exit == 1 && built.said.contains("`static/out` is a link that leads out"), "{}", built.said);
    assert!(!site.path("public/out").exists());
}

#[test]
fn pictures_of_feeds() {
    let site = Site::new();
    site.put("content/articles/a.md", format!("{ARTICLE}\nMore.\n\n![p](/p.png)\n"));
    site.put("static/p.png", picture(10, 10));
    holds(&site, |site| site.put("static/p.png", picture(30, 20)), (&[], &[]));
    assert!(site.read("public/feed.xml").contains("width=&quot;30&quot;"), "{}", site.read("public/feed.xml"));
}

#[test]
fn what_is_to_come_says_so_until_it_has() {
    let site = Site::new();
    site.put("content/articles/a.md", ARTICLE.replace("2026", "2027"));
    let builds: (&[&str], &[&str]) = (&["--future", "--now", "2026-12-01"], &["--future", "--now", "2027-02-01"]);
    holds(&site, |_| {}, builds);
    assert!(!site.read("public/articles/a/index.html").contains("Scheduled"));
}

const HEY: &str = "{% component hey() %}<b>1</b>{% endcomponent hey %}";
const SUMMARIES: &str =
    "<html><head><title>x</title></head><body>{% for a in articles %}{{ a.summary }}{% endfor %}</body></html>";

#[test]
fn components_of_summaries() {
    let site = Site::new();
    site.put("content/articles/_index.md", "+++\ntitle = \"All\"\n+++\n");
    site.put("content/articles/a.md", ARTICLE.replace("Text.", "::hey\n\nWords.\n\n<!-- more -->\n\nBody."));
    site.put("templates/components/hey.html", HEY);
    site.put("templates/section.html", SUMMARIES);
    holds(&site, |site| site.put("templates/components/hey.html", HEY.replace('1', "2")), (&[], &[]));
    assert!(site.read("public/articles/index.html").contains("<b>2</b>"));
    // What it asks belongs to each page that shows it.
    let asks = HEY.replace("<b>1", "{% set d = data(path=\"d.toml\") %}<b>{{ d.n }}");
    site.put("templates/components/hey.html", asks);
    site.put("content/data/d.toml", "n = 3\n");
    holds(&site, |site| site.put("content/data/d.toml", "n = 4\n"), (&[], &[]));
    assert!(site.read("public/articles/index.html").contains("<b>4</b>"));
}

#[test]
fn whether_the_site_s_author_has_a_page() {
    let site = Site::new();
    site.put("site.toml", site.read("site.toml") + "author = \"ann\"\n");
    for author in ["ann", "bob"] {
        site.put(&format!("content/authors/{author}.toml"), format!("name = \"{author}\"\n"));
    }
    let by = |author: &str| ARTICLE.replace("+++\nText", &format!("authors = [\"{author}\"]\n+++\nText"));
    site.put("content/articles/a.md", by("bob"));
    site.put("content/about.md", "+++\ntitle = \"About\"\n+++\nUs.\n");
    let page = "<html><head><title>x</title></head><body>{% if site.author.url %}{{ site.author.url }}{% endif %}";
    site.put("templates/page.html", page);
    holds(&site, |site| site.put("content/articles/a.md", by("ann")), (&[], &[]));
    assert!(site.read("public/about/index.html").contains("/authors/ann/"), "{}", site.read("public/about/index.html"));
}

#[test]
fn icons_of_the_web_manifest() {
    let site = Site::new();
    holds(&site, |site| site.put("static/icon-192.png", picture(192, 192)), (&[], &[]));
    let manifest = site.read("public/site.webmanifest");
    assert!(manifest.contains("icon-192.png"), "{manifest}");
}

#[test]
fn an_upper_layer_lies_on_its_own_lower_one() {
    let site = Site::new();
    let template = "<html><head><title>x</title></head><body>A {{ article.body }}</body></html>";
    site.put("templates/page.html", template);
    for page in ["a", "b", "c"] {
        site.put(&format!("content/{page}.md"), "+++\ntitle = \"P\"\n+++\nText.\n");
    }
    let backup = tempfile::tempdir().expect("a folder");
    let later = |site: &Site| {
        for dir in [".hub", "public"] {
            copy(&site.path(dir), &backup.path().join(dir));
        }
        site.put("templates/page.html", template.replace(">A", ">B"));
        std::thread::sleep(MOMENT);
        std::fs::remove_dir_all(site.path(".hub/cache")).expect("gone");
        result(site, &[]);
        site.put("content/a.md", "+++\ntitle = \"P\"\n+++\nText, and more.\n");
        std::thread::sleep(MOMENT);
        result(site, &[]);
        assert!(site.path(".hub/cache/since-pages").exists(), "there is an upper layer");
        for dir in [".hub/.", "public/."] {
            copy(&backup.path().join(dir), &site.path(dir.trim_end_matches("/.")));
        }
    };
    holds(&site, later, (&[], &[]));
    assert!(site.read("public/b/index.html").contains("B <p>"));
}

#[test]
fn what_a_wrong_name_resembles() {
    let warnings = "[check]\nH1003 = \"warning\"\nH3004 = \"warning\"\nH4003 = \"warning\"\n";
    let site = Site::new();
    site.put("site.toml", site.read("site.toml") + warnings);
    site.put("content/about.md", "+++\ntitle = \"About\"\n+++\n::heyy\n\n![x](pik.png)\n");
    let near = |site: &Site| {
        site.put("templates/components/hey.html", HEY);
        site.put("content/pic.png", picture(1, 1));
    };
    holds(&site, near, (&[], &[]));
}

#[test]
#[cfg(unix)]
fn what_lies_behind_a_link_in_the_output_is_left() {
    let site = Site::new();
    site.put("content/_index.md", "+++\ntitle = \"T\"\n+++\n");
    site.put("content/gone.md", "+++\ntitle = \"Gone\"\n+++\nText.\n");
    site.build(&[]);
    std::fs::rename(site.path("public/gone"), site.path("else")).expect("moved");
    std::os::unix::fs::symlink("../else", site.path("public/gone")).expect("a link");
    std::fs::remove_file(site.path("content/gone.md")).expect("gone");
    let built = site.build(&["--min-pages", "0"]);
    assert_eq!(built.exit, 0, "{}", built.said);
    assert!(site.path("else/index.html").exists(), "hub deletes nothing outside of its output");
}

#[test]
fn a_folder_in_the_place_of_a_file() {
    let site = Site::new();
    site.put("content/_index.md", "+++\ntitle = \"T\"\n+++\n");
    site.put("content/about.md", "+++\ntitle = \"About\"\n+++\nText.\n");
    site.build(&[]);
    let page = site.path("public/about/index.html");
    std::fs::remove_file(&page).expect("gone");
    std::fs::create_dir(&page).expect("a folder");
    let built = site.build(&[]);
    assert!(built.exit == 0 && page.is_file(), "{}", built.said);
    std::fs::remove_file(&page).expect("gone");
    site.put("public/about/index.html/mine.txt", "mine");
    let built = site.build(&[]);
    assert!(built.exit == 4 && built.said.contains("holds what hub did not write"), "{}", built.said);
    assert_eq!(site.read("public/about/index.html/mine.txt"), "mine");
}
