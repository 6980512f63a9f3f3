//! Kinds of magnet: what a reader gets for an address. A new kind is a row of [`TABLE`], a new key of front matter a row of
//! [`KEYS`]; reading, words, metadata, `hub new` and the reference follow.

/// What a reader gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MagnetKind {
    /// A file.
    Download,
    /// Letters, now and then.
    Newsletter,
    /// Lessons by e-mail, one after the other.
    Course,
    /// A meeting online, at a time.
    Webinar,
    /// A meeting at a place, at a time.
    Event,
    /// A prize for some of those who take part until a day.
    Giveaway,
    /// A conversation.
    Consultation,
    /// Word of something that is not there yet.
    Waitlist,
}

/// What happens after the form: a sentence of the thank-you page.
#[derive(Debug)]
pub struct Step {
    /// The theme's word for it.
    pub word: &'static str,
    /// The word in English. A step with a `{name}` that the author said nothing about is left out.
    pub english: &'static str,
    /// Only where a file is sealed.
    pub sealed: bool,
}

const fn step(word: &'static str, english: &'static str) -> Step {
    Step { word, english, sealed: false }
}

/// A key of front matter that only some kinds take.
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What it takes, for the reference.
    pub takes: &'static str,
    /// What it is, for the reference.
    pub is: &'static str,
    /// How it is written, for the help of a finding.
    pub example: &'static str,
}

/// A kind of magnet.
#[derive(Debug)]
pub struct Row {
    /// The kind.
    pub kind: MagnetKind,
    /// Its name in front matter and in the theme's words: `kind_NAME`, `button_NAME`, `thanks_NAME`.
    pub name: &'static str,
    /// Its name in messages.
    pub one: &'static str,
    /// Its name on pages, in English.
    pub label: &'static str,
    /// The button's text where nobody says otherwise, in English.
    pub button: &'static str,
    /// Title of the page after the form where nobody says otherwise, in English.
    pub thanks: &'static str,
    /// The type of schema.org that describes it.
    pub schema: &'static str,
    /// The keys that it takes beside those of every magnet.
    pub keys: &'static [&'static str],
    /// Of each group, one key must be there.
    pub needs: &'static [&'static [&'static str]],
    /// Whether there is a calendar file beside its page.
    pub calendar: bool,
    /// What happens after the form, in order.
    pub steps: &'static [Step],
    /// What `hub new` writes. `{title}`, `{slug}`, `{form}` and `{day}`, a day in four weeks, are filled in.
    pub skeleton: &'static str,
}

const INBOX: Step = step(
    "step_inbox",
    "Look for our e-mail. It usually takes a minute; if it does not come, look among the unwanted mail.",
);
const CONFIRM: Step = step("step_confirm", "If the e-mail asks you to confirm your address, follow its link.");
const CALENDAR: Step = step("step_calendar", "Put the date into your calendar: {date}, {time}.");

