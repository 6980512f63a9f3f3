//! SVG → PNG.

use miniz_oxide::deflate::compress_to_vec_zlib;
use png::{BitDepth, ColorType, Encoder, chunk};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{ImageHrefResolver, Options, Tree};
use rustc_hash::FxHashMap;
use std::fmt;

/// Why an SVG became no picture.
#[derive(Debug)]
pub enum Failed {
    /// It is not SVG: what is wrong with it.
    NotSvg(String),
    /// It has another size than the card: its width and height.
    Size(f32, f32),
    /// The picture cannot be written.
    Png(String),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failed::NotSvg(why) => write!(f, "it is not valid SVG: {why}"),
            Failed::Size(width, height) => write!(f, "it is {width} by {height} pixels large"),
            Failed::Png(why) => write!(f, "the picture cannot be written: {why}"),
        }
    }
}

/// Draws an SVG of this size as PNG without transparency. Nothing outside of the SVG is read.
pub fn png(svg: &str, width: u32, height: u32) -> Result<Vec<u8>, Failed> {
    let nowhere = ImageHrefResolver { resolve_string: Box::new(|_, _| None), ..ImageHrefResolver::default() };
    let options = Options { image_href_resolver: nowhere, ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|e| Failed::NotSvg(e.to_string()))?;
    let size = tree.size();
    if (size.width(), size.height()) != (width as f32, height as f32) {
        return Err(Failed::Size(size.width(), size.height()));
    }
    let mut pixels = Pixmap::new(width, height).ok_or_else(|| Failed::Size(size.width(), size.height()))?;
    pixels.fill(resvg::tiny_skia::Color::WHITE);
    resvg::render(&tree, Transform::default(), &mut pixels.as_mut());
    encode(&pixels).map_err(|e| Failed::Png(e.to_string()))
}

/// How hard the picture is pressed: more takes twice the time for a tenth of the size.
const LEVEL: u8 = 6;

/// A picture as PNG (W3C, "Portable Network Graphics"). Flat grounds and smooth letters have few colours, so that a byte a
/// pixel says which; where they are more, three bytes, since on an opaque ground the fourth says nothing.
fn encode(pixels: &Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::with_capacity(1 << 16);
    let mut encoder = Encoder::new(&mut out, pixels.width(), pixels.height());
    encoder.set_depth(BitDepth::Eight);
    let rows = pixels.data().chunks_exact(pixels.width() as usize * 4);
    // What stands beside a pixel says more than any difference from it: each row begins with the filter "none".
    let lines = match indexed(rows.clone()) {
        Some((palette, lines)) => {
            encoder.set_color(ColorType::Indexed);
            encoder.set_palette(palette);
            lines
        }
        None => {
            encoder.set_color(ColorType::Rgb);
            let mut lines = Vec::with_capacity(pixels.data().len());
            for row in rows {
                lines.push(0);
                lines.extend(row.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]));
            }
            lines
        }
    };
    // All rows at once: one at a time, the encoder's buffers take as long as the work.
    let mut writer = encoder.write_header()?;
    writer.write_chunk(chunk::IDAT, &compress_to_vec_zlib(&lines, LEVEL))?;
    writer.finish()?;
    Ok(out)
}

/// The colours of a picture, and its rows as numbers of theirs; none where there are more than 256.
fn indexed<'a>(rows: impl Iterator<Item = &'a [u8]>) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut known: FxHashMap<[u8; 4], u8> = FxHashMap::default();
    let (mut palette, mut lines, mut many) = (Vec::new(), Vec::new(), false);
    // Most pixels are as the one before. No pixel is transparent, so that this one is none.
    let mut last = ([0; 4], 0);
    for row in rows {
        lines.push(0);
        lines.extend(row.chunks_exact(4).map(|pixel| {
            let pixel = [pixel[0], pixel[1], pixel[2], pixel[3]];
            if pixel != last.0 {
                let next = known.len();
                let index = *known.entry(pixel).or_insert_with(|| {
                    palette.extend_from_slice(&pixel[..3]);
                    many |= next > usize::from(u8::MAX);
                    next as u8
                });
                last = (pixel, index);
            }
            last.1
        }));
        if many {
            return None;
        }
    }
    Some((palette, lines))
}
