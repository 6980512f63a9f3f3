//! Snippets: one ready post for one network.

use super::cards::{Card, Cards};
use super::cut;
use super::variants::{self, Origin, Task, Variant, Variants};
use crate::content::Id;
use crate::networks::{Count, LinkPlace, Measure, Network, Title, for_messages, graphemes};
use crate::render::Snapshot;
use crate::text::{percent_encode, slug};
use rayon::prelude::*;
use rustc_hash::{FxHashSet, FxHasher};
use serde::Serialize;
use std::borrow::Cow;
use std::cell::RefCell;
use std::hash::Hasher as _;
use std::sync::Arc;

/// One ready post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snippet {
    /// The article's name.
    pub article: Arc<str>,
    /// The network's name.
    pub network: Arc<str>,
    /// The variant's name within the article.
    pub variant: Arc<str>,
    /// The post as it is pasted, with its link where the network places it in the text. On a network of titles it is the title.
    pub text: String,
    /// Its length as the network counts.
    pub count: usize,
    /// The longest that the network takes.
    pub limit: usize,
    /// The tracked link.
    pub url: String,
    /// Where the link stands.
    pub link: LinkPlace,
    /// What is posted below it.
    pub first_comment: Option<String>,
    /// The title, on networks that have one: Pinterest, Reddit, Hacker News, the subject of an e-mail.
    pub title: Option<String>,
    /// Its tags, without `#`.
    pub tags: Vec<Arc<str>>,
    /// The alternative text of the card.
    pub alt: Arc<str>,
    /// The path of the card below `social/`.
    pub card: String,
    /// Further posts, each within the limit; none where it is a single post.
    pub thread: Vec<String>,
    /// The address that opens the network's window with it.
    pub intent: Option<String>,
}

/// What there is to post about an article.
#[derive(Clone, Debug)]
pub struct Posts {
    /// The article.
    pub id: Id,
    /// Its name.
    pub article: Arc<str>,
    /// Its variants, before they are cut.
    pub variants: Variants,
    /// Its snippets: by variant, then by network.
    pub snippets: Vec<Snippet>,
    /// The cards that they name, each once.
    pub cards: Vec<Card>,
}

impl Posts {
    /// What is left for the writer.
    pub fn tasks(&self) -> impl Iterator<Item = Task> + '_ {
        let row = |slot| super::extract::Slot::ALL.iter().find(|(s, ..)| *s == slot);
        let open = self.variants.open.iter().filter_map(move |slot| row(*slot));
        open.map(|(_, slot, task)| Task { article: self.article.clone(), slot, task })
    }
}

/// What there is to post about every article, newest first.
pub fn all_posts(site: &Snapshot) -> Vec<Posts> {
    each(site, |posts| posts)
}

/// Does something with what there is to post about each article, side by side; newest first. Posts need much memory: whoever
/// needs little of them keeps that.
pub fn each<T: Send>(site: &Snapshot, one: impl Fn(Posts) -> T + Sync) -> Vec<T> {
    let ids: Vec<Id> = variants::articles(site).collect();
    ids.into_par_iter().map(|id| one(posts(site, id))).collect()
}

/// The snippets of an article.
pub fn snippets(site: &Snapshot, id: Id) -> Vec<Snippet> {
    posts(site, id).snippets
}

