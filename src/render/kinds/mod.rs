//! What pages show of a magnet's kind: its words, its facts, its state, what happens after the form.

mod data;

pub(super) use data::entity;

use super::snapshot::Snapshot;
use super::view::{Fields, view};
use crate::content::facts::{Expected, Price};
use crate::content::kinds::Row;
use crate::content::{Facts, Front, Id, Kind, Moment};
use crate::site::{Magnet, State};
use crate::time::{self, Style};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tera::Value;

/// A magnet as its kind sees it.
struct Shown<'a> {
    site: &'a Snapshot,
    magnet: &'a Magnet,
    row: &'static Row,
    front: &'a Front,
    facts: &'a Facts,
    zone: TimeZone,
}

impl<'a> Shown<'a> {
    fn new(site: &'a Snapshot, magnet: &'a Magnet) -> Shown<'a> {
        let front = &site.content.article(magnet.id).front;
        let facts = front.kind.facts();
        Shown { site, magnet, row: magnet.kind.row(), front, facts, zone: facts.zone(&site.project.config.zone) }
    }

    fn word(&self, key: &str, english: &'static str) -> &'a str {
        self.site.project.theme.words.get(key).map_or(english, |w| w)
    }

    fn kind_word(&self, what: &str, english: &'static str) -> &'a str {
        self.word(&format!("{what}_{}", self.row.name), english)
    }

    fn language(&self) -> &'a str {
        &self.site.project.config.language
    }

    /// A moment in the zone of the magnet's times, as RFC 3339.
    fn written(&self, at: Moment) -> String {
        Timestamp::from_second(at).map(|t| time::rfc3339(t, &self.zone)).unwrap_or_default()
    }

    fn day(&self, at: Moment) -> String {
        time::display(&self.written(at), self.language(), Style::Full).unwrap_or_default()
    }

    fn clock(&self, at: Moment) -> String {
        time::clock(&self.written(at), self.language()).unwrap_or_default()
    }

    /// `Berlin time (UTC+1)`.
    fn zone_name(&self, at: Moment) -> String {
        let offset = Timestamp::from_second(at).map(|t| time::offset(t, &self.zone)).unwrap_or_default();
        match self.zone.iana_name().and_then(|name| name.rsplit_once('/')) {
            Some((area, city)) if area != "Etc" => {
                let place = self.word("zone_time", "{city} time").replace("{city}", &city.replace('_', " "));
                format!("{place} ({offset})")
            }
            _ => offset,
        }
    }

    /// The time of day with its zone.
    fn exact(&self, at: Moment) -> String {
        format!("{}, {}", self.clock(at), self.zone_name(at))
    }

    /// From when to when, without the first day.
    fn hours(&self) -> Option<String> {
        let (start, end) = (self.facts.start.as_ref()?.value, self.facts.end.as_ref()?.value);
        let same_day = self.written(start).get(..10) == self.written(end).get(..10);
        Some(match same_day {
            true => format!("{}–{}, {}", self.clock(start), self.clock(end), self.zone_name(start)),
            false => {
                format!("{} – {}, {}, {}", self.clock(start), self.day(end), self.clock(end), self.zone_name(start))
            }
        })
    }

    fn duration(&self) -> Option<String> {
        let minutes = self.facts.minutes?;
        let part = |n: u32, key: &str, english| (n > 0).then(|| self.word(key, english).replace("{n}", &n.to_string()));
        let parts = [part(minutes / 60, "hours", "{n} h"), part(minutes % 60, "minutes_long", "{n} min")];
        Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }

    fn price(&self) -> Option<String> {
        Some(match self.facts.price.as_ref()? {
            Price::Free => self.word("free", "Free").to_string(),
            Price::Amount(amount, currency) => format!("{amount} {currency}"),
            Price::Text(text) => text.clone(),
        })
    }

    fn expected(&self) -> Option<String> {
        match self.facts.expected.as_ref()? {
            Expected::On(at) => {
                let day = time::display(&self.written(at.value), self.language(), Style::Long);
                day.filter(|_| self.magnet.state != State::Late)
            }
            Expected::Text(text) => Some(text.clone()),
        }
    }

    /// What readers wait for.
    fn what(&self) -> &'a str {
        if self.facts.what.is_empty() { &self.front.title } else { &self.facts.what }
    }

    /// When a lesson comes.
    fn lesson_day(&self, day: u32) -> String {
        let word = match day {
            0 => self.word("day_0", "at once"),
            1 => self.word("day_1", "after a day"),
            _ => self.word("day_n", "after {n} days"),
        };
        word.replace("{n}", &day.to_string())
    }

    /// The sentence in place of the form when readers cannot take part any more.
    fn status(&self) -> Option<String> {
        let date = |at: Option<&crate::source::At<Moment>>| at.map_or(String::new(), |at| self.day(at.value));
        let (word, date) = match self.magnet.state {
            State::Open | State::Late => return None,
            State::Closed => (self.kind_word("closed", "This closed on {date}."), date(self.facts.closes.as_ref())),
            State::Over => (self.kind_word("over", "This took place on {date}."), date(self.facts.start.as_ref())),
        };
        Some(word.replace("{date}", &date))
    }

    /// The value of a `{name}` in a step.
    fn value(&self, name: &str) -> Option<String> {
        let facts = self.facts;
        let lessons = facts.lessons.as_slice();
        let text = |t: &str| Some(t.to_string()).filter(|t| !t.is_empty());
        match name {
            "date" => facts.start.as_ref().or(facts.closes.as_ref()).map(|at| self.day(at.value)),
            "time" => facts.start.as_ref().or(facts.closes.as_ref()).map(|at| self.exact(at.value)),
            "place" => text(&facts.place),
            "lesson" => lessons.first().map(|l| l.title.clone()),
            "when" => lessons.first().map(|l| self.lesson_day(l.day)),
            "n" => Some(lessons.len().to_string()).filter(|_| lessons.len() > 1),
            "last" => lessons.last().map(|l| self.lesson_day(l.day)),
            "what" => text(self.what()),
            "expected" => self.expected(),
            _ => None,
        }
    }

    /// What happens after the form: the author's sentences, else the kind's, of which those are left out that need a fact
    /// which the author did not give.
    fn steps(&self) -> Vec<String> {
        let own = [&self.front.kind.thanks_steps, &self.facts.steps].into_iter().find(|s| !s.is_empty());
        if let Some(own) = own {
            return own.clone();
        }
        let sealed = self.magnet.is_gated();
        let steps = self.row.steps.iter().filter(|s| !s.sealed || sealed);
        steps.filter_map(|s| self.filled(self.word(s.word, s.english))).collect()
    }

    fn filled(&self, sentence: &str) -> Option<String> {
        let mut out = String::with_capacity(sentence.len() + 32);
        let mut rest = sentence;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            out.push_str(before);
            out.push_str(&self.value(name)?);
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    }

    /// What there is to know at a glance, in order.
    fn plan(&self) -> Vec<Value> {
        let facts = self.facts;
        let at = |at: &Option<crate::source::At<Moment>>| at.as_ref().map(|at| at.value);
        let text = |t: &str| Some(t.to_string()).filter(|t| !t.is_empty());
        let mut out = Vec::new();
        let mut fact = |name: &'static str, english: &'static str, text: Option<String>, time: Option<Moment>| {
            let Some(text) = text else { return };
            let label = self.word(&format!("fact_{name}"), english);
            let time = time.map(|at| self.written(at));
            out.push(view! { "name": name, "label": label, "text": text, "time": time }.into());
        };
        fact("date", "Date", at(&facts.start).map(|at| self.day(at)), at(&facts.start));
        fact("time", "Time", self.hours(), None);
        fact("duration", "Takes", self.duration().filter(|_| facts.start.is_none()), None);
        fact("place", "Place", text(&facts.place), None);
        fact("online", "Online", text(&facts.online), None);
        fact("lessons", "Lessons", text(&facts.lessons.len().to_string()).filter(|_| !facts.lessons.is_empty()), None);
        fact("last", "Last lesson", facts.lessons.last().filter(|l| l.day > 0).map(|l| self.lesson_day(l.day)), None);
        fact("capacity", "Seats", text(&facts.capacity), None);
        fact("prize", "Prize", text(&facts.prize), None);
        fact("frequency", "How often", text(&facts.frequency), None);
        fact("what", "You wait for", text(&facts.what), None);
        fact("expected", "Expected", self.expected(), None);
        fact("price", "Price", self.price(), None);
        let open = self.magnet.state.is_open();
        let closes = at(&facts.closes).filter(|_| open);
        fact("closes", "Closes", closes.map(|at| format!("{}, {}", self.day(at), self.exact(at))), closes);
        fact("winner", "Winner", text(&facts.winner).filter(|_| !open), None);
        out
    }

    /// The title of the page after the form.
    fn thanks_title(&self) -> &'a str {
        match self.front.kind.thanks_title.as_str() {
            "" => self.kind_word("thanks", self.row.thanks),
            title => title,
        }
    }
}

