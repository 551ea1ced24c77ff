//! The risk gate as a config builds it.

use crate::support::{build, harness, order, signal};
use pitlane::event::{
    Action, Order, OrderKind, OrderStatus, OrderType, Reason, Side, TimeInForce, fixed,
};
use pitlane::testing::Harness;
use pitlane_strategies::Handles;
use pitlane_strategies::risk::{KillSwitch, OrderIds, RiskGate, RiskGateParams};
use proptest::prelude::*;
use serde_json::{Value, json};

const ONE: i64 = fixed::SCALE;
const SECOND: u64 = 1_000_000_000;

/// Reasons of the orders that signals at price 10 became, `NONE` for those that passed.
fn reasons(parameters: Value, signals: &[(Action, u64, i64)]) -> Vec<Reason> {
    let mut gate = harness("risk_gate", parameters);
    let mut reasons = Vec::new();
    for &(action, ts_event, quantity) in signals {
        let asked = signal(action, 1, ts_event, 10 * ONE).with_quantity(quantity);
        let order = order(&mut gate, asked).expect("an order");
        assert_eq!(order.is_denied(), order.reason != Reason::NONE);
        reasons.push(order.reason);
    }
    reasons
}

use Action::{Buy, Sell};
const PASS: Reason = Reason::NONE;

#[test]
fn makes_a_market_order_of_a_signal() {
    let mut gate = harness("risk_gate", json!({}));
    let made = order(&mut gate, signal(Sell, 4, 77, 10 * ONE)).unwrap();
    assert_eq!((made.side(), made.price, made.quantity), (Side::Ask, 10 * ONE, ONE));
    assert_eq!((made.header.instrument, made.header.ts_event, made.header.root), (4, 77, 1));
    assert_eq!((made.kind(), made.strategy), (Some(OrderKind::New), 7));
    assert_eq!(made.order_type(), Some(OrderType::Market));
    assert_eq!(made.time_in_force(), Some(TimeInForce::Ioc));
    assert_eq!(made.status(), Some(OrderStatus::New));
}

#[test]
fn makes_limit_orders_where_asked_to() {
    let mut gate = harness("risk_gate", json!({ "order_type": "limit", "quantity": "0.25" }));
    let made = order(&mut gate, signal(Buy, 4, 77, 10 * ONE)).unwrap();
    assert_eq!(made.order_type(), Some(OrderType::Limit));
    assert_eq!(made.time_in_force(), Some(TimeInForce::Gtc));
    assert_eq!((made.side(), made.quantity), (Side::Bid, ONE / 4));
}

#[test]
fn takes_the_signals_quantity_where_it_has_one() {
    let mut gate = harness("risk_gate", json!({ "quantity": 5 }));
    let asked = signal(Buy, 1, 0, ONE);
    assert_eq!(order(&mut gate, asked).unwrap().quantity, 5 * ONE);
    assert_eq!(order(&mut gate, asked.with_quantity(3)).unwrap().quantity, 3);
}

#[test]
fn hold_gives_no_order_and_no_id() {
    let mut gate = harness("risk_gate", json!({}));
    assert_eq!(order(&mut gate, signal(Action::Hold, 1, 0, ONE)), None);
    assert_eq!(order(&mut gate, signal(Buy, 1, 0, ONE)).unwrap().client_order_id & 0xFF, 1);
}

#[test]
fn ids_count_every_order_within_session_and_instance() {
    let mut gate = harness("risk_gate", json!({ "max_order_quantity": 1 }));
    let ids: Vec<u64> = [1, 2, 1]
        .map(|q| order(&mut gate, signal(Buy, 1, 0, ONE).with_quantity(q * ONE)).unwrap())
        .iter()
        .map(|order| order.client_order_id)
        .collect();
    let first = 3 << 48 | 2 << 40 | 1;
    assert_eq!(ids, [first, first + 1, first + 2]);
}

#[test]
fn denies_more_than_the_order_quantity() {
    let signals = [(Buy, 0, ONE), (Buy, 0, ONE + 1), (Sell, 0, ONE)];
    let denied = Reason::ORDER_QUANTITY;
    assert_eq!(reasons(json!({ "max_order_quantity": 1 }), &signals), [PASS, denied, PASS]);
}

#[test]
fn denies_what_would_exceed_the_position_long_or_short() {
    let signals = [
        (Buy, 0, 2 * ONE),
        (Buy, 0, 1),
        (Sell, 0, 4 * ONE),
        (Sell, 0, 1),
        (Buy, 0, ONE),
        (Buy, 0, 4 * ONE),
    ];
    let denied = Reason::POSITION;
    let expected = [PASS, denied, PASS, denied, PASS, denied];
    assert_eq!(reasons(json!({ "max_position": 2 }), &signals), expected);
}

