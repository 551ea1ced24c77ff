//! The recorder in whole topologies, with a journal in memory.

use super::{Durable, Journal, LogReader, OnJournalFull, SyncPolicy};
use crate::Tier;
use crate::event::{Action, MarketData, Order, Side, Signal, Slot};
use crate::stage::{Outbox, each};
use crate::testing::{MemoryLog, Recorder, Script};
use crate::topology::{Checked, Lanes, Plan, Report, RunError, Running};
use std::time::{Duration, Instant};
use xxhash_rust::xxh3::xxh3_128;

fn trade(price: i64) -> MarketData {
    MarketData::trade(1, price as u64, price, 1, Side::Bid)
}

fn trades(count: i64) -> Script {
    let mut script = Script::new();
    for price in 1..=count {
        script.event("feed", trade(price));
    }
    script
}

/// Two strategies that share a source, a sink, and everything recorded.
fn plan(lanes: Lanes, sync: Option<SyncPolicy>) -> Plan {
    let mut plan = Plan::new();
    for (name, every) in [("some", 3), ("few", 100)] {
        let stage = each(move |event: &MarketData, out: &mut Outbox| {
            if let Some(trade) = event.as_trade()
                && trade.price() % every == 0
            {
                out.emit(Signal::new(Action::Buy, 1.0, trade.price()));
            }
            Ok(())
        });
        plan.component(name, stage.emits::<Signal>().emits_under("strategy"));
        plan.route::<MarketData>("feed", Tier::FAST, name);
    }
    plan.route::<Signal>("strategy", Tier::Standard, Recorder::<Signal>::new().sink());
    plan.record::<MarketData>("feed", sync).record::<Signal>("strategy", sync);
    plan.lanes(lanes).digests(true).capacity(256);
    plan
}

fn checked(lanes: Lanes, sync: Option<SyncPolicy>) -> Checked {
    plan(lanes, sync).check().expect("no mistakes")
}

fn assert_recorded(report: &Report, log: &MemoryLog) {
    let journal = report.journal.as_ref().expect("it was recorded");
    assert_eq!(journal.streams.len(), 3);
    for recorded in &journal.streams {
        let stream = report.stream(&recorded.stream).expect("a stream of the run");
        let events = log.events(recorded.tag);
        let digest = xxh3_128(bytemuck::cast_slice::<Slot, u8>(&events));
        assert_eq!(events.len() as u64, stream.count, "{}", stream.name);
        assert_eq!(Some(digest), stream.digest, "{}", stream.name);
        assert_eq!((recorded.written, recorded.durable), (stream.count, stream.count));
    }
    assert_eq!(journal.durable, log.durable());
}