/// What there is to post about an article. One that is not published has nothing.
pub fn posts(site: &Snapshot, id: Id) -> Posts {
    let article: Arc<str> = site.content.article(id).name().into();
    let Some(path) = site.plan.path(id) else {
        return Posts { id, article, variants: Variants::default(), snippets: Vec::new(), cards: Vec::new() };
    };
    let variants = variants::variants(site, id);
    let config = &site.project.config;
    let front = &site.content.article(id).front;
    let own_title = variants::title(front);
    let magnet = variants::magnet(site, id);
    let page = config.absolute(path);
    let asked = magnet.and_then(|m| Some((config.absolute(site.plan.path(m)?), site.content.article(m))));
    let campaign = variants::campaign(site, &article).map_or_else(|| slug(&article), |(name, _)| slug(name));
    let own: Vec<Arc<str>> = {
        let written = if front.tags.is_empty() { &front.topics } else { &front.tags };
        written.iter().filter_map(|t| variants::tag(&t.value)).map(Arc::from).collect()
    };
    let mut snippets = Vec::new();
    let own: Vec<Tag> = own.into_iter().map(Tag::new).collect();
    let mut said: FxHashSet<(usize, u64)> = FxHashSet::default();
    let (mut cards, stem) = (Vec::new(), slug(&article));
    for variant in &variants.all {
        let asked = asked.as_ref().filter(|_| variant.asks);
        let content = slug(&variant.name);
        let mut of = Cards::new(site, id, &stem, variant, &content, magnet.filter(|_| variant.asks));
        let about = Subject {
            article: &article,
            link: Link::new(asked.map_or(&page, |(url, _)| url), &campaign, &content),
            title: variant.title.as_ref().map_or(asked.map_or(&*own_title, |(_, m)| &*m.front.title), |t| &t.value),
            tags: variant.tags.as_ref().map_or(Cow::Borrowed(&*own), |tags| {
                tags.iter().filter_map(|t| variants::tag(&t.value)).map(|t| Tag::new(t.into())).collect()
            }),
            alt: variant
                .alt
                .as_ref()
                .filter(|a| !a.value.is_empty())
                .map_or_else(|| of.alt.clone(), |alt| Arc::from(&*alt.value)),
            text: cut::Text::new(&*variant.text),
            long: long(variant),
            heads: Encoded::default(),
            titles: Encoded::default(),
            post: RefCell::default(),
        };
        // Most networks take the same.
        let mut last = (String::new(), 0);
        for (i, (network, name)) in site.plan.networks.with_names().enumerate() {
            let named = variant.networks.iter().any(|n| n.value == network.name);
            let wanted = match &site.plan.share {
                Some(share) => share.posts_to(&network.name),
                None => true,
            };
            // Communities that take a post for advertising get one, under the article's own title.
            if !wanted || !variant.is_for(&network.name) || (network.once && !named) {
                continue;
            }
            let (mut snippet, head) = about.snippet(variant, network, name);
            if last.0 != head || last.1 == 0 {
                last = (head, 0);
                last.1 = heart(&last.0);
            }
            if said.insert((i, last.1)) {
                snippet.card = of.path(network.card, &mut cards);
                snippets.push(snippet);
            }
        }
    }
    let unique = variants::own_title(site, front);
    // Where nothing is meant for such a community in particular, it gets the title.
    let title = Variant::named("title", own_title.clone(), crate::source::Span::file(&site.content.article(id).path));
    for (network, name) in site.plan.networks.with_names().filter(|(n, _)| n.once) {
        let wanted = site.plan.share.as_ref().is_none_or(|s| s.posts_to(&network.name));
        if wanted && unique && snippets.iter().all(|s| *s.network != *network.name) {
            let mut of = Cards::new(site, id, &stem, &title, "title", None);
            let alt = of.alt.clone();
            let about = Subject {
                article: &article,
                link: Link::new(&page, &campaign, "title"),
                title: &own_title,
                tags: Cow::default(),
                alt,
                text: cut::Text::new(&*title.text),
                long: None,
                heads: Encoded::default(),
                titles: Encoded::default(),
                post: RefCell::default(),
            };
            let card = of.path(network.card, &mut cards);
            snippets.push(Snippet { card, ..about.snippet(&title, network, name).0 });
        }
    }
    Posts { id, article, variants, snippets, cards }
}

/// A post without its link and tags, as readers would tell it from another.
fn heart(head: &str) -> u64 {
    let mut hasher = FxHasher::default();
    for word in head.to_lowercase().split_ascii_whitespace().filter(|w| !w.starts_with('#')) {
        hasher.write(word.as_bytes());
        hasher.write_u8(b' ');
    }
    hasher.finish()
}

/// A found passage with what follows it in the article, for networks with room.
fn long(variant: &Variant) -> Option<String> {
    if variant.more.is_empty() || variant.origin != Origin::Found {
        return None;
    }
    let whole = format!("{}\n\n{}", variant.text, variant.more);
    let most = ROOMY.max(variant.text.chars().count());
    let head = cut::fit(&whole, &|t| t.chars().count() <= most);
    (head.len() > variant.text.len() && head.starts_with(&variant.text)).then_some(head)
}

/// What all snippets of a variant share.
struct Subject<'a> {
    article: &'a Arc<str>,
    link: Link,
    title: &'a str,
    tags: Cow<'a, [Tag]>,
    alt: Arc<str>,
    text: cut::Text<'a>,
    long: Option<String>,
    heads: Encoded,
    titles: Encoded,
    /// The post that was tried last, and its measure.
    post: RefCell<(String, Option<Measure>)>,
}

