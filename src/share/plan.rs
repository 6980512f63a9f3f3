//! The calendar of posts: which snippet goes out when.
//!
//! The law: a pure function of the articles, the rules, the ledger and the clock, in which
//! - no network gets two posts at one minute, one text twice, or what the ledger has;
//! - a newer article moves nothing that was planned before it came;
//! - time that passes moves nothing but posts that ask for something, and what would stand in their place.
//!
//! Articles are placed from the oldest on, each post at the first free time from its day on. What asks for something waits until
//! there are enough other posts around it.

use super::board::{Board, Window};
use super::ledger::{self, Entry, Ledger};
use super::rules::{Rule, Rules};
use super::snippet::Snippet;
use crate::source::RelPath;
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::sync::Arc;

/// An article, as the calendar sees it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its name.
    pub article: Arc<str>,
    /// Its file.
    pub path: RelPath,
    /// Its title.
    pub title: Arc<str>,
    /// From when on its link leads somewhere.
    pub published: Timestamp,
    /// From when on it does not.
    pub expiry: Option<Timestamp>,
    /// When it was last changed.
    pub changed: Timestamp,
    /// The campaigns that it is a part of.
    pub runs: Vec<Run>,
    /// Its posts.
    pub snippets: Vec<Snippet>,
}

/// The window of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The campaign's name.
    pub campaign: Arc<str>,
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

/// Why a post goes out on its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The article is new.
    First,
    /// So many days after its publication it comes again.
    Repost(u16),
    /// A campaign brings it back.
    Campaign(Arc<str>),
}

/// What became of a post, as far as the ledger knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its time has not come.
    Planned,
    /// It is to be posted now.
    Due,
    /// Its time is over.
    Missed,
    /// It is out, or on its way.
    Posted,
}

impl State {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            State::Planned => "planned",
            State::Due => "due",
            State::Missed => "missed",
            State::Posted => "posted",
        }
    }
}

/// A post of the calendar.
#[derive(Clone, Debug)]
pub struct Post<'a> {
    /// When.
    pub at: Timestamp,
    /// Of which article.
    pub subject: &'a Subject,
    /// What.
    pub snippet: &'a Snippet,
    /// Why then.
    pub step: Step,
    /// Whether it asks for something.
    pub ask: bool,
    /// What became of it.
    pub state: State,
}

/// The calendar.
#[derive(Clone, Debug, Default)]
pub struct Calendar<'a> {
    /// Every post, by time, network and article.
    pub posts: Vec<Post<'a>>,
    /// What asks for something and found no place among enough other posts.
    pub asks_left_out: Vec<&'a Snippet>,
    /// What found no free time near its day.
    pub crowded_out: Vec<&'a Snippet>,
    /// When the same sources and the same ledger make another calendar: a post becomes due, or is missed.
    pub next_change: Option<Timestamp>,
}

/// So many days after its own a post is still worth making.
const FIRST_DELAY: u16 = 14;
const REPOST_DELAY: u16 = 21;
/// An ask can wait for company.
const ASK_DELAY: u16 = 60;
/// What is missed for longer than this, and than an article is posted about, takes no place from anything that is still to come.
pub(super) const FORGOTTEN: i64 = 60;
/// So many asks wait at one time; where more do, the oldest has no hope left.
const MOST_WAITING: usize = 64;
/// A post that comes so many days after its own, as after a weekend, does not put off those that follow.
const ON_TIME: i64 = 3;

/// Whether a variant asks for something.
pub fn asks(variant: &str) -> bool {
    variant.split(|c: char| !c.is_alphanumeric()).any(|word| word.eq_ignore_ascii_case("ask"))
}

