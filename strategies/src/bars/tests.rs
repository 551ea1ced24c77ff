//! Bars by example, against the definition, and as a component.

use super::{BarOptions, BarStage, Bars, BarsParams, Built, Clock, Of, Span};
use crate::strategy::{Ctx, Strategy, strategy};
use pitlane::event::fixed::NULL;
use pitlane::event::{Bar, MarketData, Ohlc, Side};
use pitlane::stage::Fault;
use pitlane::testing::Harness;
use proptest::prelude::{Just, Strategy as _, any, prop, prop_assert_eq, prop_oneof, proptest};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

fn options(span: Span, of: Of) -> BarOptions {
    BarOptions { span, of, clock: Clock::Event, wait: 0 }
}

fn trade(time: u64, price: i64, size: i64) -> MarketData {
    MarketData::trade(1, time, price, size, Side::None)
}

fn built(options: BarOptions, events: &[MarketData]) -> (Vec<Built>, u64) {
    let (mut bars, mut all) = (Bars::new(options), Vec::new());
    for event in events {
        bars.push(event, |built| all.push(built));
    }
    bars.finish(|built| all.push(built));
    (all, bars.late())
}

/// Start, end, first, highest, lowest and last price, volume, count.
fn rows(bars: &[Built]) -> Vec<(u64, u64, [i64; 4], i128, u64)> {
    let row = |built: &Built| {
        let Bar { start, until, count, trades: Ohlc { open, high, low, close }, .. } = built.bar;
        (start, until, [open, high, low, close], built.volume, count)
    };
    bars.iter().map(row).collect()
}

#[test]
fn time_bars_are_half_open_and_never_empty() {
    let events = [trade(60, 5, 1), trade(119, 7, 2), trade(120, 6, 3), trade(400, 1, 4)];
    let (bars, late) = built(options(Span::Time(60), Of::Trades), &events);
    let expected = [
        (60, 120, [5, 7, 5, 7], 3, 2),
        (120, 180, [6, 6, 6, 6], 3, 1),
        (360, 420, [1, 1, 1, 1], 4, 1),
    ];
    assert_eq!((rows(&bars), late), (expected.to_vec(), 0));
}

#[test]
fn bars_of_a_count_and_of_a_volume_end_with_the_event_that_fills_them() {
    let events = [trade(1, 5, 1), trade(2, 7, 2), trade(2, 6, 9), trade(4, 1, 1)];
    let (bars, _) = built(options(Span::Count(2), Of::Trades), &events);
    assert_eq!(rows(&bars), [(1, 2, [5, 7, 5, 7], 3, 2), (2, 4, [6, 6, 1, 1], 10, 2)]);
    let (bars, _) = built(options(Span::Volume(3), Of::Trades), &events);
    let expected =
        [(1, 2, [5, 7, 5, 7], 3, 2), (2, 2, [6, 6, 6, 6], 9, 1), (4, 4, [1, 1, 1, 1], 1, 1)];
    assert_eq!(rows(&bars), expected, "no trade is split; the last bar is not full");
}

#[test]
fn quotes_give_bids_and_asks_each_for_itself() {
    let quote = |time, bid, ask| MarketData::quote(1, time, (bid, 1), (ask, 1));
    let events = [
        quote(60, 5, NULL),
        quote(61, 4, 9),
        quote(62, NULL, NULL),
        trade(63, 1, 1),
        quote(64, 6, 8),
    ];
    let (bars, _) = built(options(Span::Time(60), Of::Quotes), &events);
    let bar = bars[0].bar;
    assert_eq!(bar.bid, Ohlc { open: 5, high: 6, low: 4, close: 6 });
    assert_eq!(bar.ask, Ohlc { open: 9, high: 9, low: 8, close: 8 });
    assert_eq!((bars.len(), bar.count, bar.volume), (1, 3, 0));
}

#[test]
fn late_events_are_waited_for_or_counted() {
    let events =
        [trade(60, 5, 1), trade(125, 7, 1), trade(119, 9, 1), trade(300, 1, 1), trade(62, 1, 1)];
    let (bars, late) = built(options(Span::Time(60), Of::Trades), &events);
    assert_eq!((rows(&bars)[0].2, late), ([5, 5, 5, 5], 2));
    let waiting = BarOptions { wait: 10, ..options(Span::Time(60), Of::Trades) };
    let (bars, late) = built(waiting, &events);
    assert_eq!((rows(&bars)[0].2, late), ([5, 9, 5, 9], 1));
}

#[test]
fn the_clock_may_be_that_of_the_capture() {
    let mut event = trade(60, 5, 1);
    event.header.ts_recv = 300;
    let mut unknown = trade(0, 5, 1);
    unknown.header.ts_recv = 60;
    let by_event = built(options(Span::Time(60), Of::Trades), &[event, unknown]).0;
    assert_eq!(rows(&by_event)[0].4, 2);
    let recv = BarOptions { clock: Clock::Recv, ..options(Span::Time(60), Of::Trades) };
    assert_eq!(built(recv, &[unknown, event]).0.len(), 2);
}

