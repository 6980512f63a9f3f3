//! `hub forms`: which forms there are, what their providers ask for, and a pasted snippet as an entry of `site.toml`.

use super::share::snapshot;
use super::{Exit, Failure, columns, embed, site};
use crate::cli::{FormsArgs, FormsCommand};
use crate::files::SITE_TOML;
use crate::forms::adopt::{self, Adopted};
use crate::forms::{Form, NoJs, lint};
use crate::project::toml;
use crate::render::Snapshot;
use crate::site::magnets::uses;
use crate::source::RelPath;
use crate::{forms, store, text};
use std::io::Read as _;
use std::path::Path;

/// The most bytes of a snippet that are read.
const LONGEST: u64 = 1 << 20;

pub(super) fn run(root: &Path, args: &FormsArgs) -> Result<Exit, Failure> {
    match &args.command {
        FormsCommand::List => list(snapshot(root, true)?.as_ref()),
        FormsCommand::Check { form } => check(snapshot(root, true)?.as_ref(), form.as_deref()),
        FormsCommand::Embed(args) => embed::run(root, args),
        FormsCommand::Adopt { file, name } => adopt_file(root, file, name.as_deref()),
    }
}

fn list(site: &Snapshot) -> Result<Exit, Failure> {
    let mut rows = vec![
        ["form", "provider", "no script", "answer", "next page", "attribution", "opt-in", "magnets"]
            .map(str::to_string),
    ];
    for (i, form) in site.plan.forms.iter().enumerate() {
        let row = form.provider;
        let magnets: Vec<String> = uses(&site.plan, &site.project.config, i).into_iter().map(|u| u.magnet).collect();
        rows.push([
            form.name.clone(),
            row.name.to_string(),
            form.nojs().name().to_string(),
            form.ajax().name().to_string(),
            form.redirect().name().to_string(),
            row.attribution.name().to_string(),
            row.double_opt_in.name().to_string(),
            if magnets.is_empty() { "-".to_string() } else { magnets.join(" ") },
        ]);
    }
    if rows.len() == 1 {
        println!(
            "There are no forms. Declare one as `[forms.NAME]` in site.toml, or paste a snippet into `hub forms adopt -`."
        );
        return Ok(Exit::Ok);
    }
    print!("{}", columns(&rows));
    Ok(Exit::Ok)
}

fn check(site: &Snapshot, only: Option<&str>) -> Result<Exit, Failure> {
    let known = || site.plan.forms.iter().map(|f| &*f.name);
    if let Some(name) = only.filter(|name| !known().any(|k| k == *name)) {
        return Err(Failure::unknown("form", name, known()));
    }
    let config = &site.project.config;
    let mut diags = forms::read(config, &RelPath::new(SITE_TOML)).diags;
    for (i, form) in site.plan.forms.iter().enumerate() {
        let uses = uses(&site.plan, config, i);
        diags.0.extend(lint::check(form, &uses));
        if only.is_none_or(|name| name == form.name) {
            describe(site, form, &uses);
        }
    }
    Ok(if site::say(site, diags) { Exit::Errors } else { Exit::Ok })
}

/// Everything that the table says about a form, offline.
fn describe(site: &Snapshot, form: &Form, uses: &[lint::Use]) {
    let (row, config) = (form.provider, &site.project.config);
    println!("{} → {} ({})", form.name, row.title, row.confidence.name());
    let line = |what: &str, value: &str| println!("  {what:12} {value}");
    if !row.unsure.is_empty() {
        line("less sure", &row.unsure.join("; "));
    }
    for setting in row.settings {
        match form.settings.get(setting.name) {
            Some(values) => line(setting.name, &values.join(", ")),
            None if setting.required => line(setting.name, &format!("MISSING: {}", setting.help)),
            None => {}
        }
    }
    if let Some(action) = form.action("{magnet}") {
        line(if row.link { "page" } else { "action" }, &action);
    }
    let names = form.fields.iter().map(|f| f.name.as_str()).chain(form.boxes.iter().map(|b| b.name.as_str()));
    let names: Vec<String> = names
        .map(|key| match form.name_of(key) {
            Some(name) if name == key => name,
            Some(name) => format!("{key} as {name}"),
            None => format!("{key} is DROPPED"),
        })
        .collect();
    if !row.link {
        line("fields", &names.join(", "));
    }
    let attribution: Vec<String> = form
        .attribution()
        .into_iter()
        .map(|(key, name)| match name == key {
            true => name,
            false => format!("{key} as {name}"),
        })
        .collect();
    line(
        "attribution",
        &match (row.link, attribution.is_empty()) {
            (true, _) => "utm_source, utm_medium, utm_campaign, utm_content on the link".to_string(),
            (false, true) => "nothing survives".to_string(),
            (false, false) => attribution.join(", "),
        },
    );
    let script = match (form.nojs(), row.link) {
        (_, true) => "a link",
        (NoJs::Ok, _) => "sent, and the thank-you page follows",
        (NoJs::Page, _) => "sent, and a page of the provider follows unless its dashboard names another",
        (NoJs::Impossible, _) => "cannot be sent",
    };
    line("no script", script);
    line(
        "opt-in",
        match row.double_opt_in {
            forms::provider::DoubleOptIn::Provider => "the provider asks for a confirmation, if its dashboard says so",
            forms::provider::DoubleOptIn::None => "nobody asks for a confirmation",
        },
    );
    match uses {
        [] => line("magnets", "none uses it"),
        uses => uses.iter().for_each(|u| line("thank-you", &format!("{}: {}", u.magnet, u.thanks))),
    }
    let origin = text::origin(&config.base_url).unwrap_or(&config.base_url);
    for step in lint::checklist(form, uses, origin) {
        println!("  [ ] {step}");
    }
    for limit in lint::limits(form) {
        println!("  (!) {limit}");
    }
    println!();
}

