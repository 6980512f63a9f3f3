//! Phrases that tell what a sentence does: one table, looked for in one pass.

use aho_corasick::automaton::Automaton;
use aho_corasick::{Anchored, dfa::DFA};
use std::sync::LazyLock;

/// What phrases have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// Points to another part of the text.
    Elsewhere,
    /// Turns a thought.
    Turns,
    /// Speaks for a group.
    Plural,
    /// Contradicts.
    Strong,
    /// Denies.
    Weak,
    /// Speaks of whoever writes.
    Personal,
    /// Dates something.
    Dated,
    /// Names a part of a whole.
    Shares,
    /// Tells what happened.
    Happens,
    /// Announces something.
    Announces,
    /// Speaks to the reader.
    You,
    /// Says what is on, or what somebody should do about it: news of a day, and no thought.
    Notice,
}

/// Words of 64 phrases: more of them than the table has rows.
const WORDS: usize = 5;

/// Each list: whether a phrase that begins with a space may open the sentence, and its phrases, in lower case.
#[rustfmt::skip]
const LISTS: [(List, bool, &[&str]); 12] = [
    (List::Elsewhere, false, &[" above", " below", "the following", "as follows", "this article", "this post", "this section", "this blog", "this page", "this chapter", "see ", "earlier", "previous", "mentioned", "described here", "this example", "the example", "the table", "the figure", "the list", "the diagram", "the picture", "the screenshot", "this way", "in this case", "the latter", "the former", "like so", "like this", "such a", "click", " here", "footnote", "appendix", "these ", " those ", " this ", "the same", "as well", "do so", "does so", "doing so", "one of them", "of them", " too.", " either.", "next section", " former ", "last but not least", "you can find", "can be found", "you can read", "minutes on", "so far", "ping ", "stay tuned", "zulip", "that said", "in addition", "for example", "for instance", "on the other hand", "to this end", "as a result", "in other words", "by the way", "in particular", "the other", "linked", "we're happy to announce", "is announced", "rfc"]),
    (List::Turns, false, &[" not ", " because ", " than ", " only ", " never ", " always ", " without ", " before ", " nobody ", " every ", " until "]),
    (List::Plural, true, &[" we ", "we've", "we're", "we’ve", "we’re", " our ", "thank", "we'd", "we’d", "we'll", "we’ll"]),
    (List::Strong, true, &[" myth", " wrong ", " mistake", "nobody ", "no one ", " never ", "most people", "instead of", "rather than", " worse", " waste", " harm", "is not a ", "are not a ", "not because", "the opposite", " overrated", "bad idea", "is no ", " not the ", "is not the", "does not make", "do not need", "don't need", "don’t need", " stop ", "too many", "too much", " costs "]),
    (List::Weak, true, &[" not ", "n't ", "n’t ", " without ", " no ", " nothing ", " hardly ", " only "]),
    (List::Personal, true, &[" we ", " i ", " our ", " my ", "sorry", "unfortunately"]),
    (List::Dated, false, &["january", "february", "march ", "april", "june", "july", "august", "september", "october", "november", "december", "utc", "version", "o'clock"]),
    (List::Shares, false, &["one in two", "one in three", "one in four", "one in five", "one in ten", "one out of", "two out of", "three out of", "nine out of", "half of", "two thirds", "two-thirds", "three quarters", "three-quarters", "a third of", "a quarter of"]),
    (List::Happens, false, &[" was ", " were ", " had ", " did ", " came ", " went ", " said ", " asked ", " wrote ", " told ", " began ", " started ", " found ", " got ", " read ", " made ", " took ", " thought ", " spend ", " write ", " wanted ", " decided ", " tried ", " built "]),
    (List::Announces, false, &["announce", "happy to", "excited", "pleased", "released", "would like", "are going to", "you can ", "we have ", "a meeting", "we want", "thank"]),
    (List::You, false, &["you", "your"]),
    (List::Notice, true, &["announce", "happy to ", "pleased to ", "excited", "glad to ", "proud to ", "look forward", "looking forward", " join us", " join the ", "contact us", " contact ", "get in touch", "reach out", "thank", "sign up", " register ", "stay tuned", " meeting", " discord", " open an issue", "pull request", "feel free", " help us", " attend", "blog post", " we intend ", " we plan ", " we planned ", "release notes", " please ", " perhaps heard", " minutes)", "congratul", " welcome to "]),
];

/// The lists as one automaton, which passes a sentence once, however many phrases there are.
struct Table {
    find: Option<DFA>,
    /// Whether a phrase, by its number, may begin with the space before the sentence.
    opens: Vec<bool>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let all = || LISTS.iter().flat_map(|(_, opens, phrases)| phrases.iter().map(|p| (*opens, *p)));
    let find = DFA::builder().build(all().map(|(_, p)| p)).ok();
    debug_assert!(find.is_some() && all().count() <= WORDS * 64);
    Table { find, opens: all().map(|(opens, _)| opens).collect() }
});

/// Which phrases a sentence has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks([u64; WORDS]);

impl Marks {
    /// Those of a sentence in lower case with a space before it.
    pub(super) fn of(spaced: &str) -> Marks {
        let mut marks = Marks::default();
        let Some((find, Ok(mut state))) = TABLE.find.as_ref().map(|f| (f, f.start_state(Anchored::No))) else {
            return marks;
        };
        for (i, byte) in spaced.bytes().enumerate() {
            state = find.next_state(Anchored::No, state, byte);
            if find.is_special(state) && find.is_match(state) {
                for n in 0..find.match_len(state) {
                    let phrase = find.match_pattern(state, n);
                    let first = i + 1 == find.pattern_len(phrase);
                    if !first || TABLE.opens[phrase.as_usize()] {
                        marks.0[phrase.as_usize() / 64] |= 1 << (phrase.as_usize() % 64);
                    }
                }
            }
        }
        marks
    }

    /// How many phrases of a list the sentence has.
    pub(super) fn count(&self, list: List) -> i32 {
        let mut from = 0;
        for (one, _, phrases) in LISTS {
            if one == list {
                let to = from + phrases.len();
                let of = |(i, word): (usize, &u64)| {
                    let (low, high) = (from.max(i * 64), to.min(i * 64 + 64));
                    if low < high { (word >> (low - i * 64) << (64 - (high - low))).count_ones() } else { 0 }
                };
                return self.0.iter().enumerate().map(of).sum::<u32>() as i32;
            }
            from += phrases.len();
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_as_by_looking_for_each() {
        let texts = [
            " because nobody reads the same table below, and we are not in march 2026 any more",
            " you can find our figures here: half of readers were happy to",
            " — «ça» was not the mistake",
        ];
        for text in texts {
            let marks = Marks::of(text);
            for (list, opens, phrases) in LISTS {
                let within = if opens { text } else { &text[1..] };
                let found = phrases.iter().filter(|p| within.contains(**p)).count() as i32;
                assert_eq!(marks.count(list), found, "{list:?} in {text}");
            }
        }
        assert!(LISTS.iter().map(|(.., p)| p.len()).sum::<usize>() <= WORDS * 64);
    }
}
