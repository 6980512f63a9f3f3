//! What other sites answered, for some days: in `.hub/cache`, so that it may be lost.

use crate::check::Verdict;
use crate::project::checks::LinkRules;
use crate::store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

const FORMAT: &str = "hub links 1\n";
const DAY: i64 = 24 * 3600;

/// The verdicts that still hold, by address, with the second since 1970 of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory(BTreeMap<String, (Verdict, i64)>);

/// The key of an address: whether its part was looked for is not all the same.
fn key(url: &str, rules: &LinkRules) -> String {
    match url.split_once('#') {
        Some((page, _)) if !rules.anchors => page.to_string(),
        _ => url.to_string(),
    }
}

impl Memory {
    /// Reads what is remembered; a damaged file is as good as none.
    pub fn open(path: &Path) -> Memory {
        store::open(path, FORMAT).ok().flatten().unwrap_or_default()
    }

    /// What was answered, if it still holds.
    pub fn recall(&self, url: &str, rules: &LinkRules, now: i64) -> Option<&Verdict> {
        let (verdict, at) = self.0.get(&key(url, rules))?;
        let days = if verdict.is_bad() { rules.keep_bad } else { rules.keep_good };
        (0..i64::from(days) * DAY).contains(&(now - at)).then_some(verdict)
    }

    /// Remembers an answer that is one.
    pub fn remember(&mut self, url: &str, rules: &LinkRules, verdict: &Verdict, now: i64) {
        if verdict.is_sure() {
            self.0.insert(key(url, rules), (verdict.clone(), now));
        }
    }

    /// Writes what still holds.
    pub fn save(&mut self, path: &Path, rules: &LinkRules, now: i64) -> io::Result<()> {
        let longest = i64::from(rules.keep_good.max(rules.keep_bad)) * DAY;
        self.0.retain(|_, (_, at)| (0..longest).contains(&(now - *at)));
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        store::save(path, FORMAT, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_hold_for_their_days() {
        let rules = LinkRules { keep_good: 10, keep_bad: 1, ..LinkRules::default() };
        let mut memory = Memory::default();
        memory.remember("https://a.io/#x", &rules, &Verdict::There, 0);
        memory.remember("https://b.io/", &rules, &Verdict::Gone(404), 0);
        memory.remember("https://c.io/", &rules, &Verdict::Unsure("it is slow".to_string()), 0);
        let known = |url, days: i64| memory.recall(url, &rules, days * DAY).is_some();
        assert!(known("https://a.io/#y", 9) && !known("https://a.io/", 10));
        assert!(known("https://b.io/", 0) && !known("https://b.io/", 1));
        assert!(!known("https://c.io/", 0));
        assert!(!known("https://a.io/", -1), "of the future");
    }
}
