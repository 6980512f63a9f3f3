//! Sentences: where they end, and whether one stands by itself.

use super::phrases::{List, Marks};
use rustc_hash::FxHashSet;
use std::ops::Range;
use std::sync::LazyLock;

/// Words with a point that ends no sentence.
const ABBREVIATIONS: [&str; 22] = [
    "e.g", "i.e", "mr", "mrs", "ms", "dr", "prof", "st", "vs", "etc", "cf", "no", "fig", "approx", "inc", "ltd", "jr",
    "sr", "z.b", "d.h", "bzw", "ca",
];

/// The sentences of a paragraph, in order. White space between them belongs to none.
pub fn sentences(text: &str) -> impl Iterator<Item = &str> {
    ends(text).map(|r| &text[r])
}

/// The sentences of a paragraph as bytes.
pub fn ends(text: &str) -> impl Iterator<Item = Range<usize>> {
    Ends { text, ascii: text.is_ascii(), start: 0, at: 0 }
}

struct Ends<'a> {
    text: &'a str,
    ascii: bool,
    /// Where the next sentence begins.
    start: usize,
    /// What stands before this byte ends no sentence.
    at: usize,
}

impl Ends<'_> {
    /// The next character that may end a sentence, and where it stands.
    fn mark(&self) -> Option<(usize, char)> {
        let rest = self.text.as_bytes().get(self.at..)?;
        // The first bytes of `…`, of `。` and of `！？` are rare; whether it is one of them is seen later.
        let i = match self.ascii {
            true => memchr::memchr3(b'.', b'!', b'?', rest),
            false => rest.iter().position(|b| matches!(b, b'.' | b'!' | b'?' | 0xE2 | 0xE3 | 0xEF)),
        }?;
        Some((self.at + i, self.text[self.at + i..].chars().next()?))
    }
}

impl Iterator for Ends<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        while let Some((i, c)) = self.mark() {
            self.at = i + c.len_utf8();
            let wide = matches!(c, '。' | '！' | '？');
            if !wide && !matches!(c, '.' | '!' | '?' | '…') {
                continue;
            }
            let closing = ['.', '!', '?', '…', '"', '\'', '”', '’', '»', ')', ']', '」'];
            let rest = self.text[self.at..].trim_start_matches(closing);
            let end = self.text.len() - rest.len();
            self.at = end;
            let after = rest.trim_start();
            let next = after.chars().next();
            let spaced = rest.is_empty() || after.len() < rest.len();
            let begins = next.is_none_or(|c| c.is_uppercase() || c.is_numeric() || !c.is_alphabetic() || !has_case(c));
            let before = &self.text[self.start..i];
            if !wide && (!spaced || !begins || (c == '.' && next.is_some() && abbreviates(before))) {
                continue;
            }
            let start = self.start;
            self.start = end + (rest.len() - after.len());
            self.at = self.start;
            if start < end {
                return Some(start..end);
            }
        }
        let start = std::mem::replace(&mut self.start, self.text.len());
        self.at = self.text.len();
        (start < self.text.len()).then_some(start..self.text.len())
    }
}

fn has_case(c: char) -> bool {
    c.is_lowercase() || c.is_uppercase()
}

fn abbreviates(before: &str) -> bool {
    let word = before.rsplit([' ', '(', '“', '"']).next().unwrap_or_default();
    let single = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    let numbered =
        !word.is_empty() && word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit()) && before.len() == word.len();
    single || numbered || ABBREVIATIONS.iter().any(|a| a.eq_ignore_ascii_case(word))
}

/// Words at the beginning of a sentence that point back to one before it.
static POINTING: LazyLock<FxHashSet<&str>> = LazyLock::new(|| {
    FxHashSet::from_iter([
        "this",
        "that",
        "these",
        "those",
        "it",
        "its",
        "it's",
        "it’s",
        "they",
        "their",
        "them",
        "he",
        "she",
        "his",
        "her",
        "such",
        "here",
        "there",
        "there's",
        "there’s",
        "that's",
        "that’s",
        "then",
        "also",
        "but",
        "and",
        "or",
        "so",
        "yet",
        "however",
        "therefore",
        "thus",
        "hence",
        "instead",
        "otherwise",
        "both",
        "neither",
        "either",
        "another",
        "second",
        "secondly",
        "third",
        "finally",
        "next",
        "still",
        "again",
        "similarly",
        "meanwhile",
        "moreover",
        "furthermore",
        "additionally",
        "besides",
        "now",
        "nevertheless",
        "nonetheless",
        "likewise",
        "consequently",
        "conversely",
        "afterwards",
        "later",
        "lastly",
        "first",
        "firstly",
        "which",
        "too",
        "though",
        "although",
        "because",
        "since",
        "yes",
        "no",
        "well",
        "okay",
        "ok",
        "unfortunately",
        "fortunately",
        "luckily",
        "sadly",
        "of",
        "even",
        "some",
        "others",
        "each",
        "none",
        "all",
        "most",
        "many",
        "several",
        "two",
        "three",
        "one",
        "where",
        "hopefully",
        "specifically",
        "namely",
        "overall",
        "thanks",
        "update",
        "note",
        "edit",
        "plus",
        "rather",
        "anyway",
        "in",
        "with",
        "for",
        "on",
        "as",
        "by",
        "at",
        "from",
        "to",
        "after",
        "before",
        "like",
        "aside",
        "apart",
        "beyond",
        "given",
        "once",
        "while",
        "until",
        "unless",
        "please",
        "prior",
        "previously",
        "currently",
        "recently",
        "today",
        "thank",
        "join",
    ])
});

