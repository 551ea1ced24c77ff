//! What matches.

use super::Stable;
use crate::condition::Fields;
use crate::event::fixed::{NULL, SCALE};
use crate::event::{
    Action, Event, Field, FieldKind, MarketData, Order, OrderStatus, OrderType, Reason, Side,
    Signal, Slot, TimeInForce,
};

fn trade(price: i64, size: i64) -> MarketData {
    let mut trade = MarketData::trade(1, 1_700_000_000_000_000_000, price, size, Side::Bid)
        .with_venue_sequence(77);
    trade.header.root = 41;
    trade.header.source = 1;
    trade
}

fn quote(bid: i64, ask: i64) -> MarketData {
    MarketData::quote(1, 5, (bid, 300 * SCALE), (ask, 100 * SCALE))
}

fn signal(strength: f64) -> Signal {
    let mut signal = Signal::new(Action::Sell, strength, 10 * SCALE);
    signal.header.instrument = 1;
    signal.header.source = 2;
    signal.strategy = 3;
    signal
}

fn assert_all<E: Event>(event: &E, expected: bool, texts: &[&str]) {
    let stable = Stable::new();
    for text in texts {
        assert_eq!(stable.matches(text, event), expected, "{text}");
    }
}

#[test]
fn reads_every_field_of_market_data() {
    let yes = [
        "ts_event == 1_700_000_000_000_000_000",
        "ts_recv == 0",
        "root == 41",
        "symbol == 'AAPL'",
        "venue == 'XNAS'",
        "source == 'feed'",
        "kind == 'trade'",
        "flags == 1",
        "price == 182.5",
        "size == 100",
        "venue_sequence == 77",
        "side == 'bid' && side == 'buy'",
    ];
    assert_all(&trade(182_500_000_000, 100 * SCALE), true, &yes);
    let yes = ["bid_price == 1", "ask_price == 2", "bid_size == 300", "ask_size == 100"];
    assert_all(&quote(SCALE, 2 * SCALE), true, &yes);
    let kind = crate::event::MarketDataKind::Add;
    let add = MarketData::book(kind, 1, 0, Side::Ask, (SCALE, SCALE), u64::MAX);
    assert_all(&add, true, &["order_id == 18446744073709551615", "side == 'ask'"]);
}

#[test]
fn reads_every_field_of_signals() {
    let yes = [
        "strength == 0.75",
        "price == 10",
        "quantity == 3",
        "component == 'revert'",
        "strategy == 'revert'",
        "action == 'sell'",
        "kind == 'signal'",
        "source == 'sma'",
        "source != component && strategy == component",
        "is_sell",
    ];
    assert_all(&signal(0.75).with_quantity(3 * SCALE), true, &yes);
}

#[test]
fn reads_every_field_of_orders() {
    let mut order = Order::new(7 << 48 | 9, Side::Ask, NULL, 5 * SCALE)
        .with_type(OrderType::Limit, TimeInForce::Gtd)
        .denied(Reason::NOTIONAL);
    order.strategy = 2;
    let yes = [
        "client_order_id == 1970324836974601",
        "quantity == 5",
        "type == 'limit'",
        "time_in_force == 'gtd'",
        "side == 'sell'",
        "reason == 3",
        "strategy == 'sma'",
        "kind == 'new'",
    ];
    assert_all(&order, true, &yes);
    order.set_status(OrderStatus::PartiallyFilled);
    assert_eq!(order.status(), Some(OrderStatus::PartiallyFilled));
    assert_all(&order, false, &["price == 5", "price != 5", "type in ['market']"]);
}

#[test]
fn binds_or_loosest_then_and_then_not_then_comparison_then_arithmetic() {
    let event = trade(10 * SCALE, 2 * SCALE);
    let yes = [
        "true || false && false",
        "!(true && false) || false",
        "not false and true",
        "!price > 10",
        "price + 2 * 3 == 16",
        "(price + 2) * 3 == 36",
        "price - 2 - 3 == 5",
        "price / 2 / 5 == 1",
        "-price + 20 == 10",
        "- -price == 10",
        "price % 3 + 1 == 2",
        "size < price and price < 11",
    ];
    assert_all(&event, true, &yes);
}

#[test]
fn compares_prices_exactly() {
    let event = trade(300_000_000, i64::MAX - 1);
    let yes = [
        "price == 0.1 + 0.2",
        "price > 0.299999999",
        "price < 0.300000001",
        "price >= 3e-1",
        "price % 0.01 == 0",
        "price % 0.07 == 0.02",
        "-price % 0.07 == -0.02",
        "size == 9223372036.854775806",
        "size + size == 18446744073.709551612",
        "size > 9223372036.854775805",
        "price in [0.1, 0.3]",
        "0.3 in [0.1, 0.3]",
        "price not in (0.300000001, 7)",
    ];
    assert_all(&event, true, &yes);
}

