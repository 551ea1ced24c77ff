//! Latency under a load that does not wait: an [open loop](crate::openloop) through a topology, and
//! beside it the machine's own [hiccups](crate::hiccups).
//!
//! ```text
//!  hop            feed ==> s1
//!  pipeline       feed ==> s1 -> s2 -> s3
//!  broadcast      feed ==> s1, s2, s3
//!  diamond        feed ==> left, right ==> join
//!  tick-to-order  feed ==> sma, revert ==> gate ==> orders
//! ```
//! Stages at the end record, per event, now less the time it was planned for. One look at the clock
//! per event is part of what is measured.

use crate::hiccups::listen;
use crate::openloop::{OpenLoop, Schedule, Since, histogram};
use crate::switches::{Switches, between};
use crate::{FEED, Prepared, Settings, topologies};
use hdrhistogram::Histogram;
use pitlane::Tier;
use pitlane::affinity::allowed_cores;
use pitlane::event::{Event, MarketData, Order};
use pitlane::route::{broadcast, pipeline};
use pitlane::stage::{Component, Fault, On, Outbox, Stage, component};
use pitlane::topology::{LaneReport, Lanes, Monitor, Plan, Problem, RunError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What events go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One stage.
    Hop,
    /// Three stages one after the other; the last one records.
    Pipeline,
    /// Three stages side by side; each records.
    Broadcast,
    /// Two stages side by side that emit each event, and one that merges both and records.
    Diamond,
    /// Two strategies, a risk gate, a sink that records orders.
    TickToOrder,
}

impl Shape {
    /// All of them, by the names that commands use.
    pub const ALL: [(&'static str, Shape); 5] = [
        ("hop", Shape::Hop),
        ("pipeline", Shape::Pipeline),
        ("broadcast", Shape::Broadcast),
        ("diamond", Shape::Diamond),
        ("tick-to-order", Shape::TickToOrder),
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, shape)| *shape == self).map_or("", |(name, _)| name)
    }

    fn plan(self, settings: &Settings, ends: &Ends) -> Plan {
        let mut plan = Plan::new();
        let recording = |name: &str| ends.component::<MarketData>(name);
        match self {
            Shape::Hop => {
                plan.component("s1", recording("s1"));
                plan.route::<MarketData>(FEED, Tier::FAST, "s1");
            }
            Shape::Pipeline => {
                plan.component("s1", topologies::adder());
                plan.component("s2", topologies::adder());
                plan.component("s3", recording("s3"));
                plan.route::<MarketData>(FEED, Tier::FAST, pipeline(["s1", "s2", "s3"]));
            }
            Shape::Broadcast => {
                let names = ["s1", "s2", "s3"];
                for name in names {
                    plan.component(name, recording(name));
                }
                plan.route::<MarketData>(FEED, Tier::FAST, broadcast(names));
            }
            Shape::Diamond => return topologies::diamond(recording("join"), settings),
            Shape::TickToOrder => {
                return topologies::replay_to(ends.component::<Order>("orders"), settings);
            }
        }
        settings.apply(&mut plan);
        plan
    }

    /// How often each end records an event; 0 where it depends on what strategies decide.
    fn recorded_per_event(self) -> u64 {
        match self {
            Shape::Hop | Shape::Pipeline | Shape::Broadcast => 1,
            Shape::Diamond => 2,
            Shape::TickToOrder => 0,
        }
    }

    /// What enters: trades for what only forwards, a session for what decides.
    fn events(self) -> Prepared {
        match self {
            Shape::TickToOrder => Prepared::session(PREPARED),
            _ => Prepared::trades(PREPARED),
        }
    }
}

/// Events in memory: 4 MiB, so that a slow rate does not measure misses of the sender's own.
const PREPARED: usize = 1 << 16;

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Options {
    /// What events go through.
    pub shape: Shape,
    /// When they are planned.
    pub schedule: Schedule,
    /// Where stages run.
    pub settings: Settings,
    /// How long the machine is listened to, before the run and after it; nothing where zero.
    pub listen: Duration,
}

