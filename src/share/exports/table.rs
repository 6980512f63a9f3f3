//! The formats. Headers are those of the schedulers' own templates, letter by letter.

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The time, in the site's zone, in this pattern of `strftime`.
    At(&'static str),
    /// The post.
    Text,
    /// The post, and its link below it where the network shows it beside the text: the format has no column for it.
    TextAndLink,
    /// The link, where it is not in the text.
    Link,
    /// The link in any case.
    Url,
    /// The public address of the card.
    Image,
    /// The same, where there is no link: the tool takes one of the two.
    ImageWithoutLink,
    /// The card's alternative text.
    Alt,
    /// The first comment.
    FirstComment,
    /// The title.
    Title,
    /// Further posts.
    Thread,
    /// The tags.
    Tags,
    /// The network's name.
    Network,
    /// The article's name.
    Article,
    /// The variant's name.
    Variant,
    /// The campaign's name.
    Campaign,
    /// What became of it.
    State,
    /// The address that opens the network's window.
    Intent,
    /// Nothing.
    Empty,
}

/// A format.
#[derive(Debug)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// The tool's name.
    pub title: &'static str,
    /// The first line.
    pub header: Option<&'static str>,
    /// The columns, as many as the header has.
    pub columns: &'static [Cell],
    /// Whether every cell is quoted.
    pub quoted: bool,
    /// Rows in a file, at the most.
    pub most_rows: Option<usize>,
    /// Whether a file holds one network: the tool asks for the account when it reads it.
    pub per_network: bool,
    /// Minutes between two posts, at the least.
    pub apart: Option<i64>,
    /// Whether a tool posts by it, and takes no date in the past.
    pub schedules: bool,
    /// What the author does when the tool asks.
    pub note: Option<&'static str>,
}

const ROW: Format = Format {
    name: "",
    title: "",
    header: None,
    columns: &[],
    quoted: false,
    most_rows: None,
    per_network: true,
    apart: None,
    schedules: true,
    note: None,
};

/// Every format of rows.
pub const TABLE: [Format; 7] = [
    Format {
        name: "csv",
        title: "CSV",
        header: Some(
            "at,network,article,variant,state,campaign,text,link,first_comment,title,tags,image,alt,thread,intent",
        ),
        columns: &[
            Cell::At("%Y-%m-%dT%H:%M:%S%:z"),
            Cell::Network,
            Cell::Article,
            Cell::Variant,
            Cell::State,
            Cell::Campaign,
            Cell::Text,
            Cell::Url,
            Cell::FirstComment,
            Cell::Title,
            Cell::Tags,
            Cell::Image,
            Cell::Alt,
            Cell::Thread,
            Cell::Intent,
        ],
        per_network: false,
        schedules: false,
        ..ROW
    },
    Format {
        name: "buffer",
        title: "Buffer",
        header: Some("\"Text\",\"Image URL\",\"Tags\",\"Posting Time\""),
        columns: &[
            Cell::TextAndLink,
            Cell::Image,
            // Tags of Buffer's own, not of the post.
            Cell::Empty,
            Cell::At("%Y-%m-%d %H:%M"),
        ],
        quoted: true,
        ..ROW
    },
    Format {
        name: "hootsuite",
        title: "Hootsuite",
        columns: &[Cell::At("%m/%d/%Y %H:%M"), Cell::Text, Cell::Link],
        most_rows: Some(350),
        ..ROW
    },
    Format {
        name: "sprout",
        title: "Sprout Social",
        header: Some("date,time_24hr,message_text"),
        columns: &[Cell::At("%m/%d/%Y"), Cell::At("%H:%M"), Cell::TextAndLink],
        most_rows: Some(350),
        apart: Some(10),
        note: Some("choose mm/dd/yyyy when Sprout asks how dates are written"),
        ..ROW
    },
    Format {
        name: "publer",
        title: "Publer",
        header: Some(
            "Date - Intl. format or prompt,Text,Link(s) - Separated by comma for FB carousels,\
             Media URL(s) - Separated by comma,\"Title - For the video, pin, PDF ..\",Label(s) - Separated by comma,\
             Alt text(s) - Separated by ||,Comment(s) - Separated by ||,\"Pin board, FB album, or Google category\",\
             \"Post subtype - I.e. story, reel, PDF ..\",CTA - For Facebook links or Google,\
             \"Reminder - For stories, reels, shorts, and TikToks\"",
        ),
        columns: &[
            Cell::At("%Y-%m-%d %H:%M"),
            Cell::Text,
            Cell::Link,
            Cell::Image,
            Cell::Title,
            Cell::Campaign,
            Cell::Alt,
            Cell::FirstComment,
            Cell::Empty,
            Cell::Empty,
            Cell::Empty,
            Cell::Empty,
        ],
        ..ROW
    },
    Format {
        name: "socialbee",
        title: "SocialBee",
        header: Some("text,link,imageUrls,gifUrls,videoUrls,postAtSpecificTime"),
        columns: &[
            Cell::Text,
            Cell::Link,
            Cell::ImageWithoutLink,
            Cell::Empty,
            Cell::Empty,
            Cell::At("%Y-%m-%d %H:%M"),
        ],
        ..ROW
    },
    Format {
        name: "highlevel",
        title: "HighLevel",
        header: Some("postAtSpecificTime (YYYY-MM-DD HH:mm:ss),content,link (OGmetaUrl),imageUrls,gifUrl,videoUrls"),
        columns: &[Cell::At("%Y-%m-%d %H:%M:%S"), Cell::Text, Cell::Link, Cell::Image, Cell::Empty, Cell::Empty],
        most_rows: Some(90),
        ..ROW
    },
];
