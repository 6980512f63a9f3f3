//! Scores: how well a sentence would do as a quote, a figure, a contradiction.

use super::extract::Candidate;
use super::phrases::List;

/// The words of a text.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || "’'-".contains(c))).filter(|w| !w.is_empty())
}

/// How well a sentence reads outside of its text.
pub(super) fn form(c: &Candidate<'_>) -> i32 {
    let length = match c.chars {
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

/// What a quote has to reach.
const WORTH: i32 = 4;

/// A sentence that stands by itself.
pub(super) fn quote(c: &Candidate<'_>) -> Option<i32> {
    if c.text.ends_with('?') || c.text.contains(|c: char| c.is_ascii_digit()) || c.chars > 200 {
        return None;
    }
    if c.marks.count(List::Notice) > 0 {
        return None;
    }
    let own = ["i ", "i'm", "i’m", "my "].iter().filter(|w| c.lower().starts_with(**w)).count() as i32;
    let score = c.form + c.marks.count(List::Turns).min(2) * 2 - c.marks.count(List::Plural) * 4 - own * 2;
    // Nobody passes on what is merely the best of little: the slot stays open, a task for the writer.
    (score >= WORTH).then_some(score)
}

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

/// A figure.
pub(super) fn statistic(c: &Candidate<'_>) -> Option<i32> {
    if c.text.ends_with('?') {
        return None;
    }
    let share = c.marks.count(List::Shares).min(1) * 5;
    if share == 0 && !c.text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let tokens: Vec<&str> = c.lower().split_whitespace().collect();
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
    let dated = c.marks.count(List::Dated);
    let strength = strength.min(10) + share - dated * 3;
    (strength >= 4).then_some(strength + c.form)
}

/// What contradicts a habit.
pub(super) fn contrarian(c: &Candidate<'_>) -> Option<i32> {
    if c.text.ends_with('?')
        || c.text.starts_with(['“', '"'])
        || c.text.contains(" is not:")
        || c.text.contains("not only")
        || c.text.contains("no longer ")
        || c.marks.count(List::Notice) > 0
    {
        return None;
    }
    let of = |list| c.marks.count(list);
    let strength = of(List::Strong) * 4 + of(List::Weak).min(2) * 2 - of(List::Personal) * 4;
    (strength >= 4).then_some(strength + c.form)
}
