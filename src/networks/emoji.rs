//! Emoji as X counts them: whatever is one picture counts 2.
//!
//! The rules are those of twemoji-parser 11, which twitter-text 3.1 asks. Pictures that Unicode made later (UTS #51, fully
//! qualified) are one picture too; that parser counts some of them by their parts.

use unicode_segmentation::UnicodeSegmentation;

const JOINER: char = '\u{200D}';
const PICTURE: char = '\u{FE0F}';
const TEXT: char = '\u{FE0E}';
const KEYCAP: char = '\u{20E3}';

type Ranges = &'static [(u32, u32)];

/// Persons that come as women and men.
const PERSONS: Ranges = &[
    (0x1F3C3, 0x1F3C4),
    (0x1F3CA, 0x1F3CA),
    (0x1F46E, 0x1F46E),
    (0x1F471, 0x1F471),
    (0x1F473, 0x1F473),
    (0x1F477, 0x1F477),
    (0x1F481, 0x1F482),
    (0x1F486, 0x1F487),
    (0x1F645, 0x1F647),
    (0x1F64B, 0x1F64B),
    (0x1F64D, 0x1F64E),
    (0x1F6A3, 0x1F6A3),
    (0x1F6B4, 0x1F6B6),
    (0x1F926, 0x1F926),
    (0x1F935, 0x1F935),
    (0x1F937, 0x1F939),
    (0x1F93D, 0x1F93E),
    (0x1F9B8, 0x1F9B9),
    (0x1F9D6, 0x1F9DD),
];

/// Characters that are pictures before U+FE0F.
#[rustfmt::skip]
const PICTURED: Ranges = &[
    (0x203C, 0x203C), (0x2049, 0x2049), (0x2139, 0x2139), (0x2194, 0x2199), (0x21A9, 0x21AA), (0x231A, 0x231B), (0x2328, 0x2328),
    (0x23CF, 0x23CF), (0x23ED, 0x23EF), (0x23F1, 0x23F2), (0x23F8, 0x23FA), (0x24C2, 0x24C2), (0x25AA, 0x25AB), (0x25B6, 0x25B6),
    (0x25C0, 0x25C0), (0x25FB, 0x25FE), (0x2600, 0x2604), (0x260E, 0x260E), (0x2611, 0x2611), (0x2614, 0x2615), (0x2618, 0x2618),
    (0x2620, 0x2620), (0x2622, 0x2623), (0x2626, 0x2626), (0x262A, 0x262A), (0x262E, 0x262F), (0x2638, 0x263A), (0x2640, 0x2640),
    (0x2642, 0x2642), (0x2648, 0x2653), (0x2660, 0x2660), (0x2663, 0x2663), (0x2665, 0x2666), (0x2668, 0x2668), (0x267B, 0x267B), (0x267E, 0x267E),
    (0x267F, 0x267F), (0x2692, 0x2697), (0x2699, 0x2699), (0x269B, 0x269C), (0x26A0, 0x26A1), (0x26A7, 0x26A7), (0x26AA, 0x26AB), (0x26B0, 0x26B1),
    (0x26BD, 0x26BE), (0x26C4, 0x26C5), (0x26C8, 0x26C8), (0x26CF, 0x26CF), (0x26D1, 0x26D1), (0x26D3, 0x26D4), (0x26E9, 0x26EA),
    (0x26F0, 0x26F5), (0x26F8, 0x26F8), (0x26FA, 0x26FA), (0x26FD, 0x26FD), (0x2702, 0x2702), (0x2708, 0x2709), (0x270F, 0x270F),
    (0x2712, 0x2712), (0x2714, 0x2714), (0x2716, 0x2716), (0x271D, 0x271D), (0x2721, 0x2721), (0x2733, 0x2734), (0x2744, 0x2744),
    (0x2747, 0x2747), (0x2757, 0x2757), (0x2763, 0x2764), (0x27A1, 0x27A1), (0x2934, 0x2935), (0x2B05, 0x2B07), (0x2B1B, 0x2B1C),
    (0x2B50, 0x2B50), (0x2B55, 0x2B55), (0x3030, 0x3030), (0x303D, 0x303D), (0x3297, 0x3297), (0x3299, 0x3299), (0x1F004, 0x1F004),
    (0x1F170, 0x1F171), (0x1F17E, 0x1F17F), (0x1F202, 0x1F202), (0x1F21A, 0x1F21A), (0x1F22F, 0x1F22F), (0x1F237, 0x1F237),
    (0x1F321, 0x1F321), (0x1F324, 0x1F32C), (0x1F336, 0x1F336), (0x1F37D, 0x1F37D), (0x1F396, 0x1F397), (0x1F399, 0x1F39B),
    (0x1F39E, 0x1F39F), (0x1F3CD, 0x1F3CE), (0x1F3D4, 0x1F3DF), (0x1F3F3, 0x1F3F3), (0x1F3F5, 0x1F3F5), (0x1F3F7, 0x1F3F7),
    (0x1F43F, 0x1F43F), (0x1F441, 0x1F441), (0x1F4FD, 0x1F4FD), (0x1F549, 0x1F54A), (0x1F56F, 0x1F570), (0x1F573, 0x1F573),
    (0x1F576, 0x1F579), (0x1F587, 0x1F587), (0x1F58A, 0x1F58D), (0x1F5A5, 0x1F5A5), (0x1F5A8, 0x1F5A8), (0x1F5B1, 0x1F5B2),
    (0x1F5BC, 0x1F5BC), (0x1F5C2, 0x1F5C4), (0x1F5D1, 0x1F5D3), (0x1F5DC, 0x1F5DE), (0x1F5E1, 0x1F5E1), (0x1F5E3, 0x1F5E3),
    (0x1F5E8, 0x1F5E8), (0x1F5EF, 0x1F5EF), (0x1F5F3, 0x1F5F3), (0x1F5FA, 0x1F5FA), (0x1F6CB, 0x1F6CB), (0x1F6CD, 0x1F6CF),
    (0x1F6E0, 0x1F6E5), (0x1F6E9, 0x1F6E9), (0x1F6F0, 0x1F6F0), (0x1F6F3, 0x1F6F3),
];

