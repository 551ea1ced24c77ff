//! What hangs on a stream's writer: it must not fall with a condition, nor wait with its writer.

use super::super::failures::kit::within;
use super::super::*;
use crate::condition::Predicates;
use crate::route::{OnFull, on_full};
use crate::stage::Retry;

const RELAYED: [OnFull; 2] = [OnFull::DropNewest, OnFull::Conflate];

fn fragile() -> Predicates {
    let mut predicates = Predicates::default();
    predicates.add::<MarketData, _>("fragile", "panics on the fifth event", |event| {
        assert!(event.header.root != 5, "the fifth");
        true
    });
    predicates.add::<Signal, _>("fragile_signal", "panics on the fifth event", |event| {
        assert!(event.header.root != 5, "the fifth");
        true
    });
    predicates
}

/// `entering`: feed -(fragile)~~> [seen]; else feed -> [echo] => echo -(fragile)~~> [seen].
fn with_a_fragile_relay(lossy: OnFull, entering: bool, lanes: Lanes) -> Plan {
    let mut plan = Plan::new();
    plan.predicates(fragile()).component("echo", echo()).lanes(lanes).batch_limit(4);
    plan.watchdog(None);
    if entering {
        plan.component("seen", Recorder::<MarketData>::new().sink());
        let steps = pipeline([filter("fragile"), "seen".into()]);
        plan.route::<MarketData>("feed", Tier::FAST, broadcast(["echo"]));
        plan.route::<MarketData>("feed", Tier::FAST, on_full(lossy, steps));
    } else {
        plan.component("seen", Recorder::<Signal>::new().sink());
        let steps = pipeline([filter("fragile_signal"), "seen".into()]);
        plan.route::<MarketData>("feed", Tier::FAST, "echo");
        plan.route::<Signal>("echo", Tier::FAST, on_full(lossy, steps));
    }
    plan
}

fn check_fragile(case: &str, entering: bool, report: &Report) {
    let [fault] = report.faults.as_slice() else { panic!("{case}: {:?}", report.faults) };
    let (relay, stream) = if entering { ("feed>seen", "feed") } else { ("echo>seen", "echo") };
    assert_eq!((fault.stage.as_str(), fault.root), (relay, 5), "{case}");
    assert!(fault.fault.to_string().contains("the fifth"), "{case}: {}", fault.fault);
    let event = fault.event.as_ref().expect("it was on an event");
    assert_eq!((event.stream.as_str(), event.sequence), (stream, 4), "{case}");
    assert!(!report.is_complete() && report.left_behind.is_empty(), "{case}: {report:?}");
    for link in &report.links {
        assert_eq!(link.published, link.done + link.left(), "{case}: {link:?}");
    }
    let seen = report.stage("seen").expect("it was there");
    assert!(seen.events_in <= 4, "{case}: nothing goes on behind what failed");
}

/// The panic came out of the lane's thread, or of `publish` and `stop` on the caller's: the lane was
/// reported as stuck, its streams closed as if all had gone well, and an engine fell with it.
#[test]
fn a_condition_that_panics_before_a_relay_halts_the_topology_and_names_link_and_event() {
    within(60, |note| {
        for (lossy, entering) in RELAYED.iter().flat_map(|l| [(*l, true), (*l, false)]) {
            everywhere(|lanes| {
                for by_hand in [false, true] {
                    let case =
                        format!("{lossy}, entering: {entering}, {lanes:?}, by hand: {by_hand}");
                    note(case.clone());
                    let plan = with_a_fragile_relay(lossy, entering, lanes.clone());
                    let checked = plan.check().expect("no mistakes");
                    let report = if by_hand {
                        let mut running = checked.start().expect("it starts");
                        for price in 1..=20 {
                            if running.publish("feed", &trade(price)).is_err() {
                                break;
                            }
                        }
                        running.stop()
                    } else {
                        checked.run(&mut trades(20)).expect("it starts")
                    };
                    check_fragile(&case, entering, &report);
                }
            });
        }
    });
}

/// What waited in the relay was handed on only when the retry was due, however long that was.
#[test]
fn what_waits_in_a_relay_is_handed_on_while_its_writer_waits_to_try_again() {
    let (clock, time) = quanta::Clock::mock();
    let seen = Recorder::<Signal>::new();
    let mut fails = true;
    let emitter = each(move |event: &MarketData, out: &mut Outbox| {
        if event.header.root == 5 && std::mem::take(&mut fails) {
            return Err("not yet".into());
        }
        out.emit(Signal::new(Action::Buy, 1.0, 1));
        Ok(())
    });
    let retry = Retry { attempts: 2, delay: Duration::from_secs(3600) };
    let mut plan = Plan::new();
    plan.clock = clock;
    plan.component("emitter", emitter.emits::<Signal>().retry(retry));
    plan.component("seen", seen.sink()).stream_capacity("emitter>seen", 1);
    plan.route::<MarketData>("feed", Tier::Standard, "emitter");
    plan.route::<Signal>("emitter", Tier::Standard, on_full(OnFull::Conflate, "seen"));
    plan.lanes(Lanes::Fused);
    let mut running = plan.check().expect("no mistakes").start().expect("it starts");
    for instrument in 1..=6 {
        let event = MarketData::trade(instrument, 1, 1, 1, Side::Bid);
        running.publish("feed", &event).expect("it runs");
    }
    while running.poll() {}
    let roots = || seen.events().iter().map(|signal| signal.header.root).collect::<Vec<_>>();
    assert_eq!(roots(), [1, 2, 3, 4], "the fifth waits, and nothing before it");
    time.increment(Duration::from_secs(3600));
    while running.poll() {}
    assert_eq!(roots(), [1, 2, 3, 4, 5, 6]);
    assert!(running.stop().is_complete());
}
