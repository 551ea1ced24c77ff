//! One form of files under `presets:` of a config, for tools that read files without a session.

use crate::codes;
use crate::mistake::{Mistake, Mistakes};
use crate::nearest::nearest;
use crate::read;
use crate::tree::{Entry, Node, Texts, Value, parse};
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
    let found = match &root {
        Some(root) if mistakes.is_empty() => find(root, name),
        Some(_) => return Err(Mistakes::new(mistakes, texts)),
        None => Err(None),
    };
    match found {
        Ok(mut form) => {
            form.number();
            let read = read::read(&form, &mut mistakes).filter(|_| mistakes.is_empty());
            read.ok_or_else(|| Mistakes::new(mistakes, texts))
        }
        Err(mistake) => {
            mistakes.extend(mistake.or_else(|| {
                mistakes.is_empty().then(|| {
                    let help = "write `presets:` and below it `mine: { columns: { ... } }`";
                    Mistake::new(
                        codes::MISSING_KEY,
                        texts.span(file, 0, 0),
                        "there are no `presets`",
                        help,
                    )
                })
            }));
            Err(Mistakes::new(mistakes, texts))
        }
    }
}

/// The form, without what says that it is one of CSV files, which goes without saying; `None` where
/// there are no forms at all.
fn find(root: &Node, name: Option<&str>) -> Result<Node, Option<Mistake>> {
    let Some(presets) = root.get("presets").filter(|node| !node.entries().is_empty()) else {
        return Err(None);
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
        return Err(Some(Mistake::new(codes::BAD_VALUE, presets.span, message, help)));
    };
    let mut form = entry.value.clone();
    if let Value::Map(entries) = &mut form.value {
        entries.retain(|entry| {
            entry.name() != "format" || entry.value.as_text().is_none_or(|format| format != "csv")
        });
    }
    Ok(form)
}
