//! `hub ci`: the file that builds, checks and publishes a site at a service.

use super::{Exit, Failure, site};
use crate::cli::CiArgs;
use crate::project::Settings;
use crate::project::node::Value;
use crate::render::Snapshot;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::io::Write as _;
use std::path::Path;

/// A service that builds sites. A new one is a row and a file.
struct Service {
    /// Its name on the command line.
    name: &'static str,
    /// The file that it reads, from the top of the repository.
    file: &'static str,
    /// The file, with words between `{{` and `}}` that [`fill`] knows; lines between `{{#word}}` and `{{/word}}` are there
    /// where the word holds.
    text: &'static str,
    /// What is left to do by hand.
    then: &'static str,
}

static TABLE: [Service; 4] = [
    Service {
        name: "github",
        file: ".github/workflows/site.yml",
        text: include_str!("github.yml"),
        then: "put the content of `.hub/secret` into the secret HUB_SECRET of the repository, if the site has one",
    },
    Service {
        name: "gitlab",
        file: ".gitlab-ci.yml",
        text: include_str!("gitlab.yml"),
        then: "put the content of `.hub/secret` into a masked variable HUB_SECRET, if the site has one, and make the pipeline schedules that the file names",
    },
    Service {
        name: "netlify",
        file: "netlify.toml",
        text: include_str!("netlify.toml"),
        then: "put the content of `.hub/secret` into the variable HUB_SECRET of the site, if it has one, and let something call its build hook on schedule",
    },
    Service {
        name: "cloudflare",
        file: "cloudflare-build.sh",
        text: include_str!("cloudflare.sh"),
        then: "in the settings of the Pages project, write `bash cloudflare-build.sh` as build command and `public` as output folder, and put the content of `.hub/secret` into a secret HUB_SECRET, if the site has one",
    },
];

/// The services by name, for the command line.
pub fn services() -> Vec<&'static str> {
    TABLE.iter().map(|s| s.name).collect()
}

pub(super) fn run(root: &Path, args: &CiArgs) -> Result<Exit, Failure> {
    let Some(service) = TABLE.iter().find(|s| s.name == args.service) else {
        return Err(Failure::unknown("service", &args.service, services()));
    };
    let settings =
        Settings { env: None, base_url: None, now: site::now(args.now.as_deref())?, drafts: false, future: false };
    let snapshot = site::snapshot(root, settings, None)?;
    let folder = site::folder(root);
    let config = &snapshot.project.config;
    let facts = Facts {
        next: snapshot.plan.next_change.and_then(|at| Timestamp::from_second(at).ok()),
        target: has_target(&snapshot, |_| true),
        push: has_target(&snapshot, |kind| kind == "git"),
        git: config.git_dates,
        folder: &folder,
        from: &args.from,
        base_url: &config.base_url,
    };
    let text = fill(service.text, &facts);
    if args.print {
        let _ = anstream::stdout().lock().write_all(text.as_bytes());
        return Ok(Exit::Ok);
    }
    // Services look for their file at the top of the repository.
    let top = folder.matches('/').fold(root.to_path_buf(), |dir, _| dir.join(".."));
    write(&top.join(service.file), &format!("{}{}", "../".repeat(folder.matches('/').count()), service.file), &text)?;
    eprintln!("      then  {}", service.then);
    if args.from.starts_with("OWNER/") {
        eprintln!("            write the repository of your copy of hub in the place of `{}` (`--from`)", args.from);
    }
    Ok(Exit::Ok)
}

/// Writes the file; never over another one.
fn write(path: &Path, shown: &str, text: &str) -> Result<(), Failure> {
    let failed = |e: &std::io::Error| Failure::io(format!("`{shown}` cannot be written"), e);
    match std::fs::read(path) {
        Ok(there) if there == text.as_bytes() => {
            println!("{shown} is as it would be written");
            return Ok(());
        }
        Ok(_) => {
            return Err(Failure::usage(format!(
                "`{shown}` is there and says something else\nhelp: compare it with what `--print` shows, or move it away first"
            )));
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(failed(&e)),
    }
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(|e| failed(&e))?;
    }
    crate::store::replace(path, text.as_bytes()).map_err(|e| failed(&e))?;
    println!("{shown}");
    Ok(())
}

/// Whether the site names a target of such a kind that `hub publish` puts it to.
fn has_target(site: &Snapshot, is: impl Fn(&str) -> bool) -> bool {
    let targets = site.project.config.publish.iter().flat_map(|section| &section.value.0);
    targets.map(|(_, node)| &node.value).any(|value| match value {
        Value::Table(target) => match target.get("kind").map(|kind| &kind.value) {
            Some(Value::String(kind)) => is(kind),
            _ => is(""),
        },
        _ => false,
    })
}

