//! The command line. Help, man page and completions come from here.

use crate::diag::Format;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Markdown in git → a website that earns permission to e-mail its readers.
#[derive(Debug, Parser)]
#[command(name = "hub", version, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// The folder that holds site.toml.
    #[arg(long, global = true, default_value = ".", value_name = "DIR")]
    pub root: PathBuf,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build the site.
    Build(BuildArgs),
    /// Show the site in a browser, with every edit at once, the desk, and an inbox for its forms.
    Serve(ServeArgs),
    /// Look at the site as a build does, and closer: links to other sites, search, accessibility, weight. Nothing is written.
    Check(LookArgs),
    /// Write the file that builds, checks and publishes the site in CI.
    Ci(CiArgs),
    /// Make a new site that shows something at once.
    Init(InitArgs),
    /// Make a new article, magnet, campaign or page.
    New(NewArgs),
    /// Put the built site on a host of site.toml: only what differs, in an order that breaks no page.
    Publish(PublishArgs),
    /// Print ready posts for an article or all, with the link that is tracked, and check them.
    Share(ShareArgs),
    /// List magnets, print the link to mail, check or rotate it.
    Magnet(MagnetArgs),
    /// Print what forms and their providers need, take over embed codes, and make them.
    Forms(FormsArgs),
    /// List the short addresses of campaigns, and print their QR codes.
    Campaign(CampaignArgs),
    /// Make, show or rotate the site's secret.
    Secret(SecretArgs),
    /// Explain a code of a finding, or list them all.
    Explain(ExplainArgs),
    /// Print completions for a shell.
    Completions(CompletionsArgs),
    /// Print the man page.
    Man,
}

/// What of a site is built or looked at, and what is said of it.
#[derive(Debug, Args)]
pub struct SiteArgs {
    /// Address of the site, in place of the one in site.toml.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Environment: `production`, or any other, which search engines are asked not to index.
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// Take in drafts, too.
    #[arg(long)]
    pub drafts: bool,
    /// Take in what is dated in the future, too.
    #[arg(long)]
    pub future: bool,
    /// Take this for now: a date, or a time with its offset.
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    /// Fail on warnings.
    #[arg(long)]
    pub strict: bool,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// Fail if there are fewer pages than this; a build that loses a fifth of its pages needs it.
    #[arg(long, value_name = "N")]
    pub min_pages: Option<usize>,
}

/// Arguments of `hub build`.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// The output folder [default: public, beside site.toml].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What is built.
    #[command(flatten)]
    pub site: SiteArgs,
    /// Build twice, the second time without the cache, and compare.
    #[arg(long)]
    pub verify: bool,
    /// Take over files in the output folder that hub did not write.
    #[arg(long)]
    pub adopt: bool,
    /// Write a report as JSON.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Build again whenever a source changes.
    #[arg(long)]
    pub watch: bool,
}

/// Arguments of `hub serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Open the site in the browser.
    #[arg(long)]
    pub open: bool,
    /// The port; the next free one if it is taken.
    #[arg(long, default_value_t = 1111, value_name = "PORT")]
    pub port: u16,
    /// The address to listen on; with 0.0.0.0, phones on the network can look, too.
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub bind: std::net::IpAddr,
    /// Leave out drafts and what is dated in the future.
    #[arg(long)]
    pub no_drafts: bool,
}

/// Arguments of `hub check`.
#[derive(Debug, Args)]
pub struct LookArgs {
    /// Leave the network alone: links to other sites are not asked.
    #[arg(long)]
    pub offline: bool,
    /// Look for the parts of other sites' pages that links name, too.
    #[arg(long)]
    pub anchors: bool,
    /// Ask other sites again, whatever they answered lately.
    #[arg(long, conflicts_with = "offline")]
    pub fresh: bool,
    /// What is looked at.
    #[command(flatten)]
    pub site: SiteArgs,
}

/// Arguments of `hub ci`.
#[derive(Debug, Args)]
pub struct CiArgs {
    /// The service.
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(crate::commands::services()))]
    pub service: String,
    /// Print it instead of writing the file.
    #[arg(long)]
    pub print: bool,
    /// The repository of hub whose releases are installed: OWNER/NAME.
    #[arg(long, value_name = "REPOSITORY", default_value = "OWNER/hub")]
    pub from: String,
    /// Take this for now: a date, or a time with its offset.
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
}

/// Arguments of `hub init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder; it is made if it does not exist.
    #[arg(default_value = ".", value_name = "DIR")]
    pub dir: PathBuf,
    /// Ask nothing.
    #[arg(long, short)]
    pub yes: bool,
    /// Title of the site.
    #[arg(long)]
    pub title: Option<String>,
}

