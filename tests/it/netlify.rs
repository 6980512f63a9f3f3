//! Publishing to Netlify, against a stand-in of its file digest interface that checks what it gets.

use crate::harness::{Site, said};
use crate::servers::Asked;
use crate::web::{Answer, Doom, Fault, Service, StandIn};
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use std::collections::{BTreeMap, BTreeSet};

const TOKEN: &str = "nfp_0123456789";

#[derive(Default)]
struct Host {
    /// Bytes by their digest.
    blobs: BTreeMap<String, Vec<u8>>,
    /// Files by path, and the state, of each deployment.
    deploys: Vec<(BTreeMap<String, String>, &'static str)>,
    published: Option<usize>,
    /// Whether it still compares.
    comparing: bool,
}

fn made(n: usize) -> String {
    format!("2026-11-22T09:{n:02}:00.000Z")
}

impl Host {
    fn required(&self, n: usize) -> BTreeSet<&String> {
        self.deploys[n].0.values().filter(|digest| !self.blobs.contains_key(*digest)).collect()
    }

    fn settle(&mut self, n: usize) {
        if self.required(n).is_empty() && self.deploys[n].1 != "error" {
            self.deploys[n].1 = "ready";
            self.published = Some(n);
        }
    }

    fn deploy(&self, n: usize, origin: &str) -> Value {
        let state = self.deploys[n].1;
        json!({ "id": format!("d{n}"), "state": state, "required": self.required(n), "created_at": made(n),
            "context": "production", "ssl_url": origin, "deploy_ssl_url": format!("{origin}/d{n}") })
    }

    fn reply(&mut self, asked: &Asked, origin: &str) -> Answer {
        let Some(path) = asked.path.strip_prefix("/api/v1") else { return self.page(&asked.path) };
        if asked.header("authorization") != format!("Bearer {TOKEN}") {
            return Answer::json(401, &json!({ "code": 401, "message": "Access Denied" }));
        }
        let parts: Vec<&str> = path.split('?').next().expect("a path").trim_matches('/').split('/').collect();
        let number = |id: &str| id.strip_prefix('d').and_then(|n| n.parse::<usize>().ok());
        match (asked.method.as_str(), parts.as_slice()) {
            (_, ["sites", site, ..]) if *site != "acme.netlify.app" => {
                Answer::json(404, &json!({ "code": 404, "message": "Not Found" }))
            }
            ("GET", ["sites", _]) => {
                let published = self.published.map(|n| self.deploy(n, origin));
                Answer::json(200, &json!({ "id": "s1", "published_deploy": published }))
            }
            ("GET", ["sites", _, "files"]) => match self.published {
                None => Answer::json(404, &json!({ "code": 404, "message": "Not Found" })),
                Some(n) => {
                    let file = |(path, sha): (&String, &String)| json!({ "id": path, "path": path, "sha": sha });
                    Answer::json(200, &Value::Array(self.deploys[n].0.iter().map(file).collect()))
                }
            },
            ("POST", ["sites", _, "deploys"]) => {
                let body = asked.json();
                let files = body["files"].as_object().expect("files").iter();
                let files: BTreeMap<String, String> =
                    files.map(|(p, d)| (p.clone(), d.as_str().expect("a digest").to_string())).collect();
                assert!(files.iter().all(|(p, d)| p.starts_with('/') && d.len() == 40), "{files:?}");
                self.deploys.push((files, "uploading"));
                let n = self.deploys.len() - 1;
                self.comparing = body["async"] == json!(true);
                if self.comparing {
                    return Answer::json(200, &json!({ "id": format!("d{n}"), "state": "preparing" }));
                }
                self.settle(n);
                Answer::json(200, &self.deploy(n, origin))
            }
            ("GET", ["sites", _, "deploys", id]) => {
                let n = number(id).expect("a deployment");
                if std::mem::take(&mut self.comparing) {
                    return Answer::json(200, &json!({ "id": id, "state": "preparing" }));
                }
                self.settle(n);
                Answer::json(200, &self.deploy(n, origin))
            }
            ("GET", ["sites", _, "deploys"]) => {
                Answer::json(200, &(0..self.deploys.len()).rev().map(|n| self.deploy(n, origin)).collect())
            }
            ("POST", ["sites", _, "deploys", id, "restore"]) => {
                self.published = number(id);
                Answer::json(200, &self.deploy(number(id).expect("a deployment"), origin))
            }
            ("PUT", ["deploys", id, "files", path @ ..]) => {
                assert_eq!(asked.header("content-type"), "application/octet-stream");
                let path = format!("/{}", hub::text::percent_decode(&path.join("/")).expect("a path"));
                let digest: String = Sha1::digest(&asked.body).iter().map(|b| format!("{b:02x}")).collect();
                let n = number(id).expect("a deployment");
                if self.deploys[n].0.get(&path) != Some(&digest) {
                    return Answer::json(422, &json!({ "code": 422, "message": format!("{path} is another file") }));
                }
                self.blobs.insert(digest, asked.body.clone());
                Answer::json(200, &json!({ "path": path }))
            }
            _ => Answer::json(404, &json!({ "code": 404, "message": format!("no {} {path}", asked.method) })),
        }
    }
}

impl Service for Host {
    const TOKEN: (&'static str, &'static str) = ("NETLIFY_AUTH_TOKEN", TOKEN);

