//! What a provider's setting may look like. A value that fits can stand in an address and in a policy as it is.

/// The shape of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Letters, digits, `-` and `_`.
    Id,
    /// Digits.
    Digits,
    /// Hexadecimal digits.
    Hex,
    /// Groups of 8, 4, 4, 4 and 12 hexadecimal digits (RFC 9562).
    Uuid,
    /// A label of a host name, such as `us21`.
    Label,
    /// The address of an installation: `https://`, a host, perhaps a path; `http` on this machine only.
    Site,
    /// Where a form may be sent: as [`Pattern::Site`] with any path and query, or a path of this site.
    Action,
    /// Anything of one line.
    Line,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

impl Pattern {
    /// Whether a value has this shape.
    pub fn accepts(self, value: &str) -> bool {
        let all = |allowed: fn(char) -> bool| !value.is_empty() && value.len() <= 4096 && value.chars().all(allowed);
        match self {
            Pattern::Id => all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)),
            Pattern::Digits => all(|c| c.is_ascii_digit()),
            Pattern::Hex => all(|c| c.is_ascii_hexdigit()),
            Pattern::Uuid => {
                let lengths: Vec<usize> = value.split('-').map(str::len).collect();
                lengths == [8, 4, 4, 4, 12] && all(|c| c.is_ascii_hexdigit() || c == '-')
            }
            Pattern::Label => {
                value.len() <= 63
                    && all(|c| c.is_ascii_alphanumeric() || c == '-')
                    && !value.starts_with('-')
                    && !value.ends_with('-')
            }
            Pattern::Site => secure(value) && !value.contains('?'),
            Pattern::Action => secure(value) || (value.starts_with('/') && !value.starts_with("//") && plain(value)),
            Pattern::Line => all(|c| !c.is_control()),
            Pattern::OneOf(words) => words.contains(&value),
        }
    }

    /// What the setting takes, to finish a sentence.
    pub fn takes(self) -> String {
        match self {
            Pattern::Id => "letters, digits, `-` and `_`".into(),
            Pattern::Digits => "digits".into(),
            Pattern::Hex => "hexadecimal digits".into(),
            Pattern::Uuid => "an id such as `9f1c0a52-6f0e-4a3b-8a11-0c5d7e2b9d44`".into(),
            Pattern::Label => "a part of a host name: letters, digits and `-`".into(),
            Pattern::Site => "an address that begins with `https://`, without `?`".into(),
            Pattern::Action => "an address that begins with `https://`, or a path of this site".into(),
            Pattern::Line => "a line of text".into(),
            Pattern::OneOf(words) => crate::text::choices(words.iter().copied()),
        }
    }
}

/// Characters of a path and a query that need no escape in HTML attributes, headers and policies.
fn plain(rest: &str) -> bool {
    rest.chars().all(|c| c.is_ascii_alphanumeric() || "-._~/?&=%+:@!*[]{}".contains(c))
}

/// Whether an address is one that a reader's address may be sent to: `https`, or `http` on this machine.
pub fn secure(url: &str) -> bool {
    let (rest, local) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (rest, false),
        (None, Some(rest)) => (rest, true),
        (None, None) => return false,
    };
    let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let named = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
        && !name.starts_with(['.', '-'])
        && !name.contains("..");
    named && port.parse::<u16>().is_ok() && plain(path) && (!local || ["localhost", "127.0.0.1"].contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_would_break_a_policy_are_refused() {
        for good in ["https://m.acme.io", "https://acme.io/mautic", "http://127.0.0.1:8080/x", "http://localhost:1/"] {
            assert!(Pattern::Site.accepts(good), "{good}");
        }
        for bad in [
            "http://acme.io",
            "https://",
            "https://a b.io",
            "https://a.io; script-src *",
            "https://a.io/x;y",
            "https://user:pw@a.io",
            "https://a.io:99999",
            "https://-a.io",
            "//a.io",
            "javascript:alert(1)",
            "https://a.io/\"x",
            "https://a..io",
            "https://a.io?x",
        ] {
            assert!(!Pattern::Site.accepts(bad), "{bad}");
        }
        assert!(Pattern::Action.accepts("/inbox") && Pattern::Action.accepts("https://a.io/f?x=1&y=2"));
        assert!(!Pattern::Action.accepts("//a.io/f") && !Pattern::Action.accepts("inbox"));
    }

    #[test]
    fn ids() {
        assert!(Pattern::Uuid.accepts("9f1c0a52-6f0e-4a3b-8a11-0c5d7e2b9d44"));
        assert!(!Pattern::Uuid.accepts("9f1c0a52-6f0e-4a3b-8a11-0c5d7e2b9d4z") && !Pattern::Uuid.accepts(""));
        assert!(
            Pattern::Label.accepts("us21") && !Pattern::Label.accepts("us21.evil") && !Pattern::Label.accepts("-a")
        );
        assert!(Pattern::Digits.accepts("12") && !Pattern::Digits.accepts("1e5") && !Pattern::Id.accepts("a/b"));
    }
}
