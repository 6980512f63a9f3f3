//! The ledger: what was posted. The author commits `social/ledger.toml`, so that no machine posts anything twice.
//!
//! hub adds to the file and changes only its own lines in it: comments and the order of a hand stay.

use super::Snippet;
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::digest::Digest;
use crate::project::node::{Node, Value};
use crate::project::{take::Take, toml};
use crate::source::{At, RelPath, Span};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Where it lies.
pub const PATH: &str = crate::files::LEDGER_TOML;

/// What is known of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was about to be sent. Whether it arrived is not known.
    Sending,
    /// It is out.
    Posted,
}

impl State {
    /// The states by name.
    pub const NAMES: [(&'static str, State); 2] = [("sending", State::Sending), ("posted", State::Posted)];
}

/// A post.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The article's name.
    pub article: At<String>,
    /// The network's name.
    pub network: At<String>,
    /// The variant's name.
    pub variant: At<String>,
    /// When it was posted, or begun.
    pub at: Timestamp,
    /// What is known of it.
    pub state: State,
    /// Digest of its text; empty where a hand wrote the entry.
    pub text: String,
    /// The key by which the network tells a second sending from another post; empty where hub did not send it.
    pub key: String,
    /// Its address; may be empty.
    pub url: String,
    /// What the network calls it, and each further post of its thread.
    pub ids: Vec<String>,
    places: Places,
}

/// Where an entry is changed when its post is out.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    state: Option<(u32, u32)>,
    ids: Option<(u32, u32)>,
    /// Where its last value ends.
    end: u32,
}

/// What was posted.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// The entries, in the order of the file.
    pub entries: Vec<Entry>,
}

/// What an entry of a post says.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// The article's name.
    pub article: &'a str,
    /// The network's name.
    pub network: &'a str,
    /// The variant's name.
    pub variant: &'a str,
    /// When.
    pub at: Timestamp,
    /// Digest of the text; empty if it is not known.
    pub text: &'a str,
    /// Key of the sending; empty: it was posted by hand.
    pub key: &'a str,
    /// Address; may be empty.
    pub url: &'a str,
}

/// What a post is known by, apart from its name: its words without its tracked link, white space folded.
pub fn digest_of(snippet: &Snippet) -> String {
    let mut words = String::with_capacity(snippet.text.len());
    for part in std::iter::once(&snippet.text).chain(&snippet.thread) {
        for word in part.replace(&*snippet.url, " ").split_whitespace() {
            words.push_str(word);
            words.push(' ');
        }
    }
    format!("{:?}", Digest::of(words.as_bytes()))
}

impl Ledger {
    /// The entry of a snippet: by its names, or by its words where the variant was renamed.
    pub fn find(&self, snippet: &Snippet) -> Option<&Entry> {
        let of = |e: &&Entry| e.article.value == *snippet.article && e.network.value == *snippet.network;
        let named = self.entries.iter().filter(of).find(|e| e.variant.value == *snippet.variant);
        let said = || {
            let text = digest_of(snippet);
            self.entries.iter().filter(of).find(|e| e.text == text)
        };
        named.or_else(said)
    }
}

/// Reads a ledger. `now` tells which dates cannot be.
pub fn read(text: &str, zone: &TimeZone, now: Timestamp) -> Parsed<Ledger> {
    let file = RelPath::new(PATH);
    let mut diags = Diagnostics::default();
    let table = toml::read(text, 0, &file).take(&mut diags);
    let found = RefCell::new(Diagnostics::default());
    // Tables are moved when they are taken, so the places that edits need are found first.
    let places: Vec<_> = match table.get("posts").map(|n| &n.value) {
        Some(Value::Array(items)) => {
            items.iter().filter(|i| matches!(i.value, Value::Table(_))).map(places_of).collect()
        }
        _ => Vec::new(),
    };
    let mut places = places.into_iter();
    let mut take = Take::new(table, Span::file(&file), &file, "the ledger", &found);
    let entries =
        take.list("posts", "a post of the ledger", |t| take_entry(t, zone, places.next().unwrap_or_default()));
    take.finish();
    diags.extend(found.into_inner());
    let ledger = Ledger { entries: entries.into_iter().flatten().collect() };
    check(&ledger, &file, now, &mut diags);
    Parsed { value: ledger, diags }
}

fn places_of(item: &Node) -> Places {
    let Value::Table(table) = &item.value else { return Places::default() };
    let of = |key| table.get(key).map(|value| (value.start, value.end));
    let end = table.0.iter().map(|(_, value)| value.end).max().unwrap_or(item.end);
    Places { state: of("state"), ids: of("ids"), end }
}

