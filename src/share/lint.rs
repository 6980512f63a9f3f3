//! What is wrong with posts: each finding has its place and says what to do.

use super::snippet::Posts;
use super::variants::{self, Origin, Task, Variant};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::files::SITE_TOML;
use crate::networks::entities::is_hashtag;
use crate::networks::twitter::{Rules, is_invalid, urls};
use crate::networks::{Measure, Network, Title, graphemes};
use crate::render::Snapshot;
use crate::source::{At, RelPath, Span};
use crate::text;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What a look at the posts of one article leaves.
#[derive(Debug, Default)]
pub struct Checked {
    diags: Diagnostics,
    /// What the author said: its words, its variant, its place.
    said: Vec<(String, Arc<str>, Span)>,
    /// What is left for the writer.
    pub tasks: Vec<Task>,
}

/// Looks at the posts of one article.
pub fn one(site: &Snapshot, posts: &Posts) -> Checked {
    let mut checked = Checked { tasks: posts.tasks().collect(), ..Checked::default() };
    article(site, posts, &mut checked.diags);
    let key = |v: &Variant| v.text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let own = posts.variants.all.iter().filter(|v| v.origin != Origin::Found);
    checked.said = own.map(|v| (key(v), v.name.clone(), v.at.clone())).collect();
    checked
}

/// Everything that is wrong with the posts of a site.
pub fn all(site: &Snapshot, checked: Vec<Checked>) -> Diagnostics {
    let mut diags = Diagnostics::default();
    domain(site, &mut diags);
    let mut said: FxHashMap<String, (Arc<str>, Span)> = FxHashMap::default();
    for one in checked {
        diags.extend(one.diags);
        for (key, name, at) in one.said {
            match said.get(&key) {
                Some((first, place)) => {
                    let d = Diagnostic::new(codes::SAME_TEXT, format!("`{name}` says the same as `{first}`")).at(at);
                    let d = d.also(place.clone(), "said here");
                    diags.push(d.help("say it in other words: networks and readers take a repeated post for spam"));
                }
                None => {
                    said.insert(key, (name, at));
                }
            }
        }
    }
    diags
}

/// X counts an address as 23 only where it knows the top-level domain.
fn domain(site: &Snapshot, diags: &mut Diagnostics) {
    let url = site.project.config.absolute("/x/");
    if urls(&url, Rules::X).first() != Some(&(0..url.len())) && site.project.config.production() {
        let message = format!("X does not take `{}` for an address", site.project.config.base_url);
        let d = Diagnostic::new(codes::UNKNOWN_DOMAIN, message).at(Span::file(&RelPath::new(SITE_TOML)));
        diags.push(
            d.help("its links would be plain text there, and count in full: publish under a domain that it knows"),
        );
    }
}

fn article(site: &Snapshot, posts: &Posts, diags: &mut Diagnostics) {
    let article = site.content.article(posts.id);
    let file = &article.path;
    if !posts.variants.all.is_empty() && !variants::has_form(site, posts.id) {
        let message = format!("posts about `{}` lead to a page that asks for nothing", posts.article);
        let d = Diagnostic::new(codes::NO_FORM_BEHIND, message).at(Span::file(file));
        diags.push(d.help("give it `magnet = \"…\"`, or put `::offer` into its text"));
    }
    if let Some(image) = article.front.image.as_ref().filter(|i| i.alt.trim().is_empty()) {
        let d = Diagnostic::new(codes::NO_CARD_ALT, "the picture that posts show has no text alternative");
        diags.push(
            d.at(image.src.span(file)).help("add `alt = \"…\"` to `image`: what it says to those who do not see it"),
        );
    }
    for (i, variant) in posts.variants.all.iter().enumerate().filter(|(_, v)| v.origin != Origin::Found) {
        let mut before = posts.variants.all[..i].iter().filter(|v| v.origin != Origin::Found);
        if let Some(first) = before.find(|v| v.name == variant.name && overlap(v, variant)) {
            let d = Diagnostic::new(codes::SAME_SHARE_VARIANT, format!("there are two variants `{}`", variant.name));
            let d = d.at(variant.at.clone()).also(first.at.clone(), "the first is here");
            diags.push(d.help("rename one of them, or name other `networks` for each"));
        }
        written(site, variant, file, diags);
    }
}

fn overlap(a: &Variant, b: &Variant) -> bool {
    a.networks.is_empty()
        || b.networks.is_empty()
        || a.networks.iter().any(|n| b.networks.iter().any(|m| m.value == n.value))
}

