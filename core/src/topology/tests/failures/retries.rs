//! Retries in memory. Time goes when the test tells it to.

use super::super::*;
use super::kit::*;
use crate::stage::{OnError, Retry};
use std::sync::{Arc, Mutex, PoisonError};

const DELAY: Duration = Duration::from_millis(10);

fn three_attempts() -> Retry {
    Retry { attempts: 3, delay: DELAY }
}

/// Logs each event it is given; fails on one root so many times.
fn flaky(log: &Log, root: u64, mut times: u32) -> Component {
    let log = log.clone();
    let flaky = each(move |event: &MarketData, out: &mut Outbox| {
        log.push(event.header.root as i64);
        out.emit(Signal::new(Action::Buy, 1.0, event.header.root as i64));
        if event.header.root == root && times > 0 {
            times -= 1;
            return Err(format!("{times} failures to go").into());
        }
        Ok(())
    });
    flaky.emits::<Signal>().retry(three_attempts()).into()
}

/// Fused, with a clock that goes when told: so many trades wait to be polled.
fn running(it: Component, events: i64) -> (Running, Arc<quanta::Mock>) {
    let (clock, time) = quanta::Clock::mock();
    let mut plan = Plan::new();
    plan.clock = clock;
    plan.component("it", it).lanes(Lanes::Fused);
    plan.route::<MarketData>("feed", Tier::Standard, "it");
    let mut running = plan.check().expect("no mistakes").start().expect("it starts");
    for price in 1..=events {
        running.publish("feed", &trade(price)).expect("it runs");
    }
    (running, time)
}

fn poll_all(running: &mut Running) {
    while running.poll() {}
}

#[test]
fn an_event_is_tried_again_after_its_delay_and_what_follows_waits_with_it() {
    let log = Log::default();
    let (mut running, time) = running(flaky(&log, 3, 2), 5);
    poll_all(&mut running);
    assert_eq!(log.prices(), [1, 2, 3]);
    for (wait, want) in [(9, [1, 2, 3].as_slice()), (1, &[1, 2, 3, 3]), (19, &[1, 2, 3, 3])] {
        time.increment(Duration::from_millis(wait));
        poll_all(&mut running);
        assert_eq!(log.prices(), want, "the second delay is twice the first");
    }
    time.increment(Duration::from_millis(1));
    poll_all(&mut running);
    assert_eq!(log.prices(), [1, 2, 3, 3, 3, 4, 5]);
    let report = running.stop();
    assert!(report.is_complete());
    let it = report.stage("it").expect("it ran");
    assert_eq!((it.events_in, it.retries, it.skipped), (5, 2, 0));
    assert_eq!(report.stream("it").map(|stream| stream.count), Some(5), "one signal per event");
}

#[test]
fn a_waiting_event_has_its_lane_rest_until_it_is_due_and_no_longer() {
    let log = Log::default();
    let (mut running, time) = running(flaky(&log, 1, 1), 1);
    assert_eq!(running.may_rest(), Duration::MAX);
    poll_all(&mut running);
    assert_eq!(running.may_rest(), DELAY);
    time.increment(DELAY / 4);
    assert_eq!(running.may_rest(), DELAY * 3 / 4);
    assert!(!running.poll(), "nothing moves meanwhile");
    time.increment(DELAY);
    assert_eq!(running.may_rest(), Duration::ZERO);
    poll_all(&mut running);
    assert_eq!(running.may_rest(), Duration::MAX);
}

#[test]
fn an_event_whose_attempts_all_fail_goes_to_the_dead_letters_with_its_history() {
    let log = Log::default();
    let (mut running, time) = running(flaky(&log, 2, 9).on_error(OnError::Skip), 3);
    for _ in 0..3 {
        poll_all(&mut running);
        time.increment(DELAY * 2);
    }
    assert_eq!(log.prices(), [1, 2, 2, 2, 3]);
    let report = running.stop();
    assert!(report.is_complete());
    let letter = &report.dead_letters.letters[0];
    let reasons: Vec<_> = letter.attempts.iter().map(|tried| tried.fault.to_string()).collect();
    assert_eq!(reasons, ["8 failures to go", "7 failures to go", "6 failures to go"]);
    let times: Vec<_> = letter.attempts.iter().map(|tried| tried.at).collect();
    assert_eq!([times[1] - times[0], times[2] - times[1]], [20_000_000; 2]);
    assert!(times[0] > 1_600_000_000_000_000_000, "ns since 1970");
    let it = report.stage("it").expect("it ran");
    assert_eq!((it.events_in, it.retries, it.skipped), (2, 2, 1));
}

#[test]
fn an_event_whose_attempts_all_fail_stops_the_topology_by_default() {
    let log = Log::default();
    let (mut running, time) = running(flaky(&log, 2, 9), 3);
    for _ in 0..3 {
        poll_all(&mut running);
        time.increment(DELAY * 2);
    }
    let report = running.stop();
    assert_eq!(log.prices(), [1, 2, 2, 2]);
    let said = report.faults[0].fault.to_string();
    assert_eq!(said, "6 failures to go; the last of 3 attempts");
    assert_eq!(report.faults[0].event.as_ref().map(|event| event.sequence), Some(1));
}

