//! `pitlane bench latency`.

use super::words::{check_lanes, count, lanes, lanes_name, markdown, rate, time};
use super::{exit, failed, machine_json, status, sweep};
use crate::console;
use crate::failure::{BAD_VALUE, Exit, Failure};
use crate::interrupt::Interrupts;
use crate::session::{hgrm_section, percentiles};
use crate::text::{self, duration, thousands};
use hdrhistogram::Histogram;
use pitlane::affinity::ranges;
use pitlane::topology::Lanes;
use pitlane_bench::latency::{Options, Outcome, Shape, measure};
use pitlane_bench::openloop::Schedule;
use pitlane_bench::plot::{Axis, Line, nines, svg};
use pitlane_bench::{Machine, Settings};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Arguments of `bench latency`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Events per second that are planned: 250000, 100k, 1.5M. With `--sweep` the first rate.
    /// Default: 100k, of a sweep 10k.
    #[arg(long, value_name = "RATE", value_parser = rate)]
    rate: Option<f64>,
    /// How long it is measured. Default: 5s, of a sweep 1s at each rate.
    #[arg(long, value_name = "TIME", value_parser = time)]
    duration: Option<Duration>,
    /// How long it runs before that counts. Default: a quarter of the duration, at least 100ms.
    #[arg(long, value_name = "TIME", value_parser = time)]
    warm_up: Option<Duration>,
    /// What events go through: hop, pipeline, broadcast, diamond, tick-to-order.
    #[arg(long, default_value = "hop", value_name = "SHAPE", value_parser = shape)]
    topology: Shape,
    /// Where stages run: auto, fused, or a number of lanes.
    #[arg(long, default_value = "auto", value_name = "LANES", value_parser = lanes)]
    lanes: Lanes,
    /// Most events a stage handles before the next one's turn. Default: 256.
    #[arg(long, value_name = "EVENTS", value_parser = count)]
    batch: Option<u64>,
    /// Slots of every ring, a power of two. Default: 4096.
    #[arg(long, value_name = "SLOTS", value_parser = count)]
    capacity: Option<u64>,
    /// Find the highest rate whose p99 is within --bound.
    #[arg(long)]
    sweep: bool,
    /// Most that p99 may be in a sweep. Default: 100us.
    #[arg(long, value_name = "TIME", value_parser = time, requires = "sweep")]
    bound: Option<Duration>,
    /// Write the distributions for HdrHistogram's plotters.
    #[arg(long, value_name = "FILE", conflicts_with = "sweep")]
    hgrm: Option<PathBuf>,
    /// Draw the distribution; of a sweep, latency against rate.
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Say nothing of what is going on.
    #[arg(long)]
    quiet: bool,
}

/// Shortest time that is measured, and fewest events.
const SHORTEST: Duration = Duration::from_millis(10);
const FEWEST: f64 = 100.0;

/// Longest that the machine is listened to, before and after.
const LISTEN: Duration = Duration::from_secs(1);

fn shape(name: &str) -> Result<Shape, String> {
    let found = Shape::ALL.iter().find(|(known, _)| *known == name);
    found.map(|(_, shape)| *shape).ok_or_else(|| {
        let names: Vec<_> = Shape::ALL.iter().map(|(name, _)| *name).collect();
        format!("write one of {}", names.join(", "))
    })
}

/// Arguments that make sense, with what was left out.
impl Args {
    pub(super) fn bound(&self) -> Duration {
        self.bound.unwrap_or(Duration::from_micros(100))
    }

    pub(super) fn json(&self) -> bool {
        self.json
    }

    pub(super) fn quiet(&self) -> bool {
        self.quiet
    }

    pub(super) fn plot(&self) -> Option<&Path> {
        self.plot.as_deref()
    }