/// Some of these stand well where what follows says all: "In 2019 …", "For most readers …".
const SOMETIMES: &[&str] = &[
    "in", "with", "for", "on", "by", "at", "from", "to", "after", "before", "once", "while", "until", "unless",
    "because", "most", "many", "all", "one", "two", "three", "no", "even", "each", "some", "where", "as",
];

/// Whether a whole sentence says something to whoever reads nothing else; `spaced` is it in lower case after a space.
pub(super) fn stands_alone(spaced: &str, marks: &Marks) -> bool {
    let lower = &spaced[1..];
    let first = lower.split([' ', ',']).next().unwrap_or_default().trim_matches(['“', '"', '‘', '\'']);
    let sometimes = SOMETIMES.contains(&first);
    if POINTING.contains(first) && !sometimes {
        return false;
    }
    // A preposition before a pronoun points back as well: "In it …", "For this …".
    let second = lower.split(' ').nth(1).unwrap_or_default();
    if sometimes
        && (POINTING.contains(second)
            || matches!(second, "us" | "me" | "course" | "fact" | "short" | "general" | "the" | "way"))
    {
        return false;
    }
    marks.count(List::Elsewhere) == 0 && !has_loose_pronoun(lower)
}

/// A pronoun of the third person that nothing before it in the sentence could stand for.
fn has_loose_pronoun(lower: &str) -> bool {
    let words = lower.split(|c: char| !(c.is_alphanumeric() || c == '’' || c == '\''));
    words
        .filter(|w| !w.is_empty())
        .take(4)
        .any(|w| matches!(w, "it" | "they" | "them" | "he" | "she" | "him" | "its" | "their" | "his" | "it’s" | "it's"))
}

/// Whether a sentence is one, begins and ends as one, and holds nothing but words.
pub fn is_whole(sentence: &str) -> bool {
    let Some(first) = sentence.chars().find(|c| c.is_alphanumeric()) else { return false };
    let begins =
        !first.is_lowercase() && sentence.chars().next().is_some_and(|c| c.is_alphanumeric() || "“\"‘¿¡«".contains(c));
    let ends = sentence.trim_end_matches(['”', '"', '’', ')', '»']).ends_with(['.', '!', '?', '。', '！', '？']);
    begins && ends && !sentence.ends_with("...") && is_plain(sentence) && is_balanced(sentence)
}

/// Whether a text holds nothing that a post cannot show.
pub fn is_plain(text: &str) -> bool {
    let mut before = 0;
    let shown = |b: u8| {
        let twice = matches!((before, b), (b':', b':') | (b'/', b'/') | (b'-', b'-') | (b'(', b')'));
        before = b;
        !twice
            && !matches!(
                b,
                b'`' | b'{'
                    | b'}'
                    | b'<'
                    | b'>'
                    | b'|'
                    | b'\\'
                    | b'^'
                    | b'~'
                    | b'='
                    | b'*'
                    | b'_'
                    | b'@'
                    | b'#'
                    | b'['
                    | b']'
                    | 1
            )
    };
    text.bytes().all(shown) && (text.is_ascii() || !text.contains('…'))
}

fn is_balanced(text: &str) -> bool {
    let mut open = 0i32;
    let mut quotes = 0u32;
    for b in text.bytes() {
        open += i32::from(b == b'(') - i32::from(b == b')');
        quotes += u32::from(b == b'"');
    }
    let count = |c: char| text.matches(c).count();
    open == 0 && quotes.is_multiple_of(2) && (text.is_ascii() || count('“') == count('”') && count('«') == count('»'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_they_do() {
        let text = "Ask Dr. Who, e.g. today. “Why?” he asked. Version 1.2 is out! Is it? 日本。次。";
        assert_eq!(
            sentences(text).collect::<Vec<_>>(),
            ["Ask Dr. Who, e.g. today.", "“Why?” he asked.", "Version 1.2 is out!", "Is it?", "日本。", "次。"]
        );
        assert_eq!(sentences("no end").collect::<Vec<_>>(), ["no end"]);
        assert_eq!(sentences("Wait... what? J. Doe came.").collect::<Vec<_>>(), ["Wait... what?", "J. Doe came."]);
    }

    #[test]
    fn sentences_that_need_others_are_known() {
        let alone = |text: &str| {
            let spaced = format!(" {}", text.to_lowercase());
            is_whole(text) && stands_alone(&spaced, &Marks::of(&spaced))
        };
        for no in [
            "This is why we do it.",
            "But nobody came.",
            "See the table above.",
            "half a sentence.",
            "It works (mostly.",
            "Write `x` here.",
            "He said so.",
            "When it fails they leave.",
            "As follows:",
        ] {
            assert!(!alone(no), "{no}");
        }
        for yes in [
            "Every further field costs readers.",
            "“Submit” says what the computer does.",
            "A form is a short conversation.",
        ] {
            assert!(alone(yes), "{yes}");
        }
    }
}
