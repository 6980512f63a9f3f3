//! A form → its entry in `site.toml`.

use crate::forms::Form;
use crate::forms::fields::{Field, Input, known};
use crate::forms::pattern::Pattern;

/// The entry for `site.toml`: a table of its own, to stand at the end of the file.
pub fn to_toml(form: &Form) -> String {
    // Strings of JSON are strings of TOML, but for one character that is no text.
    let quoted = |text: &str| serde_json::Value::from(text.replace('\u{7f}', "")).to_string();
    let list = |items: &[String]| format!("[{}]", items.iter().map(|i| quoted(i)).collect::<Vec<_>>().join(", "));
    let key = |key: &str| if Pattern::Id.accepts(key) { key.to_string() } else { quoted(key) };
    let name = key(&form.name);
    let mut out = format!("[forms.{name}]\nprovider = {}\n", quoted(form.provider.name));
    for setting in form.provider.settings {
        match form.settings.get(setting.name).map(Vec::as_slice) {
            Some([one]) => out.push_str(&format!("{} = {}\n", setting.name, quoted(one))),
            Some(many) if !many.is_empty() => out.push_str(&format!("{} = {}\n", setting.name, list(many))),
            _ if setting.required => out.push_str(&format!("{} = \"\"    # {}\n", setting.name, setting.help)),
            _ => {}
        }
    }
    let plain = |f: &Field| known(&f.name).is_some_and(|row| Field::of(row) == *f);
    if form.fields.iter().any(|f| f.name != "email") {
        let fields: Vec<String> = form
            .fields
            .iter()
            .filter(|f| f.name != "email")
            .map(|f| match plain(f) {
                true => quoted(&f.name),
                false => {
                    let mut parts = vec![format!("name = {}", quoted(&f.name))];
                    if known(&f.name).is_none() {
                        let kind = Input::KINDS.iter().find(|(_, i)| *i == f.input).map_or("text", |(k, _)| k);
                        parts.push(format!("kind = {}", quoted(kind)));
                        parts.push(format!("label = {}", quoted(&f.label)));
                    }
                    if f.required {
                        parts.push("required = true".to_string());
                    }
                    if !f.choices.is_empty() {
                        parts.push(format!("choices = {}", list(&f.choices)));
                    }
                    format!("{{ {} }}", parts.join(", "))
                }
            })
            .collect();
        out.push_str(&format!("fields = [{}]\n", fields.join(", ")));
    }
    if !form.button.is_empty() {
        out.push_str(&format!("button = {}\n", quoted(&form.button)));
    }
    out.push_str("consent = \"\"    # what readers agree to, with a link to your privacy page\n");
    let over = &form.over;
    let words = [
        ("action", &over.action),
        ("method", &over.method),
        ("enctype", &over.enctype),
        ("honeypot", &over.honeypot),
        ("redirect", &over.redirect),
    ];
    let words: Vec<String> =
        words.iter().filter_map(|(k, v)| Some(format!("{k} = {}\n", quoted(v.as_ref()?)))).collect();
    if !words.is_empty() {
        out.push_str(&format!("\n[forms.{name}.override]\n{}", words.concat()));
    }
    let tables = [
        ("names", over.names.iter().map(|(k, v)| (k.clone(), v.clone())).collect::<Vec<_>>()),
        ("hidden", over.hidden.clone()),
    ];
    for (table, pairs) in tables.into_iter().filter(|(_, pairs)| !pairs.is_empty()) {
        out.push_str(&format!("\n[forms.{name}.override.{table}]\n"));
        for (k, v) in pairs {
            out.push_str(&format!("{} = {}\n", key(&k), quoted(&v)));
        }
    }
    out
}
