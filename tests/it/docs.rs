//! The docs say what the tables say.

use crate::harness::root;
use hub::content::kinds::{KEYS, TABLE as TABLE_OF_KINDS};
use hub::diag::codes::TABLE;

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{}/{path}", root())).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn between(text: &str, name: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let from = text.find(&begin).unwrap_or_else(|| panic!("no {begin}")) + begin.len();
    let to = text[from..].find(&end).unwrap_or_else(|| panic!("no {end}")) + from;
    text[from..to].to_string()
}

fn rows(text: &str) -> Vec<String> {
    let rows = text.lines().map(str::trim).filter(|l| l.starts_with('|'));
    rows.skip(2).map(str::to_string).collect()
}

#[test]
fn the_reference_lists_every_row() {
    let text = read("docs/reference.md");
    let codes: Vec<String> =
        TABLE.iter().map(|r| format!("| {} | {} | {} |", r.code, r.level.name(), r.title)).collect();
    assert_eq!(rows(&between(&text, "codes")), codes);
    let or_none = |n: Option<usize>| n.map_or("–".to_string(), |n| n.to_string());
    let networks: Vec<String> = hub::networks::TABLE
        .iter()
        .map(|n| {
            let title = match n.title {
                hub::networks::Title::None => "–".to_string(),
                hub::networks::Title::Beside(most) => most.to_string(),
                hub::networks::Title::Only => "only".to_string(),
            };
            let days = n.repost.iter().map(|d| d.to_string()).collect::<Vec<_>>().join(", ");
            let (limit, count) = (hub::text::thousands(n.limit), n.count.name());
            let (fold, link, tags) = (or_none(n.fold), n.link.name(), n.tags.most);
            let (card, thread) = (format!("{}x{}", n.card.0, n.card.1), if n.thread { "yes" } else { "no" });
            let (name, label) = (&n.name, &n.label);
            format!("| {name} | {label} | {limit} | {count} | {title} | {fold} | {link} | {tags} | {card} | {thread} | {days} |")
        })
        .collect();
    assert_eq!(rows(&between(&text, "networks")), networks);
    let text_of = |n: Option<String>| n.map_or(String::new(), |n| format!("{n} "));
    let hosts: Vec<String> = hub::site::hosts::TABLE
        .iter()
        .map(|h| {
            let [file, whole] = [h.file, h.site].map(|n| text_of(n.map(hub::text::size)));
            let files = text_of(h.files.map(hub::text::thousands));
            let [redirects, headers] = [h.redirects, h.headers].map(|n| text_of(n.map(hub::text::thousands)));
            format!("| {} | {} | {file}| {files}| {whole}| {redirects}| {headers}|", h.name, h.title)
        })
        .collect();
    assert_eq!(rows(&between(&text, "hosts")), hosts);
    let lints: Vec<String> = hub::check::lints::TABLE
        .iter()
        .filter_map(|lint| Some((lint, lint.code.row()?)))
        .map(|(lint, row)| format!("| {} | {} | {} | {} |", row.code, lint.group.name(), row.level.name(), row.title))
        .collect();
    assert_eq!(rows(&between(&read("docs/checking.md"), "lints")), lints);
    let providers: Vec<String> = hub::forms::TABLE
        .iter()
        .map(|p| format!("| {} | {} | {} |", p.name, p.title, if p.live { "yes" } else { "no" }))
        .collect();
    assert_eq!(rows(&between(&text, "providers")), providers);
    let placements: Vec<String> = hub::site::placements::PLACEMENTS
        .iter()
        .map(|p| {
            let default = p.on.map_or("–", |on| if on { "on" } else { "off" });
            let plain = if p.script { "is not there" } else { "shows" };
            format!("| {} | {} | {default} | {plain} |", p.name, p.place)
        })
        .collect();
    assert_eq!(rows(&between(&text, "placements")), placements);
    let languages = hub::content::markdown::languages().collect::<Vec<_>>().join(", ");
    assert_eq!(between(&text, "languages").split_whitespace().collect::<Vec<_>>().join(" "), languages);
}

