//! `pitlane bench latency --sweep`.

use super::latency::{Args, write};
use super::words::markdown;
use super::{exit, failed, machine_json, status};
use crate::console;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupts;
use crate::text::{self, duration};
use pitlane_bench::Machine;
use pitlane_bench::latency::{Options, measure};
use pitlane_bench::openloop::Schedule;
use pitlane_bench::sweep::{NAMES, Point, chart, highest_within, sweep};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long the machine is listened to before each rate, at the most.
const LISTEN: Duration = Duration::from_millis(200);

/// Highest rate that is tried.
const MOST: f64 = 1e9;

pub(super) fn run(
    args: &Args,
    options: &Options,
    interrupts: &Interrupts,
) -> Result<Exit, Failure> {
    let bound_ns = u64::try_from(args.bound().as_nanos()).unwrap_or(u64::MAX);
    let machine = Machine::look();
    let line = status(args.quiet());
    let points: Result<Vec<_>, Failure> = sweep(options.schedule.rate, MOST, |rate| {
        if interrupts.came() {
            return Ok(None);
        }
        line.set_message(format!("{}: {}", options.shape.name(), text::rate(rate)));
        let schedule = Schedule { rate, ..options.schedule };
        let options = Options { schedule, listen: options.listen.min(LISTEN), ..options.clone() };
        let outcome = measure(&options, |monitor| interrupts.watch(monitor)).map_err(failed)?;
        Ok((!outcome.interrupted).then(|| Point::of(rate, &outcome, bound_ns)))
    });
    line.finish_and_clear();
    let points = points?;
    if let Some(path) = args.plot() {
        let title = format!("{}: latency against rate", options.shape.name());
        write(path, &chart(&title, &points, bound_ns, |ns| duration(ns as u64), text::rate))?;
    }
    let shown = match args.json() {
        true => format!("{:#}\n", object(args, options, &machine, &points, interrupts.came())),
        false => page(args, options, &machine, &points),
    };
    console::show(&shown)?;
    Ok(exit(interrupts))
}

fn page(args: &Args, options: &Options, machine: &Machine, points: &[Point]) -> String {
    let mut text = format!("# Latency against rate: {}\n\n{machine}\n", options.shape.name());
    let header =
        ["rate", "reached", "p50", "p99", "p99.9", "max", "machine p99.9", "machine max", "within"];
    let row = |point: &Point| {
        let rates = [text::rate(point.rate), text::rate(point.reached)];
        let within = if point.within { "yes" } else { "no" };
        let times = point.latency.into_iter().chain(point.machine).map(duration);
        rates.into_iter().chain(times).chain([within.into()]).collect::<Vec<_>>()
    };
    text += &markdown(&header, &points.iter().map(row).collect::<Vec<_>>());
    let bound = duration(u64::try_from(args.bound().as_nanos()).unwrap_or(u64::MAX));
    text += &match highest_within(points) {
        Some(rate) => format!("\np99 is within {bound} up to {}.\n", text::rate(rate)),
        None => format!("\np99 is not within {bound} at any rate that was tried.\n"),
    };
    text
}

fn object(
    args: &Args,
    options: &Options,
    machine: &Machine,
    points: &[Point],
    interrupted: bool,
) -> Value {
    let point = |point: &Point| {
        let latencies = NAMES.map(|name| name.replace('.', "_")).into_iter().zip(point.latency);
        json!({
            "rate": point.rate,
            "events_per_second": point.reached,
            "latency_ns": latencies.map(|(name, ns)| (name, json!(ns))).collect::<Map<_, _>>(),
            "machine_ns": { "p99_9": point.machine[0], "max": point.machine[1] },
            "within": point.within,
        })
    };
    let mut object = Map::new();
    object.insert("schema".into(), json!(1));
    object.insert("bench".into(), json!("latency-sweep"));
    object.insert("machine".into(), machine_json(machine));
    object.append(&mut args.asked(options));
    let mut put = |key: &str, value: Value| object.insert(key.into(), value);
    put("bound_ns", json!(u64::try_from(args.bound().as_nanos()).unwrap_or(u64::MAX)));
    put("highest_within", json!(highest_within(points)));
    put("points", points.iter().map(point).collect());
    put("interrupted", json!(interrupted));
    object.into()
}
