//! The archives of tests/cases.

use crate::harness::{root, run_case};

#[test]
fn every_case_holds() {
    let dir = format!("{}/tests/cases", root());
    let mut paths: Vec<_> = std::fs::read_dir(dir).expect("cases").flatten().map(|e| e.path()).collect();
    paths.sort();
    assert!(paths.len() >= 10, "the cases are gone");
    let mut failed = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a case");
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        failed.extend(run_case(&text).into_iter().map(|why| format!("{name}, {why}")));
    }
    assert!(failed.is_empty(), "{} expectations do not hold:\n\n{}", failed.len(), failed.join("\n\n"));
}

#[test]
fn a_case_that_does_not_hold_fails() {
    let text = "=== file content/a.md\n+++\ntitle = \"A\"\n+++\n=== run build\nexit 1\nsays nonsense\nhas public/a/index.html zebra\n";
    assert_eq!(run_case(text).len(), 3);
}
