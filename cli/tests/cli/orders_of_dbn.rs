//! Sessions of orders as Databento sends them, against the exchange that made them.
//!
//! The exchange below keeps its orders in a map and nothing else. What happens there is written down as
//! Databento does: a trade is T, then F and C for each order it met; the book changes by A, C, M and R
//! alone; the last record of an event has F_LAST. Books are compared with the exchange whenever they
//! are shown.

use crate::support::Folder;
use dbn::encode::{DbnEncoder, EncodeRecord};
use dbn::{
    Compression, FlagSet, MappingInterval, MboMsg, Metadata, RecordHeader, SType, Schema,
    SymbolMapping, UNDEF_PRICE, UNDEF_TIMESTAMP, flags, rtype,
};
use pitlane::Instruments;
use pitlane::event::Side;
use pitlane_feeds::{OpenOptions, open_file};
use pitlane_strategies::book::{Book, Books};
use std::collections::{BTreeMap, HashMap};

/// 2024-01-02T00:00:00Z.
const DAY: u64 = 1_704_153_600_000_000_000;

/// A quarter, the tick of the instruments.
const TICK: i64 = 250_000_000;

const SNAPSHOT: u8 = flags::SNAPSHOT | flags::BAD_TS_RECV;

#[derive(Clone, Copy, Debug)]
struct Order {
    side: u8,
    price: i64,
    size: u32,
    /// The lower the earlier.
    rank: u64,
}

/// Levels of a side by price: the sizes of its orders by priority.
type Sides = [BTreeMap<i64, Vec<(u64, u32)>>; 2];

/// What stood there after an event: its sequence, its capture time, the orders.
type Shown = (u32, u64, Sides);

/// Numbers that look like chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

/// One instrument of one publisher.
struct Exchange {
    id: u32,
    publisher: u16,
    middle: i64,
    orders: HashMap<u64, Order>,
    next_id: u64,
    rank: u64,
    chance: Chance,
}

impl Exchange {
    fn new(id: u32, publisher: u16, middle: i64) -> Self {
        let chance = Chance(u64::from(id) << 20 | u64::from(publisher) | 1 << 50);
        Self { id, publisher, middle, orders: HashMap::new(), next_id: 1, rank: 0, chance }
    }

    fn record(&self, action: u8, side: u8, order_id: u64, (price, size): (i64, u32)) -> MboMsg {
        MboMsg {
            hd: RecordHeader::new::<MboMsg>(rtype::MBO, self.publisher, self.id, 0),
            order_id,
            price,
            size,
            flags: FlagSet::empty(),
            channel_id: 0,
            action: action as _,
            side: side as _,
            ts_recv: 0,
            ts_in_delta: -3,
            sequence: 0,
        }
    }

    fn place(&mut self, id: u64, side: u8, price: i64, size: u32) {
        self.rank += 1;
        self.orders.insert(id, Order { side, price, size, rank: self.rank });
    }

    fn new_order(&mut self) -> (u64, Order) {
        let side = if self.chance.below(2) == 0 { b'B' } else { b'A' };
        let away = self.chance.below(40) as i64;
        let price = self.middle + TICK * if side == b'B' { -1 - away } else { 1 + away };
        let size = 1 + self.chance.below(20) as u32;
        let id = self.next_id * 7919;
        self.next_id += 1;
        self.place(id, side, price, size);
        (id, self.orders[&id])
    }

    /// The orders that a trade meets, the first in line first.
    fn first_in_line(&self, side: u8) -> Option<u64> {
        let orders = self.orders.iter().filter(|(_, order)| order.side == side);
        let sign = if side == b'B' { -1 } else { 1 };
        orders.min_by_key(|(_, order)| (sign * order.price, order.rank)).map(|(id, _)| *id)
    }

    fn any_order(&mut self) -> Option<u64> {
        let mut ids: Vec<u64> = self.orders.keys().copied().collect();
        ids.sort_unstable();
        let count = ids.len() as u64;
        (count > 0).then(|| ids[self.chance.below(count) as usize])
    }

    /// A book as a session begins with it: a clear, then each order.
    fn snapshot(&mut self, orders: usize) -> Vec<MboMsg> {
        let mut records = vec![self.record(b'R', b'N', 0, (UNDEF_PRICE, 0))];
        self.orders.clear();
        for _ in 0..orders {
            let (id, order) = self.new_order();
            records.push(self.record(b'A', order.side, id, (order.price, order.size)));
        }
        for record in &mut records {
            record.flags = FlagSet::from(SNAPSHOT);
            record.hd.ts_event = DAY - 86_400_000_000_000;
        }
        records
    }

