//! The clipboard: the platform's tool where there is one, else the terminal's own (OSC 52, xterm's "Manipulate Selection Data").

use super::{Exit, Failure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::{IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

/// Tools, and the variable of the environment that says that they have a clipboard to write to.
const TOOLS: [(&str, &[&str], &str); 5] = [
    ("pbcopy", &[], ""),
    ("wl-copy", &[], "WAYLAND_DISPLAY"),
    ("xclip", &["-selection", "clipboard"], "DISPLAY"),
    ("xsel", &["--clipboard", "--input"], "DISPLAY"),
    ("clip.exe", &[], ""),
];

/// Puts a text into the clipboard, and says by what.
pub(super) fn copy(text: &str) -> Result<&'static str, Failure> {
    let there = |variable: &str| variable.is_empty() || std::env::var_os(variable).is_some_and(|v| !v.is_empty());
    for (tool, args, _) in TOOLS.iter().filter(|(.., variable)| there(variable)) {
        if pipe(tool, args, text) {
            return Ok(tool);
        }
    }
    let mut err = std::io::stderr();
    if err.is_terminal() {
        let sequence = format!("\x1b]52;c;{}\x07", STANDARD.encode(text));
        let failed = |e: std::io::Error| Failure::io("the terminal cannot be written", &e);
        err.write_all(sequence.as_bytes()).and_then(|()| err.flush()).map_err(failed)?;
        return Ok("the terminal");
    }
    let message = "there is no clipboard: install `wl-copy` or `xclip`, or run hub in a terminal that takes OSC 52";
    Err(Failure { exit: Exit::World, message: message.to_string() })
}

fn pipe(tool: &str, args: &[&str], text: &str) -> bool {
    let run = || {
        let mut child =
            Command::new(tool).args(args).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(text.as_bytes())?;
        }
        child.wait()
    };
    run().is_ok_and(|status| status.success())
}
