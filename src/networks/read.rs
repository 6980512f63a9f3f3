//! `[networks.NAME]` and `[share]` of `site.toml`: rows that differ, rows of the site's own, and which networks it posts to.

use super::table::ROW;
use super::{BUTTONS, Count, LinkPlace, Network, TABLE, Tags, Title};
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::files::SITE_TOML;
use crate::project::config::{Config, Section};
use crate::project::node::{Table, Value};
use crate::project::take::Take;
use crate::source::{At, RelPath, Span};
use crate::text;
use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

/// The networks of a site.
#[derive(Clone, Debug)]
pub struct Networks {
    rows: Vec<Network>,
    names: Vec<Arc<str>>,
    /// Places in `rows` of those that pages have buttons for.
    buttons: Vec<usize>,
}

impl Default for Networks {
    fn default() -> Networks {
        let mut networks = Networks { rows: TABLE.to_vec(), names: Vec::new(), buttons: Vec::new() };
        networks.buttons = BUTTONS.iter().filter_map(|b| networks.place(b)).collect();
        networks.name_all();
        networks
    }
}

impl Networks {
    /// Every network, the site's own last.
    pub fn all(&self) -> &[Network] {
        &self.rows
    }

    /// Each network with its name, to be shared.
    pub fn with_names(&self) -> impl Iterator<Item = (&Network, &Arc<str>)> {
        self.rows.iter().zip(&self.names)
    }

    /// The network of this name.
    pub fn named(&self, name: &str) -> Option<&Network> {
        self.rows.iter().find(|n| n.name == name)
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.rows.iter().position(|n| n.name == name)
    }

    /// Those that pages have buttons for.
    pub fn buttons(&self) -> impl Iterator<Item = &Network> {
        self.buttons.iter().map(|i| &self.rows[*i])
    }

    fn name_all(&mut self) {
        self.names = self.rows.iter().map(|n| Arc::from(&*n.name)).collect();
    }

    /// A name that no network has.
    pub fn unknown(&self, name: &At<String>, file: &RelPath) -> Diagnostic {
        let names = || self.rows.iter().map(|n| &*n.name);
        Diagnostic::new(codes::UNKNOWN_NETWORK, format!("there is no network `{}`", name.value))
            .at(name.span(file))
            .nearest(&name.value, names())
            .help(format!("networks are {}; another one is `[networks.NAME]` in site.toml", text::choices(names())))
    }
}

/// `[share]` of `site.toml`.
#[derive(Clone, Debug, Default)]
pub struct Share {
    /// Names of the networks that the site posts to; all unless given.
    pub networks: Option<Vec<String>>,
    /// `[share.plan]`, read by the calendar.
    pub plan: Section,
    /// `[share.post]`, read by posting.
    pub post: Section,
    /// `[share.cards]`, read by the cards.
    pub cards: Section,
    /// Whether the posts of every article have cards, not only those that are still to come.
    pub all_cards: bool,
}

impl Share {
    /// Whether the site posts to a network.
    pub fn posts_to(&self, network: &str) -> bool {
        self.networks.as_ref().is_none_or(|names| names.iter().any(|n| n == network))
    }
}

/// Reads both; no `[share]` means that the site posts nothing by itself.
pub fn read(config: &Config) -> Parsed<(Networks, Option<Share>)> {
    let found = RefCell::new(Diagnostics::default());
    let file = RelPath::new(SITE_TOML);
    let mut networks = Networks::default();
    if let Some(table) = &config.networks {
        let rows = At { value: Value::Table(table.value.clone()), start: table.start, end: table.end };
        let whole = Table(vec![(At::new("networks".to_string(), 0..0), rows)]);
        let mut take = Take::new(whole, table.span(&file), &file, "[networks]", &found);
        take.named("networks", "[networks.NAME]", |name, t| take_row(t, name, &mut networks.rows));
    }
    networks.name_all();
    let share = config.share.as_ref().map(|table| {
        let at = Span { file: file.clone(), start: table.start, end: table.end };
        let mut take = Take::new(table.value.clone(), at, &file, "[share]", &found);
        let share = take_share(&mut take, &mut networks);
        take.finish();
        share
    });
    Parsed { value: (networks, share), diags: found.into_inner() }
}

fn take_share(take: &mut Take<'_>, networks: &mut Networks) -> Share {
    let names = |take: &mut Take<'_>, key: &'static str| {
        let named = take.has(key).then(|| take.strings(key))?;
        let (known, unknown): (Vec<_>, Vec<_>) = named.into_iter().partition(|n| networks.named(&n.value).is_some());
        for name in unknown {
            take.report(networks.unknown(&name, take.file()));
        }
        Some(known.into_iter().map(|n| n.value).collect::<Vec<_>>())
    };
    let posts = names(take, "networks");
    let buttons = names(take, "buttons");
    if let Some(buttons) = buttons {
        networks.buttons = buttons.iter().filter_map(|b| networks.place(b)).collect();
        networks.buttons.retain(|i| networks.rows[*i].share_url.is_some());
    }
    Share {
        networks: posts,
        plan: take.table("plan"),
        post: take.table("post"),
        cards: take.table("cards"),
        all_cards: false,
    }
}

