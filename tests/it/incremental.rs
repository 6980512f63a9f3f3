//! The law: an incremental build equals a clean one, byte for byte, findings included, after any edits.

use crate::harness::{SECRET, tree};
use hub::commands::{Outcome, Request, run_build};
use hub::diag::{Format, draw};
use hub::gate::keys::Secret;
use hub::project::Settings;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// An edit of the site.
#[derive(Clone, Debug)]
pub enum Edit {
    Title(u8, u8),
    Body(u8, u8),
    Tags(u8, u8),
    Draft(u8, bool),
    Link(u8, u8),
    Add(u8),
    Remove(u8),
    Rename(u8, u8),
    Section(u8),
    Template(u8),
    Partial(u8),
    Component(u8),
    Data(u8),
    Asset(u8),
    Static(u8),
    Author(u8),
    SiteTitle(u8),
    Paginate(u8),
    Magnet(u8),
    Form(u8),
    MagnetFile(u8),
    Offers(u8),
    Campaign(u8),
    Webinar(u8),
    Giveaway(u8),
    Gate(u8),
    Epoch(u8),
    Leak(u8),
    Later(u8),
    Cards(u8),
    Head(u8, u8),
    Silent(u8, u8),
    Tells(u8, u8),
    Levels(u8),
}

pub fn edit() -> impl Strategy<Value = Edit> {
    let n = 0u8..6;
    let v = 0u8..5;
    prop_oneof![
        (n.clone(), v.clone()).prop_map(|(a, b)| Edit::Title(a, b)),
        (n.clone(), v.clone()).prop_map(|(a, b)| Edit::Body(a, b)),
        (n.clone(), v.clone()).prop_map(|(a, b)| Edit::Tags(a, b)),
        (n.clone(), any::<bool>()).prop_map(|(a, b)| Edit::Draft(a, b)),
        (n.clone(), n.clone()).prop_map(|(a, b)| Edit::Link(a, b)),
        n.clone().prop_map(Edit::Add),
        n.clone().prop_map(Edit::Remove),
        (n.clone(), n.clone()).prop_map(|(a, b)| Edit::Rename(a, b)),
        v.clone().prop_map(Edit::Section),
        v.clone().prop_map(Edit::Template),
        v.clone().prop_map(Edit::Partial),
        v.clone().prop_map(Edit::Component),
        v.clone().prop_map(Edit::Data),
        v.clone().prop_map(Edit::Asset),
        v.clone().prop_map(Edit::Static),
        v.clone().prop_map(Edit::Author),
        v.clone().prop_map(Edit::SiteTitle),
        v.clone().prop_map(Edit::Paginate),
        v.clone().prop_map(Edit::Magnet),
        v.clone().prop_map(Edit::Form),
        v.clone().prop_map(Edit::MagnetFile),
        v.clone().prop_map(Edit::Offers),
        v.clone().prop_map(Edit::Campaign),
        v.clone().prop_map(Edit::Webinar),
        v.clone().prop_map(Edit::Giveaway),
        v.clone().prop_map(Edit::Gate),
        v.clone().prop_map(Edit::Epoch),
        v.clone().prop_map(Edit::Leak),
        v.clone().prop_map(Edit::Later),
        v.clone().prop_map(Edit::Cards),
        (n.clone(), v.clone()).prop_map(|(a, b)| Edit::Head(a, b)),
        (n.clone(), 0u8..3).prop_map(|(a, b)| Edit::Silent(a, b)),
        (n, v.clone()).prop_map(|(a, b)| Edit::Tells(a, b)),
        v.prop_map(Edit::Levels),
    ]
}

/// What a text is made of; the file is written from it.
#[derive(Clone, Debug, Default)]
struct Text {
    title: u8,
    body: u8,
    tags: u8,
    draft: bool,
    link: Option<u8>,
    /// Which headings it has.
    head: u8,
    /// Whether what is wrong with its link is silenced; from 2 on another comment gives no reason.
    silent: u8,
    /// Of a gated file it tells so much in the clear.
    tells: u8,
}