    fn cancel(&mut self, id: u64, size: u32) -> MboMsg {
        let order = self.orders.get_mut(&id).unwrap();
        order.size -= size;
        let order = *order;
        if order.size == 0 {
            self.orders.remove(&id);
        }
        self.record(b'C', order.side, id, (order.price, size))
    }

    fn modify(&mut self, id: u64) -> MboMsg {
        let order = self.orders[&id];
        let (moves, grows) = (self.chance.below(3) == 0, self.chance.below(2) == 0);
        let away = TICK * self.chance.below(3) as i64;
        let price = match order.side {
            _ if !moves => order.price,
            b'B' => order.price - away,
            _ => order.price + away,
        };
        let size = if grows { order.size + 3 } else { 1 + order.size / 2 };
        if price != order.price || size > order.size {
            self.place(id, order.side, price, size);
        } else {
            self.orders.get_mut(&id).unwrap().size = size;
        }
        self.record(b'M', order.side, id, (price, size))
    }

    /// An aggressor takes from the other side.
    fn trade(&mut self) -> Vec<MboMsg> {
        let resting = if self.chance.below(2) == 0 { b'B' } else { b'A' };
        let aggressor = if resting == b'B' { b'A' } else { b'B' };
        let mut left = 1 + self.chance.below(40) as u32;
        let mut records = Vec::new();
        while left > 0
            && let Some(id) = self.first_in_line(resting)
        {
            let Order { price, size, .. } = self.orders[&id];
            let filled = size.min(left);
            left -= filled;
            records.push(self.record(b'T', aggressor, 0, (price, filled)));
            records.push(self.record(b'F', resting, id, (price, filled)));
            records.push(self.cancel(id, filled));
        }
        records
    }

    /// What happens next.
    fn step(&mut self) -> Vec<MboMsg> {
        let any = self.any_order();
        match (self.chance.below(100), any) {
            (0..45, _) | (_, None) => {
                let (id, order) = self.new_order();
                vec![self.record(b'A', order.side, id, (order.price, order.size))]
            }
            (45..60, Some(id)) => vec![self.cancel(id, self.orders[&id].size)],
            (60..66, Some(id)) => {
                let size = 1 + self.chance.below(u64::from(self.orders[&id].size)) as u32;
                // Flags may come in a record of their own.
                vec![self.cancel(id, size), self.record(b'N', b'N', 0, (UNDEF_PRICE, 0))]
            }
            (66..82, Some(id)) => vec![self.modify(id)],
            (82..94, _) => self.trade(),
            // An auction's trade has no side.
            (94, _) => vec![self.record(b'T', b'N', 0, (self.middle, 5))],
            (95, _) => {
                // An order that nobody heard of: its change says all that there is to know.
                let (id, order) = self.new_order();
                vec![self.record(b'M', order.side, id, (order.price, order.size))]
            }
            (96, _) => vec![self.record(b'C', b'B', 3, (self.middle, 1))],
            (97, Some(id)) => {
                let mut record = self.cancel(id, self.orders[&id].size);
                record.side = b'N' as _;
                vec![record]
            }
            (98, _) if self.chance.below(10) == 0 => {
                self.orders.clear();
                vec![self.record(b'R', b'N', 0, (UNDEF_PRICE, 0))]
            }
            _ => vec![self.record(b'F', b'B', 3, (self.middle, 1))],
        }
    }

    fn sides(&self) -> Sides {
        let mut orders: Vec<_> = self.orders.iter().collect();
        orders.sort_unstable_by_key(|(_, order)| order.rank);
        let mut sides = Sides::default();
        for (id, order) in orders {
            let side = &mut sides[usize::from(order.side == b'A')];
            side.entry(order.price).or_default().push((*id, order.size));
        }
        sides
    }
}

/// What the exchanges did, and what stood there after each event.
struct Session {
    records: Vec<MboMsg>,
    /// By instrument and publisher, in the order of the records.
    shown: HashMap<(u32, u16), Vec<Shown>>,
}

