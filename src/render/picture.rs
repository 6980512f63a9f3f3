//! Sizes of pictures.

use super::snapshot::Size;
use crate::source::RelPath;

/// Width and height in pixels, read from the head of a file.
pub(super) fn size(file: &RelPath, bytes: &[u8]) -> Option<Size> {
    if file.ext().eq_ignore_ascii_case("svg") {
        return svg_size(std::str::from_utf8(bytes.get(..bytes.len().min(4096)).unwrap_or_default()).ok()?);
    }
    let size = imagesize::blob_size(bytes).ok()?;
    Some((u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?))
}

/// `width` and `height` of the `<svg>` element in pixels, else the size of its `viewBox`.
fn svg_size(text: &str) -> Option<Size> {
    let start = text.find("<svg")?;
    let tag = &text[start..start + text[start..].find('>')?];
    let value = |name: &str| {
        let at = tag.find(&format!(" {name}=")).map(|i| i + name.len() + 2)?;
        let quote = tag[at..].chars().next()?;
        let inner = &tag[at + 1..];
        Some(&inner[..inner.find(quote)?])
    };
    let pixels = |name| value(name)?.trim_end_matches("px").parse::<f64>().ok().map(|n| n.round() as u32);
    if let (Some(width), Some(height)) = (pixels("width"), pixels("height")) {
        return Some((width, height));
    }
    let mut numbers = value("viewBox")?.split([' ', ',']).filter_map(|n| n.parse::<f64>().ok()).skip(2);
    Some((numbers.next()?.round() as u32, numbers.next()?.round() as u32))
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_of_svg() {
        assert_eq!(super::svg_size(r#"<?xml?><svg xmlns="x" width="10.4px" height='20'>"#), Some((10, 20)));
        assert_eq!(super::svg_size(r#"<svg viewBox="0 0 30 40">"#), Some((30, 40)));
        assert_eq!(super::svg_size("<svg width=\"100%\">"), None);
    }
}
