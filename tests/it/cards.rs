//! Setting text for cards, and the pictures that come of it.

use crate::harness::Site;
use hub::cards::{self, Align, Face, Fonts, Style, set};
use hub::digest::seal;
use proptest::prelude::*;
use std::sync::OnceLock;

const INTER: &[u8] = include_bytes!("../../themes/plain/cards/fonts/Inter-Medium.ttf");
const SERIF: &[u8] = include_bytes!("../../themes/plain/cards/fonts/SourceSerif4-SemiBold.ttf");
const HEBREW: &[u8] = include_bytes!("../../themes/plain/cards/fonts/NotoSansHebrew-SemiBold.ttf");
const ARABIC: &[u8] = include_bytes!("../../themes/plain/cards/fonts/NotoSansArabic-SemiBold.ttf");

fn fonts() -> &'static Fonts {
    static FONTS: OnceLock<Fonts> = OnceLock::new();
    FONTS.get_or_init(|| {
        let face = |bytes: &[u8]| Face::read(bytes.into()).expect("a font");
        Fonts::new([INTER, SERIF, HEBREW, ARABIC].map(face).into())
    })
}

fn style(size: f32, least: f32, width: f32, height: f32) -> Style<'static> {
    Style { family: "Inter", weight: 500, size, least, width, height, ..Style::default() }
}

/// The horizontal places of the runs, from the left.
fn places(svg: &str) -> Vec<f32> {
    let matrix = |part: &str| part.split(')').next()?.split(' ').nth(4)?.parse().ok();
    svg.split("matrix(").skip(1).filter_map(matrix).collect()
}

#[test]
fn fonts_say_what_they_are() {
    let face = Face::read(SERIF.into()).expect("a font");
    assert_eq!((face.family.as_str(), face.weight), ("Source Serif 4", 600));
    assert!(Face::read(b"no font".as_slice().into()).is_none());
    assert_eq!(fonts().lacking("Äpfel, Яблоки, μήλα: תפוח, تفاحة"), Vec::<char>::new());
    assert_eq!(fonts().lacking("grow 🌱 in 日本 日"), ['🌱', '日', '本']);
    // What is joined or marked is one letter to readers: it is there as a whole or not at all.
    assert_eq!(fonts().without_lacking("a 👩‍👩‍👧 b"), "a b");
    assert_eq!(fonts().without_lacking("e\u{301} x\u{fe0f}"), "e\u{301} x\u{fe0f}");
}

#[test]
fn text_shrinks_until_it_fits_and_only_then_loses_words() {
    let text = "Why a monthly hour with eleven leads tells you more than a dashboard";
    let large = set(fonts(), text, &style(90.0, 30.0, 2000.0, 400.0));
    assert_eq!((large.size, large.cut), (90.0, false));
    let small = set(fonts(), text, &style(90.0, 30.0, 600.0, 200.0));
    assert!(small.size < 90.0 && small.size >= 30.0 && !small.cut && small.height <= 200.0, "{small:?}");
    assert_eq!(small.lines.join(" "), text);
    let cut = set(fonts(), text, &style(90.0, 60.0, 400.0, 150.0));
    assert!(cut.cut && cut.size == 60.0 && cut.lines.len() == 2, "{:?}", cut.lines);
    assert!(cut.lines[1].ends_with('…') && text.contains(cut.lines[1].trim_end_matches('…')), "{:?}", cut.lines);
}

#[test]
fn lines_are_of_about_one_length_and_break_where_the_script_allows() {
    let lines = |text| set(fonts(), text, &style(60.0, 60.0, 900.0, 1000.0)).lines;
    assert_eq!(lines("Followers are not always customers yet"), ["Followers are not", "always customers yet"]);
    // Not before a closing mark, not inside a number, after a hyphen.
    assert_eq!(lines("aaaaaaaaaaaaaaaaaaaaaaaaa opt-in").join("|"), "aaaaaaaaaaaaaaaaaaaaaaaaa|opt-in");
    assert!(
        lines("A very long sentence, then: 1,000 things (really) that somebody counted!")
            .iter()
            .all(|l| { !l.starts_with([',', ')', ':', '!']) && !l.ends_with('(') })
    );
    assert_eq!(lines("one\ntwo"), ["one", "two"]);
    // A word wider than a line is divided, by whole letters.
    let long =
        set(fonts(), "Donaudampfschifffahrtsgesellschaftskapita\u{308}nsmütze", &style(60.0, 60.0, 500.0, 1000.0));
    assert!(long.lines.len() > 2 && long.width <= 500.5 && long.lines.iter().all(|l| !l.starts_with('\u{308}')));
}

