//! Snippets: one ready post for one network.

use crate::content::Id;
use crate::networks::{LinkPlace, Network, Title};
use crate::render::Snapshot;
use serde::Serialize;
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
    /// The post as it is pasted, with its link where the network places it in the text.
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

/// The snippets of an article: each of its `[[share]]` texts, or its title, for each network that takes snippets.
pub fn snippets(site: &Snapshot, id: Id) -> Vec<Snippet> {
    let article = site.content.article(id);
    let Some(path) = site.plan.path(id) else { return Vec::new() };
    let mut variants: Vec<(String, String)> =
        article.front.share.iter().map(|s| (s.variant.value.clone(), s.text.value.clone())).collect();
    if variants.is_empty() {
        variants.push(("title".to_string(), article.front.title.clone()));
    }
    let page = site.project.config.absolute(path);
    let mut out = Vec::new();
    for (variant, text) in &variants {
        for network in site.plan.networks.all().iter().filter(|n| n.title != Title::Only) {
            out.extend(snippet(article.name(), &page, variant, text, network));
        }
    }
    out
}

fn snippet(article: &str, page: &str, variant: &str, text: &str, network: &Network) -> Option<Snippet> {
    let (limit, count) = (network.limit, network.count);
    let slug = crate::text::slug;
    let url = format!(
        "{page}?utm_source={}&utm_medium=social&utm_campaign={}&utm_content={}",
        network.name,
        slug(article),
        slug(variant)
    );
    let room = limit.saturating_sub(count.of(&format!("\n\n{url}")));
    let post = format!("{}\n\n{url}", fit(text.trim(), room, |t| count.of(t)));
    let encode = crate::text::percent_encode;
    Some(Snippet {
        article: article.into(),
        network: (*network.name).into(),
        variant: variant.into(),
        count: count.of(&post),
        intent: network.share_address(&encode(&url), &encode(text), &encode(text)),
        text: post,
        limit,
        url,
        link: LinkPlace::Body,
        first_comment: None,
        title: None,
        tags: Vec::new(),
        alt: text.into(),
        card: format!("cards/{article}/1200x630.png"),
        thread: Vec::new(),
    })
}

/// The longest beginning that ends at a word and fits, with an ellipsis where something was left out.
fn fit(text: &str, room: usize, count: impl Fn(&str) -> usize) -> String {
    if count(text) <= room {
        return text.to_string();
    }
    let ends: Vec<usize> = text.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(i, _)| i).collect();
    let cut = ends.iter().rev().map(|i| format!("{}…", text[..*i].trim_end_matches([',', ';', ':', ' ', '.'])));
    cut.into_iter().find(|t| count(t) <= room).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::networks::TABLE;

    #[test]
    fn snippets_fit_and_carry_their_link() {
        let long = "word ".repeat(200);
        for name in ["x", "mastodon"] {
            let network = TABLE.iter().find(|n| n.name == name).expect("a row");
            let s = snippet("An Article", "https://a.io/x/", "Ask", &long, network).expect("takes snippets");
            assert!(s.count <= s.limit && s.count > s.limit - 10, "{s:?}");
            assert!(s.text.contains("word…\n\nhttps://a.io/x/?utm_source="));
            assert!(s.url.ends_with("utm_campaign=an-article&utm_content=ask"));
        }
    }
}
