//! What came out, as Markdown.

use crate::cases::Case;
use crate::rounds::Round;
use pitlane_bench::classes::{Classes, Median};

/// Least share of its cores that a run must have had to count.
const SHARE: f64 = 0.97;

/// Prints how rounds were classed, and a table for each contest and class.
pub fn print(cases: &[Case], capacities: &[usize], rounds: &[Round], turns: usize, events: u64) {
    let probes: Vec<_> = rounds.iter().map(|round| round.after).collect();
    let classes = Classes::of(&probes);
    println!("| runs | {turns} rounds, everybody in turns, {events} events each |");
    print_classes(&classes, rounds);
    let mut contests: Vec<&str> = cases.iter().map(|case| case.contest.as_str()).collect();
    contests.dedup();
    for contest in contests {
        println!("\n## {contest}");
        for class in 0..classes.count() {
            print_contest(contest, class, &classes, cases, capacities, rounds);
        }
    }
}

fn counts(round: &Round, classes: &Classes) -> Option<usize> {
    let class = classes.class(round.before, round.after)?;
    (round.ran.share() >= SHARE).then_some(class)
}

fn print_classes(classes: &Classes, rounds: &[Round]) {
    println!(
        "\nA run counts where the raw ping-pongs before and after it are of one class and its threads"
    );
    println!("had {SHARE} of their cores.");
    println!(
        "Boundaries between classes, found as gaps in the sorted latencies of ping-pongs: {:.0?} ns.",
        classes.boundaries
    );
    println!(
        "\n| class | ping-pong, one way: median (95 %) | runs that count | that do not: threads lacked cores |"
    );
    println!("|---|---|---|---|");
    for class in 0..classes.count() {
        let own = |round: &&Round| classes.class(round.before, round.after) == Some(class);
        let probes: Vec<_> = rounds.iter().filter(own).map(|round| round.after).collect();
        let Some(median) = Median::of(&probes) else { continue };
        let counted = rounds.iter().filter(|round| counts(round, classes) == Some(class)).count();
        let Median { low, mid, high, count } = median;
        println!(
            "| {class} | {mid:.1} ({low:.1} to {high:.1}) ns | {counted} | {} |",
            count - counted
        );
    }
    let mixed = rounds.iter().filter(|round| classes.class(round.before, round.after).is_none());
    println!(
        "\nRuns between two classes, which count for none: {} of {}.",
        mixed.count(),
        rounds.len()
    );
}

fn print_contest(
    contest: &str,
    class: usize,
    classes: &Classes,
    cases: &[Case],
    capacities: &[usize],
    rounds: &[Round],
) {
    let mut first: Option<Median> = None;
    for (index, case) in cases.iter().enumerate().filter(|(_, case)| case.contest == contest) {
        let own = rounds.iter().filter(|round| round.case == index);
        let own: Vec<_> = own.filter(|round| counts(round, classes) == Some(class)).collect();
        let ns: Vec<_> = own.iter().map(|round| round.ran.ns()).collect();
        let core_ns: Vec<_> = own.iter().map(|round| round.ran.core_ns()).collect();
        let (Some(ns), Some(core_ns)) = (Median::of(&ns), Median::of(&core_ns)) else { continue };
        if first.is_none() {
            println!("\nClass {class}:\n");
            println!(
                "| who | capacity | ns per event: median (95 %) | M/s | ns of all cores | speed against the first | runs |"
            );
            println!("|---|---|---|---|---|---|---|");
        }
        let against = match first {
            None => "1".to_owned(),
            Some(first) if first.overlaps(&ns) => format!("{:.2}, undecided", first.mid / ns.mid),
            Some(first) => {
                let [low, mid, high] = first.over(&ns);
                format!("{mid:.2} ({low:.2} to {high:.2})")
            }
        };
        first.get_or_insert(ns);
        let (who, capacity, rate) = (&case.who, capacities[index], 1e3 / ns.mid);
        let Median { low, mid, high, count } = ns;
        print!("| {who} | {capacity} | {mid:.2} ({low:.2} to {high:.2}) | {rate:.1} | ");
        println!("{:.2} | {against} | {count} |", core_ns.mid);
    }
}