/// Every kind.
pub static TABLE: [Row; 8] = [
    Row {
        kind: MagnetKind::Download,
        name: "download",
        one: "a download",
        label: "Download",
        button: "Send it to me",
        thanks: "Check your inbox",
        schema: "DigitalDocument",
        keys: &["files", "gate"],
        needs: &[],
        calendar: false,
        steps: &[
            INBOX,
            CONFIRM,
            Step {
                word: "step_open",
                english: "Open the link to your download. It works on any device.",
                sealed: true,
            },
        ],
        skeleton: include_str!("skeletons/download.md"),
    },
    Row {
        kind: MagnetKind::Newsletter,
        name: "newsletter",
        one: "a newsletter",
        label: "Newsletter",
        button: "Subscribe",
        thanks: "Check your inbox",
        schema: "Periodical",
        keys: &["frequency"],
        needs: &[],
        calendar: false,
        steps: &[
            INBOX,
            CONFIRM,
            step("step_newsletter", "After that, every issue comes to the same address, with a link that ends it."),
        ],
        skeleton: include_str!("skeletons/newsletter.md"),
    },
    Row {
        kind: MagnetKind::Course,
        name: "course",
        one: "a course",
        label: "E-mail course",
        button: "Start the course",
        thanks: "Your course begins in your inbox",
        schema: "Course",
        keys: &["lessons", "price"],
        needs: &[&["lessons"]],
        calendar: false,
        steps: &[
            INBOX,
            CONFIRM,
            step("step_course", "The first lesson, “{lesson}”, comes {when}."),
            step("step_course_rest", "The last of the {n} lessons comes {last}."),
        ],
        skeleton: include_str!("skeletons/course.md"),
    },
    Row {
        kind: MagnetKind::Webinar,
        name: "webinar",
        one: "a webinar",
        label: "Webinar",
        button: "Save my seat",
        thanks: "See you there",
        schema: "Event",
        keys: &["start", "end", "duration", "timezone", "closes", "online", "capacity", "price", "recording"],
        needs: &[&["start"], &["end", "duration"]],
        calendar: true,
        steps: &[
            CALENDAR,
            INBOX,
            CONFIRM,
            step("step_webinar", "On the day, follow the link in the e-mail. A few minutes early is a good time."),
        ],
        skeleton: include_str!("skeletons/webinar.md"),
    },
    Row {
        kind: MagnetKind::Event,
        name: "event",
        one: "an event",
        label: "Event",
        button: "Save my seat",
        thanks: "See you there",
        schema: "Event",
        keys: &["start", "end", "duration", "timezone", "closes", "place", "online", "capacity", "price", "recording"],
        needs: &[&["start"], &["end", "duration"], &["place", "online"]],
        calendar: true,
        steps: &[CALENDAR, INBOX, CONFIRM, step("step_event", "On the day, we meet here: {place}.")],
        skeleton: include_str!("skeletons/event.md"),
    },
    Row {
        kind: MagnetKind::Giveaway,
        name: "giveaway",
        one: "a giveaway",
        label: "Giveaway",
        button: "Take part",
        thanks: "Your entry is sent",
        schema: "Offer",
        keys: &["prize", "rules", "closes", "timezone", "winner"],
        needs: &[&["prize"], &["rules"], &["closes"]],
        calendar: false,
        steps: &[
            INBOX,
            CONFIRM,
            step("step_giveaway", "The giveaway closes on {date} at {time}. After that, its page says how it ended."),
        ],
        skeleton: include_str!("skeletons/giveaway.md"),
    },
    Row {
        kind: MagnetKind::Consultation,
        name: "consultation",
        one: "a consultation",
        label: "Consultation",
        button: "Send my question",
        thanks: "Your request is sent",
        schema: "Service",
        keys: &["steps", "duration", "price", "booking"],
        needs: &[&["form", "booking"]],
        calendar: false,
        steps: &[step("step_consultation", "We read what you wrote and answer by e-mail.")],
        skeleton: include_str!("skeletons/consultation.md"),
    },
    Row {
        kind: MagnetKind::Waitlist,
        name: "waitlist",
        one: "a waiting list",
        label: "Waiting list",
        button: "Put me on the list",
        thanks: "You are nearly on the list",
        schema: "Offer",
        keys: &["what", "expected", "timezone"],
        needs: &[],
        calendar: false,
        steps: &[
            INBOX,
            CONFIRM,
            step("step_waitlist", "When it is there, we write to you: {what}."),
            step("step_expected", "That is expected: {expected}."),
        ],
        skeleton: include_str!("skeletons/waitlist.md"),
    },
];

