//! `hub publish` against real servers, with everything going wrong that can.

mod bench;
mod hosts;
mod proxy;

use crate::harness::{Site, said, tree};
use hosts::{Host, PASSWORD};
use proxy::{Event, Fault, Proxy, Request};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

const MANIFEST: &str = ".hub-manifest.json";

/// A site with pages, a style sheet of its own, and a target.
fn site(target: &str, articles: usize) -> Site {
    let site = Site::new();
    let toml = format!("title = \"T\"\nbase_url = \"https://acme.io\"\n{target}");
    site.put("site.toml", toml);
    site.put("assets/css/own.css", "p { color: #111 }\n");
    for i in 0..articles {
        article(&site, i, "first");
    }
    site.put("static/a b & c/ünï.txt", "names as people write them");
    build(&site);
    site
}

fn article(site: &Site, i: usize, word: &str) {
    let text = format!("+++\ntitle = \"Article {i}\"\ndate = 2026-01-{:02}\n+++\nText {word} of {i}.\n", i % 28 + 1);
    site.put(&format!("content/articles/a{i:03}.md"), text);
}

/// Another site: a text changes, one goes, one comes, and every page refers to another style sheet.
fn change(site: &Site) {
    article(site, 1, "second");
    article(site, 900, "new");
    std::fs::remove_file(site.path("content/articles/a002.md")).expect("a file");
    site.put("assets/css/site.css.tera", "p { color: #222 }\n");
    build(site);
}

/// Pages that are gone are gone on purpose.
fn build(site: &Site) {
    let built = site.build(&["--min-pages", "1"]);
    assert_eq!(built.exit, 0, "{}", built.said);
}

struct Done {
    exit: i32,
    said: String,
}

fn publish_with(site: &Site, host: &Host, args: &[&str], more: &[(&str, &str)]) -> Done {
    let mut command = site.command();
    command.arg("publish").args(args).envs(host.environment()).envs(more.iter().copied()).env("HOME", site.root());
    let output = command.stdin(Stdio::null()).output().expect("hub runs");
    let said = said(&output);
    assert!(!said.contains(PASSWORD) && !said.contains("YSBrZXkg"), "a credential is printed: {said}");
    Done { exit: output.status.code().unwrap_or(-1), said }
}

fn publish(site: &Site, host: &Host) -> Done {
    let done = publish_with(site, host, &["--yes"], &[]);
    assert_eq!(done.exit, 0, "{}", done.said);
    done
}

/// The target has what was built, and of hub's own nothing but the manifest.
fn same(site: &Site, host: &mut Host) {
    let (mut there, _) = host.dump();
    assert!(there.remove(MANIFEST).is_some(), "no manifest: {:?}", there.keys());
    there.retain(|path, _| !path.starts_with(".hub-objects/"));
    equal(&there, &site.output("public"));
}

fn equal(there: &BTreeMap<String, Vec<u8>>, built: &BTreeMap<String, Vec<u8>>) {
    let names = |of: &BTreeMap<String, Vec<u8>>| of.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(there), names(built));
    for (path, bytes) in built {
        assert!(there[path] == *bytes, "{path} differs");
    }
}

/// What a page refers to that is neither a page nor something that names pages.
pub fn assets_of(html: &str) -> BTreeSet<String> {
    let values = html.split("=\"/").skip(1).filter_map(|rest| rest.split('"').next());
    let paths = values.map(|v| v.split(['?', '#']).next().unwrap_or_default().to_string());
    let asset = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or_default();
        name.contains('.') && !name.ends_with(".html") && !name.starts_with("feed.") && !name.starts_with("sitemap")
    };
    paths.filter(asset).collect()
}

