//! Setting text into a box: lines break where UAX 14 allows, widths are measured by the shaper that draws, the size shrinks
//! until all fits, and only then something is left out, with an ellipsis.
//!
//! Text becomes outlines here. So scripts mix, each in a font that has it, and no viewer's font can change a card.

use super::fonts::{Face, Fonts};
use harfrust::{Direction, ShapeOptions, UnicodeBuffer};
use skrifa::MetadataProvider as _;
use skrifa::outline::{DrawSettings, OutlinePen};
use std::fmt::Write as _;
use std::ops::Range;
use unicode_bidi::{BidiInfo, Level};
use unicode_linebreak::{BreakOpportunity, linebreaks};
use unicode_segmentation::UnicodeSegmentation as _;

/// Where lines stand in the width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// Where the text's own direction begins.
    #[default]
    Start,
    /// In the middle.
    Middle,
    /// Where the text's own direction ends.
    End,
}

/// How a text is set. Lengths are in pixels of the card.
#[derive(Clone, Debug)]
pub struct Style<'a> {
    /// The family; where it lacks a character, another font that has it.
    pub family: &'a str,
    /// 100 to 900; the nearest that there is.
    pub weight: u16,
    /// The size of the letters, if all fits.
    pub size: f32,
    /// The smallest size, before something is left out.
    pub least: f32,
    /// The width of the box.
    pub width: f32,
    /// The height of the box.
    pub height: f32,
    /// From baseline to baseline, in sizes.
    pub leading: f32,
    /// Space between letters, in sizes.
    pub tracking: f32,
    /// The most lines.
    pub rows: usize,
    /// Where lines stand.
    pub align: Align,
}

impl Default for Style<'_> {
    fn default() -> Self {
        Style {
            family: "",
            weight: 400,
            size: 40.0,
            least: 20.0,
            width: f32::MAX,
            height: f32::MAX,
            leading: 1.2,
            tracking: 0.0,
            rows: usize::MAX,
            align: Align::Start,
        }
    }
}

/// A text that is set.
#[derive(Clone, Debug, Default)]
pub struct Set {
    /// The size that it was set at.
    pub size: f32,
    /// The width of its widest line.
    pub width: f32,
    /// From its top to its foot: lines times leading.
    pub height: f32,
    /// The lines as they are read.
    pub lines: Vec<String>,
    /// Whether something was left out.
    pub cut: bool,
    /// Whether it is read from right to left.
    pub rtl: bool,
    /// Its outlines: SVG, the corner of the box at 0, 0.
    pub svg: String,
}

/// A piece of text that no line may break, and its width in ems.
struct Piece {
    range: Range<usize>,
    /// With the spaces at its end.
    width: f32,
    /// Without.
    ink: f32,
    /// Whether the line must end here.
    ends: bool,
}

const ELLIPSIS: &str = "…";

/// Sets a text.
pub fn set(fonts: &Fonts, text: &str, style: &Style<'_>) -> Set {
    let text = tidy(&fonts.without_lacking(text));
    let chain = fonts.chain(style.family, style.weight);
    if text.is_empty() || chain.is_empty() {
        return Set { size: style.size, ..Set::default() };
    }
    let setter = Setter { chain, style };
    let rtl = BidiInfo::new(&text, None).paragraphs.first().is_some_and(|p| p.level.is_rtl());
    let pieces = setter.pieces(&text);
    let mut size = style.size;
    let (lines, cut) = loop {
        let room = style.width / size;
        let rows = setter.rows(size);
        if let Some(lines) = fill(&pieces, room).filter(|l| l.len() <= rows) {
            break (balance(&pieces, lines, room), false);
        }
        if size <= style.least {
            let small = setter.split(&text, pieces, room);
            let lines = fill(&small, room).unwrap_or_default();
            break match lines.len() <= rows {
                true => (lines, false),
                false => (lines, true),
            };
        }
        size = (size * 0.96).max(style.least);
    };
    let mut shown: Vec<String> =
        lines.iter().take(setter.rows(size)).map(|l| text[l.clone()].trim().to_string()).collect();
    if cut && let Some(last) = shown.last_mut() {
        *last = setter.with_ellipsis(last, style.width / size);
    }
    setter.outlines(shown, size, cut, rtl)
}

