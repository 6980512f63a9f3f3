//! Opens an address with the system's browser.

use std::process::{Command, Stdio};

/// Opens an address; where no browser can be had nothing happens, because the address is printed too.
pub(super) fn browser(address: &str) {
    let (program, arguments): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("rundll32", &["url.dll,FileProtocolHandler"]),
        _ => ("xdg-open", &[]),
    };
    let command = Command::new(program)
        .args(arguments)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Ok(mut child) = command {
        // A program that nobody waits for would remain as a zombie.
        std::thread::spawn(move || child.wait());
    }
}
