//! The calendar of posts, four weeks at a time.

use super::map;
use super::request::Request;
use super::{Reply, State, page};
use crate::share::{self, Post, State as Posted, Step};
use crate::text;
use jiff::civil::Date;
use jiff::{Span, ToSpan as _};
use serde_json::{Value, json};

/// So many weeks are shown.
const WEEKS: i64 = 4;
/// So many slots of a day are shown; the rest are a number.
const MOST: usize = 12;

/// Posts of one day that go out at one time for one reason.
type Slot<'a> = (String, Vec<&'a Post<'a>>);

/// What several networks get of one article at one time stands together.
fn grouped<'a>(posts: impl Iterator<Item = (String, &'a Post<'a>)>) -> Vec<Slot<'a>> {
    let mut out: Vec<Slot<'a>> = Vec::new();
    for (time, post) in posts {
        let same = |(t, p): &&mut Slot<'a>| {
            *t == time
                && p[0].subject.article == post.subject.article
                && p[0].step == post.step
                && p[0].state == post.state
        };
        match out.iter_mut().find(same) {
            Some((_, posts)) => posts.push(post),
            None => out.push((time, vec![post])),
        }
    }
    out
}

fn slot(state: &State<'_>, time: &str, posts: &[&Post<'_>]) -> Value {
    let site = state.site;
    let post = posts[0];
    let why = match &post.step {
        Step::First => "new".to_string(),
        Step::Repost(1) => "again after a day".to_string(),
        Step::Repost(days) => format!("again after {days} days"),
        Step::Campaign(name) => format!("campaign {name}"),
    };
    let mut networks: Vec<Value> = Vec::new();
    for post in posts {
        let label = share::calendar::label(site, &post.snippet.network);
        networks.push(json!({ "label": label, "ask": post.ask, "variant": &*post.snippet.variant }));
    }
    let url = site.content.find(&post.subject.path).map(|id| map::articles_url(state, id));
    json!({
        "time": time, "networks": networks, "title": &*post.subject.title, "url": url, "state": post.state.name(), "why": why,
    })
}

/// The page of the calendar.
pub(super) fn weeks(state: &State<'_>, request: &Request<'_>) -> Reply {
    let site = state.site;
    let sources = state.memory.sources(site);
    let calendar = sources.calendar();
    let zone = sources.rules.zone.clone();
    let today = site.settings.now.to_zoned(zone.clone()).date();
    let from = request.asked("from").parse::<Date>().unwrap_or(today);
    let first = from.saturating_sub(Span::new().days(i64::from(from.weekday().to_monday_zero_offset())));
    let last = first.saturating_add((7 * WEEKS).days());
    let dated = calendar.posts.iter().map(|post| (post.at.to_zoned(zone.clone()), post));
    let dated: Vec<_> = dated.filter(|(at, _)| (first..last).contains(&at.date())).collect();
    let day = |n: i64| {
        let date = first.saturating_add(n.days());
        let here: Vec<_> = dated.iter().filter(|(at, _)| at.date() == date).collect();
        let slots = grouped(here.iter().map(|(at, post)| (at.strftime("%H:%M").to_string(), *post)));
        let posts: Vec<Value> = slots.iter().take(MOST).map(|(time, posts)| slot(state, time, posts)).collect();
        json!({
            "date": date.to_string(), "name": date.strftime("%a").to_string(), "day": date.strftime("%-d %b").to_string(),
            "today": date == today, "past": date < today, "posts": posts, "more": slots.len().saturating_sub(MOST),
        })
    };
    let weeks: Vec<Vec<Value>> = (0..WEEKS).map(|w| (0..7).map(|d| day(7 * w + d)).collect()).collect();
    let of = |wanted: Posted| calendar.posts.iter().filter(|p| p.state == wanted).count();
    let (due, missed) = (of(Posted::Due), of(Posted::Missed));
    let shown = json!({
        "weeks": weeks, "some": !dated.is_empty(), "asks": dated.iter().any(|(_, p)| p.ask), "all": calendar.posts.len(), "due": due, "due_shown": text::count(due, "post"),
        "missed": missed, "missed_shown": text::count(missed, "post"), "planned": text::count(of(Posted::Planned), "post"),
        "span": format!("{} to {}", first.strftime("%-d %B"), last.saturating_sub(1.days()).strftime("%-d %B %Y")),
        "prev": format!("?from={}", first.saturating_sub((7 * WEEKS).days())), "next": format!("?from={last}"),
        "now": first <= today && today < last,
    });
    page::render(state, "calendar.html", "Calendar", "calendar", shown)
}
