//! Points: an article's headings as a list.

use super::extract::{Found, Slot};
use super::scores::words;
use super::sentences::{is_plain, is_whole, sentences};
use crate::content::markdown::{Block, Part, Prose};

/// Headings that say nothing by themselves.
const EMPTY: &[&str] = &[
    "introduction",
    "conclusion",
    "conclusions",
    "summary",
    "background",
    "overview",
    "faq",
    "references",
    "further reading",
    "notes",
    "acknowledgements",
    "acknowledgments",
    "thanks",
    "contributors",
    "appendix",
    "next steps",
    "what's next",
    "what’s next",
    "links",
    "resources",
    "credits",
    "changelog",
    "table of contents",
    "motivation",
    "tl;dr",
    "update",
    "updates",
    "details",
    "questions",
    "getting help",
    "other changes",
    "examples",
    "example",
    "outline",
    "fazit",
    "einleitung",
    "results",
    "other",
    "misc",
    "discussion",
];

/// The headings of an article under its title, if they say something by themselves.
pub(super) fn list(prose: &Prose, title: &str) -> Option<Found> {
    let level = prose
        .blocks
        .iter()
        .filter_map(|b| if let Part::Heading(n) = b.part { Some(n) } else { None })
        .filter(|n| *n > 1)
        .min()?;
    let mut points: Vec<(String, String)> = Vec::new();
    for (i, block) in prose.blocks.iter().enumerate().filter(|(_, b)| b.part == Part::Heading(level)) {
        let heading = unnumbered(&block.text).trim_end_matches([':', '.']);
        let chars = heading.chars().count();
        let says = words(heading).count() >= 2 || chars >= 12;
        let fit = (6..=90).contains(&chars)
            && says
            && is_plain(heading)
            && !block.marked_up
            && !EMPTY.contains(&heading.to_lowercase().as_str());
        if fit && points.iter().all(|(h, _)| h != heading) {
            points.push((heading.to_string(), first_sentence(&prose.blocks[i + 1..])));
        }
    }
    if !(3..=12).contains(&points.len()) || !is_plain(title) {
        return None;
    }
    let lead = title.trim_end_matches([':', '.', '?', '!']);
    let lead = if title.ends_with('?') { title.to_string() } else { format!("{lead}:") };
    let lines: Vec<String> = points.iter().map(|(h, _)| format!("• {h}")).collect();
    Some(Found { slot: Slot::List, text: format!("{lead}\n\n{}", lines.join("\n")), more: String::new(), points })
}

fn first_sentence(blocks: &[Block]) -> String {
    let paragraph =
        blocks.iter().take_while(|b| !matches!(b.part, Part::Heading(_))).find(|b| b.part == Part::Paragraph);
    let first = paragraph.and_then(|b| sentences(&b.text).next());
    first.filter(|s| is_whole(s) && s.chars().count() <= 240).map(|s| s.to_string()).unwrap_or_default()
}

/// A heading without the number that it begins with.
fn unnumbered(heading: &str) -> &str {
    let rest = heading.trim_start_matches(|c: char| c.is_ascii_digit());
    match rest.strip_prefix(['.', ')', ':']) {
        Some(after) if rest.len() < heading.len() => after.trim_start(),
        _ => heading,
    }
}
