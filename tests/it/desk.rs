//! The desk and the inbox of the preview, asked without a network.

use crate::providers;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub::content::Before;
use hub::content::new::{New, draft};
use hub::desk::{self, Memory, Method, Reply, Request, State};
use hub::diag::{Finding, Level, findings};
use hub::forms::html::{Tag, tags, unescape};
use hub::forms::provider::ACTION_THANKS;
use hub::forms::{Ajax, Redirect, TABLE};
use hub::gate::Secrets;
use hub::gate::keys::Secret;
use hub::gate::open::open;
use hub::leads::{self, Answered, Inbox, Lead};
use hub::project::{Settings, theme};
use hub::render::{Bytes, Cache, Snapshot};
use hub::share;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const BASE: &str = "http://127.0.0.1:1111";
const HOST: &str = "127.0.0.1:1111";
const NOW: &str = "2026-11-22T09:00:00Z";

struct Desk {
    site: Arc<Snapshot>,
    findings: Vec<Finding>,
    inbox: Inbox,
    dir: tempfile::TempDir,
    memory: Memory,
}

/// What is asked: the path with its query, headers, a body.
struct Asked<'a> {
    method: Method,
    path: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    body: Vec<u8>,
}

impl Desk {
    fn new(files: &[(&str, &str)]) -> Desk {
        let mut all = theme::builtin();
        for (path, text) in files {
            all.put(path, text.as_bytes());
        }
        let now = NOW.parse().expect("a time");
        let settings = Settings { env: None, base_url: None, now, drafts: true, future: true };
        let read = Snapshot::new(Arc::new(all), settings, None, &Before::default());
        let dir = tempfile::tempdir().expect("a folder");
        let inbox = Inbox::open(&dir.path().join(".hub/inbox")).expect("an inbox");
        let findings = findings(read.diags, &read.value.project.config.levels);
        Desk { site: read.value, findings, inbox, dir, memory: Memory::default() }
    }

    fn ask(&self, asked: &Asked<'_>) -> Reply {
        let (path, query) = asked.path.split_once('?').unwrap_or((asked.path, ""));
        let header = |name: &str| asked.headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string());
        let decoded = hub::text::percent_decode(path).expect("text");
        let request = Request { method: asked.method, path: &decoded, query, headers: &header, body: &asked.body };
        let timing = desk::Timing { at: Timestamp::UNIX_EPOCH, what: "start".into(), took: Duration::from_millis(3) };
        let state = State {
            site: &self.site,
            findings: &self.findings,
            timings: &[timing],
            inbox: &self.inbox,
            root: self.dir.path(),
            base: BASE,
            now: NOW.parse().expect("a time"),
            editor: "",
            memory: &self.memory,
        };
        desk::answer(&state, &request)
    }

    fn get(&self, path: &str) -> (u16, String) {
        let reply = self.ask(&Asked { method: Method::Get, path, headers: vec![("host", HOST)], body: Vec::new() });
        (reply.status, String::from_utf8(reply.body).expect("text"))
    }

    /// A form, as a browser sends it from a page of the preview.
    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let encode = |s: &str| hub::text::percent_encode(s);
        let body: Vec<String> = fields.iter().map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect();
        let headers = vec![
            ("host", HOST),
            ("origin", BASE),
            ("referer", "http://127.0.0.1:1111/articles/a/?utm_source=x"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        self.ask(&Asked { method: Method::Post, path, headers, body: body.join("&").into_bytes() })
    }

    fn leads(&self) -> Vec<Arc<Lead>> {
        self.inbox.all().expect("leads")
    }

    /// A page of the site, as the preview serves it.
    fn page(&self, path: &str) -> String {
        let route = self.site.plan.find(path).unwrap_or_else(|| panic!("no page {path}"));
        let page = self.site.page(self.site.plan.route(route), &Cache::default());
        let Bytes::New(html) = &page.bytes else { panic!("{path} is no page") };
        String::from_utf8(leads::redirect_forms(html, &self.site).into_owned()).expect("text")
    }
}

fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    reply.headers.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| v)
}

