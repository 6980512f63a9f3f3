//! The table of social networks: how each counts, and the address that opens its window. A new network is a row.

use unicode_segmentation::UnicodeSegmentation;

/// How a network counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// twitter-text v3: weights, any address counts 23.
    Weighted,
    /// Graphemes, any address counts 23 (docs.joinmastodon.org, "Posting to your account").
    GraphemesUrl23,
}

/// A network.
#[derive(Debug)]
pub struct Network {
    /// Its name in `site.toml`, in UTM parameters and on the command line.
    pub name: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// The longest post, and how it is counted; none where hub writes no snippets yet.
    pub limit: Option<(usize, Count)>,
    /// The address that shares a page: `{url}`, `{text}` stand for the encoded page and title.
    pub share_url: &'static str,
}

/// Every network.
pub const TABLE: [Network; 4] = [
    Network {
        name: "x",
        label: "X",
        limit: Some((280, Count::Weighted)),
        share_url: "https://x.com/intent/tweet?text={text}&url={url}",
    },
    Network {
        name: "mastodon",
        label: "Mastodon",
        limit: Some((500, Count::GraphemesUrl23)),
        share_url: "https://share.joinmastodon.org/#text={text}%20{url}",
    },
    Network {
        name: "linkedin",
        label: "LinkedIn",
        limit: None,
        share_url: "https://www.linkedin.com/sharing/share-offsite/?url={url}",
    },
    Network { name: "email", label: "E-mail", limit: None, share_url: "mailto:?subject={text}&body={url}" },
];

/// The network of this name.
pub fn named(name: &str) -> Option<&'static Network> {
    TABLE.iter().find(|n| n.name == name)
}

impl Network {
    /// The address that opens the network's window with a page in it; both are percent-encoded.
    pub fn share_address(&self, url: &str, text: &str) -> String {
        let mut out = String::with_capacity(self.share_url.len() + url.len() + text.len());
        let mut rest = self.share_url;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(if name == "url" { url } else { text });
            rest = after;
        }
        out + rest
    }
}

/// What an address counts on X and on Mastodon, however long it is.
const URL_COUNT: usize = 23;

impl Count {
    /// The length of a post as the network counts it. Addresses are found by their scheme.
    pub fn of(self, text: &str) -> usize {
        let mut count = 0;
        let mut rest = text;
        while let Some(i) = rest.find("https://").into_iter().chain(rest.find("http://")).min() {
            let end = rest[i..].find(char::is_whitespace).map_or(rest.len(), |e| i + e);
            count += self.plain(&rest[..i]) + URL_COUNT;
            rest = &rest[end..];
        }
        count + self.plain(rest)
    }

    fn plain(self, text: &str) -> usize {
        match self {
            Count::GraphemesUrl23 => text.graphemes(true).count(),
            Count::Weighted => text.graphemes(true).map(weighted).sum(),
        }
    }
}

/// twitter-text v3 configuration: 100 for the ranges below, 200 for the rest, an emoji sequence 200, scale 100.
fn weighted(grapheme: &str) -> usize {
    const LIGHT: [std::ops::RangeInclusive<u32>; 4] = [0..=0x10FF, 0x2000..=0x200D, 0x2010..=0x201F, 0x2032..=0x2037];
    let emoji = grapheme.chars().any(|c| matches!(u32::from(c), 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0xFE0F));
    if emoji {
        return 2;
    }
    grapheme.chars().map(|c| if LIGHT.iter().any(|r| r.contains(&u32::from(c))) { 1 } else { 2 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_as_networks_count_them() {
        assert_eq!(Count::Weighted.of("hello https://example.com/a/very/long/address?x=1"), 6 + 23);
        assert_eq!(Count::Weighted.of("日本"), 4);
        assert_eq!(Count::Weighted.of("👨‍👩‍👧‍👦"), 2);
        assert_eq!(Count::GraphemesUrl23.of("é👨‍👩‍👧‍👦 http://x.io y"), 2 + 1 + 23 + 2);
    }

    #[test]
    fn addresses_are_filled_in() {
        let url = TABLE[0].share_address("https%3A%2F%2Fa.io", "Q%26A");
        assert_eq!(url, "https://x.com/intent/tweet?text=Q%26A&url=https%3A%2F%2Fa.io");
    }
}
