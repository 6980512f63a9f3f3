//! Sentences: where they end, and whether one stands by itself.

use super::phrases::Phrases;
use std::ops::Range;

/// Words with a point that ends no sentence.
const ABBREVIATIONS: [&str; 22] = [
    "e.g", "i.e", "mr", "mrs", "ms", "dr", "prof", "st", "vs", "etc", "cf", "no", "fig", "approx", "inc", "ltd", "jr",
    "sr", "z.b", "d.h", "bzw", "ca",
];

/// The sentences of a paragraph, in order. White space between them belongs to none.
pub fn sentences(text: &str) -> Vec<&str> {
    ends(text).into_iter().map(|r| &text[r]).collect()
}

/// The sentences of a paragraph as bytes.
pub fn ends(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let (mut start, mut at) = (0, 0);
    let bytes = text.as_bytes();
    // The first bytes of `…`, of `。` and of `！？` are rare; whether it is one of them is seen below.
    while let Some(i) = bytes[at..].iter().position(|b| matches!(b, b'.' | b'!' | b'?' | 0xE2 | 0xE3 | 0xEF)) {
        let i = at + i;
        let Some(c) = text[i..].chars().next() else { break };
        at = i + c.len_utf8();
        let wide = matches!(c, '。' | '！' | '？');
        if !wide && !matches!(c, '.' | '!' | '?' | '…') {
            continue;
        }
        let closing = ['.', '!', '?', '…', '"', '\'', '”', '’', '»', ')', ']', '」'];
        let rest = text[at..].trim_start_matches(closing);
        let end = text.len() - rest.len();
        at = end;
        let next = rest.trim_start().chars().next();
        let spaced = rest.is_empty() || rest.starts_with(char::is_whitespace);
        let begins = next.is_none_or(|c| c.is_uppercase() || c.is_numeric() || !c.is_alphabetic() || !has_case(c));
        if !wide && (!spaced || !begins || (c == '.' && next.is_some() && abbreviates(&text[start..i]))) {
            continue;
        }
        if start < end {
            out.push(start..end);
        }
        start = end + (rest.len() - rest.trim_start().len());
        at = start;
    }
    if start < bytes.len() {
        out.push(start..bytes.len());
    }
    out
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
const POINTING: &[&str] = &[
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
];

/// Some of these stand well where what follows says all: "In 2019 …", "For most readers …".
const SOMETIMES: &[&str] = &[
    "in", "with", "for", "on", "by", "at", "from", "to", "after", "before", "once", "while", "until", "unless",
    "because", "most", "many", "all", "one", "two", "three", "no", "even", "each", "some", "where", "as",
];

/// What points to another part of the text, in lower case.
static ELSEWHERE: Phrases = Phrases::of(&[
    " above",
    " below",
    "the following",
    "as follows",
    "this article",
    "this post",
    "this section",
    "this blog",
    "this page",
    "this chapter",
    "see ",
    "earlier",
    "previous",
    "mentioned",
    "described here",
    "this example",
    "the example",
    "the table",
    "the figure",
    "the list",
    "the diagram",
    "the picture",
    "the screenshot",
    "this way",
    "in this case",
    "the latter",
    "the former",
    "like so",
    "like this",
    "such a",
    "click",
    " here",
    "footnote",
    "appendix",
    "these ",
    " those ",
    " this ",
    "the same",
    "as well",
    "do so",
    "does so",
    "doing so",
    "one of them",
    "of them",
    " too.",
    " either.",
    "next section",
    " former ",
    "last but not least",
    "you can find",
    "can be found",
    "you can read",
    "minutes on",
    "so far",
    "ping ",
    "stay tuned",
    "zulip",
    "that said",
    "in addition",
    "for example",
    "for instance",
    "on the other hand",
    "to this end",
    "as a result",
    "in other words",
    "by the way",
    "in particular",
    "the other",
    "linked",
    "we're happy to announce",
    "is announced",
    "rfc",
]);

/// Whether a sentence says something to whoever reads nothing else.
pub fn stands_alone(sentence: &str) -> bool {
    if !is_whole(sentence) {
        return false;
    }
    let lower = sentence.to_lowercase();
    let first = lower.split([' ', ',']).next().unwrap_or_default().trim_matches(['“', '"', '‘', '\'']);
    if POINTING.contains(&first) && !SOMETIMES.contains(&first) {
        return false;
    }
    // A preposition before a pronoun points back as well: "In it …", "For this …".
    let second = lower.split(' ').nth(1).unwrap_or_default();
    if SOMETIMES.contains(&first)
        && (POINTING.contains(&second)
            || matches!(second, "us" | "me" | "course" | "fact" | "short" | "general" | "the" | "way"))
    {
        return false;
    }
    ELSEWHERE.within(&lower) == 0 && !has_loose_pronoun(&lower)
}

/// A pronoun of the third person that nothing before it in the sentence could stand for.
fn has_loose_pronoun(lower: &str) -> bool {
    let words = lower.split(|c: char| !(c.is_alphanumeric() || c == '’' || c == '\''));
    let early: Vec<&str> = words.filter(|w| !w.is_empty()).take(4).collect();
    early.iter().any(|w| {
        matches!(*w, "it" | "they" | "them" | "he" | "she" | "him" | "its" | "their" | "his" | "it’s" | "it's")
    })
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
            sentences(text),
            ["Ask Dr. Who, e.g. today.", "“Why?” he asked.", "Version 1.2 is out!", "Is it?", "日本。", "次。"]
        );
        assert_eq!(sentences("no end"), ["no end"]);
        assert_eq!(sentences("Wait... what? J. Doe came."), ["Wait... what?", "J. Doe came."]);
    }

    #[test]
    fn sentences_that_need_others_are_known() {
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
            assert!(!stands_alone(no), "{no}");
        }
        for yes in [
            "Every further field costs readers.",
            "“Submit” says what the computer does.",
            "A form is a short conversation.",
        ] {
            assert!(stands_alone(yes), "{yes}");
        }
    }
}
