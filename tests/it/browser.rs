//! What a reader's browser does with the pages: Chromium, driven from tests/browser.

use crate::harness::{SECRET, Site, root, said};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

/// Whether the browser's tools are here. In CI they must be.
pub fn ready() -> bool {
    let ready = Path::new(&root()).join("tests/browser/node_modules").exists();
    assert!(ready || std::env::var("CI").is_err(), "tests/browser has no node_modules: run `bash tests/run`");
    if !ready {
        eprintln!("skipped: tests/browser has no node_modules; `bash tests/run` installs them");
    }
    ready
}

fn node(script: &str, args: &[&str]) -> Output {
    Command::new("node")
        .arg(format!("tests/browser/{script}"))
        .args(args)
        .current_dir(root())
        .output()
        .expect("node runs")
}

pub fn passes(script: &str, args: &[&str]) {
    let output = node(script, args);
    assert!(output.status.success(), "{script} {args:?}\n{}", said(&output));
}

/// The repository's own site, built once.
fn own_site() -> &'static str {
    static SITE: OnceLock<(tempfile::TempDir, String)> = OnceLock::new();
    let (_, out) = SITE.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a folder");
        let out = dir.path().join("public").to_string_lossy().into_owned();
        let built = Command::new(env!("CARGO_BIN_EXE_hub"))
            .args(["build", "--root", &root(), "--strict", "--now", "2026-11-22", "--out", &out])
            .env("HUB_SECRET", SECRET)
            .output()
            .expect("hub runs");
        assert!(built.status.success(), "{}", said(&built));
        (dir, out)
    });
    out
}

#[test]
fn pages_are_valid_html() {
    if ready() {
        passes("validate.mjs", &[own_site()]);
    }
}

#[test]
fn pages_are_accessible_in_light_and_dark_on_phone_and_desktop() {
    if ready() {
        passes("axe.mjs", &[own_site()]);
    }
}

#[test]
fn articles_and_quotes_are_passed_on_with_and_without_javascript() {
    if !ready() {
        return;
    }
    let site = Site::new();
    let quote = ":::quote{by=\"Jane\"}\nCount **replies**, not followers.\n:::\n";
    site.put("content/articles/a.md", format!("+++\ntitle = \"A\"\n+++\ntext\n\n{quote}"));
    let built = site.build(&[]);
    assert_eq!(built.exit, 0, "{}", built.said);
    passes("share.mjs", &[&site.path("public").to_string_lossy(), "/articles/a/"]);
}

#[test]
fn the_gallery_is_posted_from_with_and_without_javascript() {
    if !ready() {
        return;
    }
    let site = Site::new();
    site.put("site.toml", "title = \"Plain Words\"\nbase_url = \"https://acme.io\"\n[share]\n");
    for (name, title) in [("a", "A"), ("b", "B <quoted>")] {
        site.put(&format!("content/articles/{name}.md"), format!("+++\ntitle = '{title}'\n[[share]]\nvariant = \"v\"\ntext = \"Count {name}, not followers.\"\n+++\ntext\n"));
    }
    let built = site.build(&[]);
    assert_eq!(built.exit, 0, "{}", built.said);
    passes("gallery.mjs", &[&site.path("social").to_string_lossy()]);
}

#[test]
fn lighthouse_gives_a_hundred() {
    if ready() {
        passes("lighthouse.mjs", &[own_site(), "/articles/generous-offers/", "/magnets/playbook/"]);
    }
}

#[test]
fn the_mailed_link_unlocks_the_file() {
    if !ready() {
        return;
    }
    let link = Command::new(env!("CARGO_BIN_EXE_hub"))
        .args(["magnet", "link", "playbook", "--root", &root()])
        .env("HUB_SECRET", SECRET)
        .output()
        .expect("hub runs");
    let link = String::from_utf8(link.stdout).expect("text");
    passes("unlock.mjs", &[own_site(), link.trim(), &format!("{}/content/magnets/playbook/playbook.pdf", root())]);
}

