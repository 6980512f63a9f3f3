//! `hub explain`.

use super::{Exit, Failure, near};
use crate::cli::ExplainArgs;
use crate::diag::Code;
use crate::diag::codes::TABLE;

pub(super) fn run(args: &ExplainArgs) -> Result<Exit, Failure> {
    let Some(name) = &args.code else {
        for row in TABLE {
            println!("{}  {:7}  {}", row.code, row.level.name(), row.title);
        }
        return Ok(Exit::Ok);
    };
    let Some(row) = Code::parse(name).and_then(Code::row) else {
        let known: Vec<String> = TABLE.iter().map(|r| r.code.to_string()).collect();
        let near = near(name, known.iter().map(|k| &**k));
        return Err(Failure::usage(format!("there is no code `{name}`{near}\nhelp: `hub explain` lists them all")));
    };
    println!("{}: {} ({})\n\n{}\n", row.code, row.title, row.level.name(), row.text);
    println!("Another level for this site, in site.toml:\n\n[check]\n{} = \"off\"    # note, warning, error", row.code);
    Ok(Exit::Ok)
}
