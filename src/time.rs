//! Dates as authors write them, in the site's time zone.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// Reads `2026-11-22`, `2026-11-22 09:00`, `2026-11-22T09:00:00` or RFC 3339 with an offset; a time without an offset is
/// in `zone`.
pub fn parse(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    let civil = match text.parse::<Date>() {
        Ok(date) if text.len() == 10 => date.to_datetime(Time::midnight()),
        _ => text.parse::<DateTime>().ok()?,
    };
    Some(civil.to_zoned(zone.clone()).ok()?.timestamp())
}

/// RFC 3339 in the zone, seconds precise.
pub fn rfc3339(timestamp: Timestamp, zone: &TimeZone) -> String {
    timestamp.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// `12 March 2026` and its shorter forms, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `12 March 2026`
    Long,
    /// `12 Mar 2026`
    Short,
    /// `2026-03-12`
    Iso,
}

impl Style {
    /// The styles by name.
    pub const NAMES: [(&'static str, Style); 3] = [("long", Style::Long), ("short", Style::Short), ("iso", Style::Iso)];
}

/// Month names and the order of the parts: a language is a row.
struct Language {
    code: &'static str,
    months: [&'static str; 12],
    /// `{d}`, `{m}`, `{y}` in order.
    pattern: &'static str,
}

const LANGUAGES: &[Language] = &[
    Language {
        code: "en",
        months: [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        pattern: "{d} {m} {y}",
    },
    Language {
        code: "de",
        months: [
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ],
        pattern: "{d}. {m} {y}",
    },
    Language {
        code: "fr",
        months: [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ],
        pattern: "{d} {m} {y}",
    },
    Language {
        code: "es",
        months: [
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ],
        pattern: "{d} de {m} de {y}",
    },
    Language {
        code: "it",
        months: [
            "gennaio",
            "febbraio",
            "marzo",
            "aprile",
            "maggio",
            "giugno",
            "luglio",
            "agosto",
            "settembre",
            "ottobre",
            "novembre",
            "dicembre",
        ],
        pattern: "{d} {m} {y}",
    },
    Language {
        code: "nl",
        months: [
            "januari",
            "februari",
            "maart",
            "april",
            "mei",
            "juni",
            "juli",
            "augustus",
            "september",
            "oktober",
            "november",
            "december",
        ],
        pattern: "{d} {m} {y}",
    },
    Language {
        code: "pt",
        months: [
            "janeiro",
            "fevereiro",
            "março",
            "abril",
            "maio",
            "junho",
            "julho",
            "agosto",
            "setembro",
            "outubro",
            "novembro",
            "dezembro",
        ],
        pattern: "{d} de {m} de {y}",
    },
];

/// The day that a date begins with (`2026-03-12…`), for people, in the language (`en`, `de-AT`, …); languages without a row
/// get the ISO form. It is the day where the date was written: dates of the site are in its zone.
pub fn display(date: &str, language: &str, style: Style) -> Option<String> {
    let text = date.get(..10)?;
    let day: Date = text.parse().ok()?;
    if style == Style::Iso {
        return Some(text.to_string());
    }
    let primary = language.split('-').next().unwrap_or(language);
    let row = LANGUAGES.iter().find(|l| l.code == primary);
    let Some(row) = row else { return Some(text.to_string()) };
    let month = row.months[usize::from(day.month().unsigned_abs()) - 1];
    let letters = if style == Style::Short && month.chars().count() > 4 { 3 } else { usize::MAX };
    let mut out = String::with_capacity(24);
    for part in row.pattern.split_inclusive('}') {
        let (before, name) = part.split_at(part.find('{').unwrap_or(part.len()));
        out.push_str(before);
        match name {
            "{d}" => out.push_str(&day.day().to_string()),
            "{m}" => out.extend(month.chars().take(letters)),
            "{y}" => out.push_str(&day.year().to_string()),
            other => out.push_str(other),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_without_an_offset_are_in_the_zone() -> Result<(), jiff::Error> {
        let zone = TimeZone::get("Europe/Berlin")?;
        let at = parse("2026-07-01", &zone).map(|t| rfc3339(t, &zone));
        assert_eq!(at.as_deref(), Some("2026-07-01T00:00:00+02:00"));
        assert_eq!(
            parse("2026-07-01T10:00:00Z", &zone).map(|t| t.to_string()).as_deref(),
            Some("2026-07-01T10:00:00Z")
        );
        assert_eq!(parse("2026-13-01", &zone), None);
        let shown = |language| display("2026-03-12T00:00:00+01:00", language, Style::Long);
        assert_eq!((shown("de-AT"), shown("xx")), (Some("12. März 2026".into()), Some("2026-03-12".into())));
        assert_eq!(display("soon", "en", Style::Long), None);
        Ok(())
    }
}