fn adopt_file(root: &Path, file: &str, name: Option<&str>) -> Result<Exit, Failure> {
    let to = root.join(SITE_TOML);
    let site = std::fs::read_to_string(&to).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => {
            Failure::usage("there is no `site.toml` here\nhelp: run hub in the folder of a site")
        }
        _ => Failure::io(format!("`{}` cannot be read", to.display()), &e),
    })?;
    let Adopted { form, understood, open } = adopt::adopt(&snippet(file)?, name).map_err(|why| {
        Failure::usage(format!("{why}\nhelp: paste the HTML embed of the form, from `<form` to `</form>`"))
    })?;
    let entry = adopt::to_toml(&form);
    let joined = append(&site, &entry, &form.name)?;
    store::replace(&to, joined.as_bytes())
        .map_err(|e| Failure::io(format!("`{}` cannot be written", to.display()), &e))?;
    println!("understood");
    understood.iter().for_each(|line| println!("  {line}"));
    if !open.is_empty() {
        println!("not understood, or to be checked");
        open.iter().for_each(|line| println!("  {line}"));
    }
    println!(
        "\nsite.toml now ends with\n\n{entry}\nnext: `hub forms check {}`, and `form = \"{}\"` in a magnet",
        form.name, form.name
    );
    Ok(Exit::Ok)
}

fn snippet(file: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let failed = |e: &std::io::Error| Failure::io(format!("`{file}` cannot be read"), e);
    match file {
        "-" => std::io::stdin().take(LONGEST + 1).read_to_end(&mut bytes).map_err(|e| failed(&e))?,
        path => std::fs::File::open(path)
            .and_then(|f| f.take(LONGEST + 1).read_to_end(&mut bytes))
            .map_err(|e| failed(&e))?,
    };
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::usage("the snippet is longer than 1 MB; paste the form alone"));
    }
    String::from_utf8(bytes).map_err(|_| Failure::usage(format!("`{file}` is not UTF-8 text")))
}

/// `site.toml` with the entry at its end; nothing before it changes.
fn append(site: &str, entry: &str, name: &str) -> Result<String, Failure> {
    let path = RelPath::new(SITE_TOML);
    let before = toml::read(site, 0, &path);
    if !before.diags.is_empty() {
        return Err(Failure::usage(
            "`site.toml` has errors\nhelp: `hub build` lists them; adopt the form when they are gone",
        ));
    }
    let has = |key: &str| match before.value.get("forms").map(|n| &n.value) {
        Some(crate::project::node::Value::Table(forms)) => {
            forms.0.iter().any(|(k, _)| k.value.eq_ignore_ascii_case(key))
        }
        _ => false,
    };
    if has(name) {
        return Err(Failure::usage(format!(
            "there is a form `{name}` already, and nothing was written\nhelp: name the new one: `hub forms adopt --name NAME …`"
        )));
    }
    let newline = if site.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = if site.is_empty() || site.ends_with('\n') { "" } else { newline };
    let joined = format!("{site}{gap}{newline}{}", entry.replace('\n', newline));
    let after = toml::read(&joined, 0, &path);
    if !after.diags.is_empty() {
        // `forms = { … }` takes no further table.
        return Err(Failure::usage(format!(
            "a table cannot be added to this `site.toml`, and nothing was written\nhelp: write `[forms.NAME]` tables in place of `forms = {{ … }}`, or add this by hand:\n\n{entry}"
        )));
    }
    Ok(joined)
}