/// Latencies in ns by the stage that recorded them.
pub type Recorded = Vec<(String, Histogram<u64>)>;

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Latencies of each end of the topology, in ns, warm-up left out.
    pub ends: Recorded,
    /// Events that were planned to enter while it counted, and those that did.
    pub planned: u64,
    /// Events that entered while it counted. Those that did not by its end are counted among the
    /// latencies with what they had waited by then, which is less than what they would have; not so
    /// where strategies decide what comes out.
    pub entered: u64,
    /// Events per second that entered while it counted.
    pub reached: f64,
    /// How late the sender entered events.
    pub sender: Histogram<u64>,
    /// The machine's own, with nothing else to do; empty where it was not listened to.
    pub machine: Histogram<u64>,
    /// Context switches while it counted, by thread.
    pub switches: Switches,
    /// What was really done.
    pub lanes: Vec<LaneReport>,
    /// Whether someone ended it before its time.
    pub interrupted: bool,
}

impl Outcome {
    /// The latencies of all ends together.
    #[must_use]
    pub fn all(&self) -> Histogram<u64> {
        self.ends.iter().fold(histogram(), |mut all, (_, one)| {
            all += one;
            all
        })
    }
}

/// Why nothing was measured.
#[derive(Debug)]
pub enum Failure {
    /// The topology with these settings makes no sense.
    Plan(Vec<Problem>),
    /// It did not start.
    Start(RunError),
    /// It failed while it ran.
    Run(String),
}

/// Measures. `watch` is given the means to end it early, and what it gives back is kept until then.
///
/// # Errors
/// Where the topology cannot be made, started, or fails.
pub fn measure<W>(options: &Options, watch: impl FnOnce(Monitor) -> W) -> Result<Outcome, Failure> {
    let threads = threads(&options.settings.lanes);
    let rate = options.schedule.rate;
    let events = options.shape.events();
    let mut machine = listen_to(threads, rate, options.listen);
    let ends = Ends::new(options.schedule);
    let plan = options.shape.plan(&options.settings, &ends);
    let checked = plan.check().map_err(Failure::Plan)?;
    let watch = watch(checked.monitor());
    let mut input = OpenLoop::new(options.schedule, ends.since.clone(), &events);
    let report = checked.start().map_err(Failure::Start)?.run(&mut input);
    drop(watch);
    if let Some(fault) = report.faults.first() {
        return Err(Failure::Run(format!("stage `{}`: {}", fault.stage, fault.fault)));
    }
    if let Some(error) = report.input_error {
        return Err(Failure::Run(error.to_string()));
    }
    machine +=
        listen_to(threads, rate, if report.interrupted { Duration::ZERO } else { options.listen });
    let over = input.after.is_some();
    let entered = input.sent - input.sent_warming;
    let counted = match over {
        true => options.schedule.duration.as_secs_f64(),
        false => report.elapsed.saturating_sub(options.schedule.warm_up).as_secs_f64(),
    };
    let mut ends = ends.take();
    if over {
        let times = options.shape.recorded_per_event();
        ends.iter_mut().for_each(|(_, end)| input.record_unsent(end, times));
    }
    let switches = between(&input.before.unwrap_or_default(), &input.after.unwrap_or_default());
    Ok(Outcome {
        ends,
        planned: options.schedule.total() - options.schedule.warming(),
        entered,
        reached: if counted > 0.0 { entered as f64 / counted } else { 0.0 },
        sender: input.late,
        machine,
        switches,
        lanes: report.lanes,
        interrupted: report.interrupted,
    })
}

fn listen_to(threads: usize, rate: f64, time: Duration) -> Histogram<u64> {
    if time.is_zero() { histogram() } else { listen(threads, rate, time) }
}