/// Events of several exchanges, their records mixed.
fn session(mut exchanges: Vec<Exchange>, events: usize) -> Session {
    let mut session = Session { records: Vec::new(), shown: HashMap::new() };
    let mut chance = Chance(88_172_645_463_325_252);
    let mut open: Vec<Vec<MboMsg>> = exchanges.iter_mut().map(|one| one.snapshot(200)).collect();
    let (mut now, mut left) = (DAY, events);
    while left > 0 || open.iter().any(|records| !records.is_empty()) {
        let at = chance.below(exchanges.len() as u64) as usize;
        if open[at].is_empty() {
            if left == 0 {
                continue;
            }
            left -= 1;
            open[at] = exchanges[at].step();
            if open[at].is_empty() {
                // A trade that met nobody.
                continue;
            }
        }
        // Several records may have been captured at once.
        now += chance.below(3) * 1_000;
        let mut record = open[at].remove(0);
        record.sequence = session.records.len() as u32 + 1;
        record.ts_recv = now;
        if record.hd.ts_event == 0 {
            let unknown = chance.below(50) == 0;
            record.hd.ts_event = if unknown { UNDEF_TIMESTAMP } else { now - 500 };
        }
        if open[at].is_empty() {
            record.flags = FlagSet::from(record.flags.raw() | flags::LAST);
            let key = (exchanges[at].id, exchanges[at].publisher);
            let shown = (record.sequence, now, exchanges[at].sides());
            session.shown.entry(key).or_default().push(shown);
        }
        session.records.push(record);
    }
    session
}

fn metadata(dataset: &str, instruments: &[(&str, u32)]) -> Metadata {
    let day = |day| time::Date::from_calendar_date(2024, time::Month::January, day).unwrap();
    let mapping = |(symbol, id): &(&str, u32)| SymbolMapping {
        raw_symbol: (*symbol).into(),
        intervals: vec![MappingInterval {
            start_date: day(2),
            end_date: day(3),
            symbol: id.to_string(),
        }],
    };
    Metadata::builder()
        .dataset(dataset)
        .schema(Some(Schema::Mbo))
        .start(DAY)
        .stype_in(Some(SType::RawSymbol))
        .stype_out(SType::InstrumentId)
        .mappings(instruments.iter().map(mapping).collect())
        .build()
}

fn write(folder: &Folder, name: &str, metadata: &Metadata, records: &[MboMsg]) {
    let file = std::fs::File::create(folder.path(name)).unwrap();
    let packing = if name.ends_with("zst") { Compression::Zstd } else { Compression::None };
    let mut writer = dbn::encode::DynWriter::new(file, packing).unwrap();
    let mut encoder = DbnEncoder::new(&mut writer, metadata).unwrap();
    encoder.encode_records(records).unwrap();
}

/// All orders of a book, by level and priority.
fn orders(book: &Book) -> Sides {
    [Side::Bid, Side::Ask].map(|side| {
        let level = |price| {
            let size = |size| u32::try_from(size / 1_000_000_000).unwrap();
            book.queue(side, price).map(move |order| (order.id, size(order.size))).collect()
        };
        book.levels(side).map(|one| (one.price, level(one.price))).collect()
    })
}

/// Reads the file and compares the book with the exchange at each end of an event.
fn assert_books(folder: &Folder, name: &str, session: &Session, symbols: &[(&str, u32, u16)]) {
    let instruments = Instruments::new();
    let path = folder.path(name);
    let mut source = open_file(&path, &OpenOptions::default(), &instruments).unwrap();
    let mut books = Books::default();
    let mut next: HashMap<u32, usize> = HashMap::new();
    let mut batch = Vec::with_capacity(501);
    let mut compared = 0;
    loop {
        let more = source.read(&mut batch).unwrap();
        for event in batch.drain(..) {
            let Some(book) = books.apply(&event) else { continue };
            let symbol = instruments.text(event.header.instrument).unwrap();
            let (_, id, publisher) = symbols.iter().find(|one| *one.0 == *symbol).unwrap();
            let shown = &session.shown[&(*id, *publisher)];
            let at = next.entry(event.header.instrument).or_default();
            // Events that change nothing show no book.
            let sequence = u32::try_from(event.venue_sequence()).unwrap();
            *at += shown[*at..].iter().position(|one| one.0 == sequence).unwrap();
            assert_eq!(orders(book), shown[*at].2, "{symbol} at {sequence}");
            compared += 1;
        }
        if !more {
            break;
        }
    }
    assert!(compared * 10 > session.shown.values().map(Vec::len).sum::<usize>() * 8);
}