/// The first form of a page, and its inputs.
fn form_of(html: &str) -> (Tag, Vec<Tag>) {
    let all = tags(html);
    let at = all.iter().position(|t| t.name == "form").expect("a form");
    let end = all[at..].iter().position(|t| t.name == "/form").expect("its end") + at;
    (all[at].clone(), all[at + 1..end].iter().filter(|t| t.name == "input").cloned().collect())
}

fn below(address: &str) -> &str {
    address.strip_prefix("/_hub/").unwrap_or_else(|| panic!("`{address}` is not the preview's"))
}

#[test]
fn every_provider_is_answered_for_in_its_way() {
    let files = providers::files(&providers::facts());
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let desk = Desk::new(&files);
    for row in TABLE {
        let name = row.name;
        let html = desk.page(&format!("/magnets/{name}/"));
        if row.link {
            let link = tags(&html).into_iter().filter_map(|t| t.get("href").map(str::to_string));
            let link = link.into_iter().find(|h| h.starts_with("/_hub/")).unwrap_or_else(|| panic!("{name}: no link"));
            let (status, stand_in) = desk.get(below(&link));
            let (form, inputs) = form_of(&stand_in);
            let kept: BTreeMap<&str, &str> =
                inputs.iter().filter_map(|i| Some((i.get("name")?, i.get("value")?))).collect();
            assert_eq!((status, kept.get("utm_campaign").copied()), (200, Some(name)));
            let fields = [("email", "a@b.io"), ("utm_campaign", name)];
            assert_eq!(desk.post(below(form.get("action").expect("an action")), &fields).status, 200);
            assert_eq!(desk.leads()[0].get("utm_campaign"), Some(name));
            continue;
        }
        let (form, inputs) = form_of(&html);
        let action = form.get("action").expect("an action").to_string();
        assert_eq!(action, format!("/_hub/inbox/{name}/{name}"));
        let own = desk.site.plan.forms.iter().find(|f| f.name == name).expect("the form");
        let email = own.name_of("email").expect("a name");
        let fields = |address: &'static str| -> Vec<(String, String)> {
            let hidden = inputs.iter().filter(|i| i.get("type") == Some("hidden"));
            let hidden = hidden.filter_map(|i| Some((i.get("name")?.to_string(), i.get("value")?.to_string())));
            hidden.chain([(email.clone(), address.to_string())]).collect()
        };
        let send = |to: &str, address| {
            let fields = fields(address);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            desk.post(below(to), &fields)
        };
        let reply = send(&action, "reader@b.io");
        let leads_on = match own.redirect() {
            Redirect::Action | Redirect::Field => true,
            Redirect::Dashboard => row.checklist.iter().any(|s| s.contains("{thanks}")),
            Redirect::None => false,
        };
        let next = format!("/magnets/{name}/thanks/");
        match leads_on {
            true => assert_eq!((reply.status, header(&reply, "location")), (303, &*next), "{name}"),
            false => assert_eq!(reply.status, 200, "{name}"),
        }
        let lead = &desk.leads()[0];
        assert_eq!((lead.get("email"), &*lead.form, &*lead.magnet), (Some("reader@b.io"), name, name));
        assert_eq!((lead.answered, &*lead.page, lead.script), (Answered::Taken, "/articles/a/", false), "{name}");
        if own.attribution().iter().any(|(key, _)| *key == "magnet") {
            assert_eq!(lead.get("magnet"), Some(name), "{name}");
        }
        assert_ne!(row.action == ACTION_THANKS, own.redirect() != Redirect::Action, "{name}");
        let refused = send(&action, "fail@b.io");
        let lead = &desk.leads()[0];
        assert_eq!((lead.answered, header(&refused, "location")), (Answered::Refused, ""), "{name}");
        assert_eq!(send(&action, "down+now@b.io").status, 503, "{name}");
        let Some(fetch) = form.get("data-fetch") else {
            assert!(!matches!(own.ajax(), Ajax::Json | Ajax::Opaque), "{name}");
            continue;
        };
        let reply = send(fetch, "reader@b.io");
        assert_eq!((reply.status, desk.leads()[0].script), (200, true), "{name}");
        assert_eq!(
            String::from_utf8_lossy(&reply.body).contains("success\":true"),
            row.answers.taken.contains("success\":true")
        );
        assert_eq!(send(fetch, "fail@b.io").status, row.answers.refused.0, "{name}");
        assert_eq!(send(fetch, "busy@b.io").status, 429, "{name}");
    }
}

