//! The generated session: the same everywhere, and like a market.

use super::{GenerateOptions, Session};
use crate::merge;
use pitlane::Instruments;
use pitlane::event::fixed::SCALE;
use pitlane::event::{MarketData, Side, Slot};
use pitlane::source::Source;

fn generate(options: &GenerateOptions, batch: usize) -> Vec<MarketData> {
    let mut session = Session::new(options, &Instruments::new()).unwrap();
    let (mut events, mut read) = (Vec::new(), Vec::with_capacity(batch));
    loop {
        let more = session.read(&mut read).unwrap();
        events.append(&mut read);
        if !more {
            return events;
        }
        read.reserve_exact(batch);
    }
}

fn some(events: u64) -> GenerateOptions {
    GenerateOptions { events, ..GenerateOptions::default() }
}

/// FNV-1a of the events' bytes, little-endian.
fn digest(events: &[MarketData]) -> u64 {
    let slots: &[Slot] = bytemuck::cast_slice(events);
    let words = slots.iter().flat_map(bytemuck::cast_ref::<Slot, [u64; 8]>);
    words.flat_map(|word| word.to_le_bytes()).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Guards the promise that a seed gives the same session on every machine and in every version; a
/// change here is a change that users see.
#[test]
fn a_seed_gives_the_same_session_whatever_the_batches() {
    let events = generate(&some(10_000), 10_000);
    assert_eq!(events, generate(&some(10_000), 7));
    assert_eq!(digest(&events), GOLDEN, "digest {:#x}", digest(&events));
    assert_eq!(events[..5000], generate(&some(5000), 333)[..], "more events only go on");
    let other = generate(&GenerateOptions { seed: 2, ..some(10_000) }, 64);
    assert_ne!(events, other);
}

const GOLDEN: u64 = 0xb164_1278_bf27_1bc2;

#[test]
fn quotes_are_never_crossed_and_trades_stand_at_the_touch() {
    let mut touch = [None; 4];
    for event in generate(&some(200_000), 1000) {
        let at = event.header.instrument as usize;
        if let Some(quote) = event.as_quote() {
            assert!(quote.bid_price() < quote.ask_price() && quote.bid_price() > 0);
            assert!(quote.bid_size() > 0 && quote.ask_size() > 0);
            assert_eq!(quote.bid_price() % (SCALE / 100), 0, "on the grid");
            assert_eq!(quote.bid_size() % (100 * SCALE), 0, "in lots");
        } else {
            let trade = event.as_trade().unwrap();
            assert!(trade.size() > 0 && trade.aggressor() != Side::None);
        }
        if let (Some((bid, ask)), Some(trade)) = (touch[at], event.as_trade()) {
            let price = if trade.aggressor() == Side::Bid { ask } else { bid };
            assert_eq!(trade.price(), price);
        }
        // After a trade the touch may have moved without a quote of its own.
        touch[at] = event.as_quote().map(|quote| (quote.bid_price(), quote.ask_price()));
    }
}

#[test]
fn times_never_step_back_and_have_the_rate_asked_for() {
    let events = generate(&some(500_000), 1000);
    assert!(events.windows(2).all(|w| w[0].header.ts_event <= w[1].header.ts_event));
    assert!(events.windows(2).all(|w| merge::time(&w[0]) < merge::time(&w[1])));
    let span = events.last().unwrap().header.ts_event - events[0].header.ts_event;
    let rate = 500_000.0 / (span as f64 / 1e9);
    assert!((900.0..1100.0).contains(&rate), "{rate}");
    let fast = events.windows(2).filter(|w| w[1].header.ts_event - w[0].header.ts_event < 50_000);
    assert!(fast.count() > 20_000, "bursts");
}

/// Closing wide spreads always from above once let prices sink from 136 to 0.11 in a session.
#[test]
fn prices_rise_about_as_often_as_they_fall() {
    let rises = |seed: u64| {
        let symbols = vec!["A.SIM".to_owned()];
        let events = generate(&GenerateOptions { seed, symbols, ..some(20_000) }, 1000);
        let mut mids = events.iter().filter_map(|event| event.as_quote()?.mid());
        let first = mids.next();
        mids.next_back() > first
    };
    let rose = (1..=40).filter(|&seed| rises(seed)).count();
    assert!((10..=30).contains(&rose), "{rose} of 40 sessions rose");
}

#[test]
fn volatility_comes_in_clusters() {
    let options = GenerateOptions { symbols: vec!["A".into()], ..some(400_000) };
    let mids: Vec<i64> =
        generate(&options, 1000).iter().filter_map(|e| e.as_quote()?.mid()).collect();
    let moves: Vec<f64> = mids.chunks_exact(50).map(|c| (c[49] - c[0]).abs() as f64).collect();
    let mean = moves.iter().sum::<f64>() / moves.len() as f64;
    let variance = moves.iter().map(|m| (m - mean).powi(2)).sum::<f64>();
    let pairs = moves.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum::<f64>();
    assert!(pairs / variance > 0.02, "autocorrelation of absolute moves {}", pairs / variance);
}

#[test]
fn options_that_make_no_sense_are_refused_by_name() {
    let default = GenerateOptions::default;
    for (options, name) in [
        (GenerateOptions { tick: "0".into(), ..default() }, "`tick`"),
        (GenerateOptions { rate: "-1".into(), ..default() }, "`rate`"),
        (GenerateOptions { price: "x".into(), ..default() }, "`price`"),
        (GenerateOptions { price: "0.05".into(), ..default() }, "`price`"),
        (GenerateOptions { lot: "9000000000".into(), ..default() }, "`lot`"),
        (GenerateOptions { start: "noon".into(), ..default() }, "`start`"),
        (GenerateOptions { symbols: Vec::new(), ..default() }, "`symbols`"),
        (GenerateOptions { trade_percent: 101, ..default() }, "`trade_percent`"),
    ] {
        let error = Session::new(&options, &Instruments::new()).err().expect(name);
        assert!(error.message.contains(name), "{}", error.message);
    }
}

#[test]
fn extreme_options_neither_overflow_nor_stall() {
    for (tick, price, lot, rate) in [
        ("0.000000001", "0.0000001", "0.000000001", "0.001"),
        ("50", "50000000", "100000", "9000000000"),
    ] {
        let options = GenerateOptions {
            tick: tick.into(),
            price: price.into(),
            lot: lot.into(),
            rate: rate.into(),
            ..some(100_000)
        };
        assert!(generate(&options, 512).iter().all(|event| match event.as_quote() {
            Some(quote) => quote.bid_price() > 0 && quote.ask_price() > quote.bid_price(),
            None => event.as_trade().is_some_and(|trade| trade.price() > 0 && trade.size() > 0),
        }));
    }
}