/// Threads at work: the sender's and the lanes', no more than there are cores.
fn threads(lanes: &Lanes) -> usize {
    let cores = allowed_cores().len().max(1);
    let lanes = match lanes {
        Lanes::Fused => 0,
        Lanes::Auto => cores.saturating_sub(1).max(1),
        Lanes::Count(lanes) => *lanes,
        Lanes::List(lanes) => lanes.len(),
    };
    (lanes + 1).min(cores)
}

/// Where stages at the end of a topology leave what they recorded.
#[derive(Clone)]
struct Ends {
    /// From before the lanes start: what is late because of that falls into the warm-up.
    since: Since,
    warm_up_ns: u64,
    recorded: Arc<Mutex<Recorded>>,
}

impl Ends {
    fn new(schedule: Schedule) -> Self {
        let recorded = Arc::default();
        Self { since: Since::now(), warm_up_ns: schedule.warm_up_ns(), recorded }
    }

    /// A component that records the latencies of events of type `E`.
    fn component<E: Event>(&self, name: &str) -> Component {
        component(End { ends: self.clone(), name: name.into(), latencies: histogram() })
            .on::<E>()
            .build()
    }

    fn take(&self) -> Recorded {
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        recorded.sort_by(|one, other| one.0.cmp(&other.0));
        std::mem::take(&mut *recorded)
    }
}

/// A stage that records how late events come to it.
struct End {
    ends: Ends,
    name: String,
    latencies: Histogram<u64>,
}

impl Stage for End {}

impl<E: Event> On<E> for End {
    fn on(&mut self, event: &E, _: &mut Outbox) -> Result<(), Fault> {
        let planned = event.header().ts_event;
        if planned >= self.ends.warm_up_ns {
            let late = self.ends.since.ns().saturating_sub(planned);
            self.latencies.saturating_record(late.max(1));
        }
        Ok(())
    }
}

/// However it ends: what was recorded is left.
impl Drop for End {
    fn drop(&mut self) {
        let recorded = (std::mem::take(&mut self.name), self.latencies.clone());
        self.ends.recorded.lock().unwrap_or_else(PoisonError::into_inner).push(recorded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(shape: Shape, lanes: Lanes) -> Options {
        Options {
            shape,
            schedule: Schedule {
                rate: 20_000.0,
                warm_up: Duration::from_millis(30),
                duration: Duration::from_millis(100),
            },
            settings: Settings { lanes, ..Settings::FUSED },
            listen: Duration::ZERO,
        }
    }

    #[test]
    fn every_shape_records_each_event_that_counts_fused_and_on_lanes() {
        for (name, shape) in Shape::ALL {
            for lanes in [Lanes::Fused, Lanes::Auto] {
                let outcome = measure(&options(shape, lanes), |_| ()).expect(name);
                assert_eq!(outcome.planned, 2000, "{name}");
                let ends = if shape == Shape::Broadcast { 3 } else { 1 };
                assert_eq!(outcome.ends.len(), ends, "{name}");
                let times = shape.recorded_per_event();
                for (_, end) in outcome.ends.iter().filter(|_| times > 0) {
                    assert_eq!(end.len(), times * outcome.planned, "{name}");
                }
                assert!(!outcome.interrupted);
            }
        }
    }

    #[test]
    fn what_could_not_enter_by_the_end_counts_with_what_it_waited() {
        let mut options = options(Shape::Hop, Lanes::Fused);
        // More than any machine can.
        options.schedule.rate = 2e9;
        options.schedule.warm_up = Duration::from_millis(1);
        options.schedule.duration = Duration::from_millis(20);
        let outcome = measure(&options, |_| ()).expect("it runs");
        assert!(outcome.entered < outcome.planned);
        let all = outcome.all();
        assert_eq!(all.len(), outcome.planned);
    }

    #[test]
    fn whoever_watches_may_end_it() {
        let mut options = options(Shape::Hop, Lanes::Fused);
        options.schedule.duration = Duration::from_secs(3600);
        let outcome = measure(&options, |monitor| {
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(100));
                monitor.drain();
            })
        });
        assert!(outcome.expect("it runs").interrupted);
    }
}