#[test]
fn compares_integers_with_fractions_exactly() {
    let mut event = trade(SCALE, SCALE);
    event.header.ts_event = u64::MAX;
    let yes = [
        "root > 40.5",
        "root < 41.000000001",
        "root != 41.5",
        "!(root == 41.5)",
        "root <= 41.9",
        "root not in [41.5]",
        "root > -1",
        "ts_event == 18446744073709551615",
        "ts_event > 18446744073709551614.999999999",
        "ts_event >= 1.8446744073709551615e19",
        "root % 2 == 1",
    ];
    assert_all(&event, true, &yes);
    assert_all(&event, false, &["flags < 0", "flags > 255", "root == -41", "root < 41"]);
}

#[test]
fn computes_products_in_floats() {
    let event = trade(182_500_000_000, 40 * SCALE);
    assert_all(&event, true, &["price * size == 7300", "price / 0.5 == 365", "size * 1.5 > 59.9"]);
    let yes = ["strength * 100 >= 70", "strength + price > 10.6", "price - strength < 9.4"];
    assert_all(&signal(0.7), true, &yes);
}

#[test]
fn compares_two_fields() {
    let crossed = quote(2 * SCALE, SCALE);
    let yes = ["bid_price > ask_price", "bid_size >= ask_size", "ask_price - bid_price < 0"];
    assert_all(&crossed, true, &yes);
    assert_all(&crossed, false, &["bid_price == ask_price", "ask_price + 1 < bid_price"]);
}

#[test]
fn lets_no_comparison_with_null_hold() {
    let one_sided = quote(SCALE, NULL);
    let no = [
        "ask_price > 0",
        "ask_price <= 0",
        "ask_price != 5",
        "ask_price == ask_price",
        "ask_price != bid_price",
        "ask_price in [1]",
        "ask_price not in [1]",
        "ask_price - bid_price > -100",
        "ask_price * 0 == 0",
        "-ask_price < 0",
        "ask_price > -9e9",
        "bid_price / 0 != 1",
        "bid_price % 0 == 0",
    ];
    assert_all(&one_sided, false, &no);
    assert_all(&one_sided, true, &["!(ask_price > 0)", "bid_price == bid_price"]);
}

#[test]
fn takes_a_field_of_another_kind_for_null() {
    let no =
        ["price > 0", "price != 7", "price == bid_price", "venue_sequence >= 0", "order_id == 0"];
    assert_all(&quote(SCALE, 2 * SCALE), false, &no);
    assert_all(&trade(SCALE, SCALE), false, &["bid_price > 0", "ask_size != 1"]);
    let mut odd = trade(SCALE, SCALE);
    odd.header.kind = 200;
    assert_all(&odd, false, &["price > 0", "order_id >= 0", "kind == 'trade'"]);
    assert_all(&odd, true, &["kind != 'trade'", "kind not in ['trade', 'bar']", "root == 41"]);
}

#[test]
fn takes_nan_for_null() {
    let no = [
        "strength > 0",
        "strength != 0.5",
        "strength == strength",
        "strength not in [0.5]",
        "strength * 2 != 1",
        "-strength <= 0",
    ];
    assert_all(&signal(f64::NAN), false, &no);
    assert_all(&signal(f64::INFINITY), true, &["strength > 1e308", "strength != 0.5"]);
    assert_all(&signal(-0.0), true, &["strength == 0", "strength in [0]"]);
}

#[test]
fn finds_a_symbol_with_and_without_its_venue() {
    let stable = Stable::new();
    let matching = |text: &str| -> Vec<u32> {
        let mut condition = stable.compile::<MarketData>(text).unwrap();
        let at = |id| MarketData::trade(id, 0, SCALE, SCALE, Side::Bid);
        (0..=8).filter(|&id| condition.matches(Slot::of(&at(id)))).collect()
    };
    assert_eq!(matching("symbol == \"AAPL\""), [1, 2, 7]);
    assert_eq!(matching("symbol == 'AAPL.XNYS'"), [2]);
    assert_eq!(matching("'BRK.B' == symbol"), [4, 5]);
    assert_eq!(matching("symbol != \"AAPL\""), [3, 4, 5, 6]);
    assert_eq!(matching("symbol in ['MSFT', 'EURUSD',]"), [3, 6]);
    assert_eq!(matching("symbol not in ('MSFT.XNAS', \"AAPL\")"), [4, 5, 6]);
    assert_eq!(matching("venue == 'XNYS'"), [2, 5]);
    assert_eq!(matching("venue != 'XNYS'"), [1, 3, 4]);
    assert_eq!(matching("venue == ''"), [0_u32; 0]);
    assert_eq!(matching("!(symbol == 'AAPL')"), [0, 3, 4, 5, 6, 8]);
}

#[test]
fn finds_symbols_that_come_later() {
    let stable = Stable::new();
    let mut condition = stable.compile::<MarketData>("symbol == 'TSLA'").unwrap();
    assert_eq!(condition.warnings().len(), 1);
    let mut matches =
        |id| condition.matches(Slot::of(&MarketData::trade(id, 0, SCALE, SCALE, Side::None)));
    let later = stable.instruments.len() as u32 + 1;
    assert!(!matches(later), "nobody gave this number yet");
    assert_eq!(stable.instruments.intern("TSLA.XNAS"), later);
    assert!(matches(later) && matches(later));
    for number in 0..40_000 {
        assert!(!matches(stable.instruments.intern(&format!("S{number}.XNAS"))));
    }
    assert!(matches(stable.instruments.intern("TSLA.BATS")), "beyond the room at first");
    assert!(!matches(u32::MAX));
}