/// A tag, and what of it stays the same on every network.
#[derive(Clone)]
struct Tag {
    name: Arc<str>,
    encoded: String,
    graphemes: usize,
}

impl Tag {
    fn new(name: Arc<str>) -> Tag {
        Tag { encoded: percent_encode(&name), graphemes: graphemes(&name), name }
    }
}

/// A tracked address but for the name of the network, and the same percent-encoded.
struct Link {
    plain: [String; 2],
    encoded: [String; 2],
}

impl Link {
    fn new(page: &str, campaign: &str, content: &str) -> Link {
        let plain = [
            format!("{page}?utm_source="),
            format!("&utm_medium=social&utm_campaign={campaign}&utm_content={content}"),
        ];
        Link { encoded: [percent_encode(&plain[0]), percent_encode(&plain[1])], plain }
    }

    fn of(&self, network: &Network) -> String {
        [&*self.plain[0], &*network.name, &*self.plain[1]].concat()
    }

    /// Percent-encoded: of each part the same as of the whole.
    fn encoded(&self, network: &Network) -> String {
        [&*self.encoded[0], &*percent_encode(&network.name), &*self.encoded[1]].concat()
    }
}

/// The last text that was percent-encoded, and what came of it: most networks take the same.
#[derive(Default)]
struct Encoded(RefCell<(String, String)>);

impl Encoded {
    fn of(&self, text: &str, room: usize) -> String {
        let mut last = self.0.borrow_mut();
        if last.0 != text {
            *last = (text.to_string(), percent_encode(text));
        }
        let mut out = String::with_capacity(last.1.len() + room);
        out.push_str(&last.1);
        out
    }
}

/// Texts are filled up with what follows in the article to about this length, where the network has room.
const ROOMY: usize = 600;

/// Posts of a thread, the first apart.
const LONGEST_THREAD: usize = 12;

impl Subject<'_> {
    /// The snippet, and what its text begins with: all but the link and the tags.
    fn snippet(&self, variant: &Variant, network: &Network, name: &Arc<str>) -> (Snippet, String) {
        let url = self.link.of(network);
        let tags: &[Tag] = if network.title == Title::Only { &[] } else { &self.tags };
        let fits = |t: &&Tag| t.graphemes <= usize::from(network.tags.longest);
        let tags: Vec<&Tag> = tags.iter().filter(fits).take(usize::from(network.tags.most)).collect();
        let tail = tail(network, &url, &tags);
        let fits = |head: &str| {
            let (post, measure) = &mut *self.post.borrow_mut();
            post.clear();
            post.push_str(head);
            post.push_str(&tail);
            measure.insert(network.measure(post)).fits
        };
        let (head, thread) = self.body(variant, network, &fits);
        let text = [&*head, &*tail].concat();
        // What was tried last is mostly what fits.
        let (post, tried) = &mut *self.post.borrow_mut();
        let measure = tried.take().filter(|_| *post == text).unwrap_or_else(|| network.measure(&text));
        let title = match network.title {
            Title::None => None,
            Title::Only => Some(text.clone()),
            Title::Beside(most) => Some(cut::at_word(self.title, &|t| t.chars().count() <= most)),
        };
        let first_comment = match (network.link, network.comment) {
            (LinkPlace::FirstComment, Some(most)) => Some(self.comment(variant, &url, most, network.count)),
            _ => variant.comment.as_ref().map(|c| c.value.clone()),
        };
        let snippet = Snippet {
            article: self.article.clone(),
            network: name.clone(),
            variant: variant.name.clone(),
            count: measure.count,
            limit: measure.limit,
            intent: self.intent(network, &head, &tags, title.as_deref()),
            text,
            url,
            link: network.link,
            first_comment,
            title,
            tags: tags.iter().map(|t| t.name.clone()).collect(),
            alt: self.alt.clone(),
            card: String::new(),
            thread,
        };
        (snippet, head)
    }

    /// The text that fits, and the posts that go on where it does not.
    fn body(&self, variant: &Variant, network: &Network, fits: &dyn Fn(&str) -> bool) -> (String, Vec<String>) {
        let plain;
        let of = match network.count {
            Count::Sms => {
                plain = cut::Text::new(for_messages(&variant.text));
                &plain
            }
            _ => &self.text,
        };
        let text = &*of.whole;
        if network.title == Title::Only {
            let title = variant.title.as_ref().map_or(text, |t| &*t.value);
            return (cut::at_word(title, fits), Vec::new());
        }
        if network.thread {
            let single = |post: &str| network.takes(post);
            if let Some(points) = thread_of(variant, &single) {
                let lead = text.split("\n\n").next().unwrap_or_default();
                let full = if fits(text) { text.to_string() } else { cut::at_word(lead, fits) };
                return (full, points);
            }
            if variant.origin != Origin::Found && !fits(text) {
                let mut posts = cut::split(text, fits);
                let first = if posts.is_empty() { String::new() } else { posts.remove(0) };
                let rest = text[first.len().min(text.len())..].trim_start();
                let whole = text.starts_with(&first) && !first.ends_with('…');
                if whole && !first.is_empty() {
                    let mut thread = cut::split(rest, &single);
                    thread.truncate(LONGEST_THREAD);
                    return (first, thread);
                }
            }
        }
        if let Some(long) = self.long.as_ref().filter(|long| network.limit >= 1_000 && fits(long)) {
            return (long.clone(), Vec::new());
        }
        (of.fit(fits), Vec::new())
    }

    fn comment(&self, variant: &Variant, url: &str, most: usize, count: Count) -> String {
        let said = variant.comment.as_ref().map_or(self.title, |c| &c.value);
        let tail = format!("\n{url}");
        cut::fit(said, &|t| count.of(&format!("{t}{tail}")) <= most) + &tail
    }

    fn intent(&self, network: &Network, head: &str, tags: &[&Tag], title: Option<&str>) -> Option<String> {
        let room = tags.iter().map(|t| t.encoded.len() + 9).sum();
        let mut text = if network.takes_text() { self.heads.of(head, room) } else { String::new() };
        for (i, tag) in tags.iter().enumerate() {
            text.push_str(if i == 0 { "%0A%0A%23" } else { "%20%23" });
            text.push_str(&tag.encoded);
        }
        // A window that takes no text is for the link alone; elsewhere the link comes where the network places it.
        let linked = matches!(network.link, LinkPlace::Body | LinkPlace::Card) || !network.takes_text();
        let url = if linked { self.link.encoded(network) } else { String::new() };
        let title = if network.takes_title() { self.titles.of(title.unwrap_or(self.title), 0) } else { String::new() };
        network.share_address(&url, &text, &title)
    }
}

