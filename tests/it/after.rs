//! After publishing: the look at the site, and word to search engines.

use crate::harness::{Site, said};
use crate::web::{Answer, Fault, Web};
use hub::posting::Clock;
use hub::publish::after::announce;
use hub::publish::{Output, OutputFile};
use std::process::Output as Ran;

/// A site that is published into `www`, below its own folder.
fn site(base_url: &str, env: &str, more: &str) -> Site {
    let site = Site::new();
    let target = format!("[publish.www]\nkind = \"directory\"\npath = \"www\"\npatience = 3\n{more}");
    site.put("site.toml", format!("title = \"T\"\nbase_url = \"{base_url}\"\nenv = \"{env}\"\n{target}"));
    for name in ["a", "b"] {
        site.put(&format!("content/articles/{name}.md"), format!("+++\ntitle = \"A {name}\"\n+++\nfirst\n"));
    }
    site.put("content/articles/quiet.md", "+++\ntitle = \"Quiet\"\nnoindex = true\n+++\nfirst\n");
    site
}

fn publish(site: &Site, args: &[&str], indexnow: &Web) -> Ran {
    let built = site.build(&[]);
    assert_eq!(built.exit, 0, "{}", built.said);
    site.command()
        .args(["publish", "--yes"])
        .args(args)
        .env("HUB_INDEXNOW", &indexnow.origin)
        .output()
        .expect("hub runs")
}

#[test]
fn the_site_is_looked_at_as_readers_get_it() {
    let place = Site::empty();
    let web = Web::folder(place.path("www"));
    let engine = Web::start(|_| Answer::new(200, ""));
    let site = site(&web.origin, "preview", "");
    std::os::unix::fs::symlink(site.path("www"), place.path("www")).expect("a link");
    // The host needs a moment.
    web.fail("GET /articles/a/", &[Fault::Status(404), Fault::Cut]);
    let ran = publish(&site, &["--verify-live"], &engine);
    assert!(ran.status.success(), "{}", said(&ran));
    assert!(said(&ran).contains(&format!("{} shows what was published", web.origin)), "{}", said(&ran));
    let asked = web.lines();
    let kinds = ["GET /", "GET /articles/a/", "GET /assets/", "GET /hub-looks-for"];
    assert!(kinds.iter().all(|kind| asked.iter().any(|line| line.starts_with(kind))), "{asked:?}");
    assert!(engine.asked().is_empty(), "nobody is told of a preview, or unasked");
    // A page that is not the one that was published.
    web.fail("GET /articles/a/", &vec![Fault::Status(301); 20]);
    let ran = publish(&site, &["--verify-live"], &engine);
    assert_eq!(ran.status.code(), Some(4), "{}", said(&ran));
    assert!(said(&ran).contains("status 301"), "{}", said(&ran));
}

#[test]
fn a_host_that_serves_everything_as_a_page_is_noticed() {
    let web = Web::start(|_| Answer::new(200, "<h1>An app</h1>"));
    let site = site(&web.origin, "preview", "verify_live = true\n");
    let ran = publish(&site, &[], &web);
    assert_eq!(ran.status.code(), Some(4), "{}", said(&ran));
    for said_so in
        ["other bytes than those that were published", "where nothing is and 404 belongs", "and 3 others do not show"]
    {
        assert!(said(&ran).contains(said_so), "{said_so}: {}", said(&ran));
    }
}

#[test]
fn search_engines_are_told_what_changed() {
    let engine = Web::start(|_| Answer::new(202, ""));
    let site = site("https://acme.io", "production", "indexnow = true\n");
    engine.fail("POST /", &[Fault::Busy(0), Fault::Status(500)]);
    let ran = publish(&site, &[], &engine);
    assert!(ran.status.success() && said(&ran).contains("told search engines of"), "{}", said(&ran));
    let told = engine.asked().last().expect("a request").json();
    let key = told["key"].as_str().expect("a key").to_string();
    assert_eq!(key.len(), 32);
    assert_eq!(told["host"], "acme.io");
    assert_eq!(told["keyLocation"], format!("https://acme.io/{key}.txt"));
    assert_eq!(site.read(&format!("www/{key}.txt")), key, "the file that proves it is published");
    let urls = told["urlList"].to_string();
    assert!(urls.contains("\"https://acme.io/\"") && urls.contains("\"https://acme.io/articles/a/\""), "{urls}");
    assert!(!urls.contains("quiet") && !urls.contains("404") && !urls.contains(".xml"), "{urls}");
    engine.lines();
    assert!(!said(&publish(&site, &[], &engine)).contains("search engines"));
    assert!(engine.lines().is_empty(), "nothing changed, so nobody is told");
    // What changed and what went away, and nothing else.
    site.put("content/articles/a.md", "+++\ntitle = \"A a\"\n+++\nsecond\n");
    std::fs::remove_file(site.path("content/articles/b.md")).expect("removed");
    publish(&site, &[], &engine);
    let urls = engine.asked().last().expect("a request").json()["urlList"].to_string();
    assert!(urls.contains("/articles/a/\"") && urls.contains("/articles/b/\""), "{urls}");
    // What the engine says against it fails nothing.
    engine.fail("POST /", &[Fault::Status(403)]);
    site.put("content/articles/a.md", "+++\ntitle = \"A a\"\n+++\nthird\n");
    let ran = publish(&site, &[], &engine);
    assert!(ran.status.success() && said(&ran).contains("does not find the key file"), "{}", said(&ran));
}

#[test]
fn without_a_key_file_nobody_is_told() {
    let engine = Web::start(|_| Answer::new(200, ""));
    let site = site("https://acme.io", "production", "");
    let ran = publish(&site, &["--indexnow"], &engine);
    assert!(said(&ran).contains("the output has no key file for IndexNow: set `indexnow = true`"), "{}", said(&ran));
    assert!(engine.asked().is_empty());
}

#[test]
fn many_addresses_go_in_batches() {
    let engine = Web::start(|_| Answer::new(200, ""));
    let dir = tempfile::tempdir().expect("a folder");
    let paths: Vec<String> = (0..10_001).map(|i| format!("p{i}/index.html")).collect();
    let locs: String = (0..10_001).map(|i| format!("<url><loc>https://acme.io/p{i}/</loc></url>")).collect();
    let key = format!("{}.txt", hub::site::hosts::indexnow_key("https://acme.io"));
    let files = [("sitemap.xml", locs.as_str()), (key.as_str(), "")].map(|(path, text)| {
        std::fs::write(dir.path().join(path), text).expect("a file");
        let (digest, seal) = (hub::digest::Digest::of(text.as_bytes()), hub::digest::seal(text.as_bytes()));
        OutputFile { path: path.to_string(), digest, seal, len: 0, source: None }
    });
    let mut files = files.to_vec();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let output = Output { dir: dir.path().to_path_buf(), files };
    let clock = Clock { now: jiff::Timestamp::now, sleep: |_| {} };
    let told = announce(&engine.origin, "https://acme.io", &output, (&paths, &[]), clock);
    assert_eq!(told, Ok(10_001));
    let sizes: Vec<usize> =
        engine.asked().iter().map(|a| a.json()["urlList"].as_array().expect("a list").len()).collect();
    assert_eq!(sizes, [10_000, 1]);
}
