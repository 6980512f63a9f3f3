//! The rows. A new network is a row here, or `[networks.NAME]` in `site.toml`. Figures: networks' documentation where it says
//! them, else what their windows take; each can be overridden.

use super::{Count, LinkPlace, Network, Tags, Title};
use std::borrow::Cow;

/// What most networks have; a row says what differs.
pub(super) const ROW: Network = Network {
    name: Cow::Borrowed(""),
    label: Cow::Borrowed(""),
    limit: 5_000,
    count: Count::Characters,
    title: Title::None,
    fold: None,
    comment: None,
    link: LinkPlace::Body,
    tags: Tags { most: 0, longest: 100 },
    share_url: None,
    card: (1200, 630),
    thread: false,
    repost: Cow::Borrowed(&[0, 30]),
    once: false,
};

const fn word(word: &'static str) -> Cow<'static, str> {
    Cow::Borrowed(word)
}

const fn days(days: &'static [u16]) -> Cow<'static, [u16]> {
    Cow::Borrowed(days)
}

/// Every network that hub knows by itself.
pub static TABLE: [Network; 16] = [
    Network {
        name: word("x"),
        label: word("X"),
        limit: 280,
        count: Count::Weighted,
        tags: Tags { most: 1, longest: 100 },
        share_url: Some(word("https://x.com/intent/tweet?text={text}&url={url}")),
        card: (1200, 675),
        thread: true,
        repost: days(&[0, 1, 7, 30, 60]),
        ..ROW
    },
    Network {
        name: word("bluesky"),
        label: word("Bluesky"),
        limit: 300,
        count: Count::GraphemesAndBytes,
        tags: Tags { most: 2, longest: 64 },
        share_url: Some(word("https://bsky.app/intent/compose?text={text}%20{url}")),
        thread: true,
        repost: days(&[0, 7, 30]),
        ..ROW
    },
    Network {
        name: word("mastodon"),
        label: word("Mastodon"),
        limit: 500,
        count: Count::Mastodon,
        tags: Tags { most: 3, longest: 100 },
        share_url: Some(word("https://share.joinmastodon.org/#text={text}%20{url}")),
        thread: true,
        repost: days(&[0, 7, 30]),
        ..ROW
    },
    Network {
        name: word("threads"),
        label: word("Threads"),
        limit: 500,
        count: Count::Threads,
        tags: Tags { most: 1, longest: 50 },
        share_url: Some(word("https://www.threads.com/intent/post?text={text}&url={url}")),
        card: (1080, 1350),
        thread: true,
        repost: days(&[0, 7, 30]),
        ..ROW
    },
    Network {
        name: word("linkedin"),
        label: word("LinkedIn"),
        limit: 3_000,
        fold: Some(210),
        comment: Some(1_250),
        link: LinkPlace::FirstComment,
        tags: Tags { most: 3, longest: 100 },
        share_url: Some(word("https://www.linkedin.com/sharing/share-offsite/?url={url}")),
        repost: days(&[0, 14, 60]),
        ..ROW
    },
    Network {
        name: word("facebook"),
        label: word("Facebook"),
        limit: 63_206,
        fold: Some(480),
        comment: Some(8_000),
        share_url: Some(word("https://www.facebook.com/sharer/sharer.php?u={url}")),
        ..ROW
    },
    Network {
        name: word("instagram"),
        label: word("Instagram"),
        limit: 2_200,
        fold: Some(125),
        link: LinkPlace::None,
        tags: Tags { most: 5, longest: 100 },
        card: (1080, 1350),
        ..ROW
    },
    Network {
        name: word("pinterest"),
        label: word("Pinterest"),
        limit: 500,
        title: Title::Beside(100),
        link: LinkPlace::Card,
        tags: Tags { most: 2, longest: 100 },
        share_url: Some(word("https://www.pinterest.com/pin/create/button/?url={url}&description={text}")),
        card: (1000, 1500),
        repost: days(&[0, 30, 90]),
        ..ROW
    },
    Network {
        name: word("reddit"),
        label: word("Reddit"),
        limit: 300,
        title: Title::Only,
        link: LinkPlace::Card,
        share_url: Some(word("https://www.reddit.com/submit?url={url}&title={text}")),
        repost: days(&[0]),
        once: true,
        ..ROW
    },
    Network {
        name: word("hackernews"),
        label: word("Hacker News"),
        limit: 80,
        title: Title::Only,
        link: LinkPlace::Card,
        share_url: Some(word("https://news.ycombinator.com/submitlink?u={url}&t={text}")),
        repost: days(&[0]),
        once: true,
        ..ROW
    },
    Network {
        name: word("telegram"),
        label: word("Telegram"),
        limit: 4_096,
        tags: Tags { most: 2, longest: 100 },
        share_url: Some(word("https://t.me/share/url?url={url}&text={text}")),
        ..ROW
    },
    Network {
        name: word("whatsapp"),
        label: word("WhatsApp"),
        limit: 65_536,
        fold: Some(768),
        share_url: Some(word("https://api.whatsapp.com/send?text={text}%20{url}")),
        ..ROW
    },
    Network {
        name: word("google-business"),
        label: word("Google Business"),
        limit: 1_500,
        link: LinkPlace::Card,
        repost: days(&[0, 30]),
        ..ROW
    },
    Network {
        name: word("youtube"),
        label: word("YouTube post"),
        limit: 5_000,
        tags: Tags { most: 2, longest: 100 },
        card: (1080, 1080),
        ..ROW
    },
    Network {
        name: word("email"),
        label: word("E-mail"),
        limit: 10_000,
        title: Title::Beside(78),
        share_url: Some(word("mailto:?subject={title}&body={text}%20{url}")),
        repost: days(&[0]),
        ..ROW
    },
    Network {
        name: word("sms"),
        label: word("SMS"),
        limit: 459,
        count: Count::Sms,
        share_url: Some(word("sms:?&body={text}%20{url}")),
        repost: days(&[0]),
        ..ROW
    },
];

/// The buttons of a page unless the site names others.
pub const BUTTONS: [&str; 5] = ["x", "bluesky", "mastodon", "linkedin", "email"];