const SITE: &str = r#"
title = "T"
base_url = "https://acme.io"
[share]
[forms.f]
provider = "netlify"
fields = ["name"]
consent = "One e-mail, [as said](https://acme.io/privacy/)."
[[forms.f.boxes]]
name = "letter"
label = "The letter too"
"#;

fn plain() -> Desk {
    Desk::new(&[
        ("site.toml", SITE),
        (
            "content/articles/a.md",
            "+++\ntitle = \"First <b>\"\ndate = 2026-11-01\nstage = \"aware\"\nmagnet = \"m\"\n[[share]]\nvariant = \"takeaway\"\ntext = \"Count replies, not followers.\"\n+++\nText.\n",
        ),
        ("content/articles/b.md", "+++\ntitle = \"Second\"\ndraft = true\n[offers]\nend = false\n+++\nText.\n"),
        (
            "content/articles/c.md",
            "+++\ntitle = \"Third\"\ndate = 2027-01-01\n[offers]\nend = false\n+++\n::offer{magnet=\"m\"}\n",
        ),
        (
            "content/magnets/m/index.md",
            "+++\ntitle = \"The guide\"\nkind = \"newsletter\"\nform = \"f\"\nstage = \"consider\"\n+++\n",
        ),
        ("content/magnets/alone/index.md", "+++\ntitle = \"Alone\"\nkind = \"newsletter\"\nform = \"f\"\n+++\n"),
    ])
}

#[test]
fn what_comes_is_listed_marked_answered_and_deleted() {
    let desk = plain();
    let send = |fields: &[(&str, &str)]| desk.post("inbox/f/m", fields);
    send(&[
        ("email", "a@b.io"),
        ("name", "=1+1"),
        ("letter", "yes"),
        ("utm_source", "x"),
        ("article", "a"),
        ("first", "a"),
    ]);
    send(&[("email", "bot@b.io"), ("bot-field", "x")]);
    send(&[("email", "no address")]);
    let kept = desk.leads();
    let answered: Vec<Answered> = kept.iter().map(|l| l.answered).collect();
    assert_eq!(answered, [Answered::Refused, Answered::Trapped, Answered::Taken]);
    assert_eq!(kept[2].boxes, [("The letter too".to_string(), true)]);
    assert_eq!(kept[2].consent, "One e-mail, as said.");
    let (_, list) = desk.get("inbox");
    for words in ["a@b.io", "The guide", "First &lt;b&gt;", "a robot", "refused"] {
        assert!(list.contains(words), "{words}\n{list}");
    }
    let (status, one) = desk.get(&format!("leads/{}", kept[2].id));
    assert_eq!(status, 200);
    for words in ["The guide", "One e-mail, as said.", "ticked", "utm_source", "/magnets/m/"] {
        assert!(one.contains(words), "{words}\n{one}");
    }
    // A spreadsheet runs what begins with `=`.
    let (_, csv) = desk.get("leads/leads.csv");
    assert!(csv.contains("\"'=1+1\"") && !csv.contains("\"=1+1\""), "{csv}");
    assert_eq!(csv.lines().count(), 4, "{csv}");

    assert_eq!(desk.post("leads/next", &[("with", "failed")]).status, 303);
    assert_eq!(send(&[("email", "a@b.io")]).status, 503);
    assert_eq!(send(&[("email", "a@b.io")]).status, 303, "the next one only");

    let id = kept[2].id.clone();
    assert_eq!(desk.post("leads/forget", &[("id", &id)]).status, 303);
    assert!(desk.leads().iter().all(|l| l.id != id));
    assert!(!desk.dir.path().join(format!(".hub/inbox/{id}.json")).exists(), "gone from the disk, too");
    desk.post("leads/forget", &[("id", "../../site")]);
    desk.post("leads/forget", &[]);
    assert_eq!(desk.leads().len(), 4);
    desk.post("leads/forget", &[("all", "yes")]);
    assert!(desk.leads().is_empty());
}

