//! Strategies that look at whole books.

use super::books::Books;
use super::shown::Book;
use crate::strategy::{Ctx, Strategy, StrategyStage};
use pitlane::event::{MarketData, Signal};
use pitlane::stage::{Builder, Fault, On, Outbox, Stage, component};

/// A strategy that looks at whole books, besides all that a [`Strategy`] may look at.
///
/// ```
/// use pitlane::event::{Side, fixed::to_f64};
/// use pitlane::stage::{Component, Fault};
/// use pitlane_strategies::book::{Book, Books, OnOrderBook, book_strategy};
/// use pitlane_strategies::{Ctx, Strategy};
///
/// /// Buys where the five best levels hold three times as much on the bid as on the ask.
/// struct Pressure;
///
/// impl Strategy for Pressure {}
///
/// impl OnOrderBook for Pressure {
///     fn on_order_book(&mut self, book: &Book, ctx: &mut Ctx<'_>) -> Result<(), Fault> {
///         let sum = |side| book.levels(side).take(5).map(|level| level.size).sum::<i128>();
///         if let Some(ask) = book.best_ask() && sum(Side::Bid) > 3 * sum(Side::Ask) {
///             ctx.buy(1.0, ask.price);
///         }
///         Ok(())
///     }
/// }
///
/// let component: Component = book_strategy(Pressure, Books::default()).into();
/// ```
pub trait OnOrderBook: Strategy {
    /// The book of `ctx.instrument()` has changed, and the venue's event is complete. Called after the
    /// callback for the event itself.
    ///
    /// # Errors
    /// Where it cannot go on.
    fn on_order_book(&mut self, book: &Book, ctx: &mut Ctx<'_>) -> Result<(), Fault>;
}

/// A strategy with the books it looks at, as a stage.
#[derive(Debug)]
pub struct BookStage<S> {
    strategy: StrategyStage<S>,
    books: Books,
}

/// Begins a component from a strategy that looks at whole books, which are kept in `books`.
pub fn book_strategy<S: OnOrderBook + 'static>(strategy: S, books: Books) -> Builder<BookStage<S>> {
    let stage = BookStage { strategy: StrategyStage::new(strategy), books };
    component(stage).on::<MarketData>().emits::<Signal>()
}

impl<S: OnOrderBook> Stage for BookStage<S> {
    fn on_start(&mut self, out: &mut Outbox) -> Result<(), Fault> {
        self.strategy.on_start(out)
    }

    fn on_batch_end(&mut self) -> Result<(), Fault> {
        self.strategy.on_batch_end()
    }

    fn on_stop(&mut self, out: &mut Outbox) -> Result<(), Fault> {
        self.strategy.on_stop(out)
    }
}

impl<S: OnOrderBook> On<MarketData> for BookStage<S> {
    #[inline]
    fn on(&mut self, event: &MarketData, out: &mut Outbox) -> Result<(), Fault> {
        self.strategy.on(event, out)?;
        match self.books.apply(event) {
            Some(book) => self.strategy.inner().on_order_book(book, &mut Ctx::new(out)),
            None => Ok(()),
        }
    }
}

impl<S: OnOrderBook> On<Signal> for BookStage<S> {
    #[inline]
    fn on(&mut self, signal: &Signal, out: &mut Outbox) -> Result<(), Fault> {
        self.strategy.on(signal, out)
    }
}