/// Hands and persons of any skin that are text unless U+FE0F or a skin follows.
const SKINNED_TEXT: Ranges = &[
    (0x261D, 0x261D),
    (0x26F7, 0x26F7),
    (0x26F9, 0x26F9),
    (0x270C, 0x270D),
    (0x1F3CB, 0x1F3CC),
    (0x1F574, 0x1F575),
    (0x1F590, 0x1F590),
];

/// Hands and persons of any skin; the last two lines came after version 11.
#[rustfmt::skip]
const SKINNED: Ranges = &[
    (0x270A, 0x270B), (0x1F385, 0x1F385), (0x1F3C2, 0x1F3C4), (0x1F3C7, 0x1F3C7), (0x1F3CA, 0x1F3CA), (0x1F442, 0x1F443),
    (0x1F446, 0x1F450), (0x1F466, 0x1F469), (0x1F46E, 0x1F46E), (0x1F470, 0x1F478), (0x1F47C, 0x1F47C), (0x1F481, 0x1F483),
    (0x1F485, 0x1F487), (0x1F4AA, 0x1F4AA), (0x1F57A, 0x1F57A), (0x1F595, 0x1F596), (0x1F645, 0x1F647), (0x1F64B, 0x1F64F),
    (0x1F6A3, 0x1F6A3), (0x1F6B4, 0x1F6B6), (0x1F6C0, 0x1F6C0), (0x1F6CC, 0x1F6CC), (0x1F918, 0x1F91C), (0x1F91E, 0x1F91F),
    (0x1F926, 0x1F926), (0x1F930, 0x1F939), (0x1F93D, 0x1F93E), (0x1F9B5, 0x1F9B6), (0x1F9B8, 0x1F9B9), (0x1F9D1, 0x1F9DD),
    (0x1F46B, 0x1F46D), (0x1F46F, 0x1F46F), (0x1F93C, 0x1F93C), (0x1F48F, 0x1F48F), (0x1F491, 0x1F491), (0x1F90C, 0x1F90C), (0x1F90F, 0x1F90F), (0x1F91D, 0x1F91D),
    (0x1F977, 0x1F977), (0x1F9BB, 0x1F9BB), (0x1F9CD, 0x1F9CF), (0x1FAC3, 0x1FAC5), (0x1FAF0, 0x1FAF8),
];

/// What a man or a woman works at.
const JOBS: [&str; 20] = [
    "⚕\u{FE0F}",
    "⚖\u{FE0F}",
    "✈\u{FE0F}",
    "🌾",
    "🍳",
    "🎓",
    "🎤",
    "🎨",
    "🏫",
    "🏭",
    "💻",
    "💼",
    "🔧",
    "🔬",
    "🚀",
    "🚒",
    "🦰",
    "🦱",
    "🦲",
    "🦳",
];