/// Arguments of `hub new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// What to make.
    #[arg(value_enum)]
    pub kind: NewKind,
    /// Its title.
    #[arg(required = true, num_args = 1.., value_name = "TITLE")]
    pub title: Vec<String>,
    /// What kind of magnet: download unless given.
    #[arg(long = "kind", value_name = "KIND", value_parser = magnet_kinds())]
    pub magnet: Option<String>,
}

/// The kinds of magnet, by name.
fn magnet_kinds() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(crate::content::kinds::TABLE.iter().map(|row| row.name))
}

/// What `hub new` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum NewKind {
    /// A text in content/articles.
    Article,
    /// A magnet with its landing page.
    Magnet,
    /// A campaign.
    Campaign,
    /// A standing page.
    Page,
}

/// Arguments of `hub publish`.
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// The target: the NAME of [publish.NAME] in site.toml; the only one unless given.
    #[arg(value_name = "TARGET")]
    pub target: Option<String>,
    /// Show what would be sent and removed, and stop.
    #[arg(long)]
    pub dry_run: bool,
    /// Ask nothing. Needed in CI and wherever there is no terminal.
    #[arg(long, short)]
    pub yes: bool,
    /// The most files that may be removed [default: a fifth of those at the target, and at least 10].
    #[arg(long, value_name = "N")]
    pub max_deletes: Option<usize>,
    /// Tell search engines which pages changed, by IndexNow.
    #[arg(long, conflicts_with = "rollback")]
    pub indexnow: bool,
    /// Look afterwards at what the site's address shows: home, a page, an asset, and what is not there.
    #[arg(long, conflicts_with = "rollback")]
    pub verify_live: bool,
    /// Go back to the state before the last publishing, where the target keeps it.
    #[arg(long)]
    pub rollback: bool,
    /// The output folder [default: public, beside site.toml].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Environment, whose targets stand above those of site.toml.
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
}

/// Arguments of `hub share`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ShareArgs {
    /// What to do instead of printing.
    #[command(subcommand)]
    pub command: Option<ShareCommand>,
    /// The article: its file, its name or its slug; all unless given.
    pub article: Option<String>,
    /// Only this network.
    #[arg(long)]
    pub network: Option<String>,
    /// Only this variant.
    #[arg(long)]
    pub variant: Option<String>,
    /// How posts are printed.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: ShareFormat,
    /// Print JSON, as `--format json` does.
    #[arg(long, hide = true)]
    pub json: bool,
    /// Put the post into the clipboard too.
    #[arg(long)]
    pub copy: bool,
}

/// What `hub share` does beside printing.
#[derive(Debug, Subcommand)]
pub enum ShareCommand {
    /// Check all posts: their length, tags, texts and where they lead.
    Check {
        /// Only this article.
        article: Option<String>,
        /// How findings are written.
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        format: Format,
    },
    /// Show which post goes out when, and write it for calendars and schedulers.
    Plan(PlanArgs),
    /// Record in the ledger that a post was made by hand.
    Mark(MarkArgs),
    /// Post what is due on Mastodon or Bluesky; without --yes, only show it.
    Post(PostArgs),
}

/// How `hub share` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ShareFormat {
    /// As they are pasted.
    #[default]
    Text,
    /// Rows of JSON.
    Json,
    /// A table with one row for each post.
    Csv,
    /// A calendar file with those that the plan still makes.
    Ics,
}

/// Arguments of `hub share plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// For how many weeks.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=520))]
    pub weeks: u16,
    /// From which day on [default: today].
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// Only this network; can be given several times.
    #[arg(long, value_name = "NAME")]
    pub network: Vec<String>,
    /// A table, JSON, a calendar, or a scheduler's file.
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = plan_formats())]
    pub format: String,
    /// Where files are written [default: social/exports, beside site.toml; the table's calendar: social].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Take this for now: a date, or a time with its offset.
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
}

/// The formats of the plan, by name.
fn plan_formats() -> clap::builder::PossibleValuesParser {
    let rows = crate::share::exports::TABLE.iter().map(|format| format.name);
    clap::builder::PossibleValuesParser::new(["table", "json", "ics"].into_iter().chain(rows))
}

/// Arguments of `hub share mark`.
#[derive(Debug, Args)]
pub struct MarkArgs {
    /// The article: its file, its name or its slug.
    pub article: String,
    /// The network.
    #[arg(long, value_name = "NAME")]
    pub network: String,
    /// The variant that was posted.
    #[arg(long, value_name = "NAME")]
    pub variant: String,
    /// When: a date, or a time with its offset [default: now].
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// The address of the post.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}

/// Arguments of `hub share post`.
#[derive(Debug, Args)]
pub struct PostArgs {
    /// The article whose next post goes out, due or not [default: everything that is due].
    pub article: Option<String>,
    /// The network.
    #[arg(long, value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(crate::posting::NETWORKS))]
    pub network: String,
    /// Post. Without it, what would be posted is shown.
    #[arg(long)]
    pub yes: bool,
    /// Take this for now: a date, or a time with its offset.
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
}

/// Arguments of `hub magnet`.
#[derive(Debug, Args)]
pub struct MagnetArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: MagnetCommand,
}

