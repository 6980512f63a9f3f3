//! The functions that templates of cards have. docs/templates.md describes them.

use super::super::ask::{here, report};
use crate::cards::{self, Align, Style};
use crate::files::SITE_TOML;
use crate::source::{RelPath, Span};
use crate::text;
use tera::{Error, Kwargs, State, Tera, TeraResult, Value};

/// Adds them to an engine.
pub(super) fn register(tera: &mut Tera) {
    tera.autoescape_on(vec![".svg"]);
    tera.register_function("text", set);
    tera.register_function("mix", mix);
    tera.register_function("on", on);
}

fn only(args: &Kwargs, known: &[&str]) -> TeraResult<()> {
    for (key, _) in args.iter() {
        let key = key.to_string();
        if !known.contains(&&*key) {
            let near = text::nearest(&key, known.iter().copied()).map(|n| format!("; did you mean `{n}`?"));
            return Err(Error::message(format!("there is no argument `{key}`{}", near.unwrap_or_default())));
        }
    }
    Ok(())
}

/// Sets text into a box.
fn set(args: Kwargs, _: &State) -> TeraResult<Value> {
    const ALIGNS: [(&str, Align); 3] = [("start", Align::Start), ("middle", Align::Middle), ("end", Align::End)];
    only(
        &args,
        &["value", "font", "weight", "size", "least", "width", "height", "leading", "tracking", "rows", "align"],
    )?;
    let page = here().ok_or_else(|| Error::message("`text` can be called only while a card is drawn"))?;
    let Some(drawings) = &page.site.drawings else { return Ok(Value::none()) };
    let value: &str = args.must_get("value")?;
    let number = |name: &'static str| args.get::<f64>(name).map(|n| n.map(|n| n as f32));
    let plain = Style::default();
    let family: &str = args.get("font")?.unwrap_or_default();
    let known = drawings.fonts.families();
    if !family.is_empty() && !known.contains(&family) {
        let near = text::nearest(family, known.iter().copied()).unwrap_or_default();
        let there = text::choices(known.iter().copied());
        let help = if near.is_empty() { String::new() } else { format!("; did you mean `{near}`?") };
        return Err(Error::message(format!("there is no font `{family}`, only {there}{help}")));
    }
    let align = args.get::<&str>("align")?.unwrap_or("start");
    let Some((_, align)) = ALIGNS.iter().find(|(name, _)| *name == align) else {
        let there = text::choices(ALIGNS.iter().map(|(name, _)| *name));
        return Err(Error::message(format!("`align` is {there}, not `{align}`")));
    };
    let size = number("size")?.unwrap_or(plain.size).clamp(1.0, 2000.0);
    let style = Style {
        family,
        weight: number("weight")?.map_or(plain.weight, |w| w.clamp(1.0, 1000.0) as u16),
        size,
        least: number("least")?.unwrap_or(size).clamp(1.0, size),
        width: number("width")?.unwrap_or(plain.width).max(1.0),
        height: number("height")?.unwrap_or(plain.height).max(1.0),
        leading: number("leading")?.unwrap_or(plain.leading).clamp(0.1, 10.0),
        tracking: number("tracking")?.unwrap_or(0.0),
        rows: number("rows")?.map_or(plain.rows, |n| n.max(1.0) as usize),
        align: *align,
    };
    let lacking = drawings.fonts.lacking(value);
    if !lacking.is_empty() {
        // What the author wrote was looked at before; this comes from the theme's words or from the template.
        report(super::lacks(&lacking).at(Span::file(&RelPath::new(SITE_TOML))));
    }
    let set = cards::set(&drawings.fonts, value, &style);
    Ok(super::super::view::view! {
        "svg": Value::safe_string(&set.svg),
        "size": f64::from(set.size),
        "width": f64::from(set.width),
        "height": f64::from(set.height),
        "lines": set.lines.iter().map(|l| Value::from(l.as_str())).collect::<Vec<_>>(),
        "cut": set.cut,
        "rtl": set.rtl,
    }
    .into())
}

/// A colour between two, as eyes see it: `at` 0 is the first, 1 the second.
fn mix(args: Kwargs, _: &State) -> TeraResult<Value> {
    only(&args, &["a", "b", "at"])?;
    let (a, b) = (color(args.must_get("a")?)?, color(args.must_get("b")?)?);
    let at = args.get::<f64>("at")?.unwrap_or(0.5).clamp(0.0, 1.0);
    let (a, b) = (to_oklab(a), to_oklab(b));
    let between: [f64; 3] = std::array::from_fn(|i| a[i] + (b[i] - a[i]) * at);
    let rgb = from_oklab(between);
    Ok(format!("#{:02x}{:02x}{:02x}", rgb[0], rgb[1], rgb[2]).into())
}

/// White or nearly black, whichever is read better on a colour (WCAG 2.2, relative luminance).
fn on(args: Kwargs, _: &State) -> TeraResult<Value> {
    only(&args, &["color"])?;
    let [r, g, b] = color(args.must_get("color")?)?.map(linear);
    let luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    Ok(if luminance > 0.18 { "#161412" } else { "#ffffff" }.into())
}

fn color(text: &str) -> TeraResult<[u8; 3]> {
    let wrong = || Error::message(format!("`{text}` is not a colour such as `#0f5c4d`"));
    let hex = text.strip_prefix('#').filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit())).ok_or_else(wrong)?;
    let step = match hex.len() {
        3 | 4 => 1,
        6 | 8 => 2,
        _ => return Err(wrong()),
    };
    let part = |i: usize| u8::from_str_radix(&hex[i * step..(i + 1) * step].repeat(3 - step), 16).unwrap_or_default();
    Ok([part(0), part(1), part(2)])
}

fn linear(part: u8) -> f64 {
    let part = f64::from(part) / 255.0;
    if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
}

/// Björn Ottosson, "A perceptual color space for image processing" (2020).
fn to_oklab(rgb: [u8; 3]) -> [f64; 3] {
    let [r, g, b] = rgb.map(linear);
    let l = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b).cbrt();
    let m = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b).cbrt();
    let s = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b).cbrt();
    [
        0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
    ]
}

fn from_oklab([l, a, b]: [f64; 3]) -> [u8; 3] {
    let x = (l + 0.3963377774 * a + 0.2158037573 * b).powi(3);
    let y = (l - 0.1055613458 * a - 0.0638541728 * b).powi(3);
    let z = (l - 0.0894841775 * a - 1.291485548 * b).powi(3);
    [
        4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
        -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
        -0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z,
    ]
    .map(|part| {
        let part = part.clamp(0.0, 1.0);
        let part = if part <= 0.0031308 { part * 12.92 } else { 1.055 * part.powf(1.0 / 2.4) - 0.055 };
        (part * 255.0).round() as u8
    })
}
