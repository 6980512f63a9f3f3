//! `hub forms embed`: a magnet's form for other people's pages.

use super::share::snapshot;
use super::{Exit, Failure, magnet, site};
use crate::cli::EmbedArgs;
use crate::render::Embed;
use std::path::Path;

pub(super) fn run(root: &Path, args: &EmbedArgs) -> Result<Exit, Failure> {
    let site = snapshot(root, false)?;
    let name = &args.magnet;
    let magnet = magnet::find(&site, name)?;
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
        return Err(Failure::unknown("campaign", campaign, site.content.campaigns.keys().map(|k| &**k)));
    }
    let embed = if args.email { Embed::Email } else { Embed::Form };
    let source = args.source.as_deref().unwrap_or(if args.email { "newsletter" } else { "partner" });
    let made = site.embed(magnet.id, embed, source, args.campaign.as_deref());
    if !made.diags.is_empty() {
        site::say(&site, made.diags);
        return Ok(Exit::Errors);
    }
    print!("{}", made.value);
    if args.email {
        eprintln!("note: mail programs send no forms, so this is a button that leads to the magnet's page");
    }
    Ok(Exit::Ok)
}