fn written(site: &Snapshot, variant: &Variant, file: &RelPath, diags: &mut Diagnostics) {
    let networks = &site.plan.networks;
    for name in variant.networks.iter().filter(|n| networks.named(&n.value).is_none()) {
        diags.push(networks.unknown(name, file));
    }
    for written in variant.tags.iter().flatten() {
        tag(written, file, diags);
    }
    if let Some(alt) = variant.alt.as_ref().filter(|a| a.value.trim().is_empty()) {
        let d = Diagnostic::new(codes::NO_CARD_ALT, "the alternative text of the card is empty").at(alt.span(file));
        diags.push(d.help("write what the card says, or remove `alt`: hub takes the title"));
    }
    if let Some(why) = hard_to_read(&variant.text) {
        let d = Diagnostic::new(codes::HARD_TO_READ, format!("`{}` {why}", variant.name)).at(variant.at.clone());
        diags.push(d.help("screen readers spell such letters one by one, and name every emoji: write plain letters, and at most two emoji, at the end"));
    }
    let meant: Vec<&Network> = variant.networks.iter().filter_map(|n| networks.named(&n.value)).collect();
    for network in &meant {
        too_long(variant, network, diags);
        if network.title == Title::Only {
            promotes(variant, network, diags);
        }
    }
    // A text for all networks is cut, or goes on in further posts: it is the author's where he names the network.
    if meant.is_empty() && variant.text.chars().count() > LONG {
        let message = format!("`{}` has {} characters", variant.name, text::thousands(variant.text.chars().count()));
        let d = Diagnostic::new(codes::SHARE_TOO_LONG, message).at(variant.at.clone());
        diags.push(d.help("most networks cut it: write it shorter, or name the `networks` that it is for"));
    }
    let business = variant.networks.iter().any(|n| n.value == "google-business");
    if let Some(number) = phone(&variant.text).filter(|_| business) {
        let d = Diagnostic::new(codes::PHONE_NUMBER, format!("Google Business takes no telephone number: `{number}`"));
        diags.push(d.at(variant.at.clone()).help("put it behind the button of the post"));
    }
}

/// Characters of a text that no network with short posts shows in full.
const LONG: usize = 1_000;

fn too_long(variant: &Variant, network: &Network, diags: &mut Diagnostics) {
    let text = if network.title == Title::Only {
        variant.title.as_ref().map_or(&*variant.text, |t| &t.value)
    } else {
        &variant.text
    };
    let Measure { count, limit, fits } = network.measure(text);
    if !fits {
        let message = format!("`{}` counts {count} on {}, which takes {limit}", variant.name, network.label);
        let d = Diagnostic::new(codes::SHARE_TOO_LONG, message).at(variant.at.clone());
        let cut = if network.thread { "it goes on in further posts" } else { "it is cut" };
        diags.push(d.help(format!("{cut}: make it shorter, and leave room for the link and the tags")));
    }
}

fn tag(written: &At<String>, file: &RelPath, diags: &mut Diagnostics) {
    let name = written.value.trim_start_matches('#');
    let camel = variants::tag(name);
    let why = match &camel {
        _ if name.contains(char::is_whitespace) => "has a space",
        None => "has no letter",
        _ if !is_hashtag(&format!("#{}", name.replace('-', ""))) => "has a character that ends a tag",
        _ if written.value.starts_with('#') => "has its `#` already",
        _ => return,
    };
    let d = Diagnostic::new(codes::BAD_TAG, format!("the tag `{}` {why}", written.value)).at(written.span(file));
    diags.push(match camel {
        Some(camel) => d.help(format!("write `{camel}`")),
        None => d.help("networks make no tag of it: take a word"),
    });
}

/// What makes a title an advertisement to those who read it there.
const PROMOTION: [&str; 14] = [
    "download",
    "free ",
    "sign up",
    "subscribe",
    "our ",
    "we built",
    "check out",
    "you won't believe",
    "buy ",
    "discount",
    "limited time",
    "my new ",
    "introducing ",
    "don't miss",
];

fn promotes(variant: &Variant, network: &Network, diags: &mut Diagnostics) {
    let title = variant.title.as_ref().map_or(&*variant.text, |t| &t.value);
    let lower = format!("{} ", title.to_lowercase());
    let word = PROMOTION.iter().find(|w| lower.starts_with(**w) || lower.contains(&format!(" {w}")));
    let loud = title.ends_with('!')
        || (title.chars().filter(|c| c.is_alphabetic()).count() > 12 && !title.contains(char::is_lowercase));
    let why = match word {
        Some(word) => format!("says `{}`", word.trim()),
        None if variant.asks => "asks for something".to_string(),
        None if loud => "shouts".to_string(),
        None => return,
    };
    let d = Diagnostic::new(
        codes::SELF_PROMOTION,
        format!("`{}` {why}, which {} takes for advertising", variant.name, network.label),
    );
    diags.push(d.at(variant.at.clone()).help("give the article's own title, or leave this network out"));
}

fn hard_to_read(text: &str) -> Option<&'static str> {
    if text.contains(|c: char| matches!(u32::from(c), 0x1D400..=0x1D7FF | 0x1F130..=0x1F149 | 0x1F170..=0x1F189)) {
        return Some("has letters that only look like letters");
    }
    if text.contains(is_invalid) {
        return Some("has characters that networks refuse");
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let emoji = |w: &str| w.chars().any(|c| u32::from(c) >= 0x1F300 && u32::from(c) <= 0x1FAFF);
    let many = words.iter().filter(|w| emoji(w)).map(|w| graphemes(w)).sum::<usize>();
    (many > 2 && words.iter().filter(|w| emoji(w)).count() > 2).then_some("has more than two emoji")
}

/// A run of digits that is a telephone number.
fn phone(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(i) = rest.find(|c: char| c == '+' || c.is_ascii_digit()) {
        let run = &rest[i..];
        let len = run.find(|c: char| !(c.is_ascii_digit() || "+()-/ .".contains(c))).unwrap_or(run.len());
        let run = run[..len].trim_end_matches([' ', '.', '-', '(', '/']);
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        if (7..=15).contains(&digits) && (run.starts_with(['+', '0']) || run.contains([' ', '-', '/'])) {
            return Some(run);
        }
        rest = &rest[i + len.max(1)..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_numbers_are_known() {
        assert_eq!(phone("Call +44 20 7946 0018 today."), Some("+44 20 7946 0018"));
        assert_eq!(phone("Call 030/1234567."), Some("030/1234567"));
        assert_eq!(phone("10,000 readers in 2026."), None);
    }
}
