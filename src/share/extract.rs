//! Extraction: what an article says that makes a post. Nothing is invented: each passage is the article's own, word for word.

use super::phrases::{List, Marks};
use super::points::list;
use super::scores::{contrarian, form, quote, statistic, words};
use super::sentences::{is_plain, is_whole, sentences, stands_alone};
use crate::content::markdown::{Heard, Part, Prose};

/// What a post may be made of. A slot that the article cannot fill is a task for its writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// What the reader takes away.
    Takeaway,
    /// A sentence that stands by itself.
    Quote,
    /// A question to the reader.
    Question,
    /// A figure that is in the text.
    Statistic,
    /// The headings, as points.
    List,
    /// What contradicts a habit.
    Contrarian,
    /// How a story begins.
    Story,
    /// What the reader is offered.
    Ask,
}

impl Slot {
    /// Every slot, with its name and what the writer does where it stays empty.
    pub const ALL: [(Slot, &'static str, &'static str); 8] = [
        (Slot::Takeaway, "takeaway", "say in two sentences what a reader knows afterwards"),
        (Slot::Quote, "quote", "mark a sentence that stands by itself"),
        (Slot::Question, "question", "ask the question that this article answers"),
        (Slot::Statistic, "statistic", "name a figure, if the article has one; hub invents none"),
        (Slot::List, "list", "give the article three headings or more that say something by themselves"),
        (Slot::Contrarian, "contrarian", "say what most people do, and why this is better"),
        (Slot::Story, "story", "tell how it began, in two sentences"),
        (Slot::Ask, "ask", "offer a magnet, so that there is something to ask for"),
    ];

    /// Its name, which is that of its variant.
    pub fn name(self) -> &'static str {
        Slot::ALL.iter().find(|(slot, ..)| *slot == self).map_or("", |(_, name, _)| name)
    }
}

/// What was found for a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub slot: Slot,
    /// The post.
    pub text: String,
    /// What follows in the article, for networks with room.
    pub more: String,
    /// Points, each with the sentence under it, which may be empty.
    pub points: Vec<(String, String)>,
}

/// A sentence and its place.
pub(super) struct Candidate<'a> {
    pub block: usize,
    /// Its place among the sentences of the block, and their number.
    pub at: usize,
    pub of: usize,
    pub text: &'a str,
    /// It in lower case, after a space.
    spaced: String,
    pub chars: usize,
    pub marks: Marks,
    /// How well it reads outside of its text.
    pub form: i32,
    /// The sentences after it in its block.
    pub after: &'a str,
    /// Whether it says something by itself.
    pub alone: bool,
}

impl Candidate<'_> {
    /// It in lower case.
    pub fn lower(&self) -> &str {
        &self.spaced[1..]
    }
}

/// Characters of a sentence that is worth a post.
const LENGTH: std::ops::RangeInclusive<usize> = 35..=260;

/// What extraction looks at.
pub struct Article<'a> {
    /// What it says.
    pub heard: &'a Heard,
    /// Its title.
    pub title: &'a str,
    /// Its description; may be empty.
    pub description: &'a str,
    /// Whether it is in English.
    pub english: bool,
    /// Whether no other article has a sentence of this hash.
    pub fresh: &'a dyn Fn(u64) -> bool,
}

/// Fills the slots that are wanted, each with another passage; `said` is what the author's own posts say.
pub fn extract(article: &Article<'_>, wanted: &[Slot], said: &[&str]) -> Vec<Found> {
    let Article { heard, title, description, english, fresh } = *article;
    let prose = &heard.prose;
    let candidates = candidates(heard, fresh);
    let mut used: Vec<String> = said.iter().map(|s| s.to_string()).collect();
    used.push(title.to_string());
    let mut out = Vec::new();
    // What fits fewest sentences chooses first.
    for slot in
        [Slot::Takeaway, Slot::Statistic, Slot::Question, Slot::Story, Slot::Contrarian, Slot::Quote, Slot::List]
    {
        if !wanted.contains(&slot) {
            continue;
        }
        let found = match slot {
            Slot::Takeaway => {
                takeaway(prose, &candidates, if fresh(hash(description.trim())) { description } else { "" }, &used)
            }
            Slot::Statistic => best(&candidates, &used, statistic).map(|c| passage(slot, c, 0)),
            Slot::Question => question(&candidates, &used),
            Slot::Story if english => story(heard, &used, fresh),
            Slot::Contrarian if english => best(&candidates, &used, contrarian).map(|c| passage(slot, c, 0)),
            Slot::Quote => best(&candidates, &used, quote).map(|c| passage(slot, c, 0)),
            Slot::List if fresh(hash(title)) => list(prose, title),
            _ => None,
        };
        if let Some(found) = found {
            used.push(found.text.clone());
            out.push(found);
        }
    }
    out
}