/// Every key that only some kinds take.
pub static KEYS: [Key; 21] = [
    Key {
        name: "gate",
        takes: "`encrypted` `open`",
        is: "how the file is withheld; `encrypted` unless given",
        example: "gate = \"encrypted\"",
    },
    Key { name: "files", takes: "texts", is: "the file beside the text; one", example: "files = [\"guide.pdf\"]" },
    Key { name: "frequency", takes: "text", is: "how often it comes", example: "frequency = \"About twice a month\"" },
    Key {
        name: "lessons",
        takes: "list of `{ title, day, text }`",
        is: "the outline; `day` counts from signing up, which is 0; without it, each comes a day after the one before",
        example: "lessons = [{ title = \"…\", day = 0 }]",
    },
    Key { name: "start", takes: "date with a time", is: "when it begins", example: "start = 2026-12-03T18:00:00" },
    Key { name: "end", takes: "date with a time", is: "when it ends", example: "end = 2026-12-03T18:45:00" },
    Key {
        name: "duration",
        takes: "text such as `45 min` or `1 h 30 min`",
        is: "how long it takes; in place of `end`",
        example: "duration = \"45 min\"",
    },
    Key {
        name: "timezone",
        takes: "text",
        is: "such as `Europe/Berlin`: of its times, where it is not the site's",
        example: "timezone = \"Europe/Berlin\"",
    },
    Key {
        name: "closes",
        takes: "date with a time",
        is: "from when on the form is not shown",
        example: "closes = 2026-12-31T23:59:00",
    },
    Key {
        name: "place",
        takes: "text",
        is: "where: name and address",
        example: "place = \"Café Central, Herrengasse 14, Vienna\"",
    },
    Key {
        name: "online",
        takes: "text",
        is: "by what means one takes part from afar; shown to everybody",
        example: "online = \"Zoom; the link comes by e-mail\"",
    },
    Key { name: "capacity", takes: "text or number", is: "how many can take part", example: "capacity = 30" },
    Key { name: "price", takes: "`free`, `120 EUR`, or other text", is: "what it costs", example: "price = \"free\"" },
    Key {
        name: "recording",
        takes: "text",
        is: "name of the magnet that is offered when it is over",
        example: "recording = \"webinar-recording\"",
    },
    Key { name: "prize", takes: "text", is: "what can be won", example: "prize = \"…\"" },
    Key {
        name: "rules", takes: "texts", is: "who can take part, how the winner is found", example: "rules = [\"…\"]"
    },
    Key {
        name: "winner",
        takes: "text",
        is: "how it ended, a line; shown when it is closed",
        example: "winner = \"…\"",
    },
    Key { name: "steps", takes: "texts", is: "what happens, in order", example: "steps = [\"…\"]" },
    Key {
        name: "booking",
        takes: "address",
        is: "where a time is chosen; beside `form` or in its place",
        example: "booking = \"https://…\"",
    },
    Key { name: "what", takes: "text", is: "what readers wait for; its title unless given", example: "what = \"…\"" },
    Key {
        name: "expected",
        takes: "date, or text such as `Spring 2027`",
        is: "when it is expected; a date that has passed is not shown",
        example: "expected = 2027-03-01",
    },
];

impl MagnetKind {
    /// Its row.
    pub fn row(self) -> &'static Row {
        // The rows stand in the order of the variants, which a test holds.
        &TABLE[self as usize]
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.row().name
    }
}

impl Row {
    /// The row of a name.
    pub fn named(name: &str) -> Option<&'static Row> {
        TABLE.iter().find(|row| row.name == name)
    }

    /// Whether it takes a key of [`KEYS`].
    pub fn takes(&self, key: &str) -> bool {
        self.keys.contains(&key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_whole() {
        for (i, row) in TABLE.iter().enumerate() {
            assert_eq!(row.kind as usize, i, "{}", row.name);
            assert_eq!(row.kind.row().name, row.name);
            for key in row.keys {
                assert!(KEYS.iter().any(|k| k.name == *key), "{}: {key}", row.name);
            }
            for key in row.needs.iter().copied().flatten() {
                assert!(row.takes(key) || *key == "form", "{}: {key}", row.name);
            }
            assert_eq!(row.calendar, row.takes("start"), "{}", row.name);
            assert!(
                !row.steps.is_empty() && row.skeleton.contains(&format!("kind = \"{}\"", row.name)),
                "{}",
                row.name
            );
        }
        for key in &KEYS {
            assert!(TABLE.iter().any(|row| row.takes(key.name)), "nobody takes {}", key.name);
            assert!(key.example.starts_with(key.name), "{}", key.name);
        }
    }
}
