//! Writes orders, and keeps the ledger.

use super::ledger::Ledger;
use super::sheet::Sheet;
use pitlane::event::fixed::Decimal;
use pitlane::event::{Order, OrderStatus, OrderType, Reason, Side, TimeInForce};
use pitlane::stage::{Fault, On, Outbox, Stage};
use std::io::{self, Write};

pub(super) const FILE: &str = "orders.csv";
pub(super) const HEADER: &str = "root,ts_event,client_order_id,symbol,side,type,time_in_force,\
                                 price,quantity,status,reason,strategy\n";

/// Writes each order as a row, and counts it in the ledger.
#[derive(Debug)]
pub(super) struct OrderRecorder {
    sheet: Sheet,
    ledger: Ledger,
}

impl OrderRecorder {
    pub(super) fn new(sheet: Sheet) -> Self {
        Self { sheet, ledger: Ledger::default() }
    }
}

impl Stage for OrderRecorder {
    fn on_start(&mut self, _out: &mut Outbox) -> Result<(), Fault> {
        self.sheet.begin(FILE)
    }

    fn on_stop(&mut self, _out: &mut Outbox) -> Result<(), Fault> {
        self.sheet.rows.flush()
    }
}

impl On<Order> for OrderRecorder {
    fn on(&mut self, order: &Order, _out: &mut Outbox) -> Result<(), Fault> {
        self.ledger.take(order);
        let symbol = self.sheet.symbols.text(order.header.instrument);
        let strategy = self.sheet.names.name(order.strategy).unwrap_or_default();
        self.sheet.rows.row(|out| write_row(out, order, symbol, strategy))
    }
}

fn write_row(out: &mut impl Write, order: &Order, symbol: &str, strategy: &str) -> io::Result<()> {
    let side = match order.side() {
        Side::Bid => "buy",
        Side::Ask => "sell",
        Side::None => "",
    };
    write!(
        out,
        "{},{},{},{symbol},{side},{},{},{},{},{},",
        order.header.root,
        order.header.ts_event,
        order.client_order_id,
        order.order_type().map_or("", OrderType::name),
        order.time_in_force().map_or("", TimeInForce::name),
        Decimal(order.price),
        Decimal(order.quantity),
        order.status().map_or("", OrderStatus::name),
    )?;
    if order.reason != Reason::NONE {
        write!(out, "{}", order.reason)?;
    }
    writeln!(out, ",{strategy}")
}

/// Whatever ended the run, what was written is kept and counted.
impl Drop for OrderRecorder {
    fn drop(&mut self) {
        let ledger = std::mem::take(&mut self.ledger);
        self.sheet.close(|recorded, count| (recorded.orders, recorded.ledger) = (count, ledger));
    }
}
