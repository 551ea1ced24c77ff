//! The files that were read, with sizes and hashes.

use pitlane::Instruments;
use pitlane_config::Info;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

/// Bytes hashed at once.
const CHUNK: usize = 1 << 18;

/// Each file of each source: path, bytes, and XXH3 (128 bits) of the file as it lies on disk.
pub(super) fn inputs(sources: &[Info], base: &Path) -> Value {
    let files = sources.iter().flat_map(|source| {
        paths(&source.parameters).into_iter().map(|path| (source.name.as_str(), base.join(path)))
    });
    files.map(|(source, path)| describe(source, &path)).collect()
}

fn describe(source: &str, path: &Path) -> Value {
    match hash(path) {
        Ok((bytes, hash)) => json!({
            "source": source,
            "path": path.display().to_string(),
            "bytes": bytes,
            "xxh3": format!("{hash:032x}"),
        }),
        Err(error) => json!({
            "source": source,
            "path": path.display().to_string(),
            "error": error.to_string(),
        }),
    }
}

fn hash(path: &Path) -> std::io::Result<(u64, u128)> {
    let mut file = File::open(path)?;
    let mut hash = Xxh3::new();
    let mut chunk = vec![0; CHUNK];
    let mut bytes = 0;
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok((bytes, hash.digest128())),
            read => {
                hash.update(&chunk[..read]);
                bytes += read as u64;
            }
        }
    }
}

/// The paths that a source's options name, with what their placeholders stand for put in.
fn paths(options: &Value) -> Vec<PathBuf> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let list = |key: &str| -> Vec<Value> {
        options.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let whole = |key: &str| options.get(key).and_then(text);
    let mut named: Vec<(String, Option<String>, Option<String>)> = Vec::new();
    let several = list("paths");
    let plain = whole("path").into_iter().chain(several.iter().filter_map(text));
    named.extend(plain.map(|path| (path, whole("date"), whole("symbol"))));
    for file in list("files") {
        let own = |key: &str| file.get(key).and_then(text);
        let (date, symbol) = (own("date").or(whole("date")), own("symbol").or(whole("symbol")));
        named.extend(own("path").map(|path| (path, date, symbol)));
    }
    let dates: Vec<String> = list("dates").iter().filter_map(text).collect();
    let symbols: Vec<String> = list("symbols").iter().filter_map(text).collect();
    let mut paths = Vec::new();
    for (path, date, symbol) in named {
        for date in choices(&path, &["{date}"], &dates, date) {
            for symbol in choices(&path, &["{symbol}", "{ticker}"], &symbols, symbol.clone()) {
                let ticker = Instruments::split(&symbol).0.to_lowercase();
                let path = path.replace("{date}", &date).replace("{symbol}", &symbol);
                paths.push(path.replace("{ticker}", &ticker).into());
            }
        }
    }
    paths
}

/// What a path's placeholders stand for, one after the other; nothing once where it has none.
fn choices(path: &str, holders: &[&str], list: &[String], one: Option<String>) -> Vec<String> {
    if !holders.iter().any(|holder| path.contains(holder)) {
        return vec![String::new()];
    }
    if list.is_empty() { one.into_iter().collect() } else { list.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_stand_for_each_date_and_symbol() {
        let options = json!({
            "path": "{ticker}/{date}.zip",
            "dates": ["20131007", "20131008"],
            "symbols": ["IBM.NYSE", "AA.NYSE"],
        });
        let expected =
            ["ibm/20131007.zip", "aa/20131007.zip", "ibm/20131008.zip", "aa/20131008.zip"];
        assert_eq!(paths(&options), expected.map(PathBuf::from));
        let options = json!({ "files": [{ "path": "a.csv" }, { "path": "{date}", "date": "x" }] });
        assert_eq!(paths(&options), ["a.csv", "x"].map(PathBuf::from));
        assert!(paths(&json!({ "seed": 1, "symbols": ["A"] })).is_empty(), "no file is read");
    }

    #[test]
    fn a_file_that_went_away_is_named_all_the_same() {
        let info = Info {
            name: "feed".into(),
            r#type: "csv".into(),
            emits: "feed".into(),
            parameters: json!({ "path": "gone.csv" }),
        };
        let described = inputs(&[info], Path::new("/nowhere"));
        assert_eq!(described[0]["path"], "/nowhere/gone.csv");
        assert!(described[0]["error"].is_string());
    }
}