/// Replays what passed: at no moment does a page at the target refer to an asset that is not there.
fn unbroken(events: &[Event], prefix: &str, before: &BTreeMap<String, Vec<u8>>) {
    let key = |r: &Request| {
        let path = r.path.strip_prefix(prefix).unwrap_or(&r.path).trim_start_matches('/');
        path.replace("%20", " ").to_string()
    };
    let mut there: BTreeSet<String> = before.keys().cloned().collect();
    let mut pages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, bytes) in before.iter().filter(|(p, _)| p.ends_with(".html")) {
        pages.insert(path.clone(), assets_of(&String::from_utf8_lossy(bytes)));
    }
    let look = |there: &BTreeSet<String>, page: &str, assets: &BTreeSet<String>| {
        let lost: Vec<_> = assets.difference(there).collect();
        assert!(lost.is_empty(), "`{page}` refers to {lost:?}, which are not there");
    };
    let (mut seen, mut removed) = (0, 0);
    for event in events {
        match event {
            Event::Begun(r) if r.method == "PUT" && r.path.ends_with(".html") => {
                let assets = assets_of(&String::from_utf8_lossy(&r.body));
                look(&there, &key(r), &assets);
                pages.insert(key(r), assets);
                seen += 1;
            }
            Event::Begun(r) if r.method == "DELETE" || r.method == "POST" => {
                let body = String::from_utf8_lossy(&r.body).into_owned();
                let many = body.split("<Key>").skip(1).filter_map(|k| k.split("</Key>").next()).map(str::to_string);
                for gone in many.chain((r.method == "DELETE").then(|| key(r))) {
                    there.remove(&gone);
                    pages.remove(&gone);
                    removed += 1;
                }
                pages.iter().for_each(|(page, assets)| look(&there, page, assets));
            }
            Event::Done(r) if r.method == "PUT" => drop(there.insert(key(r))),
            _ => {}
        }
    }
    assert!(seen > 0 && (before.is_empty() || removed > 0), "nothing was looked at: {seen} pages, {removed} removed");
}

/// What every target does: all of it, nothing twice, and only what differs.
fn keeps_up(kind: &'static str) {
    let mut host = Host::start(kind);
    let site = site(&host.target(host.port), 5);
    let dry = publish_with(&site, &host, &["t", "--dry-run"], &[]);
    assert_eq!(dry.exit, 0, "{}", dry.said);
    assert!(dry.said.contains("nothing was sent") && host.dump().0.is_empty(), "{}", dry.said);
    let alone = publish_with(&site, &host, &[], &[]);
    assert!(alone.exit == 2 && alone.said.contains("--yes") && host.dump().0.is_empty(), "{}", alone.said);
    let first = publish(&site, &host);
    assert!(first.said.contains("public → `t`"), "{}", first.said);
    same(&site, &mut host);
    let again = publish(&site, &host);
    assert!(again.said.contains("nothing: t has it all"), "{}", again.said);
    change(&site);
    let second = publish(&site, &host);
    assert!(second.said.contains("~ articles/a001/index.html"), "{}", second.said);
    assert!(second.said.contains("- articles/a002/index.html"), "{}", second.said);
    same(&site, &mut host);
    let (_, told) = host.dump();
    if let Some([kind, cache, _]) = told.get("index.html") {
        assert_eq!((kind.as_str(), cache.as_str()), ("text/html; charset=utf-8", "public, max-age=0, must-revalidate"));
        let css = told.iter().find(|(path, _)| path.starts_with("assets/css/site.")).expect("a style sheet").1;
        assert!(css[0].starts_with("text/css") && css[1].contains("immutable"), "{css:?}");
    }
}

#[test]
fn s3_gets_what_differs() {
    keeps_up("s3");
}

#[test]
fn azure_gets_what_differs() {
    keeps_up("azure");
}

#[test]
fn webdav_gets_what_differs() {
    keeps_up("webdav");
}

#[test]
fn ftp_gets_what_differs() {
    keeps_up("ftp");
}

#[test]
fn ftps_gets_what_differs() {
    keeps_up("ftps");
}

#[test]
fn sftp_gets_what_differs() {
    keeps_up("sftp");
}

