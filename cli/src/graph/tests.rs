//! Drawings of a broadcast, a pipeline and a diamond.

use super::{Drawing, ascii, dot, mermaid};
use pitlane::Tier;
use pitlane::event::{MarketData, Order, Signal};
use pitlane::route::{broadcast, filter_to, pipeline};
use pitlane::stage::{Component, Outbox, each};
use pitlane::topology::Plan;

/// feed -> look, then (sma, revert) -> gate -> orders
fn drawing() -> Drawing {
    let strategy = || -> Component {
        each(|_: &MarketData, _: &mut Outbox| Ok(()))
            .emits::<Signal>()
            .emits_under("strategy")
            .into()
    };
    let mut plan = Plan::new();
    plan.component("look", each(|_: &MarketData, _: &mut Outbox| Ok(())))
        .component("sma", strategy())
        .component("revert", strategy())
        .component("gate", each(|_: &Signal, _: &mut Outbox| Ok(())).emits::<Order>())
        .component("orders", each(|_: &Order, _: &mut Outbox| Ok(())).gateway());
    let steps = ["look".into(), broadcast(["sma", "revert"])];
    plan.route::<MarketData>("feed", Tier::FAST, pipeline(steps))
        .route::<Signal>("strategy", Tier::FAST, filter_to("strength > 0.1", "gate"))
        .route::<Order>("gate", Tier::Standard, "orders");
    let checked = plan.check().expect("no mistakes");
    Drawing { streams: checked.streams(), stages: checked.stages() }
}

#[test]
fn a_tree_shows_each_stage_once_with_conditions_and_tiers() {
    let expected = r#"feed (MarketData)
`- look [fast]
   +- then sma [fast]
   |  `- strategy/sma (Signal)
   |     `- gate [fast] if strength > 0.1, with strategy/revert
   |        `- gate (Order)
   |           `- orders [standard] if status != "denied"
   `- then revert [fast]
      `- strategy/revert (Signal)
         `- gate [fast] if strength > 0.1 (see above)
"#;
    assert_eq!(ascii(&drawing()), expected);
}

#[test]
fn dot_escapes_what_it_quotes() {
    let text = dot(&drawing());
    assert!(
        text.contains(r#""in:feed.MarketData" -> "at:look" [label="feed MarketData\nfast"];"#),
        "{text}"
    );
    assert!(text.contains(r#"if status != \"denied\""#), "{text}");
    assert_eq!(text.matches(" -> ").count(), 6);
}

#[test]
fn mermaid_escapes_what_its_language_would_read() {
    let text = mermaid(&drawing());
    assert!(text.starts_with("flowchart LR\n  i0([\"feed<br/>MarketData\"])\n"), "{text}");
    assert!(text.contains("if strength #gt; 0.1"), "{text}");
    assert!(text.contains("status != #quot;denied#quot;"), "{text}");
}
