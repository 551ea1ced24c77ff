//! `docs/conditions.md` says what is so.

use super::Stable;
use crate::condition::{Condition, ConditionError};
use crate::event::{Event, FieldKind, MarketData, Order, Signal};

fn guide() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/conditions.md");
    std::fs::read_to_string(path).expect("docs/conditions.md beside the core")
}

fn compile(event: &str, text: &str) -> Result<Condition, Vec<ConditionError>> {
    let stable = Stable::new();
    match event {
        "MarketData" => stable.compile::<MarketData>(text),
        "Signal" => stable.compile::<Signal>(text),
        "Order" => stable.compile::<Order>(text),
        other => panic!("no event type {other}"),
    }
}

#[test]
fn all_examples_compile_without_warnings() {
    let guide = guide();
    let mut seen = 0;
    for block in guide.split("```condition ").skip(1) {
        let (event, rest) = block.split_once('\n').expect("a block has lines");
        for text in rest.split("```").next().unwrap_or_default().lines() {
            let condition =
                compile(event, text).unwrap_or_else(|errors| panic!("{}", errors[0].render(text)));
            assert_eq!(condition.warnings(), [], "{text}");
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen} examples");
}

#[test]
fn every_field_and_word_is_named() {
    let guide = guide();
    for field in [MarketData::fields(), Signal::fields(), Order::fields()].concat() {
        assert!(guide.contains(&format!("`{}`", field.name)), "field {}", field.name);
        let FieldKind::Choice { choices, .. } = field.kind else { continue };
        for choice in choices {
            assert!(guide.contains(&format!("`{}`", choice.name)), "word {}", choice.name);
        }
    }
}

#[test]
fn errors_look_as_shown() {
    let text = "strenght > 0.7 && action == \"by\"";
    let errors = Stable::new().compile::<Signal>(text).expect_err(text);
    let drawn: Vec<_> = errors.iter().map(|error| error.render(text)).collect();
    assert!(guide().contains(&drawn.join("\n")), "{}", drawn.join("\n"));
}
