//! Files → Project: what is there, the configuration, the theme.

pub mod checks;
pub mod config;
pub mod editor;
pub mod node;
pub mod take;
pub mod theme;
pub mod toml;
pub mod yaml;

pub use config::{Config, Settings};
pub use theme::Theme;

use crate::blocks::Blocks;
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::files::{Entry, FOLDERS, Files, GATES_TOML, SITE_TOML, read_text};
use crate::history::{History, Unknown};
use crate::source::{RelPath, Span};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::sync::Arc;

/// A site as it lies on the disk, its texts not yet read.
#[derive(Clone, Debug)]
pub struct Project {
    /// `site.toml`.
    pub config: Config,
    /// The theme with the site's options.
    pub theme: Theme,
    /// `gates.toml`, read by `gate`; empty where there is none.
    pub gates: node::Table,
    /// When texts were committed; empty unless `dates = "git"`.
    pub history: Arc<History>,
    /// Every file, in the order of the paths.
    pub files: Blocks<Entry>,
    by_path: Arc<FxHashMap<RelPath, u32>>,
}

/// Reads the list of files, `site.toml` and the theme.
pub fn load(files: &dyn Files, settings: &Settings) -> Parsed<Project> {
    let mut diags = Diagnostics::default();
    let site_toml = RelPath::new(SITE_TOML);
    let listed = files.list().take(&mut diags);
    let table = if listed.iter().any(|e| e.path == site_toml) {
        let text = read_text(files, &site_toml, &mut diags).unwrap_or_default();
        let Parsed { value, diags: mut found } = toml::read(&text, 0, &site_toml);
        name_forms(&text, &mut found);
        diags.extend(found);
        value
    } else {
        diags.push(
            Diagnostic::new(codes::NO_SITE, "there is no `site.toml` here")
                .help("run hub in the folder of a site, or make one with `hub init`"),
        );
        Default::default()
    };
    let gates_toml = RelPath::new(GATES_TOML);
    let gates = match listed.iter().any(|e| e.path == gates_toml) {
        true => toml::read(&read_text(files, &gates_toml, &mut diags).unwrap_or_default(), 0, &gates_toml),
        false => Parsed::clean(Default::default()),
    };
    let gates = gates.take(&mut diags);
    let config = config::read(table, &site_toml, settings).take(&mut diags);
    let history = if config.git_dates { load_history(files, &mut diags) } else { History::default() };
    let theme = load_theme(files, &listed, &config, &site_toml, &mut diags);
    let mut kept: Vec<Entry> = listed;
    let theme_dir = format!("themes/{}", config.theme.value);
    kept.retain(|e| e.path.below("themes").is_none() || e.path.below(&theme_dir).is_some());
    kept.retain(|e| name_is_fit(&e.path, &mut diags));
    let by_path = kept.iter().enumerate().map(|(i, e)| (e.path.clone(), i as u32)).collect();
    Parsed {
        value: Project {
            config,
            theme,
            gates,
            history: Arc::new(history),
            files: kept.into_iter().collect(),
            by_path: Arc::new(by_path),
        },
        diags,
    }
}

/// What TOML calls a duplicate key is a second form of one name where it stands in the head of a form's table. The keys of that
/// table, which TOML finds twice as well, are not reported beside it.
fn name_forms(text: &str, diags: &mut Diagnostics) {
    let head = |d: &Diagnostic| {
        let at = d.at.as_ref().filter(|_| d.code == codes::SYNTAX && d.message.ends_with("duplicate key"))?;
        let before = text.get(..at.start as usize)?;
        let line = before.rfind('\n').map_or(0, |i| i + 1);
        let name = text.get(at.start as usize..at.end as usize)?;
        let form = before[line..].trim_start() == "[forms.";
        let end = text[at.end as usize..].find("\n[").map_or(text.len(), |i| at.end as usize + i);
        form.then(|| (name.trim_matches(['"', '\'']).to_string(), at.end as usize..end))
    };
    let heads: Vec<_> = diags.0.iter().map(head).collect();
    let inside = |d: &Diagnostic| {
        let at = d.at.as_ref().map(|at| at.start as usize);
        let twice = d.code == codes::SYNTAX && d.message.ends_with("duplicate key");
        twice && at.is_some_and(|at| heads.iter().flatten().any(|(_, keys)| keys.contains(&at)))
    };
    let named = diags.0.iter().zip(&heads).filter(|(d, _)| !inside(d)).map(|(d, head)| match head {
        Some((name, _)) => Diagnostic {
            code: codes::SAME_FORM,
            message: format!("there are two forms `{name}`"),
            help: vec!["rename one of them, or remove it".to_string()],
            ..d.clone()
        },
        None => d.clone(),
    });
    diags.0 = named.collect();
}

