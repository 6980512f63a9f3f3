//! Which of the names that there are a misspelt one may have meant.

use rustc_hash::FxHashMap;
use std::sync::RwLock;

/// The word of `known` that is nearest to `word`, if one is near enough to be meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = Wanted::new(word);
    known.into_iter().filter_map(|k| Some((wanted.distance(&Name::new(k))?, k))).min().map(|(_, k)| k)
}

/// Many names that are asked about often: what is compared is made once, and nothing is answered twice.
pub struct Names<T> {
    all: Vec<(Name, T)>,
    answers: RwLock<FxHashMap<String, Option<usize>>>,
}

impl<'a, T> FromIterator<(&'a str, T)> for Names<T> {
    fn from_iter<I: IntoIterator<Item = (&'a str, T)>>(named: I) -> Names<T> {
        let all = named.into_iter().map(|(name, value)| (Name::new(name), value)).collect();
        Names { all, answers: RwLock::default() }
    }
}

impl<T> Names<T> {
    /// What the nearest name belongs to, if one is near enough to be meant; of several, the first.
    pub fn nearest(&self, word: &str) -> Option<&T> {
        self.place(word).map(|i| &self.all[i].1)
    }

    fn place(&self, word: &str) -> Option<usize> {
        if let Some(known) = self.answers.read().ok().and_then(|a| a.get(word).copied()) {
            return known;
        }
        let wanted = Wanted::new(word);
        let near = self.all.iter().enumerate().filter_map(|(i, (name, _))| Some((wanted.distance(name)?, i))).min();
        let near = near.map(|(_, i)| i);
        if let Ok(mut answers) = self.answers.write() {
            answers.insert(word.to_string(), near);
        }
        near
    }
}

/// A name, and what tells most of the others from a word without a look at their letters' order.
struct Name {
    lower: String,
    /// In characters.
    len: usize,
    /// A bit for each character that is in it; several share one.
    letters: u64,
}

impl Name {
    fn new(name: &str) -> Name {
        let lower = name.to_lowercase();
        let len = lower.chars().count();
        let letters = lower.chars().fold(0, |bits, c| bits | 1 << (c as u32 % 64));
        Name { lower, len, letters }
    }
}

struct Wanted {
    name: Name,
    /// The number of edits that a name may be away.
    limit: usize,
    /// Whether the beginning of a name is enough.
    begins: bool,
}

impl Wanted {
    fn new(word: &str) -> Wanted {
        let limit = (word.chars().count() / 3).clamp(1, 3);
        Wanted { name: Name::new(word), limit, begins: word.len() > 3 }
    }

    /// Damerau and Levenshtein's distance to a name that may be meant.
    fn distance(&self, name: &Name) -> Option<usize> {
        let begins = self.begins && name.lower.starts_with(&self.name.lower);
        // An edit changes the length by one, and takes one letter and brings another.
        let far = self.name.len.abs_diff(name.len) > self.limit
            || (self.name.letters ^ name.letters).count_ones() as usize > 2 * self.limit;
        if far && !begins {
            return None;
        }
        let distance = strsim::damerau_levenshtein(&self.name.lower, &name.lower);
        (begins || distance <= self.limit).then_some(distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        assert_eq!(nearest("draf", ["draft", "date"]), Some("draft"));
        assert_eq!(nearest("chekclist", ["checklist", "playbook"]), Some("checklist"));
        assert_eq!(nearest("colour", ["title"]), None);
    }

    proptest! {
        #[test]
        fn no_name_that_is_near_enough_is_passed_over(word in "[a-dA-Bé]{0,9}", known in prop::collection::vec("[a-dBé]{0,9}", 0..20)) {
            let limit = (word.chars().count() / 3).clamp(1, 3);
            let near = |k: &str| {
                let (lower, k) = (word.to_lowercase(), k.to_lowercase());
                let distance = strsim::damerau_levenshtein(&lower, &k);
                (distance <= limit || word.len() > 3 && k.starts_with(&lower)).then_some(distance)
            };
            let least = known.iter().filter_map(|k| near(k)).min();
            prop_assert_eq!(nearest(&word, known.iter().map(|k| &**k)).and_then(near), least);
            let names: Names<&str> = known.iter().map(|k| (&**k, &**k)).collect();
            for _ in 0..2 {
                prop_assert_eq!(names.nearest(&word).and_then(|k| near(k)), least);
            }
        }
    }
}