/// Plans the posts of all networks that `subjects` have snippets for.
pub fn plan<'a>(subjects: &'a [Subject], rules: &Rules, ledger: &Ledger, now: Timestamp) -> Calendar<'a> {
    let mut order: Vec<&Subject> = subjects.iter().collect();
    order.sort_by(|a, b| (a.published, &a.article).cmp(&(b.published, &b.article)));
    let networks: BTreeSet<&str> = subjects.iter().flat_map(|s| s.snippets.iter().map(|s| &*s.network)).collect();
    let networks: Vec<&str> = networks.into_iter().collect();
    let ruled = networks.par_iter().filter_map(|name| Some((*name, rules.of(name)?)));
    let planned = ruled.map(|(name, rule)| Network::new(name, rule, rules, ledger, now).plan(&order));
    let mut out = Calendar::default();
    for calendar in planned.collect::<Vec<Calendar<'a>>>() {
        out.posts.extend(calendar.posts);
        out.asks_left_out.extend(calendar.asks_left_out);
        out.crowded_out.extend(calendar.crowded_out);
    }
    out.posts.sort_by(|a, b| key(a).cmp(&key(b)));
    let late = late(rules);
    let changes = out.posts.iter().filter(|p| p.state != State::Posted).flat_map(|p| [p.at, p.at + late]);
    // The last moment of a time to catch up belongs to it.
    out.next_change = changes.map(|at| at + Span::new().seconds(1)).filter(|at| *at > now).min();
    out
}

fn key<'a>(post: &Post<'a>) -> (Timestamp, &'a str, &'a str) {
    (post.at, &post.snippet.network, &post.snippet.article)
}

fn late(rules: &Rules) -> Span {
    Span::new().hours(24 * i64::from(rules.late))
}

fn after(day: Date, days: i64) -> Date {
    day.saturating_add(Span::new().days(days))
}

fn between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// An ask that waits for a place.
struct Waiting<'a> {
    subject: &'a Subject,
    snippet: &'a Snippet,
    step: Step,
    from: Date,
    /// The days on which the article is posted anyway.
    taken: Vec<Date>,
}

/// The planning of one network.
struct Network<'a, 'r> {
    name: &'r str,
    rule: &'r Rule,
    rules: &'r Rules,
    now: Timestamp,
    today: Date,
    /// What was posted, by article.
    posted: FxHashMap<&'r str, Vec<&'r Entry>>,
    board: Board,
    /// Digests of what was said.
    said: FxHashSet<String>,
    waiting: Vec<Waiting<'a>>,
    out: Calendar<'a>,
}

impl<'a, 'r> Network<'a, 'r> {
    fn new(name: &'r str, rule: &'r Rule, rules: &'r Rules, ledger: &'r Ledger, now: Timestamp) -> Network<'a, 'r> {
        let mut board = Board::new(rule.clone(), rules.zone.clone(), rules.ask_every);
        let (mut said, mut posted) = (FxHashSet::default(), FxHashMap::<&str, Vec<&Entry>>::default());
        for entry in ledger.entries.iter().filter(|e| e.network.value == name) {
            board.hold(entry.at, Some(asks(&entry.variant.value)));
            said.insert(entry.text.clone());
            posted.entry(&*entry.article.value).or_default().push(entry);
        }
        said.remove("");
        let today = now.to_zoned(rules.zone.clone()).date();
        Network { name, rule, rules, now, today, posted, board, said, waiting: Vec::new(), out: Calendar::default() }
    }

