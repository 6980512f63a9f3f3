//! Scores: how well a sentence would do as a quote, a figure, a contradiction.

use super::extract::Candidate;
use super::phrases::Phrases;

/// The words of a text.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || "’'-".contains(c))).filter(|w| !w.is_empty())
}

/// How well a sentence reads outside of its text.
pub(super) fn form(c: &Candidate<'_>) -> i32 {
    let chars = c.text.chars().count();
    let length = match chars {
        60..=150 => 6,
        45..=180 => 3,
        181..=220 => 0,
        _ => -3,
    };
    let commas = c.text.matches([',', ';', '(']).count() as i32;
    let place = i32::from(c.at == 0) * 2 + i32::from(c.at + 1 == c.of && c.of > 1) * 2;
    let dull = i32::from(c.text.starts_with("I ") || c.text.starts_with("We ") || c.text.contains(" we ")) * 2;
    length + place - commas.max(1) + 1 - dull - (c.block as i32 / 12)
}

/// A sentence that stands by itself.
pub(super) fn quote(c: &Candidate<'_>) -> Option<i32> {
    if c.text.ends_with('?') || c.text.contains(|c: char| c.is_ascii_digit()) || c.text.chars().count() > 200 {
        return None;
    }
    let lower = c.text.to_lowercase();
    let own = ["i ", "i'm", "i’m", "my "].iter().filter(|w| lower.starts_with(**w)).count() as i32;
    Some(form(c) + TURNS.within(&lower).min(2) * 2 - PLURAL.within(&format!(" {lower}")) * 4 - own * 2)
}

static TURNS: Phrases = Phrases::of(&[
    " not ",
    " because ",
    " than ",
    " only ",
    " never ",
    " always ",
    " without ",
    " before ",
    " nobody ",
    " every ",
    " until ",
]);

static PLURAL: Phrases =
    Phrases::of(&[" we ", "we've", "we're", "we’ve", "we’re", " our ", "thank", "we'd", "we’d", "we'll", "we’ll"]);

static STRONG: Phrases = Phrases::of(&[
    " myth",
    " wrong ",
    " mistake",
    "nobody ",
    "no one ",
    " never ",
    "most people",
    "instead of",
    "rather than",
    " worse",
    " waste",
    " harm",
    "is not a ",
    "are not a ",
    "not because",
    "the opposite",
    " overrated",
    "bad idea",
    "is no ",
    " not the ",
    "is not the",
    "does not make",
    "do not need",
    "don't need",
    "don’t need",
    " stop ",
    "too many",
    "too much",
    " costs ",
]);

static WEAK: Phrases = Phrases::of(&[" not ", "n't ", "n’t ", " without ", " no ", " nothing ", " hardly ", " only "]);

static PERSONAL: Phrases = Phrases::of(&[" we ", " i ", " our ", " my ", "sorry", "unfortunately"]);

static DATES: Phrases = Phrases::of(&[
    "january",
    "february",
    "march ",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "utc",
    "version",
    "o'clock",
]);

/// Units that make a number a figure.
const UNITS: &[&str] = &[
    "percent",
    "per cent",
    "prozent",
    "million",
    "billion",
    "millionen",
    "times",
    "times as",
    "hours",
    "days",
    "weeks",
    "months",
    "years",
    "minutes",
    "seconds",
    "people",
    "readers",
    "users",
    "contributors",
    "companies",
    "posts",
    "articles",
    "pages",
    "leads",
    "subscribers",
    "customers",
    "respondents",
    "responses",
    "crates",
    "issues",
    "downloads",
    "commits",
    "points",
    "euros",
    "dollars",
    "members",
    "attendees",
    "submissions",
    "projects",
    "requests",
    "lines",
    "packages",
    "tests",
    "repositories",
    "visitors",
];

static SHARES: Phrases = Phrases::of(&[
    "one in two",
    "one in three",
    "one in four",
    "one in five",
    "one in ten",
    "one out of",
    "two out of",
    "three out of",
    "nine out of",
    "half of",
    "two thirds",
    "two-thirds",
    "three quarters",
    "three-quarters",
    "a third of",
    "a quarter of",
]);

/// A figure.
pub(super) fn statistic(c: &Candidate<'_>) -> Option<i32> {
    if c.text.ends_with('?') {
        return None;
    }
    let lower = c.text.to_lowercase();
    let share = SHARES.within(&lower).min(1) * 5;
    let tokens: Vec<&str> = lower.split_whitespace().collect();
    let mut strength = 0;
    for (i, token) in tokens.iter().enumerate() {
        let token = token.trim_matches(|c: char| !(c.is_alphanumeric() || "%€$£×+".contains(c)));
        let digits = token.trim_matches(['€', '$', '£', '+', '%', '×', 'x', 'k', 'm']);
        let number = !digits.is_empty()
            && digits.chars().all(|c| c.is_ascii_digit() || c == ',' || c == '.')
            && digits.matches('.').count() < 2;
        if !number {
            continue;
        }
        let next = tokens.get(i + 1).map_or("", |t| t.trim_matches(|c: char| !c.is_alphanumeric()));
        let money = token.starts_with(['€', '$', '£']);
        let unit = UNITS.contains(&next)
            || tokens.get(i + 2).is_some_and(|t| UNITS.contains(&t.trim_matches(|c: char| !c.is_alphanumeric())));
        let time = ["hours", "days", "weeks", "months", "years", "minutes", "seconds"].contains(&next);
        let plain = digits.replace(',', "");
        let year = !digits.contains(',') && plain.len() == 4 && (plain.starts_with("19") || plain.starts_with("20"));
        strength += match () {
            _ if token == "100%" => 0,
            _ if token.ends_with(['%', '×']) || money => 6,
            _ if year => 0,
            _ if unit && time => 2,
            _ if unit => 4,
            _ if digits.contains(',') => 3,
            _ => 0,
        };
    }
    let dated = DATES.within(&lower);
    let strength = strength.min(10) + share - dated * 3;
    (strength >= 4).then(|| strength + form(c))
}

/// What contradicts a habit.
pub(super) fn contrarian(c: &Candidate<'_>) -> Option<i32> {
    if c.text.ends_with('?')
        || c.text.starts_with(['“', '"'])
        || c.text.contains(" is not:")
        || c.text.contains("not only")
    {
        return None;
    }
    let lower = format!(" {}", c.text.to_lowercase());
    let strength = STRONG.within(&lower) * 4 + WEAK.within(&lower).min(2) * 2 - PERSONAL.within(&lower) * 4;
    (strength >= 4).then(|| strength + form(c))
}
