//! The plan as a table for people, as wide as their terminal.

use crate::render::Snapshot;
use crate::share::{Post, State, Step, calendar};
use crate::time::{Style, display};
use jiff::civil::Date;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const GREEN: &str = "\x1b[32m";
const PLAIN: &str = "\x1b[0m";

/// The width of the terminal; of one that is none, what fits on paper.
pub(super) fn width() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0)).clamp(60, 160)
}

/// Text in so many columns: cut with an ellipsis, or filled with spaces.
fn fit(text: &str, width: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let used = text.width();
    if used <= width {
        return text + &" ".repeat(width - used);
    }
    let (mut out, mut used) = (String::new(), 0);
    for grapheme in text.graphemes(true) {
        if used + grapheme.width() >= width {
            break;
        }
        used += grapheme.width();
        out.push_str(grapheme);
    }
    format!("{out}…{}", " ".repeat(width.saturating_sub(used + 1)))
}

fn why(post: &Post<'_>) -> String {
    match (&post.state, &post.step) {
        (State::Posted, _) => "posted".to_string(),
        (State::Due, _) => "due now".to_string(),
        (_, Step::First) => "new".to_string(),
        (_, Step::Repost(1)) => "+1 day".to_string(),
        (_, Step::Repost(days)) => format!("+{days} days"),
        (_, Step::Campaign(name)) => name.to_string(),
    }
}

/// Draws the posts, in the order of their times.
pub(super) fn draw(site: &Snapshot, posts: &[&Post<'_>], width: usize) -> String {
    let config = &site.project.config;
    let label = |p: &Post<'_>| calendar::label(site, &p.snippet.network).to_string();
    let widest = |of: &dyn Fn(&Post<'_>) -> String, most: usize| {
        posts.iter().map(|p| of(p).width()).max().unwrap_or(0).min(most)
    };
    let network = widest(&label, 16);
    let step = widest(&why, 12);
    let variant = widest(&|p| p.snippet.variant.to_string(), 12);
    // Day, time, and two spaces between columns.
    let rest = width.saturating_sub(2 + 6 + 2 + 5 + 2 + network + 2 + step + 2 + variant + 2);
    let (article, words) = if rest < 56 { (rest, 0) } else { (rest * 2 / 5, rest - rest * 2 / 5 - 2) };
    let mut out = String::new();
    let (mut week, mut day) = (None::<Date>, None::<Date>);
    for post in posts {
        let local = post.at.to_zoned(config.zone.clone());
        let date = local.date();
        let monday = date.saturating_sub(jiff::Span::new().days(i64::from(date.weekday().to_monday_zero_offset())));
        if week != Some(monday) {
            let name = display(&monday.to_string(), "en", Style::Long).unwrap_or_default();
            out.push_str(&format!("{}{BOLD}Week of {name}{PLAIN}\n", if week.is_some() { "\n" } else { "" }));
            (week, day) = (Some(monday), None);
        }
        let shown = if day == Some(date) { " ".repeat(6) } else { local.strftime("%a %d").to_string() };
        day = Some(date);
        let colour = match (post.state, post.ask) {
            (State::Posted, _) => DIM,
            (State::Due, _) => GREEN,
            (_, true) => BOLD,
            _ => "",
        };
        let mut line = format!(
            "  {shown}  {}  {}  {colour}{}{PLAIN}  {}  {}",
            local.strftime("%H:%M"),
            fit(&label(post), network),
            fit(&why(post), step),
            fit(&post.snippet.variant, variant),
            fit(&post.subject.title, article)
        );
        if words > 0 {
            line.push_str(&format!("  {DIM}{}{PLAIN}", fit(&post.snippet.text, words).trim_end()));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_as_wide_as_they_should_be() {
        for text in ["short", "exactly ten", "日本語のとても長い題名です", "a\nb  c", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", ""]
        {
            let cell = fit(text, 10);
            assert_eq!(cell.width(), 10, "{cell:?}");
        }
        assert_eq!(fit("exactly ten", 10), "exactly t…");
        assert_eq!(fit("a\nb", 4), "a b ");
    }
}
