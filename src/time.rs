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
    /// `Thursday, 12 March 2026`
    Full,
}

impl Style {
    /// The styles by name.
    pub const NAMES: [(&'static str, Style); 4] =
        [("long", Style::Long), ("short", Style::Short), ("iso", Style::Iso), ("full", Style::Full)];
}

/// Names of months and days, and the order of the parts: a language is a row.
struct Language {
    code: &'static str,
    months: [&'static str; 12],
    /// From Monday on.
    days: [&'static str; 7],
    /// `{d}`, `{m}`, `{y}` in order.
    pattern: &'static str,
    /// What stands between the day of the week and the rest.
    after_day: &'static str,
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
        days: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        pattern: "{d} {m} {y}",
        after_day: ", ",
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
        days: ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
        pattern: "{d}. {m} {y}",
        after_day: ", ",
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
        days: ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
        pattern: "{d} {m} {y}",
        after_day: " ",
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
        days: ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
        pattern: "{d} de {m} de {y}",
        after_day: ", ",
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
        days: ["lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"],
        pattern: "{d} {m} {y}",
        after_day: " ",
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
        days: ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"],
        pattern: "{d} {m} {y}",
        after_day: " ",
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
        days: ["segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"],
        pattern: "{d} de {m} de {y}",
        after_day: ", ",
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
    if style == Style::Full {
        out.push_str(row.days[usize::from(day.weekday().to_monday_zero_offset().unsigned_abs())]);
        out.push_str(row.after_day);
    }
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

/// The time of day that a date holds (`2026-03-12T18:05…`), for people: `18:05`, in American English `6:05 pm`. It is the
/// time where the date was written.
pub fn clock(date: &str, language: &str) -> Option<String> {
    let time: Time = date.get(11..16)?.parse().ok()?;
    let twelve = ["en-us", "en-ca", "en-au"].contains(&language.to_lowercase().as_str());
    Some(match (twelve, time.hour()) {
        (false, _) => time.strftime("%H:%M").to_string(),
        (true, hour) => {
            let half = if hour < 12 { "am" } else { "pm" };
            format!("{}:{:02} {half}", (hour + 11) % 12 + 1, time.minute())
        }
    })
}

/// How far a zone is from UTC at a moment: `UTC`, `UTC+1`, `UTC−3:30`.
pub fn offset(at: Timestamp, zone: &TimeZone) -> String {
    let seconds = zone.to_offset(at).seconds();
    let (hours, minutes) = (seconds.unsigned_abs() / 3600, seconds.unsigned_abs() % 3600 / 60);
    let sign = if seconds < 0 { '−' } else { '+' };
    match (hours, minutes) {
        (0, 0) => "UTC".to_string(),
        (_, 0) => format!("UTC{sign}{hours}"),
        _ => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_for_people() -> Result<(), jiff::Error> {
        let at = "2026-12-03T18:05:00+01:00";
        let shown = |language| (display(at, language, Style::Full), clock(at, language));
        assert_eq!(shown("en"), (Some("Thursday, 3 December 2026".into()), Some("18:05".into())));
        assert_eq!(shown("de"), (Some("Donnerstag, 3. Dezember 2026".into()), Some("18:05".into())));
        assert_eq!(shown("en-US").1, Some("6:05 pm".into()));
        let twelve = |time: &str| clock(&format!("2026-12-03T{time}"), "en-US").unwrap_or_default();
        assert_eq!([twelve("00:00"), twelve("12:30")], ["12:00 am", "12:30 pm"]);
        assert_eq!((clock("2026-12-03", "en"), clock("2026-12-03Tnoon!", "en")), (None, None));
        for (zone, summer, winter) in [
            ("Europe/Berlin", "UTC+2", "UTC+1"),
            ("America/St_Johns", "UTC−2:30", "UTC−3:30"),
            ("Europe/London", "UTC+1", "UTC"),
        ] {
            let zone = TimeZone::get(zone)?;
            assert_eq!(offset("2026-07-01T00:00:00Z".parse()?, &zone), summer);
            assert_eq!(offset("2026-12-01T00:00:00Z".parse()?, &zone), winter);
        }
        Ok(())
    }

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