#[test]
fn positions_are_per_instrument_over_all_strategies() {
    let mut gate = harness("risk_gate", json!({ "max_position": 1 }));
    let mut reason = |instrument, strategy| {
        let mut asked = signal(Buy, instrument, 0, ONE);
        asked.strategy = strategy;
        order(&mut gate, asked).unwrap().reason
    };
    assert_eq!((reason(1, 7), reason(2, 7)), (PASS, PASS));
    assert_eq!((reason(1, 8), reason(2, 8)), (Reason::POSITION, Reason::POSITION));
}

#[test]
fn denies_more_than_the_notional_of_one_order() {
    let signals = [(Buy, 0, 10 * ONE), (Buy, 0, 10 * ONE + 1), (Sell, 0, 10 * ONE)];
    let expected = [PASS, Reason::NOTIONAL, PASS];
    assert_eq!(reasons(json!({ "max_notional": 100 }), &signals), expected);
    let huge = [(Buy, 0, i64::MAX - 1)];
    assert_eq!(reasons(json!({ "max_notional": 9e9 }), &huge), [Reason::NOTIONAL]);
}

#[test]
fn counts_passed_orders_over_a_sliding_second_of_event_time() {
    let t = 1_000 * SECOND;
    let signals = [
        (Buy, t, ONE),
        (Sell, t + SECOND / 2, ONE),
        (Buy, t + SECOND - 1, ONE),
        // Not earlier than what was seen: event time does not step back.
        (Buy, t, ONE),
        (Buy, t + SECOND, ONE),
        (Buy, t + SECOND, ONE),
        (Buy, t + SECOND + SECOND / 2, ONE),
    ];
    let denied = Reason::RATE;
    let expected = [PASS, PASS, denied, denied, PASS, denied, PASS];
    assert_eq!(reasons(json!({ "max_orders_per_second": 2 }), &signals), expected);
}

#[test]
fn the_rate_is_per_strategy() {
    let mut gate = harness("risk_gate", json!({ "max_orders_per_second": 1 }));
    let mut reason = |strategy| {
        let mut asked = signal(Buy, 1, 0, ONE);
        asked.strategy = strategy;
        order(&mut gate, asked).unwrap().reason
    };
    assert_eq!([reason(7), reason(8), reason(7)], [PASS, PASS, Reason::RATE]);
}

#[test]
fn denies_orders_without_quantity_or_price() {
    assert_eq!(reasons(json!({}), &[(Buy, 0, 0), (Buy, 0, -1)]), [Reason::NO_QUANTITY; 2]);
    let mut gate = harness("risk_gate", json!({}));
    let made = order(&mut gate, signal(Buy, 1, 0, fixed::NULL)).unwrap();
    assert_eq!(made.reason, Reason::NO_PRICE);
}

#[test]
fn halted_denies_all_but_cancels() {
    let mut gate = harness("risk_gate", json!({ "kill_switch": "halted" }));
    assert_eq!(order(&mut gate, signal(Buy, 1, 0, ONE)).unwrap().reason, Reason::HALTED);
    let mut cancel = Order::new(42, Side::Bid, ONE, ONE);
    cancel.header.kind = OrderKind::Cancel as u8;
    gate.send(&cancel).unwrap();
    let passed = gate.take::<Order>();
    assert_eq!((passed[0].client_order_id, passed[0].is_denied()), (42, false));
}

#[test]
fn reducing_lets_pass_what_brings_a_position_nearer_to_zero() {
    let ids = OrderIds::new(0, 0).unwrap();
    let mut gate = RiskGate::new(&RiskGateParams::default(), ids, "gate", 1).unwrap();
    let reason = |gate: &mut RiskGate, action, quantity| {
        let asked = signal(action, 1, 0, ONE).with_quantity(quantity * ONE);
        gate.decide(&asked).unwrap().unwrap().reason
    };
    assert_eq!(reason(&mut gate, Buy, 10), PASS);
    gate.set_kill_switch(KillSwitch::Reducing);
    let denied = Reason::REDUCING;
    assert_eq!(reason(&mut gate, Buy, 1), denied);
    assert_eq!(reason(&mut gate, Sell, 11), denied, "crosses zero");
    assert_eq!(reason(&mut gate, Sell, 4), PASS);
    assert_eq!(reason(&mut gate, Sell, 6), PASS);
    assert_eq!(reason(&mut gate, Sell, 1), denied, "nothing left to reduce");
    assert_eq!(gate.position(1), 0);
}

