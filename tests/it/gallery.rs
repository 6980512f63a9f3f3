//! The gallery and the cards of posts, as builds write them into `social/`.

use crate::harness::{Site, tree};
use std::time::SystemTime;

const SITE: &str = "title = \"Plain <Words>\"\nbase_url = \"https://acme.io\"\n[share]\nnetworks = [\"x\", \"mastodon\", \"instagram\"]\n";

fn text(title: &str) -> String {
    format!(
        "+++\ntitle = '{title}'\n[[share]]\nvariant = \"Ask\"\ntext = \"Is 1 < 2 & so on? <script>alert(1)</script>\"\n+++\ntext\n\n:::share{{variant=\"best\"}}\nCount replies, not followers.\n:::\n"
    )
}

fn site() -> Site {
    let site = Site::new();
    site.put("site.toml", SITE);
    site.put("content/articles/a.md", text("A"));
    site.put("content/articles/b.md", text("B <quoted>"));
    site
}

fn rows(site: &Site, path: &str) -> Vec<serde_json::Value> {
    serde_json::from_str(&site.read(path)).expect("rows")
}

#[test]
fn every_post_has_its_card_in_the_size_of_its_network_and_it_is_drawn_once() {
    let site = site();
    let built = site.build(&[]);
    assert_eq!(built.exit, 0, "{}", built.said);
    let drawn = |path: &str| -> Option<SystemTime> { site.path(path).metadata().ok()?.modified().ok() };
    let mut seen = Vec::new();
    for row in rows(&site, "social/posts/articles/a.json") {
        let card = format!("social/{}", row["card"].as_str().expect("a card"));
        let bytes = std::fs::read(site.path(&card)).unwrap_or_else(|e| panic!("{card}: {e}"));
        let side = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four"));
        let size = match row["network"].as_str() {
            Some("x") => (1200, 675),
            Some("instagram") => (1080, 1350),
            _ => (1200, 630),
        };
        assert_eq!((side(16), side(20)), size, "{card}");
        assert!(bytes.len() < 300_000, "{card}");
        // A passage stands on a card of its own.
        assert_eq!(card.contains("/best-"), row["variant"] == "best", "{card}");
        if row["variant"] == "best" {
            assert!(row["alt"].as_str().expect("alt").starts_with("“Count replies, not followers.”"), "{row}");
        }
        seen.push((drawn(&card), card));
    }
    assert!(seen.len() >= 6);
    site.put("content/articles/a.md", text("A") + "\nMore.\n");
    // Its page, the feed in two forms; no card.
    assert_eq!(site.build(&[]).report["rendered"], 3);
    assert!(seen.iter().all(|(at, card)| drawn(card) == *at), "a body is on no card");
    std::fs::remove_file(site.path("social/cards/a/og.png")).expect("there");
    site.build(&[]);
    assert!(drawn("social/cards/a/og.png").is_some(), "one that is gone is drawn again");
    site.put("content/articles/a.md", text("A 日"));
    let first = site.build(&[]);
    assert!(first.said.contains("H5020"), "{}", first.said);
    let before = drawn("social/cards/a/og.png");
    site.put("content/articles/b.md", text("B <quoted>") + "\nMore.\n");
    let again = site.build(&[]);
    assert!(again.said.contains("H5020"), "what was found is found again: {}", again.said);
    // The page of B and the feed in two forms; what was found draws nothing anew.
    assert_eq!((&again.report["rendered"], drawn("social/cards/a/og.png")), (&3.into(), before));
    site.put("site.toml", SITE.replace("[share]", "[share.cards]\ndraw = false\n[share]"));
    site.build(&[]);
    assert!(tree(&site.path("social")).keys().all(|p| !p.ends_with(".png")), "cards can be switched off");
}

