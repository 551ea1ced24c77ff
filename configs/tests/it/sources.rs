//! What sources leave to the names of their files and to `presets:`.

use crate::kit::{GOOD, registry};
use pitlane::registry::{Context, Registry};
use pitlane::source::Source;
use pitlane_config::{Checked, LoadOptions, Mistakes, load};
use std::path::Path;

/// The kit's registry, in which `bin` files are of the format `generate` and `csv` files of `csv`.
fn with_extensions() -> (Registry, crate::kit::Seen) {
    let (mut registry, seen) = registry();
    registry.extension("csv", "csv").extension("bin", "binary");
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Binary {
        path: String,
    }
    let noted = seen.clone();
    registry.format("binary", "Binary ticks.", move |binary: Binary, _: &Context| {
        noted.lock().unwrap().push(format!("binary {}", binary.path));
        let source = pitlane::testing::ScriptedSource::default();
        Ok(Box::new(source) as Box<dyn Source>)
    });
    (registry, seen)
}

fn read(feed: &str, inputs: &[&str]) -> (Result<Checked, Mistakes>, Vec<String>) {
    let (registry, seen) = with_extensions();
    let text = GOOD.replace("sources:\n  feed: { format: csv, path: ticks.csv }\n", feed);
    let inputs = inputs.iter().map(|input| input.parse().unwrap()).collect();
    let options = LoadOptions { inputs, ..LoadOptions::default() };
    let checked = load(&text, Path::new("a.yaml"), &registry, &options);
    let seen = seen.lock().unwrap().clone();
    (checked, seen)
}

#[test]
fn a_format_that_is_left_out_is_told_by_the_extension() {
    for (path, format) in
        [("path: /a.bin.zst", "binary /a.bin.zst"), ("path: /a.csv.gz", "feed Ticks")]
    {
        let (checked, seen) = read(&format!("sources:\n  feed: {{ {path} }}\n"), &[]);
        checked.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
        assert!(seen[0].starts_with(format), "{seen:?}");
    }
    let (checked, _) = read("sources:\n  feed: { path: /a.zip }\n", &[]);
    let said = checked.unwrap_err().render(false);
    assert!(said.contains("format"), "{said}");
}

#[test]
fn an_input_is_of_the_format_that_its_name_tells() {
    let declared = "sources:\n  feed: { format: csv, path: a.csv, symbol: IBM }\n";
    for feed in ["", declared] {
        let (checked, seen) = read(feed, &["feed=/b.bin"]);
        checked.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
        assert_eq!(seen[0], "binary /b.bin", "options of another format are not kept");
    }
    let (_, seen) = read(declared, &["feed=/b.zip"]);
    assert!(seen[0].contains("IBM"), "a name that tells nothing keeps what is declared: {seen:?}");
}

#[test]
fn a_preset_of_the_config_stands_for_its_keys() {
    let feed = "presets:\n  mine: { symbol: IBM, date: 2013-10-07 }\n\
                sources:\n  feed: { format: csv, path: a.csv, preset: mine, symbol: ON }\n";
    let (checked, seen) = read(feed, &[]);
    checked.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    let said = &seen[0];
    assert!(said.contains("symbol: Some(\"ON\")") && said.contains("date: Some(\"2013-10-07\")"));
}

#[test]
fn a_mistake_in_a_preset_is_shown_where_it_stands() {
    let feed = "presets:\n  mine: { smybol: IBM }\n\
                sources:\n  feed: { format: csv, path: a.csv, preset: mine }\n";
    let said = read(feed, &[]).0.unwrap_err().render(false);
    assert!(said.contains("smybol") && said.contains("did you mean `symbol`?"), "{said}");
    assert!(said.contains("a.yaml:2"), "{said}");
}
