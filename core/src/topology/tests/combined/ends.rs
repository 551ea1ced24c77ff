//! Topologies that are dropped, halted or stopped in the middle of something; handles that outlive them.

use super::super::failures::kit::within;
use super::super::*;
use crate::ingress::{IngressOptions, PublishError};
use crate::route::{OnFull, on_full};
use crate::stage::{OnError, Retry, restartable};
use std::sync::{Arc, Mutex, OnceLock};

fn count(report: &Report) {
    for link in &report.links {
        assert_eq!(link.published, link.done + link.left(), "{link:?}");
        let became = link.handled() + link.filtered + link.skipped + link.lost();
        assert_eq!(link.done, became, "{link:?}");
    }
}

/// Every way in which a topology ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    DroppedUnstarted,
    FailsToStart,
    Dropped,
    Halted,
    HaltedThenDropped,
    StoppedAtOnce,
    StageFails,
}

const ENDS: [End; 7] = [
    End::DroppedUnstarted,
    End::FailsToStart,
    End::Dropped,
    End::Halted,
    End::HaltedThenDropped,
    End::StoppedAtOnce,
    End::StageFails,
];

/// A monitor of a fused topology that was dropped said for ever that it ran, so that whoever waited for
/// its end by it waited for ever.
#[test]
fn however_a_topology_ends_its_monitor_and_its_ingress_say_so() {
    within(60, |note| {
        for end in ENDS {
            everywhere(|lanes| {
                note(format!("{end:?}, {lanes:?}"));
                let lives = end_it(end, lanes);
                assert!(!lives, "{end:?}: the monitor says that it runs");
            });
        }
    });
}

struct Starts(bool);

impl crate::stage::Stage for Starts {
    fn on_start(&mut self, _: &mut Outbox) -> Result<(), Fault> {
        if self.0 { Ok(()) } else { Err("not today".into()) }
    }
}

impl crate::stage::On<MarketData> for Starts {
    fn on(&mut self, event: &MarketData, _: &mut Outbox) -> Result<(), Fault> {
        if event.header.root == 3 { Err("three".into()) } else { Ok(()) }
    }
}

/// Gives whether the monitor says that it still runs.
fn end_it(end: End, lanes: Lanes) -> bool {
    let stage = crate::stage::component(Starts(end != End::FailsToStart)).on::<MarketData>();
    let on_error = if end == End::StageFails { OnError::Halt } else { OnError::Skip };
    let mut plan = Plan::new();
    plan.component("it", stage.on_error(on_error)).lanes(lanes).watchdog(None);
    plan.route::<MarketData>("feed", Tier::FAST, on_full(OnFull::DropOldest, "it"));
    let mut checked = plan.check().expect("no mistakes");
    let ingress = checked
        .ingress::<MarketData>("feed", IngressOptions { capacity: 4, ..IngressOptions::default() })
        .expect("there is one");
    let monitor = checked.monitor();
    let mut producer = ingress.producer().expect("rings are free");
    let mut accepted = 0;
    while producer.try_publish(&trade(1)).is_ok() {
        accepted += 1;
    }
    let mut lives = false;
    let report = match end {
        End::DroppedUnstarted => {
            drop(checked);
            None
        }
        End::FailsToStart => {
            let error = checked.start().expect_err("its stage does not start");
            assert!(matches!(error, RunError::Start(_)), "{error}");
            lives = !monitor.is_halted();
            None
        }
        End::Dropped | End::HaltedThenDropped => {
            let mut running = checked.start().expect("it starts");
            running.poll();
            if end == End::HaltedThenDropped {
                monitor.halt();
            }
            drop(running);
            lives = !monitor.is_halted();
            None
        }
        End::Halted => Some(checked.start().expect("it starts").halt()),
        End::StoppedAtOnce => Some(checked.start().expect("it starts").stop()),
        End::StageFails => {
            let report = checked.start().expect("it starts").serve();
            assert!(monitor.is_halted() && report.faults.len() == 1, "{report:?}");
            Some(report)
        }
    };
    match producer.publish(&trade(1)) {
        Err(PublishError::Closed { position }) => assert!(position <= accepted),
        other => panic!("{end:?}: an event is taken by nobody, and it says {other:?}"),
    }
    assert!(ingress.producer().is_err(), "{end:?}");
    let came = ingress.report();
    if let Some(report) = report {
        count(&report);
        assert_eq!(came.entered + came.left_over, accepted, "{end:?}: {came:?}");
        assert_eq!(report.events, came.entered);
    }
    lives
}

