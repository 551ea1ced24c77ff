//! What came out, as Markdown.

use crate::cases::Case;
use crate::rounds::{Probe, Round};
use crate::summary;
use pitlane_bench::classes::{Classes, Median};

/// Least share of its cores that a run must have had to count.
const SHARE: f64 = 0.97;

/// What was measured, and how it is judged.
pub struct Measured<'a> {
    pub cases: &'a [Case],
    /// By case, the capacity that was best in a trial before.
    pub capacities: &'a [usize],
    pub rounds: &'a [Round],
    pub classes: Classes,
}

/// What a case took in the rounds of a class.
pub struct Figures {
    /// ns per event by the wall.
    pub wall: Median,
    /// ns per event on cores, all threads of the contestant added up.
    pub core: Median,
}

impl<'a> Measured<'a> {
    /// Sorts the rounds into classes.
    pub fn of(cases: &'a [Case], capacities: &'a [usize], rounds: &'a [Round]) -> Self {
        let probes: Vec<_> = rounds.iter().map(|round| round.after.ns).collect();
        Self { cases, capacities, rounds, classes: Classes::of(&probes) }
    }

    /// The contests, in their order.
    pub fn contests(&self) -> Vec<&'a str> {
        let mut contests: Vec<&str> = self.cases.iter().map(|case| case.contest.as_str()).collect();
        contests.dedup();
        contests
    }

    /// The cases of a contest that have rounds in a class.
    pub fn figures(&self, contest: &str, class: usize) -> Vec<(usize, Figures)> {
        let own = self.cases.iter().enumerate().filter(|(_, case)| case.contest == contest);
        own.filter_map(|(index, _)| self.figures_of(index, class).map(|own| (index, own))).collect()
    }

    fn figures_of(&self, case: usize, class: usize) -> Option<Figures> {
        let own = self.rounds.iter().filter(|round| round.case == case);
        let own: Vec<_> = own.filter(|round| self.counts(round) == Some(class)).collect();
        let wall: Vec<_> = own.iter().map(|round| round.ran.ns()).collect();
        let core: Vec<_> = own.iter().map(|round| round.ran.core_ns()).collect();
        Some(Figures { wall: Median::of(&wall)?, core: Median::of(&core)? })
    }

    fn class(&self, round: &Round) -> Option<usize> {
        self.classes.class(round.before.ns, round.after.ns)
    }

    fn counts(&self, round: &Round) -> Option<usize> {
        let quiet = |probe: &Probe| probe.share >= SHARE;
        let quiet = quiet(&round.before) && quiet(&round.after) && round.ran.share() >= SHARE;
        self.class(round).filter(|_| quiet)
    }
}

/// Prints how rounds were classed, a table for each contest and class, and who stands how in short.
pub fn print(measured: &Measured, turns: usize, events: u64) {
    println!("| runs | {turns} rounds, everybody in turns, {events} events each |");
    println!("| recorded | no digests, no latencies; topologies count events, rings do not |");
    print_classes(measured);
    for contest in measured.contests() {
        println!("\n## {contest}");
        for class in 0..measured.classes.count() {
            print_contest(measured, contest, class);
        }
    }
    summary::print(measured);
}

fn print_classes(measured: &Measured) {
    let (classes, rounds) = (&measured.classes, measured.rounds);
    println!(
        "\nA run counts where the raw ping-pongs before and after it are of one class, their two spinning threads had {SHARE}"
    );
    println!(
        "of both cores, and so had its own threads, where these never rest. Topologies on lanes rest: of them the first two are asked."
    );
    println!(
        "Boundaries between classes, found as gaps in the sorted latencies of ping-pongs: {:.0?} ns.",
        classes.boundaries
    );
    println!(
        "\n| class | ping-pong, one way: median (95 %) | runs that count | that do not: threads lacked cores |"
    );
    println!("|---|---|---|---|");
    for class in 0..classes.count() {
        let own = |round: &&Round| measured.class(round) == Some(class);
        let probes: Vec<_> = rounds.iter().filter(own).map(|round| round.after.ns).collect();
        let Some(median) = Median::of(&probes) else { continue };
        let counted = rounds.iter().filter(|round| measured.counts(round) == Some(class)).count();
        let Median { low, mid, high, count } = median;
        println!(
            "| {class} | {mid:.1} ({low:.1} to {high:.1}) ns | {counted} | {} |",
            count - counted
        );
    }
    let mixed = rounds.iter().filter(|round| measured.class(round).is_none());
    println!(
        "\nRuns between two classes, which count for none: {} of {}.",
        mixed.count(),
        rounds.len()
    );
}

fn print_contest(measured: &Measured, contest: &str, class: usize) {
    let figures = measured.figures(contest, class);
    let Some((_, first)) = figures.first() else { return };
    println!("\nClass {class}:\n");
    println!(
        "| who | capacity | ns per event: median (95 %) | M/s | ns of all cores | speed against the first | runs |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (at, (index, own)) in figures.iter().enumerate() {
        let against = if at == 0 { "1".to_owned() } else { times(&first.wall, &own.wall) };
        let (who, capacity) = (&measured.cases[*index].who, measured.capacities[*index]);
        let Median { low, mid, high, count } = own.wall;
        print!("| {who} | {capacity} | {mid:.2} ({low:.2} to {high:.2}) | {:.1} | ", 1e3 / mid);
        println!("{:.2} | {against} | {count} |", own.core.mid);
    }
}

/// How many times as fast what took `own` is as what took `other`, or that this is undecided.
pub fn times(other: &Median, own: &Median) -> String {
    let [low, mid, high] = other.over(own);
    match other.overlaps(own) {
        true => format!("{mid:.2}, undecided"),
        false => format!("{mid:.2} ({low:.2} to {high:.2})"),
    }
}