#[test]
fn a_strategys_own_order_is_checked_and_keeps_its_form() {
    let mut gate = harness("risk_gate", json!({ "max_order_quantity": 2 }));
    let mut own = Order::new(0, Side::Ask, 5 * ONE, 2 * ONE);
    own = own.with_type(OrderType::Limit, TimeInForce::Day);
    gate.send(&own).unwrap();
    own.quantity += 1;
    gate.send(&own).unwrap();
    let made = gate.take::<Order>();
    assert_eq!(made[0].time_in_force(), Some(TimeInForce::Day));
    assert_eq!((made[0].reason, made[1].reason), (PASS, Reason::ORDER_QUANTITY));
    assert_eq!(made[1].client_order_id, made[0].client_order_id + 1);

    own.header.kind = OrderKind::Replace as u8;
    assert!(gate.send(&own).unwrap_err().to_string().contains("replace"));
    let sideless = Order::new(0, Side::None, ONE, ONE);
    assert!(gate.send(&sideless).unwrap_err().to_string().contains("no side"));
    own.header.kind = OrderKind::Report as u8;
    gate.send(&own).unwrap();
    assert!(gate.take::<Order>().is_empty(), "a report asks for nothing");
}

#[test]
fn refusals_are_counted_by_reason() {
    let handles = Handles::default();
    let parameters = json!({ "max_position": 1, "max_order_quantity": 5 });
    let mut gate = Harness::new(build("risk_gate", parameters, &handles).unwrap());
    for quantity in [1, 1, 6, 1] {
        order(&mut gate, signal(Buy, 1, 0, ONE).with_quantity(quantity * ONE));
    }
    order(&mut gate, signal(Action::Hold, 1, 0, ONE));
    let counts = handles.counts("it").unwrap();
    assert_eq!(counts.to_string(), "passed=1 max_order_quantity=1 max_position=2 hold=1");
}

/// The gate by the words of its manual: everything that passed is kept, and looked at per signal.
fn expected(limits: (i64, i64, i64, usize), asked: &[(bool, u32, u64, i64, i64)]) -> Vec<Reason> {
    let (quantity, position, notional, rate) = limits;
    let mut passed: Vec<(u32, u64, i128)> = Vec::new();
    let (mut reasons, mut now) = (Vec::new(), 0);
    for &(buys, instrument, ts_event, price, size) in asked {
        now = now.max(ts_event);
        let signed = if buys { i128::from(size) } else { -i128::from(size) };
        let held: i128 = passed.iter().filter(|p| p.0 == instrument).map(|p| p.2).sum();
        let recent = passed.iter().filter(|p| p.1 + SECOND > now).count();
        let reason = if size > quantity {
            Reason::ORDER_QUANTITY
        } else if (held + signed).abs() > i128::from(position) {
            Reason::POSITION
        } else if i128::from(price) * i128::from(size) > i128::from(notional) * i128::from(ONE) {
            Reason::NOTIONAL
        } else if recent >= rate {
            Reason::RATE
        } else {
            PASS
        };
        if reason == PASS {
            passed.push((instrument, now, signed));
        }
        reasons.push(reason);
    }
    reasons
}

proptest! {
    #[test]
    fn every_decision_follows_the_manual(
        limits in (1_i64..8, 1_i64..12, 1_i64..40, 1_usize..5),
        asked in prop::collection::vec(
            (any::<bool>(), 1_u32..4, 0_u64..20, 1_i64..9, 1_i64..9), 1..200),
    ) {
        let (quantity, position, notional, rate) = limits;
        let asked: Vec<_> = asked.into_iter().enumerate()
            .map(|(i, (buys, instrument, jitter, price, size))| {
                (buys, instrument, (i as u64 + jitter) * SECOND / 8, price * ONE, size * ONE)
            })
            .collect();
        let mut gate = harness("risk_gate", json!({
            "quantity": 1,
            "max_order_quantity": quantity,
            "max_position": position,
            "max_notional": notional,
            "max_orders_per_second": rate,
        }));
        let mut got = Vec::new();
        for &(buys, instrument, ts_event, price, size) in &asked {
            let action = if buys { Buy } else { Sell };
            let asked = signal(action, instrument, ts_event, price).with_quantity(size);
            got.push(order(&mut gate, asked).unwrap().reason);
        }
        let limits = (quantity * ONE, position * ONE, notional * ONE, rate);
        prop_assert_eq!(got, expected(limits, &asked));
    }
}
