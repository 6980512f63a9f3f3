//! Publishing to Cloudflare Pages, against a stand-in of Direct Upload that checks what it gets.

use crate::harness::{Site, said};
use crate::servers::Asked;
use crate::web::{Answer, Doom, Fault, Service, StandIn};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const TOKEN: &str = "cf-0123456789";
const PLACE: &str = "/accounts/acc/pages/projects/acme";

struct Deployment {
    manifest: BTreeMap<String, String>,
    fields: BTreeMap<String, Vec<u8>>,
}

#[derive(Default)]
struct Host {
    /// Text in Base64 and type, by key.
    assets: BTreeMap<String, (String, String)>,
    deployments: Vec<Deployment>,
    shown: Option<usize>,
    /// Tokens for uploads so far; only the last one is good.
    tokens: usize,
    /// How many files the project takes.
    most: Option<u64>,
    /// Whether a deployment is still being made.
    busy: bool,
}

fn good(result: Value) -> Answer {
    Answer::json(200, &json!({ "success": true, "errors": [], "messages": [], "result": result }))
}

fn bad(status: u16, code: u32, message: &str) -> Answer {
    let errors = json!([{ "code": code, "message": message }]);
    Answer::json(status, &json!({ "success": false, "errors": errors, "messages": [], "result": null }))
}

/// The fields of a form.
fn fields(asked: &Asked) -> BTreeMap<String, Vec<u8>> {
    let kind = asked.header("content-type");
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").expect("a form");
    let text = asked.body.iter().map(|b| char::from(*b)).collect::<String>();
    let line = format!("--{boundary}");
    let parts = text.split(&line).skip(1).filter(|p| !p.starts_with("--"));
    let field = |part: &str| {
        let (head, value) = part.split_once("\r\n\r\n").expect("a part");
        let name = head.split("name=\"").nth(1).and_then(|n| n.split('"').next()).expect("a name");
        (name.to_string(), value.strip_suffix("\r\n").expect("an end").chars().map(|c| c as u8).collect())
    };
    parts.map(field).collect()
}

