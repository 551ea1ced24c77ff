//! A book per instrument.

use super::outcomes::Outcome;
use super::shown::{Book, BookSize};
use crate::Counts;
use crate::by_id::ById;
use pitlane::event::MarketData;

/// The books of all instruments, made when they first come.
///
/// ```
/// use pitlane::event::{Flags, MarketData, MarketDataKind, Side};
/// use pitlane_strategies::book::Books;
///
/// let mut books = Books::default();
/// let mut bid = MarketData::book(MarketDataKind::Modify, 1, 5, Side::Bid, (99, 10), 0);
/// assert!(books.apply(&bid).is_none(), "the venue's event is not complete yet");
/// bid.header.flags |= Flags::LAST;
/// let book = books.apply(&bid).unwrap();
/// assert_eq!(book.best_bid().unwrap().price, 99);
/// ```
#[derive(Debug)]
pub struct Books {
    books: ById<Book>,
    /// Instruments that have a book, in the order in which they came.
    instruments: Vec<u32>,
    /// Whether each change is shown, whatever its flags.
    each: bool,
}

impl Default for Books {
    fn default() -> Self {
        Self::new(BookSize::default())
    }
}

impl Books {
    /// No books yet; each is made with so much room.
    #[must_use]
    pub fn new(size: BookSize) -> Self {
        Self::make(size, None)
    }

    /// As [`Books::new`]; what is counted is counted in `counts` as well, see [`Outcome::counts`].
    #[must_use]
    pub fn counting(size: BookSize, counts: Counts) -> Self {
        Self::make(size, Some(counts))
    }

    fn make(size: BookSize, counts: Option<Counts>) -> Self {
        let level = 2 * size_of::<super::ladder::Level>() + 16;
        let bytes = 4 * level * size.levels + 96 * size.orders + size_of::<Book>();
        let books = ById::sized(bytes, move || Book::new(size).counting(counts.clone()));
        Self { books, instruments: Vec::with_capacity(64), each: false }
    }

    /// The same, for feeds that do not mark the end of the venue's events: each change is complete.
    #[must_use]
    pub fn showing_each(mut self) -> Self {
        self.each = true;
        self
    }

    /// Takes in an event. Gives the instrument's book where the event completed one of the venue that
    /// changed it.
    #[inline]
    pub fn apply(&mut self, event: &MarketData) -> Option<&Book> {
        let instrument = event.header.instrument;
        if self.books.get(instrument).is_none() {
            if event.as_book_change().is_none() && event.as_clear().is_none() {
                return None;
            }
            self.instruments.push(instrument);
        }
        let book = self.books.get_mut(instrument);
        let shown = book.apply(event) || (self.each && book.complete());
        shown.then_some(book)
    }

    /// The book of an instrument that has one. It may be half-way through an event of the venue, see
    /// [`Book::is_complete`].
    #[must_use]
    pub fn get(&self, instrument: u32) -> Option<&Book> {
        self.books.get(instrument)
    }

    /// Instruments and their books, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Book)> {
        self.instruments.iter().filter_map(|&id| Some((id, self.books.get(id)?)))
    }

    /// How often something happened in all books.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.iter().map(|(_, book)| book.count(outcome)).sum()
    }
}
