//! The table of hosts: what they take. A new host is a row.

use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::project::Config;
use crate::project::node::{Node, Value};
use crate::project::take::Take;
use crate::source::RelPath;
use crate::text;
use std::cell::RefCell;

/// A static host and its limits; none where it documents none.
#[derive(Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name in `site.toml`.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Bytes of a file.
    pub file: Option<u64>,
    /// Files of a site.
    pub files: Option<usize>,
    /// Bytes of a site.
    pub site: Option<u64>,
    /// Lines of `_redirects`.
    pub redirects: Option<usize>,
    /// Paths of `_headers`.
    pub headers: Option<usize>,
}

/// A host that documents no limits.
const OPEN: Host = Host { name: "", title: "", file: None, files: None, site: None, redirects: None, headers: None };

/// Every host.
pub static TABLE: [Host; 4] = [
    // developers.cloudflare.com/pages/platform/limits, free plan; pages/configuration/redirects and headers.
    Host {
        name: "cloudflare-pages",
        title: "Cloudflare Pages",
        file: Some(25 << 20),
        files: Some(20_000),
        redirects: Some(2_000),
        headers: Some(100),
        ..OPEN
    },
    // docs.github.com, "About large files on GitHub" and "GitHub Pages limits".
    Host { name: "github-pages", title: "GitHub Pages", file: Some(100_000_000), site: Some(1_000_000_000), ..OPEN },
    // docs.gitlab.com, "GitLab.com settings": 1 GB of a deployment.
    Host { name: "gitlab-pages", title: "GitLab Pages", site: Some(1_000_000_000), ..OPEN },
    Host { name: "netlify", title: "Netlify", ..OPEN },
];

/// Sealed files are cut at this size where the host sets no other limit: more than that, and Git hosts refuse the file.
pub const PART: u64 = 100_000_000;
const SMALLEST_PART: u64 = 1_000_000;

/// `[publish]`.
#[derive(Clone, Copy, Debug)]
pub struct Publish {
    /// Where the site is put.
    pub host: Option<&'static Host>,
    /// Bytes of a part of a sealed file, at the most.
    pub part: u64,
    /// Whether a target tells search engines of changes, which needs a key file (`indexnow`).
    pub indexnow: bool,
}

/// The key of a site for IndexNow (indexnow.org/documentation): 32 hexadecimal digits. The file `KEY.txt` at the root holds it.
/// It is no secret, so it derives from the address.
pub fn indexnow_key(base_url: &str) -> String {
    crate::digest::seal(format!("indexnow {}", base_url.trim_end_matches('/')).as_bytes()).to_string()
}

impl Default for Publish {
    fn default() -> Publish {
        Publish { host: None, part: PART, indexnow: false }
    }
}

/// Reads `[publish]` of `site.toml`.
pub(super) fn read(config: &Config, file: &RelPath) -> Parsed<Publish> {
    let Some(section) = &config.publish else { return Parsed::clean(Publish::default()) };
    let diags = RefCell::new(Diagnostics::default());
    let at = section.span(file);
    let mut table = section.value.clone();
    let announces = |node: &Node| match &node.value {
        Value::Table(target) => target.get("indexnow").is_some_and(|n| matches!(n.value, Value::Bool(true))),
        _ => false,
    };
    let indexnow = table.0.iter().any(|(_, node)| announces(node));
    // `[publish.NAME]` is a target, which `publish` reads.
    table.0.retain(|(key, node)| {
        let target = matches!(node.value, Value::Table(_));
        if target && ["host", "part_size"].contains(&&*key.value) {
            let message = format!("a target cannot be called `{}`, which is a key of `[publish]` itself", key.value);
            let d = Diagnostic::new(codes::BAD_VALUE, message).at(key.span(file));
            diags.borrow_mut().push(d.help("give it another name, such as `[publish.prod]`"));
        }
        !target
    });
    let mut take = Take::new(table, at, file, "[publish]", &diags);
    let names: Vec<(&'static str, &'static Host)> = TABLE.iter().map(|h| (h.name, h)).collect();
    let host = take.choice("host", &names);
    let limit = host.and_then(|h| h.file);
    let mut part = limit.map_or(PART, |limit| limit.min(PART));
    if let Some(word) = take.string("part_size") {
        let wrong =
            |message: String, help: String| Diagnostic::new(codes::BAD_VALUE, message).at(word.span(file)).help(help);
        let most = limit.unwrap_or(u64::MAX);
        match text::parse_size(&word.value) {
            None => take.report(wrong(
                format!("`part_size` is `{}`, which is not a size", word.value),
                "write `\"20 MB\"` or `\"25 MiB\"`".to_string(),
            )),
            Some(size) if !(SMALLEST_PART..=most).contains(&size) => take.report(wrong(
                format!("`part_size` is {}", text::size(size)),
                match host.filter(|_| size > most) {
                    Some(host) => format!("{} takes files of at most {}", host.title, text::size(most)),
                    None => format!("parts have at least {}", text::size(SMALLEST_PART)),
                },
            )),
            Some(size) => part = size,
        }
    }
    take.finish();
    Parsed { value: Publish { host, part, indexnow }, diags: diags.into_inner() }
}