/// What `hub magnet` does.
#[derive(Debug, Subcommand)]
pub enum MagnetCommand {
    /// List the magnets: gate, size, parts, epoch, landing page, form.
    List,
    /// Print the link that unlocks a magnet, and what to do with it.
    Link(LinkArgs),
    /// Check that today's link opens what is in the output folder, and that nothing gated lies there in the clear.
    Check(CheckArgs),
    /// Give a magnet a new link; the old one works for some time more.
    Rotate(RotateArgs),
}

/// Arguments of `hub magnet link`.
#[derive(Debug, Args)]
pub struct LinkArgs {
    /// The magnet's name: that of its folder.
    pub magnet: String,
    /// Environment, as for `hub build`.
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// Address of the site, in place of the one in site.toml.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Print an e-mail with the link, and where the provider wants it.
    #[arg(long)]
    pub letter: bool,
}

/// Arguments of `hub magnet check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The magnet's name; all unless given.
    pub magnet: Option<String>,
    /// The output folder [default: public, beside site.toml].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Arguments of `hub magnet rotate`.
#[derive(Debug, Args)]
pub struct RotateArgs {
    /// The magnet's name: that of its folder.
    pub magnet: String,
    /// For how many days the old link still works.
    #[arg(long, value_name = "DAYS", default_value_t = 30, conflicts_with = "now")]
    pub grace: u32,
    /// End the old link at once.
    #[arg(long)]
    pub now: bool,
}

/// Arguments of `hub secret`.
#[derive(Debug, Args)]
pub struct SecretArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: SecretCommand,
}

/// What `hub secret` does.
#[derive(Debug, Subcommand)]
pub enum SecretCommand {
    /// Make a secret in .hub/secret; never over another one.
    New,
    /// Print the secret, for the variable HUB_SECRET of your CI.
    Show,
    /// Make a new secret and keep the old one for some time, so that links which were mailed still work.
    Rotate(SecretRotateArgs),
}

/// Arguments of `hub secret rotate`.
#[derive(Debug, Args)]
pub struct SecretRotateArgs {
    /// For how many days links of the old secret still work.
    #[arg(long, value_name = "DAYS", default_value_t = 30, conflicts_with = "now")]
    pub grace: u32,
    /// End all old links at once.
    #[arg(long)]
    pub now: bool,
}

/// Arguments of `hub forms`.
#[derive(Debug, Args)]
pub struct FormsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: FormsCommand,
}

/// What `hub forms` does.
#[derive(Debug, Subcommand)]
pub enum FormsCommand {
    /// List the forms with their providers, what those can do, and the magnets that use them.
    List,
    /// Print settings, what arrives, and the checklist for the provider's dashboard.
    Check {
        /// Only this form.
        form: Option<String>,
    },
    /// Read a provider's embed code and write the form into site.toml.
    Adopt {
        /// The file with the embed code; `-` reads it from standard input.
        #[arg(value_name = "FILE")]
        file: String,
        /// Name of the form [default: that of its provider].
        #[arg(long)]
        name: Option<String>,
    },
    /// Print a magnet's form in HTML for other people's pages: no script, no style, every address whole.
    Embed(EmbedArgs),
}

/// Arguments of `hub forms embed`.
#[derive(Debug, Args)]
pub struct EmbedArgs {
    /// The magnet's name: that of its folder.
    pub magnet: String,
    /// Print a button for e-mails: mail programs send no forms, so it leads to the magnet's page.
    #[arg(long)]
    pub email: bool,
    /// Where it will stand, sent as `utm_source` [default: partner; newsletter with --email].
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// The campaign that it is a part of, sent as `utm_campaign` [default: the magnet's name].
    #[arg(long, value_name = "NAME")]
    pub campaign: Option<String>,
}

/// Arguments of `hub campaign`.
#[derive(Debug, Args)]
pub struct CampaignArgs {
    /// What to print.
    #[command(subcommand)]
    pub command: CampaignCommand,
}

/// What `hub campaign` prints.
#[derive(Debug, Subcommand)]
pub enum CampaignCommand {
    /// The addresses of all campaigns and their sources.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// The QR code of an address, as SVG or PNG.
    Qr {
        /// The campaign's name: that of its file.
        campaign: String,
        /// A source of the campaign.
        #[arg(long, value_name = "NAME")]
        variant: Option<String>,
        /// Write this file: `.png` for a PNG of 1200 pixels or more, else SVG [default: print SVG].
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// Arguments of `hub explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code, such as H3001.
    pub code: Option<String>,
}

/// Arguments of `hub completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}