/// Families and others that are one picture; of two that begin alike the longer stands first.
#[rustfmt::skip]
const JOINED: [&str; 42] = [
    "👨\u{200D}❤\u{FE0F}\u{200D}💋\u{200D}👨", "👨\u{200D}👨\u{200D}👦\u{200D}👦", "👨\u{200D}👨\u{200D}👧\u{200D}👦",
    "👨\u{200D}👨\u{200D}👧\u{200D}👧", "👨\u{200D}👩\u{200D}👦\u{200D}👦", "👨\u{200D}👩\u{200D}👧\u{200D}👦",
    "👨\u{200D}👩\u{200D}👧\u{200D}👧", "👩\u{200D}❤\u{FE0F}\u{200D}💋\u{200D}👨", "👩\u{200D}❤\u{FE0F}\u{200D}💋\u{200D}👩",
    "👩\u{200D}👩\u{200D}👦\u{200D}👦", "👩\u{200D}👩\u{200D}👧\u{200D}👦", "👩\u{200D}👩\u{200D}👧\u{200D}👧",
    "👨\u{200D}❤\u{FE0F}\u{200D}👨", "👨\u{200D}👦\u{200D}👦", "👨\u{200D}👧\u{200D}👦", "👨\u{200D}👧\u{200D}👧",
    "👨\u{200D}👨\u{200D}👦", "👨\u{200D}👨\u{200D}👧", "👨\u{200D}👩\u{200D}👦", "👨\u{200D}👩\u{200D}👧",
    "👩\u{200D}❤\u{FE0F}\u{200D}👨", "👩\u{200D}❤\u{FE0F}\u{200D}👩", "👩\u{200D}👦\u{200D}👦", "👩\u{200D}👧\u{200D}👦",
    "👩\u{200D}👧\u{200D}👧", "👩\u{200D}👩\u{200D}👦", "👩\u{200D}👩\u{200D}👧", "🏳\u{FE0F}\u{200D}🌈",
    "🏴\u{200D}☠\u{FE0F}", "👁\u{200D}🗨", "👨\u{200D}👦", "👨\u{200D}👧", "👩\u{200D}👦", "👩\u{200D}👧",
    "👯\u{200D}♀\u{FE0F}", "👯\u{200D}♂\u{FE0F}", "🤼\u{200D}♀\u{FE0F}", "🤼\u{200D}♂\u{FE0F}", "🧞\u{200D}♀\u{FE0F}",
    "🧞\u{200D}♂\u{FE0F}", "🧟\u{200D}♀\u{FE0F}", "🧟\u{200D}♂\u{FE0F}",
];

/// Flags of parts of a country: England, Scotland, Wales.
const PARTS: [&str; 3] = [
    "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
    "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
    "🏴\u{E0067}\u{E0062}\u{E0077}\u{E006C}\u{E0073}\u{E007F}",
];

/// Regions that have a flag.
const FLAGS: &str = "AC AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CP CQ CR CU CV CW CX CY CZ DE DG DJ DK DM DO DZ EA EC EE EG EH ER ES ET EU FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU IC ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM UN US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

fn within(c: char, ranges: Ranges) -> bool {
    let n = u32::from(c);
    ranges.iter().any(|(first, last)| (*first..=*last).contains(&n))
}

fn is_skin(c: char) -> bool {
    ('\u{1F3FB}'..='\u{1F3FF}').contains(&c)
}

/// Reads characters one after the other, and gives up as a whole.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn eat(&mut self, fits: impl FnOnce(char) -> bool) -> bool {
        let next = self.text[self.at..].chars().next().filter(|c| fits(*c));
        self.at += next.map_or(0, char::len_utf8);
        next.is_some()
    }

    fn eat_any(&mut self, words: &[&str]) -> bool {
        let found = words.iter().find(|w| self.text[self.at..].starts_with(**w));
        self.at += found.map_or(0, |w| w.len());
        found.is_some()
    }

    /// A joiner, and a sign for woman or man.
    fn eat_sex(&mut self) -> bool {
        self.eat(|c| c == JOINER) && self.eat(|c| c == '♀' || c == '♂') && self.eat(|c| c == PICTURE)
    }
}

