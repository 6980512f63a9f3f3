//! `[share.plan]`: on which days and at which times each network is posted to. How often an article comes again stands in the
//! network's row.

use super::Snippet;
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::files::SITE_TOML;
use crate::networks::{Networks, Share};
use crate::project::config::Config;
use crate::project::node::{Node, Table, Value};
use crate::project::take::Take;
use crate::site::route::card_path;
use crate::source::{RelPath, Span};
use crate::text;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// When a network is posted to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The days of the week, from Monday on.
    pub days: [bool; 7],
    /// The times of day. An article's first post prefers the first of them, its later posts the last.
    pub times: Vec<Time>,
    /// Posts on one day at the most.
    pub per_day: usize,
    /// Days from an article's publication to each of its posts.
    pub repost: Vec<u16>,
}

impl Rule {
    /// Whether posts go out on this day of the week.
    pub fn posts_on(&self, day: Weekday) -> bool {
        self.days[usize::from(day.to_monday_zero_offset().unsigned_abs())]
    }
}

/// The rules of a site's calendar.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The zone of days and times.
    pub zone: TimeZone,
    /// One post of so many asks for something, at the most; 0: nobody counts.
    pub ask_every: usize,
    /// For how many days a post that was not made stays due.
    pub late: u16,
    /// Where `social/` can be fetched, without a final slash: schedulers take pictures by address only.
    pub cards_url: Option<String>,
    /// The address of a site whose pages have cards of their own, without a final slash: where `cards_url` says nothing, they
    /// serve.
    pub previews: Option<String>,
    /// What a network has that the site says nothing about, but for its days after publication.
    pub default: Rule,
    networks: BTreeMap<String, Rule>,
}

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Rules {
    /// The rules of a site that says nothing: Monday to Friday, morning, noon and afternoon, two posts a day.
    pub fn new(zone: TimeZone) -> Rules {
        let at = |hour| Time::constant(hour, 0, 0, 0);
        Rules {
            zone,
            ask_every: 4,
            late: 7,
            cards_url: None,
            previews: None,
            default: Rule {
                days: [true, true, true, true, true, false, false],
                times: vec![at(9), at(13), at(17)],
                per_day: 2,
                repost: Vec::new(),
            },
            networks: BTreeMap::new(),
        }
    }

    /// The rule of a network; nothing is planned for one that has none.
    pub fn of(&self, network: &str) -> Option<&Rule> {
        self.networks.get(network)
    }

    /// How long after its publication an article may still have something to do with what is to come: its last post, the longest
    /// delay, and the time in which it is remembered that it was missed.
    pub fn reach(&self) -> jiff::Span {
        let last = self.networks.values().filter_map(|r| r.repost.last()).max().copied().unwrap_or(0);
        jiff::Span::new().hours(24 * (2 * i64::from(last) + super::plan::FORGOTTEN + i64::from(self.late) + 2))
    }

    /// The networks that have a rule, by name.
    pub fn networks(&self) -> impl Iterator<Item = &str> {
        self.networks.keys().map(|name| &**name)
    }

    /// The public address of a picture for a snippet: its card's where `social/` can be fetched, else that of the page that it
    /// leads to.
    pub fn card_address(&self, snippet: &Snippet) -> Option<String> {
        if snippet.card.is_empty() {
            return None;
        }
        if let Some(base) = &self.cards_url {
            return Some(format!("{base}/{}", text::encode_path(&snippet.card)));
        }
        let site = self.previews.as_ref()?;
        let page = snippet.url.split('?').next()?.strip_prefix(site.as_str())?;
        Some(format!("{site}{}", card_path(page)))
    }

    /// Gives a network its rule.
    pub fn set(&mut self, network: &str, rule: Rule) {
        self.networks.insert(network.to_string(), rule);
    }
}

/// Networks on which people write to people: planned for only where the site names them.
const LETTERS: [&str; 3] = ["whatsapp", "email", "sms"];