#[test]
fn leads_outlive_the_server_and_what_is_half_written_is_none() {
    let desk = plain();
    desk.post("inbox/f/m", &[("email", "a@b.io")]);
    let dir = desk.dir.path().join(".hub/inbox");
    // As after `kill -9` in the middle of writing.
    std::fs::write(dir.join("1795361429791-aaaaaaaa.json.77.tmp"), b"{\"at\":").expect("a file");
    std::fs::write(dir.join("1795361429791-bbbbbbbb.json"), b"{\"at\":").expect("a file");
    let again = Inbox::open(&dir).expect("an inbox");
    let leads = again.all().expect("leads");
    assert_eq!(leads.len(), 1);
    assert_eq!(leads, desk.leads());
    assert_eq!(std::fs::read_to_string(dir.join(".gitignore")).expect("a file"), "*\n");
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&dir).expect("a folder").permissions());
        assert_eq!(mode & 0o077, 0, "addresses are for their owner's eyes");
    }
}

#[test]
fn what_comes_from_elsewhere_is_refused() {
    let desk = plain();
    let ask = |method, path, headers: &[(&'static str, &'static str)], body: &[u8]| {
        desk.ask(&Asked { method, path, headers: headers.to_vec(), body: body.to_vec() }).status
    };
    let lead = b"email=a%40b.io";
    let host = ("host", HOST);
    for path in ["inbox/f/m", "leads/forget", "leads/next", "new"] {
        assert_eq!(ask(Method::Post, path, &[host], lead), 403, "{path}");
        assert_eq!(ask(Method::Post, path, &[host, ("origin", "https://evil.example")], lead), 403, "{path}");
        assert_eq!(
            ask(Method::Post, path, &[("host", "evil.example:1111"), ("origin", "http://evil.example:1111")], lead),
            403
        );
    }
    assert_eq!(ask(Method::Get, "inbox", &[("host", "evil.example:1111")], b""), 403);
    let own = [host, ("origin", BASE)];
    assert_eq!(ask(Method::Post, "inbox/f/m", &own, &vec![b'a'; desk::LONGEST_BODY + 1]), 413);
    assert_eq!(ask(Method::Post, "inbox/none/m", &own, lead), 404);
    assert_eq!(ask(Method::Get, "inbox/f/m", &[host], b""), 405);
    let json = [host, ("origin", BASE), ("content-type", "application/json")];
    assert_eq!(ask(Method::Post, "inbox/f/m", &json, b"[1"), 400);
    assert!(desk.leads().is_empty());
    // The thank-you page is the site's, whatever the form says.
    let forms = providers::files(&providers::facts());
    let forms: Vec<(&str, &str)> = forms.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let desk = Desk::new(&forms);
    for to in ["https://evil.example/", "//evil.example/", "/\\evil.example", "https://acme.io.evil.example/"] {
        let reply = desk.post("inbox/formspree/formspree", &[("email", "a@b.io"), ("_next", to)]);
        assert_eq!((reply.status, header(&reply, "location")), (200, ""), "{to}");
    }
}

#[test]
fn a_form_counts_as_tested_until_it_changes() {
    let desk = plain();
    assert!(desk.get("forms").1.contains("not tested"));
    desk.post("inbox/f/m", &[("email", "fail@b.io")]);
    assert!(desk.get("forms").1.contains("not tested"), "a refusal is no test");
    desk.post("inbox/f/m", &[("email", "a@b.io")]);
    assert!(!desk.get("forms").1.contains("not tested"));
    let mut other = Desk::new(&[
        ("site.toml", &SITE.replace("fields = [\"name\"]", "")),
        ("content/magnets/m/index.md", "+++\ntitle = \"M\"\nkind = \"newsletter\"\nform = \"f\"\n+++\n"),
    ]);
    other.inbox = Inbox::open(&desk.dir.path().join(".hub/inbox")).expect("an inbox");
    assert!(other.get("forms").1.contains("changed since its test"));
}

