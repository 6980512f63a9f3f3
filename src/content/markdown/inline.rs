//! A line of markdown in configuration: emphasis, code and links, no blocks.

use crate::text;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// Writes one line of markdown as HTML. `resolve` gives the address of each link that is not external.
pub fn inline(markdown: &str, resolve: &mut dyn FnMut(&str) -> String) -> String {
    let mut out = String::with_capacity(markdown.len() + 16);
    for event in Parser::new(markdown) {
        match event {
            Event::Text(t) => text::push_escaped(&mut out, &t),
            Event::Code(t) => {
                out.push_str("<code>");
                text::push_escaped(&mut out, &t);
                out.push_str("</code>");
            }
            Event::Start(Tag::Emphasis) => out.push_str("<em>"),
            Event::End(TagEnd::Emphasis) => out.push_str("</em>"),
            Event::Start(Tag::Strong) => out.push_str("<strong>"),
            Event::End(TagEnd::Strong) => out.push_str("</strong>"),
            Event::Start(Tag::Link { dest_url, .. }) => {
                let address = if text::is_external(&dest_url) { dest_url.to_string() } else { resolve(&dest_url) };
                out.push_str("<a href=\"");
                text::push_escaped(&mut out, &address);
                out.push_str("\">");
            }
            Event::End(TagEnd::Link) => out.push_str("</a>"),
            Event::SoftBreak | Event::HardBreak => out.push(' '),
            Event::InlineHtml(t) | Event::Html(t) => text::push_escaped(&mut out, &t),
            _ => {}
        }
    }
    out
}
