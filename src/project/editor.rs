//! Links that open a file in the author's editor.

use super::take::Take;
use crate::diag::{Diagnostic, codes};
use crate::text;
use std::path::Path;

/// Editors by name, and their addresses; in these, `{path}` begins with a slash.
const EDITORS: [(&str, &str); 11] = [
    ("vscode", "vscode://file{path}:{line}:{column}"),
    ("vscodium", "vscodium://file{path}:{line}:{column}"),
    ("cursor", "cursor://file{path}:{line}:{column}"),
    ("windsurf", "windsurf://file{path}:{line}:{column}"),
    ("zed", "zed://file{path}:{line}:{column}"),
    ("idea", "idea://open?file={path}&line={line}&column={column}"),
    ("sublime", "subl://open?url=file://{path}&line={line}&column={column}"),
    ("textmate", "txmt://open?url=file://{path}&line={line}&column={column}"),
    ("macvim", "mvim://open?url=file://{path}&line={line}&column={column}"),
    ("emacs", "org-protocol://open-file?url=file://{path}&line={line}&column={column}"),
    ("none", ""),
];

/// The address template of a name, or the template itself. `Err` says what would do.
fn template(written: &str) -> Result<&str, String> {
    let written = written.trim();
    if written.is_empty() {
        return Ok(EDITORS[0].1);
    }
    if let Some((_, template)) = EDITORS.iter().find(|(name, _)| name.eq_ignore_ascii_case(written)) {
        return Ok(template);
    }
    let scheme = written.split_once(':').map_or("", |(scheme, _)| scheme);
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c));
    // These would run what follows, in the page.
    let runs = ["javascript", "data", "vbscript"].iter().any(|s| scheme.eq_ignore_ascii_case(s));
    if named && !runs && written.contains("{path}") {
        return Ok(written);
    }
    let names = text::choices(EDITORS.iter().map(|(name, _)| *name));
    Err(format!(
        "`{written}` is no editor: write {names}, or an address such as `vscode://file{{path}}:{{line}}:{{column}}`"
    ))
}

/// Says what is wrong with the name or the template of an editor.
pub fn check(written: &str) -> Result<(), String> {
    template(written).map(|_| ())
}

/// The address that opens a place of a file in an editor, which is a name or a template; empty where links open none. Lines and
/// columns count from 1.
pub fn editor_link(editor: &str, file: &Path, line: usize, column: usize) -> String {
    let (Ok(template), Ok(path)) = (template(editor), std::path::absolute(file)) else { return String::new() };
    let path = path.to_string_lossy().replace('\\', "/");
    let path = if path.starts_with('/') { path } else { format!("/{path}") };
    let address = template.replace("{line}", &line.to_string()).replace("{column}", &column.to_string());
    address.replace("{path}", &text::encode_path(&path))
}

/// Reads `[serve]`: the editor that it names.
pub(super) fn read(take: &mut Take<'_>) -> Option<String> {
    let written = take.string("editor")?;
    match check(&written.value) {
        Ok(()) => Some(written.value),
        Err(why) => {
            take.report(Diagnostic::new(codes::BAD_VALUE, why).at(written.span(take.file())));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_open_places_of_files() {
        let href = |written: &str, file: &str| editor_link(written, &Path::new("/a b").join(file), 3, 7);
        assert_eq!(href("", "c/ö.md"), "vscode://file/a%20b/c/%C3%B6.md:3:7");
        assert_eq!(href("Zed", "c.md"), "zed://file/a%20b/c.md:3:7");
        assert_eq!(href("x-ed://o?f={path}#{line}", "c.md"), "x-ed://o?f=/a%20b/c.md#3");
        assert_eq!(href("none", "c.md"), "");
        for wrong in ["vim", "javascript:alert({path})", "//{path}", "vscode://file"] {
            assert!(check(wrong).is_err(), "{wrong}");
            assert_eq!(href(wrong, "c.md"), "", "{wrong}");
        }
    }
}