#[test]
fn the_map_marks_where_the_funnel_ends_too_early() {
    let desk = plain();
    let (status, map) = desk.get("");
    assert_eq!(status, 200);
    for words in [
        "2 articles lead to 1 magnet; 1 leads nowhere.",
        "Alone</a>: no article leads to it",
        "Second</a>: it leads to nothing",
        "First &lt;b&gt;",
        "/_hub/articles?stage=aware",
        "Netlify Forms",
        "<svg class=\"flow\"",
    ] {
        assert!(map.contains(words) || words.starts_with("First"), "{words}\n{map}");
    }
    let titles = |path: &str| {
        let (_, html) = desk.get(path);
        ["First", "Second", "Third"].map(|t| html.contains(t))
    };
    assert_eq!(titles("articles"), [true; 3]);
    assert_eq!(titles("articles?to=-"), [false, true, false]);
    assert_eq!(titles("articles?to=m"), [true, false, true], "what stands in the text counts");
    assert_eq!(titles("articles?stage=aware"), [true, false, false]);
    assert_eq!(titles("articles?is=draft"), [false, true, false]);
    assert_eq!(titles("articles?is=scheduled"), [false, false, true]);
    assert_eq!(titles("articles?q=SECOND"), [false, true, false]);
}

#[test]
fn every_page_of_the_desk_is_there_on_a_full_site_and_on_an_empty_one() {
    let empty = Desk::new(&[("site.toml", "title = \"T\"\nbase_url = \"https://acme.io\"\n")]);
    let full = plain();
    for desk in [&full, &empty] {
        for path in [
            "",
            "articles",
            "calendar",
            "calendar?from=2026-12-01",
            "forms",
            "inbox",
            "diagnostics",
            "routes",
            "timings",
            "new",
        ] {
            let (status, html) = desk.get(path);
            assert_eq!(status, 200, "{path}: {html}");
            assert!(html.contains("<h1>") && html.ends_with("</html>\n"), "{path}: {html}");
        }
        assert_eq!(desk.get("assets/desk.css").0, 200);
        for path in
            ["nothing", "assets/nothing", "article/articles/none.md", "article/../site.toml", "leads/1", "posts/x.md/"]
        {
            assert_eq!(desk.get(path).0, 404, "{path}");
        }
    }
    let (status, one) = full.get("article/articles/a.md");
    assert_eq!(status, 200);
    assert!(one.contains("First &lt;b&gt;"), "{one}");
    assert!(unescape(&one).contains("https://acme.io/articles/a/?utm_source"), "{one}");
    let (_, gallery) = full.get("posts/articles/a.md/");
    assert!(gallery.contains("Skip to the posts"), "{gallery}");
    let card = gallery.split("src=\"").nth(1).and_then(|s| s.split('"').next()).expect("a card");
    let path = format!("posts/articles/a.md/{card}");
    let png = full.ask(&Asked { method: Method::Get, path: &path, headers: vec![("host", HOST)], body: Vec::new() });
    assert_eq!((png.status, &png.body[..4]), (200, &b"\x89PNG"[..]));
    let (_, routes) = full.get("routes?q=unlock&kind=page");
    assert!(routes.contains("No address fits"));
    let (_, routes) = full.get("routes?q=M%2Fthanks");
    assert!(routes.contains("/magnets/m/thanks/") && !routes.contains("/magnets/alone/thanks/"), "{routes}");
}

#[test]
fn diagnostics_are_drawn_and_open_the_editor() {
    let site = "title = \"T\"\nbase_url = \"https://acme.io\"\n";
    let desk =
        Desk::new(&[("site.toml", site), ("content/articles/a.md", "+++\ntitle = \"A\"\ntopcs = [\"<x>\"]\n+++\n")]);
    assert!(desk.findings.iter().any(|f| f.level == Level::Error));
    let (_, page) = desk.get("diagnostics");
    for words in [
        "<span class=\"b c9\">error[H0",
        "content/articles/a.md",
        "vscode://file/",
        "a.md:3:1",
        "&lt;x&gt;",
        "hub explain",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    let (_, one) = desk.get("article/articles/a.md");
    assert!(one.contains("topcs"), "{one}");
}

#[test]
fn what_is_begun_at_the_desk_is_what_hub_new_writes() {
    let desk = plain();
    std::fs::write(desk.dir.path().join("site.toml"), SITE).expect("a file");
    let reply = desk.post("new", &[("kind", "magnet"), ("magnet", "webinar"), ("title", "  Any \"thing\" ../x ")]);
    let to = header(&reply, "location").to_string();
    assert_eq!((reply.status, &*to), (303, "/_hub/opened?file=content%2Fmagnets%2Fany-thing-x%2Findex.md"));
    let now = NOW.parse::<Timestamp>().expect("a time").to_zoned(jiff::tz::TimeZone::UTC);
    let wanted = draft(New::Magnet(hub::content::MagnetKind::Webinar), "Any \"thing\" ../x", SITE, &now);
    let path = desk.dir.path().join(wanted.path.as_str());
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), wanted.text);
    assert_eq!(
        desk.post("new", &[("kind", "magnet"), ("title", "Any thing x")]).status,
        409,
        "never over what is there"
    );
    assert_eq!(desk.post("new", &[("kind", "article"), ("title", " ")]).status, 422);
    assert_eq!(desk.post("new", &[("kind", "x"), ("title", "T")]).status, 422);
    let (status, waits) = desk.get(below(&to));
    assert!(status == 200 && waits.contains("has not read it yet"), "{waits}");
    let known = desk.ask(&Asked {
        method: Method::Get,
        path: "opened?file=content/articles/a.md",
        headers: vec![("host", HOST)],
        body: Vec::new(),
    });
    assert_eq!((known.status, header(&known, "location")), (303, "/articles/a/"));
    assert_eq!(desk.get("opened?file=../../etc/passwd").0, 404);
    assert_eq!(desk.get("opened?file=site.toml").0, 404);
}

