//! The commands: what `hub build`, `hub init` and the others do.

mod after;
pub mod build;
mod campaign;
mod check;
mod ci;
mod clipboard;
mod embed;
mod explain;
mod forms;
mod init;
mod magnet;
mod new;
mod open;
mod pages;
mod pipeline;
mod placing;
mod publish;
mod report;
mod secret;
mod serve;
mod share;
mod shell;
mod site;
mod social;
mod unchanged;
mod watch;

use crate::cli::{Cli, Command};
use crate::text;
use std::fmt;

pub use ci::services;
pub use pipeline::{Outcome, Progress, Request, Summary, build as run_build};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Ok = 0,
    /// The site has errors.
    Errors = 1,
    /// The command line or the configuration cannot be used.
    Usage = 2,
    /// There are warnings, and `--strict` was given.
    Warnings = 3,
    /// The world failed: disk, permissions.
    World = 4,
    /// A bug in hub.
    Bug = 70,
}

/// Why a command could not do its work. What is wrong with a site is no failure: it is a finding.
#[derive(Debug)]
pub struct Failure {
    /// How to end.
    pub exit: Exit,
    /// What to say.
    pub message: String,
}

impl Failure {
    /// The command line asks for something that cannot be.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Usage, message: message.into() }
    }

    /// The command line names a `what` that is not there; says which of those that are is nearest.
    pub fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Failure {
        Failure::usage(format!("there is no {what} `{name}`{}", near(name, known)))
    }

    /// The world failed while something was done to a path.
    pub fn io(what: impl fmt::Display, error: &std::io::Error) -> Failure {
        Failure { exit: Exit::World, message: format!("{what}: {error}") }
    }
}

/// `; did you mean …?`, where one of those that are there is near.
fn near<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    text::nearest(name, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// Rows as columns, two spaces apart.
fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |i: usize| rows.iter().map(|r| r[i].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}  "));
        cells.collect::<String>().trim_end().to_string() + "\n"
    };
    rows.iter().map(line).collect()
}

/// Runs a command.
pub fn run(cli: &Cli) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Build(args) if args.watch => watch::run(&cli.root, args),
        Command::Build(args) => build::run(&cli.root, args),
        Command::Serve(args) => serve::run(&cli.root, args),
        Command::Check(args) => check::run(&cli.root, args),
        Command::Ci(args) => ci::run(&cli.root, args),
        Command::Init(args) => init::run(&cli.root, args),
        Command::New(args) => new::run(&cli.root, args),
        Command::Publish(args) => publish::run(&cli.root, args),
        Command::Share(args) => share::run(&cli.root, args),
        Command::Magnet(args) => magnet::run(&cli.root, args),
        Command::Secret(args) => secret::run(&cli.root, args),
        Command::Forms(args) => forms::run(&cli.root, args),
        Command::Campaign(args) => campaign::run(&cli.root, args),
        Command::Explain(args) => explain::run(args),
        Command::Completions(args) => shell::completions(args),
        Command::Man => shell::man(),
    }
}