/// What tells a sentence from another.
pub(super) fn hash(sentence: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(sentence.as_bytes())
}

fn candidates<'a>(heard: &'a Heard, fresh: &dyn Fn(u64) -> bool) -> Vec<Candidate<'a>> {
    let mut out = Vec::new();
    for (i, (block, all)) in heard.blocks().enumerate() {
        if block.part != Part::Paragraph || (block.marked_up && !is_plain(&block.text)) {
            continue;
        }
        let of = all.len();
        for (at, sentence) in all.iter().enumerate() {
            let text = sentence.of(&block.text);
            let chars = text.chars().count();
            if !LENGTH.contains(&chars) || !fresh(sentence.hash) || !is_whole(text) {
                continue;
            }
            if at + 1 == of && block.shows && text.ends_with(':') {
                continue;
            }
            let mut spaced = String::with_capacity(text.len() + 1);
            spaced.push(' ');
            match text.is_ascii() {
                true => {
                    spaced.push_str(text);
                    spaced.make_ascii_lowercase();
                }
                false => spaced.push_str(&text.to_lowercase()),
            }
            let marks = Marks::of(&spaced);
            let after = block.text[sentence.end as usize..].trim_start();
            let alone = stands_alone(&spaced, &marks);
            let mut one = Candidate { block: i, at, of, text, spaced, chars, marks, form: 0, after, alone };
            one.form = form(&one);
            out.push(one);
        }
    }
    out
}

fn is_used(text: &str, used: &[String]) -> bool {
    used.iter().any(|u| u.contains(text) || (!u.is_empty() && text.contains(u.as_str())))
}

