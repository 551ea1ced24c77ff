//! What this design was promised to do, and what it does here.

use crate::latency::Failure;
use crate::openloop::{OpenLoop, Schedule, Since, histogram};
use crate::rounds::{Variant, Work, measure_while, on_core};
use crate::{FEED, Prepared, Settings, topologies};
use pitlane::Tier;
use pitlane::event::{MarketData, Side};
use pitlane::route::{self, OnFull};
use pitlane::stage::{Outbox, each};
use pitlane::topology::{Lanes, LinkReport, Plan, Report, Running};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// A promise and what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Promise {
    /// What it is about.
    pub what: &'static str,
    /// What was promised, in the unit; `None` where something is only told.
    pub promised: Option<f64>,
    /// What was measured; `None` where the system does not say.
    pub measured: Option<f64>,
    /// The unit of both.
    pub unit: &'static str,
    /// How it was measured.
    pub how: &'static str,
}

impl Promise {
    /// Whether it is kept; `None` where that cannot be said.
    #[must_use]
    pub fn is_kept(&self) -> Option<bool> {
        self.promised.zip(self.measured).map(|(promised, measured)| measured <= promised)
    }
}

/// Events of each measurement.
const EVENTS: u64 = 1 << 18;

/// Events published one by one.
const PUBLISHED: u64 = 50_000;

/// Topologies that are there at once while memory is looked at.
const COPIES: usize = 16;

/// Rounds of what takes turns.
const ROUNDS: usize = 5;

/// Components of the topologies that are started, to see how the time grows.
const COMPONENTS: [usize; 3] = [10, 100, 1000];

/// Most by which a component may cost more among a thousand than among a hundred, to call it linear.
const LINEAR: f64 = 1.5;

/// Measures all of them; `go_on` is asked between steps, and what was measured until it said no is kept.
///
/// # Errors
/// Where a topology of these does not start, such as for want of threads.
pub fn measure(mut go_on: impl FnMut(&str) -> bool) -> Result<Vec<Promise>, Failure> {
    let mut promises = Vec::new();
    let steps: [(&str, Step); 4] = [
        // First, while nothing was given back that could be used again without being seen.
        ("memory", memory),
        ("dispatch", dispatch),
        ("publishing", publishing),
        ("start-up", start_up),
    ];
    for (name, step) in steps {
        if !go_on(name) {
            break;
        }
        promises.extend(step()?);
    }
    Ok(promises)
}

type Step = fn() -> Result<Vec<Promise>, Failure>;

fn told(what: &'static str, measured: f64, unit: &'static str, how: &'static str) -> Promise {
    Promise { what, promised: None, measured: Some(measured), unit, how }
}

/// Dispatch; and apart from each other: to make an event, and to emit one.
fn dispatch() -> Result<Vec<Promise>, Failure> {
    let events = Prepared::trades(EVENTS as usize);
    let run = |forwarders: usize| {
        let events = events.clone();
        Variant::new("", move || {
            let plan = topologies::chain_of(forwarders, &Settings::FUSED);
            let checked = plan.check().expect("a sound plan");
            Work::time(|| checked.run(&mut events.input(EVENTS)).expect("it runs").events)
        })
    };
    let create = Variant::new("", || {
        Work::time(|| {
            for time in 0..EVENTS {
                black_box(MarketData::trade(black_box(1), time, 100, 1, Side::Bid));
            }
            EVENTS
        })
    });
    let measured = measure_while(&mut [run(0), run(1), create], ROUNDS, |_, _| true);
    let ns = |at: usize| measured[at].ns[1];
    Ok(vec![
        Promise {
            what: "dispatch",
            promised: Some(5000.0),
            measured: Some(ns(0)),
            unit: "ns per event",
            how: "entering and one fused stage that emits nothing",
        },
        told("creation", ns(2), "ns per event", "a trade made from its fields"),
        told(
            "emission",
            ns(1) - ns(0),
            "ns per event",
            "what a stage more costs that emits each event: written, published, read again",
        ),
    ])
}

/// Each event published alone to a stage on another lane, as an engine that embeds this does.
fn publishing() -> Result<Vec<Promise>, Failure> {
    let settings = Settings { lanes: Lanes::Auto, ..Settings::FUSED };
    let mut running = start(1, &settings)?;
    let port = running.port::<MarketData>(FEED).map_err(Failure::Start)?;
    let (since, mut latencies) = (Since::now(), histogram());
    let mut before = since.ns();
    for time in 0..PUBLISHED {
        let event = MarketData::trade(1, time, 100, 1, Side::Bid);
        running.publish_to(port, &[event]).map_err(Failure::Start)?;
        let now = since.ns();
        latencies.saturating_record((now - before).max(1));
        before = now;
    }
    let lossless = running.stop();
    let publishing = Promise {
        what: "publishing, p99",
        promised: Some(1e6),
        measured: Some(latencies.value_at_quantile(0.99) as f64),
        unit: "ns",
        how: "one event by `publish_to`, with the wait for room; a stage on a lane reads",
    };
    let loss = Promise {
        what: "loss",
        promised: Some(0.01),
        measured: Some(lost_percent(&lossless)),
        unit: "%",
        how: "published and not handled, on a link that holds its writer back",
    };
    let how = "the same on links that may lose, to a stage ten times slower than what enters";
    Ok(vec![
        publishing,
        loss,
        told("loss, drop_oldest", lost_percent(&overrun(OnFull::DropOldest)?), "%", how),
        told("loss, drop_newest", lost_percent(&overrun(OnFull::DropNewest)?), "%", how),
    ])
}