/// The first request for everything fails, in one way or another.
fn first_fails<const N: usize>(faults: [Fault; N]) -> impl Fn(u64, &Request) -> Option<Fault> {
    let asked = std::sync::Mutex::new(BTreeSet::new());
    move |number, request| {
        let new = asked.lock().expect("a set").insert((request.method.clone(), request.path.clone()));
        new.then(|| faults[number as usize % N])
    }
}

/// Broken connections, lost answers, servers with a bad moment: the run goes on, in order, and ends well.
fn survives(kind: &'static str, prefix: &'static str) {
    let mut host = Host::start(kind);
    let proxy = Proxy::http(host.port);
    let site = site(&host.target(proxy.port), 12);
    proxy.set(first_fails([Fault::Drop, Fault::Lose, Fault::Answer(503), Fault::Answer(500)]));
    publish(&site, &host);
    same(&site, &mut host);
    unbroken(&proxy.take(), prefix, &BTreeMap::new());
    let before = host.dump().0;
    change(&site);
    publish(&site, &host);
    same(&site, &mut host);
    unbroken(&proxy.take(), prefix, &before);
}

#[test]
fn s3_survives_what_goes_wrong() {
    survives("s3", "/site/");
}

#[test]
fn azure_survives_what_goes_wrong() {
    survives("azure", "/$web/");
}

#[test]
fn webdav_survives_lost_connections() {
    let mut host = Host::start("webdav");
    let proxy = Proxy::http(host.port);
    let site = site(&host.target(proxy.port), 8);
    let (rule, parts) = (first_fails([Fault::Drop, Fault::Answer(503)]), AtomicU64::new(0));
    proxy.set(move |number, request| match request.path.contains(".hub-part") {
        false => rule(number, request),
        // A part has another name each time; fewer fail than a single file is tried.
        true => [2, 5, 8, 11].contains(&parts.fetch_add(1, Ordering::SeqCst)).then_some(Fault::Drop),
    });
    publish(&site, &host);
    same(&site, &mut host);
}

#[test]
fn cut_connections_are_made_anew() {
    for kind in ["sftp", "ftp"] {
        let mut host = Host::start(kind);
        let port = proxy::cutting(host.port, vec![6_000, 40_000, 90_000]);
        let site = site(&host.target(port), 8);
        publish(&site, &host);
        same(&site, &mut host);
    }
}

/// A run that is killed in the middle: readers notice nothing, and the next one sends what is missing.
#[test]
fn a_killed_run_is_taken_up() {
    let mut host = Host::start("s3");
    let proxy = Proxy::http(host.port);
    let site = site(&host.target(proxy.port), 30);
    publish(&site, &host);
    let before = host.dump().0;
    proxy.take();
    change(&site);
    let puts = Arc::new(AtomicU64::new(0));
    let count = puts.clone();
    proxy.slow.store(15, Ordering::SeqCst);
    proxy.set(move |_, request| {
        if request.method == "PUT" {
            count.fetch_add(1, Ordering::SeqCst);
        }
        None
    });
    let mut child = site
        .command()
        .args(["publish", "--yes"])
        .envs(host.environment())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("hub runs");
    while puts.load(Ordering::SeqCst) < 25 && child.try_wait().expect("a child").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().expect("killed");
    let _ = child.wait();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let killed = proxy.take();
    let done = killed.iter().filter(|e| matches!(e, Event::Done(r) if r.method == "PUT")).count();
    let wanted = site.output("public").iter().filter(|(path, bytes)| before.get(*path) != Some(bytes)).count();
    assert!(done > 10 && done < wanted, "{done} of {wanted} were sent before it was killed");
    proxy.slow.store(0, Ordering::SeqCst);
    // Another machine has no journal, and waits for the right of the dead run to end.
    let journal = std::fs::rename(site.path(".hub/publish"), site.path(".hub/elsewhere"));
    journal.expect("a journal");
    let stranger = publish_with(&site, &host, &["--yes"], &[]);
    assert!(stranger.exit == 4 && stranger.said.contains("another run publishes there"), "{}", stranger.said);
    std::fs::remove_dir_all(site.path(".hub/publish")).expect("a folder");
    std::fs::rename(site.path(".hub/elsewhere"), site.path(".hub/publish")).expect("a journal");
    proxy.take();
    publish(&site, &host);
    same(&site, &mut host);
    let resumed = proxy.take();
    let sent = resumed.iter().filter(|e| matches!(e, Event::Begun(r) if r.method == "PUT")).count();
    // Sixteen were under way; the manifest is written twice in each run.
    assert!(sent <= wanted - done + 16 + 4, "{sent} were sent, of {wanted}, after {done}");
    let all: Vec<Event> = killed.into_iter().chain(resumed).collect();
    unbroken(&all, "/site/", &before);
}

