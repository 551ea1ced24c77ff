//! What is measured.

use crate::{FEED, Settings};
use pitlane::Tier;
use pitlane::event::{MarketData, Order, Signal};
use pitlane::route::{Route, broadcast, filter_to, pipeline};
use pitlane::stage::{Component, Outbox, component, each};
use pitlane::topology::Plan;
use pitlane_strategies::mean_reversion::{MeanReversion, MeanReversionParams};
use pitlane_strategies::risk::{OrderIds, RiskGate, RiskGateParams};
use pitlane_strategies::sinks::Null;
use pitlane_strategies::sma_cross::{SmaCross, SmaCrossParams};
use pitlane_strategies::strategy::{PriceInput, Priced};
use pitlane_strategies::{Strategy, strategy};

/// Trades through two strategies and the risk gate to a sink, all on the fast tier:
///
/// ```text
///  feed --> sma_cross ------+
///      \                    +--> risk_gate --> null
///       \-> mean_reversion -+
/// ```
/// Every component has its defaults, but for the windows 10, 50 and 100.
#[must_use]
pub fn replay(settings: &Settings) -> Plan {
    replay_of(settings, component(Null).on::<Order>().build(), Route::from)
}

/// As [`replay`], to a sink of one's own.
pub(crate) fn replay_to(orders: Component, settings: &Settings) -> Plan {
    replay_of(settings, orders, Route::from)
}

/// As [`replay`]; the strategies see only what meets a condition.
#[must_use]
pub fn filtered_replay(condition: &str, settings: &Settings) -> Plan {
    let orders = component(Null).on::<Order>().build();
    replay_of(settings, orders, |strategy| filter_to(condition, strategy))
}

fn replay_of(
    settings: &Settings,
    orders: Component,
    target: impl Fn(&'static str) -> Route,
) -> Plan {
    let mut plan = Plan::new();
    let sma = SmaCrossParams { fast: 10, slow: 50, ..SmaCrossParams::default() };
    let sma = SmaCross::new(&sma).expect("sound parameters");
    plan.component("sma", strategy_of(Priced::new(sma, PriceInput::Trade, "sma")));
    let revert = MeanReversionParams { window: 100, ..MeanReversionParams::default() };
    let revert = MeanReversion::new(&revert).expect("sound parameters");
    plan.component("revert", strategy_of(Priced::new(revert, PriceInput::Trade, "revert")));
    plan.component("gate", gate());
    plan.component("orders", orders);
    plan.route::<MarketData>(FEED, Tier::FAST, broadcast([target("sma"), target("revert")]));
    plan.route::<Signal>("strategy", Tier::FAST, "gate");
    plan.route::<Order>("risk", Tier::FAST, "orders");
    settings.apply(&mut plan);
    plan
}

fn strategy_of<S: Strategy + 'static>(rule: S) -> Component {
    strategy(rule).max_emissions(1).emits_under("strategy").into()
}

fn gate() -> Component {
    let ids = OrderIds::new(1, 0).expect("the first one");
    let gate = RiskGate::new(&RiskGateParams::default(), ids, "gate", 1).expect("defaults do");
    component(gate).on::<Signal>().emits::<Order>().max_emissions(1).emits_under("risk").into()
}

/// A pipeline of stages that add up prices and emit nothing: what it costs is the dispatch.
///
/// ```text
///  feed --> s1 --> s2 --> ... --> sn
/// ```
#[must_use]
pub fn pipeline_of(stages: usize, settings: &Settings) -> Plan {
    let mut plan = Plan::new();
    let names: Vec<_> = (1..=stages).map(|n| format!("s{n}")).collect();
    for name in &names {
        plan.component(name, adder());
    }
    plan.route::<MarketData>(FEED, Tier::FAST, pipeline(names));
    settings.apply(&mut plan);
    plan
}

/// A chain of stages that each write every event to a stream of their own, and an adder at its end:
///
/// ```text
///  feed --> f1 ==> f2 ==> ... ==> fn ==> sum
/// ```
#[must_use]
pub fn chain_of(forwarders: usize, settings: &Settings) -> Plan {
    let mut plan = Plan::new();
    let mut from = FEED.to_owned();
    for n in 1..=forwarders {
        let name = format!("f{n}");
        plan.component(&name, forwarder());
        plan.route::<MarketData>(&from, Tier::FAST, name.as_str());
        from = name;
    }
    plan.component("sum", adder());
    plan.route::<MarketData>(&from, Tier::FAST, "sum");
    settings.apply(&mut plan);
    plan
}

/// Stages side by side that add up prices and emit nothing.
///
/// ```text
///  feed --> s1, s2, ..., sn
/// ```
#[must_use]
pub fn broadcast_to(stages: usize, settings: &Settings) -> Plan {
    let mut plan = Plan::new();
    let names: Vec<_> = (1..=stages).map(|n| format!("s{n}")).collect();
    for name in &names {
        plan.component(name, adder());
    }
    plan.route::<MarketData>(FEED, Tier::FAST, broadcast(names.iter().map(String::as_str)));
    settings.apply(&mut plan);
    plan
}

/// Two stages that each emit every event, and one that merges both in the order of roots:
///
/// ```text
///  feed --> left  ==\
///      \--> right ==+--> join
/// ```
#[must_use]
pub fn diamond(join: impl Into<Component>, settings: &Settings) -> Plan {
    let mut plan = Plan::new();
    for side in ["left", "right"] {
        let side_component: Component = forwarder();
        plan.component(side, side_component.emits_under("sides"));
    }
    plan.component("join", join);
    plan.route::<MarketData>(FEED, Tier::FAST, broadcast(["left", "right"]));
    plan.route::<MarketData>("sides", Tier::FAST, "join");
    settings.apply(&mut plan);
    plan
}

/// A stage that adds up prices.
#[must_use]
pub fn adder() -> Component {
    let mut sum = 0_i64;
    let add = each(move |event: &MarketData, _: &mut Outbox| {
        if let Some(trade) = event.as_trade() {
            sum = sum.wrapping_add(trade.price());
        }
        Ok(())
    });
    add.into()
}

fn forwarder() -> Component {
    let forward = each(|event: &MarketData, out: &mut Outbox| {
        out.emit(*event);
        Ok(())
    });
    forward.emits::<MarketData>().max_emissions(1).into()
}
