//! Variants measured side by side.
//!
//! Machines are shared and clocks move, so a time by itself says little. Variants take turns, round
//! after round (A B C A B C ...), and what is told is each one's median with the quartiles, and its
//! median ratio to the first variant *of the same round*.
//!
//! Of what runs on one thread, the time that counts is the thread's own on a core, so that other
//! programs' turns are left out; it is the wall's time where the core is free. What runs on several
//! threads is told in wall time.

use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// Something that handles events and can be done again.
pub struct Variant {
    name: String,
    run: Box<dyn FnMut() -> Work>,
}

/// What a run did, and in what time.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Events that went through.
    pub events: u64,
    /// How long it took, by the wall.
    pub wall: Duration,
    /// How long the thread was on a core; `None` where others took part.
    pub on_core: Option<Duration>,
}

impl Work {
    /// Times a closure that gives how many events it handled, on this thread alone.
    pub fn time(run: impl FnOnce() -> u64) -> Self {
        let before = on_core();
        let mut work = Self::time_of_all(run);
        work.on_core = Some(on_core().saturating_sub(before));
        work
    }

    /// As [`Work::time`], for what runs on several threads.
    pub fn time_of_all(run: impl FnOnce() -> u64) -> Self {
        let start = Instant::now();
        let events = run();
        Self { events, wall: start.elapsed(), on_core: None }
    }

    /// Its time against another's, both on the core where both were one thread, else by the wall.
    fn against(self, other: Self) -> f64 {
        match (self.on_core, other.on_core) {
            (Some(own), Some(first)) => self.ns(own) / other.ns(first),
            _ => self.ns(self.wall) / other.ns(other.wall),
        }
    }

    /// What it takes more than another, ns per event, by the same clocks.
    fn beside(self, other: Self) -> f64 {
        match (self.on_core, other.on_core) {
            (Some(own), Some(first)) => self.ns(own) - other.ns(first),
            _ => self.ns(self.wall) - other.ns(other.wall),
        }
    }

    fn ns(self, time: Duration) -> f64 {
        time.as_nanos() as f64 / self.events.max(1) as f64
    }
}

/// How long the calling thread has been on a core.
pub(crate) fn on_core() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

impl Variant {
    /// A variant by its name.
    pub fn new(name: impl Into<String>, run: impl FnMut() -> Work + 'static) -> Self {
        Self { name: name.into(), run: Box::new(run) }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs it once.
    pub fn run(&mut self) -> Work {
        (self.run)()
    }
}

/// What a variant took, over all rounds.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Its name.
    pub name: String,
    /// ns per event, on the core where it was one thread: first quartile, median, third quartile.
    pub ns: [f64; 3],
    /// Whether it was one thread.
    pub one_thread: bool,
    /// Median of the ns per event by the wall.
    pub wall_ns: f64,
    /// Median of its time against that of the first variant in the same round.
    pub ratio: f64,
    /// Median of what it takes more than the first variant in the same round, ns per event.
    pub added: f64,
}

impl Measured {
    /// Millions of events per second at the median of `ns`.
    #[must_use]
    pub fn millions_per_second(&self) -> f64 {
        1e3 / self.ns[1]
    }
}

/// Runs the variants in turns, after one round that does not count.
pub fn measure(variants: &mut [Variant], rounds: usize) -> Vec<Measured> {
    measure_while(variants, rounds, |_, _| true)
}

/// As [`measure`], asking before each run whether to go on: `go_on` is given the round, 0 for the one
/// that does not count, and the variant's name. Rounds that were begun and not finished do not count;
/// where none was finished there are no results.
pub fn measure_while(
    variants: &mut [Variant],
    rounds: usize,
    mut go_on: impl FnMut(usize, &str) -> bool,
) -> Vec<Measured> {
    let mut works: Vec<Vec<Work>> = vec![Vec::with_capacity(rounds); variants.len()];
    'rounds: for round in 0..=rounds {
        let mut own = Vec::with_capacity(variants.len());
        for variant in variants.iter_mut() {
            if !go_on(round, &variant.name) {
                break 'rounds;
            }
            own.push((variant.run)());
        }
        if round > 0 {
            works.iter_mut().zip(own).for_each(|(works, work)| works.push(work));
        }
    }
    match works.first().is_none_or(Vec::is_empty) {
        true => Vec::new(),
        false => variants
            .iter()
            .zip(&works)
            .map(|(variant, own)| told(variant, own, &works[0]))
            .collect(),
    }
}

fn told(variant: &Variant, own: &[Work], first: &[Work]) -> Measured {
    let ns = |work: &Work| work.ns(work.on_core.unwrap_or(work.wall));
    let ratios = own.iter().zip(first).map(|(own, first)| own.against(*first));
    Measured {
        name: variant.name.clone(),
        ns: quartiles(own.iter().map(ns)),
        one_thread: own.iter().all(|work| work.on_core.is_some()),
        wall_ns: quartiles(own.iter().map(|work| work.ns(work.wall)))[1],
        ratio: quartiles(ratios)[1],
        added: quartiles(own.iter().zip(first).map(|(own, first)| own.beside(*first)))[1],
    }
}

fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| match values.len() {
        0 => f64::NAN,
        len => values[(len - 1) * quarter / 4],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_take_turns_and_are_compared_within_a_round() {
        // The machine slows down ten times after the first round: the ratio does not see it.
        let variant = |name: &str, ns: u64| {
            let mut round = 0;
            Variant::new(name, move || {
                round += 1;
                let slow = if round > 2 { 10 } else { 1 };
                let wall = Duration::from_nanos(10 * ns * slow);
                Work { events: 10, wall, on_core: None }
            })
        };
        let measured = measure(&mut [variant("a", 2), variant("b", 6)], 3);
        assert_eq!(measured[1].ratio, 3.0);
        assert_eq!(measured[0].ns, [2.0, 20.0, 20.0]);
        assert_eq!(measured[0].millions_per_second(), 50.0);
    }
    #[test]
    fn only_whole_rounds_count_and_none_at_all_gives_no_results() {
        let variants = || {
            ["a", "b"].map(|name| {
                let work = Work { events: 1, wall: Duration::from_nanos(5), on_core: None };
                Variant::new(name, move || work)
            })
        };
        // Ended in the middle of the second round that counts.
        let measured = measure_while(&mut variants(), 9, |round, name| round < 2 || name == "a");
        assert_eq!(measured.len(), 2);
        assert!(measure_while(&mut variants(), 9, |round, _| round < 1).is_empty());
    }
}