#[test]
fn forms_that_were_pasted_come_here_and_searches_do_not() {
    let desk = plain();
    let html = "<form action='/search/' method=get><input name=q></form><!-- <form action=\"https://x.io/\" method=post> -->\
                <script>\"<form action='https://x.io/' method=post>\"</script>\
                <FORM class=x method=POST action=https://lists.example/add?x=1&amp;y=2><input name=EMAIL></FORM>é";
    let out = leads::redirect_forms(html.as_bytes(), &desk.site).into_owned();
    let out = String::from_utf8(out).expect("text");
    let to = "action=\"/_hub/inbox?to=lists.example\"";
    assert_eq!(out, html.replace("action=https://lists.example/add?x=1&amp;y=2", to));
    let reply = desk.post("inbox?to=lists.example", &[("EMAIL", "a@b.io")]);
    assert_eq!(
        (reply.status, &*desk.leads()[0].provider, desk.leads()[0].get("email")),
        (200, "lists.example", Some("a@b.io"))
    );
    let same = leads::redirect_forms(b"<p>no form</p>", &desk.site);
    assert!(matches!(same, std::borrow::Cow::Borrowed(_)), "nothing is copied for nothing");
}

#[test]
fn forms_in_sealed_texts_come_here_and_their_link_opens_them() {
    let article = ":::gate{magnet=\"m\"}\nSealed words.\n\n<form action=\"https://lists.example/add\" method=\"post\"><input name=\"EMAIL\"></form>\n:::\n";
    let mut all = theme::builtin();
    for (path, text) in [
        (
            "site.toml",
            "title = \"T\"\nbase_url = \"https://acme.io\"\n[forms.f]\nprovider = \"netlify\"\nconsent = \"One e-mail.\"\n",
        ),
        ("content/magnets/m/index.md", "+++\ntitle = \"The rest\"\nform = \"f\"\n+++\n"),
        ("content/articles/a.md", &format!("+++\ntitle = \"A\"\n+++\nOpen.\n\n{article}")),
    ] {
        all.put(path, text.as_bytes());
    }
    let now = NOW.parse().expect("a time");
    let settings = Settings { env: None, base_url: None, now, drafts: true, future: true };
    let secret = Secret::parse("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc").expect("a secret");
    let secrets = Secrets { now: secret, former: None };
    let site = Snapshot::new(Arc::new(all), settings, Some(secrets), &Before::default()).value;
    let page = site.page(site.plan.route(site.plan.find("/articles/a/").expect("a page")), &Cache::default());
    let Bytes::New(html) = &page.bytes else { panic!("no page") };
    let served = leads::redirect_forms(html, &site).into_owned();
    let link = &site.links(site.plan.magnet_named("m").expect("m")).expect("links").live[0];
    let opened = |html: &[u8]| {
        let html = String::from_utf8_lossy(html).into_owned();
        let sealed = html.split("data-sealed=\"").nth(1).and_then(|s| s.split('"').next()).expect("a sealed text");
        let bytes = URL_SAFE_NO_PAD.decode(sealed).expect("base64");
        let mut out = Vec::new();
        open(&bytes[..], link, &mut |piece| out.extend_from_slice(piece)).expect("it opens");
        String::from_utf8(out).expect("text")
    };
    assert!(opened(html).contains("action=\"https://lists.example/add\""), "what is built goes to the provider");
    let wanted = opened(html).replace("https://lists.example/add", "/_hub/inbox?to=lists.example");
    assert_eq!(opened(&served), wanted);
}