/// An edit below the front matter of a text.
fn body() -> impl Strategy<Value = Edit> {
    let n = 0u8..4;
    prop_oneof![
        6 => (n.clone(), 0u8..4).prop_map(|(a, b)| Edit::Body(a, b)),
        2 => (n.clone(), 0u8..6).prop_map(|(a, b)| Edit::Link(a, b)),
        2 => (n.clone(), 0u8..4).prop_map(|(a, b)| Edit::Head(a, b)),
        1 => (n.clone(), 0u8..3).prop_map(|(a, b)| Edit::Silent(a, b)),
        1 => (n, 0u8..5).prop_map(|(a, b)| Edit::Tells(a, b)),
    ]
}

/// The sources as values, so that edits are easy to make.
#[derive(Clone, Debug)]
pub struct Model {
    texts: BTreeMap<u8, Text>,
    values: BTreeMap<&'static str, u8>,
    pub day: u8,
}

impl Model {
    pub fn new() -> Model {
        let texts = (0..4).map(|i| (i, Text { title: i, tags: i, ..Text::default() })).collect();
        Model { texts, values: BTreeMap::new(), day: 0 }
    }

    pub fn apply(&mut self, edit: &Edit) {
        let mut text = |n: &u8, f: &dyn Fn(&mut Text)| {
            if let Some(text) = self.texts.get_mut(n) {
                f(text);
            }
        };
        match edit {
            Edit::Title(n, v) => text(n, &|t| t.title = *v),
            Edit::Body(n, v) => text(n, &|t| t.body = *v),
            Edit::Tags(n, v) => text(n, &|t| t.tags = *v),
            Edit::Draft(n, v) => text(n, &|t| t.draft = *v),
            Edit::Link(n, v) => text(n, &|t| t.link = Some(*v)),
            Edit::Head(n, v) => text(n, &|t| t.head = *v),
            Edit::Silent(n, v) => text(n, &|t| t.silent = *v),
            Edit::Tells(n, v) => text(n, &|t| t.tells = *v),
            Edit::Levels(v) => drop(self.values.insert("levels", *v)),
            Edit::Add(n) => {
                self.texts.entry(*n).or_default();
            }
            Edit::Remove(n) => {
                self.texts.remove(n);
            }
            Edit::Rename(a, b) => {
                if let Some(text) = self.texts.remove(a) {
                    self.texts.insert(*b, text);
                }
            }
            Edit::Later(v) => self.day = *v,
            Edit::Section(v) => drop(self.values.insert("section", *v)),
            Edit::Template(v) => drop(self.values.insert("template", *v)),
            Edit::Partial(v) => drop(self.values.insert("partial", *v)),
            Edit::Component(v) => drop(self.values.insert("component", *v)),
            Edit::Data(v) => drop(self.values.insert("data", *v)),
            Edit::Asset(v) => drop(self.values.insert("asset", *v)),
            Edit::Static(v) => drop(self.values.insert("static", *v)),
            Edit::Author(v) => drop(self.values.insert("author", *v)),
            Edit::SiteTitle(v) => drop(self.values.insert("site", *v)),
            Edit::Paginate(v) => drop(self.values.insert("paginate", *v)),
            Edit::Form(v) => drop(self.values.insert("form", *v)),
            Edit::Magnet(v) => drop(self.values.insert("magnet", *v)),
            Edit::MagnetFile(v) => drop(self.values.insert("file", *v)),
            Edit::Offers(v) => drop(self.values.insert("offers", *v)),
            Edit::Campaign(v) => drop(self.values.insert("campaign", *v)),
            Edit::Webinar(v) => drop(self.values.insert("webinar", *v)),
            Edit::Giveaway(v) => drop(self.values.insert("giveaway", *v)),
            Edit::Gate(v) => drop(self.values.insert("gate", *v)),
            Edit::Epoch(v) => drop(self.values.insert("epoch", *v)),
            Edit::Leak(v) => drop(self.values.insert("leak", *v)),
            Edit::Cards(v) => drop(self.values.insert("cards", *v)),
        }
    }

