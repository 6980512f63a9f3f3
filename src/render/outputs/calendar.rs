//! Calendar files (iCalendar, RFC 5545): events in UTC, the same bytes from the same sources.

use crate::content::{Id, Moment};
use crate::render::ask::ask;
use crate::render::snapshot::Snapshot;
use crate::site::query::Query;
use crate::text;
use jiff::Timestamp;

/// An event of a calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry<'a> {
    /// What it is known by in the reader's calendar: a file with the same one takes the place of the entry.
    pub uid: &'a str,
    /// When it was last changed.
    pub changed: Moment,
    /// When it begins.
    pub start: Moment,
    /// When it ends.
    pub end: Moment,
    /// Its title.
    pub summary: &'a str,
    /// What it is about; may be empty.
    pub description: &'a str,
    /// Where; may be empty.
    pub location: &'a str,
    /// Its page.
    pub url: &'a str,
}

/// The longest line in bytes without its line break (RFC 5545, section 3.1).
const LINE: usize = 75;

/// The file of a magnet's date.
pub fn of_magnet(site: &Snapshot, id: Id) -> String {
    ask(Query::Site);
    ask(Query::Magnet(id));
    let article = site.content.article(id);
    let (front, facts) = (&article.front, article.front.kind.facts());
    let (Some(start), Some(end), Some(path)) = (&facts.start, &facts.end, site.plan.path(id)) else {
        return String::new();
    };
    let config = &site.project.config;
    let host = text::origin(&config.base_url).and_then(|o| o.rsplit('/').next()).unwrap_or_default();
    let about = [&front.kind.promise, &front.description].into_iter().find(|t| !t.is_empty());
    let url = config.absolute(path);
    let places: Vec<&str> = [&*facts.place, &*facts.online].into_iter().filter(|p| !p.is_empty()).collect();
    write(&Entry {
        uid: &format!("{}@{host}{}", article.name(), config.base_path),
        changed: front.updated.or(front.date).unwrap_or(start.value),
        start: start.value,
        end: end.value,
        summary: &front.title,
        description: &about.map_or(url.clone(), |a| format!("{a}\n{url}")),
        location: &places.join("; "),
        url: &url,
    })
}

/// Writes a calendar with one event.
pub fn write(entry: &Entry<'_>) -> String {
    write_all([entry])
}

/// Writes a calendar.
pub fn write_all<'a>(entries: impl IntoIterator<Item = &'a Entry<'a>>) -> String {
    let mut out = String::with_capacity(512);
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            push_folded(&mut out, &format!("{name}:{value}"));
        }
    };
    line("BEGIN", "VCALENDAR");
    line("VERSION", "2.0");
    line("PRODID", "-//hub//hub//EN");
    line("CALSCALE", "GREGORIAN");
    for entry in entries {
        line("BEGIN", "VEVENT");
        line("UID", &escape(entry.uid));
        line("DTSTAMP", &utc(entry.changed));
        line("DTSTART", &utc(entry.start));
        line("DTEND", &utc(entry.end));
        line("SUMMARY", &escape(entry.summary));
        line("DESCRIPTION", &escape(entry.description));
        line("LOCATION", &escape(entry.location));
        line("URL", &one_line(entry.url));
        line("END", "VEVENT");
    }
    line("END", "VCALENDAR");
    out
}

/// A moment as a date with UTC time (RFC 5545, section 3.3.5, form 2): no reader's calendar needs to know our zones.
fn utc(at: Moment) -> String {
    Timestamp::from_second(at).map(|t| t.strftime("%Y%m%dT%H%M%SZ").to_string()).unwrap_or_default()
}

/// Text as a value (RFC 5545, section 3.3.11). Control characters have no place in it.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' | '\r' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// An address is no text: it is not escaped, but it cannot begin a line of its own.
fn one_line(url: &str) -> String {
    url.chars().filter(|c| !c.is_control()).collect()
}

/// Appends a line; one that is too long goes on after a line break and a blank, never within a character.
fn push_folded(out: &mut String, line: &str) {
    let mut used = 0;
    for c in line.chars() {
        if used + c.len_utf8() > LINE {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(c);
        used += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    fn entry() -> Entry<'static> {
        Entry { uid: "a@acme.io", summary: "A", end: 3600, url: "https://acme.io/", ..Entry::default() }
    }

    /// Undoes the folding, as a reader does (RFC 5545, section 3.1).
    fn unfolded(file: &str) -> Vec<String> {
        let whole = file.replace("\r\n ", "");
        whole.split_terminator("\r\n").map(str::to_string).collect()
    }

    #[test]
    fn the_file_is_as_the_standard_says() {
        let file = write(&Entry { description: "One, two; three\\four\nfive", location: "Café", ..entry() });
        let wanted = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//hub//hub//EN\r\nCALSCALE:GREGORIAN\r\nBEGIN:VEVENT\r\n\
                      UID:a@acme.io\r\nDTSTAMP:19700101T000000Z\r\nDTSTART:19700101T000000Z\r\nDTEND:19700101T010000Z\r\n\
                      SUMMARY:A\r\nDESCRIPTION:One\\, two\\; three\\\\four\\nfive\r\nLOCATION:Café\r\nURL:https://acme.io/\r\n\
                      END:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(file, wanted);
    }

    #[test]
    fn times_of_any_zone_are_in_utc() -> Result<(), jiff::Error> {
        for (zone, summer, winter) in [
            ("Europe/Berlin", "20260701T160000Z", "20261201T170000Z"),
            ("America/New_York", "20260701T220000Z", "20261201T230000Z"),
            ("Asia/Kolkata", "20260701T123000Z", "20261201T123000Z"),
        ] {
            let zone = TimeZone::get(zone)?;
            let at = |date| time::parse(date, &zone).map(|t| utc(t.as_second()));
            assert_eq!(at("2026-07-01T18:00:00").as_deref(), Some(summer));
            assert_eq!(at("2026-12-01T18:00:00").as_deref(), Some(winter));
        }
        Ok(())
    }

    #[test]
    fn long_lines_are_folded_between_characters() {
        let title = "ä".repeat(100);
        let file = write(&Entry { summary: &title, ..entry() });
        assert!(file.contains("\r\n ä"), "{file}");
        assert!(file.split("\r\n").all(|l| l.len() <= LINE), "{file}");
        assert!(unfolded(&file).contains(&format!("SUMMARY:{title}")));
    }

    proptest! {
        #[test]
        fn no_text_breaks_out_of_its_line(summary in "\\PC*|[\\x00-\\x1f;,\\\\a]{0,90}", url in "https://a/[\\x00-\\x7f]*") {
            let file = write(&Entry { summary: &summary, url: &url, ..entry() });
            prop_assert!(file.split("\r\n").all(|l| l.len() <= LINE && !l.contains(['\r', '\n'])));
            let lines = unfolded(&file);
            prop_assert_eq!(lines.iter().filter(|l| l.starts_with("BEGIN:")).count(), 2);
            prop_assert_eq!(lines.len(), 13 - usize::from(escape(&summary).is_empty()));
        }
    }
}
