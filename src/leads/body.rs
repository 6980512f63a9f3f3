//! What a form's body says: as a browser writes it, in either encoding, or as the script writes it for a provider's interface.

use crate::forms::provider::MULTIPART;
use crate::text;
use memchr::memmem;
use serde_json::Value;

/// A name and its value, as sent.
pub type Pair = (String, String);

/// The most fields that are read: no form has more.
const MOST: usize = 200;

/// The fields of a body; `None` if it is not what its type says.
pub fn fields(content_type: &str, body: &[u8]) -> Option<Vec<Pair>> {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut fields = match essence.as_str() {
        "application/json" => json(&serde_json::from_slice(body).ok()?)?,
        MULTIPART => multipart(boundary(content_type)?, body)?,
        _ => query(&String::from_utf8_lossy(body)),
    };
    fields.truncate(MOST);
    Some(fields)
}

/// The fields of a query (URL Standard, `application/x-www-form-urlencoded`).
pub fn query(text: &str) -> Vec<Pair> {
    let part = |part: &str| {
        let spaced = part.replace('+', " ");
        text::percent_decode(&spaced).map(|d| d.into_owned()).unwrap_or(spaced)
    };
    let pairs = text.split('&').filter(|p| !p.is_empty());
    pairs.map(|p| p.split_once('=').unwrap_or((p, ""))).map(|(n, v)| (part(n), part(v))).collect()
}

/// RFC 2046, section 5.1.1: the parameter of the type.
fn boundary(content_type: &str) -> Option<&str> {
    let parameters = content_type.split(';').skip(1).filter_map(|p| p.trim().split_once('='));
    let mut named = parameters.filter(|(name, _)| name.eq_ignore_ascii_case("boundary"));
    let value = named.next()?.1.trim_matches('"');
    (!value.is_empty() && value.len() <= 70).then_some(value)
}

/// RFC 7578. Files that were sent along are known by their names alone.
fn multipart(boundary: &str, body: &[u8]) -> Option<Vec<Pair>> {
    let delimiter = format!("--{boundary}");
    let mut out = Vec::new();
    let mut rest = &body[memmem::find(body, delimiter.as_bytes())? + delimiter.len()..];
    loop {
        if rest.starts_with(b"--") {
            return Some(out);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let head_ends = memmem::find(rest, b"\r\n\r\n")?;
        let (head, after) = (&rest[..head_ends], &rest[head_ends + 4..]);
        let ends = memmem::find(after, format!("\r\n{delimiter}").as_bytes())?;
        let head = String::from_utf8_lossy(head);
        let said = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-disposition").then_some(value)
        })?;
        let named = |key: &str| {
            let (_, after) = said.split_once(&format!("{key}=\""))?;
            // Browsers write a quote in a name as `%22`, a line's end as `%0D%0A` (HTML Standard, "Multipart form data").
            Some(after.split_once('"')?.0.replace("%22", "\"").replace("%0D%0A", "\n"))
        };
        let value = named("; filename").unwrap_or_else(|| String::from_utf8_lossy(&after[..ends]).into_owned());
        out.push((named("; name")?, value));
        rest = &after[ends + 2 + delimiter.len()..];
    }
}

/// The fields that themes/plain/assets/js/form.js writes as JSON, and those of any flat object.
fn json(value: &Value) -> Option<Vec<Pair>> {
    let object = value.as_object()?;
    let plain = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    // HubSpot's list of fields.
    if let Some(fields) = object.get("fields").and_then(Value::as_array) {
        return Some(
            fields
                .iter()
                .filter_map(|f| Some((f.get("name")?.as_str()?.to_string(), plain(f.get("value")?))))
                .collect(),
        );
    }
    let mut out = Vec::new();
    for (name, value) in object {
        // listmonk's name for the lists, in the form and in the interface.
        let name = if name == "list_uuids" { "l" } else { name };
        match value {
            Value::Array(all) => out.extend(all.iter().map(|v| (name.to_string(), plain(v)))),
            one => out.push((name.to_string(), plain(one))),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(of: &[(&str, &str)]) -> Option<Vec<Pair>> {
        Some(of.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect())
    }

    #[test]
    fn bodies_of_every_kind_say_the_same() {
        let wanted = pairs(&[("email", "a+b@c.io"), ("name", "Zoë & \"Z\"\n=")]);
        let urlencoded = "email=a%2Bb%40c.io&name=Zo%C3%AB+%26+%22Z%22%0A%3D";
        assert_eq!(fields("application/x-www-form-urlencoded;charset=UTF-8", urlencoded.as_bytes()), wanted);
        let parts = "--x-1\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\na+b@c.io\r\n--x-1\r\ncontent-disposition: form-data; name=\"name\"\r\n\r\nZoë & \"Z\"\n=\r\n--x-1--\r\n";
        assert_eq!(fields("multipart/form-data; boundary=x-1", parts.as_bytes()), wanted);
        let hubspot = r#"{"fields":[{"objectTypeId":"0-1","name":"email","value":"a+b@c.io"},{"name":"name","value":"Zoë & \"Z\"\n="}],"context":{}}"#;
        assert_eq!(fields("application/json", hubspot.as_bytes()), wanted);
        let listmonk = r#"{"email":"a+b@c.io","name":"","list_uuids":["1","2"]}"#;
        assert_eq!(
            fields("application/json", listmonk.as_bytes()),
            pairs(&[("email", "a+b@c.io"), ("name", ""), ("l", "1"), ("l", "2")])
        );
        let file = "--b\r\nContent-Disposition: form-data; name=\"cv\"; filename=\"cv.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--b--";
        assert_eq!(fields("multipart/form-data; boundary=\"b\"", file.as_bytes()), pairs(&[("cv", "cv.pdf")]));
    }

    proptest! {
        #[test]
        fn nothing_panics(body in proptest::collection::vec(prop_oneof![Just(b'-'), Just(b'b'), Just(b'\r'), Just(b'\n'), Just(b'%'), Just(b'='), any::<u8>()], 0..120)) {
            for kind in ["application/json", "multipart/form-data; boundary=b", "multipart/form-data", "x"] {
                let _ = fields(kind, &body);
            }
        }
    }
}
