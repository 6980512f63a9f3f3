//! `hub new`: a text with its front matter, in its place.

use super::{Exit, Failure, site};
use crate::cli::{NewArgs, NewKind};
use crate::store;
use crate::text;
use std::path::Path;

pub(super) fn run(root: &Path, args: &NewArgs) -> Result<Exit, Failure> {
    if !root.join("site.toml").exists() {
        return Err(Failure::usage(
            "there is no `site.toml` here\nhelp: run hub in the folder of a site, or make one with `hub init`",
        ));
    }
    let title = args.title.join(" ");
    let slug = text::slug(&title);
    let today = site::now(None)?.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d").to_string();
    let (path, body) = match args.kind {
        NewKind::Article => (format!("content/articles/{slug}.md"), article(&title, &today)),
        NewKind::Page => (format!("content/{slug}.md"), page(&title)),
        NewKind::Magnet => (format!("content/magnets/{slug}/index.md"), magnet(&title, &slug)),
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
    if args.kind == NewKind::Magnet {
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

fn magnet(title: &str, slug: &str) -> String {
    format!(
        "+++\ntitle = {}\ndescription = \"\"\ndraft = true\nkind = \"download\"\ngate = \"encrypted\"\nfiles = [\"{slug}.pdf\"]\nform = \"download\"\n\
         promise = \"What the reader has afterwards, in a line.\"\nbutton = \"Send it to me\"\nstage = \"consider\"\ntopics = []\n\n\
         [thanks]\ntitle = \"Check your inbox\"\ntext = \"The link is on its way.\"\n+++\n\n## What is inside\n\n\
         ## What happens with your address\n\nYou get one e-mail with the link.\n",
        quoted(title)
    )
}

fn campaign(title: &str, today: &str) -> String {
    format!(
        "title = {}\ngoal = {{ metric = \"leads\", target = 100 }}\naudience = \"\"\n# offer = \"name of a magnet\"\ncall_to_action = \"\"\nstart = {today}\narticles = []\n\n\
         # [[sources]]\n# variant = \"flyer\"\n\n[perception]\nnow = \"\"\nreinforce = \"\"\nchange = \"\"\n",
        quoted(title)
    )
}
