//! `pitlane bench throughput`.

use super::words::{count, markdown};
use super::{exit, machine_json, promises, status};
use crate::console;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupts;
use indicatif::ProgressBar;
use pitlane_bench::Machine;
use pitlane_bench::promises::Promise;
use pitlane_bench::rounds::{Measured, measure_while};
use pitlane_bench::suite::{SETS, Set, Size};
use serde_json::{Value, json};

/// Arguments of `bench throughput`.
#[derive(Debug, clap::Args)]
#[command(after_help = sets())]
pub(crate) struct Args {
    /// Sets to run, see below. Default: all of them, and the promises.
    #[arg(value_name = "SET", value_parser = set)]
    sets: Vec<&'static Set>,
    /// Rounds that count; variants take turns within each.
    #[arg(long, default_value_t = 15, value_name = "ROUNDS", value_parser = count)]
    rounds: u64,
    /// Events of a run, also of the rows in files. Default: 2,097,152; rows 5,000,000.
    #[arg(long, value_name = "EVENTS", value_parser = count)]
    events: Option<u64>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Say nothing of what is going on.
    #[arg(long)]
    quiet: bool,
}

fn sets() -> String {
    let line = |set: &Set| format!("  {:<10}  {}\n", set.name, set.about);
    "Sets:\n".to_owned() + &SETS.iter().map(line).collect::<String>()
}

fn set(name: &str) -> Result<&'static Set, String> {
    SETS.iter().find(|set| set.name == name).ok_or_else(|| {
        let names: Vec<_> = SETS.iter().map(|set| set.name).collect();
        format!("there is no such set; there are {}", names.join(", "))
    })
}

/// A set and what came of it.
type Results = Vec<(&'static Set, Vec<Measured>)>;

pub(super) fn run(args: &Args, interrupts: &Interrupts) -> Result<Exit, Failure> {
    let machine = Machine::look();
    let size = args.events.map_or(Size::default(), Size::of);
    let all: Vec<_> = SETS.iter().collect();
    let sets = if args.sets.is_empty() { &all } else { &args.sets };
    let line = status(args.quiet);
    let mut results = Results::new();
    for set in sets {
        if interrupts.came() {
            break;
        }
        results.push((set, measured(set, size, args.rounds, &line, interrupts)));
    }
    line.finish_and_clear();
    let told = match args.sets.is_empty() {
        true => promises::measured(args.quiet, interrupts)?,
        false => Vec::new(),
    };
    let shown = match args.json {
        true => {
            let interrupted = interrupts.came();
            format!("{:#}\n", object(args, size, &machine, &results, &told, interrupted))
        }
        false => page(args, size, &machine, &results, &told),
    };
    console::show(&shown)?;
    Ok(exit(interrupts))
}

fn measured(
    set: &Set,
    size: Size,
    rounds: u64,
    line: &ProgressBar,
    interrupts: &Interrupts,
) -> Vec<Measured> {
    line.set_message(format!("{}: preparing", set.name));
    let mut variants = (set.variants)(size);
    let rounds = usize::try_from(rounds).unwrap_or(usize::MAX);
    measure_while(&mut variants, rounds, |round, variant| {
        line.set_message(format!("{}: round {round} of {rounds}, {variant}", set.name));
        !interrupts.came()
    })
}

fn page(args: &Args, size: Size, machine: &Machine, results: &Results, told: &[Promise]) -> String {
    let mut text = format!("{machine}");
    let (rounds, events) = (args.rounds, size.events);
    text += &format!("| runs | {rounds} rounds, variants in turns, {events} events each |\n");
    text += "| rings | 4096 slots, batch limit 256, no digests, no latencies, unless a variant says \
             otherwise |\n";
    for (set, measured) in results {
        text += &format!("\n## {}\n\n{}\n\n", set.name, set.about);
        let header = [
            "variant",
            "ns per event: median (quartiles)",
            "by the wall",
            "M/s",
            "ratio",
            "ns more than the first",
        ];
        text += &markdown(&header, &measured.iter().map(row).collect::<Vec<_>>());
    }
    if !told.is_empty() {
        text += &promises::page(told);
    }
    text
}

fn row(measured: &Measured) -> Vec<String> {
    let [low, median, high] = measured.ns;
    let by = if measured.one_thread { "" } else { ", wall" };
    vec![
        measured.name.clone(),
        format!("{median:.2} ({low:.2} to {high:.2}){by}"),
        format!("{:.2}", measured.wall_ns),
        format!("{:.1}", measured.millions_per_second()),
        format!("{:.2}", measured.ratio),
        format!("{:+.2}", measured.added),
    ]
}

fn object(
    args: &Args,
    size: Size,
    machine: &Machine,
    results: &Results,
    told: &[Promise],
    interrupted: bool,
) -> Value {
    let variant = |one: &Measured| {
        json!({
            "name": one.name,
            "ns": { "q1": one.ns[0], "median": one.ns[1], "q3": one.ns[2] },
            "one_thread": one.one_thread,
            "wall_ns": one.wall_ns,
            "events_per_second": one.millions_per_second() * 1e6,
            "ratio": one.ratio,
            "added_ns": one.added,
        })
    };
    let set = |(set, measured): &(&Set, Vec<Measured>)| {
        let variants: Vec<_> = measured.iter().map(variant).collect();
        json!({ "name": set.name, "about": set.about, "variants": variants })
    };
    json!({
        "schema": 1,
        "bench": "throughput",
        "machine": machine_json(machine),
        "rounds": args.rounds,
        "events": size.events,
        "rows": size.rows,
        "sets": results.iter().map(set).collect::<Vec<_>>(),
        "promises": promises::list(told),
        "interrupted": interrupted,
    })
}
