//! Whole topologies between channels.

use super::*;
use crate::Tier;
use crate::event::{MarketData, Side};
use crate::stage::{Outbox, each};
use crate::testing::{Recorder, Script};
use crate::topology::{LaneSpec, Lanes, Latency, Plan, Report};
use crate::wait::Wait;
use std::time::Duration;

fn trade(price: i64) -> MarketData {
    MarketData::trade(1, price as u64, price, 1, Side::Bid)
}

fn price(event: &MarketData) -> i64 {
    event.as_trade().map_or(0, |trade| trade.price())
}

fn trades(count: i64) -> Script {
    let mut script = Script::new();
    for price in 1..=count {
        script.event("feed", trade(price));
    }
    script
}

fn on(wait: Wait, stages: &[&str]) -> Lanes {
    let stages = stages.iter().map(|&stage| stage.into()).collect();
    Lanes::List(vec![LaneSpec { name: "lane".into(), cpu: None, wait: Some(wait), stages }])
}

fn everywhere(test: impl Fn(Lanes)) {
    test(Lanes::Fused);
    Wait::ALL.into_iter().for_each(|wait| test(on(wait, &["drain"])));
}

#[test]
fn a_full_channel_blocks_nobody_and_loses_nothing() {
    everywhere(|lanes| {
        let (sender, receiver) = crossbeam_channel::bounded(2);
        let mut plan = Plan::new();
        plan.component("drain", to_channel(sender, price));
        plan.route::<MarketData>("feed", Tier::FAST, "drain");
        plan.capacity(8).lanes(lanes);
        let reader = std::thread::spawn(move || {
            let slowly = |price: &i64| {
                if price % 20 == 0 {
                    std::thread::sleep(Duration::from_millis(2));
                }
            };
            receiver.iter().inspect(slowly).collect::<Vec<_>>()
        });
        let report = plan.check().expect("no mistakes").run(&mut trades(200)).expect("it starts");
        assert!(report.is_complete(), "{:?}", report.faults);
        assert!(reader.join().expect("no panic").into_iter().eq(1..=200));
        assert_eq!(report.stage("drain").map(|stage| stage.events_in), Some(200));
    });
}

#[test]
fn stages_beside_one_that_puts_off_its_events_go_on() {
    let (sender, receiver) = crossbeam_channel::bounded(1);
    let seen = Recorder::<MarketData>::new();
    let mut plan = Plan::new();
    plan.component("drain", to_channel(sender, price));
    plan.component("beside", seen.sink());
    plan.route::<MarketData>("feed", Tier::FAST, "drain");
    plan.route::<MarketData>("feed", Tier::FAST, "beside");
    plan.lanes(on(Wait::Park, &["drain", "beside"])).capacity(64);
    let mut running = plan.check().expect("no mistakes").start().expect("it starts");
    for price in 1..=50 {
        running.publish("feed", &trade(price)).expect("it runs");
    }
    while seen.events().len() < 50 {
        std::thread::yield_now();
    }
    assert_eq!(receiver.len(), 1, "nobody has read");
    let reader = std::thread::spawn(move || receiver.iter().count());
    assert!(running.stop().is_complete());
    assert_eq!(reader.join().expect("no panic"), 50);
}

#[test]
fn a_receiver_that_is_gone_is_a_fault_that_says_so() {
    let (sender, receiver) = crossbeam_channel::bounded(8);
    drop(receiver);
    let mut plan = Plan::new();
    plan.component("drain", to_channel(sender, price));
    plan.route::<MarketData>("feed", Tier::FAST, "drain");
    let report = plan.check().expect("no mistakes").run(&mut trades(9)).expect("it starts");
    let [fault] = report.faults.as_slice() else { panic!("{:?}", report.faults) };
    assert_eq!((fault.stage.as_str(), fault.root), ("drain", 1));
    assert!(fault.fault.to_string().contains("receiver is gone"), "{}", fault.fault);
}

#[test]
fn a_stop_with_a_limit_does_not_wait_for_a_channel_that_nobody_reads() {
    let (sender, receiver) = crossbeam_channel::bounded(4);
    let mut plan = Plan::new();
    plan.component("drain", to_channel(sender, price));
    plan.route::<MarketData>("feed", Tier::FAST, "drain");
    let mut running = plan.check().expect("no mistakes").start().expect("it starts");
    for price in 1..=9 {
        running.publish("feed", &trade(price)).expect("it runs");
    }
    let report = running.stop_within(Duration::from_millis(50));
    assert!(report.interrupted && report.left_behind.is_empty());
    assert_eq!(report.links[0].handled() + report.links[0].left(), 9);
    assert_eq!(receiver.len(), 4);
}

#[test]
fn what_a_stage_emitted_for_an_event_it_puts_off_is_taken_back() {
    let mut attempts = 0;
    let stage = each(move |event: &MarketData, out: &mut Outbox| {
        attempts += 1;
        out.emit(trade(100 * price(event) + attempts));
        if attempts < 3 {
            out.not_now();
        } else {
            attempts = 0;
        }
        Ok(())
    });
    let seen = Recorder::<MarketData>::new();
    let mut plan = Plan::new();
    plan.component("thrice", stage.emits::<MarketData>());
    plan.route::<MarketData>("feed", Tier::FAST, "thrice");
    plan.route::<MarketData>("thrice", Tier::FAST, seen.sink());
    plan.lanes(Lanes::Fused).capacity(2).latency(Latency::OneIn(1));
    let report = plan.check().expect("no mistakes").run(&mut trades(5)).expect("it starts");
    let seen: Vec<_> = seen.events().iter().map(price).collect();
    assert_eq!(seen, [103, 203, 303, 403, 503]);
    let stage = report.stage("thrice").expect("it ran");
    assert_eq!((stage.events_in, stage.events_out), (5, 5));
    assert_eq!(stage.latency.len(), 5, "each is measured once");
}

fn through(lanes: Lanes, count: i64) -> (Report, Vec<MarketData>) {
    let (sender, receiver) = crossbeam_channel::bounded(3);
    let seen = Recorder::<MarketData>::new();
    let mut plan = Plan::new();
    plan.component("drain", seen.sink());
    plan.route::<MarketData>("feed", Tier::FAST, "drain");
    plan.lanes(lanes).capacity(4);
    let running = plan.check().expect("no mistakes").start().expect("it starts");
    let writer =
        std::thread::spawn(move || (1..=count).for_each(|n| sender.send(n).expect("read")));
    let odd = |n: i64| (n % 2 == 1).then(|| trade(n));
    let report = running.run(&mut from_channel("feed", receiver, odd));
    writer.join().expect("no panic");
    (report, seen.events())
}

#[test]
fn what_comes_by_a_channel_enters_until_the_senders_are_gone() {
    everywhere(|lanes| {
        let (report, seen) = through(lanes, 200);
        assert!(report.is_complete());
        assert!(seen.iter().map(price).eq((1..=200).step_by(2)), "the even ones are left out");
        assert!(seen.iter().all(|event| event.header.ts_recv != 0), "stamped on the way in");
    });
}

#[test]
fn a_channel_for_a_source_that_is_not_there_is_an_error_of_the_input() {
    let (_sender, receiver) = crossbeam_channel::bounded::<MarketData>(3);
    let mut plan = Plan::new();
    plan.route::<MarketData>("feed", Tier::FAST, Recorder::<MarketData>::new().sink());
    let running = plan.check().expect("no mistakes").start().expect("it starts");
    let report = running.run(&mut from_channel("fed", receiver, Some));
    let error = report.input_error.expect("no such source");
    assert_eq!(error.message, "no MarketData enters from `fed`");
}