    fn value(&self, name: &str) -> u8 {
        self.values.get(name).copied().unwrap_or(0)
    }

    pub fn files(&self) -> BTreeMap<String, String> {
        let mut out = BTreeMap::new();
        let mut put = |path: &str, text: String| drop(out.insert(path.to_string(), text));
        let paginate = self.value("paginate") + 1;
        // Another provider, other fields, another policy.
        let form = [
            "provider = \"netlify\"",
            "provider = \"formspree\"\nid = \"abc\"\nfields = [\"name\"]",
            "provider = \"kit\"\nid = \"1\"\nattribution = [\"article\"]",
            "provider = \"beehiiv\"\npublication = \"acme\"",
            "provider = \"custom\"\naction = \"https://a.io/f\"\noverride = { honeypot = \"h\" }",
        ][usize::from(self.value("form"))];
        put(
            "site.toml",
            format!(
                "title = \"Site {}\"\nbase_url = \"https://acme.io\"\nimage = {{ src = \"/p1.svg\", alt = \"A\" }}\npaginate = {paginate}\n[offers]\nsidebar = {}\nbar = {}\n[forms.f]\n{form}\nconsent = \"see [about](about.md)\"\n{}[check]\nH3001 = \"warning\"\nH3002 = \"warning\"\nH3006 = \"warning\"\nH3004 = \"warning\"\n{}",
                self.value("site"),
                self.value("offers") % 2 == 1,
                if self.value("offers") > 2 { "\"letter\"" } else { "false" },
                if self.value("cards") > 1 { "[share]\n" } else { "" },
                if self.value("levels") > 1 { "H4020 = \"warning\"\n" } else { "" },
            ),
        );
        if self.value("cards") > 1 {
            // Some say what no font has, where the text says it.
            let word = ["", "", "a", "b", "日"][usize::from(self.value("cards"))];
            put(
                "cards/article.svg",
                format!(
                    "{{% set t = text(value=card.title ~ \" {word}\", size=30) %}}<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{{{{ card.width }}}}\" height=\"{{{{ card.height }}}}\"><g>{{{{ t.svg }}}}</g></svg>"
                ),
            );
            put(
                "cards/page.svg",
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1200\" height=\"630\"></svg>".into(),
            );
        }
        put(
            "content/magnets/letter/index.md",
            format!(
                "+++\ntitle = \"Letter\"\nkind = \"newsletter\"\nform = \"f\"\ntopics = [\"Topic {}\"]\n[[variants]]\nname = \"v\"\nbutton = \"Send {}\"\n+++\n",
                self.value("offers") % 2,
                self.value("campaign")
            ),
        );
        if self.value("campaign") > 0 {
            put(
                "content/campaigns/c.toml",
                format!(
                    "title = \"C\"\noffer = \"{}\"\n[[sources]]\nvariant = \"s\"\nmedium = \"{}\"\n",
                    if self.value("campaign") % 2 == 1 { "letter" } else { "m" },
                    self.value("campaign")
                ),
            );
        }
        for (n, t) in &self.texts {
            let tags: Vec<String> = (0..t.tags).map(|i| format!("\"tag{i}\"")).collect();
            let link = t
                .link
                .map(|l| match l {
                    4 => "[link](t1.md#more)\n".to_string(),
                    5 => "[link](t2.md)\n".to_string(),
                    l => format!("[link](t{l}.md#part) and [pic](p.svg)\n\n![picture](/p{l}.svg)\n"),
                })
                .unwrap_or_default();
            let silent = [
                "",
                "<!-- hub-ignore: H3001 H3002 H3004 known -->\n",
                "<!-- hub-ignore -->\n\n<!-- hub-ignore: H3001 H3002 H3004 known -->\n",
            ][usize::from(t.silent)];
            let head = ["", "## More\n\n", "### Part of it\n\n", "## More\n\n## And more\n\n", ""][usize::from(t.head)];
            let part = if t.head == 3 { "Parts" } else { "Part" };
            let told = if t.tells > 2 { file(t.tells) } else { String::new() };
            // Some name what closes by itself while the days go by.
            let named = if *n == 2 { "magnet = \"w\"\n" } else { "" };
            let inline = if *n == 3 { "::offer{magnet=\"g\"}\n\n" } else { "" };
            let gated = match self.value("gate") {
                0 => String::new(),
                gate if *n == 1 => format!(":::gate{{magnet=\"m\"}}\n\n## Sealed\n\n{}\n\n:::\n\n", sealed(gate)),
                _ => String::new(),
            };
            put(
                &format!("content/articles/t{n}.md"),
                format!(
                    "+++\n{named}title = \"Title {}{}\"\ndate = 2026-01-0{}\ndraft = {}\ntags = [{}]\nauthors = [\"jane\"]\ntopics = [\"Topic {}\"]\n+++\n\nFirst {}.\n\n## {part}\n\n{head}{gated}{inline}{silent}{link}\n{told}\n\n::note{{n={}}}\n\nBody {}.\n",
                    t.title,
                    if t.title == 4 { " 日" } else { "" },
                    n + 1,
                    t.draft,
                    tags.join(", "),
                    t.tags % 2,
                    t.body / 2,
                    t.body,
                    t.body
                ),
            );
        }
        if self.value("section") > 0 {
            put(
                "content/articles/_index.md",
                format!("+++\ntitle = \"Section {}\"\n[defaults]\nstage = \"aware\"\n+++\n", self.value("section")),
            );
        }
        // What is gated stands in the clear, in a text or as a file.
        let leak = if self.value("leak") == 3 { sealed(self.value("gate").max(1)) } else { String::new() };
        put("content/about.md", format!("+++\ntitle = \"About\"\n+++\ntext {leak}"));
        if self.value("leak") == 4 {
            put("static/leak.txt", format!("It begins: {}", file(self.value("file"))));
        }
        if self.value("epoch") > 0 {
            let epoch = self.value("epoch");
            let former = format!("[[magnets.m.former]]\nepoch = {epoch}\nuntil = 2026-11-2{epoch}T12:00:00Z\n");
            put("gates.toml", format!("[magnets.m]\nepoch = {}\n{former}", epoch + 1));
        }
        put(
            "content/authors/jane.toml",
            format!(
                "name = \"Jane {}\"\nbio = \"b\"\nimage = {{ src = \"/p1.svg\", alt = \"Jane\" }}\n",
                self.value("author")
            ),
        );
        put("content/data/x.toml", format!("v = {}\n", self.value("data")));
        put(
            "content/magnets/m/index.md",
            format!(
                "+++\ntitle = \"Magnet {}\"\nform = \"f\"\nfiles = [\"m.txt\"]\npromise = \"p\"\ndraft = {}\n[thanks]\nnext = \"../../articles/t1.md\"\n+++\ntext\n",
                self.value("magnet"),
                self.value("magnet") == 4
            ),
        );
        put(
            "content/magnets/w/index.md",
            format!(
                "+++\ntitle = \"Webinar\"\nkind = \"webinar\"\nform = \"f\"\nstart = 2026-11-2{}T10:00:00\nduration = \"1 h\"\nrecording = \"m\"\ncloses = 2026-11-21T00:00:00\n+++\n",
                self.value("webinar")
            ),
        );
        put(
            "content/magnets/g/index.md",
            format!(
                "+++\ntitle = \"Giveaway\"\nkind = \"giveaway\"\nform = \"f\"\nprize = \"p\"\nrules = [\"r\"]\ncloses = 2026-11-2{}T10:00:00\n+++\n",
                self.value("giveaway")
            ),
        );
        put("content/magnets/m/m.txt", file(self.value("file")));
        put("static/p1.svg", format!("<svg width=\"{}0\" height=\"20\"></svg>", self.value("static") + 1));
        put("assets/css/own.css", format!("a{{order:{}}}", self.value("asset")));
        put(
            "templates/page.html",
            format!(
                "{{% extends \"base.html\" %}}{{% block main %}}<h1>{{{{ article.title }}}} {}</h1>{{{{ article.body }}}}{{% set d = data(path=\"x.toml\") %}}{{{{ d.v }}}} {{% set a = asset(path=\"css/own.css\") %}}{{{{ a.url }}}}{{% for c in list(tag=\"tag1\", limit=2) %}}{{{{ c.title }}}}{{% endfor %}}{{{{ today() }}}}{{% endblock main %}}",
                self.value("template")
            ),
        );
        put(
            "templates/components/note.html",
            format!(
                "{{% component note(n: integer) %}}<p class=\"n{}\">{{{{ n }}}}</p>{{% endcomponent note %}}",
                self.value("component")
            ),
        );
        if self.value("partial") > 0 {
            put("templates/partials/footer.html", format!("<footer>{}</footer>", self.value("partial")));
        }
        out
    }
}

