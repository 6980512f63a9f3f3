//! Networks: how each counts, where it has its link, what its window takes. docs/share.md describes them.

mod count;
mod emoji;
pub mod entities;
mod facets;
mod read;
mod table;
pub mod twitter;

pub use count::{Count, Measure, for_messages, graphemes};
pub use facets::{Facet, Feature, facets};
pub use read::{Networks, Share, keys, read};
pub use table::{BUTTONS, TABLE};

use serde::Serialize;
use std::borrow::Cow;

/// Where the link of a post stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPlace {
    /// In the text.
    #[default]
    Body,
    /// Beside the text: the network has a place for it, and shows a preview.
    Card,
    /// In the first comment.
    FirstComment,
    /// Nowhere: the network makes no link of it.
    None,
}

impl LinkPlace {
    /// Each by its name.
    pub const NAMES: [(&'static str, LinkPlace); 4] = [
        ("body", LinkPlace::Body),
        ("card", LinkPlace::Card),
        ("first_comment", LinkPlace::FirstComment),
        ("none", LinkPlace::None),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        LinkPlace::NAMES.iter().find(|(_, p)| *p == self).map_or("", |(name, _)| name)
    }
}

/// What a network does with titles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Title {
    /// It has none.
    None,
    /// A title beside the text, this long at the most.
    Beside(usize),
    /// A title and a link, and no text: the limit is that of the title.
    Only,
}

/// What a network does with tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tags {
    /// How many hub puts under a post.
    pub most: u8,
    /// The longest tag, in graphemes.
    pub longest: u16,
}

/// A network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its name in `site.toml`, in UTM parameters and on the command line.
    pub name: Cow<'static, str>,
    /// Its name for people.
    pub label: Cow<'static, str>,
    /// The longest post, as the network counts.
    pub limit: usize,
    /// How it counts.
    pub count: Count,
    /// Whether posts have titles.
    pub title: Title,
    /// After how many characters the rest is folded away.
    pub fold: Option<usize>,
    /// The longest first comment, where a link may stand there.
    pub comment: Option<usize>,
    /// Where the link stands.
    pub link: LinkPlace,
    /// How many tags.
    pub tags: Tags,
    /// The address that opens the network's window: `{text}`, `{url}` and `{title}` stand for encoded text. A network without
    /// one takes no text from outside.
    pub share_url: Option<Cow<'static, str>>,
    /// Width and height of its card, in pixels.
    pub card: (u32, u32),
    /// Whether a post may go on in further posts.
    pub thread: bool,
    /// Days after the article at which another post about it may go out.
    pub repost: Cow<'static, [u16]>,
    /// Whether an article is posted once, under its title, because more would be taken for advertising.
    pub once: bool,
}

impl Network {
    /// The length of a post as the network counts it.
    pub fn count(&self, text: &str) -> usize {
        self.count.of(text)
    }

    /// Whether it takes a post.
    pub fn takes(&self, text: &str) -> bool {
        self.count.fits(text, self.limit)
    }

    /// A post, measured.
    pub fn measure(&self, text: &str) -> Measure {
        self.count.measure(text, self.limit)
    }

    /// Whether its window takes text from outside; where it does not, the text is copied first.
    pub fn takes_text(&self) -> bool {
        self.share_url.as_ref().is_some_and(|url| url.contains("{text}"))
    }

    /// Whether its window takes a title from outside.
    pub fn takes_title(&self) -> bool {
        self.share_url.as_ref().is_some_and(|url| url.contains("{title}"))
    }

    /// The address that opens the network's window with a link and a text in it; all are percent-encoded. Without a link, the
    /// text alone.
    pub fn share_address(&self, url: &str, text: &str, title: &str) -> Option<String> {
        let pattern: &str = self.share_url.as_ref()?;
        let mut out = String::with_capacity(pattern.len() + url.len() + text.len());
        let mut rest = pattern;
        while let Some(at) = memchr::memchr(b'{', rest.as_bytes()) {
            let (before, after) = (&rest[..at], &rest[at + 1..]);
            out.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            match name {
                "url" if url.is_empty() => out.truncate(out.strip_suffix("%20").map_or(out.len(), str::len)),
                "url" => out.push_str(url),
                "title" => out.push_str(title),
                _ => out.push_str(text),
            }
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> &'static Network {
        TABLE.iter().find(|n| n.name == name).expect("a row")
    }

    #[test]
    fn addresses_are_filled_in() {
        let url = named("x").share_address("https%3A%2F%2Fa.io", "Q%26A", "");
        assert_eq!(url.as_deref(), Some("https://x.com/intent/tweet?text=Q%26A&url=https%3A%2F%2Fa.io"));
        let alone = named("bluesky").share_address("", "Q", "");
        assert_eq!(alone.as_deref(), Some("https://bsky.app/intent/compose?text=Q"));
        assert_eq!(named("email").share_address("U", "T", "S").as_deref(), Some("mailto:?subject=S&body=T%20U"));
    }

    #[test]
    fn rows_are_whole() {
        for row in &TABLE {
            assert!(crate::text::slug(&row.name) == row.name && !row.label.is_empty() && row.limit > 0, "{}", row.name);
            assert!(row.repost.first() == Some(&0) && row.repost.is_sorted(), "{}", row.name);
            assert!(row.once == (row.title == Title::Only), "{}", row.name);
            assert!(row.link != LinkPlace::FirstComment || row.comment.is_some(), "{}", row.name);
        }
        assert!(BUTTONS.iter().all(|b| named(b).share_url.is_some()));
    }
}
