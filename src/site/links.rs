//! Links as authors write them → addresses of the site.

use super::dates::Withheld;
use super::{Own, Plan};
use crate::content::{CONTENT, Content, Id, Kind};
use crate::project::Project;
use crate::source::{RelPath, normalize};
use crate::text;
use std::sync::{Arc, OnceLock};

/// What a link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An address of the site: its path, and `?…#…` as written.
    Path(Arc<str>, String),
    /// A part of the page that the link stands on, with its `#`.
    Here(String),
    /// Another site.
    External,
    /// A text that is not published, and why.
    Withheld(Id, Withheld),
    /// A gated file of a magnet.
    Gated(Id),
    /// Nothing.
    Nothing,
}

/// Everything that a link is looked up in.
pub struct Lookup<'a> {
    /// Files.
    pub project: &'a Project,
    /// Texts.
    pub content: &'a Content,
    /// Addresses.
    pub plan: &'a Plan,
    /// What is like a link that leads nowhere; made when the first one is found.
    pub near: &'a OnceLock<Near>,
}

impl Lookup<'_> {
    /// Resolves `to`, written in the file `from`.
    pub fn resolve(&self, from: &RelPath, to: &str) -> Target {
        if text::is_external(to) {
            return Target::External;
        }
        let split = to.find(['?', '#']).unwrap_or(to.len());
        let (path, suffix) = to.split_at(split);
        if path.is_empty() {
            return Target::Here(suffix.to_string());
        }
        let Some(path) = text::percent_decode(path) else { return Target::Nothing };
        let found = if path.starts_with('/') { self.absolute(&path) } else { self.relative(from, &path) };
        match found {
            Target::Path(path, _) => Target::Path(path, suffix.to_string()),
            other => other,
        }
    }

    /// A path of the site, or of a source file below `content`.
    fn absolute(&self, path: &str) -> Target {
        if let Some(found) = self.at(path) {
            return found;
        }
        let below = path.trim_start_matches('/').trim_end_matches('/');
        match normalize(CONTENT, below) {
            Some(file) if file.starts_with(CONTENT) => self.file(&file).unwrap_or(Target::Nothing),
            _ => Target::Nothing,
        }
    }

    fn relative(&self, from: &RelPath, path: &str) -> Target {
        if let Some(found) = normalize(from.dir(), path).and_then(|file| self.file(&file)) {
            return found;
        }
        // `articles/x.md` from anywhere: the way that templates and `site.toml` write it.
        if let Some(found) = normalize(CONTENT, path).and_then(|file| self.file(&file)) {
            return found;
        }
        // Relative to the page's address, as browsers do it.
        let here = self.content.find(from).and_then(|id| self.plan.path(id));
        let found = here.and_then(|here| normalize(here, path)).and_then(|p| {
            let slash = if path.ends_with('/') { "/" } else { "" };
            self.at(&format!("/{p}{slash}"))
        });
        found.unwrap_or(Target::Nothing)
    }

    /// An address of the site, with or without its final slash.
    fn at(&self, path: &str) -> Option<Target> {
        if let Some(route) = self.plan.find(path) {
            return Some(self.canonical(route));
        }
        let other = if path.ends_with('/') { path.trim_end_matches('/').to_string() } else { format!("{path}/") };
        if let Some(route) = self.plan.find(&other) {
            return Some(self.canonical(route));
        }
        let withheld = self.plan.withheld_at(path).or_else(|| self.plan.withheld_at(&other));
        let withheld = withheld.map(|(id, why)| Target::Withheld(id, why));
        withheld.or_else(|| Some(Target::Path(self.only_in_production(path)?.into(), String::new())))
    }

    /// The path of a file that every site has in production, where this is another environment. Links to it are right.
    pub fn only_in_production(&self, path: &str) -> Option<&'static str> {
        let (own, path) = Own::ALL.into_iter().find(|(_, p)| *p == path)?;
        (own.only_in_production() && !self.project.config.production()).then_some(path)
    }

    /// Links to an old address go to the new one.
    fn canonical(&self, route: super::RouteId) -> Target {
        let route = self.plan.route(route);
        match &route.what {
            super::What::Redirect(to) => Target::Path(to.clone(), String::new()),
            _ => Target::Path(route.path.clone(), String::new()),
        }
    }

    /// A source file: a text, a folder with a text, a file that is put out.
    fn file(&self, file: &str) -> Option<Target> {
        let path = RelPath::new(file);
        let others = ["/index.md", "/_index.md", ".md"].iter().map(|end| RelPath::new([file, end].concat()));
        let mut candidates = std::iter::once(path.clone()).chain(others);
        if let Some(id) = candidates.find_map(|candidate| self.content.find(&candidate)) {
            return Some(self.text(id));
        }
        if let Some(public) = self.plan.copied(&path) {
            return Some(Target::Path(public, String::new()));
        }
        if self.project.file(&path).is_some()
            && let Some(id) = self.plan.gated_by(&path)
        {
            return Some(Target::Gated(id));
        }
        None
    }

    fn text(&self, id: Id) -> Target {
        match (self.plan.path(id), self.plan.withheld(id)) {
            (Some(path), _) => Target::Path(path.clone(), String::new()),
            (None, Some(why)) => Target::Withheld(id, why),
            (None, None) => Target::Nothing,
        }
    }

    /// Where an author may have wanted to go: paths of texts that end in a similar name.
    pub fn similar(&self, from: &RelPath, to: &str) -> Option<String> {
        let near = self.near.get_or_init(|| Near::new(self.content, self.plan));
        let wanted = last_part(to.split(['?', '#']).next()?).trim_end_matches(".md");
        if to.starts_with('/') {
            let id = near.pages.nearest(wanted)?;
            return self.plan.path(*id).map(ToString::to_string);
        }
        let id = near.texts.nearest(wanted)?;
        Some(relative_path(from.dir(), self.content.article(*id).path.as_str()))
    }
}

/// What a link to nothing may have meant: texts, by the last part of their address, and by the name of their file.
pub struct Near {
    pages: text::Names<Id>,
    texts: text::Names<Id>,
}

impl Near {
    fn new(content: &Content, plan: &Plan) -> Near {
        let page = |id| Some((last_part(plan.path(id)?), id));
        let text = |id| Some(content.article(id)).filter(|a| !matches!(a.kind, Kind::Home)).map(|a| (a.name(), id));
        Near { pages: content.ids().filter_map(page).collect(), texts: content.ids().filter_map(text).collect() }
    }
}

fn last_part(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// The way from a folder to a file: `../magnets/x/index.md`.
fn relative_path(dir: &str, to: &str) -> String {
    let here: Vec<&str> = dir.split('/').filter(|p| !p.is_empty()).collect();
    let there: Vec<&str> = to.split('/').collect();
    let common = here.iter().zip(&there).take_while(|(a, b)| a == b).count();
    let mut out = "../".repeat(here.len() - common);
    out.push_str(&there[common..].join("/"));
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn ways_between_files() {
        assert_eq!(super::relative_path("content/articles", "content/magnets/x/index.md"), "../magnets/x/index.md");
        assert_eq!(super::relative_path("content", "content/a.md"), "a.md");
    }
}