#[test]
fn a_stop_with_a_limit_leaves_events_that_are_put_off_for_ever_and_says_how_many() {
    within(60, |note| {
        for lossy in OnFull::ALL {
            everywhere(|lanes| {
                note(format!("{lossy}, {lanes:?}"));
                let never = each(|event: &MarketData, out: &mut Outbox| {
                    if event.header.root >= 3 {
                        out.not_now();
                    }
                    Ok(())
                });
                let behind = Recorder::<MarketData>::new();
                let mut plan = Plan::new();
                plan.component("never", never).component("behind", behind.sink());
                plan.lanes(lanes).capacity(8).batch_limit(4).watchdog(None);
                let route = on_full(lossy, pipeline(["never", "behind"]));
                plan.route::<MarketData>("feed", Tier::Standard, route);
                let mut running = plan.check().expect("no mistakes").start().expect("it starts");
                for price in 1..=6 {
                    running.publish("feed", &trade(price)).expect("there is room");
                }
                let report = running.stop_within(Duration::from_millis(20));
                count(&report);
                assert!(report.interrupted && report.left_behind.is_empty(), "{report:?}");
                let never = report.stage("never").expect("it ran");
                assert_eq!((never.events_in, never.failures), (2, 0));
                assert!(behind.events().len() <= 2, "it sees nothing that was put off");
            });
        }
    });
}

/// The lane woke a thousand times a second for an event that was to be tried again in an hour.
#[test]
fn an_event_that_was_put_off_and_then_failed_rests_until_it_is_due() {
    let both = each(|_: &MarketData, out: &mut Outbox| {
        out.not_now();
        Err(Fault::new("after it had put it off"))
    });
    let hour = Duration::from_secs(3600);
    let mut plan = Plan::new();
    plan.clock = quanta::Clock::mock().0;
    plan.component("both", both.retry(Retry { attempts: 2, delay: hour }).on_error(OnError::Skip));
    plan.route::<MarketData>("feed", Tier::Standard, "both");
    plan.lanes(Lanes::Fused);
    let mut running = plan.check().expect("no mistakes").start().expect("it starts");
    running.publish("feed", &trade(1)).expect("it runs");
    while running.poll() {}
    assert_eq!(running.may_rest(), hour);
}

#[test]
fn a_stage_may_ask_and_end_its_own_topology() {
    within(60, |note| {
        for drains in [false, true] {
            everywhere(|lanes| {
                note(format!("{drains}, {lanes:?}"));
                let monitor = Arc::new(OnceLock::<Monitor>::new());
                let own = monitor.clone();
                let curious = each(move |event: &MarketData, _: &mut Outbox| {
                    let monitor = own.get().ok_or("not yet")?;
                    let numbers = (monitor.stages(), monitor.links(), monitor.lanes());
                    drop((numbers, monitor.stuck(), monitor.dead_letters(), monitor.entered()));
                    if event.header.root == 10 {
                        if drains { monitor.drain() } else { monitor.halt() }
                    }
                    if event.header.root.is_multiple_of(4) {
                        Err("a fourth".into())
                    } else {
                        Ok(())
                    }
                });
                let mut plan = Plan::new();
                plan.component("it", curious.on_error(OnError::Skip)).lanes(lanes).batch_limit(4);
                plan.route::<MarketData>("feed", Tier::FAST, "it");
                let checked = plan.check().expect("no mistakes");
                monitor.set(checked.monitor()).expect("set once");
                let mut script = trades(1000);
                let report = checked.run(script.per_poll(1)).expect("it starts");
                count(&report);
                assert!(report.interrupted || drains, "{report:?}");
                assert!(report.faults.is_empty(), "{report:?}");
                let it = report.stage("it").expect("it ran");
                assert!(it.events_in >= 8, "{it:?}");
                assert_eq!(it.skipped, report.dead_letters.count);
                assert!(!drains || report.links.iter().all(|link| link.left() == 0));
            });
        }
    });
}

