//! No gated byte is put out in the clear.

use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::digest::{Seal, seal};
use crate::render::Snapshot;
use crate::source::Span;

/// Compares what is put out (path, seal, length) with every gated file.
pub fn gated(site: &Snapshot, outputs: &[(&str, Seal, u64)]) -> Diagnostics {
    let mut diags = Diagnostics::default();
    for file in site.plan.gated_files() {
        let len = site.project.file(file).map_or(0, |e| e.stamp.len);
        let alike: Vec<_> = outputs.iter().filter(|(_, _, l)| *l == len && len > 0).collect();
        if alike.is_empty() {
            continue;
        }
        let Ok(bytes) = site.read(file) else { continue };
        let gated = seal(&bytes);
        for (path, ..) in alike.into_iter().filter(|(_, s, _)| *s == gated) {
            let message = format!("the gated file `{file}` would be published as `/{path}`");
            diags.push(
                Diagnostic::new(codes::GATED_IN_CLEAR, message)
                    .at(Span::file(file))
                    .help(format!("remove the copy that `/{path}` comes from, or set `gate = \"open\"`")),
            );
        }
    }
    diags
}
