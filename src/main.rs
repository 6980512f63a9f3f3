//! The program: parses the command line, runs the command, and turns whatever happens into an exit code.

use clap::Parser as _;
use hub::allocator::Allocator;
use hub::cli::Cli;
use hub::commands::{Exit, run};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { Exit::Usage as u8 } else { 0 });
        }
    };
    std::panic::set_hook(Box::new(|info| {
        eprintln!("hub has a bug: {info}\nPlease report it, with the command and the text that led here.");
    }));
    let exit = match std::panic::catch_unwind(|| run(&cli)) {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => {
            eprintln!("error: {}", failure.message);
            failure.exit
        }
        Err(_) => Exit::Bug,
    };
    ExitCode::from(exit as u8)
}
