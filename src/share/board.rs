//! The times of one network: which are taken, and by what.

use super::rules::Rule;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Where a time is looked for.
pub(super) struct Window {
    /// The first day.
    pub from: Date,
    /// So many days after it are as good.
    pub days: u16,
    /// Not before this moment.
    pub earliest: Timestamp,
    /// Not from this moment on.
    pub until: Option<Timestamp>,
    /// Whether it is an article's first post: it prefers the first times of a day, the others the last.
    pub first: bool,
}

/// The times of one network.
pub(super) struct Board {
    rule: Rule,
    zone: TimeZone,
    ask_every: usize,
    /// Minutes since 1970 that hold a post.
    taken: FxHashSet<i64>,
    per_day: FxHashMap<Date, usize>,
    /// Posts that are out or may come, by their minute; whether they ask.
    live: BTreeMap<i64, bool>,
    /// The moments of a day's times: zones are slow to ask.
    moments: RefCell<FxHashMap<Date, Rc<[Timestamp]>>>,
}

fn minute(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}

impl Board {
    pub fn new(rule: Rule, zone: TimeZone, ask_every: usize) -> Board {
        let (taken, per_day, live, moments) = Default::default();
        Board { rule, zone, ask_every, taken, per_day, live, moments }
    }

    /// The moments of a day's times. A time that a change of clocks leaves out is an hour later; of one that comes twice, the
    /// first is meant.
    fn moments(&self, date: Date) -> Rc<[Timestamp]> {
        let mut known = self.moments.borrow_mut();
        let at = |time: &Time| date.to_datetime(*time).to_zoned(self.zone.clone()).ok().map(|z| z.timestamp());
        known.entry(date).or_insert_with(|| self.rule.times.iter().filter_map(at).collect()).clone()
    }

    /// Takes a time. `live` says whether the post asks for something; none: it will not be made.
    pub fn hold(&mut self, at: Timestamp, live: Option<bool>) {
        self.taken.insert(minute(at));
        *self.per_day.entry(at.to_zoned(self.zone.clone()).date()).or_default() += 1;
        if let Some(ask) = live {
            *self.live.entry(minute(at)).or_default() |= ask;
        }
    }

    /// The first free time of a window on a day and at a moment that will do.
    pub fn find(
        &self,
        window: &Window,
        day: impl Fn(Date) -> bool,
        will_do: impl Fn(Timestamp) -> bool,
    ) -> Option<Timestamp> {
        let days = (0..=i32::from(window.days)).filter_map(|n| window.from.checked_add(Span::new().days(n)).ok());
        let days = days.filter(|d| self.rule.posts_on(d.weekday()) && day(*d));
        for date in days.filter(|d| self.per_day.get(d).is_none_or(|n| *n < self.rule.per_day)) {
            let moments = self.moments(date);
            for i in 0..moments.len() {
                let at = moments[if window.first { i } else { moments.len() - 1 - i }];
                let fits = at >= window.earliest && window.until.is_none_or(|until| at < until);
                if fits && !self.taken.contains(&minute(at)) && will_do(at) {
                    return Some(at);
                }
            }
        }
        None
    }

    /// Whether an ask at this moment leaves enough posts between itself and the next asks.
    pub fn bears_ask(&self, at: Timestamp) -> bool {
        let minute = minute(at);
        let near = self.ask_every.saturating_sub(1);
        self.live.range(..minute).rev().take(near).all(|(_, ask)| !ask)
            && self.live.range(minute..).take(near).all(|(_, ask)| !ask)
    }
}
