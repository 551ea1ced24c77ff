//! Rounds: every case once, each between two raw ping-pongs.

use crate::cases::Case;
use pitlane_bench::classes::Median;
use pitlane_bench::raw;
use pitlane_bench::team::{Cores, Ran};

/// Round trips of the ping-pongs that say what the machine does.
const PROBE: u64 = 4_000;

/// Runs of each capacity, of which the best is chosen.
const TRIES: usize = 3;

/// What a case was like in one round.
pub struct Round {
    /// Which case.
    pub case: usize,
    /// The raw ping-pong before.
    pub before: Probe,
    /// The run.
    pub ran: Ran,
    /// The raw ping-pong after.
    pub after: Probe,
}

/// What the machine does, by two threads that spin, each on its core.
#[derive(Clone, Copy)]
pub struct Probe {
    /// Latency of one way, in ns.
    pub ns: f64,
    /// The share of both cores that the threads had: what is missing went to other programs.
    pub share: f64,
}

/// For each case the capacity with the least time, medians over a few runs in turns.
pub fn choose_capacities(cores: Cores, cases: &[Case]) -> Vec<usize> {
    let mut times: Vec<Vec<Vec<f64>>> =
        cases.iter().map(|case| vec![Vec::new(); case.capacities.len()]).collect();
    for _ in 0..TRIES {
        for (case, times) in cases.iter().zip(&mut times) {
            for (&capacity, times) in case.capacities.iter().zip(times) {
                // In units of what the machine does just now, since caches come and go.
                let ran = (case.run)(capacity);
                times.push(ran.ns() / probe(cores).ns.max(1.0));
            }
        }
    }
    let best = |(case, times): (&Case, Vec<Vec<f64>>)| {
        let medians = times.iter().map(|times| Median::of(times).expect("some runs").mid);
        let (best, _) = medians.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).expect("capacities");
        case.capacities[best]
    };
    cases.iter().zip(times).map(best).collect()
}

/// All cases in turns, so many times.
pub fn run(cores: Cores, cases: &[Case], capacities: &[usize], rounds: usize) -> Vec<Round> {
    let mut done = Vec::with_capacity(rounds * cases.len());
    for _ in 0..rounds {
        let mut before = probe(cores);
        for (case, &capacity) in capacities.iter().enumerate() {
            let ran = (cases[case].run)(capacity);
            let after = probe(cores);
            done.push(Round { case, before, ran, after });
            before = after;
        }
    }
    done
}

fn probe(cores: Cores) -> Probe {
    let ran = raw::ping_pong(cores, PROBE);
    Probe { ns: ran.ns(), share: ran.share() }
}
