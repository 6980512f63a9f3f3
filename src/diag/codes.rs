//! The table of codes. A new finding is a row here; `hub explain`, the reference and the tests read it.

use super::Level;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The name of a kind of finding: `H` and four digits, the first of which says which floor found it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u16);

impl Code {
    /// Its row in the table.
    pub fn row(self) -> Option<&'static Row> {
        TABLE.binary_search_by_key(&self, |row| row.code).ok().map(|i| &TABLE[i])
    }

    /// Reads `H3001`, in either case.
    pub fn parse(name: &str) -> Option<Code> {
        let digits = name.strip_prefix(['H', 'h']).filter(|d| d.len() == 4)?;
        let code = Code(digits.parse().ok()?);
        code.row().map(|row| row.code)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "H{:04}", self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { s.serialize_u16(self.0) }
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Code, D::Error> {
        u16::deserialize(d).map(Code)
    }
}

/// What a code means.
#[derive(Debug)]
pub struct Row {
    /// The code.
    pub code: Code,
    /// Its level unless `[check]` says otherwise.
    pub level: Level,
    /// What it is, in a line.
    pub title: &'static str,
    /// Why it matters and what to do: markdown, some sentences.
    pub text: &'static str,
}

macro_rules! codes {
    ($($name:ident = $number:literal $level:ident $title:literal $text:literal;)*) => {
        $(#[doc = $title] pub const $name: Code = Code($number);)*
        /// Every code, in order.
        pub const TABLE: &[Row] = &[
            $(Row { code: $name, level: Level::$level, title: $title, text: $text },)*
        ];
    };
}

codes! {
    SYNTAX = 1 Error "a file is not valid TOML, YAML or JSON"
        "The parser stopped at the place shown. All syntax errors of the file are listed; the rest of the file is read as far as it can be.";
    UNKNOWN_KEY = 2 Error "a key that hub does not know"
        "Every key that hub reads is known by name, so a misspelled one (`draf = true`) is an error instead of being ignored. Your own keys go under `[extra]`, where templates find them.";
    WRONG_TYPE = 3 Error "a value of the wrong type"
        "The key takes another type of value: text in quotes, a date without quotes, a list in brackets.";
    MISSING_KEY = 4 Error "a key that must be there is missing"
        "hub cannot guess this value. The message names the key and where it goes.";
    BAD_VALUE = 5 Error "a value that cannot be used"
        "The value has the right type but not a meaning: an unknown choice, a malformed URL, a number out of range.";
    UNREADABLE = 6 Error "a file or folder cannot be read"
        "The operating system refused. Check permissions, and that nothing else is replacing the file at the same time.";
    NOT_UTF8 = 7 Error "a text file is not UTF-8"
        "Markdown, configuration and templates are UTF-8. Save the file with that encoding; the place is its first byte that is not.";
    OUTSIDE_ROOT = 8 Error "a path leads out of the site"
        "hub reads nothing outside the folder that holds `site.toml`: neither by `..` nor through a symbolic link.";
    SYMLINK_LOOP = 9 Error "a symbolic link leads back to a folder that holds it"
        "Following it would never end. Remove the link.";
    FILE_NAME = 10 Error "a file name that cannot become a URL"
        "The name is not valid UTF-8, holds a control character, or is reserved on Windows (`con`, `nul`, …), so the site could not be checked out or unpacked there.";
    NO_SITE = 11 Error "there is no site.toml"
        "hub looks for `site.toml` in the folder given by `--root` (this folder unless given). `hub init` makes a site.";
    NO_THEME = 12 Error "the theme does not exist"
        "`theme` in `site.toml` names a folder of `themes/` with a `theme.toml`, or the built-in theme `plain`.";
    EXAMPLE_URL = 13 Error "the base URL of a production build is an example"
        "Canonical links, feeds and e-mailed links would lead nowhere. Set `base_url` in `site.toml` to the address of the site, or build for another environment with `--env preview`.";
    TOO_DEEP = 14 Error "nested too deeply"
        "The value or text is nested deeper than anything written by hand. hub stops there so that malformed input cannot exhaust the machine.";
    TOO_LONG = 15 Error "a text file is too long"
        "No text that was written by hand has 16 MB, and parsers may take very long over one that was not. Split it, or put data into `static/`.";

    OTHER_VERSION = 501 Error "this is not the hub that the site asks for"
        "`hub` in `site.toml` names the version that the site is built with, so that everybody, CI included, makes the same site of it. Install that version; or read what changed in CHANGELOG.md and write the new one.";
    FEWER_PAGES = 502 Error "the site would lose many pages"
        "A fifth of the pages of the last build or more would be gone, or there are fewer than `--min-pages` says. Nothing was published: perhaps a folder was not checked out, or a date or `draft` hides more than was meant. If it is meant, build once with `--min-pages N`, with the number that you expect.";
    SHALLOW_CLONE = 503 Error "dates come from git, and its history is not there"
        "`dates = \"git\"` takes dates from commits, and a shallow clone has the last ones only: every text would seem new. Fetch all of the history: `fetch-depth: 0` of actions/checkout, `GIT_DEPTH: 0` on GitLab, `git fetch --unshallow` elsewhere.";
    IGNORE_REASON = 504 Warning "a `hub-ignore` that does not say what or why"
        "A finding is silenced by its code and a reason, so that the next reader knows why: `<!-- hub-ignore: H3010 the site is down until May -->`. Without both, nothing is silenced.";
    IGNORE_UNUSED = 505 Warning "a `hub-ignore` that silences nothing"
        "What it silenced is gone, or stands elsewhere. It silences findings on its own line and on the next line with a text; in front matter, those of the file as a whole too. Take it out, or it will hide something else one day.";
    GIT_DATES = 506 Error "dates come from git, and git cannot be asked"
        "`dates = \"git\"` takes dates from the commits of a text. The site must lie in a clone, with a commit, and the program `git` must be there.";

    FRONT_MATTER = 1001 Error "front matter is not closed"
        "A file that begins with `+++` (TOML) or `---` (YAML) needs the same line again where its front matter ends.";
    COMPONENT_SYNTAX = 1002 Error "a component is not written correctly"
        "A component stands on lines of its own: `::name{key=\"value\" count=3}` without a body, or `:::name{…}` … `:::` around markdown.";
    UNKNOWN_COMPONENT = 1003 Error "a component that does not exist"
        "Components are Tera components in `templates/components/*.html` of the site or its theme. The help names the nearest one.";
    COMPONENT_ARGUMENT = 1004 Error "a component's argument is wrong"
        "The component declares its arguments and their types; the message names the one that is missing, unknown or of another type.";
    DUPLICATE_ID = 1005 Warning "two elements of a text have one id"
        "Links to `#id` reach the first one only. Give one of the headings another id: `## Title {#other}`.";
    BLOCKED_BY_POLICY = 1006 Warning "raw HTML that the content security policy blocks"
        "The site is delivered with a strict policy: no inline style, script or event handler runs. Use a class or a component.";
    HEADING_ONE = 1007 Warning "a first-level heading inside the text"
        "The title is the page's `<h1>`. Begin headings in the text with `##`.";
    MISSING_ALT = 1008 Warning "an image without a text alternative"
        "Readers who do not see the image get nothing. Write what it says in the brackets: `![Lead form with one field](form.png)`.";
    FORMULA = 1009 Warning "a formula that cannot be read"
        "The TeX between the dollar signs is not understood; it is shown as written.";
    UNKNOWN_AUTHOR = 1010 Warning "an author that does not exist"
        "Authors are files: `content/authors/NAME.toml`.";
    DATE_ORDER = 1011 Warning "dates in an impossible order"
        "An article cannot expire before it is published or be updated before it was written.";
    THIRD_PARTY = 1012 Warning "something is loaded from another site"
        "Every reader's browser would ask that site, which learns who reads what. Download the file and put it beside the text.";
    NO_TITLE = 1013 Error "a text without a title"
        "Lists, feeds, search engines and social networks need one: `title = \"…\"` in the front matter.";

    TITLE_LENGTH = 1501 Note "a title that search engines cut"
        "Results show about sixty characters. Put what matters first, or write it shorter.";
    DESCRIPTION_LENGTH = 1502 Note "a description that is very short or cut"
        "Results show about 160 characters; in the place of a few words they show a passage of the page.";
    SAME_TITLE = 1503 Warning "two pages of one title"
        "Readers of results, tabs and bookmarks cannot tell them apart.";
    SAME_DESCRIPTION = 1504 Warning "two pages of one description"
        "A description says what this page has and others do not.";
    NO_DESCRIPTION = 1505 Note "a page without a description"
        "Search engines and previews show a passage of their choice. Write `description` in the front matter.";
    NO_CANONICAL = 1506 Warning "a page that does not name its own address"
        "The same page is found at several addresses, with `utm_` words for instance; `<link rel=\"canonical\">` in the template says which one counts.";
    HEADING_ORDER = 1507 Warning "headings that skip a level"
        "Those who have a page read to them go from heading to heading, and take a missing level for a missing part.";
    ONE_HEADING = 1508 Warning "a page without exactly one first-level heading"
        "It says what the page is. The theme writes the title as `<h1>`; the text begins with `##`.";

    NO_LANGUAGE = 1601 Warning "a page that does not say its language"
        "Programs that read aloud take the wrong voice. Write `<html lang=\"…\">` in the template.";
    NO_LABEL = 1602 Warning "a form field without a label"
        "Those who do not see the page are not told what to enter. Write a `<label>` for it; a placeholder is none.";
    NO_NAME = 1603 Warning "a link or button that says nothing"
        "Those who do not see it are told \"link\" or \"button\". Give it a text, its picture an alternative, or an `aria-label`.";
    EMPTY_HEADING = 1604 Warning "a heading that says nothing"
        "It is a stop on the way through the page where nothing is.";
    NO_TABLE_HEADERS = 1605 Warning "a table without headers"
        "Figures that are read aloud mean nothing without the name of their column or row.";
    NO_FRAME_TITLE = 1606 Warning "a frame without a title"
        "Those who do not see it cannot tell whether to enter it: `<iframe title=\"…\">`.";
    TAB_ORDER = 1607 Warning "a place of its own in the order of the tab key"
        "A `tabindex` above 0 comes before everything else on the page, and makes the order one that nobody expects.";
    ARIA_NOTHING = 1608 Warning "a reference to an element that is not there"
        "`aria-labelledby`, `aria-describedby`, `aria-controls` and `for` name the id of another element of the page.";

    OVER_BUDGET = 1701 Warning "a page heavier than its budget"
        "`[check.budget]` in `site.toml` says what a page may weigh, and what its HTML, style sheets, scripts and pictures may. Readers on the road pay for each byte with time.";
    LARGE_IMAGE = 1702 Warning "a picture with more pixels than are shown"
        "The rest is loaded for nothing. Save it at twice the width that it is shown in, at the most.";

    TEMPLATE_SYNTAX = 2001 Error "a template is not valid"
        "The template engine could not read it. hub reads every template by itself, so all errors show at once.";
    TEMPLATE_RENDER = 2002 Error "a template failed while a page was rendered"
        "Usually a name that the page does not have: docs/templates.md lists them all. `a?.b` reads what may be missing.";
    TEMPLATE_MISSING = 2003 Error "a template that does not exist"
        "Templates are files of the site's `templates/` or its theme's. docs/templates.md says which page needs which.";
    TEMPLATE_CYCLE = 2004 Error "templates that extend or include each other in a circle"
        "The message shows the circle. Break it at one of its templates.";
    UNKNOWN_OPTION = 2005 Error "an option that the theme does not have"
        "`[options]` in `site.toml` takes the options that the theme's `theme.toml` declares, with their types.";

    DEAD_LINK = 3001 Error "a link to nothing"
        "The link is resolved from the file that it stands in. Link to the source file (`../other.md`) or to an address that the site puts out.";
    DEAD_ANCHOR = 3002 Error "a link to a part that is not there"
        "The page exists but has no element with this id. Ids of headings are made from their text; the help names the nearest.";
    SAME_URL = 3003 Error "two pages at one URL"
        "Only one of them could be published. Change a `slug` or `path`, or remove the alias.";
    MISSING_IMAGE = 3004 Error "an image that does not exist"
        "The path is resolved from the file that it stands in, then from `static/`.";
    CASE_URL = 3005 Error "two URLs that differ only in case"
        "On Windows and macOS, and on several hosts, they are one file. Rename one.";
    WITHHELD_LINK = 3006 Error "a link to a page that is not published"
        "The target is a draft, in the future or expired, so readers would meet a dead link. `--drafts` and `--future` build such pages.";
    BAD_PATH = 3007 Error "a path or alias that cannot be used"
        "Paths begin with `/`, stay below the site and hold no `?`, `#`, `\\`, control characters or names reserved on Windows.";
    WITHHELD_ALIAS = 3008 Note "an alias of a page that is not published"
        "The old address leads nowhere until the page is published.";

    DEAD_EXTERNAL = 3010 Warning "a link to a page of another site that is gone"
        "The other site said so (404 or 410), or its name has no address any more, more than once. `hub check` asks; answers are kept for some days.";
    UNSURE_EXTERNAL = 3011 Note "a link to another site that could not be checked"
        "It gave no answer, an error of its own, or it turns programs away. Open it in a browser. Addresses that are never to be asked stand in `deny` of `[check.links]`.";
    EXTERNAL_ANCHOR = 3012 Warning "a link to a part of another site's page that is not there"
        "The page answers, and none of its elements has this id. `anchors = true` in `[check.links]` asks for this.";
    MOVED_EXTERNAL = 3013 Note "a link to a page of another site that has moved for good"
        "The other site forwards for now. Write the new address before it stops.";
    LOST_URL = 3014 Warning "an address that was published is gone"
        "Links, bookmarks and results of search engines lead there. Name it in `aliases` of the text that took its place.";

    DEAD_FORM = 4001 Error "a form that reaches nobody"
        "In production every form that is shown must have a provider that receives it: `provider` in `[forms.NAME]`. Until then build with `--env preview`.";
    UNKNOWN_FORM = 4002 Error "a form that does not exist"
        "Forms are declared in `site.toml` as `[forms.NAME]`.";
    UNKNOWN_MAGNET = 4003 Error "a magnet that does not exist"
        "Magnets are folders of `content/magnets/` with an `index.md`, and the file beside it.";
    GATED_IN_CLEAR = 4004 Error "a gated file would be published in the clear"
        "The bytes that the reader is asked an address for are also in the output, where anyone can fetch them. Nothing was published.";
    MAGNET_FILE = 4005 Error "a magnet's file is missing or empty"
        "`files` in the magnet's front matter names files beside its `index.md`.";
    UNKNOWN_STAGE = 4006 Error "a stage that the funnel does not have"
        "Stages are `aware`, `consider`, `convert`, `loyal`, `advocate`, unless `[funnel] stages` in `site.toml` lists others.";
    NO_SECRET = 4007 Error "the site's secret is missing"
        "Gated files are sealed with keys that derive from it. On a developer's machine it is created once, in `.hub/secret`; in CI put the same value into the variable `HUB_SECRET`.";
    GATED_LINK = 4008 Error "a link to a gated file"
        "The file is never put out in the clear, so the link would lead nowhere. Link to the magnet's page instead.";
    PROVIDER_SETTING = 4009 Error "a form's provider is not set up"
        "The provider needs a setting that is missing or malformed; the help names it.";

    SAME_MAGNET = 4011 Error "two magnets of one name"
        "A magnet is known by the name of its folder, and the keys of its link derive from it. Rename one of the folders.";
    GATED_FRAGMENT = 4020 Error "a part of a gated file would be published in the clear"
        "At least 64 bytes of what the reader is asked an address for stand in the output (4,096 in files that are no text, since those share profiles, fonts and tables). Nothing was published. Where readers are meant to see an excerpt, set another level in `[check]`.";
    KEY_IN_OUTPUT = 4021 Error "a key would be published"
        "The site's secret, the key of a link or the address of an unlisted magnet stands in the output, where anyone can read it and open what is gated. Nothing was published. Keys belong into e-mails and `.hub/`, never into a source.";
    HOST_LIMIT = 4022 Error "more than the host takes"
        "`[publish] host` names a host with a limit on the size of a file, their number or the size of a site, and the output is beyond it: it could not be published. Sealed files are cut into parts; others are not.";

    DATE_PASSED = 4029 Note "a magnet whose date has passed"
        "Its page says so by itself and shows no form. Tell readers what comes next: `recording` of a webinar or event, `winner` of a giveaway, a new date, or `expiry`, which takes the page away.";
    CLOSED_OFFER = 4030 Warning "an offer of something that is closed or over"
        "Readers cannot take part any more, so the offer is not shown: in its place stands the recording, or, at the end of an article, the best match of topic and stage. Name another magnet, or take the line out.";
    ASKS_MUCH = 4031 Warning "a form asks for much"
        "Every field costs readers. Above three, and at a long text or a list to choose from, most leave; a consultation may ask for a text.";
    PRETICKED = 4032 Error "a consent that is ticked beforehand"
        "Consent is an act of the reader (GDPR recital 32; Court of Justice, C-673/17 Planet49). hub never ticks a box.";
    FORCED_CONSENT = 4033 Error "a newsletter that readers cannot refuse"
        "The download and the newsletter are two purposes, so consent to the newsletter is a box of its own that may stay empty. Rules of an event or a giveaway may be required: `purpose = \"terms\"`.";
    SAME_FORM = 4034 Error "two forms of one name"
        "Providers tell forms apart by their names, some of them without regard to case. Rename one.";
    THANKS_ELSEWHERE = 4035 Note "the page after a form is set at the provider"
        "The form cannot say which page follows, so its address is pasted into the provider's dashboard. `hub forms check` prints all of them. When it is done, switch this off in `[check]`.";
    ATTRIBUTION_LOST = 4036 Note "the provider drops where a lead came from"
        "hub sends the article, the magnet and more in hidden fields; this provider keeps them only in the way that the help says.";
    PROVIDER_LIMIT = 4037 Off "something that the provider cannot do"
        "Nothing can be done about it but to choose another provider, so it is not reported unless `[check]` says so. `hub forms check` tells it.";
    FIELD_DROPPED = 4038 Warning "a field that the provider does not take"
        "The provider has a name for every field that it keeps, and hub does not know one for this. What readers enter would be lost, consent included.";
    TOO_MANY_OFFERS = 4040 Error "more than two offers on a page"
        "A page that asks again and again is read as an advertisement. Take an `::offer` out of the text, or link to the magnet's page instead.";
    UNKNOWN_VARIANT = 4041 Error "a wording that the magnet does not have"
        "A magnet's other wordings are `[[variants]]` of its front matter; `variant` of an article's `[offers]` or of `::offer` names one.";

    LEADS_NOWHERE = 4050 Warning "an article that leads nowhere"
        "It offers nothing and links to no magnet, so that a reader who nods has nothing to do. Let it name a `magnet`, or put `::offer` into its text.";
    UNREACHED_MAGNET = 4051 Warning "a magnet that nobody reaches"
        "No article offers it, and no page links to it but lists. Let an article name it, or link to it.";

    UNKNOWN_NETWORK = 5001 Error "a network that does not exist"
        "Networks are the rows of the table in docs/share.md, and those that the site adds as `[networks.NAME]` in `site.toml`.";
    SHARE_TOO_LONG = 5002 Warning "a post that is longer than its network takes"
        "It is cut at a sentence or a word, or goes on in further posts where the network has threads. Written shorter, it ends where you want it to.";
    BAD_TAG = 5003 Error "a tag that networks make no tag of"
        "A tag is one word with a letter in it. hub writes tags in CamelCase, which screen readers can read.";
    NO_CARD_ALT = 5004 Warning "a card or picture of a post without a text alternative"
        "Readers who do not see the picture get nothing. Without `alt`, hub takes the title.";
    NO_FORM_BEHIND = 5005 Warning "posts that lead to a page without a form"
        "Readers who come from a post find nothing to do next, so that the post brings no lead. Let the article offer a magnet.";
    SAME_TEXT = 5006 Warning "the same post twice"
        "A repeated text is taken for spam. A repost takes another variant.";
    SELF_PROMOTION = 5007 Warning "a title that a community takes for advertising"
        "Reddit and Hacker News want the article's own title, and remove what promotes. An article is posted there once.";
    SAME_SHARE_VARIANT = 5008 Error "two variants of one name"
        "The name of a variant stands in its link, and tells its leads from others. Rename one.";
    HARD_TO_READ = 5009 Warning "a post that screen readers cannot read"
        "Letters of other alphabets that only look like bold or italic ones are read out one by one, and every emoji by its name.";
    PHONE_NUMBER = 5010 Warning "a telephone number where the network takes none"
        "Google Business rejects posts with a telephone number in their text.";
    UNKNOWN_DOMAIN = 5011 Warning "a domain that X does not take for an address"
        "Its links would be plain text in posts on X, and count in full.";
    CARD_GLYPH = 5020 Warning "a character that no font of the cards has"
        "The card leaves it out: a box in its place would say less. Put a font that has it into `cards/fonts/` of the site, where nothing is published, or into `assets/fonts/`. The fonts of the theme `plain` have Latin, Greek, Cyrillic, Hebrew and Arabic letters; emoji and CJK need a font of your own.";
    CARD_IMAGE = 5021 Warning "an image for previews that cannot be read"
        "Networks could not read it either, so the page's card stands in for it. Save the image again as PNG, JPEG or WebP, at least 600 by 315 pixels.";
    CARD_TEMPLATE = 5022 Error "a card's template failed"
        "Templates of cards are SVG files in `cards/` of the site or its theme: docs/templates.md says what they see. `draw = false` under `[share.cards]` in `site.toml` switches cards off.";
    CARD_FONT = 5023 Error "a font that cannot be read"
        "Files of `cards/fonts/` and `assets/fonts/` that end in `.ttf` or `.otf` are fonts that cards are drawn with. This one is damaged or of another format: web fonts (`.woff2`) must be unpacked.";
    LEDGER = 5030 Error "the ledger of posts says what cannot be"
        "`social/ledger.toml` records what was posted, so that nothing is posted twice. The entry at the place shown is impossible: a post of the future, one post twice, or one without its time. Nothing is posted before it is repaired.";
    SHARE_UNKNOWN = 5031 Warning "a network, article or variant that does not exist"
        "A post that was made is known by its article, network and variant. If one of the names is misspelled, the post would be made a second time. Entries that hub wrote know their text as well and may outlive a renamed variant.";
    POST_MISSED = 5032 Note "posts whose day has passed"
        "They were planned, their time to catch up (`late` in `[share.plan]`) is over, and the ledger does not have them. They are not planned again. If they are out, record them: `hub share mark`.";
    CAMPAIGN_OVER = 5033 Note "a campaign past its window"
        "Its `end` has passed: nothing is planned for it any more. Give it a new window, or leave it as a record.";
    MANY_ASKS = 5034 Warning "more posts ask for something than the ratio allows"
        "At most one post in four asks, unless `ask_every` in `[share.plan]` says otherwise. It is a habit without controlled evidence; the calendar keeps to it, posts by hand may not.";

    REFUSED_OUTPUT = 6001 Error "a folder that must not hold the output"
        "The folder holds `.git`, `site.toml` or the sources. hub writes only into a folder that is the site's output and nothing else.";
    NO_PAGES = 6002 Error "the site has no pages"
        "A green build of nothing would empty the published site. Perhaps all articles are drafts, in the future or expired.";
    FOREIGN_FILE = 6003 Error "a file that hub did not write is in the way"
        "hub never overwrites or deletes what it did not write. Move the file away, or build once with `--adopt` to hand it over to hub.";
    NOT_REPRODUCIBLE = 6004 Error "two builds of the same sources differ"
        "This is a bug in hub, or a file changed between the two builds.";
    CACHE_LOST = 6005 Note "the cache could not be used"
        "The build is right all the same, only slower.";
    CREDENTIAL_WRITTEN = 6006 Error "a credential in `site.toml`"
        "Everybody who reads the site's sources would have it, and git keeps it for good. Take it out, put it where the help says, and change it at the host if it was ever committed.";
    SILENT_TARGET = 6007 Note "a target does not say what it shows"
        "`hub check` asks the targets of production which pages they have, to report addresses that would be lost. This one could not be asked now; what this machine published there the last time takes its place, if it ever did.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_every_code_explains_itself() {
        assert!(TABLE.windows(2).all(|w| w[0].code < w[1].code));
        for row in TABLE {
            assert!(!row.title.ends_with('.') && row.text.ends_with('.'), "{}", row.code);
        }
        assert_eq!(Code::parse("h3001"), Some(DEAD_LINK));
        assert_eq!(Code::parse("H9999"), None);
    }
}
