//! Books by example, and against the simplest book there is.

mod component;
mod model;
mod random;

use super::{Book, BookSize, Books, Outcome};
use pitlane::event::fixed::NULL;
use pitlane::event::{Flags, MarketData, MarketDataKind, Side};

const ADD: MarketDataKind = MarketDataKind::Add;
const MODIFY: MarketDataKind = MarketDataKind::Modify;
const CANCEL: MarketDataKind = MarketDataKind::Cancel;

fn change(
    kind: MarketDataKind,
    side: Side,
    level: (i64, i64),
    order_id: u64,
    flags: u8,
) -> MarketData {
    let mut event = MarketData::book(kind, 1, 5, side, level, order_id);
    event.header.flags |= flags;
    event
}

/// A change that is an event of the venue by itself.
fn whole(kind: MarketDataKind, side: Side, level: (i64, i64), order_id: u64) -> MarketData {
    change(kind, side, level, order_id, Flags::LAST)
}

fn book() -> Book {
    Book::new(BookSize { levels: 4, orders: 4 })
}

fn levels(book: &Book, side: Side) -> Vec<(i64, i128)> {
    book.levels(side).map(|level| (level.price, level.size)).collect()
}

fn queue(book: &Book, side: Side, price: i64) -> Vec<(u64, i64)> {
    book.queue(side, price).map(|order| (order.id, order.size)).collect()
}

#[test]
fn a_book_is_shown_at_the_end_of_the_venues_event_alone() {
    let mut books = Books::default();
    assert!(books.apply(&change(MODIFY, Side::Bid, (10, 1), 0, 0)).is_none());
    assert!(!books.get(1).unwrap().is_complete());
    assert!(books.apply(&MarketData::trade(1, 5, 10, 1, Side::Bid)).is_none());
    let quote = MarketData::quote(1, 5, (1, 1), (2, 2));
    assert!(books.apply(&quote).is_none(), "quotes are no part of a book's events");
    let mut end = MarketData::book(MarketDataKind::Nothing, 1, 6, Side::None, (0, 0), 0);
    end.header.flags |= Flags::LAST;
    let book = books.apply(&end).expect("a record that says nothing else ends the event");
    assert_eq!(book.best_bid().unwrap().price, 10);
    assert!(books.apply(&end).is_none(), "nothing has changed since");
}

#[test]
fn feeds_that_mark_no_ends_show_each_change() {
    let mut books = Books::default().showing_each();
    assert!(books.apply(&change(MODIFY, Side::Bid, (10, 1), 0, 0)).is_some());
    assert!(books.apply(&MarketData::trade(1, 5, 10, 1, Side::Bid)).is_none());
}

#[test]
fn a_level_is_set_reduced_and_taken_out() {
    let mut book = book();
    book.apply(&whole(MODIFY, Side::Ask, (11, 5), 0));
    book.apply(&whole(ADD, Side::Ask, (12, 7), 0));
    book.apply(&whole(MODIFY, Side::Ask, (11, 6), 0));
    book.apply(&whole(CANCEL, Side::Ask, (11, 2), 0));
    assert_eq!(levels(&book, Side::Ask), [(11, 4), (12, 7)]);
    book.apply(&whole(CANCEL, Side::Ask, (11, 0), 0));
    book.apply(&whole(MODIFY, Side::Ask, (12, 0), 0));
    assert_eq!(book.level_count(Side::Ask), 0);
    book.apply(&whole(CANCEL, Side::Ask, (12, 0), 0));
    assert_eq!(book.count(Outcome::UnknownCancel), 1);
}

#[test]
fn a_clear_of_a_side_goes_up_to_its_price() {
    let mut book = book();
    for price in [8, 9, 10] {
        book.apply(&whole(MODIFY, Side::Bid, (price, 1), 0));
        book.apply(&whole(MODIFY, Side::Ask, (price + 10, 1), 0));
    }
    book.apply(&MarketData::clear(1, 5, Side::Bid, 9));
    assert_eq!(levels(&book, Side::Bid), [(8, 1)]);
    book.apply(&MarketData::clear(1, 5, Side::Ask, 18));
    assert_eq!(levels(&book, Side::Ask), [(19, 1), (20, 1)]);
    book.apply(&MarketData::clear(1, 5, Side::Ask, NULL));
    assert_eq!(book.level_count(Side::Ask), 0);
    book.apply(&MarketData::clear(1, 5, Side::None, NULL));
    assert_eq!((book.level_count(Side::Bid), book.count(Outcome::Clear)), (0, 4));
}

#[test]
fn orders_queue_by_priority() {
    let mut book = book();
    for id in [1, 2, 3] {
        book.apply(&whole(ADD, Side::Bid, (10, 5), id));
    }
    book.apply(&whole(MODIFY, Side::Bid, (10, 4), 1));
    assert_eq!(queue(&book, Side::Bid, 10), [(1, 4), (2, 5), (3, 5)], "less keeps its place");
    book.apply(&whole(MODIFY, Side::Bid, (10, 6), 1));
    assert_eq!(queue(&book, Side::Bid, 10), [(2, 5), (3, 5), (1, 6)], "more loses it");
    book.apply(&whole(MODIFY, Side::Bid, (9, 5), 2));
    book.apply(&whole(MODIFY, Side::Bid, (10, 5), 2));
    assert_eq!(queue(&book, Side::Bid, 10), [(3, 5), (1, 6), (2, 5)], "another price loses it");
    assert_eq!(levels(&book, Side::Bid), [(10, 16)]);
    assert_eq!(book.best_bid().unwrap().orders, 3);
}

