//! What two cores can do at best, without any ring: what results are held against.
//!
//! ```text
//!  ping-pong   A: x = n ---line---> B: sees n, y = n ---line---> A: sees n, x = n + 1 ...
//!  transfer    A: writes lines, index = n ------> B: reads lines, index = n (so that A may come round again)
//!  copy        memcpy from memory into a small buffer, on one core
//! ```
//!
//! Lines are arrays of eight atomic words, stored and loaded relaxed: on the machines this runs on
//! the same instructions as for plain words.

#![allow(clippy::disallowed_types, reason = "bare words between two threads: the limit itself")]

use crate::line::{self, Line};
use crate::team::{Cores, Pause, Ran, Team};
use std::array::from_fn;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

/// A word on two cache lines of its own.
#[repr(align(128))]
#[derive(Default)]
struct Lone(AtomicU64);

/// Sends a word to and fro; `events` counts single ways, so that [`Ran::ns`] is the latency of one.
#[must_use]
pub fn ping_pong(cores: Cores, round_trips: u64) -> Ran {
    let (there, back) = (Lone::default(), Lone::default());
    let meet = |word: &Lone, value| while word.0.load(Ordering::Acquire) != value {};
    let team = Team::new()
        .with(Some(cores.first), || {
            (1..=round_trips).for_each(|n| {
                there.0.store(n, Ordering::Release);
                meet(&back, n);
            });
            0
        })
        .with(Some(cores.second), || {
            (1..=round_trips).for_each(|n| {
                meet(&there, n);
                back.0.store(n, Ordering::Release);
            });
            0
        });
    team.run(2 * round_trips).0
}

/// Sends a line of 64 bytes to and fro over two arrays of `lines`, each with an index: what an event
/// costs that is not the index itself. `events` counts single ways.
///
/// # Panics
/// Where `lines` is no power of two, or a field arrived wrong.
#[must_use]
pub fn line_ping_pong(cores: Cores, round_trips: u64, lines: usize) -> Ran {
    assert!(lines.is_power_of_two(), "{lines} lines");
    let way = || (0..lines).map(|_| Words::default()).collect::<Vec<_>>();
    let ((there, back), (out, home)) = ((way(), way()), (Lone::default(), Lone::default()));
    let meet = |word: &Lone, value| while word.0.load(Ordering::Acquire) != value {};
    let at = |n: u64| n as usize & (lines - 1);
    let serve = || {
        (0..round_trips).fold(0, |sum: u64, n| {
            there[at(n)].store(n);
            out.0.store(n + 1, Ordering::Release);
            meet(&home, n + 1);
            sum.wrapping_add(back[at(n)].sum())
        })
    };
    let answer = || {
        (0..round_trips).fold(0, |sum: u64, n| {
            meet(&out, n + 1);
            let got = there[at(n)].sum();
            back[at(n)].store(n);
            home.0.store(n + 1, Ordering::Release);
            sum.wrapping_add(got)
        })
    };
    let team = Team::new().with(Some(cores.first), serve).with(Some(cores.second), answer);
    let (ran, sums) = team.run(2 * round_trips);
    assert_eq!(sums, [line::sum_of_first(round_trips); 2]);
    ran
}

/// Moves `count` lines of 64 bytes from one core to the other over an array of `lines`, a power of two.
/// The writer says after each batch how far it is; so does the reader, or the writer would overwrite
/// what was not read; each looks at the other's word only where it must. There is nothing else to it.
///
/// # Panics
/// Where `lines` is no power of two or less than a batch, or a field arrived wrong.
#[must_use]
pub fn transfer(cores: Cores, count: u64, lines: usize, batch: usize) -> Ran {
    assert!(lines.is_power_of_two() && batch <= lines, "{lines} lines, batches of {batch}");
    let array: Vec<Words> = (0..lines).map(|_| Words::default()).collect();
    let (written, read) = (Lone::default(), Lone::default());
    let batch = batch as u64;
    let at = |n: u64| &array[n as usize & (array.len() - 1)];
    let writer = || {
        let (mut n, mut seen) = (0, 0);
        while n < count {
            let end = count.min(n + batch);
            if end - seen > array.len() as u64 {
                seen = Pause::Spin.until(|| {
                    let seen = read.0.load(Ordering::Acquire);
                    (end - seen <= array.len() as u64).then_some(seen)
                });
            }
            (n..end).for_each(|n| at(n).store(n));
            n = end;
            written.0.store(n, Ordering::Release);
        }
        0
    };
    let reader = || {
        let (mut n, mut sum) = (0, 0_u64);
        while n < count {
            let seen = Pause::Spin.until(|| {
                let seen = written.0.load(Ordering::Acquire);
                (seen > n).then_some(seen)
            });
            (n..seen).for_each(|n| sum = sum.wrapping_add(at(n).sum()));
            n = seen;
            read.0.store(n, Ordering::Release);
        }
        sum
    };
    let (ran, sums) =
        Team::new().with(Some(cores.first), writer).with(Some(cores.second), reader).run(count);
    assert_eq!(sums[1], line::sum_of_first(count));
    ran
}

/// Copies so many lines of 64 bytes on one core, from 64 MiB of them into 16 KiB.
#[must_use]
pub fn copy(cores: Cores, count: u64) -> Ran {
    const CHUNK: usize = 256;
    let from: Vec<Line> = (0..1 << 20).map(line::numbered).collect();
    let work = || {
        let mut to = vec![line::numbered(0); CHUNK];
        let mut left = count as usize;
        while left > 0 {
            for chunk in from.chunks(CHUNK.min(left)).take(left.div_ceil(CHUNK)) {
                let len = chunk.len().min(left);
                to[..len].copy_from_slice(&chunk[..len]);
                black_box(&mut to);
                left -= len;
            }
        }
        0
    };
    Team::new().with(Some(cores.first), work).run(count).0
}

/// A line that two threads share.
#[repr(align(64))]
#[derive(Default)]
struct Words([AtomicU64; 8]);

impl Words {
    #[inline]
    fn store(&self, n: u64) {
        let line: [u64; 8] = bytemuck::cast(line::numbered(n));
        for (word, value) in self.0.iter().zip(line) {
            word.store(value, Ordering::Relaxed);
        }
    }

    #[inline]
    fn sum(&self) -> u64 {
        let line: [u64; 8] = from_fn(|at| self.0[at].load(Ordering::Relaxed));
        line.into_iter().fold(0, u64::wrapping_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_arrives_whatever_array_and_batch() {
        let Some(cores) = Cores::pick() else { return };
        for (lines, batch) in [(1, 1), (8, 1), (8, 8), (64, 3)] {
            assert_eq!(transfer(cores, 1_001, lines, batch).events, 1_001);
        }
    }

    #[test]
    fn a_ping_pong_counts_both_ways() {
        let Some(cores) = Cores::pick() else { return };
        assert_eq!(ping_pong(cores, 100).events, 200);
        assert_eq!(line_ping_pong(cores, 100, 2).events, 200);
        assert_eq!(copy(cores, 1_000).events, 1_000);
    }
}