    fn answer(&mut self, asked: &Asked, origin: &str) -> Answer {
        self.reply(asked, origin)
    }

    fn variables(origin: &str) -> Vec<(&'static str, String)> {
        vec![("NETLIFY_API_URL", format!("{origin}/api/v1"))]
    }

    fn page(&self, path: &str) -> Answer {
        let Some(n) = self.published else { return Answer::new(404, "") };
        let index = if path.ends_with('/') { format!("{path}index.html") } else { path.to_string() };
        match self.deploys[n].0.get(&index).and_then(|digest| self.blobs.get(digest)) {
            Some(bytes) => Answer::new(200, bytes.clone()),
            None => Answer::new(404, "nothing"),
        }
    }
}

type Netlify = StandIn<Host>;

impl Netlify {
    /// All that readers see.
    fn all(&self) -> BTreeMap<String, Vec<u8>> {
        let host = self.host.lock().expect("a host");
        let Some(n) = host.published else { return BTreeMap::new() };
        host.deploys[n].0.iter().map(|(path, id)| (path[1..].to_string(), host.blobs[id].clone())).collect()
    }
}

fn site() -> Site {
    let site = Site::new();
    let target = "[publish.prod]\nkind = \"netlify\"\nsite = \"acme.netlify.app\"\npatience = 3\n";
    site.put("site.toml", format!("title = \"T\"\nbase_url = \"https://acme.io\"\n{target}"));
    write(&site, "a", "first");
    assert_eq!(site.build(&[]).exit, 0);
    site
}

fn write(site: &Site, name: &str, text: &str) {
    site.put(&format!("content/articles/{name}.md"), format!("+++\ntitle = \"A {name}\"\n+++\n{text}\n"));
}

#[test]
fn a_site_is_published_whole_and_then_by_what_differs() {
    let (site, netlify) = (site(), Netlify::start());
    let told = netlify.done(&site, &["--yes"]);
    assert!(told.contains("shows what was published") && !told.contains(TOKEN), "{told}");
    assert_eq!(netlify.shows("/articles/a/"), site.read("public/articles/a/index.html"));
    assert!(netlify.shows("/_headers").contains("Content-Security-Policy"), "Netlify reads its rules from the site");
    netlify.web.lines();
    let told = netlify.done(&site, &["--yes"]);
    assert!(told.contains("nothing: prod has it all"), "{told}");
    assert_eq!(netlify.web.lines(), ["GET /api/v1/sites/acme.netlify.app/files"]);
    write(&site, "a", "second");
    assert_eq!(site.build(&[]).exit, 0);
    netlify.done(&site, &["--yes"]);
    let sent: Vec<String> = netlify.web.lines().into_iter().filter(|l| l.starts_with("PUT")).collect();
    assert!(sent.iter().any(|l| l.ends_with("/articles/a/index.html")), "{sent:?}");
    assert!(!sent.iter().any(|l| l.contains("/assets/")), "assets are there: {sent:?}");
    assert!(netlify.shows("/articles/a/").contains("second"));
    // Back, and further back is nothing.
    netlify.done(&site, &["--rollback", "--yes"]);
    assert!(netlify.shows("/articles/a/").contains("first"));
    // What was published from here is not what is shown now; Netlify knows.
    std::fs::rename(site.path("content/articles/a.md"), site.path("content/articles/z.md")).expect("renamed");
    std::fs::remove_dir_all(site.path(".hub/cache")).expect("removed");
    assert!(!said(&site.run(&["check", "--offline", "--format", "short"])).contains("`/articles/a/` was published"));
    let mut check = site.command();
    check.args(["check", "--format", "short"]).env("NETLIFY_API_URL", format!("{}/api/v1", netlify.web.origin));
    let told = said(&check.env("NETLIFY_AUTH_TOKEN", TOKEN).output().expect("hub runs"));
    assert!(told.contains("warning[H3014]: `/articles/a/` was published and is gone"), "{told}");
    let output = netlify.publish(&site, TOKEN, &["--rollback", "--yes"]);
    assert!(said(&output).contains("keeps no earlier deployment"), "{}", said(&output));
}

#[test]
fn many_files_are_compared_in_the_hosts_own_time() {
    let (site, netlify) = (site(), Netlify::start());
    for i in 0..100 {
        write(&site, &format!("n{i}"), "text");
    }
    assert_eq!(site.build(&[]).exit, 0);
    netlify.done(&site, &["--yes"]);
    assert_eq!(netlify.shows("/articles/n99/"), site.read("public/articles/n99/index.html"));
}

#[test]
fn faults_are_got_over() {
    let (site, netlify) = (site(), Netlify::start());
    netlify.web.fail("POST /api/v1/sites", &[Fault::Busy(0), Fault::Status(502)]);
    netlify.web.fail("PUT /api/v1/deploys", &[Fault::Cut, Fault::CutAfter, Fault::Status(401), Fault::Status(500)]);
    netlify.done(&site, &["--yes"]);
    assert_eq!(netlify.shows("/"), site.read("public/index.html"));
}

#[test]
fn a_run_that_broke_off_shows_nothing_and_is_taken_up() {
    let (site, netlify) = (site(), Netlify::start());
    netlify.done(&site, &["--yes"]);
    write(&site, "a", "second");
    write(&site, "b", "more");
    assert_eq!(site.build(&[]).exit, 0);
    netlify.web.fail("PUT /api/v1/deploys/d1/files/articles/b", &[(); 40].map(|()| Fault::Status(422)));
    let output = netlify.publish(&site, TOKEN, &["--yes"]);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(netlify.shows("/articles/a/").contains("first"), "a deployment that is not whole is not shown");
    netlify.web.lines();
    netlify.done(&site, &["--yes"]);
    let again = netlify.web.lines().into_iter().filter(|l| l.starts_with("PUT")).collect::<Vec<_>>();
    assert!(!again.is_empty() && again.len() < 20, "only what was not sent: {again:?}");
    assert!(netlify.shows("/articles/a/").contains("second"));
}

#[test]
fn what_is_wrong_is_said_without_the_token() {
    let (site, netlify) = (site(), Netlify::start());
    let output = netlify.publish(&site, "nfp_wrong", &["--yes"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("Netlify refuses the token of `NETLIFY_AUTH_TOKEN`"), "{}", said(&output));
    assert!(!said(&output).contains("nfp_wrong"));
    let output = netlify.publish(&site, "", &["--yes"]);
    assert!(said(&output).contains("no token: set `NETLIFY_AUTH_TOKEN`"), "{}", said(&output));
    site.put("site.toml", site.read("site.toml").replace("acme.netlify.app", "other.netlify.app"));
    let output = netlify.publish(&site, TOKEN, &["--yes"]);
    assert!(said(&output).contains("knows no site `other.netlify.app`"), "{}", said(&output));
    assert!(netlify.host.lock().expect("a host").deploys.is_empty());
    let output = netlify.publish(&site, TOKEN, &["--dry-run"]);
    assert!(!output.status.success() && netlify.host.lock().expect("a host").deploys.is_empty());
}

/// Killed at whichever request: what is shown is the old site or the new one, whole, and the next run completes it.
#[test]
fn a_killed_run_shows_nothing_and_is_taken_up() {
    let (site, netlify) = (site(), Netlify::start());
    netlify.done(&site, &["--yes"]);
    let mut before = site.output("public");
    for (after, done) in (0..).flat_map(|n| [(n, false), (n, true)]) {
        write(&site, "a", &format!("text {after} {done}"));
        write(&site, "b", &format!("more {after} {done}"));
        assert_eq!(site.build(&[]).exit, 0);
        let killed = netlify.web.kill(&mut netlify.command(&site, TOKEN, &["--yes"]), Doom { after, done });
        let (shown, now) = (netlify.all(), site.output("public"));
        assert!(shown == before || shown == now, "half a site is shown after request {after}");
        netlify.done(&site, &["--yes"]);
        assert!(netlify.all() == now, "the next run completes it");
        before = now;
        if !killed {
            assert!(after > 6, "only {after} requests");
            return;
        }
    }
}