/// The keys of `[networks.NAME]`, for the reference and its test.
pub fn keys() -> Vec<&'static str> {
    "label limit count title fold comment link tags tag_length share_url card thread repost once".split(' ').collect()
}

/// Lays a table over the row of its name, or makes a new one.
fn take_row(take: &mut Take<'_>, name: &At<String>, rows: &mut Vec<Network>) {
    if text::slug(&name.value) != name.value {
        let message = format!("`{}` cannot name a network", name.value);
        let d = Diagnostic::new(codes::BAD_VALUE, message).at(name.span(take.file()));
        take.report(d.help(format!("it stands in addresses: write `{}`", text::slug(&name.value))));
    }
    let place = rows.iter().position(|r| r.name == name.value);
    let mut row = place.map_or_else(|| new_row(take, name), |i| rows[i].clone());
    if let Some(label) = take.string("label") {
        row.label = Cow::Owned(label.value);
    }
    let number = |take: &mut Take<'_>, key, most| take.integer(key, 1..=most).map(|n| n as usize);
    row.limit = number(take, "limit", 1_000_000).unwrap_or(row.limit);
    row.count = take.choice("count", &Count::NAMES.map(|(name, count, _)| (name, count))).unwrap_or(row.count);
    row.title = number(take, "title", 10_000).map_or(row.title, Title::Beside);
    row.fold = number(take, "fold", 1_000_000).or(row.fold);
    row.comment = number(take, "comment", 1_000_000).or(row.comment);
    row.link = take.choice("link", &LinkPlace::NAMES).unwrap_or(row.link);
    if row.link == LinkPlace::FirstComment && row.comment.is_none() {
        row.comment = Some(row.limit);
    }
    row.tags = Tags {
        most: take.integer("tags", 0..=30).map_or(row.tags.most, |n| n as u8),
        longest: take.integer("tag_length", 1..=1000).map_or(row.tags.longest, |n| n as u16),
    };
    if let Some(url) = take.string("share_url") {
        let web = ["https://", "http://", "mailto:", "sms:"].iter().any(|s| url.value.starts_with(s));
        if web && url.value.contains("{url}") {
            row.share_url = Some(Cow::Owned(url.value));
        } else {
            let d = Diagnostic::new(codes::BAD_VALUE, "`share_url` is not the address of a window with `{url}` in it");
            take.report(d.at(url.span(take.file())).help("write `https://host/share?url={url}&text={text}`"));
        }
    }
    if let Some(card) = take.string("card") {
        match size(&card.value) {
            Some(size) => row.card = size,
            None => {
                let d = Diagnostic::new(codes::BAD_VALUE, format!("`card` is `{}`, which is no size", card.value));
                take.report(d.at(card.span(take.file())).help("write `1200x630`: width and height in pixels"));
            }
        }
    }
    row.thread = take.bool("thread").unwrap_or(row.thread);
    row.once = take.bool("once").unwrap_or(row.once);
    if let Some(days) = take_days(take) {
        row.repost = Cow::Owned(days);
    }
    match place {
        Some(i) => rows[i] = row,
        None => rows.push(row),
    }
}

/// A network of the site's own begins as one that takes text and counts characters.
fn new_row(take: &mut Take<'_>, name: &At<String>) -> Network {
    if !take.has("limit") {
        let names = TABLE.iter().map(|n| &*n.name);
        let d = Diagnostic::new(codes::MISSING_KEY, format!("the network `{}` lacks `limit`", name.value));
        let d = d.at(name.span(take.file())).nearest(&name.value, names);
        take.report(d.help("hub does not know this network: say at least how long a post may be"));
    }
    Network { name: Cow::Owned(name.value.clone()), label: Cow::Owned(name.value.clone()), limit: 500, ..ROW }
}

/// `1200x630`.
fn size(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once(['x', '×'])?;
    let side = |s: &str| s.trim().parse::<u32>().ok().filter(|n| (100..=4000).contains(n));
    Some((side(width)?, side(height)?))
}

fn take_days(take: &mut Take<'_>) -> Option<Vec<u16>> {
    let node = take.node("repost")?;
    let days: Option<Vec<u16>> = match &node.value {
        Value::Array(items) => items
            .iter()
            .map(|n| match n.value {
                Value::Integer(day) => u16::try_from(day).ok(),
                _ => None,
            })
            .collect(),
        _ => None,
    };
    let days = days.filter(|d| !d.is_empty() && d.is_sorted_by(|a, b| a < b));
    if days.is_none() {
        let d = Diagnostic::new(codes::BAD_VALUE, "`repost` takes days that grow").at(node.span(take.file()));
        take.report(d.help("write `repost = [0, 7, 30]`: days after the article"));
    }
    days
}
