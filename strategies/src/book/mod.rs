//! Order books from the feed: by price level (L2) and by order (L3).
//!
//! ```text
//!                  +-- bids: Ladder --+   levels in order, best in O(1), any in O(log n)
//!  MarketData --> Book -- asks: Ladder
//!   Add Modify     +-- orders: Orders     by id, queued by level (L3 alone)
//!   Cancel Clear
//!        |
//!        +--> Books::apply: the book, where an event of the venue is complete (flag LAST)
//! ```
//!
//! | module | what |
//! |---|---|
//! | `ladder` | the levels of one side |
//! | `orders` | orders by id, and their queues |
//! | `rules` | what each change does, and what becomes of one that makes no sense |
//! | `shown` | [`Book`]: what can be asked of a book |
//! | `books` | [`Books`]: a book per instrument |
//! | `outcomes` | what was counted |
//! | `component` | the component `book`: quotes from changes of books |
//! | `strategy` | [`OnOrderBook`]: strategies that look at whole books |
//!
//! Changes with an order id are of orders, those without (0) of levels. What a change means:
//!
//! | kind | of an order | of a level |
//! |---|---|---|
//! | Add | comes to the end of its level's queue | its size is this now |
//! | Modify | price and size are these now; it goes to the end of the queue where the price changed or the size grew | its size is this now; 0 takes it out |
//! | Cancel | so much of it left; all where size is 0 or null | so much left; all where size is 0 or null |
//! | Clear | the book is empty; with a side, that side up to and with the price | the same |
//! | Trade, Fill, Status, Nothing | nothing: the Cancel or Modify that follows does it | nothing |
//!
//! With the flag TOB an Add or Modify takes the place of its whole side. Nothing is allocated once a
//! book has had its largest size.

mod books;
mod component;
mod ladder;
mod orders;
mod outcomes;
mod rules;
mod shown;
mod strategy;

#[cfg(test)]
mod tests;

pub use books::Books;
pub(crate) use component::register;
pub use component::{BookParams, BookQuotes, Crossed, Emit};
pub use orders::RestingOrder;
pub use outcomes::Outcome;
pub use shown::{Book, BookSize, PriceLevel};
pub use strategy::{BookStage, OnOrderBook, book_strategy};
