//! What an author says about a magnet of a kind: dates, lessons, rules. Read once, whatever the kind.

use super::front::Moment;
use super::kinds::{KEYS, Row, TABLE};
use crate::diag::{Diagnostic, codes};
use crate::project::node::{Node, Value};
use crate::project::take::Take;
use crate::source::At;
use crate::text;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A lesson of a course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    /// Its title.
    pub title: String,
    /// Days after signing up.
    pub day: u32,
    /// What it is about, in a line; may be empty.
    pub text: String,
}

/// What something costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Price {
    /// Nothing.
    Free,
    /// An amount as written, with a point, and its currency (ISO 4217).
    Amount(String, String),
    /// Whatever else the author wrote.
    Text(String),
}

/// When something is expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expected {
    /// On this day.
    On(At<Moment>),
    /// As the author puts it.
    Text(String),
}

/// What an author says about a magnet beside its texts. What its kind does not take is empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The keys that were there, right or wrong.
    pub given: Vec<String>,
    /// When it begins.
    pub start: Option<At<Moment>>,
    /// When it ends; of a start and a duration, their sum.
    pub end: Option<At<Moment>>,
    /// How long it takes.
    pub minutes: Option<u32>,
    /// IANA name of the zone of its times, if not the site's.
    pub zone: Option<String>,
    /// From when on nobody can take part any more.
    pub closes: Option<At<Moment>>,
    /// Where it is.
    pub place: String,
    /// By what means one takes part from afar.
    pub online: String,
    /// How many can take part.
    pub capacity: String,
    /// What it costs.
    pub price: Option<Price>,
    /// The magnet that is offered when it is over.
    pub recording: Option<At<String>>,
    /// Lessons in order.
    pub lessons: Vec<Lesson>,
    /// What can be won.
    pub prize: String,
    /// The rules of a giveaway.
    pub rules: Vec<String>,
    /// How a giveaway ended.
    pub winner: String,
    /// What happens in a consultation.
    pub steps: Vec<String>,
    /// Where a time is chosen.
    pub booking: String,
    /// What readers wait for.
    pub what: String,
    /// When it is expected.
    pub expected: Option<Expected>,
    /// How often it comes.
    pub frequency: String,
}

impl Facts {
    /// Whether a key was there.
    pub fn has(&self, key: &str) -> bool {
        self.given.iter().any(|k| k == key)
    }

    /// The zone of its times.
    pub fn zone(&self, site: &TimeZone) -> TimeZone {
        self.zone.as_ref().and_then(|name| TimeZone::get(name).ok()).unwrap_or_else(|| site.clone())
    }
}

/// Takes the keys that the kind of `row` takes. Without a row, the kind is unknown: all keys are taken, so that only the
/// kind is reported.
pub(super) fn take(take: &mut Take<'_>, row: Option<&'static Row>, site_zone: &TimeZone) -> Facts {
    let given = KEYS.iter().map(|k| k.name).filter(|k| take.has(k)).map(str::to_string).collect();
    let mut facts = Facts { given, ..Facts::default() };
    let takes = |key: &str| row.is_none_or(|r| r.takes(key));
    if takes("timezone") {
        facts.zone = take_zone(take);
    }
    let zone = facts.zone(site_zone);
    let moment = |take: &mut Take<'_>, key| {
        let at = if takes(key) { take.moment(key, &zone) } else { None };
        at.map(|t| At { value: t.value.as_second(), start: t.start, end: t.end })
    };
    (facts.start, facts.end, facts.closes) = (moment(take, "start"), moment(take, "end"), moment(take, "closes"));
    if takes("duration") {
        facts.minutes = take_duration(take);
    }
    join_times(take, &mut facts);
    let mut text = |key| if takes(key) { take.string(key).map(|t| t.value).unwrap_or_default() } else { String::new() };
    facts.place = text("place");
    facts.online = text("online");
    facts.capacity = text("capacity");
    facts.prize = text("prize");
    facts.winner = text("winner");
    facts.what = text("what");
    facts.frequency = text("frequency");
    facts.price = Some(text("price")).filter(|p| !p.is_empty()).map(|p| price(&p));
    let mut texts = |key| match takes(key) {
        true => take.strings(key).into_iter().map(|t| t.value).collect(),
        false => Vec::new(),
    };
    facts.rules = texts("rules");
    facts.steps = texts("steps");
    if takes("recording") {
        facts.recording = take.string("recording");
    }
    if takes("lessons") {
        facts.lessons = take_lessons(take);
    }
    if takes("booking") {
        facts.booking = take_booking(take);
    }
    if takes("expected") {
        facts.expected = take_expected(take, &zone);
    }
    facts
}

/// Reports the keys that only other kinds take.
pub(super) fn refuse_others(take: &mut Take<'_>, row: &'static Row) {
    for key in KEYS.iter().filter(|k| !row.takes(k.name)) {
        let near = take.nearest(key.name);
        let Some(at) = take.refuse(key.name) else { continue };
        let others = text::choices(TABLE.iter().filter(|r| r.takes(key.name)).map(|r| r.name));
        let mut d = Diagnostic::new(codes::UNKNOWN_KEY, format!("{} has no key `{}`", row.one, key.name)).at(at);
        d.help.extend(near.map(|n| format!("did you mean `{n}`?")));
        take.report(d.help(format!("it belongs to `kind` {others}")));
    }
}

