//! Front matter: what an author says about a text.

use super::facts::{self, Facts};
use super::kinds::{KEYS, Row};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::project::node::{Node, Table, Value};
use crate::project::take::Take;
use crate::project::{toml, yaml};
use crate::source::{At, RelPath, Span};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::ops::Deref;
use std::sync::LazyLock;

/// Seconds since 1970.
pub type Moment = i64;

/// A picture of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// The file, from the text that names it.
    pub src: At<String>,
    /// What it says to those who do not see it.
    pub alt: String,
}

/// A post that the author wrote: `[[share]]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShareText {
    /// Its name within the article.
    pub variant: At<String>,
    /// The post without its link.
    pub text: At<String>,
    /// Only for these networks; for all if none is named.
    pub networks: Vec<At<String>>,
    /// Its own tags, in place of the article's.
    pub tags: Option<Vec<At<String>>>,
    /// The alternative text of its card.
    pub alt: Option<At<String>>,
    /// What is posted below it, before the link.
    pub comment: Option<At<String>>,
    /// Its title, on networks that have one.
    pub title: Option<At<String>>,
}

/// A wording of a magnet's offer: `[[variants]]`. What is empty is as the magnet says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// Its name, which the hidden field `variant` sends.
    pub name: At<String>,
    /// The offer's title.
    pub title: String,
    /// What the reader has afterwards, in a line.
    pub promise: String,
    /// The button's text.
    pub button: String,
}

/// What makes a text a magnet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MagnetFront {
    /// The name of its kind; a download unless given.
    pub kind: Option<At<String>>,
    /// `encrypted`, `open`, `unlisted`.
    pub gate: Option<At<String>>,
    /// The files beside the text that the reader gets.
    pub files: Vec<At<String>>,
    /// Name of the form that asks.
    pub form: Option<At<String>>,
    /// What the reader has afterwards, in a line.
    pub promise: String,
    /// The button's text.
    pub button: String,
    /// Title of the page after the form.
    pub thanks_title: String,
    /// Text of the page after the form.
    pub thanks_text: String,
    /// What happens next, in place of the kind's own sentences.
    pub thanks_steps: Vec<String>,
    /// The next step: a source file.
    pub thanks_next: Option<At<String>>,
    /// Other wordings of its offer.
    pub variants: Vec<Variant>,
    /// What only some kinds say; none of a text that is no magnet.
    pub facts: Option<Box<Facts>>,
}

/// What makes a text a magnet. All other texts have the same nothing, which takes no room.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rare(Option<Box<MagnetFront>>);

impl From<MagnetFront> for Rare {
    fn from(said: MagnetFront) -> Rare {
        Rare(Some(Box::new(said)))
    }
}

impl Deref for Rare {
    type Target = MagnetFront;

    fn deref(&self) -> &MagnetFront {
        static NOTHING: LazyLock<MagnetFront> = LazyLock::new(MagnetFront::default);
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl MagnetFront {
    /// The wording of this name.
    pub fn variant(&self, name: &str) -> Option<&Variant> {
        self.variants.iter().find(|v| v.name.value == name)
    }

    /// The row of its kind; none for a name that no kind has.
    pub fn row(&self) -> Option<&'static Row> {
        Row::named(self.kind.as_ref().map_or(DOWNLOAD, |k| &k.value))
    }

    /// What only some kinds say.
    pub fn facts(&self) -> &Facts {
        static NOTHING: LazyLock<Facts> = LazyLock::new(Facts::default);
        self.facts.as_deref().unwrap_or(&NOTHING)
    }
}

/// The kind of a magnet that names none.
const DOWNLOAD: &str = "download";

/// All keys of front matter, taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Front {
    /// Title.
    pub title: String,
    /// Description; may be empty.
    pub description: String,
    /// The date that is shown, and that lists are ordered by.
    pub date: Option<Moment>,
    /// When the text last changed in substance.
    pub updated: Option<Moment>,
    /// When it appears, if not at its date.
    pub publish: Option<Moment>,
    /// When it disappears.
    pub expiry: Option<Moment>,
    /// Not to be published.
    pub draft: bool,
    /// Last part of the path.
    pub slug: Option<At<String>>,
    /// The whole path.
    pub path: Option<At<String>>,
    /// The template, if not that of its kind.
    pub template: Option<At<String>>,
    /// Old addresses.
    pub aliases: Vec<At<String>>,
    /// Ids or names of authors.
    pub authors: Vec<At<String>>,
    /// Topics.
    pub topics: Vec<At<String>>,
    /// Tags.
    pub tags: Vec<At<String>>,
    /// The series it belongs to.
    pub series: Option<At<String>>,
    /// The stage of the funnel.
    pub stage: Option<At<String>>,
    /// The magnet it offers.
    pub magnet: Option<At<String>>,
    /// `[offers]`: where on its page offers stand, and in which wording.
    pub offers: Option<At<Table>>,
    /// Its picture.
    pub image: Option<Image>,
    /// Posts.
    pub share: Vec<ShareText>,
    /// Asks search engines to stay away.
    pub noindex: bool,
    /// What makes it a magnet.
    pub kind: Rare,
    /// Sections: articles on a page of the list.
    pub paginate: Option<u32>,
    /// The author's own.
    pub extra: Option<Node>,
}

