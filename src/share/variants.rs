//! Variants: what an article has to post. First what its author wrote, then what he marked in the text, then what extraction
//! finds for the slots that are left.

use super::extract::{self, Slot, hash};
use super::sentences::ends;
use crate::content::markdown::{Heard, Part, Passage, Said, Sentence, prose};
use crate::content::{Article, Campaign, Front, Id, Kind};
use crate::files::read_text;
use crate::project::node::Value;
use crate::render::Snapshot;
use crate::source::{At, Span};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Arc, Mutex};

/// Who made a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `[[share]]`.
    Written,
    /// `:::share` in the text.
    Marked,
    /// Extraction.
    Found,
}

/// A text to post, before it is cut for a network.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name within the article.
    pub name: Arc<str>,
    /// Who made it.
    pub origin: Origin,
    /// The post without its link.
    pub text: String,
    /// What follows in the article, for networks with room.
    pub more: String,
    /// Points of a list, each with a sentence.
    pub points: Vec<(String, String)>,
    /// Only these networks; all if none is named.
    pub networks: Vec<At<String>>,
    /// Its own tags, without `#`.
    pub tags: Option<Vec<At<String>>>,
    /// The alternative text of its card.
    pub alt: Option<At<String>>,
    /// What is posted below it, before the link.
    pub comment: Option<At<String>>,
    /// Its own title, on networks that have one.
    pub title: Option<At<String>>,
    /// Whether it leads to the magnet.
    pub asks: bool,
    /// Where it was written; the article's file where it was found.
    pub at: Span,
}

/// What is left for the writer to do.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Task {
    /// The article's name.
    pub article: Arc<str>,
    /// The slot that is empty.
    pub slot: &'static str,
    /// What would fill it.
    pub task: &'static str,
}

/// All that an article has to post.
#[derive(Clone, Debug, Default)]
pub struct Variants {
    /// In order: written, marked, found.
    pub all: Vec<Variant>,
    /// Slots that nothing fills.
    pub open: Vec<Slot>,
}

impl Variant {
    /// A variant of this name and text, without anything of its own.
    pub fn named(name: &str, text: String, at: Span) -> Variant {
        Variant::new(name, Origin::Found, text, at)
    }

    fn new(name: &str, origin: Origin, text: String, at: Span) -> Variant {
        Variant {
            name: name.into(),
            origin,
            text,
            more: String::new(),
            points: Vec::new(),
            networks: Vec::new(),
            tags: None,
            alt: None,
            comment: None,
            title: None,
            asks: name == Slot::Ask.name(),
            at,
        }
    }

    /// Whether it is meant for a network.
    pub fn is_for(&self, network: &str) -> bool {
        self.networks.is_empty() || self.networks.iter().any(|n| n.value == network)
    }
}

/// What an article says, read from its file.
fn hear(site: &Snapshot, article: &Article) -> Heard {
    // What is wrong with the file is reported when it is read as a text.
    let mut lost = crate::diag::Diagnostics::default();
    let source = read_text(&*site.files(), &article.path, &mut lost).unwrap_or_default();
    let at = (article.text_at as usize).min(source.len());
    let prose = prose(source.get(at..).unwrap_or_default(), at, &site.project.config.markdown);
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let of = |text: &str| {
        let one =
            |r: std::ops::Range<usize>| Sentence { start: place(r.start), end: place(r.end), hash: hash(&text[r]) };
        ends(text).map(one).collect()
    };
    let paragraph = |part: Part| part == Part::Paragraph;
    let sentences = prose.blocks.iter().map(|b| if paragraph(b.part) { of(&b.text) } else { Vec::new() }).collect();
    Heard { prose, sentences }
}

/// Hashes of what each article said when it was last listened to, so that those which did not change need not be read again.
/// An article is known by where its reading lies in memory, which is kept for as long.
#[derive(Debug, Default)]
pub struct Memory(FxHashMap<usize, (Arc<Article>, Vec<u64>)>);

/// What all articles say. Sentences that several have are posted for none: whoever did would say the same twice.
fn said(site: &Snapshot) -> &Said {
    site.said.get_or_init(|| {
        let ids: Vec<Id> = articles(site).collect();
        let each: Vec<_> = ids.into_par_iter().map(|id| (id, listen(site, id))).collect();
        let mut heard: Vec<Mutex<Option<Heard>>> = Vec::new();
        heard.resize_with(site.content.articles.len(), Mutex::default);
        let mut all: Vec<u64> = Vec::with_capacity(each.iter().map(|(_, (_, own))| own.len()).sum());
        for (id, (one, own)) in each {
            all.extend(own);
            heard[id.0 as usize] = Mutex::new(Some(one));
        }
        Said { twice: twice(all), heard }
    })
}