#[test]
fn a_name_of_several_lines_is_one_in_the_letter_and_long_values_are_cut_in_lists() {
    let site = SITE
        .replace("netlify", "mailchimp")
        .replace("fields = ", "action = \"https://a.us1.list-manage.com/subscribe/post?u=1&id=2\"\nfields = ");
    let desk = Desk::new(&[
        ("site.toml", &site),
        ("templates/letter.txt", "For {{ mail.name }}\n\nHello {{ mail.name }}, {{ mail.address }}\n"),
        ("content/magnets/m/index.md", "+++\ntitle = \"The guide\"\nkind = \"newsletter\"\nform = \"f\"\n+++\n"),
    ]);
    let form = &desk.site.plan.forms[0];
    let mail = form.provider.mail;
    assert!(!mail.name.is_empty() && !mail.address.is_empty());
    let name = format!("Zoë\r\nBcc: all@b.io\n\n{}", mail.address);
    let (email, ours) = (form.name_of("email").expect("email"), form.name_of("name").expect("name"));
    let long = format!("{}@b.io", "a".repeat(20_000));
    desk.post("inbox/f/m", &[(&email, &long), (&ours, &name)]);
    let lead = &desk.leads()[0];
    let letter = leads::letter(&desk.site, lead, BASE).value.expect("a letter");
    let one = format!("Zoë Bcc: all@b.io {}", mail.address);
    assert_eq!(letter.subject, format!("For {one}"));
    assert_eq!(letter.text, format!("Hello {one}, (your postal address)"));
    let (_, list) = desk.get("inbox");
    assert!(list.contains("aaa…") && list.len() < 20_000, "{}", list.len());
}

#[test]
fn posts_of_the_next_state_are_those_of_a_reading_from_nothing() {
    let read = |b: &str, before: &Before| {
        let mut all = theme::builtin();
        all.put("site.toml", SITE.as_bytes());
        for (name, text) in [("a", "Count the replies of real people, not the followers you never met.\n"), ("b", b)] {
            let text = format!("+++\ntitle = \"{name}\"\ndate = 2026-11-01\n+++\n{text}");
            all.put(&format!("content/articles/{name}.md"), text.as_bytes());
        }
        let settings =
            Settings { env: None, base_url: None, now: NOW.parse().expect("a time"), drafts: true, future: true };
        Snapshot::new(Arc::new(all), settings, None, before).value
    };
    let mut memory = share::Memory::default();
    let mut last: Option<Arc<Snapshot>> = None;
    let same = "Count the replies of real people, not the followers you never met.\n";
    let mut counts = Vec::new();
    for text in [
        "Something else is said in this article, at some length.\n",
        same,
        "And now again another sentence stands in this place.\n",
    ] {
        let known = last.iter().flat_map(|s| s.content.articles.iter().map(move |a| (s, a)));
        let known = known.filter(|(_, a)| a.path.as_str() != "content/articles/b.md");
        let before =
            known.filter_map(|(s, a)| Some((a.path.clone(), (s.project.file(&a.path)?.stamp, a.clone())))).collect();
        let (next, clean) = (read(text, &before), read(text, &Before::default()));
        share::listen_again(&next, &mut memory);
        let twice = |site: &Arc<Snapshot>| {
            share::posts(site, site.plan.order[0]);
            let said = site.said.get().expect("what is said");
            said.twice.iter().copied().collect::<std::collections::BTreeSet<u64>>()
        };
        assert_eq!(twice(&next), twice(&clean));
        counts.push(twice(&next).len());
        last = Some(next);
    }
    assert!(counts[1] == counts[0] + 1 && counts[2] == counts[0], "{counts:?}");
}
