//! Positions as CSV.

use super::outcome::Outcome;
use crate::record::quoted;
use crate::text::product;
use pitlane::event::fixed::{Decimal, WideDecimal};
use std::fmt::Write;

/// What positions rest on, until there are fills.
pub(crate) const BASIS: &str = "assumed filled at order price";

/// One row per instrument with orders that passed; what is not known is empty.
pub(super) fn csv(outcome: &Outcome) -> String {
    let mut csv = String::from("symbol,orders,position,turnover,last_price,pnl,basis\n");
    for (instrument, position) in outcome.recorded.ledger.positions() {
        let mark = outcome.marks.of(instrument);
        let money = |value: Option<i128>| value.map(|value| product(value).to_string());
        // Writing to a string does not fail.
        let _ = writeln!(
            csv,
            "{},{},{},{},{},{},{BASIS}",
            quoted(&outcome.symbol(instrument)),
            position.orders,
            WideDecimal(position.quantity),
            money(position.turnover()).unwrap_or_default(),
            mark.map(|price| Decimal(price).to_string()).unwrap_or_default(),
            money(position.pnl(mark)).unwrap_or_default(),
        );
    }
    csv
}
