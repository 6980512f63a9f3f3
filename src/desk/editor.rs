//! Links that open a file in the author's editor.

use crate::text;
use std::path::Path;

/// Editors by the names that `HUB_EDITOR` takes, and their addresses. `{path}` is absolute and encoded.
pub const EDITORS: [(&str, &str); 7] = [
    ("vscode", "vscode://file{path}:{line}:{column}"),
    ("cursor", "cursor://file{path}:{line}:{column}"),
    ("zed", "zed://file{path}:{line}:{column}"),
    ("idea", "idea://open?file={path}&line={line}&column={column}"),
    ("sublime", "subl://open?url=file://{path}&line={line}&column={column}"),
    ("textmate", "txmt://open?url=file://{path}&line={line}&column={column}"),
    ("emacs", "org-protocol://open-file?url=file://{path}&line={line}&column={column}"),
];

/// The address that opens `file` at a line and a column, both from 1. `editor` is a name of [`EDITORS`] or a template such as
/// theirs; the first of them where it is empty or unknown.
pub fn editor_link(editor: &str, file: &Path, line: usize, column: usize) -> String {
    let named = EDITORS.iter().find(|(name, _)| *name == editor).map(|(_, template)| *template);
    let template = named.or(editor.contains("{path}").then_some(editor)).unwrap_or(EDITORS[0].1);
    let path = file.to_string_lossy().replace('\\', "/");
    let path = if path.starts_with('/') { path } else { format!("/{path}") };
    template
        .replace("{path}", &text::encode_path(&path))
        .replace("{line}", &line.to_string())
        .replace("{column}", &column.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_is_named_or_described() {
        let at = |editor| editor_link(editor, Path::new("/site/my text.md"), 6, 11);
        assert_eq!(at(""), "vscode://file/site/my%20text.md:6:11");
        assert_eq!(at("zed"), "zed://file/site/my%20text.md:6:11");
        assert_eq!(at("edit:{path}#{line}"), "edit:/site/my%20text.md#6");
    }
}