/// Waits for what must come; a test that waits in vain fails.
fn wait_until(what: &str, is_true: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_true() {
        assert!(start.elapsed() < Duration::from_secs(60), "in vain: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn what_is_recorded_is_what_went_through_the_streams_wherever_stages_run() {
    for lanes in [Lanes::Fused, Lanes::Count(1), Lanes::Count(3), Lanes::Auto] {
        for sync in
            [SyncPolicy::Batch, SyncPolicy::Interval(Duration::from_millis(1)), SyncPolicy::Os]
        {
            let log = MemoryLog::new();
            let mut checked = checked(lanes.clone(), None);
            let _ = checked.journal(Journal::new(Box::new(log.clone())).sync(sync));
            let report = checked.run(&mut trades(20_000)).expect("it starts");
            assert!(report.is_complete(), "{:?}", report.faults);
            assert_recorded(&report, &log);
        }
    }
}

#[test]
fn what_is_durable_is_in_the_log_and_readers_follow_it() {
    let log = MemoryLog::new();
    let mut checked = checked(Lanes::Auto, None);
    let durable = checked.journal(Journal::new(Box::new(log.clone())));
    let mut running = checked.start().expect("it starts");
    let (mut reader, mut seen) = (log.reader(0), 0);
    for price in 1..=300 {
        running.publish("feed", &trade(price)).expect("it runs");
        let position = durable.durable();
        assert!(position <= log.durable(), "told before it was synced");
        while let Some(batch) = reader.next(position).expect("it can be read") {
            seen += batch.events.len() as u64;
        }
    }
    wait_until("all 300 events are durable", || {
        durable.stream(1).is_some_and(|feed| feed.durable == 300 && feed.durable_root == 300)
    });
    assert!(running.stop().is_complete());
    while let Some(batch) = reader.next(durable.durable()).expect("it can be read") {
        seen += batch.events.len() as u64;
    }
    assert_eq!(seen, 300 + 100 + 3);
}

/// A topology that runs, and whose recorder has appended its first event.
fn with_one_written(sync: SyncPolicy) -> (MemoryLog, Durable, Running) {
    let log = MemoryLog::new();
    let mut checked = checked(Lanes::Auto, Some(sync));
    let durable = checked.journal(Journal::new(Box::new(log.clone())));
    let mut running = checked.start().expect("it starts");
    running.publish("feed", &trade(1)).expect("it runs");
    wait_until("it is written", || durable.written() == 1);
    (log, durable, running)
}

#[test]
fn an_interval_ends_although_nothing_more_is_appended() {
    let (log, durable, running) = with_one_written(SyncPolicy::Interval(Duration::from_millis(5)));
    wait_until("the one event becomes durable", || durable.durable() == 1);
    assert_eq!(log.commits(), 1, "nothing was left to sync");
    assert!(running.stop().is_complete());
}

#[test]
fn streams_are_synced_each_by_its_own_policy() {
    let (log, durable, running) = with_one_written(SyncPolicy::Os);
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(log.commits(), 0, "`os` leaves syncs to the system");
    assert_eq!(durable.stream(1).map(|feed| (feed.durable, feed.acknowledged())), Some((0, 1)));
    assert!(running.stop().is_complete());
    assert_eq!(log.durable(), 1, "the end syncs all");
}

#[test]
fn without_room_writers_are_held_back_and_go_on_with_nothing_lost() {
    for lanes in [Lanes::Fused, Lanes::Count(2)] {
        let log = MemoryLog::new();
        log.set_full(true);
        let mut checked = checked(lanes, None);
        let journal = Journal::new(Box::new(log.clone())).on_full(OnJournalFull::Block);
        let durable = checked.journal(journal);
        let monitor = checked.monitor();
        let run = std::thread::spawn(move || checked.run(&mut trades(5_000)).expect("it starts"));
        wait_until("the feed's ring is full", || monitor.entered() == 256);
        wait_until("the stall is counted", || durable.report().stalls == 1);
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(monitor.entered(), 256, "held back");
        assert!(durable.report().lag() > 0);
        log.set_full(false);
        let report = run.join().expect("no panic");
        assert!(report.is_complete(), "{:?}", report.faults);
        assert_recorded(&report, &log);
        assert!(durable.report().stalled > Duration::ZERO);
    }
}

#[test]
fn without_room_it_halts_where_the_policy_says_so() {
    let log = MemoryLog::new();
    log.set_full(true);
    let mut checked = checked(Lanes::Auto, None);
    let _ = checked.journal(Journal::new(Box::new(log)));
    let report = checked.run(&mut trades(5_000)).expect("it starts");
    let fault = &report.faults[0];
    assert_eq!(fault.stage, "journal");
    let told = fault.fault.to_string();
    assert!(told.contains("no room") && told.contains("on_journal_full: block"), "{told}");
}

#[test]
fn what_was_appended_before_there_was_no_room_is_durable_when_it_halts() {
    let (log, durable, mut running) = with_one_written(SyncPolicy::Os);
    log.set_full(true);
    running.publish("feed", &trade(2)).expect("it runs");
    wait_until("it halts", || running.monitor().is_halted());
    let report = running.stop();
    assert_eq!((report.faults.len(), log.durable(), durable.durable()), (1, 1, 1));
}

#[test]
fn a_stop_with_a_limit_does_not_wait_for_room_for_ever_and_says_what_is_missing() {
    let log = MemoryLog::new();
    log.set_full(true);
    let mut checked = checked(Lanes::Auto, None);
    let journal = Journal::new(Box::new(log)).on_full(OnJournalFull::Block);
    let _ = checked.journal(journal);
    let mut running = checked.start().expect("it starts");
    running.publish("feed", &trade(1)).expect("it runs");
    let report = running.stop_within(Duration::from_millis(50));
    let told = report.faults[0].fault.to_string();
    assert_eq!(told, "1 events of `feed` are not in the journal, which had no room until the end");
}

#[test]
fn a_failed_sync_halts_the_topology_and_is_told() {
    for lanes in [Lanes::Fused, Lanes::Auto] {
        let log = MemoryLog::new();
        log.fail_commits();
        let mut checked = checked(lanes, None);
        let durable = checked.journal(Journal::new(Box::new(log)));
        let report = checked.run(&mut trades(1_000_000)).expect("it starts");
        assert_eq!(report.faults[0].fault.to_string(), "a sync of the log in memory failed");
        assert!(report.events < 1_000_000, "it went on");
        assert_eq!(durable.durable(), 0);
    }
}

#[test]
fn what_a_halted_topology_had_published_is_recorded() {
    let log = MemoryLog::new();
    let mut checked = checked(Lanes::Auto, None);
    let _ = checked.journal(Journal::new(Box::new(log.clone())));
    let mut running = checked.start().expect("it starts");
    for price in 1..=200 {
        running.publish("feed", &trade(price)).expect("it runs");
    }
    let report = running.halt();
    assert_recorded(&report, &log);
}

#[test]
fn a_topology_that_records_and_has_no_journal_does_not_start() {
    let refused = checked(Lanes::Auto, None).start().expect_err("there is none");
    assert_eq!(refused, RunError::NoJournal("`feed`, `strategy/some`, `strategy/few`".into()));
}

#[test]
fn what_a_source_does_not_emit_cannot_be_recorded() {
    let mut plan = plan(Lanes::Auto, None);
    plan.record::<Order>("strategy", None);
    let problems = plan.check().expect_err("a mistake");
    assert_eq!(
        (problems[0].code, problems[0].at.as_str()),
        ("PL-TOPOLOGY-040", "routing.strategy.Order.record")
    );
}