fn flag(text: &str) -> Option<usize> {
    let mut letters = text.chars().map(|c| u32::from(c).checked_sub(0x1F1E6).filter(|n| *n < 26));
    let (a, b) = (letters.next()??, letters.next()??);
    let code = [b'A' + a as u8, b'A' + b as u8];
    FLAGS.as_bytes().chunks(3).any(|f| f[..2] == code).then_some(8)
}

/// The length in bytes of the picture that a text begins with, if it is made of more than one character.
pub(super) fn sequence(text: &str) -> Option<usize> {
    let known = known(text);
    let cluster = text.graphemes(true).next().unwrap_or_default();
    if known.is_none_or(|len| len < cluster.len()) && is_later(cluster) { Some(cluster.len()) } else { known }
}

/// As twemoji-parser 11 finds it.
fn known(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    let begin = || Reader { text, at: first.len_utf8() };
    let mut r = begin();
    if matches!(first, '👨' | '👩') {
        r.eat(is_skin);
        if r.eat(|c| c == JOINER) && r.eat_any(&JOBS) {
            return Some(r.at);
        }
    }
    r = begin();
    if matches!(u32::from(first), 0x1F3CB | 0x1F3CC | 0x1F574 | 0x1F575 | 0x26F9)
        && r.eat(|c| is_skin(c) || c == PICTURE)
        && r.eat_sex()
    {
        return Some(r.at);
    }
    r = begin();
    if within(first, PERSONS) {
        r.eat(is_skin);
        if r.eat_sex() {
            return Some(r.at);
        }
    }
    if let Some(joined) = JOINED.iter().chain(&PARTS).find(|j| text.starts_with(**j)) {
        return Some(joined.len());
    }
    r = begin();
    if matches!(first, '#' | '*' | '0'..='9') {
        r.eat(|c| c == PICTURE);
        return r.eat(|c| c == KEYCAP).then_some(r.at);
    }
    if matches!(first, '©' | '®' | '™' | '♟') || within(first, PICTURED) {
        return r.eat(|c| c == PICTURE).then_some(r.at);
    }
    if within(first, SKINNED_TEXT) {
        let one = r.eat(|c| c == PICTURE) || !text[r.at..].starts_with(TEXT);
        return (one && (r.eat(is_skin) || r.at > first.len_utf8())).then_some(r.at);
    }
    if within(first, SKINNED) {
        return r.eat(is_skin).then_some(r.at);
    }
    flag(text)
}

/// Whether a cluster is one picture, with everything that makes it one: characters that are text by themselves have U+FE0F.
fn is_later(cluster: &str) -> bool {
    let part = |part: &str| {
        let mut chars = part.chars();
        let Some(base) = chars.next() else { return false };
        let textual = within(base, SKINNED_TEXT) || (within(base, PICTURED) && base != '⬛');
        match (chars.next(), chars.next()) {
            (None, _) => !textual && u32::from(base) >= 0x2190,
            (Some(PICTURE), None) => textual,
            (Some(skin), None) => is_skin(skin) && (within(base, SKINNED) || within(base, SKINNED_TEXT)),
            _ => false,
        }
    };
    cluster.contains(JOINER) && cluster.split(JOINER).all(part)
}

/// Whether a cluster shows as a picture, for networks that count those by themselves.
pub(super) fn is_picture(cluster: &str) -> bool {
    let Some(first) = cluster.chars().next() else { return false };
    let n = u32::from(first);
    let pictured = (0x1F000..=0x1FAFF).contains(&n)
        || matches!(n, 0x231A..=0x231B | 0x23E9..=0x23EC | 0x23F0 | 0x23F3 | 0x25FD..=0x25FE | 0x2614..=0x2615 | 0x2648..=0x2653)
        || matches!(n, 0x267F | 0x2693 | 0x26A1 | 0x26AA..=0x26AB | 0x26BD..=0x26BE | 0x26C4..=0x26C5 | 0x26CE | 0x26D4 | 0x26EA)
        || matches!(n, 0x26F2..=0x26F3 | 0x26F5 | 0x26FA | 0x26FD | 0x2705 | 0x270A..=0x270B | 0x2728 | 0x274C | 0x274E)
        || matches!(n, 0x2753..=0x2755 | 0x2757 | 0x2795..=0x2797 | 0x27B0 | 0x27BF | 0x2B1B..=0x2B1C | 0x2B50 | 0x2B55);
    match pictured {
        true => !cluster.contains(TEXT),
        false => cluster.contains(PICTURE) || cluster.ends_with(KEYCAP) || cluster.chars().any(is_skin),
    }
}
