//! What the machine can do at best, to hold results against.

use crate::Prepared;
use crate::rounds::{Variant, Work};
use pitlane::event::{MarketData, Slot};
use pitlane_strategies::mean_reversion::{MeanReversion, MeanReversionParams};
use pitlane_strategies::risk::{OrderIds, RiskGate, RiskGateParams};
use pitlane_strategies::sma_cross::{SmaCross, SmaCrossParams};
use std::hint::black_box;

/// Copies prepared events into a buffer of 256 slots, as a sequencer must at least.
#[must_use]
pub fn copying(events: &Prepared, count: u64) -> Variant {
    let events = events.clone();
    Variant::new("memcpy of 64-byte slots into a buffer of 16 KiB", move || {
        let mut buffer = vec![events.events()[0]; 256];
        Work::time(|| {
            each_chunk(&events, count, 256, |chunk| {
                buffer[..chunk.len()].copy_from_slice(chunk);
                black_box(&mut buffer);
            })
        })
    })
}

/// Reads prepared events and adds up their prices.
#[must_use]
pub fn reading(events: &Prepared, count: u64) -> Variant {
    let events = events.clone();
    Variant::new("raw loop over the events in memory", move || {
        let mut sum = 0_i64;
        let work = Work::time(|| {
            each_chunk(&events, count, 256, |chunk| {
                for slot in chunk {
                    sum = sum.wrapping_add(price(slot).unwrap_or(0));
                }
            })
        });
        black_box(sum);
        work
    })
}

/// The replay's rules called by hand, event by event: the same strategies and gate without an engine.
#[must_use]
pub fn rules_by_hand(events: &Prepared, count: u64) -> Variant {
    let events = events.clone();
    Variant::new("the rules called by hand, no engine", move || {
        let sma = SmaCrossParams { fast: 10, slow: 50, ..SmaCrossParams::default() };
        let mut sma = SmaCross::new(&sma).expect("sound parameters");
        let mut revert = MeanReversion::new(&MeanReversionParams::default()).expect("sound");
        let ids = OrderIds::new(1, 0).expect("the first one");
        let mut gate = RiskGate::new(&RiskGateParams::default(), ids, "gate", 1).expect("sound");
        Work::time(|| {
            each_chunk(&events, count, 256, |chunk| {
                for slot in chunk {
                    let Some(price) = price(slot) else { continue };
                    let instrument = slot.header.instrument;
                    let signals = [sma.decide(instrument, price), revert.decide(instrument, price)];
                    for signal in signals.into_iter().flatten() {
                        let _ = black_box(gate.decide(&signal));
                    }
                }
            })
        })
    })
}

#[inline]
fn price(slot: &Slot) -> Option<i64> {
    slot.view::<MarketData>().as_trade().map(|trade| trade.price())
}

/// Hands over `count` events, beginning anew where there are no more.
fn each_chunk(events: &Prepared, count: u64, size: usize, mut f: impl FnMut(&[Slot])) -> u64 {
    let mut left = count as usize;
    while left > 0 {
        for chunk in events.events().chunks(size) {
            let chunk = &chunk[..chunk.len().min(left)];
            f(chunk);
            left -= chunk.len();
        }
    }
    count
}
