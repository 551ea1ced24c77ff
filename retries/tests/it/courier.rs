//! A courier between a journal in memory and a gateway that does as it is told.

use crate::kit::{Gateway, ORDERS, order, plan, quick, run, settled_tag, settlements, start};
use pitlane::Tier;
use pitlane::delivery::{BreakerState, BreakerTerms, Ending, SettlementKind, Terms};
use pitlane::event::{Event, MarketData, Order, OrderKind, Side};
use pitlane::stage::{Fault, FaultKind, Outbox, each};
use pitlane::testing::{MemoryLog, Recorder};
use pitlane::topology::{Lanes, Plan, Report};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn cancel(id: u64, instrument: u32) -> Order {
    let mut cancel = order(id, instrument);
    cancel.header.kind = OrderKind::Cancel as u8;
    cancel
}

fn until(what: &str, is: impl Fn() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < Duration::from_secs(20), "never: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn kinds(log: &MemoryLog, report: &Report) -> Vec<(u64, SettlementKind)> {
    let all = settlements(log, settled_tag(report));
    let kind =
        |one: &pitlane::delivery::Settlement| one.kind().expect("a kind that means something");
    let told = all.iter().filter(|one| kind(one) != SettlementKind::Text);
    told.map(|one| (one.position, kind(one))).collect()
}

#[test]
fn delivers_each_order_once_in_their_order_and_records_that() {
    for lanes in [Lanes::Fused, Lanes::Auto, Lanes::Count(1)] {
        let (log, gateway) = (MemoryLog::new(), Gateway::default());
        let mut running = start(plan(&gateway, quick()), &log, lanes);
        for id in 1..=1000 {
            running.publish("orders", &order(id, id as u32 % 7)).unwrap();
        }
        let report = running.stop();
        assert!(report.is_complete(), "{report:?}");
        assert_eq!(gateway.ids(), (1..=1000).collect::<Vec<_>>());
        let told = kinds(&log, &report);
        assert_eq!(told.len(), 1000);
        assert!(told.iter().all(|(_, kind)| *kind == SettlementKind::Done));
        let account = &report.couriers[0].account;
        assert_eq!((account.accepted, account.done, account.waiting), (1000, 1000, 0));
        assert_eq!(report.couriers[0].waiting(), 0);
        let link = report.links.iter().find(|link| link.stage == "gateway").unwrap();
        assert_eq!((link.published, link.done, link.handled()), (1000, 1000, 1000));
    }
}

#[test]
fn a_stage_sees_the_bytes_that_lie_in_the_journal() {
    let (log, gateway) = (MemoryLog::new(), Gateway::default());
    run(plan(&gateway, quick()), &log, &[order(1, 3), order(2, 4)]);
    let recorded: Vec<Order> = log.events(ORDERS).iter().map(|slot| *slot.view()).collect();
    assert_eq!(gateway.got(), recorded);
}

#[test]
fn a_failing_gateway_is_asked_again_and_no_order_of_the_instrument_overtakes() {
    let (log, gateway) = (MemoryLog::new(), Gateway::default());
    gateway.fails_with([Fault::new("no"), Fault::new("not yet")]);
    let report = run(plan(&gateway, quick()), &log, &[order(1, 1), order(2, 1), order(3, 1)]);
    assert_eq!(gateway.ids(), [1, 2, 3]);
    let failed = |told: &&(u64, SettlementKind)| told.1 == SettlementKind::Failed;
    assert_eq!(kinds(&log, &report).iter().filter(failed).count(), 2);
    let account = &report.couriers[0].account;
    assert_eq!((account.attempts, account.retries, account.failures), (5, 2, 2));
}

#[test]
fn what_fails_for_good_is_a_dead_letter_with_its_history() {
    let (log, gateway) = (MemoryLog::new(), Gateway::default());
    gateway.fails_with([Fault::new("busy"), Fault::new("busy"), Fault::new("still busy")]);
    let report = run(plan(&gateway, quick()), &log, &[order(1, 1), order(2, 1)]);
    assert_eq!(gateway.ids(), [2]);
    assert!(report.is_complete());
    let letter = &report.dead_letters.letters[0];
    assert_eq!((letter.stage.as_str(), letter.attempts.len()), ("gateway", 3));
    assert_eq!(letter.reason().to_string(), "still busy");
    let dead = settlements(&log, settled_tag(&report));
    let dead = dead.iter().find(|one| one.kind() == Some(SettlementKind::Dead)).unwrap();
    assert_eq!((dead.ending(), dead.attempts, dead.key), (Some(Ending::Attempts), 3, 1));
}

