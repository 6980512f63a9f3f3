//! What the host takes.

use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::digest::Digest;
use crate::render::{self, Snapshot};
use crate::site::What;
use crate::source::Span;
use crate::text;

/// Compares what is put out (path, digest, length) with the limits of the host.
pub fn hosts(site: &Snapshot, outputs: &[(&str, Digest, u64)]) -> Diagnostics {
    let mut diags = Diagnostics::default();
    let Some(host) = site.plan.publish.host else { return diags };
    if let Some(most) = host.file {
        for (path, _, len) in outputs.iter().filter(|(.., len)| *len > most) {
            let route = site.routes().iter().find(|route| route.output() == *path);
            let source = route.and_then(|route| route.source.as_ref());
            let (size, limit) = (text::size(*len), text::size(most));
            let message = format!("`/{path}` has {size}, and {} takes files of {limit}", host.title);
            let mut d = Diagnostic::new(codes::HOST_LIMIT, message);
            d.at = source.map(Span::file);
            let gated = source.is_some_and(|s| site.plan.magnets.iter().any(|m| m.gives(s)));
            diags.push(d.help(match gated {
                true => "with `gate = \"encrypted\"` it is cut into parts; else make it smaller",
                false => "make it smaller, or put it elsewhere",
            }));
        }
    }
    if let Some(most) = host.files.filter(|most| outputs.len() > *most) {
        let message = format!(
            "the site has {}, and {} takes {}",
            text::count(outputs.len(), "file"),
            host.title,
            text::thousands(most)
        );
        diags.push(Diagnostic::new(codes::HOST_LIMIT, message));
    }
    let all: u64 = outputs.iter().map(|(.., len)| len).sum();
    if let Some(most) = host.site.filter(|most| all > *most) {
        let message = format!("the site has {}, and {} takes {}", text::size(all), host.title, text::size(most));
        diags.push(Diagnostic::new(codes::HOST_LIMIT, message));
    }
    let redirects = site.routes().iter().filter(|r| matches!(r.what, What::Redirect(_))).count();
    // Beside those of single paths there is one for all pages and one for assets.
    let headers = render::outputs::header_paths(site).len() + 2;
    for (is, most, file, noun) in
        [(redirects, host.redirects, "_redirects", "redirect"), (headers, host.headers, "_headers", "path")]
    {
        if let Some(most) = most.filter(|most| is > *most) {
            let message =
                format!("`{file}` has {}, and {} reads {}", text::count(is, noun), host.title, text::thousands(most));
            let d = Diagnostic::new(codes::HOST_LIMIT, message);
            diags.push(d.help("the rest would have no effect there: pages forward and ask search engines to stay away by themselves too, so lower the level of H4022 in `[check]` if that will do"));
        }
    }
    diags
}
