//! Books, bars and captures.

use crate::counting::{Counting, allocations};
use pitlane::Instruments;
use pitlane::event::{Flags, MarketData, MarketDataKind, Side};
use pitlane_feeds::{OpenOptions, open_file};
use pitlane_strategies::bars::{BarOptions, Bars, Clock, Of, Span};
use pitlane_strategies::book::{BookSize, Books};
use std::fmt::Write;

const WARM_UP: u64 = 200_000;
const COUNTED: u64 = 400_000;
const ORDERS: u64 = 5_000;

/// A small generator, the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn last(kind: MarketDataKind, side: Side, level: (i64, i64), id: u64) -> MarketData {
    let mut event = MarketData::book(kind, 1, 5, side, level, id);
    event.header.flags |= Flags::LAST;
    event
}

/// What `step` allocates in so many calls after the warm-up, at least, in a few tries.
fn steady(mut step: impl FnMut(u64)) -> usize {
    (0..WARM_UP).for_each(&mut step);
    let run = |from: u64, step: &mut dyn FnMut(u64)| {
        let before = allocations();
        (from..from + COUNTED).for_each(step);
        allocations() - before
    };
    (0..3).map(|number| run(WARM_UP + number * COUNTED, &mut step)).min().unwrap_or(0)
}

#[test]
fn a_book_of_orders_that_come_and_go_allocates_nothing() {
    let _alone = Counting::alone();
    let (mut books, mut numbers) = (Books::default(), Numbers(7));
    let mut best = 0;
    let allocated = steady(|step| {
        // Around a price that wanders, so that levels come and go as well.
        let price = 1_000_000 + (step / 1000) as i64 + numbers.below(400) as i64;
        let side = if step % 2 == 0 { Side::Bid } else { Side::Ask };
        let size = 1 + numbers.below(9) as i64;
        books.apply(&last(MarketDataKind::Add, side, (price, size), step + 1));
        if let Some(old) = step.checked_sub(ORDERS) {
            books.apply(&last(MarketDataKind::Cancel, side, (price, 0), old + 1));
            books.apply(&last(MarketDataKind::Modify, side, (price, size), old + 1 + ORDERS / 2));
        }
        best += books.get(1).and_then(|book| book.best_bid()).map_or(0, |level| level.price);
    });
    assert!(best != 0);
    assert_eq!(allocated, 0);
}

#[test]
fn a_book_of_levels_that_come_and_go_allocates_nothing() {
    let _alone = Counting::alone();
    let mut books = Books::new(BookSize { levels: 16, orders: 0 });
    let mut numbers = Numbers(9);
    let allocated = steady(|_| {
        let side = if numbers.below(2) == 0 { Side::Bid } else { Side::Ask };
        let level = (numbers.below(5_000) as i64, numbers.below(3) as i64);
        books.apply(&last(MarketDataKind::Modify, side, level, 0));
    });
    assert_eq!(allocated, 0);
}

#[test]
fn bars_allocate_nothing() {
    let _alone = Counting::alone();
    for (span, of) in [
        (Span::Time(100), Of::Trades),
        (Span::Count(7), Of::Quotes),
        (Span::Volume(50), Of::Trades),
    ] {
        let mut bars = Bars::new(BarOptions { span, of, clock: Clock::Event, wait: 500 });
        let mut done = 0;
        let allocated = steady(|step| {
            let trade = MarketData::trade(1 + step as u32 % 3, 10 * step, 5, 5, Side::Bid);
            let quote = MarketData::quote(1, 10 * step, (5, 1), (6, 1));
            bars.push(&trade, |built| done += built.bar.count);
            bars.push(&quote, |built| done += built.bar.count);
        });
        assert!(done > 0);
        assert_eq!(allocated, 0, "{span:?}");
    }
}

#[test]
fn lines_of_a_capture_allocate_nothing() {
    let _alone = Counting::alone();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("capture.txt");
    let mut text = String::new();
    for line in 1..60_000_u64 {
        let (time, before) = (1_700_000_000_000_000_000 + line, line - 1);
        let data = match line % 3 {
            0 => format!(
                r#"{{"e":"trade","T":1700000000000,"s":"A","t":{line},"p":"5.1","q":"2","m":true}}"#
            ),
            1 => r#"{"e":"bookTicker","T":1700000000000,"s":"A","b":"5","B":"1","a":"6","A":"1"}"#
                .into(),
            _ => format!(
                r#"{{"e":"depthUpdate","T":1700000000000,"s":"A","U":{line},"u":{line},"pu":{},"b":[["5","1"]],"a":[["6","0"],["7","1"]]}}"#,
                before.saturating_sub(2)
            ),
        };
        writeln!(text, r#"{time} {{"stream":"a@x","data":{data}}}"#).expect("memory");
    }
    std::fs::write(&path, text).expect("it is written");
    let count = || {
        let mut source = open_file(&path, &OpenOptions::default(), &Instruments::new()).unwrap();
        let (mut events, mut warm) = (0, None);
        let mut batch = Vec::with_capacity(512);
        while source.read(&mut batch).expect("it is good") {
            events += batch.len();
            batch.clear();
            if events > 50_000 {
                warm.get_or_insert_with(allocations);
            }
        }
        assert!(events > 90_000, "{events}");
        allocations() - warm.expect("it is long enough")
    };
    assert_eq!((0..3).map(|_| count()).min(), Some(0));
}