/// What a gate seals.
fn sealed(n: u8) -> String {
    format!("The sealed part number {n}, which tells those who asked for it how the quick brown fox jumps over it.")
}

/// What a gated file holds.
fn file(n: u8) -> String {
    format!(
        "Secret file number {n}: it is long enough for its parts to be found wherever somebody puts them by mistake."
    )
}

pub fn write(root: &Path, before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) {
    for path in before.keys().filter(|p| !now.contains_key(*p)) {
        std::fs::remove_file(root.join(path)).expect("removed");
    }
    for (path, text) in now.iter().filter(|(p, t)| before.get(*p) != Some(*t)) {
        let to = root.join(path);
        std::fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
        std::fs::write(to, text).expect("a file");
    }
}

fn request(root: &Path, day: u8) -> Request {
    let settings = Settings {
        env: None,
        base_url: None,
        now: format!("2026-11-2{day}T00:00:00Z").parse().expect("a time"),
        drafts: false,
        future: false,
    };
    Request {
        root: root.into(),
        out: root.join("public"),
        settings,
        strict: false,
        verify: false,
        adopt: false,
        min_pages: Some(0),
    }
}

fn outcome(root: &Path, day: u8) -> Outcome {
    run_build(&request(root, day), &|_, _| {}).unwrap_or_else(|f| panic!("{}", f.message))
}

