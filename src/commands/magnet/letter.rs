//! The e-mail that brings a magnet, and what is to be done with it.

use crate::commands::{Exit, Failure, site};
use crate::render::Snapshot;
use crate::site::Magnet;
use std::sync::Arc;

pub(super) fn print(site: &Arc<Snapshot>, magnet: &Magnet) -> Result<Exit, Failure> {
    let made = site.letter(magnet.id);
    if !made.diags.is_empty() {
        site::say(site, made.diags);
        return Ok(Exit::Errors);
    }
    let (subject, body) = made.value.split_once('\n').unwrap_or((&made.value, ""));
    println!("Subject: {subject}\n\n{}\n", body.trim());
    println!("────\nWhat to do with it:");
    for step in steps(site, magnet) {
        println!("- {step}");
    }
    Ok(Exit::Ok)
}

fn steps(site: &Snapshot, magnet: &Magnet) -> Vec<String> {
    let form = magnet.form.map(|i| &site.plan.forms[i]);
    let mut steps = Vec::new();
    let mail = form.map(|f| f.provider.mail).unwrap_or_default();
    match form {
        Some(form) if mail.place.is_empty() => steps.push(format!(
            "{} writes to nobody: send this from the tool that gets the addresses of the form `{}`",
            form.provider.title, form.name
        )),
        Some(form) => steps.push(format!("paste it in {}. {}", form.provider.title, mail.place)),
        None => steps.push("send it from the tool that gets the addresses".to_string()),
    }
    let linked = site.mailed_link(magnet.id).is_some();
    if linked {
        steps.push(
            "paste the link as a whole, up to the last character after `#`: it is the same for every reader, and stays \
             so until `hub magnet rotate`"
                .to_string(),
        );
        if !mail.clicks.is_empty() {
            let why = "whoever counts clicks sees the key, and some of them lose it";
            steps.push(format!("{} ({why})", mail.clicks));
        }
    }
    if mail.address.is_empty() && site.project.config.address.is_empty() {
        steps.push(
            "add your postal address, which many laws ask for: `address = \"…\"` in site.toml, or your tool's footer"
                .to_string(),
        );
    }
    if !mail.name.is_empty() || !mail.opt_out.is_empty() {
        steps.push(
            "compare what stands in braces, stars or brackets with your tool's own list: such tags change".to_string(),
        );
    }
    steps.push(match linked {
        true => "send one to yourself, and open the link in it".to_string(),
        false => "send one to yourself, and read it on a phone".to_string(),
    });
    steps
}
