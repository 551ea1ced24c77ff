//! Drawings of a broadcast, a pipeline and a diamond.

use super::{Drawing, ascii, dot, mermaid};
use pitlane::Tier;
use pitlane::event::{MarketData, Order, Signal};
use pitlane::route::{OnFull, broadcast, filter_to, on_full, pipeline};
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
fn links_that_may_lose_say_what_they_do() {
    let look = || each(|_: &MarketData, _: &mut Outbox| Ok(()));
    let mut plan = Plan::new();
    plan.component("chart", look()).component("then", look()).component("last", look());
    let route = broadcast([
        on_full(OnFull::Conflate, pipeline(["chart", "then"])),
        on_full(OnFull::DropOldest, filter_to("size > 1", "last")),
    ]);
    plan.route::<MarketData>("feed", Tier::FAST, route);
    let checked = plan.check().expect("no mistakes");
    let drawing = Drawing { streams: checked.streams(), stages: checked.stages() };
    let expected = r#"feed (MarketData)
+- chart [fast, conflate]
|  `- then then [fast, conflate]
`- last [fast, drop_oldest] if size > 1
"#;
    assert_eq!(ascii(&drawing), expected);
    let text = dot(&drawing);
    assert!(text.contains(r#"[label="feed MarketData\nfast\nconflate"]"#), "{text}");
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