/// A run that ends on an error says what it did, so that another machine goes on from there at once.
#[test]
fn a_failed_run_is_taken_up_by_another_machine() {
    let mut host = Host::start("s3");
    let proxy = Proxy::http(host.port);
    let site = site(&host.target(proxy.port), 20);
    proxy.set(|_, r| r.path.ends_with("a010/index.html").then_some(Fault::Answer(403)));
    let failed = publish_with(&site, &host, &["--yes"], &[]);
    assert!(failed.exit == 2 && failed.said.contains("`articles/a010/index.html`"), "{}", failed.said);
    proxy.set(|_, _| None);
    proxy.take();
    std::fs::remove_dir_all(site.path(".hub/publish")).expect("a folder");
    publish(&site, &host);
    same(&site, &mut host);
    let assets = |e: &&Event| matches!(e, Event::Begun(r) if r.method == "PUT" && r.path.contains("/assets/"));
    assert_eq!(proxy.take().iter().filter(assets).count(), 0, "what was sent is sent again");
}

/// A loss that the author accepted when he built is not asked about again; one that he did not know of is.
#[test]
fn a_loss_is_asked_about_once() {
    let out = Site::empty();
    let target = format!("\n[publish.t]\nkind = \"directory\"\npath = \"{}\"\n", out.path("www").display());
    let site = site(&target, 40);
    build(&site);
    let publish = |args: &[&str]| {
        let output = site.run(&[&["publish", "--yes"], args].concat());
        (output.status.code(), said(&output))
    };
    assert_eq!(publish(&[]).0, Some(0));
    for i in 0..30 {
        std::fs::remove_file(site.path(&format!("content/articles/a{i:03}.md"))).expect("a file");
    }
    let asked = site.build(&[]);
    assert!(asked.exit == 1 && asked.said.contains("H0502"), "{}", asked.said);
    build(&site);
    // A later build that loses nothing more changes nothing about it.
    article(&site, 35, "second");
    assert_eq!(site.build(&[]).exit, 0);
    let (exit, told) = publish(&["--max-deletes", "3"]);
    assert!(exit == Some(1) && told.contains("at most 3 may be"), "the command line is taken as it is: {told}");
    let (exit, told) = publish(&[]);
    assert!(exit == Some(0), "{told}");
    assert!(!out.path("www/articles/a001/index.html").exists() && out.path("www/articles/a031/index.html").exists());
    for i in 0..40 {
        site.put(&format!("static/extra/{i}.txt"), "an extra");
    }
    assert_eq!(site.build(&[]).exit, 0);
    assert_eq!(publish(&[]).0, Some(0));
    std::fs::remove_dir_all(site.path("static/extra")).expect("a folder");
    assert_eq!(site.build(&[]).exit, 0);
    let (exit, told) = publish(&[]);
    assert!(exit == Some(1) && told.contains("40 files of"), "files that nobody spoke of: {told}");
}

