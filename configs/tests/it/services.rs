//! Components get the services they declare to need, and a config says what is missing.

use insta::assert_snapshot;
use pitlane::event::{MarketData, Order};
use pitlane::registry::Registry;
use pitlane::stage::{Outbox, each};
use pitlane_config::{LoadOptions, Mistakes, Ready, check};
use std::path::Path;

struct Journal;
struct Desk;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoParams {}

/// A component type `book` that needs a journal.
fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.component("book", "Keeps orders in a journal.", |_: NoParams, context| {
        let _journal = context.get::<Journal>()?;
        Ok(each(|_: &MarketData, _: &mut Outbox| Ok(())).into())
    });
    registry.needs("book", &["clock", "instruments", "journal"]);
    registry
}

const TEXT: &str = "components:\n  it: book\nrouting:\n  feed:\n    MarketData: [it]\n";

fn read(registry: &Registry) -> Result<Ready, Mistakes> {
    check(TEXT, Path::new("session.yaml"), registry, &LoadOptions::default())
}

#[test]
fn a_component_is_built_with_the_services_it_needs() {
    let mut registry = registry();
    registry.service("journal", "Keeps orders.", &["clock"], |_| Ok(Journal));
    assert_eq!(read(&registry).expect("it is in order").topology.stages().len(), 1);
    // One that is started by hand is the one that components get.
    registry.start().expect("nothing is missing");
    assert!(registry.get::<Journal>().is_some());
    assert!(read(&registry).is_ok());
}

#[test]
fn a_service_that_nothing_provides_is_named_at_the_component() {
    let mistakes = read(&registry()).expect_err("no journal");
    assert_snapshot!("missing_service", mistakes.render(false));
}

#[test]
fn services_in_a_circle_are_named_with_their_path() {
    let mut registry = registry();
    registry.service("journal", "Keeps orders.", &["desk"], |_| Ok(Journal));
    registry.service("desk", "Needs the journal.", &["journal"], |_| Ok(Desk));
    let mistakes = read(&registry).expect_err("a circle");
    assert_snapshot!("services_in_a_circle", mistakes.render(false));
}

#[test]
fn a_service_that_is_not_declared_is_refused() {
    let mut registry = registry();
    registry.service("journal", "Keeps orders.", &[], |_| Ok(Journal));
    registry.component("sly", "Takes what it did not ask for.", |_: NoParams, context| {
        let _journal = context.get::<Journal>()?;
        Ok(each(|_: &Order, _: &mut Outbox| Ok(())).into())
    });
    let text = TEXT.replace("it: book", "it: sly");
    let found = check(&text, Path::new("session.yaml"), &registry, &LoadOptions::default());
    let mistakes = found.expect_err("it did not declare it");
    let mistake = &mistakes.list()[0];
    assert_eq!(mistake.code, "PL-CONFIG-030");
    assert_eq!(mistake.details.get("cause"), Some(&"PL-SERVICE-005".into()));
    assert!(mistake.help.contains("Registry::needs"), "{mistake}");
}
