//! Who stands how in short: each of ours against the best rival of its contest, judged both ways.
//!
//! By the wall a contestant may use both cores, however many threads it has. By the cores' time it pays for
//! all that its threads used: three spinning threads on two cores are not cheaper for being crowded.

use crate::report::{Figures, Measured, times};
use pitlane_bench::classes::Median;

/// Prints a table of all contests.
pub fn print(measured: &Measured) {
    println!("\n## In short: ours against the best rival of the same contest and class\n");
    println!(
        "By the wall: events per second with both cores for everybody. By the cores: events per second of processor time, all threads added up."
    );
    println!("\n| contest | class | who | by the wall | best rival | by the cores | best rival |");
    println!("|---|---|---|---|---|---|---|");
    for contest in measured.contests() {
        for class in 0..measured.classes.count() {
            print_contest(measured, contest, class);
        }
    }
}

fn print_contest(measured: &Measured, contest: &str, class: usize) {
    let figures = measured.figures(contest, class);
    let who = |index: &usize| measured.cases[*index].who.as_str();
    let rivals: Vec<_> = figures.iter().filter(|(index, _)| is_rival(who(index))).collect();
    let best = |of: fn(&Figures) -> &Median| {
        rivals.iter().copied().min_by(|a, b| of(&a.1).mid.total_cmp(&of(&b.1).mid))
    };
    let Some((by_wall, by_core)) = best(|own| &own.wall).zip(best(|own| &own.core)) else { return };
    for (index, own) in figures.iter().filter(|(index, _)| is_ours(who(index))) {
        println!(
            "| {contest} | {class} | {} | {} | {} | {} | {} |",
            who(index),
            times(&by_wall.1.wall, &own.wall),
            who(&by_wall.0),
            times(&by_core.1.core, &own.core),
            who(&by_core.0),
        );
    }
}

fn is_ours(who: &str) -> bool {
    who.starts_with("Pitlane")
}

/// Neither of ours nor a limit of the machine.
fn is_rival(who: &str) -> bool {
    !is_ours(who) && !who.starts_with("raw") && who != "memcpy"
}
