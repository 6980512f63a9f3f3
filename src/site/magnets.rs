//! Magnets: what a reader gets for an address, with its form and its gate.

use super::route::unfit;
use super::state::State;
use super::{Plan, dates};
use crate::content::kinds::{KEYS, Row, TABLE};
use crate::content::{Content, Id, Kind, MagnetKind};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::forms::Form;
use crate::forms::lint::Use;
use crate::gate::Gate;
use crate::project::config::Config;
use crate::project::{Project, Settings};
use crate::source::{RelPath, Span};
use crate::text;

/// A magnet, resolved.
#[derive(Clone, Debug)]
pub struct Magnet {
    /// Its landing page.
    pub id: Id,
    /// Its name: that of its folder.
    pub name: String,
    /// What the reader gets.
    pub kind: MagnetKind,
    /// How it is withheld; none where there is no file.
    pub gate: Option<Gate>,
    /// What the reader gets, in the order of the front matter.
    pub files: Vec<MagnetFile>,
    /// Texts of which it unlocks a part, in the order of their paths.
    pub texts: Vec<Id>,
    /// Its form, by its place in the plan.
    pub form: Option<usize>,
    /// What its dates make of it now.
    pub state: State,
}

/// A file that a reader gets.
#[derive(Clone, Debug)]
pub struct MagnetFile {
    /// The file, beside the landing page.
    pub path: RelPath,
    /// Its bytes.
    pub size: u64,
}

impl Magnet {
    /// Whether a file is one of its own.
    pub fn gives(&self, file: &RelPath) -> bool {
        self.files.iter().any(|f| f.path == *file)
    }

    /// Whether something is withheld until its form was sent.
    pub fn is_gated(&self) -> bool {
        self.gate.is_some_and(|g| g != Gate::Open) && !(self.files.is_empty() && self.texts.is_empty())
    }

    /// Bytes of all its files.
    pub fn size(&self) -> u64 {
        self.files.iter().map(|f| f.size).sum()
    }
}

/// Reads what the magnets' front matter says. Withheld magnets are read too: their files stay gated.
pub(super) fn read(
    content: &Content,
    project: &Project,
    forms: &[Form],
    settings: &Settings,
    diags: &mut Diagnostics,
) -> Vec<Magnet> {
    let ids = content.ids().filter(|id| content.article(*id).kind == Kind::Magnet);
    let now = settings.now.as_second();
    let gated: Vec<Id> = content.ids().filter(|id| !content.article(*id).gist.gates.is_empty()).collect();
    let read = |id| {
        let live = dates::withheld(&content.article(id).front, settings).is_none();
        // What is wrong with a draft is for its author to find out when it is done.
        let mut found = Diagnostics::default();
        let mut magnet = read_one(id, content, project, forms, &gated, &mut found);
        magnet.state = State::at(content.article(id).front.kind.facts(), now);
        if live {
            diags.extend(found);
        }
        magnet
    };
    ids.map(read).collect()
}

fn read_one(
    id: Id,
    content: &Content,
    project: &Project,
    forms: &[Form],
    gated: &[Id],
    diags: &mut Diagnostics,
) -> Magnet {
    let article = content.article(id);
    let (path, front) = (&article.path, &article.front.kind);
    let mut choose = |word: &Option<crate::source::At<String>>, key: &str, names: Vec<&'static str>| -> Option<usize> {
        let word = word.as_ref()?;
        let found = names.iter().position(|n| *n == word.value);
        if found.is_none() {
            let message = format!("`{key}` is `{}`; it takes {}", word.value, text::choices(names.iter().copied()));
            diags.push(Diagnostic::new(codes::BAD_VALUE, message).at(word.span(path)).nearest(&word.value, names));
        }
        found
    };
    let kind = choose(&front.kind, "kind", TABLE.iter().map(|row| row.name).collect());
    let known = kind.is_some() || front.kind.is_none();
    let kind = kind.map_or(MagnetKind::Download, |i| TABLE[i].kind);
    let gate = choose(&front.gate, "gate", Gate::NAMES.map(|g| g.0).to_vec()).map(|i| Gate::NAMES[i].1);
    let names = |of: &Id| content.article(*of).gist.gates.iter().any(|g| g.value == article.name());
    let texts: Vec<Id> = gated.iter().copied().filter(names).collect();
    let withholds = kind.row().takes("files") || !texts.is_empty();
    let mut magnet = Magnet {
        id,
        name: article.name().to_string(),
        kind,
        gate: withholds.then_some(gate.unwrap_or(Gate::Encrypted)),
        files: Vec::new(),
        texts,
        form: None,
        state: State::Open,
    };
    if known {
        check_keys(&magnet, content, diags);
        take_files(&mut magnet, content, project, diags);
    }
    match &front.form {
        Some(word) => {
            magnet.form = forms.iter().position(|f| f.name == word.value);
            if magnet.form.is_none() {
                let names = || forms.iter().map(|f| &*f.name);
                diags.push(
                    Diagnostic::new(codes::UNKNOWN_FORM, format!("there is no form `{}`", word.value))
                        .at(word.span(path))
                        .nearest(&word.value, names())
                        .help(format!("declare it as `[forms.{}]` in site.toml", word.value)),
                );
            }
        }
        // What else its kind takes in place of a form was asked for above.
        None if kind.row().needs.iter().any(|keys| keys.contains(&"form")) => {}
        None => diags.push(
            Diagnostic::new(codes::MISSING_KEY, format!("the magnet `{}` lacks `form`", magnet.name))
                .at(Span::file(path))
                .help("add `form = \"…\"`: the name of a form of site.toml"),
        ),
    }
    magnet
}