fn take_zone(take: &mut Take<'_>) -> Option<String> {
    let name = take.string("timezone")?;
    if TimeZone::get(&name.value).is_ok() {
        return Some(name.value);
    }
    let message = format!("`{}` is not a time zone", name.value);
    let span = name.span(take.file());
    take.report(Diagnostic::new(codes::BAD_VALUE, message).at(span).help("write a name such as `Europe/Berlin`"));
    None
}

/// Minutes, of text as `jiff` reads it: `45 min`, `1 h 30 min`, `PT45M`.
fn take_duration(take: &mut Take<'_>) -> Option<u32> {
    let word = take.string("duration")?;
    let minutes = word.value.parse::<SignedDuration>().ok().map(|d| d.as_mins()).filter(|m| *m > 0);
    if let Some(minutes) = minutes.and_then(|m| u32::try_from(m).ok()) {
        return Some(minutes);
    }
    let message = format!("`duration` is `{}`, which is no length of time", word.value);
    let d = Diagnostic::new(codes::BAD_VALUE, message).at(word.span(take.file()));
    take.report(d.help("write `45 min` or `1 h 30 min`"));
    None
}

/// An end follows from a start and a duration, and a duration from a start and an end.
fn join_times(take: &Take<'_>, facts: &mut Facts) {
    let Some(start) = &facts.start else { return };
    match (&facts.end, facts.minutes) {
        (Some(end), Some(_)) => {
            let d = Diagnostic::new(codes::BAD_VALUE, "both `end` and `duration` say when it is over");
            take.report(d.at(end.span(take.file())).help("remove one of them"));
        }
        (Some(end), None) if end.value <= start.value => {
            let d = Diagnostic::new(codes::BAD_VALUE, "it ends before it begins").at(end.span(take.file()));
            take.report(d.help("`end` comes after `start`"));
            facts.end = None;
        }
        (Some(end), None) => facts.minutes = u32::try_from((end.value - start.value) / 60).ok(),
        (None, Some(minutes)) => {
            facts.end = Some(At { value: start.value + i64::from(minutes) * 60, ..start.clone() });
        }
        (None, None) => {}
    }
}

fn take_lessons(take: &mut Take<'_>) -> Vec<Lesson> {
    let mut next = 0;
    let lessons = take.list("lessons", "a lesson", |t| {
        let title = t.required("title");
        let day = t.integer("day", 0..=365).map_or(next, |d| d as u32);
        let text = t.string("text").map(|t| t.value).unwrap_or_default();
        if day + 1 < next {
            let message = format!("this lesson comes on day {day}, before the one above it on day {}", next - 1);
            let d = Diagnostic::new(codes::BAD_VALUE, message).at(t.place());
            t.report(d.help("put the lessons in order, or count `day` from signing up"));
        }
        next = day.max(next.saturating_sub(1)) + 1;
        Some(Lesson { title: title?.value, day, text })
    });
    lessons.into_iter().flatten().collect()
}

fn take_booking(take: &mut Take<'_>) -> String {
    let Some(to) = take.string("booking") else { return String::new() };
    let fit = text::origin(&to.value).is_some() || to.value.starts_with("mailto:") || to.value.starts_with("tel:");
    if !fit {
        let message = format!("`booking` is `{}`, which is not an address", to.value);
        let d = Diagnostic::new(codes::BAD_VALUE, message).at(to.span(take.file()));
        take.report(d.help("write the whole address: `https://…`"));
        return String::new();
    }
    to.value
}

fn take_expected(take: &mut Take<'_>, zone: &TimeZone) -> Option<Expected> {
    let Node { value, start, end } = take.node("expected")?;
    let at = |t: Timestamp| Expected::On(At { value: t.as_second(), start, end });
    match value {
        Value::String(text) | Value::Datetime(text) => {
            Some(crate::time::parse(&text, zone).map_or_else(|| Expected::Text(text), at))
        }
        other => {
            let message = format!("`expected` takes a date or text, found {}", other.type_name());
            let span = At::new((), start as usize..end as usize).span(take.file());
            take.report(Diagnostic::new(codes::WRONG_TYPE, message).at(span));
            None
        }
    }
}

fn price(text: &str) -> Price {
    let text = text.trim();
    if text.eq_ignore_ascii_case("free") || text == "0" {
        return Price::Free;
    }
    let amount = |n: &str| n.starts_with(|c: char| c.is_ascii_digit()) && n.parse::<f64>().is_ok();
    match text.split_once(' ') {
        Some((n, currency)) if amount(n) && currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase()) => {
            Price::Amount(n.to_string(), currency.to_string())
        }
        _ => Price::Text(text.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_where_they_are_plain() {
        assert_eq!(price("Free"), Price::Free);
        assert_eq!(price("120.50 EUR"), Price::Amount("120.50".into(), "EUR".into()));
        for text in ["€120 plus VAT", "120 eur", "inf EUR", "1,200 EUR"] {
            assert_eq!(price(text), Price::Text(text.into()));
        }
    }
}