    pub(super) fn options(&self) -> Result<Options, Failure> {
        check_lanes(&self.lanes)?;
        let rate = self.rate.unwrap_or(if self.sweep { 1e4 } else { 1e5 });
        let seconds = if self.sweep { 1 } else { 5 };
        let duration = self.duration.unwrap_or(Duration::from_secs(seconds));
        let warm_up = self.warm_up.unwrap_or((duration / 4).max(Duration::from_millis(100)));
        let refuse = |message: String, help: String| {
            Err(Failure::usage(BAD_VALUE, format!("--duration: {message}"), help))
        };
        if duration < SHORTEST {
            return refuse("less than 10ms says nothing".into(), "give 10ms or more".into());
        }
        let events = rate * duration.as_secs_f64();
        if events < FEWEST {
            let message = format!("{events:.0} events at this rate are too few for percentiles");
            return refuse(message, format!("give {:.1}s or more", FEWEST / rate));
        }
        let size = |events: Option<u64>| events.and_then(|events| usize::try_from(events).ok());
        let settings = Settings {
            lanes: self.lanes.clone(),
            batch_limit: size(self.batch),
            capacity: size(self.capacity),
            ..Settings::FUSED
        };
        let schedule = Schedule { rate, warm_up, duration };
        Ok(Options { shape: self.topology, schedule, settings, listen: duration.min(LISTEN) })
    }

    /// What was asked for, as JSON.
    pub(super) fn asked(&self, options: &Options) -> Map<String, Value> {
        let mut asked = Map::new();
        let ns = |time: Duration| json!(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        asked.insert("topology".into(), json!(options.shape.name()));
        asked.insert("lanes_asked".into(), json!(lanes_name(&options.settings.lanes)));
        asked.insert("batch".into(), json!(options.settings.batch_limit.unwrap_or(256)));
        asked.insert("capacity".into(), json!(options.settings.capacity.unwrap_or(4096)));
        asked.insert("duration_ns".into(), ns(options.schedule.duration));
        asked.insert("warm_up_ns".into(), ns(options.schedule.warm_up));
        asked
    }
}

pub(super) fn run(args: &Args, interrupts: &Interrupts) -> Result<Exit, Failure> {
    let options = args.options()?;
    if args.sweep {
        return sweep::run(args, &options, interrupts);
    }
    let machine = Machine::look();
    let line = status(args.quiet);
    line.set_message(format!(
        "{}: {} planned for {}",
        options.shape.name(),
        text::rate(options.schedule.rate),
        duration_text(options.schedule.duration)
    ));
    let measured = measure(&options, |monitor| interrupts.watch(monitor));
    line.finish_and_clear();
    let outcome = measured.map_err(failed)?;
    if let Some(path) = &args.hgrm {
        write(path, &hgrm(&outcome))?;
    }
    if let Some(path) = &args.plot {
        write(path, &chart(&options, &outcome))?;
    }
    let shown = match args.json {
        true => format!("{:#}\n", object(args, &options, &machine, &outcome)),
        false => page(&options, &machine, &outcome),
    };
    console::show(&shown)?;
    Ok(exit(interrupts))
}

pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| Failure::write(path, &error))
}

