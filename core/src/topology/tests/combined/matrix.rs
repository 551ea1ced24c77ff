//! Every lossy route x kind of loss x stage that fails x policy x lanes.
//!
//! ```text
//!  alone       feed ~~> [a];                          feed -> [b], [c]
//!  steps       feed ~~> ( [a] -> [b] -> [c] )
//!  first       feed ~~> [a], then -> [b] -> [c]
//!  second      feed -> [a] ~~> [b], then -> [c]
//!  filtered    feed -(odd)-> ~~> ( [a] -> [b] );      feed -> [c]
//!  transform   feed ~~> ( [a] instead of the event -> [b] -> [c] )
//!  emitted     feed -> [a] => a ~~> ( [b] -> [c] )
//! ```
//!
//! What is lost differs from run to run. What must hold in each: nobody sees an event twice, a later step
//! sees just what the one before it handled, and each link's account is closed.

use super::super::failures::kit::within;
use super::super::*;
use crate::condition::Predicates;
use crate::route::{OnFull, on_full};
use crate::stage::{Builder, On, OnError, Retry, Stage, component, restartable};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

const EVENTS: i64 = 100;
const STAGES: [&str; 3] = ["a", "b", "c"];
const LOSSY: [OnFull; 3] = [OnFull::DropNewest, OnFull::DropOldest, OnFull::Conflate];

/// What a stage sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sees {
    /// Every event, or every odd one.
    All,
    Some,
    /// What that stage handled: all of it, or some.
    AllOf(usize),
    SomeOf(usize),
}

use Sees::{All, AllOf, Some as Few, SomeOf};

struct Shape {
    name: &'static str,
    route: fn(&mut Plan, OnFull, Tier),
    /// Whether `a` emits.
    emits: bool,
    /// What `a`, `b` and `c` see, when the stage of this number may leave events out.
    sees: fn(usize) -> [Sees; 3],
}

const SHAPES: [Shape; 7] = [
    Shape {
        name: "alone",
        route: |plan, lossy, tier| {
            let targets = [on_full(lossy, "a"), "b".into(), "c".into()];
            plan.route::<MarketData>("feed", tier, broadcast(targets));
        },
        emits: false,
        sees: |_| [Few, All, All],
    },
    Shape {
        name: "steps",
        route: |plan, lossy, tier| {
            plan.route::<MarketData>("feed", tier, on_full(lossy, pipeline(STAGES)));
        },
        emits: false,
        sees: |_| [Few, AllOf(0), AllOf(1)],
    },
    Shape {
        name: "first",
        route: |plan, lossy, tier| {
            let steps = pipeline([on_full(lossy, "a"), "b".into(), "c".into()]);
            plan.route::<MarketData>("feed", tier, steps);
        },
        emits: false,
        sees: |failing| match failing {
            0 => [Few, AllOf(0), AllOf(1)],
            _ => [Few, All, AllOf(1)],
        },
    },
    Shape {
        name: "second",
        route: |plan, lossy, tier| {
            let steps = pipeline(["a".into(), on_full(lossy, "b"), "c".into()]);
            plan.route::<MarketData>("feed", tier, steps);
        },
        emits: false,
        sees: |failing| match failing {
            1 => [All, SomeOf(0), AllOf(1)],
            _ => [All, SomeOf(0), AllOf(0)],
        },
    },
    Shape {
        name: "filtered",
        route: |plan, lossy, tier| {
            let steps = pipeline([filter("odd"), "a".into(), "b".into()]);
            plan.route::<MarketData>("feed", tier, on_full(lossy, steps));
            plan.route::<MarketData>("feed", tier, "c");
        },
        emits: false,
        sees: |_| [Few, AllOf(0), All],
    },
    Shape {
        name: "transform",
        route: |plan, lossy, tier| {
            let steps = pipeline([transform("a"), "b".into(), "c".into()]);
            plan.route::<MarketData>("feed", tier, on_full(lossy, steps));
        },
        emits: true,
        sees: |_| [Few, AllOf(0), AllOf(1)],
    },
    Shape {
        name: "emitted",
        route: |plan, lossy, tier| {
            plan.route::<MarketData>("feed", tier, "a");
            plan.route::<Signal>("a", tier, on_full(lossy, pipeline(["b", "c"])));
        },
        emits: true,
        sees: |_| [All, SomeOf(0), AllOf(1)],
    },
];

/// What a stage does on every fifth event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// It fails, or panics: the event is left out.
    Skip,
    Restart,
    /// It fails twice, and is tried twice.
    RetryThenSkip,
    /// It fails once, and is tried twice.
    Retry,
    /// It puts the event off three times.
    NotNow,
    /// It fails, puts it off, fails again, and takes it the fourth time.
    RetryAndNotNow,
}

use Trouble::*;

const TROUBLES: [Trouble; 6] = [Skip, Restart, RetryThenSkip, Retry, NotNow, RetryAndNotNow];

impl Trouble {
    fn leaves_out(self) -> bool {
        matches!(self, Skip | Restart | RetryThenSkip)
    }