impl Front {
    /// Takes the dates of the first and the last commit where the author says none. What was committed within a day of its date
    /// has not changed since.
    pub(super) fn committed(&mut self, (first, last): (Moment, Moment)) {
        const DAY: Moment = 24 * 3600;
        let date = *self.date.get_or_insert(first);
        if self.updated.is_none() && last > date + DAY {
            self.updated = Some(last);
        }
    }
}

/// The front matter of a file, apart from its text.
pub(super) struct Split {
    pub table: Table,
    /// Where the front matter stands.
    pub at: Span,
    /// Where the text begins, in bytes.
    pub text_at: usize,
}

/// Finds and parses the front matter.
pub(super) fn split(source: &str, file: &RelPath, diags: &mut Diagnostics) -> Split {
    let start = source.len() - source.trim_start_matches([' ', '\n', '\r', '\t']).len();
    let head = &source[start..];
    let fence = ["+++", "---"].into_iter().find(|f| head.lines().next().is_some_and(|l| l.trim_end() == *f));
    let Some(fence) = fence else {
        return Split { table: Table::default(), at: Span::new(file, 0..0), text_at: 0 };
    };
    let base = start + head.find('\n').map_or(head.len(), |i| i + 1);
    let mut at = base;
    let mut close = None;
    for line in source[base..].split_inclusive('\n') {
        if line.trim_end() == fence {
            close = Some((at, at + line.len()));
            break;
        }
        at += line.len();
    }
    let Some((end, text_at)) = close else {
        diags.push(
            Diagnostic::new(codes::FRONT_MATTER, format!("the front matter that `{fence}` begins is not closed"))
                .at(Span::new(file, start..start + 3))
                .help(format!("put `{fence}` on a line of its own where it ends")),
        );
        return Split { table: Table::default(), at: Span::new(file, start..start + 3), text_at: source.len() };
    };
    let parsed = match fence {
        "+++" => toml::read(&source[base..end], base, file),
        _ => yaml::read(&source[base..end], base, file),
    };
    Split { table: parsed.take(diags), at: Span::new(file, start..start + 3), text_at }
}

/// What a kind of text may say, and what its section says for it.
pub(super) struct Reading<'a> {
    pub what: &'a str,
    pub section: bool,
    pub magnet: bool,
    /// Whether keys of every kind of magnet are taken: a section gives them to all.
    pub any_kind: bool,
    pub zone: &'a TimeZone,
    pub defaults: Option<&'a Table>,
}

/// Takes the keys of front matter; also the defaults that a section gives.
pub(super) fn take(split: &mut Split, file: &RelPath, reading: &Reading<'_>, diags: &mut Diagnostics) -> Front {
    let found = RefCell::new(Diagnostics::default());
    let dates: Vec<(&str, Span)> =
        ["expiry", "updated"].iter().filter_map(|key| Some((*key, split.table.get(key)?.span(file)))).collect();
    let mut table = std::mem::take(&mut split.table);
    if let Some(defaults) = reading.defaults {
        let row = reading.magnet.then(|| kind_of(&table).or(kind_of(defaults))).map(|name| name.unwrap_or(DOWNLOAD));
        let row = row.and_then(Row::named);
        // A section's defaults are for magnets of every kind, each of which takes those that it knows.
        let foreign = |key: &str| row.is_some_and(|r| !r.takes(key)) && KEYS.iter().any(|k| k.name == key);
        let wanted: Vec<_> =
            defaults.0.iter().filter(|(k, _)| table.get(&k.value).is_none() && !foreign(&k.value)).collect();
        for (key, value) in wanted {
            // What a section gives stands in its file; here it is known by the front matter as a whole.
            let at = split.at.start as usize..split.at.end as usize;
            table.0.push((At::new(key.value.clone(), at.clone()), At::new(value.value.clone(), at)));
        }
    }
    let mut take = Take::new(table, split.at.clone(), file, reading.what, &found);
    let front = take_keys(&mut take, reading);
    take.finish();
    check_dates(&front, &dates, &split.at, &mut found.borrow_mut());
    diags.extend(found.into_inner());
    front
}

/// The kind of magnet that a table names.
fn kind_of(table: &Table) -> Option<&str> {
    match &table.get("kind")?.value {
        Value::String(name) => Some(name),
        _ => None,
    }
}