/// Reports the keys that a magnet of its kind cannot do without.
fn check_keys(magnet: &Magnet, content: &Content, diags: &mut Diagnostics) {
    let article = content.article(magnet.id);
    let front = &article.front.kind;
    let row: &Row = magnet.kind.row();
    let there = |key: &str| front.facts().has(key) || key == "form" && front.form.is_some();
    for keys in row.needs.iter().filter(|keys| !keys.iter().any(|k| there(k))) {
        let names = text::choices(keys.iter().copied());
        let message = format!("the magnet `{}` lacks {names}, which {} needs", magnet.name, row.one);
        let example = KEYS.iter().find(|k| keys.contains(&k.name)).map_or("", |k| k.example);
        let at = front.kind.as_ref().map_or_else(|| Span::file(&article.path), |k| k.span(&article.path));
        diags.push(Diagnostic::new(codes::MISSING_KEY, message).at(at).help(format!("add `{example}`")));
    }
}

/// The published magnets that use a form, by its place in the plan.
pub fn uses(plan: &Plan, config: &Config, form: usize) -> Vec<Use> {
    let shown = plan.magnets.iter().filter(|m| m.form == Some(form));
    let shown = shown.filter_map(|m| {
        let path = plan.path(m.id)?;
        let thanks = config.absolute(&format!("{path}thanks/"));
        Some(Use { magnet: m.name.clone(), thanks, consultation: m.kind.name() == "consultation" })
    });
    shown.collect()
}

fn take_files(magnet: &mut Magnet, content: &Content, project: &Project, diags: &mut Diagnostics) {
    let article = content.article(magnet.id);
    let (path, front) = (&article.path, &article.front.kind);
    if front.files.is_empty() && magnet.texts.is_empty() && magnet.kind.row().takes("files") {
        diags.push(
            Diagnostic::new(codes::MAGNET_FILE, format!("the magnet `{}` names no file", magnet.name))
                .at(Span::file(path))
                .help(format!(
                    "add `files = [\"…\"]`: the files beside this text; or seal a part of a text with `:::gate{{magnet=\"{}\"}}`",
                    magnet.name
                )),
        );
    }
    for file in &front.files {
        let missing = |message: String| Diagnostic::new(codes::MAGNET_FILE, message).at(file.span(path));
        let found = path.parent().join(&file.value).filter(|_| unfit(&format!("/{}", file.value)).is_none());
        match found.as_ref().and_then(|p| project.file(p)) {
            Some(entry) if entry.stamp.len == 0 => {
                diags.push(missing(format!("`{}` is empty", file.value)));
            }
            Some(entry) if magnet.files.iter().any(|f| f.path.name() == entry.path.name()) => {
                let message = format!("two files of the magnet are named `{}`", entry.path.name());
                diags.push(missing(message).help("readers save them under their names; rename one"));
            }
            Some(entry) => magnet.files.push(MagnetFile { path: entry.path.clone(), size: entry.stamp.len }),
            None => {
                let beside: Vec<&str> =
                    project.below(path.dir()).map(|(_, rest)| rest).filter(|r| !r.ends_with(".md")).collect();
                diags.push(
                    missing(format!("there is no `{}` beside this text", file.value))
                        .nearest(&file.value, beside.iter().copied()),
                );
            }
        }
    }
}
