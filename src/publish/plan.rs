//! What a run sends and removes, and in which order: what pages refer to, pages, and at last what names the pages; removed in
//! the other order, after everything is sent. So no page ever refers to an asset that is not there.

use super::index::{self, Entry, Pending, Published};
use std::collections::BTreeMap;

/// What comes one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// What pages refer to.
    Assets,
    /// Pages.
    Pages,
    /// What names all pages: sitemaps, feeds, rules of the host.
    Indexes,
}

impl Stage {
    /// The stage of a path.
    pub fn of(path: &str) -> Stage {
        let name = path.rsplit('/').next().unwrap_or(path);
        let feed = ["feed.xml", "feed.json"].contains(&name);
        let own = !path.contains('/') && ["_redirects", "_headers", "robots.txt", "llms.txt"].contains(&name);
        match name {
            _ if feed || own || name.starts_with("sitemap") && name.ends_with(".xml") => Stage::Indexes,
            _ if name.ends_with(".html") => Stage::Pages,
            _ => Stage::Assets,
        }
    }
}

/// What a run does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is sent, by name, stage after stage.
    pub send: Vec<Item>,
    /// The names of what is removed, in order.
    pub delete: Vec<String>,
    /// How many files stay as they are.
    pub unchanged: usize,
    /// How many files the target has.
    pub there: usize,
    /// What is replaced or removed and known: copied aside first where former states are kept.
    pub replaced: Vec<(String, Entry)>,
}

/// A file that is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name in the manifest.
    pub name: String,
    /// What it is to be.
    pub entry: Entry,
    /// Whether the target has something there already.
    pub replaces: bool,
}

impl Plan {
    /// The way from what is published to what is wanted.
    pub fn new(wanted: &BTreeMap<String, Entry>, published: &Published) -> Plan {
        let state = published.state();
        let mut plan = Plan { there: state.len(), ..Plan::default() };
        for (name, entry) in wanted {
            match state.get(name.as_str()) {
                Some(Some(there)) if *there == entry => plan.unchanged += 1,
                there => {
                    let item = Item { name: name.clone(), entry: entry.clone(), replaces: there.is_some() };
                    plan.send.push(item);
                    plan.replaces(name, there.copied().flatten());
                }
            }
        }
        for (name, there) in &state {
            if !wanted.contains_key(*name) {
                plan.delete.push(name.to_string());
                plan.replaces(name, *there);
            }
        }
        plan.send.sort_by(|a, b| (Stage::of(&a.name), &a.name).cmp(&(Stage::of(&b.name), &b.name)));
        plan.delete.sort_by(|a, b| (Stage::of(b), a).cmp(&(Stage::of(a), b)));
        plan
    }

    fn replaces(&mut self, name: &str, there: Option<&Entry>) {
        if let Some(entry) = there {
            self.replaced.push((name.to_string(), entry.clone()));
        }
    }

    /// Writes into the manifest what is about to be done.
    pub fn announce(&self, published: &mut Published) {
        for item in &self.send {
            published.pending.insert(item.name.clone(), Pending { to: Some(item.entry.clone()), done: false });
        }
        for name in &self.delete {
            published.pending.insert(name.clone(), Pending { to: None, done: false });
        }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.send.is_empty() && self.delete.is_empty()
    }

    /// What is sent, stage after stage.
    pub fn stages(&self) -> impl Iterator<Item = &[Item]> {
        self.send.chunk_by(|a, b| Stage::of(&a.name) == Stage::of(&b.name))
    }

    /// Bytes that are sent.
    pub fn bytes(&self) -> u64 {
        self.send.iter().map(|item| item.entry.1).sum()
    }

    /// The names that change, without those that nobody is to guess.
    pub fn changed(&self) -> impl Iterator<Item = &str> {
        self.send.iter().map(|i| i.name.as_str()).filter(|name| index::known_part(name).is_none())
    }
}

/// The most files that a run deletes unless it is told: a fifth of those at the target, and at least ten.
pub fn most_deletes(there: usize) -> usize {
    (there / 5).max(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(bytes: u8) -> Entry {
        Entry(bytes.to_string(), 1, String::new())
    }

    #[test]
    fn stages_follow_each_other_and_deletions_go_backwards() {
        let paths = ["sitemap.xml", "index.html", "assets/a.css", "a/feed.xml", "z.png", "_redirects", "b/index.html"];
        let wanted = paths.iter().map(|p| (p.to_string(), entry(1))).collect();
        let plan = Plan::new(&wanted, &Published::default());
        let names: Vec<&str> = plan.send.iter().map(|i| i.name.as_str()).collect();
        assert_eq!(
            names,
            ["assets/a.css", "z.png", "b/index.html", "index.html", "_redirects", "a/feed.xml", "sitemap.xml"]
        );
        assert_eq!(plan.stages().map(<[Item]>::len).collect::<Vec<_>>(), [2, 2, 3]);
        let gone = Plan::new(&BTreeMap::new(), &Published { files: wanted, ..Published::default() });
        assert_eq!(
            gone.delete,
            ["_redirects", "a/feed.xml", "sitemap.xml", "b/index.html", "index.html", "assets/a.css", "z.png"]
        );
    }

    proptest! {
        /// Whatever broke off before: after the plan is done, the target has what is wanted and nothing else of ours.
        #[test]
        fn a_plan_leads_to_what_is_wanted(
            files in prop::collection::btree_map("[a-f]", 0u8..3, 0..6),
            tried in prop::collection::btree_map("[a-f]", (prop::option::of(0u8..3), any::<bool>(), any::<bool>()), 0..6),
            wanted in prop::collection::btree_map("[a-f]", 0u8..3, 0..6),
        ) {
            let mut real: BTreeMap<String, Entry> = files.iter().map(|(n, b)| (n.clone(), entry(*b))).collect();
            let mut published = Published { files: real.clone(), ..Published::default() };
            for (name, (to, done, known)) in tried {
                if done {
                    match to {
                        Some(bytes) => drop(real.insert(name.clone(), entry(bytes))),
                        None => drop(real.remove(&name)),
                    }
                }
                let pending = index::Pending { to: to.map(entry), done: done && known };
                published.pending.insert(name, pending);
            }
            let wanted: BTreeMap<String, Entry> = wanted.into_iter().map(|(n, b)| (n, entry(b))).collect();
            let plan = Plan::new(&wanted, &published);
            for item in &plan.send {
                real.insert(item.name.clone(), item.entry.clone());
            }
            for name in &plan.delete {
                real.remove(name);
            }
            prop_assert_eq!(real, wanted);
        }
    }
}
