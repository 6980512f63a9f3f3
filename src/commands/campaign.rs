//! `hub campaign`: the addresses of campaigns' pages, and their QR codes.

use super::share::snapshot;
use super::{Exit, Failure, near};
use crate::cli::{CampaignArgs, CampaignCommand};
use crate::render::{Snapshot, outputs};
use crate::site::campaigns;
use crate::store;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

pub(super) fn run(root: &Path, args: &CampaignArgs) -> Result<Exit, Failure> {
    let site = snapshot(root, true)?;
    match &args.command {
        CampaignCommand::List { json } => list(&site, *json),
        CampaignCommand::Qr { campaign, variant, out } => qr(&site, campaign, variant.as_deref(), out.as_deref()),
    }
    .map(|()| Exit::Ok)
}

/// An address of a campaign.
#[derive(Serialize)]
struct Way<'a> {
    campaign: &'a str,
    variant: Option<&'a str>,
    url: Option<String>,
    sends: BTreeMap<&'static str, String>,
}

fn list(site: &Snapshot, json: bool) -> Result<(), Failure> {
    let mut rows: Vec<Way<'_>> = Vec::new();
    for (name, campaign) in &site.content.campaigns {
        for way in campaigns::ways(campaign) {
            let variant = campaigns::source(campaign, way).map(|s| s.variant.value.as_str());
            let sends = campaigns::words(name, campaign, way).into_iter().collect();
            rows.push(Way { campaign: name, variant, url: site.go_link(name, way), sends });
        }
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default());
        return Ok(());
    }
    for Way { campaign: name, variant, url, .. } in rows {
        let url = url.unwrap_or_else(|| "has no page: it offers no magnet that is published".to_string());
        match variant {
            Some(variant) => println!("{name} · {variant}  {url}"),
            None => println!("{name}  {url}"),
        }
    }
    Ok(())
}

fn qr(site: &Snapshot, name: &str, variant: Option<&str>, out: Option<&Path>) -> Result<(), Failure> {
    let Some(campaign) = site.content.campaigns.get(name) else {
        return Err(Failure::unknown("campaign", name, site.content.campaigns.keys().map(|k| &**k)));
    };
    let way = match variant {
        None => 0,
        Some(variant) => match campaign.sources.iter().position(|s| s.variant.value == variant) {
            Some(i) => i as u32 + 1,
            None => {
                let near = near(variant, campaign.sources.iter().map(|s| &*s.variant.value));
                return Err(Failure::usage(format!("the campaign `{name}` has no source `{variant}`{near}")));
            }
        },
    };
    let Some(link) = site.go_link(name, way) else {
        return Err(Failure::usage(format!(
            "the campaign `{name}` has no page: it offers no magnet that is published"
        )));
    };
    let too_long = || Failure::usage(format!("`{link}` is too long for a QR code"));
    let as_png = out.is_some_and(|o| o.extension().is_some_and(|e| e.eq_ignore_ascii_case("png")));
    let bytes = match as_png {
        true => outputs::png(&link).ok_or_else(too_long)?,
        false => outputs::svg(&link).map(String::into_bytes).ok_or_else(too_long)?,
    };
    match out {
        Some(path) => {
            store::replace(path, &bytes)
                .map_err(|e| Failure::io(format!("`{}` cannot be written", path.display()), &e))?;
            println!("{}: {link}", path.display());
        }
        None => print!("{}", String::from_utf8_lossy(&bytes)),
    }
    Ok(())
}