/// Addresses that were published and would be lost: the target says which there were, to a machine that knows nothing too.
#[test]
fn lost_addresses_are_known_from_the_target() {
    let mut host = Host::start("s3");
    let site = site(&host.target(host.port), 4);
    publish(&site, &host);
    let environment = host.environment();
    let check = |args: &[&str], with: bool| {
        let mut command = site.command();
        command.args(["check", "--format", "short"]).args(args).env("HOME", site.root());
        said(&if with { command.envs(environment.clone()) } else { &mut command }.output().expect("hub runs"))
    };
    assert!(!check(&[], true).contains("H3014"), "nothing is lost yet");
    std::fs::remove_file(site.path("content/articles/a002.md")).expect("a file");
    let lost = "warning[H3014]: `/articles/a002/` was published and is gone";
    for args in [&["--offline"][..], &["--env", "preview"]] {
        let told = check(args, false);
        assert!(told.contains(lost), "this machine remembers: {told}");
    }
    // A build is no publishing, and a fresh machine remembers nothing.
    build(&site);
    std::fs::remove_dir_all(site.path(".hub")).expect("a folder");
    std::fs::remove_dir_all(site.path("public")).expect("a folder");
    let told = check(&["--offline"], true);
    assert!(!told.contains("H3014"), "nobody was asked: {told}");
    let told = check(&[], false);
    assert!(!told.contains("H3014") && !told.contains("H6007"), "there are no credentials: {told}");
    let told = check(&[], true);
    assert!(told.contains(lost) && told.matches("H3014").count() == 1, "{told}");
    article(&site, 1, "first");
    let text = site.read("content/articles/a001.md").replace("date =", "aliases = [\"/articles/a002/\"]\ndate =");
    site.put("content/articles/a001.md", text);
    assert!(!check(&[], true).contains("H3014"), "a redirect keeps the address");
    // The next publishing is the measure of what follows it.
    build(&site);
    publish(&site, &host);
    article(&site, 1, "first");
    assert!(check(&[], true).contains(lost), "the redirect was published");
    // A target that does not answer fails nothing.
    host.stop();
    let told = check(&[], true);
    assert!(
        told.contains("site.toml:4:10: note[H6007]: `t` does not say what it shows") && told.contains(lost),
        "{told}"
    );
}

/// Two at once: one publishes, the other says why it does not, and what is there is one site.
#[test]
fn two_publishers_do_not_mix() {
    for kind in ["s3", "azure", "webdav", "sftp", "ftp"] {
        let mut host = Host::start(kind);
        let one = site(&host.target(host.port), 6);
        let other = site(&host.target(host.port), 6);
        change(&other);
        let start = |site: &Site| {
            let mut command = site.command();
            command.args(["publish", "--yes"]).envs(host.environment()).env("HOME", site.root());
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("hub runs")
        };
        let (a, b) = (start(&one), start(&other));
        let ended = [a, b].map(|child| child.wait_with_output().expect("it ends"));
        let exits = ended.each_ref().map(|o| o.status.code().unwrap_or(-1));
        let all: String = ended.iter().map(said).collect();
        assert!(exits.contains(&0) && exits.iter().all(|e| [0, 4].contains(e)), "{kind}: {exits:?} {all}");
        let last = if exits[1] == 0 && (exits[0] != 0 || host.dump().0.contains_key("articles/a900/index.html")) {
            &other
        } else {
            &one
        };
        same(last, &mut host);
    }
}