#[test]
fn what_is_measured_of_a_stage_that_is_restarted_is_what_it_handled() {
    everywhere(|lanes| {
        let fails = restartable(|| {
            each(|event: &MarketData, out: &mut Outbox| {
                out.emit(Signal::new(Action::Buy, 1.0, 1));
                if event.header.root.is_multiple_of(3) { Err("a third".into()) } else { Ok(()) }
            })
            .emits::<Signal>()
        });
        let seen = Recorder::<Signal>::new();
        let mut plan = Plan::new();
        plan.component("fails", fails.on_error(OnError::Restart { limit: 1000 }));
        plan.component("seen", seen.sink()).latency(Latency::OneIn(1));
        plan.route::<MarketData>("feed", Tier::FAST, "fails");
        plan.route::<Signal>("fails", Tier::FAST, "seen");
        let report = run(plan, lanes, &mut trades(300));
        assert!(report.is_complete(), "{:?}", report.faults);
        for name in ["fails", "seen"] {
            let stage = report.stage(name).expect("it ran");
            assert_eq!((stage.events_in, stage.latency.len()), (200, 200), "{name}");
        }
    });
}

/// A stage publishes into its own topology, by a ring of its own, and into another one.
#[test]
fn a_stage_may_publish_where_it_does_not_wait() {
    within(60, |note| {
        everywhere(|lanes| {
            note(format!("{lanes:?}"));
            let (seen, elsewhere) = (Recorder::<Signal>::new(), Recorder::<MarketData>::new());
            let mut other = Plan::new();
            other.component("sink", elsewhere.sink()).lanes(Lanes::Fused);
            other.route::<MarketData>("feed", Tier::FAST, "sink");
            let mut other = other.check().expect("no mistakes").start().expect("it starts");
            let back = Arc::new(Mutex::new(None::<crate::ingress::IngressProducer<Signal>>));
            let own = back.clone();
            let loops = each(move |event: &MarketData, _: &mut Outbox| {
                other.publish("feed", event).map_err(|error| Fault::new(error.to_string()))?;
                other.poll();
                let mut own = own.lock().map_err(|_| "poisoned")?;
                let producer = own.as_mut().ok_or("not yet")?;
                let signal = Signal::new(Action::Buy, 1.0, event.header.root as i64);
                producer.try_publish(&signal).map(drop).map_err(|e| Fault::new(e.to_string()))
            });
            let mut plan = Plan::new();
            plan.component("loops", loops).component("seen", seen.sink()).lanes(lanes);
            plan.route::<MarketData>("feed", Tier::FAST, "loops");
            plan.route::<Signal>("back", Tier::FAST, "seen");
            let mut checked = plan.check().expect("no mistakes");
            let ingress = checked.ingress("back", IngressOptions::default()).expect("it is there");
            *back.lock().expect("fresh") = Some(ingress.producer().expect("free"));
            let mut running = checked.start().expect("it starts");
            let monitor = running.monitor();
            for price in 1..=100 {
                running.publish("feed", &trade(price)).expect("it runs");
            }
            while monitor.stages().iter().any(|s| s.name == "seen" && s.events_in < 100) {
                running.poll();
                std::thread::yield_now();
            }
            let report = running.stop();
            assert!(report.is_complete(), "{:?}", report.faults);
            count(&report);
            assert_eq!((seen.events().len(), report.events), (100, 200));
            drop(back);
            assert_eq!(elsewhere.events().len(), 100);
        });
    });
}