/// Listens to all articles of a state that comes after another. `memory` is of that one, and of this one afterwards: an article
/// whose reading is the same object says the same.
pub fn listen_again(site: &Snapshot, memory: &mut Memory) {
    let mut known = std::mem::take(&mut memory.0);
    let mut news = Vec::new();
    for id in articles(site) {
        match known.remove_entry(&place_of(&site.content.articles[id.0 as usize])) {
            Some((at, one)) => drop(memory.0.insert(at, one)),
            None => news.push(id),
        }
    }
    let news: Vec<_> = news.into_par_iter().map(|id| (id, listen(site, id).1)).collect();
    for (id, own) in news {
        let article = &site.content.articles[id.0 as usize];
        memory.0.insert(place_of(article), (article.clone(), own));
    }
    let mut all: Vec<u64> = Vec::with_capacity(memory.0.values().map(|(_, own)| own.len()).sum());
    memory.0.values().for_each(|(_, own)| all.extend(own));
    // Whoever posts an article reads it then: only few are.
    site.said.get_or_init(|| Said { twice: twice(all), heard: Vec::new() });
}

fn place_of(article: &Arc<Article>) -> usize {
    Arc::as_ptr(article).addr()
}

/// What an article says, and hashes of its sentences, title and description, each once.
fn listen(site: &Snapshot, id: Id) -> (Heard, Vec<u64>) {
    let article = site.content.article(id);
    let heard = hear(site, article);
    let mut own: Vec<u64> = heard.sentences.iter().flatten().map(|s| s.hash).collect();
    own.extend([hash(&title(&article.front)), hash(article.front.description.trim())]);
    own.sort_unstable();
    own.dedup();
    (heard, own)
}

/// Those that stand there several times.
fn twice(mut all: Vec<u64>) -> FxHashSet<u64> {
    all.par_sort_unstable();
    all.windows(2).filter(|w| w[0] == w[1]).map(|w| w[0]).collect()
}

/// The variants of an article.
pub fn variants(site: &Snapshot, id: Id) -> Variants {
    let article = site.content.article(id);
    let said = said(site);
    let kept = said.heard.get(id.0 as usize).and_then(|p| p.lock().ok()?.take());
    let heard = kept.unwrap_or_else(|| hear(site, article));
    let mut all: Vec<Variant> = article.front.share.iter().map(|s| written(article, s)).collect();
    for passage in &heard.prose.passages {
        all.extend(marked(article, passage, all.len()));
    }
    let filled = |slot: &Slot, all: &[Variant]| all.iter().any(|v| *v.name == *slot.name());
    let wanted: Vec<Slot> = Slot::ALL.iter().map(|(s, ..)| *s).filter(|s| !filled(s, &all)).collect();
    let posted: Vec<&str> = all.iter().map(|v| v.text.as_str()).collect();
    let english = site.project.config.language.split('-').next() == Some("en");
    let front = &article.front;
    let fresh = |sentence: u64| !said.twice.contains(&sentence);
    let about = extract::Article {
        heard: &heard,
        title: &title(front),
        description: &front.description,
        english,
        fresh: &fresh,
    };
    let found = extract::extract(&about, &wanted, &posted);
    for f in found {
        let at = Span::file(&article.path);
        all.push(Variant { more: f.more, points: f.points, ..Variant::new(f.slot.name(), Origin::Found, f.text, at) });
    }
    if wanted.contains(&Slot::Ask) && fresh(hash(&title(front))) {
        all.extend(ask(site, id));
    }
    let open = wanted.into_iter().filter(|s| !filled(s, &all)).collect();
    all.sort_by_key(|v| (v.origin != Origin::Written, v.origin != Origin::Marked, place(&v.name)));
    Variants { all, open }
}

/// Found variants stand in the order of the slots; the ask is last.
fn place(name: &str) -> usize {
    Slot::ALL.iter().position(|(_, n, _)| *n == name).unwrap_or(Slot::ALL.len())
}

fn written(article: &Article, share: &crate::content::front::ShareText) -> Variant {
    let text = share.text.value.trim().to_string();
    Variant {
        networks: share.networks.clone(),
        tags: share.tags.clone(),
        alt: share.alt.clone(),
        comment: share.comment.clone(),
        title: share.title.clone(),
        ..Variant::new(&share.variant.value, Origin::Written, text, share.variant.span(&article.path))
    }
}