/// Builds, and says all that was found, as text.
fn build(root: &Path, day: u8) -> (String, Option<usize>) {
    let outcome = outcome(root, day);
    let findings: Vec<_> =
        outcome.findings.iter().filter(|f| f.diagnostic.code != hub::diag::codes::CACHE_LOST).cloned().collect();
    let said = draw(&findings, Format::Json, false, &|path| {
        std::fs::read_to_string(root.join(path.as_str())).ok().map(Into::into)
    });
    (said, outcome.summary.changes.map(|_| outcome.summary.rendered))
}

/// A file whose last change is older is known by its stamp.
const MOMENT: Duration = Duration::from_millis(60);

/// Builds after each step, with what earlier builds left and without. Where it is `known` which files changed, more is taken from them.
fn check(edits: &[Vec<Edit>], known: bool) -> Result<(), TestCaseError> {
    let incremental = tempfile::tempdir().expect("a folder");
    let secret = Secret::parse(SECRET).expect("a secret");
    let keep_secret = |root: &Path| {
        std::fs::create_dir_all(root.join(".hub")).expect("a folder");
        std::fs::write(root.join(".hub/secret"), secret.reveal().as_bytes()).expect("a file");
    };
    keep_secret(incremental.path());
    let mut model = Model::new();
    let mut before = BTreeMap::new();
    for step in std::iter::once(&Vec::new()).chain(edits) {
        step.iter().for_each(|e| model.apply(e));
        let files = model.files();
        write(incremental.path(), &before, &files);
        if known {
            std::thread::sleep(MOMENT);
        }
        let (said, published) = build(incremental.path(), model.day);
        let clean = tempfile::tempdir().expect("a folder");
        keep_secret(clean.path());
        write(clean.path(), &BTreeMap::new(), &files);
        let (clean_said, clean_published) = build(clean.path(), model.day);
        prop_assert_eq!(&said, &clean_said, "findings differ after {:?}", step);
        prop_assert_eq!(published.is_some(), clean_published.is_some());
        if published.is_some() {
            let (a, b) = (tree(&incremental.path().join("public")), tree(&clean.path().join("public")));
            let differ: Vec<_> = a.keys().chain(b.keys()).filter(|k| a.get(*k) != b.get(*k)).collect();
            prop_assert!(differ.is_empty(), "{differ:?} differ after {step:?}");
        }
        before = files;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn incremental_equals_clean(edits in prop::collection::vec(prop::collection::vec(edit(), 1..4), 1..5)) {
        check(&edits, edits.len() == 4)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 50, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn bodies_alone_equal_clean(edits in prop::collection::vec(prop::collection::vec(body(), 1..3), 3..6)) {
        check(&edits, true)?;
    }
}

#[test]
fn one_body_is_one_page_and_its_feeds() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut model = Model::new();
    let first = model.files();
    write(dir.path(), &BTreeMap::new(), &first);
    std::fs::create_dir_all(dir.path().join(".hub")).expect("a folder");
    std::fs::write(dir.path().join(".hub/secret"), SECRET).expect("a file");
    build(dir.path(), 0);
    assert_eq!(build(dir.path(), 0).1, Some(0), "nothing changed");
    // Bodies 0 and 1 have the same summary.
    model.apply(&Edit::Body(0, 1));
    write(dir.path(), &first, &model.files());
    let feeds_of_t0 = 2 + 2 + 2;
    assert_eq!(
        build(dir.path(), 0).1,
        Some(1 + feeds_of_t0),
        "its page, and the feeds of the site, its topic and its author"
    );
}

/// Which edits of one text are a step, and how many pages that renders.
#[test]
fn what_may_be_found_anew_is_no_step() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(dir.path().join("content/articles")).expect("a folder");
    let write = |path: &str, text: &str| {
        std::fs::write(dir.path().join(path), text).expect("a file");
        std::thread::sleep(MOMENT);
    };
    let begin = "title = \"T\"\nbase_url = \"https://acme.io\"\n";
    let levels = "[check]\nH3001 = \"warning\"\nH3002 = \"warning\"\n";
    write("site.toml", &format!("{begin}{levels}"));
    let text =
        |title: &str, body: &str| format!("+++\ntitle = \"{title}\"\ndate = 2026-01-01\n+++\n\nFirst.\n\n{body}");
    write("content/articles/b.md", &text("B", "[To a part](a.md#part)\n"));
    write("content/articles/a.md", &text("A", "## Part\n"));
    let take = |path: &str, text: &str| {
        write(path, text);
        let summary = outcome(dir.path(), 0).summary;
        let is_step = summary.phases.iter().any(|(name, _)| *name == "step");
        (is_step, summary.rendered)
    };
    let a = |body: &str| take("content/articles/a.md", &text("A", body));
    let feeds = 2;
    assert!(!a("## Part\n").0, "nothing is known yet");
    assert_eq!(a("## Part\n\nMore.\n"), (true, 1 + feeds));
    assert_eq!(a("## Part\n\nMore.\n"), (true, 0), "it was touched");
    assert_eq!(a("## Part\n\n## Other\n\n[To B](b.md)\n"), (true, 1 + feeds), "another part, and another link");
    assert_eq!(a("## Part\n\n## Other\n\n[To nothing](c.md)\n"), (false, 1 + feeds));
    assert_eq!(a("## Part\n\n## Other\n"), (false, 1 + feeds), "something was found before");
    assert_eq!(a("## Part\n"), (false, 1 + feeds), "a part is gone");
    assert_eq!(a("## Part\n\n## Other\n"), (true, 1 + feeds));
    assert_eq!(a("## Other\n"), (false, 1 + feeds), "a part is gone that somebody leads to");
    assert_eq!(a("## Part\n\n## Other\n"), (false, 1 + feeds), "and comes back");
    assert_eq!(a("## Part\n\n## Other\n\n"), (true, 1 + feeds));
    // A comment that silences nothing is found beside what is silenced, and that depends on another text.
    let b = "<!-- hub-ignore -->\n\n<!-- hub-ignore: H3002 it comes -->\n[To a part](a.md#other)\n";
    take("content/articles/b.md", &text("B", b));
    let found = |dir: &Path| outcome(dir, 0).findings.len();
    assert_eq!((a("## Part\n"), found(dir.path())), ((false, 1 + feeds), 1));
    assert_eq!((a("## Part\n\n## Other\n"), found(dir.path())), ((false, 1 + feeds), 0));
    assert!(!take("content/articles/a.md", &text("Another", "## Part\n\n## Other\n")).0);
    assert!(!take("site.toml", &format!("{begin}[share]\n{levels}")).0);
    assert!(!take("content/articles/a.md", &text("Another", "## Part\n\n## Other\n\n.\n")).0, "texts are posted");
}

