//! QR codes (ISO/IEC 18004) of addresses: error correction M, a quiet zone of four modules, black on white.

use crate::text::escape;
use qrcode::{Color, EcLevel, QrCode};

/// The quiet zone, in modules.
const QUIET: usize = 4;
/// A PNG is at least this wide, in pixels: 10 cm in print at 300 dpi.
const WIDTH: usize = 1200;

/// The modules row by row, `true` for black, without the quiet zone; and how many a row has.
fn modules(text: &str) -> Option<(Vec<bool>, usize)> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    Some((code.to_colors().into_iter().map(|c| c == Color::Dark).collect(), width))
}

/// As SVG; none if the text is too long.
pub fn svg(text: &str) -> Option<String> {
    let (modules, width) = modules(text)?;
    let size = width + 2 * QUIET;
    let mut path = String::new();
    for (y, row) in modules.chunks(width).enumerate() {
        let mut x = 0;
        while x < width {
            let run = row[x..].iter().take_while(|dark| **dark).count();
            if run > 0 {
                path.push_str(&format!("M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET));
            }
            x += run.max(1);
        }
    }
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" width=\"{size}mm\" height=\"{size}mm\" \
         shape-rendering=\"crispEdges\" role=\"img\"><title>{}</title>\
         <path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path d=\"{path}\"/></svg>\n",
        escape(text)
    ))
}

/// As PNG of two colours; none if the text is too long.
pub fn png(text: &str) -> Option<Vec<u8>> {
    let (modules, width) = modules(text)?;
    let size = width + 2 * QUIET;
    let scale = WIDTH.div_ceil(size);
    let side = size * scale;
    let stride = side.div_ceil(8);
    let dark = |x: usize, y: usize| {
        let inside = (QUIET..QUIET + width).contains(&x) && (QUIET..QUIET + width).contains(&y);
        inside && modules[(y - QUIET) * width + x - QUIET]
    };
    let mut bits = Vec::with_capacity(stride * side);
    for y in 0..size {
        let mut row = vec![0u8; stride];
        for x in (0..side).filter(|x| !dark(x / scale, y)) {
            row[x / 8] |= 0x80 >> (x % 8);
        }
        (0..scale).for_each(|_| bits.extend_from_slice(&row));
    }
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, side as u32, side as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&bits).ok()?;
    writer.finish().ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a picture of grey values back.
    fn decode(width: usize, height: usize, grey: impl Fn(usize, usize) -> u8) -> String {
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1, "one code is found");
        grids[0].decode().expect("a code").1
    }

    #[test]
    fn what_is_drawn_can_be_read() {
        for link in ["https://a.io/go/x/", "https://hub-notes.netlify.app/go/winter-2026/trade-fair-at-the-lake/", "ä"]
        {
            let bytes = png(link).expect("short enough");
            let decoder = png::Decoder::new(std::io::Cursor::new(&bytes));
            let mut reader = decoder.read_info().expect("a PNG");
            let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
            let info = reader.next_frame(&mut pixels).expect("pixels");
            assert!(info.width as usize >= WIDTH && info.width == info.height);
            let grey = |x: usize, y: usize| pixels[y * info.line_size + x / 8] >> (7 - x % 8) & 1;
            let (width, height) = (info.width as usize, info.height as usize);
            assert_eq!(decode(width, height, |x, y| grey(x, y) * 255), link);

            let svg = svg(link).expect("short enough");
            let path = svg.split("<path d=\"").nth(1).and_then(|p| p.split('"').next()).expect("a path");
            let size: usize =
                svg.split("viewBox=\"0 0 ").nth(1).and_then(|s| s.split(' ').next()?.parse().ok()).expect("a size");
            let mut drawn = vec![vec![255u8; size]; size];
            for run in path.split('z').filter(|r| !r.is_empty()) {
                let numbers: Vec<usize> =
                    run.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
                drawn[numbers[1]][numbers[0]..numbers[0] + numbers[2]].fill(0);
            }
            assert_eq!(decode(size * 8, size * 8, |x, y| drawn[y / 8][x / 8]), link);
            assert_eq!(
                (Some(bytes), Some(svg)),
                (png(link), super::svg(link)),
                "the same address gives the same bytes"
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_not_drawn() {
        assert!(svg(&"x".repeat(3000)).is_none() && png(&"x".repeat(3000)).is_none());
    }
}
