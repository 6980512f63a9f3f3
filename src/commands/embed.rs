//! `hub forms embed`: a magnet's form for other people's pages.

use super::share::snapshot;
use super::{Exit, Failure};
use crate::cli::EmbedArgs;
use crate::diag::{Format, draw, findings};
use crate::render::Embed;
use crate::text;
use std::path::Path;
use std::sync::Arc;

pub(super) fn run(root: &Path, args: &EmbedArgs) -> Result<Exit, Failure> {
    let site = snapshot(root, false)?;
    let name = &args.magnet;
    let Some(magnet) = site.plan.magnets.iter().find(|m| m.name == *name) else {
        let near = text::nearest(name, site.plan.magnets.iter().map(|m| &*m.name));
        let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        return Err(Failure::usage(format!("there is no magnet `{name}`{near}")));
    };
    if let Some(why) = site.plan.withheld(magnet.id) {
        return Err(Failure::usage(format!("the magnet `{name}` is {}: its page would not be there", why.name())));
    }
    if let Some(closed) = site.plan.closed_offer(magnet, &site.content, &site.project.config.zone) {
        return Err(Failure::usage(format!("{}\nhelp: {}", closed.message, closed.help.join("\nhelp: "))));
    }
    if magnet.form.is_none() && !args.email {
        return Err(Failure::usage(format!(
            "the magnet `{name}` has no form\nhelp: take `--email`, which links to its page"
        )));
    }
    let live = magnet.form.is_some_and(|i| site.plan.forms[i].live());
    if !live && !args.email {
        return Err(Failure::usage(format!(
            "the form of `{name}` reaches nobody\nhelp: set `provider` of its form in site.toml, or take `--email`, which links to its page"
        )));
    }
    if let Some(campaign) = args.campaign.as_deref().filter(|c| !site.content.campaigns.contains_key(*c)) {
        let near = text::nearest(campaign, site.content.campaigns.keys().map(|k| &**k));
        let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        return Err(Failure::usage(format!("there is no campaign `{campaign}`{near}")));
    }
    let embed = if args.email { Embed::Email } else { Embed::Form };
    let source = args.source.as_deref().unwrap_or(if args.email { "newsletter" } else { "partner" });
    let made = site.embed(magnet.id, embed, source, args.campaign.as_deref());
    if !made.diags.0.is_empty() {
        let read = |path: &crate::source::RelPath| site.read(path).ok().map(|b| Arc::from(String::from_utf8_lossy(&b)));
        eprint!("{}", draw(&findings(made.diags, &site.project.config.levels), Format::Human, false, &read));
        return Ok(Exit::Errors);
    }
    print!("{}", made.value);
    if args.email {
        eprintln!("note: mail programs send no forms, so this is a button that leads to the magnet's page");
    }
    Ok(Exit::Ok)
}