#[test]
fn what_one_build_found_by_the_one_before_is_not_found_again() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(dir.path().join("content/articles")).expect("a folder");
    let write = |path: &str, text: &str| std::fs::write(dir.path().join(path), text).expect("a file");
    write("site.toml", "title = \"T\"\nbase_url = \"https://acme.io\"\n[check]\nH0502 = \"warning\"\n");
    let path = |i: i32| format!("content/articles/t{i}.md");
    let text = |i: i32| format!("+++\ntitle = \"T{i}\"\ndate = 2026-01-01\n+++\n\nText {i}.\n");
    (0..30).for_each(|i| write(&path(i), &text(i)));
    let found = || {
        std::thread::sleep(MOMENT);
        let request = Request { min_pages: None, ..request(dir.path(), 0) };
        run_build(&request, &|_, _| {}).unwrap_or_else(|f| panic!("{}", f.message)).findings.len()
    };
    assert_eq!(found(), 0);
    (15..30).for_each(|i| std::fs::remove_file(dir.path().join(path(i))).expect("removed"));
    assert_eq!(found(), 1, "half of the pages are gone");
    assert_eq!(found(), 0, "nothing changed");
    (5..15).for_each(|i| std::fs::remove_file(dir.path().join(path(i))).expect("removed"));
    assert_eq!(found(), 1);
    write(&path(0), &(text(0) + "\nMore.\n"));
    assert_eq!(found(), 0, "one body changed");
}