/// The schedule of a moment (POSIX crontab, in UTC), rounded up to the minute: it comes once a year, and in the year of the moment
/// first.
fn cron(at: Timestamp) -> String {
    let minute = (at.as_second() + 59).div_euclid(60) * 60;
    let at = Timestamp::from_second(minute).unwrap_or(at).to_zoned(TimeZone::UTC);
    format!("{} {} {} {} *", at.minute(), at.hour(), at.day(), at.month())
}

/// What the files depend on.
struct Facts<'a> {
    /// When the site changes by itself.
    next: Option<Timestamp>,
    /// Whether the site names a target of `hub publish`.
    target: bool,
    /// Whether one of them is a branch of a repository.
    push: bool,
    /// Whether its dates come from git.
    git: bool,
    /// Its folder in the repository: `docs/`, or nothing.
    folder: &'a str,
    /// The repository of hub.
    from: &'a str,
    base_url: &'a str,
}

fn fill(text: &str, facts: &Facts<'_>) -> String {
    let Facts { next, target, push, git, folder, from, base_url } = *facts;
    let holds = |word: &str| match word {
        "next" => next.is_some(),
        "target" => target,
        "push" => push,
        "pages" => !target,
        "folder" => !folder.is_empty(),
        _ => word == "git" && git,
    };
    let at = next.map(|at| at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default();
    // Every site at another minute, and the same one always the same.
    let minute = crate::digest::Digest::of(base_url.as_bytes()).0 % 60;
    let words = [
        ("version", env!("CARGO_PKG_VERSION").to_string()),
        ("from", from.to_string()),
        ("contents", if push { "write" } else { "read" }.to_string()),
        ("persist", push.to_string()),
        ("folder", folder.to_string()),
        ("dir", folder.trim_end_matches('/').to_string()),
        ("next", at),
        ("cron", next.map(cron).unwrap_or_default()),
        ("daily", format!("{minute} 4 * * *")),
    ];
    let mut out = String::new();
    let mut left: Vec<bool> = Vec::new();
    for line in text.split_inclusive('\n') {
        let word = line.trim();
        if let Some(word) = word.strip_prefix("{{#").and_then(|w| w.strip_suffix("}}")) {
            left.push(!holds(word));
        } else if word.starts_with("{{/") {
            left.pop();
        } else if !left.contains(&true) {
            let mut line = line.to_string();
            for (word, value) in &words {
                line = line.replace(&format!("{{{{{word}}}}}"), value);
            }
            out.push_str(&line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Facts, TABLE, fill};
    use crate::project::{toml, yaml};
    use crate::source::RelPath;

    #[test]
    fn files_are_whole_for_every_kind_of_site() {
        let next = "2026-12-01T09:00:00Z".parse().ok();
        for (next, target, git, folder) in
            [(None, false, false, ""), (next, true, true, "docs/site/"), (next, false, false, "")]
        {
            let facts =
                Facts { next, target, push: target, git, folder, from: "acme/hub", base_url: "https://acme.io" };
            for service in &TABLE {
                let text = fill(service.text, &facts);
                let file = RelPath::new("x");
                assert!(!text.replace("${{", "").contains("{{"), "{}:\n{text}", service.name);
                let found = match service.name {
                    "netlify" => toml::read(&text, 0, &file).diags,
                    "cloudflare" => Default::default(),
                    _ => yaml::read(&text, 0, &file).diags,
                };
                assert!(found.is_empty(), "{}: {found:?}\n{text}", service.name);
                let publishes = ["github", "gitlab"].contains(&service.name) && target;
                assert_eq!(text.contains("publish --yes"), publishes, "{}:\n{text}", service.name);
                assert_eq!(text.contains("0 9 1 12 *"), next.is_some(), "{}:\n{text}", service.name);
                assert!(folder.is_empty() || text.contains("docs/site"), "{}:\n{text}", service.name);
            }
        }
    }

    #[test]
    fn a_moment_has_a_schedule() {
        let cron = |at: &str| super::cron(at.parse().expect("a moment"));
        assert_eq!(cron("2026-12-01T09:00:00Z"), "0 9 1 12 *");
        assert_eq!(cron("2026-12-31T23:59:01Z"), "0 0 1 1 *");
        assert_eq!(cron("2026-12-01T09:30:00+02:00"), "30 7 1 12 *");
    }
}