#[test]
fn a_folder_is_never_seen_half_published() {
    let site = site("\n[publish.t]\nkind = \"directory\"\npath = \"../out\"\nmax_deletes = 500\n", 60);
    let inner = Site::empty();
    let toml = site.read("site.toml").replace("../out", inner.path("out").to_str().expect("UTF-8"));
    site.put("site.toml", &toml);
    build(&site);
    let run = || {
        let output = site.run(&["publish", "--yes"]);
        assert!(output.status.success(), "{}", said(&output));
    };
    run();
    let stop = Arc::new(AtomicBool::new(false));
    let (ended, out) = (stop.clone(), inner.path("out"));
    let watcher = std::thread::spawn(move || {
        let mut looks = 0;
        while !ended.load(Ordering::SeqCst) {
            for path in ["index.html", "articles/index.html", "articles/a030/index.html", "articles/a059/index.html"] {
                let Ok(page) = std::fs::read_to_string(out.join(path)) else { panic!("{path} is gone") };
                assert!(page.trim_end().ends_with("</html>"), "{path} is cut short");
                let assets = assets_of(&page);
                let lost: Vec<_> = assets.iter().filter(|a| !out.join(a).exists()).collect();
                // Between the reading of the page and the look at its assets another version may have come.
                let still = std::fs::read_to_string(out.join(path)).is_ok_and(|now| now == page);
                assert!(lost.is_empty() || !still, "{path} refers to {lost:?}");
                looks += assets.len();
            }
        }
        looks
    });
    for word in ["one", "two", "three", "four"] {
        site.put("assets/css/site.css.tera", format!("p {{ color: #222 }} /* {word} */"));
        build(&site);
        run();
    }
    stop.store(true, Ordering::SeqCst);
    assert!(watcher.join().expect("nothing was missing") > 100);
    let mut there = tree(&inner.path("out"));
    there.remove(MANIFEST);
    equal(&there, &site.output("public"));
}

#[test]
fn former_states_come_back() {
    for kind in ["s3", "azure", "webdav", "sftp"] {
        let mut host = Host::start(kind);
        let site = site(&format!("{}keep = 1\n", host.target(host.port)), 4);
        publish(&site, &host);
        let first = site.output("public");
        let none = publish_with(&site, &host, &["--rollback", "--yes"], &[]);
        assert!(none.exit == 2 && none.said.contains("no former state"), "{}", none.said);
        change(&site);
        publish(&site, &host);
        let second = site.output("public");
        article(&site, 3, "third");
        build(&site);
        publish(&site, &host);
        let back = publish_with(&site, &host, &["--rollback", "--yes"], &[]);
        assert_eq!(back.exit, 0, "{kind}: {}", back.said);
        let there = |host: &mut Host| {
            let mut there = host.dump().0;
            there.retain(|path, _| !path.starts_with(".hub-"));
            there
        };
        equal(&there(&mut host), &second);
        let (all, _) = host.dump();
        let kept = all.keys().filter(|k| k.starts_with(".hub-objects/")).count();
        assert!(kept > 0 && !all.values().any(|b| first["index.html"] == *b), "{kind}: only one state is kept: {kept}");
        // The output is still that of the third state: what differs goes out again.
        publish(&site, &host);
        equal(&there(&mut host), &site.output("public"));
    }
}

#[test]
fn text_goes_out_compressed_where_that_is_asked_for() {
    let mut host = Host::start("s3");
    let site = site(&format!("{}compress = true\ncache_pages = \"no-cache\"\n", host.target(host.port)), 2);
    publish(&site, &host);
    let (there, told) = host.dump();
    assert_eq!(told["index.html"], ["text/html; charset=utf-8", "no-cache", "gzip"]);
    let page = site.read("public/index.html");
    assert!(there["index.html"].starts_with(&[0x1f, 0x8b]) && there["index.html"].len() < page.len() / 2);
    let again = publish(&site, &host);
    assert!(again.said.contains("nothing: t has it all"), "{}", again.said);
    // Other headers are a difference.
    let toml = site.read("site.toml").replace("compress = true\n", "");
    site.put("site.toml", toml);
    build(&site);
    publish(&site, &host);
    let (there, told) = host.dump();
    assert!(there["index.html"] == page.as_bytes() && told["index.html"][2].is_empty());
}