impl Host {
    fn jwt(&self) -> String {
        let claims = json!({ "n": self.tokens, "max_file_count_allowed": self.most.unwrap_or(20_000) }).to_string();
        format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(claims))
    }

    fn deployment(&self, n: usize, origin: &str, busy: bool) -> Value {
        let text = |name: &str| self.deployments[n].fields.get(name).map(|v| String::from_utf8_lossy(v).into_owned());
        let stage = if busy {
            json!({ "name": "queued", "status": "active" })
        } else {
            json!({ "name": "deploy", "status": "success" })
        };
        json!({ "id": format!("d{n}"), "url": origin, "created_on": format!("2026-11-22T09:{n:02}:00Z"), "latest_stage": stage,
            "deployment_trigger": { "metadata": { "commit_message": text("commit_message"), "branch": text("branch") } } })
    }

    fn reply(&mut self, asked: &Asked, origin: &str) -> Answer {
        let Some(path) = asked.path.strip_prefix("/client/v4") else { return self.page(&asked.path) };
        let path = path.split('?').next().expect("a path");
        let bearer = asked.header("authorization").trim_start_matches("Bearer ").to_string();
        if let Some(what) = path.strip_prefix("/pages/assets/") {
            if bearer != self.jwt() || self.tokens == 0 {
                return bad(401, 8_000_013, "Unauthorized");
            }
            return self.assets(what, &asked.json());
        }
        if bearer != TOKEN {
            return bad(403, 10_000, "Authentication error");
        }
        let Some(rest) = path.strip_prefix(PLACE) else { return bad(404, 8_000_007, "Project not found") };
        let parts: Vec<&str> = rest.trim_matches('/').split('/').collect();
        let number = |id: &str| id.strip_prefix('d').and_then(|n| n.parse::<usize>().ok()).expect("a deployment");
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", [""]) => {
                let canonical = self.shown.map(|n| self.deployment(n, origin, false));
                good(json!({ "name": "acme", "production_branch": "main", "canonical_deployment": canonical }))
            }
            ("GET", ["upload-token"]) => {
                self.tokens += 1;
                good(json!({ "jwt": self.jwt() }))
            }
            ("POST", ["deployments"]) => self.deploy(asked, origin),
            ("GET", ["deployments"]) => {
                good((0..self.deployments.len()).rev().map(|n| self.deployment(n, origin, false)).collect())
            }
            ("GET", ["deployments", id]) => {
                let busy = std::mem::take(&mut self.busy);
                good(self.deployment(number(id), origin, busy))
            }
            ("POST", ["deployments", id, "rollback"]) => {
                self.shown = Some(number(id));
                good(self.deployment(number(id), origin, false))
            }
            _ => bad(404, 7003, "no such route"),
        }
    }

    fn assets(&mut self, what: &str, body: &Value) -> Answer {
        let hashes =
            || body["hashes"].as_array().expect("hashes").iter().map(|h| h.as_str().expect("a hash").to_string());
        match what {
            "check-missing" => {
                good(hashes().filter(|h| !self.assets.contains_key(h)).collect::<BTreeSet<_>>().into_iter().collect())
            }
            "upload" => {
                let files = body.as_array().expect("files");
                assert!(files.len() <= 2000);
                for file in files {
                    assert_eq!(file["base64"], json!(true));
                    let text = |v: &Value| v.as_str().expect("text").to_string();
                    BASE64_STANDARD.decode(text(&file["value"])).expect("Base64");
                    self.assets
                        .insert(text(&file["key"]), (text(&file["value"]), text(&file["metadata"]["contentType"])));
                }
                good(Value::Null)
            }
            "upsert-hashes" => {
                assert!(hashes().all(|h| self.assets.contains_key(&h)), "hashes are noted before they are sent");
                good(Value::Null)
            }
            _ => bad(404, 7003, "no such route"),
        }
    }

    fn deploy(&mut self, asked: &Asked, origin: &str) -> Answer {
        let fields = fields(asked);
        let manifest: BTreeMap<String, String> = serde_json::from_slice(&fields["manifest"]).expect("a manifest");
        assert!(!manifest.contains_key("/_headers") && !manifest.contains_key("/_redirects"));
        for (path, key) in &manifest {
            // As Cloudflare's own command makes keys: of the text in Base64 and the extension.
            let Some((value, _)) = self.assets.get(key) else { return bad(400, 8_000_000, "an asset is missing") };
            let ext = path.rsplit('/').next().and_then(|n| n.rsplit_once('.')).map_or("", |(_, ext)| ext);
            let hash = blake3::hash(format!("{value}{ext}").as_bytes()).to_hex();
            assert_eq!(key.as_str(), &hash[..32], "{path}");
        }
        self.deployments.push(Deployment { manifest, fields });
        let n = self.deployments.len() - 1;
        let branch = self.deployments[n].fields.get("branch");
        if branch.is_none_or(|b| b == b"main") {
            self.shown = Some(n);
        }
        self.busy = true;
        good(self.deployment(n, origin, true))
    }
}

impl Service for Host {
    const TOKEN: (&'static str, &'static str) = ("CLOUDFLARE_API_TOKEN", TOKEN);

    fn answer(&mut self, asked: &Asked, origin: &str) -> Answer {
        self.reply(asked, origin)
    }

    fn variables(origin: &str) -> Vec<(&'static str, String)> {
        vec![("CLOUDFLARE_API_BASE_URL", format!("{origin}/client/v4")), ("CLOUDFLARE_ACCOUNT_ID", "acc".to_string())]
    }

    fn page(&self, path: &str) -> Answer {
        let Some(n) = self.shown else { return Answer::new(404, "") };
        let index = if path.ends_with('/') { format!("{path}index.html") } else { path.to_string() };
        match self.deployments[n].manifest.get(&index).and_then(|key| self.assets.get(key)) {
            Some((value, kind)) => {
                Answer::new(200, BASE64_STANDARD.decode(value).expect("Base64")).with("content-type", kind)
            }
            None => Answer::new(404, "nothing"),
        }
    }
}

