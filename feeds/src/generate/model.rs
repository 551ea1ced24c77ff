//! How instruments move. Integers only: the same on every machine.

use pitlane::event::{Flags, MarketData, Side};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// One in this many calm events begins a burst.
const BURST_ONE_IN: u64 = 256;
/// Events of a burst on average.
const BURST_LENGTH: u64 = 64;
/// How much faster events of a burst come.
const BURST_SPEED: u64 = 16;
/// Units in which chances are counted.
const CHANCE: u64 = 1 << 16;
/// Chance that a quote moves the price when all is calm.
const CALM: u64 = CHANCE / 12;
/// What a move adds to the volatility, and the share of its excess that each event lets sink. One
/// move must bring less than one more, or the volatility stays high for ever.
const EXCITE: u64 = CHANCE / 8000;
const SINK: u64 = 512;
/// News: what it adds to the volatility; it comes with one burst in this many.
const NEWS: u64 = CHANCE / 3;
const NEWS_ONE_IN: u64 = 8;
const WILD: u64 = CHANCE / 2;
/// Chance that a trade has the side of the one before.
const FOLLOW: u64 = CHANCE * 7 / 10;
/// Least and most ns from venue to capture.
const LEAST_LATENCY: u64 = 20_000;
const LATENCY_SPREAD: u64 = 1 << 16;

/// What a model is built from.
pub(super) struct World {
    pub(super) seed: u64,
    /// Ns since 1970.
    pub(super) start: u64,
    /// Ns between two events on average.
    pub(super) mean_gap: u64,
    /// Smallest step of prices, 1e-9.
    pub(super) tick: i64,
    /// Price about which instruments begin, in ticks.
    pub(super) price_ticks: i64,
    /// Smallest step of sizes, 1e-9.
    pub(super) lot: i64,
    pub(super) trade_percent: u64,
}

/// One instrument's book, in ticks and lots.
struct Instrument {
    id: u32,
    bid: i64,
    ask: i64,
    bid_lots: i64,
    ask_lots: i64,
    /// Chance that a quote moves the price.
    volatility: u64,
    last_side: Side,
    floor: i64,
    ceiling: i64,
}

/// A session as it unfolds.
pub(super) struct Model {
    rng: ChaCha8Rng,
    instruments: Vec<Instrument>,
    /// Running sums of activity, in units of `CHANCE`.
    activity: Vec<u64>,
    now: u64,
    received: u64,
    calm_gap: u64,
    /// Instrument of the burst, and how many of its events are left.
    burst: (usize, u64),
    tick: i64,
    lot: i64,
    /// Chance of a trade.
    trades: u64,
    sequence: u64,
}

/// Draws of one event: slices of one random word.
struct Draw(u64);

impl Draw {
    /// A number below `CHANCE`.
    fn chance(&mut self) -> u64 {
        let low = self.0 % CHANCE;
        self.0 /= CHANCE;
        low
    }
}

impl Model {
    pub(super) fn new(world: &World, ids: Vec<u32>) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(world.seed);
        let weights: Vec<u64> = (1..=ids.len() as u64).map(|rank| (1 << 32) / rank).collect();
        let all: u64 = weights.iter().sum();
        let mut sum = 0;
        let activity = weights.iter().map(|weight| {
            sum += weight;
            (u128::from(sum) * u128::from(CHANCE) / u128::from(all)) as u64
        });
        let activity = activity.collect();
        let instruments = ids.into_iter().map(|id| Instrument::new(id, world, &mut rng)).collect();
        // Of 256 + 64 events 64 come in bursts: the calm gap that makes the mean right.
        let share = BURST_ONE_IN + BURST_LENGTH / BURST_SPEED;
        let calm_gap = world.mean_gap.saturating_mul(BURST_ONE_IN + BURST_LENGTH) / share;
        Self {
            rng,
            instruments,
            activity,
            now: world.start,
            received: 0,
            calm_gap,
            burst: (0, 0),
            tick: world.tick,
            lot: world.lot,
            trades: world.trade_percent * CHANCE / 100,
            sequence: 0,
        }
    }

    /// The next event.
    #[inline]
    pub(super) fn next(&mut self) -> MarketData {
        let (gap, mut draw) = (self.rng.next_u64(), Draw(self.rng.next_u64()));
        let at = self.pass_time(gap, &mut draw);
        let is_trade = draw.chance() < self.trades;
        let instrument = &mut self.instruments[at];
        let mut event = if is_trade {
            self.sequence += 1;
            let detail = Draw(self.rng.next_u64());
            instrument.trade(self.now, self.tick, self.lot, &mut draw, detail, self.sequence)
        } else {
            instrument.quote(self.now, self.tick, self.lot, &mut draw)
        };
        let latency = LEAST_LATENCY + (gap & (LATENCY_SPREAD - 1));
        self.received = (self.received + 1).max(self.now.saturating_add(latency));
        event.header.ts_recv = self.received;
        event.header.flags |= Flags::LAST;
        event
    }

    /// Moves the clock to the next event and gives its instrument.
    #[inline]
    fn pass_time(&mut self, gap: u64, draw: &mut Draw) -> usize {
        let chance = draw.chance();
        let (at, mean) = if self.burst.1 > 0 {
            self.burst.1 -= 1;
            (self.burst.0, self.calm_gap / BURST_SPEED)
        } else {
            let at = self.activity.partition_point(|&sum| sum <= chance);
            let at = at.min(self.instruments.len() - 1);
            if gap.is_multiple_of(BURST_ONE_IN) {
                // Lengths from 1 to twice the mean, all alike.
                self.burst = (at, (gap >> 8) % (2 * BURST_LENGTH));
                if (gap >> 16).is_multiple_of(NEWS_ONE_IN) {
                    let volatility = &mut self.instruments[at].volatility;
                    *volatility = (*volatility + NEWS).min(WILD);
                }
            }
            (at, self.calm_gap)
        };
        self.now = self.now.saturating_add(exponential(gap, mean));
        at
    }
}