#[test]
fn tells_names_apart_and_none_from_all() {
    let mut event = signal(0.5);
    let texts = ["source == 'sma'", "source in ['sma', 'gate']", "source != 'nobody'"];
    assert_all(&event, true, &texts);
    assert_all(&event, true, &["source not in ['feed', 'gate']", "source not in ['nobody', 'x']"]);
    assert_all(&event, false, &["source == 'nobody'", "source in ['nobody']", "source != 'sma'"]);
    event.header.source = 0;
    let no =
        ["source == 'sma'", "source != 'sma'", "source not in ['x', 'y']", "source != component"];
    assert_all(&event, false, &no);
}

#[test]
fn compares_truths() {
    let event = trade(SCALE, 100 * SCALE);
    let yes =
        ["is_large == true", "is_large != false", "(price > 0) == (size > 0)", "!is_large != true"];
    assert_all(&event, true, &yes);
    assert_all(&event, false, &["is_large == (price > 1)", "is_large != is_large", "!is_large"]);
}

#[test]
fn calls_predicates_of_the_type_and_of_all_types() {
    assert_all(&trade(SCALE, 100 * SCALE), true, &["is_large && is_odd && price == 1"]);
    assert_all(&trade(SCALE, 99 * SCALE), false, &["is_large", "is_large && is_odd"]);
    assert_all(&signal(0.1), true, &["is_sell || is_odd"]);
}

#[test]
fn joins_more_parts_than_a_chain_has() {
    let event = trade(10 * SCALE, SCALE);
    for n in [2, 15, 16, 17, 1000] {
        let all = vec!["price == 10"; n].join(" && ");
        let any = vec!["price == 11"; n].join(" || ");
        let yes = [&*all, &format!("{any} || {all}"), &format!("({any} || size == 1) && {all}")];
        assert_all(&event, true, &yes);
        let no = [&*any, &format!("{all} && size == 2"), &format!("({all}) && ({any})")];
        assert_all(&event, false, &no);
    }
}

#[test]
fn joins_compiled_conditions_and_moves_their_warnings() {
    let stable = Stable::new();
    let compile = |text| stable.compile::<MarketData>(text).expect(text);
    let mut both = compile("price > 1 || venue == 'Ä'").and(compile("venue == 'Ö' || size > 1"));
    assert_eq!(both.text(), "(price > 1 || venue == 'Ä') && (venue == 'Ö' || size > 1)");
    assert_eq!(both.event(), MarketData::TYPE);
    let at: Vec<_> = both.warnings().iter().map(|w| &both.text()[w.at.clone()]).collect();
    assert_eq!(at, ["'Ä'", "'Ö'"]);
    for (price, size, expected) in [(2, 2, true), (2, 1, false), (1, 2, false), (1, 1, false)] {
        let event = trade(price * SCALE, size * SCALE);
        assert_eq!(both.matches(Slot::of(&event)), expected);
    }
}

#[test]
fn reads_small_integers_of_the_users_own_types_at_their_places() {
    static FIELDS: [Field; 4] = [
        integer("byte", 63, 1),
        integer("half", 60, 2),
        integer("word", 52, 4),
        Field { name: "ratio", doc: "", kind: FieldKind::Float { byte: 40 } },
    ];
    const fn integer(name: &'static str, byte: usize, bytes: usize) -> Field {
        Field { name, doc: "", kind: FieldKind::Integer { byte, bytes, kinds: 1 << 3 } }
    }
    let fields = Fields { event: Signal::TYPE, fields: &FIELDS };
    let stable = Stable::new();
    let mut bytes = [0_u8; 64];
    bytes[30] = 3;
    bytes[63] = 200;
    bytes[60..62].copy_from_slice(&60_000_u16.to_ne_bytes());
    bytes[52..56].copy_from_slice(&4_000_000_000_u32.to_ne_bytes());
    bytes[40..48].copy_from_slice(&1.25_f64.to_ne_bytes());
    let mut event: Slot = bytemuck::cast(Aligned(bytes));
    let matches = |event: &Slot, text: &str| {
        let mut condition = crate::condition::compile(text, &fields, &stable.world()).expect(text);
        condition.matches(event)
    };
    let texts = [
        "byte == 200 && half == 60_000 && word == 4e9",
        "byte != 199 && half != 7 && word != 2.5",
        "byte + half + word == 4000060200",
        "ratio == 1.25",
    ];
    for text in texts {
        assert!(matches(&event, text), "{text}");
    }
    event.header.kind = 4;
    for text in ["byte == 200", "half != 7", "word + byte > 0", "byte in [200]"] {
        assert!(!matches(&event, text), "{text}");
    }
}

#[repr(C, align(64))]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Aligned([u8; 64]);