/// A marked passage. One without a name of its own is a quote, and the next ones are numbered.
fn marked(article: &Article, passage: &Passage, before: usize) -> Option<Variant> {
    let text = passage.text.trim();
    if text.is_empty() {
        return None;
    }
    let argument = |name: &str| passage.call.args.iter().find(|a| a.name == name);
    let words = |name: &str| -> Vec<At<String>> {
        let Some(a) = argument(name) else { return Vec::new() };
        let Value::String(value) = &a.value else { return Vec::new() };
        let named = value.split([' ', ',']).filter(|w| !w.is_empty());
        named.map(|w| At::new(w.to_string(), a.start as usize..a.end as usize)).collect()
    };
    let name = words("variant").into_iter().next().map_or_else(|| format!("passage-{}", before + 1), |w| w.value);
    let tags = argument("tags").map(|_| words("tags"));
    let networks = words("networks");
    let at = Span::new(&article.path, passage.at.clone());
    Some(Variant { networks, tags, ..Variant::new(&name, Origin::Marked, text.to_string(), at) })
}

/// The ask: what the reader of the article is offered.
fn ask(site: &Snapshot, id: Id) -> Option<Variant> {
    let magnet = magnet(site, id)?;
    let text = site.content.article(magnet);
    let front = &text.front;
    let title = &*title(front);
    let said = [front.kind.promise.trim(), front.description.trim()];
    let body: Vec<&str> = said.into_iter().filter(|s| !s.is_empty()).collect();
    let first = *body.first()?;
    let more = body.get(1).map(|s| s.to_string()).unwrap_or_default();
    let offer = if first.contains(title) { first.to_string() } else { format!("{title}: {}", lower_first(first)) };
    let article = site.content.article(id);
    // A magnet is offered by many articles: the title tells their posts apart.
    let post = format!("{}\n\n{offer}", self::title(&article.front));
    let at = Span::file(&article.path);
    Some(Variant { more, ..Variant::new(Slot::Ask.name(), Origin::Found, post, at) })
}

/// The title of a text without the marks of code.
pub fn title(front: &Front) -> String {
    front.title.trim().replace('`', "")
}

/// Whether no other article has this title.
pub fn own_title(site: &Snapshot, front: &Front) -> bool {
    !said(site).twice.contains(&hash(&title(front)))
}

/// After a colon a sentence goes on in lower case, unless its first word is a name or an acronym.
fn lower_first(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    let common = [
        "After",
        "The",
        "A",
        "An",
        "Twice",
        "In",
        "With",
        "You",
        "Your",
        "Get",
        "Learn",
        "How",
        "What",
        "Everything",
        "One",
        "Two",
        "Three",
    ];
    if !common.contains(&first) {
        return text.to_string();
    }
    text[..1].to_lowercase() + &text[1..]
}

/// The magnet that the ask of an article leads to.
pub fn magnet(site: &Snapshot, id: Id) -> Option<Id> {
    let offered = site.plan.offer_basis(id, &site.content).choose(&[]).into_iter().map(|o| o.magnet).next();
    let best = || site.plan.best_magnets(id, &site.content, 1).first().copied();
    offered.or_else(best).filter(|m| site.plan.path(*m).is_some())
}

/// Whether the page of an article asks for an address: an offer stands on it.
pub fn has_form(site: &Snapshot, id: Id) -> bool {
    let inline = site.content.article(id).gist.components.iter().any(|c| c == "offer");
    inline || !site.plan.offer_basis(id, &site.content).choose(&[]).is_empty()
}

/// The campaign that an article belongs to; of several the one that begins last.
pub fn campaign<'a>(site: &'a Snapshot, article: &str) -> Option<(&'a str, &'a Campaign)> {
    let all = site.content.campaigns.iter().filter(|(_, c)| c.articles.iter().any(|a| a.value == article));
    all.map(|(name, c)| (name.as_str(), c)).max_by_key(|(_, c)| c.start)
}

/// The published articles, newest first.
pub fn articles(site: &Snapshot) -> impl Iterator<Item = Id> + '_ {
    site.plan.order.iter().copied().filter(|id| site.content.article(*id).kind == Kind::Article)
}

/// A tag in CamelCase, which screen readers can read (W3C, "Making content usable"): `social-posts` is `SocialPosts`. None
/// if no network would take it.
pub fn tag(name: &str) -> Option<String> {
    let mut out = String::new();
    for word in name.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        let mut chars = word.chars();
        out.extend(chars.next().into_iter().flat_map(char::to_uppercase));
        out.push_str(chars.as_str());
    }
    out.chars().any(|c| c.is_alphabetic()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_can_be_read_aloud() {
        let tags = ["social-posts", "opt-in forms", "SEO", "2026", "über uns", "c++"].map(tag);
        let tags: Vec<Option<&str>> = tags.iter().map(|t| t.as_deref()).collect();
        assert_eq!(tags, [Some("SocialPosts"), Some("OptInForms"), Some("SEO"), None, Some("ÜberUns"), Some("C")]);
    }
}