#[test]
fn cards_are_drawn_for_posts_that_are_still_to_come() {
    let site = Site::new();
    let networks = SITE.replace("\"x\", \"mastodon\", \"instagram\"", "\"mastodon\"");
    site.put("site.toml", &networks);
    let old = |n: usize| {
        let share = format!("[[share]]\nvariant = \"v\"\ntext = \"Text {n}.\"\n");
        format!("+++\ntitle = \"Old {n}\"\ndate = 2020-01-01\n{share}+++\nText.\n")
    };
    for n in 0..62 {
        site.put(&format!("content/articles/old{n}.md"), old(n));
    }
    site.put("content/articles/new.md", old(99).replace("2020-01-01", "2026-11-20"));
    let drawn = || tree(&site.path("social")).keys().filter(|p| p.ends_with(".png")).count();
    // The one that is new is among the sixty newest; it has a post to come when sixty others are newer.
    let built = site.build(&[]);
    assert_eq!((built.exit, drawn()), (0, 60), "{}", built.said);
    for n in 0..62 {
        site.put(&format!("content/articles/old{n}.md"), old(n).replace("2020-01-01", "2026-11-21"));
    }
    site.build(&[]);
    // Most of so many at once find no time; it has had its own.
    assert!(site.path("social/cards/new/og.png").exists() && drawn() < 63, "{}", drawn());
    site.put("site.toml", networks.replace("[share]", "[share.cards]\nposts = \"all\"\n[share]"));
    for n in 0..62 {
        site.put(&format!("content/articles/old{n}.md"), old(n));
    }
    site.build(&[]);
    assert_eq!(drawn(), 63, "all, if the site wants them");
    // Where nothing will be published, nothing is drawn; what is wrong with cards is said all the same.
    site.put("content/articles/new.md", old(99).replace("Old", "日") + "[no](nowhere.md)\n");
    let failed = site.build(&[]);
    assert!(failed.exit == 1 && failed.said.contains("H5020"), "{}", failed.said);
}

#[test]
fn the_gallery_shows_every_post_and_escapes_it() {
    let site = site();
    site.build(&[]);
    let html = site.read("social/index.html");
    let all: Vec<_> = ["a", "b"].iter().flat_map(|n| rows(&site, &format!("social/posts/articles/{n}.json"))).collect();
    assert_eq!(html.matches("class=\"post\"").count(), all.len());
    assert!(!html.contains("<script>alert") && !html.contains("B <quoted>") && html.contains("Plain &lt;Words&gt;"));
    assert!(html.contains("default-src &#39;none&#39;") && !html.contains(" style=") && !html.contains(" onclick="));
    for row in &all {
        assert!(html.contains(row["card"].as_str().expect("a card")), "{row}");
        let limit = hub::text::thousands(row["limit"].as_u64().expect("a limit") as usize);
        assert!(html.contains(&format!("{} / {limit}", row["count"])), "{row}");
    }
}

#[test]
fn many_posts_make_a_page_for_each_article() {
    let site = Site::new();
    site.put(
        "site.toml",
        SITE.replace("networks = [\"x\", \"mastodon\", \"instagram\"]", "[share.cards]\ndraw = false"),
    );
    let variant = |n: usize| format!("[[share]]\nvariant = \"v{n}\"\ntext = \"Text number {n} of many.\"\n");
    let variants: String = (0..12).map(variant).collect();
    for n in 10..30 {
        site.put(
            &format!("content/articles/n{n}.md"),
            format!("+++\ntitle = \"N{n}\"\ndate = 2026-01-{n}\n{variants}+++\ntext\n"),
        );
    }
    let built = site.build(&[]);
    assert_eq!(built.exit, 0, "{}", built.said);
    let index = site.read("social/index.html");
    assert!(index.contains("gallery/n10.html") && index.contains("<h1>N29</h1>"), "the newest is on the first page");
    let one = site.read("social/gallery/n15.html");
    assert!(one.contains("<h1>N15</h1>") && one.contains("href=\"../index.html\"") && one.contains("utm_campaign=n15"));
}
