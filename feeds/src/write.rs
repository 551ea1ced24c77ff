//! Events as CSV that the preset `plain` reads back.

use crate::bytes::{self, Sink};
use crate::codes;
use crate::error::at_path;
use pitlane::Instruments;
use pitlane::event::fixed::{Decimal, NULL};
use pitlane::event::{Flags, MarketData, MarketDataKind, Side};
use pitlane::source::{Source, SourceError};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// Events taken from a source at once.
const BATCH: usize = 4096;

const HEADER: &str = "ts_event,ts_recv,symbol,kind,side,price,size,bid_price,bid_size,ask_price,\
                      ask_size,order_id,venue_sequence,flags";

/// Writes events as CSV: a header line, then one line each; times in ns since 1970, prices and
/// sizes as decimals, what an event does not have as an empty field. The preset `plain` reads it
/// back event by event; bars are not written.
pub struct EventWriter<W: Write> {
    out: W,
    instruments: Instruments,
    /// Symbols as they are written, by instrument.
    symbols: Vec<Option<Arc<str>>>,
    began: bool,
}

impl<W: Write> EventWriter<W> {
    /// A writer; the header line is written with the first event or at the end.
    pub fn new(out: W, instruments: &Instruments) -> Self {
        Self { out, instruments: instruments.clone(), symbols: Vec::new(), began: false }
    }

    /// Writes one event.
    ///
    /// # Errors
    /// Where the output fails, or the event is a bar or of no known kind.
    pub fn write(&mut self, event: &MarketData) -> io::Result<()> {
        self.begin()?;
        let header = &event.header;
        let kind = match event.kind() {
            Some(MarketDataKind::Bar) | None => {
                return Err(io::Error::other("bars and unknown kinds cannot be written as ticks"));
            }
            Some(kind) => kind_name(kind),
        };
        if header.ts_event != 0 || header.ts_recv == 0 {
            write!(self.out, "{}", header.ts_event)?;
        }
        self.out.write_all(b",")?;
        number(&mut self.out, header.ts_recv)?;
        let symbol = self.symbol(header.instrument);
        write!(self.out, ",{},{kind},", symbol.as_deref().unwrap_or(""))?;
        let side = match header.side() {
            Side::Bid => "bid",
            Side::Ask => "ask",
            Side::None => "",
        };
        self.out.write_all(side.as_bytes())?;
        self.words(event)?;
        number(&mut self.out, u64::from(header.flags & !Flags::SIDE))?;
        self.out.write_all(b"\n")
    }

    /// The fields between side and flags, with the commas around them.
    fn words(&mut self, event: &MarketData) -> io::Result<()> {
        if let Some(trade) = event.as_trade() {
            write!(self.out, ",{},{},,,,,,", Decimal(trade.price()), Decimal(trade.size()))?;
            number(&mut self.out, trade.venue_sequence())?;
        } else if let Some(quote) = event.as_quote() {
            let (bid, ask) = (quote.bid_price(), quote.ask_price());
            let (bid_size, ask_size) = (quote.bid_size(), quote.ask_size());
            let [bid, bid_size, ask, ask_size] = [bid, bid_size, ask, ask_size].map(Decimal);
            write!(self.out, ",,,{bid},{bid_size},{ask},{ask_size},,")?;
        } else if let Some(change) = event.as_book_change() {
            let (price, size) = (Decimal(change.price()), Decimal(change.size()));
            write!(self.out, ",{price},{size},,,,,")?;
            number(&mut self.out, change.order_id())?;
            self.out.write_all(b",")?;
            number(&mut self.out, change.venue_sequence())?;
        } else {
            self.out.write_all(b",,,,,,,,")?;
        }
        self.out.write_all(b",")
    }

    /// Writes what is held back, the header line where nothing was written, and gives the output.
    ///
    /// # Errors
    /// Where the output fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.begin()?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn begin(&mut self) -> io::Result<()> {
        if !self.began {
            self.began = true;
            writeln!(self.out, "{HEADER}")?;
        }
        Ok(())
    }

    fn symbol(&mut self, instrument: u32) -> Option<Arc<str>> {
        let at = instrument as usize;
        if at >= self.symbols.len() {
            self.symbols.resize(at + 1, None);
        }
        if self.symbols[at].is_none() {
            self.symbols[at] = self.instruments.text(instrument).map(|text| quoted(&text));
        }
        self.symbols[at].clone()
    }
}

/// A text as a field of a CSV file.
fn quoted(text: &str) -> Arc<str> {
    if text.contains([',', '"']) {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}

/// A number, nothing where it is 0.
fn number(out: &mut impl Write, number: u64) -> io::Result<()> {
    if number == 0 { Ok(()) } else { write!(out, "{number}") }
}

fn kind_name(kind: MarketDataKind) -> &'static str {
    match kind {
        MarketDataKind::Trade => "trade",
        MarketDataKind::Quote => "quote",
        MarketDataKind::Add => "add",
        MarketDataKind::Modify => "modify",
        MarketDataKind::Cancel => "cancel",
        MarketDataKind::Fill => "fill",
        MarketDataKind::Clear => "clear",
        MarketDataKind::Status => "status",
        MarketDataKind::Bar => "bar",
    }
}

const _: () = assert!(NULL == i64::MAX, "`Decimal` prints null as nothing");

/// Writes all events of a source to a CSV file, packed as its extension says (.gz, .zst, .zip, or
/// plain), and gives how many there were. An existing file is replaced.
///
/// # Errors
/// The source's, or where the file cannot be written.
pub fn write_csv(
    path: &Path,
    source: &mut dyn Source,
    instruments: &Instruments,
) -> Result<u64, SourceError> {
    let failed = |error: io::Error| {
        at_path(
            path,
            format!("the file cannot be written: {error}"),
            "check the folder and the disk",
        )
        .coded(codes::UNWRITTEN)
    };
    let mut writer = EventWriter::new(bytes::create(path).map_err(failed)?, instruments);
    let mut events = 0;
    for_each_batch(source, |batch| {
        events += batch.len() as u64;
        for event in batch {
            writer.write(event).map_err(failed)?;
        }
        Ok(true)
    })?;
    writer.finish().and_then(Sink::finish).map_err(failed)?;
    Ok(events)
}

/// Calls `take` with each batch of a source until it gives `false` or nothing comes any more.
pub(crate) fn for_each_batch(
    source: &mut dyn Source,
    mut take: impl FnMut(&[MarketData]) -> Result<bool, SourceError>,
) -> Result<(), SourceError> {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let more = source.read(&mut batch);
        if !take(&batch)? {
            return Ok(());
        }
        let nothing_yet = batch.is_empty();
        batch.clear();
        if !more? {
            return Ok(());
        }
        if nothing_yet {
            std::thread::yield_now();
        }
    }
}