/// Editors and systems leave these behind; they are never part of a site.
pub fn is_litter(name: &str) -> bool {
    name.ends_with('~') || name.ends_with(".swp") || name.ends_with(".tmp") || name == "Thumbs.db"
}

fn name_is_fit(path: &RelPath, diags: &mut Diagnostics) -> bool {
    if is_litter(path.name()) {
        return false;
    }
    let bad =
        path.as_str().split('/').find(|part| crate::text::has_control(part) || crate::text::reserved_on_windows(part));
    if let Some(part) = bad {
        let shown: String = part.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        diags.push(
            Diagnostic::new(codes::FILE_NAME, format!("`{shown}` cannot be the name of a file everywhere"))
                .at(Span::file(path))
                .help("rename it: Windows reserves the name or the character, and URLs cannot hold control characters"),
        );
    }
    bad.is_none()
}

/// Reads the dates of commits. Without all of them, every text would seem new.
fn load_history(files: &dyn Files, diags: &mut Diagnostics) -> History {
    let at = Span::file(&RelPath::new(SITE_TOML));
    match files.history("content") {
        Ok(history) => return history,
        Err(Unknown::Shallow) => {
            let d =
                Diagnostic::new(codes::SHALLOW_CLONE, "dates come from git, and this clone has its last commits only");
            diags.push(d.at(at).help("fetch all of the history: `git fetch --unshallow`, in CI `fetch-depth: 0`"));
        }
        Err(Unknown::Git(why)) => {
            let d = Diagnostic::new(codes::GIT_DATES, format!("dates come from git, and cannot be had: {why}")).at(at);
            diags.push(d.help("build in a clone with a commit, or take `dates = \"git\"` out of `site.toml`"));
        }
    }
    History::default()
}

fn load_theme(files: &dyn Files, listed: &[Entry], config: &Config, site: &RelPath, diags: &mut Diagnostics) -> Theme {
    let name = &config.theme.value;
    let themes = || listed.iter().filter_map(|e| e.path.below("themes")?.strip_suffix("/theme.toml"));
    let found = RelPath::new("themes").join(&format!("{name}/theme.toml"));
    let Some(path) = found.filter(|p| listed.iter().any(|e| e.path == *p)) else {
        diags.push(
            Diagnostic::new(codes::NO_THEME, format!("there is no theme `{name}`"))
                .at(config.theme.span(site))
                .help(format!("themes here: {}", crate::text::choices(themes())))
                .nearest(name, themes()),
        );
        return Theme::default();
    };
    let text = read_text(files, &path, diags).unwrap_or_default();
    let table = toml::read(&text, 0, &path).take(diags);
    let found = RefCell::new(Diagnostics::default());
    let mut take = take::Take::new(table, Span::file(&path), &path, "theme.toml", &found);
    let mut theme = theme::read(&mut take, name, &config.language);
    take.finish();
    diags.extend(found.into_inner());
    if let Some(options) = &config.options {
        theme::apply(&mut theme, options, site, diags);
    }
    theme
}

impl Project {
    /// The project after some of its files got other stamps; none if one of them is not in it.
    pub fn restamped(&self, changed: &[Entry]) -> Option<Project> {
        let mut project = self.clone();
        for entry in changed {
            let at = *self.by_path.get(&entry.path)?;
            project.files.put(at as usize, entry.clone());
        }
        Some(project)
    }

    /// The file of this path.
    pub fn file(&self, path: &RelPath) -> Option<&Entry> {
        self.by_path.get(path).map(|&i| &self.files[i as usize])
    }

    /// The files below a folder, with what remains of their paths.
    pub fn below<'a>(&'a self, dir: &'a str) -> impl Iterator<Item = (&'a Entry, &'a str)> {
        let start = self.files.partition_point(|e| e.path.as_str() < dir);
        self.files
            .since(start)
            .take_while(move |e| e.path.as_str().starts_with(dir))
            .filter_map(move |e| Some((e, e.path.below(dir)?)))
    }

    /// Files of `folder` (`templates`, `assets`, `static`, `cards`): the site's own shadow the theme's by path.
    pub fn shadowed(&self, folder: &str) -> std::collections::BTreeMap<&str, &Entry> {
        debug_assert!(FOLDERS.contains(&folder));
        let theme_dir = format!("themes/{}/{folder}", self.theme.name);
        let mut out = std::collections::BTreeMap::new();
        for dir in [theme_dir.as_str(), folder] {
            let start = self.files.partition_point(|e| e.path.as_str() < dir);
            for entry in self.files.since(start).take_while(|e| e.path.as_str().starts_with(dir)) {
                if let Some(name) = entry.path.below(dir) {
                    out.insert(name, entry);
                }
            }
        }
        out
    }
}