#[test]
fn trades_and_fills_leave_the_book_to_the_cancel_that_follows() {
    let mut book = book();
    book.apply(&whole(ADD, Side::Ask, (10, 5), 7));
    let mut trade = MarketData::trade(1, 5, 10, 2, Side::Bid);
    trade.header.flags |= Flags::LAST;
    assert!(!book.apply(&trade));
    assert!(!book.apply(&whole(MarketDataKind::Fill, Side::Ask, (10, 2), 7)));
    assert_eq!(book.order(7).unwrap().size, 5);
    assert!(book.apply(&whole(CANCEL, Side::Ask, (10, 2), 7)));
    assert_eq!(book.order(7).unwrap().size, 3);
    book.apply(&whole(CANCEL, Side::Ask, (10, 3), 7));
    assert_eq!((book.order_count(), book.level_count(Side::Ask)), (0, 0));
}

#[test]
fn what_makes_no_sense_has_an_outcome_and_is_counted() {
    let mut book = book();
    book.apply(&whole(MODIFY, Side::Bid, (10, 5), 1));
    assert_eq!(book.count(Outcome::UnknownModify), 1);
    assert_eq!(queue(&book, Side::Bid, 10), [(1, 5)], "an unknown Modify is an Add");
    book.apply(&whole(ADD, Side::Bid, (9, 2), 1));
    assert_eq!(book.count(Outcome::Duplicate), 1);
    assert_eq!(levels(&book, Side::Bid), [(9, 2)], "the later one stands");
    book.apply(&whole(CANCEL, Side::Bid, (9, 2), 99));
    assert_eq!(book.count(Outcome::UnknownCancel), 1);
    book.apply(&whole(MODIFY, Side::Ask, (12, 2), 1));
    assert_eq!(book.count(Outcome::SideChange), 1);
    assert_eq!(levels(&book, Side::Ask), [(12, 2)]);
    book.apply(&whole(CANCEL, Side::Ask, (12, 3), 1));
    assert_eq!(book.count(Outcome::OverCancel), 1);
    assert_eq!(book.order_count(), 0);
    book.apply(&whole(MODIFY, Side::Ask, (12, 3), 0));
    book.apply(&whole(ADD, Side::None, (12, 3), 5));
    book.apply(&whole(ADD, Side::Ask, (NULL, 3), 5));
    book.apply(&whole(ADD, Side::Ask, (12, -3), 5));
    assert_eq!((book.count(Outcome::Mixed), book.count(Outcome::Unusable)), (1, 3));
}

#[test]
fn crossed_and_locked_books_stay_as_they_are_and_are_counted() {
    let mut book = book();
    book.apply(&change(MODIFY, Side::Bid, (10, 5), 0, 0));
    book.apply(&change(MODIFY, Side::Ask, (9, 5), 0, 0));
    assert_eq!(book.count(Outcome::Crossed), 0, "it was not shown yet");
    book.apply(&whole(MODIFY, Side::Ask, (11, 5), 0));
    assert!(book.is_crossed());
    book.apply(&change(CANCEL, Side::Ask, (9, 0), 0, 0));
    book.apply(&whole(MODIFY, Side::Ask, (10, 5), 0));
    assert_eq!((book.count(Outcome::Crossed), book.count(Outcome::Locked)), (1, 1));
}

#[test]
fn a_top_of_book_takes_the_place_of_its_side() {
    let mut book = book();
    book.apply(&whole(ADD, Side::Bid, (10, 5), 1));
    book.apply(&whole(ADD, Side::Bid, (9, 5), 2));
    book.apply(&change(ADD, Side::Bid, (8, 3), 0, Flags::TOB | Flags::LAST));
    assert_eq!(levels(&book, Side::Bid), [(8, 3)]);
    assert_eq!(book.order_count(), 0);
    book.apply(&change(ADD, Side::Bid, (NULL, NULL), 0, Flags::TOB | Flags::LAST));
    assert_eq!(book.level_count(Side::Bid), 0);
}

#[test]
fn snapshots_and_doubt_are_counted_when_they_begin() {
    let mut book = book();
    let snapshot = Flags::SNAPSHOT;
    book.apply(&change(MODIFY, Side::Bid, (10, 5), 0, Flags::MAYBE_BAD_BOOK | Flags::LAST));
    book.apply(&change(MODIFY, Side::Bid, (10, 6), 0, Flags::LAST));
    assert!(book.is_doubtful(), "the flag holds until a clear or a snapshot");
    assert_eq!(book.quote(1).header.flags, Flags::LAST | Flags::MAYBE_BAD_BOOK);
    book.apply(&change(MODIFY, Side::Bid, (10, 5), 0, snapshot));
    book.apply(&change(MODIFY, Side::Bid, (11, 5), 0, snapshot | Flags::LAST));
    assert!(!book.is_doubtful());
    assert_eq!((book.count(Outcome::Snapshot), book.count(Outcome::Doubtful)), (1, 1));
}

#[test]
fn the_same_order_id_on_two_instruments_is_two_orders() {
    let mut books = Books::default();
    for instrument in [1, 2] {
        let mut event = whole(ADD, Side::Bid, (10 + i64::from(instrument), 5), 77);
        event.header.instrument = instrument;
        assert_eq!(books.apply(&event).unwrap().order_count(), 1);
    }
    assert_eq!(books.count(Outcome::Duplicate), 0);
    assert_eq!(books.iter().map(|(id, _)| id).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn sizes_beyond_64_bits_add_up() {
    let mut book = book();
    for id in 1..=3 {
        book.apply(&whole(ADD, Side::Bid, (10, NULL - 1), id));
    }
    let best = book.best_bid().unwrap();
    assert_eq!(best.size, 3 * i128::from(NULL - 1));
    assert_eq!(best.for_quote(), (10, NULL));
}