#[test]
fn every_kind_of_target_is_in_the_docs() {
    use hub::publish::targets::{Lock, TABLE};
    let text = read("docs/publishing.md");
    let setting = |kind: &str, s: &hub::publish::targets::Setting| {
        format!("| {kind} | `{}`{} | {} |", s.name, if s.required { ", required" } else { "" }, s.doc)
    };
    let settings = TABLE.iter().flat_map(|k| k.settings.iter().map(|s| setting(k.name, s)));
    assert_eq!(rows(&between(&text, "targets")), settings.collect::<Vec<_>>());
    let kind = |k: &hub::publish::targets::Kind| {
        let [headers, compress] = [k.can.headers, k.can.compress].map(|can| if can { "yes" } else { "–" });
        let keep = match k.can.keep {
            hub::publish::targets::Keep::Nothing => "–",
            hub::publish::targets::Keep::Copies => "yes",
            hub::publish::targets::Keep::Host => "the host's own",
        };
        let lock = match k.can.lock {
            Lock::Swap => "by version",
            Lock::Create => "by a lock",
            Lock::Look => "by a lock that is read back",
            Lock::Host => "the host's own way",
        };
        format!("| {} | {} | {headers} | {compress} | {keep} | {lock} |", k.name, k.credentials)
    };
    assert_eq!(rows(&between(&text, "kinds")), TABLE.iter().map(kind).collect::<Vec<_>>());
}

#[test]
fn the_reference_lists_every_kind_of_magnet() {
    let text = read("docs/reference.md");
    let list = |words: &mut dyn Iterator<Item = String>| match words.collect::<Vec<_>>() {
        words if words.is_empty() => "—".to_string(),
        words => words.join(", "),
    };
    let kinds: Vec<String> = TABLE_OF_KINDS
        .iter()
        .map(|row| {
            let mut needs =
                row.needs.iter().map(|keys| keys.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(" or "));
            format!("| `{}` | {} | {} | {} |", row.name, row.label, list(&mut needs), row.schema)
        })
        .collect();
    assert_eq!(rows(&between(&text, "kinds")), kinds);
    let keys: Vec<String> = KEYS
        .iter()
        .map(|key| {
            let takers = TABLE_OF_KINDS.iter().filter(|row| row.takes(key.name)).map(|row| row.name);
            format!("| `{}` | {} | {} | {} |", key.name, key.takes, takers.collect::<Vec<_>>().join(", "), key.is)
        })
        .collect();
    assert_eq!(rows(&between(&text, "kind keys")), keys);
}

#[test]
fn the_theme_has_the_words_of_every_kind() {
    let theme = read("themes/plain/theme.toml");
    let (english, german) = theme.split_once("[strings.de]").expect("two languages");
    for row in &TABLE_OF_KINDS {
        let words = [("kind", row.label), ("button", row.button), ("thanks", row.thanks)];
        let words = words.map(|(what, word)| (format!("{what}_{}", row.name), word)).into_iter();
        for (key, word) in words.chain(row.steps.iter().map(|s| (s.word.to_string(), s.english))) {
            assert!(
                english.contains(&format!("\n{key} = \"{word}\"\n")),
                "the theme does not say `{key} = \"{word}\"`"
            );
            assert!(german.contains(&format!("\n{key} = \"")), "{key} is not there in German");
        }
    }
}

#[test]
fn every_key_of_a_network_is_in_the_reference() {
    let text = read("docs/reference.md");
    let keys = text.split("`[networks.NAME]` takes").nth(1).and_then(|t| t.split("`[forms.NAME]`").next()).expect("it");
    let listed: Vec<String> = rows(keys).iter().filter_map(|r| r.split('`').nth(1).map(str::to_string)).collect();
    assert_eq!(listed, hub::networks::keys());
}

#[test]
fn every_key_of_front_matter_is_in_the_reference() {
    let text = read("docs/reference.md");
    let missing: Vec<_> =
        hub::content::front::keys().into_iter().filter(|k| !text.contains(&format!("`{k}`"))).collect();
    assert!(missing.is_empty(), "docs/reference.md lacks {missing:?}");
}

#[test]
fn readme_begins_with_the_two_commands() {
    let text = read("README.md");
    for command in ["cargo run --release -- build", "bash tests/run"] {
        assert!(text.contains(command), "README.md lacks `{command}`");
    }
    for (i, _) in text.match_indices("](") {
        let target = text[i + 2..].split([')', '#']).next().unwrap_or_default();
        if !target.contains("://") && !target.is_empty() {
            assert!(std::path::Path::new(&root()).join(target).exists(), "README.md links to `{target}`");
        }
    }
}
