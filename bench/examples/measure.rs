//! `measure [SET]... [--rounds N] [--events N]`: measures and writes Markdown to stdout.
#![forbid(unsafe_code)]

use pitlane_bench::Machine;
use pitlane_bench::rounds::measure;
use pitlane_bench::suite::{SETS, Set, Size};
use std::process::ExitCode;

struct Arguments {
    sets: Vec<&'static Set>,
    rounds: usize,
    size: Size,
}

fn main() -> ExitCode {
    let arguments = match read(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}");
            eprintln!("usage: measure [SET]... [--rounds N] [--events N]");
            SETS.iter().for_each(|set| eprintln!("  {:<10} {}", set.name, set.about));
            return ExitCode::from(2);
        }
    };
    let Arguments { sets, rounds, size } = arguments;
    print!("{}", Machine::look());
    println!("| runs | {rounds} rounds, variants in turns, {} events each |", size.events);
    for set in sets {
        println!("\n## {}\n\n{}\n", set.name, set.about);
        println!("| variant | ns per event: median (quartiles) | by the wall | M/s | ratio |");
        println!("|---|---|---|---|---|");
        for result in measure(&mut (set.variants)(size), rounds) {
            let (name, [low, median, high]) = (&result.name, result.ns);
            let (rate, wall, ratio) = (result.millions_per_second(), result.wall_ns, result.ratio);
            let by = if result.one_thread { "" } else { ", wall" };
            print!("| {name} | {median:.2} ({low:.2} to {high:.2}){by} | {wall:.2} | ");
            println!("{rate:.1} | {ratio:.2} |");
        }
    }
    ExitCode::SUCCESS
}

fn read(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments { sets: Vec::new(), rounds: 15, size: Size::default() };
    while let Some(word) = words.next() {
        let mut number = || {
            let number = words.next().and_then(|number| number.parse::<u64>().ok());
            number.filter(|number| *number > 0).ok_or(format!("{word} takes a number above 0"))
        };
        match word.as_str() {
            "--rounds" => arguments.rounds = number()? as usize,
            "--events" => arguments.size.events = number()?,
            name => {
                let set = SETS.iter().find(|set| set.name == name);
                arguments.sets.push(set.ok_or(format!("there is no set `{name}`"))?);
            }
        }
    }
    if arguments.sets.is_empty() {
        arguments.sets.extend(&SETS);
    }
    Ok(arguments)
}
