//! Compiled conditions do as the interpreter does.

use super::Stable;
use super::interpreter::{Interpreter, print};
use super::random::{MARKET_DATA, ORDER, SIGNAL, conditions, events};
use crate::condition::ast::Expr;
use crate::event::{Event, MarketData, Order, Signal, Slot};
use proptest::prelude::*;

fn do_alike<E: Event>(expr: &Expr, events: &[Slot]) -> Result<(), TestCaseError> {
    let stable = Stable::new();
    let text = print(expr);
    let mut condition = match stable.compile::<E>(&text) {
        Ok(compiled) => compiled,
        Err(errors) => return Err(TestCaseError::fail(errors[0].render(&text))),
    };
    for slot in events {
        let interpreter =
            Interpreter { stable: &stable, event: E::TYPE, fields: E::fields(), slot };
        let expected = interpreter.holds(expr);
        prop_assert_eq!(condition.matches(slot), expected, "{} of {:?}", text, slot);
    }
    Ok(())
}

fn some_events() -> impl Strategy<Value = Vec<Slot>> {
    prop::collection::vec(events(), 1..16)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn conditions_over_market_data_do_as_interpreted(
        expr in conditions(&MARKET_DATA), events in some_events(),
    ) {
        do_alike::<MarketData>(&expr, &events)?;
    }

    #[test]
    fn conditions_over_signals_do_as_interpreted(
        expr in conditions(&SIGNAL), events in some_events(),
    ) {
        do_alike::<Signal>(&expr, &events)?;
    }

    #[test]
    fn conditions_over_orders_do_as_interpreted(
        expr in conditions(&ORDER), events in some_events(),
    ) {
        do_alike::<Order>(&expr, &events)?;
    }
}
