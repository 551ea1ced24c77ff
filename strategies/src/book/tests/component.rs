//! The component `book`.

use super::*;
use crate::book::{BookParams, BookQuotes, Crossed, Emit};
use pitlane::testing::Harness;

fn quotes(params: BookParams, events: &[MarketData]) -> Vec<[i64; 4]> {
    let mut harness = Harness::new(BookQuotes::new(&params, "book").unwrap().component());
    events.iter().for_each(|event| harness.send(event).unwrap());
    let quotes = harness.take::<MarketData>();
    let words = quotes.iter().map(|event| {
        let quote = event.as_quote().expect("a book gives quotes");
        [quote.bid_price(), quote.bid_size(), quote.ask_price(), quote.ask_size()]
    });
    words.collect()
}

fn session() -> [MarketData; 5] {
    [
        change(MODIFY, Side::Bid, (10, 5), 0, 0),
        whole(MODIFY, Side::Ask, (12, 6), 0),
        whole(MODIFY, Side::Bid, (9, 7), 0),
        whole(MODIFY, Side::Bid, (13, 1), 0),
        whole(CANCEL, Side::Bid, (13, 0), 0),
    ]
}

#[test]
fn gives_a_quote_where_the_top_changed() {
    let tops = quotes(BookParams::default(), &session());
    assert_eq!(tops, [[10, 5, 12, 6], [13, 1, 12, 6], [10, 5, 12, 6]]);
}

#[test]
fn gives_a_quote_at_each_event_of_the_venue_if_asked() {
    let params = BookParams { emit: Emit::All, ..BookParams::default() };
    assert_eq!(quotes(params, &session()).len(), 4);
}

#[test]
fn holds_back_crossed_quotes_if_asked() {
    let params = BookParams { crossed: Crossed::Hold, ..BookParams::default() };
    assert_eq!(quotes(params, &session()), [[10, 5, 12, 6]]);
}

#[test]
fn counts_what_occurred_in_all_books() {
    let stage = BookQuotes::new(&BookParams::default(), "book").unwrap();
    let counts = stage.counts();
    let mut harness = Harness::new(stage.component());
    for instrument in [1, 2] {
        for mut event in session() {
            event.header.instrument = instrument;
            harness.send(&event).unwrap();
        }
    }
    assert_eq!((counts.of("crossed"), counts.of("clears")), (2, 0));
}

#[test]
fn refuses_room_beyond_reason() {
    let params = BookParams { orders: 20_000_000, ..BookParams::default() };
    let error = BookQuotes::new(&params, "book").unwrap_err();
    assert_eq!(error.parameter.as_deref(), Some("orders"));
}