#[test]
fn scripts_mix_and_each_line_begins_where_its_text_does() {
    let hebrew = set(fonts(), "שלום world", &style(40.0, 40.0, 1000.0, 100.0));
    assert!(hebrew.rtl);
    // The Latin word stands to the left of the Hebrew one, and both at the right edge.
    let at = places(&hebrew.svg);
    assert!(at.len() >= 2 && at[0] > 700.0, "{at:?}");
    let latin = set(fonts(), "world שלום", &style(40.0, 40.0, 1000.0, 100.0));
    assert!(!latin.rtl && places(&latin.svg)[0] == 0.0);
    // Arabic letters join: the word is narrower than its letters one by one.
    let width = |text: &str| set(fonts(), text, &style(40.0, 40.0, 1000.0, 100.0)).width;
    assert!(width("سلام") < "سلام".chars().map(|c| width(&c.to_string())).sum::<f32>());
    let end = set(fonts(), "end", &Style { align: Align::End, ..style(40.0, 40.0, 1000.0, 100.0) });
    assert!((places(&end.svg)[0] + end.width - 1000.0).abs() < 0.1);
}

proptest! {
    #[test]
    fn nothing_leaves_its_box(
        words in prop::collection::vec("[a-zäß]{1,14}|[А-я]{1,9}|[א-ת]{1,8}|[0-9]{1,6}|[,.!?–()-]|日本|🌱", 0..30),
        width in 80.0f32..1200.0,
        height in 30.0f32..600.0,
        size in 20.0f32..120.0,
    ) {
        let text = words.join(" ");
        let set = set(fonts(), &text, &style(size, 12.0, width, height));
        prop_assert!(set.size <= size && (set.size >= 12.0 || size < 12.0));
        prop_assert!(set.width <= width + 0.5 || set.lines.iter().any(|l| l.chars().count() <= 2), "{set:?}");
        prop_assert!(set.height <= height + 0.5 || set.lines.len() == 1, "{set:?}");
        let kept: String = fonts().without_lacking(&text).split_whitespace().collect();
        let lines: String = set.lines.concat().split_whitespace().collect();
        if set.cut {
            let shown = lines.trim_end_matches('…');
            prop_assert!(kept.starts_with(shown), "{kept} {shown}");
        } else {
            prop_assert_eq!(lines, kept);
        }
    }
}

#[test]
fn a_card_has_the_same_bytes_on_every_machine() {
    let title = set(fonts(), "Followers are not customers: שלום", &style(80.0, 40.0, 1000.0, 400.0));
    let svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="630"><rect width="1200" height="630" fill="#fbf9f4"/><g fill="#25221d" transform="translate(84 100)">{}</g></svg>"##,
        title.svg
    );
    let drawn = cards::png(&svg, 1200, 630).expect("a picture");
    assert_eq!(&drawn[..8], b"\x89PNG\r\n\x1a\n");
    assert!(drawn.len() < 100_000, "{}", drawn.len());
    assert_eq!(seal(&drawn).to_string(), "3e1f0ce5554d43b7b3904aabf553a9d8");
    assert!(cards::png(&svg, 1200, 675).is_err() && cards::png("<svg", 10, 10).is_err());
}

/// Debian's package `fonts-wqy-microhei`, which `tests/run` installs.
const CHINESE: &str = "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc";