#[test]
fn a_permanent_fault_and_a_panic_that_does_not_pass_are_tried_once() {
    let (log, gateway) = (MemoryLog::new(), Gateway::default());
    gateway.fails_with([Fault::permanent("unknown symbol")]);
    let report = run(plan(&gateway, quick()), &log, &[order(1, 1), order(2, 1)]);
    assert_eq!(gateway.ids(), [2]);
    let letter = &report.dead_letters.letters[0];
    assert_eq!((letter.attempts.len(), letter.reason().kind()), (1, FaultKind::Permanent));
}

#[test]
fn an_attempt_that_ended_unknown_is_asked_about_before_it_is_repeated() {
    let (log, gateway) = (MemoryLog::new(), Gateway::default());
    gateway.fails_with([Fault::unknown("timed out"), Fault::unknown("timed out")]);
    gateway.did(2);
    run(plan(&gateway, quick()), &log, &[order(1, 1), order(2, 2), order(3, 3)]);
    let mut ids = gateway.ids();
    ids.sort_unstable();
    // The second was done, says the gateway, and is not done twice.
    assert_eq!(ids, [1, 3]);
    let mut asked = gateway.asked();
    asked.sort_unstable();
    assert_eq!(asked, [1, 2]);
}

#[test]
fn a_pipeline_goes_on_at_the_step_that_failed() {
    let (log, gateway) = (MemoryLog::new(), Gateway::default());
    gateway.fails_with([Fault::new("no")]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let check = {
        let seen = seen.clone();
        each(move |order: &Order, out: &mut Outbox| {
            seen.lock().unwrap().push(order.client_order_id);
            if order.client_order_id == 2 {
                out.stop();
            }
            Ok(())
        })
        .may_stop()
    };
    let mut plan = Plan::new();
    plan.component("check", check);
    plan.component("gateway", gateway.stage());
    let route = pitlane::route::pipeline([
        pitlane::route::filter("client_order_id < 4"),
        "check".into(),
        "gateway".into(),
    ]);
    plan.reliable::<Order>("orders", quick(), route);
    let orders: Vec<_> = (1..6).map(|id| order(id, 1)).collect();
    let report = run(plan, &log, &orders);
    assert_eq!(*seen.lock().unwrap(), [1, 2, 3]);
    assert_eq!(gateway.ids(), [1, 3]);
    assert_eq!(report.couriers[0].account.done, 3);
    assert_eq!(
        kinds(&log, &report).iter().filter(|told| told.1 == SettlementKind::Done).count(),
        5
    );
    for link in &report.links {
        assert_eq!((link.done, link.left()), (link.published, 0), "{link:?}");
    }
}

#[test]
fn a_broadcast_is_settled_when_all_its_targets_are_done() {
    let (log, one, two) = (MemoryLog::new(), Gateway::default(), Gateway::default());
    two.fails_with([Fault::new("no")]);
    let mut plan = Plan::new();
    plan.component("one", one.stage());
    plan.component("two", two.stage().emits_under("other"));
    plan.reliable::<Order>("orders", quick(), pitlane::route::broadcast(["one", "two"]));
    run(plan, &log, &[order(1, 1), order(2, 1)]);
    assert_eq!((one.ids(), two.ids()), (vec![1, 2], vec![1, 2]));
}

#[test]
fn what_a_gateway_reports_flows_on_with_the_roots_of_its_orders() {
    let (log, gateway, reports) = (MemoryLog::new(), Gateway::default(), Recorder::<Order>::new());
    let mut plan = plan(&gateway, quick());
    plan.route::<Order>("venue", Tier::Standard, reports.sink());
    let orders: Vec<_> = (1..=100).map(|id| order(id, 1)).collect();
    run(plan, &log, &orders);
    let roots: Vec<_> = reports.events().iter().map(|report| report.header.root).collect();
    assert_eq!(roots, (1..=100).collect::<Vec<_>>());
}

#[test]
fn a_gateway_that_is_down_holds_up_neither_market_data_nor_who_merges_its_reports() {
    let (log, gateway, seen) = (MemoryLog::new(), Gateway::default(), Arc::new(Mutex::new(0)));
    gateway.is_down(true);
    let terms = Terms {
        breaker: BreakerTerms { failures: 2, ..BreakerTerms::default() },
        window: 64,
        ..quick()
    };
    let mut plan = plan(&gateway, terms);
    plan.capacity(64);
    plan.component("makes", {
        each(|tick: &MarketData, out: &mut Outbox| {
            out.emit(order(tick.header.root, 1));
            Ok(())
        })
        .emits::<Order>()
        .emits_under("orders")
    });
    // It merges ticks and the reports of the gateway.
    let merge = pitlane::stage::component(Merge(seen.clone())).on::<MarketData>().on::<Order>();
    plan.component("merge", merge);
    plan.route::<MarketData>("feed", Tier::FAST, pitlane::route::broadcast(["makes", "merge"]));
    plan.route::<Order>("venue", Tier::FAST, "merge");
    let mut running = start(plan, &log, Lanes::Auto);
    for _ in 0..10_000 {
        running.publish("feed", &MarketData::trade(1, 1, 100, 1, Side::Bid)).unwrap();
    }
    let monitor = running.monitor();
    until("ticks flow on", || *seen.lock().unwrap() == 10_000);
    until("all orders wait", || monitor.couriers()[0].waiting() == 10_000);
    let courier = &monitor.couriers()[0];
    assert!(courier.account.waiting >= 64 && courier.account.waiting < 1000, "{courier:?}");
    assert_eq!(courier.account.breakers[0].state, BreakerState::Open);
    assert!(courier.account.oldest > Duration::ZERO);
    // A stop does not wait for the breaker: the journal keeps the orders.
    let report = running.stop();
    assert_eq!(report.couriers[0].waiting(), 10_000);
    assert_eq!(log.events(ORDERS).len(), 10_000);
}

#[derive(Clone)]
struct Merge(Arc<Mutex<u64>>);

impl pitlane::stage::Stage for Merge {}

impl pitlane::stage::On<MarketData> for Merge {
    fn on(&mut self, _: &MarketData, _: &mut Outbox) -> Result<(), Fault> {
        *self.0.lock().unwrap() += 1;
        Ok(())
    }
}

impl pitlane::stage::On<Order> for Merge {
    fn on(&mut self, _: &Order, _: &mut Outbox) -> Result<(), Fault> {
        Ok(())
    }
}

#[test]
fn a_cancel_annihilates_an_order_that_waits_behind_a_retry() {
    let (log, gateway) = (MemoryLog::new(), Gateway::default());
    gateway.fails_with([Fault::new("no")]);
    let terms = Terms {
        retry: pitlane::delivery::RetryTerms { delay: Duration::from_millis(300), ..quick().retry },
        ..quick()
    };
    let orders = [order(1, 1), order(2, 1), cancel(2, 1), order(3, 1)];
    let report = run(plan(&gateway, terms), &log, &orders);
    assert_eq!(gateway.ids(), [1, 3]);
    let account = &report.couriers[0].account;
    assert_eq!((account.annihilated, account.done), (2, 2));
    let link = report.links.iter().find(|link| link.stage == "gateway").unwrap();
    assert_eq!((link.done, link.handled(), link.skipped), (4, 2, 2));
}

#[test]
fn denied_orders_reach_no_gateway_and_are_settled() {
    let (log, gateway) = (MemoryLog::new(), Gateway::default());
    let denied = order(1, 1).denied(pitlane::event::Reason::RATE);
    let report = run(plan(&gateway, quick()), &log, &[denied, order(2, 1)]);
    assert_eq!(gateway.ids(), [2]);
    assert_eq!(kinds(&log, &report).len(), 2);
    assert_eq!(Order::TYPE.name, "Order");
}