/// An exponential waiting time with about that mean: -log2 of a uniform number, straight between
/// powers of two, so that no float is needed.
#[inline]
fn exponential(random: u64, mean: u64) -> u64 {
    let random = random | 1;
    let zeros = u64::from(random.leading_zeros());
    let mantissa = ((random << zeros) << 1) >> 48;
    // In units of 1/65536; its mean is 1.5, which the division by 98304 takes out.
    let log = (zeros << 16) + (CHANCE - mantissa);
    ((u128::from(log) * u128::from(mean)) / 98_304) as u64
}

impl Instrument {
    fn new(id: u32, world: &World, rng: &mut ChaCha8Rng) -> Self {
        let half = world.price_ticks / 2;
        let bid = half + (rng.next_u64() % (world.price_ticks as u64)) as i64;
        Self {
            id,
            bid,
            ask: bid + 1,
            bid_lots: 10,
            ask_lots: 10,
            volatility: CALM,
            last_side: Side::Bid,
            floor: (world.price_ticks / 10).max(1),
            ceiling: world.price_ticks * 10,
        }
    }

    /// A change of the best bid or ask.
    #[inline]
    fn quote(&mut self, now: u64, tick: i64, lot: i64, draw: &mut Draw) -> MarketData {
        let (detail, move_chance) = (draw.chance(), draw.chance());
        let up = detail & 1 == 1;
        if move_chance < self.volatility {
            let ticks = 1 + i64::from((detail >> 1).trailing_ones().min(3));
            self.shift(if up { ticks } else { -ticks }, detail >> 4);
        } else {
            let lots = size(detail >> 1);
            *(if up { &mut self.ask_lots } else { &mut self.bid_lots }) = lots;
            self.settle(!up);
        }
        let bid = (self.bid * tick, self.bid_lots * lot);
        MarketData::quote(self.id, now, bid, (self.ask * tick, self.ask_lots * lot))
    }

    /// A trade at the bid or ask.
    #[inline]
    fn trade(
        &mut self,
        now: u64,
        tick: i64,
        lot: i64,
        draw: &mut Draw,
        mut detail: Draw,
        sequence: u64,
    ) -> MarketData {
        if draw.chance() >= FOLLOW {
            self.last_side = if self.last_side == Side::Bid { Side::Ask } else { Side::Bid };
        }
        let buys = self.last_side == Side::Bid;
        let price = if buys { self.ask } else { self.bid };
        let standing = if buys { &mut self.ask_lots } else { &mut self.bid_lots };
        let lots = size(detail.chance() >> 2).min(*standing).max(1);
        *standing -= lots;
        if *standing == 0 {
            // In calm times a level that was taken fills up again; in wild ones it breaks.
            let detail = detail.chance();
            *standing = size(detail);
            if detail < 2 * self.volatility {
                self.shift(self.last_side.sign(), detail);
            }
        }
        MarketData::trade(self.id, now, price * tick, lots * lot, self.last_side)
            .with_venue_sequence(sequence)
    }

    /// Moves the price by so many ticks; the spread follows the volatility.
    fn shift(&mut self, ticks: i64, detail: u64) {
        let ticks = if self.bid + ticks < self.floor || self.bid + ticks > self.ceiling {
            -ticks
        } else {
            ticks
        };
        self.volatility = (self.volatility + EXCITE).min(WILD.max(self.volatility));
        let spread = 1 + (self.volatility * 6 / CHANCE) as i64 + (detail % 2) as i64;
        if ticks > 0 {
            self.bid += ticks;
            self.ask = self.bid + spread;
        } else {
            self.ask += ticks;
            self.bid = (self.ask - spread).max(1);
            self.ask = self.ask.max(self.bid + 1);
        }
        self.bid_lots = size(detail >> 1);
        self.ask_lots = size(detail >> 3);
    }

    /// A calm event: volatility sinks, a wide spread closes by a tick, from one side as often as
    /// from the other: else prices would drift.
    fn settle(&mut self, from_below: bool) {
        self.volatility -= self.volatility.saturating_sub(CALM) / SINK;
        if self.ask - self.bid > 1 + (self.volatility * 6 / CHANCE) as i64 {
            if from_below {
                self.bid += 1;
            } else {
                self.ask -= 1;
            }
        }
    }
}

/// Lots of an order: mostly few, seldom many; at least 1.
#[inline]
fn size(random: u64) -> i64 {
    let scale = 1 << (random & 0x3f).trailing_ones();
    1 + ((random >> 3) % (4 * scale)) as i64
}