fn take_keys(take: &mut Take<'_>, reading: &Reading<'_>) -> Front {
    let seconds = |t: Option<At<Timestamp>>| t.map(|t| t.value.as_second());
    let text = |t: Option<At<String>>| t.map(|t| t.value).unwrap_or_default();
    let zone = reading.zone;
    let mut front = Front {
        title: text(take.string("title")),
        description: text(take.string("description")),
        date: seconds(take.date("date", zone)),
        updated: seconds(take.date("updated", zone)),
        publish: seconds(take.date("publish", zone)),
        expiry: seconds(take.date("expiry", zone)),
        draft: take.bool("draft").unwrap_or(false),
        slug: take.string("slug"),
        path: take.string("path"),
        template: take.string("template"),
        aliases: take.strings("aliases"),
        authors: take.strings("authors"),
        topics: take.strings("topics"),
        tags: take.strings("tags"),
        series: take.string("series"),
        stage: take.string("stage"),
        magnet: take.string("magnet"),
        offers: take.table("offers"),
        image: take
            .read("image", "`image`", |t| Some(Image { src: t.required("src")?, alt: text(t.string("alt")) }))
            .flatten(),
        noindex: take.bool("noindex").unwrap_or(false),
        extra: take.node("extra"),
        ..Front::default()
    };
    front.authors.extend(take.string("author"));
    front.topics.extend(take.string("topic"));
    let shares = take.list("share", "[[share]]", |t| {
        let (variant, text) = (t.required("variant"), t.required("text"));
        let (networks, tags) = (t.strings("networks"), t.has("tags").then(|| t.strings("tags")));
        let (alt, comment, title) = (t.string("alt"), t.string("comment"), t.string("title"));
        let _ = t.strings("tags");
        Some(ShareText { variant: variant?, text: text?, networks, tags, alt, comment, title })
    });
    front.share = shares.into_iter().flatten().collect();
    if reading.section {
        front.paginate = take.integer("paginate", 1..=10_000).map(|n| n as u32);
        let _ = take.table("defaults");
    }
    if reading.magnet {
        front.kind = take_magnet(take, reading).into();
    }
    front
}

fn take_magnet(take: &mut Take<'_>, reading: &Reading<'_>) -> MagnetFront {
    let text = |t: Option<At<String>>| t.map(|t| t.value).unwrap_or_default();
    let mut magnet = MagnetFront {
        kind: take.string("kind"),
        form: take.string("form"),
        promise: text(take.string("promise")),
        button: text(take.string("button")),
        ..MagnetFront::default()
    };
    let row = magnet.row().filter(|_| !reading.any_kind);
    if row.is_none_or(|r| r.takes("files")) {
        magnet.gate = take.string("gate");
        magnet.files = take.strings("files");
    }
    magnet.facts = Some(Box::new(facts::take(take, row, reading.zone)));
    take.read("thanks", "[thanks]", |t| {
        magnet.thanks_title = text(t.string("title"));
        magnet.thanks_text = text(t.string("text"));
        magnet.thanks_steps = t.strings("steps").into_iter().map(|t| t.value).collect();
        magnet.thanks_next = t.string("next");
    });
    let variants = take.list("variants", "[[variants]]", |t| {
        let name = t.required("name");
        let (title, promise, button) = (text(t.string("title")), text(t.string("promise")), text(t.string("button")));
        Some(Variant { name: name?, title, promise, button })
    });
    magnet.variants = variants.into_iter().flatten().collect();
    if let Some(row) = row {
        facts::refuse_others(take, row);
    }
    magnet
}

fn check_dates(front: &Front, dates: &[(&str, Span)], top: &Span, diags: &mut Diagnostics) {
    let place = |key: &str| dates.iter().find(|(k, _)| *k == key).map_or_else(|| top.clone(), |(_, span)| span.clone());
    let mut wrong = |key: &str, message: &str| {
        diags.push(Diagnostic::new(codes::DATE_ORDER, message).at(place(key)));
    };
    let begin = front.publish.or(front.date);
    if let (Some(begin), Some(expiry)) = (begin, front.expiry)
        && expiry <= begin
    {
        wrong("expiry", "it expires before it is published");
    }
    if let (Some(date), Some(updated)) = (front.date, front.updated)
        && updated < date
    {
        wrong("updated", "it was updated before its date");
    }
}

/// The keys that the front matter of articles takes, for the reference and its test.
pub fn keys() -> Vec<&'static str> {
    const KEYS: &str = "title description date updated publish expiry draft slug path template aliases authors topics tags \
                        series stage magnet offers image noindex extra author topic share";
    KEYS.split_whitespace().collect()
}

/// A value as a table, empty if it is none.
pub(super) fn as_table(node: Option<&Node>) -> Table {
    match node.map(|n| &n.value) {
        Some(Value::Table(t)) => t.clone(),
        _ => Table::default(),
    }
}