type Cloudflare = StandIn<Host>;

impl Cloudflare {
    /// All that readers see; rules of the host are no files.
    fn all(&self) -> BTreeMap<String, Vec<u8>> {
        let host = self.host.lock().expect("a host");
        let Some(n) = host.shown else { return BTreeMap::new() };
        let bytes = |key: &String| BASE64_STANDARD.decode(&host.assets[key].0).expect("Base64");
        host.deployments[n].manifest.iter().map(|(path, key)| (path[1..].to_string(), bytes(key))).collect()
    }
}

fn site(more: &str) -> Site {
    let site = Site::new();
    let target = "[publish.prod]\nkind = \"cloudflare\"\nproject = \"acme\"\npatience = 3\n";
    site.put("site.toml", format!("title = \"T\"\nbase_url = \"https://acme.io\"\n{target}{more}"));
    site.put("content/articles/a.md", "+++\ntitle = \"A\"\n+++\nfirst\n");
    assert_eq!(site.build(&[]).exit, 0);
    site
}

#[test]
fn a_site_is_uploaded_by_what_is_missing_and_shown_as_one() {
    let (site, cloudflare) = (site(""), Cloudflare::start());
    let told = cloudflare.done(&site, &["--yes"]);
    assert!(told.contains("shows what was published") && !told.contains(TOKEN), "{told}");
    assert_eq!(cloudflare.shows("/articles/a/"), site.read("public/articles/a/index.html"));
    let host = cloudflare.host.lock().expect("a host");
    assert_eq!(host.deployments[0].fields["_headers"], site.read("public/_headers").as_bytes());
    assert_eq!(host.deployments[0].fields["_redirects"], site.read("public/_redirects").as_bytes());
    assert!(host.page("/").headers.contains(&("content-type".to_string(), "text/html; charset=utf-8".to_string())));
    drop(host);
    let told = cloudflare.done(&site, &["--yes"]);
    assert!(told.contains("nothing: prod has it all"), "{told}");
    site.put("content/articles/a.md", "+++\ntitle = \"A\"\n+++\nsecond\n");
    assert_eq!(site.build(&[]).exit, 0);
    cloudflare.web.lines();
    let told = cloudflare.done(&site, &["--yes"]);
    assert!(told.contains("articles/a/index.html") && !told.contains("assets/"), "{told}");
    assert!(cloudflare.shows("/articles/a/").contains("second"));
    let uploads = cloudflare.web.lines().into_iter().filter(|l| l.ends_with("/assets/upload")).count();
    assert_eq!(uploads, 1);
    cloudflare.done(&site, &["--rollback", "--yes"]);
    assert!(cloudflare.shows("/articles/a/").contains("first"));
    let output = cloudflare.publish(&site, TOKEN, &["--rollback", "--yes"]);
    assert!(said(&output).contains("keeps no earlier deployment"), "{}", said(&output));
}

