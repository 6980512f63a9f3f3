//! Fuzz targets: any bytes are read without a panic. Under `cargo test` each runs for a moment with random bytes; with
//! cargo-bolero they run for as long as one likes.

use hub::content::Before;
use hub::diag::{Format, draw, findings};
use hub::files::Memory;
use hub::project::{Settings, theme};
use hub::render::{Cache, Snapshot};
use std::sync::Arc;

fn settings() -> Settings {
    Settings { env: None, base_url: None, now: jiff::Timestamp::UNIX_EPOCH, drafts: true, future: true }
}

/// Reads and renders a site with one file of any bytes, and draws what was found.
fn site_with(path: &str, bytes: &[u8]) {
    let mut files = theme::builtin();
    files.put("site.toml", *b"title = \"T\"\nbase_url = \"https://acme.io\"\n");
    files.put("content/articles/ok.md", *b"+++\ntitle = \"A\"\n+++\n::figure{src=\"x.svg\" alt=\"x\"}\n");
    files.put(path, bytes);
    render(files);
}

fn render(files: Memory) {
    let texts = files.clone();
    let site = Snapshot::new(Arc::new(files), settings(), None, &Before::default());
    let cache = Cache::default();
    let mut diags = site.diags;
    for route in site.value.routes() {
        diags.extend(site.value.page(route, &cache).trace.diags.clone());
    }
    let found = findings(diags, &site.value.project.config.levels);
    let text = |path: &hub::source::RelPath| {
        let bytes = hub::files::Files::read(&texts, path).ok()?;
        Some(Arc::from(String::from_utf8_lossy(&bytes)))
    };
    for format in [Format::Human, Format::Short, Format::Json, Format::Github] {
        draw(&found, format, false, &text);
    }
}

/// Bytes that are likelier than noise to be understood: pieces of what authors write, put together.
fn pieces(seed: &[u8], words: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    for &b in seed {
        match words.get(usize::from(b) % (words.len() + 8)) {
            Some(word) => out.extend_from_slice(word.as_bytes()),
            None => out.push(b),
        }
    }
    out
}

const FRONT: &[&str] = &[
    "+++\n",
    "---\n",
    "title = \"x\"\n",
    "title: x\n",
    "date = 2026-01-01\n",
    "tags = [\"a\"]\n",
    "draft = true\n",
    "[extra]\n",
    "= ",
    "[[share]]\n",
    "variant = \"q\"\n",
    "text = \"é\"\n",
    "image = { src = \"x.png\" }\n",
    "path = \"/x/\"\n",
    "aliases = [\"/y\"]\n",
    "- a\n",
    "  b: {c: [d]}\n",
    "\n",
];

const TEXT: &[&str] = &[
    "# ",
    "## h\n",
    "- ",
    "1. ",
    "> ",
    "[!NOTE]\n",
    "```rust\nfn a() {}\n```\n",
    "`c`",
    "*",
    "**",
    "[x](y.md#z)",
    "![a](b.png)",
    "[^1]",
    "[^1]: n\n",
    "|a|b|\n|:-|-:|\n|1|2|\n",
    "::button{to=\"ok.md\" label=\"x\"}\n",
    ":::quote{by=\"x\"}\n",
    ":::\n",
    "\n\n",
    "$x^2$",
    "$$\\frac{a}{b}$$",
    "<a href=\"x\" style='y'>",
    "<!-- more -->\n",
    "- [x] ",
    "term\n: def\n",
    "https://x.io/é).",
    "\\",
    "~~",
    "{#id}",
    "é",
    "\t",
];

const TEMPLATE: &[&str] = &[
    "{{ ",
    " }}",
    "{% ",
    " %}",
    "article.title",
    "page",
    "if ",
    "endif",
    "for a in articles",
    "endfor",
    "include \"base.html\"",
    "extends \"base.html\"",
    "block main",
    "endblock",
    "component x(a: string)",
    "endcomponent",
    "| date",
    "list(limit=2)",
    "asset(path=\"css/site.css\")",
    "\"",
    "<x a=1 />",
    "{#",
    "#}",
    "set x = 1",
];

#[test]
fn front_matter() {
    bolero::check!().with_iterations(300).for_each(|seed: &[u8]| {
        site_with("content/articles/a.md", seed);
        let mut text = b"+++\n".to_vec();
        text.extend(pieces(seed, FRONT));
        site_with("content/articles/a.md", &text);
        site_with("site.toml", &pieces(seed, FRONT));
    });
}

#[test]
fn markdown_to_body() {
    bolero::check!().with_iterations(600).for_each(|seed: &[u8]| {
        let mut text = b"+++\ntitle = \"x\"\n+++\n".to_vec();
        text.extend(pieces(seed, TEXT));
        site_with("content/articles/a.md", &text);
    });
}

#[test]
fn templates() {
    bolero::check!().with_iterations(300).for_each(|seed: &[u8]| {
        site_with("templates/article.html", &pieces(seed, TEMPLATE));
        site_with("templates/components/x.html", &pieces(seed, TEMPLATE));
    });
}

const PUBLISHED: &[&str] = &[
    "{",
    "}",
    "\"format\":1",
    "\"run\":\"r\"",
    "\"at\":\"2026-11-22T09:00:00Z\"",
    "\"files\":{",
    "\"a/index.html\":[\"00\",1,\"\"]",
    "\"pending\":{",
    "\"a\":{\"to\":null,\"done\":true}",
    "\"busy\":null",
    "\"kept\":[{\"run\":\"../x\",\"at\":null}]",
    ",",
    ":",
    "null",
];

/// Manifests come from hosts, where others may write.
#[test]
fn manifests() {
    use hub::publish::index::{Published, known_part};
    let read = |bytes: &[u8]| {
        let Ok(published) = Published::read(bytes) else { return };
        published.state();
        assert!(published.files.keys().filter_map(|name| known_part(name)).all(|known| known.ends_with("get/")));
        assert_eq!(Published::read(&published.write()), Ok(published), "what is written is read again");
    };
    bolero::check!().with_iterations(3000).for_each(|seed: &[u8]| {
        read(seed);
        read(&[b"{\"format\":1,".as_slice(), &pieces(seed, PUBLISHED), b"}"].concat());
    });
}

const COMMENTS: &[&str] = &[
    "<!-- hub-ignore: ",
    "# hub-ignore: ",
    "{# hub-ignore: ",
    "H3001",
    "H1008, H3001",
    "H9999",
    " a reason",
    " -->",
    " #}",
    "\n",
    "[x](nowhere.md)",
    "+++\n",
    "é",
];

#[test]
fn comments_for_hub() {
    bolero::check!().with_iterations(300).for_each(|seed: &[u8]| {
        let mut files = theme::builtin();
        files.put("site.toml", *b"title = \"T\"\nbase_url = \"https://acme.io\"\n");
        files.put("content/a.md", [b"+++\ntitle = \"A\"\n+++\n".as_slice(), &pieces(seed, COMMENTS)].concat());
        files.put("templates/own.html", pieces(seed, COMMENTS));
        let site = Snapshot::new(Arc::new(files.clone()), settings(), None, &Before::default());
        let mut diags = site.diags;
        hub::check::ignored(&files, &mut diags);
        let paths = site.value.project.files.iter().map(|e| e.path.clone()).collect::<Vec<_>>();
        hub::check::ignored_strictly(&files, paths.into_iter(), &[], &mut diags);
    });
}