fn take_entry(t: &mut Take<'_>, zone: &TimeZone, places: Places) -> Option<Entry> {
    let (article, network, variant) = (t.required("article"), t.required("network"), t.required("variant"));
    if !t.has("at") {
        let d = Diagnostic::new(codes::LEDGER, "a post of the ledger does not say when it was made").at(t.place());
        t.report(d.help("add `at = 2026-11-22T09:00:00Z`: the time of the post"));
    }
    let at = t.date("at", zone);
    let state = if t.has("state") { t.choice("state", &State::NAMES) } else { Some(State::Posted) };
    let word = |t: &mut Take<'_>, key| t.string(key).map(|w: At<String>| w.value).unwrap_or_default();
    let (text, key, url) = (word(t, "text"), word(t, "key"), word(t, "url"));
    let ids = t.strings("ids").into_iter().map(|id| id.value).collect();
    Some(Entry {
        article: article?,
        network: network?,
        variant: variant?,
        at: at?.value,
        state: state?,
        text,
        key,
        url,
        ids,
        places,
    })
}

/// What no ledger can say: a post of tomorrow, or one post twice.
fn check(ledger: &Ledger, file: &RelPath, now: Timestamp, diags: &mut Diagnostics) {
    let mut seen: BTreeMap<[&str; 3], &Entry> = BTreeMap::new();
    for entry in &ledger.entries {
        let names = [&*entry.article.value, &*entry.network.value, &*entry.variant.value];
        if let Some(first) = seen.insert(names, entry) {
            let message = format!("the ledger has `{}` of `{}` on `{}` twice", names[2], names[0], names[1]);
            let d = Diagnostic::new(codes::LEDGER, message).at(entry.variant.span(file));
            let d = d.also(first.variant.span(file), "the first one");
            diags.push(d.help("remove one of the two: a post is made once"));
        }
        if entry.at > now {
            let message = format!("the ledger has a post of {}, which has not come yet", entry.at);
            let d = Diagnostic::new(codes::LEDGER, message).at(entry.variant.span(file));
            diags.push(d.help("write when the post was made; what is to come is planned, not written down"));
        }
        if entry.state == State::Sending && entry.key.is_empty() {
            let message = format!("`{}` of `{}` is being sent, and has no key", names[2], names[0]);
            let d = Diagnostic::new(codes::LEDGER, message).at(entry.variant.span(file));
            diags
                .push(d.help("look whether the post is out: if so, write `state = \"posted\"`, else remove the entry"));
        }
    }
}

/// The head of a new ledger.
const HEAD: &str = "# What was posted, so that nothing is posted twice. `hub share post` and `hub share mark` add to this file: commit it.\n";

/// Text as TOML writes it. JSON's escapes are TOML's, but for one character.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// The ledger with one more entry.
pub fn with(text: &str, record: &Record<'_>) -> String {
    let mut out = if text.trim().is_empty() { HEAD.to_string() } else { text.to_string() };
    if !out.ends_with('\n') {
        out.push('\n');
    }
    let mut entry = String::from("\n[[posts]]\n");
    let mut line = |key: &str, value: &str| {
        if !value.is_empty() {
            // Writing to a String does not fail.
            let _ = writeln!(entry, "{key} = {}", quoted(value));
        }
    };
    line("article", record.article);
    line("network", record.network);
    line("variant", record.variant);
    line("text", record.text);
    line("url", record.url);
    if !record.key.is_empty() {
        line("key", record.key);
        line("state", "sending");
    }
    let _ = writeln!(entry, "at = {}", record.at.strftime("%Y-%m-%dT%H:%M:%SZ"));
    if out.contains("\r\n") {
        entry = entry.replace('\n', "\r\n");
    }
    out + &entry
}

/// The ledger in which the post of a key is known to be out so far: these posts of its thread, and all of it if there is an
/// address. `None` if no entry has the key, or it is not being sent.
pub fn confirmed(text: &str, zone: &TimeZone, key: &str, ids: &[String], url: Option<&str>) -> Option<String> {
    let ledger = read(text, zone, Timestamp::MAX).value;
    let entry = ledger.entries.iter().find(|e| e.key == key && e.state == State::Sending)?;
    let state = entry.places.state?;
    let list: Vec<String> = ids.iter().map(|id| quoted(id)).collect();
    let list = format!("[{}]", list.join(", "));
    let mut edits: Vec<((u32, u32), String)> = Vec::new();
    let mut more = String::new();
    match entry.places.ids {
        Some(place) => edits.push((place, list)),
        None => more = format!("\nids = {list}"),
    }
    if let Some(url) = url {
        edits.push((state, quoted("posted")));
        if !url.is_empty() && entry.url.is_empty() {
            let _ = write!(more, "\nurl = {}", quoted(url));
        }
    }
    if text.contains("\r\n") {
        more = more.replace('\n', "\r\n");
    }
    // Behind what a hand may have written on the last line.
    let rest = text.get(entry.places.end as usize..)?;
    let end = entry.places.end + rest.find(['\r', '\n']).unwrap_or(rest.len()) as u32;
    edits.push(((end, end), more));
    // From the end of the file to its beginning, so that places stay right.
    edits.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    let mut out = text.to_string();
    for ((from, to), new) in edits {
        out.replace_range(from as usize..to as usize, &new);
    }
    Some(out)
}

#[cfg(test)]
mod tests;
