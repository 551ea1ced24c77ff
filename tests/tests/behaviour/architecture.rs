//! The arrows between crates and the folders of core are what ARCHITECTURE.md says they are.

use crate::workspace::root;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, TargetKind};
use std::collections::{BTreeMap, BTreeSet};

/// For each crate the crates of this workspace that it is built on.
type Arrows = BTreeMap<String, BTreeSet<String>>;

fn page() -> String {
    std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md can be read")
}

fn workspace() -> Metadata {
    let manifest = root().join("Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("cargo tells")
}

/// The text between the line that is `opening` and the next fence.
fn fenced<'a>(page: &'a str, opening: &str) -> &'a str {
    let (_, rest) = page.split_once(opening).unwrap_or_else(|| panic!("no block {opening}"));
    rest.split_once("```").expect("a block ends").0.trim_matches('\n')
}

/// Reads lines such as `cli -> core, feeds`; a crate is named by its folder.
fn drawn(text: &str) -> Arrows {
    let line = |line: &str| {
        let (from, to) = line.split_once("->").unwrap_or_else(|| panic!("no arrow in `{line}`"));
        let names = to.split(',').map(|name| name.trim().to_owned());
        (from.trim().to_owned(), names.filter(|name| name != "nothing").collect())
    };
    text.lines().map(line).collect()
}

/// What Cargo says: dependencies of the built crates, without those for tests and benches alone.
fn built(metadata: &Metadata) -> Arrows {
    let packages = metadata.workspace_packages();
    let folder = |name: &str| {
        let package = packages.iter().find(|package| package.name.as_str() == name)?;
        let folder = package.manifest_path.parent()?.strip_prefix(&metadata.workspace_root).ok()?;
        Some(folder.to_string())
    };
    let arrows = packages.iter().filter_map(|package| {
        let normal = package.dependencies.iter().filter(|to| to.kind == DependencyKind::Normal);
        Some((folder(&package.name)?, normal.filter_map(|to| folder(&to.name)).collect()))
    });
    arrows.filter(|(from, _)| from != "tests").collect()
}

#[test]
fn crates_depend_on_each_other_as_drawn() {
    assert_eq!(drawn(fenced(&page(), "```arrows\n")), built(&workspace()));
}

#[test]
fn arrows_never_run_in_a_circle() {
    let mut arrows = built(&workspace());
    while !arrows.is_empty() {
        let before = arrows.len();
        let left: BTreeSet<_> = arrows.keys().cloned().collect();
        arrows.retain(|_, to| !to.is_disjoint(&left));
        assert!(arrows.len() < before, "a circle among {arrows:?}");
    }
}

#[test]
fn the_only_binary_that_cargo_run_can_mean_is_pitlane() {
    let metadata = workspace();
    let packages = metadata.workspace_default_packages();
    let targets = packages.iter().flat_map(|package| &package.targets);
    let binaries = targets.filter(|target| target.kind.contains(&TargetKind::Bin));
    assert_eq!(binaries.map(|target| target.name.as_str()).collect::<Vec<_>>(), ["pitlane"]);
}

#[test]
fn every_folder_and_file_of_core_has_a_line_in_the_table() {
    let page = page();
    let (_, section) = page.split_once("## Inside core").expect("a section on core");
    let section = section.split("\n## ").next().expect("the first part");
    let listed: BTreeSet<_> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name.trim_end_matches('/').to_owned())
        .collect();
    let entries = std::fs::read_dir(root().join("core/src")).expect("core can be read");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string());
    let found: BTreeSet<_> = names
        .map(|name| name.expect("UTF-8").trim_end_matches(".rs").to_owned())
        .filter(|name| name != "lib")
        .collect();
    assert_eq!(listed, found);
}

#[test]
fn every_example_of_core_is_run_by_the_tests() {
    let metadata = workspace();
    let packages = metadata.workspace_packages();
    let core = packages.iter().find(|package| package.name.as_str() == "pitlane").expect("core");
    let examples: Vec<_> =
        core.targets.iter().filter(|target| target.kind.contains(&TargetKind::Example)).collect();
    assert!(!examples.is_empty());
    for example in examples {
        assert!(example.test, "core/Cargo.toml lacks `test = true` for `{}`", example.name);
    }
}

#[test]
fn the_example_of_the_readme_is_the_one_that_runs() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README.md can be read");
    let example = root().join("core/examples/embed.rs");
    let example = std::fs::read_to_string(example).expect("the example can be read");
    let (_, code) = example.split_once("\n\n").expect("prose, then code");
    assert_eq!(fenced(&readme, "```rust\n"), code.trim_end());
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    let docs = std::fs::read_dir(root().join("docs")).expect("docs can be read");
    let docs = docs.map(|entry| entry.expect("an entry").path());
    let top = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
    let pages: Vec<_> = docs.chain(top.map(|page| root().join(page))).collect();
    let mut links = 0;
    for page in pages.iter().filter(|page| page.extension().is_some_and(|e| e == "md")) {
        let text = std::fs::read_to_string(page).expect("a page can be read");
        for (_, rest) in text.match_indices("](").map(|(at, _)| text.split_at(at + 2)) {
            let target = rest.split([')', '#', ' ']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let file = page.parent().expect("a folder").join(target);
            assert!(file.exists(), "{} links to {target}, which is not there", page.display());
            links += 1;
        }
    }
    assert!(links > 10, "only {links} links were found");
}