/// One space for many; soft hyphens are taken out, since no hyphen would show where they break.
fn tidy(text: &str) -> String {
    let line = |l: &str| l.replace('\u{ad}', "").split_whitespace().collect::<Vec<_>>().join(" ");
    text.trim().lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Fills lines one after the other; `None` where a piece is wider than a line.
fn fill(pieces: &[Piece], room: f32) -> Option<Vec<Range<usize>>> {
    let mut lines: Vec<Range<usize>> = Vec::new();
    let (mut used, mut fresh) = (0.0, true);
    for piece in pieces {
        if piece.ink > room {
            return None;
        }
        match lines.last_mut().filter(|_| !fresh && used + piece.ink <= room) {
            Some(line) => {
                line.end = piece.range.end;
                used += piece.width;
            }
            None => {
                lines.push(piece.range.clone());
                used = piece.width;
            }
        }
        fresh = piece.ends;
    }
    Some(lines)
}

/// The same number of lines, of about one length: the squares of what each lacks or has too much are least (Knuth and Plass,
/// "Breaking Paragraphs into Lines", 1981). A last line of one word looks lost.
fn balance(pieces: &[Piece], lines: Vec<Range<usize>>, room: f32) -> Vec<Range<usize>> {
    let rows = lines.len();
    if !(2..=12).contains(&rows) || pieces.len() > 400 {
        return lines;
    }
    let total: f32 = pieces.iter().map(|p| p.width).sum();
    let target = total / rows as f32;
    // The least that lines up to a piece can cost, and where the last of them begins; one row of the table for each line.
    let mut table = vec![vec![(f32::INFINITY, 0usize); pieces.len() + 1]; rows + 1];
    table[0][0].0 = 0.0;
    for row in 1..=rows {
        for to in 1..=pieces.len() {
            let (mut width, mut best) = (0.0, (f32::INFINITY, 0));
            for from in (0..to).rev() {
                let piece = &pieces[from];
                // A line that must end ends here.
                if from + 1 < to && piece.ends {
                    break;
                }
                let ink = if from + 1 == to { piece.ink } else { width + piece.width };
                if ink > room {
                    break;
                }
                width = ink;
                let cost = table[row - 1][from].0 + (target - ink) * (target - ink);
                if cost < best.0 {
                    best = (cost, from);
                }
            }
            table[row][to] = best;
        }
    }
    if !table[rows][pieces.len()].0.is_finite() {
        return lines;
    }
    let (mut to, mut out) = (pieces.len(), Vec::with_capacity(rows));
    for row in (1..=rows).rev() {
        let from = table[row][to].1;
        out.push(pieces[from].range.start..pieces[to - 1].range.end);
        to = from;
    }
    out.reverse();
    out
}

struct Setter<'a> {
    chain: Vec<&'a Face>,
    style: &'a Style<'a>,
}

/// A piece of a line in one font and one direction.
struct Run<'a> {
    face: &'a Face,
    text: &'a str,
    rtl: bool,
}

impl<'a> Setter<'a> {
    fn rows(&self, size: f32) -> usize {
        let high = (self.style.height / (size * self.style.leading) + 0.001).max(1.0) as usize;
        high.min(self.style.rows.max(1))
    }

    fn pieces(&self, text: &str) -> Vec<Piece> {
        let mut from = 0;
        let mut pieces = Vec::new();
        for (to, how) in linebreaks(text) {
            pieces.push(self.piece(text, from..to, how == BreakOpportunity::Mandatory));
            from = to;
        }
        pieces
    }

