//! `book`: quotes from changes of books.

use super::books::Books;
use super::outcomes::Outcome;
use super::shown::{Book, BookSize};
use crate::by_id::ById;
use crate::{Counts, Handles};
use pitlane::event::MarketData;
use pitlane::registry::{BuildError, Registry};
use pitlane::stage::{Builder, Fault, On, Outbox, Stage, component};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most levels and orders for which room may be made beforehand.
const MOST: usize = 10_000_000;

/// When a book gives a quote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Emit {
    /// Where the best bid or ask, or the size there, is another than before.
    #[default]
    Change,
    /// At the end of each event of the venue that changed the book.
    All,
}

/// What becomes of a quote whose bid is above its ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Crossed {
    /// It is given as any other.
    #[default]
    Show,
    /// It is not given; the next one that is not crossed is.
    Hold,
}

/// Where an event of the venue ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Complete {
    /// At an event with the flag LAST.
    #[default]
    Last,
    /// At each event: for feeds that do not mark the end.
    Each,
}

/// Parameters of `book`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BookParams {
    /// When a quote is given: `change`, where the best bid or ask or a size there changed, or `all`, at
    /// the end of each event of the venue that changed the book. Default `change`.
    pub emit: Emit,
    /// A book whose best bid is above its best ask: `show` gives its quote as any other, `hold` none
    /// until it is no longer crossed. Counted either way. Default `show`.
    pub crossed: Crossed,
    /// Where an event of the venue ends, before which a book is not shown: `last`, at the flag LAST, or
    /// `each`, for feeds that never set it. Default `last`.
    pub complete: Complete,
    /// Levels per side for which room is made beforehand, up to 10,000,000; a book grows beyond that.
    /// Default 1024.
    #[schemars(range(max = 10_000_000), extend("unit" = "levels"))]
    pub levels: usize,
    /// Orders for which room is made beforehand, up to 10,000,000; a book grows beyond that. Default
    /// 0: books of levels need none.
    #[schemars(range(max = 10_000_000), extend("unit" = "orders"))]
    pub orders: usize,
}

impl Default for BookParams {
    fn default() -> Self {
        let BookSize { levels, orders } = BookSize::default();
        let (emit, crossed, complete) = (Emit::Change, Crossed::Show, Complete::Last);
        Self { emit, crossed, complete, levels, orders }
    }
}

/// Best bid and ask as given last: prices and sizes.
type Top = [i64; 4];

/// Keeps the books of all instruments and gives quotes.
#[derive(Debug)]
pub struct BookQuotes {
    books: Books,
    /// By instrument; `None` where none was given yet.
    given: ById<Option<Top>>,
    emit: Emit,
    crossed: Crossed,
    name: String,
    counts: Counts,
}

impl BookQuotes {
    /// With these parameters; `name` is the component's, for its log.
    ///
    /// # Errors
    /// Where a value makes no sense.
    pub fn new(params: &BookParams, name: impl Into<String>) -> Result<Self, BuildError> {
        for (parameter, value) in [("levels", params.levels), ("orders", params.orders)] {
            if value > MOST {
                let message = format!("{parameter} is {value}: room is made for {MOST} at most");
                return Err(BuildError::parameter(parameter, message));
            }
        }
        let counts = Outcome::counts();
        let size = BookSize { levels: params.levels, orders: params.orders };
        let mut books = Books::counting(size, counts.clone());
        if params.complete == Complete::Each {
            books = books.showing_each();
        }
        let given = ById::new(|| None);
        let (emit, crossed) = (params.emit, params.crossed);
        Ok(Self { books, given, emit, crossed, name: name.into(), counts })
    }

    /// Handle to what was counted, by [`Outcome::name`].
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts.clone()
    }

    /// As a component.
    pub fn component(self) -> Builder<Self> {
        component(self).on::<MarketData>().emits::<MarketData>().max_emissions(1)
    }
}

impl Stage for BookQuotes {
    fn on_stop(&mut self, _out: &mut Outbox) -> Result<(), Fault> {
        if self.counts.iter().any(|(_, count)| count > 0) {
            tracing::info!(stage = %self.name, counts = %self.counts, "what occurred in books");
        }
        Ok(())
    }
}

impl On<MarketData> for BookQuotes {
    #[inline]
    fn on(&mut self, event: &MarketData, out: &mut Outbox) -> Result<(), Fault> {
        let Some(book) = self.books.apply(event) else { return Ok(()) };
        if self.crossed == Crossed::Hold && book.is_crossed() {
            return Ok(());
        }
        let instrument = event.header.instrument;
        let top = top(book);
        let given = self.given.get_mut(instrument);
        if self.emit == Emit::All || *given != Some(top) {
            *given = Some(top);
            out.emit(book.quote(instrument));
        }
        Ok(())
    }
}

fn top(book: &Book) -> Top {
    use pitlane::event::fixed::NULL;
    let of = |level: Option<super::PriceLevel>| level.map_or((NULL, NULL), |l| l.for_quote());
    let ((bid, bid_size), (ask, ask_size)) = (of(book.best_bid()), of(book.best_ask()));
    [bid, bid_size, ask, ask_size]
}

pub(crate) fn register(registry: &mut Registry, handles: &Handles) {
    let handles = handles.clone();
    let doc = "Order books by level or by order; gives their best bid and ask as quotes.";
    registry.component("book", doc, move |params: BookParams, context| {
        let mut quotes = BookQuotes::new(&params, &context.name)?;
        quotes.given.lay_in(context.instruments.len(), size_of::<Option<Top>>());
        handles.add_counts(&context.name, quotes.counts());
        Ok(quotes.component().into())
    });
}
