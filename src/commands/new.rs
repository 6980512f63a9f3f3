//! `hub new`: a text with its front matter, in its place.

use super::{Exit, Failure, site};
use crate::cli::{NewArgs, NewKind};
use crate::content::MagnetKind;
use crate::content::kinds::Row;
use crate::files::SITE_TOML;
use crate::project::node::Value;
use crate::source::RelPath;
use crate::store;
use crate::text;
use jiff::{ToSpan as _, Zoned};
use std::path::Path;

pub(super) fn run(root: &Path, args: &NewArgs) -> Result<Exit, Failure> {
    if !root.join("site.toml").exists() {
        return Err(Failure::usage(
            "there is no `site.toml` here\nhelp: run hub in the folder of a site, or make one with `hub init`",
        ));
    }
    let title = args.title.join(" ");
    let slug = text::slug(&title);
    let now = site::now(None)?.to_zoned(jiff::tz::TimeZone::system());
    let today = now.strftime("%Y-%m-%d").to_string();
    let row = match (&args.magnet, args.kind) {
        (None, _) => MagnetKind::Download.row(),
        (Some(_), kind) if kind != NewKind::Magnet => {
            return Err(Failure::usage(
                "`--kind` says what kind of magnet to make\nhelp: write `hub new magnet TITLE --kind KIND`",
            ));
        }
        // The command line takes no other names.
        (Some(name), _) => Row::named(name).unwrap_or(MagnetKind::Download.row()),
    };
    let (path, body) = match args.kind {
        NewKind::Article => (format!("content/articles/{slug}.md"), article(&title, &today)),
        NewKind::Page => (format!("content/{slug}.md"), page(&title)),
        NewKind::Magnet => (format!("content/magnets/{slug}/index.md"), magnet(root, row, &title, &slug, &now)),
        NewKind::Campaign => (format!("content/campaigns/{slug}.toml"), campaign(&title, &today)),
    };
    let to = root.join(&path);
    let bundle = to.with_extension("").join("index.md");
    if let Some(there) = [&to, &bundle].into_iter().find(|p| p.exists()) {
        return Err(Failure::usage(format!("`{}` is there already", there.display())));
    }
    let failed = |e: &std::io::Error| Failure::io(format!("`{}` cannot be written", to.display()), e);
    std::fs::create_dir_all(to.parent().unwrap_or(root)).map_err(|e| failed(&e))?;
    store::replace(&to, body.as_bytes()).map_err(|e| failed(&e))?;
    println!("{path}");
    if args.kind == NewKind::Magnet && row.takes("files") {
        println!("Put the file beside it and name it in `files`.");
    }
    Ok(Exit::Ok)
}

/// Text as a TOML string; those of JSON are among them.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn article(title: &str, today: &str) -> String {
    format!(
        "+++\ntitle = {}\ndescription = \"\"\ndate = {today}\ndraft = true\ntopics = []\ntags = []\nstage = \"aware\"\n\n\
         # [[share]]\n# variant = \"takeaway\"\n# text = \"A finished post, without the link.\"\n+++\n\n\
         The first paragraph says what the reader will be able to do.\n\n<!-- more -->\n\n## The first heading\n",
        quoted(title)
    )
}

fn page(title: &str) -> String {
    format!("+++\ntitle = {}\ndescription = \"\"\n+++\n\nText.\n", quoted(title))
}

fn magnet(root: &Path, row: &Row, title: &str, slug: &str, now: &Zoned) -> String {
    let day = now.date().saturating_add(28.days());
    let filled = row.skeleton.replace("{slug}", slug).replace("{form}", &form_for(root, row));
    // The title comes last: what it holds in braces is the author's.
    filled.replace("{day}", &day.to_string()).replace("{title}", &quoted(title))
}

/// The site's form that is named after the kind, else its first, else one that is yet to be declared.
fn form_for(root: &Path, row: &Row) -> String {
    let text = std::fs::read_to_string(root.join(SITE_TOML)).unwrap_or_default();
    let table = crate::project::toml::read(&text, 0, &RelPath::new(SITE_TOML)).value;
    let forms: Vec<&str> = match table.get("forms").map(|n| &n.value) {
        Some(Value::Table(forms)) => forms.0.iter().map(|(name, _)| name.value.as_str()).collect(),
        _ => Vec::new(),
    };
    let found = forms.iter().find(|name| **name == row.name).or(forms.first());
    found.map_or_else(|| "download".to_string(), ToString::to_string)
}

fn campaign(title: &str, today: &str) -> String {
    format!(
        "title = {}\ngoal = {{ metric = \"leads\", target = 100 }}\naudience = \"\"\n# offer = \"name of a magnet\"\ncall_to_action = \"\"\nstart = {today}\narticles = []\n\n\
         # [[sources]]\n# variant = \"flyer\"\n\n[perception]\nnow = \"\"\nreinforce = \"\"\nchange = \"\"\n",
        quoted(title)
    )
}
