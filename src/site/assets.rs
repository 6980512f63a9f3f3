//! Assets: style sheets and scripts, with the digest of their bytes in their names.

use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::digest::seal;
use crate::files::Files;
use crate::project::Project;
use crate::site::{Plan, RouteId};
use crate::source::{RelPath, Span};
use base64::Engine as _;
use sha2::{Digest as _, Sha384};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A file of `assets/`, as it is put out.
#[derive(Clone, Debug)]
pub struct Asset {
    /// What it is asked for by: `css/site.css`.
    pub name: String,
    /// Its file.
    pub source: RelPath,
    /// Where it is put out: `/assets/css/site.1a2b3c4d5e.css`.
    pub path: String,
    /// Subresource integrity (W3C SRI): `sha384-…`.
    pub integrity: String,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

/// All assets, by name.
#[derive(Clone, Debug, Default)]
pub struct Assets(BTreeMap<String, Asset>);

impl Assets {
    /// The asset of this name.
    pub fn get(&self, name: &str) -> Option<&Asset> {
        self.0.get(name)
    }

    /// All, by name.
    pub fn all(&self) -> impl Iterator<Item = &Asset> {
        self.0.values()
    }
}

impl Plan {
    /// Gives a route another path; none if something stands there.
    pub fn move_to(&mut self, id: RouteId, path: &str) -> Option<()> {
        let path: Arc<str> = path.into();
        if self.by_path.find(&path).is_some() {
            return None;
        }
        let route = &mut self.routes[id.0 as usize];
        self.by_path.remove(&route.path);
        self.by_path.add(&path, id);
        route.path = path;
        Some(())
    }
}

/// Reads `assets/` of the site above the theme's. Files that end in `.tera` are templates that see `options`.
pub fn read(project: &Project, files: &dyn Files) -> Parsed<Assets> {
    let mut diags = Diagnostics::default();
    let mut assets = BTreeMap::new();
    for (name, entry) in project.shadowed("assets") {
        let bytes = match files.read(&entry.path) {
            Ok(bytes) => bytes,
            Err(e) => {
                let d = Diagnostic::new(codes::UNREADABLE, format!("`{}` cannot be read: {e}", entry.path));
                diags.push(d.at(Span::file(&entry.path)));
                continue;
            }
        };
        let (name, bytes) = match name.strip_suffix(".tera") {
            Some(name) => (name, render(&entry.path, &bytes, project, &mut diags)),
            None => (name, bytes),
        };
        let fingerprint = &seal(&bytes).to_string()[..10];
        let path = match name.rfind('.') {
            Some(i) if !name[i..].contains('/') => format!("/assets/{}.{fingerprint}{}", &name[..i], &name[i..]),
            _ => format!("/assets/{name}.{fingerprint}"),
        };
        let sha = base64::engine::general_purpose::STANDARD.encode(Sha384::digest(&bytes));
        let asset = Asset {
            name: name.to_string(),
            source: entry.path.clone(),
            path,
            integrity: format!("sha384-{sha}"),
            bytes: bytes.into(),
        };
        assets.insert(name.to_string(), asset);
    }
    Parsed { value: Assets(assets), diags }
}

fn render(path: &RelPath, bytes: &[u8], project: &Project, diags: &mut Diagnostics) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        diags.push(Diagnostic::new(codes::NOT_UTF8, format!("`{path}` is not valid UTF-8")).at(Span::file(path)));
        return Vec::new();
    };
    let mut tera = tera::Tera::default();
    tera.autoescape_on(Vec::<&'static str>::new());
    let mut context = tera::Context::new();
    context.insert_value("options", project.theme.options_view());
    let rendered = tera.add_raw_template(path.as_str(), text).and_then(|()| tera.render(path.as_str(), &context));
    rendered.map(String::into_bytes).unwrap_or_else(|error| {
        diags.push(super::tera_diagnostic(codes::TEMPLATE_RENDER, &error, text, path));
        Vec::new()
    })
}
