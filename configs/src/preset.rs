//! One form of files under `presets:` of a config, for tools that read files without a session.

use crate::codes;
use crate::mistake::{Mistake, Mistakes};
use crate::nearest::nearest;
use crate::read;
use crate::tree::{Entry, Node, Span, Texts, Value, parse};
use serde::de::DeserializeOwned;
use std::path::Path;

/// Reads the form of that name under `presets:` of a config, the only one there is where none is named.
/// The rest of the file is not looked at.
///
/// # Errors
/// Where the file cannot be read, has no such form, or the form has mistakes: all of them, at their
/// places.
pub fn preset<T: DeserializeOwned>(path: &Path, name: Option<&str>) -> Result<T, Mistakes> {
    let text = crate::read(path)?;
    let mut texts = Texts::default();
    let file = texts.add(path.display().to_string(), text);
    let (root, mut mistakes) = parse(&texts, file);
    let whole = texts.span(file, 0, 0);
    let is_sound = mistakes.is_empty();
    let form = is_sound.then(|| find(root.as_ref(), name, whole, &mut mistakes)).flatten();
    let read = form.and_then(|mut form| {
        form.number();
        read::read(&form, &mut mistakes).filter(|_| mistakes.is_empty())
    });
    read.ok_or_else(|| Mistakes::new(mistakes, texts))
}

/// The form, without what says that it is one of CSV files, which goes without saying.
fn find(
    root: Option<&Node>,
    name: Option<&str>,
    whole: Span,
    mistakes: &mut Vec<Mistake>,
) -> Option<Node> {
    let presets = root.and_then(|root| root.get("presets"));
    let Some(presets) = presets.filter(|node| !node.entries().is_empty()) else {
        let help = "write `presets:` and below it `mine: { columns: { ... } }`";
        mistakes.push(Mistake::new(codes::MISSING_KEY, whole, "there are no `presets`", help));
        return None;
    };
    let all = presets.entries();
    let names: Vec<&str> = all.iter().map(Entry::name).collect();
    let found = match (name, all) {
        (Some(name), _) => all.iter().find(|entry| entry.name() == name),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    let Some(entry) = found else {
        let message = match name {
            Some(name) => format!("there is no preset `{name}`"),
            None => "there are several presets".into(),
        };
        let near = name.and_then(|name| nearest(name, names.iter().copied()));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("name one behind the file: #{}", names.join(", #")),
        };
        mistakes.push(Mistake::new(codes::BAD_VALUE, presets.span, message, help));
        return None;
    };
    let mut form = entry.value.clone();
    if let Value::Map(entries) = &mut form.value {
        entries.retain(|entry| {
            entry.name() != "format" || entry.value.as_text().is_none_or(|format| format != "csv")
        });
    }
    Some(form)
}