    fn policy(self) -> (OnError, Option<Retry>) {
        let retry = |attempts| Some(Retry { attempts, delay: Duration::from_nanos(100) });
        match self {
            Skip => (OnError::Skip, None),
            Restart => (OnError::Restart { limit: 1000 }, None),
            RetryThenSkip => (OnError::Skip, retry(2)),
            Retry => (OnError::Halt, retry(2)),
            NotNow => (OnError::Halt, None),
            RetryAndNotNow => (OnError::Halt, retry(3)),
        }
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<i64>>>);

impl Log {
    fn push(&self, price: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(price);
    }

    fn all(&self) -> Vec<i64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Tricky {
    log: Log,
    emits: bool,
    trouble: Option<Trouble>,
    /// How often the event of this price came.
    came: (i64, u32),
}

fn is_trouble(price: i64) -> bool {
    price % 5 == 0
}

impl Tricky {
    fn component(self) -> Builder<Self> {
        let emits = self.emits;
        let builder = component(self).on::<MarketData>().on::<Signal>();
        if emits { builder.emits::<Signal>() } else { builder }
    }

    fn handle(&mut self, price: i64, out: &mut Outbox) -> Result<(), Fault> {
        if self.emits {
            out.emit(Signal::new(Action::Buy, 1.0, price));
        }
        let times = if self.came.0 == price { self.came.1 + 1 } else { 1 };
        self.came = (price, times);
        if let Some(trouble) = self.trouble.filter(|_| is_trouble(price)) {
            match (trouble, times) {
                (Skip | Restart, _) if price % 25 == 0 => panic!("a panic at {price}"),
                (Skip | Restart | RetryThenSkip, _) | (Retry | RetryAndNotNow, 1) => {
                    return Err("fails".into());
                }
                (NotNow, 1..=3) | (RetryAndNotNow, 2) => {
                    out.not_now();
                    return Ok(());
                }
                (RetryAndNotNow, 3) => {
                    out.not_now();
                    return Err("fails, and puts off what it fails on".into());
                }
                _ => {}
            }
        }
        self.log.push(price);
        Ok(())
    }
}

impl Stage for Tricky {}

impl On<MarketData> for Tricky {
    fn on(&mut self, event: &MarketData, out: &mut Outbox) -> Result<(), Fault> {
        self.handle(event.as_trade().map_or(0, |trade| trade.price()), out)
    }
}

impl On<Signal> for Tricky {
    fn on(&mut self, event: &Signal, out: &mut Outbox) -> Result<(), Fault> {
        self.handle(event.price, out)
    }
}

struct Case<'a> {
    name: String,
    shape: &'a Shape,
    lossy: OnFull,
    failing: usize,
    trouble: Trouble,
    lanes: Lanes,
    capacity: usize,
}

fn run_case(case: &Case<'_>) -> (Report, [Vec<i64>; 3]) {
    let logs = STAGES.map(|_| Log::default());
    let mut predicates = Predicates::default();
    let odd = |event: &MarketData| event.as_trade().is_some_and(|trade| trade.price() % 2 != 0);
    predicates.add("odd", "every second event", odd);
    let mut plan = Plan::new();
    plan.predicates(predicates).watchdog(None).capacity(case.capacity).batch_limit(5);
    // What is lost is counted all the same.
    plan.counters(false).latency(Latency::OneIn(1)).lanes(case.lanes.clone());
    for (number, name) in STAGES.iter().enumerate() {
        let trouble = (number == case.failing).then_some(case.trouble);
        let (log, emits) = (logs[number].clone(), case.shape.emits && number == 0);
        let make = move || Tricky { log: log.clone(), emits, trouble, came: (0, 0) }.component();
        let (on_error, retry) = trouble.map_or((OnError::Halt, None), Trouble::policy);
        let made = restartable(make).on_error(on_error);
        plan.component(
            name,
            match retry {
                Some(retry) => made.retry(retry),
                None => made,
            },
        );
    }
    // Retries are for the standard tier.
    (case.shape.route)(&mut plan, case.lossy, Tier::Standard);
    let mut script = Script::new();
    script.per_poll(7);
    (1..=EVENTS).for_each(|price| {
        let instrument = 1 + (price % 11) as u32;
        script.event("feed", MarketData::trade(instrument, price as u64, price, 1, Side::Bid));
    });
    let report = plan.check().expect("no mistakes").run(&mut script).expect("it starts");
    (report, logs.map(|log| log.all()))
}

fn check_links(case: &str, report: &Report) {
    for stage in &report.stages {
        let links = report.links.iter().filter(|link| link.stage == stage.name);
        let sum = |of: fn(&LinkReport) -> u64| links.clone().map(of).sum::<u64>();
        let became = [stage.events_in, stage.filtered, stage.skipped, sum(LinkReport::lost)];
        assert_eq!(became.iter().sum::<u64>(), sum(|link| link.published), "{case}: {stage:?}");
        assert_eq!(sum(LinkReport::left), 0, "{case}: `{}`", stage.name);
        assert_eq!(sum(LinkReport::handled), stage.events_in, "{case}: `{}`", stage.name);
        assert_eq!(sum(|link| link.skipped), stage.skipped, "{case}: `{}`", stage.name);
        let timed = stage.latency.len();
        assert!(timed <= stage.events_in, "{case}: `{}`", stage.name);
    }
}

fn set_of(prices: &[i64]) -> BTreeSet<i64> {
    prices.iter().copied().collect()
}

fn check(case: &Case<'_>, report: &Report, logs: &[Vec<i64>; 3]) {
    let name = &case.name;
    assert!(report.is_complete(), "{name}: {:?}", report.faults);
    check_links(name, report);
    let dead: BTreeSet<i64> = {
        let letters = &report.dead_letters;
        assert_eq!(letters.not_kept(), 0, "{name}");
        let price = |slot: &crate::event::Slot| match slot.view::<MarketData>().as_trade() {
            Some(trade) if case.failing == 0 || !case.shape.emits => trade.price(),
            _ => slot.view::<Signal>().price,
        };
        letters.letters.iter().map(|dead| price(&dead.event.slot)).collect()
    };
    let failing = report.stage(STAGES[case.failing]).expect("it ran");
    assert_eq!(failing.skipped, report.dead_letters.count, "{name}");
    assert_eq!(dead.len() as u64, failing.skipped, "{name}: a dead letter each");
    if !case.trouble.leaves_out() {
        assert_eq!(failing.skipped, 0, "{name}");
    }
    let odd = case.shape.name == "filtered";
    for (number, log) in logs.iter().enumerate() {
        let stage = report.stage(STAGES[number]).expect("it ran");
        let handled = set_of(log);
        assert_eq!(handled.len(), log.len(), "{name}: `{}` sees an event twice", stage.name);
        assert_eq!(stage.events_in, log.len() as u64, "{name}: `{}`", stage.name);
        if case.lossy != OnFull::Conflate {
            assert!(log.is_sorted(), "{name}: `{}`", stage.name);
        }
        let own_dead = if number == case.failing { dead.clone() } else { BTreeSet::new() };
        assert!(own_dead.iter().all(|price| is_trouble(*price)), "{name}: {own_dead:?}");
        assert!(handled.is_disjoint(&own_dead), "{name}: `{}`", stage.name);
        let saw: BTreeSet<i64> = handled.union(&own_dead).copied().collect();
        let failing = if case.trouble.leaves_out() { case.failing } else { usize::MAX };
        let all: BTreeSet<i64> = (1..=EVENTS).collect();
        match (case.shape.sees)(failing)[number] {
            All => assert_eq!(saw, all, "{name}: `{}`", stage.name),
            Few => assert!(!odd || saw.iter().all(|price| price % 2 != 0), "{name}"),
            AllOf(other) => assert_eq!(saw, set_of(&logs[other]), "{name}: `{}`", stage.name),
            SomeOf(other) => {
                assert!(saw.is_subset(&set_of(&logs[other])), "{name}: `{}`", stage.name);
            }
        }
    }
}

fn under_every_trouble(shape: &'static Shape) {
    within(100, move |note| {
        for (lossy, trouble) in LOSSY.iter().flat_map(|lossy| TROUBLES.map(|t| (*lossy, t))) {
            for lanes in [Lanes::Fused, Lanes::Count(1), Lanes::Count(3)] {
                for (failing, capacity) in [(0, 2), (1, 8), (2, 2), (0, 8), (1, 1), (2, 1)] {
                    let name = format!(
                        "{}, {lossy}, `{}` in trouble: {trouble:?}, {lanes:?}, rings of {capacity}",
                        shape.name, STAGES[failing]
                    );
                    note(name.clone());
                    let lanes = lanes.clone();
                    let case = Case { name, shape, lossy, failing, trouble, lanes, capacity };
                    let (report, logs) = run_case(&case);
                    check(&case, &report, &logs);
                }
            }
        }
    });
}

#[test]
fn a_stage_in_trouble_behind_a_lossy_link_costs_its_own_events_alone() {
    under_every_trouble(&SHAPES[0]);
}

#[test]
fn steps_in_trouble_inside_a_lossy_pipeline_agree_on_what_is_left() {
    under_every_trouble(&SHAPES[1]);
}

#[test]
fn a_lossy_first_step_in_trouble_keeps_what_it_failed_on_from_later_steps() {
    under_every_trouble(&SHAPES[2]);
}

#[test]
fn a_lossy_step_behind_one_in_trouble_sees_nothing_that_one_failed_on() {
    under_every_trouble(&SHAPES[3]);
}

#[test]
fn steps_in_trouble_behind_a_filter_and_a_loss_see_what_matches_once() {
    under_every_trouble(&SHAPES[4]);
}

#[test]
fn a_transform_in_trouble_behind_a_loss_makes_one_event_of_each_it_handles() {
    under_every_trouble(&SHAPES[5]);
}

#[test]
fn what_a_stage_in_trouble_emits_is_lost_or_handled_once() {
    under_every_trouble(&SHAPES[6]);
}
