//! `pitlane ticks book`.

use super::ticks_files::Files;
use crate::console;
use crate::failure::{BAD_VALUE, Exit, Failure};
use crate::session::aligned;
use pitlane::Instruments;
use pitlane::event::fixed::{Decimal, WideDecimal};
use pitlane::event::{MarketData, MarketDataKind, Side};
use pitlane::source::{Source, SourceError};
use pitlane_feeds::{format_time, merge_time};
use pitlane_strategies::book::{Book, BookSize, Books, Outcome};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Changes of a feed that never marks the end of an event that are held back at most.
const MOST_HELD: usize = 1 << 20;

/// Arguments of `ticks book`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    files: Files,
    /// When: after all that was captured up to and at this time (ISO-8601 or ns since 1970; `ts_recv`, or
    /// `ts_event` where there is none), or at the `end`.
    #[arg(long, value_name = "TIME|end", default_value = "end", value_parser = at)]
    at: u64,
    /// Levels per side to print, the best first.
    #[arg(long, default_value_t = 10)]
    levels: usize,
    /// Only the book of this instrument.
    #[arg(long, value_name = "SYMBOL")]
    only: Option<String>,
    /// Print JSON: an object, or a list of them where there are several instruments.
    #[arg(long)]
    json: bool,
}

fn at(text: &str) -> Result<u64, String> {
    if text == "end" { Ok(u64::MAX) } else { crate::args::time(text) }
}

/// The changes of an event of the venue that is not complete yet.
#[derive(Default)]
struct Held {
    changes: Vec<MarketData>,
    /// Whether the feed ever marked an end.
    has_ends: bool,
}

/// Books that stand at the end of an event of the venue, whenever one looks.
struct Whole {
    books: Books,
    held: BTreeMap<u32, Held>,
    has_quotes: bool,
}

impl Whole {
    fn new() -> Self {
        Self { books: Books::new(BookSize::default()), held: BTreeMap::new(), has_quotes: false }
    }

    fn take(&mut self, event: &MarketData) {
        self.has_quotes |= event.as_quote().is_some();
        let is_change = matches!(
            event.kind(),
            Some(
                MarketDataKind::Add
                    | MarketDataKind::Modify
                    | MarketDataKind::Cancel
                    | MarketDataKind::Clear
            )
        );
        let is_end = event.header.is_last()
            && !matches!(
                event.kind(),
                Some(MarketDataKind::Quote | MarketDataKind::Bar | MarketDataKind::BarEnd) | None
            );
        if !is_change && !is_end {
            return;
        }
        let held = self.held.entry(event.header.instrument).or_default();
        held.changes.push(*event);
        held.has_ends |= is_end;
        if is_end || held.changes.len() >= MOST_HELD {
            for change in held.changes.drain(..) {
                self.books.apply(&change);
            }
        }
    }