    fn piece(&self, text: &str, range: Range<usize>, ends: bool) -> Piece {
        let inked = text[range.clone()].trim_end();
        let ink = self.measure(inked);
        let spaces = inked.len() < range.len();
        let width = if spaces && !ends { ink + self.measure(" ") } else { ink };
        Piece { range, width, ink, ends }
    }

    /// Pieces wider than a line are divided, by graphemes.
    fn split(&self, text: &str, pieces: Vec<Piece>, room: f32) -> Vec<Piece> {
        let divide = |piece: Piece| match piece.ink <= room {
            true => vec![piece],
            false => {
                let start = piece.range.start;
                let graphemes = text[piece.range.clone()].grapheme_indices(true);
                let part = |(i, g): (usize, &str)| {
                    let range = start + i..start + i + g.len();
                    let ends = piece.ends && range.end == piece.range.end;
                    self.piece(text, range, ends)
                };
                graphemes.map(part).collect()
            }
        };
        pieces.into_iter().flat_map(divide).collect()
    }

    /// The longest beginning of a line that leaves room for an ellipsis; at a word's end, if one is near.
    fn with_ellipsis(&self, line: &str, room: f32) -> String {
        let ends: Vec<usize> = line.grapheme_indices(true).map(|(i, g)| i + g.len()).collect();
        let trimmed = |to: usize| line[..to].trim_end_matches(|c: char| c.is_whitespace() || ",;:.–—-".contains(c));
        let fits = |to: &&usize| self.measure(&format!("{}{ELLIPSIS}", trimmed(**to))) <= room;
        let to = ends.iter().rev().find(fits).copied().unwrap_or(0);
        let word = if to < line.len() { line[..to].rfind(' ').filter(|w| *w * 2 > to).unwrap_or(to) } else { to };
        format!("{}{ELLIPSIS}", trimmed(word))
    }