/// A page that goes away changes no file that is sent; the deployment is made all the same.
#[test]
fn a_page_that_is_removed_goes_away() {
    let (site, cloudflare) = (site(""), Cloudflare::start());
    site.put("static/note.txt", "a note");
    assert_eq!(site.build(&[]).exit, 0);
    cloudflare.done(&site, &["--yes"]);
    assert_eq!(cloudflare.shows("/note.txt"), "a note");
    std::fs::remove_file(site.path("static/note.txt")).expect("removed");
    assert_eq!(site.build(&[]).exit, 0);
    // What goes away is named and bounded by what was published from here.
    let output = cloudflare.publish(&site, TOKEN, &["--yes", "--max-deletes", "0"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(
        said(&output).contains("- note.txt") && said(&output).contains("add `--max-deletes 1`"),
        "{}",
        said(&output)
    );
    assert_eq!(cloudflare.shows("/note.txt"), "a note");
    let told = cloudflare.done(&site, &["--yes"]);
    assert!(told.contains("- note.txt") && told.contains(", 1 removed"), "{told}");
    assert_eq!(cloudflare.shows("/note.txt"), "nothing");
    // Another machine does not know.
    std::fs::remove_dir_all(site.path(".hub/published")).expect("removed");
    site.put("static/other.txt", "another note");
    assert_eq!(site.build(&[]).exit, 0);
    let told = cloudflare.done(&site, &["--yes"]);
    assert!(told.contains("Cloudflare Pages does not say which paths go away"), "{told}");
}

/// Killed at whichever request: what is shown is the old site or the new one, whole, and the next run completes it.
#[test]
fn a_killed_run_shows_nothing_and_is_taken_up() {
    let (site, cloudflare) = (site(""), Cloudflare::start());
    cloudflare.done(&site, &["--yes"]);
    let built = || {
        let mut output = site.output("public");
        output.retain(|path, _| path != "_headers" && path != "_redirects");
        output
    };
    let mut before = built();
    for (after, done) in (0..).flat_map(|n| [(n, false), (n, true)]) {
        site.put("content/articles/a.md", format!("+++\ntitle = \"A\"\n+++\ntext {after} {done}\n"));
        assert_eq!(site.build(&[]).exit, 0);
        let killed = cloudflare.web.kill(&mut cloudflare.command(&site, TOKEN, &["--yes"]), Doom { after, done });
        let (shown, now) = (cloudflare.all(), built());
        assert!(shown == before || shown == now, "half a site is shown after request {after}");
        cloudflare.done(&site, &["--yes"]);
        assert!(cloudflare.all() == now, "the next run completes it");
        before = now;
        if !killed {
            assert!(after > 6, "only {after} requests");
            return;
        }
    }
}

#[test]
fn faults_and_tokens_that_end_are_got_over() {
    let (site, cloudflare) = (site(""), Cloudflare::start());
    cloudflare
        .web
        .fail("POST /client/v4/pages/assets/check-missing", &[Fault::Busy(0), Fault::Status(401), Fault::Cut]);
    cloudflare.web.fail("POST /client/v4/pages/assets/upload", &[Fault::Status(500), Fault::CutAfter]);
    cloudflare.web.fail(&format!("POST /client/v4{PLACE}/deployments"), &[Fault::Status(502)]);
    cloudflare.done(&site, &["--yes"]);
    assert_eq!(cloudflare.shows("/"), site.read("public/index.html"));
    assert_eq!(cloudflare.host.lock().expect("a host").tokens, 2, "a new token is asked for once");
}

#[test]
fn a_branch_is_a_preview() {
    let (site, cloudflare) = (site("branch = \"try\"\nverify_live = false\n"), Cloudflare::start());
    cloudflare.done(&site, &["--yes"]);
    let host = cloudflare.host.lock().expect("a host");
    assert_eq!((host.deployments.len(), host.shown), (1, None));
    assert_eq!(host.deployments[0].fields["branch"], b"try");
    drop(host);
    assert!(cloudflare.done(&site, &["--yes"]).contains("nothing: prod has it all"));
}

#[test]
fn what_is_wrong_is_said_without_the_token() {
    let (site, cloudflare) = (site(""), Cloudflare::start());
    let output = cloudflare.publish(&site, "cf-wrong", &["--yes"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("refuses the token of `CLOUDFLARE_API_TOKEN`"), "{}", said(&output));
    assert!(said(&output).contains("Authentication error [code 10000]") && !said(&output).contains("cf-wrong"));
    cloudflare.host.lock().expect("a host").most = Some(3);
    let output = cloudflare.publish(&site, TOKEN, &["--yes"]);
    assert!(said(&output).contains("this project takes 3"), "{}", said(&output));
    site.put("site.toml", site.read("site.toml").replace("\"acme\"", "\"other\""));
    let output = cloudflare.publish(&site, TOKEN, &["--yes"]);
    assert!(said(&output).contains("has no project `other`"), "{}", said(&output));
    assert!(cloudflare.host.lock().expect("a host").deployments.is_empty());
}
