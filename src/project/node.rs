//! TOML, YAML and JSON as one tree in which every value knows where it was written.

use crate::source::At;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// A value and its place, in bytes from the start of the file.
pub type Node = At<Value>;

/// What can be written in a configuration, in front matter or in a data file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Nothing (YAML and JSON only).
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    String(String),
    /// A TOML date, time or both, as written.
    Datetime(String),
    /// A list.
    Array(Vec<Node>),
    /// Keys and values.
    Table(Table),
}

/// Keys and values in the order of the file (TOML: of the keys).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table(pub Vec<(At<String>, Node)>);

impl Value {
    /// What this is called in a message.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::String(_) => "text",
            Value::Datetime(_) => "a date",
            Value::Array(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

impl Table {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.0.iter().find(|(k, _)| k.value == key).map(|(_, v)| v)
    }

    /// Lays `over` above this table: its values win, tables are joined.
    pub fn overlay(&mut self, over: &Table) {
        for (key, value) in &over.0 {
            match self.0.iter_mut().find(|(k, _)| k.value == key.value) {
                Some((_, Node { value: Value::Table(below), .. })) if matches!(value.value, Value::Table(_)) => {
                    if let Value::Table(above) = &value.value {
                        below.overlay(above);
                    }
                }
                Some((_, below)) => *below = value.clone(),
                None => self.0.push((key.clone(), value.clone())),
            }
        }
    }
}

/// The value as templates see it; dates become RFC 3339 in the zone.
pub fn to_view(value: &Value, zone: &TimeZone) -> tera::Value {
    match value {
        Value::Null => tera::Value::none(),
        Value::Bool(b) => (*b).into(),
        Value::Integer(i) => (*i).into(),
        Value::Float(f) => (*f).into(),
        Value::String(s) => tera::Value::normal_string(s),
        Value::Datetime(s) => match crate::time::parse(s, zone) {
            Some(at) => crate::time::rfc3339(at, zone).into(),
            None => s.as_str().into(),
        },
        Value::Array(items) => items.iter().map(|n| to_view(&n.value, zone)).collect::<Vec<_>>().into(),
        Value::Table(table) => {
            let mut map = tera::Map::with_capacity_and_hasher(table.0.len(), Default::default());
            for (key, node) in &table.0 {
                map.insert(key.value.clone().into(), to_view(&node.value, zone));
            }
            map.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlays_join_tables() {
        let read = |text: &str| crate::project::toml::read(text, 0, &crate::source::RelPath::new("x")).value;
        let mut below = read("a = 1\n[t]\nx = 1\ny = 1");
        below.overlay(&read("b = 2\n[t]\ny = 2"));
        let Some(Node { value: Value::Table(t), .. }) = below.get("t") else { panic!("no table") };
        assert_eq!(t.get("y").map(|n| &n.value), Some(&Value::Integer(2)));
        assert_eq!((t.0.len(), below.0.len()), (2, 3));
    }
}
