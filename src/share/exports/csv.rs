//! Rows of comma-separated values (RFC 4180).

/// Appends a row. A cell is quoted where it must be, or every one.
pub fn push_row(out: &mut String, cells: impl Iterator<Item = String>, quote_all: bool) {
    for (i, cell) in cells.enumerate() {
        if i > 0 {
            out.push(',');
        }
        let needs = cell.contains([',', '"', '\n', '\r']) || cell.starts_with(' ') || cell.ends_with(' ');
        if quote_all || needs {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&cell);
        }
    }
    out.push_str("\r\n");
}
