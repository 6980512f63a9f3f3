//! A new text with its front matter, in its place: what `hub new` and the desk write.

use super::MagnetKind;
use super::kinds::Row;
use crate::project::node::Value;
use crate::source::RelPath;
use crate::store;
use crate::text;
use jiff::{ToSpan as _, Zoned};
use std::io;
use std::path::{Path, PathBuf};

/// What can be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum New {
    /// A text in content/articles.
    Article,
    /// A magnet of a kind, with its landing page.
    Magnet(MagnetKind),
    /// A campaign.
    Campaign,
    /// A standing page.
    Page,
}

/// A file that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Where.
    pub path: RelPath,
    /// What.
    pub text: String,
    /// Whether files of the author's belong beside it.
    pub takes_files: bool,
}

/// Why a draft was not written.
#[derive(Debug)]
pub enum Refused {
    /// A file of that name is there already.
    Taken(PathBuf),
    /// The disk failed.
    Failed(PathBuf, io::Error),
}

/// A new text of this title. `site_toml` is the text of `site.toml`, whose forms a magnet may use.
pub fn draft(new: New, title: &str, site_toml: &str, now: &Zoned) -> Draft {
    let slug = text::slug(title);
    let today = now.strftime("%Y-%m-%d").to_string();
    let (path, text, takes_files) = match new {
        New::Article => (format!("content/articles/{slug}.md"), article(title, &today), false),
        New::Page => (format!("content/{slug}.md"), page(title), false),
        New::Magnet(kind) => {
            let row = kind.row();
            (format!("content/magnets/{slug}/index.md"), magnet(site_toml, row, title, &slug, now), row.takes("files"))
        }
        New::Campaign => (format!("content/campaigns/{slug}.toml"), campaign(title, &today), false),
    };
    Draft { path: RelPath::new(path), text, takes_files }
}

/// Writes a draft below the folder of `site.toml`, over nothing.
pub fn write(root: &Path, draft: &Draft) -> Result<(), Refused> {
    let to = root.join(draft.path.as_str());
    let bundle = to.with_extension("").join("index.md");
    if let Some(there) = [&to, &bundle].into_iter().find(|p| p.exists()) {
        return Err(Refused::Taken(there.clone()));
    }
    let written = std::fs::create_dir_all(to.parent().unwrap_or(root));
    let written = written.and_then(|()| store::replace(&to, draft.text.as_bytes()));
    written.map_err(|e| Refused::Failed(to, e))
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

fn magnet(site_toml: &str, row: &Row, title: &str, slug: &str, now: &Zoned) -> String {
    let day = now.date().saturating_add(28.days());
    let filled = row.skeleton.replace("{slug}", slug).replace("{form}", &form_for(site_toml, row));
    // The title comes last: what it holds in braces is the author's.
    filled.replace("{day}", &day.to_string()).replace("{title}", &quoted(title))
}

/// The site's form that is named after the kind, else its first, else one that is yet to be declared.
fn form_for(site_toml: &str, row: &Row) -> String {
    let table = crate::project::toml::read(site_toml, 0, &RelPath::new(crate::files::SITE_TOML)).value;
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