/// What stands below the text: link and tags.
fn tail(network: &Network, url: &str, tags: &[&Tag]) -> String {
    let mut tail = String::with_capacity(url.len() + 64);
    if network.link == LinkPlace::Body {
        tail.push_str("\n\n");
        tail.push_str(url);
    }
    for (i, tag) in tags.iter().enumerate() {
        tail.push_str(if i == 0 { "\n\n#" } else { " #" });
        tail.push_str(&tag.name);
    }
    tail
}

/// The points of a list as posts, where the article says something under most of them.
fn thread_of(variant: &Variant, fits: &dyn Fn(&str) -> bool) -> Option<Vec<String>> {
    let said = variant.points.iter().filter(|(_, sentence)| !sentence.is_empty()).count();
    if said < 3 || said * 3 < variant.points.len() * 2 {
        return None;
    }
    let post = |(i, (heading, sentence)): (usize, &(String, String))| {
        let whole = if sentence.is_empty() {
            format!("{}. {heading}", i + 1)
        } else {
            format!("{}. {heading}\n\n{sentence}", i + 1)
        };
        if fits(&whole) { whole } else { cut::fit(&format!("{}. {heading}", i + 1), fits) }
    };
    Some(variant.points.iter().enumerate().take(LONGEST_THREAD).map(post).collect())
}

/// A post with nothing but its names and its text, for tests.
#[cfg(test)]
pub(crate) fn blank(article: &str, network: &str, variant: &str, text: &str) -> Snippet {
    Snippet {
        article: article.into(),
        network: network.into(),
        variant: variant.into(),
        text: text.to_string(),
        count: text.chars().count(),
        limit: 500,
        url: format!("https://acme.io/{article}/?utm_content={variant}"),
        link: LinkPlace::Card,
        first_comment: None,
        title: None,
        tags: Vec::new(),
        alt: "alt".into(),
        card: format!("cards/{article}/a.png"),
        thread: Vec::new(),
        intent: None,
    }
}