fn best<'a, 'b>(
    all: &'b [Candidate<'a>],
    used: &[String],
    score: fn(&Candidate<'_>) -> Option<i32>,
) -> Option<&'b Candidate<'a>> {
    let mut best: Option<(i32, &Candidate<'_>)> = None;
    for c in all.iter().filter(|c| c.alone) {
        // Of equals the first. To compare with what is used takes longest, so it comes last.
        if let Some(score) = score(c)
            && best.is_none_or(|(most, _)| score > most)
            && !is_used(c.text, used)
        {
            best = Some((score, c));
        }
    }
    best.map(|(_, c)| c)
}

fn passage(slot: Slot, c: &Candidate<'_>, with: usize) -> Found {
    let mut text = c.text.to_string();
    let mut more = c.after;
    for next in sentences(c.after).take(with) {
        text.push(' ');
        text.push_str(next);
        more = more[next.len()..].trim_start();
    }
    Found { slot, text, more: plain_run(more), points: Vec::new() }
}

/// The sentences from the beginning that a post can show.
fn plain_run(text: &str) -> String {
    let mut out = String::new();
    for sentence in sentences(text).take_while(|s| is_whole(s) && s.chars().count() < 400) {
        if out.len() + sentence.len() > 700 {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(sentence);
    }
    out
}

fn question(all: &[Candidate<'_>], used: &[String]) -> Option<Found> {
    let score = |c: &Candidate<'_>| {
        let lower = c.lower();
        if !c.text.ends_with('?') || words(c.text).count() < 5 || lower.starts_with("so ") || is_used(c.text, used) {
            return None;
        }
        let loose = !c.alone && !lower.starts_with("what ") && !lower.starts_with("how ") && !lower.starts_with("why ");
        if loose || lower.contains(" this") || lower.contains(" these") || lower.contains(" that,") {
            return None;
        }
        let you = c.marks.count(List::You).min(1) * 4;
        let answered = i32::from(sentences(c.after).next().is_some_and(|a| is_whole(a) && !a.ends_with('?'))) * 2;
        Some(c.form + you + answered)
    };
    let scored = all.iter().filter_map(|c| Some((score(c)?, c)));
    let (_, c) = scored.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    let answer =
        sentences(c.after).next().is_some_and(|a| is_whole(a) && !a.ends_with('?') && a.chars().count() <= 160);
    Some(passage(Slot::Question, c, usize::from(answer)))
}

fn takeaway(prose: &Prose, all: &[Candidate<'_>], description: &str, used: &[String]) -> Option<Found> {
    let made =
        |text: &str| Found { slot: Slot::Takeaway, text: text.to_string(), more: String::new(), points: Vec::new() };
    let described = description.trim();
    if described.chars().count() >= 40 && is_plain(described) && !is_used(described, used) {
        return Some(made(described));
    }
    let marked = |c: &&Candidate<'_>| {
        [
            "in short",
            "the point ",
            "what matters",
            "the result ",
            "the lesson",
            "the bottom line",
            "to sum up",
            "in summary",
        ]
        .iter()
        .any(|w| c.lower().starts_with(w))
    };
    let beginning = prose.blocks.iter().position(|b| b.part == Part::Paragraph)?;
    let said = all.iter().find(|c| marked(c) && !is_used(c.text, used));
    let opens =
        |c: &&Candidate<'_>| c.block <= beginning + 1 && c.alone && !c.text.ends_with('?') && !is_used(c.text, used);
    // What is on today is the takeaway of news only.
    let thought = all.iter().find(|c| opens(c) && c.marks.count(List::Notice) == 0);
    let first = thought.or_else(|| all.iter().find(opens));
    said.or(first).map(|c| passage(Slot::Takeaway, c, 0))
}

/// The beginning of a story: a person, and something that happened.
fn story(heard: &Heard, used: &[String], fresh: &dyn Fn(u64) -> bool) -> Option<Found> {
    let mut best: Option<(i32, Found)> = None;
    for (i, (block, all)) in heard.blocks().enumerate().filter(|(_, (b, _))| b.part == Part::Paragraph && !b.marked_up)
    {
        let Some(sentence) = all.first().filter(|s| fresh(s.hash)) else { continue };
        let first = sentence.of(&block.text);
        if !is_whole(first) || first.ends_with('?') || is_used(first, used) {
            continue;
        }
        let lower = first.to_lowercase();
        let opens = [
            "i ",
            "we ",
            "you ",
            "my ",
            "our ",
            "when i ",
            "when we ",
            "last year",
            "last week",
            "last month",
            "yesterday",
            "years ago",
            "a few years ago",
            "some years ago",
            "one day",
            "once ",
            "imagine",
            "picture ",
            "a client",
            "a customer",
            "a reader",
            "a friend",
            "a colleague",
            "in 20",
            "in 19",
            "on monday",
            "on the morning",
            "it was ",
            "it began",
            "it started",
            "back in",
            "at the beginning",
            "two years ago",
            "three years ago",
            "this year",
            "this week",
            "a year ago",
        ];
        if !opens.iter().any(|o| lower.starts_with(o)) {
            continue;
        }
        let marks = Marks::of(&format!(" {lower}"));
        let past = marks.count(List::Happens);
        if past == 0 || marks.count(List::Announces) > 0 || first.chars().count() < 25 || first.chars().count() > 220 {
            continue;
        }
        let mut text = first.to_string();
        let mut taken = 1;
        for next in all.iter().skip(1).take(2).map(|s| s.of(&block.text)) {
            if !is_whole(next) || text.chars().count() + next.chars().count() > 230 {
                break;
            }
            text.push(' ');
            text.push_str(next);
            taken += 1;
        }
        if text.chars().count() < 60 || !is_plain(&text) {
            continue;
        }
        let score = past * 2 - (i as i32) / 2 + i32::from(taken > 1) * 3;
        let rest: Vec<&str> = all[taken..].iter().map(|s| s.of(&block.text)).collect();
        let more = plain_run(&rest.join(" "));
        if best.as_ref().is_none_or(|(s, _)| score > *s) {
            best = Some((score, Found { slot: Slot::Story, text, more, points: Vec::new() }));
        }
    }
    best.filter(|(score, _)| *score >= 0).map(|(_, found)| found)
}