#[test]
fn what_changed_is_remembered_beside_what_did_not() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut model = Model::new();
    let mut before = model.files();
    write(dir.path(), &BTreeMap::new(), &before);
    std::fs::create_dir_all(dir.path().join(".hub")).expect("a folder");
    std::fs::write(dir.path().join(".hub/secret"), SECRET).expect("a file");
    std::thread::sleep(MOMENT);
    build(dir.path(), 0);
    let cache = |file: &str| std::fs::read(dir.path().join(".hub/cache").join(file)).ok();
    let base = ["articles", "pages"].map(cache);
    assert_eq!(cache("since-pages"), None);
    for text in [0, 1, 0, 3] {
        let body = model.texts[&text].body ^ 1;
        model.apply(&Edit::Body(text, body));
        let files = model.files();
        write(dir.path(), &before, &files);
        std::thread::sleep(MOMENT);
        // Of the site, its topic, its author and its tags.
        let feeds = 2 + 2 + 2 + 2 * usize::from(model.texts[&text].tags);
        let summary = outcome(dir.path(), 0).summary;
        assert_eq!(summary.rendered, 1 + feeds, "the page of {text}, and its feeds");
        assert!(summary.phases.iter().any(|(name, _)| *name == "step"), "a step, sealed files or not");
        assert!(
            cache("since-pages").is_some() && ["articles", "pages"].map(cache) == base,
            "only what changed is written"
        );
        before = files;
    }
    // Nobody remembers what is gone.
    model.apply(&Edit::Remove(3));
    write(dir.path(), &before, &model.files());
    build(dir.path(), 0);
    assert_eq!(cache("since-pages"), None);
}