/// Levels as `ticks book` prints them.
fn printed(side: &BTreeMap<i64, Vec<(u64, u32)>>, best_first: bool) -> Vec<(f64, f64)> {
    let level = |(price, orders): (&i64, &Vec<(u64, u32)>)| {
        let size: u32 = orders.iter().map(|order| order.1).sum();
        (*price as f64 / 1e9, f64::from(size))
    };
    let mut levels: Vec<_> = side.iter().map(level).collect();
    if best_first {
        levels.reverse();
    }
    levels.truncate(10);
    levels
}

fn assert_printed(book: &serde_json::Value, symbol: &str, (_, ts, sides): &(u32, u64, Sides)) {
    let levels =
        |side: &str| -> Vec<(f64, f64)> { serde_json::from_value(book[side].clone()).unwrap() };
    assert_eq!(book["symbol"], symbol);
    assert_eq!(levels("bids"), printed(&sides[0], true), "{symbol} at {ts}");
    assert_eq!(levels("asks"), printed(&sides[1], false), "{symbol} at {ts}");
    assert_eq!(
        (&book["bid_levels"], &book["ask_levels"]),
        (&sides[0].len().into(), &sides[1].len().into())
    );
}

#[test]
fn a_session_of_one_future_is_the_exchange_s_book_at_each_event() {
    let folder = Folder::empty();
    let session = session(vec![Exchange::new(17_077, 1, 4_800 * 1_000_000_000)], 2_500);
    let metadata = metadata("GLBX.MDP3", &[("ESH4", 17_077)]);
    for name in ["a.mbo.dbn", "a.mbo.dbn.zst"] {
        write(&folder, name, &metadata, &session.records);
        assert_books(&folder, name, &session, &[("ESH4", 17_077, 1)]);
    }
    let shown = &session.shown[&(17_077, 1)];
    let book = folder.run(["ticks", "book", "a.mbo.dbn.zst", "--at", "end", "--json"]);
    assert_printed(&book.assert_code(0).json(), "ESH4", shown.last().unwrap());
    for share in 1..8 {
        // The last event of those that were captured at the same time.
        let at = shown[shown.len() * share / 8].1;
        let last = shown.iter().rfind(|one| one.1 <= at).unwrap();
        let text = at.to_string();
        let book = folder.run(["ticks", "book", "a.mbo.dbn", "--at", &text, "--json"]);
        assert_printed(&book.assert_code(0).json(), "ESH4", last);
    }
}

#[test]
fn instruments_and_venues_of_one_file_have_books_of_their_own() {
    let folder = Folder::empty();
    let quarter = 1_000_000_000;
    let exchanges = vec![
        Exchange::new(1, 1, 4_800 * quarter),
        Exchange::new(2, 1, 70 * quarter),
        // A spread, of which prices are negative on both sides of nothing.
        Exchange::new(3, 1, -quarter),
    ];
    let session = self::session(exchanges, 3_000);
    let symbols = [("ESH4", 1, 1), ("CLG4", 2, 1), ("ESH4-ESM4", 3, 1)];
    let named: Vec<_> = symbols.iter().map(|one| (one.0, one.1)).collect();
    write(&folder, "m.dbn.zst", &metadata("GLBX.MDP3", &named), &session.records);
    assert_books(&folder, "m.dbn.zst", &session, &symbols);
    let books = folder.run(["ticks", "book", "m.dbn.zst", "--json"]).assert_code(0).json();
    for book in books.as_array().unwrap() {
        let (symbol, id, publisher) =
            symbols.iter().find(|one| book["symbol"] == one.0).expect("a symbol of the file");
        assert_printed(book, symbol, session.shown[&(*id, *publisher)].last().unwrap());
    }
    // Two venues of one dataset use the same numbers for instruments and orders.
    let exchanges = vec![Exchange::new(7, 39, 50 * quarter), Exchange::new(7, 40, 50 * quarter)];
    let session = self::session(exchanges, 2_000);
    write(&folder, "v.dbn", &metadata("DBEQ.BASIC", &[("GOOG", 7)]), &session.records);
    let books = folder.run(["ticks", "book", "v.dbn", "--json"]).assert_code(0).json();
    let names: Vec<&str> =
        books.as_array().unwrap().iter().map(|one| one["symbol"].as_str().unwrap()).collect();
    let venue = |publisher: u16| dbn::Publisher::try_from(publisher).unwrap().venue().to_string();
    let (one, other) = (format!("GOOG.{}", venue(39)), format!("GOOG.{}", venue(40)));
    assert!(names.len() == 2 && names.contains(&&*one) && names.contains(&&*other), "{names:?}");
    assert_books(&folder, "v.dbn", &session, &[(&one, 7, 39), (&other, 7, 40)]);
}