fn duration_text(time: Duration) -> String {
    duration(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

/// What is told beside each other, with their names.
fn distributions(outcome: &Outcome) -> Vec<(String, Histogram<u64>)> {
    let end = |(name, latencies): &(String, Histogram<u64>)| {
        (format!("latency at `{name}`"), latencies.clone())
    };
    let mut all: Vec<_> = outcome.ends.iter().map(end).collect();
    all.push(("the sender behind its plan".into(), outcome.sender.clone()));
    all.push(("the machine's own hiccups".into(), outcome.machine.clone()));
    all
}

fn page(options: &Options, machine: &Machine, outcome: &Outcome) -> String {
    let schedule = &options.schedule;
    let mut text = format!("# Latency: {}\n\n{machine}", options.shape.name());
    text += &format!(
        "| planned | {} for {}, after {} of warm-up |\n",
        text::rate(schedule.rate),
        duration_text(schedule.duration),
        duration_text(schedule.warm_up),
    );
    text += &format!(
        "| entered | {} of {} events, {}{} |\n\n",
        thousands(outcome.entered),
        thousands(outcome.planned),
        text::rate(outcome.reached),
        if outcome.interrupted { ", interrupted" } else { "" },
    );
    let header = ["", "count", "p50", "p90", "p99", "p99.9", "p99.99", "max"];
    let rows: Vec<_> = distributions(outcome).iter().map(row).collect();
    text += &markdown(&header, &rows);
    text += &remarks(outcome);
    text += "\n";
    text += &threads(outcome);
    text
}

fn row((name, latencies): &(String, Histogram<u64>)) -> Vec<String> {
    let at = |quantile: f64| match latencies.is_empty() {
        true => "-".into(),
        false => duration(latencies.value_at_quantile(quantile)),
    };
    let quantiles = [0.5, 0.9, 0.99, 0.999, 0.9999, 1.0].map(at);
    [name.clone(), thousands(latencies.len())].into_iter().chain(quantiles).collect()
}

/// What a reader might take amiss.
fn remarks(outcome: &Outcome) -> String {
    let mut text = String::new();
    let missed = outcome.planned.saturating_sub(outcome.entered);
    if missed > 0 && !outcome.interrupted {
        text += &format!(
            "\n{} events had not entered when time was up: this rate is too much here. They count \
             with what they had waited.\n",
            thousands(missed)
        );
    }
    let all = outcome.all();
    if !all.is_empty() && !outcome.machine.is_empty() {
        let [own, machine] = [&all, &outcome.machine].map(|one| one.value_at_quantile(0.999));
        if machine * 2 > own {
            text += "\nThe machine's own hiccups are half of p99.9 or more: what is beyond it is \
                     the machine's noise.\n";
        }
    }
    text
}

fn threads(outcome: &Outcome) -> String {
    let lanes = outcome.lanes.iter().map(|lane| {
        let cpu = lane.cpu.map_or("not pinned".into(), |core| format!("pinned to core {core}"));
        let note = lane.note.iter().map(|note| format!(" ({note})")).collect::<String>();
        let allowed = ranges(&lane.allowed);
        vec![
            format!("lane {}", lane.name),
            format!("{cpu} (allowed {allowed}), {}{note}", lane.wait.name()),
        ]
    });
    let switches = outcome.switches.iter().filter(|one| one.involuntary + one.voluntary > 0);
    let switches = switches.map(|one| {
        let counts = format!(
            "taken off its core {} times, gave it away {} times",
            thousands(one.involuntary),
            thousands(one.voluntary)
        );
        vec![format!("thread {}", one.name), counts]
    });
    markdown(&["", ""], &lanes.chain(switches).collect::<Vec<_>>())
}

fn object(args: &Args, options: &Options, machine: &Machine, outcome: &Outcome) -> Value {
    let ends = outcome.ends.iter().map(|(name, latencies)| (name.clone(), percentiles(latencies)));
    let switches = outcome.switches.iter().map(|one| {
        json!({ "thread": one.name, "involuntary": one.involuntary, "voluntary": one.voluntary })
    });
    let lanes = outcome.lanes.iter().map(|lane| {
        json!({
            "name": lane.name,
            "cpu": lane.cpu,
            "cores_allowed": ranges(&lane.allowed),
            "wait": lane.wait.name(),
            "note": lane.note,
            "stages": lane.stages,
        })
    });
    let mut object = Map::new();
    object.insert("schema".into(), json!(1));
    object.insert("bench".into(), json!("latency"));
    object.insert("machine".into(), machine_json(machine));
    object.append(&mut args.asked(options));
    let mut put = |key: &str, value: Value| object.insert(key.into(), value);
    put("rate", json!(options.schedule.rate));
    put("planned", json!(outcome.planned));
    put("entered", json!(outcome.entered));
    put("events_per_second", json!(outcome.reached));
    put("interrupted", json!(outcome.interrupted));
    put("latency_ns", percentiles(&outcome.all()));
    put("ends", ends.collect::<Map<_, _>>().into());
    put("sender_ns", percentiles(&outcome.sender));
    put("machine_ns", percentiles(&outcome.machine));
    put("context_switches", switches.collect());
    put("lanes", lanes.collect());
    object.into()
}

fn hgrm(outcome: &Outcome) -> String {
    let mut text = String::new();
    for (name, latencies) in distributions(outcome) {
        hgrm_section(&mut text, &format!("{name}, ns"), &latencies);
    }
    text
}

fn chart(options: &Options, outcome: &Outcome) -> String {
    let shown = distributions(outcome);
    let shown: Vec<_> = shown.iter().filter(|(_, latencies)| !latencies.is_empty()).collect();
    let most = shown.iter().map(|(_, latencies)| nines(latencies)).max().unwrap_or(1);
    let values = shown.iter().flat_map(|(_, one)| [one.min(), one.max()]);
    let y = Axis::powers_of_ten("latency", values.map(|ns| ns as f64), |ns| duration(ns as u64));
    let lines: Vec<_> = shown.iter().map(|(name, one)| Line::distribution(name, one)).collect();
    let title = format!(
        "{}, {} planned, lanes: {}",
        options.shape.name(),
        text::rate(options.schedule.rate),
        lanes_name(&options.settings.lanes)
    );
    svg(&title, &Axis::percentiles(most), &y, &lines)
}
