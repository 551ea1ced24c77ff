//! Whatever the text: mistakes or a topology, never a panic.

use crate::kit::{GOOD, check, check_with};
use pitlane_config::{LoadOptions, Mistakes, Ready};
use proptest::prelude::*;

/// Prints what came out, since printing may fail, too.
fn print(result: Result<Ready, Mistakes>) -> usize {
    match result {
        Ok(ready) => ready.setup.warnings.render(false).len(),
        Err(mistakes) => {
            assert!(mistakes.has_errors(), "refused without an error");
            mistakes.render(true).len() + mistakes.to_string().len()
        }
    }
}

/// Scalars that mean something somewhere.
fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "",
            "~",
            "null",
            "true",
            "10",
            "-1",
            "010",
            "1e9",
            "99999999999999999999",
            "0.5",
            "sma",
            "gate",
            "orders",
            "sma_cross",
            "risk_gate",
            "order_log",
            "csv",
            "fast",
            "reliable",
            "pipeline",
            "filter",
            "strength > 0.1",
            "1/64",
            "auto",
            "\"",
            "'a'",
            "&a x",
            "*a",
            "!t",
            "|",
            "µs",
            "5ms",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,8}",
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "sources",
        "components",
        "routing",
        "lanes",
        "rings",
        "capacity",
        "streams",
        "batch",
        "feed",
        "sma",
        "gate",
        "type",
        "emits",
        "format",
        "fast",
        "slow",
        "tier",
        "routes",
        "steps",
        "targets",
        "target",
        "condition",
        "with",
        "MarketData",
        "Signal",
        "name",
        "stages",
        "<<",
        "latency",
        "pitlane",
        "\"\"",
        "a.b",
    ])
    .prop_map(str::to_owned)
}

/// A tree in flow style.
fn tree() -> impl Strategy<Value = String> {
    scalar().prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6)
                .prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec((key(), inner), 0..6).prop_map(|entries| {
                let entries: Vec<String> =
                    entries.into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
                format!("{{{}}}", entries.join(", "))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn random_texts_never_panic(text in "\\PC*|[\\x00-\\x7f]{0,200}|[-:\\[\\]{}&*!|>'\"#,\\n\\t a]{0,100}") {
        print(check(&text));
    }

    #[test]
    fn random_trees_never_panic(sections in prop::collection::vec((key(), tree()), 0..5)) {
        let text: String =
            sections.into_iter().map(|(key, value)| format!("{key}: {value}\n")).collect();
        print(check(&text));
    }

    #[test]
    fn damaged_configs_never_panic(at in 0..GOOD.len(), length in 0..12_usize, put in scalar()) {
        let end = (at + length).min(GOOD.len());
        print(check(&format!("{}{put}{}", &GOOD[..at], &GOOD[end..])));
    }

    #[test]
    fn random_settings_never_panic(
        path in "(components|routing|rings|lanes|[a-z]{1,3})([.\\[\\]a-z0-9]{0,12})(\\.[a-zA-Z]{0,6})?",
        value in tree(),
    ) {
        let set = vec![(path, value)];
        print(check_with(GOOD, &LoadOptions { set, ..LoadOptions::default() }));
    }
}
