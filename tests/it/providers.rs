//! The rows of the table of providers as data: the HTML that hub puts out, against tests/providers.toml.

use crate::harness::{Site, root};
use hub::diag::codes;
use hub::forms::TABLE;
use hub::forms::adopt::{adopt, to_toml};
use hub::forms::html::{Tag, tags};
use hub::project::{Settings, config, toml as written};
use hub::source::RelPath;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What is expected of each provider.
pub fn facts() -> toml::Table {
    let text = std::fs::read_to_string(format!("{}/tests/providers.toml", root())).expect("tests/providers.toml");
    text.parse().expect("TOML")
}

/// A site with a form and a magnet of each provider's name, built.
fn site(facts: &toml::Table) -> Site {
    let site = Site::new();
    for (path, text) in files(facts) {
        site.put(&path, text);
    }
    let built = site.build(&[]);
    assert_eq!(built.exit, 0, "{}", built.said);
    site
}

/// The files of a site with a form and a magnet of each provider's name.
pub fn files(facts: &toml::Table) -> Vec<(String, String)> {
    let mut config = String::from("title = \"T\"\nbase_url = \"https://acme.io\"\nenv = \"test\"\n");
    let mut files = Vec::new();
    for (name, row) in facts {
        config.push_str(&format!("[forms.{name}]\nprovider = \"{name}\"\n"));
        for (key, value) in row["form"].as_table().expect("form") {
            config.push_str(&format!("{key} = {}\n", inline(value)));
        }
        let magnet = format!("+++\ntitle = \"{name}\"\nkind = \"newsletter\"\nform = \"{name}\"\n+++\n");
        files.push((format!("content/magnets/{name}/index.md"), magnet));
    }
    files.push(("site.toml".to_string(), config));
    files
}

/// A value on one line.
fn inline(value: &toml::Value) -> String {
    let all = |items: Vec<String>| items.join(", ");
    match value {
        toml::Value::String(text) => format!("{text:?}"),
        toml::Value::Array(items) => format!("[{}]", all(items.iter().map(inline).collect())),
        toml::Value::Table(table) => {
            format!("{{ {} }}", all(table.iter().map(|(k, v)| format!("\"{k}\" = {}", inline(v))).collect()))
        }
        other => panic!("{other:?} is in no form"),
    }
}

fn texts(value: Option<&toml::Value>) -> Vec<String> {
    let items = value.and_then(|v| v.as_array()).into_iter().flatten();
    items.map(|v| v.as_str().expect("text").to_string()).collect()
}

/// The form of a page and what stands in it.
fn form_of(html: &str) -> (Tag, Vec<Tag>) {
    let all = tags(html);
    let at = all.iter().position(|t| t.name == "form").expect("a form");
    let end = all[at..].iter().position(|t| t.name == "/form").expect("its end") + at;
    (all[at].clone(), all[at + 1..end].to_vec())
}

