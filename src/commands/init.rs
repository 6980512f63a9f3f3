//! `hub init`: a site that shows something at once.

use super::{Exit, Failure, site};
use crate::cli::InitArgs;
use crate::store;
use include_dir::{Dir, File, include_dir};
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

static STARTER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/starter");

pub(super) fn run(root: &Path, args: &InitArgs) -> Result<Exit, Failure> {
    let dir = &match root == Path::new(".") {
        true => args.dir.clone(),
        false => root.join(&args.dir),
    };
    if dir.join("site.toml").exists() {
        return Err(Failure::usage(format!("`{}` is a site already: it holds site.toml", dir.display())));
    }
    let mut files = Vec::new();
    collect(&STARTER, &mut files);
    let taken: Vec<_> =
        files.iter().map(|f| target(dir, f)).filter(|to| to.exists() && !to.ends_with(".gitignore")).collect();
    if let Some(first) = taken.first() {
        return Err(Failure::usage(format!(
            "`{}` is there already; name an empty folder: `hub init my-site`",
            first.display()
        )));
    }
    let title = match &args.title {
        Some(title) => title.clone(),
        None => ask_title(args, dir),
    };
    for file in &files {
        let to = target(dir, file);
        if to.exists() {
            continue;
        }
        let failed = |e: &std::io::Error| Failure::io(format!("`{}` cannot be written", to.display()), e);
        std::fs::create_dir_all(to.parent().unwrap_or(dir)).map_err(|e| failed(&e))?;
        let bytes = match file.path().ends_with("site.toml") {
            true => {
                let quoted = serde_json::to_string(&title).unwrap_or_default();
                file.contents_utf8().unwrap_or_default().replacen("\"TITLE\"", &quoted, 1).into_bytes()
            }
            false => file.contents().to_vec(),
        };
        store::replace(&to, &bytes).map_err(|e| failed(&e))?;
    }
    let here = dir == Path::new(".");
    let cd = if here { String::new() } else { format!("cd {} && ", dir.display()) };
    let place = if here { "this folder".to_string() } else { format!("`{}`", dir.display()) };
    println!(
        "A site of {} is in {place}.\n\n  {cd}hub serve        shows it while you write\n  {cd}hub new article \"Your first title\"\n  \
         {cd}hub build        writes public/\n\nsite.toml says what to set before it goes live.",
        crate::text::count(files.len(), "file"),
    );
    Ok(Exit::Ok)
}

fn collect<'a>(dir: &'a Dir<'a>, out: &mut Vec<&'a File<'a>>) {
    out.extend(dir.files());
    dir.dirs().for_each(|d| collect(d, out));
}

/// `gitignore` is stored without its dot, so that it is not taken for the repository's own.
fn target(dir: &Path, file: &File<'_>) -> std::path::PathBuf {
    match file.path() == Path::new("gitignore") {
        true => dir.join(".gitignore"),
        false => dir.join(file.path()),
    }
}

/// The title, from the person at the terminal, else from the folder.
fn ask_title(args: &InitArgs, dir: &Path) -> String {
    let real = std::path::absolute(dir).unwrap_or_else(|_| dir.to_path_buf());
    let name = real.file_name().map(|n| n.to_string_lossy().replace(['-', '_'], " ")).unwrap_or_default();
    let mut default = if name.trim().is_empty() { "My site".to_string() } else { name };
    if let Some(first) = default.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    if args.yes || site::in_ci() || !std::io::stdin().is_terminal() {
        return default;
    }
    print!("Title of the site [{default}]: ");
    let _ = std::io::stdout().flush();
    let mut line = String::new();
    match std::io::stdin().read_line(&mut line) {
        Ok(_) if !line.trim().is_empty() => line.trim().to_string(),
        _ => default,
    }
}