#[test]
fn a_post_leads_to_the_article_the_form_and_the_file() {
    if !ready() {
        return;
    }
    let letter = Command::new(env!("CARGO_BIN_EXE_hub"))
        .args(["magnet", "link", "playbook", "--letter", "--root", &root()])
        .env("HUB_SECRET", SECRET)
        .output()
        .expect("hub runs");
    let dir = tempfile::tempdir().expect("a folder");
    let kept = dir.path().join("letter.txt");
    std::fs::write(&kept, &letter.stdout).expect("a file");
    let file = format!("{}/content/magnets/playbook/playbook.pdf", root());
    passes("way.mjs", &[own_site(), "/articles/generous-offers/", "playbook", &kept.to_string_lossy(), &file]);
}

#[test]
fn the_browser_agrees_on_the_vectors() {
    if !ready() {
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    for (i, vector) in crate::vectors::vectors().iter().enumerate() {
        std::fs::write(dir.path().join(i.to_string()), &vector.whole).expect("a file");
    }
    passes("vectors.mjs", &[own_site(), "/magnets/playbook/unlock/", &dir.path().to_string_lossy()]);
}

const GATED: &str = "title = \"T\"\nbase_url = \"https://acme.io\"\n[forms.f]\nprovider = \"netlify\"\n";

fn magnet(site: &Site, name: &str, files: &str) {
    let front = format!("+++\ntitle = \"M\"\nform = \"f\"\nfiles = [{files}]\n+++\n");
    site.put(&format!("content/magnets/{name}/index.md"), front);
}

fn mailed(site: &Site, name: &str) -> String {
    let link = site.run(&["magnet", "link", name]).stdout;
    String::from_utf8(link).expect("text").lines().next().unwrap_or_default().to_string()
}

/// Builds, and opens the links of the plan in a browser.
fn opens(site: &Site, plan: &serde_json::Value) {
    let built = site.build(&[]);
    assert_eq!(built.exit, 0, "{}", built.said);
    site.put("plan.json", plan.to_string());
    let path = |p: &str| site.path(p).to_string_lossy().into_owned();
    passes("gates.mjs", &[&path("public"), &path("plan.json")]);
}

#[test]
fn links_open_several_files_in_parts_and_end_when_they_should() {
    if !ready() {
        return;
    }
    let site = Site::new();
    site.put("site.toml", GATED.replace("[forms.f]", "[publish]\npart_size = \"1 MB\"\n[forms.f]"));
    magnet(&site, "kit", "\"a.csv\", \"b.bin\"");
    site.put("content/magnets/kit/a.csv", "a,b\n1,2\n");
    let bytes: Vec<u8> = (0..3_500_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    site.put("content/magnets/kit/b.bin", bytes);
    magnet(&site, "old", "\"o.txt\"");
    site.put("content/magnets/old/o.txt", "old and new");
    let ended = mailed(&site, "old");
    site.put("gates.toml", "[magnets.old]\nepoch = 3\n[[magnets.old.former]]\nepoch = 2\nuntil = 2026-12-24\n");
    let secret = hub::gate::keys::Secret::parse(SECRET).expect("a secret");
    let key = hub::gate::keys::to_fragment(&secret.link_key("old", 2));
    let former = format!("{}#{}", ended.split('#').next().expect("a page"), *key);
    let path = |p: &str| site.path(p).to_string_lossy().into_owned();
    let files = [path("content/magnets/kit/a.csv"), path("content/magnets/kit/b.bin")];
    let kit = serde_json::json!({ "link": mailed(&site, "kit"), "files": files });
    opens(&site, &serde_json::json!({ "kit": kit, "former": former, "ended": ended }));
}

#[test]
fn links_open_what_is_sealed_in_a_text() {
    if !ready() {
        return;
    }
    let site = Site::new();
    site.put("site.toml", GATED);
    site.put("content/magnets/rest/index.md", "+++\ntitle = \"The rest\"\nform = \"f\"\n+++\n");
    let text = ":::gate{magnet=\"rest\"}\n## Behind\n\nWhat only those read who asked — “all” of it.\n\n:::\n";
    site.put("content/articles/a.md", format!("+++\ntitle = \"A\"\n+++\nOpen.\n\n{text}\nOpen again.\n"));
    let ended = mailed(&site, "rest");
    site.put("gates.toml", "[magnets.rest]\nepoch = 2\n");
    let text = serde_json::json!({ "link": mailed(&site, "rest"), "ended": ended, "words": "What only those read who asked — “all” of it." });
    opens(&site, &serde_json::json!({ "text": text }));
    let out = site.path("public").to_string_lossy().into_owned();
    passes("validate.mjs", &[&out]);
    passes("axe.mjs", &[&out, "/articles/a/"]);
}

#[test]
fn a_file_larger_than_memory_is_unlocked_to_the_disk() {
    if !ready() {
        return;
    }
    let site = Site::new();
    site.put("site.toml", GATED);
    magnet(&site, "large", "\"large.bin\"");
    // Mostly a hole, which costs no room on the disk; what comes out of sealing has no holes.
    let (path, len) = (site.path("content/magnets/large/large.bin"), 500_000_000);
    let mut file = std::fs::File::create(&path).expect("a file");
    file.set_len(len).expect("a size");
    for at in [0, len / 3, len - 20] {
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(at)).expect("a place");
        std::io::Write::write_all(&mut file, b"not only zeros").expect("bytes");
    }
    // Buffers wait for the collector for a while; a page that kept them would have all 500.
    let most = 300;
    let large = serde_json::json!({ "link": mailed(&site, "large"), "file": path, "most": most });
    opens(&site, &serde_json::json!({ "large": large }));
}

#[test]
fn the_form_is_sent_by_keyboard_and_without_javascript() {
    if ready() {
        passes("form.mjs", &[own_site()]);
    }
}

#[test]
fn forms_say_what_becomes_of_them() {
    if ready() {
        let dir = tempfile::tempdir().expect("a folder");
        passes("sending.mjs", &[&dir.path().to_string_lossy(), env!("CARGO_BIN_EXE_hub")]);
    }
}

#[test]
fn a_new_site_is_as_good() {
    if !ready() {
        return;
    }
    let site = Site::empty();
    assert!(site.run(&["init", "--yes", "."]).status.success());
    let built = site.build(&[]);
    assert_eq!(built.exit, 0, "{}", built.said);
    let out = site.path("public").to_string_lossy().into_owned();
    passes("validate.mjs", &[&out]);
    passes("axe.mjs", &[&out]);
}

/// A small site with an offer at every placement that an environment switches on; its output in each of them.
fn placed(environments: &[&str]) -> (Site, Vec<String>) {
    let site = Site::new();
    let paragraph =
        "Readers come for one thing and stay for another, and a page that asks too early asks nobody. ".repeat(6);
    let text = |n: usize| format!("{paragraph}\n\n").repeat(n);
    site.put(
        "site.toml",
        r#"
title = "T"
base_url = "https://acme.io"
[forms.f]
provider = "netlify"
consent = "One e-mail."
[[forms.f.boxes]]
name = "letter"
label = "Also the letter"
[[menu]]
label = "About"
to = "about.md"
[environments.storage.attribution]
storage = "device"
days = 60
[environments.slide-in.offers]
slide-in = true
[environments.timed.offers]
slide-in = true
scroll = 60
seconds = 1
remember = true
[environments.bar.offers]
bar = true
[environments.sidebar.offers]
sidebar = true
"#,
    );
    site.put(
        "content/articles/long.md",
        format!(
            "+++\ntitle = \"Long\"\nmagnet = \"guide\"\n+++\nRead [the second article](second.md).\n\n{}",
            text(14)
        ),
    );
    site.put("content/articles/second.md", format!("+++\ntitle = \"Second\"\nmagnet = \"guide\"\n+++\n{}", text(12)));
    site.put("content/about.md", "+++\ntitle = \"About\"\n+++\n::consent\n");
    let magnet = |title: &str, button: &str| {
        format!(
            "+++\ntitle = \"{title}\"\nkind = \"newsletter\"\nform = \"f\"\npromise = \"What you have then.\"\nbutton = \"{button}\"\n[thanks]\ntitle = \"Thank you\"\nnext = \"../../articles/second.md\"\n+++\ntext\n"
        )
    };
    site.put("content/magnets/guide/index.md", magnet("The guide", "Send me the guide"));
    site.put("content/magnets/letter/index.md", magnet("The letter", "Send me the letter"));
    site.put(
        "content/campaigns/spring.toml",
        "title = \"Spring\"\noffer = \"guide\"\n[[sources]]\nvariant = \"fair\"\n",
    );
    let build = |env: &&str| {
        let out = site.path(env).to_string_lossy().into_owned();
        let built = site.build(&["--env", env, "--out", &out]);
        assert_eq!(built.exit, 0, "{}", built.said);
        out
    };
    let outs = environments.iter().map(build).collect();
    (site, outs)
}

#[test]
fn forms_say_how_their_reader_came() {
    if ready() {
        let (_site, outs) = placed(&["preview", "storage"]);
        passes("funnel.mjs", &[&outs[0], &outs[1]]);
    }
}

#[test]
fn offers_above_the_page_come_and_go_as_they_should() {
    if ready() {
        let (_site, outs) = placed(&["slide-in", "timed", "bar", "sidebar"]);
        passes("placements.mjs", &[&outs[0], &outs[1], &outs[2], &outs[3]]);
    }
}

/// A page, and one after the form, of every kind of magnet: while it is open, and when its date has passed.
#[test]
fn every_kind_of_magnet_is_as_good_before_and_after_its_date() {
    if !ready() {
        return;
    }
    let site = Site::new();
    site.put("site.toml", "title = \"T\"\nbase_url = \"https://acme.io\"\n[forms.f]\nprovider = \"netlify\"\n");
    site.put("content/articles/a.md", "+++\ntitle = \"A\"\ndate = 2026-11-01\n+++\ntext\n");
    for row in hub::content::kinds::TABLE.iter().filter(|row| !row.takes("files")) {
        let mut command = site.command();
        let made = command.args(["new", "magnet", "About", row.name, "--kind", row.name]);
        let made = made.env("SOURCE_DATE_EPOCH", "1795000000").output().expect("hub runs");
        assert!(made.status.success(), "{}", said(&made));
    }
    for (now, page, words) in [
        ("2026-11-22", "about-webinar/thanks", "Add to calendar"),
        ("2027-11-22", "about-giveaway", "This giveaway closed on"),
    ] {
        let built = site.build(&["--drafts", "--now", now]);
        assert_eq!(built.exit, 0, "{}", built.said);
        let html = site.read(&format!("public/magnets/{page}/index.html"));
        assert!(html.contains(words), "{html}");
        let out = site.path("public").to_string_lossy().into_owned();
        passes("validate.mjs", &[&out]);
        passes("axe.mjs", &[&out, "/magnets/"]);
    }
}

#[test]
fn a_lead_of_the_preview_gets_its_letter_and_opens_its_file() {
    if !ready() {
        return;
    }
    let site = Site::empty();
    for (from, bytes) in crate::harness::tree(Path::new(&format!("{}/content", root()))) {
        site.put(&format!("content/{from}"), bytes);
    }
    site.put("site.toml", std::fs::read(format!("{}/site.toml", root())).expect("site.toml"));
    let path = |p: &str| site.path(p).to_string_lossy().into_owned();
    let file = path("content/magnets/playbook/playbook.pdf");
    site.put("content/magnets/rest/index.md", "+++\ntitle = \"The rest\"\nform = \"download\"\n+++\n");
    let form = "<form action=\"https://lists.example/add\" method=\"post\"><input name=\"EMAIL\" aria-label=\"Address\"><button>Go</button></form>";
    let text = format!(
        "+++\ntitle = \"Sealed\"\ndate = 2026-01-01\n+++\n:::gate{{magnet=\"rest\"}}\nSealed words.\n\n{form}\n:::\n"
    );
    site.put("content/articles/sealed.md", text);
    passes("inbox.mjs", &[&path(""), env!("CARGO_BIN_EXE_hub"), "/articles/generous-offers/", "playbook", &file]);
}

#[test]
fn the_desk_is_accessible_and_quiet_on_a_full_site_and_on_a_new_one() {
    if !ready() {
        return;
    }
    let full = Site::empty();
    for (from, bytes) in crate::harness::tree(Path::new(&format!("{}/content", root()))) {
        full.put(&format!("content/{from}"), bytes);
    }
    full.put("site.toml", std::fs::read(format!("{}/site.toml", root())).expect("site.toml"));
    // Something is wrong, and something leads nowhere.
    full.put(
        "content/articles/wrong.md",
        "+++\ntitle = \"Wrong\"\ntopcs = [\"x\"]\n[offers]\nend = false\n+++\n[gone](gone.md)\n",
    );
    let new = Site::empty();
    assert!(new.run(&["init", "--yes", "."]).status.success());
    let path = |site: &Site| site.path("").to_string_lossy().into_owned();
    passes("desk.mjs", &[&path(&full), env!("CARGO_BIN_EXE_hub"), &path(&new)]);
}
