//! SVG → PNG.

use png::{BitDepth, ColorType, Compression, Encoder, Filter};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{ImageHrefResolver, Options, Tree};
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

/// Three bytes a pixel: on an opaque ground the fourth says nothing.
fn encode(pixels: &Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    let rgb: Vec<u8> = pixels.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    let mut out = Vec::with_capacity(1 << 16);
    let mut encoder = Encoder::new(&mut out, pixels.width(), pixels.height());
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced);
    // Flat grounds and sharp letters: what stands beside a pixel says more than any difference from it.
    encoder.set_filter(Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rgb)?;
    writer.finish()?;
    Ok(out)
}
