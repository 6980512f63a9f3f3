//! Shell completions and the man page.

use super::{Exit, Failure};
use crate::cli::{Cli, CompletionsArgs};
use clap::CommandFactory as _;

pub(super) fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    clap_complete::generate(args.shell, &mut Cli::command(), "hub", &mut std::io::stdout());
    Ok(Exit::Ok)
}

pub(super) fn man() -> Result<Exit, Failure> {
    let mut out = Vec::new();
    let write = |e: &std::io::Error| Failure::io("the man page cannot be written", e);
    clap_mangen::Man::new(Cli::command()).render(&mut out).map_err(|e| write(&e))?;
    for command in Cli::command().get_subcommands().filter(|c| !c.is_hide_set()) {
        clap_mangen::Man::new(command.clone()).render_options_section(&mut out).map_err(|e| write(&e))?;
    }
    std::io::Write::write_all(&mut std::io::stdout(), &out).map_err(|e| write(&e))?;
    Ok(Exit::Ok)
}
