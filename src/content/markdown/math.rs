//! Formulas: TeX as MathML, which browsers draw without a script.

use crate::project::config::Math;
use crate::text;
use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::{Parser, Storage, push_mathml};

/// Appends a formula; on failure the TeX is appended as written, and the reason given.
pub(super) fn write(tex: &str, display: bool, how: Math, out: &mut String) -> Result<(), String> {
    if how == Math::Mathml {
        let storage = Storage::new();
        let mut mathml = String::new();
        let config = RenderConfig {
            display_mode: if display { DisplayMode::Block } else { DisplayMode::Inline },
            ..RenderConfig::default()
        };
        let mut failed = None;
        let events: Vec<_> = Parser::new(tex, &storage)
            .map_while(|event| event.map_err(|e| failed = Some(e.to_string())).ok())
            .map(Ok::<_, std::convert::Infallible>)
            .collect();
        if failed.is_none() && push_mathml(&mut mathml, events.into_iter(), config).is_ok() {
            out.push_str(&mathml);
            return Ok(());
        }
        write_tex(tex, display, out);
        let why = failed.unwrap_or_else(|| "it cannot be drawn".to_string());
        return Err(why.lines().next().unwrap_or("").trim_end_matches(':').to_string());
    }
    write_tex(tex, display, out);
    Ok(())
}

fn write_tex(tex: &str, display: bool, out: &mut String) {
    out.push_str(if display { "<span class=\"math display\">" } else { "<span class=\"math\">" });
    text::push_escaped(out, tex);
    out.push_str("</span>");
}