    /// A line's runs in the order in which they stand, from the left.
    fn runs<'t>(&self, line: &'t str, level: Option<Level>) -> Vec<Run<'t>>
    where
        'a: 't,
    {
        let bidi = BidiInfo::new(line, level);
        let mut out = Vec::new();
        for paragraph in &bidi.paragraphs {
            let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
            for run in runs {
                let rtl = levels[run.start].is_rtl();
                let mut parts = self.by_face(&line[run], rtl);
                if rtl {
                    parts.reverse();
                }
                out.extend(parts);
            }
        }
        out
    }

    /// Divides a text where another font must take over.
    fn by_face<'t>(&self, text: &'t str, rtl: bool) -> Vec<Run<'t>>
    where
        'a: 't,
    {
        let mut out: Vec<Run<'t>> = Vec::new();
        let mut from = 0;
        for (i, grapheme) in text.grapheme_indices(true) {
            // Spaces and marks stay in the font they stand in.
            let stays =
                out.last().is_some_and(|r| grapheme.trim().is_empty() || std::ptr::eq(r.face, self.first(grapheme)));
            match out.last_mut().filter(|_| stays) {
                Some(run) => run.text = &text[from..i + grapheme.len()],
                None => {
                    from = i;
                    out.push(Run { face: self.first(grapheme), text: &text[i..i + grapheme.len()], rtl });
                }
            }
        }
        out
    }

    /// The first font that has a grapheme.
    fn first(&self, grapheme: &str) -> &'a Face {
        self.chain.iter().find(|f| f.covers(grapheme)).unwrap_or(&self.chain[0])
    }

    /// The width of a line, in ems.
    fn measure(&self, line: &str) -> f32 {
        self.runs(line, None).iter().map(|run| self.shape(run, &mut |_, _, _| {})).sum()
    }

    /// Shapes a run: each glyph with its place, in ems from the run's left; returns the run's width.
    fn shape(&self, run: &Run<'_>, glyph: &mut dyn FnMut(u32, f32, f32)) -> f32 {
        let Some(font) = run.face.font() else { return 0.0 };
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(run.text);
        buffer.set_direction(if run.rtl { Direction::RightToLeft } else { Direction::LeftToRight });
        buffer.guess_segment_properties();
        let shaped = run.face.shaper.shaper(&font).build().shape(buffer, ShapeOptions::new());
        let units = run.face.units;
        let mut at = 0.0;
        for (info, place) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
            glyph(info.glyph_id, at + place.x_offset as f32 / units, place.y_offset as f32 / units);
            // Cursive scripts hang together.
            let space = if run.rtl || place.x_advance == 0 { 0.0 } else { self.style.tracking };
            at += place.x_advance as f32 / units + space;
        }
        at
    }

    fn outlines(&self, lines: Vec<String>, size: f32, cut: bool, rtl: bool) -> Set {
        let style = self.style;
        let level = Some(if rtl { Level::rtl() } else { Level::ltr() });
        let step = size * style.leading;
        let mut set = Set { size, height: step * lines.len() as f32, cut, rtl, ..Set::default() };
        for (row, line) in lines.iter().enumerate() {
            let runs = self.runs(line, level);
            let width: f32 = runs.iter().map(|run| self.shape(run, &mut |_, _, _| {})).sum::<f32>() * size;
            let space = if style.width.is_finite() && style.width < f32::MAX { style.width - width } else { 0.0 };
            let mut x = match (style.align, rtl) {
                (Align::Start, false) | (Align::End, true) => 0.0,
                (Align::Middle, _) => space / 2.0,
                (Align::End, false) | (Align::Start, true) => space,
            };
            // Capitals stand in the middle of their line.
            let baseline = step * row as f32 + step / 2.0 + size * 0.34;
            for run in &runs {
                x += self.draw(run, x, baseline, size, &mut set.svg) * size;
            }
            set.width = set.width.max(width);
        }
        set.lines = lines;
        set
    }

    fn draw(&self, run: &Run<'_>, x: f32, y: f32, size: f32, svg: &mut String) -> f32 {
        let Ok(font) = skrifa::FontRef::from_index(&run.face.bytes, 0) else { return 0.0 };
        let outlines = font.outline_glyphs();
        let units = run.face.units;
        let mut pen = Pen::default();
        let width = self.shape(run, &mut |id, dx, dy| {
            (pen.x, pen.y) = ((dx * units).round(), (dy * units).round());
            if let Some(glyph) = outlines.get(skrifa::GlyphId::new(id)) {
                let settings = DrawSettings::unhinted(
                    skrifa::instance::Size::unscaled(),
                    skrifa::instance::LocationRef::default(),
                );
                // A glyph that cannot be read is left out.
                let _ = glyph.draw(settings, &mut pen);
            }
        });
        if !pen.path.is_empty() {
            let scale = size / units;
            let _ = write!(
                svg,
                r#"<path transform="matrix({scale:.6} 0 0 {:.6} {x:.2} {y:.2})" d="{}"/>"#,
                -scale, pen.path
            );
        }
        width
    }
}

/// Writes outlines as the data of an SVG path, in units of the font.
#[derive(Default)]
struct Pen {
    path: String,
    x: f32,
    y: f32,
}

impl Pen {
    fn add(&mut self, letter: char, points: &[(f32, f32)]) {
        self.path.push(letter);
        for (i, (x, y)) in points.iter().enumerate() {
            let space = if i > 0 { " " } else { "" };
            // Outlines have whole units; more would be noise.
            let _ = write!(self.path, "{space}{} {}", (x + self.x).round() as i32, (y + self.y).round() as i32);
        }
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.add('M', &[(x, y)]);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.add('L', &[(x, y)]);
    }
    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.add('Q', &[(cx, cy), (x, y)]);
    }
    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.add('C', &[(ax, ay), (bx, by), (x, y)]);
    }
    fn close(&mut self) {
        self.path.push('Z');
    }
}