    /// At the end of the data: a feed that never marked an end is taken as it stands.
    fn finish(&mut self, instruments: &Instruments) {
        for (id, held) in &mut self.held {
            let symbol = instruments.text(*id).unwrap_or_default();
            if held.changes.is_empty() {
                continue;
            }
            if held.has_ends {
                let left = held.changes.len();
                console::note(&format!(
                    "{symbol}: {left} changes at the end belong to an event that is not complete; the \
                     book is the one before it"
                ));
                continue;
            }
            console::note(&format!(
                "{symbol}: no event is marked as the last one of its kind (flag 128); the book is taken \
                 as it stands"
            ));
            for change in held.changes.drain(..) {
                self.books.apply(&change);
            }
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let instruments = Instruments::new();
    let mut source = args.files.open(&instruments)?;
    let mut whole = Whole::new();
    let read = read(&mut *source, args.at, &mut whole);
    whole.finish(&instruments);
    let named = |id: u32| instruments.text(id).unwrap_or_default();
    let wanted = |id: u32| args.only.as_ref().is_none_or(|only| **only == *named(id));
    let books: Vec<(u32, &Book)> = whole.books.iter().filter(|(id, _)| wanted(*id)).collect();
    let texts: Vec<String> = books
        .iter()
        .map(|(id, book)| match args.json {
            true => json(&named(*id), book, args.levels),
            false => text(&named(*id), book, args.levels),
        })
        .collect();
    match (args.json, texts.as_slice()) {
        (_, []) => {}
        (true, [one]) => console::show(&format!("{one}\n"))?,
        (true, several) => console::show(&format!("[\n{}\n]\n", several.join(",\n")))?,
        (false, several) => console::show(&several.join("\n"))?,
    }
    for (id, book) in &books {
        oddities(&named(*id), book);
    }
    for (name, count) in source.report().notes {
        console::note(&format!("{name}: {count}"));
    }
    read.map_err(|error| Failure::data(&error))?;
    if books.is_empty() {
        let all: Vec<_> = whole.books.iter().map(|(id, _)| named(id)).collect();
        return Err(no_book(args.only.as_deref(), &all, whole.has_quotes));
    }
    Ok(Exit::Done)
}

/// Why there is nothing to show.
fn no_book(only: Option<&str>, all: &[Arc<str>], has_quotes: bool) -> Failure {
    if let (Some(only), [_, ..]) = (only, all) {
        let message = format!("there is no book of `{only}`");
        return Failure::usage(BAD_VALUE, message, format!("there are {}", all.join(", ")));
    }
    let but = if has_quotes { ", only quotes" } else { "" };
    let help = "books are made of changes of orders or levels, such as DBN's mbo and mbp-10, depth \
                updates, or rows of kind add, modify and cancel; quotes have the best level alone";
    Failure::data(&SourceError {
        message: format!("there is no change of a book in the files up to that time{but}"),
        help: help.into(),
        ..SourceError::default()
    })
}

/// Takes in all events up to a time.
fn read(source: &mut dyn Source, at: u64, whole: &mut Whole) -> Result<(), SourceError> {
    let mut batch = Vec::with_capacity(4096);
    loop {
        let more = source.read(&mut batch);
        for event in batch.drain(..) {
            if merge_time(&event) > at {
                return Ok(());
            }
            whole.take(&event);
        }
        if !more? {
            return Ok(());
        }
    }
}

/// Time of the last change, by which `--at` goes.
fn time(book: &Book) -> u64 {
    if book.ts_recv() != 0 { book.ts_recv() } else { book.ts_event() }
}

fn json(symbol: &str, book: &Book, levels: usize) -> String {
    // By hand, since prices and sizes are decimals of any length, not binary floats.
    let side = |side| {
        let level = |level: pitlane_strategies::book::PriceLevel| {
            format!("[{}, {}]", Decimal(level.price), WideDecimal(level.size))
        };
        let all: Vec<_> = book.levels(side).take(levels).map(level).collect();
        format!("[{}]", all.join(", "))
    };
    format!(
        "{{\n  \"symbol\": {},\n  \"ts\": {},\n  \"sequence\": {},\n  \"bid_levels\": {},\n  \
         \"ask_levels\": {},\n  \"bids\": {},\n  \"asks\": {}\n}}",
        serde_json::Value::from(symbol),
        time(book),
        book.sequence(),
        book.level_count(Side::Bid),
        book.level_count(Side::Ask),
        side(Side::Bid),
        side(Side::Ask),
    )
}

fn text(symbol: &str, book: &Book, levels: usize) -> String {
    let (bids, asks) = (book.level_count(Side::Bid), book.level_count(Side::Ask));
    let mut text =
        format!("{symbol} at {}, sequence {}: ", format_time(time(book)), book.sequence());
    text += &format!("{bids} bids, {asks} asks");
    if book.order_count() > 0 {
        text += &format!(", {} orders", book.order_count());
    }
    text += "\n";
    let (mut bids, mut asks) = (book.levels(Side::Bid), book.levels(Side::Ask));
    let mut rows = Vec::new();
    for _ in 0..levels {
        let (bid, ask) = (bids.next(), asks.next());
        if bid.is_none() && ask.is_none() {
            break;
        }
        let price = |level: Option<pitlane_strategies::book::PriceLevel>| {
            level.map_or_else(String::new, |level| Decimal(level.price).to_string())
        };
        let size = |level: Option<pitlane_strategies::book::PriceLevel>| {
            level.map_or_else(String::new, |level| WideDecimal(level.size).to_string())
        };
        rows.push(vec![size(bid), price(bid), price(ask), size(ask)]);
    }
    text + &aligned(&["bid size", "bid", "ask", "ask size"], rows, 0)
}

/// Says on standard error what occurred that makes no sense.
fn oddities(symbol: &str, book: &Book) {
    let counts: Vec<_> = Outcome::ALL
        .into_iter()
        .filter(|outcome| !matches!(outcome, Outcome::Clear | Outcome::Snapshot))
        .filter(|outcome| book.count(*outcome) > 0)
        .map(|outcome| format!("{}={}", outcome.name(), book.count(outcome)))
        .collect();
    if !counts.is_empty() {
        console::note(&format!("{symbol}: {}", counts.join(" ")));
    }
}
