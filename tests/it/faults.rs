//! The world fails: the published site is the old one or the new one, and the next build succeeds.

use crate::harness::{Site, tree};
use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

fn site(articles: usize, version: u32) -> Site {
    let site = Site::new();
    write(&site, articles, version);
    site
}

fn write(site: &Site, articles: usize, version: u32) {
    for i in 0..articles {
        let text = format!(
            "+++\ntitle = \"A {i} v{version}\"\ndate = 2026-01-01\ntags = [\"t{}\"]\n+++\n\nBody {version}.\n\n{}",
            i % 7,
            "word ".repeat(300)
        );
        site.put(&format!("content/articles/a{i}.md"), text);
    }
}

#[test]
fn killed_at_any_moment() {
    let site = site(150, 1);
    assert_eq!(site.build(&[]).exit, 0);
    let mut old = site.output("public");
    let mut interrupted = 0;
    for round in 0..14u32 {
        write(&site, 150, round + 2);
        let expected = {
            let clean = Site::new();
            write(&clean, 150, round + 2);
            assert_eq!(clean.build(&[]).exit, 0);
            clean.output("public")
        };
        let mut child = site
            .command()
            .args(["build", "--now", "2026-11-22"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("hub runs");
        std::thread::sleep(Duration::from_millis(u64::from(round) * 9));
        // SIGKILL.
        let _ = child.kill();
        interrupted += usize::from(!child.wait().expect("ends").success());
        let now = site.output("public");
        for (path, bytes) in &now {
            let whole = old.get(path) == Some(bytes) || expected.get(path) == Some(bytes);
            assert!(whole, "{path} is neither old nor new after round {round}");
        }
        for path in old.keys().filter(|p| expected.contains_key(*p)) {
            assert!(now.contains_key(path), "{path} is missing after round {round}");
        }
        let built = site.build(&[]);
        assert_eq!(built.exit, 0, "{}", built.said);
        assert_equal(&site.output("public"), &expected);
        old = expected;
    }
    assert!(interrupted > 2, "hub was too quick to be killed: {interrupted}");
}

fn assert_equal(a: &BTreeMap<String, Vec<u8>>, b: &BTreeMap<String, Vec<u8>>) {
    let differ: Vec<_> = a.keys().chain(b.keys()).filter(|k| a.get(*k) != b.get(*k)).collect();
    assert!(differ.is_empty(), "{differ:?}");
}

#[test]
fn a_full_disk_leaves_the_site_as_it_was() {
    let mount = tempfile::tempdir().expect("a folder");
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1536k", "tmpfs"])
        .arg(mount.path())
        .stderr(Stdio::null())
        .status();
    if !mounted.is_ok_and(|s| s.success()) {
        eprintln!("skipped: no small file system can be mounted here (needs root)");
        return;
    }
    let site = site(40, 1);
    let out = mount.path().join("out");
    let out = out.to_string_lossy().into_owned();
    let first = site.build(&["--out", &out]);
    let before = tree(std::path::Path::new(&out));
    write(&site, 900, 2);
    let full = site.build(&["--out", &out]);
    let after = tree(std::path::Path::new(&out));
    write(&site, 0, 2);
    for i in 40..900 {
        std::fs::remove_file(site.path(&format!("content/articles/a{i}.md"))).expect("removed");
    }
    let again = site.build(&["--out", &out]);
    let _ = std::process::Command::new("umount").arg(mount.path()).status();
    assert_eq!(first.exit, 0, "{}", first.said);
    assert_eq!(full.exit, 4, "{}", full.said);
    assert_equal(&before, &after);
    assert_eq!(again.exit, 0, "{}", again.said);
}

#[test]
fn an_output_that_cannot_be_written() {
    let site = site(3, 1);
    site.put("file", "x");
    let built = site.build(&["--out", "file/public"]);
    assert_eq!(built.exit, 4, "{}", built.said);
    let built = site.build(&["--out", "file"]);
    assert_eq!(built.exit, 2, "{}", built.said);
    assert_eq!(site.read("file"), "x");
}

#[test]
fn caches_that_cannot_be_used() {
    let site = site(5, 1);
    assert_eq!(site.build(&[]).exit, 0);
    let clean = site.output("public");
    for file in [".hub/cache/articles", ".hub/cache/pages", ".hub/cache/since-pages", ".hub/cache/since-articles"] {
        for damage in ["cut", "flip", "empty", "foreign"] {
            // The upper layer is there once something is another than when the lower one was written.
            write(&site, 1, 2);
            assert_eq!(site.build(&[]).exit, 0);
            let mut bytes = std::fs::read(site.path(file)).expect("a cache");
            match damage {
                "cut" => bytes.truncate(bytes.len() / 2),
                "flip" => {
                    let middle = bytes.len() / 2;
                    bytes[middle] ^= 0x55;
                }
                "empty" => bytes.clear(),
                _ => bytes = b"not a cache".to_vec(),
            }
            site.put(file, &bytes);
            // Sources that are as they were would be built without the cache.
            write(&site, 1, 1);
            let built = site.build(&[]);
            assert_eq!(built.exit, 0, "{file} {damage}: {}", built.said);
            assert!(built.said.contains("H6005"), "{file} {damage} is said: {}", built.said);
            assert_equal(&site.output("public"), &clean);
        }
    }
    std::thread::sleep(SETTLED);
    for damage in ["", "hub last", "not a cache"] {
        assert_eq!(site.build(&[]).exit, 0);
        site.put(".hub/cache/last", damage);
        assert_eq!(site.build(&[]).exit, 0, "{damage}");
        assert_equal(&site.output("public"), &clean);
    }
    std::fs::remove_dir_all(site.path(".hub/cache")).expect("removed");
    assert_eq!(site.build(&[]).exit, 0);
    // A file where the cache should be: it can be neither read nor written.
    std::fs::remove_dir_all(site.path(".hub/cache")).expect("removed");
    site.put(".hub/cache", "x");
    let built = site.build(&[]);
    assert_eq!(built.exit, 0, "{}", built.said);
    assert!(built.said.contains("H6005"));
    assert_equal(&site.output("public"), &clean);
}

/// So long ago that a file's stamp is trusted.
const SETTLED: Duration = Duration::from_millis(80);

#[test]
fn sources_that_did_not_change_are_not_read() {
    let site = site(5, 1);
    site.put("content/articles/later.md", "+++\ntitle = \"Later\"\ndate = 2026-12-24\n+++\n\nSoon.\n");
    site.put("content/articles/bare.md", "+++\ntitle = \"Bare\"\ndate = 2026-01-01\n+++\n\n![](nothing.png)\n");
    std::thread::sleep(SETTLED);
    let how = |args: &[&str]| {
        let built = site.build(args);
        let phases = built.report["phases"].as_object().cloned().unwrap_or_default();
        (built, phases.contains_key("unchanged"))
    };
    let (failed, _) = how(&[]);
    assert_eq!(failed.exit, 1, "{}", failed.said);
    assert!(!how(&[]).1, "a build that failed is never repeated unread");
    site.put("content/articles/bare.md", "+++\ntitle = \"Bare\"\ndate = 2026-01-01\n+++\n\n![](https://a.io/x.png)\n");
    std::thread::sleep(SETTLED);
    let (first, unread) = how(&[]);
    assert_eq!((first.exit, unread), (0, false), "{}", first.said);
    let (second, unread) = how(&[]);
    assert!(unread, "{}", second.said);
    assert_eq!(second.report["findings"], first.report["findings"], "what was found is said again");
    assert!(!second.report["findings"].as_array().expect("a list").is_empty());
    for same in ["pages", "withheld", "next_change"] {
        assert_eq!(second.report[same], first.report[same], "{same}");
    }
    assert_eq!(how(&["--strict"]).0.exit, 3, "warnings stop it");
    assert!(!how(&[]).1, "the last build failed");
    assert!(how(&[]).1);
    let clean = site.output("public");
    std::fs::write(site.path("public/index.html"), "changed by hand").expect("written");
    assert!(!how(&[]).1, "the output is not as it was");
    assert_equal(&site.output("public"), &clean);
    assert!(how(&[]).1);
    assert!(!how(&["--base-url", "https://acme.io/docs"]).1, "another setting");
    assert!(!how(&[]).1);
    assert!(how(&[]).1);
    let later = site.command().args(["build", "--now", "2026-12-25"]).output().expect("hub runs");
    assert!(later.status.success());
    assert!(site.path("public/articles/later/index.html").exists(), "its day has come");
    assert!(!how(&[]).1, "a clock that was set back");
    assert_equal(&site.output("public"), &clean);
}

#[test]
fn what_is_posted_follows_the_clock_and_the_ledger() {
    let site = Site::new();
    site.put("site.toml", "title = \"T\"\nbase_url = \"https://acme.io\"\n[share]\nnetworks = [\"mastodon\"]\n");
    let share = "[[share]]\nvariant = \"one\"\ntext = \"One.\"\n[[share]]\nvariant = \"two\"\ntext = \"Two.\"\n";
    site.put("content/articles/a.md", format!("+++\ntitle = \"A\"\ndate = 2026-11-20\n{share}+++\n\nText.\n"));
    std::thread::sleep(SETTLED);
    let how = |now: &str| {
        let built = site.build(&["--now", now]);
        assert_eq!(built.exit, 0, "{}", built.said);
        let unread = built.report["phases"].as_object().is_some_and(|p| p.contains_key("unchanged"));
        (unread, site.read("social/due/mastodon.xml").matches("<item>").count(), site.output("social"))
    };
    assert_eq!(how("2026-11-20T08:00:00Z").1, 0);
    assert!(how("2026-11-20T08:59:00Z").0, "nothing is due yet");
    let (unread, due, first) = how("2026-11-20T09:30:00Z");
    assert_eq!((unread, due), (false, 1), "its time has come");
    assert!(how("2026-11-20T10:00:00Z").0);
    let (unread, due, _) = how("2026-11-28T10:00:00Z");
    assert_eq!((unread, due), (false, 1), "the first is missed, the second is due");
    let (unread, due, again) = how("2026-11-20T09:30:00Z");
    assert_eq!((unread, due), (false, 1));
    assert_equal(&again, &first);
    site.put(
        "social/ledger.toml",
        "[[posts]]\narticle = \"a\"\nnetwork = \"mastodon\"\nvariant = \"one\"\nat = 2026-11-20T09:00:00Z\n",
    );
    let (unread, due, posted) = how("2026-11-20T09:30:00Z");
    assert_eq!((unread, due), (false, 0), "the ledger is a source");
    let uid = |tree: &BTreeMap<String, Vec<u8>>| String::from_utf8_lossy(&tree["calendar.ics"]).matches("UID:").count();
    assert_eq!(uid(&first), uid(&posted) + 1);
    assert!(site.path("social/ledger.toml").exists(), "it is no output");
}

#[test]
fn two_builds_at_once() {
    let site = site(60, 1);
    let spawn =
        || site.command().args(["build", "--now", "2026-11-22"]).stderr(Stdio::null()).spawn().expect("hub runs");
    let mut children = [spawn(), spawn(), spawn()];
    for child in &mut children {
        assert!(child.wait().expect("ends").success());
    }
    assert_eq!(site.build(&[]).report["changes"]["written"], 0);
}

#[test]
fn what_hub_did_not_write_stays() {
    let site = site(3, 1);
    site.put("public/CNAME", "acme.io");
    site.put("public/articles/mine.txt", "mine");
    assert_eq!(site.build(&[]).exit, 0);
    std::fs::remove_file(site.path("content/articles/a0.md")).expect("removed");
    let built = site.build(&[]);
    assert_eq!(built.exit, 0, "{}", built.said);
    assert!(!site.path("public/articles/a0/index.html").exists());
    assert_eq!((site.read("public/CNAME"), site.read("public/articles/mine.txt")), ("acme.io".into(), "mine".into()));
    site.put("content/about.md", "+++\ntitle = \"About\"\n+++\n");
    site.put("public/about/index.html", "by hand");
    let built = site.build(&[]);
    assert_eq!(built.exit, 1, "{}", built.said);
    assert!(built.said.contains("H6003"), "{}", built.said);
    assert_eq!(site.read("public/about/index.html"), "by hand");
    assert_eq!(site.build(&["--adopt"]).exit, 0);
    assert!(site.read("public/about/index.html").contains("About"));
}

#[test]
fn a_folder_that_must_not_hold_the_output() {
    let site = site(2, 1);
    for out in [".", "content", "content/public", "themes/x", ".."] {
        let built = site.build(&["--out", out]);
        assert_eq!(built.exit, 2, "{out}: {}", built.said);
    }
    site.put("other/.git/HEAD", "ref");
    assert_eq!(site.build(&["--out", "other"]).exit, 2);
}