    fn plan(mut self, subjects: &[&'a Subject]) -> Calendar<'a> {
        for subject in subjects {
            self.subject(subject);
            self.place_waiting(self.day(subject.published));
        }
        self.out.asks_left_out.extend(self.waiting.iter().map(|w| w.snippet));
        self.out
    }

    fn day(&self, at: Timestamp) -> Date {
        at.to_zoned(self.rules.zone.clone()).date()
    }

    /// What comes of a post at a time.
    fn state(&self, at: Timestamp) -> State {
        match at > self.now {
            true => State::Planned,
            false if at + late(self.rules) >= self.now => State::Due,
            false => State::Missed,
        }
    }

    /// Whether a post of this day, however late it found a place, is missed for good.
    fn is_forgotten(&self, day: Date) -> bool {
        let last = self.rule.repost.last().copied().unwrap_or(0);
        between(day, self.today) > FORGOTTEN + i64::from(last) + i64::from(self.rules.late)
    }

    fn subject(&mut self, subject: &'a Subject) {
        let published = self.day(subject.published);
        let last = self.rule.repost.last().copied().map_or(0, i64::from);
        let runs = subject.runs.iter().map(|r| self.day(r.until));
        let over = runs.chain([after(published, last)]).all(|day| self.is_forgotten(day));
        if over && !self.posted.contains_key(&*subject.article) {
            return;
        }
        let (series, rest) = self.series(subject);
        let mut taken: Vec<Date> = Vec::new();
        let mut ask = None;
        // The day that the next one is counted from, and the first that it may have.
        let (mut before, mut earliest): (Option<(Date, i64)>, Date) = (None, published);
        for (days, snippet) in series {
            let step = if days == 0 { Step::First } else { Step::Repost(days) };
            let days = i64::from(days);
            let mut own = after(published, days);
            if let Some((day, then)) = before {
                own = own.max(after(day, days - then));
            }
            before = Some((own, days));
            let from = own.max(earliest);
            let day = if let Some(at) = self.note_posted(subject, snippet, step.clone()) {
                Some(self.day(at))
            } else if self.is_forgotten(from) {
                None
            } else if asks(&snippet.variant) {
                ask = Some((snippet, step, from));
                None
            } else {
                self.place(subject, snippet, step, from, None, &taken, 1)
            };
            if let Some(day) = day {
                if between(own, day) > ON_TIME {
                    before = Some((day, days));
                }
                earliest = earliest.max(after(day, 1));
                taken.push(day);
            }
        }
        self.campaigns(subject, rest, &mut taken);
        self.waiting.extend(ask.map(|(snippet, step, from)| Waiting { subject, snippet, step, from, taken }));
        if self.waiting.len() > MOST_WAITING {
            let oldest = self.waiting.remove(0);
            self.out.asks_left_out.push(oldest.snippet);
        }
    }

    /// Which snippet belongs to which day after publication, and what remains. A snippet keeps its place when it is posted, so that
    /// the others keep theirs.
    fn series(&mut self, subject: &'a Subject) -> (Vec<(u16, &'a Snippet)>, Vec<&'a Snippet>) {
        let (mut plain, mut asking) = (Vec::new(), Vec::new());
        for snippet in subject.snippets.iter().filter(|s| &*s.network == self.name) {
            let known = self.entry(snippet).is_some();
            if !self.said.insert(ledger::digest_of(snippet)) && !known {
                continue;
            }
            if asks(&snippet.variant) { &mut asking } else { &mut plain }.push(snippet);
        }
        let days = &self.rule.repost;
        // The ask comes last, and where there is one post only, there is none.
        let room = days.len() - usize::from(days.len() > 1 && !asking.is_empty());
        let rest = plain.split_off(plain.len().min(room));
        let ask = asking.first().filter(|_| days.len() > plain.len()).copied();
        let mut series: Vec<(u16, &Snippet)> = days.iter().copied().zip(plain).collect();
        series.extend(ask.and_then(|ask| Some((*days.get(series.len())?, ask))));
        (series, rest)
    }

    /// The entry of a snippet: by its name, or by its words where the variant was renamed.
    fn entry(&self, snippet: &Snippet) -> Option<&'r Entry> {
        let entries = self.posted.get(&*snippet.article)?;
        let named = entries.iter().find(|e| e.variant.value == *snippet.variant);
        let said = || {
            let text = ledger::digest_of(snippet);
            entries.iter().find(|e| e.text == text)
        };
        named.or_else(said).copied()
    }

    /// Notes a post that the ledger has; when it was made.
    fn note_posted(&mut self, subject: &'a Subject, snippet: &'a Snippet, step: Step) -> Option<Timestamp> {
        let at = self.entry(snippet)?.at;
        let ask = asks(&snippet.variant);
        self.out.posts.push(Post { at, subject, snippet, step, ask, state: State::Posted });
        Some(at)
    }