/// Title of the page after a magnet's form.
pub(super) fn thanks_title<'a>(site: &'a Snapshot, magnet: &'a Magnet) -> &'a str {
    Shown::new(site, magnet).thanks_title()
}

/// What happens after a magnet's form, in order.
pub(super) fn steps(site: &Snapshot, magnet: &Magnet) -> Vec<String> {
    Shown::new(site, magnet).steps()
}

/// The button's text where neither the magnet nor its form says otherwise.
pub(super) fn button(site: &Snapshot, magnet: &Magnet) -> String {
    let shown = Shown::new(site, magnet);
    shown.kind_word("button", shown.row.button).to_string()
}

/// What a magnet's kind is called.
pub(super) fn label(site: &Snapshot, magnet: &Magnet) -> String {
    let shown = Shown::new(site, magnet);
    shown.kind_word("kind", shown.row.label).to_string()
}

/// Adds what a magnet's kind says to its view.
pub(super) fn add(site: &Snapshot, magnet: &Magnet, fields: &mut Fields) {
    let shown = Shown::new(site, magnet);
    let facts = shown.facts;
    let calendar = shown.row.calendar.then(|| site.plan.path(magnet.id)).flatten();
    let calendar = calendar.map(|path| site.project.config.href(&format!("{path}{}.ics", magnet.name)));
    let lesson = |l: &crate::content::facts::Lesson| {
        Value::from(
            view! { "title": l.title.as_str(), "day": l.day, "when": shown.lesson_day(l.day), "text": l.text.as_str() },
        )
    };
    let at = |at: &Option<crate::source::At<Moment>>| at.as_ref().map(|at| shown.written(at.value));
    let said = view! {
        "label": shown.kind_word("kind", shown.row.label),
        "state": magnet.state.name(),
        "status": shown.status(),
        "plan": shown.plan(),
        "start": at(&facts.start),
        "end": at(&facts.end),
        "closes": at(&facts.closes),
        "calendar": calendar,
        "lessons": facts.lessons.iter().map(lesson).collect::<Vec<_>>(),
        "rules": facts.rules.clone(),
        "steps": facts.steps.clone(),
        "booking": Some(facts.booking.as_str()).filter(|b| !b.is_empty()),
    };
    fields.extend(said);
}

/// What lists show of a magnet's kind: none of other texts.
pub(super) fn card(site: &Snapshot, id: Id) -> Option<Value> {
    if site.content.article(id).kind != Kind::Magnet {
        return None;
    }
    let shown = Shown::new(site, site.plan.magnet(id)?);
    let badge = match shown.magnet.state {
        State::Open | State::Late => None,
        State::Closed => Some(shown.word("state_closed", "Closed")),
        State::Over => Some(shown.word("state_over", "Over")),
    };
    let start = shown.facts.start.as_ref().map(|at| shown.written(at.value));
    let label = shown.kind_word("kind", shown.row.label);
    let (kind, state) = (shown.row.name, shown.magnet.state.name());
    Some(view! { "kind": kind, "label": label, "state": state, "badge": badge, "start": start }.into())
}
