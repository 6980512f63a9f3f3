//! Cards: pictures of text for networks. Fonts and words in, a drawing out; what is drawn with is part of the program or of
//! the site, so a card has the same bytes on every machine.

mod draw;
mod fonts;
mod typeset;

pub use draw::{Failed, png};
pub use fonts::{Face, Fonts};
pub use typeset::{Align, Set, Style, set};

use std::borrow::Cow;

/// The format of a card: what a network shows it at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// Its name in file names and in templates.
    pub name: Cow<'static, str>,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

const fn format(name: &'static str, width: u32, height: u32) -> Format {
    Format { name: Cow::Borrowed(name), width, height }
}

/// The formats with a name. The first is the one that pages name as their preview (ogp.me).
pub static FORMATS: [Format; 5] = [
    format("og", 1200, 630),
    format("x", 1200, 675),
    format("square", 1080, 1080),
    format("portrait", 1080, 1350),
    format("pin", 1000, 1500),
];

impl Format {
    /// The format of previews of pages.
    pub fn preview() -> &'static Format {
        &FORMATS[0]
    }

    /// The format of this size; one without a name has its size for one.
    pub fn sized((width, height): (u32, u32)) -> Format {
        let named = FORMATS.iter().find(|f| (f.width, f.height) == (width, height)).cloned();
        named.unwrap_or_else(|| Format { name: Cow::Owned(format!("{width}x{height}")), width, height })
    }

    /// The format that a card's file name says.
    pub fn of_file(path: &str) -> Option<Format> {
        let name = path.strip_suffix(".png")?.rsplit(['/', '-']).next()?;
        let sized = || {
            let (width, height) = name.split_once('x')?;
            Some(Format::sized((width.parse().ok()?, height.parse().ok()?)))
        };
        FORMATS.iter().find(|f| f.name == name).cloned().or_else(sized)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_its_format() {
        for format in FORMATS.iter().cloned().chain([Format::sized((800, 418))]) {
            for path in [format!("cards/a/{}.png", format.name), format!("cards/a-b/quote-1-{}.png", format.name)] {
                assert_eq!(Format::of_file(&path), Some(format.clone()));
            }
        }
    }
}