#[test]
fn an_instrument_that_is_silent_ends_its_bars_by_advancing() {
    let mut bars = Bars::new(options(Span::Time(60), Of::Trades));
    bars.push(&trade(60, 5, 1), |_| panic!("it is open"));
    assert_eq!(bars.next_done(), 120);
    bars.advance(119, |_| panic!("it is open"));
    let mut done = 0;
    bars.advance(120, |_| done += 1);
    assert_eq!((done, bars.next_done()), (1, u64::MAX));
}

proptest! {
    #[test]
    fn time_bars_are_the_buckets_of_their_definition(
        events in prop::collection::vec((0_u64..2000, -50_i64..50, 0_i64..9, 1_u32..4), 0..300),
        length in 1_u64..400,
    ) {
        let mut sorted = events.clone();
        sorted.sort_by_key(|event| event.0);
        let mut expected: BTreeMap<(u64, u32), Vec<(i64, i64)>> = BTreeMap::new();
        for (time, price, size, instrument) in &events {
            let start = time / length * length;
            expected.entry((start, *instrument)).or_default().push((*price, *size));
        }
        // All may come late.
        let all = BarOptions { wait: 3000, ..options(Span::Time(length), Of::Trades) };
        let events = events.iter().map(|(time, price, size, instrument)| {
            let mut event = trade(*time, *price, *size);
            event.header.instrument = *instrument;
            event.header.ts_recv = 1;
            event
        });
        // Time 0 is no time: its clock is that of the capture, which is in the first bar as well.
        let (mut bars, late) = built(all, &events.collect::<Vec<_>>());
        bars.sort_by_key(|built| (built.bar.start, built.bar.instrument));
        let found: Vec<_> = rows(&bars).into_iter().map(|row| (row.0, row.2, row.3, row.4)).collect();
        let expected = expected.iter().map(|((start, _), trades)| {
            let prices = || trades.iter().map(|trade| trade.0);
            let ohlc = [
                trades[0].0,
                prices().max().unwrap(),
                prices().min().unwrap(),
                trades[trades.len() - 1].0,
            ];
            let volume = trades.iter().map(|trade| i128::from(trade.1)).sum::<i128>();
            (*start, ohlc, volume, trades.len() as u64)
        });
        // A bar of one ns that begins at 1 holds what time 0 was taken for.
        if length > 1 {
            prop_assert_eq!((found, late), (expected.collect::<Vec<_>>(), 0));
        }
    }

    #[test]
    fn no_times_and_sizes_make_it_panic(
        events in prop::collection::vec((any::<u64>(), any::<i64>(), any::<i64>()), 0..50),
        span in prop_oneof![
            (1..=u64::MAX).prop_map(Span::Time),
            Just(Span::Count(1)),
            (1..=i64::MAX).prop_map(Span::Volume),
        ],
        wait in any::<u64>(),
    ) {
        let events: Vec<_> = events.iter().map(|(t, p, s)| trade(*t, *p, *s)).collect();
        built(BarOptions { wait, ..options(span, Of::Trades) }, &events);
    }
}

/// A strategy that remembers its bars.
struct Remember(Arc<Mutex<Vec<Bar>>>);

impl Strategy for Remember {
    fn on_bar(&mut self, bar: &Bar, _: &mut Ctx<'_>) -> Result<(), Fault> {
        self.0.lock().unwrap().push(*bar);
        Ok(())
    }
}

#[test]
fn the_component_gives_strategies_their_bars() {
    let params = BarsParams { every: Some("60ns".into()), ..BarsParams::default() };
    let stage = BarStage::new(&params, "bars").unwrap();
    let counts = stage.counts();
    let mut bars = Harness::new(stage.component());
    for event in [trade(60, 5, 1), trade(125, 7, 2), trade(70, 7, 2)] {
        bars.send(&event).unwrap();
    }
    bars.stop().unwrap();
    let events = bars.take::<MarketData>();
    assert_eq!((events.len(), counts.of("late")), (4, 1));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut harness = Harness::new(strategy(Remember(seen.clone())));
    events.iter().for_each(|event| harness.send(event).unwrap());
    let closes: Vec<_> =
        seen.lock().unwrap().iter().map(|bar| (bar.start, bar.trades.close, bar.volume)).collect();
    assert_eq!(closes, [(60, 5, 1), (120, 7, 2)]);
}

#[test]
fn wrong_parameters_are_named() {
    let refused =
        |params: BarsParams| BarStage::new(&params, "bars").unwrap_err().parameter.unwrap();
    let every = |every: &str| BarsParams { every: Some(every.into()), ..BarsParams::default() };
    assert_eq!(refused(BarsParams::default()), "every");
    assert_eq!(refused(every("1")), "every");
    assert_eq!(refused(BarsParams { count: Some(5), ..every("1s") }), "every");
    assert_eq!(refused(BarsParams { count: Some(0), ..BarsParams::default() }), "count");
    assert_eq!(refused(BarsParams { wait: "99s".into(), ..every("1s") }), "wait");
    assert_eq!(refused(BarsParams { wait: "soon".into(), ..every("1s") }), "wait");
    assert_eq!(refused(BarsParams { instruments: 0, ..every("1s") }), "instruments");
    let volume = Some("5".parse().unwrap());
    let of_quotes = BarsParams { volume, of: Of::Quotes, ..BarsParams::default() };
    assert_eq!(refused(of_quotes), "volume");
}
