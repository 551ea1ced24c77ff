//! Codes of errors: unique, told in `docs/errors.md`, given by some error, and the same everywhere.
//!
//! `PITLANE_BLESS=1 cargo test -p pitlane-tests --test behaviour errors` writes the page anew.

use crate::workspace::{self, root};
use pitlane::error::Code;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Where the part of the page begins that is made from the code.
const MARK: &str = "<!-- what follows is made from the tables of codes: see above -->\n";

fn codes() -> impl Iterator<Item = Code> {
    pitlane_cli::error_codes().into_iter().flat_map(|(_, codes)| codes.iter().copied())
}

/// Files of the workspace with these ends and their texts, but for this one.
fn files(ends: &[&str]) -> Vec<(PathBuf, String)> {
    let others = workspace::files(ends).into_iter().filter(|path| !path.ends_with(file!()));
    let text = |path: &PathBuf| std::fs::read_to_string(path).expect("a file can be read");
    others.map(|path| (path.clone(), text(&path))).collect()
}

/// Codes that a text names.
fn named(text: &str) -> BTreeSet<String> {
    let ends_name = |c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-');
    let names = text.match_indices("PL-").filter_map(|(at, _)| {
        let name = text[at..].split(ends_name).next()?.trim_end_matches('-');
        let (_, number) = name.rsplit_once('-')?;
        let complete = number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit());
        complete.then(|| name.to_owned())
    });
    names.collect()
}

fn page() -> String {
    let mut page = String::new();
    for (place, codes) in pitlane_cli::error_codes() {
        // Writing to a string does not fail.
        let _ = write!(page, "\n## {place}\n");
        for code in codes {
            let (name, doc, remedy) = (code.name(), code.doc(), code.remedy());
            let _ = write!(page, "\n### {name}\n\n{doc}\n\n{remedy}\n");
        }
    }
    page
}

#[test]
fn the_page_of_errors_has_every_code_as_the_code_has_it() {
    let path = root().join("docs/errors.md");
    let text = std::fs::read_to_string(&path).expect("docs/errors.md can be read");
    let (head, told) = text.split_once(MARK).expect("the mark");
    if std::env::var_os("PITLANE_BLESS").is_some() {
        std::fs::write(&path, format!("{head}{MARK}{}", page())).expect("it can be written");
        return;
    }
    assert!(
        told == page(),
        "docs/errors.md is not what the tables of codes say: write it anew with \
         PITLANE_BLESS=1 cargo test -p pitlane-tests --test behaviour errors"
    );
}

#[test]
fn no_code_stands_for_two_errors() {
    let mut known = BTreeSet::new();
    for code in codes() {
        assert!(known.insert(code.name()), "{code} is in two tables, or twice in one");
        let parts: Vec<_> = code.name().split('-').collect();
        let [pl, family, number] = parts[..] else { panic!("{code} is PL-FAMILY-nnn") };
        assert!(pl == "PL" && family.bytes().all(|b| b.is_ascii_uppercase()), "{code}");
        assert!(number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit()), "{code}");
        for sentence in [code.doc(), code.remedy()] {
            assert!(sentence.ends_with('.') && sentence.len() > 10, "{code}: `{sentence}`");
        }
    }
    assert!(known.len() > 100, "only {} codes were found", known.len());
}

/// A code written by hand where an error is made would be unknown to `pitlane errors` and the page.
#[test]
fn every_code_that_sources_and_pages_name_is_in_a_table() {
    let known: BTreeSet<_> = codes().map(|code| code.name().to_owned()).collect();
    // The example of the macro.
    let example = BTreeSet::from(["PL-MINE-001".to_owned()]);
    let mut seen = 0;
    for (path, text) in files(&[".rs", ".md", ".snap", ".trycmd"]) {
        let unknown: Vec<_> =
            named(&text).into_iter().filter(|name| !known.contains(name)).collect();
        seen += named(&text).len();
        assert!(
            unknown.iter().all(|name| example.contains(name)),
            "{}: {unknown:?} is in no table of codes: docs/errors.md tells how to add an error",
            path.display()
        );
    }
    assert!(seen > 200, "only {seen} names of codes were found");
}

#[test]
fn every_code_is_given_by_some_error() {
    let sources = files(&[".rs"]);
    let is_table = |path: &Path| path.file_name().is_some_and(|name| name == "codes.rs");
    let is_test = |path: &Path| path.components().any(|part| part.as_os_str() == "tests");
    let (tables, rest): (Vec<_>, Vec<_>) = sources
        .into_iter()
        .filter(|(path, _)| !is_test(path))
        .partition(|(path, _)| is_table(path));
    let constant = |code: Code| {
        let mark = format!(" \"{}\"\n", code.name());
        let text = tables.iter().find_map(|(_, text)| text.split_once(&mark)).expect("a table").0;
        text.rsplit(char::is_whitespace).next().expect("a name").to_owned()
    };
    for code in codes() {
        let constant = constant(code);
        let apart = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        let times = |text: &str| text.split(apart).filter(|word| *word == constant).count();
        let gives = |text: &str| text.contains(code.name()) || times(text) > 0;
        // The table of the journal stands beside what gives its codes.
        let beside = tables.iter().any(|(_, text)| times(text) > 1);
        assert!(beside || rest.iter().any(|(_, text)| gives(text)), "nothing gives {code}");
    }
}

#[test]
fn a_code_without_a_table_would_be_found() {
    let text = "see `PL-TOPOLOGY-999`, PL-TOPOLOGY-nnn and PL-CLI-001.";
    let expected = ["PL-CLI-001", "PL-TOPOLOGY-999"].map(str::to_owned);
    assert_eq!(named(text), BTreeSet::from(expected));
}
