//! The files of the calendar in `social/`: one for calendars of people, and a feed of what is due for each network.

use super::plan::{Calendar, Post, State};
use super::subjects::{Sources, uid};
use crate::render::Snapshot;
use crate::render::outputs::calendar::{Entry, write_all};
use crate::text;
use std::fmt::Write as _;

/// How long a post stands in a calendar: a quarter of an hour.
const LENGTH: i64 = 15 * 60;

/// The name of a network for people.
pub fn label<'a>(site: &'a Snapshot, network: &'a str) -> &'a str {
    site.plan.networks.named(network).map_or(network, |n| &n.label)
}

/// A post as it is pasted, with what follows it.
pub fn whole(post: &Post<'_>) -> String {
    let mut out = post.snippet.text.clone();
    for (i, part) in post.snippet.thread.iter().enumerate() {
        let _ = write!(out, "\n\n({}) {part}", i + 2);
    }
    if let Some(comment) = &post.snippet.first_comment {
        let _ = write!(out, "\n\nFirst comment: {comment}");
    }
    out
}

/// An iCalendar file with an event for every post that is still to be made.
pub fn ics<'a>(site: &Snapshot, posts: impl Iterator<Item = &'a Post<'a>>) -> String {
    let open = posts.filter(|p| matches!(p.state, State::Planned | State::Due));
    let texts: Vec<_> = open
        .map(|post| {
            let s = post.snippet;
            let summary = format!("{}: {} ({})", label(site, &s.network), post.subject.title, s.variant);
            let mut about = whole(post);
            let link = s.intent.as_ref().unwrap_or(&s.url);
            let _ = write!(about, "\n\n{link}");
            (post, uid(site, s), summary, about, link)
        })
        .collect();
    let entries: Vec<Entry<'_>> = texts
        .iter()
        .map(|(post, uid, summary, about, link)| Entry {
            uid,
            changed: post.subject.changed.as_second(),
            start: post.at.as_second(),
            end: post.at.as_second() + LENGTH,
            summary,
            description: about,
            location: "",
            url: link,
        })
        .collect();
    write_all(&entries)
}

/// XML text: what XML 1.0 cannot hold is left out.
fn xml(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    text::escape(&kept)
}

/// An RSS 2.0 feed of what is due on a network: schedulers and automations read it.
fn feed(site: &Snapshot, network: &str, sources: &Sources, calendar: &Calendar<'_>) -> String {
    let config = &site.project.config;
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\"><channel>\n");
    let title = format!("{}: due on {}", config.title, label(site, network));
    // Writing to a String does not fail.
    let _ = writeln!(
        out,
        "<title>{}</title><link>{}</link><description>{}</description>",
        xml(&title),
        xml(&config.absolute("/")),
        xml(&title)
    );
    let due = calendar.posts.iter().filter(|p| p.state == State::Due && *p.snippet.network == *network);
    for post in due {
        let _ = writeln!(
            out,
            "<item><title>{}</title><link>{}</link><guid isPermaLink=\"false\">{}</guid><pubDate>{}</pubDate><description>{}</description>",
            xml(post.snippet.title.as_ref().map_or(&*post.subject.title, |t| t)),
            xml(&post.snippet.url),
            xml(&uid(site, post.snippet)),
            post.at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
            xml(&whole(post))
        );
        if let Some(card) = sources.rules.card_address(post.snippet) {
            // The length must be there and may be zero where it is not known.
            let _ = writeln!(out, "<enclosure url=\"{}\" type=\"image/png\" length=\"0\"/>", xml(&card));
        }
        out.push_str("</item>\n");
    }
    out.push_str("</channel></rss>\n");
    out
}

/// The files of the calendar, by their path below `social/`.
pub fn files(site: &Snapshot, sources: &Sources, calendar: &Calendar<'_>) -> Vec<(String, Vec<u8>)> {
    let mut out = vec![("calendar.ics".to_string(), ics(site, calendar.posts.iter()).into_bytes())];
    for network in sources.rules.networks() {
        let feed = feed(site, network, sources, calendar).into_bytes();
        out.push((format!("due/{network}.xml"), feed));
    }
    out
}