#[test]
fn wrong_credentials_end_it_and_are_not_printed() {
    let host = Host::start("ftp");
    let site = site(&host.target(host.port), 2);
    let wrong = publish_with(&site, &host, &["--yes"], &[("FTP_PASSWORD", "another-word")]);
    assert!(wrong.exit == 2 && !wrong.said.contains("another-word"), "{}", wrong.said);
    let mut missing = site.command();
    let missing = missing.args(["publish", "--yes"]).env("HOME", site.root()).output().expect("hub runs");
    assert!(said(&missing).contains("set `FTP_USER` and `FTP_PASSWORD`"), "{}", said(&missing));
    site.put(".netrc", format!("machine 127.0.0.1 login jane password {PASSWORD}\n"));
    let mut netrc = site.command();
    let netrc = netrc.args(["publish", "--yes"]).env("HOME", site.root()).output().expect("hub runs");
    assert!(netrc.status.success(), "{}", said(&netrc));

    let host = Host::start("sftp");
    let config = host.ssh_config(host.port, "stranger");
    let toml = host.target(host.port);
    let toml = toml.lines().map(|l| match l.starts_with("ssh_config") {
        true => format!("ssh_config = \"{}\"\n", config.display()),
        false => format!("{l}\n"),
    });
    let site = self::site(&toml.collect::<String>(), 2);
    let wrong = publish_with(&site, &host, &["--yes"], &[("CI", "true")]);
    assert!(wrong.exit == 2 && wrong.said.contains("Permission denied"), "{}", wrong.said);

    for kind in ["azure", "webdav"] {
        let host = Host::start(kind);
        let site = self::site(&host.target(host.port), 2);
        let bad = [("AZURE_STORAGE_KEY", "b3RoZXI="), ("WEBDAV_PASSWORD", "another-word")];
        let wrong = publish_with(&site, &host, &["--yes"], &bad);
        assert!(wrong.exit == 2 && !wrong.said.contains("another-word"), "{kind}: {}", wrong.said);
    }
}

#[test]
fn a_full_disk_is_said_and_leaves_the_pages_whole() {
    let disk = tempfile::tempdir().expect("a folder");
    let mount =
        std::process::Command::new("mount").args(["-t", "tmpfs", "-o", "size=900k", "tmpfs"]).arg(disk.path()).output();
    if !mount.as_ref().is_ok_and(|m| m.status.success()) {
        println!("skipped: no tmpfs can be mounted here");
        return;
    }
    let site = site(&format!("\n[publish.t]\nkind = \"directory\"\npath = \"{}/out\"\n", disk.path().display()), 4);
    assert!(site.run(&["publish", "--yes"]).status.success());
    let before = tree(&disk.path().join("out"));
    site.put("static/large.bin", vec![7; 900 << 10]);
    article(&site, 1, "second");
    build(&site);
    let full = site.run(&["publish", "--yes"]);
    let after = tree(&disk.path().join("out"));
    site.put("static/large.bin", "small");
    build(&site);
    let again = site.run(&["publish", "--yes"]);
    let mut there = tree(&disk.path().join("out"));
    std::process::Command::new("umount").arg(disk.path()).status().expect("umount runs");
    assert_eq!(full.status.code(), Some(4), "{}", said(&full));
    assert!(said(&full).contains("`large.bin`"), "{}", said(&full));
    assert_eq!(after["index.html"], before["index.html"]);
    assert!(again.status.success(), "{}", said(&again));
    there.remove(MANIFEST);
    equal(&there, &site.output("public"));
}

