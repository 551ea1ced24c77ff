//! `bench-peers [--rounds N] [--events N] [--only CONTEST;..] [--who NAME,..] [--capacity N,..] [--lmax COMMAND]`: Pitlane's rings, its
//! rivals and the machine's limits at the same work, in turns, in Markdown. `scripts/bench-rivals` and
//! `scripts/bench-lmax` call it.

mod cases;
mod lmax;
mod queues;
mod report;
mod rings;
mod rounds;
mod shapes;
mod summary;

use cases::Amount;
use lmax::Lmax;
use pitlane_bench::Machine;
use pitlane_bench::team::Cores;
use report::Measured;
use std::cell::RefCell;
use std::process::ExitCode;
use std::rc::Rc;

struct Arguments {
    rounds: usize,
    events: u64,
    only: Option<String>,
    who: Option<String>,
    capacity: Option<String>,
    lmax: Option<String>,
}

fn main() -> ExitCode {
    match read(std::env::args().skip(1)).and_then(|arguments| run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            eprintln!(
                "usage: bench-peers [--rounds N] [--events N] [--only CONTEST;..] [--who NAME,..] [--capacity N,..] [--lmax COMMAND]"
            );
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let cores = Cores::pick().ok_or("there is only one core to run on; two are needed")?;
    let start = |command: &String| Lmax::start(command).map(RefCell::new).map(Rc::new);
    let lmax = arguments.lmax.as_ref().map(start).transpose();
    let lmax = lmax.map_err(|error| format!("LMAX could not be started: {error}"))?;
    let amount = Amount { events: arguments.events, round_trips: arguments.events / 10 };
    let mut cases = cases::all(cores, amount, lmax);
    if let Some(only) = &arguments.only {
        // A whole name means that contest alone; `batch 1` would be in `batch 16` too.
        let whole = |text: &str| cases.iter().any(|case| case.contest == text);
        let texts: Vec<_> = only.split(';').map(|text| (text, whole(text))).collect();
        cases.retain(|case| {
            let means = |&(text, whole): &(&str, bool)| match whole {
                true => case.contest == text,
                false => case.contest.contains(text),
            };
            texts.iter().any(means)
        });
    }
    if let Some(who) = &arguments.who {
        cases.retain(|case| who.split(',').any(|text| case.who.contains(text)));
    }
    if let Some(only) = &arguments.capacity {
        let wanted = |capacity: &usize| only.split(',').any(|text| text == capacity.to_string());
        for case in cases.iter_mut().filter(|case| case.capacities.iter().any(wanted)) {
            case.capacities = case.capacities.iter().copied().filter(wanted).collect();
        }
    }
    if cases.is_empty() {
        return Err("nothing to compare: no contest has that in its name".into());
    }
    print!("{}", Machine::look());
    println!("| cores | {} and {} |", cores.first, cores.second);
    let tried = rounds::choose_capacities(cores, &cases);
    let rounds = rounds::run(cores, &cases, &tried, arguments.rounds);
    report::print(&Measured::of(&cases, &tried, &rounds), arguments.rounds, arguments.events);
    println!("\nLoad at the end: {}.", Machine::look().load);
    Ok(())
}

fn read(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments {
        rounds: 40,
        events: 200_000,
        only: None,
        who: None,
        capacity: None,
        lmax: None,
    };
    while let Some(word) = words.next() {
        let value = words.next().ok_or(format!("{word} takes a value"))?;
        let number =
            || value.parse::<u64>().ok().filter(|n| *n > 0).ok_or(format!("{word}: no {value}"));
        match word.as_str() {
            "--rounds" => arguments.rounds = number()? as usize,
            "--events" => arguments.events = number()?,
            "--only" => arguments.only = Some(value),
            "--who" => arguments.who = Some(value),
            "--capacity" => arguments.capacity = Some(value),
            "--lmax" => arguments.lmax = Some(value),
            _ => return Err(format!("there is no {word}")),
        }
    }
    Ok(arguments)
}