#[test]
fn every_provider_gets_what_it_asks_for() {
    let facts = facts();
    let named: BTreeSet<&str> = facts.keys().map(String::as_str).collect();
    assert_eq!(named, TABLE.iter().map(|p| p.name).collect(), "tests/providers.toml and the table");
    let site = site(&facts);
    let policy = site.read("public/_headers");
    let directive = |name: &str| {
        let found = policy.split([';', '\n']).find_map(|d| d.trim().strip_prefix(name)).unwrap_or_default();
        found.split_whitespace().map(str::to_string).collect::<BTreeSet<_>>()
    };
    let mut wrong = Vec::new();
    let mut check = |name: &str, what: &str, found: String, wanted: String| {
        if found != wanted {
            wrong.push(format!("{name}: {what} is {found}, not {wanted}"));
        }
    };
    let (mut targets, mut connects) = (BTreeSet::from(["'self'".to_string()]), BTreeSet::from(["'self'".to_string()]));
    for (name, row) in &facts {
        let html = site.read(&format!("public/magnets/{name}/index.html"));
        let text = |key: &str| row.get(key).and_then(|v| v.as_str()).map(str::to_string);
        if let Some(link) = text("link") {
            let links =
                tags(&html).into_iter().filter(|t| t.name == "a").filter_map(|t| t.get("href").map(str::to_string));
            check(
                name,
                "the link",
                format!("{:?}", links.filter(|l| l.contains(".com/")).collect::<Vec<_>>()),
                format!("{:?}", [link]),
            );
            check(name, "a form", html.contains("<form").to_string(), "false".into());
            continue;
        }
        let (form, inside) = form_of(&html);
        let of = |key: &str| form.get(key).unwrap_or_default().to_string();
        check(name, "action", of("action"), text("action").expect("action"));
        check(name, "method", of("method"), "post".into());
        check(name, "enctype", of("enctype"), text("enctype").unwrap_or("application/x-www-form-urlencoded".into()));
        for (key, value) in row.get("attrs").and_then(|v| v.as_table()).into_iter().flatten() {
            check(name, key, of(key), value.as_str().expect("text").into());
        }
        if let Some(fetch) = text("fetch") {
            check(name, "fetch", of("data-fetch"), fetch);
        }
        let named = |t: &Tag| t.get("name").unwrap_or_default().to_string();
        let kind = |t: &Tag| t.get("type").unwrap_or_default().to_string();
        let inputs: Vec<&Tag> = inside.iter().filter(|t| t.name == "input").collect();
        let trap = text("honeypot");
        let visible: Vec<String> = inputs.iter().filter(|t| kind(t) != "hidden").map(|t| named(t)).collect();
        let (traps, visible): (Vec<_>, Vec<_>) = visible.into_iter().partition(|n| Some(n) == trap.as_ref());
        check(name, "names", format!("{visible:?}"), format!("{:?}", texts(row.get("names"))));
        check(name, "honeypots", traps.len().to_string(), usize::from(trap.is_some()).to_string());
        let hidden: Vec<(String, String)> = inputs
            .iter()
            .filter(|t| kind(t) == "hidden")
            .map(|t| (named(t), t.get("value").unwrap_or_default().to_string()))
            .collect();
        let own = row["hidden"].as_table().expect("hidden");
        let (mine, rest): (Vec<_>, Vec<_>) = hidden.into_iter().partition(|(n, _)| own.contains_key(n));
        let wanted: BTreeMap<String, String> =
            own.iter().map(|(k, v)| (k.clone(), v.as_str().expect("text").to_string())).collect();
        check(name, "hidden", format!("{:?}", mine.into_iter().collect::<BTreeMap<_, _>>()), format!("{wanted:?}"));
        let rest: Vec<String> = rest.into_iter().map(|(n, _)| n).collect();
        check(name, "attribution", format!("{rest:?}"), format!("{:?}", texts(row.get("attribution"))));
        let disabled =
            inside.iter().any(|t| t.name == "button" && t.get("type") == Some("submit") && t.get("disabled").is_some());
        let without = row.get("without_script").and_then(|v| v.as_bool()).unwrap_or(true);
        check(name, "without a script", (!disabled).to_string(), without.to_string());
        targets.extend(text("form_action"));
        connects.extend(text("connect"));
    }
    targets.insert("https://forms.acme.io".to_string());
    check("all", "form-action", format!("{:?}", directive("form-action ")), format!("{targets:?}"));
    check("all", "connect-src", format!("{:?}", directive("connect-src ")), format!("{connects:?}"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_guide_says_what_the_table_says() {
    let text = std::fs::read_to_string(format!("{}/docs/forms.md", root())).expect("docs/forms.md");
    let part = text.split("<!-- capabilities -->").nth(1).expect("the table");
    let part = part.split("<!-- /capabilities -->").next().expect("its end");
    let found: Vec<&str> = part.lines().filter(|l| l.starts_with("| `")).collect();
    let wanted: Vec<String> = TABLE
        .iter()
        .map(|p| {
            let settings: Vec<String> =
                p.settings.iter().map(|s| format!("`{}`{}", s.name, if s.required { "" } else { "?" })).collect();
            let settings = if settings.is_empty() { "none".to_string() } else { settings.join(" ") };
            format!(
                "| `{}` | {} | {} | {} | {} | {} | {} | {settings} |",
                p.name,
                p.nojs.name(),
                p.ajax.name(),
                p.redirect.name(),
                p.attribution.name(),
                p.double_opt_in.name(),
                p.confidence.name()
            )
        })
        .collect();
    assert_eq!(found, wanted, "\n{}\n", wanted.join("\n"));
}

/// Pieces that embed codes are made of, whole and broken.
fn snippet() -> impl Strategy<Value = String> {
    let attr = prop_oneof![
        "(name|value|type|placeholder|tabindex|style|enctype|method)=\"[a-zA-Z_\\[\\]0-9 :;&-]{0,12}\"",
        Just("type=hidden".to_string()),
        Just("type=radio".to_string()),
        Just("type=\"email\"".to_string()),
        Just("name=\"EMAIL\"".to_string()),
        Just("name=\"fields[email]\"".to_string()),
        Just("name=phone".to_string()),
        Just("tabindex=-1".to_string()),
        "[a-z='\"<é]{0,8}",
    ];
    let tag = (
        "(input|select|option|textarea|button|label|div|/div|/select|/form|script)",
        proptest::collection::vec(attr, 0..4),
    )
        .prop_map(|(name, attrs)| format!("<{name} {}>", attrs.join(" ")));
    let action = prop_oneof![
        Just("https://acme.us21.list-manage.com/subscribe/post?u=0a1b&amp;id=9a".to_string()),
        Just("https://mautic.acme.io/form/submit?formId=3".to_string()),
        Just("https://app.kit.com/forms/12/subscriptions".to_string()),
        Just("https://lists.acme.io/subscription/form".to_string()),
        "https://[a-z./?=&{}\"']{0,20}",
    ];
    (action, proptest::collection::vec(prop_oneof![tag, "[a-z<>&]{0,6}"], 0..12))
        .prop_map(|(action, inside)| format!("<form action=\"{action}\">{}</form>", inside.concat()))
}

proptest! {
    /// Whatever is pasted: what `hub forms adopt` writes is read back as the form that it understood, and at most a setting is
    /// missing.
    #[test]
    fn what_is_adopted_is_read_back(html in snippet()) {
        let Ok(adopted) = adopt(&html, Some("x")) else { return Ok(()) };
        let path = RelPath::new("site.toml");
        let text = format!("title = \"T\"\nbase_url = \"https://acme.io\"\n{}", to_toml(&adopted.form));
        let table = written::read(&text, 0, &path);
        prop_assert!(table.diags.is_empty(), "{:?}\n{text}", table.diags);
        let settings = Settings { env: None, base_url: None, now: jiff::Timestamp::UNIX_EPOCH, drafts: false, future: false };
        let config = config::read(table.value, &path, &settings);
        prop_assert!(config.diags.is_empty(), "{:?}\n{text}", config.diags);
        let read = hub::forms::read(&config.value, &path);
        prop_assert!(read.diags.0.iter().all(|d| d.code == codes::PROVIDER_SETTING), "{:?}\n{text}", read.diags);
        let [form] = read.value.as_slice() else { panic!("one form") };
        prop_assert_eq!(form.provider.name, adopted.form.provider.name);
        prop_assert_eq!(&form.over, &adopted.form.over, "{}", text);
        let mut asked: Vec<_> = adopted.form.fields.iter().map(|f| (f.name.clone(), f.input)).collect();
        asked.retain(|(name, _)| name != "email");
        prop_assert_eq!(form.fields.iter().skip(1).map(|f| (f.name.clone(), f.input)).collect::<Vec<_>>(), asked);
    }
}