#[test]
fn what_is_not_as_built_or_not_to_be_seen_is_not_published() {
    let site = site(
        "\n[publish.t]\nkind = \"directory\"\npath = \"live\"\n[check]\nH4004 = \"note\"\nH4020 = \"note\"\nH4021 = \"note\"\n",
        2,
    );
    let refused = |what: &str| {
        let output = site.run(&["publish", "--env", "preview", "--yes"]);
        let said = said(&output);
        assert!(output.status.code() == Some(1) && said.contains(what), "{what}: {said}");
        assert!(!site.path("live/index.html").exists(), "{what}");
    };
    let page = site.read("public/index.html");
    site.put("public/index.html", "somebody else's");
    refused("`./public/index.html` is not as hub built it");
    std::fs::remove_file(site.path("public/index.html")).expect("a file");
    refused("is missing");
    site.put("public/index.html", page);
    // A gated file in the clear, though the site says that this is only a note.
    site.put(
        "content/magnets/guide/index.md",
        "+++\ntitle = \"Guide\"\nfiles = [\"guide.pdf\"]\nform = \"f\"\n+++\nText.\n",
    );
    let pdf: Vec<u8> = (0..40_000u32).flat_map(|i| (i * 2_654_435_761).to_le_bytes()).collect();
    site.put("content/magnets/guide/guide.pdf", &pdf);
    let form = "[forms.f]\nprovider = \"formspree\"\nid = \"xayzwvkb\"\n";
    site.put("site.toml", site.read("site.toml") + form);
    site.put("static/copy.pdf", &pdf);
    let built = site.build(&["--env", "preview"]);
    assert_eq!(built.exit, 0, "{}", built.said);
    assert!(site.path("public/copy.pdf").exists());
    refused("would be published as `/copy.pdf`");
    std::fs::remove_file(site.path("static/copy.pdf")).expect("a file");
    // The secret itself.
    site.put("static/notes.txt", format!("so that I do not forget: {}", crate::harness::SECRET));
    let built = site.build(&["--env", "preview"]);
    assert_eq!(built.exit, 0, "{}", built.said);
    let output = site.run(&["publish", "--env", "preview", "--yes"]);
    assert!(said(&output).contains("`notes.txt`: it holds the site's secret"), "{}", said(&output));
    assert!(!site.path("live/notes.txt").exists() && !output.status.success());
}

#[test]
fn many_deletions_are_asked_for() {
    let site = site("\n[publish.t]\nkind = \"directory\"\npath = \"live\"\n", 40);
    assert!(site.run(&["publish", "--yes"]).status.success());
    for i in 0..39 {
        std::fs::remove_file(site.path(&format!("content/articles/a{i:03}.md"))).expect("a file");
    }
    build(&site);
    // A machine that does not know that the loss was accepted.
    std::fs::remove_dir_all(site.path(".hub/cache")).expect("a folder");
    let refused = site.run(&["publish", "--yes"]);
    assert!(refused.status.code() == Some(1) && said(&refused).contains("add `--max-deletes "), "{}", said(&refused));
    assert!(site.path("live/articles/a007/index.html").exists());
    let done = site.run(&["publish", "--yes", "--max-deletes", "500"]);
    assert!(done.status.success(), "{}", said(&done));
    assert!(!site.path("live/articles/a007").exists());
}

/// Hidden addresses of unlisted magnets are in no manifest, and are removed all the same.
#[test]
fn hidden_addresses_stay_hidden() {
    let site = site(
        "\n[publish.t]\nkind = \"directory\"\npath = \"live\"\n[forms.f]\nprovider = \"formspree\"\nid = \"xayzwvkb\"\n",
        2,
    );
    site.put(
        "content/magnets/guide/index.md",
        "+++\ntitle = \"Guide\"\nfiles = [\"guide.txt\"]\nform = \"f\"\ngate = \"unlisted\"\n+++\nText.\n",
    );
    site.put("content/magnets/guide/guide.txt", "for those who have the link");
    let built = site.build(&["--env", "preview"]);
    assert_eq!(built.exit, 0, "{}", built.said);
    let hidden: Vec<String> = site.output("public").into_keys().filter(|p| p.contains("/get/")).collect();
    assert!(hidden.len() >= 2, "{hidden:?}");
    let output = site.run(&["publish", "--env", "preview", "--yes"]);
    assert!(output.status.success(), "{}", said(&output));
    let secret = hidden[0].split('/').find(|part| part.len() == 48).expect("a secret part");
    assert!(!site.read(&format!("live/{MANIFEST}")).contains(secret) && !said(&output).contains(secret));
    assert!(hidden.iter().all(|path| site.path(&format!("live/{path}")).exists()));
    std::fs::remove_dir_all(site.path("content/magnets/guide")).expect("a folder");
    assert_eq!(site.build(&["--env", "preview"]).exit, 0);
    let output = site.run(&["publish", "--env", "preview", "--yes"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(hidden.iter().all(|path| !site.path(&format!("live/{path}")).exists()), "{}", said(&output));
}