#[test]
fn the_attempts_of_one_event_do_not_count_for_the_next() {
    let log = Log::default();
    let seen = log.clone();
    let twice = each(move |event: &MarketData, _: &mut Outbox| {
        seen.push(event.header.root as i64);
        let tried = seen.prices().iter().filter(|root| **root == event.header.root as i64).count();
        if tried < 3 { Err("not yet".into()) } else { Ok(()) }
    });
    let (mut running, time) = running(twice.retry(three_attempts()).into(), 4);
    for _ in 0..12 {
        poll_all(&mut running);
        time.increment(DELAY * 2);
    }
    assert_eq!(log.prices(), [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
    assert_eq!(running.stop().stage("it").map(|it| (it.events_in, it.retries)), Some((4, 8)));
}

#[test]
fn without_a_delay_an_event_is_tried_again_at_the_next_poll() {
    let log = Log::default();
    let it = flaky(&log, 2, 2).retry(Retry { attempts: 3, delay: Duration::ZERO });
    let (running, _time) = running(it, 3);
    assert!(running.stop().is_complete());
    assert_eq!(log.prices(), [1, 2, 2, 2, 3]);
}

#[test]
fn the_latency_of_an_event_that_was_tried_three_times_counts_once() {
    let log = Log::default();
    let it = flaky(&log, 2, 2).retry(Retry { attempts: 3, delay: Duration::ZERO });
    let mut plan = Plan::new();
    plan.component("it", it).lanes(Lanes::Fused).latency(Latency::OneIn(1));
    plan.route::<MarketData>("feed", Tier::Standard, "it");
    let report = plan.check().expect("no mistakes").run(&mut trades(5)).expect("it starts");
    assert_eq!(report.stage("it").expect("it ran").latency.len(), 5);
}

/// In a merge, what waits behind the event that is tried again waits on all inputs.
#[test]
fn a_merge_keeps_its_order_while_an_event_is_tried_again() {
    within(60, |_| {
        everywhere(|lanes| {
            let log = Log::default();
            let failures = Arc::new(Mutex::new(std::collections::HashMap::<i64, u32>::new()));
            let handled = log.clone();
            let merge = each(move |signal: &Signal, _: &mut Outbox| {
                let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
                let failed = failures.entry(signal.price).or_default();
                if signal.price % 3 == 0 && *failed < 2 {
                    *failed += 1;
                    return Err("again".into());
                }
                handled.push(signal.price);
                Ok(())
            });
            let retry = Retry { attempts: 3, delay: Duration::from_micros(50) };
            let branch = |digit: i64| {
                each(move |event: &MarketData, out: &mut Outbox| {
                    let root = event.header.root as i64;
                    (0..3).for_each(|_| out.emit(Signal::new(Action::Buy, 1.0, root * 10 + digit)));
                    Ok(())
                })
            };
            let mut plan = Plan::new();
            plan.component("a", branch(1).emits::<Signal>().emits_under("s"));
            plan.component("b", branch(2).emits::<Signal>().emits_under("s"));
            plan.component("merge", merge.retry(retry)).capacity(2).lanes(lanes);
            plan.route::<MarketData>("feed", Tier::FAST, broadcast(["a", "b"]));
            plan.route::<Signal>("s", Tier::Standard, "merge");
            let report = plan.check().expect("no mistakes").run(&mut trades(30));
            assert!(report.expect("it starts").is_complete());
            let want = (1..=30).flat_map(|root| [[root * 10 + 1; 3], [root * 10 + 2; 3]].concat());
            assert_eq!(log.prices(), want.collect::<Vec<_>>());
        });
    });
}

#[test]
fn a_parked_lane_wakes_by_itself_to_try_again() {
    within(60, |_| {
        let log = Log::default();
        let mut plan = Plan::new();
        plan.component("it", flaky(&log, 2, 2)).lanes(Lanes::Count(1));
        plan.route::<MarketData>("feed", Tier::Standard, "it");
        let report = plan.check().expect("no mistakes").run(&mut trades(3)).expect("it starts");
        assert!(report.is_complete());
        assert_eq!(log.prices(), [1, 2, 2, 2, 3]);
    });
}

#[test]
fn a_halt_does_not_wait_for_an_event_that_is_to_be_tried_again() {
    within(60, |_| {
        for lanes in [Lanes::Fused, Lanes::Count(1)] {
            let log = Log::default();
            let retry = Retry { attempts: 3, delay: Duration::from_secs(3600) };
            let mut plan = Plan::new();
            plan.component("it", flaky(&log, 1, 9).retry(retry)).lanes(lanes);
            plan.route::<MarketData>("feed", Tier::Standard, "it");
            let mut running = plan.check().expect("no mistakes").start().expect("it starts");
            running.publish("feed", &trade(1)).expect("it runs");
            running.monitor().halt();
            let report = running.stop();
            assert!(report.interrupted);
            assert_eq!(report.stage("it").map(|it| it.events_in), Some(0));
        }
    });
}
