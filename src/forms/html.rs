//! Tags of a pasted snippet. Whatever is pasted gives some list of tags: nothing in it runs, and nothing is an error.

/// A tag with its attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// Its name in lower case; that of an end tag begins with `/`.
    pub name: String,
    /// Attributes: names in lower case, values with character references resolved.
    pub attrs: Vec<(String, String)>,
    /// The text up to the next tag, folded.
    pub text: String,
}

impl Tag {
    /// The value of an attribute; empty for one without a value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attrs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// The most tags that are read: no form has more.
const MOST: usize = 20_000;

/// Every tag of a piece of HTML, in order. Comments are left out, and so is what stands in scripts and styles.
pub fn tags(html: &str) -> Vec<Tag> {
    let mut out: Vec<Tag> = Vec::new();
    let mut rest = html;
    while let Some(i) = rest.find('<').filter(|_| out.len() < MOST) {
        let (text, at) = rest.split_at(i);
        if let Some(last) = out.last_mut() {
            push_text(&mut last.text, text);
        }
        if let Some(comment) = at.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let named = at[1..].trim_start_matches('/').starts_with(|c: char| c.is_ascii_alphabetic());
        if !named {
            rest = &at[1..];
            continue;
        }
        let (tag, after) = tag(&at[1..]);
        rest = after;
        if let "script" | "style" = tag.name.as_str() {
            let ends = |i: &usize| {
                let after = &rest.as_bytes()[*i + 2..];
                after.get(..tag.name.len()).is_some_and(|name| name.eq_ignore_ascii_case(tag.name.as_bytes()))
            };
            rest = rest.match_indices("</").map(|(i, _)| i).find(ends).map_or("", |end| &rest[end..]);
        }
        out.push(tag);
    }
    if let Some(last) = out.last_mut() {
        push_text(&mut last.text, rest);
    }
    out
}

fn push_text(to: &mut String, text: &str) {
    for word in unescape(text).split_whitespace() {
        if !to.is_empty() {
            to.push(' ');
        }
        to.push_str(word);
    }
}

/// Reads from behind `<`; what follows the tag comes back beside it.
fn tag(text: &str) -> (Tag, &str) {
    let end = text.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(text.len());
    let name = text[..end].trim_end_matches('/').to_ascii_lowercase();
    let mut tag = Tag { name, ..Tag::default() };
    let mut rest = &text[end..];
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return (tag, rest);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (tag, after);
        }
        // A name may begin with `=`.
        let ends = |(i, c): (usize, char)| (i > 0 && (c.is_ascii_whitespace() || "=>/".contains(c))).then_some(i);
        let end = rest.char_indices().find_map(ends).unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            (value, rest) = match after.chars().next() {
                Some(quote @ ('"' | '\'')) => match after[1..].split_once(quote) {
                    Some((value, after)) => (value, after),
                    None => (&after[1..], ""),
                },
                _ => after.split_at(after.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(after.len())),
            };
        }
        if !tag.attrs.iter().any(|(n, _)| *n == name) {
            tag.attrs.push((name, unescape(value)));
        }
    }
}

/// Resolves the character references that snippets contain: numbers, and those that HTML needs.
pub fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after.find(';').filter(|end| *end <= 10);
        let found = end.and_then(|end| Some((reference(&after[..end])?, &after[end + 1..])));
        match found {
            Some((c, after)) => {
                out.push(c);
                rest = after;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        name => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control())?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tags_as_browsers_read_them() {
        let found = tags(
            "<FORM action='a?x=1&amp;y=2' novalidate data-x=1><!-- <input> -->\n<label>E <b>mail</b></label><br/>",
        );
        let names: Vec<&str> = found.iter().map(|t| &*t.name).collect();
        assert_eq!(names, ["form", "label", "b", "/b", "/label", "br"]);
        assert_eq!(found[0].get("action"), Some("a?x=1&y=2"));
        assert_eq!(
            (found[0].get("novalidate"), found[0].get("data-x"), found[0].get("y")),
            (Some(""), Some("1"), None)
        );
        assert_eq!((&*found[1].text, &*found[2].text), ("E", "mail"));
        assert_eq!(tags("<script>if (a<b) '<input>'</SCRIPT><p>").len(), 3);
        assert_eq!(tags("1 < 2 <input value=\"a>b\" value=c>")[0].get("value"), Some("a>b"));
    }

    proptest! {
        #[test]
        fn nothing_panics(html in "[<>/='\"&;#a-c!é \\-]{0,60}") {
            for tag in tags(&html) {
                prop_assert!(!tag.name.is_empty());
            }
        }
    }
}
