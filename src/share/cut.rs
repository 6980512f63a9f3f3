//! Cutting: a post ends at a sentence where one fits, else at a word.

use super::sentences::ends;
use std::borrow::Cow;
use std::cell::OnceCell;

/// Whether a post of this beginning fits.
type Fits<'a> = &'a dyn Fn(&str) -> bool;

/// Where a text may be cut at the end of a sentence or a line, in bytes.
fn stops(text: &str) -> Vec<usize> {
    let mut out = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let shown = line.trim_end();
        out.extend(ends(shown).map(|r| at + r.end));
        at += line.len();
    }
    out
}

/// A text that is cut for several networks: where its sentences end is found once.
pub struct Text<'a> {
    /// The whole.
    pub whole: Cow<'a, str>,
    stops: OnceCell<Vec<usize>>,
}

impl<'a> Text<'a> {
    /// A text that is still whole.
    pub fn new(whole: impl Into<Cow<'a, str>>) -> Text<'a> {
        Text { whole: whole.into(), stops: OnceCell::new() }
    }

    /// The longest beginning that fits and ends a sentence, if it is worth a post; else one that ends at a word, with an
    /// ellipsis.
    pub fn fit(&self, fits: Fits<'_>) -> String {
        let text = &*self.whole;
        if fits(text) {
            return text.to_string();
        }
        let stops = self.stops.get_or_init(|| stops(text));
        let stop = stops.iter().copied().rev().find(|end| fits(&text[..*end]));
        if let Some(end) = stop.filter(|end| text[..*end].chars().count() >= 40) {
            return text[..end].trim_end().to_string();
        }
        shorter(text, fits)
    }
}

/// As [`Text::fit`], of a text that is cut once.
pub fn fit(text: &str, fits: Fits<'_>) -> String {
    Text::new(text).fit(fits)
}

/// The longest beginning that ends at a word, with an ellipsis.
pub fn at_word(text: &str, fits: Fits<'_>) -> String {
    if fits(text) {
        return text.to_string();
    }
    shorter(text, fits)
}

/// The same of a text that does not fit.
fn shorter(text: &str, fits: Fits<'_>) -> String {
    let ends: Vec<usize> = text.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(i, _)| i).collect();
    let shown = |end: usize| {
        format!("{}…", text[..end].trim_end_matches(|c: char| c.is_whitespace() || ",;:.–—-(“\"".contains(c)))
    };
    // Longer beginnings fit worse: the last that fits is found by halving.
    let most = ends.partition_point(|end| fits(&shown(*end)));
    most.checked_sub(1).map(|i| shown(ends[i])).filter(|t| t.chars().count() > 1).unwrap_or_default()
}

/// A text as several posts, each of which fits and ends a sentence, if its sentences are short enough.
pub fn split(text: &str, fits: Fits<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if fits(rest) {
            out.push(rest.to_string());
            break;
        }
        let Some(end) = stops(rest).into_iter().rev().find(|end| fits(&rest[..*end])).filter(|end| *end > 0) else {
            let cut = at_word(rest, fits);
            if !cut.is_empty() {
                out.push(cut);
            }
            break;
        };
        out.push(rest[..end].trim_end().to_string());
        rest = rest[end..].trim_start();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posts_end_where_a_sentence_does() {
        let text = "The first sentence is quite long already. The second is shorter. Third.";
        let within = |n: usize| move |t: &str| t.chars().count() <= n;
        assert_eq!(fit(text, &within(200)), text);
        assert_eq!(fit(text, &within(66)), "The first sentence is quite long already. The second is shorter.");
        assert_eq!(fit(text, &within(30)), "The first sentence is quite…");
        assert_eq!(fit("Wordwithoutanyend", &within(5)), "");
        assert_eq!(
            split(text, &within(45)),
            ["The first sentence is quite long already.", "The second is shorter. Third."]
        );
    }

    #[test]
    fn lists_are_cut_between_their_points() {
        let list = "What every opt-in form needs to have:\n\n• A label\n• One field";
        assert_eq!(fit(list, &|t| t.chars().count() <= 52), "What every opt-in form needs to have:\n\n• A label");
    }
}
