//! Syntax highlighting: code → spans with classes, coloured by the style sheet in light and dark.

/// A language: its first name, and the other names it goes by.
type Row = (&'static str, &'static [&'static str]);

const LANGUAGES: &[Row] = &[
    ("bash", &["sh", "shell", "zsh", "console", "shell-session"]),
    ("c", &["h"]),
    ("css", &[]),
    ("diff", &["patch"]),
    ("dockerfile", &["docker"]),
    ("go", &["golang"]),
    ("html", &["htm"]),
    ("ini", &["conf", "cfg"]),
    ("java", &[]),
    ("javascript", &["js", "mjs", "jsx"]),
    ("json", &["jsonc", "json5"]),
    ("lua", &[]),
    ("python", &["py"]),
    ("ruby", &["rb"]),
    ("rust", &["rs"]),
    ("toml", &[]),
    ("typescript", &["ts"]),
    ("xml", &["svg"]),
    ("yaml", &["yml"]),
];

/// Code longer than this is shown plain: nobody reads it, and a parser may take long over it.
const LONGEST: usize = 256 * 1024;

/// The languages by their first names.
pub fn languages() -> impl Iterator<Item = &'static str> {
    LANGUAGES.iter().map(|(name, _)| *name)
}

#[cfg(not(feature = "highlight"))]
pub(super) fn highlight(_language: &str, _code: &str, _out: &mut String) -> bool {
    let _ = LONGEST;
    false
}

#[cfg(feature = "highlight")]
pub(super) use grammars::highlight;

#[cfg(feature = "highlight")]
mod grammars {
    use super::{LANGUAGES, LONGEST};
    use crate::text::push_escaped;
    use arborium::tree_sitter::{Language, Parser, Query, QueryCursor, StreamingIterator};
    use std::cell::RefCell;
    use std::sync::OnceLock;

    /// What captures get a colour. Names, operators and punctuation stay plain: less to load, calmer to read.
    /// A capture `a.b.c` is looked up as `a.b.c`, `a.b`, `a`.
    const CLASSES: &[(&str, &str)] = &[
        ("attribute", "h-attribute"),
        ("boolean", "h-constant"),
        ("character", "h-string"),
        ("comment", "h-comment"),
        ("conditional", "h-keyword"),
        ("constant", "h-constant"),
        ("constructor", "h-constructor"),
        ("diff.minus", "h-delete"),
        ("diff.plus", "h-add"),
        ("exception", "h-keyword"),
        ("field", "h-property"),
        ("float", "h-number"),
        ("function", "h-function"),
        ("function.macro", "h-macro"),
        ("include", "h-keyword"),
        ("keyword", "h-keyword"),
        ("label", "h-label"),
        ("method", "h-function"),
        ("module", "h-namespace"),
        ("namespace", "h-namespace"),
        ("number", "h-number"),
        ("property", "h-property"),
        ("repeat", "h-keyword"),
        ("storageclass", "h-keyword"),
        ("string", "h-string"),
        ("tag", "h-tag"),
        ("tag.attribute", "h-attribute"),
        ("text.diff.add", "h-add"),
        ("text.diff.delete", "h-delete"),
        ("type", "h-type"),
    ];

    fn class(capture: &str) -> Option<&'static str> {
        let mut name = capture;
        loop {
            if let Ok(i) = CLASSES.binary_search_by_key(&name, |(n, _)| n) {
                return Some(CLASSES[i].1);
            }
            name = &name[..name.rfind('.')?];
        }
    }

    /// A grammar with its query, and the class of each capture.
    struct Grammar {
        language: Language,
        query: Query,
        classes: Vec<Option<&'static str>>,
    }

    /// The grammar of a row, compiled when it is first asked for.
    fn grammar(row: usize) -> Option<&'static Grammar> {
        static GRAMMARS: [OnceLock<Option<Grammar>>; LANGUAGES.len()] = [const { OnceLock::new() }; LANGUAGES.len()];
        GRAMMARS[row].get_or_init(|| compile(LANGUAGES[row].0)).as_ref()
    }

    fn compile(name: &str) -> Option<Grammar> {
        macro_rules! source {
            ($module:ident) => {
                (Language::from(arborium::$module::language()), arborium::$module::HIGHLIGHTS_QUERY.to_string())
            };
        }
        let (language, query) = match name {
            "bash" => source!(lang_bash),
            "c" => source!(lang_c),
            "css" => source!(lang_css),
            "diff" => source!(lang_diff),
            "dockerfile" => source!(lang_dockerfile),
            "go" => source!(lang_go),
            "html" => source!(lang_html),
            "ini" => source!(lang_ini),
            "java" => source!(lang_java),
            "javascript" => source!(lang_javascript),
            "json" => source!(lang_json),
            "lua" => source!(lang_lua),
            "python" => source!(lang_python),
            "ruby" => source!(lang_ruby),
            "rust" => source!(lang_rust),
            "toml" => source!(lang_toml),
            "typescript" => source!(lang_typescript),
            "xml" => source!(lang_xml),
            "yaml" => source!(lang_yaml),
            _ => return None,
        };
        let query = Query::new(&language, &query).ok()?;
        let classes = query.capture_names().iter().map(|name| class(name)).collect();
        Some(Grammar { language, query, classes })
    }

    /// A marked range: first byte, last, rule of the grammar, class.
    type Mark = (u32, u32, u32, &'static str);

    /// Appends code with spans; `false`, and nothing appended, where the language is unknown.
    pub(in super::super) fn highlight(language: &str, code: &str, out: &mut String) -> bool {
        thread_local! {
            static WORK: RefCell<(Parser, QueryCursor, Vec<Mark>)> =
                RefCell::new((Parser::new(), QueryCursor::new(), Vec::new()));
        }
        let row = LANGUAGES.iter().position(|(n, others)| *n == language || others.contains(&language));
        let Some(grammar) = row.filter(|_| code.len() <= LONGEST).and_then(grammar) else { return false };
        WORK.with_borrow_mut(|(parser, cursor, marks)| {
            marks.clear();
            let parsed = parser.set_language(&grammar.language).ok().and_then(|()| parser.parse(code, None));
            let Some(tree) = parsed else { return false };
            let mut matches = cursor.matches(&grammar.query, tree.root_node(), code.as_bytes());
            while let Some(found) = matches.next() {
                for capture in found.captures {
                    let Some(class) = grammar.classes[capture.index as usize] else { continue };
                    let range = capture.node.byte_range();
                    marks.push((range.start as u32, range.end as u32, found.pattern_index as u32, class));
                }
            }
            write(code, marks, out);
            true
        })
    }

    /// Innermost mark wins; of marks on the same text, the grammar's later rule.
    fn write(code: &str, marks: &mut [Mark], out: &mut String) {
        marks.sort_unstable_by_key(|&(start, end, rule, _)| (start, std::cmp::Reverse(end), rule));
        let mut open: Vec<(u32, &'static str)> = Vec::new();
        let mut at = 0u32;
        let mut emit = |from: u32, to: u32, class: Option<&str>| {
            let Some(text) = code.get(from as usize..to as usize).filter(|t| !t.is_empty()) else { return };
            let Some(class) = class else { return push_escaped(out, text) };
            out.push_str("<span class=\"");
            out.push_str(class);
            out.push_str("\">");
            push_escaped(out, text);
            out.push_str("</span>");
        };
        for &(start, end, _, class) in marks.iter() {
            while let Some(&(until, outer)) = open.last().filter(|(until, _)| *until <= start) {
                emit(at, until.max(at), Some(outer));
                at = at.max(until);
                open.pop();
            }
            emit(at, start.max(at), open.last().map(|(_, class)| *class));
            at = at.max(start);
            let end = open.last().map_or(end, |(until, _)| end.min(*until));
            open.push((end, class));
        }
        while let Some((until, class)) = open.pop() {
            emit(at, until.max(at), Some(class));
            at = at.max(until);
        }
        emit(at, code.len() as u32, None);
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn classes_can_be_searched() {
            assert!(super::CLASSES.windows(2).all(|w| w[0].0 < w[1].0));
            assert_eq!(super::class("string.special.key"), Some("h-string"));
            assert_eq!(super::class("variable"), None);
        }
    }
}

#[cfg(all(test, feature = "highlight"))]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_its_grammar() {
        for language in languages() {
            let mut out = String::new();
            assert!(highlight(language, "x = 1\n", &mut out), "{language}");
            assert_eq!(crate::text::plain(&out), "x = 1", "{language}");
        }
    }

    #[test]
    fn code_is_kept_to_the_letter() {
        let code = "fn main() {\n    let s = \"<b> & ü\"; // ok\n}\n";
        let mut out = String::new();
        assert!(highlight("rs", code, &mut out));
        assert!(out.contains("<span class=\"h-keyword\">fn</span>"), "{out}");
        let mut plain = String::new();
        let mut rest = out.as_str();
        while let Some(i) = rest.find('<') {
            plain.push_str(&rest[..i]);
            rest = &rest[i + rest[i..].find('>').unwrap_or(0) + 1..];
        }
        plain.push_str(rest);
        assert_eq!(plain.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"), code);
    }
}