/// Reads `[share.plan]` of `site.toml`, in which tables are networks.
pub fn read(config: &Config, networks: &Networks, share: &Share) -> Parsed<Rules> {
    let file = RelPath::new(SITE_TOML);
    let mut rules = Rules::new(config.zone.clone());
    let diags = RefCell::new(Diagnostics::default());
    let (table, at) = match &share.plan {
        Some(plan) => (plan.value.clone(), plan.span(&file)),
        None => (Table::default(), Span::file(&file)),
    };
    let (mut of_networks, own): (Vec<_>, Vec<_>) =
        table.0.into_iter().partition(|(_, node)| matches!(node.value, Value::Table(_)));
    let mut take = Take::new(Table(own), at, &file, "[share.plan]", &diags);
    rules.ask_every = take.integer("ask_every", 0..=1000).map_or(rules.ask_every, |n| n as usize);
    rules.late = take.integer("late", 1..=90).map_or(rules.late, |n| n as u16);
    rules.cards_url = take_cards_url(&mut take);
    rules.previews = config.cards().then(|| config.base_url.trim_end_matches('/').to_string());
    let default = take_rule(&mut take, &rules.default);
    take.finish();
    for (name, _) in of_networks.iter().filter(|(name, _)| networks.named(&name.value).is_none()) {
        diags.borrow_mut().push(networks.unknown(name, &file));
    }
    for row in networks.all().iter().filter(|row| share.posts_to(&row.name)) {
        if share.networks.is_none() && LETTERS.contains(&&*row.name) {
            continue;
        }
        let mut rule = Rule { repost: row.repost.to_vec(), ..default.clone() };
        if let Some(i) = of_networks.iter().position(|(name, _)| name.value == row.name)
            && let (name, Node { value: Value::Table(table), .. }) = of_networks.swap_remove(i)
        {
            let what = format!("[share.plan.{}]", name.value);
            let mut take = Take::new(table, name.span(&file), &file, &what, &diags);
            rule = take_rule(&mut take, &rule);
            take.finish();
        }
        rules.networks.insert(row.name.to_string(), rule);
    }
    Parsed { value: rules, diags: diags.into_inner() }
}

fn take_cards_url(take: &mut Take<'_>) -> Option<String> {
    let url = take.string("cards_url")?;
    if text::origin(&url.value).is_none() {
        let message = format!("`cards_url` is `{}`, which is not an address", url.value);
        let d = Diagnostic::new(codes::BAD_VALUE, message).at(url.span(take.file()));
        take.report(d.help("write `https://`, the host and the folder that `social/` is copied to"));
        return None;
    }
    Some(url.value.trim_end_matches('/').to_string())
}

fn take_rule(take: &mut Take<'_>, default: &Rule) -> Rule {
    let mut rule = default.clone();
    if take.has("days") {
        rule.days = [false; 7];
        for word in take.strings("days") {
            let lower = word.value.to_lowercase();
            match DAYS.iter().position(|day| lower == *day || lower == day[..3]) {
                Some(day) => rule.days[day] = true,
                None => {
                    let message = format!("`{}` is not a day of the week", word.value);
                    let d = Diagnostic::new(codes::BAD_VALUE, message).at(word.span(take.file()));
                    take.report(d.help(format!("days are {}", text::choices(DAYS))));
                }
            }
        }
    }
    if take.has("times") {
        let mut times = Vec::new();
        for word in take.strings("times") {
            match Time::strptime("%H:%M", &word.value) {
                Ok(time) if !times.contains(&time) => times.push(time),
                Ok(_) => {}
                Err(_) => {
                    let message = format!("`{}` is not a time of day", word.value);
                    let d = Diagnostic::new(codes::BAD_VALUE, message).at(word.span(take.file()));
                    take.report(d.help("write `\"09:00\"` or `\"17:30\"`; times are in the site's `timezone`"));
                }
            }
        }
        rule.times = times;
    }
    if let Some(n) = take.integer("per_day", 1..=100) {
        rule.per_day = n as usize;
    }
    rule
}
