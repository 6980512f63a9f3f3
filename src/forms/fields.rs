//! The fields that a form can have: a table of those that are known by name, and kinds for the author's own.

use serde::Serialize;

/// How a field is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Input {
    /// An e-mail address.
    Email,
    /// A line of text.
    Text,
    /// A telephone number.
    Phone,
    /// Several lines of text.
    LongText,
    /// One of several choices, in a list that opens.
    Select,
    /// One of several choices, all in sight.
    Radio,
}

impl Input {
    /// The kinds that an author's own field can have, by name.
    pub const KINDS: [(&'static str, Input); 5] = [
        ("text", Input::Text),
        ("long_text", Input::LongText),
        ("phone", Input::Phone),
        ("select", Input::Select),
        ("radio", Input::Radio),
    ];

    /// `type` of the input, or the element that takes its place.
    pub fn html(self) -> &'static str {
        match self {
            Input::Email => "email",
            Input::Text => "text",
            Input::Phone => "tel",
            Input::LongText => "textarea",
            Input::Select => "select",
            Input::Radio => "radio",
        }
    }

    /// The most characters it takes: what no honest answer exceeds. RFC 5321 allows 254 for an address.
    pub fn longest(self) -> Option<u32> {
        match self {
            Input::Email => Some(254),
            Input::Text => Some(200),
            Input::Phone => Some(40),
            Input::LongText => Some(4000),
            Input::Select | Input::Radio => None,
        }
    }

    /// `pattern` of the input, as HTML's `v` flag reads it.
    pub fn pattern(self) -> &'static str {
        match self {
            Input::Phone => r"\+?[0-9 \(\)\.\/\-]{5,39}",
            _ => "",
        }
    }

    /// Whether a reader must choose.
    pub fn chooses(self) -> bool {
        matches!(self, Input::Select | Input::Radio)
    }

    /// Whether it is work to fill in: more than a line that the browser knows.
    pub fn long(self) -> bool {
        matches!(self, Input::LongText | Input::Select)
    }
}

/// A field that is known by name.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name in `site.toml`.
    pub name: &'static str,
    /// How it is filled in.
    pub input: Input,
    /// `autocomplete` of the input (WCAG 1.3.5).
    pub autocomplete: &'static str,
    /// What it is in English; the theme has its own word, `field_NAME`.
    pub english: &'static str,
    /// What is said when it does not fit: the theme's word, and English.
    pub error: (&'static str, &'static str),
}

const ANY: (&str, &str) = ("error_field", "Fill in this field.");

/// The fields that are known by name. The address is always asked.
pub const FIELDS: [Known; 7] = [
    Known {
        name: "email",
        input: Input::Email,
        autocomplete: "email",
        english: "E-mail address",
        error: ("error_email", "Enter an e-mail address, such as name@example.com."),
    },
    Known { name: "name", input: Input::Text, autocomplete: "name", english: "Name", error: ANY },
    Known { name: "first_name", input: Input::Text, autocomplete: "given-name", english: "First name", error: ANY },
    Known { name: "last_name", input: Input::Text, autocomplete: "family-name", english: "Last name", error: ANY },
    Known { name: "company", input: Input::Text, autocomplete: "organization", english: "Company", error: ANY },
    Known {
        name: "phone",
        input: Input::Phone,
        autocomplete: "tel",
        english: "Telephone number",
        error: ("error_phone", "Enter a telephone number: digits, spaces and a leading + are fine."),
    },
    Known { name: "message", input: Input::LongText, autocomplete: "", english: "Your message", error: ANY },
];

/// The row of a name.
pub fn known(name: &str) -> Option<&'static Known> {
    FIELDS.iter().find(|f| f.name == name)
}

/// A field that a reader fills in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name; the provider may have another.
    pub name: String,
    /// How it is filled in.
    pub input: Input,
    /// Its label; the theme's word for a known field if empty.
    pub label: String,
    /// What helps to fill it in; may be empty.
    pub help: String,
    /// Whether the form cannot be sent without it.
    pub required: bool,
    /// What can be chosen.
    pub choices: Vec<String>,
}

impl Field {
    /// A known field as it is unless the author says more.
    pub fn of(row: &Known) -> Field {
        Field {
            name: row.name.to_string(),
            input: row.input,
            label: String::new(),
            help: String::new(),
            required: row.name == "email",
            choices: Vec::new(),
        }
    }

    /// `autocomplete` of the input; empty if the browser cannot know what is asked.
    pub fn autocomplete(&self) -> &'static str {
        match known(&self.name) {
            Some(row) => row.autocomplete,
            None if self.input == Input::Phone => "tel",
            None => "",
        }
    }

    /// What is said when it does not fit: the theme's word, and English.
    pub fn error(&self) -> (&'static str, &'static str) {
        match self.input {
            Input::Select | Input::Radio => ("error_choice", "Choose one."),
            input => FIELDS.iter().find(|f| f.input == input).map_or(ANY, |f| f.error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_comes_first_and_alone_is_required() {
        assert_eq!(FIELDS[0].name, "email");
        assert_eq!(FIELDS.iter().filter(|f| Field::of(f).required).count(), 1);
        assert!(Input::KINDS.iter().all(|(_, input)| *input != Input::Email));
    }
}