/// Of what links were to carry, the share that was not handled.
fn lost_percent(report: &Report) -> f64 {
    let published: u64 = report.links.iter().map(|link| link.published).sum();
    let handled: u64 = report.links.iter().map(LinkReport::handled).sum();
    published.saturating_sub(handled) as f64 * 100.0 / published.max(1) as f64
}

/// A stage on a lane of its own that takes a microsecond for an event, and events at ten times this
/// rate on a link that may lose them.
fn overrun(on_full: OnFull) -> Result<Report, Failure> {
    let since = Since::now();
    let slow = each(move |_: &MarketData, _: &mut Outbox| {
        let until = since.ns() + 1000;
        while since.ns() < until {
            std::hint::spin_loop();
        }
        Ok(())
    });
    let mut plan = Plan::new();
    plan.component("slow", slow);
    plan.route::<MarketData>(FEED, Tier::FAST, route::on_full(on_full, "slow"));
    plan.lanes(Lanes::Auto);
    let running = plan.check().map_err(Failure::Plan)?.start().map_err(Failure::Start)?;
    let schedule =
        Schedule { rate: 1e7, warm_up: Duration::ZERO, duration: Duration::from_millis(200) };
    Ok(running.run(&mut OpenLoop::new(schedule, Since::now(), &Prepared::trades(PREPARED))))
}

/// Events in memory, entered over and over.
const PREPARED: usize = 1 << 12;

/// What a stage more takes, rings left out: pipelines of 110 stages against such of 10, which have the
/// same one ring.
fn memory() -> Result<Vec<Promise>, Failure> {
    // All of them stay until the end, so that none gets another's memory.
    let mut kept = Vec::new();
    let mut grown = |stages: usize| -> Result<Option<f64>, Failure> {
        let settings = Settings { capacity: Some(64), ..Settings::FUSED };
        let before = resident_bytes();
        for _ in 0..COPIES {
            kept.push(start(stages, &settings)?);
        }
        Ok(resident_bytes().zip(before).map(|(after, before)| after - before))
    };
    // The first ones fill what the allocator sets up once.
    grown(10)?;
    let (few, many) = (grown(10)?, grown(110)?);
    let per_stage = few.zip(many).map(|(few, many)| (many - few) / (100 * COPIES) as f64);
    Ok(vec![Promise {
        what: "memory per handler",
        promised: Some(20_480.0),
        measured: per_stage,
        unit: "bytes",
        how: "resident memory of running pipelines of 110 stages less that of 10, by 100",
    }])
}

/// Memory of this process that is no file's.
fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kilobytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024.0)
}

fn start_up() -> Result<Vec<Promise>, Failure> {
    let mut each = [0.0; 3];
    for (us, components) in each.iter_mut().zip(COMPONENTS) {
        *us = f64::MAX;
        // The best of some, since it is the growth that is looked for.
        for _ in 0..ROUNDS {
            let begin = on_core();
            let running = start(components, &Settings::FUSED)?;
            let took = on_core().saturating_sub(begin);
            *us = us.min(took.as_secs_f64() * 1e6 / components as f64);
            drop(running);
        }
    }
    let [ten, hundred, thousand] = each;
    let how =
        "from a plan to a topology that runs, time on the core, by components; the best of five";
    Ok(vec![
        told("start-up of 10 components", ten, "us per component", how),
        told("start-up of 100 components", hundred, "us per component", how),
        told("start-up of 1000 components", thousand, "us per component", how),
        Promise {
            what: "start-up is linear",
            promised: Some(LINEAR),
            measured: Some(thousand / hundred),
            unit: "times",
            how: "a component of 1000 against one of 100",
        },
    ])
}

fn start(stages: usize, settings: &Settings) -> Result<Running, Failure> {
    let checked = topologies::pipeline_of(stages, settings).check().map_err(Failure::Plan)?;
    checked.start().map_err(Failure::Start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_kept_up_to_what_was_promised() {
        let mut promise = told("x", 5.0, "ns", "");
        assert_eq!(promise.is_kept(), None);
        promise.promised = Some(5.0);
        assert_eq!(promise.is_kept(), Some(true));
        promise.measured = Some(5.1);
        assert_eq!(promise.is_kept(), Some(false));
    }

    #[test]
    fn links_that_hold_their_writer_back_lose_nothing_and_all_is_told() {
        let promises = measure(|_| true).expect("all of it starts");
        let of = |what: &str| promises.iter().find(|promise| promise.what == what);
        assert_eq!(of("loss").expect("told").measured, Some(0.0));
        assert!(of("loss, drop_oldest").expect("told").measured > Some(0.0), "it was too slow");
        for what in ["dispatch", "publishing, p99", "memory per handler", "start-up is linear"] {
            assert!(of(what).is_some_and(|promise| promise.promised.is_some()), "{what}");
        }
    }

    #[test]
    fn whoever_is_asked_may_end_it() {
        let promises = measure(|step| step == "memory").expect("all of it starts");
        assert_eq!(promises.len(), 1);
    }
}