    /// Brings an article back in the windows of its campaigns, with what was not said yet, as far apart as at first.
    fn campaigns(&mut self, subject: &'a Subject, rest: Vec<&'a Snippet>, taken: &mut Vec<Date>) {
        let [_, second, ..] = self.rule.repost[..] else { return };
        let mut rest = rest.into_iter();
        let mut days = self.rule.repost.clone();
        days.truncate(rest.len());
        for run in &subject.runs {
            let begin = self.day(run.from.max(subject.published));
            for days in &days {
                let from = after(begin, i64::from(*days));
                if self.rules.zone.to_timestamp(from.into()).is_ok_and(|at| at > run.until) {
                    break;
                }
                let Some(snippet) = rest.next() else { return };
                let step = Step::Campaign(run.campaign.clone());
                if let Some(at) = self.note_posted(subject, snippet, step.clone()) {
                    taken.push(self.day(at));
                } else if !self.is_forgotten(from) {
                    let day = self.place(subject, snippet, step, from, Some(run.until), taken, i64::from(second));
                    taken.extend(day);
                }
            }
        }
    }

    /// Finds a time for a post that asks for nothing, at least `apart` days from the other days of its article.
    #[expect(clippy::too_many_arguments, reason = "each is one fact of one post")]
    fn place(
        &mut self,
        subject: &'a Subject,
        snippet: &'a Snippet,
        step: Step,
        from: Date,
        until: Option<Timestamp>,
        taken: &[Date],
        apart: i64,
    ) -> Option<Date> {
        let first = step == Step::First;
        let window = Window {
            from,
            days: if first { FIRST_DELAY } else { REPOST_DELAY },
            earliest: subject.published,
            until: [until, subject.expiry].into_iter().flatten().min(),
            first,
        };
        let free = |day: Date| taken.iter().all(|other| between(*other, day).abs() >= apart);
        let at = loop {
            let Some(at) = self.board.find(&window, free, |_| true) else {
                // An article that is gone crowds nobody out.
                if window.until.is_none() && !self.is_forgotten(after(from, i64::from(window.days))) {
                    self.out.crowded_out.push(snippet);
                }
                return None;
            };
            // Where times are short, an ask that has its company by now comes before what would take the last of them.
            match self.waiting.iter().position(|w| !first && self.suits(w, at)) {
                Some(i) => {
                    let waiting = self.waiting.remove(i);
                    self.place_ask(&waiting, at);
                }
                None => break at,
            }
        };
        let state = self.state(at);
        self.board.hold(at, (state != State::Missed).then_some(false));
        self.out.posts.push(Post { at, subject, snippet, step, ask: false, state });
        Some(self.day(at))
    }

    /// Whether a free time would do for an ask that waits.
    fn suits(&self, waiting: &Waiting<'_>, at: Timestamp) -> bool {
        let day = self.day(at);
        (0..=i64::from(ASK_DELAY)).contains(&between(waiting.from, day))
            && at >= waiting.subject.published
            && waiting.subject.expiry.is_none_or(|expiry| at < expiry)
            && !waiting.taken.contains(&day)
            && self.board.bears_ask(at)
    }

    fn place_ask(&mut self, waiting: &Waiting<'a>, at: Timestamp) {
        let state = self.state(at);
        self.board.hold(at, (state != State::Missed).then_some(true));
        let Waiting { subject, snippet, ref step, .. } = *waiting;
        self.out.posts.push(Post { at, subject, snippet, step: step.clone(), ask: true, state });
    }

    /// Gives the asks that wait a place among the posts so far, if there are enough of them. Articles from `day` on are still to
    /// come; they cannot make room before it.
    fn place_waiting(&mut self, day: Date) {
        for waiting in std::mem::take(&mut self.waiting) {
            let Waiting { subject, snippet, ref step, from, ref taken } = waiting;
            let window = Window {
                from,
                days: ASK_DELAY,
                earliest: subject.published,
                until: subject.expiry,
                first: *step == Step::First,
            };
            let free = |day: Date| taken.iter().all(|other| *other != day);
            match self.board.find(&window, free, |at| self.board.bears_ask(at)) {
                Some(at) => self.place_ask(&waiting, at),
                None if after(from, i64::from(ASK_DELAY)) < day => self.out.asks_left_out.push(snippet),
                None => self.waiting.push(waiting),
            }
        }
    }
}

#[cfg(test)]
mod tests;