#[test]
fn a_site_brings_the_font_of_its_language() {
    let Ok(font) = std::fs::read(CHINESE) else {
        return eprintln!("skipped: there is no {CHINESE}");
    };
    let face = Face::read(font.as_slice().into()).expect("a font");
    let fonts =
        Fonts::new([INTER, HEBREW].map(|f| Face::read(f.into()).expect("a font")).into_iter().chain([face]).collect());
    // Lines break between any two characters, but not before what closes, nor within a number or a Latin word.
    let text = "关注者不是客户，该数的是回信：一个月里有31个人写信给Mara，其中三位成了客户。";
    let set = set(&fonts, text, &style(60.0, 60.0, 420.0, 900.0));
    assert!(set.lines.len() > 3 && set.width <= 420.5 && set.lines.concat() == text, "{:?}", set.lines);
    assert!(set.lines.iter().all(|l| !l.starts_with(['，', '：', '。', '1', 'a'])), "{:?}", set.lines);
    let site = Site::new();
    site.put("site.toml", "title = \"客户\"\nbase_url = \"https://acme.io\"\nlanguage = \"zh\"\n[share]\n");
    site.put("content/articles/a.md", format!("+++\ntitle = \"{text}\"\n+++\n文。\n"));
    let without = site.build(&[]);
    assert!(without.said.contains("H5020"), "{}", without.said);
    let bare = std::fs::read(site.path("public/cards/articles/a.png")).expect("a card");
    site.put("cards/fonts/chinese.ttc", font);
    let with = site.build(&[]);
    assert!(with.exit == 0 && !with.said.contains("H5020"), "{}", with.said);
    // What was left out before is there now, and no letter is a box: each has another shape.
    let ink = |bytes: &[u8]| pixels(bytes).0.iter().filter(|p| p.iter().all(|c| *c < 96)).count();
    assert!(ink(&std::fs::read(site.path("public/cards/articles/a.png")).expect("a card")) > ink(&bare) + 10_000);
    let shapes: std::collections::HashSet<String> = text.chars().map(|c| shape(&fonts, c)).collect();
    let letters: std::collections::HashSet<char> = text.chars().collect();
    assert_eq!(shapes.len(), letters.len());
}

/// The outline of a character.
fn shape(fonts: &Fonts, c: char) -> String {
    set(fonts, &c.to_string(), &style(60.0, 60.0, 200.0, 200.0)).svg
}

/// The pixels of a PNG, three bytes each, and the kind of its colours.
fn pixels(bytes: &[u8]) -> (Vec<[u8; 3]>, png::ColorType) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("PNG");
    let kind = reader.info().color_type;
    let mut out = vec![0; reader.output_buffer_size().expect("a size")];
    let frame = reader.next_frame(&mut out).expect("a picture");
    assert_eq!(frame.color_type, png::ColorType::Rgb);
    (out.as_chunks::<3>().0.to_vec(), kind)
}

#[test]
fn a_picture_of_few_colours_and_one_of_many_keep_every_pixel() {
    let svg = |ground: &str| {
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="600" height="315"><defs><linearGradient id="g"><stop stop-color="#102030"/><stop offset="1" stop-color="#f0a010"/></linearGradient></defs><rect width="600" height="315" fill="{ground}"/><circle cx="300" cy="150" r="99" fill="#25221d"/></svg>"##
        )
    };
    for (ground, kind) in [("#fbf9f4", png::ColorType::Indexed), ("url(#g)", png::ColorType::Rgb)] {
        let svg = svg(ground);
        let tree = resvg::usvg::Tree::from_str(&svg, &resvg::usvg::Options::default()).expect("SVG");
        let mut drawn = resvg::tiny_skia::Pixmap::new(600, 315).expect("a size");
        resvg::render(&tree, resvg::tiny_skia::Transform::default(), &mut drawn.as_mut());
        let wanted: Vec<[u8; 3]> = drawn.data().chunks_exact(4).map(|p| [p[0], p[1], p[2]]).collect();
        let (found, colours) = pixels(&cards::png(&svg, 600, 315).expect("a picture"));
        assert_eq!(colours, kind);
        assert!(found == wanted, "{ground}");
    }
}
